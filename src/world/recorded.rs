//! A world that gives what another one recorded, in virtual time: nothing is sent, and no time passes.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::awaited::known;
use super::cookies::{Jar, Kept};
pub use super::difference::Difference;
use super::difference::{Differences, between, kept_words, words};
use super::records::{Calculated, Carried, Done, Ended, Line, Obtained, Records, Sent};
use super::timeline::Timeline;
use super::{
    Budget, Channel, Connected, Late, Log, Naming, Opening, Outbound, Outgoing, Pen, Pending, Reached, Reading,
    ReplyTo, Time, World,
};
use crate::event::{ChannelEnd, Direction, Exchange, FailureKind, Frame, FrameKind, Instant, Occurrence, Payload};
use crate::value::effort::Effort;
use crate::value::{Function, Value};

pub struct Recorded {
    timeline: Arc<Timeline>,
    epoch: jiff::Timestamp,
    records: Arc<Records>,
    budget: Budget,
    differences: Arc<Differences>,
    /// When the run was stopped.
    stops: Vec<Instant>,
    computed: Option<Arc<Calculated>>,
    works: Mutex<HashMap<u64, u32>>,
    /// The jars of which it isn't known what they have.
    unknown_cookies: Mutex<HashSet<usize>>,
}

impl Recorded {
    pub fn new(timeline: Arc<Timeline>, epoch: jiff::Timestamp, records: Arc<Records>) -> Self {
        Self {
            timeline,
            epoch,
            records,
            budget: Budget::default(),
            differences: Arc::default(),
            stops: Vec::new(),
            computed: None,
            works: Mutex::default(),
            unknown_cookies: Mutex::default(),
        }
    }

    /// The same where secrets were replaced when it was recorded: what was calculated of them is given and not calculated again.
    #[must_use]
    pub fn disguised(self, computed: Option<Arc<Calculated>>) -> Self {
        Self { computed, ..self }
    }

    /// The same of a run that was stopped: what it didn't come to before isn't come to.
    #[must_use]
    pub fn stopped(self, stops: Vec<Instant>) -> Self {
        Self { stops, ..self }
    }

    pub fn differences(&self) -> Arc<Differences> {
        self.differences.clone()
    }

    /// What came of a request, when it came. What can't be given ends the test from outside: nothing goes on here.
    async fn exchange(&self, request: &Outgoing, jar: Option<&Mutex<Jar>>) -> Exchange {
        let found = self.records.of(&request.occurrence).and_then(|record| record.request);
        let Some(Sent { request: recorded, jar: kept, ended }) = found else {
            self.differences.add(Difference::Diverged { now: words(request), recorded: None });
            return std::future::pending().await;
        };
        if let Some((now, was)) = between(request, &recorded) {
            self.differences.add(Difference::Diverged { now, recorded: Some(was) });
            return std::future::pending().await;
        }
        let kept_now = match jar {
            Some(jar) => lock(jar).kept_for(&request.url, self.timeline.now()),
            None => Vec::new(),
        };
        // A name may have been taken for a part of a secret in one place and not in another.
        let instants = |kept: &[Kept]| kept.iter().map(|one| one.at).collect::<Vec<_>>();
        if instants(&kept_now) != instants(&kept) && !self.has_unknown_cookies(jar) {
            self.differences
                .add(Difference::Diverged { now: kept_words(&kept_now), recorded: Some(kept_words(&kept)) });
            return std::future::pending().await;
        }
        let Some(Ended { exchange, at, cut }) = ended else {
            // Cut off, as it is going to be again. Which cookies responses had set that redirected isn't known.
            if request.follow > 0 {
                self.unknown_cookies.lock().unwrap_or_else(PoisonError::into_inner).extend(jar.map(address));
            }
            return std::future::pending().await;
        };
        if cut {
            let because = format!("the body of the response to {} is too large for the trace", words(request));
            self.differences.add(Difference::Undecided { because });
            return std::future::pending().await;
        }
        let timed_out = matches!(&exchange.outcome, Err(failure) if failure.kind == FailureKind::Timeout);
        let is_late = at > self.timeline.now().saturating_add(request.limit);
        if request.limit != recorded.limit && (timed_out || is_late) {
            let because = format!(
                "{} has another time than it had, and what comes of it by then wasn't recorded",
                words(request)
            );
            self.differences.add(Difference::Undecided { because });
            return std::future::pending().await;
        }
        for one in &exchange.cookies {
            known(self.timeline.sleep_until(one.at)).await;
            if let Some(jar) = jar {
                lock(jar).store(&one.value, &one.url, one.at, self.epoch);
            }
        }
        known(self.timeline.sleep_until(at)).await;
        exchange
    }

    /// Whether the run was stopped before anything more came of what this is a part of.
    fn was_stopped(&self, place: &Occurrence, now: Instant) -> bool {
        let stop = self.stops.iter().filter(|at| **at >= now).min();
        stop.is_some_and(|stop| self.records.next_moment(place.outermost(), now).is_some_and(|next| next >= *stop))
    }

    fn has_unknown_cookies(&self, jar: Option<&Mutex<Jar>>) -> bool {
        let unknown = self.unknown_cookies.lock().unwrap_or_else(PoisonError::into_inner);
        jar.is_some_and(|jar| unknown.contains(&address(jar)))
    }
}

fn lock(jar: &Mutex<Jar>) -> MutexGuard<'_, Jar> {
    jar.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What a jar is known by.
fn address(jar: &Mutex<Jar>) -> usize {
    std::ptr::from_ref(jar).addr()
}

impl Time for Recorded {
    fn now(&self) -> Instant {
        self.timeline.now()
    }
}

impl World for Recorded {
    fn epoch(&self) -> jiff::Timestamp {
        self.epoch
    }

    fn reach(&self, place: &Occurrence, nth: u32) -> Reached {
        let now = self.timeline.now();
        let at = match self.records.moment(place, nth) {
            Some(at) if at > now => at,
            None if self.was_stopped(place, now) => return Reached::Later(Box::pin(std::future::pending())),
            _ => return Reached::At(now),
        };
        let wait = known(self.timeline.sleep_until(at));
        Reached::Later(Box::pin(async move {
            wait.await;
            at
        }))
    }

    fn comes_to(&self, place: &Occurrence, nth: u32) -> Option<Pending<'static, ()>> {
        let at = self.records.moment(place, nth)?;
        // What comes at that very instant is looked at first.
        let wait = known(self.timeline.sleep_behind(at));
        Some(Box::pin(wait))
    }

    fn works(&self, place: &Occurrence) -> u32 {
        let mut works = self.works.lock().unwrap_or_else(PoisonError::into_inner);
        let works = works.entry(place.digest()).or_default();
        *works += 1;
        *works
    }

    fn worked(&self, place: &Occurrence, nth: u32) -> Option<Pending<'static, ()>> {
        let at = self.records.worked(place, nth)?;
        Some(Box::pin(known(self.timeline.sleep_until(at))))
    }

    fn recall_late(&self, place: &Occurrence, nth: u32) -> Option<Late> {
        self.records.of(place)?.late.into_iter().find(|(late, _)| *late == nth).map(|(_, late)| late)
    }

    fn recall(&self, at: &Occurrence, credential: &str) -> Option<Obtained> {
        let record = self.records.of(at)?;
        let how = record.credentials.into_iter().find(|(name, _)| name == credential).map(|(_, how)| how);
        Some(how.unwrap_or(Obtained::Never))
    }

    fn recall_computed(&self, function: Function, args: &[Value], secret: bool) -> Option<Value> {
        let computed = self.computed.as_ref()?;
        let found = computed.of(function, args);
        if found.is_none() && secret {
            let because = format!("what `{}` gives of this secret wasn't recorded", function.name());
            self.differences.add(Difference::Undecided { because });
        }
        found
    }

    fn sleep_until(&self, at: Instant) -> Pending<'static, ()> {
        self.timeline.sleep_until(at)
    }

    fn send<'a>(&'a self, request: &'a Outgoing, jar: Option<&'a Mutex<Jar>>) -> Pending<'a, Exchange> {
        Box::pin(self.exchange(request, jar))
    }

    fn connect<'a>(
        &'a self,
        request: &'a Outgoing,
        jar: Option<&'a Mutex<Jar>>,
        _opening: Opening,
    ) -> Pending<'a, (Exchange, Option<Box<dyn Connected>>)> {
        Box::pin(async move {
            let exchange = self.exchange(request, jar).await;
            let line = self.records.of(&request.occurrence).and_then(|record| record.line);
            if line.as_ref().is_some_and(|line| line.cut) {
                let because = format!("what the channel of {} carried is too large for the trace", words(request));
                self.differences.add(Difference::Undecided { because });
                return std::future::pending().await;
            }
            let connected = line.map(|line| {
                let timeline = self.timeline.clone();
                Box::new(Connection { line, timeline, differences: self.differences.clone() }) as Box<dyn Connected>
            });
            (exchange, connected)
        })
    }

    /// Nothing else goes on meanwhile, and it takes no time.
    fn begin_apart(&self, _until: Instant, work: Box<dyn FnOnce(Effort) + Send>) -> Pending<'static, Result<(), Late>> {
        let (effort, _waiting) = Effort::new();
        work(effort);
        Box::pin(async { Ok(()) })
    }

    fn begin_aside(&self, work: Box<dyn FnOnce() + Send>) -> Pending<'static, ()> {
        work();
        Box::pin(async {})
    }

    fn budget(&self) -> &Budget {
        &self.budget
    }

    fn departed(&self, _: Duration) -> Pending<'_, ()> {
        Box::pin(async {})
    }
}

/// A connection whose frames come when they came.
struct Connection {
    line: Line,
    timeline: Arc<Timeline>,
    differences: Arc<Differences>,
}

impl Connected for Connection {
    fn start(self: Box<Self>, reading: Reading) -> Box<dyn Channel> {
        let Line { done, carried, end, closing, watched, cut: _ } = self.line;
        let ends = end.iter().chain(&closing).map(|(at, _)| *at);
        let mut times: Vec<Instant> = carried.iter().map(|one| one.at).chain(ends).collect();
        times.sort_unstable();
        let left: Arc<Mutex<Left>> = Arc::new(Mutex::new((carried.into(), end.clone())));
        let first = next_behind(&left.lock().unwrap_or_else(PoisonError::into_inner).0);
        let (clock, next) = (self.timeline.clone(), left.clone());
        let is_quiet = move || {
            let next = next.lock().unwrap_or_else(PoisonError::into_inner);
            next.0.front().is_none_or(|one| one.direction == Direction::Sent || one.behind >= clock.now())
        };
        let pen = reading.log.connect(Box::new(is_quiet));
        first.iter().for_each(|at| pen.nothing_until(*at));
        let source = Arc::new(Source { pen, naming: reading.naming, replies: reading.replies, left });
        let (timeline, coming) = (self.timeline.clone(), source.clone());
        let known_until = match &end {
            Some((at, ChannelEnd::Dropped)) => Some(*at),
            Some(_) => None,
            None => watched,
        };
        let left_by_us = Arc::new(AtomicBool::new(false));
        let (over, differences) = (left_by_us.clone(), self.differences.clone());
        let mut closing = closing;
        tokio::spawn(async move {
            for at in times {
                timeline.sleep_until(at).await;
                // What waits for it looks at it before anything else comes.
                while coming.come_next(at) {
                    tokio::task::yield_now().await;
                }
                if let Some((at, end)) = closing.take_if(|(closing, _)| *closing <= at) {
                    coming.pen.closing(at, end);
                }
            }
            // What comes of a channel behind the time for which it was watched isn't known.
            if let Some(at) = known_until {
                timeline.sleep_until(at.saturating_add(Duration::from_nanos(1))).await;
                if !over.load(Ordering::Relaxed) {
                    let because = "what came on a channel once it had been left wasn't recorded".to_owned();
                    differences.add(Difference::Undecided { because });
                }
            }
        });
        Box::new(Way {
            timeline: self.timeline,
            log: reading.log,
            source,
            end,
            done: Mutex::new(done.into()),
            closing: AtomicBool::new(false),
            is_left: false,
            over: left_by_us,
            differences: self.differences,
        })
    }
}

/// Until when nothing more arrives.
fn next_behind(left: &VecDeque<Carried>) -> Option<Instant> {
    left.iter().find(|one| one.direction == Direction::Received).map(|one| one.behind)
}

/// What is still to come of a connection.
type Left = (VecDeque<Carried>, Option<(Instant, ChannelEnd)>);

struct Source {
    pen: Pen,
    naming: Naming,
    replies: Option<ReplyTo>,
    left: Arc<Mutex<Left>>,
}

impl Source {
    fn come(&self, until: Instant) {
        while self.come_next(until) {}
    }

    /// What comes next comes, if that is no later than an instant.
    fn come_next(&self, until: Instant) -> bool {
        let mut left = self.left.lock().unwrap_or_else(PoisonError::into_inner);
        let end = left.1.as_ref().map_or(Instant::MAX, |(at, _)| *at);
        if let Some(one) = left.0.pop_front_if(|one| one.at <= until.min(end)) {
            // Between what was read at once no one could look.
            let is_received = one.direction == Direction::Received;
            let read = (one.at, one.behind);
            let mut all = vec![one];
            while let Some(next) = left.0.pop_front_if(|next| {
                is_received && next.direction == Direction::Received && (next.at, next.behind) == read
            }) {
                all.push(next);
            }
            let behind = next_behind(&left.0);
            // The log asks whether more is to come while it keeps this.
            drop(left);
            all.into_iter().for_each(|one| self.keep(one));
            if is_received {
                self.pen.settle();
            }
            behind.iter().for_each(|at| self.pen.nothing_until(*at));
            return true;
        }
        let is_ours = matches!(left.1, Some((_, ChannelEnd::Dropped)));
        if !is_ours && let Some((at, end)) = left.1.take_if(|(at, _)| *at <= until) {
            self.pen.end(at, end);
            return true;
        }
        false
    }

    fn keep(&self, one: Carried) {
        let payloads = self.payloads(&one);
        if one.direction == Direction::Sent {
            self.pen.sent_at(one.at, one.kind, one.data, payloads, one.hidden);
            return;
        }
        self.pen.arrive_behind(one.behind);
        let frame = Frame {
            number: 0,
            at: one.at,
            direction: one.direction,
            kind: one.kind.clone(),
            data: one.data.clone(),
            payload: payloads.first().cloned().unwrap_or_default(),
            hidden: false,
        };
        let hidden = match &self.replies {
            Some(replies) if is_event(&one.kind) => replies(&frame).is_some(),
            _ => one.hidden,
        };
        // What was kept once can be kept again.
        let _ = self.pen.received(one.at, one.kind, one.data, payloads, hidden);
    }

    fn payloads(&self, one: &Carried) -> Vec<Payload> {
        let text = || String::from_utf8_lossy(&one.data);
        match &one.kind {
            _ if one.direction == Direction::Sent && !one.is_read => vec![Payload::default()],
            FrameKind::Text | FrameKind::Line => self.naming.read(&text(), None),
            FrameKind::SseEvent(fields) => self.naming.read(&text(), fields.event.as_deref()),
            FrameKind::Binary => self.naming.read_binary(&one.data),
            FrameKind::Ping | FrameKind::Pong | FrameKind::SseComment => vec![Payload::default()],
        }
    }
}

fn is_event(kind: &FrameKind) -> bool {
    matches!(kind, FrameKind::Text | FrameKind::Binary | FrameKind::Line | FrameKind::SseEvent(_))
}

/// The test's side of a recorded connection.
struct Way {
    timeline: Arc<Timeline>,
    log: Arc<Log>,
    source: Arc<Source>,
    end: Option<(Instant, ChannelEnd)>,
    /// What is to be done on it yet.
    done: Mutex<VecDeque<Done>>,
    closing: AtomicBool,
    is_left: bool,
    /// The test has left it, or it is being left.
    over: Arc<AtomicBool>,
    differences: Arc<Differences>,
}

impl Way {
    fn does(&self, now: Done) {
        let was = self.done.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
        if was.as_ref() != Some(&now) {
            let recorded = was.map(|was| was.words());
            self.differences.add(Difference::Diverged { now: now.words(), recorded });
        }
    }
}

impl Channel for Way {
    fn send(&self, body: Outbound) {
        self.does(Done::Sent(body));
    }

    fn ping(&self, payload: Vec<u8>) {
        self.does(Done::Pinged(payload));
    }

    fn close(&self, code: u16, reason: &str) {
        self.does(Done::Closed { code, reason: reason.to_owned() });
        self.closing.store(true, Ordering::Relaxed);
    }

    fn is_closing(&self) -> bool {
        self.closing.load(Ordering::Relaxed)
    }

    fn is_congested(&self) -> bool {
        false
    }

    fn leave(mut self: Box<Self>, code: Option<u16>, _budget: Duration) -> Pending<'static, ()> {
        self.is_left = true;
        self.over.store(true, Ordering::Relaxed);
        self.does(Done::Left(code));
        Box::pin(async move {
            // What had still gone out by then is part of the log.
            if let Some((at, end)) = self.end.clone() {
                known(self.timeline.sleep_until(at)).await;
                self.source.come(Instant::MAX);
                self.log.leave_at(at, end);
            } else {
                self.log.leave();
            }
        })
    }
}

impl Drop for Way {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Relaxed);
        if self.is_left {
            return;
        }
        self.source.come(Instant::MAX);
        match self.end.clone() {
            Some((at, end)) => self.log.leave_at(at, end),
            None => self.log.leave(),
        }
    }
}
