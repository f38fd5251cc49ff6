use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::future::join_all;

use crate::diag::Diagnostic;
use crate::event::{ChannelEnd, ChannelLog, Instant};
use crate::judge::load::{Channel as Measured, Earlier};
use crate::judge::{ChannelRecord, FrameMatch};
use crate::plan::OpenChannel;
use crate::value::Value;
pub(super) use crate::world::HURRIED_WORDS;
use crate::world::{Channel, Log, Naming, Outgoing, ReplyTo};

/// The close code of one who leaves (RFC 6455, section 7.4.1).
pub(super) const GOING_AWAY: u16 = 1001;
/// The longest that what was sent may take to go out, when a channel ends.
pub(super) const LAST_WORDS: Duration = Duration::from_secs(1);
const MOST_FAULTS: usize = 8;

/// The channels of one attempt at a test, in the order they were opened; a handle is an index.
#[derive(Default)]
pub(super) struct Channels {
    list: Mutex<Vec<Arc<Opened>>>,
    marks: Mutex<Vec<Mark>>,
    faults: Arc<Mutex<Vec<Diagnostic>>>,
    /// Of a user of a load.
    are_measured: bool,
}

/// Where the readers of channels report what goes wrong with their keep-alives. It knows nothing of the channels, which would keep each other alive.
#[derive(Clone)]
pub(super) struct Faults(Arc<Mutex<Vec<Diagnostic>>>);

impl Faults {
    pub fn report(&self, fault: Diagnostic) {
        let mut faults = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !faults.iter().any(|known| known.span == fault.span) && faults.len() < MOST_FAULTS {
            faults.push(fault);
        }
    }
}

/// The channels that a call of a flow, or a round of an `eventually`, has opened: they end with it, whichever others are opened meanwhile.
/// All threads of control of the call share it.
#[derive(Clone, Default)]
pub(super) struct Owned(Arc<Mutex<Vec<u32>>>);

impl Owned {
    pub fn add(&self, handle: u32) {
        self.lock().push(handle);
    }

    /// Gives up what is given back by the call, or all: to the caller.
    pub fn give_up(&self, to: &Owned, is_given: impl Fn(u32) -> bool) {
        let given: Vec<u32> = self.lock().extract_if(.., |handle| is_given(*handle)).collect();
        to.lock().extend(given);
    }

    /// What is still owned.
    pub fn take(&self) -> Vec<u32> {
        std::mem::take(&mut *self.lock())
    }

    fn lock(&self) -> MutexGuard<'_, Vec<u32>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whatever a call still owns is given up with it, even if it is cut off by a deadline; in time, `Executor::end` closes it properly first.
pub(super) struct Ending<'a> {
    pub owned: Owned,
    pub channels: &'a Channels,
}

impl Drop for Ending<'_> {
    fn drop(&mut self) {
        self.channels.abandon(&self.owned.take());
    }
}

/// The handles of the channels that a value holds.
pub(super) fn handles(value: &Value) -> Vec<u32> {
    match value {
        Value::Channel(handle) => vec![*handle],
        Value::List(values) => values.iter().flat_map(handles).collect(),
        Value::Object(fields) => fields.iter().flat_map(|(_, value)| handles(value)).collect(),
        _ => Vec::new(),
    }
}

/// A channel that was opened, with what is needed to judge it and to open it again.
pub(super) struct Opened {
    pub plan: Arc<OpenChannel>,
    pub outgoing: Outgoing,
    pub naming: Naming,
    pub replies: Option<ReplyTo>,
    pub log: Arc<Log>,
    state: Mutex<State>,
}

struct State {
    channel: Option<Box<dyn Channel>>,
    /// How many frames of the log have been consumed.
    cursor: usize,
    /// The later of the opening and the last send: what the clocks of expectations count from.
    since: Instant,
    matches: Vec<FrameMatch>,
    /// Of the frames that were given up.
    earlier: Earlier,
}

/// A named instant, and where every channel was at it.
#[derive(Clone, Debug)]
pub(super) struct Mark {
    pub at: Instant,
    /// The numbers of their last frames.
    pub lengths: HashMap<usize, usize>,
}

impl Opened {
    pub fn new(
        plan: Arc<OpenChannel>,
        outgoing: Outgoing,
        naming: Naming,
        replies: Option<ReplyTo>,
        log: Arc<Log>,
        channel: Box<dyn Channel>,
    ) -> Self {
        let since = log.read(|log| log.opened);
        let state =
            State { channel: Some(channel), cursor: 0, since, matches: Vec::new(), earlier: Earlier::default() };
        Self { plan, outgoing, naming, replies, log, state: Mutex::new(state) }
    }

    pub fn with_channel<T>(&self, act: impl FnOnce(&dyn Channel) -> T) -> Option<T> {
        self.lock().channel.as_deref().map(act)
    }

    pub fn reopened(&self, channel: Box<dyn Channel>, now: Instant) {
        let mut state = self.lock();
        state.channel = Some(channel);
        state.since = now;
    }

    pub fn sent(&self, now: Instant) {
        self.lock().since = now;
    }

    pub fn since(&self) -> Instant {
        self.lock().since
    }

    pub fn cursor(&self) -> usize {
        self.lock().cursor
    }

    pub fn consumed(&self, cursor: usize, matches: Vec<FrameMatch>) {
        let mut state = self.lock();
        state.cursor = state.cursor.max(cursor);
        state.matches.extend(matches);
    }

    pub fn matched(&self, matches: Vec<FrameMatch>) {
        self.lock().matches.extend(matches);
    }

    /// Leaves the connection, if there still is one: what was sent goes out first, for at most `budget`, and a close frame with `code` behind it.
    pub async fn leave(&self, code: Option<u16>, budget: Duration) {
        let channel = self.lock().channel.take();
        if let Some(channel) = channel {
            channel.leave(code, budget).await;
        }
    }

    /// Gives up the frames that no expectation looks at any more: those up to its cursor, unless a mark is before them.
    fn forget(&self, marked: Option<usize>) {
        let mut state = self.lock();
        let number = state.cursor.min(marked.unwrap_or(usize::MAX));
        let number = u32::try_from(number).unwrap_or(u32::MAX);
        state.earlier.take(&self.log.forget(number));
        state.matches.retain(|one| one.frame > number);
    }

    fn abandon(&self) {
        self.lock().channel.take();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Channels {
    /// Those of a user of a load, in which a match holds at once: settling would be most of the time of a round.
    pub fn measured_ones() -> Self {
        Self { are_measured: true, ..Self::default() }
    }

    pub fn are_measured(&self) -> bool {
        self.are_measured
    }

    pub fn add(&self, opened: Opened) -> u32 {
        let mut list = self.lock();
        list.push(Arc::new(opened));
        list.len() as u32 - 1
    }

    pub fn get(&self, handle: u32) -> Option<Arc<Opened>> {
        self.lock().get(handle as usize).cloned()
    }

    /// Ends channels by their handles, all at once: each is closed as by someone who goes away (RFC 6455, section 7.4.1).
    pub async fn close(&self, handles: &[u32], budget: Duration) {
        let ending: Vec<Arc<Opened>> = handles.iter().filter_map(|handle| self.get(*handle)).collect();
        join_all(ending.iter().map(|opened| opened.leave(Some(GOING_AWAY), budget))).await;
    }

    /// A list of its own that begins with these: what is opened there is in it alone.
    pub fn branch(&self) -> Self {
        let marks = self.marks.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let (list, faults) = (Mutex::new(self.lock().clone()), self.faults.clone());
        Self { list, marks: Mutex::new(marks), faults, are_measured: self.are_measured }
    }

    /// The number of the last frame of each of them.
    pub fn last_numbers(&self) -> Vec<u32> {
        self.lock().iter().map(|opened| opened.log.last_number()).collect()
    }

    /// Gives up what no expectation looks at any more: they may be open as long as a load lasts.
    pub fn forget(&self) {
        let marks = self.marks.lock().unwrap_or_else(PoisonError::into_inner).clone();
        for (place, opened) in self.lock().iter().enumerate() {
            // Of a channel that was opened behind a mark, all is behind it.
            let marked = marks.iter().map(|mark| mark.lengths.get(&place).copied().unwrap_or(0)).min();
            opened.forget(marked);
        }
    }

    /// Ends those behind the first ones.
    pub async fn close_behind(&self, first: usize, budget: Duration) {
        let handles: Vec<u32> = (0..).zip(self.lock().iter()).map(|(handle, _)| handle).skip(first).collect();
        if !handles.is_empty() {
            self.close(&handles, budget).await;
        }
    }

    /// What each of them carried behind the frames with these numbers.
    pub fn measured(&self, before: &[u32]) -> Vec<Measured> {
        let all = self.lock();
        let before = |at: usize| before.get(at).copied().unwrap_or(0);
        let fresh = all.iter().enumerate().filter(|(at, opened)| opened.log.last_number() > before(*at));
        let measured = fresh.map(|(at, opened)| {
            let state = opened.lock();
            Measured {
                before: before(at),
                log: opened.log.read(Clone::clone),
                matches: state.matches.clone(),
                earlier: state.earlier.clone(),
            }
        });
        measured.collect()
    }

    /// Ends all channels at the end of the test.
    pub async fn close_all(&self, budget: Duration) {
        let all: Vec<u32> = (0..).zip(self.lock().iter()).map(|(handle, _)| handle).collect();
        self.close(&all, budget).await;
    }

    /// Gives channels up at once, where no time is left for anything else.
    fn abandon(&self, handles: &[u32]) {
        handles.iter().filter_map(|handle| self.get(*handle)).for_each(|opened| opened.abandon());
    }

    /// Where faults of what answers keep-alives are reported, which no step waits for.
    pub fn faults(&self) -> Faults {
        Faults(self.faults.clone())
    }

    pub fn has_faults(&self) -> bool {
        !self.faults.lock().unwrap_or_else(PoisonError::into_inner).is_empty()
    }

    pub fn take_faults(&self) -> Vec<Diagnostic> {
        std::mem::take(&mut *self.faults.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub fn mark(&self, at: Instant) -> usize {
        let lengths =
            self.lock().iter().enumerate().map(|(index, opened)| (index, opened.log.last_number() as usize)).collect();
        let mut marks = self.marks.lock().unwrap_or_else(PoisonError::into_inner);
        marks.push(Mark { at, lengths });
        marks.len() - 1
    }

    pub fn marked(&self, index: usize) -> Option<Mark> {
        self.marks.lock().unwrap_or_else(PoisonError::into_inner).get(index).cloned()
    }

    /// How much of memory the frames of all channels take, in bytes.
    pub fn size(&self) -> u64 {
        self.lock().iter().map(|opened| opened.log.size()).sum()
    }

    /// All channels with their handles, as they are.
    pub fn logs(&self) -> Vec<(u32, ChannelLog)> {
        (0..).zip(self.lock().iter()).map(|(handle, opened)| (handle, opened.log.read(Clone::clone))).collect()
    }

    /// The same, as far as they were at an instant.
    pub fn logs_at(&self, at: Instant) -> Vec<(u32, ChannelLog)> {
        let mut logs = self.logs();
        for (_, log) in &mut logs {
            let came = log.frames.iter().take_while(|frame| frame.at <= at).count();
            log.frames.truncate(came);
            log.end = log.end.take_if(|(ended, _)| *ended <= at);
        }
        logs
    }

    pub fn records(&self) -> Vec<ChannelRecord> {
        self.lock()
            .iter()
            .map(|opened| ChannelRecord::of(opened.log.read(Clone::clone), opened.lock().matches.clone()))
            .collect()
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Arc<Opened>>> {
        self.list.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How an end reads in a sentence: `closed with 1011 (internal error)`.
pub(super) fn end_words(end: &ChannelEnd) -> String {
    match end {
        ChannelEnd::Closed { code, reason, .. } if reason.is_empty() => format!("closed with {code}"),
        ChannelEnd::Closed { code, reason, .. } => format!("closed with {code} ({})", crate::diag::sanitize(reason)),
        ChannelEnd::Lost { message } | ChannelEnd::CutOff { message } | ChannelEnd::Failed { message, .. } => {
            crate::diag::sanitize(message)
        }
        ChannelEnd::Ended => "ended".to_owned(),
        ChannelEnd::Dropped => "dropped by this test".to_owned(),
    }
}
