use serde::{Deserialize, Serialize};

use super::{Phase, Span, Summary, word};

/// A gate with what became of it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Gate {
    pub text: String,
    /// In `unit`; `null` without data, and such a gate is not held.
    pub measured: Option<f64>,
    pub held: bool,
    #[serde(default)]
    pub unit: word::Unit,
    /// `12 of 14 tests`
    #[serde(default)]
    pub basis: String,
    #[serde(default)]
    pub span: Option<Span>,
}

/// What a run was to do. A run without a plan has one phase, without gates and without a name.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct PlanSpec {
    pub phases: Vec<PhaseSpec>,
    pub gates: Vec<GateSpec>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct PhaseSpec {
    pub name: String,
    pub gates: Vec<GateSpec>,
    pub budget_ms: Option<f64>,
    pub tests: Vec<String>,
    #[serde(default)]
    pub loads: Vec<String>,
    /// Nothing of it is run again, and it isn't judged.
    #[serde(default)]
    pub left_out: bool,
    pub span: Option<Span>,
}

impl PhaseSpec {
    /// The phase before anything was done about it.
    pub fn not_begun(&self) -> Phase {
        Phase {
            name: self.name.clone(),
            state: word::Phase::NotRun,
            started_ms: None,
            duration_ms: 0.0,
            parts: Vec::new(),
            budget_ms: self.budget_ms,
            over_budget: false,
            stopped: None,
            gates: Vec::new(),
            summary: Summary::default(),
            tests: self.tests.clone(),
            loads: self.loads.clone(),
        }
    }
}

/// A gate that can be judged again.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct GateSpec {
    pub text: String,
    pub measure: word::Measure,
    /// `p95`, `mean`
    #[serde(default)]
    pub statistic: Option<String>,
    #[serde(default)]
    pub of: Option<word::Of>,
    /// The request or the channel that `of` is about.
    #[serde(default)]
    pub name: Option<String>,
    pub op: word::Operator,
    /// In the measure's unit.
    pub limit: f64,
    pub span: Option<Span>,
}
