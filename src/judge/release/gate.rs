use std::time::Duration;

use super::{Counts, Digest, Gate, Measure, Of, Statistic, Tally, TestsAndLoads};
use crate::event::{Instant, Times};
use crate::judge::Outcome;
use crate::source::Span;
use crate::syntax::ast::BinaryOp;
use crate::value::format_duration;

impl Statistic {
    /// `None` of nothing.
    pub fn of(self, times: &mut Spread) -> Option<Duration> {
        let all = &mut times.times;
        all.sort_unstable();
        match self {
            Statistic::Min => all.first().map(|(time, _)| *time),
            Statistic::Max => all.last().map(|(time, _)| *time),
            Statistic::Mean if times.count == 0 => None,
            Statistic::Mean => Duration::try_from_secs_f64(times.sum / times.count as f64).ok(),
            Statistic::Percentile(percentile) => {
                let rank = percentile.rank(times.count);
                let mut passed = 0;
                let reaches = |(_, count): &&(Duration, u64)| {
                    passed += u128::from(*count);
                    passed >= rank
                };
                all.iter().find(reaches).map(|(time, _)| *time)
            }
        }
    }
}

/// Times of which a statistic is made: each with how many there are of it.
#[derive(Clone, Debug, Default)]
pub struct Spread {
    times: Vec<(Duration, u64)>,
    count: u64,
    /// In seconds.
    sum: f64,
}

impl Spread {
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Each time with how many there are of it, in no order.
    pub fn each(&self) -> impl Iterator<Item = (Duration, u64)> {
        self.times.iter().copied()
    }

    pub fn add(&mut self, time: Duration) {
        self.times.push((time, 1));
        self.count = self.count.saturating_add(1);
        self.sum += time.as_secs_f64();
    }

    pub fn add_all(&mut self, times: &Times) {
        self.times.extend(times.spread());
        self.count = self.count.saturating_add(times.count);
        self.sum += times.sum.as_secs_f64();
    }

    pub fn merge(&mut self, other: Self) {
        self.times.extend(other.times);
        self.count = self.count.saturating_add(other.count);
        self.sum += other.sum;
    }
}

impl FromIterator<Duration> for Spread {
    fn from_iter<T: IntoIterator<Item = Duration>>(times: T) -> Self {
        let mut spread = Self::default();
        times.into_iter().for_each(|time| spread.add(time));
        spread
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

pub(in crate::judge) fn holds(measured: f64, op: BinaryOp, limit: f64) -> bool {
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
        let tallies = || digests.iter().flat_map(|digest| &digest.tallies);
        match self {
            Measure::Success => {
                let of = counts.total - (counts.skipped - counts.blocked);
                let is_left_out = |one: &Digest| matches!(one.outcome, Outcome::Skipped { blocked_by: None, .. });
                let all = TestsAndLoads::among(digests.iter().copied(), |one| !is_left_out(one));
                share(counts.good(), of, all.noun())
            }
            Measure::Flaky => share(
                counts.flaky,
                counts.good() + counts.bad(),
                &format!("{} that were run", were_run(digests).noun()),
            ),
            Measure::ErrorRate => {
                let all = samples().map(|one| (one.held, 1)).chain(tallies().map(|one| (one.held, size(one))));
                let (bad, of) = all.fold((0usize, 0usize), |(bad, of), (held, count)| {
                    (bad.saturating_add(if held { 0 } else { count }), of.saturating_add(count))
                });
                share(bad, of, "exchanges")
            }
            Measure::Throughput => {
                // Only what was asked in that time: a phase is also judged by tests that an earlier one ran.
                let inside = |at: Instant| windows.iter().any(|window| window.holds(at));
                let count = samples().filter(|one| inside(one.at)).count();
                // All of a test is asked in one phase.
                let count = tallies().filter(|one| inside(one.first)).map(size).fold(count, usize::saturating_add);
                let seconds: f64 = windows.iter().map(|window| window.duration.as_secs_f64()).sum();
                let seconds = Some(seconds).filter(|seconds| *seconds > 0.0);
                let measured = seconds.filter(|_| count > 0).map(|seconds| count as f64 / seconds);
                (Unit::PerSecond, measured, basis(count, "exchanges"))
            }
            Measure::Statistic(statistic, of) => {
                let Some(mut times) = of.times(digests) else {
                    let basis =
                        "there are too many paths among the exchanges that were only counted to distinguish them";
                    return (Unit::Seconds, None, basis.to_owned());
                };
                let count = usize::try_from(times.count).unwrap_or(usize::MAX);
                let basis = basis(count, if matches!(of, Of::Connect(_)) { "channels" } else { "exchanges" });
                (Unit::Seconds, statistic.of(&mut times).map(|time| time.as_secs_f64()), basis)
            }
            Measure::ForbiddenEvents => {
                let ran = counts.good() + counts.bad();
                let count: usize = digests.iter().map(|digest| digest.forbidden).sum();
                (Unit::Count, (ran > 0).then_some(count as f64), basis_of(were_run(digests)))
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
        1 => format!("1 {}", what.replacen("exchanges", "exchange", 1).replacen("channels", "channel", 1)),
        _ => format!("{count} {what}"),
    }
}

fn were_run(digests: &[&Digest]) -> TestsAndLoads {
    let is_run = |one: &Digest| matches!(one.outcome, Outcome::Passed | Outcome::Flaky) || one.outcome.is_bad();
    TestsAndLoads::among(digests.iter().copied(), is_run)
}

fn basis_of(ran: TestsAndLoads) -> String {
    let words = if ran.total() == 0 { "there are no tests".to_owned() } else { ran.words() };
    format!("{words} that {} run", ran.verb("was", "were"))
}

fn size(tally: &Tally) -> usize {
    usize::try_from(tally.times.count).unwrap_or(usize::MAX)
}

impl Of {
    /// `None` where it isn't known of all of them what they asked for.
    fn times(&self, digests: &[&Digest]) -> Option<Spread> {
        let samples = digests.iter().flat_map(|digest| &digest.samples);
        let tallies = digests.iter().flat_map(|digest| &digest.tallies);
        let timed = samples.clone().filter(|sample| sample.reply.is_timed());
        let mut spread: Spread = match self {
            Of::Time => timed.map(|sample| sample.time).collect(),
            Of::TimeOf(request) => timed
                .filter(|sample| is_request(&sample.method, &sample.path, request))
                .map(|sample| sample.time)
                .collect(),
            Of::TimeToFirstByte => samples.filter_map(|sample| sample.first_byte).collect(),
            Of::Connect(name) => digests
                .iter()
                .flat_map(|digest| &digest.openings)
                .filter(|opening| opening.channel == *name && opening.opened == Some(true))
                .map(|opening| opening.time)
                .collect(),
        };
        match self {
            Of::Time => tallies.filter(|one| one.reply.is_timed()).for_each(|one| spread.add_all(&one.times)),
            Of::TimeToFirstByte => tallies.for_each(|one| spread.add_all(&one.first_byte)),
            Of::TimeOf(request) => {
                for one in tallies.filter(|one| one.reply.is_timed()) {
                    let path = one.path.as_deref()?;
                    if is_request(&one.method, path, request) {
                        spread.add_all(&one.times);
                    } else if is_request(&one.method, path, &without_ids(request, path)) {
                        return None;
                    }
                }
            }
            // What opens a channel is always kept.
            Of::Connect(_) => {}
        }
        Some(spread)
    }
}

/// A request as written, with an asterisk where a counted path has one: whether it was this one, isn't known.
fn without_ids(written: &str, path: &str) -> String {
    let parts = written.split('/').zip(path.split('/').map(Some).chain(std::iter::repeat(None)));
    parts.map(|(wanted, found)| if found == Some("*") { "*" } else { wanted }).collect::<Vec<_>>().join("/")
}

/// Whether a sample's method and path are the ones written: `GET /threads/*`.
fn is_request(method: &str, path: &str, written: &str) -> bool {
    let Some((wanted_method, wanted)) = written.split_once(' ') else { return false };
    let (mut wanted, mut found) =
        (wanted.trim().trim_end_matches('/').split('/'), path.trim_end_matches('/').split('/'));
    let fits = |wanted: &str, found: &str| {
        wanted == "*" || (wanted.starts_with("{{") && wanted.ends_with("}}")) || wanted == found
    };
    method.eq_ignore_ascii_case(wanted_method)
        && loop {
            match (wanted.next(), found.next()) {
                (None, None) => break true,
                (Some(wanted), Some(found)) if fits(wanted, found) => {}
                _ => break false,
            }
        }
}
