//! What all services do around their handlers: request ids, the form of failures, and the gate that is shut while a service is down.

use std::sync::atomic::Ordering;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use percent_encoding::percent_decode_str;
use uuid::Uuid;

use super::answer::Failure;
use super::connection::Connection;
use super::instance::Kind;
use super::world::Service;
use super::{auth, backend, control, frontend, injection};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The routes of a service, with its middleware.
pub(super) fn router(service: &Service) -> Router {
    let routes = match service.instance.kind {
        Kind::Auth => auth::routes(service),
        Kind::Backend => backend::routes(service),
        Kind::Frontend => frontend::routes(service),
        Kind::Control => control::routes(),
    };
    routes
        .fallback(async || Failure::not_found("not_found", "There is nothing at this path."))
        .method_not_allowed_fallback(async || {
            Failure::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", "The path doesn't take this method.")
        })
        .layer(from_fn_with_state(service.clone(), gate))
        .layer(from_fn_with_state(service.clone(), backend::cors))
        .layer(from_fn_with_state(service.clone(), identify))
        .with_state(service.clone())
}

/// Gives every response its request's id, and writes the failures.
async fn identify(State(service): State<Service>, request: Request, next: Next) -> Response {
    let behaviour = service.behaviour();
    let given = request.headers().get(REQUEST_ID).filter(|_| behaviour.edge.keeps_request_ids);
    let id = given.and_then(|value| value.to_str().ok()).filter(|text| is_request_id(text)).map(str::to_owned);
    let id = id.unwrap_or_else(|| Uuid::new_v4().to_string());
    let mut response = next.run(request).await;
    if let Some(failure) = response.extensions_mut().remove::<Failure>() {
        let mut rendered = failure.render(&id, behaviour.threads.errors_show_internals);
        let headers = std::mem::take(response.headers_mut());
        rendered.headers_mut().extend(headers.into_iter().filter_map(|(name, value)| Some((name?, value))).filter(
            |(name, _)| *name != axum::http::header::CONTENT_LENGTH && *name != axum::http::header::CONTENT_TYPE,
        ));
        response = rendered;
    }
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(REQUEST_ID, value);
    }
    response
}

fn is_request_id(text: &str) -> bool {
    (1..=64).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
}

/// Lets a request through if the service is in a state to take it.
async fn gate(State(service): State<Service>, request: Request, next: Next) -> Response {
    service.instance.requests.fetch_add(1, Ordering::Relaxed);
    let connection = request.extensions().get::<Connection>().cloned();
    let response = match refusal(&service, request.uri().path()) {
        Some(failure) => failure.into_response(),
        None if request.uri().path().starts_with("/threads") && service.instance.kind == Kind::Backend => {
            tokio::time::sleep(service.behaviour().threads.latency).await;
            injection::answer(&service, request, next).await
        }
        None => next.run(request).await,
    };
    connection.iter().for_each(Connection::used);
    response
}

fn refusal(service: &Service, path: &str) -> Option<Failure> {
    let behaviour = service.behaviour();
    let kind = service.instance.kind;
    if kind == Kind::Control || path == "/health/live" {
        return None;
    }
    if kind == Kind::Auth && !behaviour.auth.available {
        return Some(Failure::unavailable("service_unavailable", "The auth service can't answer now."));
    }
    if kind == Kind::Backend && service.instance.is_starting() && !is_health(path) {
        let failure = Failure::unavailable("starting", "This instance is still starting.");
        return Some(failure.header(axum::http::header::RETRY_AFTER, "1"));
    }
    if kind != Kind::Frontend && !behaviour.database_up && !is_health(path) {
        return Some(Failure::unavailable("database_unavailable", "The database can't be reached."));
    }
    if behaviour.threads.validated && climbs(path) {
        return Some(Failure::bad_request("invalid_path", "The path has a segment that isn't allowed."));
    }
    None
}

fn is_health(path: &str) -> bool {
    path == "/health" || path.starts_with("/health/")
}

/// Whether a path, percent-decoded, has a `..` segment or is no text.
fn climbs(path: &str) -> bool {
    let decoded = percent_decode_str(path).decode_utf8();
    decoded.map_or(true, |decoded| decoded.split(['/', '\\']).any(|segment| segment == ".."))
}
