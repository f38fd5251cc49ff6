use std::borrow::Cow;
use std::collections::HashMap;

use super::again::Earlier;
use super::ast::{Comment, Doc, File};
use super::build::{Build, Edit};
use super::explain::{self, Failure};
use super::grammar::{self, Kids, Rule};
use super::scan::{Tok, Token, scan};
use super::split::{Body, Piece, Segment, Separators, Splitter, balance};
use super::{MAX_DIAGNOSTICS, Parsed, docs};
use crate::diag::{Diagnostic, codes};
use crate::source::{SourceId, Span};

/// Layer two: walks the pieces of a file, and has each head parsed by its rule.
pub struct Parser<'t> {
    pub source: SourceId,
    pub text: &'t str,
    /// The text with its comments blanked.
    clean: &'t str,
    tokens: Vec<Token>,
    mates: Vec<u32>,
    virtuals: Vec<u32>,
    poison: Vec<(u32, u32)>,
    /// Misspelt words and what they are taken for, by the index of their token.
    respelt: HashMap<usize, &'static str>,
    pub docs: docs::Docs,
    pub diagnostics: Vec<Diagnostic>,
    /// What is inside of suites and loads is passed over.
    pub outlines: bool,
    pub has_passed_over: bool,
    /// It is no outline: what an item is depends on what was passed over.
    pub is_doubtful: bool,
    /// Trees that may be taken over.
    pub earlier: Option<Earlier>,
}

pub fn parse(source: SourceId, text: &str, outlines: bool, earlier: Option<Earlier>) -> Parsed {
    let mut scanned = scan(source, text);
    let clean = std::mem::take(&mut scanned.clean);
    let comments: Vec<Comment> = std::mem::take(&mut scanned.comments);
    let skeleton = balance(source, text, scanned);
    let mut parser = Parser {
        source,
        text,
        clean: &clean,
        tokens: skeleton.tokens,
        mates: skeleton.mates,
        virtuals: skeleton.virtuals,
        poison: skeleton.poison,
        respelt: HashMap::new(),
        docs: docs::Docs::new(text, &comments),
        diagnostics: skeleton.diagnostics,
        outlines,
        has_passed_over: false,
        is_doubtful: false,
        earlier,
    };
    let items = parser.items();
    if parser.is_doubtful {
        return parse(source, text, false, None);
    }
    if parser.has_passed_over {
        let file = File { source, items, comments: Vec::new(), is_outline: true };
        return Parsed { file, diagnostics: Vec::new() };
    }
    let stray = parser.docs.stray();
    let mut diagnostics = parser.diagnostics;
    diagnostics.extend(stray);
    diagnostics.truncate(MAX_DIAGNOSTICS);
    diagnostics.sort_by_key(|diagnostic| (diagnostic.span.start, diagnostic.span.end));
    Parsed { file: File { source, items, comments, is_outline: false }, diagnostics }
}

impl<'t> Parser<'t> {
    pub fn all_pieces(&self) -> Vec<Piece> {
        self.splitter().pieces(0, self.tokens.len(), Separators::Lines)
    }

    /// The statements in a block.
    pub fn pieces(&self, body: Body, separators: Separators) -> Vec<Piece> {
        self.splitter().pieces(body.open + 1, body.close.min(self.tokens.len()), separators)
    }

    fn splitter(&self) -> Splitter<'_> {
        Splitter { text: self.text, tokens: &self.tokens, mates: &self.mates }
    }

    /// The word of a token, as it is taken: corrected where it is misspelt, empty where there is none.
    pub fn word(&self, at: usize) -> &'t str {
        if let Some(word) = self.respelt.get(&at) {
            return word;
        }
        match self.tokens.get(at) {
            Some(token) if token.kind == Tok::Word => self.slice(token.start, token.end),
            _ => "",
        }
    }

    /// The `n`th word of a segment, empty where that token is none or isn't of the segment.
    pub fn nth_word(&self, segment: &Segment, n: usize) -> &'t str {
        if segment.from + n < segment.to { self.word(segment.from + n) } else { "" }
    }

    pub fn respell(&mut self, at: usize, word: &'static str) {
        self.respelt.insert(at, word);
    }

    pub fn token(&self, at: usize) -> Option<Token> {
        self.tokens.get(at).copied()
    }

    pub fn slice(&self, start: u32, end: u32) -> &'t str {
        self.text.get(start as usize..end as usize).unwrap_or_default()
    }

    pub fn span(&self, start: u32, end: u32) -> Span {
        Span::new(self.source, start as usize, end as usize)
    }

    pub fn token_span(&self, at: usize) -> Span {
        self.tokens.get(at).map_or(self.span(0, 0), |token| self.span(token.start, token.end))
    }

    /// Bytes of a segment's head.
    fn head_range(&self, segment: &Segment) -> (u32, u32) {
        let Some(first) = self.tokens.get(segment.from) else { return (0, 0) };
        if segment.to <= segment.from {
            return (first.start, first.start);
        }
        let end = self.tokens.get(segment.to - 1).map_or(first.end, |token| token.end);
        (first.start, end.max(first.start))
    }

    pub fn head_span(&self, segment: &Segment) -> Span {
        let (start, end) = self.head_range(segment);
        self.span(start, end)
    }

    pub fn body_span(&self, body: Body) -> Span {
        let start = self.tokens.get(body.open).map_or(0, |token| token.start);
        let end = self.tokens.get(body.close).map_or(self.text.len() as u32, |token| token.end);
        self.span(start, end.max(start))
    }

    pub fn piece_span(&self, piece: &Piece) -> Span {
        let Some(first) = piece.segments.first() else { return self.span(0, 0) };
        let Some(last) = piece.segments.last() else { return self.span(0, 0) };
        let start = match first.body {
            Some(body) if first.to <= first.from => self.body_span(body),
            _ => self.head_span(first),
        };
        let end = last.body.map_or_else(|| self.head_span(last), |body| self.body_span(body));
        start.to(end)
    }

    /// Is something in this head wrong in a way that has its diagnostic?
    pub fn is_flagged(&self, segment: &Segment) -> bool {
        let (start, end) = self.head_range(segment);
        let next = self.poison.partition_point(|range| range.1 <= start);
        self.poison.iter().skip(next).take_while(|range| range.0 < end).any(|range| range.1 > start)
            || self.has_virtual(segment)
    }

    fn has_virtual(&self, segment: &Segment) -> bool {
        self.has_virtual_among(segment.from, segment.to)
    }

    fn has_virtual_among(&self, from: usize, to: usize) -> bool {
        let next = self.virtuals.partition_point(|at| (*at as usize) < from);
        self.virtuals.get(next).is_some_and(|at| (*at as usize) < to)
    }

    /// Whether layer one found nothing wrong anywhere in a statement, its blocks included.
    pub fn is_sound(&self, piece: &Piece) -> bool {
        let (Some(first), Some(last)) = (piece.segments.first(), piece.segments.last()) else { return false };
        let span = self.piece_span(piece);
        let next = self.poison.partition_point(|range| range.1 <= span.start);
        let to = last.body.map_or(last.to, |body| body.close + 1);
        self.poison.get(next).is_none_or(|range| range.0 >= span.end) && !self.has_virtual_among(first.from, to)
    }

    /// Whether a statement's tree follows from its text alone. `diagnostics`: how many there were before it was parsed.
    pub fn is_plain(&self, piece: &Piece, diagnostics: usize) -> bool {
        self.diagnostics.len() == diagnostics && !self.is_full() && self.is_sound(piece)
    }

    /// What a statement was in an earlier text: nothing of one in which layer one finds something wrong.
    pub fn earlier<T>(&mut self, piece: &Piece, find: impl FnOnce(&mut Earlier) -> Option<T>) -> Option<T> {
        if self.earlier.is_none() || !self.is_sound(piece) {
            return None;
        }
        self.earlier.as_mut().and_then(find)
    }

    /// Parses a head by its rule, and builds what it means. Nothing where it is wrong; its diagnostic is given then.
    pub fn head<T>(
        &mut self,
        segment: &Segment,
        rule: Rule,
        build: impl FnOnce(&mut Build<'_>, &mut Kids<'_>) -> T,
    ) -> Option<T> {
        let (start, end) = self.head_range(segment);
        let flagged = self.is_flagged(segment);
        if flagged && !self.has_virtual(segment) {
            return None;
        }
        let before = self.diagnostics.len();
        let (text, edits) = self.head_text(segment, start, end);
        match grammar::parse(rule, &text) {
            Ok(tree) => {
                let mut builder = Build::new(self.source, self.text, start as usize, &edits, &mut self.diagnostics);
                let mut kids = tree.kids();
                let built = build(&mut builder, &mut kids);
                if flagged {
                    // What is wrong with it has been said.
                    self.diagnostics.truncate(before);
                }
                Some(built)
            }
            Err(error) => {
                if !flagged && !self.is_full() {
                    // Of a head that is broken, it isn't known whether its block is missing.
                    if self.diagnostics.last().is_some_and(|last| {
                        last.code == &codes::MISSING_BLOCK && last.span.start >= start && last.span.end <= end
                    }) {
                        self.diagnostics.pop();
                    }
                    let failure = Failure::new(self, segment, rule, &text, (start as usize, &edits), &error);
                    let diagnostic = explain::syntax_error(&failure);
                    self.diagnostics.push(diagnostic);
                }
                None
            }
        }
    }

    /// The text of a head with misspelt words corrected and missing brackets put in, and what was changed.
    fn head_text(&self, segment: &Segment, start: u32, end: u32) -> (Cow<'t, str>, Vec<Edit>) {
        let plain = self.clean_slice(start, end);
        if self.respelt.is_empty() && !self.has_virtual(segment) {
            return (Cow::Borrowed(self.clean_of(start, end)), Vec::new());
        }
        let mut text = String::with_capacity(plain.len() + 8);
        let mut edits = Vec::new();
        let mut at = start;
        for index in segment.from..segment.to {
            let Some(token) = self.tokens.get(index) else { break };
            let replacement = match self.respelt.get(&index) {
                Some(word) => (*word).to_owned(),
                None if token.virtual_ => (token.byte as char).to_string(),
                None => continue,
            };
            text.push_str(self.clean_slice(at, token.start));
            edits.push(Edit {
                at: text.len(),
                new_len: replacement.len(),
                old_len: token.end.saturating_sub(token.start) as usize,
            });
            text.push_str(&replacement);
            at = token.end;
        }
        text.push_str(self.clean_slice(at, end));
        (Cow::Owned(text), edits)
    }

    fn clean_slice(&self, start: u32, end: u32) -> &str {
        self.clean.get(start as usize..end as usize).unwrap_or_default()
    }

    /// As [`Self::clean_slice`], for as long as the parser's text lives.
    fn clean_of(&self, start: u32, end: u32) -> &'t str {
        self.clean.get(start as usize..end as usize).unwrap_or_default()
    }

    pub fn report(&mut self, diagnostic: Diagnostic) {
        if !self.is_full() {
            self.diagnostics.push(diagnostic);
        }
    }

    /// Are there so many diagnostics that no more are taken?
    pub fn is_full(&self) -> bool {
        self.diagnostics.len() >= MAX_DIAGNOSTICS
    }

    pub fn is_respelt(&self, at: usize) -> bool {
        self.respelt.contains_key(&at)
    }

    pub fn doc_before(&mut self, span: Span) -> Option<Doc> {
        self.docs.take_before(self.source, self.text, span)
    }
}
