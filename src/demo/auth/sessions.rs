//! The frontend's cookie sessions.

use std::collections::HashMap;
use std::sync::Mutex;

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::IntoResponse;
use serde_json::json;
use uuid::Uuid;

use super::super::answer::{Failure, Handled, ok, with_header};
use super::super::caller::Caller;
use super::super::world::{Service, lock};

const COOKIE: &str = "demo_session";
const MOST_SESSIONS: usize = 100_000;

/// Who is behind each session.
#[derive(Debug, Default)]
pub(in crate::demo) struct Sessions {
    users: Mutex<HashMap<String, String>>,
}

impl Sessions {
    pub fn reset(&self) {
        lock(&self.users).clear();
    }
}

/// `POST /session`.
pub(in crate::demo) async fn open_session(State(service): State<Service>, caller: Caller) -> Handled {
    let id = Uuid::new_v4().simple().to_string();
    let mut users = lock(&service.world.sessions.users);
    if users.len() >= MOST_SESSIONS {
        users.clear();
    }
    users.insert(id.clone(), caller.0.name);
    let http_only = if service.behaviour().auth.cookies_http_only { "; HttpOnly" } else { "" };
    let cookie = format!("{COOKIE}={id}; Path=/; Max-Age=900; SameSite=Lax{http_only}");
    Ok(with_header(StatusCode::NO_CONTENT.into_response(), header::SET_COOKIE, &cookie))
}

/// `GET /session`.
pub(in crate::demo) async fn session(State(service): State<Service>, headers: HeaderMap) -> Handled {
    let users = lock(&service.world.sessions.users);
    let missing = || Failure::new(StatusCode::UNAUTHORIZED, "session_missing", "There is no session.");
    let user = cookie(&headers).and_then(|id| users.get(id)).ok_or_else(missing)?;
    ok(json!({ "user": user }))
}

/// `DELETE /session`.
pub(in crate::demo) async fn end_session(State(service): State<Service>, headers: HeaderMap) -> Handled {
    if let Some(id) = cookie(&headers) {
        lock(&service.world.sessions.users).remove(id);
    }
    let cookie = format!("{COOKIE}=; Path=/; Max-Age=0; SameSite=Lax; HttpOnly");
    Ok(with_header(StatusCode::NO_CONTENT.into_response(), header::SET_COOKIE, &cookie))
}

fn cookie(headers: &HeaderMap) -> Option<&str> {
    let all = headers.get_all(header::COOKIE).into_iter().filter_map(|value| value.to_str().ok());
    let pairs = all.flat_map(|value| value.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.into_iter().find(|(name, _)| *name == COOKIE).map(|(_, value)| value)
}
