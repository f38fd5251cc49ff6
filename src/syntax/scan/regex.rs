use super::Tok;
use super::scanner::Scanner;
use crate::diag::{Correction, Diagnostic, codes};
use crate::source::Span;

/// Words behind which a value is expected, so that `/` begins a regex.
const BEFORE_OPERANDS: &[&str] = &[
    "matches", "by", "in", "and", "or", "not", "contains", "equals", "is", "each", "some", "none", "where", "when",
    "return", "expect", "with", "any", "json", "text", "bearer",
];

/// The longest regex, in bytes.
const LONGEST: usize = 2000;

impl Scanner<'_> {
    /// A regex, or a division.
    pub(super) fn slash(&mut self) {
        let expected = self.operand_expected();
        let is_plus_minus = self.pos > 0 && self.bytes.get(self.pos - 1..self.pos + 2) == Some(b"+/-");
        let begins = !is_plus_minus && !matches!(self.peek(1), Some(b' ' | b'\t' | b'\r' | b'\n' | b'/' | b'*') | None);
        if !begins || !(expected || self.in_capture()) {
            return self.push(Tok::Symbol, 1);
        }
        match self.regex_end() {
            Some(end) => self.push(Tok::Regex, end - self.pos),
            None if expected && !self.odd_quote_follows() => self.unclosed_regex(),
            None => self.push(Tok::Symbol, 1),
        }
    }

    fn operand_expected(&self) -> bool {
        let Some(last) = self.tokens.last() else { return false };
        match last.kind {
            Tok::Word => self
                .text
                .get(last.start as usize..last.end as usize)
                .is_some_and(|word| BEFORE_OPERANDS.contains(&word)),
            Tok::Open | Tok::Comma => true,
            Tok::Symbol => !matches!(last.byte, b'$' | b'%' | b'\\'),
            _ => false,
        }
    }

    /// In `capture NAME = SUBJECT /RE/` a regex follows a value.
    fn in_capture(&self) -> bool {
        if !matches!(self.bytes.get(self.pos.wrapping_sub(1)), Some(b' ' | b'\t')) {
            return false;
        }
        let line = self.tokens.get(self.line_token..).unwrap_or_default();
        // The statement begins behind the last `;` or `{` of the line; looking back a little way is enough.
        let start = line.iter().rev().take(40).position(|t| t.kind == Tok::Semicolon || t.is_open(b'{'));
        let first = match start {
            Some(back) => line.get(line.len() - back),
            None => line.first(),
        };
        first.is_some_and(|token| {
            matches!(self.text.get(token.start as usize..token.end as usize), Some("capture" | "collect"))
        })
    }

    /// The end of the regex that begins here, with its flags.
    fn regex_end(&self) -> Option<usize> {
        let mut at = self.pos + 1;
        let mut in_class = false;
        loop {
            // A limit, so that signs of division on a long line aren't each taken for the beginning of a regex.
            if at > self.pos + LONGEST {
                return None;
            }
            match *self.bytes.get(at)? {
                b'\n' => return None,
                b'\\' => at += if self.bytes.get(at + 1) == Some(&b'\n') { 1 } else { 2 },
                b'/' if !in_class => break,
                b'[' => {
                    in_class = true;
                    at += 1;
                }
                b']' => {
                    in_class = false;
                    at += 1;
                }
                _ => at += 1,
            }
        }
        Some(at + 1 + self.bytes.iter().skip(at + 1).take_while(|b| b.is_ascii_lowercase()).count())
    }

    /// An odd quote on the rest of the line is the likelier mistake: what looks like a regex is then text.
    pub(super) fn odd_quote_follows(&self) -> bool {
        const LONGEST: usize = 10_000;
        let line = self.text.get(self.pos..self.line_end()).unwrap_or_default();
        line.len() < LONGEST && line.bytes().filter(|b| *b == b'"').count() % 2 == 1
    }

    fn unclosed_regex(&mut self) {
        let line = self.text.get(self.pos..self.line_end()).unwrap_or_default();
        // A block that the line opens isn't part of the regex.
        let regex = line.trim_end().strip_suffix(" {").unwrap_or(line).trim_end();
        let end = self.pos + regex.len();
        if let Some(diagnostic) = self.unquoted_text(end) {
            self.flag(self.pos, end, diagnostic);
            self.push(Tok::Regex, end - self.pos);
            return;
        }
        let span = Span::new(self.source, self.pos, self.pos + 1);
        let diagnostic = Diagnostic::error(
            &codes::UNCLOSED_REGEX,
            span,
            "the regex that begins here isn't closed on its line",
        )
        .with_related(Span::new(self.source, end, end), "`/` may be missing here")
        .with_help(
            "a regex is written between slashes: `/^thr-\\d+$/`; a `[` in it needs its `]`, and `\\[` is a literal one",
        );
        self.flag(self.pos, end, diagnostic);
        self.push(Tok::Regex, end - self.pos);
    }

    /// `text/plain; charset=utf-8`: no regex begins within a word.
    fn unquoted_text(&self, end: usize) -> Option<Diagnostic> {
        let before = self.text.get(..self.pos)?;
        let start = before.len() - before.bytes().rev().take_while(|b| b.is_ascii_alphanumeric()).count();
        let text = self.text.get(start..end)?;
        let is_text = start < self.pos
            && before.get(..start)?.ends_with([' ', '\t'])
            && text.bytes().all(|b| b.is_ascii_alphanumeric() || b" -_.,;:/+*=@".contains(&b));
        let span = Span::new(self.source, start, end);
        is_text.then(|| {
            Diagnostic::error(&codes::UNQUOTED_TEXT, span, format!("`{text}` isn't in quotes")).with_help(
                Correction::replace(span, format!("\"{text}\""))
                    .help(|quoted| format!("text is written in quotes: `{quoted}`")),
            )
        })
    }
}
