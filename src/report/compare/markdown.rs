use std::fmt::Write as _;

use super::text::lists;
use super::{Change, Comparison, GateChange, LoadChange, Moved, Side, TimeChange};
use crate::report::markdown::{code, inline, sentence};
use crate::report::model::time;
use crate::value::format_duration;

/// For a comment on a change.
pub fn render(one: &Comparison) -> String {
    let word = if one.stable() { "✅ STABLE" } else { "❌ UNSTABLE" };
    let mut text = format!("# {word}\n\n");
    for reason in &one.reasons {
        let _ = writeln!(text, "- **{}**: {}", sentence(&reason.what), sentence(&reason.todo));
    }
    for note in &one.notes {
        let _ = writeln!(text, "- note: {}", inline(note));
    }
    text.push_str("\n| | verdict | of | environment | started |\n|---|---|---|---|---|\n");
    text.push_str(&side("base", &one.base));
    text.push_str(&side("new", &one.new));
    for risk in &one.at_risk {
        let _ = writeln!(text, "\nAt risk: {} → {}", inline(&risk.words(risk.before)), inline(&risk.words(risk.after)));
    }
    for (title, _, list) in lists(one) {
        if !list.is_empty() {
            let _ = writeln!(text, "\n## {title} ({})\n", list.len());
            list.iter().for_each(|change| text.push_str(&test(change)));
        }
    }
    if !one.gates.is_empty() {
        text.push_str("\n## Gates\n\n| phase | gate | before | now |\n|---|---|---|---|\n");
        one.gates.iter().for_each(|change| text.push_str(&gate(change)));
    }
    for (title, list) in [("Slower", &one.slower), ("Faster", &one.faster)] {
        if !list.is_empty() {
            let _ = writeln!(text, "\n## {title} ({})\n", list.len());
            text.push_str("| what | before | now | without the drift of all | samples |\n|---|---|---|---|---|\n");
            list.iter().for_each(|change| text.push_str(&slow(change)));
        }
    }
    for load in &one.loads {
        text.push_str(&measures(load));
    }
    if one.unchanged() {
        text.push_str("\nNothing changed.\n");
    }
    text
}

fn side(name: &str, side: &Side) -> String {
    let environment = side.environment.as_deref().map(code).unwrap_or_default();
    let runs = if side.runs > 1 { format!(" (first of {})", side.runs) } else { String::new() };
    let (verdict, started) = (inline(side.verdict.word()), inline(&side.started_at));
    format!("| {name}{runs} | {verdict} | {} | {environment} | {started} |\n", side.tests.words())
}

fn test(change: &Change) -> String {
    let place = change.place.as_ref().map(|place| format!(" {}", code(place))).unwrap_or_default();
    let message = change.message.as_ref().map(|message| format!(": {}", sentence(message))).unwrap_or_default();
    format!(
        "- **{} › {}**{place} {} → {}{message}\n",
        inline(&change.suite),
        inline(&change.name),
        inline(&change.before),
        inline(&change.after)
    )
}

fn gate(change: &GateChange) -> String {
    let state = |state: Option<&str>, measured: Option<&String>| {
        let measured = measured.map(|measured| format!(" ({})", inline(measured))).unwrap_or_default();
        state.map_or("not there".to_owned(), |state| format!("{state}{measured}"))
    };
    let phase = change.phase.as_deref().map_or("whole run".to_owned(), inline);
    let before = state(change.before, change.measured_before.as_ref());
    let after = state(change.after, change.measured_after.as_ref());
    format!("| {phase} | {} | {before} | {after} |\n", code(&change.text))
}

/// What a load measured, before and now.
fn measures(load: &LoadChange) -> String {
    let place = load.place.as_ref().map(|place| format!(" {}", code(place))).unwrap_or_default();
    let mut text = format!("\n## Load {}{place}\n\n", inline(&load.name));
    for note in &load.notes {
        let _ = writeln!(text, "- note: {}", inline(note));
    }
    text.push_str("\n| | what | before | now | |\n|---|---|---:|---:|---|\n");
    for one in &load.measures {
        let mark = match one.moved {
            Moved::Worse => "❌",
            Moved::Better => "✅",
            Moved::Noise => "",
        };
        let (before, after) = (inline(&one.unit.words(one.before)), inline(&one.unit.words(one.after)));
        let _ = writeln!(text, "| {mark} | {} | {before} | {after} | {} |", inline(&one.what()), inline(&one.words()));
    }
    if load.quiet > 0 {
        let _ = writeln!(text, "\nOf single requests, {} percentiles moved by no more than noise.", load.quiet);
    }
    text
}

fn slow(change: &TimeChange) -> String {
    let [before, after] = [change.before_ms, change.after_ms].map(|ms| format_duration(time(ms)));
    let (n, m) = change.samples;
    format!("| {} {} | {before} | {after} | ×{:.2} | {n}, {m} |\n", change.kind, inline(&change.name), change.ratio)
}
