//! Layer two, outer half: which rule a statement's head is parsed by, and what its block holds. One file a context.

mod channels;
mod environments;
mod flows;
mod items;
mod loads;
mod patterns;
mod plans;
mod requests;
mod statements;
mod suites;
mod unknown;

use super::ast::{Block, Ident, StrLit};
use super::grammar::{Kids, Rule};
use super::parser::Parser;
use super::scan::{Tok, Token};
use super::split::{Body, Piece, Segment, Separators};
use super::words::Context;
use crate::diag::{Correction, Diagnostic, codes};
use crate::source::Span;

impl Parser<'_> {
    /// A statement that has no block: its one head, parsed by `rule`.
    fn simple<T>(
        &mut self,
        piece: &Piece,
        rule: Rule,
        build: impl FnOnce(&mut super::build::Build<'_>, &mut Kids<'_>) -> T,
    ) -> Option<T> {
        let segment = *piece.segments.first()?;
        if let Some(body) = segment.body {
            self.unexpected_block(&segment, body);
            return None;
        }
        self.head(&segment, rule, build)
    }

    /// The head and the block of a statement that is one of each. A missing block has its diagnostic, and so has what follows it.
    fn head_and_body(&mut self, piece: &Piece) -> Option<(Segment, Option<Body>)> {
        let segment = *piece.segments.first()?;
        self.check_brace(piece);
        self.no_more_segments(piece, 1);
        if segment.body.is_none() {
            self.missing_block(&segment);
        }
        Some((segment, segment.body))
    }

    /// As [`Self::head_and_body`], of a statement whose block may be left out.
    fn head_and_optional_body(&mut self, piece: &Piece) -> Option<(Segment, Option<Body>)> {
        let segment = *piece.segments.first()?;
        self.check_brace(piece);
        self.no_more_segments(piece, 1);
        Some((segment, segment.body))
    }

    fn check_brace(&mut self, piece: &Piece) {
        let Some(at) = piece.brace_below else { return };
        let span = self.token_span(at);
        self.report(
            Diagnostic::error(&codes::BRACE_BELOW, span, "the `{` of a block belongs on the line of its head")
                .with_help(self.brace_above(at).say("move it to the end of the line above")),
        );
    }

    /// The `{` of a line below put behind the head, before a comment that follows it.
    fn brace_above(&self, at: usize) -> Correction {
        let brace = self.token_span(at);
        let is_head = |token: &Token| token.kind != Tok::Newline && token.start < token.end;
        let head = (0..at).rev().find(|before| self.token(*before).as_ref().is_some_and(is_head));
        let head = head.map_or(Span { end: brace.start, ..brace }, |head| self.token_span(head));
        let before = self.slice(0, brace.start);
        let line = before.rfind('\n').map_or(0, |n| n + 1);
        let behind = self.slice(brace.end, self.text.len() as u32);
        let blank = behind.len() - behind.trim_start_matches([' ', '\t', '\r']).len();
        let end = brace.end as usize + blank;
        let whole_line = match behind.get(blank..).unwrap_or_default().strip_prefix('\n') {
            Some(_) if self.slice(line as u32, brace.start).trim().is_empty() => Span::new(self.source, line, end + 1),
            _ => Span::new(self.source, brace.start as usize, end),
        };
        Correction::insert_after(head, " {").and(Correction::remove(whole_line)).safe()
    }

    fn missing_block(&mut self, segment: &Segment) {
        if self.is_flagged(segment) {
            return;
        }
        let what = self.nth_word(segment, 0);
        let end = self.end_of_head(segment);
        self.report(
            Diagnostic::error(&codes::MISSING_BLOCK, end, format!("`{what}` needs a block: `{{` is missing here"))
                .with_help("add ` { … }` with what belongs to it"),
        );
    }

    /// The last token of a head: where something is missing behind it.
    fn end_of_head(&self, segment: &Segment) -> Span {
        let last =
            (segment.from..segment.to).rev().find(|at| self.token(*at).is_some_and(|token| token.start < token.end));
        last.map_or_else(|| self.head_span(segment), |at| self.token_span(at))
    }

    fn unexpected_block(&mut self, segment: &Segment, body: Body) {
        if self.is_flagged(segment) {
            return;
        }
        let span = self.token_span(body.open);
        let what = self.nth_word(segment, 0);
        self.report(
            Diagnostic::error(&codes::UNEXPECTED_BLOCK, span, format!("`{what}` takes no block"))
                .with_help("remove the braces, or begin a new statement for what is in them"),
        );
    }

    /// Whatever follows the block of a statement, on its line, is one too many.
    fn no_more_segments(&mut self, piece: &Piece, allowed: usize) {
        let Some(extra) = piece.segments.get(allowed) else { return };
        if self.is_flagged(extra) {
            return;
        }
        let sentence = |sign: &str| format!("begin a new line, or write `{}`, before what follows", sign.trim());
        // A second block is no statement, wherever it begins.
        let (span, help) = if extra.from < extra.to {
            let span = self.head_span(extra);
            (span, Correction::insert_before(span, "; ").safe().help(sentence))
        } else {
            (self.piece_span(piece), sentence(";").into())
        };
        let message = "a statement ends with the `}` of its block";
        self.report(Diagnostic::error(&codes::TRAILING, span, message).with_help(help));
    }

    /// The statements of a block that an outline leaves out.
    fn pieces_unless_outlined(&mut self, body: Option<Body>) -> Vec<Piece> {
        self.has_passed_over |= self.outlines;
        match body {
            Some(body) if !self.outlines => self.pieces(body, Separators::Lines),
            _ => Vec::new(),
        }
    }

    /// The statements of a block of steps.
    fn block(&mut self, body: Option<Body>, head: &Segment, context: Context) -> Block {
        let Some(body) = body else {
            let head = self.head_span(head);
            return Block { span: Span { start: head.end, ..head }, stmts: Vec::new() };
        };
        let pieces = self.pieces(body, Separators::Lines);
        let stmts = pieces.iter().map(|piece| self.stmt(piece, context)).collect();
        Block { span: self.body_span(body), stmts }
    }

    /// A name for a declaration whose head doesn't parse: its text, so that what is in its block isn't lost.
    fn rescued_name(&self, segment: &Segment) -> StrLit {
        let span = self.head_span(segment);
        let first = self.token(segment.from).map_or(span.start, |token| token.end);
        let span = Span { start: first.min(span.end), ..span };
        let text = self.slice(span.start, span.end).trim().trim_matches(['"', '\'', '{', ' ']);
        StrLit { value: text.to_owned(), span }
    }

    /// As [`Self::rescued_name`], where the name is one word.
    fn rescued_ident(&self, segment: &Segment) -> Ident {
        let at = (segment.from + 1..segment.to).find(|at| self.token(*at).is_some_and(|token| token.kind == Tok::Word));
        match at {
            Some(at) => Ident { text: self.word(at).to_owned(), span: self.token_span(at) },
            None => Ident { text: String::new(), span: self.head_span(segment) },
        }
    }
}
