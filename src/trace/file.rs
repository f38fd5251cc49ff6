//! The file of a trace: a stream of events, a line of JSON each, compressed as one zstd stream (RFC 8878).
//!
//! It is written as the run goes on. What had been written is read whatever became of the rest, so that a run that is killed loses what was under way.

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use crate::event::{Instant, form};
use crate::plan::environment::Given;
use crate::report::model::{Line, Tool};
use crate::run::Stopped;
use crate::value::{self, Value};
use crate::world::records::Record;

/// The version of the form.
pub const TRACE_SCHEMA: u32 = 1;

/// One line of a trace. The first one is `Trace`; what isn't known by name is passed over.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Entry {
    Trace(Box<Header>),
    /// A spec, or a fixture of one.
    File {
        path: String,
        #[serde(with = "form::data")]
        bytes: Bytes,
        fixture: bool,
    },
    /// What the journal of the run says, too.
    Event(Box<Line>),
    /// What one occurrence asked of the world, and what came of it.
    Record(Box<Recorded>),
    /// A body that entries behind it name by its SHA-256, hexadecimal.
    Body {
        sha256: String,
        #[serde(with = "form::data")]
        bytes: Bytes,
    },
    /// What a function gave of a secret, by the key of the call.
    Computed {
        key: String,
        #[serde(with = "value::form")]
        value: Value,
    },
    /// What stands for secrets from here on.
    Surrogates(Vec<String>),
    /// What can't be judged again of a test.
    Undecided(Undecided),
    /// A phase of the plan was begun. Its budget counts from then, to the nanosecond.
    Phase {
        index: usize,
        #[serde(with = "form::nanoseconds")]
        at: Instant,
    },
    /// The run was stopped.
    Stopped {
        #[serde(with = "form::nanoseconds")]
        at: Instant,
        why: Stopped,
    },
    /// The trace was full: from here on it holds no bodies.
    Full {
        limit_bytes: u64,
    },
}

/// What a replay needs to know of a run before its first event.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Header {
    pub schema: u32,
    pub tool: Tool,
    /// When the run began, RFC 3339; every instant of a trace counts from it.
    pub epoch: String,
    /// Where it was begun, in case the paths of files are absolute.
    #[serde(default)]
    pub folder: Option<String>,
    /// The project's root.
    pub root: String,
    /// The specs that were given or found.
    pub specs: Vec<String>,
    pub environment: Option<String>,
    pub plan: Option<String>,
    /// The values that the environment was given; surrogates stand for its secrets.
    pub given: Given,
    pub jobs: usize,
    pub retries: Option<u32>,
    pub fail_fast: bool,
    /// Only tests that did not pass are recorded.
    #[serde(default)]
    pub failed_only: bool,
}

/// A record whose large body is in an entry of its own.
#[derive(Debug, Serialize, Deserialize)]
pub struct Recorded {
    #[serde(flatten)]
    pub record: Record,
    /// The SHA-256 of the response's body.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
}

/// What can't be judged again, since it depends on a secret that isn't in the trace.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Undecided {
    pub test: String,
    pub because: String,
    /// The texts of its expectations that come out otherwise without the secret; none where the test as a whole does.
    #[serde(default)]
    pub expectations: Vec<String>,
}
