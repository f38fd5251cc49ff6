use super::{Comparison, Kind, Mismatch};
use crate::eval::{Context, equal, evaluate, show};
use crate::plan::Expr;
use crate::value::{Regex, Value};

/// A text in a text, an element in a list, a field's name in an object, bytes in bytes.
pub(super) fn contains(value: &Value, text: Option<&str>, operand: &Expr, context: &Context<'_>) -> Comparison {
    let part = evaluate(operand, context)?;
    let holds = match (text, value, part.as_str()) {
        (Some(text), _, Some(part)) => Some(text.contains(part)),
        (None, Value::Bytes(bytes), _) => {
            let part = bytes_of(&part);
            Some(part.is_empty() || bytes.windows(part.len()).any(|window| window == part))
        }
        (None, Value::Secret(secret), _) => Some(secret.expose().contains(&part.to_text())),
        (None, Value::List(values), _) => Some(values.iter().any(|one| equal(one, &part))),
        (None, Value::Object(fields), Some(part)) => Some(fields.iter().any(|(name, _)| **name == *part)),
        (_, Value::Json(json), part_text) => match &**json {
            crate::value::Json::String(text) => part_text.map(|part| text.contains(part)),
            crate::value::Json::Array(items) => Some(items.iter().any(|one| equal(&Value::from(one.clone()), &part))),
            crate::value::Json::Object(fields) => part_text.map(|part| fields.contains_key(part)),
            _ => None,
        },
        _ => None,
    };
    Ok(verdict(holds, value, "contain", &part))
}

pub(super) fn starts_with(value: &Value, text: Option<&str>, operand: &Expr, context: &Context<'_>) -> Comparison {
    let part = evaluate(operand, context)?;
    let holds = on_text(value, text, &part, |text, part| text.starts_with(part), |bytes, part| bytes.starts_with(part));
    Ok(verdict(holds, value, "start with", &part))
}

pub(super) fn ends_with(value: &Value, text: Option<&str>, operand: &Expr, context: &Context<'_>) -> Comparison {
    let part = evaluate(operand, context)?;
    let holds = on_text(value, text, &part, |text, part| text.ends_with(part), |bytes, part| bytes.ends_with(part));
    Ok(verdict(holds, value, "end with", &part))
}

fn on_text(
    value: &Value,
    text: Option<&str>,
    part: &Value,
    of_text: impl Fn(&str, &str) -> bool,
    of_bytes: impl Fn(&[u8], &[u8]) -> bool,
) -> Option<bool> {
    match (text.or_else(|| value.as_str()), value) {
        (Some(text), _) => Some(of_text(text, &part.to_text())),
        (None, Value::Secret(secret)) => Some(of_text(secret.expose(), &part.to_text())),
        (None, Value::Bytes(bytes)) => Some(of_bytes(bytes, &bytes_of(part))),
        _ => None,
    }
}

fn bytes_of(value: &Value) -> Vec<u8> {
    match value {
        Value::Bytes(bytes) => bytes.to_vec(),
        other => other.to_text().into_bytes(),
    }
}

fn verdict(holds: Option<bool>, value: &Value, verb: &str, part: &Value) -> Result<(), Box<Mismatch>> {
    match holds {
        Some(true) => Ok(()),
        Some(false) => Err(Mismatch::new(format!("is {}, expected it to {verb} {}", show(value), show(part)))),
        None => {
            let text = format!("is {} ({}), which can't {verb} {}", show(value), value.kind(), show(part));
            Err(Mismatch::of(Kind::Unsuitable, text))
        }
    }
}

/// The pattern is searched for; `^` and `$` tie it to the ends.
pub(super) fn regex(value: &Value, text: Option<&str>, pattern: &Regex) -> Result<(), Box<Mismatch>> {
    let number = value.as_json().filter(|json| json.is_number()).map(|json| json.to_string());
    let holds = match (text.or_else(|| value.as_str()).or(number.as_deref()), value) {
        (Some(text), _) => pattern.is_match(text),
        (None, Value::Secret(secret)) => pattern.is_match(secret.expose()),
        _ => {
            let text = format!("is {} ({}), which isn't a text that could match", show(value), value.kind());
            return Err(Mismatch::of(Kind::Unsuitable, text));
        }
    };
    if holds {
        Ok(())
    } else {
        Err(Mismatch::new(format!("is {}, expected it to match {}", show(value), pattern.as_str())))
    }
}
