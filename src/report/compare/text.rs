use std::fmt::Write as _;

use super::{Change, Comparison, GateChange, Moved, Side, TimeChange};
use crate::diag::{Style, sanitize};
use crate::report::model::time;
use crate::report::terminal::{BOLD, DIM, GREEN, RED, YELLOW, paint};
use crate::value::format_duration;

/// How many of a list are named; the other forms have them all.
const MOST: usize = 20;
/// What was measured is lined up to so many characters.
const WIDEST: usize = 60;

/// For the terminal.
pub fn render(one: &Comparison, style: Style) -> String {
    let arrow = if style.unicode { "→" } else { "->" };
    let mut text = String::new();
    let _ = writeln!(text, "base  {}", side(&one.base));
    let _ = writeln!(text, "new   {}\n", side(&one.new));
    for note in &one.notes {
        let _ = writeln!(text, "note: {}", sanitize(note));
    }
    if !one.notes.is_empty() {
        text.push('\n');
    }
    for (title, color, list) in lists(one) {
        section(&mut text, title, color, list.iter().map(|change| test(change, arrow)), style);
    }
    section(&mut text, "Gates", BOLD, one.gates.iter().map(|change| gate(change, arrow)), style);
    let risk = one.at_risk.iter().map(|risk| format!("{} {arrow} {}", risk.words(risk.before), risk.words(risk.after)));
    section(&mut text, "At risk", BOLD, risk, style);
    section(&mut text, "Slower", RED, one.slower.iter().map(|change| slow(change, arrow)), style);
    section(&mut text, "Faster", GREEN, one.faster.iter().map(|change| slow(change, arrow)), style);
    loads(one, arrow, style, &mut text);
    if one.unchanged() {
        text.push_str("Nothing changed.\n\n");
    }
    verdict(one, arrow, style, &mut text);
    text
}

/// The lists of tests, worst first.
pub(super) fn lists(one: &Comparison) -> [(&'static str, &'static str, &[Change]); 10] {
    let tests = &one.tests;
    [
        ("Broke", RED, &tests.broke),
        ("Fail, and were not carried out before", RED, &tests.newly_failing),
        ("Newly flaky", YELLOW, &tests.newly_flaky),
        ("No longer carried out", YELLOW, &tests.left_out),
        ("Fixed", GREEN, &tests.fixed),
        ("No longer flaky", GREEN, &tests.steady),
        ("Carried out again", GREEN, &tests.taken_up),
        ("Still broken", DIM, &tests.still_broken),
        (titled(&tests.added, ["New tests", "New loads", "New tests and loads"]), DIM, &tests.added),
        (titled(&tests.removed, ["Removed tests", "Removed loads", "Removed tests and loads"]), DIM, &tests.removed),
    ]
}

/// By what is in a list: tests, loads, or both.
fn titled(list: &[Change], [tests, loads, both]: [&'static str; 3]) -> &'static str {
    let of = super::kinds(list);
    match (of.tests, of.loads) {
        (_, 0) => tests,
        (0, _) => loads,
        _ => both,
    }
}

fn side(side: &Side) -> String {
    let environment = side.environment.as_ref().map(|name| format!(" on {}", sanitize(name))).unwrap_or_default();
    let runs = if side.runs > 1 { format!(" (the first of {} runs)", side.runs) } else { String::new() };
    let (started, tests) = (sanitize(&side.started_at), side.tests.words());
    format!("{}: {tests}{environment}, {started}{runs}", side.verdict)
}

fn section(text: &mut String, title: &str, color: &str, lines: impl ExactSizeIterator<Item = String>, style: Style) {
    let total = lines.len();
    if total == 0 {
        return;
    }
    let _ = writeln!(text, "{}", paint(&format!("{title} ({total})"), color, style));
    for line in lines.take(MOST) {
        let _ = writeln!(text, "  {line}");
    }
    if total > MOST {
        let _ = writeln!(text, "  … and {} more; `--format json` has them all", total - MOST);
    }
    text.push('\n');
}

fn test(change: &Change, arrow: &str) -> String {
    let place = change.place.as_ref().map(|place| format!("{}  ", sanitize(place))).unwrap_or_default();
    let message = change.message.as_ref().map(|message| format!(": {}", sanitize(message))).unwrap_or_default();
    let (suite, name) = (sanitize(&change.suite), sanitize(&change.name));
    format!("{place}{suite} › {name}  {} {arrow} {}{message}", sanitize(&change.before), sanitize(&change.after))
}

fn gate(change: &GateChange, arrow: &str) -> String {
    let state = |state: Option<&str>, measured: Option<&String>| {
        let measured = measured.map(|measured| format!(" ({measured})")).unwrap_or_default();
        state.map_or("not there".to_owned(), |state| format!("{state}{measured}"))
    };
    let phase = change.phase.as_ref().map_or("whole run".to_owned(), |phase| sanitize(phase));
    let before = state(change.before, change.measured_before.as_ref());
    let after = state(change.after, change.measured_after.as_ref());
    format!("{phase}: {}  {before} {arrow} {after}", sanitize(&change.text))
}

fn slow(change: &TimeChange, arrow: &str) -> String {
    let times = [change.before_ms, change.after_ms].map(|ms| format_duration(time(ms)));
    let place = change.place.as_ref().map(|place| format!("{}  ", sanitize(place))).unwrap_or_default();
    let (n, m) = change.samples;
    let kind = change.kind;
    let name = sanitize(&change.name);
    format!("{place}{kind} {name}  {} {arrow} {} (×{:.2}; {n} and {m} samples)", times[0], times[1], change.ratio)
}

/// What each load measured, before and now.
fn loads(one: &Comparison, arrow: &str, style: Style, text: &mut String) {
    if one.loads.is_empty() {
        return;
    }
    let _ = writeln!(text, "{}", paint(&format!("Loads ({})", one.loads.len()), BOLD, style));
    for load in one.loads.iter().take(MOST) {
        let place = load.place.as_ref().map(|place| format!("{}  ", sanitize(place))).unwrap_or_default();
        let _ = writeln!(text, "  {place}{}", sanitize(&load.name));
        for note in &load.notes {
            let _ = writeln!(text, "    note: {}", sanitize(note));
        }
        let width = load.measures.iter().map(|one| one.what().chars().count()).max().unwrap_or(0).min(WIDEST);
        for measure in &load.measures {
            let (before, after) = (measure.unit.words(measure.before), measure.unit.words(measure.after));
            let words = measure.words();
            let words = if words.is_empty() { words } else { format!("  ({words})") };
            let line = format!("    {:width$}  {before} {arrow} {after}{words}", sanitize(&measure.what()));
            let color = match measure.moved {
                Moved::Worse => RED,
                Moved::Better => GREEN,
                Moved::Noise => DIM,
            };
            let _ = writeln!(text, "{}", paint(&line, color, style));
        }
        if load.quiet > 0 {
            let noun =
                if load.quiet == 1 { "percentile of a single request" } else { "percentiles of single requests" };
            let line = format!("    {} {noun}: no more than noise", load.quiet);
            let _ = writeln!(text, "{}", paint(&line, DIM, style));
        }
    }
    if one.loads.len() > MOST {
        let _ = writeln!(text, "  … and {} more; `--format json` has them all", one.loads.len() - MOST);
    }
    text.push('\n');
}

fn verdict(one: &Comparison, arrow: &str, style: Style, text: &mut String) {
    let verdicts = if one.base.verdict == one.new.verdict {
        format!("still {}", one.new.verdict)
    } else {
        format!("{} {arrow} {}", one.base.verdict, one.new.verdict)
    };
    let (word, color) = if one.stable() { ("STABLE", GREEN) } else { ("UNSTABLE", RED) };
    let _ = writeln!(text, "{}  {verdicts}", paint(word, color, style));
    for reason in &one.reasons {
        let _ = writeln!(text, "  {}\n    {}", sanitize(&reason.what), paint(&reason.todo, DIM, style));
    }
}
