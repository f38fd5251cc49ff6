//! The executor: one thread of control executors the steps of a test. Each kind of step has a function of its own.

mod call;
mod channel;
mod control;
mod door;
mod opening;
mod ping;
mod request;
mod value;
mod watch;

use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::time::Duration;

pub(super) use self::request::credentials;

use super::channels::{Channels, Owned};
use super::deadline::Deadline;
use super::deep::Deep;
use super::evidence::{Evidence, record};
use super::host::TestHost;
use super::judging::unread;
use super::parts;
use super::shared::Shared;
use super::weight::AT_ONCE;
use crate::diag::{Diagnostic, codes};
use crate::eval::{Context, Fault, Focus, Parsed, Scope};
use crate::event::{ChannelLog, Exchange, Instant, Occurrence, Part};
use crate::judge::{ExpectationRecord, StepRecord, StepState};
use crate::plan::{Step, StepKind};
use crate::source::Span;
use crate::value::Value;
use crate::world::World;
use crate::world::cookies::Jar;

/// What all threads of control of one attempt at a test share.
#[derive(Clone)]
pub(super) struct Attempt {
    pub shared: Arc<Shared>,
    pub jar: Arc<Mutex<Jar>>,
    pub channels: Arc<Channels>,
}

/// One thread of control: a test, a flow that it calls, a branch of a `parallel`.
#[derive(Clone)]
pub(super) struct Executor {
    pub attempt: Attempt,
    /// Which occurrence of which step is under way.
    pub place: Occurrence,
    /// How many moments it has had at this place.
    pub moments: u32,
    /// Its last moment.
    pub clock: Instant,
    /// What expressions get from outside at this place.
    pub host: Arc<TestHost>,
    pub scope: Scope,
    /// What was opened since the call of the flow that is being run.
    pub owned: Owned,
    pub deadline: Deadline,
    pub evidence: Evidence,
    /// Flows call each other, never themselves; the bound is for plans that were not checked.
    pub depth: u32,
    /// The last response that this executor got, which a `capture` after a request is about.
    pub last: Option<LastResponse>,
    /// Whether anything may ask for it.
    pub keeps_last: bool,
}

#[derive(Clone)]
pub(super) struct LastResponse {
    exchange: Arc<Exchange>,
    parsed: Arc<Parsed>,
}

impl LastResponse {
    pub fn of(exchange: &Arc<Exchange>, parsed: Arc<Parsed>) -> Option<Self> {
        exchange.outcome.is_ok().then(|| Self { exchange: exchange.clone(), parsed })
    }

    /// The same, with a body that is read again where it hasn't been read: a reading that was given up must stay with who gave it up.
    fn unshared(&self, world: &Arc<dyn World>) -> Self {
        if self.parsed.is_read() { self.clone() } else { Self { parsed: unread(world), ..self.clone() } }
    }

    /// Of its body, in bytes.
    fn size(&self) -> usize {
        self.exchange.outcome.as_ref().map_or(0, |response| response.body.len())
    }

    fn focus(&self) -> Focus<'_> {
        match &self.exchange.outcome {
            Ok(response) => Focus::Response { exchange: &self.exchange, response, parsed: &self.parsed },
            Err(_) => Focus::Nothing,
        }
    }
}

/// Where an executor was before it entered a place inside.
pub(super) struct Outer {
    place: Occurrence,
    moments: u32,
    host: Arc<TestHost>,
}

/// Why an executor ends before its last step. What is wrong is among the evidence.
pub(super) enum Halt {
    Failed,
    Skipped(String),
    Returned { value: Option<Value>, expires_in: Option<Duration> },
}

pub(super) type Stepped = Result<(), Halt>;

impl Executor {
    /// Takes the steps one after the other; after one that fails the rest are recorded as not run.
    pub fn steps<'a>(&'a mut self, steps: &'a [Step]) -> Deep<'a, Stepped> {
        Deep::new(async move {
            for (index, step) in steps.iter().enumerate() {
                if let Err(halt) = self.step(step).await {
                    if matches!(halt, Halt::Failed) {
                        self.not_run(&steps[index + 1..]);
                    }
                    return Err(halt);
                }
            }
            Ok(())
        })
    }

    /// Goes to a place that isn't inside of the one where it is.
    pub fn move_to(&mut self, place: Occurrence) {
        self.host = Arc::new(self.host.at(&place));
        (self.place, self.moments) = (place, 0);
    }

    /// Goes to a place inside of this one, where random values are others; gives the one where it was.
    pub fn enter(&mut self, part: Part) -> Outer {
        let place = self.place.then(part);
        let host = Arc::new(self.host.at(&place));
        Outer {
            place: std::mem::replace(&mut self.place, place),
            moments: std::mem::take(&mut self.moments),
            host: std::mem::replace(&mut self.host, host),
        }
    }

    pub fn leave_for(&mut self, outer: Outer) {
        (self.place, self.moments, self.host) = (outer.place, outer.moments, outer.host);
        self.host.reached(self.clock);
    }

    async fn step(&mut self, step: &Step) -> Stepped {
        // What only looks at what there is has no place of its own, so that adding one changes none.
        if matches!(step.kind, StepKind::Expect(_) | StepKind::Capture(_)) {
            return self.take_in_time(step).await;
        }
        let outer = self.enter(Part::Step(step.head.clone(), step.ordinal));
        self.moment().await;
        let walked = self.take_in_time(step).await;
        self.moment().await;
        self.leave_for(outer);
        walked
    }

    async fn take_in_time(&mut self, step: &Step) -> Stepped {
        if self.now() >= self.deadline.at {
            return Err(self.limit_reached(step.span));
        }
        for credential in &step.credentials {
            // On the heap, like what `take` gives: most steps need none, and all would have room for it.
            Box::pin(self.obtain(*credential, step.span)).await?;
        }
        self.take(step).await
    }

    /// On the heap, since a block's future would be as large as that of its largest step otherwise, and what goes on with it would need as much of the stack
    /// as all of them together.
    fn take<'a>(&'a mut self, step: &'a Step) -> Pin<Box<dyn Future<Output = Stepped> + Send + 'a>> {
        match &step.kind {
            StepKind::Let { slot, value } => Box::pin(self.bind(*slot, value)),
            StepKind::Expect(expect) => Box::pin(self.expect(step.span, expect)),
            StepKind::Capture(capture) => Box::pin(self.capture(capture)),
            StepKind::SkipWhen { condition, because } => Box::pin(self.skip_when(condition, because.as_deref())),
            StepKind::Request(request) => Box::pin(self.request(step.span, request)),
            StepKind::Call { flow, args, into } => Box::pin(self.call(step.span, *flow, args, *into)),
            StepKind::Return { value, expires_in } => Box::pin(self.give_back(value.as_ref(), expires_in.as_ref())),
            StepKind::Wait(time) => Box::pin(self.wait(step.span, time)),
            StepKind::Parallel(branches) => Box::pin(self.parallel(branches)),
            StepKind::ParallelForEach { slot, list, or_none, body } => {
                Box::pin(self.parallel_for_each(*slot, list, *or_none, body))
            }
            StepKind::ForEach { slot, list, or_none, body } => Box::pin(self.for_each(*slot, list, *or_none, body)),
            StepKind::Repeat { times, or_none, body } => Box::pin(self.repeat(times, *or_none, body)),
            StepKind::Eventually { within, every, body } => {
                Box::pin(self.eventually(step.span, within, every.as_ref(), body))
            }
            StepKind::Within { limit, body } => Box::pin(self.within(limit, body)),
            StepKind::Mark { slot, .. } => Box::pin(std::future::ready(self.mark(*slot))),
            StepKind::Open(open) => Box::pin(self.open(open)),
            StepKind::Send { channel, body } => Box::pin(self.send(step.span, *channel, body)),
            StepKind::Close { channel, code, reason } => {
                Box::pin(self.close(step.span, *channel, code.as_ref(), reason.as_ref()))
            }
            StepKind::Drop { channel } => Box::pin(self.cut(step.span, *channel)),
            StepKind::Reconnect { channel } => Box::pin(self.reconnect(step.span, *channel)),
            StepKind::Ping { channel, pong_within } => Box::pin(self.ping(step.span, *channel, pong_within.as_ref())),
            StepKind::ExpectChannel(expectation) => Box::pin(self.expect_channel(step.span, expectation)),
        }
    }

    /// Learns the parts of secrets that came in several frames, before anything is said of what the attempt gathered.
    pub async fn learn_parts(&self) {
        let is_quoted = !self.evidence.lock().diagnostics.is_empty();
        self.learn_parts_where(is_quoted).await;
    }

    /// The same; `is_quoted` where its frames may be quoted once more when the run is over.
    pub async fn learn_parts_where(&self, is_quoted: bool) {
        let shared = &self.attempt.shared;
        let mut logs: Vec<ChannelLog> = self.attempt.channels.logs().into_iter().map(|(_, log)| log).collect();
        logs.retain(|log| !log.frames.is_empty());
        if logs.is_empty() {
            return;
        }
        if is_quoted {
            shared.quoted.keep(logs.clone());
        }
        let (secrets, plan) = (shared.options.secrets.clone(), shared.plan.clone());
        let learn = move || parts::learn(&logs, &*secrets, &plan.sources);
        if self.attempt.channels.size() <= AT_ONCE as u64 { learn() } else { shared.world.aside(learn).await }
    }

    /// Lets go of all that was bound and read; apart, where that is much.
    pub fn discard(self) {
        let is_small = self.last.as_ref().is_none_or(|last| last.size() <= AT_ONCE)
            && self.scope.are_small(AT_ONCE)
            && self.attempt.channels.size() <= AT_ONCE as u64;
        if !is_small {
            let world = self.attempt.shared.world.clone();
            world.discard(self);
        }
    }

    /// Waits for something, and comes to a moment behind it.
    pub async fn waits<T>(&self, work: impl Future<Output = T>) -> T {
        let comes = self.attempt.shared.world.comes_to(&self.place, self.moments);
        let never = async {
            if let Some(comes) = comes {
                comes.await;
            }
            std::future::pending().await
        };
        tokio::select! {
            biased;
            done = work => done,
            done = never => done,
        }
    }

    /// Comes to a moment: what was waited for has taken its time.
    pub async fn moment(&mut self) -> Instant {
        let (place, nth) = (self.place.clone(), self.moments);
        self.moments = nth.saturating_add(1);
        self.moment_at(&place, nth).await
    }

    async fn moment_at(&mut self, place: &Occurrence, nth: u32) -> Instant {
        self.clock = self.attempt.shared.world.reach(place, nth).at().await;
        self.host.reached(self.clock);
        self.clock
    }

    /// The time, as it was at the last moment.
    pub fn now(&self) -> Instant {
        self.clock
    }

    pub fn context(&self) -> Context<'_> {
        Context { plan: &self.attempt.shared.plan, scope: &self.scope, focus: Focus::Nothing, host: &*self.host }
    }

    /// Evaluates something; a fault fails the test.
    pub fn evaluated<T>(&self, evaluate: impl FnOnce(&Context<'_>) -> Result<T, Fault>) -> Result<T, Halt> {
        evaluate(&self.context()).map_err(|fault| self.fails(*fault))
    }

    pub fn fails(&self, diagnostic: Diagnostic) -> Halt {
        self.evidence.fail(diagnostic);
        Halt::Failed
    }

    /// The deadline came before the step.
    pub fn limit_reached(&self, span: Span) -> Halt {
        let message = format!("{} was reached before this step", self.deadline.words());
        let mut diagnostic = Diagnostic::error(&codes::LIMIT_REACHED, head(&self.attempt.shared, span), message)
            .with_help("give it more time, or find out what took so long");
        if !self.deadline.span.is_nowhere() {
            diagnostic = diagnostic.with_related(self.deadline.span, "this limit");
        }
        self.evidence.lock().facts.timed_out = true;
        self.fails(diagnostic)
    }

    pub fn record(
        &self,
        title: String,
        span: Span,
        started: Instant,
        held: bool,
        expectations: Vec<ExpectationRecord>,
    ) {
        self.evidence.step(record(self.place.clone(), title, span, started, self.now(), held, expectations));
    }

    pub fn not_run(&self, steps: &[Step]) {
        for step in steps {
            let part = Part::Step(step.head.clone(), step.ordinal);
            self.evidence.step(StepRecord {
                occurrence: self.place.then(part),
                title: self.title(step.span),
                span: step.span,
                started: self.now(),
                duration: Duration::ZERO,
                state: StepState::NotRun,
                exchange: None,
                opening: None,
                expectations: Vec::new(),
            });
        }
    }

    /// The first line of a step, as written.
    pub fn title(&self, span: Span) -> String {
        self.attempt.shared.plan.sources.text(head(&self.attempt.shared, span)).to_owned()
    }
}

/// What a message about a whole step points at.
pub(super) fn head(shared: &Shared, span: Span) -> Span {
    crate::plan::head(span, shared.plan.sources.text(span))
}
