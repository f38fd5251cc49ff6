//! `test_results.json` as types: what every other report is made from (`docs/test_results.schema.json`).
//!
//! Fields may be added, never renamed; one that came later has a default, so that older files are still read. Durations are milliseconds,
//! times RFC 3339. Texts have passed the redactor.

mod blob;
mod convert;
mod diagnostic;
mod histogram;
mod journal;
mod left_out;
mod load;
mod plan;
mod test;
pub mod word;

use std::collections::HashSet;

use serde::{Deserialize, Serialize};

use crate::judge::release::TestsAndLoads;

pub use blob::{BLOB_KIND, BLOB_SCHEMA, Blob, SpecLine};
pub(crate) use convert::sane;
pub(crate) use convert::time;
pub use diagnostic::{Diagnostic, Excerpt, ExcerptLabel, Location, Place, Related, Span};
pub use histogram::Histogram;
pub use journal::{Begun, Earlier, Ended, JOURNAL_SCHEMA, Line, LoadBegun, Look, PhaseTimes, Planned};
pub use left_out::{Counted, LeftOut, Spread};
pub use load::{
    Bin, ErrorCount, Events, Iterations, Load, LoadFailure, LoadScenario, Measured, Openings, Replies, Requests,
    Threshold, Timeline,
};
pub use plan::{Gate, GateSpec, PhaseSpec, PlanSpec};
pub use test::{
    Channel, ChannelEnd, Exchange, Expectation, Failure, Frame, Hop, Step, Symptom, Test, TestRisk, Timings, Tls,
    Weakness,
};

/// The version of the form.
pub const SCHEMA: u32 = 1;

/// A whole report.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Report {
    pub schema: u32,
    pub tool: Tool,
    pub run: Run,
    pub verdict: Verdict,
    pub summary: Summary,
    pub phases: Vec<Phase>,
    /// Of the whole run.
    #[serde(default)]
    pub gates: Vec<Gate>,
    #[serde(default)]
    pub abort: Option<Abort>,
    pub causes: Vec<Cause>,
    #[serde(default)]
    pub services: Vec<Service>,
    #[serde(default)]
    pub credentials: Vec<Credential>,
    /// Problems of no single test.
    #[serde(default)]
    pub diagnostics: Vec<Diagnostic>,
    pub tests: Vec<Test>,
    /// What the run was to do, so that what is known can be judged again.
    #[serde(default)]
    pub plan: PlanSpec,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Tool {
    pub name: String,
    pub version: String,
}

impl Report {
    /// `3 tests and 1 load`: what it is about.
    pub fn total_words(&self) -> String {
        // Loads are in one phase each; what passed may be left out of the tests.
        let planned = self.plan.phases.iter().fold(0usize, |sum, phase| sum.saturating_add(phase.loads.len()));
        let loads = self.tests.iter().filter(|test| test.is_load()).count().max(planned);
        super::numbers::tests_and_loads(self.summary.total, loads.min(self.summary.total))
    }
}

impl Report {
    /// The ids of its loads.
    pub(in crate::report) fn loads(&self) -> HashSet<&str> {
        self.tests.iter().filter(|test| test.is_load()).map(|test| test.id.as_str()).collect()
    }
}

impl Cause {
    /// What has failed by it, given the ids of the report's loads.
    pub(in crate::report) fn kinds(&self, loads: &HashSet<&str>) -> TestsAndLoads {
        TestsAndLoads::of(self.tests.iter().map(|id| loads.contains(id.as_str())))
    }
}

impl Tool {
    pub fn this() -> Self {
        Self { name: "e2e-dsl".to_owned(), version: env!("CARGO_PKG_VERSION").to_owned() }
    }
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Run {
    pub id: String,
    pub started_at: String,
    pub duration_ms: f64,
    pub environment: Option<String>,
    pub plan: Option<String>,
    pub seed: u64,
    pub interrupted: bool,
    /// `require real`: only public hosts over verified TLS counted.
    #[serde(default)]
    pub require_real: bool,
    /// Which part of the tests this was.
    #[serde(default)]
    pub shard: Option<Shard>,
    /// SHA-256 of the specs and of what was selected of them, hexadecimal: the same for all shards of one run.
    #[serde(default)]
    pub specs: Option<String>,
    /// Weak evidence keeps the run from being ready: `--deny weak`.
    #[serde(default)]
    pub deny_weak: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shard {
    /// From 1.
    pub index: u32,
    pub total: u32,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Verdict {
    pub state: word::Verdict,
    pub reasons: Vec<String>,
    pub at_risk: Vec<RiskSum>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RiskSum {
    pub amount: f64,
    pub currency: String,
    pub per: Option<String>,
}

impl RiskSum {
    /// `$120K MRR`
    pub fn words(&self) -> String {
        let amount = crate::value::money_words(self.amount, &self.currency);
        self.per.as_ref().map_or(amount.clone(), |per| format!("{amount} {per}"))
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summary {
    pub total: usize,
    pub passed: usize,
    pub failed: usize,
    pub errored: usize,
    pub timed_out: usize,
    pub flaky: usize,
    pub skipped: usize,
    /// Of the skipped ones: those that need a service which is down.
    #[serde(default)]
    pub blocked: usize,
    pub vacuous: usize,
    /// Of a replay.
    #[serde(default, skip_serializing_if = "none")]
    pub diverged: usize,
    #[serde(default, skip_serializing_if = "none")]
    pub undecided: usize,
    pub not_run: usize,
    /// Expectations that passed on weak evidence.
    #[serde(default)]
    pub weak: usize,
}

/// A phase of the plan with what became of it. A run without a plan has none.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Phase {
    pub name: String,
    #[serde(default)]
    pub state: word::Phase,
    /// From the start of the run; absent when it was never begun.
    #[serde(default)]
    pub started_ms: Option<f64>,
    #[serde(default)]
    pub duration_ms: f64,
    /// Of one that an interrupted run had begun: the times of both parts. `duration_ms` is then their sum.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<Part>,
    #[serde(default)]
    pub budget_ms: Option<f64>,
    #[serde(default)]
    pub over_budget: bool,
    /// Why it was cut short.
    #[serde(default)]
    pub stopped: Option<String>,
    pub gates: Vec<Gate>,
    #[serde(default)]
    pub summary: Summary,
    /// The ids of the tests that it selects; one that an earlier phase ran counts with the result it had there.
    #[serde(default)]
    pub tests: Vec<String>,
    #[serde(default)]
    pub loads: Vec<String>,
}

/// A stretch of time, from the start of the run.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Part {
    pub started_ms: f64,
    pub duration_ms: f64,
}

/// The condition that ended the run.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Abort {
    pub condition: String,
    pub because: String,
    /// The service that is down, where the condition is about one.
    #[serde(default)]
    pub service: Option<String>,
    pub at_ms: f64,
    pub span: Option<Span>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Cause {
    pub summary: String,
    pub suspect: Option<String>,
    pub classification: Option<word::Classification>,
    pub tests: Vec<String>,
    /// What was seen, because of what, because of what.
    #[serde(default)]
    pub chain: Vec<String>,
    #[serde(default)]
    pub evidence: Vec<String>,
    #[serde(default)]
    pub at_risk: Vec<RiskSum>,
}

/// A service with the responses to its probe.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Service {
    pub name: String,
    pub depends_on: Vec<String>,
    /// `GET http://…/health`
    pub probe: Option<String>,
    pub within_ms: f64,
    pub state: word::Service,
    /// Of a failure that was seen.
    pub classification: Option<word::Classification>,
    pub span: Option<Span>,
    /// In order; of a long watch the first and the last ones.
    pub sightings: Vec<Sighting>,
}

/// One response to a probe.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Sighting {
    pub at_ms: f64,
    pub held: bool,
    pub status: Option<u16>,
    /// When there was no response.
    pub failure: Option<word::Failure>,
    pub says: Option<String>,
    pub progress: Option<String>,
    pub uptime_s: Option<f64>,
    #[serde(default)]
    pub names_down: Vec<String>,
    /// All of this for people: `503, starting, start-up 2/7, up for 3.1 s`
    pub words: String,
}

/// A credential of the run: when it was obtained, never what it is.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Credential {
    pub name: String,
    pub obtained_at_ms: Vec<f64>,
    /// Why it could not be obtained, the last time that it couldn't.
    pub failed: Option<String>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde gives a reference")]
fn none(count: &usize) -> bool {
    *count == 0
}
