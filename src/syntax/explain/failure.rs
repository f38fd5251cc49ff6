use pest::error::Error;

use super::words::word;
use super::{Word, expected_words, location, positives};
use crate::diag::Correction;
use crate::source::Span;
use crate::syntax::build::{Edit, file_offset};
use crate::syntax::grammar::Rule;
use crate::syntax::parser::Parser;
use crate::syntax::split::Segment;

/// A head that didn't parse: its text, where it broke, and what could have been there.
pub struct Failure<'a> {
    pub parser: &'a Parser<'a>,
    pub segment: &'a Segment,
    pub rule: Rule,
    pub text: &'a str,
    /// Where the first thing that doesn't fit begins; the length of the text where something is missing at its end.
    pub at: usize,
    base: usize,
    edits: &'a [Edit],
    error: &'a Error<Rule>,
}

impl<'a> Failure<'a> {
    pub fn new(
        parser: &'a Parser<'a>,
        segment: &'a Segment,
        rule: Rule,
        text: &'a str,
        (base, edits): (usize, &'a [Edit]),
        error: &'a Error<Rule>,
    ) -> Self {
        let at = location(error).min(text.len());
        let rest = text.get(at..).unwrap_or_default();
        let at = at + rest.len() - rest.trim_start().len();
        Self { parser, segment, rule, text, at, base, edits, error }
    }

    /// What wasn't understood.
    pub fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default().trim_end()
    }

    /// What was understood.
    pub fn before(&self) -> &'a str {
        self.text.get(..self.at).unwrap_or_default().trim_end()
    }

    /// The word or sign that doesn't fit; empty at the end of the text.
    pub fn found(&self) -> &'a str {
        token_at(self.text, self.at)
    }

    /// The word at the beginning of what wasn't understood; empty where that is none.
    pub fn found_word(&self) -> &'a str {
        let found = self.found();
        if found.starts_with(|c: char| c.is_alphabetic() || c == '_') { found } else { "" }
    }

    /// The last word, string or sign that was understood.
    pub fn last_token(&self) -> &'a str {
        last_token(self.before())
    }

    /// The span of what doesn't fit; at the end of the text, of what is last.
    pub fn found_span(&self) -> Span {
        let found = self.found();
        if !found.is_empty() {
            return self.span(self.at, self.at + found.len());
        }
        let before = self.before();
        self.span(before.len() - self.last_token().len(), before.len())
    }

    pub fn span(&self, start: usize, end: usize) -> Span {
        Span::new(
            self.parser.source,
            file_offset(self.base, self.edits, start),
            file_offset(self.base, self.edits, end),
        )
    }

    /// The span of all that wasn't understood, on one line.
    pub fn rest_span(&self) -> Span {
        let line = self.rest().lines().next().unwrap_or_default().trim_end();
        self.span(self.at, self.at + line.len())
    }

    pub fn expects(&self, rule: Rule) -> bool {
        positives(self.error).contains(&rule)
    }

    pub fn expects_value(&self) -> bool {
        positives(self.error)
            .iter()
            .any(|rule| matches!(word(*rule), Word::Thing(thing) if thing.starts_with("a value")))
    }

    pub fn expects_matcher(&self) -> bool {
        self.expects(Rule::matcher)
    }

    /// Could the statement have ended before what doesn't fit?
    pub fn expects_end(&self) -> bool {
        self.expects(Rule::EOI)
    }

    pub fn expected_words(&self) -> Vec<Word> {
        expected_words(self.error)
    }

    /// A range of the head replaced; shown as the line of the head that it gives, which is shortened around the place where it is long.
    ///
    /// White space around the range stays as it is written (with the comments in it), and what is put in stays a word of its own.
    pub fn correct(&self, start: usize, end: usize, replacement: &str) -> Correction {
        let (start, end, replacement) = fitted(self.text, start, end, replacement);
        let before = self.text.get(..start).unwrap_or_default();
        let after = self.text.get(end..).unwrap_or_default();
        let before = before.rsplit('\n').next().unwrap_or_default().trim_start();
        let after = after.split('\n').next().unwrap_or_default().trim_end();
        let span = self.span(start, end);
        // Comments are blanked in the head, and misspelt words corrected.
        let is_as_written = self.text.get(start..end) == Some(self.parser.slice(span.start, span.end));
        Correction::replace(span, replacement)
            .between(tail(before, 60), head(after, 60))
            .on_one_line()
            .doubtful_if(!is_as_written)
    }

    /// The white space at the beginning of the line on which the head begins.
    pub fn indentation(&self) -> &'a str {
        let before = self.parser.text.get(..self.base).unwrap_or_default();
        let line = self.parser.text.get(before.rfind('\n').map_or(0, |n| n + 1)..).unwrap_or_default();
        line.get(..line.len() - line.trim_start_matches([' ', '\t']).len()).unwrap_or_default()
    }
}

/// The same change without white space that is there already, and with a space where two words would become one.
fn fitted(text: &str, mut start: usize, mut end: usize, replacement: &str) -> (usize, usize, String) {
    let mut new = replacement;
    let old = |start: usize, end: usize| text.get(start..end).unwrap_or_default();
    let before = old(0, start);
    let after = old(end, text.len());
    let begins_with_space = |text: &str| text.starts_with(char::is_whitespace);
    let ends_with_space = |text: &str| text.ends_with(char::is_whitespace);
    if ends_with_space(new) && (ends_with_space(old(start, end)) || begins_with_space(after)) {
        new = new.trim_end();
        end = start + old(start, end).trim_end().len();
    }
    if begins_with_space(new) && (begins_with_space(old(start, end)) || ends_with_space(before)) {
        new = new.trim_start();
        start = end - old(start, end).trim_start().len();
    }
    // What is taken away altogether takes the white space before or behind it along.
    if new.is_empty() && (before.is_empty() || ends_with_space(old(0, start))) {
        end += text.get(end..).map_or(0, |rest| rest.len() - rest.trim_start_matches([' ', '\t']).len());
    }
    let is_word = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
    let mut fitted = String::with_capacity(new.len() + 2);
    if is_word(old(0, start).chars().next_back()) && is_word(new.chars().next()) {
        fitted.push(' ');
    }
    fitted.push_str(new);
    if is_word(new.chars().next_back()) && is_word(old(end, text.len()).chars().next()) {
        fitted.push(' ');
    }
    (start, end, fitted)
}

/// The word, number, or single sign at `at`.
pub fn token_at(text: &str, at: usize) -> &str {
    const LONGEST: usize = 60;
    let rest = text.get(at..).unwrap_or_default();
    if let Some(quote) = rest.chars().next().filter(|c| matches!(c, '"' | '\''))
        && let Some(end) = rest.get(1..).and_then(|inside| inside.find([quote, '\n'])).filter(|end| *end < LONGEST)
        && rest.get(end + 1..).is_some_and(|after| after.starts_with(quote))
    {
        return rest.get(..end + 2).unwrap_or_default();
    }
    let word = rest.bytes().take_while(|b| is_word_char(*b)).count();
    let len = if word > 0 { word } else { rest.chars().next().map_or(0, char::len_utf8) };
    rest.get(..len).unwrap_or_default()
}

pub fn is_word_char(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// The last word, dotted path or quoted string of a text, or its last sign.
fn last_token(text: &str) -> &str {
    const LONGEST: usize = 40;
    let last = text.chars().next_back();
    let start = match last {
        Some(quote @ ('"' | '\'')) => text.get(..text.len() - 1).and_then(|inside| inside.rfind(quote)),
        Some(c) if c.is_alphanumeric() || matches!(c, '_' | '.' | '$' | ']' | ')') => Some(
            text.rfind(char::is_whitespace)
                .map_or(0, |n| n + text.get(n..).and_then(|s| s.chars().next()).map_or(1, char::len_utf8)),
        ),
        Some(c) if is_operator(c) => Some(text.trim_end_matches(is_operator).len()),
        Some(c) => text.len().checked_sub(c.len_utf8()),
        None => Some(0),
    };
    let token = text.get(start.unwrap_or_default()..).unwrap_or_default();
    // A bracket that is still open belongs to what is before.
    let token = match token.rfind(['(', '{', ',']) {
        Some(open) if !token.ends_with([')', '"', '\'']) && !token.starts_with('$') => {
            token.get(open + 1..).unwrap_or_default()
        }
        _ => token,
    };
    if token.len() <= LONGEST { token } else { tail(token, LONGEST) }
}

fn is_operator(c: char) -> bool {
    matches!(c, '=' | '!' | '<' | '>' | '&' | '|')
}

/// The last `max` bytes of a text, or a little less.
fn tail(text: &str, max: usize) -> &str {
    let mut start = text.len().saturating_sub(max);
    while !text.is_char_boundary(start) {
        start += 1;
    }
    text.get(start..).unwrap_or_default()
}

/// The first `max` bytes of a text, or a little less.
fn head(text: &str, max: usize) -> &str {
    let mut end = text.len().min(max);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn changed(text: &str, old: &str, new: &str) -> String {
        let start = text.find(old).unwrap();
        let (start, end, new) = fitted(text, start, start + old.len(), new);
        format!("{}{new}{}", &text[..start], &text[end..])
    }

    #[test]
    fn what_is_put_in_fits_what_is_around_it() {
        assert_eq!(changed("timeout: 5s", ":", " "), "timeout 5s");
        assert_eq!(changed("timeout:5s", ":", " "), "timeout 5s");
        assert_eq!(changed("a&&b", "&&", "and"), "a and b");
        assert_eq!(changed("a && b", "&&", "and"), "a and b");
        assert_eq!(changed("let a  5", "  ", " = "), "let a =  5");
        assert_eq!(changed("let a: 5", ":", " = "), "let a = 5");
        assert_eq!(changed("wait for 5s", "for ", ""), "wait 5s");
        assert_eq!(changed("!a", "!", "not "), "not a");
        assert_eq!(changed("[1 2]", " ", ", "), "[1, 2]");
    }
}
