//! One test: its attempts, each with hooks, cookies and channels of its own.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::{Semaphore, SemaphorePermit};

use super::channels::Channels;
use super::credentials::Credentials;
use super::deadline::{Deadline, GRACE};
use super::evidence::{Evidence, Gathered};
use super::host::TestHost;
use super::shared::Shared;
use super::step::{Attempt, Executor, Halt, Stepped};
use crate::diag::{Diagnostic, codes};
use crate::eval::{Scope, evaluate};
use crate::event::{Instant, Occurrence, Part};
use crate::judge::release::Observation;
use crate::judge::{Outcome, TestFacts, TestInfo, TestResult, outcome_of};
use crate::plan::{CredentialId, InfrastructureRetry, Step, Suite, Test};
use crate::source::Span;
use crate::value::format_duration;

/// How long a test may take that doesn't say it. Long enough for any wait that is written out in it.
pub(super) const DEFAULT_LIMIT: Duration = Duration::from_secs(600);
/// How long the hooks after a test, or after a suite, may take.
const CLEAN_UP: Duration = Duration::from_secs(30);
/// The same in a run that a condition of its plan has stopped.
const ABORTED_CLEAN_UP: Duration = Duration::from_secs(5);
/// The same from a signal on. Those of a test and of its suite come one after the other, and the report is to be there two seconds after the signal.
const HURRIED_CLEAN_UP: Duration = Duration::from_millis(700);
const HURRIED_WORDS: &str = "the time for cleaning up after an interruption";

/// What is known of a test before it runs.
pub fn info(suite: &Suite, test: &Test, phase: Option<Arc<str>>) -> Arc<TestInfo> {
    Arc::new(TestInfo {
        id: test.id.clone(),
        suite: suite.name.clone(),
        name: test.name.clone(),
        doc: test.doc.clone(),
        priority: test.meta.priority.clone(),
        tags: test.meta.tags.clone(),
        owner: test.meta.owner.clone(),
        at_risk: test.meta.at_risk.clone(),
        phase,
        span: test.span,
    })
}

/// A result for a test that isn't run.
pub(super) fn not_run(
    shared: &Shared,
    info: Arc<TestInfo>,
    outcome: Outcome,
    diagnostics: Vec<Diagnostic>,
) -> TestResult {
    TestResult {
        info,
        outcome,
        attempts: 0,
        started: shared.world.now(),
        duration: Duration::ZERO,
        diagnostics,
        steps: Vec::new(),
        exchanges: Vec::new(),
        left_out: Default::default(),
        channels: Vec::new(),
        load: None,
    }
}

/// What expressions get from outside at a place.
pub(super) fn host(shared: &Shared, place: &Occurrence) -> TestHost {
    let secrets = shared.options.secrets.clone();
    TestHost::new(shared.world.clone(), shared.credentials.clone(), shared.options.seed, place, secrets)
}

/// An executor at the start of a test or of a suite's hook.
pub(super) async fn executor(
    shared: &Arc<Shared>,
    credentials: &Arc<Credentials>,
    place: Occurrence,
    scope: Scope,
    limit: Duration,
    span: Span,
) -> Executor {
    let world = &shared.world;
    let secrets = shared.options.secrets.clone();
    let begun = world.reach(&place, 0).at().await;
    let host = TestHost::new(world.clone(), credentials.clone(), shared.options.seed, &place, secrets);
    let what = if span.is_nowhere() { "the longest time for a test" } else { "the test's timeout" };
    Executor {
        attempt: Attempt {
            shared: shared.clone(),
            jar: Arc::new(Mutex::new(Default::default())),
            channels: Arc::new(Channels::default()),
        },
        clock: begun,
        moments: 1,
        place,
        host: Arc::new(host),
        owned: Default::default(),
        scope,
        deadline: Deadline::new(begun, limit, what, span),
        evidence: Evidence::default(),
        depth: 0,
        last: None,
        keeps_last: true,
    }
}

/// Runs a test until it passes or its retries are used up. `phase` is the deadline of the phase around it.
pub(super) async fn run(
    shared: &Arc<Shared>,
    suite: &Suite,
    test: &Test,
    info: Arc<TestInfo>,
    shared_scope: &Scope,
    phase: Option<&Deadline>,
    mut place: Place<'_>,
) -> TestResult {
    let mut attempts = Attempts::begin(shared, test).await;
    let mut retries = Retries::new(shared, test);
    loop {
        let executor = attempt(shared, suite, test, shared_scope, attempts.count(), phase).await;
        let (gathered, outcome) = attempts.ended(&executor);
        let again = outcome.is_bad()
            && gathered.facts.interrupted.is_none()
            && retries.again(shared, test, phase, gathered.facts.outage, &mut place).await;
        if !again {
            return attempts.result(shared, test, info, (gathered, outcome), executor).await;
        }
        attempts.again(gathered);
        executor.discard();
    }
}

/// What the attempts at a test have given so far.
struct Attempts {
    /// The test itself.
    occurrence: Occurrence,
    started: Instant,
    facts: Vec<TestFacts>,
    first_failure: Vec<Diagnostic>,
    earlier: Vec<Gathered>,
}

impl Attempts {
    async fn begin(shared: &Shared, test: &Test) -> Self {
        let occurrence = Occurrence::root(Part::Test(test.id.as_str().into()));
        let started = shared.world.reach(&occurrence, 0).at().await;
        Self { occurrence, started, facts: Vec::new(), first_failure: Vec::new(), earlier: Vec::new() }
    }

    /// How many have ended.
    fn count(&self) -> usize {
        self.facts.len()
    }

    /// One more has ended: what it gathered, and the outcome of all.
    fn ended(&mut self, executor: &Executor) -> (Gathered, Outcome) {
        let gathered = executor.evidence.taken();
        self.facts.push(gathered.facts.clone());
        (gathered, outcome_of(&self.facts))
    }

    /// There is to be another one. What this one asked is part of what was measured.
    fn again(&mut self, mut gathered: Gathered) {
        if self.first_failure.is_empty() {
            self.first_failure = std::mem::take(&mut gathered.diagnostics);
        }
        gathered.steps.clear();
        self.earlier.push(gathered);
    }

    /// There is to be none any more.
    async fn result(
        self,
        shared: &Shared,
        test: &Test,
        info: Arc<TestInfo>,
        (mut gathered, outcome): (Gathered, Outcome),
        executor: Executor,
    ) -> TestResult {
        gathered.behind(self.earlier);
        if outcome == Outcome::Vacuous {
            gathered.diagnostics.push(vacuous(test, &gathered.facts));
        }
        let diagnostics = if outcome == Outcome::Flaky { self.first_failure } else { gathered.diagnostics };
        let ended = shared.world.reach(&self.occurrence, 1).at().await;
        let result = TestResult {
            info,
            outcome,
            attempts: self.facts.len() as u32,
            started: self.started,
            duration: ended.saturating_sub(self.started),
            diagnostics,
            steps: gathered.steps,
            exchanges: gathered.exchanges,
            left_out: gathered.left_out,
            channels: executor.attempt.channels.records(),
            load: None,
        };
        executor.discard();
        result
    }
}

/// Runs a test as it was run before, in a world that was recorded: `again` says after which attempt there was another one.
pub(super) async fn replay(
    shared: &Arc<Shared>,
    suite: &Suite,
    test: &Test,
    info: Arc<TestInfo>,
    shared_scope: &Scope,
    phase: Option<&Deadline>,
    again: impl Fn(usize) -> bool,
) -> TestResult {
    let mut attempts = Attempts::begin(shared, test).await;
    loop {
        let executor = attempt(shared, suite, test, shared_scope, attempts.count(), phase).await;
        let (gathered, outcome) = attempts.ended(&executor);
        if !outcome.is_bad() || !again(attempts.count()) {
            return attempts.result(shared, test, info, (gathered, outcome), executor).await;
        }
        attempts.again(gathered);
    }
}

/// A test's place among those that may run at the same time.
pub(super) struct Place<'a> {
    pub slots: &'a Semaphore,
    pub held: Option<SemaphorePermit<'a>>,
}

/// How many times a test may still be run again.
struct Retries {
    /// After any failure.
    left: u32,
    /// After one that speaks of a service which doesn't work.
    infrastructure: Option<InfrastructureRetry>,
}

impl Retries {
    fn new(shared: &Shared, test: &Test) -> Self {
        Self {
            left: test.meta.retries.or(shared.options.retries).unwrap_or(0),
            infrastructure: shared.plan.release.as_ref().and_then(|release| release.retry_infrastructure),
        }
    }

    /// Whether to run it again, after the pause that is due.
    async fn again(
        &mut self,
        shared: &Arc<Shared>,
        test: &Test,
        phase: Option<&Deadline>,
        outage: bool,
        place: &mut Place<'_>,
    ) -> bool {
        let stop = &shared.options.stop;
        let now = shared.world.now();
        let in_time = |at: Instant| phase.is_none_or(|phase| at < phase.at);
        if stop.is_stopped() || !in_time(now) {
            return false;
        }
        if let Some(infrastructure) = self.infrastructure.as_mut().filter(|one| outage && one.times > 0) {
            // An attempt that the budget has no time for would hide what the last one reported.
            if !in_time(now.saturating_add(infrastructure.every)) {
                return false;
            }
            infrastructure.times -= 1;
            let pause = infrastructure.every;
            // Others may run while this one waits.
            place.held = None;
            let wait = async {
                shared.world.sleep(pause).await;
                // Of a service that is known to be down by now, one failure more would say nothing.
                if shared.monitor.blocking(&test.meta.needs).await.is_some() {
                    return None;
                }
                place.slots.acquire().await.ok()
            };
            // Its result doesn't wait for others when it can't be run again.
            let over = async {
                match phase {
                    Some(phase) => shared.world.sleep_until(phase.at).await,
                    None => std::future::pending().await,
                }
            };
            place.held = tokio::select! {
                biased;
                held = wait => held,
                () = stop.stopped() => None,
                () = over => None,
            };
            return place.held.is_some() && !stop.is_stopped() && in_time(shared.world.now());
        }
        let again = self.left > 0;
        self.left = self.left.saturating_sub(1);
        again
    }
}

/// Obtains a credential before any test needs it. What goes wrong is received by the plan's conditions: here no test's limit is to blame, so its
/// flow may take as long as a test.
pub(super) async fn obtain_beforehand(shared: &Arc<Shared>, id: CredentialId) {
    let name = shared.plan.credentials.get(id.0).map_or("", |credential| credential.name.as_str());
    let place = Occurrence::root(Part::Credential(name.into()));
    let mut executor =
        executor(shared, &shared.credentials, place, Scope::default(), DEFAULT_LIMIT, Span::nowhere()).await;
    let failed = tokio::select! {
        biased;
        ended = executor.obtain(id, Span::nowhere()) => ended.is_err(),
        () = shared.options.stop.stopped() => false,
    };
    executor.learn_parts().await;
    shared.world.finished(&executor.place);
    if failed && shared.world.now() >= executor.deadline.at {
        let because = format!("it wasn't obtained within {}", format_duration(DEFAULT_LIMIT));
        shared.observer.receive(Observation::CredentialFailed { name, because: &because });
    }
}

fn vacuous(test: &Test, facts: &TestFacts) -> Diagnostic {
    let missing = if facts.exchanges == 0 { "it made no exchange" } else { "nothing was expected of what came" };
    Diagnostic::error(&codes::VACUOUS, test.span, format!("this test proved nothing: {missing}")).with_help(
        "a test counts as passed only when it asked the system something and expected something of the response",
    )
}

/// One attempt: hooks before, the test, hooks after whatever happened.
async fn attempt(
    shared: &Arc<Shared>,
    suite: &Suite,
    test: &Test,
    shared_scope: &Scope,
    number: usize,
    phase: Option<&Deadline>,
) -> Executor {
    let (limit, span) = test.meta.timeout.unwrap_or((DEFAULT_LIMIT, Span::nowhere()));
    let mut scope = Scope::new(&test.frame);
    scope.take_first(shared_scope, suite.shared_slots);
    let attempt = Part::Attempt(u32::try_from(number).unwrap_or(u32::MAX).saturating_add(1));
    let place = Occurrence::root(Part::Test(test.id.as_str().into())).then(attempt);
    let mut executor = executor(shared, &shared.credentials, place.clone(), scope, limit, span).await;
    if let Some(phase) = phase {
        executor.deadline = executor.deadline.tightened(phase.clone());
    }
    let evidence = executor.evidence.clone();
    let world = &shared.world;
    let at = executor.deadline.at;
    // The limit is kept by each step; this catches what could escape it.
    let whole = world.until(at.saturating_add(GRACE), body(&mut executor, suite, test));
    let ended = world.unless(shared.options.stop.stopped(), whole).await;
    match ended {
        None => evidence.lock().facts.interrupted = shared.options.stop.cause(),
        Some(Some(Err(Halt::Skipped(reason)))) => evidence.lock().facts.skipped = Some(reason),
        Some(Some(_)) => {}
        Some(None) => {
            let _ = executor.limit_reached(test.span);
        }
    }
    // What was cut off left it at the place where it was.
    executor.move_to(place.then(Part::Hook("after each")));
    clean_up(&mut executor, test.span, &suite.after_each).await;
    executor.close_all().await;
    executor.learn_parts().await;
    executor
}

async fn body(executor: &mut Executor, suite: &Suite, test: &Test) -> Stepped {
    if let Some(case) = &test.case {
        let value = executor.weighed(&case.value, evaluate).await?;
        executor.scope.set(case.slot, value);
    }
    let outer = executor.enter(Part::Hook("before each"));
    executor.steps(&suite.before_each).await?;
    executor.leave_for(outer);
    executor.steps(&test.body).await
}

/// Hooks after a test have a time of their own, since the test's may be used up. One that fails, fails the test; `span` is where one that doesn't
/// come to its end is reported.
pub(super) async fn clean_up(executor: &mut Executor, span: Span, steps: &[Step]) {
    if steps.is_empty() {
        return;
    }
    let world = executor.attempt.shared.world.clone();
    let budget = ended_early(&executor.attempt.shared);
    let is_hurried = executor.attempt.shared.options.stop.is_hurried();
    let what = if is_hurried { HURRIED_WORDS } else { "the time for cleaning up" };
    executor.deadline = Deadline::new(executor.moment().await, budget, what, Span::nowhere());
    let at = executor.deadline.at.saturating_add(GRACE);
    let stop = executor.attempt.shared.options.stop.clone();
    let hurried = async {
        stop.hurried().await;
        world.sleep(HURRIED_CLEAN_UP.saturating_add(GRACE)).await;
    };
    // A hook that uses what the test didn't get to bind isn't at fault.
    let before = executor.evidence.lock().facts.failed;
    let diagnostics = executor.evidence.lock().diagnostics.len();
    let ended = world.unless(hurried, world.until(at, executor.steps(steps))).await.flatten();
    if ended.is_none() {
        if stop.is_hurried() {
            executor.deadline =
                Deadline::new(executor.moment().await, HURRIED_CLEAN_UP, HURRIED_WORDS, Span::nowhere());
        }
        let _ = executor.limit_reached(span);
    }
    if before {
        let mut gathered = executor.evidence.lock();
        let unbound = |diagnostic: &Diagnostic| *diagnostic.code == codes::UNBOUND;
        let kept = diagnostics.min(gathered.diagnostics.len());
        let late = gathered.diagnostics.split_off(kept);
        gathered.diagnostics.extend(late.into_iter().filter(|diagnostic| !unbound(diagnostic)));
    }
}

fn ended_early(shared: &Shared) -> Duration {
    let stop = &shared.options.stop;
    match (stop.is_hurried(), stop.is_stopped()) {
        (true, _) => HURRIED_CLEAN_UP,
        (false, true) => ABORTED_CLEAN_UP,
        (false, false) => CLEAN_UP,
    }
}
