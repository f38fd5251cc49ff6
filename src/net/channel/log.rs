use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use tokio::sync::watch;

use crate::event::{ChannelEnd, ChannelLog, Direction, Frame, FrameKind, Payload};
use crate::net::clock::Clock;

/// The most that is kept of one channel, in bytes of its frames.
pub const MAX_CHANNEL_BYTES: u64 = 256 * 1024 * 1024;

/// A channel's log while it grows. Whoever waits for frames is woken by every change.
pub struct Log {
    clock: Clock,
    inner: Mutex<Inner>,
    changes: watch::Sender<u64>,
}

struct Inner {
    log: ChannelLog,
    kept: u64,
}

impl Log {
    pub fn open(clock: Clock, name: &str, protocol: &'static str, url: &str) -> Self {
        let log = ChannelLog {
            name: name.to_owned(),
            protocol,
            url: url.to_owned(),
            opened: clock.now(),
            frames: Vec::new(),
            end: None,
        };
        Self { clock, inner: Mutex::new(Inner { log, kept: 0 }), changes: watch::Sender::new(0) }
    }

    /// Reads the log as it stands.
    pub fn read<T>(&self, read: impl FnOnce(&ChannelLog) -> T) -> T {
        read(&self.lock().log)
    }

    /// Counts the changes; wakes with each.
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }

    /// The connection was opened once more; log and numbers go on.
    pub fn reopen(&self) {
        self.lock().log.end = None;
        self.changes.send_modify(|count| *count += 1);
    }

    /// Keeps a frame; several where it carries several events. `false` when the log is full: the channel must end.
    pub(super) fn add(
        &self,
        direction: Direction,
        kind: FrameKind,
        data: &[u8],
        payloads: Vec<Payload>,
        hidden: bool,
    ) -> bool {
        let data = Bytes::copy_from_slice(data);
        let mut inner = self.lock();
        // Under the lock: whoever reads the log at an instant has seen all that arrived up to it.
        let at = self.clock.now();
        inner.kept += data.len() as u64 + 64;
        let fits = inner.kept <= MAX_CHANNEL_BYTES;
        if fits {
            for payload in payloads {
                let number = inner.log.frames.len() as u32 + 1;
                let frame = Frame { number, at, direction, kind: kind.clone(), data: data.clone(), payload, hidden };
                inner.log.frames.push(Arc::new(frame));
            }
        }
        drop(inner);
        self.changes.send_modify(|count| *count += 1);
        fits
    }

    /// Marks the last frame as a keep-alive, which patterns don't see.
    pub(super) fn hide_last(&self) {
        let mut inner = self.lock();
        if let Some(last) = inner.log.frames.last_mut() {
            let mut frame = (**last).clone();
            frame.hidden = true;
            *last = Arc::new(frame);
        }
    }

    /// The first end counts.
    pub(super) fn end(&self, end: ChannelEnd) {
        let mut inner = self.lock();
        let at = self.clock.now();
        if inner.log.end.is_none() {
            inner.log.end = Some((at, end));
        }
        drop(inner);
        self.changes.send_modify(|count| *count += 1);
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
