use std::sync::Arc;

use super::super::evidence::Gathered;
use super::super::step::Executor;
use crate::diag::Diagnostic;
use crate::event::{Exchange, Instant};
use crate::judge::{ChannelRecord, StepRecord};

/// A failed iteration that is kept whole.
pub(super) struct Kept {
    pub began: Instant,
    pub diagnostics: Vec<Diagnostic>,
    pub steps: Vec<StepRecord>,
    pub exchanges: Vec<Arc<Exchange>>,
    pub channels: Vec<ChannelRecord>,
}

impl Kept {
    pub fn of(executor: &Executor, gathered: Gathered) -> Self {
        let first = gathered.steps.iter().map(|step| step.started).min();
        Self {
            began: first.unwrap_or(executor.clock),
            diagnostics: gathered.diagnostics,
            steps: gathered.steps,
            exchanges: gathered.exchanges,
            channels: executor.attempt.channels.records(),
        }
    }

    /// All of them, one behind the other.
    pub fn in_one(all: Vec<Kept>) -> Kept {
        let mut one = Kept {
            began: Instant::ZERO,
            diagnostics: Vec::new(),
            steps: Vec::new(),
            exchanges: Vec::new(),
            channels: Vec::new(),
        };
        for kept in all {
            let before = one.exchanges.len();
            let behind = |step: StepRecord| StepRecord { exchange: step.exchange.map(|at| at + before), ..step };
            one.steps.extend(kept.steps.into_iter().map(behind));
            one.exchanges.extend(kept.exchanges);
            one.diagnostics.extend(kept.diagnostics);
            one.channels.extend(kept.channels);
        }
        one
    }
}
