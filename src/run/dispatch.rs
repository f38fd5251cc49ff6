//! What is visible of a run from outside: which suites and tests run when, and what is reported of them.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::join_all;
use tokio::sync::Semaphore;

use super::credentials::Credentials;
use super::step::Halt;
use super::stop::Stop;
use super::test::{self, DEFAULT_LIMIT};
use crate::diag::{Diagnostic, codes};
use crate::eval::Scope;
use crate::judge::release::{Phase, PhaseRun, Release, ServiceMap};
use crate::judge::{Outcome, Progress, RunInfo, RunResult, TestResult};
use crate::net::clock::Clock;
use crate::net::http::{Authority, Http};
use crate::plan::{Plan, Suite, Test};
use crate::source::Span;
use crate::value::{SecretSink, Value};

/// How a run is to be carried out.
#[derive(Clone)]
pub struct Options {
    /// How many tests run at the same time, at most.
    pub jobs: usize,
    /// How many times a failed test is run again, where it doesn't say so itself.
    pub retries: Option<u32>,
    /// Stop at the first test that fails.
    pub fail_fast: bool,
    pub seed: u64,
    pub stop: Stop,
    /// Learns every secret that the run meets.
    pub secrets: Arc<dyn SecretSink>,
    /// Authorities whose certificates are trusted beside the system's.
    pub trusted: Vec<Authority>,
    /// Which part of how many, from 1.
    pub shard: Option<(u32, u32)>,
    /// SHA-256 of the specs and of what was selected of them, hexadecimal.
    pub specs: Option<String>,
}

/// What all tests of a run share.
pub(super) struct Shared {
    pub plan: Arc<Plan>,
    pub http: Http,
    pub options: Options,
    pub credentials: Arc<Credentials>,
}

/// Called as the run goes on, from whichever task is at it.
pub type OnProgress = Arc<dyn Fn(Progress) + Send + Sync>;

/// Runs all tests of a plan. Whatever happens to one of them, all of them have a result.
pub async fn execute(plan: Arc<Plan>, options: Options, progress: OnProgress) -> RunResult {
    let started_at = Clock::wall();
    let clock = Clock::start();
    let info = RunInfo {
        id: uuid::Uuid::new_v4().to_string(),
        started_at,
        environment: plan.environment.name.clone(),
        plan: None,
        seed: options.seed,
        require_real: plan.environment.require_real,
        shard: options.shard,
        specs: options.specs.clone(),
    };
    for value in plan.environment.values.values() {
        if let Value::Secret(secret) = value {
            options.secrets.add(secret.expose());
        }
    }
    let total = plan.suites.iter().map(|suite| suite.tests.len()).sum();
    let service_map = Arc::new(ServiceMap::of_environment(&plan.environment));
    let tests_known: Vec<_> =
        plan.suites.iter().flat_map(|suite| suite.tests.iter().map(|test| test::info(suite, test))).collect();
    let release = Arc::new(Release {
        name: None,
        phases: vec![Phase {
            name: String::new(),
            span: Span::nowhere(),
            gates: Vec::new(),
            budget: None,
            tests: tests_known.iter().map(|test| test.id.clone()).collect(),
            loads: Vec::new(),
        }],
        gates: Vec::new(),
    });
    progress(Progress::Started {
        info: Arc::new(info.clone()),
        release: release.clone(),
        tests: tests_known.into(),
        service_map: service_map.clone(),
    });
    let shared = Arc::new(Shared {
        http: Http::new(clock, started_at, options.trusted.clone()),
        options: options.clone(),
        credentials: Arc::new(Credentials::default()),
        plan: plan.clone(),
    });
    let run = Arc::new(Run {
        shared,
        progress: progress.clone(),
        slots: Semaphore::new(options.jobs.max(1)),
        locks: Mutex::new(HashMap::new()),
        failed: Stop::default(),
    });
    let suites = (0..plan.suites.len()).map(|index| {
        let run = run.clone();
        tokio::spawn(async move { run.suite(index).await })
    });
    let mut tests = Vec::with_capacity(total);
    let mut diagnostics = Vec::new();
    for (index, suite) in join_all(suites).await.into_iter().enumerate() {
        let (results, problems) = suite.unwrap_or_else(|_| run.lost(index));
        tests.extend(results);
        problems.iter().for_each(|one| progress(Progress::Problem(Arc::new(one.clone()))));
        diagnostics.extend(problems);
    }
    progress(Progress::Ended);
    let duration = clock.now();
    RunResult {
        info,
        duration,
        interrupted: options.stop.is_stopped(),
        tests,
        diagnostics,
        release,
        phases: vec![PhaseRun { started: Some(Duration::ZERO), duration, ..PhaseRun::default() }],
        services: Vec::new(),
        service_map,
        credentials: Vec::new(),
        abort: None,
    }
}

struct Run {
    shared: Arc<Shared>,
    progress: OnProgress,
    /// One for each test that may run now.
    slots: Semaphore,
    locks: Mutex<HashMap<String, Arc<tokio::sync::Mutex<()>>>>,
    /// With `fail_fast`: a test has failed.
    failed: Stop,
}

/// What came of a suite's `before all`.
enum Prepared {
    /// With what it bound.
    Ready(Scope),
    Skipped(String),
    Failed(Vec<Diagnostic>),
}

type Results = (Vec<Arc<TestResult>>, Vec<Diagnostic>);

impl Run {
    async fn suite(self: &Arc<Self>, index: usize) -> Results {
        let plan = self.shared.plan.clone();
        let Some(suite) = plan.suites.get(index) else { return Default::default() };
        if let Some(reason) = elsewhere(suite, &plan) {
            return (self.all(suite, &Outcome::skipped(reason), &[]), Vec::new());
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
        let scope = match self.before_all(suite).await {
            Prepared::Ready(scope) => scope,
            Prepared::Skipped(reason) => return (self.all(suite, &Outcome::skipped(reason), &[]), Vec::new()),
            Prepared::Failed(diagnostics) => {
                let cause = "the suite's `before all` failed".to_owned();
                return (self.all(suite, &Outcome::NotRun { cause }, &diagnostics), diagnostics);
            }
        };
        let results = if suite.side_by_side {
            let tests = (0..suite.tests.len()).map(|test| {
                let (run, scope) = (self.clone(), scope.clone());
                tokio::spawn(async move { run.test(index, test, &scope).await })
            });
            let ends = join_all(tests).await.into_iter().enumerate();
            ends.filter_map(|(at, end)| end.ok().or_else(|| Some(self.crashed(suite, suite.tests.get(at)?)))).collect()
        } else {
            let mut results = Vec::with_capacity(suite.tests.len());
            for test in 0..suite.tests.len() {
                results.push(self.test(index, test, &scope).await);
            }
            results
        };
        let diagnostics = self.after_all(suite, &scope).await;
        (results, diagnostics)
    }

    async fn before_all(&self, suite: &Suite) -> Prepared {
        if suite.before_all.is_empty() || self.stopped() {
            return Prepared::Ready(Scope::default());
        }
        let Ok(_slot) = self.slots.acquire().await else { return Prepared::Ready(Scope::default()) };
        let (limit, span) = suite.meta.timeout.unwrap_or((DEFAULT_LIMIT, Span::nowhere()));
        let scope = Scope::new(&suite.frame);
        let mut walk = test::walk(&self.shared, &self.shared.credentials, &suite.name, scope, limit, span);
        let ended = tokio::select! {
            ended = walk.steps(&suite.before_all) => ended,
            // Its tests are stopped by the same signal.
            () = self.shared.options.stop.stopped() => Ok(()),
        };
        walk.attempt.channels.close_all();
        match ended {
            Ok(()) | Err(Halt::Returned { .. }) => Prepared::Ready(walk.scope.clone()),
            Err(Halt::Skipped(reason)) => Prepared::Skipped(reason),
            Err(Halt::Failed) => Prepared::Failed(walk.evidence.lock().diagnostics.clone()),
        }
    }

    async fn after_all(&self, suite: &Suite, scope: &Scope) -> Vec<Diagnostic> {
        if suite.after_all.is_empty() {
            return Vec::new();
        }
        let mut own = Scope::new(&suite.frame);
        own.take_first(scope, suite.shared_slots);
        let mut walk =
            test::walk(&self.shared, &self.shared.credentials, &suite.name, own, DEFAULT_LIMIT, Span::nowhere());
        let budget = std::time::Duration::from_secs(if self.shared.options.stop.is_stopped() { 5 } else { 30 });
        test::clean_up(&mut walk, &suite.after_all, budget).await;
        std::mem::take(&mut walk.evidence.lock().diagnostics)
    }

    async fn test(&self, suite: usize, index: usize, scope: &Scope) -> Arc<TestResult> {
        let plan = self.shared.plan.clone();
        let found = plan.suites.get(suite).and_then(|suite| Some((suite, suite.tests.get(index)?)));
        let Some((suite, test)) = found else { return Arc::new(self.nameless()) };
        let info = test::info(suite, test);
        let slot = self.slots.acquire().await;
        if slot.is_err() || self.stopped() {
            let cause = if self.failed.is_stopped() { "an earlier test failed" } else { "interrupted" };
            return self.end(test::not_run(
                &self.shared,
                info,
                Outcome::NotRun { cause: cause.to_owned() },
                Vec::new(),
            ));
        }
        (self.progress)(Progress::TestStarted(info));
        let running = std::panic::AssertUnwindSafe(test::run(&self.shared, suite, test, scope)).catch_unwind();
        match running.await {
            Ok(result) => self.end(result),
            Err(_) => self.crashed(suite, test),
        }
    }

    fn stopped(&self) -> bool {
        self.shared.options.stop.is_stopped() || self.failed.is_stopped()
    }

    fn end(&self, result: TestResult) -> Arc<TestResult> {
        if self.shared.options.fail_fast && result.outcome.is_bad() {
            self.failed.stop();
        }
        let result = Arc::new(result);
        (self.progress)(Progress::TestEnded(result.clone()));
        result
    }

    /// The tool itself failed: the run goes on without this test.
    fn crashed(&self, suite: &Suite, test: &Test) -> Arc<TestResult> {
        let message = "the tool failed while it ran this test; that is a mistake in the tool, not in the spec";
        let diagnostic = Diagnostic::error(&codes::INTERNAL, test.span, message)
            .with_help("report it with the spec, if you can share it");
        self.end(test::not_run(&self.shared, test::info(suite, test), Outcome::Errored, vec![diagnostic]))
    }

    fn all(&self, suite: &Suite, outcome: &Outcome, diagnostics: &[Diagnostic]) -> Vec<Arc<TestResult>> {
        let result =
            |test: &Test| test::not_run(&self.shared, test::info(suite, test), outcome.clone(), diagnostics.to_vec());
        suite.tests.iter().map(|test| self.end(result(test))).collect()
    }

    fn lost(&self, index: usize) -> Results {
        let plan = self.shared.plan.clone();
        let Some(suite) = plan.suites.get(index) else { return Default::default() };
        (suite.tests.iter().map(|test| self.crashed(suite, test)).collect(), Vec::new())
    }

    fn nameless(&self) -> TestResult {
        let info = crate::judge::TestInfo {
            id: String::new(),
            suite: String::new(),
            name: String::new(),
            doc: None,
            priority: None,
            tags: Vec::new(),
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

fn elsewhere(suite: &Suite, plan: &Plan) -> Option<String> {
    let environment = plan.environment.name.as_deref().unwrap_or("none");
    let fits = suite.runs_on.is_empty() || suite.runs_on.iter().any(|name| name == environment);
    (!fits).then(|| format!("it runs on {}, and this run is on {environment}", suite.runs_on.join(", ")))
}
