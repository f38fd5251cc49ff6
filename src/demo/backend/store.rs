//! The threads with their messages and events.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard};

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::super::answer::{Failure, timestamp};
use super::super::token::Claims;
use super::super::world::lock;

/// The most that the demo keeps: threads in all, messages and events in each.
const MOST_THREADS: usize = 100_000;
const MOST_MESSAGES: usize = 2_000;
const MOST_EVENTS: usize = 500;

#[derive(Clone, Debug)]
pub(in crate::demo) struct Message {
    pub id: Uuid,
    pub role: &'static str,
    pub content: String,
    pub run_id: Option<Uuid>,
}

#[derive(Clone, Debug)]
pub(in crate::demo) struct Thread {
    pub id: Uuid,
    /// Counts up with each thread of the demo.
    pub number: u64,
    pub owner: String,
    pub user: String,
    pub team: String,
    pub title: String,
    pub tags: Vec<String>,
    pub metadata: Map<String, Value>,
    pub archived: bool,
    created_at: String,
    updated_at: String,
    version: u64,
    messages: Vec<Value>,
    /// The number of its latest event.
    seq: u64,
    events: VecDeque<(u64, Value)>,
    /// The run that is going on in it.
    pub running: Option<Uuid>,
    pub runs: Vec<Uuid>,
    created_on: String,
}

impl Thread {
    pub fn shown(&self) -> Value {
        json!({
            "id": self.id, "title": self.title, "tags": self.tags, "metadata": self.metadata, "owner": self.user,
            "state": self.state(), "archived": self.archived, "message_count": self.messages.len(),
            "created_at": self.created_at, "updated_at": self.updated_at,
        })
    }

    pub fn state(&self) -> &'static str {
        if self.archived { "archived" } else { "open" }
    }

    pub fn etag(&self) -> String {
        format!("\"{}-{}\"", self.id.simple(), self.version)
    }

    /// Notes that something of it changed.
    pub fn touch(&mut self) {
        self.version += 1;
        self.updated_at = timestamp();
    }

    /// The messages with their places, counted from 1.
    pub fn messages(&self) -> Vec<(u64, Value)> {
        (1..).zip(self.messages.iter().cloned()).collect()
    }

    /// The message as the API shows it; not stored.
    pub fn message(&self, message: &Message) -> Value {
        json!({
            "id": message.id, "thread_id": self.id, "role": message.role, "content": message.content,
            "run_id": message.run_id, "created_at": timestamp(),
        })
    }

    pub fn add_message(&mut self, message: Value) {
        if self.messages.len() < MOST_MESSAGES {
            self.messages.push(message);
        }
        self.touch();
    }

    /// Fails when it takes no further messages.
    pub fn must_be_open(&self) -> Result<(), Failure> {
        if self.archived {
            return Err(Failure::conflict("thread_archived", "The thread is archived."));
        }
        if self.messages.len() >= MOST_MESSAGES {
            return Err(Failure::conflict("thread_full", "The thread holds as many messages as it can."));
        }
        Ok(())
    }

    /// The next event of the thread, numbered and kept for those who come back.
    pub fn record(&mut self, kind: &str, payload: Value) -> Value {
        self.seq += 1;
        let event = json!({
            "type": kind, "id": Uuid::new_v4(), "seq": self.seq, "timestamp": timestamp(), "payload": payload,
        });
        if self.events.len() >= MOST_EVENTS {
            self.events.pop_front();
        }
        self.events.push_back((self.seq, event.clone()));
        event
    }

    /// The kept events after a number, each marked as sent again.
    pub fn events_after(&self, seq: u64) -> Vec<Value> {
        let missed = self.events.iter().filter(|(number, _)| *number > seq);
        let marked = missed.map(|(_, event)| {
            let mut event = event.clone();
            event["replayed"] = Value::Bool(true);
            event
        });
        marked.collect()
    }
}

/// What a thread is created with.
#[derive(Clone, Debug)]
pub(in crate::demo) struct NewThread {
    pub title: String,
    pub tags: Vec<String>,
    pub metadata: Map<String, Value>,
}

#[derive(Debug, Default)]
pub(in crate::demo) struct Table {
    threads: HashMap<Uuid, Thread>,
    by_owner: HashMap<String, Vec<Uuid>>,
    created: u64,
    /// The body and the response of each idempotent POST, by owner and key.
    pub answered: HashMap<(String, String), (String, Value)>,
}

impl Table {
    pub fn create(&mut self, claims: &Claims, instance: &str, new: NewThread) -> Result<&mut Thread, Failure> {
        if self.threads.len() >= MOST_THREADS {
            return Err(Failure::unavailable("storage_full", "The demo holds as many threads as it can."));
        }
        if self.answered.len() >= MOST_THREADS {
            self.answered.clear();
        }
        self.created += 1;
        let now = timestamp();
        let thread = Thread {
            id: Uuid::new_v4(),
            number: self.created,
            owner: claims.sub.clone(),
            user: claims.name.clone(),
            team: claims.team.clone(),
            title: new.title,
            tags: new.tags,
            metadata: new.metadata,
            archived: false,
            created_at: now.clone(),
            updated_at: now,
            version: 1,
            messages: Vec::new(),
            seq: 0,
            events: VecDeque::new(),
            running: None,
            runs: Vec::new(),
            created_on: instance.to_owned(),
        };
        self.by_owner.entry(claims.sub.clone()).or_default().push(thread.id);
        Ok(self.threads.entry(thread.id).or_insert(thread))
    }

    /// A thread of this owner.
    pub fn own(&mut self, id: Uuid, owner: &str) -> Result<&mut Thread, Failure> {
        self.threads.get_mut(&id).filter(|thread| thread.owner == owner).ok_or_else(unknown)
    }

    /// A thread of anyone.
    pub fn any(&self, id: Uuid) -> Result<&Thread, Failure> {
        self.threads.get(&id).ok_or_else(unknown)
    }

    /// All threads of an owner, oldest first.
    pub fn of(&self, owner: &str) -> impl Iterator<Item = &Thread> {
        self.by_owner.get(owner).into_iter().flatten().filter_map(|id| self.threads.get(id))
    }

    pub fn remove(&mut self, id: Uuid) {
        let Some(thread) = self.threads.remove(&id) else { return };
        if let Some(ids) = self.by_owner.get_mut(&thread.owner) {
            ids.retain(|other| *other != id);
        }
    }
}

fn unknown() -> Failure {
    Failure::not_found("thread_not_found", "There is no such thread.")
}

/// The threads of a demo. Locked after the runs and before the hub, where more than one is needed.
#[derive(Debug, Default)]
pub(in crate::demo) struct Threads {
    table: Mutex<Table>,
}

impl Threads {
    pub fn lock(&self) -> MutexGuard<'_, Table> {
        lock(&self.table)
    }

    pub fn reset(&self) {
        *self.lock() = Table::default();
    }

    /// Loses the threads that were created through an instance.
    pub fn forget_created_on(&self, instance: &str) {
        let mut table = self.lock();
        let lost: Vec<_> =
            table.threads.values().filter(|thread| thread.created_on == instance).map(|thread| thread.id).collect();
        lost.into_iter().for_each(|id| table.remove(id));
    }
}
