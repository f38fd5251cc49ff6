//! The opening handshake of a WebSocket, on the client's side (RFC 6455, section 4.1).

use base64::Engine as _;
use sha1::Digest as _;

use crate::event::{Header, Response};

const PROTOCOL: &str = "Sec-WebSocket-Protocol";
const EXTENSIONS: &str = "Sec-WebSocket-Extensions";
const KEY: &str = "Sec-WebSocket-Key";

/// Makes a request's headers those of a handshake. Each handshake has a nonce of its own, so that no other's response fits it.
pub fn prepare(headers: &mut Vec<(String, String)>, nonce: [u8; 16]) {
    let key = base64::engine::general_purpose::STANDARD.encode(nonce);
    let own = [
        ("Connection", "Upgrade".to_owned()),
        ("Upgrade", "websocket".to_owned()),
        ("Sec-WebSocket-Version", "13".to_owned()),
        (KEY, key),
    ];
    headers.retain(|(name, _)| !own.iter().any(|(own, _)| own.eq_ignore_ascii_case(name)));
    headers.extend(own.map(|(name, value)| (name.to_owned(), value)));
}

/// Offers these subprotocols, instead of any that the headers offer.
pub fn offer(headers: &mut Vec<(String, String)>, protocols: &[String]) {
    if !protocols.is_empty() {
        headers.retain(|(name, _)| !name.eq_ignore_ascii_case(PROTOCOL));
        headers.push((PROTOCOL.to_owned(), protocols.join(", ")));
    }
}

/// Whether a response with the status 101 opens a WebSocket: what RFC 6455, section 4.1, asks a client to check, against the headers that it
/// was asked with.
///
/// # Errors
/// The first item that doesn't hold: words that go on after "the server's response".
pub fn verify(asked: &[Header], response: &Response) -> Result<(), String> {
    if response.version == "HTTP/1.0" {
        return Err("is of HTTP/1.0, which has no `Upgrade` (RFC 9110, section 7.8)".to_owned());
    }
    let values = |name: &'static str| response.headers(name).map(str::trim).collect::<Vec<_>>();
    let upgrade = values("upgrade");
    if upgrade.is_empty() {
        return Err("has no `Upgrade: websocket` header".to_owned());
    }
    if let Some(other) = tokens(&upgrade).find(|token| !token.eq_ignore_ascii_case("websocket")) {
        return Err(format!("has the header `Upgrade: {other}`, and only `websocket` was asked for"));
    }
    if tokens(&upgrade).next().is_none() {
        return Err("has an empty `Upgrade` header, where `websocket` belongs".to_owned());
    }
    let connection = values("connection");
    if connection.is_empty() {
        return Err("has no `Connection: Upgrade` header".to_owned());
    }
    if !tokens(&connection).any(|token| token.eq_ignore_ascii_case("upgrade")) {
        return Err(format!("has the header `Connection: {}`, without `Upgrade`", connection.join(", ")));
    }
    accepted(asked, &values("sec-websocket-accept"))?;
    extensions(asked, &values("sec-websocket-extensions"))?;
    subprotocol(asked, &values("sec-websocket-protocol"))
}

fn accepted(asked: &[Header], given: &[&str]) -> Result<(), String> {
    match given {
        [] => Err("has no `Sec-WebSocket-Accept` header".to_owned()),
        [given] => {
            let key = sent(asked, KEY).next().unwrap_or_default();
            let right = accept_key(key);
            if *given == right {
                return Ok(());
            }
            Err(format!("has the header `Sec-WebSocket-Accept: {given}`, where the key `{key}` makes it `{right}`"))
        }
        several => Err(format!("has the header `Sec-WebSocket-Accept` {} times", several.len())),
    }
}

/// What a server makes of a key (RFC 6455, section 4.2.2, item 5).
pub fn accept_key(key: &str) -> String {
    const SUFFIX: &str = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    base64::engine::general_purpose::STANDARD.encode(sha1::Sha1::digest(format!("{key}{SUFFIX}")))
}

fn extensions(asked: &[Header], given: &[&str]) -> Result<(), String> {
    let name = |extension: &str| extension.split(';').next().unwrap_or_default().trim().to_owned();
    let Some(used) = tokens(given).map(name).next() else { return Ok(()) };
    let offered = sent(asked, EXTENSIONS).flat_map(|value| value.split(',')).any(|one| name(one) == used);
    Err(match offered {
        // Its frames couldn't be read: none is spoken here, whatever a spec's own header offers.
        true => format!("uses the extension `{used}`, which the spec's own header offered and e2e-dsl doesn't speak"),
        false => format!("uses the extension `{used}`, which wasn't offered"),
    })
}

fn subprotocol(asked: &[Header], given: &[&str]) -> Result<(), String> {
    let mut offered = sent(asked, PROTOCOL).flat_map(|value| value.split(',')).map(str::trim);
    match given {
        [] => Ok(()),
        [one] if offered.any(|offered| offered == *one && !one.is_empty()) => Ok(()),
        [one] => Err(format!("chooses the subprotocol `{one}`, which wasn't offered")),
        several => Err(format!("has the header `{PROTOCOL}` {} times", several.len())),
    }
}

fn sent<'a>(asked: &'a [Header], name: &'static str) -> impl Iterator<Item = &'a str> {
    asked.iter().filter(move |header| header.name.eq_ignore_ascii_case(name)).map(|header| header.value.as_str())
}

/// The elements of a header that is a list, which may be spread over several (RFC 9110, section 5.3). Empty ones don't count (section 5.6.1).
fn tokens<'a>(values: &'a [&'a str]) -> impl Iterator<Item = &'a str> {
    values.iter().flat_map(|value| value.split(',')).map(str::trim).filter(|token| !token.is_empty())
}
