use super::super::cx::{BodyOf, Cx};
use super::super::lints;
use super::super::scope::Scope;
use super::super::types::Ty;
use crate::syntax::ast::{AbortPhrase, AbortPhraseKind, Gate, Phase, PhaseEntryKind, PlanDecl, PlanEntryKind};

impl<'p> Cx<'p> {
    pub fn plan(&mut self, plan: &'p PlanDecl) {
        let runs_on = lints::environments::named(self, &plan.on);
        self.set_runs_on(runs_on);
        let outer = self.begin_body(BodyOf::Other, plan.name.span, plan.name.span);
        let mut scope = Scope::new();
        lints::plans::phases(self, plan);
        for entry in &plan.entries {
            match &entry.kind {
                PlanEntryKind::RequireEnv(names) => {
                    for name in names {
                        lints::environments::value_in_use(self, name);
                    }
                }
                PlanEntryKind::RetryInfrastructure { times, every } => {
                    self.known_count(&mut scope, times, 1, "`retry`");
                    if let Some(every) = every {
                        self.known_time(&mut scope, every, "every");
                    }
                }
                PlanEntryKind::Phase(phase) => self.phase(&mut scope, phase),
                PlanEntryKind::Abort(abort) => {
                    for phrase in &abort.phrases {
                        self.abort_phrase(&mut scope, phrase);
                    }
                }
                PlanEntryKind::Gate(gate) => self.gate(&mut scope, gate),
                PlanEntryKind::Error => {}
            }
        }
        self.end_body(outer);
        self.set_runs_on(None);
    }

    fn phase(&mut self, scope: &mut Scope<'p>, phase: &'p Phase) {
        for entry in &phase.entries {
            match &entry.kind {
                PhaseEntryKind::RunTags(tags) => lints::plans::tags(self, tags),
                PhaseEntryKind::RunPriority(priorities) => lints::plans::priorities(self, priorities),
                PhaseEntryKind::RunSuites(names) => lints::plans::suites(self, names),
                PhaseEntryKind::RunLoads(names) => lints::plans::loads(self, names),
                PhaseEntryKind::Budget(time) => {
                    self.known_time(scope, time, "budget");
                }
                PhaseEntryKind::Gate(gate) => self.gate(scope, gate),
                PhaseEntryKind::AbortOnFailure(Some(priority)) => lints::metas::priority(self, priority),
                PhaseEntryKind::Pause { time, .. } => {
                    self.known_time(scope, time, "pause");
                }
                PhaseEntryKind::RunEverythingNotRun
                | PhaseEntryKind::AbortOnFailure(None)
                | PhaseEntryKind::RenewCredentials
                | PhaseEntryKind::Error => {}
            }
        }
    }

    fn gate(&mut self, scope: &mut Scope<'p>, gate: &'p Gate) {
        lints::measures::statistic(self, &gate.measure);
        lints::measured::of_gate(self, &gate.measure);
        let before = self.before();
        let ty = self.expr(scope, &gate.limit);
        lints::measures::limit(self, &gate.measure, gate.op, &gate.limit, &ty, None);
        self.limit(&gate.limit, before, "known before the run", |_| true);
    }

    fn abort_phrase(&mut self, scope: &mut Scope<'p>, phrase: &'p AbortPhrase) {
        match &phrase.kind {
            AbortPhraseKind::ServiceDown(service) => lints::services::known(self, service),
            AbortPhraseKind::CredentialFails(name) => lints::plans::credential(self, name),
            AbortPhraseKind::Slow { limit, requests, to, .. } => {
                self.known_time(scope, limit, "time");
                self.known_count(scope, requests, 1, "this count");
                if let Some(service) = to {
                    lints::services::known(self, service);
                }
            }
            AbortPhraseKind::Failures { limit, .. } => {
                let before = self.before();
                let ty = self.expr(scope, limit);
                if ty != Ty::Percent {
                    self.must_be(&ty, &Ty::Number, limit.span, "count failures: `failures > 10`");
                }
                self.limit(limit, before, "a count or a percentage", |_| true);
            }
            AbortPhraseKind::EveryWebSocketFails | AbortPhraseKind::Error => {}
        }
    }
}
