//! What is computed from a secret is a secret.

use super::Context;
use crate::value::{Json, SHORTEST_SECRET, Secret, Value};

/// Whether a value is a secret or holds one: as such, or as a text that is known to be one (within an object nothing else reports).
pub(super) fn is_secret(value: &Value, context: &Context<'_>) -> bool {
    match value {
        Value::Secret(_) => true,
        Value::Json(json) => holds_secret(json, context),
        Value::List(values) => values.iter().any(|value| is_secret(value, context)),
        Value::Object(fields) => fields.iter().any(|(_, value)| is_secret(value, context)),
        Value::Bytes(_) => context.host.secrets().is_some_and(|secrets| secrets.knows(&value.to_text())),
        _ => false,
    }
}

fn holds_secret(json: &Json, context: &Context<'_>) -> bool {
    match json {
        Json::String(text) => {
            text.len() >= SHORTEST_SECRET && context.host.secrets().is_some_and(|secrets| secrets.knows(text))
        }
        Json::Array(items) => items.iter().any(|item| holds_secret(item, context)),
        Json::Object(fields) => fields.values().any(|value| holds_secret(value, context)),
        _ => false,
    }
}

/// What was computed from a secret: a text is one, and so is every text within a list, an object or bytes. Numbers and truths say too little.
pub(super) fn computed(value: Value, context: &Context<'_>) -> Value {
    match &value {
        Value::Secret(secret) => learn(secret.expose(), context),
        Value::Bytes(bytes) => {
            learn(&value.to_text(), context);
            learn(&bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>(), context);
        }
        Value::List(values) => {
            return Value::list(values.iter().map(|value| computed(value.clone(), context)).collect());
        }
        Value::Object(fields) => {
            let computed =
                |(name, value): &(std::sync::Arc<str>, Value)| (name.to_string(), computed(value.clone(), context));
            return Value::object(fields.iter().map(computed).collect());
        }
        Value::Json(json) => match &**json {
            Json::String(text) => {
                learn(text, context);
                return Value::Secret(Secret::new(&**text));
            }
            json => learn_all(json, context),
        },
        _ => {}
    }
    value
}

fn learn_all(json: &Json, context: &Context<'_>) {
    match json {
        Json::String(text) => learn(text, context),
        Json::Array(items) => items.iter().for_each(|item| learn_all(item, context)),
        Json::Object(fields) => fields.values().for_each(|value| learn_all(value, context)),
        _ => {}
    }
}

/// A text that holds a known secret as it is needs no learning: that part of it is masked, and the rest is none.
fn learn(text: &str, context: &Context<'_>) {
    let Some(secrets) = context.host.secrets() else { return };
    if text.chars().count() >= SHORTEST_SECRET && !secrets.covers(text) {
        secrets.add(text);
    }
}
