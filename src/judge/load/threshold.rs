use std::time::Duration;

use super::measured::{Asked, Measured};
use super::{Failure, Requests};
use crate::event::Times;
use crate::judge::release::{Spread, Unit, holds};
use crate::plan::{ErrorKind, LoadMeasure, Target, Threshold, Timed};
use crate::source::Span;
use crate::syntax::ast::BinaryOp;

/// What became of a threshold.
#[derive(Clone, Debug, PartialEq)]
pub struct ThresholdResult {
    pub text: String,
    pub span: Span,
    pub unit: Unit,
    /// Absent without data: such a threshold does not hold. Of one over the last seconds it is the value that broke it, or else the last one.
    pub measured: Option<f64>,
    pub held: bool,
    /// `40 of 2200 requests`
    pub basis: String,
    /// When it first didn't hold, since the load began; of one over the whole load that has no `abort` only its end says.
    pub broke_at: Option<Duration>,
}

/// A value with its unit, and what it was calculated from.
#[derive(Clone, Debug, PartialEq)]
pub struct Value {
    pub unit: Unit,
    pub measured: Option<f64>,
    pub basis: String,
}

impl Value {
    pub fn holds(&self, threshold: &Threshold) -> bool {
        self.measured.is_some_and(|measured| holds(measured, threshold.op, threshold.limit))
    }
}

/// Whether it can be judged by what one of several machines measured. Of an amount, a part may be too large, and says nothing of what is to be more.
pub fn is_known_from_a_part(threshold: &Threshold) -> bool {
    match threshold.measure {
        LoadMeasure::Errors(_)
        | LoadMeasure::Throughput(_)
        | LoadMeasure::Iterations
        | LoadMeasure::DroppedArrivals
        | LoadMeasure::ForbiddenEvents => matches!(threshold.op, BinaryOp::Less | BinaryOp::LessEqual),
        LoadMeasure::Statistic(..)
        | LoadMeasure::ErrorRate(_)
        | LoadMeasure::Success(_)
        | LoadMeasure::Connected(_) => true,
    }
}

/// What the threshold at a place measures. `time`: that in which it was measured.
pub fn value(threshold: &Threshold, at: usize, measured: &Measured, time: Duration) -> Value {
    let scope = Scope { at, measured };
    match &threshold.measure {
        LoadMeasure::Statistic(statistic, timed) => {
            let (times, what) = scope.times(timed);
            let mut spread = Spread::default();
            spread.add_all(&times);
            let measured = statistic.of(&mut spread).map(|time| time.as_secs_f64());
            let basis = if times.count == 0 { scope.untimed(timed) } else { None };
            Value { unit: Unit::Seconds, measured, basis: basis.unwrap_or_else(|| counted(times.count, what)) }
        }
        LoadMeasure::ErrorRate(of) => {
            let failed = measured.failures.count(|failure| scope.is_about(of.as_ref(), failure));
            let alone =
                measured.failures.count(|failure| failure.request.is_none() && scope.is_about(of.as_ref(), failure));
            share(failed, scope.requests(of.as_ref()).map(Requests::count).fold(alone, u64::saturating_add), "requests")
        }
        LoadMeasure::Errors(kind) => {
            let all = measured.exchanges().saturating_add(measured.rounds());
            let count = measured.failures.count(|failure| kind.is_none_or(|kind| failure.kind == kind));
            count_of(count, all, counted(measured.exchanges(), "requests"))
        }
        LoadMeasure::Throughput(of) => {
            let (count, what) = match of {
                Some(Target::Scenarios(places)) => (scope.rounds(Some(places)), "iterations"),
                of => (scope.requests(of.as_ref()).map(Requests::count).fold(0, u64::saturating_add), "requests"),
            };
            let seconds = time.as_secs_f64();
            let measured = (count > 0 && seconds > 0.0).then(|| count as f64 / seconds);
            Value { unit: Unit::PerSecond, measured, basis: counted(count, what) }
        }
        LoadMeasure::Iterations => {
            let count = measured.rounds();
            count_of(count, count, counted(count, "iterations"))
        }
        LoadMeasure::DroppedArrivals => {
            let due = measured.dropped.saturating_add(measured.late.count);
            count_of(measured.dropped, due, counted(due, "arrivals"))
        }
        LoadMeasure::Success(Some(Target::Request(_))) => {
            let of = match &threshold.measure {
                LoadMeasure::Success(of) => of.as_ref(),
                _ => None,
            };
            let all = scope.requests(of).flat_map(|one| &one.replies);
            let (held, of) = all.fold((0u64, 0u64), |(held, of), one| {
                (held.saturating_add(if one.held { one.times.count } else { 0 }), of.saturating_add(one.times.count))
            });
            share(held, of, "requests")
        }
        LoadMeasure::Success(of) => {
            let places = match of {
                Some(Target::Scenarios(places)) => Some(places),
                _ => None,
            };
            let passed = scope.iterations(places).map(|one| one.passed).fold(0, u64::saturating_add);
            share(passed, scope.rounds(places), "iterations")
        }
        LoadMeasure::Connected(name) => {
            let openings = measured.channels.get(name.as_str());
            share(openings.map_or(0, |one| one.times.count), openings.map_or(0, |one| one.tried), "channels")
        }
        LoadMeasure::ForbiddenEvents => {
            let rounds = measured.rounds();
            count_of(measured.forbidden, rounds, counted(rounds, "iterations"))
        }
    }
}

/// The measured values that are about one threshold.
struct Scope<'m> {
    at: usize,
    measured: &'m Measured,
}

impl<'m> Scope<'m> {
    fn is_of(&self, of: Option<&Target>, asked: &Asked) -> bool {
        match of {
            None => true,
            Some(Target::Scenarios(places)) => places.contains(&asked.scenario),
            Some(Target::Request(_)) => is_marked(asked.thresholds, self.at),
        }
    }

    fn requests(&self, of: Option<&Target>) -> impl Iterator<Item = &'m Requests> {
        self.measured.requests.iter().filter(move |(asked, _)| self.is_of(of, asked)).map(|(_, one)| one)
    }

    fn is_about(&self, of: Option<&Target>, failure: &Failure) -> bool {
        match of {
            None => true,
            Some(Target::Scenarios(places)) => failure.scenario.is_some_and(|at| places.contains(&at)),
            Some(Target::Request(_)) => failure.request.is_some_and(|about| is_marked(about, self.at)),
        }
    }

    fn iterations(&self, places: Option<&Vec<usize>>) -> impl Iterator<Item = &'m super::Iterations> {
        let is_of = move |at: &usize| places.is_none_or(|places| places.contains(at));
        self.measured.iterations.iter().filter(move |(at, _)| is_of(at)).map(|(_, one)| one)
    }

    fn rounds(&self, places: Option<&Vec<usize>>) -> u64 {
        self.iterations(places).map(|one| one.passed.saturating_add(one.failed)).fold(0, u64::saturating_add)
    }

    fn times(&self, timed: &Timed) -> (Times, &'static str) {
        let mut all = Times::default();
        let events = |name: &String| self.measured.events.get(name.as_str());
        let what = match timed {
            Timed::Time(of) => {
                let replies = self.requests(of.as_ref()).flat_map(|one| &one.replies);
                replies.filter(|one| one.reply.is_timed()).for_each(|one| all.merge(&one.times));
                "requests"
            }
            Timed::FirstByte(of) => {
                let replies = self.requests(of.as_ref()).flat_map(|one| &one.replies);
                replies.for_each(|one| all.merge(&one.first_byte));
                "requests"
            }
            Timed::Connect(name) => {
                self.measured.channels.get(name.as_str()).into_iter().for_each(|one| all.merge(&one.times));
                "channels"
            }
            Timed::ToEvent(name) => {
                events(name).into_iter().for_each(|one| all.merge(&one.after));
                "events"
            }
            Timed::Gap(name) => {
                events(name).into_iter().for_each(|one| all.merge(&one.gaps));
                "gaps"
            }
        };
        (all, what)
    }

    /// Why there is no time, where something was tried.
    fn untimed(&self, timed: &Timed) -> Option<String> {
        let (tried, what, nothing) = match timed {
            Timed::Time(of) | Timed::FirstByte(of) => {
                let sent = self.requests(of.as_ref()).map(Requests::count).fold(0, u64::saturating_add);
                (sent, "request", "got a response")
            }
            Timed::Connect(name) => {
                (self.measured.channels.get(name.as_str()).map_or(0, |one| one.tried), "channel", "was opened")
            }
            Timed::ToEvent(_) | Timed::Gap(_) => return None,
        };
        match tried {
            0 => None,
            1 => Some(format!("the only {what} never {nothing}")),
            _ => Some(format!("none of {tried} {what}s {nothing}")),
        }
    }
}

fn is_marked(about: u64, at: usize) -> bool {
    u32::try_from(at).ok().and_then(|at| about.checked_shr(at)).is_some_and(|about| about & 1 == 1)
}

/// Whether a threshold says how much of a kind of failure there may be. What no threshold speaks of may not be at all, nor what was never sent.
pub fn speaks_of(threshold: &Threshold, at: usize, failure: &Failure) -> bool {
    let scope = Scope { at, measured: &Measured::default() };
    if !failure.kind.is_of_system() {
        return false;
    }
    match &threshold.measure {
        LoadMeasure::ErrorRate(of) => scope.is_about(of.as_ref(), failure),
        LoadMeasure::Success(of @ Some(Target::Request(_))) => scope.is_about(of.as_ref(), failure),
        // A hook that fails is part of no iteration.
        LoadMeasure::Success(of) => failure.scenario.is_some() && scope.is_about(of.as_ref(), failure),
        LoadMeasure::Errors(kind) => kind.is_none_or(|kind: ErrorKind| failure.kind == kind),
        LoadMeasure::Connected(name) => failure.channel.as_deref() == Some(name.as_str()),
        LoadMeasure::ForbiddenEvents => failure.code == crate::diag::codes::FORBIDDEN_EVENT.name,
        LoadMeasure::Statistic(..)
        | LoadMeasure::Throughput(_)
        | LoadMeasure::Iterations
        | LoadMeasure::DroppedArrivals => false,
    }
}

fn share(part: u64, of: u64, what: &str) -> Value {
    let measured = (of > 0).then(|| part as f64 / of as f64);
    let basis = if of == 0 { counted(0, what) } else { format!("{part} of {}", counted(of, what)) };
    Value { unit: Unit::Share, measured, basis }
}

/// A count is known as soon as there is anything that it could have been counted in.
fn count_of(count: u64, among: u64, basis: String) -> Value {
    Value { unit: Unit::Count, measured: (among > 0).then_some(count as f64), basis }
}

/// `3 requests`; `what` is the plural.
fn counted(count: u64, what: &str) -> String {
    match count {
        0 => format!("there were no {what}"),
        1 => format!("1 {}", what.strip_suffix('s').unwrap_or(what)),
        _ => format!("{count} {what}"),
    }
}
