use crate::value::Value;

/// The longest value in a message, in characters.
const LONGEST: usize = 80;

/// A value as a message shows it: strings in quotes, long ones cut, a secret never.
pub fn show(value: &Value) -> String {
    match value {
        Value::Json(json) => show_json(json),
        Value::List(values) => cut(&format!("[{}]", values.iter().take(20).map(show).collect::<Vec<_>>().join(", "))),
        Value::Secret(secret) => secret.to_string(),
        Value::Bytes(bytes) => {
            let shown: String = bytes.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
            let rest = if bytes.len() > 16 { "…" } else { "" };
            format!("hex \"{shown}{rest}\"")
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
        other => cut(&sanitized(&other.to_string())),
    }
}

fn quote(text: &str) -> String {
    let count = text.chars().count();
    let shown: String = text.chars().take(LONGEST).collect();
    let shown = sanitized(&shown).replace('"', "\\\"");
    if count > LONGEST { format!("\"{shown}…\" ({count} characters)") } else { format!("\"{shown}\"") }
}

fn cut(text: &str) -> String {
    if text.chars().count() <= LONGEST {
        return text.to_owned();
    }
    text.chars().take(LONGEST - 1).chain(['…']).collect()
}

fn sanitized(text: &str) -> String {
    crate::diag::sanitize(text)
}
