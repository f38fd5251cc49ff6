//! From a source text to its syntax tree and the diagnostics of what doesn't parse. The only place that knows pest.
//!
//! A text goes through two layers. `scan` and `split` divide it into declarations and statements, whatever is broken in them; then
//! each statement is parsed by its own rule of `grammar/e2e.pest` and built into the tree by the modules of `build` and `parse`.
//! So one broken statement costs one diagnostic, and becomes an `Error` node among siblings that are whole.

mod again;
pub mod ast;
mod build;
mod docs;
mod explain;
mod grammar;
mod matcher;
mod mistakes;
mod parse;
mod parser;
mod scan;
mod split;
#[cfg(test)]
mod tests;
pub mod words;

use crate::diag::{Diagnostic, codes};
use crate::source::{SourceId, Span};

/// How many diagnostics one file may have; what it has beyond them isn't shown.
pub const MAX_DIAGNOSTICS: usize = 500;

/// A syntax tree, and what is wrong with the text it was made from, in the order of the text.
#[derive(Clone, Debug)]
pub struct Parsed {
    pub file: ast::File,
    pub diagnostics: Vec<Diagnostic>,
}

/// Parses a file. It never fails: what doesn't parse is an `Error` node, and has a diagnostic.
pub fn parse(source: SourceId, text: &str) -> Parsed {
    limited(source, parser::parse(source, text, false, None))
}

/// As [`parse`], of a file that was parsed before: `file` is the whole tree of its text `old`. What has not changed isn't parsed again.
pub fn parse_again(source: SourceId, text: &str, file: ast::File, old: &str) -> Parsed {
    if file.source != source || file.is_outline {
        return parse(source, text);
    }
    let earlier = again::Earlier::new(file, old, text);
    limited(source, parser::parse(source, text, false, Some(earlier)))
}

/// What other files may name of a file: its items as [`parse`] gives them, suites and loads without what is inside. Where it has none, this is the whole
/// file; else what is wrong in it isn't known. A file that has an item with a misspelt keyword is parsed as a whole: how many problems there are before it
/// decides whether it is still corrected.
pub fn outline(source: SourceId, text: &str) -> Parsed {
    let parsed = parser::parse(source, text, true, None);
    if parsed.file.is_outline { Parsed { diagnostics: Vec::new(), ..parsed } } else { limited(source, parsed) }
}

fn limited(source: SourceId, mut parsed: Parsed) -> Parsed {
    if parsed.diagnostics.len() >= MAX_DIAGNOSTICS {
        let last = parsed.diagnostics.last().map_or(Span::new(source, 0, 0), |last| last.span);
        parsed.diagnostics.push(
            Diagnostic::error(
                &codes::TOO_MANY_PROBLEMS,
                last,
                format!("only the first {MAX_DIAGNOSTICS} problems of this file are shown"),
            )
            .with_help("fix those first; if this is no spec, leave it out of the paths that are checked"),
        );
    }
    parsed
}

/// The help of a name that is written in another style.
pub(crate) fn rename_it(meant: &str) -> String {
    format!("rename it to `{meant}` where it is declared and used")
}

/// A text as a string in double quotes that means it.
pub fn quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for c in text.chars() {
        match c {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            c if c.is_control() => quoted.push_str(&format!("\\u{{{:x}}}", c as u32)),
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted.replace("{{", "\\{{")
}
