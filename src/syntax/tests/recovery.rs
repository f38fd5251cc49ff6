//! What a missing bracket or quote costs: one diagnostic, and no more than its statement.

use super::{FIXTURES, diagnostics, shown};
use crate::source::SourceId;
use crate::syntax::scan::{Tok, scan};

/// The places of all brackets and quotes that mean something: not those of comments, nor those that are only text in a string or regex.
fn places(text: &str) -> Vec<usize> {
    let scanned = scan(SourceId(0), text);
    let is_text = |at: usize| {
        scanned.tokens.iter().any(|token| {
            let (start, end) = (token.start as usize, token.end as usize);
            let quotes =
                if text[start..end].starts_with("\"\"\"") || text[start..end].starts_with("'''") { 3 } else { 1 };
            matches!(token.kind, Tok::Url) && start <= at && at < end && "'()".contains(&text[at..at + 1])
                || matches!(token.kind, Tok::Text | Tok::Regex)
                    && start + quotes <= at
                    && at < end - quotes
                    // Without one of its opening braces, an interpolation of a string is text.
                    && (text.as_bytes()[at] == b'{' || !is_interpolation(text, at))
        })
    };
    let in_comment = |at: usize| scanned.comments.iter().any(|comment| comment.span.contains(at as u32));
    let is_place = |(at, c): &(usize, char)| "()[]{}\"'".contains(*c) && !in_comment(*at) && !is_text(*at);
    text.char_indices().filter(is_place).map(|(at, _)| at).collect()
}

/// Does a brace of `{{…}}` are here?
fn is_interpolation(text: &str, at: usize) -> bool {
    let line = &text[text[..at].rfind('\n').map_or(0, |n| n + 1)..];
    let bytes = text.as_bytes();
    let is_brace = matches!(bytes[at], b'{' | b'}') && (bytes[at - 1] == bytes[at] || bytes[at + 1] == bytes[at]);
    is_brace
        && line
            .lines()
            .next()
            .is_some_and(|line| line.contains("{{") && !line.contains("not interpolated") && !line.contains("query("))
}

#[test]
fn a_missing_bracket_or_quote_costs_one_diagnostic() {
    let mut cases = 0;
    let mut others = Vec::new();
    for (name, text) in FIXTURES {
        for at in places(text) {
            let mut broken = (*text).to_owned();
            broken.remove(at);
            let found = diagnostics(&broken);
            cases += 1;
            if found.len() != 1 {
                let line = text[..at].matches('\n').count() + 1;
                let column = at - text[..at].rfind('\n').map_or(0, |n| n + 1) + 1;
                others.push(format!(
                    "{name}:{line}:{column} `{}` of {}\n{}",
                    &text[at..at + 1],
                    text.lines().nth(line - 1).unwrap_or(""),
                    shown(&broken, &found)
                ));
            }
        }
    }
    let share = 1.0 - others.len() as f64 / cases as f64;
    assert!(share >= 0.99, "{share} of {cases}:\n{}", others.join("\n"));
}
