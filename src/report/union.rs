//! Puts results of several runs on one time line, and goes on with a run that was interrupted.

use std::collections::{HashMap, HashSet};

use super::model::{Begun, Diagnostic, Earlier, Part, Phase, Report, Test, sane};
use crate::judge::Outcome;

/// Moves everything that happened by so many milliseconds.
pub fn shift(report: &mut Report, by: f64) {
    let by = sane(by);
    for test in &mut report.tests {
        test.started_ms += by;
        test.steps.iter_mut().for_each(|step| step.started_ms += by);
        test.exchanges.iter_mut().for_each(|exchange| exchange.started_ms += by);
        test.left_out.iter_mut().flat_map(|one| &mut one.kinds).for_each(|kind| kind.started_ms += by);
        let requests = test.load.iter_mut().flat_map(|load| &mut load.measured.requests);
        requests.flat_map(|one| &mut one.replies).for_each(|replies| replies.started_ms += by);
        test.channels.iter_mut().for_each(|channel| channel.opened_ms += by);
    }
    report.phases.iter_mut().filter_map(|phase| phase.started_ms.as_mut()).for_each(|at| *at += by);
    report.phases.iter_mut().flat_map(|phase| &mut phase.parts).for_each(|part| part.started_ms += by);
    for service in &mut report.services {
        service.sightings.iter_mut().for_each(|one| one.at_ms += by);
    }
    report.credentials.iter_mut().flat_map(|one| &mut one.obtained_at_ms).for_each(|at| *at += by);
    report.abort.iter_mut().for_each(|abort| abort.at_ms += by);
}

/// Whether a test needs no second run: it held, or the spec leaves it out.
pub fn ended_well(test: &Test) -> bool {
    match test.outcome() {
        Outcome::Passed | Outcome::Flaky => true,
        Outcome::Skipped { blocked_by, .. } => blocked_by.is_none(),
        _ => false,
    }
}

/// What of an interrupted run's report a run that goes on with it keeps.
pub fn kept(report: &Report) -> Earlier {
    let (tests, rest): (Vec<&Test>, Vec<&Test>) = report.tests.iter().partition(|test| ended_well(test));
    // A `before all` that failed is run again with its tests, which report its problem too.
    let reported: HashSet<_> = rest.iter().flat_map(|test| &test.diagnostics).map(identity).collect();
    let again = |one: &&Diagnostic| reported.contains(&identity(one));
    Earlier {
        started_at: report.run.started_at.clone(),
        duration_ms: report.run.duration_ms,
        tests: tests.into_iter().cloned().collect(),
        phases: report.phases.clone(),
        problems: report.diagnostics.iter().filter(|one| !again(one)).cloned().collect(),
    }
}

/// What distinguishes two problems: two hooks may fail with the same words, and are at different places.
fn identity(one: &Diagnostic) -> (&str, &str, Option<(&str, u32, u32)>) {
    let place = one.span.as_ref().map(|span| (span.file.as_str(), span.start.offset, span.end.offset));
    (&one.code, &one.message, place)
}

/// Completes the report of a run with what was kept of the one that it goes on with, and judges both as one.
pub fn go_on(report: &mut Report, begun: &Begun) {
    let Some(earlier) = &begun.earlier else { return };
    shift(report, earlier.duration_ms);
    report.run.started_at.clone_from(&earlier.started_at);
    report.run.duration_ms = sane(report.run.duration_ms + earlier.duration_ms);
    report.plan = begun.plan.clone();
    let own = std::mem::take(&mut report.tests).into_iter();
    let mut ended: HashMap<String, Test> = own.map(|test| (test.id.clone(), test)).collect();
    let kept: HashMap<&str, &Test> = earlier.tests.iter().map(|test| (test.id.as_str(), test)).collect();
    let tests = begun.tests.iter().map(|planned| {
        let kept = || kept.get(planned.id.as_str()).map(|test| (*test).clone());
        ended.remove(&planned.id).or_else(kept).unwrap_or_else(|| planned.not_run("the run left it out"))
    });
    report.tests = tests.collect();
    // What was run is never left out of what is judged.
    let mut more: Vec<Test> = ended.into_values().collect();
    more.sort_by(|a, b| a.id.cmp(&b.id));
    report.tests.extend(more);
    report.diagnostics.splice(0..0, earlier.problems.iter().cloned());
    if report.run.plan.is_some() {
        report.phases = phases(report, earlier);
    }
    super::assemble::judge(report);
}

/// One for each phase of the plan; one that both parts worked on has taken the time of both.
fn phases(report: &Report, earlier: &Earlier) -> Vec<Phase> {
    let named = |phases: &[Phase], name: &str| phases.iter().find(|phase| phase.name == name).cloned();
    let joined = report.plan.phases.iter().map(|spec| {
        let (now, before) = (named(&report.phases, &spec.name), named(&earlier.phases, &spec.name));
        let mut phase = match (now, before) {
            (Some(mut now), Some(before)) if before.started_ms.is_some() => {
                let part = |phase: &Phase| Some(Part { started_ms: phase.started_ms?, duration_ms: phase.duration_ms });
                let earlier = if before.parts.is_empty() { part(&before).into_iter().collect() } else { before.parts };
                now.parts = earlier.into_iter().chain(part(&now)).collect();
                now.started_ms = before.started_ms;
                now.duration_ms = sane(now.duration_ms + before.duration_ms);
                // A budget is that of both parts together.
                let used_up = spec.budget_ms.is_some_and(|budget| now.duration_ms >= budget);
                now.over_budget |= before.over_budget || used_up;
                now
            }
            (Some(phase), _) | (None, Some(phase)) => phase,
            (None, None) => spec.not_begun(),
        };
        phase.tests.clone_from(&spec.tests);
        phase
    });
    joined.collect()
}
