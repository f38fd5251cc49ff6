//! Registering, logging in and out, and refreshing.

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::Response;
use serde_json::json;

use super::super::answer::{Failure, Handled, json_with, no_content, with_header};
use super::super::behaviour::Refresh;
use super::super::caller::Caller;
use super::super::input::{Fields, JsonBody};
use super::super::world::Service;
use super::accounts::{Grant, LIFETIME, RefreshProblem, USER_SCOPE};

pub(super) async fn register(State(service): State<Service>, JsonBody(body): JsonBody) -> Handled {
    let mut fields = Fields::of(&body);
    let name = fields.text("user", 2..=64);
    let password = fields.text("password", 8..=128);
    let team = if fields.get("team").is_some() { fields.text("team", 1..=64) } else { name.clone() };
    if !name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"_-".contains(&byte)) {
        fields.wrong("user", "may hold lower-case letters, digits, `_` and `-` only");
    }
    fields.finish()?;
    let taken = || Failure::conflict("user_exists", "There is a user of this name already.");
    let user = service.world.accounts.register(&name, &password, &team).ok_or_else(taken)?;
    Ok(json_with(StatusCode::CREATED, json!({ "user": user.shown() })))
}

pub(super) async fn login(State(service): State<Service>, JsonBody(body): JsonBody) -> Handled {
    let mut fields = Fields::of(&body);
    let name = fields.text("user", 1..=64);
    let password = fields.text("password", 1..=128);
    let lifetime = fields.number("lifetime_s", 1..=LIFETIME).unwrap_or(LIFETIME);
    fields.finish()?;
    let auth = &service.behaviour().auth;
    let user = service.world.accounts.user(&name);
    let Some(user) = user.filter(|user| user.password == password || !auth.checks_passwords) else {
        let message = "The user or the password is wrong.";
        return Err(Failure::new(StatusCode::UNAUTHORIZED, "invalid_credentials", message));
    };
    if user.disabled {
        return Err(Failure::new(StatusCode::FORBIDDEN, "account_disabled", "This account is disabled."));
    }
    Ok(shown(service.world.accounts.grant(user, lifetime, auth)))
}

pub(super) async fn refresh(State(service): State<Service>, JsonBody(body): JsonBody) -> Handled {
    let mut fields = Fields::of(&body);
    let token = fields.text("refresh_token", 1..=200);
    fields.finish()?;
    let auth = &service.behaviour().auth;
    let grant = service.world.accounts.refresh(&token, auth).map_err(|problem| {
        let (code, message) = match problem {
            RefreshProblem::Reused if auth.refresh == Refresh::Rotates => {
                ("refresh_token_reused", "The refresh token was used before; log in again.")
            }
            RefreshProblem::Reused | RefreshProblem::Unknown => {
                ("invalid_refresh_token", "The refresh token isn't valid.")
            }
        };
        Failure::new(StatusCode::UNAUTHORIZED, code, message)
    })?;
    Ok(shown(grant))
}

pub(super) async fn logout(State(service): State<Service>, caller: Caller) -> Handled {
    service.world.accounts.end(&caller.0);
    no_content()
}

fn shown(grant: Grant) -> Response {
    let body = json!({
        "access_token": grant.access_token,
        "token_type": "Bearer",
        "expires_in": grant.expires_in,
        "refresh_token": grant.refresh_token,
        "scope": USER_SCOPE,
        "user": grant.user.shown(),
    });
    with_header(json_with(StatusCode::OK, body), header::CACHE_CONTROL, "no-store")
}
