use super::super::ast::{
    ArrivalStage, ArrivalStageKind, Arrivals, Load, LoadEntry, LoadEntryKind, UserHook, UserHookWhen, UserStage,
    UserStageKind,
};
use super::super::grammar::{Rule, take};
use super::super::parser::Parser;
use super::super::scan::Tok;
use super::super::split::{Piece, Segment, Separators};
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
            Some(Rule::stages) => self.stages(piece).map(LoadEntryKind::Stages),
            Some(Rule::rate) => self.simple(piece, Rule::rate, |build, kids| build.rate_of_load(kids)),
            Some(Rule::arrivals) => self.arrivals(piece).map(LoadEntryKind::Arrivals),
            Some(Rule::scenario) => self.scenario(piece),
            Some(Rule::user_hook) => self.user_hook(piece).map(LoadEntryKind::Hook),
            Some(Rule::data) => self.simple(piece, Rule::data, |build, kids| build.data(kids)),
            Some(Rule::think) => self.simple(piece, Rule::think, |build, kids| build.think(kids)),
            Some(Rule::stop_within) => {
                self.simple(piece, Rule::stop_within, |build, kids| LoadEntryKind::StopWithin(build.expr(kids)))
            }
            Some(Rule::threshold) => {
                self.simple(piece, Rule::threshold, |build, kids| LoadEntryKind::Threshold(build.threshold(kids)))
            }
            Some(rule) => self.meta(piece, rule).map(LoadEntryKind::Meta),
            None if self.unknown(piece, Context::Load) => self.load_entry_kind(piece),
            None => None,
        }
    }

    fn stages(&mut self, piece: &Piece) -> Option<Vec<UserStage>> {
        let (segment, body) = self.head_and_body(piece)?;
        let head = self.head(&segment, Rule::stages, |_, _| ());
        let pieces = body.map_or_else(Vec::new, |body| self.pieces(body, Separators::Lines));
        let stages = pieces.iter().map(|piece| self.user_stage(piece)).collect();
        head.map(|()| stages)
    }

    fn user_stage(&mut self, piece: &Piece) -> UserStage {
        let span = self.piece_span(piece);
        let kind = self.user_stage_kind(piece).unwrap_or(UserStageKind::Error);
        UserStage { span, kind }
    }

    fn user_stage_kind(&mut self, piece: &Piece) -> Option<UserStageKind> {
        let first = *piece.segments.first()?;
        match Context::Stages.rule(self.nth_word(&first, 0)) {
            Some(Rule::user_ramp) => self.simple(piece, Rule::user_ramp, |build, kids| build.user_ramp(kids)),
            Some(Rule::user_hold) => {
                self.simple(piece, Rule::user_hold, |build, kids| UserStageKind::Hold(build.expr(kids)))
            }
            _ if self.unknown(piece, Context::Stages) => self.user_stage_kind(piece),
            _ => None,
        }
    }

    fn arrivals(&mut self, piece: &Piece) -> Option<Arrivals> {
        let (segment, body) = self.head_and_body(piece)?;
        let users = self.head(&segment, Rule::arrivals, |build, kids| build.at_most_users(kids));
        let pieces = body.map_or_else(Vec::new, |body| self.pieces(body, Separators::Lines));
        let stages = pieces.iter().map(|piece| self.arrival_stage(piece)).collect();
        Some(Arrivals { users: users?, stages })
    }

    fn arrival_stage(&mut self, piece: &Piece) -> ArrivalStage {
        let span = self.piece_span(piece);
        let kind = self.arrival_stage_kind(piece).unwrap_or(ArrivalStageKind::Error);
        ArrivalStage { span, kind }
    }

    fn arrival_stage_kind(&mut self, piece: &Piece) -> Option<ArrivalStageKind> {
        let first = *piece.segments.first()?;
        match Context::Arrivals.rule(self.nth_word(&first, 0)) {
            Some(Rule::rate_ramp) => self.simple(piece, Rule::rate_ramp, |build, kids| build.rate_ramp(kids)),
            // A rate is a value: a number, or one of the environment.
            _ if self.begins_with_rate(&first) => {
                self.simple(piece, Rule::rate_hold, |build, kids| build.rate_hold(kids))
            }
            _ if self.unknown(piece, Context::Arrivals) => self.arrival_stage_kind(piece),
            _ => None,
        }
    }

    fn begins_with_rate(&self, segment: &Segment) -> bool {
        let is_number = self.token(segment.from).is_some_and(|token| token.kind == Tok::Number);
        is_number || self.nth_word(segment, 0) == "env"
    }

    fn user_hook(&mut self, piece: &Piece) -> Option<UserHook> {
        let (segment, body) = self.head_and_body(piece)?;
        let when = self.head(&segment, Rule::user_hook, |_, kids| match take(kids, Rule::k_before_each_user) {
            Some(_) => UserHookWhen::Before,
            None => UserHookWhen::After,
        });
        let body = self.block(body, &segment, Context::Test);
        Some(UserHook { when: when?, body })
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
