use std::fmt::Write as _;

use super::{Meta, Plan, Step, StepKind};

/// What would run: suites with their tests, and what is known of each.
pub fn tree(plan: &Plan) -> String {
    let mut text = String::new();
    let mut file = "";
    for suite in &plan.suites {
        if suite.file != file {
            let gap = if file.is_empty() { "" } else { "\n" };
            file = &suite.file;
            let _ = writeln!(text, "{gap}{file}");
        }
        let _ = writeln!(text, "  {}{}", suite.name, notes(&suite.meta, None));
        for test in &suite.tests {
            let _ = writeln!(text, "    {}{}", test.name, notes(&test.meta, Some(&suite.meta)));
        }
    }
    let tests: usize = plan.suites.iter().map(|suite| suite.tests.len()).sum();
    let _ = writeln!(text, "\n{} in {}", counted(tests, "test"), counted(plan.suites.len(), "suite"));
    text
}

/// Priority, tags and money at risk; of a test only what its suite doesn't say already.
fn notes(meta: &Meta, suite: Option<&Meta>) -> String {
    let mut notes = Vec::new();
    let inherited = |same: bool| suite.is_some() && same;
    if let Some(priority) = &meta.priority
        && !inherited(suite.is_some_and(|suite| suite.priority == meta.priority))
    {
        notes.push(priority.clone());
    }
    // A test's own are those that its suite doesn't have.
    let tags: Vec<&str> = meta.tags.own().collect();
    if !tags.is_empty() {
        notes.push(tags.join(", "));
    }
    if let Some(at_risk) = &meta.at_risk
        && !inherited(suite.is_some_and(|suite| suite.at_risk == meta.at_risk))
    {
        let per = at_risk.per.as_ref().map(|per| format!(" {per}")).unwrap_or_default();
        notes.push(format!("{}{per} at risk", at_risk.money));
    }
    if notes.is_empty() { String::new() } else { format!("  ({})", notes.join(" · ")) }
}

/// The phases of a plan with their gates and how many tests each selects; nothing for a run without a plan.
pub fn describe_phases(release: &super::Release) -> String {
    let Some(name) = &release.name else { return String::new() };
    let mut text = format!("plan {name}\n");
    for phase in &release.phases {
        let _ = writeln!(text, "  phase \"{}\": {}", phase.name, counted(phase.tests.len(), "test"));
        for load in &phase.loads {
            let _ = writeln!(text, "    load \"{load}\"");
        }
        if let Some(budget) = phase.budget {
            let _ = writeln!(text, "    budget {}", crate::value::format_duration(budget));
        }
        for gate in &phase.gates {
            let _ = writeln!(text, "    gate {}", gate.text);
        }
    }
    for gate in &release.gates {
        let _ = writeln!(text, "  gate {}", gate.text);
    }
    text.push('\n');
    text
}

/// The compiled plan as text: every step in the order it would be taken.
pub fn describe(plan: &Plan) -> String {
    let mut text = String::new();
    let environment = plan.environment.name.as_deref().unwrap_or("none");
    let _ = writeln!(text, "environment {environment}");
    for suite in &plan.suites {
        let _ = writeln!(text, "\nsuite \"{}\" ({})", suite.name, suite.file);
        for (title, hook) in [
            ("before all", &suite.before_all),
            ("before each", &suite.before_each),
            ("after each", &suite.after_each),
            ("after all", &suite.after_all),
        ] {
            if !hook.is_empty() {
                let _ = writeln!(text, "  {title}");
                steps(plan, hook, 2, &mut text);
            }
        }
        for test in &suite.tests {
            let _ = writeln!(text, "  test \"{}\"", test.name);
            steps(plan, &test.body, 2, &mut text);
        }
    }
    text
}

fn steps(plan: &Plan, list: &[Step], depth: usize, text: &mut String) {
    for step in list {
        let first = plan.sources.text(step.span).lines().next().unwrap_or_default();
        let _ = writeln!(text, "{:indent$}{}", "", first.trim_end_matches('{').trim_end(), indent = depth * 2);
        for inner in nested(&step.kind) {
            steps(plan, std::slice::from_ref(inner), depth + 1, text);
        }
    }
}

fn nested(kind: &StepKind) -> &[Step] {
    match kind {
        StepKind::Parallel(body)
        | StepKind::ParallelForEach { body, .. }
        | StepKind::ForEach { body, .. }
        | StepKind::Repeat { body, .. }
        | StepKind::Eventually { body, .. }
        | StepKind::Within { body, .. } => body,
        _ => &[],
    }
}

fn counted(number: usize, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}
