//! The heads of requests and responses: what is on their first lines, their headers, and how large they are.

use super::form::NameValue;
use crate::event::Header;
use crate::trace::requests::{Sent, header, reason};
use crate::world::target::target_of;

/// Of a request without a response, as Chrome writes it.
pub const UNKNOWN_VERSION: &str = "";

/// A version as Chrome writes it, and as its network panel knows it again.
pub fn version(of: &'static str) -> &'static str {
    match of {
        "HTTP/2" => "http/2.0",
        "HTTP/3" => "h3",
        known => known,
    }
}

fn is_http1(version: &str) -> bool {
    version.starts_with("HTTP/1.")
}

/// What is behind the status. HTTP/2 has no such place (RFC 9113, section 8.3.2).
pub fn status_text(status: u16, version: &str) -> &'static str {
    if is_http1(version) || version.is_empty() { reason(status) } else { "" }
}

pub fn name_values(headers: &[Header]) -> Vec<NameValue> {
    headers.iter().map(|header| NameValue { name: header.name.clone(), value: header.value.clone() }).collect()
}

/// The headers of a request, with those that every request of HTTP/1.1 has, which aren't recorded (RFC 9112, section 3.2; RFC 9110, section 8.6).
pub fn sent_headers(sent: &Sent<'_>, version: &str) -> Vec<NameValue> {
    let mut headers = name_values(sent.headers);
    if !is_http1(version) {
        return headers;
    }
    let mut add = |name: &str, value: Option<String>| {
        if header(sent.headers, name).is_none() {
            headers.extend(value.map(|value| NameValue { name: name.to_owned(), value }));
        }
    };
    let url = url::Url::parse(&sent.url).ok();
    add("host", url.map(|url| url[url::Position::BeforeHost..url::Position::AfterPort].to_owned()));
    add("content-length", sent.body.map(|body| body.len().to_string()));
    headers
}

/// The bytes of a request's head; -1 where it isn't one of HTTP/1.1, or isn't known to be.
pub fn sent_size(sent: &Sent<'_>, headers: &[NameValue], version: &str) -> i64 {
    let line = format!("{} {} HTTP/1.1\r\n", sent.method, target_of(&sent.url));
    size(&line, headers, version)
}

/// The same of a response.
pub fn received_size(status: u16, headers: &[NameValue], version: &str) -> i64 {
    let line = format!("HTTP/1.1 {status:03} {}\r\n", status_text(status, version));
    size(&line, headers, version)
}

fn size(line: &str, headers: &[NameValue], version: &str) -> i64 {
    if !is_http1(version) {
        return -1;
    }
    let of = |header: &NameValue| header.name.len() + header.value.len() + ": \r\n".len();
    let size = line.len() + headers.iter().map(of).sum::<usize>() + "\r\n".len();
    i64::try_from(size).unwrap_or(i64::MAX)
}
