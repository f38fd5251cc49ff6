//! TAP 14: a point for each test, flat, since not every reader knows subtests, and one for each gate.

use crate::report::model::word;
use std::fmt::Write as _;

use super::figures::Figures;
use super::model::{Load, Report, Span, Test, time};
use super::points::{Broken, PointState, detail, points};
use crate::diag::sanitize;
use crate::judge::Outcome;

/// The whole report.
pub fn render(report: &Report) -> String {
    let points = points(report);
    let mut text = format!("TAP version 14\n1..{}\n", report.tests.len() + points.len());
    let _ = writeln!(text, "# verdict: {}", report.verdict.state);
    let mut number = 0;
    for one in &report.tests {
        number += 1;
        test(&mut text, number, one);
    }
    for point in &points {
        number += 1;
        let description = description(&point.group, &point.name);
        match &point.state {
            PointState::Held => {
                let _ = writeln!(text, "ok {number} - {description}");
            }
            PointState::NotRun(reason) => {
                let _ = writeln!(text, "ok {number} - {description} # SKIP {}", escape(reason));
            }
            PointState::Broken(one) => {
                let _ = writeln!(text, "not ok {number} - {description}");
                broken(&mut text, one);
            }
        }
    }
    if let Some(abort) = &report.abort {
        let _ = writeln!(text, "Bail out! {}: {}", printable(&abort.condition), printable(&abort.because));
    } else if report.run.interrupted {
        text.push_str("Bail out! The run was interrupted\n");
    }
    text
}

fn test(text: &mut String, number: usize, test: &Test) {
    point(text, number, test);
    if let Some(load) = test.load.as_deref().filter(|_| test.outcome() == Outcome::Passed) {
        let mut block = Block::new(text);
        block.load(test, load);
        block.end();
    }
    for (one, weak) in test.weak() {
        let _ = writeln!(text, "# weak evidence: {}: {}", printable(&one.text), printable(&weak.message));
    }
}

fn point(text: &mut String, number: usize, test: &Test) {
    let description = description(&test.suite, &test.name);
    let skip = |reason: &str| format!("ok {number} - {description} # SKIP {}\n", escape(reason));
    match test.outcome() {
        Outcome::Passed => {
            let _ = writeln!(text, "ok {number} - {description}");
        }
        Outcome::Flaky => {
            let _ = writeln!(text, "ok {number} - {description}");
            diagnostics(text, test, "flaky");
        }
        Outcome::Skipped { reason, blocked_by: None } => text.push_str(&skip(&reason)),
        Outcome::Skipped { reason, blocked_by: Some(service) } => {
            text.push_str(&skip(&format!("blocked, since {service} is down: {reason}")));
        }
        Outcome::NotRun { cause } => text.push_str(&skip(&format!("not run: {cause}"))),
        Outcome::Failed
        | Outcome::Errored
        | Outcome::TimedOut
        | Outcome::Vacuous
        | Outcome::Diverged
        | Outcome::Undecided => {
            let _ = writeln!(text, "not ok {number} - {description}");
            diagnostics(text, test, if test.outcome == word::Outcome::Failed { "fail" } else { test.outcome.word() });
        }
    }
}

/// `Threads API > a thread can be created`
fn description(group: &str, name: &str) -> String {
    escape(&format!("{group} > {name}"))
}

/// `#` and `\` are escaped (TAP 14, "Escaping"), so that nothing in it is a directive. A brace at the end would begin a subtest for some readers; what
/// follows it isn't seen.
fn escape(text: &str) -> String {
    let text = printable(text).replace('\\', "\\\\").replace('#', "\\#");
    let text = text.trim();
    if text.ends_with('{') { format!("{text}\u{2060}") } else { text.to_owned() }
}

fn diagnostics(text: &mut String, test: &Test, severity: &str) {
    let mut block = Block::new(text);
    let first = test.diagnostics.first();
    let words = test.outcome.phrase();
    block.field("message", first.map_or(&words, |one| &one.message));
    block.field("severity", severity);
    if let Some(first) = first {
        block.field("code", &first.code);
        first.help.iter().for_each(|help| block.field("help", help));
    }
    match (first.and_then(|one| one.span.as_ref()), &test.location) {
        (Some(span), _) => block.at(span),
        (None, Some(at)) => block.place(&at.file, at.line, at.column),
        (None, None) => {}
    }
    let _ = writeln!(block.text, "  duration_ms: {}", time(test.duration_ms).as_secs_f64() * 1e3);
    let _ = writeln!(block.text, "  attempts: {}", test.attempts);
    test.priority.iter().for_each(|priority| block.field("priority", priority));
    test.load.iter().for_each(|load| block.load(test, load));
    let drawing: Vec<String> = test.diagnostics.iter().map(detail).collect();
    block.lines("drawing", &drawing.join("\n\n"));
    block.end();
}

fn broken(text: &mut String, one: &Broken) {
    let mut block = Block::new(text);
    block.field("message", &one.message);
    block.field("severity", if one.error { "error" } else { "fail" });
    block.field("code", &one.code);
    one.help.iter().for_each(|help| block.field("help", help));
    one.span.iter().for_each(|span| block.at(span));
    if one.detail != one.message {
        block.lines("drawing", &one.detail);
    }
    block.end();
}

/// A block of YAML below a point, two spaces in.
struct Block<'t> {
    text: &'t mut String,
}

impl<'t> Block<'t> {
    fn new(text: &'t mut String) -> Self {
        text.push_str("  ---\n");
        Self { text }
    }

    fn field(&mut self, name: &str, value: &str) {
        let _ = writeln!(self.text, "  {name}: {}", quoted(value));
    }

    fn at(&mut self, span: &Span) {
        self.place(&span.file, span.start.line, span.start.column);
    }

    fn place(&mut self, file: &str, line: u32, column: u32) {
        let _ = writeln!(self.text, "  at:\n    file: {}\n    line: {line}\n    column: {column}", quoted(file));
    }

    /// What a load measured, and its thresholds.
    fn load(&mut self, test: &Test, load: &Load) {
        self.text.push_str("  load:\n");
        for (name, value) in Figures::of(load, test.duration_ms).properties() {
            let _ = writeln!(self.text, "    {name}: {value}");
        }
        if !load.thresholds.is_empty() {
            self.text.push_str("    thresholds:\n");
        }
        for one in &load.thresholds {
            let _ = writeln!(self.text, "      - threshold: {}\n        held: {}", quoted(&one.text), one.held);
            let _ = writeln!(self.text, "        measured: {}", quoted(&one.measured_words()));
            let _ = writeln!(self.text, "        of: {}", quoted(&one.basis));
            if let Some(at) = one.broke_at_ms {
                let _ = writeln!(self.text, "        broke_at_ms: {}", time(at).as_secs_f64() * 1e3);
            }
        }
    }

    /// Lines as they are; the `2` says how far in they are, so that they may begin with spaces.
    fn lines(&mut self, name: &str, value: &str) {
        if value.trim().is_empty() {
            return;
        }
        let _ = writeln!(self.text, "  {name}: |2");
        for line in value.trim_end().split('\n') {
            let line = printable(line.trim_end());
            if line.is_empty() {
                self.text.push('\n');
            } else {
                let _ = writeln!(self.text, "    {line}");
            }
        }
    }

    fn end(self) {
        self.text.push_str("  ...\n");
    }
}

/// In double quotes with YAML's escapes (YAML 1.2, section 5.7).
fn quoted(value: &str) -> String {
    let mut out = String::from("\"");
    for c in value.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            c if !is_printable(c) => {
                let _ = write!(out, "\\U{:08x}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// In one line that every reader takes for one.
fn printable(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in sanitize(text).chars() {
        if is_printable(c) {
            out.push(c);
        } else {
            let _ = write!(out, "\\u{{{:x}}}", u32::from(c));
        }
    }
    out
}

/// YAML 1.2, section 5.1, without what some readers take for the end of a line.
fn is_printable(c: char) -> bool {
    !c.is_control() && !matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}') && u32::from(c) & 0xfffe != 0xfffe
}
