//! Judges what is known of a run again: what a journal kept, what shards wrote.

use super::model::{Gate, Report, RiskSum};
use crate::judge::release::{Abort, Assessment, Digest, RunFacts, VerdictState, assess, denied_weak, weak_words};

/// Gives a report the gates, causes, counts and verdict that follow from its plan, tests and services.
pub fn judge(report: &mut Report) {
    let release = report.plan.release(report.run.plan.clone());
    let digests: Vec<Digest> = report.tests.iter().map(super::model::Test::digest).collect();
    let services: Vec<_> = report.services.iter().map(super::model::Service::watch).collect();
    let phases: Vec<_> = report.phases.iter().map(super::model::Phase::run).collect();
    let problems: Vec<String> = report.diagnostics.iter().map(|one| one.message.clone()).collect();
    let abort = report.abort.as_ref().map(|abort| Abort {
        condition: abort.condition.clone(),
        because: abort.because.clone(),
        service: abort.service.clone(),
        span: crate::source::Span::nowhere(),
        at: super::model::time(abort.at_ms),
    });
    let assessment = assess(RunFacts {
        release: &release,
        phases: &phases,
        digests: &digests,
        services: &services,
        abort: abort.as_ref(),
        interrupted: report.run.interrupted,
        problems: &problems,
        duration: super::model::time(report.run.duration_ms),
        deny_weak: report.run.deny_weak,
    });
    write(report, &assessment);
}

/// Judges a shard by its own tests alone: the gates are of the whole run, and are judged when its shards are merged.
///
/// Does nothing to the report of a whole run.
pub fn judge_shard(report: &mut Report) {
    let Some(shard) = report.run.shard.filter(|shard| shard.total > 1) else { return };
    let (plan, name) = (report.plan.clone(), report.run.plan.take());
    report.plan.gates.clear();
    for phase in &mut report.plan.phases {
        phase.gates.clear();
        phase.left_out |= phase.tests.is_empty();
    }
    judge(report);
    (report.plan, report.run.plan) = (plan, name);
    let mut note = format!("this is shard {} of {}", shard.index, shard.total);
    if report.tests.is_empty() {
        note.push_str(", to which no test falls");
        report.verdict.reasons.clear();
    }
    let gated = !report.plan.gates.is_empty() || report.plan.phases.iter().any(|phase| !phase.gates.is_empty());
    note.push_str(if gated {
        "; gates are judged when the shards are merged"
    } else {
        "; the run is judged when its shards are merged"
    });
    report.verdict.reasons.push(note);
}

/// Judges a report that is judged already as its run would have been with `--deny weak`.
pub fn deny_weak(report: &mut Report) {
    let count = report.summary.weak;
    if report.run.deny_weak || count == 0 {
        report.run.deny_weak = true;
        return;
    }
    report.run.deny_weak = true;
    let verdict = &mut report.verdict;
    verdict.reasons.retain(|reason| *reason != weak_words(count));
    verdict.reasons.push(denied_weak(count));
    if matches!(VerdictState::named(&verdict.state), Some(VerdictState::Ready | VerdictState::Degraded)) {
        VerdictState::NotReady.words().clone_into(&mut verdict.state);
    }
}

fn write(report: &mut Report, assessment: &Assessment) {
    report.summary = (&assessment.counts).into();
    report.verdict = (&assessment.verdict).into();
    report.causes = assessment.causes.iter().map(Into::into).collect();
    let gates = assessment.gates.iter().enumerate();
    report.gates = gates.map(|(at, gate)| Gate::new(gate, report.plan.gate_span(None, at))).collect();
    for (index, (phase, result)) in report.phases.iter_mut().zip(&assessment.phases).enumerate() {
        phase.state = result.state.name().to_owned();
        phase.summary = (&result.counts).into();
        let gates = result.gates.iter().enumerate();
        phase.gates = gates.map(|(at, gate)| Gate::new(gate, report.plan.gate_span(Some(index), at))).collect();
    }
}

/// `$120K MRR and $1.2M ARR`
pub fn risk_words(sums: &[RiskSum]) -> String {
    sums.iter().map(RiskSum::words).collect::<Vec<_>>().join(" and ")
}
