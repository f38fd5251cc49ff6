//! Judges a recorded load again: by what was measured at each look, with the thresholds of the plan. What each of its responses was isn't recorded, so that the rest of a load
//! must be as it was.

use std::sync::Arc;

use super::depends;
use super::rebuild::Rebuilt;
use super::replay::{Replay, undecided_at};
use crate::diag::codes;
use crate::judge::load::{Live, LoadResult, Look, Spec};
use crate::judge::{LeftOut, Outcome, TestResult};
use crate::plan::{Load, Plan, Route};
use crate::report::Builder;
use crate::report::load::Known;
use crate::report::model::{self, Line, time};

impl Replay<'_> {
    /// The loads that were run, judged again.
    pub(super) fn loads(&self) -> Vec<(String, model::Test)> {
        // A part of a load is judged with the others, and not alone.
        if self.trace.begun.run.shard.is_some_and(|shard| shard.total > 1) {
            return Vec::new();
        }
        let loads = self.rebuilt.plan.loads.iter();
        let recorded = loads.filter_map(|load| Some((load, *self.tests.get(load.id.as_str())?)));
        let recorded: Vec<_> = recorded.filter(|(_, was)| was.load.is_some()).collect();
        if recorded.is_empty() {
            return Vec::new();
        }
        let plan = Rebuilt::of_trace(&self.trace.header, &self.trace.files).ok().map(|rebuilt| rebuilt.plan);
        recorded.into_iter().map(|(load, was)| (load.id.clone(), self.load(load, was, plan.as_deref()))).collect()
    }

    fn load(&self, load: &Load, was: &model::Test, plan: Option<&Plan>) -> model::Test {
        self.load_again(load, was, plan)
            .unwrap_or_else(|because| self.without(was, &Outcome::Undecided, undecided_at(load.span, because)))
    }

    /// `plan`: the one that was recorded.
    ///
    /// # Errors
    /// Why it can't be judged again.
    fn load_again(&self, load: &Load, was: &model::Test, plan: Option<&Plan>) -> Result<model::Test, &'static str> {
        let looks = || {
            self.trace.lines.iter().filter_map(|line| match line {
                Line::Load(look) if look.id == load.id => Some(&**look),
                _ => None,
            })
        };
        let begun = looks().find_map(|look| look.begun.as_ref()).ok_or("what it measured wasn't recorded")?;
        if !self.is_as_it_was(load, plan) {
            return Err("of its responses only what they came to was recorded, and not the responses themselves");
        }
        let route = |at: usize| load.thresholds.get(at).and_then(|one| one.measure.route());
        let recorded = |at: usize| begun.load.thresholds.get(at).and_then(|one| Route::read(one.request.as_deref()?));
        if (0..load.thresholds.len()).any(|at| route(at).is_some_and(|own| recorded(at).as_ref() != Some(own))) {
            return Err("which requests a threshold is about is counted as they come, and it was about others");
        }
        let spec = Arc::new(Spec::of(load, false));
        let (mut live, mut aborted_by) = (Live::new(spec.clone()), None);
        let mut known = Known::within(&self.rebuilt.sources);
        for look in looks() {
            if aborted_by.is_some() && look.begins {
                return Err("it would have ended before what was recorded of it");
            }
            let measured = known.measured(&look.measured);
            let own = Look { at: time(look.at_ms), begins: look.begins, users: look.users, measured };
            let aborts = live.look(&Arc::new(own));
            aborted_by = aborted_by.or(aborts);
        }
        let of_run = was.load.as_ref().and_then(|load| load.ended_by());
        if of_run.is_some() && aborted_by.is_none() {
            return Err("it would have gone on behind what was recorded of it");
        }
        let result = LoadResult {
            spec,
            began: time(begun.started_ms),
            began_at: begun.load.began_at.parse().unwrap_or_default(),
            ended: live.end(),
            aborted_by,
            interrupted: was.load.as_ref().and_then(|load| load.interrupted.clone()),
        };
        let (outcome, diagnostics) = result.judged();
        let is_bad = outcome.is_bad();
        let phase = was.phase.as_deref().map(Into::into);
        let again = TestResult {
            info: crate::run::load_info(load, phase),
            outcome,
            attempts: was.attempts,
            started: time(was.started_ms),
            duration: time(was.duration_ms),
            diagnostics,
            steps: Vec::new(),
            exchanges: Vec::new(),
            left_out: LeftOut::default(),
            channels: Vec::new(),
            load: Some(Arc::new(result)),
        };
        let builder = Builder { sources: &self.rebuilt.sources, redactor: &self.redactor };
        let mut again = self.redactor.masked(builder.test(&again, &self.services)).into_inner();
        // What is kept of iterations that failed is as it was.
        let of_load = [&codes::THRESHOLD, &codes::LOAD_FAILURES, &codes::RATE_NOT_KEPT, &codes::VACUOUS];
        let kept = was.diagnostics.iter().filter(|one| is_bad && of_load.iter().all(|code| code.name != one.code));
        again.diagnostics.extend(kept.cloned());
        Ok(model::Test {
            steps: was.steps.clone(),
            exchanges: was.exchanges.clone(),
            channels: was.channels.clone(),
            left_out: was.left_out.clone(),
            started_ms: was.started_ms,
            duration_ms: was.duration_ms,
            ..again
        })
    }

    /// Whether its users do what they did, and the same is expected of the responses.
    fn is_as_it_was(&self, load: &Load, recorded: Option<&Plan>) -> bool {
        let was = recorded.and_then(|plan| Some((plan.loads.iter().find(|one| one.id == load.id)?, plan)));
        was.is_some_and(|(was, plan)| depends::of_load(was, plan) == depends::of_load(load, &self.rebuilt.plan))
    }
}
