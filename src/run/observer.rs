use std::sync::{Arc, Mutex, PoisonError};

use super::options::OnProgress;
use super::stop::Stop;
use crate::event::Exchange;
use crate::judge::release::{Abort, AbortJudge, Digest, Observation, ServiceMap, TestsAndLoads};
use crate::judge::{Progress, TestResult};
use crate::plan::AbortCondition;
use crate::world::World;

/// Reports to the abort conditions what happens, and stops the run when one of them becomes true.
pub(super) struct Observer {
    judge: Mutex<AbortJudge>,
    listens: bool,
    world: Arc<dyn World>,
    stop: Stop,
    progress: OnProgress,
    services: Arc<ServiceMap>,
}

impl Observer {
    pub fn new(
        conditions: Vec<AbortCondition>,
        total: TestsAndLoads,
        world: Arc<dyn World>,
        stop: Stop,
        progress: OnProgress,
        services: Arc<ServiceMap>,
    ) -> Self {
        let listens = !conditions.is_empty();
        Self { judge: Mutex::new(AbortJudge::new(conditions, total)), listens, world, stop, progress, services }
    }

    /// Whether there are conditions at all.
    pub fn listens(&self) -> bool {
        self.listens
    }

    pub fn receive(&self, what: Observation<'_>) {
        // What the stopped tests still do is no news.
        if !self.listens || self.stop.is_stopped() {
            return;
        }
        let tripped = self.judge.lock().unwrap_or_else(PoisonError::into_inner).receive(self.world.now(), what);
        if let Some(abort) = tripped {
            self.stop.abort(&abort.condition);
            (self.progress)(Progress::Aborted(Arc::new(abort)));
        }
    }

    /// A test has ended.
    pub fn test(&self, test: &TestResult) {
        if self.listens {
            self.receive(Observation::Test(&Digest::of(test, &self.services)));
        }
    }

    /// An exchange of a test has ended.
    pub fn exchange(&self, exchange: &Exchange) {
        if self.listens {
            let service = self.services.of(&exchange.url);
            self.receive(Observation::Exchange { service, time: exchange.timings.total });
        }
    }

    /// The condition that ended the run.
    pub fn abort(&self) -> Option<Abort> {
        self.judge.lock().unwrap_or_else(PoisonError::into_inner).tripped().cloned()
    }
}
