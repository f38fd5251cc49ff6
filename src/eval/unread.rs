//! What can't be read for one thing: members that occur twice, and strings that are no text.

use crate::value::{Json, PathStep, Value, path_text};

/// Why a value says nothing certain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unread {
    /// A member occurs twice: its place below the value, and both values.
    Twice { way: Vec<PathStep>, first: Json, second: Json },
    /// The value itself is a string with half of a surrogate pair, which is named.
    LoneSurrogate(String),
}

impl Unread {
    /// Looks at all of a value.
    pub fn of(value: &Value) -> Option<Unread> {
        match value {
            Value::Json(json) => Unread::of_json(json),
            Value::List(values) => values.iter().find_map(Unread::of),
            _ => None,
        }
    }

    pub fn of_json(json: &Json) -> Option<Unread> {
        if let Json::Unpaired(text) = json {
            return Some(Unread::LoneSurrogate(text.half()));
        }
        let (way, first, second) = json.twice()?;
        Some(Unread::Twice { way, first: first.clone(), second: second.clone() })
    }

    /// In words that go on from the value's name.
    pub fn words(&self) -> String {
        match self {
            Unread::Twice { way, first, second } => format!(
                "has `{}` twice: once it is {}, once {}",
                crate::diag::sanitize(&path_text(way)),
                super::show_json(first),
                super::show_json(second)
            ),
            Unread::LoneSurrogate(half) => {
                format!("is a string with a lone surrogate, `{half}`, which is no text (RFC 8259, 8.2)")
            }
        }
    }

    pub fn help(&self) -> &'static str {
        match self {
            Unread::Twice { .. } => {
                "programs differ in which of the two they read (RFC 8259, section 4); the sender must send one"
            }
            Unread::LoneSurrogate(_) => "a character above U+FFFF is sent as both halves of its pair, or in UTF-8",
        }
    }

    pub fn way(&self) -> &[PathStep] {
        match self {
            Unread::Twice { way, .. } => way,
            Unread::LoneSurrogate(_) => &[],
        }
    }
}
