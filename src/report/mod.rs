//! From results to what people and programs read: the terminal, JSON, HTML and annotations. Every text passes through the redactor.

pub mod github;
pub mod html;
pub mod json;
pub mod redact;
pub mod summary;
pub mod terminal;

pub use redact::Redactor;
pub use summary::{Cause, Summary, Verdict};
