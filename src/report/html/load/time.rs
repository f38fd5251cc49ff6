//! A load over its time, as it is drawn: no more parts than a chart can show, each with what was measured in it.

use std::time::Duration;

use crate::event::Times;
use crate::judge::release::{Spread, Statistic};
use crate::report::figures::PERCENTILES;
use crate::report::model::{self, word};

/// How many parts a chart shows at most.
const MOST: usize = 240;

/// A part of the time, from the beginning of the load.
pub(super) struct Part {
    pub from_ms: f64,
    pub to_ms: f64,
    pub users: u32,
    pub requests: u64,
    pub dropped: u64,
    pub errors: Vec<(word::ErrorKind, u64)>,
    /// The percentiles of tables, and the longest; absent where nothing was measured.
    pub times: Option<[Duration; PERCENTILES.len() + 1]>,
}

/// The parts of a load that took so long in all.
pub(super) fn parts(load: &model::Load, took_ms: f64) -> Vec<Part> {
    let timeline = &load.timeline;
    let bin = model::time(timeline.bin_ms).as_secs_f64() * 1e3;
    if bin <= 0.0 {
        return Vec::new();
    }
    let together = timeline.bins.len().div_ceil(MOST).max(1);
    let mut groups: Vec<&[model::Bin]> = timeline.bins.chunks(together).collect();
    // What is left of the last one would look like much in little time, or like little.
    let rest = took_ms - (groups.len().saturating_sub(1) * together) as f64 * bin;
    let whole = bin * together as f64;
    let tail = (groups.len() > 1 && rest < whole / 2.0).then(|| groups.pop()).flatten();
    let last = groups.len().saturating_sub(1);
    let part = |(at, bins): (usize, &&[model::Bin])| {
        let from_ms = at as f64 * whole;
        let tail = tail.filter(|_| at == last).unwrap_or_default();
        let to_ms = if at == last { (from_ms + whole).min(took_ms).max(from_ms + bin / 2.0) } else { from_ms + whole };
        let to_ms = if tail.is_empty() { to_ms } else { took_ms.max(to_ms) };
        of(bins.iter().chain(tail), from_ms, to_ms)
    };
    groups.iter().enumerate().map(part).collect()
}

fn of<'b>(bins: impl Iterator<Item = &'b model::Bin>, from_ms: f64, to_ms: f64) -> Part {
    let mut part = Part { from_ms, to_ms, users: 0, requests: 0, dropped: 0, errors: Vec::new(), times: None };
    let mut times = Times::default();
    for bin in bins {
        part.users = part.users.max(bin.users);
        part.requests = part.requests.saturating_add(bin.requests);
        part.dropped = part.dropped.saturating_add(bin.dropped);
        times.merge(&bin.times_ms.0);
        for one in &bin.errors {
            match part.errors.iter_mut().find(|(kind, _)| *kind == one.kind) {
                Some((_, count)) => *count = count.saturating_add(one.count),
                None => part.errors.push((one.kind, one.count)),
            }
        }
    }
    let mut spread = Spread::default();
    spread.add_all(&times);
    let [a, b, c] = PERCENTILES.map(|percent| Statistic::percentile(percent.into()).of(&mut spread));
    part.times = match (a, b, c, Statistic::Max.of(&mut spread)) {
        (Some(a), Some(b), Some(c), Some(max)) => Some([a, b, c, max]),
        _ => None,
    };
    part
}

impl Part {
    pub fn seconds(&self) -> f64 {
        ((self.to_ms - self.from_ms) / 1e3).max(1e-6)
    }

    pub fn failed(&self) -> u64 {
        self.errors.iter().fold(0, |sum, (_, count)| sum.saturating_add(*count))
    }
}
