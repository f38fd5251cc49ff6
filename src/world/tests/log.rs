use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use bytes::Bytes;

use crate::event::{ChannelEnd, FrameKind, Payload, SseFields};
use crate::world::{Budget, Log, MAX_CHANNEL_BYTES, Pen, Time};

/// A clock that is set by hand, in seconds.
#[derive(Clone, Default)]
struct Hands(Arc<AtomicU64>);

impl Time for Hands {
    fn now(&self) -> Duration {
        Duration::from_secs(self.0.load(Ordering::SeqCst))
    }
}

impl Hands {
    fn set(&self, second: u64) -> Duration {
        self.0.store(second, Ordering::SeqCst);
        self.now()
    }
}

/// A log that was opened at the first second.
fn log() -> (Arc<Log>, Pen, Hands) {
    let hands = Hands::default();
    hands.set(1);
    let clock = Arc::new(hands.clone());
    let log = Arc::new(Log::open(
        clock.clone(),
        clock.now(),
        &Budget::default(),
        "ch",
        "websocket",
        "ws://h",
        Box::new(|_| {}),
    ));
    let pen = log.connect(Box::new(|| true));
    (log, pen, hands)
}

fn keep(pen: &Pen, at: Duration, data: &'static [u8]) -> bool {
    pen.received(at, FrameKind::Text, Bytes::from_static(data), vec![Payload::default()], false).is_ok()
}

fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

#[test]
fn a_log_is_complete_up_to_what_is_still_on_its_way_into_it() {
    let (log, pen, hands) = log();
    assert_eq!(log.known(hands.now()), secs(1));
    hands.set(2);
    let at = pen.arrive();
    let now = hands.set(3);
    // However long reading it takes: it came between the last look and when it was read, and no one looks past that meanwhile.
    let looks = |now| (log.known(now), log.readable(now));
    assert_eq!(looks(now), (secs(1), secs(2) - Duration::from_nanos(1)));
    assert_eq!(looks(Duration::ZERO), (Duration::ZERO, Duration::ZERO));
    assert!(keep(&pen, at, b"x"));
    assert!(log.known(now) < at && log.readable(now) < at);
    pen.settle();
    assert_eq!(looks(now), (now, now));
    assert_eq!((log.read(|log| log.frames[0].at), log.not_before(0)), (at, secs(1)));
}

#[test]
fn what_is_still_in_the_socket_has_arrived() {
    let (log, _, hands) = log();
    let waiting = Arc::new(AtomicBool::new(false));
    let seen = waiting.clone();
    let pen = log.connect(Box::new(move || !seen.load(Ordering::SeqCst)));
    let looks = |now| (log.known(now), log.readable(now));
    assert_eq!(looks(secs(1)), (secs(1), secs(1)));
    // It came at some time after that look, and this process is late to read it.
    waiting.store(true, Ordering::SeqCst);
    assert_eq!((looks(hands.set(2)), looks(hands.set(3))), ((secs(1), secs(1)), (secs(1), secs(1))));
    assert!(keep(&pen, pen.arrive(), b"x"));
    pen.settle();
    // There is more, so that nothing is known of what isn't there; what has been read can be looked at all the same.
    assert_eq!(looks(hands.set(4)), (secs(1), secs(3)));
    waiting.store(false, Ordering::SeqCst);
    assert_eq!((looks(secs(4)), log.not_before(0)), ((secs(4), secs(4)), secs(1)));
    hands.set(5);
    assert!(keep(&pen, pen.arrive(), b"y"));
    pen.settle();
    assert_eq!((log.not_before(0), log.not_before(1)), (secs(1), secs(4)));
    // Nothing is read any more behind the end.
    waiting.store(true, Ordering::SeqCst);
    pen.end(pen.now(), ChannelEnd::Ended);
    assert_eq!(looks(hands.set(6)), (secs(6), secs(6)));
}

#[test]
fn a_close_counts_from_its_arrival_when_nothing_follows_it() {
    let closed = ChannelEnd::Closed { code: 1000, reason: String::new(), by_us: false };
    let (log, pen, hands) = log();
    let at = pen.arrive();
    let now = hands.set(2);
    pen.closing(at, closed.clone());
    assert_eq!((log.read(|log| log.end.clone()), log.ending()), (None, Some(closed.clone())));
    assert!(log.known(now) <= at && log.readable(now) <= at);
    pen.closed();
    assert_eq!(log.read(|log| log.end.clone()), Some((at, closed.clone())));
    assert_eq!(log.known(now), now);
    // Something did follow.
    let pen = log.connect(Box::new(|| true));
    pen.closing(pen.arrive(), closed.clone());
    pen.end(pen.now(), ChannelEnd::broken("x".to_owned()));
    assert!(matches!(log.ending(), Some(ChannelEnd::Failed { .. })));
    // A test that leaves meanwhile keeps what came.
    let pen = log.connect(Box::new(|| true));
    pen.closing(pen.arrive(), closed.clone());
    log.leave();
    assert_eq!(log.ending(), Some(closed));
}

#[test]
fn what_an_earlier_connection_reads_is_none_of_the_logs() {
    let (log, old, hands) = log();
    log.leave();
    assert_eq!(log.ending(), Some(ChannelEnd::Dropped));
    let new = log.connect(Box::new(|| true));
    assert_eq!(log.ending(), None);
    assert!(keep(&old, old.arrive(), b"late"));
    old.settle();
    old.end(old.now(), ChannelEnd::Ended);
    assert_eq!(log.known(hands.now()), hands.now());
    assert!(keep(&new, new.arrive(), b"x"));
    new.settle();
    let frames = log.read(|log| log.frames.iter().map(|frame| frame.data.clone()).collect::<Vec<_>>());
    assert_eq!((frames, log.ending()), (vec![Bytes::from_static(b"x")], None));
}

#[test]
fn small_frames_fill_a_log_by_what_they_take() {
    let (log, pen, _) = log();
    let id = Some("i".repeat(1 << 20));
    let mut kept = 0_u64;
    while pen
        .received(
            pen.now(),
            FrameKind::SseEvent(Box::new(SseFields { event: None, id: id.clone() })),
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

#[test]
fn frames_that_are_forgotten_leave_their_numbers_and_give_back_what_they_took() {
    let (log, pen, hands) = log();
    let numbers = || log.read(|log| log.frames.iter().map(|frame| frame.number).collect::<Vec<_>>());
    let mut sizes = vec![log.size()];
    for (second, data) in (2..).zip([&b"one"[..], b"two", b"three", b"four"]) {
        hands.set(second);
        let at = pen.arrive();
        assert!(keep(&pen, at, data));
        pen.settle();
        log.known(at);
        sizes.push(log.size());
    }
    assert_eq!((numbers(), log.last_number(), log.place_behind(3)), (vec![1, 2, 3, 4], 4, 3));
    let behind: Vec<Duration> = (0..4).map(|place| log.not_before(place)).collect();
    let gone = log.forget(2);
    assert_eq!(gone.iter().map(|frame| frame.number).collect::<Vec<_>>(), [1, 2]);
    assert_eq!((numbers(), log.last_number(), log.place_behind(3)), (vec![3, 4], 4, 1));
    assert_eq!(log.size(), sizes[4] - sizes[2]);
    assert_eq!((0..2).map(|place| log.not_before(place)).collect::<Vec<_>>(), behind[2..]);
    // Again, and further than there are.
    assert!(log.forget(2).is_empty());
    assert_eq!(log.forget(9).len(), 2);
    assert_eq!((log.size(), log.last_number()), (sizes[0], 4));
    assert!(keep(&pen, secs(7), b"five"));
    assert_eq!((numbers(), log.size()), (vec![5], sizes[1] - sizes[0] + 1));
}

#[test]
fn what_several_frames_share_is_given_back_with_the_last_of_them() {
    let (log, pen, _) = log();
    let batch = vec![Payload::default(), Payload::default(), Payload::default()];
    assert!(pen.received(secs(1), FrameKind::Text, Bytes::from_static(b"a batch"), batch, false).is_ok());
    let (all, data) = (log.size(), "a batch".len() as u64);
    log.forget(2);
    assert_eq!(log.size(), (all - data) / 3 + data);
    log.forget(3);
    assert_eq!(log.size(), 0);
}
