//! From a GET to a WebSocket (RFC 6455, section 4.2), with a token in a header or in a subprotocol.

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use hyper::upgrade::OnUpgrade;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use uuid::Uuid;

use super::super::answer::Failure;
use super::super::backend::read_id;
use super::super::caller::{TokenProblem, bearer, judge};
use super::super::input::Pairs;
use super::super::token::Claims;
use super::super::world::Service;
use super::session::{self, Session};

/// The subprotocol whose companion `jwt.TOKEN` holds the token.
const SUBPROTOCOL: &str = "jwt-auth";

pub(in crate::demo) async fn upgrade(
    State(service): State<Service>,
    mut request: Request,
) -> Result<Response, Failure> {
    let key = websocket_key(request.headers())?;
    let offered = offered_protocols(request.headers());
    let identity = identify(&service, request.headers(), &offered)?;
    let query = Pairs::of_query(request.uri());
    let (thread, after) = match &identity {
        Ok(claims) => wanted_thread(&service, claims, &query)?,
        Err(_) => (None, None),
    };
    let Some(on_upgrade) = request.extensions_mut().remove::<OnUpgrade>() else { return Err(upgrade_required()) };
    let session = identity.map(|claims| Session { service: service.clone(), claims, thread, after });
    tokio::spawn(session::run(on_upgrade, service, session));
    Ok(switching(&key, offered.iter().any(|protocol| protocol == SUBPROTOCOL)))
}

/// The key of a complete handshake.
fn websocket_key(headers: &HeaderMap) -> Result<String, Failure> {
    let has = |name: header::HeaderName, wanted: &str| {
        let values = headers.get_all(name).into_iter().filter_map(|value| value.to_str().ok());
        values.flat_map(|value| value.split(',')).any(|value| value.trim().eq_ignore_ascii_case(wanted))
    };
    let upgrades = has(header::CONNECTION, "upgrade") && has(header::UPGRADE, "websocket");
    if !upgrades || !has(header::SEC_WEBSOCKET_VERSION, "13") {
        return Err(upgrade_required());
    }
    let key = headers.get(header::SEC_WEBSOCKET_KEY).and_then(|key| key.to_str().ok()).map(str::trim);
    let wrong = || Failure::bad_request("invalid_handshake", "`Sec-WebSocket-Key` must be 16 bytes in base64.");
    key.filter(|key| is_nonce(key)).map(str::to_owned).ok_or_else(wrong)
}

/// RFC 6455, section 4.2.1: the key decodes to 16 bytes.
fn is_nonce(key: &str) -> bool {
    STANDARD.decode(key).is_ok_and(|bytes| bytes.len() == 16)
}

fn upgrade_required() -> Failure {
    Failure::new(StatusCode::UPGRADE_REQUIRED, "upgrade_required", "This is a WebSocket.")
        .header(header::UPGRADE, "websocket")
        .header(header::CONNECTION, "upgrade")
        .header(header::SEC_WEBSOCKET_VERSION, "13")
}

fn offered_protocols(headers: &HeaderMap) -> Vec<String> {
    let values = headers.get_all(header::SEC_WEBSOCKET_PROTOCOL).into_iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).map(|protocol| protocol.trim().to_owned()).collect()
}

/// Who connects. A bad token in a header is refused here; one in a subprotocol is reported over the open socket,
/// because a browser shows its page nothing of a handshake that was refused.
fn identify(
    service: &Service,
    headers: &HeaderMap,
    offered: &[String],
) -> Result<Result<Claims, TokenProblem>, Failure> {
    if let Some(token) = bearer(headers) {
        return judge(&service.world, token).map(Ok).map_err(TokenProblem::failure);
    }
    let token = offered.iter().find_map(|protocol| protocol.strip_prefix("jwt."));
    let token = token.filter(|_| offered.iter().any(|protocol| protocol == SUBPROTOCOL));
    let token = token.ok_or_else(|| TokenProblem::Missing.failure())?;
    Ok(judge(&service.world, &plain(token)))
}

/// The token itself, where it was encoded once more.
fn plain(token: &str) -> String {
    if token.contains('.') {
        return token.to_owned();
    }
    let decoded = URL_SAFE_NO_PAD.decode(token).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    decoded.unwrap_or_else(|| token.to_owned())
}

fn wanted_thread(service: &Service, claims: &Claims, query: &Pairs) -> Result<(Option<Uuid>, Option<u64>), Failure> {
    let Some(text) = query.get("thread") else { return Ok((None, None)) };
    let id = read_id(service, text)?;
    service.world.threads.lock().own(id, &claims.sub)?;
    let after = query.get("after").map(|_| query.number("after", 0, 0..=u64::MAX)).transpose()?;
    Ok((Some(id), after))
}

fn switching(key: &str, with_protocol: bool) -> Response {
    let mut response = StatusCode::SWITCHING_PROTOCOLS.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONNECTION, HeaderValue::from_static("upgrade"));
    headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
    if let Ok(accept) = HeaderValue::from_str(&derive_accept_key(key.as_bytes())) {
        headers.insert(header::SEC_WEBSOCKET_ACCEPT, accept);
    }
    if with_protocol {
        headers.insert(header::SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static(SUBPROTOCOL));
    }
    response
}
