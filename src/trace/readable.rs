//! Which bytes can be shown as a text.

use crate::event::charset::Charset;

/// Bytes as the text that they are; `None` for those that are no text. A control character makes one of bytes that aren't declared as a text.
pub fn text(bytes: &[u8], content_type: Option<&str>) -> Option<String> {
    let text = Charset::of(bytes, content_type).decode(bytes).ok()?;
    let is_binary = |c: char| c.is_control() && !matches!(c, '\t' | '\n' | '\r' | '\u{c}');
    let is_text = content_type.is_some_and(is_declared) || !text.chars().any(is_binary);
    is_text.then(|| text.into_owned())
}

fn is_declared(content_type: &str) -> bool {
    let media = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let ends = ["json", "xml", "ndjson", "javascript", "x-www-form-urlencoded"];
    media.starts_with("text/") || ends.iter().any(|end| media.ends_with(end))
}
