use super::scanner::Scanner;
use super::{Tok, strings};
use crate::diag::{Diagnostic, codes};
use crate::source::Span;

const METHODS: &[&str] = &["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE", "CONNECT", "QUERY"];

impl Scanner<'_> {
    /// A bare URL follows a method, or a channel's name.
    pub(super) fn after_first_word(&mut self, word: &str) {
        match word {
            "websocket" => self.channel(false),
            "sse" | "ndjson" => self.channel(true),
            "request" | "probe" => {
                if self.next_method().is_some() {
                    self.take_method();
                    self.url(true);
                }
            }
            _ if METHODS.contains(&word) => self.url(true),
            _ if is_like_method(word) => self.url(false),
            _ => {}
        }
    }

    fn channel(&mut self, method: bool) {
        self.skip_blanks();
        let end = self.ident_end(self.pos);
        if end == self.pos {
            // The name is missing, or this is no channel at all.
            if matches!(self.peek(0), Some(b'{')) && self.peek(1) == Some(b'{') {
                self.url(true);
            }
            return;
        }
        match self.bytes.get(end) {
            Some(b' ' | b'\t') => self.push(Tok::Word, end - self.pos),
            Some(b':') if self.bytes.get(end + 1) == Some(&b'/') => return self.url(true),
            _ => return,
        }
        if method && self.next_method().is_some() {
            self.take_method();
        }
        self.url(true);
    }

    /// The end of an upper-case word with white space behind it.
    fn next_method(&mut self) -> Option<usize> {
        self.skip_blanks();
        let end = self.pos + self.bytes.iter().skip(self.pos).take_while(|b| b.is_ascii_uppercase()).count();
        (end > self.pos && matches!(self.bytes.get(end), Some(b' ' | b'\t'))).then_some(end)
    }

    fn take_method(&mut self) {
        if let Some(end) = self.next_method() {
            self.push(Tok::Word, end - self.pos);
        }
    }

    /// Takes a bare URL, if one follows. Without `sure`, only what looks like one at its first characters.
    fn url(&mut self, sure: bool) {
        self.skip_blanks();
        let rest = self.text.get(self.pos..).unwrap_or_default();
        let looks_like_url =
            rest.starts_with("{{") || rest.starts_with("http") || rest.starts_with("ws") || rest.starts_with('/');
        if !sure && !looks_like_url || rest.starts_with(['=', ':', ',', '.', ')', '"', '\'']) {
            return;
        }
        let mut end = self.pos;
        while let Some(byte) = self.bytes.get(end) {
            match byte {
                b';' | b'"' => break,
                byte if byte.is_ascii_whitespace() => break,
                b'{' if self.bytes.get(end + 1) == Some(&b'{') => match strings::interpolation_end(self, end) {
                    Some(after) => end = after,
                    None => return self.damaged_url(end, "this `{{` has no `}}`"),
                },
                b'{' => match strings::single_brace(self, end, end == self.pos) {
                    Some(_) => return self.damaged_url(end, "an interpolation in a URL has two braces on each side"),
                    None => break,
                },
                b'}' => break,
                _ => end += 1,
            }
        }
        if end > self.pos {
            self.push(Tok::Url, end - self.pos);
        }
    }

    /// Takes what is left up to white space as one token, and flags its interpolation.
    fn damaged_url(&mut self, at: usize, message: &str) {
        let len = self.bytes.iter().skip(at).take_while(|b| !b.is_ascii_whitespace() && **b != b';').count();
        let name = strings::braced_name(self.text, at);
        let shown = if name.is_empty() { "name" } else { name };
        let width = if self.bytes.get(at + 1) == Some(&b'{') { 2 } else { 1 };
        let span = Span::new(self.source, at, at + width);
        let diagnostic = Diagnostic::error(&codes::UNCLOSED_INTERPOLATION, span, message)
            .with_help(format!("write `{{{{{shown}}}}}`; a URL that needs braces of its own stands in quotes"));
        self.flag(at, at + len, diagnostic);
        self.push(Tok::Url, at + len - self.pos);
    }
}

/// A method that isn't known, or is written in lower case: what follows it may be a URL.
fn is_like_method(word: &str) -> bool {
    (word.len() >= 3 && word.bytes().all(|b| b.is_ascii_uppercase()))
        || METHODS.iter().any(|method| method.eq_ignore_ascii_case(word))
}
