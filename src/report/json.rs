//! `test_results.json`: a stable, documented form (`docs/test_results.schema.json`). Fields may be added, never renamed.

use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use serde_json::{Value as Json, json};

use super::Redactor;
use super::summary::{Summary, Verdict, causes};
use crate::diag::{Diagnostic, Severity};
use crate::event::{ChannelEnd, ChannelLog, Direction, Exchange, Frame, FrameKind};
use crate::judge::{ChannelRecord, Outcome, RunResult, StepRecord, StepState, TestResult};
use crate::source::{Sources, Span};

/// The version of the form.
pub const SCHEMA: u32 = 1;
/// How much of a frame is kept, in bytes.
const KEPT_FRAME: usize = 2048;
/// How many frames of a channel are kept: the first and the last of them.
const KEPT_FRAMES: usize = 200;

/// The whole report as text, ending with a line end.
pub fn render(run: &RunResult, sources: &Sources, redactor: &Redactor) -> String {
    let mut report = report(run, sources);
    redactor.redact_json(&mut report);
    let text = serde_json::to_string_pretty(&report).unwrap_or_else(|_| "{}".to_owned());
    redactor.redact(&text).into_owned() + "\n"
}

fn report(run: &RunResult, sources: &Sources) -> Json {
    let verdict = Verdict::of(run);
    let at_risk = verdict
        .at_risk
        .iter()
        .map(|(amount, currency, per)| json!({ "amount": amount, "currency": currency, "per": per }));
    json!({
        "schema": SCHEMA,
        "tool": { "name": "e2e-dsl", "version": env!("CARGO_PKG_VERSION") },
        "run": {
            "id": run.info.id,
            "started_at": run.info.started_at.to_string(),
            "duration_ms": ms(run.duration),
            "environment": run.info.environment,
            "plan": run.info.plan,
            "seed": run.info.seed,
            "interrupted": run.interrupted,
        },
        "verdict": { "state": verdict.state, "reasons": verdict.reasons, "at_risk": at_risk.collect::<Vec<_>>() },
        "summary": summary(&Summary::of(run)),
        "phases": [],
        "causes": causes(run).iter().map(|cause| json!({
            "summary": cause.summary,
            "suspect": cause.suspect,
            "classification": null,
            "tests": cause.tests,
        })).collect::<Vec<_>>(),
        "diagnostics": run.diagnostics.iter().map(|one| diagnostic(one, sources)).collect::<Vec<_>>(),
        "tests": run.tests.iter().map(|test| test_json(test, sources)).collect::<Vec<_>>(),
        "loads": [],
    })
}

fn summary(summary: &Summary) -> Json {
    json!({
        "total": summary.total,
        "passed": summary.passed,
        "failed": summary.failed,
        "errored": summary.errored,
        "timed_out": summary.timed_out,
        "flaky": summary.flaky,
        "skipped": summary.skipped,
        "vacuous": summary.vacuous,
        "not_run": summary.not_run,
    })
}

/// The outcome's name in the report: `timed_out`, `not_run`.
pub fn outcome_name(outcome: &Outcome) -> String {
    outcome.words().replace(' ', "_")
}

/// Durations are milliseconds as numbers, to a microsecond.
fn ms(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 1e6).round() / 1e3
}

fn test_json(test: &TestResult, sources: &Sources) -> Json {
    let reason = match &test.outcome {
        Outcome::Skipped { reason } => Some(reason),
        Outcome::NotRun { cause } => Some(cause),
        _ => None,
    };
    let at_risk = test.info.at_risk.as_ref();
    json!({
        "id": test.info.id,
        "suite": test.info.suite,
        "name": test.info.name,
        "doc": test.info.doc,
        "priority": test.info.priority,
        "tags": test.info.tags,
        "owner": test.info.owner,
        "at_risk": at_risk.map(|risk| json!({ "amount": risk.money.amount, "currency": risk.money.currency, "per": risk.per, "what": risk.what })),
        "location": location(test.info.span, sources),
        "outcome": outcome_name(&test.outcome),
        "reason": reason,
        "attempts": test.attempts,
        "started_ms": ms(test.started),
        "duration_ms": ms(test.duration),
        "diagnostics": test.diagnostics.iter().map(|one| diagnostic(one, sources)).collect::<Vec<_>>(),
        "steps": test.steps.iter().map(|one| step(one, sources)).collect::<Vec<_>>(),
        "exchanges": test.exchanges.iter().map(|one| exchange(one)).collect::<Vec<_>>(),
        "channels": test.channels.iter().map(channel).collect::<Vec<_>>(),
    })
}

fn location(span: Span, sources: &Sources) -> Option<Json> {
    let file = sources.get(span.source)?;
    let at = file.position(span.start);
    Some(json!({ "file": file.name, "line": at.line, "column": at.column }))
}

/// A span as every JSON output writes it: columns count characters from 1, offsets bytes from 0, `end` is exclusive.
#[derive(Clone, Debug, Serialize)]
pub struct SpanJson {
    file: String,
    start: PlaceJson,
    end: PlaceJson,
}

#[derive(Clone, Debug, Serialize)]
struct PlaceJson {
    line: u32,
    column: u32,
    offset: u32,
}

pub fn span(span: Span, sources: &Sources) -> Option<SpanJson> {
    let file = sources.get(span.source)?;
    let place = |offset| {
        let at = file.position(offset);
        PlaceJson { line: at.line, column: at.column, offset: at.offset }
    };
    Some(SpanJson { file: file.name.clone(), start: place(span.start), end: place(span.end) })
}

/// A diagnostic as every JSON output writes it.
pub fn diagnostic(one: &Diagnostic, sources: &Sources) -> Json {
    json!({
        "code": one.code.name,
        "severity": if one.severity == Severity::Error { "error" } else { "warning" },
        "message": one.message,
        "help": one.help,
        "span": span(one.span, sources),
        "related": one.related.iter().map(|label| json!({ "message": label.message, "span": span(label.span, sources) })).collect::<Vec<_>>(),
        "excerpts": one.excerpts.iter().map(|excerpt| json!({
            "name": excerpt.name,
            "text": excerpt.text,
            "labels": excerpt.labels.iter().map(|(range, words)| json!({ "start": range.start, "end": range.end, "message": words })).collect::<Vec<_>>(),
        })).collect::<Vec<_>>(),
    })
}

fn step(one: &StepRecord, sources: &Sources) -> Json {
    let state = match one.state {
        StepState::Done => "done",
        StepState::Failed => "failed",
        StepState::NotRun => "not_run",
    };
    json!({
        "title": one.title,
        "span": span(one.span, sources),
        "started_ms": ms(one.started),
        "duration_ms": ms(one.duration),
        "state": state,
        "exchange": one.exchange,
        "expectations": one.expectations.iter().map(|expectation| json!({
            "text": expectation.text,
            "held": expectation.held,
            "span": span(expectation.span, sources),
        })).collect::<Vec<_>>(),
    })
}

fn exchange(one: &Exchange) -> Json {
    let response = one.outcome.as_ref().ok();
    let failure = one.outcome.as_ref().err();
    let peer = one.peer.as_ref();
    let tls = peer.and_then(|peer| peer.tls.as_ref());
    json!({
        "method": one.method,
        "url": one.url,
        "status": response.map(|response| response.status),
        "version": response.map(|response| response.version),
        "failure": failure.map(|failure| json!({ "kind": failure.kind.word(), "message": failure.message })),
        "attempts": one.attempts,
        "started_ms": ms(one.started),
        "peer": peer.map(|peer| &peer.address),
        "resolved": peer.map(|peer| &peer.resolved),
        "reused": peer.map(|peer| peer.reused),
        "tls": tls.map(|tls| json!({ "version": tls.version, "fingerprint": tls.fingerprint, "verified": tls.verified })),
        "redirects": one.hops.iter().map(|hop| json!({ "status": hop.status, "url": hop.url })).collect::<Vec<_>>(),
        "bytes_sent": one.bytes_sent,
        "bytes_received": one.bytes_received,
        "timings_ms": {
            "dns": one.timings.dns.map(ms),
            "connect": one.timings.connect.map(ms),
            "tls": one.timings.tls.map(ms),
            "first_byte": one.timings.first_byte.map(ms),
            "total": ms(one.timings.total),
        },
    })
}

fn channel(record: &ChannelRecord) -> Json {
    let log = &record.log;
    let count = |direction| log.frames.iter().filter(|frame| frame.direction == direction).count();
    let (code, end) = match log.end.as_ref().map(|(_, end)| end) {
        Some(ChannelEnd::Closed { code, reason, by_us }) => {
            (Some(*code), json!({ "kind": "closed", "reason": reason, "by_us": by_us }))
        }
        Some(ChannelEnd::Lost { message }) => (Some(1006), json!({ "kind": "lost", "message": message })),
        Some(ChannelEnd::Ended) => (None, json!({ "kind": "ended" })),
        Some(ChannelEnd::CutOff { message }) => (None, json!({ "kind": "cut_off", "message": message })),
        Some(ChannelEnd::Dropped) => (None, json!({ "kind": "dropped" })),
        None => (None, Json::Null),
    };
    let kept = |index: usize| index < KEPT_FRAMES / 2 || index + KEPT_FRAMES / 2 >= log.frames.len();
    let frames = log.frames.iter().enumerate().filter(|(index, _)| kept(*index)).map(|(_, frame)| {
        let text = String::from_utf8_lossy(&frame.data[..frame.data.len().min(KEPT_FRAME)]).into_owned();
        let binary = frame.kind == FrameKind::Binary;
        json!({
            "number": frame.number,
            "at_ms": ms(frame.at.saturating_sub(log.opened)),
            "direction": if frame.direction == Direction::Received { "received" } else { "sent" },
            "kind": kind(&frame.kind),
            "event": frame.payload.event,
            "size": frame.data.len(),
            "text": if binary { Json::Null } else { Json::from(text) },
            "matched": record.matches.iter().find(|one| one.frame == frame.number).map(|one| &one.text),
        })
    });
    let (first_event, longest_gap) = pace(log);
    json!({
        "name": log.name,
        "protocol": log.protocol,
        "url": log.url,
        "opened_ms": ms(log.opened),
        "first_event_ms": first_event.map(ms),
        "longest_gap_ms": longest_gap.map(ms),
        "frames_received": count(Direction::Received),
        "frames_sent": count(Direction::Sent),
        "closed_with": code,
        "end": end,
        "frames": frames.collect::<Vec<_>>(),
    })
}

/// From the opening of a channel to its first event, and the longest time between two of its events. Pings, pongs, comments and keep-alives
/// are no events.
fn pace(log: &ChannelLog) -> (Option<Duration>, Option<Duration>) {
    let is_event = |frame: &&Arc<Frame>| {
        let counts =
            matches!(frame.kind, FrameKind::Text | FrameKind::Binary | FrameKind::SseEvent { .. } | FrameKind::Line);
        counts && frame.direction == Direction::Received && !frame.hidden
    };
    let times: Vec<_> = log.frames.iter().filter(is_event).map(|frame| frame.at).collect();
    let first = times.first().map(|at| at.saturating_sub(log.opened));
    let gap = times.windows(2).map(|pair| pair[1].saturating_sub(pair[0])).max();
    (first, gap)
}

fn kind(kind: &FrameKind) -> &'static str {
    match kind {
        FrameKind::Text => "text",
        FrameKind::Binary => "binary",
        FrameKind::Ping => "ping",
        FrameKind::Pong => "pong",
        FrameKind::SseEvent { .. } => "event",
        FrameKind::SseComment => "comment",
        FrameKind::Line => "line",
    }
}
