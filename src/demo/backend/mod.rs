//! The backend: health, threads, agents, streams and what is around them.

mod coordination;
mod cors;
mod health;
mod mcp;
mod messages;
mod search;
mod store;
mod stream;
mod threads;

use axum::Router;
use axum::routing::{get, post};
use serde_json::{Value, json};
use uuid::Uuid;

pub(super) use cors::cors;
pub(super) use search::Limiter;
pub(super) use store::{Message, Thread, Threads};

use super::answer::Failure;
use super::world::Service;
use super::{agent, socket};

pub(super) fn routes(_: &Service) -> Router<Service> {
    Router::new()
        .route("/health", get(health::health))
        .route("/health/live", get(health::live))
        .route("/health/ready", get(health::ready))
        .route("/health/startup", get(health::startup))
        .route("/threads", get(threads::list).post(threads::create))
        .route("/threads/mine", axum::routing::delete(threads::delete_mine))
        .route("/threads/{id}", get(threads::show).patch(threads::change).delete(threads::delete))
        .route("/threads/{id}/archive", post(threads::archive))
        .route("/threads/{id}/messages", get(messages::list).post(messages::create))
        .route("/stream/answer", get(stream::sse).post(stream::ndjson))
        .route("/discovery/services", get(coordination::services))
        .route("/discovery/services/{name}", get(coordination::service))
        .route("/mcp/config", get(mcp::config))
        .route("/mcp/tools", get(mcp::tools))
        .route("/mcp", post(mcp::call))
        .route("/search", get(search::search))
        .route("/ws", get(socket::upgrade))
        .merge(agent::routes())
}

/// An id of a path or a query.
pub(super) fn read_id(service: &Service, text: &str) -> Result<Uuid, Failure> {
    match Uuid::parse_str(text) {
        Ok(id) => Ok(id),
        Err(_) if service.behaviour().threads.validated => {
            Err(Failure::bad_request("invalid_id", "The id isn't a UUID."))
        }
        Err(_) => Err(Failure::not_found("not_found", "There is no such thing.")),
    }
}

/// A page of a list whose items are numbered upwards.
fn page(mut items: Vec<(u64, Value)>, after: u64, limit: u64, overlap: usize) -> Value {
    let total = items.len();
    let first = items.partition_point(|(number, _)| *number <= after);
    let first = if after > 0 { first.saturating_sub(overlap) } else { first };
    let end = first.saturating_add(usize::try_from(limit).unwrap_or(usize::MAX)).min(total);
    let shown: Vec<_> = items.drain(first..end).collect();
    let next = shown.last().filter(|_| end < total).map(|(number, _)| cursor(*number));
    json!({ "items": shown.into_iter().map(|(_, item)| item).collect::<Vec<_>>(), "next": next, "total": total })
}

fn cursor(number: u64) -> String {
    format!("c{number:x}")
}

/// The number that a cursor stands for; 0 where there is none.
fn read_cursor(text: Option<&str>) -> Result<u64, Failure> {
    let Some(text) = text else { return Ok(0) };
    let number = text.strip_prefix('c').and_then(|digits| u64::from_str_radix(digits, 16).ok());
    number.ok_or_else(|| Failure::fields("invalid_query", vec![("after".into(), "isn't a cursor".into())]))
}
