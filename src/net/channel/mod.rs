//! Channels: connections on which frames arrive without being asked for. Every frame is kept, with its time, from the moment of opening.

mod departures;
mod frames;
mod queue;
mod sse;
mod stream;
#[cfg(test)]
mod tests;
mod websocket;

pub(super) use departures::Departures;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::task::JoinHandle;

use self::frames::Sent;
use self::websocket::{Commands, Wire};
use crate::net::http::Live;
use crate::value::{Draws, keyed};
use crate::world::{self, Connected, HURRIED_WORDS, Log, Outbound, Pending};

/// The largest frame, in bytes, that is read by the task that reads the socket; a larger one is read apart.
const AT_ONCE: usize = 64 << 10;
/// How much may wait to be sent before a `send` waits for it, in bytes.
const MAX_WAITING: usize = 32 * 1024 * 1024;

/// A connection whose response has come, and what it needs to be read.
pub(super) struct Responded {
    pub live: Live,
    pub departures: Arc<Departures>,
    /// What its masks are drawn from.
    pub seed: u64,
}

impl Connected for Responded {
    fn start(self: Box<Self>, reading: world::Reading) -> Box<dyn world::Channel> {
        let world::Reading { kind, headers, log, naming, replies } = reading;
        let way = match self.live {
            Live::Upgraded(connection, lookout) => {
                let pen = log.connect(Box::new(move || lookout.is_quiet()));
                let masks = Draws::new(keyed(self.seed, "masks"));
                Way::Socket(Wire::start(*connection, pen, naming, replies, masks))
            }
            Live::Body(response) => {
                let lookout = response.lookout();
                let pen = log.connect(Box::new(move || lookout.is_quiet()));
                let stream = stream::Stream::new(kind, &headers, pen, naming);
                Way::Stream(Reading(tokio::spawn(stream.carry(*response))))
            }
        };
        Box::new(Channel { log, way: Some(way), closing: AtomicBool::new(false), departures: self.departures })
    }
}

/// An open channel.
struct Channel {
    log: Arc<Log>,
    /// Absent once it has been left.
    way: Option<Way>,
    closing: AtomicBool,
    departures: Arc<Departures>,
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

impl world::Channel for Channel {
    fn send(&self, body: Outbound) {
        self.command(match body {
            Outbound::Text(text) => Sent::Text(text),
            Outbound::Binary(data) => Sent::Binary(data),
        });
    }

    fn ping(&self, payload: Vec<u8>) {
        self.command(Sent::Ping(payload));
    }

    fn close(&self, code: u16, reason: &str) {
        self.closing.store(true, Ordering::Relaxed);
        self.command(Sent::Close { code, reason: reason.to_owned() });
    }

    fn is_closing(&self) -> bool {
        self.closing.load(Ordering::Relaxed)
    }

    fn is_congested(&self) -> bool {
        matches!(&self.way, Some(Way::Socket(wire)) if wire.commands.backlog() > MAX_WAITING)
    }

    fn leave(mut self: Box<Self>, code: Option<u16>, budget: Duration) -> Pending<'static, ()> {
        Box::pin(async move {
            let log = &self.log;
            match self.way.take() {
                // Where so little is left for it, no one waits for it.
                Some(way) if budget <= HURRIED_WORDS => {
                    log.leave();
                    self.departures.add(async move {
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
                        () = gone => self.departures.add(wire.linger()),
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
        })
    }
}

impl Channel {
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
