//! Brackets that are missing, or too many: where they must have been, judged by how deep the lines are.
//!
//! A line that is no deeper than the one which opened a bracket ends it, unless it begins with the closing bracket. A line that
//! is deeper than the one before, which opened nothing, may be the first of a block whose opening bracket is missing: whether it
//! is shows when a closing bracket without a partner is at the end.

use std::collections::HashSet;

use crate::diag::{Correction, Diagnostic, codes};
use crate::source::{SourceId, Span};
use crate::syntax::MAX_DIAGNOSTICS;
use crate::syntax::scan::{Tok, Token, closer_of, opener_of};

pub struct Repaired {
    pub tokens: Vec<Token>,
    pub diagnostics: Vec<Diagnostic>,
    pub poison: Vec<(u32, u32)>,
}

/// A bracket that is open, or (`opener` is none) a line that may have lost one at its end.
struct Open {
    opener: Option<Token>,
    /// Where in the output the opener is, or would be.
    at: usize,
    line: usize,
    indent: usize,
    /// The bytes of its line.
    range: (u32, u32),
    /// It is at the end of its line.
    ends_line: bool,
    /// What it holds is no deeper than its line: only a closing bracket ends it.
    unindented: bool,
}

/// The line below the one that is looked at: how deep it is, and the bracket that it begins with, if it closes one.
#[derive(Clone, Copy)]
struct Next {
    indent: usize,
    closer: Option<u8>,
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
    /// The bytes of the current line.
    range: (u32, u32),
    diagnostics: Vec<Diagnostic>,
    poison: Vec<(u32, u32)>,
    /// Where the lines begin that have a diagnostic: one a line is enough.
    reported: HashSet<u32>,
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
        range: (0, 0),
        diagnostics: Vec::new(),
        poison: Vec::new(),
        reported: HashSet::new(),
    };
    let mut lines = chunk.split_inclusive(|token| token.kind == Tok::Newline).peekable();
    while let Some(line) = lines.next() {
        let next = lines.peek().and_then(|line| line.first()).map(|token| Next {
            indent: repair.indent_of(token),
            closer: (token.kind == Tok::Close).then_some(token.byte),
        });
        repair.line(line, next);
    }
    repair.end();
    repair.finish()
}

/// The words of statements that have a block wherever they are.
const BLOCKS: &[&str] = &[
    "environment",
    "service",
    "suite",
    "before",
    "after",
    "test",
    "shape",
    "flow",
    "load",
    "scenario",
    "plan",
    "phase",
    "parallel",
    "for",
    "repeat",
    "eventually",
    "GET",
    "POST",
    "PUT",
    "PATCH",
    "DELETE",
    "HEAD",
    "OPTIONS",
    "request",
];

impl Repair<'_> {
    fn indent_of(&self, token: &Token) -> usize {
        let before = self.text.get(..token.start as usize).unwrap_or_default();
        let line = before.rfind('\n').map_or(0, |n| n + 1);
        crate::syntax::scan::indentation(self.text.get(line..).unwrap_or_default())
    }

    fn line(&mut self, line: &[Token], next: Option<Next>) {
        let Some(first) = line.first() else { return };
        self.line += 1;
        self.indent = self.indent_of(first);
        self.range = self.line_range(first);
        if first.kind != Tok::Close {
            self.continue_head(line);
            self.dedent(first.kind == Tok::Open);
        }
        let mut leading = true;
        for (at, token) in line.iter().enumerate() {
            let rest = line.get(at + 1..).unwrap_or_default();
            match token.kind {
                Tok::Open => self.open(*token, rest.first().is_none_or(|after| after.kind == Tok::Newline)),
                Tok::Close if leading => self.close_at_line_start(*token, rest, next),
                Tok::Close => self.close_in_line(*token, rest, next),
                Tok::Newline => self.line_end(next),
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

    fn open(&mut self, token: Token, ends_line: bool) {
        self.stack.push(Open {
            opener: Some(token),
            at: self.out.len(),
            line: self.line,
            indent: self.indent,
            range: self.range,
            ends_line,
            unindented: false,
        });
        self.out.push(token);
    }

    /// A line that begins with `{`, or with `or {`, has lost the bracket that was before: `] {`, `} or {`.
    fn continue_head(&mut self, line: &[Token]) {
        let Some(first) = line.first() else { return };
        let is_or = self.text.get(first.start as usize..first.end as usize) == Some("or")
            && line.get(1).is_some_and(|token| token.is_open(b'{'));
        let ends_with_brace = first.is_open(b'{') && line.get(1).is_none_or(|token| token.kind == Tok::Newline);
        let Some(top) = self.stack.last() else { return };
        let opener = top.opener.map(|opener| opener.byte);
        let fits = if is_or { opener == Some(b'{') } else { ends_with_brace && matches!(opener, Some(b'[' | b'(')) };
        // What is left of the line is one column deeper than the bracket did.
        if fits && top.line < self.line && (top.indent..=top.indent + 1).contains(&self.indent) {
            self.indent = top.indent;
            self.close_missing(true);
        }
    }

    /// The line is no deeper than those that opened something: they end before it.
    fn dedent(&mut self, before_opener: bool) {
        if let Some(top) = self.stack.last_mut()
            && top.ends_line
            && top.line + 1 == self.line
            && top.indent == self.indent
        {
            top.unindented = true;
        }
        while self.stack.last().is_some_and(|top| top.indent >= self.indent && top.line < self.line && !top.unindented)
        {
            self.close_missing(before_opener);
        }
    }

    /// Puts in the closing bracket of the innermost open one: at the end of the line before, or (`here`) where we are.
    fn close_missing(&mut self, here: bool) {
        let Some(top) = self.stack.pop() else { return };
        let Some(opener) = top.opener else { return };
        let at_line_end = !here && self.out.last().is_some_and(|token| token.kind == Tok::Newline);
        let at = if at_line_end { self.out.len() - 1 } else { self.out.len() };
        let position = self.end_before(at).unwrap_or(opener.end);
        let byte = closer_of(opener.byte);
        self.out.insert(at, virtual_token(Tok::Close, byte, position));
        self.report_unclosed(opener, top.range, position);
    }

    /// Where the last token before an index of the output ends, line ends apart.
    fn end_before(&self, at: usize) -> Option<u32> {
        let before = self.out.get(..at)?;
        before.iter().rev().find(|token| token.kind != Tok::Newline).map(|token| token.end)
    }

    fn close_at_line_start(&mut self, token: Token, rest: &[Token], next: Option<Next>) {
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
            None => self.close_in_line(token, rest, next),
        }
    }

    fn close_in_line(&mut self, token: Token, rest: &[Token], next: Option<Next>) {
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
            return if self.closes_later(rest) { self.unopened(token) } else { self.wrong_closer(token) };
        }
        // It would close what an earlier line opened: so it does where the lines after it agree.
        let ends_block = self.stack.last().is_some_and(|top| {
            let closed_next = next.is_some_and(|next| next.closer == Some(token.byte) && next.indent == top.indent);
            fits(top) && next.is_none_or(|next| next.indent <= top.indent) && !closed_next
        });
        if ends_block { self.close(token) } else { self.unopened(token) }
    }

    /// Is the innermost open bracket closed by what follows on its line?
    fn closes_later(&self, rest: &[Token]) -> bool {
        const FAR: usize = 200;
        let Some(Some(opener)) = self.stack.last().map(|top| top.opener) else { return false };
        let mut depth = 0usize;
        for token in rest.iter().take(FAR) {
            match token.kind {
                Tok::Open => depth += 1,
                Tok::Close if depth > 0 => depth -= 1,
                Tok::Close => return token.byte == closer_of(opener.byte),
                _ => {}
            }
        }
        false
    }

    /// The innermost open bracket ends with this token.
    fn close(&mut self, token: Token) {
        let Some(top) = self.stack.pop() else { return };
        if top.opener.is_none() {
            let before = top.at.checked_sub(1).and_then(|before| self.out.get(before)).copied().unwrap_or(token);
            let opener = opener_of(token.byte);
            self.missing.push((top.at, virtual_token(Tok::Open, opener, before.end)));
            self.report_missing_opener(token, before);
        }
        self.out.push(token);
    }

    /// A bracket of another kind than the one it would close: it is taken for the right one.
    fn wrong_closer(&mut self, token: Token) {
        let Some(Open { opener: Some(opener), .. }) = self.stack.pop() else { return };
        let byte = closer_of(opener.byte);
        self.out.push(Token { byte, virtual_: true, ..token });
        if !self.flag_line(self.range) || self.is_guessed(opener.start) {
            return;
        }
        let diagnostic = Diagnostic::error(
            &codes::MISMATCHED_BRACKET,
            self.span(token),
            format!("`{}` can't close `{}`", token.byte as char, opener.byte as char),
        )
        .with_related(self.span(opener), "this is the bracket it would close")
        .with_help(
            Correction::replace(self.span(token), byte as char)
                .help(|byte| format!("write `{byte}` here, or add the bracket that is missing between the two")),
        );
        self.report(diagnostic);
    }

    fn unopened(&mut self, token: Token) {
        if !self.flag_line(self.range) {
            return;
        }
        let (close, open) = (token.byte as char, opener_of(token.byte) as char);
        let diagnostic =
            Diagnostic::error(&codes::UNOPENED_BRACKET, self.span(token), format!("this `{close}` closes nothing"))
                .with_help(
                    Correction::remove(self.span(token))
                        .say(format!("remove it, or add the `{open}` that is missing before it")),
                );
        self.report(diagnostic);
    }

    fn line_end(&mut self, next: Option<Next>) {
        let opened = self.stack.last().is_some_and(|top| top.line == self.line && top.opener.is_some());
        if !opened && next.is_some_and(|next| next.indent > self.indent) {
            self.stack.push(Open {
                opener: None,
                at: self.out.len(),
                line: self.line,
                indent: self.indent,
                range: self.range,
                ends_line: false,
                unindented: false,
            });
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

    fn report_unclosed(&mut self, opener: Token, line: (u32, u32), end: u32) {
        let is_new = if end <= line.1 { self.flag_line(line) } else { self.reported.insert(line.0) };
        if !is_new || self.is_guessed(opener.start) {
            return;
        }
        let (open, close) = (opener.byte as char, closer_of(opener.byte) as char);
        let place = Span::new(self.source, end as usize, end as usize);
        let diagnostic =
            Diagnostic::error(&codes::UNCLOSED_BRACKET, self.span(opener), format!("this `{open}` is never closed"))
                .with_related(place, format!("`{close}` may be missing here"))
                .with_help(
                    Correction::insert_after(place, self.closing(opener, end))
                        .say(format!("add `{close}` where it ends")),
                );
        self.report(diagnostic);
    }

    /// Is the line of a token that of a statement with a block?
    fn takes_block(&self, token: Token) -> bool {
        let before = self.text.get(..token.end as usize).unwrap_or_default();
        let line = before.rsplit('\n').next().unwrap_or_default().trim_start();
        line.split_whitespace().next().is_some_and(|word| BLOCKS.contains(&word))
    }

    /// What closes a bracket at a place: a block of several lines on a line of its own, as deep as the line that opens it.
    fn closing(&self, opener: Token, end: u32) -> String {
        let close = closer_of(opener.byte) as char;
        let inside = self.text.get(opener.end as usize..end as usize).unwrap_or_default();
        if !inside.contains('\n') {
            return close.to_string();
        }
        let before = self.text.get(..opener.start as usize).unwrap_or_default();
        let line = before.rfind('\n').map_or(0, |n| n + 1);
        let line = self.text.get(line..).unwrap_or_default();
        let indent = line.get(..line.len() - line.trim_start_matches([' ', '\t']).len()).unwrap_or_default();
        format!("\n{indent}{close}")
    }

    fn report_missing_opener(&mut self, closer: Token, last: Token) {
        if self.is_guessed(closer.start) || self.is_guessed(last.start) {
            return;
        }
        let (close, open) = (closer.byte as char, opener_of(closer.byte) as char);
        let diagnostic = Diagnostic::error(
            &codes::MISSING_BRACE,
            self.span(last),
            format!("`{open}` is missing at the end of this line"),
        )
        .with_related(self.span(closer), format!("this is the `{close}` that would close it"))
        .with_help(
            Correction::insert_after(self.span(last), format!(" {open}"))
                .safe_if(open == '{' && self.takes_block(last))
                .help(|open| format!("add `{open}` at the end of the line")),
        );
        self.report(diagnostic);
    }

    /// Nothing more is said about a line with a bracket too many or too few. False if the line has its diagnostic.
    fn flag_line(&mut self, line: (u32, u32)) -> bool {
        if self.poison.last() != Some(&line) {
            self.poison.push(line);
        }
        self.reported.insert(line.0) && !self.is_guessed(line.0)
    }

    /// The bytes of the line that begins with this token.
    fn line_range(&self, first: &Token) -> (u32, u32) {
        let (before, after) = self.text.split_at_checked(first.start as usize).unwrap_or_default();
        let start = before.rfind('\n').map_or(0, |n| n + 1);
        let end = after.find('\n').map_or(self.text.len(), |n| first.start as usize + n);
        (start as u32, end as u32)
    }

    fn report(&mut self, diagnostic: Diagnostic) {
        if self.diagnostics.len() < MAX_DIAGNOSTICS {
            self.diagnostics.push(diagnostic);
        }
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
