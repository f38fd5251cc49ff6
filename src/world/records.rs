//! What is recorded of a world: every call of it, by the occurrence that made it, with how it ended.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::cookies::Kept;
use super::{Late, Outbound, Outgoing};
use crate::event::{ChannelEnd, Direction, Exchange, FrameKind, Instant, Occurrence, Part, Response, form};
use crate::value::{self, Function, Value};

/// All that was recorded, of whichever tests, hooks, credentials and probes: by what they are of, and within it by their occurrences' digests.
#[derive(Debug, Default)]
pub struct Records {
    of: Mutex<HashMap<Part, HashMap<u64, Record>>>,
    /// What was calculated of secrets, until it is taken.
    computed: Mutex<Vec<Computed>>,
    composed: Mutex<Vec<Composed>>,
}

/// A text that was made with secrets in it.
#[derive(Clone, Debug)]
pub struct Composed {
    pub text: String,
    /// Where each part ends, and whether it is a secret.
    pub parts: Vec<(usize, bool)>,
}

/// What a function gave of a secret.
#[derive(Clone, Debug)]
pub struct Computed {
    pub function: Function,
    pub args: Vec<Value>,
    pub result: Value,
}

impl Computed {
    /// What a call is known by.
    pub fn key(function: Function, args: &[Value]) -> String {
        let mut hash = Sha256::new();
        hash.update(function.name());
        for arg in args {
            let text = serde_json::to_vec(&value::form::Form(arg)).unwrap_or_default();
            hash.update((text.len() as u64).to_le_bytes());
            hash.update(text);
        }
        hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

/// What functions gave of secrets, by [`Computed::key`] of the calls.
#[derive(Clone, Debug, Default)]
pub struct Calculated(pub HashMap<String, Value>);

impl Calculated {
    pub fn of(&self, function: Function, args: &[Value]) -> Option<Value> {
        if self.0.is_empty() { None } else { self.0.get(&Computed::key(function, args)).cloned() }
    }
}

/// What one occurrence recorded.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Record {
    pub occurrence: Occurrence,
    /// When it came to its moments.
    #[serde(with = "form::instants", default, skip_serializing_if = "Vec::is_empty")]
    pub moments: Vec<Instant>,
    /// The request that it sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<Sent>,
    /// The channel that its request opened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<Line>,
    /// How it came by credentials, by their names.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub credentials: Vec<(String, Obtained)>,
    /// How much work was done apart, when each of it ended, and which of it, from 1, came too late; 0 is a look at what was still on its way into the log of
    /// a channel.
    #[serde(skip)]
    pub works: u32,
    #[serde(with = "form::instants", default, skip_serializing_if = "Vec::is_empty")]
    pub worked: Vec<Instant>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub late: Vec<(u32, Late)>,
}

/// A request, and what came of it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Sent {
    pub request: Outgoing,
    /// What the jar had for it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub jar: Vec<Kept>,
    /// What came of it; absent when it was cut off before.
    pub ended: Option<Ended>,
}

/// What came of a request.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Ended {
    pub exchange: Exchange,
    /// When the sender of the request got it.
    #[serde(with = "form::nanoseconds")]
    pub at: Instant,
    /// Not all of the response's body was kept.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub cut: bool,
}

impl Ended {
    /// Puts a body that was kept elsewhere in its place.
    pub fn take_body(&mut self, body: Bytes) {
        if let Ok(response) = &self.exchange.outcome {
            self.exchange.outcome = Ok(Arc::new(Response { body, ..(**response).clone() }));
        }
    }
}

/// A connection of a channel.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Line {
    /// What the test did on it, in order.
    pub done: Vec<Done>,
    /// What it carried, in order.
    pub carried: Vec<Carried>,
    #[serde(with = "end")]
    pub end: Option<(Instant, ChannelEnd)>,
    /// A close frame that came before that, and that something followed.
    #[serde(with = "end", default, skip_serializing_if = "Option::is_none")]
    pub closing: Option<(Instant, ChannelEnd)>,
    /// How long it was watched, where no end of it is known.
    #[serde(with = "form::optional_nanoseconds", default, skip_serializing_if = "Option::is_none")]
    pub watched: Option<Instant>,
    /// Not all of what it carried was kept.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub cut: bool,
}

/// What a test does on a channel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Done {
    Sent(Outbound),
    Pinged(#[serde(with = "form::vec_data")] Vec<u8>),
    Closed {
        code: u16,
        reason: String,
    },
    /// Left, with the code of the close frame.
    Left(Option<u16>),
}

/// What went over a connection: one frame, or several where it carried several events.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Carried {
    #[serde(with = "form::nanoseconds")]
    pub at: Instant,
    /// It arrived behind this instant, by which nothing of it was there.
    #[serde(with = "form::nanoseconds")]
    pub behind: Instant,
    pub direction: Direction,
    pub kind: FrameKind,
    #[serde(with = "form::data")]
    pub data: bytes::Bytes,
    /// Whether an event's name or JSON was read out of it.
    pub is_read: bool,
    pub hidden: bool,
}

/// How a step came by a credential.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Obtained {
    /// It had been obtained before.
    Given(#[serde(with = "value::form")] Value),
    /// It waited for it until it was cut off.
    Never,
    /// It was obtained for this step, by this attempt at it, counted from 1.
    Fetched { attempt: u32 },
}

impl Record {
    fn new(occurrence: Occurrence) -> Self {
        Self {
            occurrence,
            moments: Vec::new(),
            request: None,
            line: None,
            credentials: Vec::new(),
            works: 0,
            worked: Vec::new(),
            late: Vec::new(),
        }
    }
}

impl Records {
    /// What an occurrence recorded, as it is.
    pub fn of(&self, occurrence: &Occurrence) -> Option<Record> {
        self.found(occurrence, Record::clone)
    }

    pub(super) fn with<T>(&self, occurrence: &Occurrence, change: impl FnOnce(&mut Record) -> T) -> T {
        let mut records = self.lock();
        let of = records.entry(occurrence.outermost().clone()).or_default();
        change(of.entry(occurrence.digest()).or_insert_with(|| Record::new(occurrence.clone())))
    }

    /// When an occurrence came to one of its moments, from 0.
    pub fn moment(&self, occurrence: &Occurrence, nth: u32) -> Option<Instant> {
        self.found(occurrence, |record| record.moments.get(nth as usize).copied())?
    }

    /// The first moment of whatever is of this, behind an instant.
    pub fn next_moment(&self, of: &Part, behind: Instant) -> Option<Instant> {
        let records = self.lock();
        let moments = records.get(of)?.values().flat_map(|record| &record.moments);
        moments.filter(|at| **at > behind).min().copied()
    }

    /// When work that was done apart ended in time, from 1.
    pub fn worked(&self, occurrence: &Occurrence, nth: u32) -> Option<Instant> {
        self.found(occurrence, |record| record.worked.get(nth.checked_sub(1)? as usize).copied())?
    }

    /// Adds what was recorded elsewhere. Of an occurrence that is known already, it is the later word.
    pub fn insert(&self, record: Record) {
        let outermost = record.occurrence.outermost().clone();
        self.lock().entry(outermost).or_default().insert(record.occurrence.digest(), record);
    }

    /// Takes out all that was recorded of a test, in no particular order.
    pub fn take(&self, of: &Part) -> Vec<Record> {
        self.lock().remove(of).into_iter().flat_map(HashMap::into_values).collect()
    }

    /// Takes out all that was recorded of an occurrence and of what is within it, in no particular order.
    pub fn take_within(&self, place: &Occurrence) -> Vec<Record> {
        let mut records = self.lock();
        let Some(of) = records.get_mut(place.outermost()) else { return Vec::new() };
        let taken = of.extract_if(|_, record| record.occurrence.is_within(place)).map(|(_, record)| record).collect();
        if of.is_empty() {
            records.remove(place.outermost());
        }
        taken
    }

    /// All that was recorded of what a choice says, in no particular order.
    pub fn all(&self, of: impl Fn(&Part) -> bool) -> Vec<Record> {
        let records = self.lock();
        records.iter().filter(|(part, _)| of(part)).flat_map(|(_, records)| records.values().cloned()).collect()
    }

    pub(super) fn computed(&self, one: Computed) {
        self.computed.lock().unwrap_or_else(PoisonError::into_inner).push(one);
    }

    /// Takes out what was calculated of secrets since it was last taken out.
    pub fn take_computed(&self) -> Vec<Computed> {
        std::mem::take(&mut self.computed.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub(super) fn composed(&self, one: Composed) {
        self.composed.lock().unwrap_or_else(PoisonError::into_inner).push(one);
    }

    /// Takes out what texts with secrets in them were made of since it was last taken out.
    pub fn take_composed(&self) -> Vec<Composed> {
        std::mem::take(&mut self.composed.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn found<T>(&self, occurrence: &Occurrence, look: impl FnOnce(&Record) -> T) -> Option<T> {
        self.lock().get(occurrence.outermost())?.get(&occurrence.digest()).map(look)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Part, HashMap<u64, Record>>> {
        self.of.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How a connection ended.
mod end {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use super::{ChannelEnd, Instant, form};

    #[derive(Serialize, Deserialize)]
    struct Written<E> {
        #[serde(with = "form::nanoseconds")]
        at: Instant,
        end: E,
    }

    pub fn serialize<S: Serializer>(end: &Option<(Instant, ChannelEnd)>, to: S) -> Result<S::Ok, S::Error> {
        end.as_ref().map(|(at, end)| Written { at: *at, end }).serialize(to)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<(Instant, ChannelEnd)>, D::Error> {
        Ok(Option::<Written<ChannelEnd>>::deserialize(from)?.map(|one| (one.at, one.end)))
    }
}
