//! What must be known of secrets before anything is sent: whether they can be masked, and that no name of a test holds one.

use super::{Environment, Plan};
use crate::diag::{Diagnostic, codes};
use crate::source::Span;
use crate::value::{Json, Value, can_be_masked};

/// The secrets of an environment that can't be masked: an error where `require real` is said and something is going to be sent, else a warning.
/// `places` are those of its values.
pub(super) fn unmaskable(environment: &Environment, places: &[(String, Span)], dry: bool) -> Option<Diagnostic> {
    let is_open = |name: &str| match environment.values.get(name) {
        Some(Value::Secret(secret)) => !can_be_masked(secret.expose()),
        _ => false,
    };
    let found: Vec<&(String, Span)> = places.iter().filter(|(name, _)| is_open(name)).collect();
    let ((first, span), rest) = found.split_first()?;
    let message = match rest {
        [] => format!("the secret `env.{first}` can't be masked: it is shorter than 6 characters, or an ordinary word"),
        _ => {
            let names: Vec<String> = found.iter().map(|(name, _)| format!("`env.{name}`")).collect();
            format!(
                "{} secrets can't be masked, since they are shorter than 6 characters or ordinary words: {}",
                found.len(),
                names.join(", ")
            )
        }
    };
    let help = "give it a longer value; masking this one would hide what it happens to be part of, so it may be shown in outputs";
    let diagnostic = match environment.real_span.filter(|_| !dry) {
        Some(real) => {
            Diagnostic::error(&codes::UNMASKABLE, *span, message).with_related(real, "`require real` forbids it")
        }
        None => Diagnostic::warning(&codes::UNMASKABLE, *span, message),
    };
    let diagnostic =
        rest.iter().fold(diagnostic, |diagnostic, (_, span)| diagnostic.with_related(*span, "nor can this one"));
    Some(diagnostic.with_help(help))
}

/// The values of the environment's secrets that can be masked.
pub(super) fn texts(environment: &Environment) -> Vec<&str> {
    fn secret(value: &Value) -> Option<&str> {
        match value {
            Value::Secret(secret) => Some(secret.expose().trim()),
            _ => None,
        }
    }
    environment.values.values().filter_map(secret).filter(|text| can_be_masked(text)).collect()
}

/// Whether a value holds one of these texts, however deep.
pub(super) fn holds(value: &Value, secrets: &[&str]) -> bool {
    fn within(json: &Json, secrets: &[&str]) -> bool {
        let held = |text: &str| secrets.iter().any(|secret| text.contains(secret));
        match json {
            Json::String(text) => held(text),
            Json::Array(items) => items.iter().any(|item| within(item, secrets)),
            Json::Object(fields) => fields.iter().any(|(name, value)| held(name) || within(value, secrets)),
            _ => false,
        }
    }
    match value {
        Value::Secret(_) => true,
        Value::List(values) => values.iter().any(|value| holds(value, secrets)),
        Value::Object(fields) => fields
            .iter()
            .any(|(name, value)| secrets.iter().any(|secret| name.contains(secret)) || holds(value, secrets)),
        other => !secrets.is_empty() && within(&other.to_json(), secrets),
    }
}

/// Names are never masked, since runs, shards and reports are joined by them: none may hold a secret.
pub(super) fn in_names(plan: &Plan) -> Vec<Diagnostic> {
    let secrets = texts(&plan.environment);
    let held = |text: &str| secrets.iter().any(|secret| text.contains(secret));
    let reported = |what: &str, span: Span| {
        Diagnostic::error(
            &codes::SECRET_IN_NAME,
            span,
            format!("the name of this {what} holds a secret of the environment, and names are never masked"),
        )
        .with_help("name it after what it shows, without the value")
    };
    let mut found = Vec::new();
    if secrets.is_empty() {
        return found;
    }
    for suite in &plan.suites {
        if held(&suite.name) || held(&suite.file) {
            found.push(reported("suite", suite.span));
            continue;
        }
        let tests = suite.tests.iter().filter(|test| held(&test.name) || held(&test.id));
        found.extend(tests.map(|test| reported("test", test.span)));
    }
    found.dedup_by_key(|one| one.span);
    found
}
