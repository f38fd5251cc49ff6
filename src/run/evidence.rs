use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::diag::Diagnostic;
use crate::event::{ChannelEnd, Exchange, FailureKind, Occurrence};
use crate::judge::{ExpectationRecord, KEPT_EXCHANGES, KEPT_STEPS, LeftOut, StepRecord, StepState, TestFacts};

/// What a test leaves behind, while it runs. Branches of a test write to the same one.
#[derive(Clone, Default)]
pub(super) struct Evidence(Arc<Mutex<Gathered>>);

#[derive(Clone, Default)]
pub(super) struct Gathered {
    pub steps: Vec<StepRecord>,
    pub exchanges: Vec<Arc<Exchange>>,
    /// What there is beyond those.
    pub left_out: LeftOut,
    /// The last exchange that will be left out unless it stays the last one, with its step.
    last: Option<Box<(Arc<Exchange>, Option<StepRecord>)>>,
    pub diagnostics: Vec<Diagnostic>,
    pub facts: TestFacts,
    /// What it is of is measured: what others do on its behalf is no part of it.
    is_measured: bool,
}

impl Evidence {
    /// Of what is measured.
    pub fn measured() -> Self {
        Self(Arc::new(Mutex::new(Gathered { is_measured: true, ..Gathered::default() })))
    }

    pub fn is_measured(&self) -> bool {
        self.lock().is_measured
    }

    pub fn lock(&self) -> MutexGuard<'_, Gathered> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// All that was gathered; nothing is gathered here any more.
    pub fn taken(&self) -> Gathered {
        let mut gathered = std::mem::take(&mut *self.lock());
        gathered.keep_last();
        gathered
    }

    /// An exchange with the step that is about it, if one is.
    pub fn exchange(&self, exchange: Arc<Exchange>, mut step: Option<StepRecord>) {
        let mut gathered = self.lock();
        if let Some(step) = step.as_mut().filter(|_| gathered.is_measured) {
            step.expectations.shrink_to_fit();
        }
        gathered.facts.exchanges += 1;
        gathered.facts.expectations += step.as_ref().map_or(0, |step| step.expectations.len());
        // Its own, unless a step still looks at it.
        let exchange = Arc::try_unwrap(exchange).unwrap_or_else(|shared| (*shared).clone());
        gathered.exchange(Arc::new(exchange.without_contents()), step);
    }

    pub fn step(&self, mut step: StepRecord) {
        let mut gathered = self.lock();
        if gathered.is_measured {
            step.expectations.shrink_to_fit();
        }
        gathered.facts.expectations += step.expectations.len();
        gathered.step(step);
    }

    pub fn fail(&self, diagnostic: Diagnostic) {
        let mut gathered = self.lock();
        gathered.facts.failed = true;
        gathered.diagnostics.push(diagnostic);
    }

    /// A channel ended, and something is about to fail by that.
    pub fn ended(&self, end: ChannelEnd) {
        let mut gathered = self.lock();
        if !gathered.facts.failed {
            gathered.facts.ended = Some(end);
        }
    }

    pub fn no_response(&self, kind: FailureKind) {
        let mut gathered = self.lock();
        gathered.facts.failure.get_or_insert(kind);
    }

    /// Takes over what was done on behalf of a test and isn't what it proves: its exchanges, steps and problems, and no count of them.
    pub fn adopt(&self, other: &Evidence) {
        let mut other = other.taken();
        let mut own = self.lock();
        if own.is_measured {
            (other.steps, other.exchanges, other.left_out) = Default::default();
        }
        own.take(other);
    }

    /// Takes over what a round of its own gathered: its exchanges always; its steps and problems only when it is the one that counts.
    pub fn absorb(&self, round: &Evidence, counts: bool) {
        let round = round.taken();
        let mut gathered = self.lock();
        gathered.facts.exchanges += round.facts.exchanges;
        if !counts {
            gathered.take_exchanges(round);
            return;
        }
        gathered.facts.expectations += round.facts.expectations;
        gathered.take(round);
    }
}

impl Gathered {
    fn exchange(&mut self, exchange: Arc<Exchange>, step: Option<StepRecord>) {
        if self.has_room() || step.as_ref().is_some_and(is_notable) {
            let step = step.map(|step| StepRecord { exchange: Some(self.exchanges.len()), ..step });
            step.into_iter().for_each(|step| add(&mut self.steps, step));
            add(&mut self.exchanges, exchange);
        } else if let Some((exchange, step)) = self.last.replace(Box::new((exchange, step))).map(|last| *last) {
            self.left_out.exchange(&exchange, step.as_ref().map(|step| step.state != StepState::Failed));
            step.iter().for_each(|step| self.left_out.step(step));
        }
    }

    fn has_room(&self) -> bool {
        self.exchanges.len() < KEPT_EXCHANGES
    }

    fn step(&mut self, step: StepRecord) {
        if step.state == StepState::Done && step.opening.is_none() && self.steps.len() >= KEPT_STEPS {
            self.left_out.step(&step);
        } else {
            add(&mut self.steps, step);
        }
    }

    /// Nothing comes behind what was last.
    fn keep_last(&mut self) {
        let Some((exchange, step)) = self.last.take().map(|last| *last) else { return };
        if let Some(step) = step {
            let at = self.steps.iter().rposition(|one| one.started <= step.started).map_or(0, |at| at + 1);
            self.steps.insert(at, StepRecord { exchange: Some(self.exchanges.len()), ..step });
        }
        self.exchanges.push(exchange);
    }

    fn take(&mut self, other: Gathered) {
        if !self.facts.failed {
            self.facts.ended = other.facts.ended;
        }
        self.facts.failed |= other.facts.failed;
        self.facts.timed_out |= other.facts.timed_out;
        self.facts.outage |= other.facts.outage;
        if self.facts.failure.is_none() {
            self.facts.failure = other.facts.failure;
        }
        let mut notable = vec![false; other.exchanges.len()];
        let mut held = vec![None; other.exchanges.len()];
        for step in &other.steps {
            if let Some(index) = step.exchange.filter(|index| *index < notable.len()) {
                notable[index] |= is_notable(step);
                held[index].get_or_insert(step.state != StepState::Failed);
            }
        }
        // Where each of them is now.
        let mut places = Vec::with_capacity(notable.len());
        for ((exchange, notable), held) in other.exchanges.into_iter().zip(notable).zip(held) {
            let is_kept = notable || self.has_room();
            places.push(is_kept.then_some(self.exchanges.len()));
            if is_kept {
                self.exchanges.push(exchange);
            } else {
                self.left_out.exchange(&exchange, held);
            }
        }
        for step in other.steps {
            match step.exchange.map(|index| places.get(index).copied().flatten()) {
                None => self.step(step),
                Some(None) => self.left_out.step(&step),
                Some(place) => self.steps.push(StepRecord { exchange: place, ..step }),
            }
        }
        self.left_out.merge(other.left_out);
        self.diagnostics.extend(other.diagnostics);
    }

    /// The exchanges alone.
    fn take_exchanges(&mut self, other: Gathered) {
        other.exchanges.into_iter().for_each(|exchange| self.exchange(exchange, None));
        self.left_out.merge(other.left_out.without_steps());
    }

    /// Behind what was asked before it, of which there is no more than the room that this leaves.
    pub fn behind(&mut self, earlier: Vec<Gathered>) {
        let room = KEPT_EXCHANGES.saturating_sub(self.exchanges.len());
        let mut before = Vec::new();
        for attempt in earlier {
            for exchange in attempt.exchanges {
                if before.len() < room {
                    before.push(exchange);
                } else {
                    self.left_out.exchange(&exchange, None);
                }
            }
            self.left_out.merge(attempt.left_out.without_steps());
        }
        for step in &mut self.steps {
            step.exchange = step.exchange.map(|index| index + before.len());
        }
        before.append(&mut self.exchanges);
        self.exchanges = before;
    }
}

/// Adds to a list that often stays as short as it is: there are thousands of them in a load.
fn add<T>(list: &mut Vec<T>, item: T) {
    if list.len() == list.capacity() {
        list.reserve_exact(list.len().max(1));
    }
    list.push(item);
}

/// Whether what a step is about is kept in any case.
fn is_notable(step: &StepRecord) -> bool {
    step.state == StepState::Failed || step.opening.is_some()
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
