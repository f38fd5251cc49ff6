//! The charts of a load: latency, throughput and users over its time, and how its times are spread.

use std::fmt::Write as _;
use std::time::Duration;

use super::axis::Axis;
use super::time::Part;
use crate::report::figures::Figures;
use crate::report::html::words::{across, duration, tenth};
use crate::report::model::{self, word};
use crate::value::format_duration;

/// How many parts a decade of the distribution has.
const PER_DECADE: f64 = 10.0;
/// A limit that is this many times beyond all that was measured isn't drawn.
const FAR: f64 = 20.0;

/// Steps between the ticks of an axis of time, in seconds, and how many of them it has at most.
const STEPS: [f64; 18] = [
    0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1800.0, 3600.0, 7200.0, 21_600.0,
    86_400.0,
];
const MOST_TICKS: f64 = 6.0;
/// A chart over the time of a load.
pub(super) struct Chart {
    pub title: &'static str,
    /// Of its values.
    pub unit: &'static str,
    pub ticks: Vec<(f64, String)>,
    pub paths: Vec<(&'static str, String)>,
    pub bars: Vec<Bar>,
    /// Limits of thresholds: where, in parts of a hundred from the top, and their texts.
    pub limits: Vec<(f64, String)>,
    pub legend: Vec<(&'static str, String)>,
    pub words: String,
}

pub(super) struct Bar {
    pub class: &'static str,
    pub x: f64,
    pub y: f64,
    pub width: f64,
    pub height: f64,
    pub words: String,
}

/// Latency, throughput, users.
pub(super) fn charts(load: &model::Load, parts: &[Part], whole_ms: f64) -> Vec<Chart> {
    let mut charts: Vec<Chart> = latency(load, parts, whole_ms).into_iter().collect();
    charts.push(throughput(parts, whole_ms));
    charts.push(users(load, parts, whole_ms));
    charts
}

/// Moments on the axis of time: where, the side on which the words are, and the words.
pub(super) fn ticks(whole_ms: f64) -> Vec<(f64, &'static str, String)> {
    let seconds = whole_ms / 1e3;
    let fits = |step: &&f64| seconds / **step <= MOST_TICKS;
    // A load that lasts longer than all of them has as many parts.
    let step = STEPS.iter().find(fits).copied().unwrap_or(seconds / MOST_TICKS).max(1e-3);
    let count = (seconds / step + 1e-9).floor().min(MOST_TICKS);
    let at = |nth: usize| {
        let x = tenth(across(nth as f64 * step * 1e3, whole_ms) / 10.0);
        (x, anchor(x), if nth == 0 { "0s".to_owned() } else { duration(nth as f64 * step * 1e3) })
    };
    (0..=count as usize).map(at).collect()
}

/// On which side of its place a text is, so that it doesn't leave the drawing.
fn anchor(x: f64) -> &'static str {
    match x {
        x if x < 3.0 => "start",
        x if x > 97.0 => "end",
        _ => "middle",
    }
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

fn latency(load: &model::Load, parts: &[Part], whole_ms: f64) -> Option<Chart> {
    let all = || parts.iter().filter_map(|part| part.times);
    let shortest = all().map(|times| ms(times[0])).min_by(f64::total_cmp)?;
    let longest = all().map(|times| ms(times[3])).max_by(f64::total_cmp)?;
    let limits: Vec<(f64, String)> = load
        .thresholds
        .iter()
        .filter(|one| one.measure == word::LoadMeasure::Statistic && one.of == Some(word::Timed::Time))
        .map(|one| (one.limit * 1e3, one.text.clone()))
        .filter(|(limit, _)| *limit > shortest / FAR && *limit < longest * FAR)
        .collect();
    let least = limits.iter().map(|(limit, _)| *limit).fold(shortest, f64::min);
    let most = limits.iter().map(|(limit, _)| *limit).fold(longest, f64::max);
    let axis = Axis::times(least, most);
    let line = |at: usize| outline(parts, whole_ms, &axis, at, None);
    let paths = vec![
        ("band outer", outline(parts, whole_ms, &axis, 2, Some(1))),
        ("band inner", outline(parts, whole_ms, &axis, 1, Some(0))),
        ("line max", line(3)),
        ("line p99", line(2)),
        ("line p95", line(1)),
        ("line p50", line(0)),
    ];
    let mut legend: Vec<(&'static str, String)> =
        ["max", "p99", "p95", "p50"].into_iter().map(|name| (name, name.to_owned())).collect();
    if !limits.is_empty() {
        legend.push(("limit", "limits of thresholds on times".to_owned()));
    }
    Some(Chart {
        title: "Latency",
        unit: "on a logarithmic scale, from the request to the end of its response",
        words: format!(
            "latency over time: p50 of {} or more, none longer than {}",
            duration(shortest),
            duration(longest)
        ),
        limits: limits.into_iter().map(|(limit, text)| (axis.percent(limit), super::clean(&text))).collect(),
        ticks: axis.ticks,
        paths,
        bars: Vec::new(),
        legend,
    })
}

/// A line along one value of each part, or what is between two; it is broken where nothing was measured.
fn outline(parts: &[Part], whole_ms: f64, axis: &Axis, upper: usize, lower: Option<usize>) -> String {
    let mut path = String::new();
    for run in parts.split(|part| part.times.is_none()).filter(|run| !run.is_empty()) {
        let points = |at: usize| {
            let mut points: Vec<(f64, f64)> = Vec::with_capacity(run.len() + 2);
            let value = |part: &Part| axis.y(part.times.map_or(0.0, |times| ms(times[at])));
            points.extend(run.first().map(|first| (across(first.from_ms, whole_ms), value(first))));
            points.extend(run.iter().map(|part| (across((part.from_ms + part.to_ms) / 2.0, whole_ms), value(part))));
            points.extend(run.last().map(|last| (across(last.to_ms, whole_ms), value(last))));
            points
        };
        let there = points(upper);
        let back = lower.map(points).unwrap_or_default();
        for (at, (x, y)) in there.iter().chain(back.iter().rev()).enumerate() {
            let _ = write!(path, "{}{x} {y}", if at == 0 { "M" } else { "L" });
        }
        if lower.is_some() {
            path.push('Z');
        }
    }
    path
}

/// The colour of a kind of error.
fn class(kind: word::ErrorKind) -> &'static str {
    match kind {
        word::ErrorKind::Server => "e5xx",
        word::ErrorKind::Client => "e4xx",
        word::ErrorKind::Timeout => "timeout",
        word::ErrorKind::Expectation => "expectation",
        _ => "connection",
    }
}

fn throughput(parts: &[Part], whole_ms: f64) -> Chart {
    let rate = |part: &Part, count: u64| count as f64 / part.seconds();
    let largest = parts.iter().map(|part| rate(part, part.requests.max(part.failed()))).fold(0.0, f64::max);
    let axis = Axis::even(largest, false, "/s");
    let mut bars = Vec::new();
    let mut kinds: Vec<word::ErrorKind> = Vec::new();
    for part in parts {
        let held = part.requests.saturating_sub(part.failed());
        let mut stacked = vec![("ok", "held".to_owned(), held)];
        let mut errors = part.errors.clone();
        errors.sort_by_key(|(kind, _)| kind.word());
        stacked.extend(errors.iter().map(|(kind, count)| (class(*kind), kind.word().to_owned(), *count)));
        kinds.extend(errors.iter().map(|(kind, _)| *kind).filter(|kind| !kinds.contains(kind)).collect::<Vec<_>>());
        let (x, to) = (across(part.from_ms, whole_ms), across(part.to_ms, whole_ms));
        let mut below = 0.0;
        for (class, name, count) in stacked.into_iter().filter(|(.., count)| *count > 0) {
            let (from, upto) = (axis.y(below), axis.y(below + rate(part, count)));
            below += rate(part, count);
            let words = format!(
                "{} {name} a second, from {} to {}",
                crate::report::numbers::rate(rate(part, count)),
                duration(part.from_ms),
                duration(part.to_ms)
            );
            let width = tenth((to - x - 1.0).max(0.5));
            bars.push(Bar { class, x, y: upto, width, height: tenth((from - upto).max(0.0)), words });
        }
    }
    kinds.sort_by_key(|kind| kind.word());
    let mut legend = vec![("ok", "held".to_owned())];
    legend.extend(kinds.iter().map(|kind| (class(*kind), kind.word().to_owned())));
    Chart {
        title: "Throughput",
        unit: "requests a second, with what failed by its kind",
        ticks: axis.ticks,
        paths: Vec::new(),
        bars,
        limits: Vec::new(),
        legend,
        words: format!("requests a second over time, at most {}", crate::report::numbers::rate(largest)),
    }
}

fn users(load: &model::Load, parts: &[Part], whole_ms: f64) -> Chart {
    let axis = Axis::even(f64::from(load.most_users), true, "");
    let (mut line, mut area) = (String::new(), String::new());
    for (at, part) in parts.iter().enumerate() {
        let (x, to) = (across(part.from_ms, whole_ms), across(part.to_ms, whole_ms));
        let y = axis.y(f64::from(part.users));
        let _ = write!(line, "{}{x} {y}H{to}", if at == 0 { 'M' } else { 'L' });
        let _ = write!(area, "M{x} 1000V{y}H{to}V1000Z");
    }
    let dropped = parts.iter().fold(0u64, |sum, part| sum.saturating_add(part.dropped));
    let mut legend = vec![("users", "users".to_owned())];
    let mut bars = Vec::new();
    if dropped > 0 {
        let most = parts.iter().map(|part| part.dropped).max().unwrap_or(1).max(1) as f64;
        legend.push(("dropped", format!("dropped arrivals, {} in all", crate::report::numbers::grouped(dropped))));
        bars.extend(parts.iter().filter(|part| part.dropped > 0).map(|part| {
            let (x, to) = (across(part.from_ms, whole_ms), across(part.to_ms, whole_ms));
            let height = tenth(part.dropped as f64 / most * 300.0);
            let words = format!("{} arrivals dropped from {}", part.dropped, duration(part.from_ms));
            Bar { class: "dropped", x, y: tenth(1000.0 - height), width: tenth((to - x - 1.0).max(0.5)), height, words }
        }));
    }
    Chart {
        title: "Users",
        unit: "at work at a time",
        ticks: axis.ticks,
        paths: vec![("area users", area), ("line users", line)],
        bars,
        limits: Vec::new(),
        legend,
        words: format!("users over time, at most {}", load.most_users),
    }
}

/// How the times of all requests are spread.
pub(super) struct Distribution {
    pub bars: Vec<Bar>,
    /// In parts of a hundred from the top, shares of all requests.
    pub shares: Vec<(f64, String)>,
    /// In parts of a hundred from the left.
    pub ticks: Vec<(f64, &'static str, String)>,
    pub marks: Vec<(String, f64, String)>,
    pub words: String,
}

impl Distribution {
    pub fn of(figures: &Figures<'_>) -> Option<Self> {
        let times = &figures.all.times;
        let all: Vec<(f64, u64)> = times.spread().map(|(time, count)| (ms(time).clamp(1e-3, 1e10), count)).collect();
        let (first, last) = (all.first()?.0, all.last()?.0);
        let axis = Axis::times(first, last);
        // Between -30 and 100 by the bounds.
        let bucket = |ms: f64| (ms.log10() * PER_DECADE + 1e-9).floor() as i32;
        let begin = |bucket: i32| 10f64.powf(f64::from(bucket) / PER_DECADE);
        let mut counts: std::collections::BTreeMap<i32, u64> = std::collections::BTreeMap::new();
        for (ms, count) in all {
            let here = counts.entry(bucket(ms)).or_default();
            *here = here.saturating_add(count);
        }
        let total = counts.values().fold(0u64, |sum, count| sum.saturating_add(*count)).max(1) as f64;
        let share = |count: u64| count as f64 / total * 100.0;
        let most = counts.values().map(|count| share(*count)).fold(0.0, f64::max);
        let shares = Axis::even(most, false, "%");
        let bars = counts.iter().map(|(bucket, count)| {
            let (from, to) = (axis.x(begin(*bucket)) * 10.0, axis.x(begin(bucket + 1)) * 10.0);
            let y = shares.y(share(*count)).min(994.0);
            Bar {
                class: "times",
                x: tenth(from),
                y,
                width: tenth((to - from - 2.0).max(1.0)),
                height: tenth(1000.0 - y),
                words: format!("{count}: {} to {}", duration(begin(*bucket)), duration(begin(bucket + 1))),
            }
        });
        let found = figures.percentiles();
        let words: Vec<String> =
            found.iter().map(|(name, time)| format!("{name} {}", format_duration(*time))).collect();
        let ticks = axis.ticks.iter().map(|(from_top, words)| {
            let x = tenth(100.0 - from_top);
            (x, anchor(x), words.clone())
        });
        let marks = found.iter().map(|(name, time)| (name.clone(), axis.x(ms(*time)), format_duration(*time)));
        let (ticks, marks) = (ticks.collect(), marks.collect());
        Some(Self { bars: bars.collect(), ticks, marks, words: words.join(", "), shares: shares.ticks })
    }
}
