use std::borrow::Cow;
use std::sync::Arc;

use super::places::Places;
use crate::diag::codes;
use crate::judge::load::{
    self, Asked, Bin, Ended, Failure, Failures, LoadResult, Measured, Model, Scenario, Spec, ThresholdResult, Timeline,
};
use crate::judge::release::{Statistic, Unit};
use crate::plan::{LoadMeasure, Route, Target, Threshold, Timed};
use crate::report::model::{self, time, word};
use crate::source::Sources;
use crate::syntax::ast::BinaryOp;

/// Reads what a report says of loads, to judge it again. A file may say anything; what it says beyond what a load has is passed over.
#[derive(Default)]
pub struct Known {
    pub places: Places,
}

impl Known {
    /// Of a load in these sources: its places are theirs.
    pub fn within(sources: &Sources) -> Self {
        Self { places: Places::within(sources) }
    }

    /// A load, without what became of it.
    pub fn spec(&mut self, load: &model::Load) -> Spec {
        let scenarios = load.scenarios.iter().map(|one| Scenario {
            name: one.name.clone(),
            tags: one.tags.clone(),
            weight: one.weight,
        });
        Spec {
            span: self.places.take(load.span.as_ref()),
            model: match load.model {
                word::LoadModel::Open => Model::Open,
                word::LoadModel::Closed | word::LoadModel::Later => Model::Closed,
            },
            duration: time(load.planned_ms),
            scenarios: scenarios.collect(),
            thresholds: load.thresholds.iter().map(|one| self.threshold(one)).collect(),
            is_part: false,
        }
    }

    fn threshold(&mut self, one: &model::Threshold) -> Threshold {
        let measure = measure(one);
        // What isn't known can't hold: an operator that compares nothing never does.
        let op = one.op.known().filter(|_| measure.is_some()).unwrap_or(BinaryOp::Add);
        Threshold {
            text: one.text.clone(),
            span: self.places.take(one.span.as_ref()),
            measure: measure.unwrap_or(LoadMeasure::Iterations),
            op,
            limit: one.limit,
            over_last: one.over_last_ms.map(time),
            abort_after: one.abort_after_ms.map(time),
        }
    }

    /// A load with all that is said of it.
    pub fn load(&mut self, load: &model::Load, began_ms: f64) -> LoadResult {
        let spec = self.spec(load);
        let mut total = self.measured(&load.measured);
        for (at, one) in load.scenarios.iter().enumerate() {
            let counts = load::Iterations { passed: one.passed, failed: one.failed, skipped: one.skipped };
            if counts != load::Iterations::default() {
                let own = total.iterations.entry(at).or_default();
                own.passed = own.passed.saturating_add(counts.passed);
                own.failed = own.failed.saturating_add(counts.failed);
                own.skipped = own.skipped.saturating_add(counts.skipped);
            }
        }
        let thresholds = load.thresholds.iter().map(|one| ThresholdResult {
            text: one.text.clone(),
            span: self.places.take(one.span.as_ref()),
            unit: match one.unit {
                word::Unit::Share => Unit::Share,
                word::Unit::Seconds => Unit::Seconds,
                word::Unit::PerSecond => Unit::PerSecond,
                word::Unit::Count | word::Unit::Later => Unit::Count,
            },
            measured: one.measured,
            held: one.held,
            basis: one.basis.clone(),
            broke_at: one.broke_at_ms.map(time),
        });
        let ended = Ended {
            thresholds: thresholds.collect(),
            timeline: timeline(&load.timeline),
            most_users: load.most_users,
            lasted: time(load.lasted_ms),
            total,
        };
        LoadResult {
            spec: Arc::new(spec),
            began: time(began_ms),
            began_at: load.began_at.parse().unwrap_or_default(),
            ended,
            aborted_by: load.ended_by(),
            interrupted: load.interrupted.clone(),
        }
    }

    /// What was measured in a part of a load.
    pub fn measured(&mut self, of: &model::Measured) -> Measured {
        let mut all = Measured {
            forbidden: of.forbidden,
            dropped: of.dropped,
            late: of.late_ms.0.clone(),
            frames: of.frames,
            expectations: of.expectations,
            weak: of.weak,
            cut_off: of.cut_off,
            ..Measured::default()
        };
        for one in &of.requests {
            let asked = Asked {
                scenario: one.scenario,
                step: self.places.take(one.step.as_ref()),
                thresholds: bits(&one.thresholds),
            };
            let own = all.requests.entry(asked).or_default();
            own.asked(&one.method, &one.url);
            for replies in &one.replies {
                let own = own.replies(replies.reply(), replies.held, time(replies.started_ms));
                own.times.merge(&replies.times_ms.0);
                own.first_byte.merge(&replies.first_byte_ms.0);
            }
        }
        for one in &of.iterations {
            let own = all.iterations.entry(one.scenario).or_default();
            own.passed = own.passed.saturating_add(one.passed);
            own.failed = own.failed.saturating_add(one.failed);
            own.skipped = own.skipped.saturating_add(one.skipped);
        }
        for one in &of.channels {
            let own = all.channels.entry(one.name.as_str().into()).or_default();
            own.tried = own.tried.saturating_add(one.tried);
            own.times.merge(&one.times_ms.0);
        }
        for one in &of.events {
            let own = all.events.entry(one.name.as_str().into()).or_default();
            own.after.merge(&one.after_ms.0);
            own.gaps.merge(&one.gaps_ms.0);
        }
        all.failures = self.failures(&of.failures);
        all
    }

    fn failures(&mut self, all: &[model::LoadFailure]) -> Failures {
        let mut failures = Failures::default();
        for one in all {
            let failure = Failure {
                kind: one.kind.kind(),
                code: code(&one.code),
                scenario: one.scenario,
                step: self.places.take(one.step.as_ref()),
                request: one.request.as_deref().map(bits),
                channel: one.channel.as_deref().map(Arc::from),
                close_code: one.close_code,
                is_excused: one.excused,
            };
            failures.add(failure, one.count, &one.message);
        }
        failures
    }
}

fn code(name: &str) -> Cow<'static, str> {
    match codes::all().find(|code| code.name == name) {
        Some(code) => Cow::Borrowed(code.name),
        None => Cow::Owned(name.to_owned()),
    }
}

fn timeline(of: &model::Timeline) -> Timeline {
    let bins = of.bins.iter().map(|bin| Bin {
        users: bin.users,
        requests: bin.requests,
        iterations: bin.iterations,
        dropped: bin.dropped,
        times: (&bin.times_ms.0).into(),
        errors: bin.errors.iter().map(|one| (one.kind.kind(), one.count)).collect(),
    });
    Timeline { bin: time(of.bin_ms).max(std::time::Duration::from_millis(1)), bins: bins.collect() }
}

/// `None` of one that isn't known.
fn measure(one: &model::Threshold) -> Option<LoadMeasure> {
    let name = || one.name.clone();
    let target = match (&one.scenarios, &one.request) {
        (Some(places), _) => Some(Target::Scenarios(places.clone())),
        (None, Some(request)) => Some(Target::Request(Route::read(request)?)),
        (None, None) => None,
    };
    Some(match one.measure {
        word::LoadMeasure::Statistic => {
            let timed = match one.of? {
                word::Timed::Time => Timed::Time(target),
                word::Timed::FirstByte => Timed::FirstByte(target),
                word::Timed::Connect => Timed::Connect(name()?),
                word::Timed::ToEvent => Timed::ToEvent(name()?),
                word::Timed::Gap => Timed::Gap(name()?),
                word::Timed::Later => return None,
            };
            LoadMeasure::Statistic(Statistic::named(one.statistic.as_deref()?)?, timed)
        }
        word::LoadMeasure::ErrorRate => LoadMeasure::ErrorRate(target),
        word::LoadMeasure::Errors => match one.errors {
            Some(word::ErrorKind::Later) => return None,
            kind => LoadMeasure::Errors(kind.map(word::ErrorKind::kind)),
        },
        word::LoadMeasure::Throughput => LoadMeasure::Throughput(target),
        word::LoadMeasure::Iterations => LoadMeasure::Iterations,
        word::LoadMeasure::DroppedArrivals => LoadMeasure::DroppedArrivals,
        word::LoadMeasure::Success => LoadMeasure::Success(target),
        word::LoadMeasure::Connected => LoadMeasure::Connected(name()?),
        word::LoadMeasure::ForbiddenEvents => LoadMeasure::ForbiddenEvents,
        word::LoadMeasure::Later => return None,
    })
}

fn bits(places: &[usize]) -> u64 {
    places.iter().filter(|at| **at < u64::BITS as usize).fold(0, |bits, at| bits | 1 << at)
}
