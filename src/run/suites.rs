//! Suites side by side, each with its hooks and its tests.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use futures_util::FutureExt as _;
use futures_util::future::join_all;
use tokio::sync::Semaphore;

use super::deadline::Deadline;
use super::shared::Shared;
use super::step::Halt;
use super::stop::Stop;
use super::test::{self, DEFAULT_LIMIT, Place};
use crate::diag::{Diagnostic, codes};
use crate::eval::Scope;
use crate::event::{Occurrence, Part};
use crate::judge::{Outcome, Progress, TestInfo, TestResult};
use crate::plan::{Plan, Suite, Test};
use crate::source::Span;

/// The tests of one suite that a phase runs.
#[derive(Clone, Debug)]
pub(super) struct Group {
    /// Indices of the plan.
    pub suite: usize,
    pub tests: Vec<usize>,
    /// The phase's name, in a run of a plan.
    pub phase: Option<Arc<str>>,
}

/// What the suites of a run share.
pub(super) struct Run {
    pub shared: Arc<Shared>,
    /// One for each test that may run now.
    slots: Semaphore,
    locks: Mutex<HashMap<String, Arc<tokio::sync::Mutex<()>>>>,
    /// With `fail_fast`: a test has failed.
    failed: Stop,
}

/// What came of a suite's `before all`.
pub(super) enum Prepared {
    /// With what it bound.
    Ready(Scope),
    /// The run was stopped while it went on: with what it had bound by then.
    CutShort(Scope),
    /// There is none, or nothing is begun any more.
    NotBegun,
    Skipped(Outcome),
    Failed(Scope, Vec<Diagnostic>),
}

pub(super) type Results = (Vec<Arc<TestResult>>, Vec<Diagnostic>);

impl Run {
    pub fn new(shared: Arc<Shared>) -> Self {
        let slots = Semaphore::new(shared.options.jobs.max(1));
        Self { shared, slots, locks: Mutex::default(), failed: Stop::default() }
    }

    /// Runs the suites of a phase side by side, until all are done. `deadline` is the phase's.
    pub async fn all(self: &Arc<Self>, groups: Vec<Group>, deadline: Option<Deadline>) -> Results {
        let groups: Vec<Arc<Group>> = groups.into_iter().map(Arc::new).collect();
        let reported: Arc<Mutex<Vec<Diagnostic>>> = Arc::default();
        let suites = groups.iter().map(|group| {
            let (run, group, deadline) = (self.clone(), group.clone(), deadline.clone());
            let reported = reported.clone();
            self.shared.world.along(Box::pin(async move {
                let (tests, problems) = run.suite(&group, deadline.as_ref()).await;
                // Reported as soon as it is known, since the phase may never come to its end; and kept in that order, so that a report says what a journal says.
                let mut reported = reported.lock().unwrap_or_else(PoisonError::into_inner);
                for problem in problems {
                    (run.shared.progress)(Progress::Problem(Arc::new(problem.clone())));
                    reported.push(problem);
                }
                tests
            }))
        });
        let mut tests = Vec::new();
        for (group, suite) in groups.iter().zip(join_all(suites).await) {
            tests.extend(suite.unwrap_or_else(|| self.lost(group)));
        }
        let diagnostics = std::mem::take(&mut *reported.lock().unwrap_or_else(PoisonError::into_inner));
        (tests, diagnostics)
    }

    async fn suite(self: &Arc<Self>, group: &Arc<Group>, deadline: Option<&Deadline>) -> Results {
        let plan = self.shared.plan.clone();
        let Some(suite) = plan.suites.get(group.suite) else { return Default::default() };
        if let Some(reason) = elsewhere(&suite.runs_on, &plan) {
            return (self.each(group, &Outcome::skipped(reason), &[]), Vec::new());
        }
        // Always taken in the order of their names, so that two suites can't wait for each other.
        let mut locks = suite.locks.clone();
        locks.sort();
        locks.dedup();
        let mut held = Vec::new();
        for name in locks {
            let lock = self.locks.lock().unwrap_or_else(PoisonError::into_inner).entry(name).or_default().clone();
            held.push(lock.lock_owned().await);
        }
        let (scope, prepared, whole) = match Box::pin(self.before_all(suite, group.phase.as_ref(), deadline)).await {
            Prepared::Ready(scope) => (scope, true, true),
            Prepared::CutShort(scope) => (scope, true, false),
            Prepared::NotBegun => (Scope::default(), false, true),
            Prepared::Skipped(outcome) => return (self.each(group, &outcome, &[]), Vec::new()),
            Prepared::Failed(scope, mut diagnostics) => {
                let cause = "the suite's `before all` failed".to_owned();
                let results = self.each(group, &Outcome::NotRun { cause }, &diagnostics);
                // What it had made until then is cleaned up all the same.
                diagnostics.extend(Box::pin(self.after_all(suite, group.phase.as_ref(), &scope, false)).await);
                return (results, diagnostics);
            }
        };
        let results = if suite.side_by_side {
            let tests = group.tests.iter().map(|test| {
                let (run, group, test) = (self.clone(), group.clone(), *test);
                let (scope, deadline) = (scope.clone(), deadline.cloned());
                self.shared
                    .world
                    .along(Box::pin(async move { run.test(&group, test, &scope, deadline.as_ref()).await }))
            });
            let ends = group.tests.iter().zip(join_all(tests).await);
            ends.filter_map(|(at, end)| end.or_else(|| Some(self.crashed(group, suite, suite.tests.get(*at)?))))
                .collect()
        } else {
            let mut results = Vec::with_capacity(group.tests.len());
            for test in &group.tests {
                results.push(self.test(group, *test, &scope, deadline).await);
            }
            results
        };
        // Of a suite that never began, nothing is to be cleaned up.
        let began = prepared || results.iter().any(|test| test.attempts > 0);
        let diagnostics =
            if began { Box::pin(self.after_all(suite, group.phase.as_ref(), &scope, whole)).await } else { Vec::new() };
        (results, diagnostics)
    }

    pub(super) async fn before_all(&self, suite: &Suite, of: Option<&Arc<str>>, phase: Option<&Deadline>) -> Prepared {
        if suite.before_all.is_empty() || self.hindrance(phase).is_some() {
            return Prepared::NotBegun;
        }
        // A hook that needs what the suite needs would fail, and say nothing new.
        match self.until_hindered(phase, self.shared.monitor.blocking(&suite.meta.needs)).await {
            Some(Some(blocked)) => return Prepared::Skipped(blocked.outcome()),
            Some(None) => {}
            None => return Prepared::NotBegun,
        }
        let Ok(_slot) = self.slots.acquire().await else { return Prepared::NotBegun };
        if self.hindrance(phase).is_some() {
            return Prepared::NotBegun;
        }
        let (limit, span) = suite.meta.timeout.unwrap_or((DEFAULT_LIMIT, Span::nowhere()));
        let scope = Scope::new(&suite.frame);
        let place = hooks(suite, of, "before all");
        let mut executor = test::executor(&self.shared, &self.shared.credentials, place, scope, limit, span).await;
        if let Some(phase) = phase {
            executor.deadline = executor.deadline.tightened(phase.clone());
        }
        // Its tests are stopped by the same signal.
        let stopped = self.shared.options.stop.stopped();
        let ended = self.shared.world.unless(stopped, executor.steps(&suite.before_all)).await;
        executor.close_all().await;
        executor.learn_parts().await;
        self.shared.world.finished(&hooks(suite, of, "before all"));
        match ended {
            Some(Ok(()) | Err(Halt::Returned { .. })) => Prepared::Ready(executor.scope.clone()),
            Some(Err(Halt::Skipped(reason))) => Prepared::Skipped(Outcome::skipped(reason)),
            Some(Err(Halt::Failed)) => {
                Prepared::Failed(executor.scope.clone(), executor.evidence.lock().diagnostics.clone())
            }
            None => Prepared::CutShort(executor.scope.clone()),
        }
    }

    /// Waits for something, until no test is to be begun any more.
    pub(super) async fn until_hindered<T>(&self, phase: Option<&Deadline>, wait: impl Future<Output = T>) -> Option<T> {
        let late = async {
            match phase {
                Some(phase) => self.shared.world.sleep_until(phase.at).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            done = wait => Some(done),
            () = self.shared.options.stop.stopped() => None,
            () = late => None,
        }
    }

    /// `whole`: the suite came to its end; else what a hook doesn't find bound isn't its mistake.
    async fn after_all(&self, suite: &Suite, of: Option<&Arc<str>>, scope: &Scope, whole: bool) -> Vec<Diagnostic> {
        if suite.after_all.is_empty() {
            return Vec::new();
        }
        let mut own = Scope::new(&suite.frame);
        own.take_first(scope, suite.shared_slots);
        let place = hooks(suite, of, "after all");
        let mut executor =
            test::executor(&self.shared, &self.shared.credentials, place, own, DEFAULT_LIMIT, Span::nowhere()).await;
        executor.evidence.lock().facts.failed = !whole;
        test::clean_up(&mut executor, suite.span, &suite.after_all).await;
        executor.learn_parts().await;
        self.shared.world.finished(&hooks(suite, of, "after all"));
        std::mem::take(&mut executor.evidence.lock().diagnostics)
    }

    async fn test(
        self: &Arc<Self>,
        group: &Group,
        index: usize,
        scope: &Scope,
        phase: Option<&Deadline>,
    ) -> Arc<TestResult> {
        let plan = self.shared.plan.clone();
        let found = plan.suites.get(group.suite).and_then(|suite| Some((suite, suite.tests.get(index)?)));
        let Some((suite, test)) = found else { return Arc::new(self.nameless()) };
        let info = test::info(suite, test, group.phase.clone());
        let without = |outcome| test::not_run(&self.shared, info.clone(), outcome, Vec::new());
        if let Some(cause) = self.hindrance(phase) {
            return self.end(without(Outcome::NotRun { cause }));
        }
        let slot = loop {
            // Waits, while a service that it needs is being asked, without taking another test's place.
            let blocked = self.until_hindered(phase, self.shared.monitor.blocking(&test.meta.needs)).await;
            let slot = self.slots.acquire().await.ok();
            let hindrance = self.hindrance(phase).or_else(|| slot.is_none().then(|| "interrupted".to_owned()));
            if let Some(cause) = hindrance {
                return self.end(without(Outcome::NotRun { cause }));
            }
            if let Some(Some(blocked)) = blocked {
                return self.end(without(blocked.outcome()));
            }
            // While it waited for its place, another test may have met an outage.
            if !self.shared.monitor.is_asking(&test.meta.needs) {
                break slot;
            }
        };
        let (progress, begun) = (self.shared.progress.clone(), Progress::TestStarted(info.clone()));
        if self.shared.options.written_down {
            self.shared.world.aside(move || progress(begun)).await;
        } else {
            progress(begun);
        }
        let place = Place { slots: &self.slots, held: slot };
        // Made when the test has its place: of those that wait for one, there may be any number.
        let running = Box::pin(test::run(&self.shared, suite, test, info.clone(), scope, phase, place));
        let running = std::panic::AssertUnwindSafe(running);
        match running.catch_unwind().await {
            Ok(result) => self.end_apart(result).await,
            Err(_) => self.crashed(group, suite, test),
        }
    }

    /// Why no test is begun any more.
    pub(super) fn hindrance(&self, phase: Option<&Deadline>) -> Option<String> {
        if let Some(cause) = self.shared.options.stop.cause() {
            return Some(cause);
        }
        if self.failed.is_stopped() {
            return Some("an earlier test failed".to_owned());
        }
        let phase = phase.filter(|phase| self.shared.world.now() >= phase.at)?;
        Some(format!("{} was used up", phase.words()))
    }

    /// The same, apart from the threads that keep time where it takes its own: what is written down is masked and drawn one after the other, so that even a
    /// test of which little is to be said waits for others.
    pub(super) async fn end_apart(self: &Arc<Self>, result: TestResult) -> Arc<TestResult> {
        if !self.shared.options.written_down && !self.shared.observer.listens() {
            return self.end(result);
        }
        let run = self.clone();
        self.shared.world.aside(move || run.end(result)).await
    }

    pub(super) fn end(&self, result: TestResult) -> Arc<TestResult> {
        if self.shared.options.fail_fast && result.outcome.is_bad() {
            self.failed.stop();
        }
        let result = Arc::new(result);
        (self.shared.progress)(Progress::TestEnded(result.clone()));
        self.shared.observer.test(&result);
        result
    }

    /// The tool itself failed: the run goes on without this test.
    fn crashed(&self, group: &Group, suite: &Suite, test: &Test) -> Arc<TestResult> {
        self.broke_off(test::info(suite, test, group.phase.clone()))
    }

    /// The tool itself failed.
    pub(super) fn broke_off(&self, info: Arc<TestInfo>) -> Arc<TestResult> {
        let message = "the tool failed while it ran this test; that is a mistake in the tool, not in the spec";
        let diagnostic = Diagnostic::error(&codes::INTERNAL, info.span, message)
            .with_help("report it with the spec, if you can share it");
        self.end(test::not_run(&self.shared, info, Outcome::Errored, vec![diagnostic]))
    }

    /// The same outcome for each test of a group.
    fn each(&self, group: &Group, outcome: &Outcome, diagnostics: &[Diagnostic]) -> Vec<Arc<TestResult>> {
        let plan = self.shared.plan.clone();
        let Some(suite) = plan.suites.get(group.suite) else { return Vec::new() };
        let result = |test: &Test| {
            let info = test::info(suite, test, group.phase.clone());
            test::not_run(&self.shared, info, outcome.clone(), diagnostics.to_vec())
        };
        group.tests.iter().filter_map(|test| suite.tests.get(*test)).map(|test| self.end(result(test))).collect()
    }

    fn lost(&self, group: &Group) -> Vec<Arc<TestResult>> {
        let plan = self.shared.plan.clone();
        let Some(suite) = plan.suites.get(group.suite) else { return Vec::new() };
        let tests = group.tests.iter().filter_map(|test| suite.tests.get(*test));
        tests.map(|test| self.crashed(group, suite, test)).collect()
    }

    fn nameless(&self) -> TestResult {
        let info = crate::judge::TestInfo {
            id: String::new(),
            suite: String::new(),
            name: String::new(),
            doc: None,
            priority: None,
            tags: crate::plan::Words::default(),
            owner: None,
            at_risk: None,
            phase: None,
            span: Span::nowhere(),
        };
        test::not_run(
            &self.shared,
            Arc::new(info),
            Outcome::NotRun { cause: "it isn't in the plan".to_owned() },
            Vec::new(),
        )
    }
}

/// Where the hooks before all tests of a suite run, in which phase of a plan.
pub fn before_all(suite: &Suite, phase: Option<&Arc<str>>) -> Occurrence {
    hooks(suite, phase, "before all")
}

/// Where the hooks that all tests of a suite share run, in which phase of a plan.
pub(super) fn hooks(suite: &Suite, phase: Option<&Arc<str>>, hook: &'static str) -> Occurrence {
    let place = Occurrence::root(Part::Suite(format!("{}::{}", suite.file, suite.name).into(), hook));
    phase.map_or(place.clone(), |phase| place.then(Part::Phase(phase.clone())))
}

pub(super) fn elsewhere(runs_on: &[String], plan: &Plan) -> Option<String> {
    let environment = plan.environment.name.as_deref().unwrap_or("none");
    let fits = runs_on.is_empty() || runs_on.iter().any(|name| name == environment);
    (!fits).then(|| format!("it runs on {}, and this run is on {environment}", runs_on.join(", ")))
}
