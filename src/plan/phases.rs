//! Which plan a run carries out, where, and which of its phases runs which test.

use std::collections::HashSet;

use super::chosen::Selectable;
use super::{Environment, Phase, Plan, Release};
use crate::diag::{Diagnostic, closest, codes};
use crate::project::{DeclRef, Project};
use crate::source::Span;
use crate::syntax::ast::{self, PlanEntryKind};

/// The plan of a name, among the files that were asked for and those found beside them.
///
/// # Errors
/// No plan has the name.
pub fn choose_plan(project: &Project, name: &str) -> Result<DeclRef, Box<Diagnostic>> {
    let plans: Vec<(DeclRef, &ast::PlanDecl)> = project
        .modules
        .iter()
        .flat_map(|module| {
            module.ast.items.iter().enumerate().filter_map(move |(item, node)| match &node.kind {
                ast::ItemKind::Plan(plan) => Some((DeclRef { module: module.id, item }, plan)),
                _ => None,
            })
        })
        .collect();
    if let Some((decl, _)) = plans.iter().find(|(_, plan)| plan.name.text == name) {
        return Ok(*decl);
    }
    let names: Vec<&str> = plans.iter().map(|(_, plan)| plan.name.text.as_str()).collect();
    let span = plans.first().map_or(Span::nowhere(), |(_, plan)| plan.name.span);
    let help = match closest(name, names.iter().copied()) {
        Some(near) => format!("did you mean `--plan {near}`?"),
        None if names.is_empty() => {
            "the files given declare no plan; `plan NAME { phase \"…\" { run everything not run; gate success > 90% } }` is one".to_owned()
        }
        None => format!("these are declared: {}", names.join(", ")),
    };
    let message = format!("no plan is called `{name}`");
    Err(Box::new(Diagnostic::error(&codes::UNKNOWN_PLAN, span, message).with_help(help)))
}

/// The environment that a plan is carried out in: the one asked for, else the default one if the plan is meant for it, else the first that it is
/// meant for. `default` is the name of the environment that a run without a plan would take.
///
/// # Errors
/// The plan isn't meant for the one asked for.
pub fn plan_environment<'n>(
    project: &'n Project,
    plan: DeclRef,
    asked: Option<&'n str>,
    default: Option<&'n str>,
) -> Result<Option<&'n str>, Box<Diagnostic>> {
    let Some(ast::ItemKind::Plan(plan)) = project.item(plan).map(|item| &item.kind) else { return Ok(asked) };
    let meant = |name: &str| plan.on.is_empty() || plan.on.iter().any(|on| on.text == name);
    match (asked, default) {
        (Some(asked), _) if meant(asked) => Ok(Some(asked)),
        (Some(asked), _) => {
            let on: Vec<&str> = plan.on.iter().map(|on| on.text.as_str()).collect();
            let span = plan.on.iter().map(|on| on.span).reduce(Span::to).unwrap_or(plan.name.span);
            let message = format!("the plan `{}` is meant for {}, not for `{asked}`", plan.name.text, on.join(", "));
            Err(Box::new(Diagnostic::error(&codes::PLAN_ELSEWHERE, span, message).with_help(format!(
                "give one of these with `--env`, or add `{asked}` to the plan: `plan {} on {}, {asked}`",
                plan.name.text,
                on.join(", ")
            ))))
        }
        (None, Some(default)) if meant(default) => Ok(Some(default)),
        (None, _) => Ok(plan.on.first().map(|on| on.text.as_str()).or(default)),
    }
}

/// The values that a plan requires of its environment: `require env bypass`.
pub fn required_values(project: &Project, plan: DeclRef) -> Vec<(String, Span)> {
    let Some(ast::ItemKind::Plan(plan)) = project.item(plan).map(|item| &item.kind) else { return Vec::new() };
    let names = plan.entries.iter().filter_map(|entry| match &entry.kind {
        PlanEntryKind::RequireEnv(names) => Some(names),
        _ => None,
    });
    names.flatten().map(|name| (name.text.clone(), name.span)).collect()
}

/// Says which tests and loads each phase selects, and leaves only those tests in the plan that some phase does. Without a plan, one phase selects all.
pub fn lay_out_phases(plan: &mut Plan) -> Release {
    let Some(release) = &mut plan.release else {
        let tests = plan.suites.iter().flat_map(|suite| &suite.tests).map(|test| test.id.clone());
        let tests = tests.chain(plan.loads.iter().map(|load| load.id.clone())).collect();
        let phase = Phase {
            name: String::new(),
            span: Span::nowhere(),
            gates: Vec::new(),
            budget: None,
            tests,
            loads: plan.loads.iter().map(|load| load.name.clone()).collect(),
            left_out: false,
        };
        return Release { name: None, phases: vec![phase], gates: Vec::new() };
    };
    let mut taken: HashSet<String> = HashSet::new();
    let mut loads: HashSet<String> = release.phases.iter().flat_map(|planned| planned.phase.loads.clone()).collect();
    for planned in &mut release.phases {
        let own: Vec<String> = super::loads::of_phase(&plan.loads, &planned.selectors, &loads)
            .into_iter()
            .map(|load| load.name.clone())
            .collect();
        loads.extend(own.iter().cloned());
        planned.phase.loads.extend(own);
    }
    let mut tests = Selectable::new(&plan.suites);
    for planned in &mut release.phases {
        planned.phase.tests = tests.take(&planned.selectors).iter().map(|test| test.id.clone()).collect();
        // Those that the selection leaves out, and nothing else, are named and not there.
        planned.phase.loads.retain(|name| plan.loads.iter().any(|load| load.name == *name));
        let loads = plan.loads.iter().filter(|load| planned.phase.loads.contains(&load.name));
        planned.phase.tests.extend(loads.map(|load| load.id.clone()));
        taken.extend(planned.phase.tests.iter().cloned());
    }
    for suite in &mut plan.suites {
        suite.tests.retain(|test| taken.contains(&test.id));
    }
    plan.suites.retain(|suite| !suite.tests.is_empty());
    plan.idle_loads = plan.loads.extract_if(.., |load| !taken.contains(&load.id)).collect();
    Release {
        name: Some(release.name.clone()),
        phases: release.phases.iter().map(|planned| planned.phase.clone()).collect(),
        gates: release.gates.clone(),
    }
}

/// What is wrong with the values that a plan requires: those that are missing or empty.
pub fn unmet(environment: &Environment, required: &[(String, Span)]) -> Option<Diagnostic> {
    let is_empty = |name: &str| match environment.values.get(name) {
        None => true,
        Some(value) => value.to_text().is_empty() || value.as_json().is_some_and(crate::value::Json::is_null),
    };
    let unmet: Vec<&(String, Span)> = required.iter().filter(|(name, _)| is_empty(name)).collect();
    let (first, rest) = unmet.split_first()?;
    let names: Vec<String> = unmet.iter().map(|(name, _)| format!("`env.{name}`")).collect();
    let verb = if rest.is_empty() { "is" } else { "are" };
    let mut diagnostic = Diagnostic::error(
        &codes::VALUE_REQUIRED,
        first.1,
        format!("this plan requires {}, which {verb} empty", names.join(" and ")),
    )
    .with_label("empty")
    .with_help("set the variable that it is read from, give `--env-file FILE`, or `--set env.NAME=VALUE`");
    for (_, span) in rest {
        diagnostic = diagnostic.with_related(*span, "empty too");
    }
    Some(diagnostic)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::{Secret, Value};

    #[test]
    fn what_a_plan_requires_is_reported_where_it_is_missing_or_empty() {
        let mut environment = Environment { name: Some("staging".to_owned()), ..Environment::default() };
        let secret = |text: &str| Value::Secret(Secret::new(text));
        let values = [
            ("url", Value::from("https://a")),
            ("empty", Value::from("")),
            ("null", Value::null()),
            ("zero", Value::from(crate::value::test_json!(0))),
            ("token", secret("t")),
            ("hollow", secret("")),
        ];
        environment.values.extend(values.map(|(name, value)| (name.to_owned(), value)));
        let nowhere = Span::nowhere();
        let required = |names: &[(&str, usize)]| {
            let names: Vec<(String, Span)> =
                names.iter().map(|(name, at)| ((*name).to_owned(), Span::new(nowhere.source, *at, at + 1))).collect();
            unmet(&environment, &names)
        };
        assert_eq!(required(&[]), None);
        assert_eq!(required(&[("url", 1), ("zero", 2), ("token", 3)]), None);
        let one = required(&[("url", 1), ("empty", 2)]).unwrap();
        assert_eq!(one.message, "this plan requires `env.empty`, which is empty");
        assert_eq!((one.span.start, one.related.len()), (2, 0));
        let all = required(&[("none", 7), ("url", 1), ("null", 2), ("hollow", 3)]).unwrap();
        assert_eq!(all.message, "this plan requires `env.none` and `env.null` and `env.hollow`, which are empty");
        assert_eq!((all.span.start, all.related.len()), (7, 2));
        assert_eq!(*all.code, codes::VALUE_REQUIRED);
    }
}
