//! From what every test left behind to gates, causes and one verdict. Pure: a live run, a journal and merged shards are judged alike.

mod abort;
mod causes;
mod counts;
mod digest;
mod gate;
mod services;
mod suspect;
mod tests_and_loads;
mod verdict;
mod watch;

#[cfg(test)]
mod tests;

use std::time::Duration;

pub use abort::{AbortJudge, Observation};
pub use causes::Cause;
pub use counts::Counts;
pub use digest::{
    Digest, Reply, Risk, Sample, SocketOpening, Symptom, SymptomKind, Tally, micros, place, symptom_of_load,
};
pub(in crate::judge) use gate::holds;
pub use gate::{GateResult, Spread, Unit, Window};
pub use services::{Base, ServiceMap};
pub use tests_and_loads::TestsAndLoads;
pub use verdict::{RiskSum, Verdict, VerdictState, at_risk, denied_weak, weak_words};
pub use watch::{Classification, ServiceState, ServiceWatch, Sighting, classify};

pub use crate::plan::{AbortCondition, AbortKind, Gate, Measure, Of, Phase, Release, Statistic};

use crate::event::Instant;
use crate::source::Span;

/// How a phase went, apart from its gates.
#[derive(Clone, Debug, Default)]
pub struct PhaseRun {
    /// Absent when the phase was never begun.
    pub started: Option<Instant>,
    pub duration: Duration,
    /// Of one that an interrupted run had begun: the times of both parts.
    pub parts: Vec<Window>,
    /// Its budget was used up before all of its tests had run.
    pub over_budget: bool,
    /// It was cut short, and why.
    pub stopped: Option<String>,
}

impl PhaseRun {
    /// The stretches of time in which it ran; none when it was never begun.
    fn windows(&self) -> Vec<Window> {
        match self.started {
            None => Vec::new(),
            Some(started) if self.parts.is_empty() => vec![Window { started, duration: self.duration }],
            Some(_) => self.parts.clone(),
        }
    }
}

/// A condition that ended the run.
#[derive(Clone, Debug, PartialEq)]
pub struct Abort {
    /// As written: `service backend is down`.
    pub condition: String,
    /// What made it true: `503, unhealthy, for 10s`.
    pub because: String,
    /// The service that is down, where the condition is about one.
    pub service: Option<String>,
    pub span: Span,
    pub at: Instant,
}

/// Everything that a run is judged by.
#[derive(Clone, Copy, Debug)]
pub struct RunFacts<'a> {
    pub release: &'a Release,
    /// One for each phase of the release.
    pub phases: &'a [PhaseRun],
    /// Of all tests, in the order of the run's list.
    pub digests: &'a [Digest],
    pub services: &'a [ServiceWatch],
    pub abort: Option<&'a Abort>,
    pub interrupted: bool,
    /// Problems of no single test: hooks that failed.
    pub problems: &'a [String],
    pub duration: Duration,
    /// Weak evidence keeps the run from being ready.
    pub deny_weak: bool,
}

/// What the run as a whole says.
#[derive(Clone, Debug)]
pub struct Assessment {
    pub counts: Counts,
    /// One for each phase of the release.
    pub phases: Vec<PhaseResult>,
    /// Of the whole run.
    pub gates: Vec<GateResult>,
    pub causes: Vec<Cause>,
    pub verdict: Verdict,
}

#[derive(Clone, Debug)]
pub struct PhaseResult {
    pub state: PhaseState,
    /// What the phase has.
    pub of: TestsAndLoads,
    pub counts: Counts,
    pub gates: Vec<GateResult>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PhaseState {
    /// All of its gates held.
    Passed,
    /// A gate did not hold, or its budget was used up.
    Failed,
    /// Cut short by an abort or an interruption.
    Stopped,
    /// Never begun.
    NotRun,
}

impl PhaseState {
    pub fn name(self) -> &'static str {
        match self {
            PhaseState::Passed => "passed",
            PhaseState::Failed => "failed",
            PhaseState::Stopped => "stopped",
            PhaseState::NotRun => "not_run",
        }
    }
}

/// Judges a whole run.
pub fn assess(facts: RunFacts<'_>) -> Assessment {
    let phases: Vec<PhaseResult> = facts
        .release
        .phases
        .iter()
        .enumerate()
        .map(|(index, phase)| phase_result(phase, facts.phases.get(index), facts.digests))
        .collect();
    let all: Vec<&Digest> = facts.digests.iter().collect();
    let whole = Window { started: Instant::ZERO, duration: facts.duration };
    let gates: Vec<GateResult> = facts.release.gates.iter().map(|gate| gate.judge(&all, &[whole])).collect();
    let causes = causes::causes(facts.digests, facts.services, facts.abort);
    let counts = Counts::of_tests(facts.digests);
    let verdict = verdict::verdict(&facts, &counts, &phases, &gates);
    Assessment { counts, phases, gates, causes, verdict }
}

/// Judges one phase as it is.
pub fn phase_result(phase: &Phase, run: Option<&PhaseRun>, digests: &[Digest]) -> PhaseResult {
    let mine: Vec<&Digest> = {
        let ids: std::collections::HashSet<&str> = phase.tests.iter().map(String::as_str).collect();
        digests.iter().filter(|digest| ids.contains(digest.id.as_str())).collect()
    };
    let windows = run.map(PhaseRun::windows).unwrap_or_default();
    let gates: Vec<GateResult> = phase.gates.iter().map(|gate| gate.judge(&mine, &windows)).collect();
    let counts = Counts::of_tests(mine.iter().copied());
    // Without a gate, a phase passes when all of its tests do, and at least one did.
    let short = phase.gates.is_empty() && !phase.left_out && (counts.good() == 0 || counts.short() > 0);
    let state = match run.filter(|run| run.started.is_some()) {
        None => PhaseState::NotRun,
        Some(run) if run.stopped.is_some() => PhaseState::Stopped,
        Some(run) if run.over_budget || short || gates.iter().any(|gate| !gate.held) => PhaseState::Failed,
        Some(_) => PhaseState::Passed,
    };
    let of = TestsAndLoads::among(mine.iter().copied(), |_| true);
    PhaseResult { state, of, counts, gates }
}
