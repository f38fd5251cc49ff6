use super::Tok;
use super::scanner::Scanner;
use super::strings::interpolation_end;
use crate::diag::{Diagnostic, codes};
use crate::source::Span;

impl Scanner<'_> {
    /// A quote on this line has no partner: flags the line, and reads it again for its brackets alone.
    pub(super) fn odd_quote(&mut self) {
        let opened = self.pos;
        let end = self.line_end();
        self.tokens.truncate(self.line_token);
        self.diagnostics.truncate(self.line_diagnostic);
        self.poison.truncate(self.line_poison);
        let at = culprit(self.text, self.line_start, end, opened);
        let quote = self.text.get(at..at + 1).unwrap_or_default();
        let span = Span::new(self.source, at, at + 1);
        let diagnostic =
            Diagnostic::error(&codes::UNCLOSED_STRING, span, format!("this {quote} has no partner on its line"))
                .with_related(Span::new(self.source, end, end), "the line ends here, and strings end with it")
                .with_help(help(quote));
        self.flag(self.line_start, end, diagnostic);
        self.guessed.push((self.line_start as u32, end as u32));
        self.pos = self.line_start;
        while self.pos < end {
            self.raw_token();
        }
    }

    fn raw_token(&mut self) {
        match self.peek(0) {
            Some(b'{') if self.peek(1) == Some(b'{') => match interpolation_end(self, self.pos) {
                Some(after) => self.push(Tok::Symbol, after - self.pos),
                None => self.push(Tok::Open, 1),
            },
            Some(b'(' | b'[' | b'{') => self.push(Tok::Open, 1),
            Some(b')' | b']' | b'}') => self.push(Tok::Close, 1),
            Some(b' ' | b'\t' | b'\r') => self.pos += 1,
            Some(b'a'..=b'z' | b'A'..=b'Z' | b'_' | b'0'..=b'9') => {
                let end = self.ident_end(self.pos);
                self.push(Tok::Word, end - self.pos);
            }
            Some(b',') => self.push(Tok::Comma, 1),
            // A value of some kind, so that a brace behind it opens a block.
            Some(b'"' | b'\'') => self.push(Tok::Text, 1),
            _ => match self.text.get(self.pos..).and_then(|rest| rest.chars().next()) {
                Some(sign) if sign.is_whitespace() => self.pos += sign.len_utf8(),
                Some(sign) => self.push(Tok::Symbol, sign.len_utf8()),
                None => self.pos += 1,
            },
        }
    }
}

fn help(quote: &str) -> String {
    match quote {
        "'" => "close the string with ', or write the text in \"…\" if it holds an apostrophe".to_owned(),
        _ => "close the string with \", or write a quote inside it as \\\"".to_owned(),
    }
}

/// The quote that most likely lost its partner: the first that is where a string can't begin, or the one before one that is
/// where none can end. `opened` is the one that the text read from left to right leaves open.
fn culprit(text: &str, line_start: usize, end: usize, opened: usize) -> usize {
    let bytes = text.as_bytes();
    let quote = bytes.get(opened).copied().unwrap_or(b'"');
    let mut open: Option<usize> = None;
    let mut at = line_start;
    while at < end {
        match bytes.get(at) {
            Some(b'\\') => at += 1,
            Some(byte) if *byte == quote => {
                let before = if at == line_start { b' ' } else { bytes.get(at - 1).copied().unwrap_or(b' ') };
                let after = if at + 1 >= end { b' ' } else { bytes.get(at + 1).copied().unwrap_or(b' ') };
                match open {
                    None if before.is_ascii_alphanumeric() && ends_value(after) => return at,
                    None => open = Some(at),
                    Some(first) if begins_value(before) && !ends_value(after) => return first,
                    Some(_) => open = None,
                }
            }
            _ => {}
        }
        at += 1;
    }
    opened
}

fn begins_value(before: u8) -> bool {
    before.is_ascii_whitespace() || matches!(before, b'(' | b'[' | b'{' | b',' | b':' | b'=')
}

fn ends_value(after: u8) -> bool {
    after.is_ascii_whitespace() || matches!(after, b')' | b']' | b'}' | b',' | b':' | b';')
}
