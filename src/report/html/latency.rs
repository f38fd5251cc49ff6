//! How long answers took: a histogram for each service, or for each method and host without one.

use std::time::Duration;

use askama::Template;
use indexmap::IndexMap;

use super::words::{clean, counted, duration, tenth};
use crate::judge::release::{Spread, Statistic};
use crate::report::model::{self, Report};
use crate::value::format_duration;

/// Buckets in a decade: each is about 1.6 times as long as the one before.
const PER_DECADE: i32 = 5;
/// How many groups have a histogram of their own; the rest share one.
const MOST_GROUPS: usize = 6;
/// Shorter times than this, in milliseconds, count as this.
const SHORTEST_MS: f64 = 0.01;
/// Longer times than this, in milliseconds, count as this.
const LONGEST_MS: f64 = 1e7;
/// The drawing's size in its own units.
const WIDTH: f64 = 320.0;
const HEIGHT: f64 = 84.0;

#[derive(Template)]
#[template(path = "latency.html")]
pub(super) struct Latency {
    groups: Vec<Group>,
    /// Places of powers of ten, with their words.
    decades: Vec<(f64, String)>,
    width: f64,
    height: f64,
}

struct Group {
    name: String,
    answers: String,
    without_response: u64,
    statistics: Vec<(&'static str, String)>,
    bars: Vec<Bar>,
    /// Where percentiles are.
    marks: Vec<(&'static str, f64)>,
}

struct Bar {
    x: f64,
    y: f64,
    width: f64,
    height: f64,
    words: String,
}

#[derive(Default)]
struct Times {
    times: Spread,
    without_response: u64,
}

impl Latency {
    pub fn new(report: &Report) -> Self {
        let groups = grouped(&report.tests);
        let all = || groups.iter().flat_map(|(_, group)| group.times.each()).map(|(time, _)| bucket(&time));
        let (Some(low), Some(high)) = (all().min(), all().max()) else {
            return Self { groups: Vec::new(), decades: Vec::new(), width: WIDTH, height: HEIGHT };
        };
        // The same axis for all, so that they can be compared, and never so short that a bar fills it.
        let axis = Axis { low, buckets: (high - low + 1).max(2 * PER_DECADE) };
        Self {
            decades: axis.decades(),
            groups: groups.into_iter().filter_map(|(name, times)| group(&name, times, axis)).collect(),
            width: WIDTH,
            height: HEIGHT,
        }
    }

    pub fn is_empty(&self) -> bool {
        self.groups.is_empty()
    }
}

/// Most exchanges first.
fn grouped(tests: &[model::Test]) -> Vec<(String, Times)> {
    let mut groups: IndexMap<String, Times> = IndexMap::new();
    for exchange in tests.iter().flat_map(|test| &test.exchanges) {
        let place = place(exchange.service.as_ref(), &exchange.method, &exchange.url);
        let name = match &exchange.opens {
            Some(protocol) => format!("{place}, opening {protocol}"),
            None => place,
        };
        let group = groups.entry(name).or_default();
        // What opens a channel is answered when the channel is open.
        match exchange.status {
            Some(_) => group.times.add(model::time(exchange.timings_ms.total)),
            None => group.without_response += 1,
        }
    }
    for kind in tests.iter().flat_map(|test| &test.left_out).flat_map(|left_out| &left_out.kinds) {
        let group = groups.entry(place(kind.service.as_ref(), &kind.method, &kind.url)).or_default();
        let times = kind.times_ms.times();
        match kind.status {
            Some(_) => group.times.add_all(&times),
            None => group.without_response = group.without_response.saturating_add(times.count),
        }
    }
    let mut groups: Vec<(String, Times)> = groups.into_iter().collect();
    groups.sort_by_key(|(_, group)| std::cmp::Reverse(group.times.count()));
    if groups.len() > MOST_GROUPS {
        let rest = groups.split_off(MOST_GROUPS - 1);
        let name = format!("{} others", rest.len());
        let mut all = Times::default();
        for (_, group) in rest {
            all.times.merge(group.times);
            all.without_response = all.without_response.saturating_add(group.without_response);
        }
        groups.push((name, all));
    }
    groups
}

/// The service, or the method and the host.
fn place(service: Option<&String>, method: &str, url: &str) -> String {
    let host = || {
        let after = url.split_once("://").map_or(url, |(_, rest)| rest);
        after.split(['/', '?', '#']).next().unwrap_or_default().to_owned()
    };
    service.cloned().unwrap_or_else(|| format!("{method} {}", host()))
}

/// The number of a time's bucket; 0 begins at a millisecond.
fn bucket(time: &Duration) -> i32 {
    let ms = (time.as_secs_f64() * 1e3).clamp(SHORTEST_MS, LONGEST_MS);
    // Between -10 and 35 by the bounds.
    (ms.log10() * f64::from(PER_DECADE) + 1e-9).floor() as i32
}

/// Where a bucket begins, in milliseconds.
fn begin(bucket: i32) -> f64 {
    10f64.powf(f64::from(bucket) / f64::from(PER_DECADE))
}

#[derive(Clone, Copy)]
struct Axis {
    low: i32,
    buckets: i32,
}

impl Axis {
    fn step(self) -> f64 {
        WIDTH / f64::from(self.buckets)
    }

    fn x(self, time: &Duration) -> f64 {
        let ms = (time.as_secs_f64() * 1e3).clamp(SHORTEST_MS, LONGEST_MS);
        let at = ms.log10() * f64::from(PER_DECADE) - f64::from(self.low);
        tenth((at * self.step()).clamp(0.0, WIDTH))
    }

    fn decades(self) -> Vec<(f64, String)> {
        (self.low..=self.low + self.buckets)
            .filter(|bucket| bucket.rem_euclid(PER_DECADE) == 0)
            .map(|bucket| (tenth(f64::from(bucket - self.low) * self.step()), duration(begin(bucket))))
            .collect()
    }
}

fn group(name: &str, mut group: Times, axis: Axis) -> Option<Group> {
    let statistics = [
        ("p50", Statistic::percentile(50)),
        ("p95", Statistic::percentile(95)),
        ("p99", Statistic::percentile(99)),
        ("max", Statistic::Max),
    ];
    let found: Vec<(&'static str, Duration)> =
        statistics.iter().filter_map(|(name, statistic)| Some((*name, statistic.of(&mut group.times)?))).collect();
    let mut counts: IndexMap<i32, u64> = IndexMap::new();
    for (time, count) in group.times.each() {
        let here = counts.entry(bucket(&time)).or_default();
        *here = here.saturating_add(count);
    }
    let most = *counts.values().max()?;
    let bars = counts.iter().map(|(bucket, count)| {
        let height = tenth((*count as f64 / most as f64 * HEIGHT).max(1.5));
        Bar {
            x: tenth(f64::from(bucket - axis.low) * axis.step() + 0.5),
            y: tenth(HEIGHT - height),
            width: tenth((axis.step() - 1.0).max(1.0)),
            height,
            words: format!("{count}: {} to {}", duration(begin(*bucket)), duration(begin(bucket + 1))),
        }
    });
    Some(Group {
        name: clean(name),
        answers: counted(usize::try_from(group.times.count()).unwrap_or(usize::MAX), "answer"),
        without_response: group.without_response,
        bars: bars.collect(),
        marks: found.iter().filter(|(name, _)| *name != "max").map(|(name, time)| (*name, axis.x(time))).collect(),
        statistics: found.into_iter().map(|(name, time)| (name, format_duration(time))).collect(),
    })
}
