//! What a load came to, in numbers and tables as people read them. Every form of the report shows these.

use std::time::Duration;

use indexmap::IndexMap;

use super::model::{Load, Requests, Threshold, time, word};
use super::numbers::{grouped, rate, share};
use crate::event::Times;
use crate::judge::channel::coded;
use crate::judge::release::{Spread, Statistic};
use crate::value::format_duration;

/// The percentiles that tables show, behind which comes the longest time.
pub const PERCENTILES: [u8; 3] = [50, 95, 99];

/// What a load came to.
pub struct Figures<'l> {
    load: &'l Load,
    /// How long it took with what was still under way at its end.
    took: Duration,
    /// By method and address.
    pub requests: Vec<Row>,
    /// All of them together.
    pub all: Row,
    /// Openings of channels, and times of and between events.
    pub channels: Vec<Row>,
    /// Most first.
    pub errors: Vec<Errors>,
}

/// Things that were measured alike.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Row {
    pub name: String,
    pub count: u64,
    pub failed: u64,
    /// Of those that have one: of requests, those with a response and those that timed out.
    pub times: Times,
}

/// Failures of one kind; where servers closed channels, by one close code.
#[derive(Clone, Debug, PartialEq)]
pub struct Errors {
    pub kind: word::ErrorKind,
    pub close_code: Option<u16>,
    pub count: u64,
    /// What the first one says, of those that there are most of.
    pub message: String,
}

/// A table: its head, and its rows with whether each is about something that is wrong.
pub struct Table {
    pub title: &'static str,
    /// Each with whether it has numbers.
    pub head: Vec<(&'static str, bool)>,
    pub rows: Vec<(bool, Vec<String>)>,
}

impl<'l> Figures<'l> {
    /// Of a load that took so long.
    pub fn of(load: &'l Load, duration_ms: f64) -> Self {
        let requests = requests(&load.measured.requests);
        let mut all = Row { name: "all".to_owned(), ..Row::default() };
        requests.iter().for_each(|row| all.add(row));
        let took = time(duration_ms).max(time(load.lasted_ms));
        Self { took, all, requests, channels: channels(load), errors: errors(load), load }
    }

    /// How many of something there were in a second.
    pub fn per_second(&self, count: u64) -> f64 {
        if self.took.is_zero() { 0.0 } else { count as f64 / self.took.as_secs_f64() }
    }

    /// `up to 50 users`, `12,345 requests (411/s)`, `4,115 rounds`, `no errors`: what is to be known first.
    pub fn words(&self) -> Vec<String> {
        let load = self.load;
        let counted =
            |count: u64, noun: &str| format!("{} {noun}{}", grouped(count), if count == 1 { "" } else { "s" });
        let mut words = vec![format!("up to {}", counted(u64::from(load.most_users), "user"))];
        words.push(format!("{} ({}/s)", counted(self.all.count, "request"), rate(self.per_second(self.all.count))));
        words.push(counted(load.rounds(), "round"));
        words.push(match load.failures() {
            0 => "no errors".to_owned(),
            errors => format!("{} ({})", counted(errors, "error"), share(errors, self.all.count.max(errors))),
        });
        words.extend(self.beside());
        words
    }

    /// What a load that went well has nothing of.
    fn beside(&self) -> Vec<String> {
        let (load, measured) = (self.load, &self.load.measured);
        let mut words = Vec::new();
        if measured.dropped > 0 {
            words.push(format!("{} arrivals dropped, for which no user was free", grouped(measured.dropped)));
        }
        if measured.cut_off > 0 {
            words.push(format!("{} rounds cut off as it was stopped", grouped(measured.cut_off)));
        }
        if load.lasted_ms < load.planned_ms {
            let (lasted, planned) = (time(load.lasted_ms), time(load.planned_ms));
            words.push(format!("ended after {} of {}", format_duration(lasted), format_duration(planned)));
        }
        words
    }

    /// `p50`, `p95`, `p99` and `max` of all requests.
    pub fn percentiles(&self) -> Vec<(String, Duration)> {
        let times = cells(&self.all.times);
        let names = PERCENTILES.iter().map(|percent| format!("p{percent}")).chain(["max".to_owned()]);
        names.zip(times).filter_map(|(name, time)| Some((name, time?))).collect()
    }

    /// For programs: names and numbers.
    pub fn properties(&self) -> Vec<(String, f64)> {
        let load = self.load;
        let (requests, errors) = (self.all.count, load.failures());
        let mut all = vec![
            ("most_users".to_owned(), f64::from(load.most_users)),
            ("requests".to_owned(), requests as f64),
            ("requests_per_second".to_owned(), self.per_second(requests)),
            ("rounds".to_owned(), load.rounds() as f64),
            ("errors".to_owned(), errors as f64),
        ];
        let mut kinds: IndexMap<word::ErrorKind, u64> = IndexMap::new();
        for one in &self.errors {
            let count = kinds.entry(one.kind).or_default();
            *count = count.saturating_add(one.count);
        }
        let kinds = kinds.into_iter();
        all.extend(kinds.map(|(kind, count)| (format!("errors_of_{}", kind.word().replace(' ', "_")), count as f64)));
        all.push(("dropped_arrivals".to_owned(), load.measured.dropped as f64));
        let times = self.percentiles().into_iter();
        all.extend(times.map(|(name, time)| (format!("{name}_ms"), time.as_secs_f64() * 1e3)));
        all.into_iter().map(|(name, value)| (name, (value * 1e3).round() / 1e3)).collect()
    }

    /// Requests by what they asked for, the most frequent first.
    pub fn requests_table(&self) -> Table {
        let mut table = Table { title: "Requests", head: head("request"), rows: Vec::new() };
        table.rows.extend(self.requests.iter().map(|row| self.row(row)));
        if self.requests.len() > 1 {
            table.rows.push(self.row(&self.all));
        }
        table
    }

    /// Channels and events; without rows where there were none.
    pub fn channels_table(&self) -> Table {
        let rows = self.channels.iter().map(|row| self.row(row)).collect();
        Table { title: "Channels and events", head: head("what"), rows }
    }

    fn row(&self, row: &Row) -> (bool, Vec<String>) {
        let mut all = vec![row.name.clone(), grouped(row.count), format!("{}/s", rate(self.per_second(row.count)))];
        all.extend(cells(&row.times).into_iter().map(|time| time.map_or_else(|| "-".to_owned(), format_duration)));
        all.push(match row.failed {
            0 => "0".to_owned(),
            failed => format!("{} ({})", grouped(failed), share(failed, row.count.max(failed))),
        });
        (row.failed > 0, all)
    }

    /// Rounds by scenarios.
    pub fn rounds_table(&self) -> Table {
        let columns = [("rounds", true), ("rate", true), ("passed", true), ("skipped", true), ("failed", true)];
        let head = std::iter::once(("scenario", false)).chain(columns).collect();
        let rows = self.load.scenarios.iter().map(|one| {
            let rounds = one.passed.saturating_add(one.failed);
            let name = one.name.clone().unwrap_or_else(|| "the scenario".to_owned());
            let rate = format!("{}/s", rate(self.per_second(rounds)));
            let failed = match one.failed {
                0 => "0".to_owned(),
                failed => format!("{} ({})", grouped(failed), share(failed, rounds)),
            };
            (one.failed > 0, vec![name, grouped(rounds), rate, grouped(one.passed), grouped(one.skipped), failed])
        });
        Table { title: "Rounds", head, rows: rows.collect() }
    }

    /// Each threshold with what it measured, and when it broke.
    pub fn thresholds_table(&self) -> Table {
        let head = vec![("threshold", false), ("measured", true), ("of", false), ("held", false)];
        let rows =
            self.load.thresholds.iter().map(|one| {
                (!one.held, vec![one.text.clone(), one.measured_words(), one.basis.clone(), held_words(one)])
            });
        Table { title: "Thresholds", head, rows: rows.collect() }
    }

    /// What failed, by its kind.
    pub fn errors_table(&self) -> Table {
        let head = vec![("error", false), ("count", true), ("of all", true), ("the first one", false)];
        let rows = self.errors.iter().map(|one| {
            let among = share(one.count, self.all.count.max(one.count));
            (true, vec![one.name(), grouped(one.count), among, one.message.clone()])
        });
        Table { title: "Errors", head, rows: rows.collect() }
    }

    /// Those that have rows, in the order in which they matter.
    pub fn tables(&self) -> Vec<Table> {
        let all = [
            self.thresholds_table(),
            self.errors_table(),
            self.requests_table(),
            self.channels_table(),
            self.rounds_table(),
        ];
        all.into_iter().filter(|table| !table.rows.is_empty()).collect()
    }
}

/// `held`; `broke 8s after it began, and ended the load`; `not held`.
pub fn held_words(one: &Threshold) -> String {
    if one.held {
        return "held".to_owned();
    }
    let ended = if one.ended_load { ", and ended the load" } else { "" };
    match (one.broke_at_ms, one.measured) {
        (Some(at), _) => format!("broke after {}{ended}", format_duration(time(at))),
        (None, None) => "no data".to_owned(),
        (None, Some(_)) => format!("not held{ended}"),
    }
}

fn head(first: &'static str) -> Vec<(&'static str, bool)> {
    let columns = ["count", "rate", "p50", "p95", "p99", "max", "failed"];
    std::iter::once((first, false)).chain(columns.map(|name| (name, true))).collect()
}

/// Percentiles and the longest.
fn cells(times: &Times) -> Vec<Option<Duration>> {
    let mut spread = Spread::default();
    spread.add_all(times);
    let statistics = PERCENTILES.map(|percent| Statistic::percentile(percent.into()));
    statistics.into_iter().chain([Statistic::Max]).map(|one| one.of(&mut spread)).collect()
}

impl Errors {
    /// `timeout`, `closed with 1011 (internal error)`
    fn name(&self) -> String {
        let word = self.kind.word();
        self.close_code.map_or_else(|| word.to_owned(), |code| format!("{word} with {}", coded(code.into())))
    }
}

impl Row {
    fn add(&mut self, other: &Self) {
        self.count = self.count.saturating_add(other.count);
        self.failed = self.failed.saturating_add(other.failed);
        self.times.merge(&other.times);
    }
}

/// By method and address: by its path where all ask the same host. Most first.
fn requests(all: &[Requests]) -> Vec<Row> {
    let origins = || all.iter().map(|one| origin(&one.url).0);
    let one_host = origins().all(|origin| origins().next() == Some(origin));
    let mut rows: IndexMap<String, Row> = IndexMap::new();
    for one in all {
        let (_, path) = origin(&one.url);
        let address = if one_host && !path.is_empty() { path } else { &one.url };
        let name = format!("{} {address}", one.method);
        let row = rows.entry(name.clone()).or_insert_with(|| Row { name, ..Row::default() });
        for replies in &one.replies {
            let times = &replies.times_ms.0;
            row.count = row.count.saturating_add(times.count);
            row.failed = row.failed.saturating_add(if replies.held { 0 } else { times.count });
            if replies.reply().is_timed() {
                row.times.merge(times);
            }
        }
    }
    let mut rows: Vec<Row> = rows.into_values().collect();
    rows.sort_by_key(|row| std::cmp::Reverse(row.count));
    rows
}

/// `http://host:80` and `/path`.
fn origin(url: &str) -> (&str, &str) {
    let host = url.find("://").map_or(0, |at| at + "://".len());
    url.split_at(url[host..].find('/').map_or(url.len(), |at| host + at))
}

fn channels(load: &Load) -> Vec<Row> {
    let mut rows = Vec::new();
    for one in &load.measured.channels {
        let times = one.times_ms.0.clone();
        let failed = one.tried.saturating_sub(times.count);
        rows.push(Row { name: format!("connect {}", one.name), count: one.tried, failed, times });
    }
    for one in &load.measured.events {
        let named = |what: &str| format!("{what} event \"{}\"", one.name);
        for (name, times) in [(named("time to"), &one.after_ms.0), (named("gap of"), &one.gaps_ms.0)] {
            if times.count > 0 {
                rows.push(Row { name, count: times.count, failed: 0, times: times.clone() });
            }
        }
    }
    rows
}

fn errors(load: &Load) -> Vec<Errors> {
    let mut kinds: IndexMap<(word::ErrorKind, Option<u16>), (Errors, u64)> = IndexMap::new();
    for one in load.measured.failures.iter().filter(|one| !one.excused) {
        let none = || (Errors { kind: one.kind, close_code: one.close_code, count: 0, message: String::new() }, 0);
        let (errors, most) = kinds.entry((one.kind, one.close_code)).or_insert_with(none);
        errors.count = errors.count.saturating_add(one.count);
        if one.count > *most {
            *most = one.count;
            errors.message.clone_from(&one.message);
        }
    }
    let mut errors: Vec<Errors> = kinds.into_values().map(|(errors, _)| errors).collect();
    errors.sort_by_key(|one| std::cmp::Reverse(one.count));
    errors
}
