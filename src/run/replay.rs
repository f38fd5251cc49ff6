//! Runs tests once more as they were run, in the world that was recorded of them. Each is on its own: in which order tests ran, which credentials they
//! were given, and when the run was stopped is taken as it was.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use super::credentials::Credentials;
use super::deadline::Deadline;
use super::monitor::Monitor;
use super::observer::Observer;
use super::options::{OnProgress, Options};
use super::shared::Shared;
use super::stop::Stop;
use super::suites::{self, Prepared};
use super::test;
use crate::eval::Scope;
use crate::event::{Instant, Occurrence, Part};
use crate::judge::release::{ServiceMap, TestsAndLoads};
use crate::judge::{RunResult, TestInfo, TestResult};
use crate::plan::{Plan, Suite, Test};
use crate::source::Span;
use crate::value::SecretSink;
use crate::world::World;
use crate::world::recorded::{Difference, Recorded};
use crate::world::records::{Calculated, Records};
use crate::world::timeline::{Stuck, Timeline};

/// A run that was recorded.
#[derive(Clone)]
pub struct RecordedRun {
    pub plan: Arc<Plan>,
    pub records: Arc<Records>,
    pub epoch: jiff::Timestamp,
    /// As the run had them.
    pub options: Options,
    /// When the run was stopped, and why.
    pub stops: Vec<(Instant, Stopped)>,
    /// What was calculated of secrets, where these were replaced in what was recorded.
    pub computed: Option<Arc<Calculated>>,
}

/// A phase of the run; of one without a plan its only one.
#[derive(Clone, Debug)]
pub struct RecordedPhase {
    pub name: String,
    /// Absent when it wasn't begun.
    pub started: Option<Instant>,
    pub budget: Option<Duration>,
    pub span: Span,
}

/// Why a run was stopped.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stopped {
    /// From outside, by a signal.
    Interrupted,
    /// By a condition of the plan.
    Aborted(String),
}

/// A test that was run: its result, and that of running it again.
pub struct Again {
    pub was: Arc<TestResult>,
    /// What it did otherwise, or needed and wasn't recorded.
    pub now: Result<TestResult, Difference>,
}

impl RecordedRun {
    /// Runs every test again that was run, in the order of the plan; `result` is what came of the run.
    pub fn again(&self, result: &RunResult) -> Vec<Again> {
        let ran: HashMap<&str, &Arc<TestResult>> =
            result.tests.iter().filter(|test| test.attempts > 0).map(|test| (&*test.info.id, test)).collect();
        let phases = result.release.phases.iter().zip(&result.phases).map(|(phase, ran)| RecordedPhase {
            name: phase.name.clone(),
            started: ran.started,
            budget: phase.budget,
            span: phase.span,
        });
        let phases: Vec<RecordedPhase> = phases.collect();
        let mut again = Vec::with_capacity(ran.len());
        for suite in &self.plan.suites {
            let mut replay = SuiteReplay::new(self, suite, &phases);
            for test in &suite.tests {
                let Some(was) = ran.get(test.id.as_str()) else { continue };
                let secrets = || self.options.secrets.clone();
                again.push(Again { was: Arc::clone(was), now: replay.test(test, was.info.phase.as_ref(), secrets) });
            }
        }
        again
    }

    fn before_all(
        &self,
        suite: &Suite,
        phase: Option<&Arc<str>>,
        deadline: Option<&Deadline>,
    ) -> Result<Scope, Difference> {
        let Some(begun) = self.records.moment(&suites::hooks(suite, phase, "before all"), 0) else {
            return Ok(Scope::default());
        };
        let secrets = self.options.secrets.clone();
        self.carry_out(begun, secrets, async |shared| {
            match suites::Run::new(shared).before_all(suite, phase, deadline).await {
                Prepared::Ready(scope) | Prepared::CutShort(scope) | Prepared::Failed(scope, _) => scope,
                Prepared::NotBegun | Prepared::Skipped(_) => Scope::default(),
            }
        })
    }

    fn test(
        &self,
        (suite, test): (&Suite, &Test),
        info: &Arc<TestInfo>,
        given: &Scope,
        phase: Option<&Deadline>,
        secrets: Arc<dyn SecretSink>,
    ) -> Result<TestResult, Difference> {
        let place = Occurrence::root(Part::Test(test.id.as_str().into()));
        let Some(begun) = self.records.moment(&place, 0) else {
            return Err(Difference::Undecided { because: "it wasn't recorded".to_owned() });
        };
        let again = |ended: usize| {
            let next = Part::Attempt(u32::try_from(ended).unwrap_or(u32::MAX).saturating_add(1));
            self.records.moment(&place.then(next), 0).is_some()
        };
        self.carry_out(begun, secrets, async |shared| {
            test::replay(&shared, suite, test, info.clone(), given, phase, again).await
        })
    }

    fn carry_out<T>(
        &self,
        begun: Instant,
        secrets: Arc<dyn SecretSink>,
        work: impl AsyncFnOnce(Arc<Shared>) -> T,
    ) -> Result<T, Difference> {
        let ended = Timeline::run_from(begun, async move |timeline| {
            let world = Recorded::new(timeline.clone(), self.epoch, self.records.clone());
            let world = Arc::new(
                world.disguised(self.computed.clone()).stopped(self.stops.iter().map(|(at, _)| *at).collect()),
            );
            let differences = world.differences();
            let stop = Stop::default();
            for (at, why) in &self.stops {
                // What came at that very instant had been looked at.
                let (timer, stop, why) = (timeline.sleep_behind(*at), stop.clone(), why.clone());
                tokio::spawn(async move {
                    timer.await;
                    match why {
                        Stopped::Interrupted => stop.stop(),
                        Stopped::Aborted(condition) => stop.abort(&condition),
                    }
                });
            }
            let shared = self.shared(world, stop, secrets);
            let done = tokio::select! {
                biased;
                () = differences.found() => None,
                done = work(shared) => Some(done),
            };
            (done, differences.first())
        });
        match ended {
            Ok((Some(done), None)) => Ok(done),
            Ok((_, Some(difference))) => Err(difference),
            Ok((None, None)) | Err(Stuck) => {
                Err(Difference::Undecided { because: "what it waits for wasn't recorded".to_owned() })
            }
        }
    }

    /// Without services that are asked and conditions that could stop the run: what came of them was recorded.
    fn shared(&self, world: Arc<dyn World>, stop: Stop, secrets: Arc<dyn SecretSink>) -> Arc<Shared> {
        let services = Arc::new(ServiceMap::of_environment(&self.plan.environment));
        let progress: OnProgress = Arc::new(|_| {});
        let observer = Arc::new(Observer::new(
            Vec::new(),
            TestsAndLoads::default(),
            world.clone(),
            stop.clone(),
            progress.clone(),
            services.clone(),
        ));
        let monitor = Arc::new(Monitor::new(&[], world.clone(), observer.clone(), progress.clone(), stop.clone()));
        Arc::new(Shared {
            plan: self.plan.clone(),
            world,
            options: Options { stop, secrets, ..self.options.clone() },
            credentials: Arc::new(Credentials::default()),
            services,
            monitor,
            observer,
            progress,
            quoted: Default::default(),
        })
    }
}

/// Runs tests of one suite again.
pub struct SuiteReplay<'r> {
    run: &'r RecordedRun,
    suite: &'r Suite,
    phases: &'r [RecordedPhase],
    /// What the hooks before all tests gave, in each phase.
    given: HashMap<Option<Arc<str>>, Result<Scope, Difference>>,
}

impl<'r> SuiteReplay<'r> {
    pub fn new(run: &'r RecordedRun, suite: &'r Suite, phases: &'r [RecordedPhase]) -> Self {
        Self { run, suite, phases, given: HashMap::new() }
    }

    /// Runs a test of the suite again, in the phase in which it was run. `secrets` gives what learns its secrets, once those of the hooks before it are known.
    ///
    /// # Errors
    /// What it does otherwise, or needs and wasn't recorded.
    pub fn test(
        &mut self,
        test: &Test,
        phase: Option<&Arc<str>>,
        secrets: impl FnOnce() -> Arc<dyn SecretSink>,
    ) -> Result<TestResult, Difference> {
        let info = test::info(self.suite, test, phase.cloned());
        let deadline = self.deadline(phase);
        let (run, suite) = (self.run, self.suite);
        let before_all = || run.before_all(suite, phase, deadline.as_ref());
        match self.given.entry(phase.cloned()).or_insert_with(before_all) {
            Ok(scope) => run.test((suite, test), &info, scope, deadline.as_ref(), secrets()),
            Err(difference) => Err(difference.clone()),
        }
    }

    fn deadline(&self, name: Option<&Arc<str>>) -> Option<Deadline> {
        let phase = self.phases.iter().find(|phase| name.is_none_or(|name| *phase.name == **name))?;
        Some(Deadline::new(phase.started?, phase.budget?, "the phase's budget", phase.span))
    }
}
