use super::Build;
use crate::syntax::ast::{
    AbortPhrase, AbortPhraseKind, AbortWhen, ArrivalStageKind, Expr, Gate, LoadEntryKind, PhaseEntryKind, RowsTaken,
    Threshold, UserStageKind,
};
use crate::syntax::grammar::{Kids, Node, Rule, seek, take};

impl Build<'_> {
    pub fn users(&mut self, kids: &mut Kids<'_>) -> LoadEntryKind {
        let count = self.expr(kids);
        let ramp = take(kids, Rule::k_ramp).map(|_| self.expr(kids));
        let hold = take(kids, Rule::k_hold).map(|_| self.expr(kids));
        LoadEntryKind::Users { count, ramp, hold }
    }

    pub fn user_ramp(&mut self, kids: &mut Kids<'_>) -> UserStageKind {
        let to = self.expr(kids);
        UserStageKind::Ramp { to, over: self.expr(kids) }
    }

    pub fn rate_of_load(&mut self, kids: &mut Kids<'_>) -> LoadEntryKind {
        let rate = self.expr(kids);
        let time = self.expr(kids);
        LoadEntryKind::Rate { rate, time, users: self.at_most_users(kids) }
    }

    pub fn at_most_users(&mut self, kids: &mut Kids<'_>) -> Option<Expr> {
        let users = seek(kids, Rule::at_most_users)?;
        Some(self.expr(&mut users.into_inner()))
    }

    pub fn rate_hold(&mut self, kids: &mut Kids<'_>) -> ArrivalStageKind {
        let rate = self.expr(kids);
        ArrivalStageKind::Hold { rate, time: self.expr(kids) }
    }

    pub fn rate_ramp(&mut self, kids: &mut Kids<'_>) -> ArrivalStageKind {
        let to = self.expr(kids);
        ArrivalStageKind::Ramp { to, over: self.expr(kids) }
    }

    pub fn data(&mut self, kids: &mut Kids<'_>) -> LoadEntryKind {
        let rows = self.expr(kids);
        let taken = if take(kids, Rule::k_shared).is_some() { RowsTaken::Shared } else { RowsTaken::Next };
        let name = seek(kids, Rule::k_as).map(|_| self.declared(kids));
        LoadEntryKind::Data { rows, taken, name }
    }

    pub fn think(&mut self, kids: &mut Kids<'_>) -> LoadEntryKind {
        let least = self.expr(kids);
        LoadEntryKind::Think { least, most: take(kids, Rule::k_to).map(|_| self.expr(kids)) }
    }

    pub fn threshold(&mut self, kids: &mut Kids<'_>) -> Threshold {
        let measure = self.measure(kids);
        let (op, limit) = self.limit(kids);
        let mut threshold = Threshold { measure, op, limit, over_last: None, abort: false, abort_after: None };
        for clause in kids {
            let rule = clause.as_rule();
            let mut inner = clause.into_inner();
            match rule {
                Rule::threshold_abort => {
                    threshold.abort = true;
                    threshold.abort_after = seek(&mut inner, Rule::k_after).map(|_| self.expr(&mut inner));
                }
                Rule::threshold_over => threshold.over_last = Some(self.expr(&mut inner)),
                // The end.
                _ => {}
            }
        }
        threshold
    }

    pub fn gate(&mut self, kids: &mut Kids<'_>) -> Gate {
        let measure = self.measure(kids);
        let (op, limit) = self.limit(kids);
        Gate { measure, op, limit }
    }

    pub fn run_of_phase(&mut self, kids: &mut Kids<'_>) -> PhaseEntryKind {
        take(kids, Rule::k_run);
        match kids.next().map(|node| node.as_rule()) {
            Some(Rule::k_everything_not_run) => PhaseEntryKind::RunEverythingNotRun,
            Some(Rule::k_tags) => PhaseEntryKind::RunTags(self.names(kids)),
            Some(Rule::k_priority) => PhaseEntryKind::RunPriority(self.names(kids)),
            Some(Rule::k_suites) => PhaseEntryKind::RunSuites(self.str_lits(kids)),
            Some(Rule::k_loads) => PhaseEntryKind::RunLoads(self.str_lits(kids)),
            _ => PhaseEntryKind::Error,
        }
    }

    pub fn abort_when(&mut self, kids: &mut Kids<'_>) -> AbortWhen {
        let phrases: Vec<Node<'_>> = kids.filter(|node| node.as_rule() == Rule::phrase).collect();
        AbortWhen { phrases: phrases.into_iter().map(|node| self.phrase(node)).collect() }
    }

    fn phrase(&mut self, node: Node<'_>) -> AbortPhrase {
        let span = self.span(&node);
        let Some(inner) = node.into_inner().next() else { return AbortPhrase { span, kind: AbortPhraseKind::Error } };
        let rule = inner.as_rule();
        let mut kids = inner.into_inner();
        let kind = match rule {
            Rule::service_down => AbortPhraseKind::ServiceDown(self.name(&mut kids)),
            Rule::credential_fails => AbortPhraseKind::CredentialFails(self.name(&mut kids)),
            Rule::k_every_websocket_fails => AbortPhraseKind::EveryWebSocketFails,
            Rule::slow => {
                let (op, limit) = self.limit(&mut kids);
                let requests = self.expr(&mut kids);
                let to = seek(&mut kids, Rule::k_to).map(|_| self.name(&mut kids));
                AbortPhraseKind::Slow { op, limit, requests, to }
            }
            Rule::failures => {
                let (op, limit) = self.limit(&mut kids);
                AbortPhraseKind::Failures { op, limit }
            }
            _ => AbortPhraseKind::Error,
        };
        AbortPhrase { span, kind }
    }
}
