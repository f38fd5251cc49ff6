use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bytes::Bytes;

use crate::event::{ChannelEnd, FrameKind, Payload};
use crate::world::timeline::Timeline;
use crate::world::{Budget, Log, MAX_CHANNEL_BYTES, Pen};

fn log() -> (Arc<Log>, Pen) {
    let clock = Arc::new(Timeline::at(Duration::from_secs(1)));
    let log = Arc::new(Log::open(clock, &Budget::default(), "ch", "websocket", "ws://h", Box::new(|_| {})));
    let pen = log.connect(Box::new(|| true));
    (log, pen)
}

fn keep(pen: &Pen, at: Duration, data: &'static [u8]) -> bool {
    pen.received(at, FrameKind::Text, Bytes::from_static(data), vec![Payload::default()], false).is_ok()
}

const HOUR: Duration = Duration::from_secs(3600);

#[test]
fn a_log_is_complete_up_to_what_is_still_on_its_way_into_it() {
    let (log, pen) = log();
    assert_eq!(log.known(HOUR), HOUR);
    let at = pen.arrive();
    // However long reading it takes, it has come when it arrived, and nobody looks past that meanwhile.
    assert!(log.known(HOUR) < at && log.known(Duration::ZERO) == Duration::ZERO);
    assert!(keep(&pen, at, b"x"));
    assert!(log.known(HOUR) < at);
    pen.settle();
    assert_eq!(log.known(HOUR), HOUR);
    assert_eq!(log.read(|log| log.frames[0].at), at);
}

#[test]
fn what_is_still_in_the_socket_has_arrived() {
    let (log, _) = log();
    let waiting = Arc::new(AtomicBool::new(false));
    let seen = waiting.clone();
    let pen = log.connect(Box::new(move || !seen.load(Ordering::SeqCst)));
    let second = Duration::from_secs(1);
    assert_eq!(log.known(second), second);
    // It came at some time after that look, and this process is late to read it.
    waiting.store(true, Ordering::SeqCst);
    assert_eq!((log.known(2 * second), log.known(HOUR)), (second, second));
    let at = pen.arrive();
    waiting.store(false, Ordering::SeqCst);
    assert!(keep(&pen, at, b"x"));
    pen.settle();
    assert_eq!((log.known(HOUR), log.not_before(0)), (HOUR, second));
    assert!(keep(&pen, pen.arrive(), b"y"));
    assert_eq!((log.not_before(0), log.not_before(1)), (second, HOUR));
    // Nothing is read any more behind the end.
    waiting.store(true, Ordering::SeqCst);
    pen.end(pen.now(), ChannelEnd::Ended);
    assert_eq!(log.known(2 * HOUR), 2 * HOUR);
}

#[test]
fn a_close_counts_from_its_arrival_when_nothing_follows_it() {
    let closed = ChannelEnd::Closed { code: 1000, reason: String::new(), by_us: false };
    let (log, pen) = log();
    let at = pen.arrive();
    pen.closing(at, closed.clone());
    assert_eq!((log.read(|log| log.end.clone()), log.ending()), (None, Some(closed.clone())));
    assert!(log.known(HOUR) <= at);
    pen.closed();
    assert_eq!(log.read(|log| log.end.clone()), Some((at, closed.clone())));
    assert_eq!(log.known(HOUR), HOUR);
    // Something did follow.
    let pen = log.connect(Box::new(|| true));
    pen.closing(pen.arrive(), closed.clone());
    pen.end(pen.now(), ChannelEnd::Failed { message: "x".to_owned() });
    assert!(matches!(log.ending(), Some(ChannelEnd::Failed { .. })));
    // A test that leaves meanwhile keeps what came.
    let pen = log.connect(Box::new(|| true));
    pen.closing(pen.arrive(), closed.clone());
    log.leave();
    assert_eq!(log.ending(), Some(closed));
}

#[test]
fn what_an_earlier_connection_reads_is_none_of_the_logs() {
    let (log, old) = log();
    log.leave();
    assert_eq!(log.ending(), Some(ChannelEnd::Dropped));
    let new = log.connect(Box::new(|| true));
    assert_eq!(log.ending(), None);
    assert!(keep(&old, old.arrive(), b"late"));
    old.settle();
    old.end(old.now(), ChannelEnd::Ended);
    assert_eq!(log.known(HOUR), HOUR);
    assert!(keep(&new, new.arrive(), b"x"));
    new.settle();
    let frames = log.read(|log| log.frames.iter().map(|frame| frame.data.clone()).collect::<Vec<_>>());
    assert_eq!((frames, log.ending()), (vec![Bytes::from_static(b"x")], None));
}

#[test]
fn small_frames_fill_a_log_by_what_they_take() {
    let (log, pen) = log();
    let id = Some("i".repeat(1 << 20));
    let mut kept = 0_u64;
    while pen
        .received(
            pen.now(),
            FrameKind::SseEvent { event: None, id: id.clone() },
            Bytes::new(),
            vec![Payload::default()],
            false,
        )
        .is_ok()
    {
        kept += 1;
    }
    assert_eq!(kept, log.read(|log| log.frames.len() as u64));
    assert!((kept - 1) << 20 <= MAX_CHANNEL_BYTES && (kept + 2) << 20 > MAX_CHANNEL_BYTES, "{kept}");
}
