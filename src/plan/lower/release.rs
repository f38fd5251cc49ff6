use std::time::Duration;

use super::Lower;
use super::body::{Body, Names};
use crate::plan::fixtures;
use crate::plan::{
    AbortCondition, AbortKind, CredentialId, Gate, InfrastructureRetry, Measure, Of, Phase, PlannedPhase, ReleasePlan,
    Selector, Statistic, constant,
};
use crate::project::{DeclRef, ModuleId};
use crate::source::Span;
use crate::syntax::ast::{
    self, AbortPhraseKind, Ident, MeasureKind, MeasureOf, PhaseEntryKind, PlanEntryKind, TemplatePart,
};
use crate::value::Value;

/// The pause between attempts when `retry infrastructure N times` says none.
const DEFAULT_RETRY_PAUSE: Duration = Duration::from_secs(1);

impl Lower<'_> {
    /// The plan that a declaration is. `None` when it isn't one.
    pub fn release(&mut self, decl: DeclRef) -> Option<ReleasePlan> {
        let project = self.project;
        let ast::ItemKind::Plan(plan) = &project.item(decl)?.kind else { return None };
        let module = decl.module;
        let mut release = ReleasePlan {
            name: plan.name.text.clone(),
            span: plan.name.span,
            phases: Vec::new(),
            gates: Vec::new(),
            aborts: Vec::new(),
            retry_infrastructure: None,
            watched_credentials: Vec::new(),
        };
        for entry in &plan.entries {
            match &entry.kind {
                PlanEntryKind::RequireEnv(_) | PlanEntryKind::Error => {}
                PlanEntryKind::RetryInfrastructure { times, every } => {
                    let times = self.known_count(module, times).unwrap_or(0);
                    let every = every.as_ref().map(|every| self.known_time(module, every).unwrap_or_default());
                    let every = every.unwrap_or(DEFAULT_RETRY_PAUSE);
                    release.retry_infrastructure = Some(InfrastructureRetry { times, every });
                }
                PlanEntryKind::Phase(phase) => {
                    let index = release.phases.len();
                    let lowered = self.phase(module, index, phase, &mut release.aborts);
                    release.phases.push(lowered);
                }
                PlanEntryKind::Abort(abort) => {
                    for phrase in &abort.phrases {
                        release.watched_credentials.extend(self.watched(module, phrase));
                        release.aborts.extend(self.abort_phrase(module, phrase));
                    }
                }
                PlanEntryKind::Gate(gate) => release.gates.extend(self.gate(module, gate)),
            }
        }
        Some(release)
    }

    fn phase(
        &mut self,
        module: ModuleId,
        index: usize,
        phase: &ast::Phase,
        aborts: &mut Vec<AbortCondition>,
    ) -> PlannedPhase {
        let mut lowered = PlannedPhase {
            phase: Phase {
                name: phase.name.value.clone(),
                span: phase.name.span,
                gates: Vec::new(),
                budget: None,
                tests: Vec::new(),
                loads: Vec::new(),
                left_out: false,
            },
            selectors: Vec::new(),
            renew_credentials: false,
            pause_before: Duration::ZERO,
            pause_after: Duration::ZERO,
        };
        let texts = |names: &[Ident]| names.iter().map(|name| name.text.clone()).collect::<Vec<_>>();
        for entry in &phase.entries {
            match &entry.kind {
                PhaseEntryKind::RunTags(tags) => lowered.selectors.push(Selector::Tags(texts(tags))),
                PhaseEntryKind::RunPriority(names) => lowered.selectors.push(Selector::Priorities(texts(names))),
                PhaseEntryKind::RunSuites(names) => {
                    let names = names.iter().map(|name| name.value.clone()).collect();
                    lowered.selectors.push(Selector::Suites(names));
                }
                PhaseEntryKind::RunLoads(names) => {
                    lowered.phase.loads.extend(names.iter().map(|name| name.value.clone()));
                }
                PhaseEntryKind::RunEverythingNotRun => lowered.selectors.push(Selector::EverythingNotRun),
                PhaseEntryKind::Budget(time) => lowered.phase.budget = self.known_time(module, time),
                PhaseEntryKind::Gate(gate) => lowered.phase.gates.extend(self.gate(module, gate)),
                PhaseEntryKind::AbortOnFailure(priority) => aborts.push(AbortCondition {
                    text: self.written(entry.span).trim_start_matches("abort on ").to_owned(),
                    span: entry.span,
                    kind: AbortKind::AnyFailure { priority: priority.as_ref().map(|name| name.text.clone()) },
                    phase: Some(index),
                }),
                PhaseEntryKind::RenewCredentials => lowered.renew_credentials = true,
                PhaseEntryKind::Pause { time, after } => {
                    let time = self.known_time(module, time).unwrap_or_default();
                    let pause = if *after { &mut lowered.pause_after } else { &mut lowered.pause_before };
                    *pause = time;
                }
                PhaseEntryKind::Error => {}
            }
        }
        lowered
    }

    fn gate(&mut self, module: ModuleId, gate: &ast::Gate) -> Option<Gate> {
        let measure = self.measure(&gate.measure)?;
        let (limit, wanted) = match (self.known(module, &gate.limit), &measure) {
            (Some(Value::Percent(share)), Measure::Success | Measure::Flaky | Measure::ErrorRate) => (Some(share), ""),
            (_, Measure::Success | Measure::Flaky | Measure::ErrorRate) => (None, "a percentage, such as `95%`"),
            (Some(Value::Duration(time)), Measure::Statistic(..)) => (Some(time.as_secs_f64()), ""),
            (_, Measure::Statistic(..)) => (None, "a duration, such as `800ms`"),
            (Some(Value::Rate(rate)), Measure::Throughput) => (Some(rate.per_second), ""),
            (_, Measure::Throughput) => (None, "a rate, such as `180/s`"),
            (value, Measure::ForbiddenEvents | Measure::Unavailable(_)) => {
                (value.and_then(|value| value.as_json()?.as_f64()), "a number")
            }
        };
        let Some(limit) = limit else { return self.no_limit(&gate.limit, wanted) };
        let span = gate.measure.span.to(gate.limit.span);
        Some(Gate { text: self.written(span), span, measure, op: gate.op, limit })
    }

    fn measure(&self, measure: &ast::Measure) -> Option<Measure> {
        let in_loads_only = || Measure::Unavailable(self.written(measure.span));
        Some(match &measure.kind {
            MeasureKind::Success(None) => Measure::Success,
            MeasureKind::Flaky => Measure::Flaky,
            MeasureKind::ErrorRate(None) => Measure::ErrorRate,
            MeasureKind::Throughput(None) => Measure::Throughput,
            MeasureKind::FailuresOf(what) if what.text == "never" => Measure::ForbiddenEvents,
            MeasureKind::Statistic { statistic, of } => {
                let of = match of {
                    MeasureOf::Time => Of::Time,
                    MeasureOf::TimeOf(request) => Of::TimeOf(request_pattern(request)),
                    MeasureOf::TimeToFirstByte(None) => Of::TimeToFirstByte,
                    MeasureOf::Connect(channel) => Of::Connect(channel.text.clone()),
                    MeasureOf::TimeToFirstByte(Some(_)) | MeasureOf::TimeToEvent(_) | MeasureOf::EventGap(_) => {
                        return Some(in_loads_only());
                    }
                };
                Measure::Statistic(Statistic::named(&statistic.text)?, of)
            }
            MeasureKind::Success(Some(_))
            | MeasureKind::ErrorRate(Some(_))
            | MeasureKind::Throughput(Some(_))
            | MeasureKind::Errors(_)
            | MeasureKind::Iterations
            | MeasureKind::DroppedArrivals
            | MeasureKind::FailuresOf(_) => in_loads_only(),
            MeasureKind::Error => return None,
        })
    }

    fn abort_phrase(&mut self, module: ModuleId, phrase: &ast::AbortPhrase) -> Option<AbortCondition> {
        let kind = match &phrase.kind {
            AbortPhraseKind::ServiceDown(name) => AbortKind::ServiceDown(name.text.clone()),
            AbortPhraseKind::CredentialFails(name) => AbortKind::CredentialFails(name.text.clone()),
            AbortPhraseKind::EveryWebSocketFails => AbortKind::EveryWebSocketFails,
            AbortPhraseKind::Slow { op, limit, requests, to } => AbortKind::Slow {
                op: *op,
                limit: self.known_time(module, limit)?,
                requests: self.known_count(module, requests)? as usize,
                to: to.as_ref().map(|service| self.reached_through(&service.text)),
            },
            AbortPhraseKind::Failures { op, limit } => {
                let value = self.known(module, limit);
                let (most, share) = match &value {
                    Some(Value::Percent(share)) => (Some(*share), true),
                    other => (other.as_ref().and_then(|value| value.as_json()?.as_f64()), false),
                };
                let Some(limit) = most else { return self.no_limit(limit, "a count or a percentage") };
                AbortKind::Failures { op: *op, limit, share }
            }
            AbortPhraseKind::Error => return None,
        };
        Some(AbortCondition { text: self.written(phrase.span), span: phrase.span, kind, phase: None })
    }

    /// A service that has no address of its own, such as a database, is reached through those that depend on it.
    fn reached_through(&self, name: &str) -> Vec<String> {
        let services = &self.environment.services;
        if services.iter().any(|one| one.name == name && one.url.is_some()) {
            return vec![name.to_owned()];
        }
        let through = services.iter().filter(|one| one.depends_on.iter().any(|on| on == name));
        std::iter::once(name.to_owned()).chain(through.map(|one| one.name.clone())).collect()
    }

    /// The credential that a condition watches. It is known by its name in the whole project.
    fn watched(&mut self, module: ModuleId, phrase: &ast::AbortPhrase) -> Option<CredentialId> {
        let AbortPhraseKind::CredentialFails(name) = &phrase.kind else { return None };
        let project = self.project;
        let declares = |id: ModuleId| {
            let decl = project.own(id, &name.text)?;
            matches!(project.item(decl)?.kind, ast::ItemKind::Credential(_)).then_some(decl)
        };
        let modules = std::iter::once(module).chain(project.modules.iter().map(|module| module.id));
        let decl = modules.filter_map(declares).next()?;
        self.credential(decl)
    }

    pub(super) fn known(&mut self, module: ModuleId, expr: &ast::Expr) -> Option<Value> {
        let expr = Body::new(self, module, Names::default()).expr(expr);
        constant::value(&expr, &self.environment.values)
    }

    pub(super) fn known_time(&mut self, module: ModuleId, expr: &ast::Expr) -> Option<Duration> {
        match self.known(module, expr) {
            Some(Value::Duration(time)) => Some(time),
            _ => self.no_limit(expr, "a duration, such as `30s`"),
        }
    }

    pub(super) fn known_count(&mut self, module: ModuleId, expr: &ast::Expr) -> Option<u32> {
        let count = self.known(module, expr).and_then(|count| whole(&count));
        count.or_else(|| self.no_limit(expr, "a whole number"))
    }

    pub(super) fn no_limit<T>(&mut self, expr: &ast::Expr, wanted: &str) -> Option<T> {
        let diagnostic = fixtures::no_limit(&self.written(expr.span), expr.span, wanted);
        self.diagnostics.push(diagnostic);
        None
    }

    /// The text of a span, its white space made single.
    pub(super) fn written(&self, span: Span) -> String {
        self.project.sources.one_line(span)
    }
}

fn whole(value: &Value) -> Option<u32> {
    value.as_json()?.as_u64().and_then(|count| u32::try_from(count).ok())
}

/// `GET /threads/{{id}}` as a pattern: what is interpolated stands for one segment.
pub(super) fn request_pattern(request: &ast::Template) -> String {
    let part = |part: &TemplatePart| match part {
        TemplatePart::Text { text, .. } => text.clone(),
        TemplatePart::Expr(_) => "*".to_owned(),
    };
    request.parts.iter().map(part).collect()
}
