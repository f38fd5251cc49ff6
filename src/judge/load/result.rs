use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use super::{Ended, Failure, Model, Spec, measured, threshold};
use crate::diag::{Diagnostic, codes};
use crate::event::{Exchange, Instant, Times};
use crate::judge::release::{Reply, micros};
use crate::judge::{Asked, ExpectationRecord, Kind, LeftOut, Outcome, StepRecord, StepState, TestFacts, outcome_of};
use crate::plan::LoadMeasure;
use crate::value::format_duration;

/// What a load came to, beside what every test leaves.
#[derive(Clone, Debug)]
pub struct LoadResult {
    pub spec: Arc<Spec>,
    /// When it began.
    pub began: Instant,
    /// The same by the wall clock.
    pub began_at: jiff::Timestamp,
    pub ended: Ended,
    /// The place of the threshold that ended it.
    pub aborted_by: Option<usize>,
    /// The run was stopped while it went on.
    pub interrupted: Option<String>,
}

/// An arrival that begins later than this wasn't made at its time.
const LATE: Duration = Duration::from_millis(100);
/// How many may be.
const LATE_SHARE: f64 = 0.01;
/// How many kinds of failures a message names.
const NAMED: usize = 5;

impl LoadResult {
    /// How it ended, and what is to be said of it.
    pub fn judged(&self) -> (Outcome, Vec<Diagnostic>) {
        let mut diagnostics = self.diagnostics();
        let outcome = outcome_of(&[self.facts(&diagnostics)]);
        if outcome == Outcome::Vacuous {
            diagnostics.push(self.vacuous());
        }
        (outcome, diagnostics)
    }

    fn vacuous(&self) -> Diagnostic {
        let missing = match self.ended.total.exchanges().saturating_add(self.ended.total.frames) {
            0 => "it made no exchange",
            _ => "nothing was expected of what came",
        };
        Diagnostic::error(&codes::VACUOUS, self.spec.span, format!("this load proved nothing: {missing}")).with_help(
            "a load counts as passed only when its users asked the system something and expected something of the response",
        )
    }

    /// What is to be said of it: thresholds that don't hold, failures that none of them speaks of, and a rate that the machine didn't keep.
    pub fn diagnostics(&self) -> Vec<Diagnostic> {
        let mut all = self.nothing_done().map_or_else(|| self.broken(), |nothing| vec![nothing]);
        all.extend(self.unspoken());
        all.extend(self.late());
        all
    }

    /// Said once where nothing was done of which a threshold could have data.
    fn nothing_done(&self) -> Option<Diagnostic> {
        let Ended { total, thresholds, .. } = &self.ended;
        let has_data = thresholds.iter().any(|one| one.measured.is_some());
        if has_data
            || thresholds.is_empty()
            || total.rounds() > 0
            || total.exchanges() > 0
            || self.interrupted.is_some()
        {
            return None;
        }
        let message = "no round of this load ran to its end, so none of its thresholds has data, and none holds";
        let help = match total.failures.count(|_| true) {
            0 => {
                "its users came no further than `before each user`, or than the beginning of a round: let it last longer, or find out what takes so long"
            }
            _ => "its users failed before their first round; see below",
        };
        let nothing = Diagnostic::error(&codes::THRESHOLD, self.spec.span, message).with_help(help);
        let each = self.spec.thresholds.iter().take(NAMED);
        Some(each.fold(nothing, |nothing, threshold| nothing.with_related(threshold.span, "has no data")))
    }

    /// One for each threshold that doesn't hold.
    fn broken(&self) -> Vec<Diagnostic> {
        let judged = self.spec.thresholds.iter().zip(&self.ended.thresholds).enumerate();
        let broken = judged.filter(|(_, (_, result))| !result.held).map(|(place, (threshold, result))| {
            let message = match result.measured {
                Some(measured) => format!(
                    "the threshold `{}` doesn't hold: it was {} ({})",
                    threshold.text,
                    result.unit.words(measured),
                    result.basis
                ),
                None => {
                    format!("the threshold `{}` has no data, and so doesn't hold: {}", threshold.text, result.basis)
                }
            };
            let mut diagnostic = Diagnostic::error(&codes::THRESHOLD, threshold.span, message);
            if let Some(at) = result.broke_at {
                let ended = if self.aborted_by == Some(place) { ", and ended it" } else { "" };
                diagnostic =
                    diagnostic.with_label(format!("it broke {} after the load began{ended}", format_duration(at)));
            }
            diagnostic
        });
        broken.collect()
    }

    /// Failures that no threshold speaks of.
    fn unspoken(&self) -> Option<Diagnostic> {
        let speaks = |failure: &Failure| {
            let mut thresholds = self.spec.thresholds.iter().enumerate();
            failure.is_excused || thresholds.any(|(at, threshold)| threshold::speaks_of(threshold, at, failure))
        };
        let mut unspoken: Vec<_> = self.ended.total.failures.each().filter(|(failure, ..)| !speaks(failure)).collect();
        unspoken.sort_by_key(|(_, count, _)| std::cmp::Reverse(*count));
        let total: u64 = unspoken.iter().map(|(_, count, _)| *count).fold(0, u64::saturating_add);
        if total == 0 {
            return None;
        }
        let noun = if total == 1 { "failure" } else { "failures" };
        let message = format!("{total} {noun} in this load, and no threshold says how many there may be");
        let mut diagnostic = Diagnostic::error(&codes::LOAD_FAILURES, self.spec.span, message).with_help(
            "where some may fail, say how many: `threshold error rate < 1%` speaks of all failures, `threshold errors of timeout < 10` of one kind",
        );
        for (failure, count, message) in unspoken.into_iter().take(NAMED) {
            let text = format!("{count} × {}: {message}", failure.kind.word());
            diagnostic = diagnostic.with_related(failure.step, text);
        }
        Some(diagnostic)
    }

    /// The machine began arrivals too late, so that less came at a time than was to come.
    fn late(&self) -> Option<Diagnostic> {
        let Model::Open = self.spec.model else { return None };
        let late = &self.ended.total.late;
        let behind = above(late, LATE);
        if late.count == 0 || behind as f64 / late.count as f64 <= LATE_SHARE {
            return None;
        }
        let message = format!(
            "this machine didn't keep the rate: {behind} of {} arrivals began more than {} after they were due, the last ones {}",
            late.count,
            format_duration(LATE),
            format_duration(late.longest)
        );
        Some(Diagnostic::error(&codes::RATE_NOT_KEPT, self.spec.span, message).with_help(
            "what was measured is of a smaller rate; let it run on a larger machine, or on several (`--shard`)",
        ))
    }

    /// Whether what failed is why it fell short, and not how long it took or how much it was.
    pub fn is_by_failures(&self) -> bool {
        let judged = self.spec.thresholds.iter().zip(&self.ended.thresholds);
        let of_failures = |measure: &LoadMeasure| {
            matches!(
                measure,
                LoadMeasure::ErrorRate(_)
                    | LoadMeasure::Errors(_)
                    | LoadMeasure::Success(_)
                    | LoadMeasure::Connected(_)
            )
        };
        let broken = judged.filter(|(_, result)| !result.held);
        self.unspoken().is_some() || broken.into_iter().any(|(threshold, _)| of_failures(&threshold.measure))
    }

    /// What was asked for, beside the exchanges that are kept whole, of which some steps are.
    pub fn left_out(&self, kept: &[Arc<Exchange>], steps: &[StepRecord]) -> LeftOut {
        let total = &self.ended.total;
        let mut kinds: Vec<Kind> = Vec::new();
        for requests in total.requests.values() {
            kinds.extend(requests.replies.iter().map(|replies| Kind {
                asked: Asked {
                    method: requests.method.clone(),
                    url: requests.url.clone(),
                    reply: replies.reply,
                    held: replies.held,
                },
                first: replies.first,
                times: replies.times.clone(),
                first_byte: replies.first_byte.clone(),
            }));
        }
        let states = steps.iter().filter_map(|step| Some((step.exchange?, step.state != StepState::Failed)));
        let states: HashMap<usize, bool> = states.collect();
        for (at, exchange) in kept.iter().enumerate() {
            let reply = Reply::of(exchange);
            let held = states.get(&at).copied().unwrap_or_else(|| reply.works());
            // Several steps may ask for the same, and what stands for several URLs also for one that another one asks for alone.
            let url = exchange.url.split(['?', '#']).next().unwrap_or_default();
            let is_its = |kind: &Kind, is_there: &dyn Fn(&str) -> bool| {
                let asked = &kind.asked;
                kind.times.count > 0
                    && (asked.reply, asked.held) == (reply, held)
                    && asked.method == exchange.method
                    && is_there(&asked.url)
            };
            let own = kinds.iter().position(|kind| is_its(kind, &|all| all == url));
            let own = own.or_else(|| kinds.iter().position(|kind| is_its(kind, &|all| measured::is_among(all, url))));
            if let Some(kind) = own.and_then(|at| kinds.get_mut(at)) {
                kind.times.remove(micros(exchange.timings.total));
                exchange.timings.first_byte.into_iter().for_each(|time| kind.first_byte.remove(micros(time)));
            }
        }
        let shown = |is: &dyn Fn(&ExpectationRecord) -> bool| {
            steps.iter().flat_map(|step| &step.expectations).filter(|one| is(one)).count()
        };
        let number = |count: u64| usize::try_from(count).unwrap_or(usize::MAX);
        LeftOut::of(
            kinds,
            number(total.expectations).saturating_sub(shown(&|_| true)),
            number(total.weak).saturating_sub(shown(&|one| one.weak.is_some())),
        )
    }

    /// What it is judged by, like an attempt at a test.
    pub fn facts(&self, diagnostics: &[Diagnostic]) -> TestFacts {
        let number = |count: u64| usize::try_from(count).unwrap_or(usize::MAX);
        TestFacts {
            expectations: number(self.ended.total.expectations),
            // Frames of a channel that was opened before are what a scenario asked for, too, whether or not they have a name.
            exchanges: number(self.ended.total.exchanges().saturating_add(self.ended.total.frames)),
            failed: !diagnostics.is_empty(),
            interrupted: self.interrupted.clone(),
            ..TestFacts::default()
        }
    }
}

fn above(times: &Times, limit: Duration) -> u64 {
    times.steps().filter(|(time, _)| *time > limit).map(|(_, count)| count).fold(0, u64::saturating_add)
}
