use serde::{Deserialize, Serialize};

use super::{Diagnostic, LeftOut, Load, Location, Span, word};

/// A test with all that it leaves as evidence.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Test {
    pub id: String,
    pub suite: String,
    pub name: String,
    #[serde(default)]
    pub doc: Option<String>,
    pub priority: Option<String>,
    pub tags: Vec<String>,
    #[serde(default)]
    pub owner: Option<String>,
    #[serde(default)]
    pub at_risk: Option<TestRisk>,
    pub location: Option<Location>,
    /// The phase that ran it, or was to.
    #[serde(default)]
    pub phase: Option<String>,
    pub outcome: word::Outcome,
    /// Why it was skipped or not run.
    #[serde(default)]
    pub reason: Option<String>,
    /// The service that it needs, and that is down.
    #[serde(default)]
    pub blocked_by: Option<String>,
    pub attempts: u32,
    /// From the start of the run.
    #[serde(default)]
    pub started_ms: f64,
    pub duration_ms: f64,
    /// Why it didn't pass, as a kind.
    #[serde(default)]
    pub symptom: Option<Symptom>,
    pub diagnostics: Vec<Diagnostic>,
    #[serde(default)]
    pub steps: Vec<Step>,
    pub exchanges: Vec<Exchange>,
    /// What isn't among its steps and exchanges, since there were too many.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub left_out: Option<LeftOut>,
    pub channels: Vec<Channel>,
    /// Of a load. Its steps, exchanges and channels are those of a few iterations that failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub load: Option<Box<Load>>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TestRisk {
    pub amount: f64,
    pub currency: String,
    pub per: Option<String>,
    pub what: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Symptom {
    pub kind: word::Symptom,
    pub service: Option<String>,
    pub host: Option<String>,
    pub failure: Option<word::Failure>,
    pub status: Option<u16>,
    /// A diagnostic's.
    pub code: Option<String>,
    /// The expectation, as written.
    pub what: Option<String>,
    pub message: String,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Step {
    pub title: String,
    pub span: Option<Span>,
    pub started_ms: f64,
    pub duration_ms: f64,
    pub state: word::Step,
    /// Its exchange's index among the test's.
    pub exchange: Option<usize>,
    pub expectations: Vec<Expectation>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Expectation {
    pub text: String,
    pub held: bool,
    pub span: Option<Span>,
    /// Why it proves little although it held.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weak: Option<Weakness>,
}

/// Weak evidence: an expectation held, and would have held of nearly anything.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Weakness {
    /// For programs: `one_element`.
    pub reason: String,
    /// For people: `the list has one element, which has nothing to be compared with`.
    pub message: String,
}

impl Test {
    /// Also one that wasn't carried out.
    pub fn is_load(&self) -> bool {
        self.load.is_some() || crate::judge::is_load(&self.id, &self.suite, &self.name)
    }

    /// Expectations that held on weak evidence, each with its reason.
    pub fn weak(&self) -> impl Iterator<Item = (&Expectation, &Weakness)> {
        self.steps.iter().flat_map(|step| &step.expectations).filter_map(|one| Some((one, one.weak.as_ref()?)))
    }
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Exchange {
    pub method: String,
    pub url: String,
    /// The path of the URL, which gates distinguish requests by.
    #[serde(default)]
    pub path: Option<String>,
    #[serde(default)]
    pub service: Option<String>,
    pub status: Option<u16>,
    #[serde(default)]
    pub version: Option<String>,
    #[serde(default)]
    pub failure: Option<Failure>,
    #[serde(default)]
    pub attempts: u32,
    /// How many times it was sent once more on a fresh connection, since one that had been used before was lost.
    #[serde(default)]
    pub reconnected: u32,
    #[serde(default)]
    pub started_ms: f64,
    /// `127.0.0.1:8080`; absent when no connection was made, or it isn't known with which of several addresses.
    pub peer: Option<String>,
    /// Every address of the host, in the order in which they are tried.
    #[serde(default)]
    pub resolved: Option<Vec<String>>,
    #[serde(default)]
    pub reused: Option<bool>,
    pub tls: Option<Tls>,
    #[serde(default)]
    pub redirects: Vec<Hop>,
    pub bytes_sent: u64,
    pub bytes_received: u64,
    pub timings_ms: Timings,
    /// It got a response, and what was expected of it held.
    #[serde(default)]
    pub held: bool,
    /// Of a channel's opening.
    #[serde(default)]
    pub opens: Option<word::Protocol>,
    /// Of a channel's opening: whether it opened; absent when the spec expected a refusal.
    #[serde(default)]
    pub opened: Option<bool>,
    #[serde(default)]
    pub channel: Option<String>,
    /// What is odd about the response, and no failure.
    #[serde(default)]
    pub warnings: Vec<String>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Failure {
    pub kind: word::Failure,
    pub message: String,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Tls {
    pub version: Option<String>,
    /// SHA-256 of the server's certificate, hexadecimal.
    pub fingerprint: Option<String>,
    pub verified: bool,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Hop {
    pub status: u16,
    pub url: String,
    #[serde(default)]
    pub peer: Option<String>,
    #[serde(default)]
    pub resolved: Option<Vec<String>>,
    #[serde(default)]
    pub reused: Option<bool>,
    #[serde(default)]
    pub tls: Option<Tls>,
}

/// A stage that didn't happen, as on a connection that was used again, is `null`.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub struct Timings {
    pub dns: Option<f64>,
    pub connect: Option<f64>,
    pub tls: Option<f64>,
    pub first_byte: Option<f64>,
    pub total: f64,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Channel {
    pub name: String,
    #[serde(default)]
    pub protocol: word::Protocol,
    pub url: String,
    #[serde(default)]
    pub opened_ms: f64,
    #[serde(default)]
    pub first_event_ms: Option<f64>,
    #[serde(default)]
    pub longest_gap_ms: Option<f64>,
    pub frames_received: usize,
    pub frames_sent: usize,
    pub closed_with: Option<u16>,
    #[serde(default)]
    pub end: Option<ChannelEnd>,
    #[serde(default)]
    pub frames: Vec<Frame>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ChannelEnd {
    pub kind: word::End,
    /// From the opening.
    #[serde(default)]
    pub at_ms: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by_us: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Frame {
    /// From 1, both directions together.
    pub number: u32,
    /// From the opening of the channel.
    pub at_ms: f64,
    pub direction: word::Direction,
    pub kind: word::Frame,
    pub event: Option<String>,
    pub size: usize,
    pub text: Option<String>,
    /// The item of a pattern that took it: `event "agent_started"`.
    pub matched: Option<String>,
}
