use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use super::program::{Program, ROOT};
use super::register::Standing;
use super::thread::{Death, Offer, Offers, Thread};
use super::{Cause, ItemId, Match, Status, Taken};
use crate::event::{ChannelEnd, Frame, Instant};

/// The most ways to match that a machine follows at once, unless something else is asked for.
pub const MAX_THREADS: usize = 1024;

/// What the items of a pattern ask for.
pub trait Fit {
    /// What items capture. Threads with equal captures may merge.
    type Captures: Clone + PartialEq;

    /// Whether the frame is one that the item takes, given what was captured before it: then what is captured after it.
    /// Nevers are asked too; what they capture is dropped. Depends on nothing but its arguments.
    fn fits(&self, item: ItemId, frame: &Frame, captures: &Self::Captures) -> Option<Self::Captures>;
}

/// Until when the outermost block stays current after a match, so that frames can still break its nevers, stated counts and `strictly`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Settling {
    /// Until so long after the match, but never beyond the limits of the whole; nothing settles for zero.
    For(Duration),
    /// As long as frames are given: the caller that gives them knows when others are done.
    WhileFed,
}

/// Matches a log of frames against a pattern, a frame at a time.
///
/// It has no clock: frames carry the time of their arrival, and [`Machine::advance`] says how far the time has come. The outcome depends on
/// the frames and the end of the log alone, not on when the machine learned of them.
#[derive(Clone, Debug)]
pub struct Machine<C> {
    program: Arc<Program>,
    /// In the order of their priority; one that has matched is the last.
    threads: Vec<Thread<C>>,
    deepest: Option<Death<C>>,
    status: Status<C>,
    limit: Option<Instant>,
    settling: Settling,
    /// The last instant at which the outermost block may still be current.
    latest: Option<Instant>,
    /// The way that matched, as long as its match can still be broken.
    matched: Option<Thread<C>>,
    max_threads: usize,
    work: u64,
    /// Where threads with the same key are, while the list of threads is made again.
    index: HashMap<u64, Vec<usize>>,
}

impl<C: Clone + PartialEq> Machine<C> {
    /// Clocks count from `start`. `limit` bounds the whole from outside; like any deadline, it is the last instant in time.
    pub fn new(program: Arc<Program>, start: Instant, limit: Option<Instant>, captures: C) -> Self {
        let thread = Thread::start(&program, start, captures);
        let own = program.within().map(|within| start.saturating_add(within.at_most));
        let latest = [own, limit].into_iter().flatten().min();
        let mut machine = Self {
            program,
            threads: Vec::new(),
            deepest: None,
            status: Status::Running,
            limit,
            settling: Settling::For(Duration::ZERO),
            latest,
            matched: None,
            max_threads: MAX_THREADS,
            work: 0,
            index: HashMap::new(),
        };
        machine.keep_or_bury(thread.clone(), &thread, start);
        machine.conclude(start);
        machine
    }

    pub fn with_max_threads(mut self, max_threads: usize) -> Self {
        self.max_threads = max_threads.max(1);
        self
    }

    /// Must be said before anything else is.
    pub fn with_settling(mut self, settling: Settling) -> Self {
        self.settling = settling;
        self
    }

    /// The next frame of the log. Frames come in the order of their arrival.
    pub fn frame(&mut self, frame: &Frame, fit: &impl Fit<Captures = C>) {
        if self.status.is_running() {
            self.pass(&|due| due < frame.at);
        }
        if !self.status.is_running() {
            return self.settle(frame, fit);
        }
        let threads = self.take_threads();
        let mut offers = Offers::default();
        for thread in threads {
            if self.threads.last().is_some_and(|before| before.done.is_some()) {
                break;
            }
            if let Some(done) = thread.done {
                match self.broken_later(&thread, done, frame, fit) {
                    Some(cause) => self.bury(Death { at: frame.at, cause, thread }),
                    None => self.threads.push(thread),
                }
                break;
            }
            self.work += 1;
            self.step(thread, frame, fit, &mut offers);
        }
        self.conclude(frame.at);
    }

    /// Whether the match is broken by a frame that comes after it.
    fn settle(&mut self, frame: &Frame, fit: &impl Fit<Captures = C>) {
        let Some(thread) = self.matched.take() else { return };
        let Some(done) = thread.done else { return };
        match self.broken_later(&thread, done, frame, fit) {
            Some(cause) => {
                let death = Death { at: frame.at, cause, thread };
                self.status = Status::Failed(death.into_failure(&self.program, self.limit));
            }
            None => self.matched = Some(thread),
        }
    }

    fn broken_later(
        &self,
        thread: &Thread<C>,
        done: Instant,
        frame: &Frame,
        fit: &impl Fit<Captures = C>,
    ) -> Option<Cause> {
        let is_current = match self.settling {
            Settling::WhileFed => true,
            Settling::For(time) => {
                let until = done.saturating_add(time);
                !time.is_zero() && frame.at <= self.latest.map_or(until, |latest| until.min(latest))
            }
        };
        if is_current { thread.broken_later(&self.program, frame, fit) } else { None }
    }

    /// The time has come to `now`: every frame that arrived up to it, at `now` itself included, has been given to [`Machine::frame`].
    pub fn advance(&mut self, now: Instant) {
        if self.status.is_running() {
            self.pass(&|due| due <= now);
        }
    }

    /// The log has ended. After a complete one (see [`is_complete`]) nothing can come any more, which settles every wait;
    /// after any other, what was waited for can't be known to be absent.
    pub fn end(&mut self, at: Instant, end: &ChannelEnd) {
        self.advance(at);
        if !self.status.is_running() {
            return;
        }
        let complete = is_complete(end);
        for mut thread in self.take_threads() {
            if thread.done.is_some() {
                self.threads.push(thread);
                break;
            }
            let before = thread.clone();
            if complete && self.outlasts_the_log(&mut thread, at, end) {
                thread.done = Some(at);
                self.threads.push(thread);
                break;
            }
            self.bury(Death { at, cause: Cause::LogEnded { end: end.clone() }, thread: before });
        }
        self.conclude(at);
    }

    /// The latest instant at which [`Machine::advance`] must be called, unless something else happens before.
    pub fn next_deadline(&self) -> Option<Instant> {
        if !self.status.is_running() {
            return None;
        }
        let dues = self.threads.iter().filter(|thread| thread.done.is_none()).filter_map(|thread| thread.due);
        dues.chain(self.limit).min()
    }

    pub fn status(&self) -> &Status<C> {
        &self.status
    }

    pub fn program(&self) -> &Program {
        &self.program
    }

    /// What is certain already, whichever way the rest goes: the frames taken, from number `from` on.
    /// Empty as long as there are several ways to match.
    pub fn settled(&self, from: usize) -> Vec<Taken<C>> {
        match self.threads.as_slice() {
            [only] if only.history.len() > from => only.history.since(from),
            _ => Vec::new(),
        }
    }

    /// How many times a thread has looked at a frame: what the cost is counted in.
    pub fn work(&self) -> u64 {
        self.work
    }

    pub fn threads(&self) -> usize {
        self.threads.len()
    }

    fn take_threads(&mut self) -> Vec<Thread<C>> {
        self.index.clear();
        std::mem::take(&mut self.threads)
    }

    fn step(&mut self, thread: Thread<C>, frame: &Frame, fit: &impl Fit<Captures = C>, offers: &mut Offers<C>) {
        let program = Arc::clone(&self.program);
        thread.offers(&program, frame, fit, offers);
        let forbidden = thread.forbidden(&program, &thread.regs, frame, fit);
        if offers.list.is_empty() {
            let mut broken = thread.misplaced(&program, frame, fit, &offers.early);
            broken.extend(forbidden);
            self.pass_over(thread, broken, frame.at);
            return;
        }
        for offer in offers.list.drain(..) {
            let broken = match &offer.regs {
                Some(regs) => thread.forbidden(&program, regs, frame, fit),
                None => forbidden.clone(),
            };
            self.take(&thread, offer, broken, frame);
            if self.threads.last().is_some_and(|last| last.done.is_some()) {
                return;
            }
        }
    }

    fn pass_over(&mut self, mut thread: Thread<C>, broken: Vec<(usize, Cause)>, at: Instant) {
        if broken.is_empty() {
            self.keep(thread);
            return;
        }
        let before = thread.clone();
        let program = Arc::clone(&self.program);
        let mut mover = thread.mover(&program);
        broken.into_iter().for_each(|(ix, cause)| mover.kill(ix, cause));
        mover.settle(ROOT, at);
        self.keep_or_bury(thread, &before, at);
    }

    fn take(&mut self, thread: &Thread<C>, offer: Offer<C>, broken: Vec<(usize, Cause)>, frame: &Frame) {
        let program = Arc::clone(&self.program);
        let mut next = thread.clone();
        if let Some(regs) = offer.regs {
            next.regs = regs;
        }
        if let super::program::Kind::Item { id, .. } = &program.op(offer.item).kind {
            next.history.push(*id, frame.number, frame.at, offer.captures.clone());
        }
        next.captures = offer.captures;
        next.mover(&program).take(offer.item, frame.number, frame.at, broken);
        self.keep_or_bury(next, thread, frame.at);
    }

    fn keep_or_bury(&mut self, mut thread: Thread<C>, before: &Thread<C>, at: Instant) {
        if thread.note(&self.program, at) {
            self.keep(thread);
        } else {
            let cause = thread.cause(&self.program, at);
            self.bury(Death { at, cause, thread: before.clone() });
        }
    }

    /// Keeps a thread behind those of higher priority, unless one of them is like it.
    fn keep(&mut self, thread: Thread<C>) {
        if self.threads.is_empty() {
            self.threads.push(thread);
            return;
        }
        if self.index.is_empty() {
            let first = self.threads.first().map(|first| first.key(&self.program));
            self.index.extend(first.map(|key| (key, vec![0])));
        }
        let alike = self.index.entry(thread.key(&self.program)).or_default();
        if !alike.iter().any(|other| self.threads[*other].is_like(&thread, &self.program)) {
            alike.push(self.threads.len());
            self.threads.push(thread);
        }
    }

    /// Of the threads that died, the one that came furthest explains the failure: the first of those that took most, died last.
    fn bury(&mut self, death: Death<C>) {
        let rank = |death: &Death<C>| (death.thread.history.len(), death.at);
        if self.deepest.as_ref().is_none_or(|deepest| rank(&death) > rank(deepest)) {
            self.deepest = Some(death);
        }
    }

    /// Lets the threads' deadlines pass, in their order, as far as `is_over` says.
    fn pass(&mut self, is_over: &dyn Fn(Instant) -> bool) {
        let limit = self.limit.filter(|limit| is_over(*limit));
        if limit.is_none() && !self.threads.iter().any(|thread| thread.due.is_some_and(is_over)) {
            return;
        }
        let program = Arc::clone(&self.program);
        let mut latest = None;
        for mut thread in self.take_threads() {
            let mut alive = true;
            while alive
                && let Some(due) = thread.due.filter(|due| is_over(*due) && limit.is_none_or(|limit| *due <= limit))
            {
                let before = thread.clone();
                let due = due.max(thread.now);
                thread.mover(&program).pass(due);
                latest = latest.max(Some(due));
                alive = thread.note(&program, due);
                if !alive {
                    let cause = thread.cause(&program, due);
                    self.bury(Death { at: due, cause, thread: before });
                }
            }
            if let Some(limit) = limit.filter(|_| alive && thread.done.is_none()) {
                latest = latest.max(Some(limit));
                alive = can_end(&program, &thread);
                if alive {
                    thread.done = Some(limit);
                } else {
                    self.bury(Death {
                        at: limit,
                        cause: Cause::LimitReached { deadline: limit },
                        thread: thread.clone(),
                    });
                }
            }
            let done = thread.done.is_some();
            if alive {
                self.keep(thread);
            }
            if done {
                break;
            }
        }
        self.conclude(latest.unwrap_or_default());
    }

    /// With nothing more to come, whether the waits of a thread end well.
    fn outlasts_the_log(&self, thread: &mut Thread<C>, at: Instant, end: &ChannelEnd) -> bool {
        let program = Arc::clone(&self.program);
        let cause = Cause::LogEnded { end: end.clone() };
        thread.mover(&program).end_of_log(at, &cause);
        if !thread.note(&program, at) {
            return false;
        }
        while let Some(due) = thread.due {
            let due = due.max(thread.now);
            thread.mover(&program).pass(due);
            thread.mover(&program).end_of_log(due, &cause);
            if !thread.note(&program, due) {
                return false;
            }
        }
        thread.done.is_some() || can_end(&program, thread)
    }

    fn conclude(&mut self, at: Instant) {
        let Some(first) = self.threads.first() else {
            if let Some(death) = self.deepest.take() {
                self.status = Status::Failed(death.into_failure(&self.program, self.limit));
            }
            return;
        };
        if let Some(done) = first.done {
            let taken = first.history.since(0);
            self.matched = Some(first.clone());
            self.status = Status::Matched(Match { taken, captures: first.captures.clone(), at: done });
        } else if self.threads.len() > self.max_threads {
            let thread = first.clone();
            let death = Death { at, cause: Cause::TooManyThreads { limit: self.max_threads }, thread };
            self.status = Status::Failed(death.into_failure(&self.program, self.limit));
        }
        if !self.status.is_running() {
            self.threads.clear();
            self.deepest = None;
        }
    }
}

/// Whether an end of the log says that it is complete: the peer ended it in good order, or we did. A connection that was lost or cut, or closed with
/// an error code, doesn't: what was waited for may just not have been sent any more.
pub fn is_complete(end: &ChannelEnd) -> bool {
    match end {
        ChannelEnd::Closed { code, by_us, .. } => *by_us || *code == 1000,
        ChannelEnd::Ended | ChannelEnd::Dropped => true,
        ChannelEnd::Lost { .. } | ChannelEnd::CutOff { .. } | ChannelEnd::Failed { .. } => false,
    }
}

/// Whether the thread has all that it needs, so that waiting longer could only have broken it.
fn can_end<C>(program: &Program, thread: &Thread<C>) -> bool {
    match program.standing(&thread.regs, ROOT) {
        Standing::Ended | Standing::Full | Standing::Satisfied => true,
        Standing::Running => program.only_waits(ROOT),
        Standing::Dead => false,
    }
}
