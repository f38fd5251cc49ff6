//! What a trace holds, as a text for people.

mod channel;
mod exchange;
mod text;

use super::group::{Group, TestOf};
use super::open::Trace;
use crate::judge::is_load;
use crate::judge::release::TestsAndLoads;
use crate::value::format_duration;
use text::{counted, line};

/// One line on the run, and one on each test and each of what ran beside the tests.
pub fn list(trace: &Trace, groups: &[Group<'_>]) -> String {
    let mut out = run(trace);
    let (tests, others): (Vec<&Group<'_>>, Vec<&Group<'_>>) = groups.iter().partition(|group| group.test.is_some());
    let are_loads = tests
        .iter()
        .filter_map(|group| group.test)
        .map(|TestOf { planned, .. }| is_load(&planned.id, &planned.suite, &planned.name));
    out.push_str(&format!("\n{}\n", TestsAndLoads::of(are_loads).words()));
    tests.iter().for_each(|group| out.push_str(&head(group)));
    if !others.is_empty() {
        out.push_str("\nbeside the tests\n");
        others.iter().for_each(|group| out.push_str(&head(group)));
    }
    out
}

/// When and how the run was, whether the trace is whole, and what is not as it was.
pub fn run(trace: &Trace) -> String {
    let (header, run) = (&trace.header, &trace.begun.run);
    let mut facts = vec![format!("run of {}", header.epoch)];
    facts.extend(header.environment.iter().map(|name| format!("environment {name}")));
    facts.extend(header.plan.iter().map(|name| format!("plan {name}")));
    facts.push(format!("seed {}", run.seed));
    facts.push(format!("{} {}", header.tool.name, header.tool.version));
    if header.failed_only {
        facts.push("only tests that did not pass were recorded".to_owned());
    }
    facts.push(if trace.whole { "whole" } else { "cut off" }.to_owned());
    let facts: Vec<String> = facts.iter().map(|fact| line(fact)).collect();
    format!("{}\nsecrets were replaced by surrogates of the same form\n", facts.join(", "))
}

/// Outcome, name, how much was recorded, id and place.
fn head(group: &Group<'_>) -> String {
    let exchanges = counted(group.records.len(), "exchange");
    let counts = match group.frames() {
        0 => exchanges,
        frames => format!("{exchanges}, {}", counted(frames, "frame")),
    };
    let Some(test) = group.test else { return format!("  {}  ({counts})\n", line(&group.id)) };
    let outcome = group.outcome().unwrap_or_default();
    let mut facts = vec![counts];
    if let Some(ended) = test.ended.filter(|ended| ended.attempts > 0) {
        facts.extend((ended.attempts > 1).then(|| counted(ended.attempts as usize, "attempt")));
        facts.push(format_duration(crate::report::model::time(ended.duration_ms)));
    }
    let place = test.planned.location.as_ref().map(|at| format!("  at {}:{}", line(&at.file), at.line));
    format!(
        "  {:<9}  {}  ({})\n             {}{}\n",
        line(&outcome),
        line(&group.title()),
        facts.join(", "),
        line(&group.id),
        place.unwrap_or_default()
    )
}

/// All that was recorded of a test, or of what ran beside the tests.
pub fn full(group: &Group<'_>) -> String {
    let mut out = head(group);
    for (index, begun) in group.records.iter().enumerate() {
        out.push('\n');
        exchange::write(index + 1, begun, &mut out);
    }
    out
}
