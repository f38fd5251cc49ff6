use super::super::ast::{EitherExpect, Expect, Request, RequestPart, RequestPartKind};
use super::super::grammar::{Rule, seek, take};
use super::super::parser::Parser;
use super::super::split::{Body, Piece, Segment, Separators};
use super::super::words::Context;
use crate::syntax::words::Of;

impl Parser<'_> {
    pub fn request(&mut self, piece: &Piece) -> Option<Request> {
        let (segment, body) = self.head_and_optional_body(piece)?;
        let head = self.head(&segment, Rule::request, |build, kids| build.request(kids));
        let parts = self.request_parts(body);
        let mut request = head?;
        request.span = self.piece_span(piece);
        request.parts = parts;
        Some(request)
    }

    fn request_parts(&mut self, body: Option<Body>) -> Vec<RequestPart> {
        let pieces = body.map_or_else(Vec::new, |body| self.pieces(body, Separators::Lines));
        pieces.iter().map(|piece| self.request_part(piece, Context::Request)).collect()
    }

    pub fn request_part(&mut self, piece: &Piece, context: Context) -> RequestPart {
        let span = self.piece_span(piece);
        let kind = self.request_part_kind(piece, context).unwrap_or(RequestPartKind::Error);
        RequestPart { span, kind }
    }

    fn request_part_kind(&mut self, piece: &Piece, context: Context) -> Option<RequestPartKind> {
        let first = *piece.segments.first()?;
        match context.rule(self.nth_word(&first, 0)) {
            Some(Rule::expect) => self.expect_part(piece, &first),
            Some(Rule::either) => self.either(piece),
            Some(rule) => self.simple(piece, rule, |build, kids| build.simple_part(rule, kids)),
            None if self.unknown(piece, context) => self.request_part_kind(piece, context),
            None => None,
        }
    }

    fn expect_part(&mut self, piece: &Piece, first: &Segment) -> Option<RequestPartKind> {
        if self.nth_word(first, 1) == "failure" && self.nth_word(first, 2) == "is" {
            return self
                .simple(piece, Rule::expect_failure, |build, kids| build.simple_part(Rule::expect_failure, kids));
        }
        self.expect(piece, Some(Of::Responses)).map(RequestPartKind::Expect)
    }

    /// `expect SUBJECT MATCHER`
    pub fn expect(&mut self, piece: &Piece, seen: Option<Of>) -> Option<Expect> {
        self.simple(piece, Rule::expect, |build, kids| {
            let keyword = take(kids, Rule::k_expect)?;
            let expect = build.expectation(seek(kids, Rule::expectation)?, seen);
            Some(Expect { span: build.span(&keyword).to(expect.span), ..expect })
        })?
    }

    fn either(&mut self, piece: &Piece) -> Option<RequestPartKind> {
        let span = self.piece_span(piece);
        let branches = self.branches(piece);
        let branches = branches.into_iter().map(|body| self.request_parts(Some(body))).collect();
        Some(RequestPartKind::Either(EitherExpect { span, branches }))
    }

    /// The blocks of `either { … } or { … }`.
    pub fn branches(&mut self, piece: &Piece) -> Vec<Body> {
        self.check_brace(piece);
        let mut bodies = Vec::new();
        for (at, segment) in piece.segments.iter().enumerate() {
            let rule = if at == 0 { Rule::either } else { Rule::or_branch };
            self.head(segment, rule, |_, _| ());
            match segment.body {
                Some(body) => bodies.push(body),
                None => self.missing_block(segment),
            }
        }
        bodies
    }
}
