//! From results to what people and programs read: the terminal, JSON, HTML and annotations. Every text passes through the redactor.

pub mod assemble;
pub mod build;
pub mod checked;
pub mod compare;
mod facts;
pub mod figures;
mod form;
pub mod github;
pub mod html;
pub mod json;
pub mod junit;
mod left_out;
mod lines;
pub mod load;
pub mod markdown;
pub mod merge;
pub mod model;
pub mod numbers;
mod points;
pub mod redact;
pub mod spec_lines;
pub mod tap;
pub mod terminal;
#[cfg(test)]
mod tests;
pub mod union;

pub use assemble::risk_words;
pub use build::Builder;
pub use redact::{Mask, Masked, Redactor};
