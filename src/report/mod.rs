//! From results to what people and programs read: the terminal, JSON, HTML and annotations. Every text passes through the redactor.

pub mod assemble;
pub mod build;
pub mod github;
pub mod html;
pub mod json;
mod lines;
pub mod merge;
pub mod model;
pub mod redact;
pub mod terminal;
pub mod union;

pub use assemble::risk_words;
pub use build::Builder;
pub use redact::Redactor;
