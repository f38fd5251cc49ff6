use std::fmt::Write as _;

use indexmap::IndexMap;

use super::{Load, Meta, Pace, Plan, Step, StepKind, Suite};

/// What would run: suites with their tests, loads, and what is known of each.
pub fn tree(plan: &Plan) -> String {
    let mut files: IndexMap<&str, (Vec<&Suite>, Vec<&Load>)> = IndexMap::new();
    plan.suites.iter().for_each(|suite| files.entry(&suite.file).or_default().0.push(suite));
    plan.loads.iter().for_each(|load| files.entry(&load.file).or_default().1.push(load));
    let mut text = String::new();
    for (at, (file, (suites, loads))) in files.into_iter().enumerate() {
        let gap = if at == 0 { "" } else { "\n" };
        let _ = writeln!(text, "{gap}{file}");
        for suite in suites {
            let _ = writeln!(text, "  {}{}", suite.name, notes(&suite.meta, None));
            for test in &suite.tests {
                let _ = writeln!(text, "    {}{}", test.name, notes(&test.meta, Some(&suite.meta)));
            }
        }
        for load in loads {
            let _ = writeln!(text, "  load {}{}", load.name, notes(&load.meta, None));
            let _ = writeln!(text, "    {}", load_words(load));
        }
    }
    let tests: usize = plan.suites.iter().map(|suite| suite.tests.len()).sum();
    let of_suites = format!("{} in {}", counted(tests, "test"), counted(plan.suites.len(), "suite"));
    let words = match (plan.suites.len(), plan.loads.len()) {
        (_, 0) => of_suites,
        (0, loads) => counted(loads, "load"),
        (_, loads) => format!("{of_suites}, and {}", counted(loads, "load")),
    };
    let _ = writeln!(text, "\n{words}");
    text
}

/// `up to 50 users, 40s; 2 scenarios; 3 thresholds`
fn load_words(load: &Load) -> String {
    let most = match &load.pace {
        Pace::Users(users) => format!("up to {}", counted(users.most() as usize, "user")),
        Pace::Arrivals { arrivals, most_users } => {
            let users = most_users.map(|most| format!(" by at most {}", counted(most as usize, "user")));
            format!("{} due{}", counted(arrivals.count() as usize, "round"), users.unwrap_or_default())
        }
    };
    let parts = [
        format!("{most}, {}", crate::value::format_duration(load.pace.duration())),
        counted(load.scenarios.len(), "scenario"),
        counted(load.thresholds.len(), "threshold"),
    ];
    parts.join("; ")
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
        // Its loads are among what gates judge, and so among its tests.
        let tests = phase.tests.len().saturating_sub(phase.loads.len());
        let _ = writeln!(text, "  phase \"{}\": {}", phase.name, counted(tests, "test"));
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
    for load in &plan.loads {
        let _ = writeln!(text, "\nload \"{}\" ({}): {}", load.name, load.file, load_words(load));
        for (title, hook) in [("before each user", &load.before_user), ("after each user", &load.after_user)] {
            if !hook.is_empty() {
                let _ = writeln!(text, "  {title}");
                steps(plan, hook, 2, &mut text);
            }
        }
        for scenario in &load.scenarios {
            let name = scenario.name.as_ref().map(|name| format!(" \"{name}\"")).unwrap_or_default();
            let _ = writeln!(text, "  scenario{name}");
            steps(plan, &scenario.body, 2, &mut text);
        }
        for threshold in &load.thresholds {
            let _ = writeln!(text, "  threshold {}", threshold.text);
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
