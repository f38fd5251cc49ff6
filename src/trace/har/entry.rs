use super::Clock;
use super::body::{UNKNOWN, content, posted, streamed};
use super::form::{Cache, Content, Cookie, Entry, NameValue, Request, Response, Timings};
use super::messages::messages;
use crate::event::{self, ChannelEnd, Header, Hop, Instant, Peer};
use crate::trace::group::{Begun, Group};
use crate::trace::requests::{Sent, header, reason, requests};
use crate::world::Outgoing;
use crate::world::cookies::SetCookie;
use crate::world::records::{Ended, Line};

/// Where the version of HTTP isn't known, as Chrome writes it.
const UNKNOWN_VERSION: &str = "unknown";

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
                server_ip_address: peer.and_then(address),
                comment: step.join(" > "),
                resource_type,
                messages: None,
            };
            (at, entry)
        })
        .collect();
    if let Some((_, last)) = entries.last_mut().filter(|_| resource_type == "websocket") {
        last.messages = Some(line.map(|line| messages(line, clock)).unwrap_or_default());
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
            request: request(sent, UNKNOWN_VERSION),
            response: redirect(hop, &next.url, clock),
            timings: Timings::waited(hop.ended.saturating_sub(hop.begun)),
            peer: hop.peer.as_ref(),
        });
    }
    let start = exchange.hops.last().map(|hop| hop.ended).filter(|at| !at.is_zero()).unwrap_or(exchange.started);
    let (version, response) = match &exchange.outcome {
        Ok(response) => (response.version, answered(response, ended, line, clock)),
        Err(failure) => (UNKNOWN_VERSION, failed(failure.status.unwrap_or(0), failure.message.clone())),
    };
    let opened_until = line.and_then(|line| line.end.as_ref().map(|(at, _)| *at).or(Some(line.carried.last()?.at)));
    parts.extend(requests.last().map(|sent| Part {
        at: start,
        request: request(sent, version),
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
        response: failed(0, "cut off before there was a response".to_owned()),
        timings: Timings::waited(Instant::ZERO),
        peer: None,
    }
}

fn request(sent: &Sent<'_>, version: &str) -> Request {
    let Sent { method, url, headers, body } = sent;
    let parsed = url::Url::parse(url).ok();
    let pair = |(name, value): (std::borrow::Cow<'_, str>, std::borrow::Cow<'_, str>)| NameValue {
        name: name.into_owned(),
        value: value.into_owned(),
    };
    let cookies = headers.iter().filter(|header| header.name.eq_ignore_ascii_case("cookie"));
    let cookies = cookies.flat_map(|header| header.value.split(';')).filter_map(|pair| pair.split_once('='));
    let cookie = |(name, value): (&str, &str)| Cookie {
        name: name.trim().to_owned(),
        value: value.trim().to_owned(),
        ..Cookie::default()
    };
    Request {
        method: method.clone(),
        // The form leaves out what isn't sent.
        url: url.split('#').next().unwrap_or_default().to_owned(),
        http_version: version.to_owned(),
        cookies: cookies.map(cookie).collect(),
        headers: name_values(headers),
        query_string: parsed.iter().flat_map(|url| url.query_pairs().map(pair)).collect(),
        post_data: body.map(|body| posted(body, headers)),
        headers_size: -1,
        body_size: size(body.map_or(0, <[u8]>::len) as u64),
    }
}

fn answered(response: &event::Response, ended: &Ended, line: Option<&Line>, clock: Clock) -> Response {
    let is_upgraded = response.status == 101;
    let error = line.and_then(|line| match &line.end.as_ref()?.1 {
        ChannelEnd::Lost { message } | ChannelEnd::CutOff { message } | ChannelEnd::Failed { message } => {
            Some(message.clone())
        }
        ChannelEnd::Closed { .. } | ChannelEnd::Ended | ChannelEnd::Dropped => None,
    });
    Response {
        status: response.status,
        status_text: reason(response.status).to_owned(),
        http_version: response.version.to_owned(),
        cookies: set_cookies(&response.headers, clock.at(ended.at)),
        headers: name_values(&response.headers),
        content: match line {
            Some(_) if is_upgraded => Content { mime_type: UNKNOWN.to_owned(), ..Content::default() },
            Some(line) => streamed(response, &line.carried, line.cut),
            None => content(response, ended.cut),
        },
        redirect_url: response.header("location").unwrap_or_default().to_owned(),
        headers_size: -1,
        // How many bytes a stream took on its way isn't counted.
        body_size: if line.is_some() && !is_upgraded { -1 } else { size(response.wire_size) },
        error,
    }
}

fn redirect(hop: &Hop, next: &str, clock: Clock) -> Response {
    let mime_type = header(&hop.headers, "content-type").unwrap_or(UNKNOWN).to_owned();
    Response {
        status: hop.status,
        status_text: reason(hop.status).to_owned(),
        http_version: UNKNOWN_VERSION.to_owned(),
        cookies: set_cookies(&hop.headers, clock.at(hop.ended)),
        headers: name_values(&hop.headers),
        content: Content { mime_type, ..Content::default() },
        redirect_url: header(&hop.headers, "location").unwrap_or(next).to_owned(),
        headers_size: -1,
        // The body of a response that redirects isn't kept.
        body_size: -1,
        error: None,
    }
}

fn failed(status: u16, why: String) -> Response {
    Response {
        status,
        status_text: reason(status).to_owned(),
        http_version: UNKNOWN_VERSION.to_owned(),
        cookies: Vec::new(),
        headers: Vec::new(),
        content: Content { mime_type: UNKNOWN.to_owned(), ..Content::default() },
        redirect_url: String::new(),
        headers_size: -1,
        body_size: -1,
        error: Some(why),
    }
}

fn set_cookies(headers: &[Header], now: jiff::Timestamp) -> Vec<Cookie> {
    let of_cookies = headers.iter().filter(|header| header.name.eq_ignore_ascii_case("set-cookie"));
    let cookies = of_cookies.filter_map(|header| SetCookie::read(&header.value, now));
    let cookie = |said: SetCookie| {
        // Max-Age wins over Expires (RFC 6265, section 5.3, step 3).
        let age = said.max_age.and_then(|seconds| now.checked_add(jiff::SignedDuration::from_secs(seconds)).ok());
        Cookie {
            expires: age.or(said.expires).map(|at| format!("{at:.3}")),
            name: said.name,
            value: said.value,
            path: said.path,
            domain: said.domain,
            http_only: Some(said.http_only),
            secure: Some(said.secure),
            same_site: said.same_site,
        }
    };
    cookies.map(cookie).collect()
}

fn name_values(headers: &[Header]) -> Vec<NameValue> {
    headers.iter().map(|header| NameValue { name: header.name.clone(), value: header.value.clone() }).collect()
}

/// The address that was connected to, without its port.
fn address(peer: &Peer) -> Option<String> {
    Some(peer.address.as_ref()?.parse::<std::net::SocketAddr>().ok()?.ip().to_string())
}

fn size(bytes: u64) -> i64 {
    i64::try_from(bytes).unwrap_or(i64::MAX)
}
