//! Agents and runs over HTTP.

use axum::extract::{Path, State};
use axum::http::{StatusCode, Uri, header};
use serde_json::{Value, json};

use super::super::answer::{Handled, json_with, ok, with_header};
use super::super::backend::read_id;
use super::super::caller::Caller;
use super::super::input::{JsonBody, Pairs};
use super::super::world::Service;
use super::run::{self, read_request};
use super::tools::{AGENTS, TOOLS};

pub(super) async fn agents(State(service): State<Service>, caller: Caller) -> Handled {
    let busy = service.world.runs.fold(caller.owner(), Vec::new(), |mut busy, run| {
        if run.status == "running" {
            busy.push("supervisor");
            busy.extend(run.plan.iter().filter(|(_, _, state)| *state == "running").map(|(agent, _, _)| *agent));
        }
        busy
    });
    let items = AGENTS.iter().map(|(name, role)| {
        let tools: Vec<_> = TOOLS.iter().filter(|tool| tool.agent == *name).map(|tool| tool.name).collect();
        let status = if busy.contains(name) { "busy" } else { "idle" };
        json!({ "name": name, "role": role, "status": status, "tools": tools })
    });
    ok(json!({ "items": items.collect::<Vec<_>>() }))
}

pub(super) async fn create(State(service): State<Service>, caller: Caller, JsonBody(body): JsonBody) -> Handled {
    caller.needs(&service.world, "agents:run")?;
    let (thread, content, options) = read_request(&body)?;
    let run = run::start(&service, &caller, thread, &content, &options, None)?;
    let response = json_with(StatusCode::ACCEPTED, run.shown());
    Ok(with_header(response, header::LOCATION, &format!("/agents/runs/{}", run.id)))
}

pub(super) async fn show(State(service): State<Service>, caller: Caller, Path(id): Path<String>) -> Handled {
    let id = read_id(&service, &id)?;
    ok(service.world.runs.own(id, caller.owner())?.shown())
}

pub(super) async fn list(State(service): State<Service>, caller: Caller, uri: Uri) -> Handled {
    let query = Pairs::of_query(&uri);
    let id = read_id(&service, query.get("thread").unwrap_or_default())?;
    let ids = service.world.threads.lock().own(id, caller.owner())?.runs.clone();
    let runs = ids.into_iter().filter_map(|id| service.world.runs.own(id, caller.owner()).ok());
    ok(json!({ "items": runs.map(|run| run.shown()).collect::<Vec<Value>>() }))
}

pub(super) async fn cancel(State(service): State<Service>, caller: Caller, Path(id): Path<String>) -> Handled {
    let id = read_id(&service, &id)?;
    let run = run::cancel(&service.world, caller.owner(), id)?;
    Ok(json_with(StatusCode::ACCEPTED, run.shown()))
}

pub(super) async fn usage(State(service): State<Service>, caller: Caller) -> Handled {
    let start = (0u64, 0u64, 0u64);
    let (runs, input, output) = service.world.runs.fold(caller.owner(), start, |(runs, input, output), run| {
        (runs + 1, input.saturating_add(run.input_tokens), output.saturating_add(run.output_tokens))
    });
    let messages: usize = service.world.threads.lock().of(caller.owner()).map(|thread| thread.messages().len()).sum();
    ok(json!({ "runs": runs, "messages": messages, "input_tokens": input, "output_tokens": output }))
}
