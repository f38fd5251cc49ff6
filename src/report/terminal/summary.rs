use crate::report::model::word;
use std::fmt::Write as _;

use super::{BOLD, DIM, GREEN, RED, YELLOW, paint};
use crate::diag::{Style, sanitize};
use crate::judge::release::{Classification, TestsAndLoads};
use crate::report::model::{Cause, Gate, Phase, Report, Test};
use crate::value::format_duration;

/// How many causes and tests are named; the reports have them all.
const MOST_CAUSES: usize = 5;
const MOST_TESTS: usize = 50;
const MOST_WEAK: usize = 10;
/// Names of phases are lined up to so many characters.
const WIDEST_NAME: usize = 80;
/// Reasons of reasons are further in, up to so many times.
const DEEPEST: usize = 20;

/// The end of the report: phases with their gates, what to look at first, what did not pass, and the verdict.
pub fn summary(report: &Report, style: Style) -> String {
    let mut text = String::from("\n");
    phases(report, style, &mut text);
    causes(report, style, &mut text);
    let bad: Vec<&Test> = report.tests.iter().filter(|test| test.outcome().is_bad()).collect();
    if !bad.is_empty() {
        text.push_str(&paint("What did not pass\n", BOLD, style));
        for test in bad.iter().take(MOST_TESTS) {
            let place = test.location.as_ref().map(|at| format!("{}:{}", at.file, at.line)).unwrap_or_default();
            let _ = writeln!(text, "  {}  {}", sanitize(&place), sanitize(&test.name));
        }
        if bad.len() > MOST_TESTS {
            let _ = writeln!(text, "  … and {} more; the reports have them all", bad.len() - MOST_TESTS);
        }
        text.push('\n');
    }
    weak(report, style, &mut text);
    verdict(report, style, &mut text);
    text
}

/// What passed, and proves little.
fn weak(report: &Report, style: Style, text: &mut String) {
    let all = || report.tests.iter().flat_map(Test::weak);
    let counted = report.tests.iter().filter_map(|test| test.left_out.as_ref()).map(|left_out| left_out.weak);
    let count = counted.fold(all().count(), usize::saturating_add);
    if count == 0 {
        return;
    }
    text.push_str(&paint("Passed on weak evidence\n", BOLD, style));
    for (one, weak) in all().take(MOST_WEAK) {
        let place = one.span.as_ref().map(|span| format!("{}:{}", span.file, span.start.line)).unwrap_or_default();
        let _ = writeln!(text, "  {}  {}: {}", sanitize(&place), sanitize(&one.text), sanitize(&weak.message));
    }
    let shown = all().count().min(MOST_WEAK);
    if count > shown {
        let _ = writeln!(text, "  … and {} more; the reports have them all", count - shown);
    }
    text.push('\n');
}

fn verdict(report: &Report, style: Style, text: &mut String) {
    let color = match report.verdict.state {
        word::Verdict::Ready => GREEN,
        word::Verdict::Degraded => YELLOW,
        _ => RED,
    };
    let duration = crate::report::model::time(report.run.duration_ms);
    let _ = writeln!(
        text,
        "{}  {} in {}: {}",
        paint(report.verdict.state.word(), color, style),
        report.total_words(),
        format_duration(duration),
        report.summary.counts().words()
    );
    for reason in &report.verdict.reasons {
        let _ = writeln!(text, "  {}", sanitize(reason));
    }
    for risk in &report.verdict.at_risk {
        let _ = writeln!(text, "  at risk: {}", sanitize(&risk.words()));
    }
}

fn phases(report: &Report, style: Style, text: &mut String) {
    if report.phases.is_empty() {
        return;
    }
    let name = report.run.plan.as_deref().unwrap_or_default();
    text.push_str(&paint(&format!("Plan {}\n", sanitize(name)), BOLD, style));
    let width = report.phases.iter().map(|phase| phase.name.chars().count()).max().unwrap_or(0).min(WIDEST_NAME);
    for phase in &report.phases {
        text.push_str(&phase_line(phase, width, style));
    }
    for gate in &report.gates {
        // Of a run that was cut short, nothing was measured for most: that says nothing.
        let cut_short = report.abort.is_some() || report.run.interrupted;
        let mark = if cut_short && gate.measured.is_none() { paint("-", DIM, style) } else { mark(gate.held, style) };
        let _ = writeln!(text, "  {mark} {:width$}  {}", "whole run", gate_words(gate));
    }
    text.push('\n');
}

/// `✓ Infrastructure health   14 passed   success > 90%: 100% (14 of 14 tests)`
pub fn phase_line(phase: &Phase, width: usize, style: Style) -> String {
    let mark = match phase.state {
        word::Phase::Passed => mark(true, style),
        word::Phase::NotRun => paint("-", DIM, style),
        _ => mark(false, style),
    };
    let width = width.min(WIDEST_NAME);
    let mut words = vec![match phase.state {
        word::Phase::NotRun => "not run".to_owned(),
        _ => format!(
            "{} in {}",
            phase.summary.counts().words(),
            format_duration(crate::report::model::time(phase.duration_ms))
        ),
    }];
    words.extend(phase.gates.iter().filter(|_| phase.state != word::Phase::NotRun).map(gate_words));
    if phase.over_budget {
        words.push("its budget was used up".to_owned());
    }
    words.extend(phase.stopped.as_ref().map(|why| sanitize(why)));
    format!("  {mark} {:width$}  {}\n", sanitize(&phase.name), words.join("; "))
}

fn mark(held: bool, style: Style) -> String {
    match (held, style.unicode) {
        (true, true) => paint("✓", GREEN, style),
        (true, false) => paint("+", GREEN, style),
        (false, true) => paint("✗", RED, style),
        (false, false) => paint("x", RED, style),
    }
}

/// `success > 90%: 82.1% (23 of 28 tests), does not hold`
fn gate_words(gate: &Gate) -> String {
    let held = if gate.held { "" } else { ", does not hold" };
    format!("{}: {} ({}){held}", sanitize(&gate.text), gate.measured_words(), sanitize(&gate.basis))
}

fn causes(report: &Report, style: Style, text: &mut String) {
    // One test that failed has reported its own cause already.
    let reported = report.summary.counts().bad() <= 1 && report.causes.iter().all(|cause| cause.evidence.is_empty());
    if reported || report.causes.is_empty() {
        return;
    }
    let failed = report.causes.iter().any(|cause| !cause.tests.is_empty());
    text.push_str(&paint(if failed { "Look at this first\n" } else { "Worth knowing\n" }, BOLD, style));
    let loads = report.loads();
    for cause in report.causes.iter().take(MOST_CAUSES) {
        text.push_str(&cause_lines(cause, cause.kinds(&loads), style));
    }
    if report.causes.len() > MOST_CAUSES {
        let rest: usize = report.causes.iter().skip(MOST_CAUSES).map(|cause| cause.tests.len()).sum();
        let _ = writeln!(text, "  {rest:>3} more, for {} other reasons", report.causes.len() - MOST_CAUSES);
    }
    text.push('\n');
}

fn cause_lines(cause: &Cause, kinds: TestsAndLoads, style: Style) -> String {
    let mut text = match kinds.total() {
        // Nothing failed by it.
        0 => format!("   note: {}", sanitize(&cause.summary)),
        _ => {
            // Numbers are lined up.
            let words = kinds.words();
            let digits = words.bytes().take_while(u8::is_ascii_digit).count();
            format!("  {}{words}: {}", " ".repeat(3usize.saturating_sub(digits)), sanitize(&cause.summary))
        }
    };
    if let Some(words) = cause.classification.and_then(word::Classification::known).map(Classification::words) {
        let _ = write!(text, " ({words})");
    }
    text.push('\n');
    if cause.chain.len() > 1 {
        for (index, link) in cause.chain.iter().enumerate() {
            let because = if index == 0 { "" } else { "because " };
            let _ = writeln!(text, "        {}{because}{}", "  ".repeat(index.min(DEEPEST)), sanitize(link));
        }
    }
    for line in &cause.evidence {
        let _ = writeln!(text, "        {}", paint(&sanitize(line), DIM, style));
    }
    if !cause.at_risk.is_empty() {
        let _ = writeln!(text, "        at risk: {}", sanitize(&crate::report::risk_words(&cause.at_risk)));
    }
    text
}
