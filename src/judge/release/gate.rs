use std::time::Duration;

use super::{Counts, Digest, Gate, Measure, Of, Sample, Statistic};
use crate::event::Instant;
use crate::source::Span;
use crate::syntax::ast::BinaryOp;
use crate::value::format_duration;

impl Statistic {
    /// `p95`, `min`, `max`, `mean`, `median`
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "min" => Some(Statistic::Min),
            "max" => Some(Statistic::Max),
            "mean" => Some(Statistic::Mean),
            "median" => Some(Statistic::Percentile(50)),
            _ => {
                name.strip_prefix('p')?.parse().ok().filter(|rank| (1..=100).contains(rank)).map(Statistic::Percentile)
            }
        }
    }

    /// `None` of nothing.
    pub fn of(self, times: &mut [Duration]) -> Option<Duration> {
        times.sort_unstable();
        match self {
            Statistic::Min => times.first().copied(),
            Statistic::Max => times.last().copied(),
            Statistic::Mean if times.is_empty() => None,
            Statistic::Mean => {
                let total: f64 = times.iter().map(Duration::as_secs_f64).sum();
                Duration::try_from_secs_f64(total / times.len() as f64).ok()
            }
            Statistic::Percentile(rank) => {
                let at = (times.len() * rank as usize).div_ceil(100);
                times.get(at.saturating_sub(1)).copied()
            }
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// A share from 0 to 1.
    Share,
    Seconds,
    PerSecond,
    Count,
}

impl Unit {
    pub fn name(self) -> &'static str {
        match self {
            Unit::Share => "share",
            Unit::Seconds => "seconds",
            Unit::PerSecond => "per_second",
            Unit::Count => "count",
        }
    }

    /// `93.3%`, `1.2s`, `180/s`, `3`
    pub fn words(self, value: f64) -> String {
        let rounded = |value: f64, by: f64| (value * by).round() / by;
        match self {
            // Cut off, not rounded: what isn't all is never shown as all.
            Unit::Share => format!("{}%", (value * 1e4 + 1e-6).floor() / 100.0),
            Unit::Seconds => format_duration(Duration::try_from_secs_f64(value).unwrap_or_default()),
            Unit::PerSecond => format!("{}/s", rounded(value, 10.0)),
            Unit::Count => format!("{value}"),
        }
    }
}

/// The time of a phase, or of the run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    pub started: Instant,
    pub duration: Duration,
}

impl Window {
    fn holds(self, at: Instant) -> bool {
        (self.started..=self.started.saturating_add(self.duration)).contains(&at)
    }
}

/// What became of a gate.
#[derive(Clone, Debug, PartialEq)]
pub struct GateResult {
    pub text: String,
    pub span: Span,
    pub unit: Unit,
    /// Absent without data: such a gate does not hold.
    pub measured: Option<f64>,
    pub held: bool,
    /// `12 of 14 tests`, `no test was selected`
    pub basis: String,
}

impl Gate {
    /// A gate over nothing is never held.
    pub fn judge(&self, digests: &[&Digest], windows: &[Window]) -> GateResult {
        let (unit, measured, basis) = self.measure.of(digests, windows);
        let held = measured.is_some_and(|measured| holds(measured, self.op, self.limit));
        GateResult { text: self.text.clone(), span: self.span, unit, measured, held, basis }
    }
}

pub(super) fn holds(measured: f64, op: BinaryOp, limit: f64) -> bool {
    match op {
        BinaryOp::Less => measured < limit,
        BinaryOp::LessEqual => measured <= limit,
        BinaryOp::Greater => measured > limit,
        BinaryOp::GreaterEqual => measured >= limit,
        BinaryOp::Equal => measured == limit,
        BinaryOp::NotEqual => measured != limit,
        _ => false,
    }
}

type Measured = (Unit, Option<f64>, String);

impl Measure {
    fn of(&self, digests: &[&Digest], windows: &[Window]) -> Measured {
        let counts = Counts::of(digests.iter().map(|digest| &digest.outcome));
        let samples = || digests.iter().flat_map(|digest| &digest.samples);
        match self {
            Measure::Success => {
                let of = counts.total - (counts.skipped - counts.blocked);
                share(counts.good(), of, "tests")
            }
            Measure::Flaky => share(counts.flaky, counts.good() + counts.bad(), "tests that were run"),
            Measure::ErrorRate => {
                let all: Vec<&Sample> = samples().collect();
                share(all.iter().filter(|sample| !sample.held).count(), all.len(), "exchanges")
            }
            Measure::Throughput => {
                // Only what was asked in that time: a phase is also judged by tests that an earlier one ran.
                let inside = |sample: &&Sample| windows.iter().any(|window| window.holds(sample.at));
                let count = samples().filter(inside).count();
                let seconds: f64 = windows.iter().map(|window| window.duration.as_secs_f64()).sum();
                let seconds = Some(seconds).filter(|seconds| *seconds > 0.0);
                let measured = seconds.filter(|_| count > 0).map(|seconds| count as f64 / seconds);
                (Unit::PerSecond, measured, basis(count, "exchanges"))
            }
            Measure::Statistic(statistic, of) => {
                let mut times = of.times(digests);
                let basis = basis(times.len(), if matches!(of, Of::Connect(_)) { "channels" } else { "exchanges" });
                (Unit::Seconds, statistic.of(&mut times).map(|time| time.as_secs_f64()), basis)
            }
            Measure::ForbiddenEvents => {
                let ran = counts.good() + counts.bad();
                let count: usize = digests.iter().map(|digest| digest.forbidden).sum();
                (Unit::Count, (ran > 0).then_some(count as f64), basis(ran, "tests that were run"))
            }
            Measure::Unavailable(what) => (Unit::Count, None, format!("`{what}` is measured in loads only")),
        }
    }
}

fn share(part: usize, of: usize, what: &str) -> Measured {
    let measured = (of > 0).then(|| part as f64 / of as f64);
    let words = if of == 0 { basis(0, what) } else { format!("{part} of {of} {what}") };
    (Unit::Share, measured, words)
}

fn basis(count: usize, what: &str) -> String {
    match count {
        0 => format!("there are no {what}"),
        1 => format!(
            "1 {}",
            what.replacen("tests", "test", 1).replacen("exchanges", "exchange", 1).replacen("channels", "channel", 1)
        ),
        _ => format!("{count} {what}"),
    }
}

impl Of {
    fn times(&self, digests: &[&Digest]) -> Vec<Duration> {
        let samples = digests.iter().flat_map(|digest| &digest.samples);
        match self {
            Of::Time => samples.map(|sample| sample.time).collect(),
            Of::TimeOf(request) => {
                samples.filter(|sample| is_request(sample, request)).map(|sample| sample.time).collect()
            }
            Of::TimeToFirstByte => samples.filter_map(|sample| sample.first_byte).collect(),
            Of::Connect(name) => digests
                .iter()
                .flat_map(|digest| &digest.openings)
                .filter(|opening| opening.channel == *name && opening.opened == Some(true))
                .map(|opening| opening.time)
                .collect(),
        }
    }
}

/// Whether a sample's method and path are the ones written: `GET /threads/*`.
fn is_request(sample: &Sample, written: &str) -> bool {
    let Some((method, path)) = written.split_once(' ') else { return false };
    let (mut wanted, mut found) =
        (path.trim().trim_end_matches('/').split('/'), sample.path.trim_end_matches('/').split('/'));
    let fits = |wanted: &str, found: &str| {
        wanted == "*" || (wanted.starts_with("{{") && wanted.ends_with("}}")) || wanted == found
    };
    method.eq_ignore_ascii_case(&sample.method)
        && loop {
            match (wanted.next(), found.next()) {
                (None, None) => break true,
                (Some(wanted), Some(found)) if fits(wanted, found) => {}
                _ => break false,
            }
        }
}
