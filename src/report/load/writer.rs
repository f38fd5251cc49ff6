use crate::event::{Instant, Times};
use crate::judge::load::{self, Begun, Failure, Live, LoadResult, ThresholdResult};
use crate::judge::release::{Reply, Statistic};
use crate::plan::{LoadMeasure, Route, Target, Timed};
use crate::report::form::ms;
use crate::report::model::{self, Histogram, word};
use crate::source::Span;

/// The path of a URL, where it is known, and the service that it belongs to.
pub type About = (Option<String>, Option<String>);

/// Makes the report of a load. What it can't know by itself it asks.
#[derive(Clone, Copy)]
pub struct LoadWriter<'a> {
    /// The place that a span is of.
    pub place: &'a dyn Fn(Span) -> Option<model::Span>,
    /// What is known of a URL.
    pub about: &'a dyn Fn(&str) -> About,
}

impl LoadWriter<'_> {
    /// A load of which nothing is known but that it begins.
    pub fn begun(&self, begun: &Begun) -> model::Load {
        self.load(&LoadResult {
            spec: begun.spec.clone(),
            began: begun.began,
            began_at: begun.began_at,
            ended: Live::new(begun.spec.clone()).end(),
            aborted_by: None,
            interrupted: None,
        })
    }

    pub fn load(&self, result: &LoadResult) -> model::Load {
        let load::Ended { total, thresholds, timeline, most_users, lasted } = &result.ended;
        let spec = &*result.spec;
        let scenarios = spec.scenarios.iter().enumerate().map(|(at, scenario)| {
            let count = total.iterations.get(&at).copied().unwrap_or_default();
            model::LoadScenario {
                name: scenario.name.clone(),
                tags: scenario.tags.clone(),
                weight: scenario.weight,
                passed: count.passed,
                failed: count.failed,
                skipped: count.skipped,
            }
        });
        let thresholds =
            spec.thresholds.iter().zip(thresholds).enumerate().map(|(at, (threshold, result_of))| {
                self.threshold(threshold, result_of, result.aborted_by == Some(at))
            });
        model::Load {
            span: (self.place)(spec.span),
            model: spec.model.into(),
            began_at: result.began_at.to_string(),
            planned_ms: ms(spec.duration),
            lasted_ms: ms(*lasted),
            most_users: *most_users,
            scenarios: scenarios.collect(),
            thresholds: thresholds.collect(),
            interrupted: result.interrupted.clone(),
            measured: model::Measured { iterations: Vec::new(), ..self.measured(total) },
            timeline: timeline_of(timeline),
        }
    }

    fn threshold(&self, of: &crate::plan::Threshold, result: &ThresholdResult, ended: bool) -> model::Threshold {
        let mut written = model::Threshold {
            text: of.text.clone(),
            span: (self.place)(of.span),
            op: of.op.into(),
            limit: of.limit,
            over_last_ms: of.over_last.map(ms),
            abort_after_ms: of.abort_after.map(ms),
            unit: result.unit.into(),
            measured: result.measured,
            held: result.held,
            basis: result.basis.clone(),
            broke_at_ms: result.broke_at.map(ms),
            ended_load: ended,
            ..model::Threshold::default()
        };
        measure(&mut written, &of.measure);
        written
    }

    /// All of it, with its iterations.
    pub fn measured(&self, of: &load::Measured) -> model::Measured {
        let requests = of.requests.iter().map(|(asked, requests)| {
            let (path, service) = (self.about)(&requests.url);
            model::Requests {
                scenario: asked.scenario,
                step: (self.place)(asked.step),
                method: requests.method.clone(),
                url: requests.url.to_string(),
                path,
                service,
                thresholds: places(asked.thresholds),
                replies: requests.replies.iter().map(replies).collect(),
            }
        });
        let iterations = of.iterations.iter().map(|(scenario, count)| model::Iterations {
            scenario: *scenario,
            passed: count.passed,
            failed: count.failed,
            skipped: count.skipped,
        });
        let channels = of.channels.iter().map(|(name, openings)| model::Openings {
            name: name.to_string(),
            tried: openings.tried,
            times_ms: Histogram::from(&openings.times),
        });
        let events = of.events.iter().map(|(name, events)| model::Events {
            name: name.to_string(),
            after_ms: Histogram::from(&events.after),
            gaps_ms: Histogram::from(&events.gaps),
        });
        model::Measured {
            requests: requests.collect(),
            iterations: iterations.collect(),
            channels: channels.collect(),
            events: events.collect(),
            failures: of.failures.each().map(|(failure, count, words)| self.failure(failure, count, words)).collect(),
            forbidden: of.forbidden,
            dropped: of.dropped,
            late_ms: Histogram::from(&of.late),
            frames: of.frames,
            expectations: of.expectations,
            weak: of.weak,
            cut_off: of.cut_off,
        }
    }

    fn failure(&self, failure: &Failure, count: u64, message: &str) -> model::LoadFailure {
        model::LoadFailure {
            kind: failure.kind.into(),
            code: failure.code.to_string(),
            scenario: failure.scenario,
            step: (self.place)(failure.step),
            count,
            message: message.to_owned(),
            excused: failure.is_excused,
            request: failure.request.map(places),
            channel: failure.channel.as_deref().map(str::to_owned),
            close_code: failure.close_code,
        }
    }
}

fn replies(of: &load::Replies) -> model::Replies {
    let (status, failure) = match of.reply {
        Reply::Status(status) => (Some(status), None),
        Reply::None(kind) => (None, Some(kind.into())),
    };
    let first: Instant = of.first;
    let histogram = |times: &Times| Histogram::from(times);
    model::Replies {
        status,
        failure,
        held: of.held,
        started_ms: ms(first),
        times_ms: histogram(&of.times),
        first_byte_ms: histogram(&of.first_byte),
    }
}

fn timeline_of(of: &load::Timeline) -> model::Timeline {
    let bins = of.bins.iter().map(|bin| model::Bin {
        users: bin.users,
        requests: bin.requests,
        iterations: bin.iterations,
        dropped: bin.dropped,
        times_ms: Histogram::from(bin.times.unpacked()),
        errors: bin
            .errors
            .iter()
            .map(|(kind, count)| model::ErrorCount { kind: (*kind).into(), count: *count })
            .collect(),
    });
    model::Timeline { bin_ms: ms(of.bin), bins: bins.collect() }
}

fn measure(written: &mut model::Threshold, measure: &LoadMeasure) {
    let of = |written: &mut model::Threshold, target: &Option<Target>| match target {
        None => {}
        Some(Target::Scenarios(places)) => written.scenarios = Some(places.clone()),
        Some(Target::Request(route)) => written.request = Some(route_text(route)),
    };
    written.measure = match measure {
        LoadMeasure::Statistic(statistic, timed) => {
            written.statistic = Some(Statistic::name(*statistic));
            let (kind, name) = match timed {
                Timed::Time(target) => {
                    of(written, target);
                    (word::Timed::Time, None)
                }
                Timed::FirstByte(target) => {
                    of(written, target);
                    (word::Timed::FirstByte, None)
                }
                Timed::Connect(name) => (word::Timed::Connect, Some(name.clone())),
                Timed::ToEvent(name) => (word::Timed::ToEvent, Some(name.clone())),
                Timed::Gap(name) => (word::Timed::Gap, Some(name.clone())),
            };
            (written.of, written.name) = (Some(kind), name);
            word::LoadMeasure::Statistic
        }
        LoadMeasure::ErrorRate(target) => {
            of(written, target);
            word::LoadMeasure::ErrorRate
        }
        LoadMeasure::Errors(kind) => {
            written.errors = kind.map(Into::into);
            word::LoadMeasure::Errors
        }
        LoadMeasure::Throughput(target) => {
            of(written, target);
            word::LoadMeasure::Throughput
        }
        LoadMeasure::Iterations => word::LoadMeasure::Iterations,
        LoadMeasure::DroppedArrivals => word::LoadMeasure::DroppedArrivals,
        LoadMeasure::Success(target) => {
            of(written, target);
            word::LoadMeasure::Success
        }
        LoadMeasure::Connected(name) => {
            written.name = Some(name.clone());
            word::LoadMeasure::Connected
        }
        LoadMeasure::ForbiddenEvents => word::LoadMeasure::ForbiddenEvents,
    };
}

/// `GET /threads/*`: what [`Route::read`] reads.
fn route_text(route: &Route) -> String {
    let path: Vec<&str> = route.path.iter().map(|part| part.as_deref().unwrap_or("*")).collect();
    format!("{} {}", route.method, path.join("/"))
}

/// The places whose bits are set.
fn places(bits: u64) -> Vec<usize> {
    (0..u64::BITS as usize).filter(|at| bits >> at & 1 == 1).collect()
}
