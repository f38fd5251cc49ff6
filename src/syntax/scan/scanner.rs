use super::{Tok, Token};
use crate::diag::{Correction, Diagnostic, codes};
use crate::source::{SourceId, Span};
use crate::syntax::MAX_DIAGNOSTICS;
use crate::syntax::ast::Comment;

/// What the first pass over a text gives.
pub struct Scanned {
    pub tokens: Vec<Token>,
    pub comments: Vec<Comment>,
    pub diagnostics: Vec<Diagnostic>,
    /// Ranges of bytes that are known to be wrong, in ascending order: what is there isn't parsed, since it has its diagnostic.
    pub poison: Vec<(u32, u32)>,
    /// Ranges of lines with an odd quote; the brackets on them are a guess.
    pub guessed: Vec<(u32, u32)>,
    /// The text with spaces instead of comments, byte for byte as long.
    pub clean: String,
}

pub fn scan(source: SourceId, text: &str) -> Scanned {
    let mut scanner = Scanner {
        source,
        text,
        bytes: text.as_bytes(),
        pos: 0,
        line_start: 0,
        line_end: 0,
        line_token: 0,
        line_diagnostic: 0,
        line_poison: 0,
        tokens: Vec::new(),
        comments: Vec::new(),
        blank: Vec::new(),
        diagnostics: Vec::new(),
        poison: Vec::new(),
        guessed: Vec::new(),
        no_interpolation_before: 0,
        line_invisible: None,
        no_multiline_end: [false; 2],
        url_at: None,
    };
    scanner.run();
    scanner.poison.sort_unstable();
    let clean = blank(text, &scanner.blank);
    Scanned {
        tokens: scanner.tokens,
        comments: scanner.comments,
        diagnostics: scanner.diagnostics,
        poison: scanner.poison,
        guessed: scanner.guessed,
        clean,
    }
}

fn blank(text: &str, ranges: &[(u32, u32)]) -> String {
    let mut clean = String::with_capacity(text.len());
    let mut at = 0;
    for (start, end) in ranges {
        let (start, end) = (*start as usize, *end as usize);
        clean.push_str(text.get(at..start).unwrap_or_default());
        clean.extend(std::iter::repeat_n(' ', end.saturating_sub(start)));
        at = end;
    }
    clean.push_str(text.get(at..).unwrap_or_default());
    clean
}

pub(super) struct Scanner<'t> {
    pub source: SourceId,
    pub text: &'t str,
    pub bytes: &'t [u8],
    pub pos: usize,
    pub line_start: usize,
    line_end: usize,
    /// The number of tokens, diagnostics and poisoned ranges before the current line, to go back to when the line has an odd quote.
    pub line_token: usize,
    pub line_diagnostic: usize,
    pub line_poison: usize,
    pub tokens: Vec<Token>,
    pub comments: Vec<Comment>,
    /// What is blanked: comments, also those that are written with `//`.
    pub blank: Vec<(u32, u32)>,
    pub diagnostics: Vec<Diagnostic>,
    pub poison: Vec<(u32, u32)>,
    pub guessed: Vec<(u32, u32)>,
    /// No interpolation that begins before this offset is closed.
    pub no_interpolation_before: usize,
    /// The line whose invisible characters have been reported, by its beginning.
    pub line_invisible: Option<usize>,
    /// No multi-line string that is open here is closed: by \" or ', in this order.
    pub no_multiline_end: [bool; 2],
    /// Where a bare URL begins, behind an expression.
    pub url_at: Option<usize>,
}

impl Scanner<'_> {
    fn run(&mut self) {
        if self.text.starts_with('\u{feff}') {
            self.pos = 3;
        }
        self.begin_line();
        while let Some(byte) = self.peek(0) {
            if self.url_at.take_if(|at| *at <= self.pos).is_some_and(|at| at == self.pos) {
                self.url(true);
            } else {
                self.token(byte);
            }
        }
    }

    fn token(&mut self, byte: u8) {
        match byte {
            b' ' | b'\t' | b'\r' => self.pos += 1,
            b'\n' => self.newline(),
            b'#' if self.after_space() => self.comment(),
            b'/' if self.peek(1) == Some(b'/') && self.is_slash_comment() => self.slash_comment(),
            b'"' | b'\'' => self.string(byte),
            b'/' => self.slash(),
            b'0'..=b'9' => self.number(),
            b'a'..=b'z' | b'A'..=b'Z' | b'_' => self.word(),
            b'(' | b'[' | b'{' => self.push(Tok::Open, 1),
            b')' | b']' | b'}' => self.push(Tok::Close, 1),
            b',' => self.push(Tok::Comma, 1),
            b';' => self.push(Tok::Semicolon, 1),
            _ => self.symbol(),
        }
    }

    fn newline(&mut self) {
        if self.tokens.last().is_some_and(|token| token.kind != Tok::Newline) {
            self.push(Tok::Newline, 1);
        } else {
            self.pos += 1;
        }
        self.begin_line();
    }

    /// Remembers what was there before the line that begins here.
    pub fn begin_line(&mut self) {
        self.line_start = self.pos;
        let end = self.text.get(self.pos..).and_then(|rest| rest.find('\n')).map_or(self.text.len(), |n| self.pos + n);
        self.line_end = if end > self.pos && self.bytes.get(end - 1) == Some(&b'\r') { end - 1 } else { end };
        self.line_token = self.tokens.len();
        self.line_diagnostic = self.diagnostics.len();
        self.line_poison = self.poison.len();
    }

    fn comment(&mut self) {
        let end = self.line_end();
        let doc = self.peek(1) == Some(b'#');
        let span = Span::new(self.source, self.pos, end);
        self.comments.push(Comment { span, doc });
        self.blank.push((self.pos as u32, end as u32));
        self.pos = end;
    }

    /// `//` at the beginning of a statement, or behind white space and with whole strings behind it.
    fn is_slash_comment(&self) -> bool {
        self.after_space() && (self.at_statement_start() || !self.odd_quote_follows())
    }

    fn slash_comment(&mut self) {
        let end = self.line_end();
        let text = self.text.get(self.pos + 2..end).unwrap_or_default().trim();
        let span = Span::new(self.source, self.pos, self.pos + 2);
        self.report(
            Diagnostic::error(&codes::SLASH_COMMENT, span, "`//` doesn't begin a comment").with_help(
                Correction::replace(span, "#")
                    .between("", &format!(" {text}"))
                    .safe()
                    .help(|comment| format!("write `#` instead: `{comment}`")),
            ),
        );
        self.blank.push((self.pos as u32, end as u32));
        self.pos = end;
    }

    fn number(&mut self) {
        let mut end = self.pos + 1;
        while let Some(byte) = self.bytes.get(end) {
            let fraction = *byte == b'.' && self.bytes.get(end + 1).is_some_and(u8::is_ascii_digit);
            if !(byte.is_ascii_alphanumeric() || *byte == b'_' || fraction) {
                break;
            }
            end += 1;
        }
        self.push(Tok::Number, end - self.pos);
    }

    fn word(&mut self) {
        let at_start = self.at_statement_start();
        let end = self.ident_end(self.pos);
        let word = self.text.get(self.pos..end).unwrap_or_default();
        self.push(Tok::Word, end - self.pos);
        if at_start {
            self.after_first_word(word);
        }
    }

    pub fn push(&mut self, kind: Tok, len: usize) {
        let byte = self.bytes.get(self.pos).copied().unwrap_or_default();
        self.tokens.push(Token { start: self.pos as u32, end: (self.pos + len) as u32, kind, byte, virtual_: false });
        self.pos += len;
    }

    pub fn peek(&self, ahead: usize) -> Option<u8> {
        self.bytes.get(self.pos + ahead).copied()
    }

    /// The end of the identifier that begins at `at`.
    pub fn ident_end(&self, at: usize) -> usize {
        at + self.bytes.iter().skip(at).take_while(|b| b.is_ascii_alphanumeric() || **b == b'_').count()
    }

    pub fn skip_blanks(&mut self) {
        while matches!(self.peek(0), Some(b' ' | b'\t')) {
            self.pos += 1;
        }
    }

    /// The end of the current line, without its line end.
    pub fn line_end(&self) -> usize {
        self.line_end.max(self.pos)
    }

    /// Is this the beginning of a line, or is there white space before it?
    fn after_space(&self) -> bool {
        self.pos == self.line_start || self.bytes.get(self.pos - 1).is_some_and(|b| b.is_ascii_whitespace())
    }

    pub fn at_statement_start(&self) -> bool {
        self.tokens.last().is_none_or(|last| {
            matches!(last.kind, Tok::Newline | Tok::Semicolon) || last.is_open(b'{') || last.is_close(b'}')
        })
    }

    pub fn flag(&mut self, start: usize, end: usize, diagnostic: Diagnostic) {
        self.poison.push((start as u32, end.max(start + 1) as u32));
        self.report(diagnostic);
    }

    pub fn report(&mut self, diagnostic: Diagnostic) {
        if self.diagnostics.len() < MAX_DIAGNOSTICS {
            self.diagnostics.push(diagnostic);
        }
    }
}
