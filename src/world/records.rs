//! What is recorded of a world: every call of it, by the occurrence that made it, with how it ended.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::{Outbound, Outgoing};
use crate::event::{ChannelEnd, Direction, Exchange, FrameKind, Instant, Occurrence};
use crate::value::Value;

/// All that was recorded, of whichever tests, hooks, credentials and probes.
#[derive(Debug, Default)]
pub struct Records(Mutex<HashMap<u64, Record>>);

/// What one occurrence recorded.
#[derive(Clone, Debug, Default)]
pub struct Record {
    /// When it came to its moments.
    pub moments: Vec<Instant>,
    /// The request that it sent.
    pub request: Option<Sent>,
    /// The channel that its request opened.
    pub line: Option<Line>,
    /// How it came by credentials, by their names.
    pub credentials: Vec<(String, Obtained)>,
}

/// A request, and what came of it.
#[derive(Clone, Debug)]
pub struct Sent {
    pub request: Outgoing,
    /// The exchange, and when whoever sent the request got it; absent when it was cut off before.
    pub ended: Option<(Exchange, Instant)>,
}

/// A connection of a channel.
#[derive(Clone, Debug, Default)]
pub struct Line {
    /// What the test did on it, in order.
    pub done: Vec<Done>,
    /// What it carried, in order.
    pub carried: Vec<Carried>,
    pub end: Option<(Instant, ChannelEnd)>,
}

/// What a test does on a channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Done {
    Sent(Outbound),
    Pinged(Vec<u8>),
    Closed {
        code: u16,
        reason: String,
    },
    /// Left, with the code of the close frame.
    Left(Option<u16>),
}

/// What went over a connection: one frame, or several where it carried several events.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Carried {
    pub at: Instant,
    /// It arrived behind this instant, by which nothing of it was there.
    pub behind: Instant,
    pub direction: Direction,
    pub kind: FrameKind,
    pub data: bytes::Bytes,
    /// Whether an event's name or JSON was read out of it.
    pub is_read: bool,
    pub hidden: bool,
}

/// How a step came by a credential.
#[derive(Clone, Debug)]
pub enum Obtained {
    /// It had been obtained before.
    Given(Value),
    /// It waited for it until it was cut off.
    Never,
    /// It was obtained for this step, by this attempt at it, counted from 1.
    Fetched { attempt: u32 },
}

impl Records {
    /// What an occurrence recorded, as it stands.
    pub fn of(&self, occurrence: &Occurrence) -> Option<Record> {
        self.lock().get(&occurrence.digest()).cloned()
    }

    pub(super) fn with<T>(&self, occurrence: &Occurrence, change: impl FnOnce(&mut Record) -> T) -> T {
        change(self.lock().entry(occurrence.digest()).or_default())
    }

    /// When an occurrence came to one of its moments, from 0.
    pub fn moment(&self, occurrence: &Occurrence, nth: u32) -> Option<Instant> {
        self.lock().get(&occurrence.digest())?.moments.get(nth as usize).copied()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<u64, Record>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
