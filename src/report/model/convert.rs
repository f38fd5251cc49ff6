//! Between the report's types and the judge's: a report, a journal and a shard's blob are judged like a run that has just ended.

use std::time::Duration;

use super::{
    Cause, Counted, Exchange, Gate, GateSpec, Phase, PlanSpec, Replies, RiskSum, Service, Sighting, Span, Summary,
    Symptom, Test, Verdict, word,
};
use crate::diag::codes;
use crate::judge::Outcome;
use crate::judge::release::{self, Digest, Measure, Of, Reply, Statistic, SymptomKind};
use crate::syntax::ast::BinaryOp;

/// Ten years: no run takes longer, and what a damaged file says beyond is none of its times.
const LONGEST_MS: f64 = 3.2e11;

/// A time of the report, in milliseconds, as it can be.
pub(crate) fn sane(ms: f64) -> f64 {
    if ms.is_nan() { 0.0 } else { ms.clamp(0.0, LONGEST_MS) }
}

/// A time of the report; what no time can be counts as none, or as the longest.
pub(crate) fn time(ms: f64) -> Duration {
    Duration::try_from_secs_f64(sane(ms) / 1e3).unwrap_or_default()
}

impl From<&release::Counts> for Summary {
    fn from(counts: &release::Counts) -> Self {
        Self {
            total: counts.total,
            passed: counts.passed,
            failed: counts.failed,
            errored: counts.errored,
            timed_out: counts.timed_out,
            flaky: counts.flaky,
            skipped: counts.skipped,
            blocked: counts.blocked,
            vacuous: counts.vacuous,
            diverged: counts.diverged,
            undecided: counts.undecided,
            not_run: counts.not_run,
            weak: counts.weak,
        }
    }
}

impl Summary {
    pub fn counts(&self) -> release::Counts {
        release::Counts {
            total: self.total,
            passed: self.passed,
            failed: self.failed,
            errored: self.errored,
            timed_out: self.timed_out,
            flaky: self.flaky,
            skipped: self.skipped,
            blocked: self.blocked,
            vacuous: self.vacuous,
            diverged: self.diverged,
            undecided: self.undecided,
            not_run: self.not_run,
            weak: self.weak,
        }
    }
}

impl From<&release::RiskSum> for RiskSum {
    fn from(risk: &release::RiskSum) -> Self {
        Self { amount: risk.amount, currency: risk.currency.clone(), per: risk.per.clone() }
    }
}

impl From<&release::Verdict> for Verdict {
    fn from(verdict: &release::Verdict) -> Self {
        Self {
            state: verdict.state.into(),
            reasons: verdict.reasons.clone(),
            at_risk: verdict.at_risk.iter().map(RiskSum::from).collect(),
        }
    }
}

impl From<&release::Cause> for Cause {
    fn from(cause: &release::Cause) -> Self {
        Self {
            summary: cause.summary.clone(),
            suspect: cause.suspect.clone(),
            classification: cause.classification.map(word::Classification::from),
            tests: cause.tests.clone(),
            chain: cause.chain.clone(),
            evidence: cause.evidence.clone(),
            at_risk: cause.at_risk.iter().map(RiskSum::from).collect(),
        }
    }
}

impl Gate {
    pub fn new(gate: &release::GateResult, span: Option<Span>) -> Self {
        Self {
            text: gate.text.clone(),
            measured: gate.measured,
            held: gate.held,
            unit: gate.unit.into(),
            basis: gate.basis.clone(),
            span,
        }
    }

    /// What was measured, for people: `82.1%`, `1.2s`; `nothing` without data.
    pub fn measured_words(&self) -> String {
        match self.measured {
            Some(measured) => self.unit.words(measured),
            None => "nothing".to_owned(),
        }
    }
}

impl GateSpec {
    pub fn new(gate: &release::Gate, span: Option<Span>) -> Self {
        let (measure, name) = match &gate.measure {
            Measure::Success => (word::Measure::Success, None),
            Measure::Flaky => (word::Measure::Flaky, None),
            Measure::ErrorRate => (word::Measure::ErrorRate, None),
            Measure::Throughput => (word::Measure::Throughput, None),
            Measure::ForbiddenEvents => (word::Measure::ForbiddenEvents, None),
            Measure::Unavailable(what) => (word::Measure::Unavailable, Some(what.clone())),
            Measure::Statistic(_, Of::TimeOf(name) | Of::Connect(name)) => {
                (word::Measure::Statistic, Some(name.clone()))
            }
            Measure::Statistic(_, Of::Time | Of::TimeToFirstByte) => (word::Measure::Statistic, None),
        };
        let (statistic, of) = match &gate.measure {
            Measure::Statistic(statistic, of) => (Some(statistic.name()), Some(of.into())),
            _ => (None, None),
        };
        Self { text: gate.text.clone(), measure, statistic, of, name, op: gate.op.into(), limit: gate.limit, span }
    }

    fn gate(&self) -> release::Gate {
        let name = || self.name.clone().unwrap_or_default();
        let measure = match self.measure {
            word::Measure::Success => Measure::Success,
            word::Measure::Flaky => Measure::Flaky,
            word::Measure::ErrorRate => Measure::ErrorRate,
            word::Measure::Throughput => Measure::Throughput,
            word::Measure::ForbiddenEvents => Measure::ForbiddenEvents,
            word::Measure::Statistic => {
                let of = match self.of {
                    Some(word::Of::TimeOf) => Of::TimeOf(name()),
                    Some(word::Of::FirstByte) => Of::TimeToFirstByte,
                    Some(word::Of::Connect) => Of::Connect(name()),
                    Some(word::Of::Time | word::Of::Later) | None => Of::Time,
                };
                match self.statistic.as_deref().and_then(Statistic::named) {
                    Some(statistic) => Measure::Statistic(statistic, of),
                    None => Measure::Unavailable(self.text.clone()),
                }
            }
            word::Measure::Unavailable | word::Measure::Later => {
                Measure::Unavailable(self.name.clone().unwrap_or_else(|| self.text.clone()))
            }
        };
        // An operator that isn't known can't hold.
        let op = self.op.known();
        release::Gate {
            text: self.text.clone(),
            span: crate::source::Span::nowhere(),
            measure: if op.is_some() { measure } else { Measure::Unavailable(self.text.clone()) },
            op: op.unwrap_or(BinaryOp::Less),
            limit: self.limit,
        }
    }
}

impl PlanSpec {
    /// As it is judged.
    pub fn release(&self, name: Option<String>) -> release::Release {
        release::Release {
            name,
            phases: self
                .phases
                .iter()
                .map(|phase| release::Phase {
                    name: phase.name.clone(),
                    span: crate::source::Span::nowhere(),
                    gates: phase.gates.iter().map(GateSpec::gate).collect(),
                    budget: phase.budget_ms.map(time),
                    tests: phase.tests.clone(),
                    loads: phase.loads.clone(),
                    left_out: phase.left_out,
                })
                .collect(),
            gates: self.gates.iter().map(GateSpec::gate).collect(),
        }
    }

    /// The spans of all gates, by their place: phases in order, then those of the run.
    pub(in crate::report) fn gate_span(&self, phase: Option<usize>, gate: usize) -> Option<Span> {
        let gates = match phase {
            Some(phase) => &self.phases.get(phase)?.gates,
            None => &self.gates,
        };
        gates.get(gate)?.span.clone()
    }
}

impl Phase {
    pub fn run(&self) -> release::PhaseRun {
        release::PhaseRun {
            started: self.started_ms.map(time),
            duration: time(self.duration_ms),
            parts: self
                .parts
                .iter()
                .map(|part| release::Window { started: time(part.started_ms), duration: time(part.duration_ms) })
                .collect(),
            over_budget: self.over_budget,
            stopped: self.stopped.clone(),
        }
    }
}

fn reply(status: Option<u16>, failure: Option<word::Failure>) -> Reply {
    status.map_or_else(|| Reply::None(failure.unwrap_or_default().kind()), Reply::Status)
}

impl Replies {
    pub(in crate::report) fn reply(&self) -> Reply {
        reply(self.status, self.failure)
    }
}

impl Service {
    pub fn watch(&self) -> release::ServiceWatch {
        release::ServiceWatch {
            name: self.name.clone(),
            span: crate::source::Span::nowhere(),
            depends_on: self.depends_on.clone(),
            probe: self.probe.clone(),
            within: time(self.within_ms),
            state: self.state.into(),
            sightings: self.sightings.iter().map(Sighting::sighting).collect(),
        }
    }
}

impl Sighting {
    fn sighting(&self) -> release::Sighting {
        release::Sighting {
            at: time(self.at_ms),
            reply: reply(self.status, self.failure),
            held: self.held,
            says: self.says.clone(),
            progress: self.progress.clone(),
            uptime: self.uptime_s,
            names_down: self.names_down.clone(),
        }
    }
}

impl Test {
    /// How it ended, as the judge says it.
    pub fn outcome(&self) -> Outcome {
        let reason = || self.reason.clone().unwrap_or_default();
        match self.outcome {
            word::Outcome::Passed => Outcome::Passed,
            word::Outcome::Flaky => Outcome::Flaky,
            word::Outcome::Failed => Outcome::Failed,
            word::Outcome::TimedOut => Outcome::TimedOut,
            word::Outcome::Vacuous => Outcome::Vacuous,
            word::Outcome::Diverged => Outcome::Diverged,
            word::Outcome::Undecided => Outcome::Undecided,
            word::Outcome::Skipped => Outcome::Skipped { reason: reason(), blocked_by: self.blocked_by.clone() },
            word::Outcome::NotRun => Outcome::NotRun { cause: reason() },
            // What isn't known has not passed.
            word::Outcome::Errored | word::Outcome::Later => Outcome::Errored,
        }
    }

    /// What gates, causes and the verdict look at.
    pub fn digest(&self) -> Digest {
        let risk = self.at_risk.as_ref();
        let openings = self.exchanges.iter().filter_map(|exchange| {
            Some(release::SocketOpening {
                protocol: exchange.opens?.word().to_owned(),
                channel: exchange.channel.clone().unwrap_or_default(),
                time: time(exchange.timings_ms.total),
                opened: exchange.opened,
            })
        });
        Digest {
            id: self.id.clone(),
            suite: self.suite.clone(),
            name: self.name.clone(),
            is_load: self.is_load(),
            priority: self.priority.clone(),
            risk: risk.map(|risk| release::Risk {
                amount: risk.amount,
                currency: risk.currency.clone(),
                per: risk.per.clone(),
            }),
            outcome: self.outcome(),
            symptom: self.symptom.as_ref().map(Symptom::symptom),
            samples: self.exchanges.iter().map(Exchange::sample).collect(),
            tallies: self.left_out.iter().flat_map(|left_out| &left_out.kinds).map(Counted::tally).collect(),
            openings: openings.collect(),
            forbidden: self.diagnostics.iter().filter(|one| one.code == codes::FORBIDDEN_EVENT.name).count(),
            weak: self.weak().count().saturating_add(self.left_out.as_ref().map_or(0, |left_out| left_out.weak)),
        }
    }
}

impl Symptom {
    fn symptom(&self) -> release::Symptom {
        let code = self.code.clone().unwrap_or_default();
        let kind = match self.kind {
            word::Symptom::NoResponse => SymptomKind::NoResponse(self.failure.unwrap_or_default().kind()),
            word::Symptom::Status => SymptomKind::Status(self.status.unwrap_or(0)),
            word::Symptom::Expectation => {
                SymptomKind::Expectation { code, what: self.what.clone().unwrap_or_default() }
            }
            word::Symptom::Other | word::Symptom::Later => SymptomKind::Other { code },
        };
        release::Symptom { service: self.service.clone(), host: self.host.clone(), kind, message: self.message.clone() }
    }
}

impl Counted {
    fn tally(&self) -> release::Tally {
        release::Tally {
            first: time(self.started_ms),
            method: self.method.clone(),
            path: self.path.clone(),
            service: self.service.clone(),
            reply: reply(self.status, self.failure),
            held: self.held,
            times: self.times_ms.times(),
            first_byte: self.first_byte_ms.times(),
        }
    }
}

impl Exchange {
    fn sample(&self) -> release::Sample {
        release::Sample {
            at: time(self.started_ms),
            method: self.method.clone(),
            path: self.path.clone().unwrap_or_default(),
            service: self.service.clone(),
            reply: reply(self.status, self.failure.as_ref().map(|failure| failure.kind)),
            time: time(self.timings_ms.total),
            first_byte: self.timings_ms.first_byte.map(time),
            held: self.held,
        }
    }
}
