//! What secrets are in that came in several frames: each part may be shown without the others, where a frame is quoted or what was captured of it is used.
//!
//! They are looked for when an attempt is over, before anything is said of it, and once more when the run is: in the frames of what failed, for what turned out to be a
//! secret only later.

use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;

use crate::event::{ChannelLog, Frame, flows};
use crate::judge::ChannelRecord;
use crate::source::Sources;
use crate::value::SecretSink;

/// How much of a frame is looked through at each of its ends, in bytes: a secret that came in several frames is at the end of one and at the beginning of the
/// next.
const ENDS: usize = 64 << 10;
/// How much of what a channel carried is looked through for parts, in bytes: the test has ended, and its result waits for it. Of more, it is the beginning
/// and the end, which reports show.
const LOOKED_THROUGH: usize = 4 << 20;
/// How much of what channels carried is kept to be looked through again when the run is over, in bytes.
const MOST_KEPT: usize = 64 << 20;

/// What channels carried that diagnostics may quote.
#[derive(Clone, Default)]
pub(super) struct Quoted(Arc<Mutex<Kept>>);

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
    for flow in flows(looked_through(&log.frames).iter().map(|(frame, data)| (frame.direction, &frame.kind, data))) {
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

/// What of frames is looked through, in their order: small ones whole.
fn looked_through(frames: &[Arc<Frame>]) -> Vec<(&Arc<Frame>, Bytes)> {
    let mut pieces: Vec<(&Arc<Frame>, Bytes)> = Vec::new();
    let mut last: Option<&Bytes> = None;
    for frame in frames {
        let data = &frame.data;
        // Several events of one frame share its bytes.
        if last.replace(data).is_some_and(|last| !data.is_empty() && last.as_ptr() == data.as_ptr()) {
            continue;
        }
        if data.len() <= 2 * ENDS {
            pieces.push((frame, data.clone()));
        } else {
            let ends = [data.slice(..ENDS), gap(), data.slice(data.len() - ENDS..)];
            pieces.extend(ends.map(|piece| (frame, piece)));
        }
    }
    let size = |pieces: &[(&Arc<Frame>, Bytes)]| pieces.iter().map(|(_, data)| data.len()).sum::<usize>();
    if size(&pieces) <= LOOKED_THROUGH {
        return pieces;
    }
    let fitting = |sizes: &mut dyn Iterator<Item = usize>| {
        let mut left = LOOKED_THROUGH / 2;
        sizes.take_while(|size| left.checked_sub(*size).map(|rest| left = rest).is_some()).count()
    };
    let first = fitting(&mut pieces.iter().map(|(_, data)| data.len()));
    let last = fitting(&mut pieces.iter().rev().map(|(_, data)| data.len()));
    let rest = pieces.split_off(pieces.len() - last);
    pieces.truncate(first);
    // One for each direction and kind: each of them is a text of its own.
    let mut kinds = Vec::new();
    for (frame, _) in &rest {
        let kind = (frame.direction, std::mem::discriminant(&frame.kind));
        if !kinds.contains(&kind) {
            kinds.push(kind);
            pieces.push((*frame, gap()));
        }
    }
    pieces.extend(rest);
    pieces
}

/// Comes between what isn't beside each other: no secret goes on behind it. Each has bytes of its own, since shared ones are taken for one frame.
fn gap() -> Bytes {
    Bytes::copy_from_slice(b"\x1a")
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{Direction, FrameKind, Instant, Payload};

    fn frame(number: u32, data: Bytes) -> Arc<Frame> {
        Arc::new(Frame {
            number,
            at: Instant::ZERO,
            direction: Direction::Received,
            kind: FrameKind::Text,
            data,
            payload: Payload::default(),
            hidden: false,
        })
    }

    fn texts(frames: &[Arc<Frame>]) -> String {
        let pieces = looked_through(frames);
        let all = flows(pieces.iter().map(|(frame, data)| (frame.direction, &frame.kind, data)));
        assert!(all.len() <= 1);
        all.into_iter().map(|flow| flow.text).collect()
    }

    #[test]
    fn small_frames_are_looked_through_whole_and_large_ones_at_their_ends() {
        let large = format!("{}{}{}", "a".repeat(ENDS), "b".repeat(5 * ENDS), "c".repeat(ENDS));
        let shared = Bytes::from_static(b"two events");
        let frames = [
            frame(1, Bytes::from_static(b"x")),
            frame(2, large.into()),
            frame(3, Bytes::from_static(b"y")),
            frame(4, shared.clone()),
            frame(5, shared),
        ];
        let expected = format!("x{}\u{1a}{}ytwo events", "a".repeat(ENDS), "c".repeat(ENDS));
        assert!(texts(&frames) == expected, "the middle of the large one, or a frame twice");
    }

    /// Frames that don't fit are left out in the middle, and what is on both sides of them isn't joined.
    #[test]
    fn of_too_much_the_beginning_and_the_end_are_looked_through() {
        let each = 100_000;
        let frames: Vec<_> = (0..60).map(|at| frame(at, Bytes::from(vec![b'A' + at as u8; each]))).collect();
        let looked = texts(&frames);
        assert!(looked.len() <= LOOKED_THROUGH + 1, "{}", looked.len());
        let (first, last) = looked.split_once('\u{1a}').unwrap();
        assert!(first.starts_with('A') && last.ends_with((b'A' + 59) as char));
        assert_eq!((first.len() / each, last.len() / each), (20, 20));
    }
}
