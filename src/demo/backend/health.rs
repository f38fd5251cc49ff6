//! What an instance says of itself.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde_json::{Value, json};

use super::super::answer::{Handled, json_with, ok, timestamp};
use super::super::auth::database_check;
use super::super::behaviour::Behaviour;
use super::super::instance::PHASES;
use super::super::world::Service;

pub(super) async fn health(State(service): State<Service>) -> Handled {
    let behaviour = service.behaviour();
    let status = status(&service, &behaviour);
    let up = behaviour.database_up && !behaviour.health.contradicts_itself;
    let cache = if behaviour.cache_up {
        json!({ "status": "up", "latency_ms": 0 })
    } else {
        json!({ "status": "down", "error": "connection refused" })
    };
    let body = json!({
        "status": status,
        "service": "backend",
        "version": super::super::VERSION,
        "instance": service.instance.id,
        "uptime_s": super::super::seconds(service.instance.uptime()),
        "live": true,
        "ready": is_ready(&service, &behaviour),
        "checks": {
            "database": database_check(up),
            "cache": cache,
            "agents": { "status": if behaviour.database_up { "up" } else { "down" } },
        },
        "startup": phases(&service, &behaviour),
        "timestamp": timestamp(),
    });
    Ok(unless(matches!(status, "healthy" | "degraded"), body))
}

pub(super) async fn live() -> Handled {
    ok(json!({ "live": true }))
}

pub(super) async fn ready(State(service): State<Service>) -> Handled {
    let behaviour = service.behaviour();
    if is_ready(&service, &behaviour) {
        return ok(json!({ "ready": true }));
    }
    let reason = if behaviour.database_up { "startup_incomplete" } else { "database_unavailable" };
    Ok(json_with(StatusCode::SERVICE_UNAVAILABLE, json!({ "ready": false, "reason": reason })))
}

pub(super) async fn startup(State(service): State<Service>) -> Handled {
    let body = phases(&service, &service.behaviour());
    Ok(unless(body["complete"] == true, body))
}

/// 200 when all is well, else 503.
fn unless(well: bool, body: Value) -> Response {
    json_with(if well { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE }, body)
}

fn status(service: &Service, behaviour: &Behaviour) -> &'static str {
    match behaviour {
        _ if service.instance.is_starting() => "starting",
        Behaviour { database_up: false, .. } => "unhealthy",
        Behaviour { cache_up: false, .. } => "degraded",
        _ => "healthy",
    }
}

fn completed(service: &Service, behaviour: &Behaviour) -> usize {
    service.instance.phases_done(behaviour).min(behaviour.health.phases_completing)
}

fn is_ready(service: &Service, behaviour: &Behaviour) -> bool {
    completed(service, behaviour) == PHASES.len()
}

fn phases(service: &Service, behaviour: &Behaviour) -> Value {
    let completed = completed(service, behaviour);
    let next = if behaviour.database_up { "running" } else { "failed" };
    let phases = PHASES.iter().enumerate().map(|(index, name)| {
        let state = match index {
            _ if index < completed => "complete",
            _ if index == completed => next,
            _ => "pending",
        };
        json!({ "name": name, "state": state })
    });
    json!({
        "complete": completed == PHASES.len(), "completed": completed, "total": PHASES.len(),
        "phases": phases.collect::<Vec<_>>(),
    })
}
