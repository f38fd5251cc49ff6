//! What secrets are in that came in several frames: each part may be shown without the others, where a frame is quoted or what was captured of it is used.
//!
//! They are looked for when an attempt is over, before anything is said of it, and once more when the run is: in the frames of what failed, for what turned out to be a
//! secret only later.

use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

use crate::event::{ChannelLog, Frame, flows};
use crate::judge::ChannelRecord;
use crate::source::Sources;
use crate::value::SecretSink;

/// How much of what channels carried is looked through for parts, of one channel, in bytes; and how much of it is kept to be looked through again, of a run.
const LOOKED_THROUGH: usize = 2 << 20;
const MOST_KEPT: usize = 64 << 20;

/// What channels carried that diagnostics may quote.
#[derive(Default)]
pub(super) struct Quoted(Mutex<Kept>);

#[derive(Default)]
struct Kept {
    logs: Vec<ChannelLog>,
    bytes: usize,
}

impl Quoted {
    /// Keeps them until the run is over, of a long one its ends.
    pub fn keep(&self, logs: Vec<ChannelLog>) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for log in logs {
            let log = ChannelRecord::of(log, Vec::new()).log;
            let bytes: usize = log.frames.iter().map(|frame| frame.data.len()).sum();
            if kept.bytes.saturating_add(bytes) <= MOST_KEPT {
                kept.bytes += bytes;
                kept.logs.push(log);
            }
        }
    }

    /// All that was kept.
    pub fn take(&self) -> Vec<ChannelLog> {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner).logs)
    }
}

/// Learns the parts of secrets that came in several frames.
pub(super) fn learn(logs: &[ChannelLog], secrets: &dyn SecretSink, sources: &Sources) {
    logs.iter().for_each(|log| learn_of(log, secrets, sources));
}

fn learn_of(log: &ChannelLog, secrets: &dyn SecretSink, sources: &Sources) {
    let mut left = LOOKED_THROUGH;
    let fits = |frame: &&Arc<Frame>| match left.checked_sub(frame.data.len()) {
        Some(rest) => {
            left = rest;
            true
        }
        None => false,
    };
    let frames = log.frames.iter().take_while(fits);
    for flow in flows(frames.map(|frame| (frame.direction, &frame.kind, &frame.data))) {
        for found in secrets.found(&flow.text) {
            let Some(whole) = flow.text.get(found.clone()) else { continue };
            for (_, part) in flow.parts(&found) {
                add(secrets, sources, whole, part.start - found.start..part.end - found.start);
            }
        }
        // The rest is still to come, or never did, or came with something else between.
        for (_, frame) in &flow.frames {
            let Some(text) = flow.text.get(frame.clone()) else { continue };
            if let Some((start, whole)) = secrets.unfinished(text) {
                add(secrets, sources, &whole, 0..text.len() - start);
                add(secrets, sources, &whole, text.len() - start..whole.len());
            }
        }
    }
}

/// What a spec says is shown anyway.
fn add(secrets: &dyn SecretSink, sources: &Sources, whole: &str, part: Range<usize>) {
    let at = part.start;
    // A character may have come in two frames.
    let Some(part) = whole.get(part) else { return };
    if !sources.iter().any(|source| source.text.contains(part)) {
        secrets.add_part(part, whole, at);
    }
}
