use super::super::ast::{Phase, PhaseEntry, PhaseEntryKind, PlanDecl, PlanEntry, PlanEntryKind};
use super::super::grammar::{Rule, seek, take};
use super::super::parser::Parser;
use super::super::split::{Piece, Separators};
use super::super::words::Context;

impl Parser<'_> {
    pub fn plan(&mut self, piece: &Piece) -> Option<PlanDecl> {
        let (segment, body) = self.head_and_body(piece)?;
        let head = self.head(&segment, Rule::plan, |build, kids| {
            let name = build.declared(kids);
            let on = take(kids, Rule::k_on).map_or_else(Vec::new, |_| build.names(kids));
            (name, on)
        });
        let pieces = body.map_or_else(Vec::new, |body| self.pieces(body, Separators::Lines));
        let entries = pieces.iter().map(|piece| self.plan_entry(piece)).collect();
        let (name, on) = head.unwrap_or_else(|| (self.rescued_ident(&segment), Vec::new()));
        Some(PlanDecl { name, on, entries })
    }

    fn plan_entry(&mut self, piece: &Piece) -> PlanEntry {
        let span = self.piece_span(piece);
        let kind = self.plan_entry_kind(piece).unwrap_or(PlanEntryKind::Error);
        PlanEntry { span, kind }
    }

    fn plan_entry_kind(&mut self, piece: &Piece) -> Option<PlanEntryKind> {
        let first = *piece.segments.first()?;
        match Context::Plan.rule(self.nth_word(&first, 0)) {
            Some(Rule::require_env) => {
                self.simple(piece, Rule::require_env, |build, kids| PlanEntryKind::RequireEnv(build.names(kids)))
            }
            Some(Rule::retry_infrastructure) => self.simple(piece, Rule::retry_infrastructure, |build, kids| {
                take(kids, Rule::k_retry_infrastructure);
                let times = build.times(kids);
                let every = take(kids, Rule::k_every).map(|_| build.expr(kids));
                PlanEntryKind::RetryInfrastructure { times, every }
            }),
            Some(Rule::phase) => self.phase(piece).map(PlanEntryKind::Phase),
            Some(Rule::abort_when) => {
                self.simple(piece, Rule::abort_when, |build, kids| PlanEntryKind::Abort(build.abort_when(kids)))
            }
            Some(Rule::gate) => self.simple(piece, Rule::gate, |build, kids| PlanEntryKind::Gate(build.gate(kids))),
            _ if self.unknown(piece, Context::Plan) => self.plan_entry_kind(piece),
            _ => None,
        }
    }

    fn phase(&mut self, piece: &Piece) -> Option<Phase> {
        let (segment, body) = self.head_and_body(piece)?;
        let name = self.head(&segment, Rule::phase, |build, kids| build.str_lit(kids));
        let pieces = body.map_or_else(Vec::new, |body| self.pieces(body, Separators::Lines));
        let entries = pieces.iter().map(|piece| self.phase_entry(piece)).collect();
        let name = name.unwrap_or_else(|| self.rescued_name(&segment));
        Some(Phase { name, entries })
    }

    fn phase_entry(&mut self, piece: &Piece) -> PhaseEntry {
        let span = self.piece_span(piece);
        let kind = self.phase_entry_kind(piece).unwrap_or(PhaseEntryKind::Error);
        PhaseEntry { span, kind }
    }

    fn phase_entry_kind(&mut self, piece: &Piece) -> Option<PhaseEntryKind> {
        let first = *piece.segments.first()?;
        match Context::Phase.rule(self.nth_word(&first, 0)) {
            Some(Rule::run) => self.simple(piece, Rule::run, |build, kids| build.run_of_phase(kids)),
            Some(Rule::budget) => {
                self.simple(piece, Rule::budget, |build, kids| PhaseEntryKind::Budget(build.expr(kids)))
            }
            Some(Rule::gate) => self.simple(piece, Rule::gate, |build, kids| PhaseEntryKind::Gate(build.gate(kids))),
            Some(Rule::abort_on_failure) => self.simple(piece, Rule::abort_on_failure, |build, kids| {
                PhaseEntryKind::AbortOnFailure(seek(kids, Rule::k_of).map(|_| build.name(kids)))
            }),
            Some(Rule::renew_credentials) => {
                self.simple(piece, Rule::renew_credentials, |_, _| PhaseEntryKind::RenewCredentials)
            }
            Some(Rule::pause) => self.simple(piece, Rule::pause, |build, kids| {
                let time = build.expr(kids);
                PhaseEntryKind::Pause { time, after: seek(kids, Rule::k_after).is_some() }
            }),
            _ if self.unknown(piece, Context::Phase) => self.phase_entry_kind(piece),
            _ => None,
        }
    }
}
