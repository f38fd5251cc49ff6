//! From pest's error, a place and the rules it tried there, to a diagnostic in the user's words.

mod words;

use pest::error::{Error, ErrorVariant, InputLocation};

use super::build::{Edit, file_offset};
use super::grammar::Rule;
use super::parser::Parser;
use super::split::Segment;
use crate::diag::{Diagnostic, codes};
use crate::source::Span;

/// The diagnostic of a head that doesn't parse. `text` is what was parsed, which stands at `base` in the file.
pub fn syntax_error(
    parser: &Parser<'_>,
    segment: &Segment,
    text: &str,
    base: u32,
    edits: &[Edit],
    rule: Rule,
    error: &Error<Rule>,
) -> Diagnostic {
    let _ = (segment, rule);
    let at = location(error);
    let expected = words::expected(error);
    let (start, end) = place(text, at);
    let span =
        Span::new(parser.source, file_offset(base as usize, edits, start), file_offset(base as usize, edits, end));
    Diagnostic::error(&codes::UNEXPECTED, span, message(text, at, &expected))
}

/// The diagnostic of an expression in a string that doesn't parse.
pub fn interpolation_error(span: Span, text: &str, error: &Error<Rule>) -> Diagnostic {
    if text.trim().is_empty() {
        return Diagnostic::error(&codes::UNEXPECTED, span, "nothing stands between `{{` and `}}`")
            .with_help("write a name or an expression there: `{{name}}`; a literal `{{` is written `\\{{`");
    }
    let at = location(error);
    let (start, end) = place(text, at);
    Diagnostic::error(&codes::UNEXPECTED, span.slice(start, end), message(text, at, &words::expected(error)))
        .with_help("between `{{` and `}}` stands an expression; a literal `{{` is written `\\{{`")
}

/// Where pest stopped.
pub fn location(error: &Error<Rule>) -> usize {
    match error.location {
        InputLocation::Pos(at) | InputLocation::Span((at, _)) => at,
    }
}

/// The range to show for a place: the word or sign there; at the end of the text, the last one before it.
pub fn place(text: &str, at: usize) -> (usize, usize) {
    let rest = text.get(at..).unwrap_or_default();
    let skipped = rest.len() - rest.trim_start().len();
    let rest = rest.trim_start();
    if !rest.is_empty() {
        let start = at + skipped;
        return (start, start + word_len(rest));
    }
    let before = text.trim_end();
    let start = before
        .rfind(|c: char| c.is_whitespace())
        .map_or(0, |n| n + before.get(n..).and_then(|s| s.chars().next()).map_or(1, char::len_utf8));
    (start, before.len())
}

fn word_len(rest: &str) -> usize {
    let word = rest.bytes().take_while(|b| b.is_ascii_alphanumeric() || *b == b'_').count();
    if word > 0 { word } else { rest.chars().next().map_or(0, char::len_utf8) }
}

fn message(text: &str, at: usize, expected: &str) -> String {
    let (start, end) = place(text, at);
    let found = text.get(start..end).unwrap_or_default();
    if text.get(at..).unwrap_or_default().trim().is_empty() {
        return format!("expected {expected} after `{found}`");
    }
    format!("expected {expected}, but found `{found}`")
}

/// The rules that pest would have taken.
pub fn positives(error: &Error<Rule>) -> &[Rule] {
    match &error.variant {
        ErrorVariant::ParsingError { positives, .. } => positives,
        ErrorVariant::CustomError { .. } => &[],
    }
}
