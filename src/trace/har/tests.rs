use std::time::Duration;

use super::body::streamed;
use super::form::Timings;
use super::head::{status_text, version};
use crate::event::{self, Direction, Exchange, Failure, FailureKind, FrameKind, Hop, Peer, Response, SseFields};
use crate::world::records::Carried;

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
        bytes_sent: 1,
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
            "nothing was sent",
            Exchange { bytes_sent: 0, ..exchange(100, Some(110), [Some(2), Some(3), None, None, Some(70)], false) },
            100,
            None,
            [70.0 - 5.0, 2.0, 3.0, none, 0.0, 0.0, 0.0, 70.0],
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

#[test]
fn a_redirect_has_its_own_stages_where_they_are_recorded() {
    let ms = Duration::from_millis;
    let timings =
        event::Timings { dns: None, connect: Some(ms(3)), tls: None, first_byte: Some(ms(10)), total: ms(12) };
    let peer = Some(Peer::default());
    let hop = Hop { begun: ms(100), ended: ms(112), peer, timings: Some(timings), ..Hop::default() };
    let Timings { blocked, dns, connect, ssl, send, wait, receive } = Timings::of_redirect(&hop);
    assert_eq!([blocked, dns, connect, ssl, send, wait, receive], [-1.0, -1.0, 3.0, -1.0, 0.0, 7.0, 2.0]);
    let of_before = Timings::of_redirect(&Hop { timings: None, ..hop });
    assert_eq!(of_before, Timings::waited(ms(12)));
}

#[test]
fn versions_are_spelled_as_chrome_does() {
    assert_eq!(
        ["HTTP/1.0", "HTTP/1.1", "HTTP/2", "HTTP/3", ""].map(version),
        ["HTTP/1.0", "HTTP/1.1", "http/2.0", "h3", ""]
    );
    assert_eq!(["HTTP/1.1", "http/2.0", ""].map(|version| status_text(404, version)), ["Not Found", "", "Not Found"]);
}

/// An id holds for the events behind it, until there is another or an empty one (WHATWG HTML, section 9.2.6).
#[test]
fn events_are_written_again_with_their_ids() {
    let event = |id: Option<&str>| Carried {
        at: Duration::ZERO,
        behind: Duration::ZERO,
        direction: Direction::Received,
        kind: FrameKind::SseEvent(Box::new(SseFields { event: None, id: id.map(str::to_owned) })),
        data: bytes::Bytes::from_static(b"x"),
        is_read: false,
        hidden: false,
    };
    let response = Response {
        status: 200,
        version: "HTTP/1.1",
        url: String::new(),
        headers: Vec::new(),
        body: Default::default(),
        wire_size: 0,
    };
    let carried = [event(None), event(Some("1")), event(Some("1")), event(Some("")), event(None), event(Some("2"))];
    let text = streamed(&response, &carried, false).text.unwrap_or_default();
    let events: Vec<&str> = text.split_terminator("\n\n").collect();
    assert_eq!(events, ["data: x", "id: 1\ndata: x", "data: x", "id: \ndata: x", "data: x", "id: 2\ndata: x"]);
}
