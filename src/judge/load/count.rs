use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use super::Failure;
use super::measured::{Asked, Measured};
use crate::diag::{Diagnostic, codes};
use crate::event::{ChannelEnd, ChannelLog, Direction, Exchange, FailureKind, Frame, Instant};
use crate::judge::release::{Reply, micros};
use crate::judge::{FrameMatch, LeftOut, Outcome, StepRecord, StepState, TestFacts, outcome_of};
use crate::plan::{ErrorKind, Load, Route};
use crate::source::Span;

/// How many failures of one kind are kept whole.
pub const KEPT_FAILURES: u64 = 3;

/// What a user did in one iteration, or in a hook.
pub struct Iteration<'a> {
    /// Absent for a hook.
    pub scenario: Option<usize>,
    pub facts: &'a TestFacts,
    pub steps: &'a [StepRecord],
    pub exchanges: &'a [Arc<Exchange>],
    pub left_out: &'a LeftOut,
    pub diagnostics: &'a [Diagnostic],
    pub channels: &'a [Channel],
    /// When it was due, where it came at a rate.
    pub due: Option<Instant>,
}

/// What an iteration had of a channel.
pub struct Channel {
    pub log: ChannelLog,
    pub matches: Vec<FrameMatch>,
    /// The number of the last frame that was there before the iteration; 0 for none.
    pub before: u32,
    pub earlier: Earlier,
}

impl Channel {
    /// How many frames it carried in the iteration, both ways; answered keep-alives are none.
    pub fn carried(&self) -> u64 {
        self.fresh().filter(|frame| !frame.hidden).count() as u64
    }

    /// Whether anything came in the iteration.
    pub fn has_received(&self) -> bool {
        self.fresh().any(|frame| frame.direction == Direction::Received)
    }

    fn fresh(&self) -> impl Iterator<Item = &Arc<Frame>> {
        self.log.frames.iter().filter(|frame| frame.number > self.before)
    }
}

/// What is known of frames of a channel that are no longer kept.
#[derive(Clone, Debug, Default)]
pub struct Earlier {
    /// When something was sent last.
    sent: Option<Instant>,
    /// When each event came last.
    events: HashMap<Arc<str>, Instant>,
}

impl Earlier {
    /// Takes note of frames, in their order.
    pub fn take(&mut self, frames: &[Arc<Frame>]) {
        for frame in frames.iter().filter(|frame| !frame.hidden) {
            match (&frame.payload.event, frame.direction) {
                (_, Direction::Sent) => self.sent = Some(frame.at),
                (Some(name), Direction::Received) if self.events.contains_key(name) || self.events.len() < EVENTS => {
                    self.events.insert(name.clone(), frame.at);
                }
                (_, Direction::Received) => {}
            }
        }
    }
}

/// Of how many names of events it is known when each came last, once their frames are no longer kept.
const EVENTS: usize = 256;

/// What was made of an iteration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counted {
    pub failed: bool,
    /// It is one of the first few that failed in this way, and worth keeping whole: of several ways, the one that was seen least.
    pub telling: Option<Failure>,
}

/// Counts iterations of a load.
pub struct Counter {
    load: Arc<Load>,
    /// The thresholds that are about requests, by their places.
    routes: Vec<(usize, Route)>,
    /// Which of them are about a URL: most requests of a load ask for one of a few.
    about: HashMap<Arc<str>, u64>,
    /// How many failures of each kind were kept.
    kept: HashMap<Failure, u64>,
    measured: Measured,
}

/// How many URLs are remembered.
const URLS: usize = 256;

impl Counter {
    pub fn new(load: Arc<Load>) -> Self {
        let routes = load.thresholds.iter().enumerate().filter_map(|(at, threshold)| {
            let route = threshold.measure.route()?;
            (at < u64::BITS as usize).then(|| (at, route.clone()))
        });
        let routes = routes.collect();
        Self { load, routes, about: HashMap::new(), kept: HashMap::new(), measured: Measured::default() }
    }

    /// What was counted since the last time.
    pub fn take(&mut self) -> Measured {
        std::mem::take(&mut self.measured)
    }

    /// An arrival that no user was free for.
    pub fn dropped(&mut self) {
        self.measured.dropped += 1;
    }

    /// An arrival began so late.
    pub fn began(&mut self, late: Duration) {
        self.measured.late.add(micros(late));
    }

    /// What distinguishes the requests of a step from others.
    pub fn asked(&mut self, scenario: usize, step: Span, method: &str, url: &str) -> Asked {
        Asked { scenario, step, thresholds: self.about(method, url) }
    }

    /// An exchange of which so many expectations held: what it asked for, when it began, how long it took, and until its first byte.
    pub fn held(
        &mut self,
        asked: Asked,
        (method, url): (&str, &str),
        status: u16,
        (started, total, first_byte): (Instant, Duration, Duration),
        expectations: u64,
    ) {
        let requests = self.measured.requests.entry(asked).or_default();
        requests.asked(method, url);
        let replies = requests.replies(Reply::Status(status), true, micros(started));
        replies.times.add(micros(total));
        replies.first_byte.add(micros(first_byte));
        self.measured.expectations += expectations;
    }

    /// An iteration of which all was counted came to its end.
    pub fn passed(&mut self, scenario: usize) {
        self.measured.iterations.entry(scenario).or_default().passed += 1;
    }

    /// One was cut off.
    pub fn cut_off(&mut self) {
        self.measured.cut_off += 1;
    }

    /// Counts what a user did.
    pub fn count(&mut self, one: &Iteration<'_>) -> Counted {
        let outcome = outcome_of(std::slice::from_ref(one.facts));
        let is_cut_off = matches!(outcome, Outcome::NotRun { .. });
        let mut failures = self.exchanges(one);
        let failed = outcome.is_bad() && outcome != Outcome::Vacuous;
        let own = failures.iter().all(|(failure, _)| failure.is_excused);
        if failed && own {
            failures.push(self.failure_of(one));
        }
        let scenario = one.scenario.filter(|at| *at < self.load.scenarios.len());
        match scenario.map(|at| self.measured.iterations.entry(at).or_default()) {
            _ if is_cut_off => self.measured.cut_off += 1,
            Some(count) if failed => count.failed += 1,
            Some(count) if matches!(outcome, Outcome::Skipped { .. }) => count.skipped += 1,
            Some(count) => count.passed += 1,
            None => {}
        }
        if scenario.is_some() {
            self.measured.expectations += one.facts.expectations as u64;
            let weak = one.steps.iter().flat_map(|step| &step.expectations).filter(|one| one.weak.is_some()).count();
            self.measured.weak += (weak + one.left_out.weak) as u64;
        }
        if scenario.is_some() {
            self.measured.frames += one.channels.iter().map(Channel::carried).sum::<u64>();
        }
        self.openings(one);
        one.channels.iter().for_each(|channel| self.events(channel));
        let forbidden = one.diagnostics.iter().filter(|one| *one.code == codes::FORBIDDEN_EVENT).count();
        self.measured.forbidden += forbidden as u64;
        let mut telling: Option<(u64, Failure)> = None;
        for (failure, message) in failures {
            if !failure.is_excused && failed {
                let kept = self.kept.entry(failure.clone()).or_default();
                if *kept < KEPT_FAILURES && telling.as_ref().is_none_or(|(seen, _)| *kept < *seen) {
                    telling = Some((*kept, failure.clone()));
                }
                *kept += 1;
            }
            self.measured.failures.add(failure, 1, &message);
        }
        Counted { failed, telling: telling.map(|(_, failure)| failure) }
    }

    /// Counts the exchanges; gives those that failed. Hooks are no part of what is measured, but for their failures.
    fn exchanges(&mut self, one: &Iteration<'_>) -> Vec<(Failure, String)> {
        let mut failures = Vec::new();
        let mut steps: Vec<Option<&StepRecord>> = vec![None; one.exchanges.len()];
        for step in one.steps {
            if let Some(place) = step.exchange.and_then(|at| steps.get_mut(at)) {
                place.get_or_insert(step);
            }
        }
        let late = one.due.zip(one.exchanges.first()).map(|(due, first)| first.started.saturating_sub(due));
        let mut late = late.unwrap_or_default();
        for (exchange, step) in one.exchanges.iter().zip(steps) {
            let reply = Reply::of(exchange);
            let held = step.map_or_else(|| reply.works(), |step| step.state != StepState::Failed);
            let about = self.about(&exchange.method, &exchange.url);
            if !held {
                failures.push(failure_of(one, reply, step, about));
            }
            let late = std::mem::take(&mut late);
            let Some(scenario) = one.scenario else { continue };
            let asked = Asked { scenario, step: step.map_or_else(Span::nowhere, |step| step.span), thresholds: about };
            let requests = self.measured.requests.entry(asked).or_default();
            requests.asked(&exchange.method, without_query(&exchange.url));
            let replies = requests.replies(reply, held, micros(exchange.started));
            replies.times.add(micros(late + exchange.timings.total));
            if let Some(first_byte) = exchange.timings.first_byte {
                replies.first_byte.add(micros(late + first_byte));
            }
        }
        let Some(scenario) = one.scenario else { return failures };
        for kind in one.left_out.kinds() {
            let about = self.about(&kind.asked.method, &kind.asked.url);
            let asked = Asked { scenario, step: Span::nowhere(), thresholds: about };
            let requests = self.measured.requests.entry(asked).or_default();
            requests.asked(&kind.asked.method, &kind.asked.url);
            let replies = requests.replies(kind.asked.reply, kind.asked.held, kind.first);
            replies.times.merge(&kind.times);
            replies.first_byte.merge(&kind.first_byte);
            if !kind.asked.held {
                let (failure, message) = failure_of(one, kind.asked.reply, None, about);
                self.measured.failures.add(failure, kind.times.count, &message);
            }
        }
        failures
    }

    /// Which thresholds about requests are about this one.
    fn about(&mut self, method: &str, url: &str) -> u64 {
        if self.routes.is_empty() {
            return 0;
        }
        let url = without_query(url);
        let key = || format!("{method} {url}");
        if let Some(known) = self.about.get(key().as_str()) {
            return *known;
        }
        let path = path_of(url);
        let fits = |(at, route): &(usize, Route)| if route.fits(method, path) { 1 << at } else { 0 };
        let about = self.routes.iter().map(fits).sum();
        if self.about.len() < URLS {
            self.about.insert(key().into(), about);
        }
        about
    }

    fn openings(&mut self, one: &Iteration<'_>) {
        for step in one.steps {
            let Some((opening, opened)) = step.opening.as_ref().and_then(|one| Some((one, one.opened?))) else {
                continue;
            };
            if one.scenario.is_none() {
                continue;
            }
            let own = self.measured.channels.entry(opening.channel.clone()).or_default();
            own.tried += 1;
            if let Some(exchange) = step.exchange.and_then(|at| one.exchanges.get(at)).filter(|_| opened) {
                own.times.add(micros(exchange.timings.total));
            }
        }
    }

    fn events(&mut self, channel: &Channel) {
        let Channel { log, matches, before, earlier } = channel;
        let taken: HashSet<u32> = matches.iter().filter(|one| one.is_event).map(|one| one.frame).collect();
        let mut since = earlier.sent.unwrap_or(log.opened);
        let mut last: HashMap<&str, Instant> = earlier.events.iter().map(|(name, at)| (&**name, *at)).collect();
        for frame in &log.frames {
            if frame.direction == Direction::Sent {
                if !frame.hidden {
                    since = frame.at;
                }
                continue;
            }
            let Some(name) = frame.payload.event.as_deref().filter(|_| !frame.hidden) else { continue };
            let previous = last.insert(name, frame.at);
            if frame.number <= *before {
                continue;
            }
            let is_taken = taken.contains(&frame.number);
            if previous.is_none() && !is_taken {
                continue;
            }
            let events = match self.measured.events.get_mut(name) {
                Some(events) => events,
                None => self.measured.events.entry(name.into()).or_default(),
            };
            if is_taken {
                events.after.add(micros(frame.at.saturating_sub(since)));
            }
            if let Some(previous) = previous {
                events.gaps.add(micros(frame.at.saturating_sub(previous)));
            }
        }
    }

    /// Why an iteration failed none of whose exchanges did.
    fn failure_of(&self, one: &Iteration<'_>) -> (Failure, String) {
        let first = one.diagnostics.first();
        let code = first.map_or(codes::INTERNAL.name, |first| first.code.name);
        let ended = one.facts.ended.as_ref().filter(|_| one.facts.failure.is_none());
        let kind = match (one.facts.failure.or_else(|| ended?.failure()), ended) {
            (Some(kind), _) => ErrorKind::NoResponse(kind),
            // The test ended it itself.
            (None, Some(_)) => ErrorKind::Expectation,
            (None, None) => kind_of(code, one.facts.timed_out),
        };
        let step = one.steps.iter().find(|step| step.state == StepState::Failed).map(|step| step.span);
        let failure = Failure {
            kind,
            code: code.into(),
            scenario: one.scenario,
            step: step.or_else(|| first.map(|first| first.span)).unwrap_or_else(Span::nowhere),
            request: None,
            channel: None,
            close_code: ended.and_then(ChannelEnd::close_code),
            is_excused: false,
        };
        (failure, first.map(|first| first.message.clone()).unwrap_or_default())
    }
}

fn failure_of(one: &Iteration<'_>, reply: Reply, step: Option<&StepRecord>, about: u64) -> (Failure, String) {
    let within = |diagnostic: &&Diagnostic| {
        step.is_some_and(|step| {
            step.span.source == diagnostic.span.source
                && (step.span.start..=step.span.end).contains(&diagnostic.span.start)
        })
    };
    let diagnostic = one.diagnostics.iter().find(within);
    let (code, message) = match (diagnostic, reply) {
        (Some(diagnostic), _) => (diagnostic.code.name, diagnostic.message.clone()),
        (None, Reply::Status(status)) => (codes::STATUS.name, format!("the response was {status}")),
        (None, Reply::None(kind)) => (codes::STATUS.name, format!("there was no response: {}", kind.word())),
    };
    let kind = match reply {
        Reply::None(kind) => ErrorKind::NoResponse(kind),
        Reply::Status(status @ 400..) if step.is_none() || code == codes::STATUS.name || status >= 502 => {
            ErrorKind::Status(if status < 500 { 4 } else { 5 })
        }
        Reply::Status(_) => ErrorKind::Expectation,
    };
    let channel = step.and_then(|step| step.opening.as_ref()).filter(|one| one.opened == Some(false));
    let failure = Failure {
        kind,
        code: code.into(),
        scenario: one.scenario,
        step: step.map_or_else(Span::nowhere, |step| step.span),
        request: Some(about),
        channel: channel.map(|one| one.channel.clone()),
        close_code: None,
        is_excused: step.is_none(),
    };
    (failure, message)
}

/// What a failure without an exchange of its own counts as.
fn kind_of(code: &str, timed_out: bool) -> ErrorKind {
    let waited = [&codes::MISSING_EVENT, &codes::TOO_LATE, &codes::NOT_CLOSED, &codes::NO_PONG, &codes::UNANSWERED];
    if code == codes::MALFORMED_FRAME.name {
        ErrorKind::NoResponse(FailureKind::Protocol)
    } else if timed_out || waited.iter().any(|one| one.name == code) {
        ErrorKind::NoResponse(FailureKind::Timeout)
    } else {
        ErrorKind::Expectation
    }
}

fn without_query(url: &str) -> &str {
    url.split(['?', '#']).next().unwrap_or_default()
}

/// The path of a URL without a query.
fn path_of(url: &str) -> &str {
    let host = url.find("://").map_or(0, |at| at + "://".len());
    url[host..].find('/').map_or("/", |at| &url[host + at..])
}
