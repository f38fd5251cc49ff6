use std::fmt;
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

/// Learns what must never be shown. Whoever meets a secret tells it, before anything can be printed.
pub trait SecretSink: Send + Sync {
    fn add(&self, text: &str);
}
