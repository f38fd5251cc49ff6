//! Responses that come in chunks: as server-sent events, and as lines of JSON.

use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, Uri, header};
use axum::response::Response;
use futures_util::stream::unfold;
use serde_json::{Value, json};
use uuid::Uuid;

use super::super::answer::{Failure, Handled};
use super::super::behaviour::Stream;
use super::super::caller::Caller;
use super::super::input::{Fields, JsonBody, Pairs};
use super::super::world::Service;

const CHUNKS: std::ops::RangeInclusive<u64> = 1..=50;
const INTERVAL_MS: std::ops::RangeInclusive<u64> = 0..=1000;

/// What is streamed: the chunks after `after`, out of `chunks`.
struct Plan {
    prompt: String,
    chunks: u64,
    interval: Duration,
    after: u64,
}

#[derive(Clone, Copy)]
enum Form {
    Sse,
    Ndjson,
}

pub(super) async fn sse(State(service): State<Service>, _: Caller, headers: HeaderMap, uri: Uri) -> Handled {
    let query = Pairs::of_query(&uri);
    let Some(prompt) = query.get("prompt").map(str::trim).filter(|prompt| (1..=4000).contains(&prompt.chars().count()))
    else {
        return Err(Failure::fields("invalid_query", vec![("prompt".into(), "must have 1 to 4000 characters".into())]));
    };
    let chunks = query.number("chunks", 5, CHUNKS)?;
    let interval = Duration::from_millis(query.number("interval_ms", 20, INTERVAL_MS)?);
    let last = headers.get("last-event-id").and_then(|value| value.to_str().ok()).and_then(|text| text.parse().ok());
    let after = last.unwrap_or(0u64).min(chunks);
    let plan = Plan { prompt: prompt.to_owned(), chunks, interval, after };
    Ok(streamed(&plan, Form::Sse, service.behaviour().stream))
}

pub(super) async fn ndjson(State(service): State<Service>, _: Caller, JsonBody(body): JsonBody) -> Handled {
    let mut fields = Fields::of(&body);
    let prompt = fields.text("prompt", 1..=4000);
    let chunks = fields.number("chunks", CHUNKS).unwrap_or(5);
    let interval = Duration::from_millis(fields.number("interval_ms", INTERVAL_MS).unwrap_or(20));
    fields.finish()?;
    let plan = Plan { prompt, chunks, interval, after: 0 };
    Ok(streamed(&plan, Form::Ndjson, service.behaviour().stream))
}

fn streamed(plan: &Plan, form: Form, stream: Stream) -> Response {
    let mut parts = parts(plan, form);
    if stream == Stream::Buffered {
        let wait = parts.iter().map(|(wait, _)| *wait).sum();
        parts = vec![(wait, parts.into_iter().map(|(_, text)| text).collect())];
    }
    // What comes before the last chunk; it and the end are lost.
    let kept = if stream == Stream::Cut { parts.len().saturating_sub(2) } else { parts.len() };
    let cut = kept < parts.len();
    parts.truncate(kept);
    let mut response = Response::new(body(parts, cut));
    let kind = match form {
        Form::Sse => "text/event-stream",
        Form::Ndjson => "application/x-ndjson",
    };
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    response
}

/// A body that sends each part after its pause, and breaks off at its end if it is to be cut.
fn body(parts: Vec<(Duration, String)>, cut: bool) -> Body {
    let stream = unfold((parts.into_iter(), cut), async |(mut parts, cut)| {
        let Some((wait, text)) = parts.next() else {
            // The chunks that were written are sent before the connection is broken off.
            tokio::time::sleep(Duration::from_millis(20)).await;
            return cut.then(|| (Err(std::io::Error::other("cut")), (parts, false)));
        };
        tokio::time::sleep(wait).await;
        Some((Ok(Bytes::from(text)), (parts, cut)))
    });
    Body::from_stream(stream)
}

fn parts(plan: &Plan, form: Form) -> Vec<(Duration, String)> {
    let texts: Vec<_> = (1..=plan.chunks).map(|index| chunk(plan, index)).collect();
    let start = json!({ "stream_id": Uuid::new_v4(), "chunks": plan.chunks });
    let prelude = match form {
        Form::Sse => ": stream of demo\nretry: 1000\n\n",
        Form::Ndjson => "",
    };
    let mut parts = vec![(Duration::ZERO, format!("{prelude}{}", written(form, "start", None, start)))];
    for (index, text) in (1..).zip(&texts).skip(usize::try_from(plan.after).unwrap_or(usize::MAX)) {
        let payload = json!({ "index": index, "text": text });
        parts.push((plan.interval, written(form, "chunk", Some(index), payload)));
    }
    let end = json!({ "chunks": plan.chunks, "text": texts.concat() });
    parts.push((Duration::ZERO, written(form, "done", None, end)));
    parts
}

/// The words of the prompt, again and again: one a chunk.
fn chunk(plan: &Plan, index: u64) -> String {
    let words: Vec<_> = plan.prompt.split_whitespace().collect();
    let place = usize::try_from(index - 1).unwrap_or_default() % words.len().max(1);
    format!("{} ", words.get(place).copied().unwrap_or_default())
}

fn written(form: Form, kind: &str, id: Option<u64>, mut payload: Value) -> String {
    match form {
        Form::Sse => {
            let id = id.map(|id| format!("id: {id}\n")).unwrap_or_default();
            format!("event: {kind}\n{id}data: {payload}\n\n")
        }
        Form::Ndjson => {
            let mut line = json!({ "type": kind });
            if let (Some(line), Some(payload)) = (line.as_object_mut(), payload.as_object_mut()) {
                line.append(payload);
            }
            format!("{line}\n")
        }
    }
}
