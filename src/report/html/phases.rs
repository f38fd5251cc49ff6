//! The plan's phases over the time of the run, and the gates.

use crate::report::model::word;
use askama::Template;

use super::words::{Slice, across, clean, clean_or_empty, duration, slices};
use crate::report::model::{self, Report};

#[derive(Template)]
#[template(path = "phases.html")]
pub(super) struct Phases {
    plan: String,
    phases: Vec<Phase>,
    whole: Vec<Gate>,
    end: String,
}

struct Phase {
    name: String,
    class: &'static str,
    state: &'static str,
    tests: String,
    counts: String,
    bar: Vec<Slice>,
    time: String,
    budget: String,
    over_budget: bool,
    stopped: String,
    loads: Vec<String>,
    gates: Vec<Gate>,
    /// Where its time begins among the run's, how long it is, and where its budget ends.
    span: Option<(f64, f64, Option<f64>)>,
    span_words: String,
}

struct Gate {
    text: String,
    measured: String,
    basis: String,
    /// `held`, `broken`; `unknown` of a phase that wasn't run.
    class: &'static str,
    words: &'static str,
}

impl Phases {
    pub fn new(report: &Report) -> Self {
        // A plan's last phase may go on to the end of the run, and no phase beyond it.
        let whole = report.run.duration_ms;
        Self {
            plan: clean_or_empty(report.run.plan.as_deref()),
            phases: report.phases.iter().map(|one| phase(one, whole)).collect(),
            whole: report.gates.iter().map(|one| gate(one, true)).collect(),
            end: duration(whole),
        }
    }

    pub fn is_empty(&self) -> bool {
        self.phases.is_empty() && self.whole.is_empty()
    }
}

fn phase(one: &model::Phase, whole: f64) -> Phase {
    let (class, state) = match one.state {
        word::Phase::Passed => ("passed", "passed"),
        word::Phase::Stopped => ("stopped", "stopped"),
        word::Phase::NotRun => ("not_run", "not run"),
        word::Phase::Failed | word::Phase::Later => ("failed", "failed"),
    };
    let run = one.started_ms.is_some() && class != "not_run";
    let start = one.started_ms.unwrap_or_default();
    let budget = one.budget_ms.filter(|budget| start + budget <= whole);
    Phase {
        name: clean(&one.name),
        class,
        state,
        tests: crate::report::numbers::tests_and_loads(one.summary.total, one.loads.len()),
        counts: one.summary.counts().words(),
        bar: slices(&one.summary),
        time: if run { duration(one.duration_ms) } else { String::new() },
        budget: one.budget_ms.map(duration).unwrap_or_default(),
        over_budget: one.over_budget,
        stopped: clean_or_empty(one.stopped.as_deref()),
        loads: one.loads.iter().map(|name| clean(name)).collect(),
        gates: one.gates.iter().map(|one| gate(one, run)).collect(),
        span: run.then(|| {
            let from = across(start, whole);
            let width = (across(start + one.duration_ms, whole) - from).max(3.0);
            (from, width, budget.map(|budget| across(start + budget, whole)))
        }),
        span_words: if run {
            format!("from {} to {}", duration(start), duration(start + one.duration_ms))
        } else {
            "not run".to_owned()
        },
    }
}

fn gate(one: &model::Gate, run: bool) -> Gate {
    let (class, words) = match (run, one.held) {
        (false, _) => ("unknown", "not run"),
        (true, true) => ("held", "held"),
        (true, false) => ("broken", "not held"),
    };
    // Before a phase is run there is nothing to measure it by.
    let measured = if run { one.measured_words() } else { String::new() };
    Gate { text: clean(&one.text), measured, basis: clean(&one.basis), class, words }
}
