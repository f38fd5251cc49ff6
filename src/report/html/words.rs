//! What all parts of the page say in the same way.

use crate::diag;
use crate::report::model;
use crate::report::model::word::Outcome;
use crate::value::format_duration;

/// A text from outside on one line: markup is escaped by the templates, control and bidirectional characters here.
pub(super) fn clean(text: &str) -> String {
    diag::sanitize(text)
}

/// The same, of what may be absent.
pub(super) fn clean_or_empty(text: Option<&str>) -> String {
    text.map(clean).unwrap_or_default()
}

/// The lines of a text from outside.
pub(super) fn lines(text: &str) -> Vec<String> {
    text.lines().map(clean).collect()
}

pub(super) fn duration(ms: f64) -> String {
    format_duration(model::time(ms))
}

/// `1 test`, `2 tests`
pub(super) fn counted(count: usize, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") }
}

/// Where a time rests on a drawing that is 1,000 units wide, to a tenth.
pub(super) fn across(ms: f64, whole_ms: f64) -> f64 {
    let share = (ms / whole_ms.max(1e-6)).clamp(0.0, 1.0);
    if share.is_finite() { tenth(share * 1000.0) } else { 0.0 }
}

pub(super) fn tenth(value: f64) -> f64 {
    (value * 10.0).round() / 10.0
}

/// The outcomes in the order in which they matter, with their words.
pub(super) const OUTCOMES: [(Outcome, &str); 10] = [
    (Outcome::Failed, "failed"),
    (Outcome::Errored, "errored"),
    (Outcome::TimedOut, "timed out"),
    (Outcome::Vacuous, "vacuous"),
    (Outcome::Diverged, "diverged"),
    (Outcome::Undecided, "undecided"),
    (Outcome::Flaky, "flaky"),
    (Outcome::Skipped, "skipped"),
    (Outcome::NotRun, "not run"),
    (Outcome::Passed, "passed"),
];

/// The class of an outcome, and its words. One that isn't known counts as errored, as everywhere.
pub(super) fn outcome(outcome: Outcome) -> (&'static str, &'static str) {
    let known = OUTCOMES.into_iter().find(|(known, _)| *known == outcome);
    known.map_or(("errored", "errored"), |(known, words)| (known.word(), words))
}

/// How many of each there are, without those of which there is none.
pub(super) fn counts(summary: &model::Summary) -> Vec<(usize, &'static str, &'static str)> {
    let count = |outcome| match outcome {
        Outcome::Failed => summary.failed,
        Outcome::Errored => summary.errored,
        Outcome::TimedOut => summary.timed_out,
        Outcome::Vacuous => summary.vacuous,
        Outcome::Diverged => summary.diverged,
        Outcome::Undecided => summary.undecided,
        Outcome::Flaky => summary.flaky,
        Outcome::Skipped => summary.skipped,
        Outcome::NotRun => summary.not_run,
        Outcome::Passed => summary.passed,
        Outcome::Later => 0,
    };
    let all = OUTCOMES.into_iter().map(|(outcome, words)| (count(outcome), outcome.word(), words));
    all.filter(|(count, ..)| *count > 0).collect()
}

/// A part of a bar: its class, where it begins and how wide it is.
pub(super) struct Slice {
    pub class: &'static str,
    pub x: f64,
    pub width: f64,
}

/// The counts side by side, 1,000 units in all.
pub(super) fn slices(summary: &model::Summary) -> Vec<Slice> {
    let counts = counts(summary);
    // As fractions, since a report that others wrote may count beyond all bounds.
    let total = counts.iter().map(|(count, ..)| *count as f64).sum::<f64>().max(1.0);
    let mut x = 0.0;
    let slice = |(count, class, _): (usize, &'static str, &'static str)| {
        let width = count as f64 / total * 1000.0;
        let slice = Slice { class, x: tenth(x), width: tenth(width) };
        x += width;
        slice
    };
    // What held comes first, so that the bars of several phases can be compared.
    counts.into_iter().rev().map(slice).collect()
}
