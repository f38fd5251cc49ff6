use std::ops::Range;

use super::Redactor;
use crate::report::model::{
    Abort, Begun, Blob, Cause, Channel, ChannelEnd, Counted, Credential, Diagnostic, Earlier, Ended, Events, Excerpt,
    ExcerptLabel, Exchange, Expectation, Failure, Frame, Gate, GateSpec, Hop, LeftOut, Line, Load, LoadBegun,
    LoadFailure, Location, Look, Measured, Openings, Phase, PhaseSpec, PhaseTimes, PlanSpec, Planned, Related, Report,
    Requests, RiskSum, Run, Service, Sighting, Span, SpecLine, Step, Symptom, Test, TestRisk, Threshold, Timeline, Tls,
    Tool, Verdict, Weakness,
};
use crate::report::spec_lines;

/// What is made of texts, each of which can be masked where it is.
pub trait Mask {
    fn mask(&mut self, redactor: &Redactor);

    /// Masks several of them, which may hold together what none of them holds.
    fn mask_all(all: &mut [Self], redactor: &Redactor)
    where
        Self: Sized,
    {
        all.iter_mut().for_each(|one| one.mask(redactor));
    }
}

impl Mask for String {
    fn mask(&mut self, redactor: &Redactor) {
        let masked = redactor.redact(self);
        if *masked != **self {
            *self = masked.into_owned();
        }
    }
}

impl<T: Mask> Mask for Option<T> {
    fn mask(&mut self, redactor: &Redactor) {
        self.iter_mut().for_each(|one| one.mask(redactor));
    }
}

impl<T: Mask> Mask for Vec<T> {
    fn mask(&mut self, redactor: &Redactor) {
        T::mask_all(self, redactor);
    }
}

impl<T: Mask> Mask for Box<T> {
    fn mask(&mut self, redactor: &Redactor) {
        (**self).mask(redactor);
    }
}

/// Names of fields may be a server's.
impl Mask for serde_json::Value {
    fn mask(&mut self, redactor: &Redactor) {
        match self {
            Self::String(text) => text.mask(redactor),
            Self::Array(items) => items.mask(redactor),
            Self::Object(fields) => {
                for (mut name, mut value) in std::mem::take(fields) {
                    name.mask(redactor);
                    value.mask(redactor);
                    fields.insert(name, value);
                }
            }
            _ => {}
        }
    }
}

/// Every field of these is named here, or it doesn't compile: the texts that are masked, and what stays as it is: numbers, words for
/// kinds (`passed`), ids, and names that specs give their parts, by which journals, blobs and reports are joined. `check` and the plan see to it that those hold
/// no secret.
macro_rules! masked {
    ($($name:ident { $($text:ident),* } as it is { $($kept:ident),* })*) => {
        $(impl Mask for $name {
            fn mask(&mut self, redactor: &Redactor) {
                let $name { $($text,)* $($kept: _,)* } = self;
                $($text.mask(redactor);)*
                // Of one without texts.
                let _ = redactor;
            }
        })*
    };
}

masked! {
    Report { tool, run, verdict, phases, gates, abort, causes, services, credentials, diagnostics, tests, plan } as it is { schema, summary }
    Tool {} as it is { name, version }
    Run {} as it is { id, started_at, duration_ms, seed, interrupted, require_real, deny_weak, shard, specs, environment, plan }
    Verdict { reasons, at_risk } as it is { state }
    RiskSum { per } as it is { amount, currency }
    Phase { stopped, gates } as it is { state, started_ms, duration_ms, parts, budget_ms, over_budget, summary, tests, name, loads }
    Abort { condition, because, service, span } as it is { at_ms }
    Cause { summary, suspect, chain, evidence, at_risk } as it is { classification, tests }
    Service { probe, span, sightings } as it is { within_ms, state, classification, name, depends_on }
    Sighting { says, progress, names_down, words } as it is { at_ms, held, status, failure, uptime_s }
    Credential { failed } as it is { name, obtained_at_ms }
    Gate { text, basis, span } as it is { measured, held, unit }
    PlanSpec { phases, gates } as it is {}
    PhaseSpec { gates, span } as it is { budget_ms, tests, left_out, name, loads }
    GateSpec { text, name, span } as it is { measure, statistic, of, op, limit }
    Test { doc, owner, at_risk, location, reason, blocked_by, symptom, diagnostics, steps, exchanges, left_out, channels, load } as it is { id, suite, name, outcome, attempts, started_ms, duration_ms, priority, tags, phase }
    TestRisk { per, what } as it is { amount, currency }
    Symptom { service, host, what, message } as it is { kind, failure, status, code }
    Step { title, span, expectations } as it is { started_ms, duration_ms, state, exchange }
    Expectation { text, span, weak } as it is { held }
    Weakness { message } as it is { reason }
    Exchange { warnings, method, url, path, service, version, failure, peer, resolved, tls, redirects, channel } as it is { status, attempts, reconnected, started_ms, reused, bytes_sent, bytes_received, timings_ms, held, opens, opened }
    LeftOut { kinds } as it is { exchanges, steps, expectations, weak }
    Counted { method, url, path, service } as it is { status, failure, held, started_ms, times_ms, first_byte_ms }
    Load { span, thresholds, interrupted, measured, timeline } as it is { model, began_at, planned_ms, lasted_ms, most_users, scenarios }
    Threshold { text, span, request, name, basis } as it is { measure, statistic, of, scenarios, errors, op, limit, over_last_ms, abort_after_ms, unit, measured, held, broke_at_ms, ended_load }
    Measured { requests, channels, events, failures } as it is { iterations, forbidden, dropped, late_ms, frames, expectations, weak, cut_off }
    Look { begun, measured } as it is { id, at_ms, begins, users }
    LoadBegun { load } as it is { started_ms }
    Requests { step, method, url, path, service } as it is { scenario, thresholds, replies }
    Openings { name } as it is { tried, times_ms }
    Events { name } as it is { after_ms, gaps_ms }
    LoadFailure { step, message, channel } as it is { kind, code, scenario, count, excused, request, close_code }
    Timeline {} as it is { bin_ms, bins }
    Failure { message } as it is { kind }
    Tls { version, fingerprint } as it is { verified }
    Hop { url, peer, resolved, tls } as it is { status, reused }
    Channel { name, url, end, frames } as it is { protocol, opened_ms, first_event_ms, longest_gap_ms, frames_received, frames_sent, closed_with }
    ChannelEnd { reason, message } as it is { kind, at_ms, by_us }
    Diagnostic { message, help, span, related, excerpts, drawing } as it is { code, severity }
    Span { file } as it is { start, end }
    Location { file } as it is { line, column }
    Related { message, span } as it is {}
    ExcerptLabel { message } as it is { start, end }
    Begun { tool, run, plan, tests, earlier } as it is { schema }
    Earlier { tests, phases, problems } as it is { duration_ms, started_at }
    Planned { doc, owner, at_risk, location } as it is { id, suite, name, priority, tags, phase }
    PhaseTimes { stopped } as it is { started_ms, duration_ms, over_budget }
    Ended { credentials } as it is { duration_ms, interrupted }
    Blob { report, lines } as it is { kind, schema, specs, shard, tests, looks }
}

impl Mask for Frame {
    fn mask(&mut self, redactor: &Redactor) {
        let Frame { event, text, matched, number: _, at_ms: _, direction: _, kind: _, size: _ } = self;
        event.mask(redactor);
        text.mask(redactor);
        matched.mask(redactor);
    }

    fn mask_all(all: &mut [Self], redactor: &Redactor) {
        redactor.mask_split(all);
        all.iter_mut().for_each(|one| one.mask(redactor));
    }
}

impl Mask for Excerpt {
    fn mask(&mut self, redactor: &Redactor) {
        self.name.mask(redactor);
        let mut places: Vec<Range<usize>> = self.labels.iter().map(|label| label.start..label.end).collect();
        let shown = redactor.redact_moving(&self.text, &mut places.iter_mut().collect::<Vec<_>>()).into_owned();
        self.text = shown;
        for (label, place) in self.labels.iter_mut().zip(places) {
            (label.start, label.end) = (place.start, place.end);
        }
        self.labels.mask(redactor);
    }
}

impl Mask for SpecLine {
    /// It stays as long as it is, so that what is quoted of it is where it was.
    fn mask(&mut self, redactor: &Redactor) {
        let SpecLine { file, text, line: _, offset: _ } = self;
        file.mask(redactor);
        *text = spec_lines::blanked(text, redactor);
    }
}

impl Mask for Line {
    fn mask(&mut self, redactor: &Redactor) {
        match self {
            Line::Begun(begun) => begun.mask(redactor),
            Line::Service(service) => service.mask(redactor),
            Line::PhaseEnded { index: _, run } => run.mask(redactor),
            Line::Load(look) => look.mask(redactor),
            Line::TestEnded(test) => test.mask(redactor),
            Line::Problem(problem) => problem.mask(redactor),
            Line::Aborted(abort) => abort.mask(redactor),
            Line::Ended(ended) => ended.mask(redactor),
            Line::PhaseStarted { index: _, at_ms: _ } | Line::TestStarted { id: _ } => {}
        }
    }
}
