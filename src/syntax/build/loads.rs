use super::Build;
use crate::syntax::ast::{
    AbortPhrase, AbortPhraseKind, AbortWhen, Gate, LoadEntryKind, Measure, MeasureKind, MeasureOf, PhaseEntryKind,
    Threshold,
};
use crate::syntax::grammar::{Kids, Node, Rule, seek, take};

impl Build<'_> {
    pub fn users(&mut self, kids: &mut Kids<'_>) -> LoadEntryKind {
        let count = self.expr(kids);
        let ramp = take(kids, Rule::k_ramp).map(|_| self.expr(kids));
        let hold = take(kids, Rule::k_hold).map(|_| self.expr(kids));
        LoadEntryKind::Users { count, ramp, hold }
    }

    pub fn rate_of_load(&mut self, kids: &mut Kids<'_>) -> LoadEntryKind {
        let rate = self.expr(kids);
        let time = self.expr(kids);
        let users = take(kids, Rule::k_using_at_most).map(|_| self.expr(kids));
        LoadEntryKind::Rate { rate, time, users }
    }

    pub fn data(&mut self, kids: &mut Kids<'_>) -> LoadEntryKind {
        let rows = self.expr(kids);
        let name = seek(kids, Rule::k_as).map(|_| self.declared(kids));
        LoadEntryKind::Data { rows, name }
    }

    pub fn threshold(&mut self, kids: &mut Kids<'_>) -> Threshold {
        let measure = self.measure(kids);
        let (op, limit) = self.limit(kids);
        let mut threshold = Threshold { measure, op, limit, over_last: None, abort: false, abort_after: None };
        for clause in kids {
            let is_abort = clause.as_rule() == Rule::threshold_abort;
            let mut inner = clause.into_inner();
            if is_abort {
                threshold.abort = true;
                threshold.abort_after = seek(&mut inner, Rule::k_after).map(|_| self.expr(&mut inner));
            } else {
                threshold.over_last = Some(self.expr(&mut inner));
            }
        }
        threshold
    }

    pub fn gate(&mut self, kids: &mut Kids<'_>) -> Gate {
        let measure = self.measure(kids);
        let (op, limit) = self.limit(kids);
        Gate { measure, op, limit }
    }

    fn measure(&mut self, kids: &mut Kids<'_>) -> Measure {
        let Some(node) = seek(kids, Rule::measure) else {
            return Measure { span: self.range(0, 0), kind: MeasureKind::Error };
        };
        let span = self.span(&node);
        let mut inner = node.into_inner();
        let kind = match inner.next() {
            Some(first) => self.measure_kind(first, &mut inner),
            None => MeasureKind::Error,
        };
        Measure { span, kind }
    }

    fn measure_kind(&mut self, first: Node<'_>, rest: &mut Kids<'_>) -> MeasureKind {
        match first.as_rule() {
            Rule::k_error_rate => MeasureKind::ErrorRate,
            Rule::k_throughput => MeasureKind::Throughput,
            Rule::k_success => MeasureKind::Success,
            Rule::k_flaky => MeasureKind::Flaky,
            Rule::k_failures_of => MeasureKind::FailuresOf(self.name(rest)),
            Rule::statistic => {
                let mut kids = first.into_inner();
                let statistic = self.name(&mut kids);
                let of = seek(&mut kids, Rule::measured).map_or(MeasureOf::Time, |node| self.measured(node));
                MeasureKind::Statistic { statistic, of }
            }
            _ => MeasureKind::Error,
        }
    }

    fn measured(&mut self, node: Node<'_>) -> MeasureOf {
        let mut kids = node.into_inner();
        match kids.next().map(|first| first.as_rule()) {
            Some(Rule::k_time_to_first_byte) => MeasureOf::TimeToFirstByte,
            Some(Rule::k_connect) => MeasureOf::Connect(self.name(&mut kids)),
            _ => match seek(&mut kids, Rule::string) {
                Some(text) => MeasureOf::TimeOf(self.template(&text)),
                None => MeasureOf::Time,
            },
        }
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
