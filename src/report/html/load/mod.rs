//! What loads came to: over their time, and in all.

mod axis;
mod charts;
mod marks;
mod time;

use askama::Template;

use super::words::{clean, counted, duration, outcome};
use crate::report::figures::{Figures, Table};
use crate::report::model::{self, Report, Test};
use charts::{Chart, Distribution};
use marks::{Label, Mark, Strip};
use time::Part;

/// How many loads are drawn; the JSON has all of them.
const MOST: usize = 20;
/// How many rows of a table are shown.
const MOST_ROWS: usize = 100;

#[derive(Template)]
#[template(path = "load.html")]
pub(super) struct Loads {
    loads: Vec<One>,
    left_out: usize,
}

struct One {
    number: usize,
    class: &'static str,
    state: &'static str,
    name: String,
    scenarios: Vec<String>,
    facts: Vec<String>,
    thresholds: Vec<Row>,
    charts: Vec<Chart>,
    labels: Vec<Label>,
    marks: Vec<Mark>,
    /// Where each mark is, in parts of a hundred, with its class.
    lines: Vec<(f64, &'static str)>,
    strips: Vec<Strip>,
    ticks: Vec<(f64, &'static str, String)>,
    distribution: Option<Distribution>,
    errors: Option<Sheet>,
    tables: Vec<Sheet>,
    times: Vec<[String; 8]>,
}

struct Row {
    held: bool,
    text: String,
    measured: String,
    basis: String,
    words: String,
}

struct Sheet {
    title: &'static str,
    head: Vec<(&'static str, bool)>,
    rows: Vec<(bool, Vec<(String, bool)>)>,
    left_out: usize,
}

impl Loads {
    pub fn new(report: &Report) -> Self {
        let loads = || report.tests.iter().enumerate().filter_map(|(at, test)| Some((at, test, test.load.as_deref()?)));
        let drawn = loads().take(MOST).map(|(at, test, load)| one(report, at, test, load));
        Self { loads: drawn.collect(), left_out: loads().count().saturating_sub(MOST) }
    }

    pub fn is_empty(&self) -> bool {
        self.loads.is_empty()
    }
}

fn one(report: &Report, number: usize, test: &Test, load: &model::Load) -> One {
    let figures = Figures::of(load, test.duration_ms);
    let took_ms = model::time(test.duration_ms.max(load.lasted_ms)).as_secs_f64() * 1e3;
    let parts = time::parts(load, took_ms);
    let whole_ms = parts.last().map_or(took_ms, |last| last.to_ms.max(took_ms));
    let marks = marks::marks(report, load, test.started_ms, whole_ms);
    let (class, state) = outcome(test.outcome);
    let thresholds = load.thresholds.iter().map(|one| Row {
        held: one.held,
        text: clean(&one.text),
        measured: clean(&one.measured_words()),
        basis: clean(&one.basis),
        words: clean(&marks::broke(load, one)),
    });
    let scenarios = load.scenarios.iter().filter_map(|one| {
        let name = one.name.as_deref()?;
        let tags = if one.tags.is_empty() { String::new() } else { format!(" ({})", one.tags.join(", ")) };
        Some(clean(&format!("{name}{tags} ×{}", one.weight)))
    });
    let tables = [figures.requests_table(), figures.channels_table(), figures.rounds_table()];
    let errors = figures.errors_table();
    let mut facts = figures.words();
    facts.extend(load.interrupted.as_ref().map(|cause| format!("stopped: {cause}")));
    One {
        number,
        class,
        state,
        name: clean(&test.name),
        scenarios: scenarios.collect(),
        facts: facts.iter().map(|fact| clean(fact)).collect(),
        thresholds: thresholds.collect(),
        labels: marks::labels(&marks, whole_ms),
        lines: marks.iter().map(|mark| (marks::percent(mark.at_ms, whole_ms), mark.class)).collect(),
        strips: marks::strips(report, test.started_ms, whole_ms),
        ticks: charts::ticks(whole_ms),
        charts: charts::charts(load, &parts, whole_ms),
        distribution: Distribution::of(&figures),
        errors: (!errors.rows.is_empty()).then(|| sheet(errors)),
        tables: tables.into_iter().filter(|table| !table.rows.is_empty()).map(sheet).collect(),
        times: parts.iter().map(row).collect(),
        marks,
    }
}

fn sheet(table: Table) -> Sheet {
    let left_out = table.rows.len().saturating_sub(MOST_ROWS);
    let numbers: Vec<bool> = table.head.iter().map(|(_, number)| *number).collect();
    let rows = table.rows.into_iter().take(MOST_ROWS).map(|(bad, row)| {
        let cells = row.iter().zip(&numbers).map(|(cell, number)| (clean(cell), *number));
        (bad, cells.collect())
    });
    Sheet { title: table.title, head: table.head, rows: rows.collect(), left_out }
}

/// A part of the time, for those who can't see the charts.
fn row(part: &Part) -> [String; 8] {
    let [p50, p95, p99, max] = match part.times {
        Some(times) => times.map(crate::value::format_duration),
        None => std::array::from_fn(|_| "-".to_owned()),
    };
    let errors = part.errors.iter().map(|(kind, count)| format!("{count} {}", kind.word())).collect::<Vec<_>>();
    let errors = if errors.is_empty() { "0".to_owned() } else { errors.join(", ") };
    let per_second = crate::report::numbers::rate(part.requests as f64 / part.seconds());
    let users = if part.dropped > 0 {
        format!("{}, {} dropped", part.users, counted(usize::try_from(part.dropped).unwrap_or(usize::MAX), "arrival"))
    } else {
        part.users.to_string()
    };
    [duration(part.from_ms), users, per_second, errors, p50, p95, p99, max]
}
