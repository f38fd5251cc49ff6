//! Service discovery.

use axum::extract::{Path, State};
use serde_json::{Value, json};

use super::super::answer::{Failure, Handled, ok, timestamp};
use super::super::world::Service;

pub(super) async fn services(State(service): State<Service>) -> Handled {
    ok(json!({ "services": registered(&service), "generated_at": timestamp() }))
}

pub(super) async fn service(State(service): State<Service>, Path(name): Path<String>) -> Handled {
    let found = registered(&service).into_iter().find(|entry| entry["name"] == name.as_str());
    ok(found.ok_or_else(|| Failure::not_found("service_not_found", "No service has this name."))?)
}

fn registered(service: &Service) -> Vec<Value> {
    let urls = service.world.urls();
    let current = service.behaviour().health.discovery_is_current;
    // Nothing listens on TCP port 1 of a machine that hasn't been asked to (tcpmux, RFC 1078).
    let auth = if current { urls.auth } else { "http://127.0.0.1:1".into() };
    let entries = [("auth", auth), ("backend", urls.api), ("frontend", urls.app)];
    let entries = entries.into_iter().map(|(name, url)| {
        json!({
            "name": name, "url": url, "health_url": format!("{url}/health"), "status": "up",
            "version": super::super::VERSION, "last_seen": timestamp(),
        })
    });
    entries.collect()
}
