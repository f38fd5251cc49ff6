use super::super::ast::{
    EnvEntry, EnvEntryKind, EnvValue, Environment, RequestPart, RequestPartKind, Service, ServiceEntry,
    ServiceEntryKind,
};
use super::super::build::Build;
use super::super::grammar::{Node, Rule, seek, take};
use super::super::parser::Parser;
use super::super::scan::Tok;
use super::super::split::{Piece, Separators};
use super::super::words::Context;
use crate::syntax::words::Of;

impl Parser<'_> {
    pub fn environment(&mut self, piece: &Piece) -> Option<Environment> {
        let (segment, body) = self.head_and_body(piece)?;
        let head = self.head(&segment, Rule::environment, |build, kids| {
            let name = build.declared(kids);
            (name, take(kids, Rule::k_default).is_some())
        });
        let pieces = body.map_or_else(Vec::new, |body| self.pieces(body, Separators::Lines));
        let entries = pieces.iter().map(|piece| self.env_entry(piece)).collect();
        let (name, default) = head.unwrap_or_else(|| (self.rescued_ident(&segment), false));
        Some(Environment { name, default, entries })
    }

    fn env_entry(&mut self, piece: &Piece) -> EnvEntry {
        let span = self.piece_span(piece);
        let kind = self.env_entry_kind(piece).unwrap_or(EnvEntryKind::Error);
        EnvEntry { span, kind }
    }

    fn env_entry_kind(&mut self, piece: &Piece) -> Option<EnvEntryKind> {
        let first = *piece.segments.first()?;
        let assigns = first.from + 1 < first.to
            && self.token(first.from + 1).is_some_and(|token| {
                token.kind == Tok::Symbol && matches!(token.byte, b'=' | b':') || token.kind == Tok::Text
            });
        match Context::Environment.rule(self.nth_word(&first, 0)) {
            _ if assigns => self.simple(piece, Rule::env_value, |build, kids| {
                let name = build.declared(kids);
                take(kids, Rule::assign);
                let value = match kids.next() {
                    Some(node) => env_value(build, node),
                    None => EnvValue::Expr(build.error_expr()),
                };
                EnvEntryKind::Value { name, value }
            }),
            Some(Rule::require_real) => self.simple(piece, Rule::require_real, |_, _| EnvEntryKind::RequireReal),
            Some(Rule::target) => {
                self.simple(piece, Rule::target, |build, kids| EnvEntryKind::Target(build.name(kids)))
            }
            Some(Rule::service) => self.service(piece).map(EnvEntryKind::Service),
            _ if self.unknown(piece, Context::Environment) => self.env_entry_kind(piece),
            _ => None,
        }
    }

    fn service(&mut self, piece: &Piece) -> Option<Service> {
        let (segment, body) = self.head_and_body(piece)?;
        let name = self.head(&segment, Rule::service, |build, kids| build.declared(kids));
        let pieces = body.map_or_else(Vec::new, |body| self.pieces(body, Separators::Lines));
        let entries = pieces.iter().map(|piece| self.service_entry(piece)).collect();
        let name = name.unwrap_or_else(|| self.rescued_ident(&segment));
        Some(Service { name, entries })
    }

    fn service_entry(&mut self, piece: &Piece) -> ServiceEntry {
        let span = self.piece_span(piece);
        let kind = self.service_entry_kind(piece).unwrap_or(ServiceEntryKind::Error);
        ServiceEntry { span, kind }
    }

    fn service_entry_kind(&mut self, piece: &Piece) -> Option<ServiceEntryKind> {
        let first = piece.segments.first().copied();
        match first.and_then(|first| Context::Service.rule(self.nth_word(&first, 0))) {
            Some(Rule::probe) => self.probe(piece),
            Some(Rule::depends_on) => {
                self.simple(piece, Rule::depends_on, |build, kids| ServiceEntryKind::DependsOn(build.names(kids)))
            }
            _ if self.unknown(piece, Context::Service) => self.service_entry_kind(piece),
            _ => None,
        }
    }

    fn probe(&mut self, piece: &Piece) -> Option<ServiceEntryKind> {
        self.simple(piece, Rule::probe, |build, kids| {
            take(kids, Rule::k_probe);
            let mut request = build.request(kids);
            while let Some(keyword) = take(kids, Rule::k_expect) {
                let Some(node) = take(kids, Rule::expectation) else { break };
                let mut expect = build.expectation(node, Some(Of::Responses));
                expect.span = build.span(&keyword).to(expect.span);
                request.span = request.span.to(expect.span);
                request.parts.push(RequestPart { span: expect.span, kind: RequestPartKind::Expect(expect) });
            }
            let within = build.within(kids);
            ServiceEntryKind::Probe { request: Box::new(request), within }
        })
    }
}

fn env_value(build: &mut Build<'_>, node: Node<'_>) -> EnvValue {
    let rule = node.as_rule();
    if rule == Rule::logic {
        return EnvValue::Expr(build.logic(node));
    }
    let mut kids = node.into_inner();
    let variable = build.str_lit(&mut kids);
    let default = seek(&mut kids, Rule::k_default).map(|_| build.expr(&mut kids));
    match rule {
        Rule::env_secret => EnvValue::Secret { variable, default },
        _ => EnvValue::Variable { variable, default },
    }
}
