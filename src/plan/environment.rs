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
/// `Ok(None)` when none is declared.
///
/// # Errors
/// No environment has the name; or several are declared, none of them is the default, and none was named.
pub fn choose(project: &Project, name: Option<&str>) -> Result<Option<DeclRef>, Box<Diagnostic>> {
    let all: Vec<_> = project.environments().collect();
    let Some(name) = name else {
        let default = all.iter().find(|(_, environment)| environment.default);
        return match (default, all.as_slice()) {
            (Some((decl, _)), _) | (None, [(decl, _)]) => Ok(Some(*decl)),
            (None, []) => Ok(None),
            (None, [(_, first), rest @ ..]) => Err(which(first, rest)),
        };
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

/// Nothing is sent where it isn't known to whom.
fn which(first: &ast::Environment, rest: &[(DeclRef, &ast::Environment)]) -> Box<Diagnostic> {
    const MOST: usize = 8;
    let all = std::iter::once(first).chain(rest.iter().map(|(_, environment)| *environment));
    let names: Vec<String> = all.take(MOST).map(|environment| format!("`{}`", environment.name.text)).collect();
    let more = (rest.len() + 1).saturating_sub(MOST);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    let message = format!("{} environments are declared, and none is the default", rest.len() + 1);
    let mut diagnostic = Diagnostic::error(&codes::WHICH_ENVIRONMENT, first.name.span, message).with_help(format!(
        "say which one with `--env` ({}{more}), or write `environment {} default {{ … }}`",
        names.join(", "),
        first.name.text
    ));
    for (_, environment) in rest.iter().take(MOST - 1) {
        diagnostic = diagnostic.with_related(environment.name.span, "declared here");
    }
    Box::new(diagnostic)
}

/// Whether an environment runs on the embedded demo system (`target demo`).
pub fn wants_demo(project: &Project, environment: DeclRef) -> bool {
    entries(project, environment)
        .any(|entry| matches!(&entry.kind, EnvEntryKind::Target(target) if target.text == "demo"))
}

/// The variables of the process that an environment reads.
pub fn variables(project: &Project, environment: DeclRef) -> Vec<&str> {
    let variable = entries(project, environment).filter_map(|entry| match &entry.kind {
        EnvEntryKind::Value {
            value: EnvValue::Secret { variable, .. } | EnvValue::Variable { variable, .. }, ..
        } => Some(variable.value.as_str()),
        _ => None,
    });
    variable.collect()
}

/// Where values come from, apart from the spec.
#[derive(Clone, Debug, Default, serde::Serialize, serde::Deserialize)]
pub struct Given {
    /// The process's environment, completed by `--env-file`.
    pub variables: BTreeMap<String, String>,
    /// What the demo system offers: name, value, and whether it is a secret.
    pub demo: Vec<(String, String, bool)>,
    /// `--set env.NAME=VALUE`, without the `env.`.
    pub overrides: BTreeMap<String, String>,
    /// Nothing is going to be sent.
    pub dry: bool,
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
                        Some(text) => {
                            let declared = declared(project, decl.module, &resolved, value);
                            Some(typed(text, declared.as_ref(), matches!(value, EnvValue::Secret { .. })))
                        }
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
    if let Some(decl) = chosen {
        let place = |entry: &ast::EnvEntry| match &entry.kind {
            EnvEntryKind::Value { name, .. } => Some((name.text.clone(), name.span)),
            _ => None,
        };
        let places: Vec<(String, Span)> = entries(project, decl).filter_map(place).collect();
        let (refused, warned): (Vec<_>, Vec<_>) =
            super::secrets::unmaskable(&resolved, &places, given.dry).into_iter().partition(Diagnostic::is_error);
        diagnostics.extend(refused);
        resolved.warnings = warned;
    }
    if !diagnostics.is_empty() {
        return Err(diagnostics);
    }
    if let Some(decl) = chosen {
        resolved.services = services(project, decl, &resolved)?;
    }
    Ok(resolved)
}

fn declares(project: &Project, decl: DeclRef, wanted: &str) -> bool {
    entries(project, decl).any(|entry| matches!(&entry.kind, EnvEntryKind::Value { name, .. } if name.text == wanted))
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
        let declared = default.as_ref().and_then(|default| evaluate(project, module, so_far, default));
        return Some(typed(text, declared.as_ref(), secret));
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

/// What the spec itself gives a value, where it does.
fn declared(project: &Project, module: ModuleId, so_far: &Environment, value: &EnvValue) -> Option<Value> {
    match value {
        EnvValue::Expr(expr) => evaluate(project, module, so_far, expr),
        EnvValue::Secret { .. } => None,
        EnvValue::Variable { default, .. } => evaluate(project, module, so_far, default.as_ref()?),
    }
}

/// A value from outside. Where the spec's own is a duration, a number or the like, a text that reads as one is one too: `--set env.limit=2s`.
fn typed(text: &str, declared: Option<&Value>, secret: bool) -> Value {
    let like = declared.filter(|declared| !secret && declared.as_str().is_none());
    like.and_then(|like| literal(text).filter(|value| value.kind() == like.kind()))
        .unwrap_or_else(|| text_value(text, secret))
}

/// A literal of the language: `2s`, `95%`, `200/s`, `42`, `true`.
fn literal(text: &str) -> Option<Value> {
    let text = text.trim();
    let is_word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '%' | '/' | '$' | '-');
    if text.is_empty() || !text.chars().all(is_word) || text.contains('$') && !text.starts_with('$') {
        return None;
    }
    let source = format!("environment e {{\n  x = {text}\n}}\n");
    let parsed = crate::syntax::parse(Span::nowhere().source, &source);
    let [item] = parsed.file.items.as_slice() else { return None };
    let ast::ItemKind::Environment(environment) = &item.kind else { return None };
    let [entry] = environment.entries.as_slice() else { return None };
    let EnvEntryKind::Value { value: EnvValue::Expr(expr), .. } = &entry.kind else { return None };
    if !parsed.diagnostics.is_empty() {
        return None;
    }
    constant::value(&Values::new(&Project::default(), Environment::default()).expr(ModuleId(0), expr), &BTreeMap::new())
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
        if resolved.values.contains_key(name) {
            // Those that the environment declares have been given; the others are the demo's, which are texts.
            let declared = chosen.is_some_and(|decl| declares(project, decl, name));
            if !declared {
                resolved.values.insert(name.clone(), text_value(text, secret));
            }
            continue;
        }
        if chosen.is_none() {
            let message = format!("`--set env.{name}=…` sets a value of no environment: none is declared");
            let help = format!("declare it: `environment NAME {{ {name} = \"…\" }}`, or leave out `--set`");
            diagnostics.push(Diagnostic::error(&codes::UNKNOWN_OVERRIDE, span, message).with_help(help));
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

fn services(project: &Project, decl: DeclRef, resolved: &Environment) -> Result<Vec<Service>, Vec<Diagnostic>> {
    let mut services = Vec::new();
    let mut diagnostics = Vec::new();
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
                        match constant::value(&within, &resolved.values) {
                            Some(Value::Duration(within)) => lowered.within = within,
                            // With another limit than the one that is written, it would be another service that is down.
                            _ => diagnostics.push(
                                Diagnostic::error(&codes::PLAN_LIMIT, within.span, "the time of this probe isn't a duration that is known before the run")
                                    .with_help("give a duration, `within 10s`, or a value of the environment that is one, also when it comes from outside"),
                            ),
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
    if diagnostics.is_empty() { Ok(services) } else { Err(diagnostics) }
}
