use super::body::posted;
use super::form::{Cookie, NameValue, Request};
use super::head::{sent_headers, sent_size};
use crate::trace::requests::Sent;
use crate::world::target::url_of;

/// A request, with the version of HTTP that its response has.
pub fn request(sent: &Sent<'_>, version: &str) -> Request {
    let Sent { method, url, headers, body } = sent;
    let url = url_of(url);
    let cookies = headers.iter().filter(|header| header.name.eq_ignore_ascii_case("cookie"));
    let cookies = cookies.flat_map(|header| header.value.split(';')).filter_map(|pair| pair.split_once('='));
    let cookie = |(name, value): (&str, &str)| Cookie {
        name: name.trim().to_owned(),
        value: value.trim().to_owned(),
        ..Cookie::default()
    };
    let with_all = sent_headers(sent, version);
    Request {
        method: method.clone(),
        http_version: version.to_owned(),
        cookies: cookies.map(cookie).collect(),
        query_string: query(&url),
        url,
        post_data: body.map(|body| posted(body, headers)),
        headers_size: sent_size(sent, &with_all, version),
        headers: with_all,
        body_size: i64::try_from(body.map_or(0, <[u8]>::len)).unwrap_or(i64::MAX),
    }
}

/// What a query holds, encoded as it is sent, as Chrome writes it.
fn query(url: &str) -> Vec<NameValue> {
    let query = url.split_once('?').map_or("", |(_, query)| query);
    let pair = |pair: &str| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        NameValue { name: name.to_owned(), value: value.to_owned() }
    };
    if query.is_empty() { Vec::new() } else { query.split('&').map(pair).collect() }
}
