//! Diagnostics: what is wrong, where, and how to fix it. The only place that knows miette.

mod capped;
mod circle;
pub mod codes;
pub mod cut;
mod diagnostic;
pub mod fix;
mod render;
mod sanitize;
mod suggest;

pub use capped::{Capped, MAX_PER_FILE};
pub use circle::circle;
pub use codes::Code;
pub use diagnostic::{Diagnostic, Excerpt, Label, Severity};
pub use fix::{Applicability, Correction, Fix, Help};
pub use render::{Hide, Plain, Style, render};
pub use sanitize::{STYLE, printable, sanitize};
pub use suggest::closest;
