//! What a run says on a terminal or in a log: a line for each test as it ends, failures at once, and at the end what to look at first.

use std::fmt::Write as _;

use super::Redactor;
use super::summary::{Summary, Verdict, causes, money_words};
use crate::diag::{Style, render};
use crate::judge::{Outcome, RunResult, TestResult};
use crate::source::Sources;
use crate::value::format_duration;

/// How much is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Detail {
    Normal,
    /// Also the exchanges of every test.
    Verbose,
}

/// The line of a test that has ended, and what was wrong with it.
pub fn test_ended(test: &TestResult, sources: &Sources, redactor: &Redactor, style: Style, detail: Detail) -> String {
    let (word, color) = match &test.outcome {
        Outcome::Passed => ("ok", GREEN),
        Outcome::Flaky => ("FLAKY", YELLOW),
        Outcome::Failed => ("FAIL", RED),
        Outcome::Errored => ("ERROR", RED),
        Outcome::TimedOut => ("TIMEOUT", RED),
        Outcome::Vacuous => ("VACUOUS", RED),
        Outcome::Skipped { .. } => ("skip", YELLOW),
        Outcome::NotRun { .. } => ("not run", DIM),
    };
    let word = paint(&format!("{word:>7}"), color, style);
    let time = paint(&format!("{:>7}", format_duration(test.duration)), DIM, style);
    let arrow = if style.unicode { "›" } else { ">" };
    let mut text = format!(
        "{word} {time}  {} {arrow} {}",
        crate::diag::sanitize(&test.info.suite),
        crate::diag::sanitize(&test.info.name)
    );
    match &test.outcome {
        Outcome::Skipped { reason } => {
            let _ = write!(text, " ({reason})");
        }
        Outcome::NotRun { cause } => {
            let _ = write!(text, " ({cause})");
        }
        _ if test.attempts > 1 => {
            let _ = write!(text, " (attempt {})", test.attempts);
        }
        _ => {}
    }
    text.push('\n');
    if detail == Detail::Verbose {
        exchanges(test, style, &mut text);
    }
    if test.outcome.is_bad() || test.outcome == Outcome::Flaky {
        for diagnostic in &test.diagnostics {
            text.push('\n');
            text.push_str(&render(&redactor.diagnostic(diagnostic), sources, style));
        }
        text.push('\n');
    }
    text
}

fn exchanges(test: &TestResult, style: Style, text: &mut String) {
    for exchange in &test.exchanges {
        let answer = match &exchange.outcome {
            Ok(response) => response.status.to_string(),
            Err(failure) => failure.kind.word().to_owned(),
        };
        let line = format!(
            "{} {} {answer} {}",
            exchange.method,
            crate::diag::sanitize(&exchange.url),
            format_duration(exchange.timings.total)
        );
        let _ = writeln!(text, "                 {}", paint(&line, DIM, style));
    }
}

/// The end of the report: counts, verdict, and what to look at first.
pub fn summary(run: &RunResult, sources: &Sources, redactor: &Redactor, style: Style) -> String {
    let counts = Summary::of(run);
    let verdict = Verdict::of(run);
    let mut text = String::from("\n");
    for diagnostic in &run.diagnostics {
        text.push_str(&render(&redactor.diagnostic(diagnostic), sources, style));
        text.push('\n');
    }
    let causes = causes(run);
    if counts.bad() > 1 {
        text.push_str(&paint("Look at this first\n", BOLD, style));
        for cause in causes.iter().take(5) {
            let tests = if cause.tests.len() == 1 { "test".to_owned() } else { "tests".to_owned() };
            let _ = writeln!(text, "  {:>3} {tests}: {}", cause.tests.len(), cause.summary);
        }
        if causes.len() > 5 {
            let rest: usize = causes.iter().skip(5).map(|cause| cause.tests.len()).sum();
            let _ = writeln!(text, "  {rest:>3} more, for {} other reasons", causes.len() - 5);
        }
        text.push('\n');
    }
    if counts.bad() > 0 {
        text.push_str(&paint("What did not hold\n", BOLD, style));
        for test in run.tests.iter().filter(|test| test.outcome.is_bad()).take(50) {
            let place = sources
                .get(test.info.span.source)
                .map(|file| format!("{}:{}", file.name, file.position(test.info.span.start).line));
            let _ = writeln!(text, "  {}  {}", place.unwrap_or_default(), test.info.name);
        }
        if counts.bad() > 50 {
            let _ = writeln!(text, "  … and {} more; the reports have them all", counts.bad() - 50);
        }
        text.push('\n');
    }
    let color = if verdict.state == "READY" { GREEN } else { RED };
    let _ = writeln!(
        text,
        "{}  {} tests in {}: {}",
        paint(verdict.state, color, style),
        counts.total,
        format_duration(run.duration),
        counts.words()
    );
    for reason in &verdict.reasons {
        let _ = writeln!(text, "  {reason}");
    }
    for (amount, currency, per) in &verdict.at_risk {
        let _ = writeln!(text, "  at risk: {}", money_words(*amount, currency, per.as_deref()));
    }
    text
}

const RED: &str = "1;31";
const GREEN: &str = "32";
const YELLOW: &str = "33";
const DIM: &str = "2";
const BOLD: &str = "1";

fn paint(text: &str, color: &str, style: Style) -> String {
    if style.color { format!("\u{1b}[{color}m{text}\u{1b}[0m") } else { text.to_owned() }
}
