//! What a run says on a terminal or in a log: a line for each test as it ends, failures at once, and at the end what to look at first.

mod load;
mod standing;
mod summary;

pub use standing::{Beat, standing, standing_line};
pub use summary::{phase_line, summary};

use std::fmt::Write as _;

use super::{Builder, Redactor};
use crate::diag::{STYLE, Style, sanitize};
use crate::judge::{Outcome, TestResult};
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
        Outcome::Diverged => ("DIVERGED", RED),
        Outcome::Undecided => ("UNDECIDED", RED),
    };
    let word = paint(&format!("{word:>7}"), color, style);
    let time = paint(&format!("{:>7}", format_duration(test.duration)), DIM, style);
    let arrow = if style.unicode { "›" } else { ">" };
    let mut text = format!("{word} {time}  {} {arrow} {}", sanitize(&test.info.suite), sanitize(&test.info.name));
    match &test.outcome {
        Outcome::Skipped { reason, .. } => {
            let _ = write!(text, " ({})", sanitize(&redactor.text(reason)));
        }
        Outcome::NotRun { cause } => {
            let _ = write!(text, " ({})", sanitize(&redactor.text(cause)));
        }
        _ if test.attempts > 1 => {
            let _ = write!(text, " (attempt {})", test.attempts);
        }
        _ => {}
    }
    text.push('\n');
    if detail == Detail::Verbose {
        exchanges(test, redactor, style, &mut text);
    }
    if let Some(shown) = (Builder { sources, redactor }).load_test(test)
        && let Some(measured) = &shown.load
    {
        text.push_str(&load::load(&shown, measured, style));
    }
    if test.outcome.is_bad() || test.outcome == Outcome::Flaky {
        for diagnostic in &test.diagnostics {
            text.push('\n');
            text.push_str(&redactor.drawn(diagnostic, sources, style));
        }
        text.push('\n');
    }
    text
}

fn exchanges(test: &TestResult, redactor: &Redactor, style: Style, text: &mut String) {
    for exchange in &test.exchanges {
        let reply = match &exchange.outcome {
            Ok(response) => response.status.to_string(),
            Err(failure) => failure.kind.word().to_owned(),
        };
        let line = format!(
            "{} {} {reply} {}",
            sanitize(&exchange.method),
            sanitize(&redactor.text(&exchange.url)),
            format_duration(exchange.timings.total)
        );
        let _ = writeln!(text, "                 {}", paint(&line, DIM, style));
    }
    let left_out = test.left_out.exchanges();
    if left_out > 0 {
        let _ = writeln!(
            text,
            "                 {}",
            paint(&format!("and {left_out} more, which are only counted"), DIM, style)
        );
    }
}

pub const RED: &str = "1;31";
pub const GREEN: &str = "32";
pub const YELLOW: &str = "33";
pub const DIM: &str = "2";
pub const BOLD: &str = "1";

/// A text in a colour, where colours are shown: with marks that the door to the terminal makes escapes of.
pub fn paint(text: &str, color: &str, style: Style) -> String {
    if style.color { format!("{STYLE}[{color}m{text}{STYLE}[0m") } else { text.to_owned() }
}
