//! The frontend: pages, assets, cookie sessions, and a health that asks the services it depends on.

use std::time::Duration;

use axum::Router;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};

use super::answer::{Failure, Handled, json_with, ok, timestamp, with_header};
use super::auth::{end_session, open_session, session};
use super::world::Service;

const SCRIPT: &str = "\"use strict\";\n\nfetch(\"/config.json\")\n  .then((answer) => answer.json())\n  .then((config) => { document.body.dataset.api = config.api_url; });\n";
const SCRIPT_TAG: &str = "\"app-1-4-2\"";

pub(super) fn routes(service: &Service) -> Router<Service> {
    Router::new()
        .route("/", get(async || page("Demo Chat", "Demo Chat", "Talk to your agents.")))
        .route("/threads", get(async || page("Demo Chat – Threads", "Threads", "Your conversations.")))
        .route("/settings", get(async || page("Demo Chat – Settings", "Settings", "How you like it.")))
        .route("/health", get(health))
        .route("/health/live", get(async || ok(json!({ "live": true }))))
        .route("/config.json", get(config))
        .route("/assets/app.js", get(script))
        .route("/home", get(async || redirect("/")))
        .route("/redirect/{hops}", get(hop))
        .route("/session", get(session).post(open_session).delete(end_session))
        .layer(from_fn_with_state(service.clone(), secure))
}

async fn secure(State(service): State<Service>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    if service.behaviour().frontend.security_headers {
        let policy = "default-src 'self'; connect-src *; frame-ancestors 'none'";
        for (name, value) in [
            (header::CONTENT_SECURITY_POLICY, policy),
            (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
            (header::X_FRAME_OPTIONS, "DENY"),
            (header::REFERRER_POLICY, "no-referrer"),
        ] {
            response.headers_mut().insert(name, HeaderValue::from_static(value));
        }
    }
    response
}

fn page(title: &str, heading: &str, text: &str) -> Response {
    let html = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<title>{title}</title>\n\
         <script src=\"/assets/app.js\" defer></script>\n</head>\n<body>\n\
         <nav><a href=\"/\">Home</a> <a href=\"/threads\">Threads</a> <a href=\"/settings\">Settings</a></nav>\n\
         <main><h1>{heading}</h1><p>{text}</p></main>\n</body>\n</html>\n"
    );
    with_header(html.into_response(), header::CONTENT_TYPE, "text/html; charset=utf-8")
}

async fn config(State(service): State<Service>) -> Handled {
    let urls = service.world.urls();
    let body = json!({
        "api_url": urls.api, "ws_url": urls.ws, "auth_url": urls.auth, "version": super::VERSION,
        "features": { "streaming": true, "agents": true },
    });
    Ok(with_header(json_with(StatusCode::OK, body), header::CACHE_CONTROL, "no-store"))
}

async fn script(State(service): State<Service>, headers: HeaderMap) -> Response {
    if !service.behaviour().frontend.caches_assets {
        let response = with_header(SCRIPT.into_response(), header::CONTENT_TYPE, "text/javascript");
        return with_header(response, header::CACHE_CONTROL, "no-store");
    }
    let known = headers.get(header::IF_NONE_MATCH).is_some_and(|tag| tag == SCRIPT_TAG);
    let response = if known {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        with_header(SCRIPT.into_response(), header::CONTENT_TYPE, "text/javascript")
    };
    let response = with_header(response, header::ETAG, SCRIPT_TAG);
    with_header(response, header::CACHE_CONTROL, "public, max-age=31536000, immutable")
}

fn redirect(to: &str) -> Response {
    with_header(StatusCode::FOUND.into_response(), header::LOCATION, to)
}

async fn hop(Path(hops): Path<String>) -> Handled {
    match hops.parse::<u8>() {
        Ok(1) => Ok(redirect("/")),
        Ok(hops @ 2..=20) => Ok(redirect(&format!("/redirect/{}", hops - 1))),
        _ => Err(Failure::not_found("not_found", "There is nothing at this path.")),
    }
}

async fn health(State(service): State<Service>) -> Handled {
    let urls = service.world.urls();
    let (backend, auth) = if service.behaviour().frontend.knows_dependencies {
        tokio::join!(ask(&urls.api), ask(&urls.auth))
    } else {
        (json!({ "status": "unknown" }), json!({ "status": "unknown" }))
    };
    let well = backend["status"] != "down" && auth["status"] != "down";
    let status = if well { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let body = json!({
        "status": if well { "healthy" } else { "unhealthy" },
        "service": "frontend",
        "version": super::VERSION,
        "uptime_s": super::seconds(service.instance.uptime()),
        "dependencies": { "backend": backend, "auth": auth },
        "timestamp": timestamp(),
    });
    Ok(json_with(status, body))
}

/// What a service says of its health at this moment.
async fn ask(url: &str) -> Value {
    let begun = Instant::now();
    let status = timeout(Duration::from_secs(1), status_of(url)).await.ok().flatten();
    let latency_ms = begun.elapsed().as_millis().try_into().unwrap_or(u64::MAX);
    match status {
        Some(200) => json!({ "status": "up", "latency_ms": latency_ms }),
        Some(status) => json!({ "status": "down", "latency_ms": latency_ms, "http_status": status }),
        None => json!({ "status": "down", "latency_ms": latency_ms, "error": "no response" }),
    }
}

async fn status_of(url: &str) -> Option<u16> {
    let host = url.strip_prefix("http://")?;
    let mut stream = TcpStream::connect(host).await.ok()?;
    let request = format!("GET /health HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.ok()?;
    let mut line = [0; 12];
    stream.read_exact(&mut line).await.ok()?;
    std::str::from_utf8(&line).ok()?.strip_prefix("HTTP/1.1 ")?.parse().ok()
}
