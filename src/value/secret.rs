use std::fmt;
use std::ops::Range;
use std::sync::Arc;

/// A value that must never be shown. `Debug` and `Display` give `***`; only [`Secret::expose`] gives the text.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Arc<str>);

impl Secret {
    pub fn new(text: impl Into<Arc<str>>) -> Self {
        Self(text.into())
    }

    /// The text itself: for what is sent, and for the redactor that must know what to look for.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// A shorter secret, in characters, can't be masked: it would hide whatever it happens to be part of.
pub const SHORTEST_SECRET: usize = 6;

/// Whether a secret can be masked wherever it comes up: it is long enough, and no word that is everywhere.
pub fn can_be_masked(secret: &str) -> bool {
    let text = secret.trim();
    text.chars().count() >= SHORTEST_SECRET && !matches!(text, "true" | "false" | "null" | "undefined")
}

/// Learns what must never be shown. Code that meets a secret reports it, before anything can be printed.
pub trait SecretSink: Send + Sync {
    fn add(&self, text: &str);

    /// Whether a text, as a whole, is one that was learned.
    fn knows(&self, _text: &str) -> bool {
        false
    }

    /// Whether a text holds one that was learned.
    fn covers(&self, _text: &str) -> bool {
        false
    }

    /// Where a text holds secrets that were learned, in whatever form: in order, none within or next to another.
    fn found(&self, _text: &str) -> Vec<Range<usize>> {
        Vec::new()
    }

    /// Where a beginning of a secret begins that a text ends with, and the whole of it, as far as that is known.
    fn unfinished(&self, _text: &str) -> Option<(usize, String)> {
        None
    }

    /// Learns a part of a text that is a secret, or was made of one: that came in parts, and each may be shown without the others. It is masked, and no
    /// secret of its own: what is computed from it isn't one. `at` is where it is in the whole, in bytes.
    fn add_part(&self, _part: &str, _whole: &str, _at: usize) {}
}
