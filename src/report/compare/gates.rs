use crate::report::model::word;
use crate::report::model::{Gate, Report};

/// A gate on both sides.
#[derive(Clone, Debug, PartialEq)]
pub struct GateChange {
    /// Absent for one of the whole run.
    pub phase: Option<String>,
    pub text: String,
    /// `held`, `failed`, `not run`; absent where there is no such gate.
    pub before: Option<&'static str>,
    pub after: Option<&'static str>,
    /// What was measured, for people.
    pub measured_before: Option<String>,
    pub measured_after: Option<String>,
}

impl GateChange {
    /// It does not hold, and did before or wasn't there.
    pub fn fails_now(&self) -> bool {
        self.after == Some("failed") && self.before != Some("failed")
    }
}

struct Seen<'r> {
    phase: Option<&'r str>,
    gate: &'r Gate,
    state: &'static str,
}

fn seen(report: &Report) -> Vec<Seen<'_>> {
    let of_phases = report.phases.iter().flat_map(|phase| {
        phase.gates.iter().map(move |gate| {
            let state = if phase.state == word::Phase::NotRun { "not run" } else { state(gate) };
            Seen { phase: Some(&phase.name), gate, state }
        })
    });
    let of_run = report.gates.iter().map(|gate| Seen { phase: None, gate, state: state(gate) });
    of_phases.chain(of_run).collect()
}

fn state(gate: &Gate) -> &'static str {
    if gate.held { "held" } else { "failed" }
}

/// Those whose state changed, that are new or gone, or that fail on both sides.
pub(super) fn gates(base: &Report, new: &Report) -> Vec<GateChange> {
    let (before, after) = (seen(base), seen(new));
    let same = |a: &Seen<'_>, b: &Seen<'_>| a.phase == b.phase && a.gate.text == b.gate.text;
    let words = |one: Option<&Seen<'_>>| {
        one.filter(|one| one.state != "not run" && one.gate.measured.is_some()).map(|one| one.gate.measured_words())
    };
    let change = |old: Option<&Seen<'_>>, now: Option<&Seen<'_>>| {
        let any = now.or(old)?;
        Some(GateChange {
            phase: any.phase.map(str::to_owned),
            text: any.gate.text.clone(),
            before: old.map(|one| one.state),
            after: now.map(|one| one.state),
            measured_before: words(old),
            measured_after: words(now),
        })
    };
    let stayed = after.iter().map(|now| change(before.iter().find(|old| same(old, now)), Some(now)));
    let gone = before.iter().filter(|old| !after.iter().any(|now| same(old, now))).map(|old| change(Some(old), None));
    let all = stayed.chain(gone).flatten();
    all.filter(|gate| gate.before != gate.after || gate.after == Some("failed")).collect()
}
