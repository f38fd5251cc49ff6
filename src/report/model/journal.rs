use serde::{Deserialize, Serialize};

use super::{
    Abort, Credential, Diagnostic, Load, Location, Measured, Phase, PlanSpec, Run, Service, Test, TestRisk, Tool,
};

/// The version of the journal's form.
pub const JOURNAL_SCHEMA: u32 = 1;

/// One line of a journal. The first one is `Begun`; what isn't known by name is passed over.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Line {
    Begun(Box<Begun>),
    Service(Box<Service>),
    PhaseStarted {
        index: usize,
        at_ms: f64,
    },
    PhaseEnded {
        index: usize,
        #[serde(flatten)]
        run: PhaseTimes,
    },
    TestStarted {
        id: String,
    },
    /// What a load measured since the line of it before this one.
    Load(Box<Look>),
    TestEnded(Box<Test>),
    Problem(Box<Diagnostic>),
    Aborted(Box<Abort>),
    Ended(Box<Ended>),
}

/// What was measured in a load since the last look at it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Look {
    /// The load's.
    pub id: String,
    /// Of the first one: what is known of the load beforehand.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub begun: Option<Box<LoadBegun>>,
    /// Its end, since the load began.
    pub at_ms: f64,
    /// Iterations were begun until then; otherwise what is under way ends.
    pub begins: bool,
    /// The most users that there were.
    pub users: u32,
    pub measured: Measured,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct LoadBegun {
    /// From the start of the run.
    pub started_ms: f64,
    pub load: Load,
}

/// What was known when the run began.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Begun {
    pub schema: u32,
    pub tool: Tool,
    pub run: Run,
    pub plan: PlanSpec,
    /// All tests that were to run, in the order of the plan.
    pub tests: Vec<Planned>,
    /// In a run that goes on with another one: what is kept of that.
    #[serde(default)]
    pub earlier: Option<Earlier>,
}

/// What a run that goes on with an interrupted one keeps of it. Times count from the first start; those of the run that goes on follow on
/// `duration_ms`, as if there had been no pause.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Earlier {
    pub started_at: String,
    pub duration_ms: f64,
    /// Those that ended well.
    pub tests: Vec<Test>,
    pub phases: Vec<Phase>,
    /// Problems of no single test that running the rest doesn't undo.
    pub problems: Vec<Diagnostic>,
}

/// A test before it has run.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Planned {
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
    #[serde(default)]
    pub phase: Option<String>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct PhaseTimes {
    pub started_ms: Option<f64>,
    pub duration_ms: f64,
    #[serde(default)]
    pub over_budget: bool,
    #[serde(default)]
    pub stopped: Option<String>,
}

/// The run came to its end, and its reports were made from then on.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Ended {
    pub duration_ms: f64,
    /// By a signal, in order.
    pub interrupted: bool,
    pub credentials: Vec<Credential>,
}

impl Planned {
    /// The test as one that never ran, and why.
    pub fn not_run(&self, cause: &str) -> Test {
        Test {
            id: self.id.clone(),
            suite: self.suite.clone(),
            name: self.name.clone(),
            doc: self.doc.clone(),
            priority: self.priority.clone(),
            tags: self.tags.clone(),
            owner: self.owner.clone(),
            at_risk: self.at_risk.clone(),
            location: self.location.clone(),
            phase: self.phase.clone(),
            outcome: super::word::Outcome::NotRun,
            reason: Some(cause.to_owned()),
            blocked_by: None,
            attempts: 0,
            started_ms: 0.0,
            duration_ms: 0.0,
            symptom: None,
            diagnostics: Vec::new(),
            steps: Vec::new(),
            exchanges: Vec::new(),
            left_out: None,
            channels: Vec::new(),
            load: None,
        }
    }
}
