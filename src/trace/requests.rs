//! The requests that an exchange took: where responses redirect, several.

use crate::event::{Exchange, Header};
use crate::world::Outgoing;

/// A request as it was sent.
pub struct Sent<'r> {
    pub method: String,
    pub url: String,
    pub headers: &'r [Header],
    pub body: Option<&'r [u8]>,
}

/// One for each response that redirected, and the last one.
pub fn requests<'r>(asked: &'r Outgoing, exchange: &'r Exchange) -> Vec<Sent<'r>> {
    let mut method = exchange.method.clone();
    let mut body = asked.body.as_deref().filter(|body| !body.is_empty());
    let mut requests = Vec::with_capacity(exchange.hops.len() + 1);
    for hop in &exchange.hops {
        requests.push(Sent { method: method.clone(), url: hop.url.clone(), headers: &hop.request_headers, body });
        // RFC 9110, section 15.4, and the custom that it allows.
        if (hop.status == 303 && method != "HEAD") || (matches!(hop.status, 301 | 302) && method == "POST") {
            (method, body) = ("GET".to_owned(), None);
        }
    }
    requests.push(Sent { method, url: last_url(exchange), headers: &exchange.request_headers, body });
    requests
}

/// Where the last request of an exchange went.
fn last_url(exchange: &Exchange) -> String {
    if let Ok(response) = &exchange.outcome {
        return response.url.clone();
    }
    let Some(hop) = exchange.hops.last() else { return exchange.url.clone() };
    let base = url::Url::parse(&hop.url).ok();
    let next = base.zip(header(&hop.headers, "location")).and_then(|(base, next)| base.join(next).ok());
    next.map_or_else(|| hop.url.clone(), String::from)
}

/// The value of the first header of a name.
pub fn header<'h>(headers: &'h [Header], name: &str) -> Option<&'h str> {
    headers.iter().find(|header| header.name.eq_ignore_ascii_case(name)).map(|header| header.value.as_str())
}

/// The reason phrase of the standards: the server's own isn't kept.
pub fn reason(status: u16) -> &'static str {
    let status = http::StatusCode::from_u16(status).ok();
    status.and_then(|status| status.canonical_reason()).unwrap_or_default()
}
