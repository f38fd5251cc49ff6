use std::time::Duration;

use super::Lower;
use super::body::{Body, Names};
use super::suite::Metas;
use crate::plan::schedule::{Arrivals, Stage, Users};
use crate::plan::{
    ErrorKind, Expr, ExprKind, Load, LoadMeasure, Pace, Route, Rows, Scenario, Statistic, Step, Target, Threshold,
    Timed, constant, fixtures,
};
use crate::project::ModuleId;
use crate::source::Span;
use crate::syntax::ast::{
    self, ArrivalStageKind, LoadEntryKind, MeasureKind, MeasureOf, RowsTaken, STOP_WITHIN, StmtKind, SuccessOf,
    UserHookWhen, UserStageKind,
};
use crate::value::Value;

impl Lower<'_> {
    pub fn load(&mut self, module: ModuleId, item: &ast::Item, load: &ast::Load, file: String) -> Option<Load> {
        let mut metas = Metas::default();
        for entry in &load.entries {
            if let LoadEntryKind::Meta(meta) = &entry.kind {
                metas.take(self, module, meta);
            }
        }
        let pace = load.entries.iter().find_map(|entry| self.pace(module, &entry.kind))?;
        let (rows, names) = self.rows(module, load);
        let (before_user, names) = self.user_hooks(module, load, UserHookWhen::Before, names);
        let shared_slots = names.len();
        let (after_user, after) = self.user_hooks(module, load, UserHookWhen::After, names.clone());
        let names = names.into_shared();
        let scenarios: Vec<Scenario> = load
            .entries
            .iter()
            .filter_map(|entry| match &entry.kind {
                LoadEntryKind::Scenario { name, weight, body } => {
                    Some(self.scenario(module, (name.as_ref(), weight.as_ref(), body), names.clone()))
                }
                _ => None,
            })
            .collect();
        let thresholds = load.entries.iter().filter_map(|entry| match &entry.kind {
            LoadEntryKind::Threshold(threshold) => self.threshold(module, threshold, &scenarios),
            _ => None,
        });
        let thresholds = thresholds.collect();
        let times = |lower: &mut Self, of: &dyn Fn(&LoadEntryKind) -> Option<Vec<ast::Expr>>| {
            let found = load.entries.iter().find_map(|entry| of(&entry.kind))?;
            found.iter().map(|time| lower.known_time(module, time)).collect::<Option<Vec<Duration>>>()
        };
        let think = times(self, &|kind| match kind {
            LoadEntryKind::Think { least, most } => Some(std::iter::once(least).chain(most).cloned().collect()),
            _ => None,
        });
        let stop_within = times(self, &|kind| match kind {
            LoadEntryKind::StopWithin(time) => Some(vec![time.clone()]),
            _ => None,
        });
        Some(Load {
            id: format!("{file}::load::{}", load.name.value),
            name: load.name.value.clone(),
            span: load.name.span,
            full_span: item.span,
            file,
            doc: item.doc.as_ref().map(|doc| doc.text.clone()),
            meta: metas.meta,
            runs_on: metas.runs_on,
            pace,
            think: think.and_then(|times| Some((*times.first()?, *times.last()?))),
            stop_within: stop_within.and_then(|times| times.first().copied()).unwrap_or(STOP_WITHIN),
            rows,
            before_user,
            after_user,
            frame: after.frame(),
            shared_slots,
            scenarios,
            thresholds,
        })
    }

    fn pace(&mut self, module: ModuleId, entry: &LoadEntryKind) -> Option<Pace> {
        let arrivals =
            |stages: Vec<Stage<f64>>, most_users| Some(Pace::Arrivals { arrivals: Arrivals::new(&stages), most_users });
        match entry {
            LoadEntryKind::Users { count, ramp, hold } => {
                let to = self.known_count(module, count)?;
                let mut stages = Vec::new();
                for (time, ramps) in [(ramp, true), (hold, false)] {
                    if let Some(time) = time {
                        stages.push(Stage { to, over: self.known_time(module, time)?, ramps });
                    }
                }
                Some(Pace::Users(Users::new(&stages)))
            }
            LoadEntryKind::Stages(stages) => {
                let mut level = 0;
                let mut known = Vec::new();
                for stage in stages {
                    let (to, over, ramps) = match &stage.kind {
                        UserStageKind::Ramp { to, over } => (self.known_count(module, to)?, over, true),
                        UserStageKind::Hold(over) => (level, over, false),
                        UserStageKind::Error => continue,
                    };
                    known.push(Stage { to, over: self.known_time(module, over)?, ramps });
                    level = to;
                }
                Some(Pace::Users(Users::new(&known)))
            }
            LoadEntryKind::Rate { rate, time, users } => {
                let stage =
                    Stage { to: self.known_rate(module, rate)?, over: self.known_time(module, time)?, ramps: false };
                arrivals(vec![stage], self.most_users(module, users.as_ref())?)
            }
            LoadEntryKind::Arrivals(of) => {
                let mut known = Vec::new();
                for stage in &of.stages {
                    let (to, over, ramps) = match &stage.kind {
                        ArrivalStageKind::Hold { rate, time } => (rate, time, false),
                        ArrivalStageKind::Ramp { to, over } => (to, over, true),
                        ArrivalStageKind::Error => continue,
                    };
                    let (to, over) = (self.known_rate(module, to)?, self.known_time(module, over)?);
                    known.push(Stage { to, over, ramps });
                }
                arrivals(known, self.most_users(module, of.users.as_ref())?)
            }
            _ => None,
        }
    }

    /// `None` where it isn't known; what isn't written is no limit.
    fn most_users(&mut self, module: ModuleId, users: Option<&ast::Expr>) -> Option<Option<u32>> {
        users.map_or(Some(None), |users| self.known_count(module, users).map(Some))
    }

    fn known_rate(&mut self, module: ModuleId, expr: &ast::Expr) -> Option<f64> {
        match self.known(module, expr) {
            Some(Value::Rate(rate)) => Some(rate.per_second),
            _ => self.no_limit(expr, "a rate, such as `200/s`"),
        }
    }

    fn rows(&mut self, module: ModuleId, load: &ast::Load) -> (Vec<Rows>, Names) {
        let mut body = Body::new(self, module, Names::default());
        let mut all = Vec::new();
        for entry in &load.entries {
            let LoadEntryKind::Data { rows, taken, name: Some(name) } = &entry.kind else { continue };
            let list = body.expr(rows);
            let slot = body.names.bind(&name.text);
            if let Some(rows) = body.lower.elements(&list) {
                all.push(Rows { slot, rows, shared: *taken == RowsTaken::Shared });
            }
        }
        (all, body.names)
    }

    /// The elements of a list that is known before the run, at least one; they may be anything that a run can evaluate.
    fn elements(&mut self, list: &Expr) -> Option<Vec<Expr>> {
        let found = match &list.kind {
            ExprKind::List(items) => Ok(items.clone()),
            _ => fixtures::cases(constant::value(list, &self.environment.values).as_ref(), list.span).map(|values| {
                values.into_iter().map(|value| Expr { span: list.span, kind: ExprKind::Const(value) }).collect()
            }),
        };
        match found {
            Ok(items) if items.is_empty() => self.diagnostics.push(*fixtures::no_cases(list.span)),
            Ok(items) => return Some(items),
            Err(diagnostic) => self.diagnostics.push(*diagnostic),
        }
        None
    }

    fn user_hooks(
        &mut self,
        module: ModuleId,
        load: &ast::Load,
        when: UserHookWhen,
        names: Names,
    ) -> (Vec<Step>, Names) {
        let mut body = Body::new(self, module, names);
        let mut steps = Vec::new();
        for entry in &load.entries {
            if let LoadEntryKind::Hook(hook) = &entry.kind
                && hook.when == when
            {
                steps.extend(body.block(&hook.body));
            }
        }
        (steps, body.names)
    }

    fn scenario(
        &mut self,
        module: ModuleId,
        (name, weight, block): (Option<&ast::StrLit>, Option<&ast::Expr>, &ast::Block),
        names: Names,
    ) -> Scenario {
        let weight = weight.and_then(|weight| self.known_count(module, weight));
        let mut tags = Vec::new();
        for stmt in &block.stmts {
            if let StmtKind::Meta(ast::MetaKind::Tags(own)) = &stmt.kind {
                tags.extend(own.iter().map(|tag| tag.text.clone()));
            }
        }
        let mut body = Body::new(self, module, names);
        let steps = body.block(block);
        Scenario {
            name: name.map(|name| name.value.clone()),
            tags,
            weight: weight.unwrap_or(1),
            frame: body.names.frame(),
            body: steps,
        }
    }

    fn threshold(&mut self, module: ModuleId, threshold: &ast::Threshold, scenarios: &[Scenario]) -> Option<Threshold> {
        let measure = load_measure(&threshold.measure, scenarios);
        let measure = match measure {
            Some(measure) => measure,
            None => return self.unmeasured(module, threshold.measure.span),
        };
        let limit = self.limit_of(module, &threshold.limit, &measure)?;
        let mut time = |time: &Option<ast::Expr>| match time {
            Some(time) => self.known_time(module, time).map(Some),
            None => Some(None),
        };
        let over_last = time(&threshold.over_last)?;
        let abort_after = time(&threshold.abort_after)?;
        let span = threshold.measure.span.to(threshold.limit.span);
        let whole = [&threshold.over_last, &threshold.abort_after]
            .into_iter()
            .flatten()
            .fold(span, |whole, part| whole.to(part.span));
        let mut text = self.written(whole);
        if threshold.abort && threshold.abort_after.is_none() {
            text.push_str(" abort");
        }
        let abort_after = threshold.abort.then(|| abort_after.unwrap_or_default());
        Some(Threshold { text, span, measure, op: threshold.op, limit, over_last, abort_after })
    }

    fn limit_of(&mut self, module: ModuleId, limit: &ast::Expr, measure: &LoadMeasure) -> Option<f64> {
        let value = self.known(module, limit);
        let (found, wanted) = match (measure, value) {
            (LoadMeasure::Statistic(..), Some(Value::Duration(time))) => (Some(time.as_secs_f64()), ""),
            (LoadMeasure::Statistic(..), _) => (None, "a duration, such as `800ms`"),
            (LoadMeasure::Throughput(_), Some(Value::Rate(rate))) => (Some(rate.per_second), ""),
            (LoadMeasure::Throughput(_), _) => (None, "a rate, such as `180/s`"),
            (
                LoadMeasure::ErrorRate(_) | LoadMeasure::Success(_) | LoadMeasure::Connected(_),
                Some(Value::Percent(share)),
            ) => (Some(share), ""),
            (LoadMeasure::ErrorRate(_) | LoadMeasure::Success(_) | LoadMeasure::Connected(_), _) => {
                (None, "a percentage, such as `1%`")
            }
            (
                LoadMeasure::Errors(_)
                | LoadMeasure::Iterations
                | LoadMeasure::DroppedArrivals
                | LoadMeasure::ForbiddenEvents,
                value,
            ) => (value.and_then(|value| value.as_json()?.as_f64()), "a number"),
        };
        found.or_else(|| self.no_limit(limit, wanted))
    }

    fn unmeasured<T>(&mut self, module: ModuleId, span: Span) -> Option<T> {
        Body::new(self, module, Names::default()).unresolved(span, "nothing in this load is measured so");
        None
    }
}

fn load_measure(measure: &ast::Measure, scenarios: &[Scenario]) -> Option<LoadMeasure> {
    let target = |of: &Option<ast::Template>| match of {
        Some(of) => target(of, scenarios).map(Some),
        None => Some(None),
    };
    Some(match &measure.kind {
        MeasureKind::Statistic { statistic, of } => {
            let of = match of {
                MeasureOf::Time => Timed::Time(None),
                MeasureOf::TimeOf(of) => Timed::Time(Some(self::target(of, scenarios)?)),
                MeasureOf::TimeToFirstByte(of) => Timed::FirstByte(target(of)?),
                MeasureOf::Connect(channel) => Timed::Connect(channel.text.clone()),
                MeasureOf::TimeToEvent(event) => Timed::ToEvent(event.value.clone()),
                MeasureOf::EventGap(event) => Timed::Gap(event.value.clone()),
            };
            LoadMeasure::Statistic(Statistic::named(&statistic.text)?, of)
        }
        MeasureKind::ErrorRate(of) => LoadMeasure::ErrorRate(target(of)?),
        MeasureKind::Errors(None) => LoadMeasure::Errors(None),
        MeasureKind::Errors(Some(kind)) => LoadMeasure::Errors(Some(ErrorKind::named(&kind.text)?)),
        MeasureKind::Throughput(of) => LoadMeasure::Throughput(target(of)?),
        MeasureKind::Iterations => LoadMeasure::Iterations,
        MeasureKind::DroppedArrivals => LoadMeasure::DroppedArrivals,
        MeasureKind::Success(None) => LoadMeasure::Success(None),
        MeasureKind::Success(Some(SuccessOf::Named(of))) => LoadMeasure::Success(Some(self::target(of, scenarios)?)),
        MeasureKind::Success(Some(SuccessOf::Connect(channel))) => LoadMeasure::Connected(channel.text.clone()),
        MeasureKind::FailuresOf(what) if what.text == "never" => LoadMeasure::ForbiddenEvents,
        MeasureKind::FailuresOf(_) | MeasureKind::Flaky | MeasureKind::Error => return None,
    })
}

/// A scenario's name, else a tag of scenarios, else a request.
fn target(of: &ast::Template, scenarios: &[Scenario]) -> Option<Target> {
    let written = super::release::request_pattern(of);
    let places = |is: &dyn Fn(&Scenario) -> bool| -> Vec<usize> {
        scenarios.iter().enumerate().filter(|(_, scenario)| is(scenario)).map(|(at, _)| at).collect()
    };
    let named = places(&|scenario| scenario.name.as_deref() == Some(&written));
    let found = if named.is_empty() { places(&|scenario| scenario.tags.contains(&written)) } else { named };
    if found.is_empty() { Route::read(&written).map(Target::Request) } else { Some(Target::Scenarios(found)) }
}
