//! Secrets that are written out inside of texts: in a URL, a query, a form, JSON.

use std::ops::Range;

use super::super::cx::Cx;
use super::secrets::{is_harmless, is_secret_name, looks_like_token, report};
use crate::source::Span;
use crate::syntax::ast::{Template, TemplatePart};

/// Stands for a value that isn't written out.
const VALUE: char = '\0';
/// A user's name in a URL that is as long as a token, in characters.
const LONG: usize = 16;

pub fn check(cx: &mut Cx<'_>, template: &Template) {
    let mut text = String::new();
    // Where each part that is written out begins, in the text, and where it is.
    let mut parts: Vec<(usize, Span)> = Vec::new();
    for part in &template.parts {
        match part {
            TemplatePart::Text { text: part, span } => {
                parts.push((text.len(), *span));
                text.push_str(part);
            }
            TemplatePart::Expr(_) => text.push(VALUE),
        }
    }
    let found = in_urls(&text).into_iter().map(|range| (range, "a password is in this URL".to_owned()));
    let named = in_queries(&text).into_iter().chain(in_json(&text));
    let named = named.map(|(name, range)| (range, format!("the value of `{name}` is written out in the spec")));
    for (range, message) in found.chain(named).collect::<Vec<_>>() {
        let Some((start, span)) = parts[..parts.partition_point(|(start, _)| *start <= range.start)].last() else {
            continue;
        };
        report(cx, span.slice(range.start - start, range.end - start), &message);
    }
}

/// Whether a value is written out, and is no text that is meant to be refused. What looks like a token is found wherever it is.
fn is_written(value: &str) -> bool {
    !value.trim().is_empty() && !value.contains(VALUE) && !is_harmless(value) && !looks_like_token(value)
}

/// `https://user:password@host`, `https://token@host` (RFC 3986, section 3.2.1).
fn in_urls(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    for (at, sign) in text.match_indices("://") {
        let start = at + sign.len();
        let authority = &text[start..];
        let end = authority.find(|c: char| matches!(c, '/' | '?' | '#' | '"') || c.is_whitespace());
        let authority = &authority[..end.unwrap_or(authority.len())];
        let Some(info) = authority.rfind('@').map(|at| &authority[..at]) else { continue };
        let range = match info.split_once(':') {
            Some((user, password)) if is_written(password) => {
                let hidden = if user.contains(VALUE) { user.len() + 1 } else { 0 };
                start + hidden..start + info.len()
            }
            None if is_written(info) && info.chars().count() >= LONG => start..start + info.len(),
            _ => continue,
        };
        found.push(range);
    }
    found
}

/// `?token=…`, `client_id=a&client_secret=…` (WHATWG URL, section 5.1).
fn in_queries(text: &str) -> Vec<(&str, Range<usize>)> {
    let mut found = Vec::new();
    let mut from = 0;
    for piece in text.split_inclusive(['?', '&']) {
        let pair = piece.trim_end_matches(['?', '&']);
        if let Some((name, value)) = pair.split_once('=') {
            let end = value.find(|c: char| matches!(c, '#' | '"') || c.is_whitespace()).unwrap_or(value.len());
            let start = from + name.len() + 1;
            let is_name = name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '[' | ']'));
            if is_name && is_secret_name(name) && is_written(&value[..end]) {
                found.push((name, start..start + end));
            }
        }
        from += piece.len();
    }
    found
}

/// `"password": "…"`, in JSON that is written as a text.
fn in_json(text: &str) -> Vec<(&str, Range<usize>)> {
    let mut found = Vec::new();
    let mut name: Option<&str> = None;
    let mut at = 0;
    while let Some(start) = text[at..].find('"').map(|quote| at + quote + 1) {
        let Some(end) = closing(text, start) else { break };
        let content = &text[start..end];
        if let Some(name) = name.take()
            && is_secret_name(name)
            && is_written(content)
        {
            found.push((name, start..end));
        }
        at = end + 1;
        let rest = text[at..].trim_start();
        if let Some(rest) = rest.strip_prefix(':') {
            name = rest.trim_start().starts_with('"').then_some(content);
        }
    }
    found
}

/// Where the quote is that ends a string.
fn closing(text: &str, start: usize) -> Option<usize> {
    let mut escaped = false;
    text[start..].char_indices().find_map(|(at, c)| {
        let ends = c == '"' && !escaped;
        escaped = c == '\\' && !escaped;
        ends.then_some(start + at)
    })
}
