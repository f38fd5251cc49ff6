//! From the results of a run to the report.

use std::collections::HashMap;

use super::facts;
use super::form::{credential, diagnostic, location, ms, risk, span, weakness};
use super::left_out::left_out;
use super::load::LoadWriter;
use super::model::word;
use super::{Masked, Redactor, model};
use crate::diag::{self, Style};
use crate::event::{ChannelEnd, Exchange, FrameKind, Hop, Peer};
use crate::judge::load::LoadResult;
use crate::judge::release::{
    Assessment, Digest, Phase, PhaseResult, PhaseRun, Reply, RunFacts, ServiceMap, ServiceWatch, Symptom, SymptomKind,
    assess, classify, place,
};
use crate::judge::{ChannelRecord, FrameMatch, Outcome, RunResult, SHOWN_FRAMES, StepRecord, TestResult};
use crate::source::{Sources, spread};

/// What a report usually says of a test, in bytes.
const USUAL_SIZE: usize = 4 << 10;
/// How much of a frame is kept, in bytes.
const KEPT_FRAME: usize = 2048;

/// Makes reports of what a run leaves, with its secrets masked.
#[derive(Clone, Copy)]
pub struct Builder<'a> {
    pub sources: &'a Sources,
    pub redactor: &'a Redactor,
}

impl Builder<'_> {
    /// The whole report.
    pub fn report(&self, run: &RunResult) -> model::Report {
        self.report_of(run, |_, _| true)
    }

    /// What a summary shows: of the tests, only those that didn't pass, or on weak evidence.
    pub fn brief(&self, run: &RunResult) -> model::Report {
        self.report_of(run, |test, digest| digest.weak > 0 || test.outcome.is_bad())
    }

    fn report_of(&self, run: &RunResult, is_reported: impl Fn(&TestResult, &Digest) -> bool + Sync) -> model::Report {
        let of_test = |test| facts::digest(Digest::of(test, &run.service_map), self.redactor);
        let digests: Vec<Digest> = run.tests.iter().map(|test| of_test(test)).collect();
        let problems: Vec<String> = run.diagnostics.iter().map(|one| one.message.clone()).collect();
        let services: Vec<ServiceWatch> = run.services.iter().map(|one| facts::watch(one, self.redactor)).collect();
        let assessment = assess(RunFacts { services: &services, ..run.facts(&digests, &problems) });
        let reported: Vec<_> =
            run.tests.iter().zip(&digests).filter(|(test, digest)| is_reported(test, digest)).collect();
        let tests: Vec<Masked<model::Test>> = spread(reported.len() * USUAL_SIZE, &reported, |(test, digest)| {
            self.redactor.masked(self.test_of(test, digest, &run.service_map))
        });
        let services = run.services.iter().map(|watch| self.service(watch)).collect();
        let report = model::Report {
            schema: model::SCHEMA,
            tool: model::Tool::this(),
            run: self.run(run),
            verdict: (&assessment.verdict).into(),
            summary: (&assessment.counts).into(),
            phases: if run.release.name.is_some() { self.phases(run, &assessment) } else { Vec::new() },
            gates: assessment.gates.iter().map(|gate| self.gate(gate)).collect(),
            abort: run.abort.as_ref().map(|abort| self.abort(abort)),
            causes: assessment.causes.iter().map(model::Cause::from).collect(),
            services,
            credentials: run.credentials.iter().map(credential).collect(),
            diagnostics: run.diagnostics.iter().map(|one| self.diagnostic(one)).collect(),
            tests: Vec::new(),
            plan: self.plan(run),
        };
        let mut report = self.redactor.masked(report).into_inner();
        report.tests = tests.into_iter().map(Masked::into_inner).collect();
        report
    }

    /// What is known of the run before it has any results.
    pub fn run(&self, run: &RunResult) -> model::Run {
        let mut described = self.run_info(&run.info);
        described.duration_ms = ms(run.duration);
        described.interrupted = run.interrupted;
        described
    }

    pub fn run_info(&self, info: &crate::judge::RunInfo) -> model::Run {
        model::Run {
            id: info.id.clone(),
            started_at: info.started_at.to_string(),
            duration_ms: 0.0,
            environment: info.environment.clone(),
            plan: info.plan.clone(),
            seed: info.seed,
            interrupted: false,
            require_real: info.require_real,
            shard: info.shard.map(|(index, total)| model::Shard { index, total }),
            specs: info.specs.clone(),
            deny_weak: info.deny_weak,
        }
    }

    /// What the run was to do.
    pub fn plan(&self, run: &RunResult) -> model::PlanSpec {
        self.plan_spec(&run.release)
    }

    pub fn plan_spec(&self, release: &crate::judge::release::Release) -> model::PlanSpec {
        let gate = |gate: &crate::judge::release::Gate| model::GateSpec::new(gate, span(gate.span, self.sources));
        model::PlanSpec {
            phases: release
                .phases
                .iter()
                .map(|phase| model::PhaseSpec {
                    name: phase.name.clone(),
                    gates: phase.gates.iter().map(gate).collect(),
                    budget_ms: phase.budget.map(ms),
                    tests: phase.tests.clone(),
                    loads: phase.loads.clone(),
                    left_out: phase.left_out,
                    span: span(phase.span, self.sources),
                })
                .collect(),
            gates: release.gates.iter().map(gate).collect(),
        }
    }

    fn phases(&self, run: &RunResult, assessment: &Assessment) -> Vec<model::Phase> {
        let phases = run.release.phases.iter().zip(&run.phases).zip(&assessment.phases);
        phases.map(|((phase, run), result)| self.phase(phase, run, result)).collect()
    }

    /// A phase with what became of it.
    pub fn phase(&self, phase: &Phase, run: &PhaseRun, result: &PhaseResult) -> model::Phase {
        model::Phase {
            name: phase.name.clone(),
            state: result.state.into(),
            started_ms: run.started.map(ms),
            duration_ms: ms(run.duration),
            parts: Vec::new(),
            budget_ms: phase.budget.map(ms),
            over_budget: run.over_budget,
            stopped: run.stopped.clone(),
            gates: result.gates.iter().map(|gate| self.gate(gate)).collect(),
            summary: (&result.counts).into(),
            tests: phase.tests.clone(),
            loads: phase.loads.clone(),
        }
    }

    fn gate(&self, gate: &crate::judge::release::GateResult) -> model::Gate {
        model::Gate::new(gate, span(gate.span, self.sources))
    }

    /// A service with what was seen of it.
    pub fn service(&self, watch: &crate::judge::release::ServiceWatch) -> model::Service {
        let sightings = watch.sightings.iter().map(|one| {
            let (status, failure) = match one.reply {
                Reply::Status(status) => (Some(status), None),
                Reply::None(kind) => (None, Some(kind.into())),
            };
            model::Sighting {
                at_ms: ms(one.at),
                held: one.held,
                status,
                failure,
                says: one.says.clone(),
                progress: one.progress.clone(),
                uptime_s: one.uptime,
                names_down: one.names_down.clone(),
                words: one.words(),
            }
        });
        model::Service {
            name: watch.name.clone(),
            depends_on: watch.depends_on.clone(),
            probe: watch.probe.clone(),
            within_ms: ms(watch.within),
            state: watch.state.into(),
            classification: classify(&watch.sightings).map(Into::into),
            span: span(watch.span, self.sources),
            sightings: sightings.collect(),
        }
    }

    /// A test that has ended, to be masked with what it goes into.
    pub fn test(&self, test: &TestResult, services: &ServiceMap) -> model::Test {
        self.test_of(test, &Digest::of(test, services), services)
    }

    fn test_of(&self, test: &TestResult, digest: &Digest, services: &ServiceMap) -> model::Test {
        let (reason, blocked_by) = match &test.outcome {
            Outcome::Skipped { reason, blocked_by } => (Some(reason.clone()), blocked_by.clone()),
            Outcome::NotRun { cause } => (Some(cause.clone()), None),
            _ => (None, None),
        };
        let info = &test.info;
        let opening_steps: HashMap<usize, usize> =
            test.steps.iter().filter(|step| step.opening.is_some()).filter_map(|step| step.exchange).zip(0..).collect();
        let exchanges = test.exchanges.iter().enumerate().zip(&digest.samples).map(|((index, one), sample)| {
            let opening = opening_steps.get(&index).and_then(|at| digest.openings.get(*at));
            model::Exchange {
                path: Some(sample.path.clone()),
                service: sample.service.clone(),
                held: sample.held,
                opens: opening.map(|opening| opening.protocol.as_str().into()),
                opened: opening.and_then(|opening| opening.opened),
                channel: opening.map(|opening| opening.channel.clone()).filter(|name| !name.is_empty()),
                ..exchange(one)
            }
        });
        model::Test {
            id: info.id.clone(),
            suite: info.suite.clone(),
            name: info.name.clone(),
            doc: info.doc.clone(),
            priority: info.priority.clone(),
            tags: info.tags.to_strings(),
            owner: info.owner.clone(),
            at_risk: info.at_risk.as_ref().map(risk),
            location: location(info.span, self.sources),
            phase: info.phase.as_ref().map(|phase| phase.to_string()),
            outcome: (&test.outcome).into(),
            reason,
            blocked_by,
            attempts: test.attempts,
            started_ms: ms(test.started),
            duration_ms: ms(test.duration),
            symptom: digest.symptom.as_ref().map(symptom),
            diagnostics: test.diagnostics.iter().map(|one| self.diagnostic(one)).collect(),
            steps: test.steps.iter().map(|one| self.step(one)).collect(),
            exchanges: exchanges.collect(),
            left_out: left_out(&test.left_out, &digest.tallies),
            channels: test.channels.iter().map(|one| self.channel(one)).collect(),
            load: test.load.as_deref().map(|load| Box::new(self.load(load, services))),
        }
    }

    /// A load that has ended, as the report reports it; nothing of a test.
    pub fn load_test(&self, test: &TestResult) -> Option<model::Test> {
        test.load.as_ref()?;
        // Which services it asked is for the report alone.
        Some(self.redactor.masked(self.test(test, &ServiceMap::default())).into_inner())
    }

    /// What a load measured.
    fn load(&self, load: &LoadResult, services: &ServiceMap) -> model::Load {
        let writer = LoadWriter { place: &|of| span(of, self.sources), about: &|url| place(url, services) };
        writer.load(load)
    }

    fn step(&self, one: &StepRecord) -> model::Step {
        let expectations = one.expectations.iter().map(|expectation| model::Expectation {
            text: expectation.text.to_string(),
            held: expectation.held,
            span: span(expectation.span, self.sources),
            weak: expectation.weak.map(weakness),
        });
        model::Step {
            title: one.title.clone(),
            span: span(one.span, self.sources),
            started_ms: ms(one.started),
            duration_ms: ms(one.duration),
            state: one.state.into(),
            exchange: one.exchange,
            expectations: expectations.collect(),
        }
    }

    fn channel(&self, record: &ChannelRecord) -> model::Channel {
        let log = &record.log;
        let end = log.end.as_ref().map(|(at, end)| {
            let mut shown = model::ChannelEnd {
                kind: end.into(),
                at_ms: Some(ms(at.saturating_sub(log.opened))),
                reason: None,
                by_us: None,
                message: None,
            };
            let code = match end {
                ChannelEnd::Closed { code, reason, by_us } => {
                    (shown.reason, shown.by_us) = (Some(reason.clone()), Some(*by_us));
                    Some(*code)
                }
                ChannelEnd::Lost { message } => {
                    shown.message = Some(message.clone());
                    Some(1006)
                }
                ChannelEnd::CutOff { message } => {
                    shown.message = Some(message.clone());
                    None
                }
                ChannelEnd::Failed { message, .. } => {
                    shown.message = Some(message.clone());
                    None
                }
                ChannelEnd::Ended | ChannelEnd::Dropped => None,
            };
            (code, shown)
        });
        // The first item that took a frame is shown.
        let matched: HashMap<u32, &FrameMatch> = record.matches.iter().rev().map(|one| (one.frame, one)).collect();
        let kept = |index: usize| index < SHOWN_FRAMES / 2 || index + SHOWN_FRAMES / 2 >= log.frames.len();
        let frames = log.frames.iter().enumerate().filter(|(index, _)| kept(*index)).map(|(_, frame)| {
            // Cut once it is masked.
            let text = String::from_utf8_lossy(&frame.data[..frame.data.len().min(4 * KEPT_FRAME + 64)]);
            let text = diag::cut::cut(&text, KEPT_FRAME);
            model::Frame {
                number: frame.number,
                at_ms: ms(frame.at.saturating_sub(log.opened)),
                direction: frame.direction.into(),
                kind: (&frame.kind).into(),
                event: frame.payload.event.as_deref().map(str::to_owned),
                size: frame.data.len(),
                text: (frame.kind != FrameKind::Binary).then_some(text),
                matched: matched.get(&frame.number).map(|one| self.sources.one_line(one.item)),
            }
        });
        let carried = &record.carried;
        model::Channel {
            name: log.name.clone(),
            protocol: log.protocol.into(),
            url: log.url.clone(),
            opened_ms: ms(log.opened),
            first_event_ms: carried.first_event.map(ms),
            longest_gap_ms: carried.longest_gap.map(ms),
            frames_received: carried.received,
            frames_sent: carried.sent,
            closed_with: end.as_ref().and_then(|(code, _)| *code),
            end: end.map(|(_, end)| end),
            frames: frames.collect(),
        }
    }

    /// A diagnostic with its drawing.
    pub fn diagnostic(&self, one: &diag::Diagnostic) -> model::Diagnostic {
        let masked = self.redactor.diagnostic(one);
        let style = Style { color: false, unicode: true, ..Style::default() };
        let drawing = self.redactor.drawn(one, self.sources, style).into_inner();
        model::Diagnostic { drawing, ..diagnostic(&masked, self.sources) }
    }
}

pub(super) fn symptom(one: &Symptom) -> model::Symptom {
    let mut symptom = model::Symptom {
        kind: word::Symptom::Other,
        service: one.service.clone(),
        host: one.host.clone(),
        failure: None,
        status: None,
        code: None,
        what: None,
        message: one.message.clone(),
    };
    match &one.kind {
        SymptomKind::NoResponse(kind) => {
            (symptom.kind, symptom.failure) = (word::Symptom::NoResponse, Some((*kind).into()));
        }
        SymptomKind::Status(status) => {
            (symptom.kind, symptom.status) = (word::Symptom::Status, Some(*status));
        }
        SymptomKind::Expectation { code, what } => {
            symptom.kind = word::Symptom::Expectation;
            (symptom.code, symptom.what) = (Some(code.clone()), Some(what.clone()));
        }
        SymptomKind::Other { code } => symptom.code = Some(code.clone()),
    }
    symptom
}

pub(super) fn exchange(one: &Exchange) -> model::Exchange {
    let response = one.outcome.as_ref().ok();
    let failure = one.outcome.as_ref().err();
    let peer = one.peer.as_ref();
    model::Exchange {
        method: one.method.clone(),
        url: one.url.clone(),
        path: None,
        service: None,
        status: response.map(|response| response.status),
        version: response.map(|response| response.version.to_owned()),
        failure: failure.map(|failure| model::Failure { kind: failure.kind.into(), message: failure.message.clone() }),
        attempts: one.attempts,
        reconnected: one.reconnected,
        warnings: one.warnings(),
        started_ms: ms(one.started),
        peer: peer.and_then(|peer| peer.address.clone()),
        resolved: peer.map(|peer| peer.resolved.clone()),
        reused: peer.map(|peer| peer.reused),
        tls: peer.and_then(tls),
        redirects: one.hops.iter().map(hop).collect(),
        bytes_sent: one.bytes_sent,
        bytes_received: one.bytes_received,
        timings_ms: model::Timings {
            dns: one.timings.dns.map(ms),
            connect: one.timings.connect.map(ms),
            tls: one.timings.tls.map(ms),
            first_byte: one.timings.first_byte.map(ms),
            total: ms(one.timings.total),
        },
        held: false,
        opens: None,
        opened: None,
        channel: None,
    }
}

fn tls(peer: &Peer) -> Option<model::Tls> {
    let tls = peer.tls.as_ref()?;
    Some(model::Tls { version: tls.version.clone(), fingerprint: tls.fingerprint.clone(), verified: tls.verified })
}

fn hop(hop: &Hop) -> model::Hop {
    let peer = hop.peer.as_ref();
    model::Hop {
        status: hop.status,
        url: hop.url.clone(),
        peer: peer.and_then(|peer| peer.address.clone()),
        resolved: peer.map(|peer| peer.resolved.clone()),
        reused: peer.map(|peer| peer.reused),
        tls: peer.and_then(tls),
    }
}
