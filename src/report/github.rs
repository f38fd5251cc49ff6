//! GitHub's checks: annotations, one line a problem, and the summary of a job.

use super::figures::{Figures, held_words};
use super::model::{self, Report};
use super::points::{Broken, PointState, points};
use super::{Builder, Redactor, form, markdown};
use crate::diag::Diagnostic;
use crate::judge::{Outcome, TestResult};
use crate::report::model::word::Severity;
use crate::source::Sources;
use crate::value::format_duration;

/// The most that GitHub takes as the summary of one step, in bytes.
const LONGEST_SUMMARY: usize = 1 << 20;

/// `::error file=…,line=…,col=…,endLine=…,endColumn=…,title=…::message`
pub fn annotation(diagnostic: &Diagnostic, sources: &Sources) -> String {
    of_diagnostic(&form::diagnostic(diagnostic, sources))
}

/// What a test has reported, a line each. It is masked before it is escaped: in the escaped line a secret with a `%` would no longer be found.
pub fn test_annotations(test: &TestResult, sources: &Sources, redactor: &Redactor) -> String {
    let diagnostics = test.diagnostics.iter().map(|one| form::diagnostic(&redactor.diagnostic(one), sources));
    let records = test.steps.iter().flat_map(|step| &step.expectations);
    let weak = records.filter_map(|one| {
        let text = redactor.redact(&one.text);
        Some(of_weak(form::span(one.span, sources).as_ref(), &text, &form::weakness(one.weak?)))
    });
    let builder = Builder { sources, redactor };
    let notice = builder.load_test(test).map(|shown| of_load(&shown)).unwrap_or_default();
    diagnostics.map(|one| of_test(&one, &test.outcome)).chain(weak).chain([notice]).collect()
}

/// All that a report holds, a line each: tests, and what must hold beside them.
pub fn annotations(report: &Report) -> String {
    let of_tests = report.tests.iter().flat_map(|test| {
        let outcome = test.outcome();
        let diagnostics = test.diagnostics.iter().map(move |one| of_test(one, &outcome));
        let weak = test.weak().map(|(one, weak)| of_weak(one.span.as_ref(), &one.text, weak));
        diagnostics.chain(weak).chain([of_load(test)])
    });
    of_tests.chain([beside_tests(report)]).collect()
}

/// Gates, an abort, hooks: what a run reports only at its end.
pub fn beside_tests(report: &Report) -> String {
    let broken = points(report).into_iter().filter_map(|point| match point.state {
        PointState::Broken(broken) => Some(of_point(&point.name, &broken)),
        _ => None,
    });
    broken.map(|line| line + "\n").collect()
}

/// The summary in Markdown, cut where GitHub would take none of it. `taken` bytes are in the file already.
pub fn job_summary(report: &Report, taken: usize) -> String {
    markdown::render_within(report, LONGEST_SUMMARY.saturating_sub(taken))
}

/// What failed and then passed is no error of this run.
fn of_test(one: &model::Diagnostic, outcome: &Outcome) -> String {
    let severity = if *outcome == Outcome::Flaky { Severity::Warning } else { one.severity };
    of_diagnostic(&model::Diagnostic { severity, ..one.clone() }) + "\n"
}

/// A summary of something else, or the sentence that it doesn't fit.
pub fn fitting(text: String, taken: usize) -> String {
    let room = LONGEST_SUMMARY.saturating_sub(taken);
    let sentence = format!("_There is more to say than the {LONGEST_SUMMARY} bytes that fit here._\n");
    match text.len() {
        length if length <= room => text,
        _ if sentence.len() <= room => sentence,
        _ => String::new(),
    }
}

fn of_diagnostic(one: &model::Diagnostic) -> String {
    let level = if one.severity == Severity::Error { "error" } else { "warning" };
    let message = match &one.help {
        Some(help) => format!("{}\nhelp: {help}", one.message),
        None => one.message.clone(),
    };
    line(level, one.span.as_ref(), &one.code, &message)
}

fn of_point(name: &str, broken: &Broken) -> String {
    let message = match &broken.help {
        Some(help) => format!("{}\nhelp: {help}", broken.message),
        None => broken.message.clone(),
    };
    line("error", broken.span.as_ref(), name, &message)
}

/// What a load came to, beside its name; nothing for a test.
fn of_load(test: &model::Test) -> String {
    let Some(load) = &test.load else { return String::new() };
    let figures = Figures::of(load, test.duration_ms);
    let times = figures.percentiles().into_iter().map(|(name, time)| format!("{name} {}", format_duration(time)));
    let mut lines = vec![figures.words().join("; "), times.collect::<Vec<_>>().join(", ")];
    lines.retain(|line| !line.is_empty());
    lines.extend(
        load.thresholds
            .iter()
            .map(|one| format!("{}: {} ({}), {}", one.text, one.measured_words(), one.basis, held_words(one))),
    );
    let place = test.location.as_ref().map(|at| {
        let (file, line, column) = (property(&at.file), at.line, at.column);
        format!("file={file},line={line},col={column},")
    });
    let title = property(&format!("load {}", test.name));
    format!("::notice {}title={title}::{}\n", place.unwrap_or_default(), data(&lines.join("\n")))
}

/// What passed, and proves little.
fn of_weak(span: Option<&model::Span>, text: &str, weak: &model::Weakness) -> String {
    let message = format!("passed on weak evidence: {}", weak.message);
    line("warning", span, text, &message) + "\n"
}

fn line(level: &str, span: Option<&model::Span>, title: &str, message: &str) -> String {
    let place = span.map(|span| {
        let (start, end) = (span.start, span.end);
        format!(
            "file={},line={},col={},endLine={},endColumn={},",
            property(&span.file),
            start.line,
            start.column,
            end.line,
            end.column
        )
    });
    format!("::{level} {}title={}::{}", place.unwrap_or_default(), property(title), data(message))
}

fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
