//! Who is connected, and who is sent what.

use std::collections::HashMap;
use std::sync::Mutex;

use serde_json::Value;
use tokio::sync::mpsc;
use uuid::Uuid;

use super::super::backend::Thread;
use super::super::behaviour::Behaviour;
use super::super::token::Claims;
use super::super::world::lock;

/// How many events wait for a socket before it is taken for dead.
const BACKLOG: usize = 1024;

/// What a socket is to send.
#[derive(Clone, Debug)]
pub(in crate::demo) enum Outgoing {
    Text(String),
    Close(u16, &'static str),
}

#[derive(Debug)]
struct Member {
    owner: String,
    team: String,
    thread: Option<Uuid>,
    out: mpsc::Sender<Outgoing>,
}

#[derive(Debug, Default)]
struct Members {
    sockets: HashMap<u64, Member>,
    joined: u64,
}

/// The open sockets of a demo.
#[derive(Debug, Default)]
pub(in crate::demo) struct Hub {
    members: Mutex<Members>,
}

impl Hub {
    /// Adds a socket, and gives its number and what it is sent.
    pub(super) fn join(&self, claims: &Claims, thread: Option<Uuid>) -> (u64, mpsc::Receiver<Outgoing>) {
        let (out, inbox) = mpsc::channel(BACKLOG);
        let mut members = lock(&self.members);
        members.joined += 1;
        let number = members.joined;
        let member = Member { owner: claims.sub.clone(), team: claims.team.clone(), thread, out };
        members.sockets.insert(number, member);
        (number, inbox)
    }

    pub(super) fn leave(&self, number: u64) {
        lock(&self.members).sockets.remove(&number);
    }

    /// Sends an event of a thread to the sockets that follow it, one excepted.
    pub fn send(&self, thread: &Thread, behaviour: &Behaviour, outgoing: &Outgoing, except: Option<u64>) {
        let mut members = lock(&self.members);
        members.sockets.retain(|number, member| {
            let concerned = Some(*number) != except && follows(member, thread, behaviour);
            // A socket that doesn't read what it is sent is dropped; its session then ends.
            !concerned || member.out.try_send(outgoing.clone()).is_ok()
        });
    }

    /// Closes the sockets that follow this thread alone, and the one that asked for its run. A socket that follows all of
    /// its user's threads may belong to someone who has nothing to do with this one.
    pub fn close(&self, thread: &Thread, asker: Option<u64>, code: u16, reason: &'static str) {
        for (number, member) in &lock(&self.members).sockets {
            if member.thread == Some(thread.id) || Some(*number) == asker {
                let _ = member.out.try_send(Outgoing::Close(code, reason));
            }
        }
    }

    /// Records an event in a thread and sends it.
    pub fn publish(&self, thread: &mut Thread, behaviour: &Behaviour, kind: &str, payload: Value) {
        let event = thread.record(kind, payload);
        self.send(thread, behaviour, &Outgoing::Text(event.to_string()), None);
    }
}

fn follows(member: &Member, thread: &Thread, behaviour: &Behaviour) -> bool {
    if member.owner != thread.owner {
        return behaviour.socket.leaks_to_team && member.team == thread.team;
    }
    member.thread.is_none_or(|id| id == thread.id || !behaviour.socket.filters_by_thread)
}
