use super::clock::Clock;
use super::form::{Cache, Entry, Request, Response, Timings};
use super::head::{UNKNOWN_VERSION, version};
use super::messages::{events, frames};
use super::request::request;
use super::response::{answered, failed, redirect};
use crate::event::{Header, Instant, Peer};
use crate::trace::group::{Begun, Group};
use crate::trace::requests::{Sent, requests};
use crate::world::Outgoing;
use crate::world::records::{Ended, Line};

/// One of the requests that an exchange took.
struct Part<'r> {
    at: Instant,
    request: Request,
    response: Response,
    timings: Timings,
    peer: Option<&'r Peer>,
}

/// An entry for each request of an exchange: those whose responses redirected, and the last one. Each with when it began.
pub fn entries(group: &Group<'_>, begun: &Begun, clock: Clock) -> Vec<(Instant, Entry)> {
    let Some(sent) = &begun.record.request else { return Vec::new() };
    let line = begun.record.line.as_ref();
    let parts = match &sent.ended {
        Some(ended) => parts(&sent.request, ended, line, clock),
        None => vec![cut_off(&sent.request, begun.at)],
    };
    let resource_type = resource_type(&sent.request);
    let step: Vec<String> = begun.record.occurrence.parts().into_iter().skip(1).map(ToString::to_string).collect();
    let mut entries: Vec<(Instant, Entry)> = parts
        .into_iter()
        .map(|Part { at, request, response, timings, peer }| {
            let entry = Entry {
                pageref: group.id.clone(),
                started_date_time: clock.text(at),
                time: timings.sum(),
                request,
                response,
                cache: Cache {},
                timings,
                server_ip_address: peer.and_then(address).map(|address| address.ip().to_string()),
                connection: peer.and_then(address).map(|address| address.port().to_string()),
                comment: step.join(" > "),
                resource_type,
                frames: None,
                events: None,
            };
            (at, entry)
        })
        .collect();
    if let Some((_, last)) = entries.last_mut() {
        match resource_type {
            "websocket" => last.frames = Some(line.map(|line| frames(line, clock)).unwrap_or_default()),
            _ => last.events = line.map(|line| events(line, clock)).filter(|events| !events.is_empty()),
        }
    }
    entries
}

fn resource_type(request: &Outgoing) -> &'static str {
    let accepts = |(name, value): &(String, String)| {
        name.eq_ignore_ascii_case("accept") && value.to_ascii_lowercase().contains("text/event-stream")
    };
    if request.url.starts_with("ws:") || request.url.starts_with("wss:") {
        "websocket"
    } else if request.headers.iter().any(accepts) {
        "eventsource"
    } else {
        "fetch"
    }
}

fn parts<'r>(asked: &Outgoing, ended: &'r Ended, line: Option<&Line>, clock: Clock) -> Vec<Part<'r>> {
    let exchange = &ended.exchange;
    let requests = requests(asked, exchange);
    let mut parts = Vec::with_capacity(requests.len());
    for ((hop, sent), next) in exchange.hops.iter().zip(&requests).zip(requests.iter().skip(1)) {
        parts.push(Part {
            at: if hop.begun.is_zero() { exchange.started } else { hop.begun },
            request: request(sent, version(hop.version)),
            response: redirect(hop, &next.url, clock),
            timings: Timings::of_redirect(hop),
            peer: hop.peer.as_ref(),
        });
    }
    let start = exchange.hops.last().map(|hop| hop.ended).filter(|at| !at.is_zero()).unwrap_or(exchange.started);
    let (its_version, response) = match &exchange.outcome {
        Ok(response) => (version(response.version), answered(response, ended, line, clock)),
        Err(failure) => (UNKNOWN_VERSION, failed(failure.status, failure.message.clone())),
    };
    let opened_until = line.and_then(|line| line.end.as_ref().map(|(at, _)| *at).or(Some(line.carried.last()?.at)));
    parts.extend(requests.last().map(|sent| Part {
        at: start,
        request: request(sent, its_version),
        response,
        timings: Timings::of(exchange, start, opened_until),
        peer: exchange.peer.as_ref(),
    }));
    parts
}

/// A request that was cut off: what came of it isn't known, nor for how long it was waited.
fn cut_off(asked: &Outgoing, at: Instant) -> Part<'static> {
    let header = |(name, value): &(String, String)| Header { name: name.clone(), value: value.clone() };
    let headers: Vec<Header> = asked.headers.iter().map(header).collect();
    let body = asked.body.as_deref().filter(|body| !body.is_empty());
    let sent = Sent { method: asked.method.clone(), url: asked.url.clone(), headers: &headers, body };
    Part {
        at,
        request: request(&sent, UNKNOWN_VERSION),
        response: failed(None, "cut off before there was a response".to_owned()),
        timings: Timings::waited(Instant::ZERO),
        peer: None,
    }
}

/// The address that was connected to.
fn address(peer: &Peer) -> Option<std::net::SocketAddr> {
    peer.address.as_ref()?.parse().ok()
}
