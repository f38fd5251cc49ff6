//! What a load came to, under its line.

use std::fmt::Write as _;

use super::{BOLD, DIM, GREEN, RED, paint};
use crate::diag::{Style, sanitize};
use crate::report::figures::{Figures, Table, held_words};
use crate::report::model::{Load, Test};

/// How many rows of a table are shown; the reports have them all.
const MOST_ROWS: usize = 20;
/// How long the first cell of a row is at most, and any other.
const LONGEST: usize = 56;

/// Its figures, its thresholds, and its tables.
pub fn load(test: &Test, load: &Load, style: Style) -> String {
    let figures = Figures::of(load, test.duration_ms);
    let mut text = format!("{:17}{}\n\n", "", figures.words().join("; "));
    thresholds(load, style, &mut text);
    let tables = [figures.requests_table(), figures.channels_table(), figures.rounds_table(), figures.errors_table()];
    for one in tables.into_iter().filter(|table| !table.rows.is_empty()) {
        table(&one, style, &mut text);
    }
    if !test.exchanges.is_empty() {
        let kept = test.exchanges.len();
        let noun = if kept == 1 { "exchange" } else { "exchanges" };
        let line = format!("  kept whole: {kept} {noun} of rounds that failed; all others are counted");
        let _ = writeln!(text, "{}\n", paint(&line, DIM, style));
    }
    text
}

/// `✗ p95(time) < 3ms over last 2s: 6.9ms (38 requests), broke after 2s`
fn thresholds(load: &Load, style: Style, text: &mut String) {
    for one in &load.thresholds {
        let (mark, color) = match (one.held, style.unicode) {
            (true, true) => ("✓", GREEN),
            (true, false) => ("+", GREEN),
            (false, true) => ("✗", RED),
            (false, false) => ("x", RED),
        };
        let held = if one.held || one.measured.is_none() { String::new() } else { format!(", {}", held_words(one)) };
        let (is, of) = (one.measured_words(), sanitize(&one.basis));
        let line = format!("{}: {is} ({of}){held}", sanitize(&one.text));
        let line = if one.held { line } else { paint(&line, color, style) };
        let _ = writeln!(text, "  {} {line}", paint(mark, color, style));
    }
    if !load.thresholds.is_empty() {
        text.push('\n');
    }
}

/// Lined up, numbers to the right.
fn table(table: &Table, style: Style, text: &mut String) {
    let shown = table.rows.iter().take(MOST_ROWS);
    let rows: Vec<(bool, Vec<String>)> =
        shown.map(|(bad, row)| (*bad, row.iter().map(|cell| cut(&sanitize(cell))).collect())).collect();
    let widths: Vec<usize> = table
        .head
        .iter()
        .enumerate()
        .map(|(at, (name, _))| {
            let cells = rows.iter().filter_map(|(_, row)| row.get(at)).map(|cell| cell.chars().count());
            cells.chain([name.chars().count()]).max().unwrap_or(0)
        })
        .collect();
    let line = |cells: &[String]| {
        let cells = cells.iter().zip(&table.head).zip(&widths).map(|((cell, (_, number)), width)| {
            if *number { format!("{cell:>width$}") } else { format!("{cell:width$}") }
        });
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    let head: Vec<String> = table.head.iter().map(|(name, _)| (*name).to_owned()).collect();
    let _ = writeln!(text, "  {}", paint(&line(&head), DIM, style));
    for (at, (bad, row)) in rows.iter().enumerate() {
        let is_sum = table.title == "Requests" && at + 1 == table.rows.len() && at > 0;
        let shown = line(row);
        let shown = match (bad, is_sum) {
            (true, _) => paint(&shown, RED, style),
            (false, true) => paint(&shown, BOLD, style),
            (false, false) => shown,
        };
        let _ = writeln!(text, "  {shown}");
    }
    if table.rows.len() > MOST_ROWS {
        let line = format!("  … and {} more; the reports have them all", table.rows.len() - MOST_ROWS);
        let _ = writeln!(text, "{}", paint(&line, DIM, style));
    }
    text.push('\n');
}

fn cut(text: &str) -> String {
    if text.chars().count() <= LONGEST {
        return text.to_owned();
    }
    text.chars().take(LONGEST - 1).chain(['…']).collect()
}
