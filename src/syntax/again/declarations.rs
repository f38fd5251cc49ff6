use super::shift::{Shift, all, parts};
use crate::syntax::ast::{
    AbortPhrase, AbortPhraseKind, AbortWhen, AtRisk, Credential, EnvEntry, EnvEntryKind, EnvValue, Environment, Flow,
    Gate, Hook, Import, ImportFrom, ItemKind, MetaKind, Param, Phase, PhaseEntry, PhaseEntryKind, PlanDecl, PlanEntry,
    PlanEntryKind, Service, ServiceEntry, ServiceEntryKind, ShapeDecl, ShapeField, Suite, SuiteEntry, SuiteEntryKind,
    Test,
};

parts! {
    AbortPhrase { span, kind }
    AbortWhen { phrases }
    AtRisk { amount, per, what }
    Credential { name, call, refresh_before }
    EnvEntry { span, kind }
    Environment { name, entries - default }
    Flow { name, params, result, body }
    Gate { measure, limit - op }
    Hook { body - when }
    Import { from, names, alias }
    Param { span, name, ty, default }
    Phase { name, entries }
    PhaseEntry { span, kind }
    PlanDecl { name, on, entries }
    PlanEntry { span, kind }
    Service { name, entries }
    ServiceEntry { span, kind }
    ShapeDecl { name, fields }
    ShapeField { span, doc, name, ty - optional }
    Suite { name, entries }
    SuiteEntry { span, doc, kind - is_plain }
    Test { name, for_each, body }
}

impl Shift for ItemKind {
    fn shift(&mut self, by: u32) {
        match self {
            ItemKind::Import(import) => import.shift(by),
            ItemKind::Environment(environment) => environment.shift(by),
            ItemKind::Suite(suite) => suite.shift(by),
            ItemKind::Shape(shape) => shape.shift(by),
            ItemKind::Flow(flow) => flow.shift(by),
            ItemKind::Credential(credential) => credential.shift(by),
            ItemKind::Load(load) => load.shift(by),
            ItemKind::Plan(plan) => plan.shift(by),
            ItemKind::Error => {}
        }
    }
}

impl Shift for SuiteEntryKind {
    fn shift(&mut self, by: u32) {
        match self {
            SuiteEntryKind::Meta(meta) => meta.shift(by),
            SuiteEntryKind::Hook(hook) => hook.shift(by),
            SuiteEntryKind::Test(test) => test.shift(by),
            SuiteEntryKind::Error => {}
        }
    }
}

impl Shift for ImportFrom {
    fn shift(&mut self, by: u32) {
        match self {
            ImportFrom::Module(path) => path.shift(by),
            ImportFrom::File(name) => name.shift(by),
        }
    }
}

impl Shift for EnvEntryKind {
    fn shift(&mut self, by: u32) {
        match self {
            EnvEntryKind::Value { name, value } => all!(by: name, value),
            EnvEntryKind::Target(name) => name.shift(by),
            EnvEntryKind::Service(service) => service.shift(by),
            EnvEntryKind::RequireReal | EnvEntryKind::Error => {}
        }
    }
}

impl Shift for EnvValue {
    fn shift(&mut self, by: u32) {
        match self {
            EnvValue::Expr(expr) => expr.shift(by),
            EnvValue::Secret { variable, default } | EnvValue::Variable { variable, default } => {
                all!(by: variable, default)
            }
        }
    }
}

impl Shift for ServiceEntryKind {
    fn shift(&mut self, by: u32) {
        match self {
            ServiceEntryKind::Probe { request, within } => all!(by: request, within),
            ServiceEntryKind::DependsOn(names) => names.shift(by),
            ServiceEntryKind::Error => {}
        }
    }
}

impl Shift for MetaKind {
    fn shift(&mut self, by: u32) {
        match self {
            MetaKind::Priority(name) => name.shift(by),
            MetaKind::Tags(names) | MetaKind::Needs(names) | MetaKind::RunsOn(names) => names.shift(by),
            MetaKind::Owner(owner) => owner.shift(by),
            MetaKind::AtRisk(risk) => risk.shift(by),
            MetaKind::Timeout(value) | MetaKind::Retries(value) => value.shift(by),
            MetaKind::Locks(locks) => locks.shift(by),
            MetaKind::SideBySide => {}
        }
    }
}

impl Shift for PlanEntryKind {
    fn shift(&mut self, by: u32) {
        match self {
            PlanEntryKind::RequireEnv(names) => names.shift(by),
            PlanEntryKind::RetryInfrastructure { times, every } => all!(by: times, every),
            PlanEntryKind::Phase(phase) => phase.shift(by),
            PlanEntryKind::Abort(when) => when.shift(by),
            PlanEntryKind::Gate(gate) => gate.shift(by),
            PlanEntryKind::Error => {}
        }
    }
}

impl Shift for PhaseEntryKind {
    fn shift(&mut self, by: u32) {
        match self {
            PhaseEntryKind::RunTags(names) | PhaseEntryKind::RunPriority(names) => names.shift(by),
            PhaseEntryKind::RunSuites(names) | PhaseEntryKind::RunLoads(names) => names.shift(by),
            PhaseEntryKind::Budget(time) => time.shift(by),
            PhaseEntryKind::Gate(gate) => gate.shift(by),
            PhaseEntryKind::AbortOnFailure(of) => of.shift(by),
            PhaseEntryKind::Pause { time, after: _ } => time.shift(by),
            PhaseEntryKind::RunEverythingNotRun | PhaseEntryKind::RenewCredentials | PhaseEntryKind::Error => {}
        }
    }
}

impl Shift for AbortPhraseKind {
    fn shift(&mut self, by: u32) {
        match self {
            AbortPhraseKind::ServiceDown(name) | AbortPhraseKind::CredentialFails(name) => name.shift(by),
            AbortPhraseKind::EveryWebSocketFails | AbortPhraseKind::Error => {}
            AbortPhraseKind::Slow { op: _, limit, requests, to } => all!(by: limit, requests, to),
            AbortPhraseKind::Failures { op: _, limit } => limit.shift(by),
        }
    }
}
