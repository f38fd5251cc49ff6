//! Cross-origin requests: the frontend's origin may send them.

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::super::answer::Failure;
use super::super::instance::Kind;
use super::super::world::Service;

/// Answers preflights, and marks the responses to the allowed origin.
pub(in crate::demo) async fn cors(State(service): State<Service>, request: Request, next: Next) -> Response {
    if service.instance.kind != Kind::Backend || !service.behaviour().edge.cors {
        return next.run(request).await;
    }
    let allowed = HeaderValue::from_str(&service.world.urls().app).ok();
    let given = request.headers().get(header::ORIGIN).cloned();
    let origin = given.clone().filter(|origin| Some(origin) == allowed.as_ref());
    let preflight =
        request.method() == Method::OPTIONS && request.headers().contains_key(header::ACCESS_CONTROL_REQUEST_METHOD);
    let mut response = match (&given, &origin) {
        (Some(_), Some(_)) if preflight => StatusCode::NO_CONTENT.into_response(),
        (Some(_), None) if preflight => {
            let message = "This origin may not send requests here.";
            Failure::new(StatusCode::FORBIDDEN, "origin_not_allowed", message).into_response()
        }
        _ => next.run(request).await,
    };
    let headers = response.headers_mut();
    headers.append(header::VARY, HeaderValue::from_static("Origin"));
    if let Some(origin) = origin {
        allow(headers, origin, preflight);
    }
    response
}

fn allow(headers: &mut HeaderMap, origin: HeaderValue, preflight: bool) {
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    headers.insert(header::ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
    if preflight {
        let methods = HeaderValue::from_static("GET, POST, PATCH, DELETE, OPTIONS");
        headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, methods);
        let names = HeaderValue::from_static("Authorization, Content-Type, Idempotency-Key, If-Match, X-Request-Id");
        headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, names);
        headers.insert(header::ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("600"));
    } else {
        let names = HeaderValue::from_static("ETag, Location, X-Request-Id");
        headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, names);
    }
}
