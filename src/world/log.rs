use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::Notify;

use super::budget::{Budget, Share};
use super::{Time, cost};
use crate::event::{ChannelEnd, ChannelLog, Direction, Frame, FrameKind, Instant, Payload};
use crate::value::format_size;

/// The most that is kept of one channel, in bytes of memory that its frames take.
pub const MAX_CHANNEL_BYTES: u64 = 192 * 1024 * 1024;

/// Looks for secrets in what is received, before anyone else gets to see it.
pub type Learn = Box<dyn Fn(&[u8]) + Send + Sync>;

/// A channel's log while it grows. Each waiter for frames is woken by every change.
pub struct Log {
    clock: Arc<dyn Time>,
    learn: Learn,
    inner: Mutex<Inner>,
    changes: AtomicU64,
    /// Wakes who waits for a change. tokio's `watch` would take ten times as much room, and there are thousands of logs in a load.
    changed: Notify,
}

/// The changes of a log, from a certain one on.
pub struct Changes {
    log: Arc<Log>,
    seen: u64,
}

impl Changes {
    /// Waits for a change that hasn't been seen.
    pub async fn changed(&mut self) {
        loop {
            let mut changed = std::pin::pin!(self.log.changed.notified());
            // Before the look: no change can fall between the two.
            changed.as_mut().enable();
            let now = self.log.changes.load(Ordering::Acquire);
            if now != self.seen {
                self.seen = now;
                return;
            }
            changed.await;
        }
    }

    /// Has seen all up to now.
    pub fn mark_unchanged(&mut self) {
        self.seen = self.log.changes.load(Ordering::Acquire);
    }
}

/// Whether a socket has nothing to read.
pub type IsQuiet = Box<dyn Fn() -> bool + Send + Sync>;

struct Inner {
    log: ChannelLog,
    /// How many frames there were before the first one of the log.
    forgotten: usize,
    kept: u64,
    /// What is kept, as the run counts it. Given back with the log: what is reported about it afterwards is small.
    share: Share,
    /// Which of the channel's connections writes: what an earlier one still reads is none of the log's.
    connection: u32,
    /// What arrived at this instant isn't all in the log yet.
    unsettled: Option<Instant>,
    /// Whether the socket has nothing that hasn't been read: what this process was too late to read has arrived all the same.
    is_quiet: IsQuiet,
    /// Up to when the log was complete when it was last asked.
    complete: Instant,
    /// When what was read last arrived, and all of it is in the log.
    settled: Instant,
    /// From which frame on, by index, it is only known that frames arrived behind an instant, and when they were read.
    behind: Vec<(usize, Instant)>,
    /// A close frame came, and whether it was the last thing to come isn't known yet.
    closing: Option<(Instant, ChannelEnd)>,
    /// The close frame that came.
    close: Option<(Instant, ChannelEnd)>,
}

impl Log {
    pub fn open(
        clock: Arc<dyn Time>,
        opened: Instant,
        budget: &Budget,
        name: &str,
        protocol: &'static str,
        url: &str,
        learn: Learn,
    ) -> Self {
        let log =
            ChannelLog { name: name.to_owned(), protocol, url: url.to_owned(), opened, frames: Vec::new(), end: None };
        let inner = Inner {
            complete: log.opened,
            settled: log.opened,
            log,
            forgotten: 0,
            kept: 0,
            share: budget.share(),
            connection: 0,
            unsettled: None,
            is_quiet: Box::new(|| true),
            behind: Vec::new(),
            closing: None,
            close: None,
        };
        Self { clock, learn, inner: Mutex::new(inner), changes: AtomicU64::new(0), changed: Notify::new() }
    }

    /// Reads the log as it is.
    pub fn read<T>(&self, read: impl FnOnce(&ChannelLog) -> T) -> T {
        read(&self.lock().log)
    }

    /// The number of the last frame, from 1; 0 where none has come.
    pub fn last_number(&self) -> u32 {
        let inner = self.lock();
        inner.number_at(inner.log.frames.len()) - 1
    }

    /// Where the frame behind the one with this number is, or will be.
    pub fn place_behind(&self, number: u32) -> usize {
        (number as usize).saturating_sub(self.lock().forgotten)
    }

    /// Gives up the frames up to this number, which no one looks at any more; the others keep their numbers. What was given up.
    pub fn forget(&self, number: u32) -> Vec<Arc<Frame>> {
        let mut inner = self.lock();
        let count = (number as usize).saturating_sub(inner.forgotten).min(inner.log.frames.len());
        if count == 0 {
            return Vec::new();
        }
        let gone: Vec<Arc<Frame>> = inner.log.frames.drain(..count).collect();
        inner.forgotten += count;
        // Of an instant behind which frames arrived, the first of those that are left is the first.
        let last = inner.behind.partition_point(|(from, _)| *from <= count).saturating_sub(1);
        inner.behind.drain(..last);
        inner.behind.iter_mut().for_each(|(from, _)| *from = from.saturating_sub(count));
        let mut freed = 0;
        for (at, one) in gone.iter().enumerate() {
            freed += cost::of_frame(&one.kind, &one.payload);
            // The frames of one message share what was read, which the last of them gives up.
            let next = gone.get(at + 1).or(inner.log.frames.first());
            if next.is_none_or(|next| next.data.as_ptr() != one.data.as_ptr()) {
                freed += one.data.len() as u64;
            }
        }
        inner.kept = inner.kept.saturating_sub(freed);
        inner.share.shrink(freed);
        gone
    }

    /// How much of memory its frames take, in bytes.
    pub fn size(&self) -> u64 {
        self.lock().kept
    }

    /// Counts the changes; wakes with each.
    pub fn changes(self: &Arc<Self>) -> Changes {
        Changes { log: self.clone(), seen: self.changes.load(Ordering::Acquire) }
    }

    /// Up to which instant the log is complete, at most `now`, which must not be in the future. What was read from the socket may still be on its
    /// way here, and what arrived may still be in the socket. A later look finds more, and a change wakes who waits for it.
    pub fn known(&self, now: Instant) -> Instant {
        let mut inner = self.lock();
        if let (None, Some((closing, _))) = (inner.unsettled, &inner.closing) {
            return before(*closing).min(now);
        }
        // What is being read may have arrived before it was read.
        if inner.unsettled.is_some() || (inner.log.end.is_none() && !(inner.is_quiet)()) {
            return inner.complete.min(now);
        }
        inner.complete = inner.complete.max(now);
        now
    }

    /// Up to which instant all frames that have been read are in the log, at most `now`. Nothing follows from it for what isn't there: on a channel
    /// that is sent more than can be read, much may have arrived by then.
    pub fn readable(&self, now: Instant) -> Instant {
        let inner = self.lock();
        let open = [inner.unsettled, inner.closing.as_ref().map(|(at, _)| *at)].into_iter().flatten().min();
        match open {
            Some(open) => before(open).min(now),
            None if inner.log.end.is_none() && !(inner.is_quiet)() => inner.complete.max(inner.settled).min(now),
            None => now,
        }
    }

    /// Behind which instant a frame arrived, by its index: its own time is when it was read, and this process may have been late.
    pub fn not_before(&self, index: usize) -> Instant {
        let inner = self.lock();
        let place = inner.behind.partition_point(|(from, _)| *from <= index);
        place.checked_sub(1).and_then(|place| inner.behind.get(place)).map_or(inner.log.opened, |(_, at)| *at)
    }

    /// How the channel ended, as soon as anything says so.
    pub fn ending(&self) -> Option<ChannelEnd> {
        let inner = self.lock();
        inner.log.end.as_ref().or(inner.closing.as_ref()).map(|(_, end)| end.clone())
    }

    /// A close frame that came and wasn't the last thing to come.
    pub fn not_the_last(&self) -> Option<(Instant, ChannelEnd)> {
        let inner = self.lock();
        inner.close.clone().filter(|close| inner.log.end.as_ref() != Some(close))
    }

    /// Takes a close frame for the last thing to come, though that isn't known yet; whether one came of which it isn't.
    pub fn take_for_closed(&self) -> bool {
        let mut inner = self.lock();
        let Some(closing) = inner.closing.take() else { return false };
        inner.log.end.get_or_insert(closing);
        drop(inner);
        self.change();
        true
    }

    /// The way for a new connection to write; what was the end isn't any more.
    pub fn connect(self: &Arc<Self>, is_quiet: IsQuiet) -> Pen {
        let mut inner = self.lock();
        inner.connection += 1;
        inner.is_quiet = is_quiet;
        (inner.unsettled, inner.closing, inner.close, inner.log.end) = (None, None, None, None);
        let connection = inner.connection;
        drop(inner);
        self.change();
        Pen { log: self.clone(), connection }
    }

    /// This test leaves: whatever still comes is none of the log's.
    pub fn leave(&self) {
        self.leave_at(self.clock.now(), ChannelEnd::Dropped);
    }

    /// The same, where it is known when it left and how the channel ended.
    pub fn leave_at(&self, at: Instant, end: ChannelEnd) {
        let mut inner = self.lock();
        inner.connection += 1;
        inner.unsettled = None;
        let closing = inner.closing.take();
        if inner.log.end.is_none() {
            inner.log.end = Some(closing.unwrap_or((at, end)));
        }
        drop(inner);
        self.change();
    }

    fn change(&self) {
        self.changes.fetch_add(1, Ordering::AcqRel);
        self.changed.notify_waiters();
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The last instant before another.
fn before(at: Instant) -> Instant {
    at.saturating_sub(Duration::from_nanos(1))
}

impl Inner {
    /// The number of the frame at a place.
    fn number_at(&self, place: usize) -> u32 {
        u32::try_from(self.forgotten.saturating_add(place)).unwrap_or(u32::MAX).saturating_add(1)
    }

    /// # Errors
    /// There is no room for so many bytes more: whose limit it is.
    fn keep(&mut self, bytes: u64) -> Result<(), String> {
        self.kept = self.kept.saturating_add(bytes);
        if self.kept > MAX_CHANNEL_BYTES {
            return Err(full());
        }
        self.share.grow(bytes).map_err(|_| format!("more arrived than is kept: {}", self.share.words()))
    }
}

/// More came than is kept of one channel.
pub fn full() -> String {
    format!("more arrived than is kept of one channel ({} of memory)", format_size(MAX_CHANNEL_BYTES))
}

/// One connection's way to write into the log. It goes dry when the connection is left.
#[derive(Clone)]
pub struct Pen {
    log: Arc<Log>,
    connection: u32,
}

impl Pen {
    /// Something was read from the socket, at this instant. Until [`Pen::settle`], no one takes the log for complete.
    pub fn arrive(&self) -> Instant {
        let mut inner = self.log.lock();
        // Under the lock: a reader that asks how far the log is complete knows of all that arrived before.
        let now = self.log.clock.now();
        if inner.connection == self.connection {
            inner.unsettled = Some(now);
            let (next, complete) = (inner.log.frames.len(), inner.complete);
            if inner.behind.last().is_none_or(|(_, known)| *known < complete) {
                inner.behind.push((next, complete));
            }
        }
        now
    }

    /// The same, of what is known to have arrived behind an instant.
    pub fn arrive_behind(&self, behind: Instant) {
        let mut inner = self.log.lock();
        if inner.connection == self.connection {
            inner.unsettled = Some(self.log.clock.now());
            let next = inner.log.frames.len();
            inner.behind.push((next, behind));
        }
    }

    /// It is known that nothing more arrived until an instant, which may be yet to come.
    pub fn nothing_until(&self, at: Instant) {
        let mut inner = self.log.lock();
        if inner.connection == self.connection {
            inner.complete = inner.complete.max(at);
        }
    }

    /// All that arrived is in the log.
    pub fn settle(&self) {
        let mut inner = self.log.lock();
        if inner.connection != self.connection {
            return;
        }
        if let Some(at) = inner.unsettled.take() {
            inner.settled = at;
        }
        drop(inner);
        self.log.change();
    }

    /// Keeps what arrived; several frames where it carries several events.
    ///
    /// # Errors
    /// The log or the run's memory is full: the channel must end, with these words.
    pub fn received(
        &self,
        at: Instant,
        kind: FrameKind,
        data: Bytes,
        payloads: Vec<Payload>,
        hidden: bool,
    ) -> Result<(), String> {
        (self.log.learn)(&data);
        self.add(Some(at), Direction::Received, kind, data, payloads, hidden)
    }

    /// Keeps what goes out now.
    pub fn sent(&self, kind: FrameKind, data: Bytes, payloads: Vec<Payload>, hidden: bool) {
        self.keep_sent(None, kind, data, payloads, hidden);
    }

    /// Keeps what went out at an instant.
    pub fn sent_at(&self, at: Instant, kind: FrameKind, data: Bytes, payloads: Vec<Payload>, hidden: bool) {
        self.keep_sent(Some(at), kind, data, payloads, hidden);
    }

    fn keep_sent(&self, at: Option<Instant>, kind: FrameKind, data: Bytes, payloads: Vec<Payload>, hidden: bool) {
        match self.add(at, Direction::Sent, kind, data, payloads, hidden) {
            Ok(()) => self.log.change(),
            Err(message) => self.end(self.now(), ChannelEnd::too_large(message)),
        }
    }

    fn add(
        &self,
        at: Option<Instant>,
        direction: Direction,
        kind: FrameKind,
        data: Bytes,
        payloads: Vec<Payload>,
        hidden: bool,
    ) -> Result<(), String> {
        // Before the lock, which no one may hold for as long as a frame is large.
        let costs: Vec<u64> = payloads.iter().map(|payload| cost::of_frame(&kind, payload)).collect();
        let mut inner = self.log.lock();
        if inner.connection != self.connection {
            return Ok(());
        }
        let at = at.unwrap_or_else(|| self.log.clock.now());
        inner.keep(data.len() as u64)?;
        let last = payloads.len();
        // What is cloned takes room to be counted in; most frames are alone.
        let mut whole = Some((kind, data));
        for (nth, (payload, cost)) in payloads.into_iter().zip(costs).enumerate() {
            inner.keep(cost)?;
            let number = inner.number_at(inner.log.frames.len());
            let shared = if nth + 1 == last { whole.take() } else { whole.clone() };
            let Some((kind, data)) = shared else { break };
            inner.log.frames.push(Arc::new(Frame { number, at, direction, kind, data, payload, hidden }));
        }
        Ok(())
    }

    /// A close frame came; [`Pen::end`] follows, when it is known whether it was the last thing to come.
    pub fn closing(&self, at: Instant, end: ChannelEnd) {
        let mut inner = self.log.lock();
        if inner.connection == self.connection {
            inner.unsettled = None;
            inner.close = Some((at, end.clone()));
            inner.closing = Some((at, end));
        }
        drop(inner);
        self.log.change();
    }

    /// The close frame was the last thing to come: it is the end, from when it arrived.
    pub fn closed(&self) {
        if self.log.lock().connection == self.connection {
            self.log.take_for_closed();
        }
    }

    /// The first end counts.
    pub fn end(&self, at: Instant, end: ChannelEnd) {
        let mut inner = self.log.lock();
        if inner.connection != self.connection {
            return;
        }
        (inner.unsettled, inner.closing) = (None, None);
        inner.log.end.get_or_insert((at, end));
        drop(inner);
        self.log.change();
    }

    pub fn now(&self) -> Instant {
        self.log.clock.now()
    }
}
