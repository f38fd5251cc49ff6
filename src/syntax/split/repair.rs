//! Brackets that are missing, or too many: where they must have stood, judged by how deep the lines stand.
//!
//! A line that stands no deeper than the one which opened a bracket ends it, unless it begins with the closing bracket. A line that
//! stands deeper than the one before, which opened nothing, may be the first of a block whose opening bracket is missing: whether it
//! is shows when a closing bracket without a partner stands at the end.

use crate::diag::{Diagnostic, codes};
use crate::source::{SourceId, Span};
use crate::syntax::scan::{Tok, Token, closer_of, opener_of};

pub struct Repaired {
    pub tokens: Vec<Token>,
    pub diagnostics: Vec<Diagnostic>,
    pub poison: Vec<(u32, u32)>,
}

/// A bracket that is open, or (`opener` is none) a line that may have lost one at its end.
struct Open {
    opener: Option<Token>,
    /// Where in the output the opener stands, or would stand.
    at: usize,
    line: usize,
    indent: usize,
}

struct Repair<'t> {
    source: SourceId,
    text: &'t str,
    guessed: &'t [(u32, u32)],
    out: Vec<Token>,
    /// Opening brackets to put in: the index in the output before which each goes.
    missing: Vec<(usize, Token)>,
    stack: Vec<Open>,
    line: usize,
    indent: usize,
    diagnostics: Vec<Diagnostic>,
    poison: Vec<(u32, u32)>,
}

pub fn repair(source: SourceId, text: &str, chunk: &[Token], guessed: &[(u32, u32)]) -> Repaired {
    let mut repair = Repair {
        source,
        text,
        guessed,
        out: Vec::with_capacity(chunk.len() + 8),
        missing: Vec::new(),
        stack: Vec::new(),
        line: 0,
        indent: 0,
        diagnostics: Vec::new(),
        poison: Vec::new(),
    };
    let mut lines = chunk.split_inclusive(|token| token.kind == Tok::Newline).peekable();
    while let Some(line) = lines.next() {
        let next = lines.peek().and_then(|line| line.first()).map(|token| repair.indent_of(token));
        repair.line(line, next);
    }
    repair.end();
    repair.finish()
}

impl Repair<'_> {
    fn indent_of(&self, token: &Token) -> usize {
        let before = self.text.get(..token.start as usize).unwrap_or_default();
        let line = before.rfind('\n').map_or(0, |n| n + 1);
        crate::syntax::scan::indentation(self.text.get(line..).unwrap_or_default())
    }

    fn line(&mut self, line: &[Token], next_indent: Option<usize>) {
        let Some(first) = line.first() else { return };
        self.line += 1;
        self.indent = self.indent_of(first);
        if first.kind != Tok::Close {
            self.dedent(first.kind == Tok::Open);
        }
        let mut leading = true;
        for token in line {
            match token.kind {
                Tok::Open => self.open(*token),
                Tok::Close if leading => self.close_at_line_start(*token, next_indent),
                Tok::Close => self.close_in_line(*token, next_indent),
                Tok::Newline => self.line_end(next_indent),
                _ => {}
            }
            if !matches!(token.kind, Tok::Close) {
                leading = false;
            }
            if !matches!(token.kind, Tok::Open | Tok::Close) {
                self.out.push(*token);
            }
        }
    }

    fn open(&mut self, token: Token) {
        self.stack.push(Open { opener: Some(token), at: self.out.len(), line: self.line, indent: self.indent });
        self.out.push(token);
    }

    /// The line stands no deeper than those that opened something: they end before it.
    fn dedent(&mut self, before_opener: bool) {
        while self.stack.last().is_some_and(|top| top.indent >= self.indent && top.line < self.line) {
            self.close_missing(before_opener);
        }
    }

    /// Puts in the closing bracket of the innermost open one: at the end of the line before, or (`here`) where we are.
    fn close_missing(&mut self, here: bool) {
        let Some(top) = self.stack.pop() else { return };
        let Some(opener) = top.opener else { return };
        let at_line_end = !here && self.out.last().is_some_and(|token| token.kind == Tok::Newline);
        let at = if at_line_end { self.out.len() - 1 } else { self.out.len() };
        let position = at.checked_sub(1).and_then(|before| self.out.get(before)).map_or(opener.end, |token| token.end);
        let byte = closer_of(opener.byte);
        self.out.insert(at, virtual_token(Tok::Close, byte, position));
        self.report_unclosed(opener, position);
    }

    fn close_at_line_start(&mut self, token: Token, next_indent: Option<usize>) {
        while self.stack.last().is_some_and(|top| top.indent > self.indent && top.line < self.line) {
            self.close_missing(false);
        }
        let same_indent = self.stack.iter().rev().take_while(|open| open.indent == self.indent);
        let fits = |open: &Open| open.opener.is_none_or(|opener| opener.byte == opener_of(token.byte));
        let depth = same_indent.take(16).position(fits);
        match depth {
            Some(above) => {
                for _ in 0..above {
                    self.close_missing(false);
                }
                self.close(token);
            }
            None if self.stack.last().is_some_and(|top| top.indent == self.indent) => self.wrong_closer(token),
            None => self.close_in_line(token, next_indent),
        }
    }

    fn close_in_line(&mut self, token: Token, next_indent: Option<usize>) {
        let opened_here = self.stack.iter().rev().take_while(|open| open.line == self.line && open.opener.is_some());
        let fits = |open: &Open| open.opener.is_some_and(|opener| opener.byte == opener_of(token.byte));
        let mut count = 0;
        let mut above = None;
        for open in opened_here.take(super::MAX_NESTING) {
            if fits(open) {
                above = Some(count);
                break;
            }
            count += 1;
        }
        if let Some(above) = above {
            for _ in 0..above {
                self.close_missing(true);
            }
            return self.close(token);
        }
        if count > 0 {
            return self.wrong_closer(token);
        }
        // It would close what an earlier line opened: so it does where the lines after it agree.
        let ends_block =
            self.stack.last().is_some_and(|top| fits(top) && next_indent.is_none_or(|next| next <= top.indent));
        if ends_block { self.close(token) } else { self.unopened(token) }
    }

    /// The innermost open bracket ends with this token.
    fn close(&mut self, token: Token) {
        let Some(top) = self.stack.pop() else { return };
        if top.opener.is_none() {
            let end = top.at.checked_sub(1).and_then(|before| self.out.get(before)).map_or(0, |token| token.end);
            let opener = opener_of(token.byte);
            self.missing.push((top.at, virtual_token(Tok::Open, opener, end)));
            self.report_missing_opener(token, end);
        }
        self.out.push(token);
    }

    /// A bracket of another kind than the one it would close: it is taken for the right one.
    fn wrong_closer(&mut self, token: Token) {
        let Some(Open { opener: Some(opener), .. }) = self.stack.pop() else { return };
        let byte = closer_of(opener.byte);
        self.out.push(Token { byte, virtual_: true, ..token });
        if self.is_guessed(token.start) || self.is_guessed(opener.start) {
            return;
        }
        self.poison.push((token.start, token.end));
        let diagnostic = Diagnostic::error(
            &codes::MISMATCHED_BRACKET,
            self.span(token),
            format!("`{}` can't close `{}`", token.byte as char, opener.byte as char),
        )
        .with_related(self.span(opener), "this is the bracket it would close")
        .with_help(format!("write `{}` here, or add the bracket that is missing between the two", byte as char));
        self.diagnostics.push(diagnostic);
    }

    fn unopened(&mut self, token: Token) {
        if self.is_guessed(token.start) {
            return;
        }
        self.poison.push((token.start, token.end));
        let (close, open) = (token.byte as char, opener_of(token.byte) as char);
        let diagnostic =
            Diagnostic::error(&codes::UNOPENED_BRACKET, self.span(token), format!("this `{close}` closes nothing"))
                .with_help(format!("remove it, or add the `{open}` that is missing before it"));
        self.diagnostics.push(diagnostic);
    }

    fn line_end(&mut self, next_indent: Option<usize>) {
        let opened = self.stack.last().is_some_and(|top| top.line == self.line && top.opener.is_some());
        if !opened && next_indent.is_some_and(|next| next > self.indent) {
            self.stack.push(Open { opener: None, at: self.out.len(), line: self.line, indent: self.indent });
        }
    }

    fn end(&mut self) {
        while !self.stack.is_empty() {
            self.close_missing(false);
        }
    }

    fn finish(mut self) -> Repaired {
        let mut tokens = Vec::with_capacity(self.out.len() + self.missing.len());
        self.missing.sort_by_key(|(at, _)| *at);
        let mut missing = self.missing.iter().peekable();
        for (at, token) in self.out.iter().enumerate() {
            while let Some((_, opener)) = missing.next_if(|(before, _)| *before == at) {
                tokens.push(*opener);
            }
            tokens.push(*token);
        }
        Repaired { tokens, diagnostics: self.diagnostics, poison: self.poison }
    }

    fn report_unclosed(&mut self, opener: Token, end: u32) {
        if self.is_guessed(opener.start) {
            return;
        }
        let (open, close) = (opener.byte as char, closer_of(opener.byte) as char);
        let place = Span::new(self.source, end as usize, end as usize);
        let diagnostic =
            Diagnostic::error(&codes::UNCLOSED_BRACKET, self.span(opener), format!("this `{open}` is never closed"))
                .with_related(place, format!("`{close}` may be missing here"))
                .with_help(format!("add `{close}` where it ends"));
        self.diagnostics.push(diagnostic);
    }

    fn report_missing_opener(&mut self, closer: Token, end: u32) {
        if self.is_guessed(closer.start) || self.is_guessed(end.saturating_sub(1)) {
            return;
        }
        let (close, open) = (closer.byte as char, opener_of(closer.byte) as char);
        let place = Span::new(self.source, end.saturating_sub(1) as usize, end as usize);
        let diagnostic =
            Diagnostic::error(&codes::MISSING_BRACE, place, format!("`{open}` is missing at the end of this line"))
                .with_related(self.span(closer), format!("this is the `{close}` that would close it"))
                .with_help(format!("add ` {open}` at the end of the line"));
        self.diagnostics.push(diagnostic);
    }

    fn is_guessed(&self, offset: u32) -> bool {
        let next = self.guessed.partition_point(|range| range.1 <= offset);
        self.guessed.get(next).is_some_and(|range| range.0 <= offset)
    }

    fn span(&self, token: Token) -> Span {
        Span::new(self.source, token.start as usize, token.end as usize)
    }
}

fn virtual_token(kind: Tok, byte: u8, at: u32) -> Token {
    Token { start: at, end: at, kind, byte, virtual_: true }
}
