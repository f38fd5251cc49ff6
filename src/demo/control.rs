//! The control plane: breaks the system, and deploys instances of it.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use axum::Router;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::{get, post};
use serde_json::{Value, json};
use uuid::Uuid;

use super::answer::{Failure, Handled, json_with, no_content, ok};
use super::fault::Fault;
use super::injection::Injection;
use super::input::{Fields, JsonBody};
use super::instance::{Instance, Kind, PRIMARY, launch};
use super::world::Service;

/// How many failures one request orders at most.
const MOST_INJECTIONS: u64 = 1_000_000;

pub(super) fn routes() -> Router<Service> {
    Router::new()
        .route("/health", get(async || ok(json!({ "status": "healthy", "service": "control" }))))
        .route("/faults", get(faults).delete(clear))
        .route("/faults/{name}", get(fault).put(switch_on).delete(switch_off))
        .route("/injections", get(injections).post(inject).delete(cancel))
        .route("/reset", post(reset))
        .route("/instances", get(instances).post(deploy))
        .route("/instances/{id}", get(instance).delete(remove))
        .route("/instances/{id}/restart", post(restart))
}

fn shown(service: &Service, fault: Fault) -> Value {
    let active = service.world.switches.is_active(fault);
    json!({ "name": fault.name(), "description": fault.describe(), "active": active })
}

fn named(name: &str) -> Result<Fault, Failure> {
    name.parse().map_err(|_| Failure::not_found("fault_not_found", "There is no fault of this name."))
}

async fn faults(State(service): State<Service>) -> Handled {
    let faults: Vec<_> = Fault::ALL.iter().map(|fault| shown(&service, *fault)).collect();
    ok(json!({ "faults": faults }))
}

async fn fault(State(service): State<Service>, Path(name): Path<String>) -> Handled {
    ok(shown(&service, named(&name)?))
}

async fn switch_on(State(service): State<Service>, Path(name): Path<String>) -> Handled {
    let fault = named(&name)?;
    service.world.switches.switch(fault, true);
    ok(shown(&service, fault))
}

async fn switch_off(State(service): State<Service>, Path(name): Path<String>) -> Handled {
    let fault = named(&name)?;
    service.world.switches.switch(fault, false);
    ok(shown(&service, fault))
}

async fn clear(State(service): State<Service>) -> Handled {
    service.world.switches.set([]);
    no_content()
}

async fn injections(State(service): State<Service>) -> Handled {
    ok(service.world.injections.shown())
}

async fn inject(State(service): State<Service>, JsonBody(body): JsonBody) -> Handled {
    let mut fields = Fields::of(&body);
    let kind = fields.text("kind", 1..=32);
    let count = fields.number("count", 1..=MOST_INJECTIONS).unwrap_or(1);
    let injection = Injection::ALL.iter().copied().find(|injection| injection.name() == kind);
    if injection.is_none() && !kind.is_empty() {
        fields.wrong("kind", "is none that can be injected");
    }
    fields.finish()?;
    injection.into_iter().for_each(|injection| service.world.injections.order(injection, count));
    Ok(json_with(StatusCode::ACCEPTED, json!({ "kind": kind, "count": count })))
}

async fn cancel(State(service): State<Service>) -> Handled {
    service.world.injections.cancel();
    no_content()
}

async fn reset(State(service): State<Service>) -> Handled {
    service.world.reset();
    no_content()
}

fn of_instance(instance: &Instance) -> Value {
    let requests = instance.requests.load(Ordering::Relaxed);
    json!({ "id": instance.id, "url": instance.url(), "ws": instance.ws_url(), "requests": requests })
}

fn find(service: &Service, id: &str) -> Result<Arc<Instance>, Failure> {
    let found = service.world.instances.backends().into_iter().find(|instance| instance.id == id);
    found.ok_or_else(|| Failure::not_found("instance_not_found", "There is no such instance."))
}

async fn instances(State(service): State<Service>) -> Handled {
    let items: Vec<_> = service.world.instances.backends().iter().map(|instance| of_instance(instance)).collect();
    ok(json!({ "items": items }))
}

async fn instance(State(service): State<Service>, Path(id): Path<String>) -> Handled {
    ok(of_instance(&*find(&service, &id)?))
}

async fn deploy(State(service): State<Service>) -> Handled {
    if service.world.instances.is_full() {
        let message = "There are 32 further instances already.";
        return Err(Failure::new(StatusCode::TOO_MANY_REQUESTS, "too_many_instances", message));
    }
    let id = Uuid::new_v4().to_string();
    let launched = launch(&service.world, Kind::Backend, &id, 0, false);
    let instance = launched.map_err(|_| Failure::unavailable("no_port", "No port is free for an instance."))?;
    Ok(json_with(StatusCode::ACCEPTED, of_instance(&instance)))
}

async fn restart(State(service): State<Service>, Path(id): Path<String>) -> Handled {
    let instance = find(&service, &id)?;
    instance.restart().await;
    Ok(json_with(StatusCode::ACCEPTED, of_instance(&instance)))
}

async fn remove(State(service): State<Service>, Path(id): Path<String>) -> Handled {
    let instance = find(&service, &id)?;
    if instance.id == PRIMARY {
        return Err(Failure::conflict("instance_is_primary", "The primary instance can't be removed."));
    }
    service.world.instances.remove(&id).await;
    no_content()
}
