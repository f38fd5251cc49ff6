use std::collections::{BTreeMap, HashSet};

use super::{Counts, Digest, GateResult, PhaseResult, PhaseState, RunFacts, ServiceState, TestsAndLoads};
use crate::judge::Outcome;
use crate::value::format_duration;

/// What a run as a whole says.
#[derive(Clone, Debug, PartialEq)]
pub struct Verdict {
    pub state: VerdictState,
    pub reasons: Vec<String>,
    /// Summed over the suites of what failed, was blocked, or was left undone by an abort; what a suite puts at risk counts once.
    pub at_risk: Vec<RiskSum>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VerdictState {
    /// What was to be proved was proved.
    Ready,
    /// Every gate held, and some tests did not.
    Degraded,
    NotReady,
    /// A condition ended the run, or a signal did.
    Aborted,
    /// Nothing was proved.
    Invalid,
}

impl VerdictState {
    pub fn words(self) -> &'static str {
        match self {
            VerdictState::Ready => "READY",
            VerdictState::Degraded => "DEGRADED",
            VerdictState::NotReady => "NOT READY",
            VerdictState::Aborted => "ABORTED",
            VerdictState::Invalid => "INVALID",
        }
    }
}

/// Money of one currency and period.
#[derive(Clone, Debug, PartialEq)]
pub struct RiskSum {
    pub amount: f64,
    pub currency: String,
    pub per: Option<String>,
}

pub(super) fn verdict(facts: &RunFacts<'_>, counts: &Counts, phases: &[PhaseResult], gates: &[GateResult]) -> Verdict {
    let mut reasons = Vec::new();
    let kinds = |fits: &dyn Fn(&Digest) -> bool| TestsAndLoads::among(facts.digests, fits);
    if let Some(abort) = facts.abort {
        reasons.push(format!("aborted, since {}: {}", abort.condition, abort.because));
    } else if facts.interrupted {
        let all = kinds(&|_| true).noun();
        reasons.push(format!("the run was interrupted; {} of {} {all} were not run", counts.not_run, counts.total));
    }
    let before_gates = reasons.len();
    reasons.extend(phases_that_fail(facts, phases));
    // Of a run that was cut short, a gate that nothing was measured for says nothing new.
    let cut_short = facts.abort.is_some() || facts.interrupted;
    let failed = gates.iter().filter(|gate| !(gate.held || cut_short && gate.measured.is_none()));
    reasons.extend(failed.map(|gate| format!("the gate {}", gate_words(gate))));
    let gates_fail = reasons.len() > before_gates;
    reasons.extend(down(facts));
    reasons.extend(facts.problems.iter().cloned());
    reasons.extend(green_and_unfinished(facts));
    if counts.bad() > 0 {
        reasons.push(format!("{} of {} {} did not pass", counts.bad(), counts.total, kinds(&|_| true).noun()));
    }
    let denied = facts.deny_weak && counts.weak > 0;
    if denied {
        reasons.push(denied_weak(counts.weak));
    }
    if counts.blocked > 0 {
        let blocked = kinds(&|one| matches!(one.outcome, Outcome::Skipped { blocked_by: Some(_), .. }));
        reasons.push(format!("{} {} a service that is down", blocked.words(), blocked.verb("needs", "need")));
    }
    if counts.not_run > 0 && !cut_short {
        let not_run = kinds(&|one| matches!(one.outcome, Outcome::NotRun { .. }));
        reasons.push(format!("{} {} not run", not_run.words(), not_run.verb("was", "were")));
    }
    let gated = facts.release.name.is_some();
    let any_down = facts.services.iter().any(|one| one.state == ServiceState::Down);
    let nothing = counts.good() + counts.short() == 0;
    let state = if cut_short {
        VerdictState::Aborted
    } else if nothing && facts.problems.is_empty() && !any_down {
        let noun = if kinds(&|_| true).tests == 0 && counts.total > 0 { "load" } else { "test" };
        reasons.push(format!("nothing was proved: no {noun} passed"));
        VerdictState::Invalid
    } else if gates_fail || denied || !facts.problems.is_empty() {
        VerdictState::NotReady
    } else if counts.short() > 0 || any_down {
        if gated { VerdictState::Degraded } else { VerdictState::NotReady }
    } else {
        VerdictState::Ready
    };
    let slow = facts.services.iter().filter(|watch| watch.state == ServiceState::Up);
    reasons.extend(
        slow.filter(|watch| super::classify(&watch.sightings) == Some(super::Classification::StartUpDelay))
            .map(|watch| format!("{} was slow to start: {}", watch.name, super::watch::start_words(watch))),
    );
    if counts.flaky > 0 {
        let flaky = kinds(&|one| one.outcome == Outcome::Flaky);
        let verb = flaky.verb("is", "are");
        reasons.push(format!("{} {verb} flaky: passed only when tried again", flaky.words()));
    }
    if counts.weak > 0 && !denied {
        reasons.push(weak_words(counts.weak));
    }
    Verdict { state, reasons, at_risk: at_risk(facts.digests, facts.abort.is_some()) }
}

/// `12 expectations passed on weak evidence`
pub fn weak_words(count: usize) -> String {
    let noun = if count == 1 { "expectation" } else { "expectations" };
    format!("{count} {noun} passed on weak evidence")
}

/// The reason of a run that isn't ready because of it.
pub fn denied_weak(count: usize) -> String {
    format!("{}, which `--deny weak` refuses", weak_words(count))
}

/// `success > 90% does not hold: 82.1% (23 of 28 tests)`
fn gate_words(gate: &GateResult) -> String {
    match gate.measured {
        Some(measured) => format!("{} does not hold: {} ({})", gate.text, gate.unit.words(measured), gate.basis),
        None => format!("{} does not hold: nothing was measured ({})", gate.text, gate.basis),
    }
}

fn phases_that_fail(facts: &RunFacts<'_>, phases: &[PhaseResult]) -> Vec<String> {
    let mut reasons = Vec::new();
    for ((phase, result), run) in facts.release.phases.iter().zip(phases).zip(facts.phases) {
        if matches!(result.state, PhaseState::Stopped | PhaseState::NotRun) {
            continue;
        }
        if let Some(budget) = phase.budget.filter(|_| run.over_budget) {
            reasons.push(format!("phase \"{}\" used up its budget of {}", phase.name, format_duration(budget)));
        }
        let failed = result.gates.iter().filter(|gate| !gate.held);
        reasons.extend(failed.map(|gate| format!("phase \"{}\": the gate {}", phase.name, gate_words(gate))));
        if facts.release.name.is_some() && phase.gates.is_empty() && !phase.left_out {
            let (short, good, noun) = (result.counts.short(), result.counts.good(), result.of.noun());
            if short > 0 {
                reasons.push(format!("phase \"{}\" has no gate, and {short} of its {noun} did not pass", phase.name));
            } else if good == 0 {
                reasons.push(format!("phase \"{}\" has no gate, and none of its {noun} proved anything", phase.name));
            }
        }
    }
    reasons
}

fn down(facts: &RunFacts<'_>) -> Vec<String> {
    let reported = facts.abort.map_or("", |abort| abort.condition.as_str());
    let down = facts.services.iter().filter(|one| one.state == ServiceState::Down);
    down.filter(|one| !reported.contains(&format!("service {} is down", one.name)))
        .map(|one| {
            let last = one.sightings.iter().rev().find(|sighting| !sighting.held);
            format!("{} is down: {}", one.name, last.map_or_else(|| "no response".to_owned(), super::Sighting::words))
        })
        .collect()
}

/// A service whose health is green although it says itself that its start-up isn't over, while tests that use it fail.
fn green_and_unfinished(facts: &RunFacts<'_>) -> Vec<String> {
    let unfinished = |progress: &str| {
        let (done, total) = progress.split_once('/')?;
        Some(done.parse::<u64>().ok()? < total.parse::<u64>().ok()?)
    };
    let mut reasons = Vec::new();
    for service in facts.services.iter().filter(|one| one.state == ServiceState::Up) {
        let Some(last) = service.sightings.last().filter(|last| last.held) else { continue };
        let Some(progress) = last.progress.as_ref().filter(|progress| unfinished(progress) == Some(true)) else {
            continue;
        };
        let failed = TestsAndLoads::among(facts.digests, |digest| {
            digest.symptom.as_ref().is_some_and(|symptom| symptom.service.as_ref() == Some(&service.name))
        });
        let tests = match failed.total() {
            0 => String::new(),
            _ => format!(
                ", and {} that {} it {}",
                failed.words(),
                failed.verb("uses", "use"),
                failed.verb("fails", "fail")
            ),
        };
        reasons.push(format!("{}'s health is green although its start-up is at {progress}{tests}", service.name));
    }
    reasons
}

/// What a suite puts at risk counts once, however many of its tests fail. Each load has its own.
pub fn at_risk(digests: &[Digest], aborted: bool) -> Vec<RiskSum> {
    let unproved = |digest: &&Digest| match &digest.outcome {
        Outcome::Skipped { blocked_by, .. } => blocked_by.is_some(),
        Outcome::NotRun { .. } => aborted || digest.symptom.is_some(),
        outcome => outcome.is_bad(),
    };
    sum(digests.iter().filter(unproved))
}

pub(super) fn sum<'a>(digests: impl Iterator<Item = &'a Digest>) -> Vec<RiskSum> {
    let mut reported = HashSet::new();
    let mut counted: Vec<&super::Risk> = Vec::new();
    for digest in digests {
        if let Some(risk) = &digest.risk
            && reported.insert((
                if digest.is_load { &digest.id } else { &digest.suite },
                risk.amount.to_bits(),
                &risk.currency,
                &risk.per,
            ))
        {
            counted.push(risk);
        }
    }
    let mut sums: BTreeMap<(&str, Option<&str>), f64> = BTreeMap::new();
    for risk in counted {
        *sums.entry((&risk.currency, risk.per.as_deref())).or_default() += risk.amount;
    }
    sums.into_iter()
        // What is more than all money there is comes from a damaged file; it must stay a number.
        .map(|((currency, per), amount)| (currency, per, amount.clamp(-1e18, 1e18)))
        .map(|(currency, per, amount)| RiskSum { amount, currency: currency.to_owned(), per: per.map(str::to_owned) })
        .collect()
}
