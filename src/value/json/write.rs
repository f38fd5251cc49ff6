use std::fmt::{self, Write as _};

use super::map::Name;
use super::text::{Unit, Unpaired};
use super::{Json, JsonMap};

/// Compact, and as it came: numbers with their digits, halves of surrogate pairs as escapes, members in their order.
impl fmt::Display for Json {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Json::Null => f.write_str("null"),
            Json::Bool(value) => write!(f, "{value}"),
            Json::Number(number) => write!(f, "{number}"),
            Json::String(text) => string(f, text),
            Json::Unpaired(text) => unpaired(f, text),
            Json::Array(items) => {
                f.write_char('[')?;
                for (index, item) in items.iter().enumerate() {
                    if index > 0 {
                        f.write_char(',')?;
                    }
                    write!(f, "{item}")?;
                }
                f.write_char(']')
            }
            Json::Object(fields) => write!(f, "{fields}"),
        }
    }
}

impl fmt::Display for JsonMap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_char('{')?;
        for (index, (name, value)) in self.members().iter().enumerate() {
            if index > 0 {
                f.write_char(',')?;
            }
            match name {
                Name::Text(text) => string(f, text)?,
                Name::Unpaired(name) => unpaired(f, &name.0)?,
            }
            write!(f, ":{value}")?;
        }
        f.write_char('}')
    }
}

fn string(f: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
    f.write_char('"')?;
    let mut from = 0;
    for (at, byte) in text.bytes().enumerate() {
        if byte >= 0x20 && byte != b'"' && byte != b'\\' {
            continue;
        }
        f.write_str(text.get(from..at).unwrap_or_default())?;
        escape(f, char::from(byte))?;
        from = at + 1;
    }
    f.write_str(text.get(from..).unwrap_or_default())?;
    f.write_char('"')
}

fn unpaired(f: &mut fmt::Formatter<'_>, text: &Unpaired) -> fmt::Result {
    f.write_char('"')?;
    for unit in text.units() {
        match unit {
            Unit::Half(half) => write!(f, "\\u{half:04x}")?,
            Unit::Char(c) if c < ' ' || c == '"' || c == '\\' => escape(f, c)?,
            Unit::Char(c) => f.write_char(c)?,
        }
    }
    f.write_char('"')
}

fn escape(f: &mut fmt::Formatter<'_>, c: char) -> fmt::Result {
    match c {
        '"' => f.write_str("\\\""),
        '\\' => f.write_str("\\\\"),
        '\n' => f.write_str("\\n"),
        '\r' => f.write_str("\\r"),
        '\t' => f.write_str("\\t"),
        '\u{8}' => f.write_str("\\b"),
        '\u{c}' => f.write_str("\\f"),
        c => write!(f, "\\u{:04x}", u32::from(c)),
    }
}
