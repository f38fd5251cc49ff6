//! Channels: connections on which frames arrive without being asked for. Every frame is kept, with its time, from the moment of opening.

mod cost;
mod departures;
mod frames;
pub mod handshake;
mod log;
mod naming;
mod sse;
mod stream;
#[cfg(test)]
mod tests;
mod websocket;

pub use departures::Departures;
pub use log::{Learn, Log, MAX_CHANNEL_BYTES};
pub use naming::Naming;
pub use websocket::{Outbound, ReplyTo};

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::task::JoinHandle;

use self::frames::Sent;
use self::websocket::{Commands, Wire};
use crate::event::Header;
use crate::net::http::Live;
use crate::syntax::ast::ChannelKind;

/// The largest frame, in bytes, that is read by the task that reads the socket; a larger one is read apart.
const AT_ONCE: usize = 64 << 10;
/// What is left to say when there is no time.
pub const HURRIED_WORDS: Duration = Duration::from_millis(50);
/// How much may wait to be sent before a `send` waits for it, in bytes.
const MAX_WAITING: usize = 32 * 1024 * 1024;

/// Whether a WebSocket may be closed with a code (RFC 6455, section 7.4, and IANA's registry): 1000 to 1003, 1007 to 1014, 3000 to 4999.
pub fn may_close_with(code: u32) -> bool {
    u16::try_from(code).is_ok_and(frames::may_close_with)
}

/// The longest reason of a close frame, in bytes (RFC 6455, section 5.5).
pub const MAX_REASON: usize = 123;

/// An open channel: its log, and the way to act on it. Dropping it cuts the connection.
pub struct Channel {
    pub log: Arc<Log>,
    /// Absent once it has been left.
    way: Option<Way>,
    closing: AtomicBool,
}

enum Way {
    Socket(Wire),
    Stream(Reading),
}

/// The task that reads a body.
struct Reading(JoinHandle<()>);

impl Drop for Reading {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Channel {
    /// Starts to read a connection whose response had these headers. `log` may hold frames of an earlier one (`reconnect`).
    pub fn start(
        kind: ChannelKind,
        live: Live,
        headers: &[Header],
        log: Arc<Log>,
        naming: Naming,
        replies: Option<ReplyTo>,
    ) -> Channel {
        let watch = match &live {
            Live::Upgraded(_, watch) => watch.clone(),
            Live::Body(response) => response.watch(),
        };
        let pen = log.connect(Box::new(move || watch.is_quiet()));
        let way = match live {
            Live::Upgraded(connection, _) => Way::Socket(Wire::start(*connection, pen, naming, replies)),
            Live::Body(response) => {
                let stream = stream::Stream::new(kind, headers, pen, naming);
                Way::Stream(Reading(tokio::spawn(stream.carry(*response))))
            }
        };
        Channel { log, way: Some(way), closing: AtomicBool::new(false) }
    }

    /// Sends a frame behind all that was sent before.
    pub fn send(&self, body: Outbound) {
        self.command(match body {
            Outbound::Text(text) => Sent::Text(text),
            Outbound::Binary(data) => Sent::Binary(data),
        });
    }

    pub fn ping(&self, payload: Vec<u8>) {
        self.command(Sent::Ping(payload));
    }

    /// Starts the closing handshake of a WebSocket; the log ends when the server's close frame comes.
    pub fn close(&self, code: u16, reason: &str) {
        self.closing.store(true, Ordering::Relaxed);
        self.command(Sent::Close { code, reason: reason.to_owned() });
    }

    /// Whether this test has closed it, and the server's close frame is awaited.
    pub fn is_closing(&self) -> bool {
        self.closing.load(Ordering::Relaxed)
    }

    /// Whether so much waits to be sent that it is better waited for.
    pub fn is_congested(&self) -> bool {
        matches!(&self.way, Some(Way::Socket(wire)) if wire.commands.backlog() > MAX_WAITING)
    }

    /// Waits until all that was sent so far has been written, at most so long.
    pub async fn flush(&self, budget: Duration) {
        if let Some(Way::Socket(wire)) = &self.way {
            wire.commands.flush(budget).await;
        }
    }

    /// Leaves the connection: what was sent goes out first, for at most `budget`, and behind it a close frame with `code`, if one is given. Where
    /// no more than [`HURRIED_WORDS`] is left for that, nobody waits for it.
    pub async fn leave(mut self, code: Option<u16>, budget: Duration, departures: &Departures) {
        let log = &self.log;
        match self.way.take() {
            Some(way) if budget <= HURRIED_WORDS => {
                log.leave();
                departures.add(async move {
                    match way {
                        Way::Socket(wire) => {
                            let _ = tokio::time::timeout(budget, farewell(&wire.commands, code, budget)).await;
                            wire.linger().await;
                        }
                        Way::Stream(reading) => drop(reading),
                    }
                });
            }
            Some(Way::Socket(wire)) => {
                let until = tokio::time::sleep(budget);
                let commands = wire.commands.clone();
                let gone = async {
                    // What goes out is part of the log; what comes from here on isn't.
                    commands.flush(budget).await;
                    log.leave();
                    farewell(&commands, code, budget).await;
                };
                tokio::select! {
                    () = gone => departures.add(wire.linger()),
                    () = until => log.leave(),
                }
            }
            Some(Way::Stream(mut reading)) => {
                log.leave();
                reading.0.abort();
                // The connection goes down with the task, which may have much to do until it finds that out.
                let _ = tokio::time::timeout(budget, &mut reading.0).await;
            }
            None => {}
        }
    }

    fn command(&self, sent: Sent) {
        if let Some(Way::Socket(wire)) = &self.way {
            wire.commands.send(sent, false);
        }
    }
}

async fn farewell(commands: &Commands, code: Option<u16>, budget: Duration) {
    match code {
        Some(code) => {
            commands.send(Sent::Close { code, reason: String::new() }, true);
            commands.flush(budget).await;
        }
        None => commands.finish(),
    }
}

impl Drop for Channel {
    fn drop(&mut self) {
        self.log.leave();
    }
}
