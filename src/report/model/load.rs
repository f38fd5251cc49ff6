use serde::{Deserialize, Serialize};

use super::{Histogram, Span, word};

/// What a load did and measured, and what its thresholds make of it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Load {
    /// Of its name.
    #[serde(default)]
    pub span: Option<Span>,
    pub model: word::LoadModel,
    /// By the wall clock.
    pub began_at: String,
    /// How long iterations were to be begun.
    pub planned_ms: f64,
    /// How long they were.
    pub lasted_ms: f64,
    /// The most users that there were at a time.
    pub most_users: u32,
    pub scenarios: Vec<LoadScenario>,
    pub thresholds: Vec<Threshold>,
    /// Why it ended before its time, where a threshold isn't why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interrupted: Option<String>,
    pub measured: Measured,
    pub timeline: Timeline,
}

/// A scenario, with what became of its iterations.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoadScenario {
    /// Absent where there is only one.
    pub name: Option<String>,
    pub tags: Vec<String>,
    pub weight: u32,
    pub passed: u64,
    pub failed: u64,
    /// A `skip when` ended them.
    pub skipped: u64,
}

/// A threshold: what it measures, so that it can be judged again, and what became of it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Threshold {
    /// As written, without the word `threshold`.
    pub text: String,
    pub span: Option<Span>,
    pub measure: word::LoadMeasure,
    /// `p95`, `mean`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub statistic: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of: Option<word::Timed>,
    /// Of some scenarios only: their places.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scenarios: Option<Vec<usize>>,
    /// Of one request only: `GET /threads/*`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<String>,
    /// The channel or the event that it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Of failures of one kind only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub errors: Option<word::ErrorKind>,
    pub op: word::Operator,
    /// In `unit`.
    pub limit: f64,
    /// It must hold of the last so long, each time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub over_last_ms: Option<f64>,
    /// The load ends when it doesn't hold, but not before it has lasted so long.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub abort_after_ms: Option<f64>,
    pub unit: word::Unit,
    /// In `unit`; `null` without data, and such a threshold is not held. Of one over the last seconds it is the value that broke it, or else the last one.
    pub measured: Option<f64>,
    pub held: bool,
    /// `40 of 2200 requests`
    pub basis: String,
    /// When it first didn't hold, since the load began; of one over the whole load without `abort` only its end says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub broke_at_ms: Option<f64>,
    /// It ended the load.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub ended_load: bool,
}

/// What was measured in a load, or in a part of its time. Scenarios and thresholds are distinguished by their places, from 0.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Measured {
    /// By scenario and step, and by which thresholds are about them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub requests: Vec<Requests>,
    /// Of a part of a load; of a whole one its scenarios have them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub iterations: Vec<Iterations>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub channels: Vec<Openings>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub events: Vec<Events>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub failures: Vec<LoadFailure>,
    /// Events that came although a `never` forbids them.
    #[serde(default)]
    pub forbidden: u64,
    /// Arrivals that no user was free for.
    #[serde(default)]
    pub dropped: u64,
    /// How late arrivals began, by the machine's fault.
    #[serde(default, skip_serializing_if = "Histogram::is_empty")]
    pub late_ms: Histogram,
    /// What channels carried in iterations, both ways.
    #[serde(default)]
    pub frames: u64,
    /// That were evaluated.
    #[serde(default)]
    pub expectations: u64,
    /// Those of them that held on weak evidence.
    #[serde(default)]
    pub weak: u64,
    /// Iterations that were cut off when the load was stopped: nothing is known of them.
    #[serde(default)]
    pub cut_off: u64,
}

/// The exchanges of one step.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Requests {
    pub scenario: usize,
    /// Absent for attempts that were tried again.
    pub step: Option<Span>,
    pub method: String,
    /// Without its query; with `*` for each segment of the path in which they differ.
    pub url: String,
    pub path: Option<String>,
    pub service: Option<String>,
    /// The thresholds about one request that are about these.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub thresholds: Vec<usize>,
    pub replies: Vec<Replies>,
}

/// Those that came to the same.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Replies {
    pub status: Option<u16>,
    /// When there was no response.
    pub failure: Option<word::Failure>,
    /// What was expected of it held.
    pub held: bool,
    /// When the first of them began, from the start of the run.
    pub started_ms: f64,
    pub times_ms: Histogram,
    /// Of those that got a response.
    #[serde(default, skip_serializing_if = "Histogram::is_empty")]
    pub first_byte_ms: Histogram,
}

/// Of one scenario.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Iterations {
    pub scenario: usize,
    pub passed: u64,
    pub failed: u64,
    pub skipped: u64,
}

/// Channels of one name that were to open.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Openings {
    pub name: String,
    pub tried: u64,
    /// Of those that opened: from the request on.
    #[serde(default, skip_serializing_if = "Histogram::is_empty")]
    pub times_ms: Histogram,
}

/// Events of one name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Events {
    pub name: String,
    /// Of those that a scenario expects: from the opening of the channel, or the last frame sent on it.
    #[serde(default, skip_serializing_if = "Histogram::is_empty")]
    pub after_ms: Histogram,
    /// From the event of this name before it.
    #[serde(default, skip_serializing_if = "Histogram::is_empty")]
    pub gaps_ms: Histogram,
}

/// Failures that are alike.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoadFailure {
    pub kind: word::ErrorKind,
    /// Of the diagnostic: `e2e::expect::status`.
    pub code: String,
    /// Absent in a hook of a user.
    pub scenario: Option<usize>,
    pub step: Option<Span>,
    pub count: u64,
    /// What the first one's diagnostic says.
    pub message: String,
    /// It was tried again, as the spec says.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub excused: bool,
    /// A request failed: the thresholds about one request that are about it. Absent for anything else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<Vec<usize>>,
    /// The channel that didn't open.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channel: Option<String>,
    /// With which code the server closed a channel, where that is why it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub close_code: Option<u16>,
}

/// What came of a load over its time.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Timeline {
    /// How long each of its parts is.
    pub bin_ms: f64,
    pub bins: Vec<Bin>,
}

/// A part of a load's time.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bin {
    /// The most users that there were.
    pub users: u32,
    pub requests: u64,
    pub iterations: u64,
    #[serde(default)]
    pub dropped: u64,
    #[serde(default, skip_serializing_if = "Histogram::is_empty")]
    pub times_ms: Histogram,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<ErrorCount>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorCount {
    pub kind: word::ErrorKind,
    pub count: u64,
}

impl Threshold {
    /// What was measured, for people: `82.1%`, `1.2s`; `no data` without any.
    pub fn measured_words(&self) -> String {
        self.measured.map_or_else(|| "no data".to_owned(), |measured| self.unit.words(measured))
    }
}

impl Requests {
    pub fn count(&self) -> u64 {
        self.replies.iter().map(|one| one.times_ms.0.count).fold(0, u64::saturating_add)
    }
}

impl Load {
    /// Iterations that have ended, skipped ones aside.
    pub fn rounds(&self) -> u64 {
        let each = self.scenarios.iter().flat_map(|one| [one.passed, one.failed]);
        each.fold(0, u64::saturating_add)
    }

    pub fn exchanges(&self) -> u64 {
        self.measured.requests.iter().map(Requests::count).fold(0, u64::saturating_add)
    }

    /// Failures that weren't tried again.
    pub fn failures(&self) -> u64 {
        let each = self.measured.failures.iter().filter(|one| !one.excused).map(|one| one.count);
        each.fold(0, u64::saturating_add)
    }

    /// The place of the threshold that ended it.
    pub fn ended_by(&self) -> Option<usize> {
        self.thresholds.iter().position(|one| one.ended_load)
    }
}
