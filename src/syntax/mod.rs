//! From a source text to its syntax tree and the diagnostics of what doesn't parse. The only place that knows pest.
//!
//! A text goes through two layers. `scan` and `split` divide it into declarations and statements, whatever is broken in them; then
//! each statement is parsed by its own rule of `grammar/e2e.pest` and built into the tree by the modules of `build` and `parse`.
//! So one broken statement costs one diagnostic, and becomes an `Error` node among siblings that are whole.

pub mod ast;
mod build;
mod docs;
mod explain;
mod grammar;
mod parse;
mod parser;
mod scan;
mod split;
#[cfg(test)]
mod tests;

use crate::diag::Diagnostic;
use crate::source::SourceId;

/// A syntax tree, and what is wrong with the text it was made from, in the order of the text.
#[derive(Clone, Debug)]
pub struct Parsed {
    pub file: ast::File,
    pub diagnostics: Vec<Diagnostic>,
}

/// Parses a file. It never fails: what doesn't parse is an `Error` node, and has a diagnostic.
pub fn parse(source: SourceId, text: &str) -> Parsed {
    parser::parse(source, text)
}
