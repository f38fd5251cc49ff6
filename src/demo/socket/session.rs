//! One open WebSocket: what it is sent, what it asks, and how it ends.

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use hyper::upgrade::{OnUpgrade, Upgraded};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;
use tokio::sync::mpsc;
use tokio::time::{Instant, MissedTickBehavior, interval_at, sleep, timeout};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Role, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Error, Message, error::CapacityError};
use uuid::Uuid;

use super::super::answer::timestamp;
use super::super::caller::{Caller, TokenProblem, now};
use super::super::injection::Injection;
use super::super::input::BODY_LIMIT;
use super::super::token::Claims;
use super::super::world::Service;
use super::hub::Outgoing;
use super::incoming;

type Socket = WebSocketStream<TokioIo<Upgraded>>;

const HEARTBEAT: Duration = Duration::from_secs(15);
/// How long a frame may take to be taken by the client, and a close to be answered.
const PATIENCE: Duration = Duration::from_secs(5);
/// RFC 6455, section 7.4.2: codes from 4000 on are for private use. Used for a token that isn't or is no longer good.
const UNAUTHORIZED: u16 = 4401;

/// A final frame of one byte with all reserved bits set, and the opcode 3, which is reserved too (RFC 6455, section 5.2).
const MALFORMED: [u8; 3] = [0xf3, 0x01, b'!'];

/// What a session knows of itself.
#[derive(Clone, Debug)]
pub(super) struct Session {
    pub service: Service,
    pub claims: Claims,
    /// The only thread whose events it is sent.
    pub thread: Option<Uuid>,
    /// The last event that the client has seen.
    pub after: Option<u64>,
}

impl Session {
    pub fn caller(&self) -> Caller {
        Caller(self.claims.clone())
    }
}

/// Serves a socket until either side ends it, its token expires, or its instance is cut.
pub(super) async fn run(on_upgrade: OnUpgrade, service: Service, session: Result<Session, TokenProblem>) {
    let mut cut = service.instance.cut();
    let work = async {
        let Ok(upgraded) = on_upgrade.await else { return };
        let config = WebSocketConfig::default().max_message_size(Some(BODY_LIMIT)).max_frame_size(Some(BODY_LIMIT));
        let mut socket = WebSocketStream::from_raw_socket(TokioIo::new(upgraded), Role::Server, Some(config)).await;
        match session {
            Ok(session) => converse(&mut socket, &session).await,
            Err(problem) => close(&mut socket, UNAUTHORIZED, problem.code()).await,
        }
    };
    tokio::select! {
        () = work => {}
        _ = cut.changed() => {}
    }
}

async fn converse(socket: &mut Socket, session: &Session) {
    let (number, mut inbox, missed) = join(session);
    let end = talk(socket, session, number, &mut inbox, missed).await;
    session.service.world.hub.leave(number);
    if let Some((code, reason)) = end {
        close(socket, code, reason).await;
    }
}

/// Joins the hub; what was missed is taken in the same moment, so that nothing falls in between.
fn join(session: &Session) -> (u64, mpsc::Receiver<Outgoing>, Vec<Value>) {
    let world = &session.service.world;
    let mut threads = world.threads.lock();
    let (number, inbox) = world.hub.join(&session.claims, session.thread);
    let missed = match (session.thread, session.after) {
        (Some(id), Some(after)) if world.behaviour().socket.replays => {
            threads.own(id, &session.claims.sub).map(|thread| thread.events_after(after)).unwrap_or_default()
        }
        _ => Vec::new(),
    };
    (number, inbox, missed)
}

/// Sends and takes frames; gives how the server is to close, if it is the server that does.
async fn talk(
    socket: &mut Socket,
    session: &Session,
    number: u64,
    inbox: &mut mpsc::Receiver<Outgoing>,
    missed: Vec<Value>,
) -> Option<(u16, &'static str)> {
    let payload = json!({
        "connection_id": Uuid::new_v4(), "user": session.claims.name, "thread_id": session.thread,
        "heartbeat_s": HEARTBEAT.as_secs(),
    });
    send(socket, Message::text(event("connected", payload).to_string())).await?;
    for event in missed {
        send(socket, Message::text(event.to_string())).await?;
    }
    let mut heartbeat = interval_at(Instant::now() + HEARTBEAT, HEARTBEAT);
    heartbeat.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let expired = sleep(Duration::from_secs(session.claims.exp.saturating_sub(now())));
    tokio::pin!(expired);
    let checks_expiry = session.service.behaviour().auth.checks_expiry;
    loop {
        tokio::select! {
            outgoing = inbox.recv() => match outgoing {
                Some(Outgoing::Text(text)) => send(socket, Message::text(text)).await?,
                Some(Outgoing::Close(code, reason)) => return Some((code, reason)),
                // The hub dropped it, because it doesn't read.
                None => return None,
            },
            message = socket.next() => {
                let reply = match take(message) {
                    Taken::Text(text) => match session.service.world.injections.of_message() {
                        None => incoming::answer(session, number, &text),
                        Some(Injection::MalformedFrame) => {
                            let _ = socket.get_mut().write_all(&MALFORMED).await;
                            return None;
                        }
                        Some(_) => return Some((1011, "injected")),
                    },
                    Taken::Binary(bytes) => Some(Message::Binary(bytes)),
                    Taken::Nothing => None,
                    Taken::TooLarge => return Some((1009, "message too large")),
                    Taken::End => return None,
                };
                if let Some(reply) = reply {
                    send(socket, reply).await?;
                }
            }
            _ = heartbeat.tick() => send(socket, Message::Ping(bytes::Bytes::new())).await?,
            () = &mut expired, if checks_expiry => return Some((UNAUTHORIZED, TokenProblem::Expired.code())),
        }
    }
}

enum Taken {
    Text(String),
    Binary(bytes::Bytes),
    Nothing,
    TooLarge,
    End,
}

fn take(message: Option<Result<Message, Error>>) -> Taken {
    match message {
        Some(Ok(Message::Text(text))) => Taken::Text(text.as_str().to_owned()),
        Some(Ok(Message::Binary(bytes))) => Taken::Binary(bytes),
        Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => Taken::Nothing,
        // The response to the client's close goes out with the next read, which then ends.
        Some(Ok(Message::Close(_))) => Taken::Nothing,
        Some(Err(Error::Capacity(CapacityError::MessageTooLong { .. }))) => Taken::TooLarge,
        Some(Err(_)) | None => Taken::End,
    }
}

/// An event that isn't one of a thread.
pub(super) fn event(kind: &str, payload: Value) -> Value {
    json!({ "type": kind, "id": Uuid::new_v4(), "timestamp": timestamp(), "payload": payload })
}

/// None when the client is gone, or doesn't read.
async fn send(socket: &mut Socket, message: Message) -> Option<()> {
    timeout(PATIENCE, socket.send(message)).await.ok()?.ok()
}

/// Closes, and waits for the client's response, so that the code isn't lost to a reset.
async fn close(socket: &mut Socket, code: u16, reason: &'static str) {
    let frame = CloseFrame { code: code.into(), reason: reason.into() };
    if send(socket, Message::Close(Some(frame))).await.is_none() {
        return;
    }
    let rest = async { while let Some(Ok(_)) = socket.next().await {} };
    let _ = timeout(PATIENCE, rest).await;
}
