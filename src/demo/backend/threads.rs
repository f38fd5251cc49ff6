//! Threads: created, listed, read, changed, archived and deleted.

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::super::answer::{Failure, Handled, json_with, no_content, ok, with_header};
use super::super::caller::Caller;
use super::super::input::{Fields, JsonBody, Pairs};
use super::super::world::Service;
use super::store::{NewThread, Thread};
use super::{page, read_cursor, read_id};

pub(super) async fn create(
    State(service): State<Service>,
    caller: Caller,
    headers: HeaderMap,
    JsonBody(body): JsonBody,
) -> Handled {
    caller.needs(&service.world, "threads:write")?;
    let behaviour = service.behaviour();
    let mut fields = Fields::of(&body);
    let title = fields.text("title", 1..=200);
    let tags = fields.texts("tags", 10).unwrap_or_default();
    let metadata = metadata(&mut fields).unwrap_or_default();
    if behaviour.threads.validated {
        fields.finish()?;
    }
    let key = idempotency_key(&headers)?.filter(|_| behaviour.threads.idempotent);
    let key = key.map(|key| (caller.owner().to_owned(), key));
    let request = Value::Object(body).to_string();
    let mut table = service.world.threads.lock();
    if let Some((before, answer)) = key.as_ref().and_then(|key| table.answered.get(key)) {
        if *before != request {
            let message = "The `Idempotency-Key` was used with another body.";
            return Err(Failure::new(StatusCode::UNPROCESSABLE_ENTITY, "idempotency_key_reused", message));
        }
        let replayed = axum::http::HeaderName::from_static("idempotent-replayed");
        return Ok(with_header(created(answer.clone()), replayed, "true"));
    }
    let thread = table.create(&caller.0, &service.instance.id, NewThread { title, tags, metadata })?;
    announce(&service, thread, "thread_created");
    let shown = thread.shown();
    if let Some(key) = key {
        table.answered.insert(key, (request, shown.clone()));
    }
    Ok(created(shown))
}

fn created(thread: Value) -> Response {
    let location = format!("/threads/{}", thread["id"].as_str().unwrap_or_default());
    with_header(json_with(StatusCode::CREATED, thread), header::LOCATION, &location)
}

fn idempotency_key(headers: &HeaderMap) -> Result<Option<String>, Failure> {
    let Some(value) = headers.get("idempotency-key") else { return Ok(None) };
    let key = value.to_str().ok().filter(|key| (1..=128).contains(&key.len()));
    let wrong = || Failure::bad_request("invalid_header", "`Idempotency-Key` must have 1 to 128 characters.");
    key.map(|key| Some(key.to_owned())).ok_or_else(wrong)
}

fn metadata(fields: &mut Fields<'_>) -> Option<Map<String, Value>> {
    let value = fields.get("metadata")?;
    if !value.is_object() {
        fields.wrong("metadata", "must be an object");
    }
    value.as_object().cloned()
}

/// Reports the user's sockets what happened to a thread.
fn announce(service: &Service, thread: &mut Thread, kind: &str) {
    let behaviour = service.behaviour();
    if behaviour.socket.thread_events {
        let payload = json!({ "thread_id": thread.id, "title": thread.title, "user": thread.user });
        service.world.hub.publish(thread, &behaviour, kind, payload);
    }
}

pub(super) async fn list(State(service): State<Service>, caller: Caller, uri: Uri) -> Handled {
    caller.needs(&service.world, "threads:read")?;
    let behaviour = service.behaviour();
    let query = Pairs::of_query(&uri);
    let limit = query.number("limit", 20, 1..=100)?;
    let after = read_cursor(query.get("after"))?;
    let (state, tag) = (query.get("state"), query.get("tag"));
    if state.is_some_and(|state| !matches!(state, "open" | "archived")) {
        let problem = ("state".to_owned(), "must be `open` or `archived`".to_owned());
        return Err(Failure::fields("invalid_query", vec![problem]));
    }
    let table = service.world.threads.lock();
    let threads = table.of(caller.owner()).filter(|thread| {
        state.is_none_or(|state| state == thread.state())
            && tag.is_none_or(|tag| thread.tags.iter().any(|own| own == tag))
    });
    let items = threads.map(|thread| (thread.number, thread.shown())).collect();
    let response = json_with(StatusCode::OK, page(items, after, limit, behaviour.threads.page_overlap));
    Ok(with_header(response, header::CONTENT_TYPE, behaviour.threads.list_content_type))
}

pub(super) async fn show(
    State(service): State<Service>,
    caller: Caller,
    headers: HeaderMap,
    Path(id): Path<String>,
) -> Handled {
    caller.needs(&service.world, "threads:read")?;
    let id = read_id(&service, &id)?;
    let behaviour = service.behaviour();
    let mut table = service.world.threads.lock();
    let thread: &Thread = if behaviour.threads.isolated { table.own(id, caller.owner())? } else { table.any(id)? };
    let etag = thread.etag();
    let known = behaviour.threads.conditional && has_tag(&headers, header::IF_NONE_MATCH, &etag);
    let response =
        if known { StatusCode::NOT_MODIFIED.into_response() } else { json_with(StatusCode::OK, thread.shown()) };
    let response = with_header(response, header::ETAG, &etag);
    Ok(with_header(response, header::CACHE_CONTROL, "private, no-cache"))
}

/// Whether a conditional header names the tag (RFC 9110, section 13.1).
fn has_tag(headers: &HeaderMap, name: header::HeaderName, etag: &str) -> bool {
    let given = headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    given.split(',').map(str::trim).any(|tag| tag == "*" || tag.trim_start_matches("W/") == etag)
}

pub(super) async fn change(
    State(service): State<Service>,
    caller: Caller,
    Path(id): Path<String>,
    headers: HeaderMap,
    JsonBody(body): JsonBody,
) -> Handled {
    caller.needs(&service.world, "threads:write")?;
    let id = read_id(&service, &id)?;
    let behaviour = service.behaviour();
    let mut fields = Fields::of(&body);
    let title = fields.get("title").is_some().then(|| fields.text("title", 1..=200));
    let tags = fields.texts("tags", 10);
    let metadata = metadata(&mut fields);
    if behaviour.threads.validated {
        fields.finish()?;
    }
    let mut table = service.world.threads.lock();
    let thread = table.own(id, caller.owner())?;
    let conditional = behaviour.threads.conditional && headers.contains_key(header::IF_MATCH);
    if conditional && !has_tag(&headers, header::IF_MATCH, &thread.etag()) {
        let message = "The thread was changed since it was read.";
        return Err(Failure::new(StatusCode::PRECONDITION_FAILED, "precondition_failed", message));
    }
    thread.title = title.unwrap_or_else(|| thread.title.clone());
    thread.tags = tags.unwrap_or_else(|| thread.tags.clone());
    thread.metadata = metadata.unwrap_or_else(|| thread.metadata.clone());
    thread.touch();
    announce(&service, thread, "thread_updated");
    Ok(with_header(json_with(StatusCode::OK, thread.shown()), header::ETAG, &thread.etag()))
}

pub(super) async fn archive(State(service): State<Service>, caller: Caller, Path(id): Path<String>) -> Handled {
    caller.needs(&service.world, "threads:write")?;
    let id = read_id(&service, &id)?;
    let mut table = service.world.threads.lock();
    let thread = table.own(id, caller.owner())?;
    if thread.archived {
        return Err(Failure::conflict("thread_archived", "The thread is archived already."));
    }
    thread.archived = true;
    thread.touch();
    announce(&service, thread, "thread_archived");
    ok(thread.shown())
}

pub(super) async fn delete(State(service): State<Service>, caller: Caller, Path(id): Path<String>) -> Handled {
    caller.needs(&service.world, "threads:write")?;
    let id = read_id(&service, &id)?;
    service.world.threads.lock().own(id, caller.owner())?;
    remove(&service, &[id], caller.owner());
    no_content()
}

pub(super) async fn delete_mine(State(service): State<Service>, caller: Caller) -> Handled {
    caller.needs(&service.world, "threads:write")?;
    let ids: Vec<_> = service.world.threads.lock().of(caller.owner()).map(|thread| thread.id).collect();
    remove(&service, &ids, caller.owner());
    ok(json!({ "deleted": ids.len() }))
}

fn remove(service: &Service, ids: &[Uuid], owner: &str) {
    let deletes = service.behaviour().threads.deletes;
    let mut table = service.world.threads.lock();
    for id in ids {
        if let Ok(thread) = table.own(*id, owner) {
            announce(service, thread, "thread_deleted");
        }
        if deletes {
            table.remove(*id);
        }
    }
}
