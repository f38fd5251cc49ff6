use std::sync::Arc;

use super::super::evidence::Gathered;
use super::super::step::Executor;
use crate::diag::Diagnostic;
use crate::event::{Exchange, Instant};
use crate::judge::load::Failure;
use crate::judge::{ChannelRecord, StepRecord};

/// A failed iteration that is kept whole.
pub(super) struct Kept {
    pub began: Instant,
    /// What it tells of.
    pub failure: Failure,
    pub diagnostics: Vec<Diagnostic>,
    pub steps: Vec<StepRecord>,
    pub exchanges: Vec<Arc<Exchange>>,
    pub channels: Vec<ChannelRecord>,
}

impl Kept {
    pub fn of(executor: &Executor, gathered: Gathered, failure: Failure) -> Self {
        let first = gathered.steps.iter().map(|step| step.started).min();
        Self {
            began: first.unwrap_or(executor.clock),
            failure,
            diagnostics: gathered.diagnostics,
            steps: gathered.steps,
            exchanges: gathered.exchanges,
            channels: executor.attempt.channels.records(),
        }
    }

    /// Adds one. What comes late (a timeout is seen when it is over) is worth no less than what comes early: where there is no more room, the
    /// last one of the failure of which most are kept makes room for one of which fewer are.
    pub fn add(self, all: &mut Vec<Kept>, most: usize) {
        if all.len() < most {
            return all.push(self);
        }
        let count = |failure: &Failure| all.iter().filter(|one| one.failure == *failure).count();
        let last = all.iter().enumerate().max_by_key(|(at, one)| (count(&one.failure), *at));
        let Some((at, _)) = last.filter(|(_, one)| count(&one.failure) > count(&self.failure) + 1) else { return };
        all.remove(at);
        all.push(self);
    }

    /// All of them, one behind the other.
    pub fn in_one(all: Vec<Kept>) -> Joined {
        let mut one = Joined::default();
        for kept in all {
            let before = one.exchanges.len();
            let behind = |step: StepRecord| StepRecord { exchange: step.exchange.map(|at| at + before), ..step };
            one.steps.extend(kept.steps.into_iter().map(behind));
            one.exchanges.extend(kept.exchanges);
            one.channels.extend(kept.channels);
        }
        one
    }
}

/// What iterations leave behind.
#[derive(Default)]
pub(super) struct Joined {
    pub steps: Vec<StepRecord>,
    pub exchanges: Vec<Arc<Exchange>>,
    pub channels: Vec<ChannelRecord>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::ErrorKind;
    use crate::source::Span;

    fn kept(code: &'static str) -> Kept {
        let failure = Failure {
            kind: ErrorKind::Expectation,
            code: code.into(),
            scenario: None,
            step: Span::nowhere(),
            request: None,
            channel: None,
            close_code: None,
            is_excused: false,
        };
        Kept {
            began: Instant::ZERO,
            failure,
            diagnostics: Vec::new(),
            steps: Vec::new(),
            exchanges: Vec::new(),
            channels: Vec::new(),
        }
    }

    #[test]
    fn a_failure_that_comes_late_is_kept_too() {
        let mut all = Vec::new();
        for code in ["a", "a", "a", "b", "b", "c", "c", "d", "e", "a", "c"] {
            kept(code).add(&mut all, 5);
        }
        let mut codes: Vec<&str> = all.iter().map(|one| &*one.failure.code).collect();
        assert_eq!(codes.first(), Some(&"a"), "the first of all");
        codes.sort_unstable();
        assert_eq!(codes, ["a", "b", "c", "d", "e"]);
    }
}
