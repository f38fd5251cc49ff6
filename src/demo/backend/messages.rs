//! The messages of a thread.

use axum::extract::{Path, State};
use axum::http::{StatusCode, Uri};
use uuid::Uuid;

use super::super::answer::{Handled, json_with, ok};
use super::super::caller::Caller;
use super::super::input::{Fields, JsonBody, Pairs};
use super::super::world::Service;
use super::store::Message;
use super::{page, read_cursor, read_id};

pub(super) async fn create(
    State(service): State<Service>,
    caller: Caller,
    Path(id): Path<String>,
    JsonBody(body): JsonBody,
) -> Handled {
    caller.needs(&service.world, "threads:write")?;
    let id = read_id(&service, &id)?;
    let behaviour = service.behaviour();
    let mut fields = Fields::of(&body);
    let content = fields.text("content", 1..=4000);
    if behaviour.threads.validated {
        fields.finish()?;
    }
    let mut table = service.world.threads.lock();
    let thread = table.own(id, caller.owner())?;
    thread.must_be_open()?;
    let message = thread.message(&Message { id: Uuid::new_v4(), role: "user", content, run_id: None });
    if behaviour.threads.keeps_messages {
        thread.add_message(message.clone());
    }
    Ok(json_with(StatusCode::CREATED, message))
}

pub(super) async fn list(State(service): State<Service>, caller: Caller, Path(id): Path<String>, uri: Uri) -> Handled {
    caller.needs(&service.world, "threads:read")?;
    let id = read_id(&service, &id)?;
    let behaviour = service.behaviour();
    let query = Pairs::of_query(&uri);
    let limit = query.number("limit", 20, 1..=100)?;
    let after = read_cursor(query.get("after"))?;
    let mut table = service.world.threads.lock();
    let messages =
        if behaviour.threads.isolated { table.own(id, caller.owner())?.messages() } else { table.any(id)?.messages() };
    ok(page(messages, after, limit, behaviour.threads.page_overlap))
}
