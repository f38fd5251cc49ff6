use std::time::Duration;

use super::form::Timings;
use crate::event::{self, Exchange, Failure, FailureKind, Peer};

fn exchange(started: u64, last_begun: Option<u64>, timings: [Option<u64>; 5], reused: bool) -> Exchange {
    let ms = |ms: Option<u64>| ms.map(Duration::from_millis);
    let [dns, connect, tls, first_byte, total] = timings.map(ms);
    Exchange {
        method: "GET".to_owned(),
        url: "https://a.example/".to_owned(),
        request_headers: Vec::new(),
        request_body: Default::default(),
        started: Duration::from_millis(started),
        outcome: Err(Failure { kind: FailureKind::Reset, message: String::new(), status: None }),
        attempts: 1,
        reconnected: 0,
        hops: Vec::new(),
        cookies: Vec::new(),
        last_begun: ms(last_begun),
        peer: Some(Peer { reused, ..Peer::default() }),
        timings: event::Timings { dns, connect, tls, first_byte, total: total.unwrap_or_default() },
        bytes_sent: 0,
        bytes_received: 0,
    }
}

/// `blocked`, `dns`, `connect`, `ssl`, `send`, `wait`, `receive`, and their sum.
fn times(exchange: &Exchange, start: u64, end: Option<u64>) -> [f64; 8] {
    let timings = Timings::of(exchange, Duration::from_millis(start), end.map(Duration::from_millis));
    let Timings { blocked, dns, connect, ssl, send, wait, receive } = timings;
    [blocked, dns, connect, ssl, send, wait, receive, timings.sum()]
}

#[test]
fn the_stages_of_an_entry_are_its_own_and_add_up() {
    let stages = [Some(2), Some(3), Some(5), Some(40), Some(70)];
    let none = -1.0;
    let table = [
        (
            "a fresh connection",
            exchange(100, Some(100), stages, false),
            100,
            None,
            [none, 2.0, 8.0, 5.0, 0.0, 30.0, 30.0, 70.0],
        ),
        (
            "one that was used before",
            exchange(100, Some(100), stages, true),
            100,
            None,
            [none, none, none, none, 0.0, 40.0, 30.0, 70.0],
        ),
        (
            "behind a challenge",
            exchange(100, Some(110), stages, false),
            100,
            None,
            [10.0, 2.0, 8.0, 5.0, 0.0, 30.0, 20.0, 70.0],
        ),
        (
            "behind a redirect",
            exchange(100, Some(111), stages, false),
            110,
            None,
            [1.0, 2.0, 8.0, 5.0, 0.0, 30.0, 19.0, 60.0],
        ),
        (
            "no response",
            exchange(100, Some(100), [Some(2), Some(3), None, None, Some(70)], false),
            100,
            None,
            [none, 2.0, 3.0, none, 0.0, 65.0, 0.0, 70.0],
        ),
        (
            "a channel that stayed open",
            exchange(100, Some(100), stages, false),
            100,
            Some(300),
            [none, 2.0, 8.0, 5.0, 0.0, 30.0, 160.0, 200.0],
        ),
        (
            "of a trace that doesn't say when it began",
            exchange(100, None, stages, true),
            100,
            None,
            [none, none, none, none, 0.0, 70.0, 0.0, 70.0],
        ),
    ];
    for (what, exchange, start, end, expected) in table {
        assert_eq!(times(&exchange, start, end), expected, "{what}");
    }
}
