use std::fmt::Write as _;

use super::{code, inline, sentence, sign};
use crate::judge::Outcome;
use crate::report::figures::{Figures, Table, held_words};
use crate::report::model::{Load, Report, Test};

/// How many rows of a table are shown.
const MOST_ROWS: usize = 30;

/// What each load came to.
pub(super) fn loads(report: &Report) -> Vec<String> {
    let all = report.tests.iter().filter_map(|test| Some(load(test, test.load.as_deref()?)));
    let all: Vec<String> = all.collect();
    let title = (!all.is_empty()).then(|| "## Loads\n".to_owned());
    title.into_iter().chain(all).collect()
}

fn load(test: &Test, load: &Load) -> String {
    let figures = Figures::of(load, test.duration_ms);
    let mark = match test.outcome() {
        Outcome::Passed | Outcome::Flaky => sign(true),
        Outcome::NotRun { .. } | Outcome::Skipped { .. } => "➖",
        _ => sign(false),
    };
    let mut text = format!("### {mark} {} ({})\n\n", inline(&test.name), inline(&test.outcome.phrase()));
    let _ = writeln!(text, "{}", inline(&figures.words().join("; ")));
    if !load.thresholds.is_empty() {
        text.push_str("\n| | threshold | measured | of | |\n|---|---|---:|---|---|\n");
    }
    for one in load.thresholds.iter().take(MOST_ROWS) {
        let (is, of, words) = (inline(&one.measured_words()), inline(&one.basis), held_words(one));
        let _ = writeln!(text, "| {} | {} | {is} | {of} | {words} |", sign(one.held), code(&one.text));
    }
    more(load.thresholds.len(), &mut text);
    let tables = [figures.requests_table(), figures.channels_table(), figures.rounds_table(), figures.errors_table()];
    tables.iter().filter(|table| !table.rows.is_empty()).for_each(|one| table(one, &mut text));
    text
}

fn table(table: &Table, text: &mut String) {
    let head: Vec<&str> = table.head.iter().map(|(name, _)| *name).collect();
    let rule: Vec<&str> = table.head.iter().map(|(_, number)| if *number { "---:" } else { "---" }).collect();
    let _ = write!(text, "\n| {} |\n| {} |\n", head.join(" | "), rule.join(" | "));
    for (_, row) in table.rows.iter().take(MOST_ROWS) {
        // A message has names and values in backticks; the first cell is a name.
        let cells = row.iter().enumerate().map(|(at, cell)| if at == 0 { code(cell) } else { sentence(cell) });
        let _ = writeln!(text, "| {} |", cells.collect::<Vec<_>>().join(" | "));
    }
    more(table.rows.len(), text);
}

fn more(rows: usize, text: &mut String) {
    if rows > MOST_ROWS {
        let _ = writeln!(text, "\n… and {} more, which `test_results.json` has", rows - MOST_ROWS);
    }
}
