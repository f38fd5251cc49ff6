//! OAuth2: client credentials (RFC 6749, section 4.4), revocation (RFC 7009), introspection (RFC 7662).

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use super::super::answer::{Failure, Handled, json_with, ok, with_header};
use super::super::caller::judge;
use super::super::input::{FormBody, Pairs};
use super::super::world::Service;
use super::accounts::LIFETIME;
use super::{CLIENT_ID, CLIENT_SECRET};

const SCOPES: [&str; 3] = ["threads:read", "threads:write", "agents:run"];

pub(super) async fn token(State(service): State<Service>, headers: HeaderMap, FormBody(form): FormBody) -> Handled {
    let bad = |code, message| Err(Failure::oauth(StatusCode::BAD_REQUEST, code, message));
    match form.get("grant_type") {
        None => return bad("invalid_request", "`grant_type` is missing."),
        Some("client_credentials") => {}
        Some(_) => return bad("unsupported_grant_type", "Only `client_credentials` is supported."),
    }
    authenticate(&headers, &form)?;
    let scope = form.get("scope").filter(|scope| !scope.trim().is_empty()).unwrap_or("threads:read");
    if !scope.split_whitespace().all(|one| SCOPES.contains(&one)) {
        return bad("invalid_scope", "The client may not have this scope.");
    }
    let scope = scope.split_whitespace().collect::<Vec<_>>().join(" ");
    let access_token = service.world.accounts.grant_client(&scope, &service.behaviour().auth);
    let body = json!({ "access_token": access_token, "token_type": "Bearer", "expires_in": LIFETIME, "scope": scope });
    Ok(with_header(json_with(StatusCode::OK, body), header::CACHE_CONTROL, "no-store"))
}

pub(super) async fn revoke(State(service): State<Service>, headers: HeaderMap, FormBody(form): FormBody) -> Handled {
    authenticate(&headers, &form)?;
    let token = wanted_token(&form)?;
    let accounts = &service.world.accounts;
    match accounts.signer.open(token) {
        Some(claims) => accounts.end(&claims),
        None => accounts.end_refresh(token),
    }
    ok(json!({}))
}

pub(super) async fn introspect(
    State(service): State<Service>,
    headers: HeaderMap,
    FormBody(form): FormBody,
) -> Handled {
    authenticate(&headers, &form)?;
    let token = wanted_token(&form)?;
    let Ok(claims) = judge(&service.world, token) else { return ok(json!({ "active": false })) };
    ok(json!({
        "active": true, "sub": claims.sub, "username": claims.name, "scope": claims.scope, "iss": claims.iss,
        "iat": claims.iat, "exp": claims.exp, "jti": claims.jti, "token_type": "Bearer", "client_id": CLIENT_ID,
    }))
}

fn wanted_token(form: &Pairs) -> Result<&str, Failure> {
    let missing = || Failure::oauth(StatusCode::BAD_REQUEST, "invalid_request", "`token` is missing.");
    form.get("token").filter(|token| !token.is_empty()).ok_or_else(missing)
}

/// Whether the request has the client's credentials, by HTTP Basic or in its form (RFC 6749, section 2.3.1).
fn authenticate(headers: &HeaderMap, form: &Pairs) -> Result<(), Failure> {
    let given = basic(headers).or_else(|| Some((form.get("client_id")?.into(), form.get("client_secret")?.into())));
    if given.is_some_and(|(id, secret)| id == CLIENT_ID && secret == CLIENT_SECRET) {
        return Ok(());
    }
    let failure = Failure::oauth(StatusCode::UNAUTHORIZED, "invalid_client", "The client's credentials are wrong.");
    Err(failure.header(header::WWW_AUTHENTICATE, "Basic realm=\"demo\""))
}

fn basic(headers: &HeaderMap) -> Option<(String, String)> {
    let (scheme, encoded) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    let decoded = STANDARD.decode(encoded.trim()).ok().filter(|_| scheme.eq_ignore_ascii_case("basic"))?;
    let (id, secret) = std::str::from_utf8(&decoded).ok()?.split_once(':')?;
    Some((id.to_owned(), secret.to_owned()))
}
