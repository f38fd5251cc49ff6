//! Runs tests once more as they were run, in the world that was recorded of them. Each is on its own: in which order tests ran, which credentials they
//! were given, and when the run was stopped is taken as it was.

use std::sync::Arc;
use std::time::Duration;

use super::credentials::Credentials;
use super::deadline::Deadline;
use super::dispatch::{OnProgress, Options, Shared};
use super::monitor::Monitor;
use super::observer::Observer;
use super::stop::Stop;
use super::suites::{self, Prepared};
use super::test;
use crate::eval::Scope;
use crate::event::{Instant, Occurrence, Part};
use crate::judge::release::ServiceMap;
use crate::judge::{TestInfo, TestResult};
use crate::plan::{Plan, Suite, Test};
use crate::source::Span;
use crate::world::World;
use crate::world::recorded::{Difference, Recorded};
use crate::world::records::Records;
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
}

/// Why a run was stopped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stopped {
    /// From outside, by a signal.
    Interrupted,
    /// By a condition of the plan.
    Aborted(String),
}

/// What the hooks before all tests of a suite gave them.
#[derive(Clone, Default)]
pub struct Given(Scope);

impl RecordedRun {
    /// Runs the hooks before all tests of a suite; nothing where they weren't run. `phase` is its deadline: when it began, and its budget.
    ///
    /// # Errors
    /// They do something else than they did, or need what wasn't recorded.
    pub fn before_all(&self, suite: &Suite, phase: Option<(Instant, Duration, Span)>) -> Result<Given, Difference> {
        let place = Occurrence::root(Part::Suite(suite.name.as_str().into(), "before all"));
        let Some(begun) = self.records.moment(&place, 0) else { return Ok(Given::default()) };
        let suite = suite.clone();
        self.carry_out(begun, async move |shared| {
            let run = suites::Run::new(shared);
            match run.before_all(&suite, phase.map(deadline).as_ref()).await {
                Prepared::Ready(scope) | Prepared::CutShort(scope) | Prepared::Failed(scope, _) => Given(scope),
                Prepared::NotBegun | Prepared::Skipped(_) => Given::default(),
            }
        })
    }

    /// Runs a test that was run.
    ///
    /// # Errors
    /// It does something else than it did, or needs what wasn't recorded.
    pub fn test(
        &self,
        (suite, test): (&Suite, &Test),
        info: &Arc<TestInfo>,
        given: &Given,
        phase: Option<(Instant, Duration, Span)>,
    ) -> Result<TestResult, Difference> {
        let place = Occurrence::root(Part::Test(test.id.as_str().into()));
        let Some(begun) = self.records.moment(&place, 0) else {
            return Err(Difference::Undecided { because: "it wasn't run".to_owned() });
        };
        let (suite, test, info, given) = (suite.clone(), test.clone(), info.clone(), given.clone());
        let records = self.records.clone();
        let again = move |ended: usize| {
            let next = Part::Attempt(u32::try_from(ended).unwrap_or(u32::MAX).saturating_add(1));
            records.moment(&place.then(next), 0).is_some()
        };
        self.carry_out(begun, async move |shared| {
            let phase = phase.map(deadline);
            test::replay(&shared, &suite, &test, info, &given.0, phase.as_ref(), again).await
        })
    }

    fn carry_out<T>(&self, begun: Instant, work: impl AsyncFnOnce(Arc<Shared>) -> T) -> Result<T, Difference> {
        let ended = Timeline::run_from(begun, async move |timeline| {
            let world = Arc::new(Recorded::new(timeline.clone(), self.epoch, self.records.clone()));
            let differences = world.differences();
            let stop = Stop::default();
            for (at, why) in &self.stops {
                let (timer, stop, why) = (timeline.sleep_until(*at), stop.clone(), why.clone());
                tokio::spawn(async move {
                    timer.await;
                    match why {
                        Stopped::Interrupted => stop.stop(),
                        Stopped::Aborted(condition) => stop.abort(&condition),
                    }
                });
            }
            let shared = self.shared(world, stop);
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
    fn shared(&self, world: Arc<dyn World>, stop: Stop) -> Arc<Shared> {
        let services = Arc::new(ServiceMap::of_environment(&self.plan.environment));
        let progress: OnProgress = Arc::new(|_| {});
        let observer = Observer::new(Vec::new(), 0, world.clone(), stop.clone(), progress.clone(), services.clone());
        Arc::new(Shared {
            plan: self.plan.clone(),
            world,
            options: Options { stop, ..self.options.clone() },
            credentials: Arc::new(Credentials::default()),
            services,
            monitor: Arc::new(Monitor::new(&[])),
            observer,
            progress,
        })
    }
}

fn deadline((began, budget, span): (Instant, Duration, Span)) -> Deadline {
    Deadline::new(began, budget, "the phase's budget", span)
}
