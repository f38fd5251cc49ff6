use crate::diag::cut::{cut, cut_with};
use crate::value::Value;

/// The longest value in a message, in characters.
const LONGEST: usize = 80;

/// How much of a value is looked at to show it, in bytes: a secret in it must still be found whole.
const LOOKED_AT: usize = 8192;

/// A value as a message shows it: strings in quotes, a secret never. Where a long one is cut is only marked: it has to be masked before.
pub fn show(value: &Value) -> String {
    match value {
        Value::Json(json) => show_json(json),
        Value::List(values) => {
            cut(&format!("[{}]", values.iter().take(20).map(show).collect::<Vec<_>>().join(", ")), LONGEST)
        }
        Value::Object(fields) => {
            let shown = fields.iter().take(20).map(|(name, value)| format!("{}: {}", sanitized(name), show(value)));
            cut(&format!("{{{}}}", shown.collect::<Vec<_>>().join(", ")), LONGEST)
        }
        Value::Secret(secret) => secret.to_string(),
        Value::Bytes(bytes) => {
            let shown: String = bytes.iter().take(LOOKED_AT).map(|byte| format!("{byte:02x}")).collect();
            format!("hex \"{}\"", cut(&shown, 32))
        }
        Value::Size(bytes) => crate::value::format_size(*bytes),
        Value::Channel(_) => "a channel".to_owned(),
        other => other.to_text(),
    }
}

/// A JSON value as a message shows it: compact, and cut where it is long.
pub fn show_json(json: &crate::value::Json) -> String {
    match json {
        crate::value::Json::String(text) => quote(text),
        crate::value::Json::Array(items) if items.len() > 20 => format!("a list of {} elements", items.len()),
        crate::value::Json::Object(fields) if fields.len() > 20 => format!("an object of {} fields", fields.len()),
        other => cut(&sanitized(&other.to_string()), LONGEST),
    }
}

fn quote(text: &str) -> String {
    let count = text.chars().count();
    let shown = sanitized(head(text)).replace('"', "\\\"");
    if count > LONGEST {
        return cut_with(&format!("\"{shown}\""), LONGEST + 1, &format!("…\" ({count} characters)"));
    }
    format!("\"{shown}\"")
}

/// What can matter of a text that is shown up to [`LONGEST`] characters.
fn head(text: &str) -> &str {
    let mut end = text.len().min(LOOKED_AT);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

fn sanitized(text: &str) -> String {
    crate::diag::sanitize(text)
}
