//! Channels: connections on which frames arrive by themselves. Every frame is kept, with its time, from the moment of opening.

mod log;
mod naming;
mod sse;
mod stream;
mod websocket;

pub use log::{Log, MAX_CHANNEL_BYTES};
pub use naming::Naming;
pub use websocket::{Outbound, ReplyTo};

use std::sync::Arc;

use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use crate::event::ChannelEnd;
use crate::net::http::Live;
use crate::syntax::ast::ChannelKind;

/// An open channel: its log, and the way to act on it. Dropping it cuts the connection.
pub struct Channel {
    pub log: Arc<Log>,
    commands: mpsc::UnboundedSender<Command>,
    task: JoinHandle<()>,
}

enum Command {
    Send(Outbound),
    Ping(Vec<u8>),
    Close { code: u16, reason: String },
}

impl Channel {
    /// Starts to read a connection. `log` may hold frames of an earlier one (`reconnect`).
    pub fn start(kind: ChannelKind, live: Live, log: Arc<Log>, naming: Naming, replies: Option<ReplyTo>) -> Channel {
        let (commands, received) = mpsc::unbounded_channel();
        let task = match live {
            Live::Upgraded(connection) => {
                tokio::spawn(websocket::carry(*connection, log.clone(), naming, replies, received))
            }
            Live::Body(answer) => tokio::spawn(stream::carry(kind, *answer, log.clone(), naming)),
        };
        Channel { log, commands, task }
    }

    /// `false` when the channel has ended, so that nothing can be sent.
    pub fn send(&self, body: Outbound) -> bool {
        self.commands.send(Command::Send(body)).is_ok()
    }

    pub fn ping(&self, payload: Vec<u8>) -> bool {
        self.commands.send(Command::Ping(payload)).is_ok()
    }

    /// Starts the closing handshake; the log ends when the server has answered.
    pub fn close(&self, code: u16, reason: &str) -> bool {
        self.commands.send(Command::Close { code, reason: reason.to_owned() }).is_ok()
    }

    /// Cuts the connection without a closing handshake.
    pub fn cut(&self) {
        self.task.abort();
        self.log.end(ChannelEnd::Dropped);
    }
}

impl Drop for Channel {
    fn drop(&mut self) {
        self.cut();
    }
}
