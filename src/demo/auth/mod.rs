//! The auth service: users, tokens and sessions.

mod accounts;
mod login;
mod oauth;
mod sessions;

use axum::Router;
use axum::extract::State;
use axum::routing::{get, post};
use serde_json::{Value, json};

pub(super) use accounts::Accounts;
pub(super) use sessions::{Sessions, end_session, open_session, session};

use super::answer::{Failure, Handled, json_with, ok, timestamp};
use super::caller::Caller;
use super::world::Service;
use axum::http::StatusCode;

/// The passwords of the users that every demo has, and the client's secret.
pub(super) const ADA_PASSWORD: &str = "ada-notes-on-the-engine-1843";
pub(super) const GRACE_PASSWORD: &str = "grace-moth-in-the-relay-1947";
pub(super) const LINUS_PASSWORD: &str = "linus-just-a-hobby-1991";
pub(super) const ADMIN_PASSWORD: &str = "admin-keys-to-the-house-2025";
pub(super) const CLIENT_ID: &str = "demo-service";
pub(super) const CLIENT_SECRET: &str = "demo-client-secret-7f3a9c51d2";

pub(super) fn routes(_: &Service) -> Router<Service> {
    Router::new()
        .route("/health", get(health))
        .route("/health/live", get(async || ok(json!({ "live": true }))))
        .route("/register", post(login::register))
        .route("/login", post(login::login))
        .route("/refresh", post(login::refresh))
        .route("/logout", post(login::logout))
        .route("/me", get(me))
        .route("/userinfo", get(me))
        .route("/users", get(users))
        .route("/oauth/token", post(oauth::token))
        .route("/revoke", post(oauth::revoke))
        .route("/introspect", post(oauth::introspect))
}

async fn health(State(service): State<Service>) -> Handled {
    let up = service.behaviour().database_up;
    let status = if up { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let body = json!({
        "status": if up { "healthy" } else { "unhealthy" },
        "service": "auth",
        "version": super::VERSION,
        "uptime_s": super::seconds(service.instance.uptime()),
        "checks": { "database": database_check(up) },
        "timestamp": timestamp(),
    });
    Ok(json_with(status, body))
}

/// The part of a health response that speaks of the database.
pub(super) fn database_check(up: bool) -> Value {
    if up {
        json!({ "status": "up", "latency_ms": 1 })
    } else {
        json!({ "status": "down", "error": "connection refused" })
    }
}

async fn me(caller: Caller) -> Handled {
    let Caller(claims) = caller;
    ok(json!({
        "id": claims.sub, "name": claims.name, "team": claims.team, "roles": claims.roles, "scope": claims.scope,
    }))
}

async fn users(State(service): State<Service>, caller: Caller) -> Handled {
    if service.behaviour().auth.checks_roles && !caller.has_role("admin") {
        return Err(Failure::new(StatusCode::FORBIDDEN, "forbidden", "Only an admin may list the users."));
    }
    ok(json!({ "items": service.world.accounts.list() }))
}
