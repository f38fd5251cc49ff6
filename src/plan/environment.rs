//! Which environment a run uses, and what its values are.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

mod real;

pub use real::PROXIES;

use super::lower::Values;
use super::{Environment, Service, constant};
use crate::diag::{Diagnostic, closest, codes};
use crate::project::{DeclRef, ModuleId, Project};
use crate::source::Span;
use crate::syntax::ast::{self, EnvEntryKind, EnvValue};
use crate::value::{Secret, Value};

/// How long a service may take to be up, where its probe doesn't say it.
const DEFAULT_WITHIN: Duration = Duration::from_secs(10);

/// The environment to use: the one named, else the one that is `default`, else the only one.
/// `Ok(None)` when none is declared, or several without a default.
///
/// # Errors
/// No environment has the name.
pub fn choose(project: &Project, name: Option<&str>) -> Result<Option<DeclRef>, Box<Diagnostic>> {
    let all: Vec<_> = project.environments().collect();
    let Some(name) = name else {
        let default = all.iter().find(|(_, environment)| environment.default);
        let only = if all.len() == 1 { all.first() } else { None };
        return Ok(default.or(only).map(|(decl, _)| *decl));
    };
    if let Some((decl, _)) = all.iter().find(|(_, environment)| environment.name.text == name) {
        return Ok(Some(*decl));
    }
    let names: Vec<&str> = all.iter().map(|(_, environment)| environment.name.text.as_str()).collect();
    let span = all.first().map_or(Span::nowhere(), |(_, environment)| environment.name.span);
    let help = match closest(name, names.iter().copied()) {
        Some(near) => format!("did you mean `--env {near}`?"),
        None if names.is_empty() => "declare it: `environment NAME { api = \"https://…\" }`".to_owned(),
        None => format!("these are declared: {}", names.join(", ")),
    };
    let message = format!("no environment is called `{name}`");
    Err(Box::new(Diagnostic::error(&codes::UNKNOWN_ENVIRONMENT, span, message).with_help(help)))
}

/// Whether an environment runs on the embedded demo system (`target demo`).
pub fn wants_demo(project: &Project, environment: DeclRef) -> bool {
    entries(project, environment)
        .any(|entry| matches!(&entry.kind, EnvEntryKind::Target(target) if target.text == "demo"))
}

/// Where values come from, apart from the spec.
#[derive(Clone, Debug, Default)]
pub struct Given {
    /// The process's environment, completed by `--env-file`.
    pub variables: BTreeMap<String, String>,
    /// What the demo system offers: name, value, and whether it is a secret.
    pub demo: Vec<(String, String, bool)>,
    /// `--set env.NAME=VALUE`, without the `env.`.
    pub overrides: BTreeMap<String, String>,
}

/// The environment with all its values.
///
/// # Errors
/// One diagnostic that lists every variable and secret that is missing, one that lists every value that `require real` forbids, one for
/// the proxies that it forbids, and one for each `--set` that names nothing.
pub fn resolve(project: &Project, chosen: Option<DeclRef>, given: &Given) -> Result<Environment, Vec<Diagnostic>> {
    let mut resolved = Environment::default();
    for (name, value, secret) in &given.demo {
        resolved.values.insert(name.clone(), text_value(value, *secret));
    }
    let mut missing: Vec<(String, Span)> = Vec::new();
    if let Some(decl) = chosen {
        resolved.name = environment(project, decl).map(|environment| environment.name.text.clone());
        for entry in entries(project, decl) {
            match &entry.kind {
                EnvEntryKind::Value { name, value } => {
                    let value = match given.overrides.get(&name.text) {
                        Some(text) => Some(text_value(text, matches!(value, EnvValue::Secret { .. }))),
                        None => env_value(project, decl.module, &resolved, value, given, &mut missing),
                    };
                    resolved.values.extend(value.map(|value| (name.text.clone(), value)));
                }
                EnvEntryKind::RequireReal => {
                    resolved.require_real = true;
                    resolved.real_span = Some(entry.span);
                }
                EnvEntryKind::Target(target) => resolved.demo = target.text == "demo",
                EnvEntryKind::Service(_) | EnvEntryKind::Error => {}
            }
        }
    }
    let mut diagnostics: Vec<Diagnostic> = missing_diagnostic(&missing).into_iter().collect();
    diagnostics.extend(unknown_overrides(project, chosen, given, &mut resolved));
    if let Some(decl) = chosen {
        diagnostics.extend(real::values(entries(project, decl), &resolved, given));
        diagnostics.extend(real::proxies(&resolved, given));
    }
    if !diagnostics.is_empty() {
        return Err(diagnostics);
    }
    if let Some(decl) = chosen {
        resolved.services = services(project, decl, &resolved);
    }
    Ok(resolved)
}

fn environment(project: &Project, decl: DeclRef) -> Option<&ast::Environment> {
    match &project.item(decl)?.kind {
        ast::ItemKind::Environment(environment) => Some(environment),
        _ => None,
    }
}

fn entries(project: &Project, decl: DeclRef) -> impl Iterator<Item = &ast::EnvEntry> {
    environment(project, decl).into_iter().flat_map(|environment| &environment.entries)
}

fn env_value(
    project: &Project,
    module: ModuleId,
    so_far: &Environment,
    value: &EnvValue,
    given: &Given,
    missing: &mut Vec<(String, Span)>,
) -> Option<Value> {
    let (variable, default, secret) = match value {
        EnvValue::Expr(expr) => return evaluate(project, module, so_far, expr),
        EnvValue::Secret { variable, default } => (variable, default, true),
        EnvValue::Variable { variable, default } => (variable, default, false),
    };
    // An empty variable is what CI systems give for a secret that isn't set: it is as good as missing.
    if let Some(text) = given.variables.get(&variable.value).filter(|text| !text.is_empty()) {
        return Some(text_value(text, secret));
    }
    let Some(default) = default else {
        missing.push((variable.value.clone(), variable.span));
        return None;
    };
    let value = evaluate(project, module, so_far, default)?;
    Some(if secret { text_value(&value.to_text(), true) } else { value })
}

fn evaluate(project: &Project, module: ModuleId, so_far: &Environment, expr: &ast::Expr) -> Option<Value> {
    let expr = Values::new(project, so_far.clone()).expr(module, expr);
    constant::value(&expr, &so_far.values)
}

fn text_value(text: &str, secret: bool) -> Value {
    if secret { Value::Secret(Secret::new(text)) } else { Value::from(text) }
}

fn missing_diagnostic(missing: &[(String, Span)]) -> Option<Diagnostic> {
    let (first, rest) = missing.split_first()?;
    let names: Vec<String> = missing.iter().map(|(name, _)| format!("`{name}`")).collect();
    let message = match rest {
        [] => format!("the environment variable {} is not set", names.join(", ")),
        _ => format!("{} environment variables are not set: {}", missing.len(), names.join(", ")),
    };
    let mut diagnostic = Diagnostic::error(&codes::MISSING_VARIABLES, first.1, message)
        .with_label("not set")
        .with_help("set them in the shell or the CI's secrets, give a file of `NAME=VALUE` lines with `--env-file`, or give a `default:`");
    for (_, span) in rest {
        diagnostic = diagnostic.with_related(*span, "not set either");
    }
    Some(diagnostic)
}

/// What a plan requires of the environment (`require env a, b`) and isn't there: names whose value is missing or empty, with the places
/// where they are required. One diagnostic lists them all.
pub fn required(environment: &Environment, names: &[(String, Span)]) -> Option<Diagnostic> {
    let is_there = |name: &str| match environment.values.get(name) {
        None => false,
        Some(Value::Secret(secret)) => !secret.expose().is_empty(),
        Some(Value::Json(json)) => !json.is_null() && json.as_str() != Some(""),
        Some(_) => true,
    };
    let missing: Vec<&(String, Span)> = names.iter().filter(|(name, _)| !is_there(name)).collect();
    let (first, rest) = missing.split_first()?;
    let listed: Vec<String> = missing.iter().map(|(name, _)| format!("`env.{name}`")).collect();
    let of = environment.name.as_ref().map_or(String::new(), |name| format!(" in the environment `{name}`"));
    let message = match rest {
        [] => format!("the plan requires {}, which has no value{of}", listed.join(", ")),
        _ => format!("the plan requires {} values that aren't there{of}: {}", missing.len(), listed.join(", ")),
    };
    let mut diagnostic = Diagnostic::error(&codes::MISSING_VARIABLES, first.1, message)
        .with_label("no value")
        .with_help("give them with `--set env.NAME=VALUE`, or set the variables that the environment takes them from");
    for (_, span) in rest {
        diagnostic = diagnostic.with_related(*span, "no value either");
    }
    Some(diagnostic)
}

/// `--set` may give any value of the environment, those of the demo too; without an environment, any name at all.
fn unknown_overrides(
    project: &Project,
    chosen: Option<DeclRef>,
    given: &Given,
    resolved: &mut Environment,
) -> Vec<Diagnostic> {
    let span =
        chosen.and_then(|decl| environment(project, decl)).map_or(Span::nowhere(), |environment| environment.name.span);
    let mut diagnostics = Vec::new();
    for (name, text) in &given.overrides {
        let secret = matches!(resolved.values.get(name), Some(Value::Secret(_)));
        if chosen.is_none() || resolved.values.contains_key(name) {
            resolved.values.insert(name.clone(), text_value(text, secret));
            continue;
        }
        let help = match closest(name, resolved.values.keys().map(String::as_str)) {
            Some(near) => format!("did you mean `--set env.{near}=…`?"),
            None => "declare it in the environment first".to_owned(),
        };
        let message = format!("`--set env.{name}=…` names a value that this environment doesn't have");
        diagnostics.push(Diagnostic::error(&codes::UNKNOWN_OVERRIDE, span, message).with_help(help));
    }
    diagnostics
}

fn services(project: &Project, decl: DeclRef, resolved: &Environment) -> Vec<Service> {
    let mut services = Vec::new();
    for entry in entries(project, decl) {
        let EnvEntryKind::Service(service) = &entry.kind else { continue };
        let mut lowered = Service {
            name: service.name.text.clone(),
            span: service.name.span,
            probe: None,
            within: DEFAULT_WITHIN,
            url: resolved.values.get(&service.name.text).and_then(|value| Some(value.as_json()?.as_str()?.to_owned())),
            depends_on: Vec::new(),
        };
        for entry in &service.entries {
            match &entry.kind {
                ast::ServiceEntryKind::Probe { request, within } => {
                    let mut values = Values::new(project, resolved.clone());
                    let request = values.request(decl.module, request);
                    lowered.url = constant::value(&request.url, &resolved.values).map(|url| url.to_text());
                    lowered.probe = Some(Arc::new(request));
                    if let Some(within) = within {
                        let within = values.expr(decl.module, within);
                        if let Some(Value::Duration(within)) = constant::value(&within, &resolved.values) {
                            lowered.within = within;
                        }
                    }
                }
                ast::ServiceEntryKind::DependsOn(names) => {
                    lowered.depends_on.extend(names.iter().map(|name| name.text.clone()));
                }
                ast::ServiceEntryKind::Error => {}
            }
        }
        services.push(lowered);
    }
    services
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_plan_requires_is_told_where_it_is_missing_or_empty() {
        let mut environment = Environment { name: Some("staging".to_owned()), ..Environment::default() };
        let secret = |text: &str| Value::Secret(Secret::new(text));
        let values = [
            ("url", Value::from("https://a")),
            ("empty", Value::from("")),
            ("null", Value::null()),
            ("zero", Value::from(serde_json::json!(0))),
            ("token", secret("t")),
            ("hollow", secret("")),
        ];
        environment.values.extend(values.map(|(name, value)| (name.to_owned(), value)));
        let nowhere = Span::nowhere();
        let required = |names: &[(&str, usize)]| {
            let names: Vec<(String, Span)> =
                names.iter().map(|(name, at)| ((*name).to_owned(), Span::new(nowhere.source, *at, at + 1))).collect();
            required(&environment, &names)
        };
        assert_eq!(required(&[]), None);
        assert_eq!(required(&[("url", 1), ("zero", 2), ("token", 3)]), None);
        let one = required(&[("url", 1), ("empty", 2)]).unwrap();
        assert_eq!(one.message, "the plan requires `env.empty`, which has no value in the environment `staging`");
        assert_eq!((one.span.start, one.related.len()), (2, 0));
        let all = required(&[("none", 7), ("url", 1), ("null", 2), ("hollow", 3)]).unwrap();
        assert!(all.message.ends_with("`staging`: `env.none`, `env.null`, `env.hollow`"), "{}", all.message);
        assert_eq!((all.span.start, all.related.len()), (7, 2));
        assert_eq!(*all.code, codes::MISSING_VARIABLES);
    }
}
