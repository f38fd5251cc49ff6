use super::super::ast::{Load, LoadEntry, LoadEntryKind};
use super::super::grammar::{Rule, take};
use super::super::parser::Parser;
use super::super::split::Piece;
use super::super::words::Context;

impl Parser<'_> {
    pub fn load(&mut self, piece: &Piece) -> Option<Load> {
        let (segment, body) = self.head_and_body(piece)?;
        let name = self.head(&segment, Rule::load, |build, kids| build.str_lit(kids));
        let pieces = self.pieces_unless_outlined(body);
        let entries = pieces.iter().map(|piece| self.load_entry(piece)).collect();
        let name = name.unwrap_or_else(|| self.rescued_name(&segment));
        Some(Load { name, entries })
    }

    fn load_entry(&mut self, piece: &Piece) -> LoadEntry {
        let span = self.piece_span(piece);
        let kind = self.load_entry_kind(piece).unwrap_or(LoadEntryKind::Error);
        LoadEntry { span, kind }
    }

    fn load_entry_kind(&mut self, piece: &Piece) -> Option<LoadEntryKind> {
        let first = *piece.segments.first()?;
        match Context::Load.rule(self.nth_word(&first, 0)) {
            Some(Rule::users) => self.simple(piece, Rule::users, |build, kids| build.users(kids)),
            Some(Rule::rate) => self.simple(piece, Rule::rate, |build, kids| build.rate_of_load(kids)),
            Some(Rule::data) => self.simple(piece, Rule::data, |build, kids| build.data(kids)),
            Some(Rule::threshold) => {
                self.simple(piece, Rule::threshold, |build, kids| LoadEntryKind::Threshold(build.threshold(kids)))
            }
            Some(Rule::scenario) => self.scenario(piece),
            Some(rule) => self.meta(piece, rule).map(LoadEntryKind::Meta),
            None if self.unknown(piece, Context::Load) => self.load_entry_kind(piece),
            None => None,
        }
    }

    fn scenario(&mut self, piece: &Piece) -> Option<LoadEntryKind> {
        let (segment, body) = self.head_and_body(piece)?;
        let head = self.head(&segment, Rule::scenario, |build, kids| {
            take(kids, Rule::k_scenario);
            let name = take(kids, Rule::string).map(|node| build.str_lit_of(&node));
            (name, take(kids, Rule::k_weight).map(|_| build.expr(kids)))
        });
        let body = self.block(body, &segment, Context::Test);
        let (name, weight) = head?;
        Some(LoadEntryKind::Scenario { name, weight, body })
    }
}
