//! What a client may say over the WebSocket.

use serde_json::{Map, Value, json};
use tokio_tungstenite::tungstenite::Message;
use uuid::Uuid;

use super::super::agent::{self, Options};
use super::super::answer::Failure;
use super::super::input::Fields;
use super::hub::Outgoing;
use super::session::{Session, event};

/// Does what a text frame asks, and gives what its sender alone is answered.
pub(super) fn answer(session: &Session, number: u64, text: &str) -> Option<Message> {
    let behaviour = session.service.behaviour();
    let reply = match handle(session, number, text) {
        Ok(Some((kind, _))) if kind == "pong" && !behaviour.socket.answers_pings => return None,
        Ok(Some((kind, payload))) => event(kind, payload),
        Ok(None) => return None,
        Err(_) if !behaviour.socket.reports_errors => return None,
        Err(failure) => event("error", json!({ "code": failure.code, "message": failure.message })),
    };
    Some(Message::text(reply.to_string()))
}

type Reply = Result<Option<(&'static str, Value)>, Failure>;

fn handle(session: &Session, number: u64, text: &str) -> Reply {
    let malformed = |_| Failure::bad_request("malformed_json", "The message isn't JSON.");
    let Value::Object(message) = serde_json::from_str(text).map_err(malformed)? else {
        return Err(Failure::bad_request("validation_failed", "The message must be an object."));
    };
    let payload = || message.get("payload").cloned().unwrap_or_else(|| json!({}));
    match message.get("type").and_then(Value::as_str) {
        Some("ping") => Ok(Some(("pong", payload()))),
        Some("echo") => Ok(Some(("echo", payload()))),
        Some("typing") => typing(session, number, &message),
        Some("user_message") => user_message(session, number, &message),
        Some("cancel_run") => cancel_run(session, &message),
        Some(_) => Err(Failure::bad_request("unknown_type", "There is no message of this type.")),
        None => Err(Failure::bad_request("validation_failed", "`type` must be a string.")),
    }
}

/// The thread that a message names, or else the socket's.
fn wanted_thread(session: &Session, fields: &mut Fields<'_>) -> Uuid {
    match session.thread {
        Some(thread) if fields.get("thread_id").is_none() => thread,
        _ => fields.id("thread_id"),
    }
}

/// A failure of validation says on one line what is wrong: an `error` event has no list of fields.
fn checked(fields: Fields<'_>) -> Result<(), Failure> {
    let first = fields.first_problem();
    match first {
        None => Ok(()),
        Some(problem) => Err(Failure::bad_request("validation_failed", problem)),
    }
}

fn typing(session: &Session, number: u64, message: &Map<String, Value>) -> Reply {
    let mut fields = Fields::of(message);
    let thread = wanted_thread(session, &mut fields);
    let on = fields.get("on").and_then(Value::as_bool).unwrap_or(true);
    checked(fields)?;
    let world = &session.service.world;
    let mut threads = world.threads.lock();
    let thread = threads.own(thread, &session.claims.sub)?;
    let payload = json!({ "thread_id": thread.id, "user": thread.user, "on": on });
    let text = event("typing", payload).to_string();
    world.hub.send(thread, &world.behaviour(), &Outgoing::Text(text), Some(number));
    Ok(None)
}

fn user_message(session: &Session, number: u64, message: &Map<String, Value>) -> Reply {
    let mut fields = Fields::of(message);
    let thread = wanted_thread(session, &mut fields);
    let content = fields.text("content", 1..=4000);
    let options = Options::read(&mut fields);
    checked(fields)?;
    agent::start(&session.service, &session.caller(), thread, &content, &options, Some(number))?;
    Ok(None)
}

fn cancel_run(session: &Session, message: &Map<String, Value>) -> Reply {
    let mut fields = Fields::of(message);
    let run = fields.id("run_id");
    checked(fields)?;
    agent::cancel(&session.service.world, &session.claims.sub, run)?;
    Ok(None)
}
