//! What can't be read for one thing, in words.

pub use crate::value::Unread;
use crate::value::path_text;

impl Unread {
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
}
