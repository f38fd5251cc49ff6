//! What must hold of a run beside its tests: gates, budgets, no abort, hooks that work. Forms that know nothing but tests show each as one,
//! so that every reader sees a run fail whenever its exit code says so.

use super::model::{Diagnostic, Gate, Phase, Report, Span, Test};
use crate::judge::release::TestsAndLoads;
use crate::report::model::word;
use crate::value::format_duration;

/// One thing that must hold.
pub(super) struct Point {
    pub group: String,
    pub name: String,
    pub state: PointState,
}

pub(super) enum PointState {
    Held,
    NotRun(String),
    Broken(Broken),
}

/// Why it doesn't.
pub(super) struct Broken {
    /// A kind in one word, or a diagnostic's code.
    pub code: String,
    pub message: String,
    /// All that is known of it, in lines.
    pub detail: String,
    pub help: Option<String>,
    pub span: Option<Span>,
    /// It could not be carried out, rather than that it failed.
    pub error: bool,
}

impl Broken {
    fn new(code: &str, message: String, span: Option<&Span>) -> Self {
        let detail = message.clone();
        Self { code: code.to_owned(), message, detail, help: None, span: span.cloned(), error: false }
    }

    fn diagnostic(one: &Diagnostic) -> Self {
        Self {
            code: one.code.clone(),
            message: one.message.clone(),
            detail: detail(one),
            help: one.help.clone(),
            span: one.span.clone(),
            error: true,
        }
    }
}

/// A diagnostic as the terminal shows it, or what of it there is.
pub(super) fn detail(one: &Diagnostic) -> String {
    if !one.drawing.is_empty() {
        return one.drawing.trim_end().to_owned();
    }
    let place = one.span.as_ref().map(|span| format!("{}:{}:{}: ", span.file, span.start.line, span.start.column));
    let help = one.help.as_ref().map(|help| format!("\nhelp: {help}")).unwrap_or_default();
    format!("{}{}{help}", place.unwrap_or_default(), one.message)
}

/// All of them, in the order of the run.
pub(super) fn points(report: &Report) -> Vec<Point> {
    let mut points = Vec::new();
    let plan = report.run.plan.as_deref().unwrap_or("without a name");
    let gates = format!("plan {plan}: gates");
    for phase in &report.phases {
        points.extend(phase.gates.iter().map(|gate| Point {
            group: gates.clone(),
            name: format!("{}: {}", phase.name, gate.text),
            state: if phase.state == word::Phase::NotRun {
                PointState::NotRun("the phase was not run".to_owned())
            } else {
                gate_state(gate)
            },
        }));
        points.extend(budget(phase).map(|state| Point {
            group: gates.clone(),
            name: format!("{}: budget", phase.name),
            state,
        }));
    }
    points.extend(report.gates.iter().map(|gate| Point {
        group: gates.clone(),
        name: format!("whole run: {}", gate.text),
        state: gate_state(gate),
    }));
    points.extend(report.abort.iter().map(|abort| Point {
        group: gates.clone(),
        name: format!("abort when {}", abort.condition),
        state: PointState::Broken(Broken {
            error: true,
            ..Broken::new(
                "abort",
                format!("aborted, since {}: {}", abort.condition, abort.because),
                abort.span.as_ref(),
            )
        }),
    }));
    let run = |name: &str, broken: Broken| Point {
        group: "the run".to_owned(),
        name: name.to_owned(),
        state: PointState::Broken(broken),
    };
    points.extend(report.diagnostics.iter().map(|one| run("outside of tests", Broken::diagnostic(one))));
    if report.run.interrupted {
        let not_run = report.tests.iter().filter(|test| test.outcome == word::Outcome::NotRun).map(Test::is_load);
        let not_run = TestsAndLoads::of(not_run);
        let words = format!("the run was interrupted; {} {} not run", not_run.words(), not_run.verb("was", "were"));
        points.push(run("is complete", Broken { error: true, ..Broken::new("interrupted", words, None) }));
    }
    if report.run.deny_weak && report.summary.weak > 0 {
        let words = crate::judge::release::denied_weak(report.summary.weak);
        points.push(run("evidence", Broken::new("weak_evidence", words, None)));
    }
    let ready = report.verdict.state == word::Verdict::Ready;
    let reported = points.iter().any(|point| matches!(point.state, PointState::Broken(_)))
        || report.tests.iter().any(|test| test.outcome().is_bad());
    if !ready && !reported {
        let words = format!("{}: {}", report.verdict.state, report.verdict.reasons.join("; "));
        points.push(run("verdict", Broken::new("verdict", words, None)));
    }
    points
}

fn gate_state(gate: &Gate) -> PointState {
    if gate.held {
        return PointState::Held;
    }
    let message = match gate.measured {
        Some(_) => format!("{} does not hold: {} ({})", gate.text, gate.measured_words(), gate.basis),
        None => format!("{} does not hold: nothing was measured ({})", gate.text, gate.basis),
    };
    PointState::Broken(Broken::new("gate", message, gate.span.as_ref()))
}

fn budget(phase: &Phase) -> Option<PointState> {
    let budget = super::model::time(phase.budget_ms?);
    Some(if phase.over_budget {
        let words = format!("phase \"{}\" used up its budget of {}", phase.name, format_duration(budget));
        PointState::Broken(Broken::new("budget", words, None))
    } else if phase.state == word::Phase::NotRun {
        PointState::NotRun("the phase was not run".to_owned())
    } else {
        PointState::Held
    })
}
