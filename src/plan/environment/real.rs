//! What `require real` forbids, as far as it is known before anything is sent.

use super::Given;
use crate::diag::{Diagnostic, codes};
use crate::plan::Environment;
use crate::source::Span;
use crate::syntax::ast::{EnvEntry, EnvEntryKind, EnvValue};
use crate::value::{Value, not_real};

/// The variables by which tools learn of a proxy. This one uses none; a run that is asked to is refused, since it would prove something
/// else than what was meant.
pub const PROXIES: [&str; 6] = ["http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"];

/// One diagnostic for all values that are URLs of no real system, and for `target demo`.
pub(super) fn values<'a>(
    entries: impl Iterator<Item = &'a EnvEntry>,
    environment: &Environment,
    given: &Given,
) -> Option<Diagnostic> {
    let real = environment.real_span?;
    let mut found: Vec<(String, Span, String)> = Vec::new();
    for entry in entries {
        match &entry.kind {
            EnvEntryKind::Target(target) if target.text == "demo" => {
                found.push(("`target demo`".to_owned(), entry.span, "the demo system isn't real".to_owned()));
            }
            EnvEntryKind::Value { name, value } => {
                let (text, secret) = match environment.values.get(&name.text) {
                    Some(Value::Secret(secret)) => (secret.expose().to_owned(), true),
                    Some(other) => (other.to_text(), false),
                    None => continue,
                };
                let Some(reason) = not_real(&text) else { continue };
                let mut reason =
                    if secret { "this URL isn't that of a public system".to_owned() } else { reason.to_string() };
                if given.overrides.contains_key(&name.text) {
                    reason.push_str("; `--set` says so");
                }
                let span = match value {
                    EnvValue::Expr(expr) => expr.span,
                    EnvValue::Secret { variable, .. } | EnvValue::Variable { variable, .. } => variable.span,
                };
                found.push((format!("`env.{}`", name.text), span, reason));
            }
            _ => {}
        }
    }
    let ((name, span, reason), rest) = found.split_first()?;
    let diagnostic = match rest {
        [] => Diagnostic::error(&codes::ENVIRONMENT_NOT_REAL, *span, format!("{name} isn't real: {reason}")),
        _ => {
            let names: Vec<&str> = found.iter().map(|(name, ..)| name.as_str()).collect();
            let message = format!("{} values of the environment aren't real: {}", found.len(), names.join(", "));
            Diagnostic::error(&codes::ENVIRONMENT_NOT_REAL, *span, message).with_label(reason)
        }
    };
    let diagnostic =
        rest.iter().fold(diagnostic, |diagnostic, (_, span, reason)| diagnostic.with_related(*span, reason));
    Some(diagnostic.with_related(real, "`require real` forbids it").with_help(
        "give the public `https://` and `wss://` addresses of the deployed system, or run in an environment without `require real`",
    ))
}

/// A run that is given a proxy. `NO_PROXY=*` says that none is meant.
pub(super) fn proxies(environment: &Environment, given: &Given) -> Option<Diagnostic> {
    let real = environment.real_span?;
    let none_is_meant =
        ["no_proxy", "NO_PROXY"].iter().any(|name| given.variables.get(*name).is_some_and(|value| value.trim() == "*"));
    let is_set = |name: &&str| given.variables.get(*name).is_some_and(|value| !value.trim().is_empty());
    let set: Vec<&str> = PROXIES.into_iter().filter(is_set).filter(|_| !none_is_meant).collect();
    if set.is_empty() {
        return None;
    }
    let names = set.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    let message = match set.as_slice() {
        [_] => format!("the variable {names} names a proxy, and `require real` refuses proxies"),
        _ => format!("the variables {names} name a proxy, and `require real` refuses proxies"),
    };
    let unset = set.iter().map(|name| format!("-u {name}")).collect::<Vec<_>>().join(" ");
    Some(
        Diagnostic::error(&codes::PROXY, real, message)
            .with_label("peers are asked directly, or not at all")
            .with_help(format!("run it without them, `env {unset} e2e-dsl run …`, or with `NO_PROXY='*'`")),
    )
}
