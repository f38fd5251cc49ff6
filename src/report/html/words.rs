//! What all parts of the page say in the same way.

use crate::diag;
use crate::report::model;
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
pub(super) const OUTCOMES: [(&str, &str); 10] = [
    ("failed", "failed"),
    ("errored", "errored"),
    ("timed_out", "timed out"),
    ("vacuous", "vacuous"),
    ("diverged", "diverged"),
    ("undecided", "undecided"),
    ("flaky", "flaky"),
    ("skipped", "skipped"),
    ("not_run", "not run"),
    ("passed", "passed"),
];

/// The class of an outcome, and its words. One that isn't known counts as errored, as everywhere.
pub(super) fn outcome(name: &str) -> (&'static str, &'static str) {
    OUTCOMES.into_iter().find(|(known, _)| *known == name).unwrap_or(("errored", "errored"))
}

/// How many of each there are, without those of which there is none.
pub(super) fn counts(summary: &model::Summary) -> Vec<(usize, &'static str, &'static str)> {
    let count = |name| match name {
        "failed" => summary.failed,
        "errored" => summary.errored,
        "timed_out" => summary.timed_out,
        "vacuous" => summary.vacuous,
        "diverged" => summary.diverged,
        "undecided" => summary.undecided,
        "flaky" => summary.flaky,
        "skipped" => summary.skipped,
        "not_run" => summary.not_run,
        _ => summary.passed,
    };
    OUTCOMES.into_iter().map(|(name, words)| (count(name), name, words)).filter(|(count, ..)| *count > 0).collect()
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
