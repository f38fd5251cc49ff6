use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::diag::Diagnostic;
use crate::event::{Exchange, FailureKind, Occurrence, Response};
use crate::judge::{ExpectationRecord, Facts, StepRecord, StepState};

/// What a test leaves behind, while it runs. Branches of a test write to the same one.
#[derive(Clone, Default)]
pub(super) struct Evidence(Arc<Mutex<Gathered>>);

#[derive(Clone, Default)]
pub(super) struct Gathered {
    pub steps: Vec<StepRecord>,
    pub exchanges: Vec<Arc<Exchange>>,
    pub diagnostics: Vec<Diagnostic>,
    pub facts: Facts,
}

impl Evidence {
    pub fn lock(&self) -> MutexGuard<'_, Gathered> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps an exchange and gives its index.
    pub fn exchange(&self, exchange: Arc<Exchange>) -> usize {
        let exchange = without_body(exchange);
        let mut gathered = self.lock();
        gathered.facts.exchanges += 1;
        gathered.exchanges.push(exchange);
        gathered.exchanges.len() - 1
    }

    pub fn step(&self, step: StepRecord) {
        let mut gathered = self.lock();
        gathered.facts.expectations += step.expectations.len();
        gathered.steps.push(step);
    }

    pub fn fail(&self, diagnostic: Diagnostic) {
        let mut gathered = self.lock();
        gathered.facts.failed = true;
        gathered.diagnostics.push(diagnostic);
    }

    pub fn no_answer(&self, kind: FailureKind) {
        let mut gathered = self.lock();
        gathered.facts.failure.get_or_insert(kind);
    }

    /// Takes over what was done on behalf of a test and isn't what it proves: its exchanges, steps and problems, and no count of them.
    pub fn adopt(&self, other: &Evidence) {
        let other = other.lock().clone();
        let mut gathered = self.lock();
        gathered.take(other);
    }

    /// Takes over what a round of its own gathered: its exchanges always; its steps and problems only when it is the one that counts.
    pub fn absorb(&self, round: &Evidence, counts: bool) {
        let round = round.lock().clone();
        let mut gathered = self.lock();
        gathered.facts.exchanges += round.facts.exchanges;
        if !counts {
            gathered.exchanges.extend(round.exchanges);
            return;
        }
        gathered.facts.expectations += round.facts.expectations;
        gathered.take(round);
    }
}

impl Gathered {
    fn take(&mut self, other: Gathered) {
        let offset = self.exchanges.len();
        self.exchanges.extend(other.exchanges);
        self.facts.failed |= other.facts.failed;
        self.facts.timed_out |= other.facts.timed_out;
        self.facts.outage |= other.facts.outage;
        if self.facts.failure.is_none() {
            self.facts.failure = other.facts.failure;
        }
        let moved = |step: StepRecord| StepRecord { exchange: step.exchange.map(|index| index + offset), ..step };
        self.steps.extend(other.steps.into_iter().map(moved));
        self.diagnostics.extend(other.diagnostics);
    }
}

/// The largest body, in bytes, that is kept when the exchange has been judged: it is in the diagnostics, as far as it matters.
const KEPT_BODY: usize = 64 << 10;

/// Gives up a large body. A run keeps its exchanges to its end, and there may be any number of them.
fn without_body(exchange: Arc<Exchange>) -> Arc<Exchange> {
    let Ok(response) = &exchange.outcome else { return exchange };
    if response.body.len() <= KEPT_BODY {
        return exchange;
    }
    // A copy: a slice would keep the whole.
    let kept = bytes::Bytes::copy_from_slice(response.body.get(..KEPT_BODY).unwrap_or_default());
    let response = Response { body: kept, ..(**response).clone() };
    Arc::new(Exchange { outcome: Ok(Arc::new(response)), ..(*exchange).clone() })
}

/// The record of a step that is over.
pub(super) fn record(
    occurrence: Occurrence,
    title: String,
    span: crate::source::Span,
    started: crate::event::Instant,
    ended: crate::event::Instant,
    held: bool,
    expectations: Vec<ExpectationRecord>,
) -> StepRecord {
    StepRecord {
        occurrence,
        title,
        span,
        started,
        duration: ended.saturating_sub(started),
        state: if held { StepState::Done } else { StepState::Failed },
        exchange: None,
        opening: None,
        expectations,
    }
}
