//! HTTP/2 servers that take leave or refuse: what is sent once more and what isn't (RFC 9113, sections 6.8 and 8.7).

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use super::harness::Test;

/// Requests by the number of their connection, from 0, the number of their stream, and the method.
type Seen = Vec<(usize, u32, &'static str)>;

pub const DATA: u8 = 0;
pub const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
pub const SETTINGS: u8 = 4;
const GOAWAY: u8 = 7;
pub const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;

pub const NO_ERROR: u32 = 0;
const REFUSED_STREAM: u32 = 7;
const GRACEFUL: u32 = 0x7fff_ffff;

pub fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

fn goaway(last: u32, reason: u32) -> Vec<u8> {
    frame(GOAWAY, 0, 0, &[last.to_be_bytes(), reason.to_be_bytes()].concat())
}

pub fn reset(stream: u32, reason: u32) -> Vec<u8> {
    frame(RST_STREAM, 0, stream, &reason.to_be_bytes())
}

/// `:status: 200` is in HPACK's table (RFC 7541, appendix A).
pub fn status(stream: u32) -> Vec<u8> {
    frame(HEADERS, END_HEADERS, stream, &[0x88])
}

pub fn body(stream: u32) -> Vec<u8> {
    frame(DATA, END_STREAM, stream, b"{}")
}

pub fn response(stream: u32) -> Vec<u8> {
    [status(stream), body(stream)].concat()
}

/// What a server does about a request, or at the beginning of a connection.
#[derive(Clone, Default)]
struct Does {
    /// Written one after another.
    writes: Vec<Vec<u8>>,
    closes: bool,
}

fn writes(writes: impl IntoIterator<Item = Vec<u8>>) -> Does {
    Does { writes: writes.into_iter().collect(), closes: false }
}

fn closes(does: Does) -> Does {
    Does { closes: true, ..does }
}

struct Server {
    url: String,
    seen: Arc<Mutex<Seen>>,
}

/// `script` gives what is done, by connection and stream; stream 0 is a connection's beginning.
fn serve(script: impl Fn(usize, u32) -> Does + Send + Sync + 'static) -> Server {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let seen = Arc::new(Mutex::new(Vec::new()));
    let (script, noted) = (Arc::new(script), seen.clone());
    std::thread::spawn(move || {
        for (number, stream) in listener.incoming().flatten().enumerate() {
            let (script, noted) = (script.clone(), noted.clone());
            std::thread::spawn(move || talk(number, stream, &*script, &noted));
        }
    });
    Server { url, seen }
}

/// Ends when the other side does, or the script says so.
fn talk(number: usize, mut io: TcpStream, script: &dyn Fn(usize, u32) -> Does, noted: &Mutex<Seen>) -> Option<()> {
    io.set_nodelay(true).unwrap();
    io.read_exact(&mut [0; 24]).ok()?;
    io.write_all(&frame(SETTINGS, 0, 0, &[])).ok()?;
    act(&mut io, script(number, 0))?;
    let mut method = "";
    loop {
        let mut head = [0; 9];
        io.read_exact(&mut head).ok()?;
        let [a, b, c, kind, flags, stream @ ..] = head;
        let mut payload = vec![0; u32::from_be_bytes([0, a, b, c]) as usize];
        io.read_exact(&mut payload).ok()?;
        let stream = u32::from_be_bytes(stream);
        if kind == SETTINGS && flags & 1 == 0 {
            io.write_all(&frame(SETTINGS, 1, 0, &[])).ok()?;
        }
        if kind == HEADERS {
            method = match payload[0] {
                0x82 => "GET",
                0x83 => "POST",
                _ => "another",
            };
        }
        if matches!(kind, HEADERS | DATA) && flags & END_STREAM != 0 {
            noted.lock().unwrap().push((number, stream, method));
            act(&mut io, script(number, stream))?;
        }
    }
}

fn act(io: &mut TcpStream, does: Does) -> Option<()> {
    for bytes in does.writes {
        io.write_all(&bytes).ok()?;
    }
    if does.closes {
        let _ = io.shutdown(Shutdown::Write);
        // Unread bytes would make the end a reset, which may overtake what was written.
        let _ = std::io::copy(io, &mut std::io::sink());
        return None;
    }
    Some(())
}

struct Case {
    what: &'static str,
    /// What the first connection gets for its second request, which is on stream 3.
    does: Does,
    /// Whether that request goes to a second connection, by method.
    repeated: fn(&str) -> bool,
    passes: fn(&str) -> bool,
}

fn cases() -> Vec<Case> {
    let never = |_: &str| false;
    let always = |_: &str| true;
    let if_idempotent = |method: &str| method == "GET";
    let case = |what, does, repeated, passes| Case { what, does, repeated, passes };
    let mut cases = vec![
        case("leave before the response", writes([goaway(3, NO_ERROR), response(3)]), never, always),
        case(
            "leave at the response, in one write",
            writes([[goaway(3, NO_ERROR), response(3)].concat()]),
            never,
            always,
        ),
        case("leave amid the response", writes([status(3), goaway(3, NO_ERROR), body(3)]), never, always),
        case("leave after the response", closes(writes([response(3), goaway(3, NO_ERROR)])), never, always),
        case(
            "leave, announced first",
            writes([goaway(GRACEFUL, NO_ERROR), response(3), goaway(3, NO_ERROR)]),
            never,
            always,
        ),
        case("an earlier last stream", writes([goaway(1, NO_ERROR)]), always, always),
        case("an earlier last stream, and the end", closes(writes([goaway(1, NO_ERROR)])), always, always),
        case(
            "an earlier last stream, announced",
            writes([goaway(GRACEFUL, NO_ERROR), goaway(1, NO_ERROR)]),
            always,
            always,
        ),
        case("an earlier last stream, by an error", writes([goaway(1, 0xb)]), always, always),
        case("refused", writes([reset(3, REFUSED_STREAM)]), always, always),
        case("leave without a response", closes(writes([goaway(3, NO_ERROR)])), if_idempotent, if_idempotent),
        case("a body without its end, NO_ERROR", writes([status(3), reset(3, NO_ERROR)]), never, never),
        case("a body without its end, CANCEL", writes([status(3), reset(3, 8)]), never, never),
        case("a whole body, then NO_ERROR", writes([response(3), reset(3, NO_ERROR)]), never, always),
    ];
    // Every other code of RFC 9113, section 7.
    for reason in [1, 2, 3, 4, 5, 6, 8, 9, 0xa, 0xb, 0xc, 0xd] {
        cases.push(case("another reset", writes([reset(3, reason)]), never, never));
    }
    cases
}

#[test]
fn what_a_server_has_not_looked_at_is_sent_once_more() {
    let mut runs = Vec::new();
    let mut spec = String::from("suite \"Leave\" {\n  tests side by side\n");
    for method in ["GET", "POST"] {
        for case in cases() {
            let does = case.does.clone();
            let server = serve(move |number, stream| match (number, stream) {
                (_, 0) => Does::default(),
                (0, 3) => does.clone(),
                _ => writes([response(stream)]),
            });
            let (url, n) = (&server.url, runs.len());
            let body = if method == "POST" { "json { a: 1 }; " } else { "" };
            spec.push_str(&format!(
                "  test \"{n}\" {{\n    GET {url}/1 {{ http 2; expect status 200 }}\n    \
                 {method} {url}/2 {{ http 2; {body}expect status 200; expect body == {{}} }}\n  }}\n"
            ));
            runs.push((method, case, server));
        }
    }
    let report = Test::new().file("a.e2e", &(spec + "}\n")).args(["run", "a.e2e"]).code(1).json();
    for (test, (method, case, server)) in report["tests"].as_array().unwrap().iter().zip(&runs) {
        let what = format!("{method} {}: {} {}", case.what, test["outcome"], test["diagnostics"]);
        let repeated = (case.repeated)(method);
        assert_eq!(test["outcome"], if (case.passes)(method) { "passed" } else { "errored" }, "{what}");
        assert_eq!(test["exchanges"][1]["reconnected"], u64::from(repeated), "{what}");
        let again = repeated.then_some((1, 1, *method));
        let expected: Seen = [(0, 1, "GET"), (0, 3, *method)].into_iter().chain(again).collect();
        assert_eq!(*server.seen.lock().unwrap(), expected, "{what}");
    }
}

#[test]
fn a_server_that_takes_leave_with_every_response_sees_every_request_once() {
    let leaves: [fn(u32) -> Does; 3] = [
        |stream| writes([response(stream), goaway(stream, NO_ERROR)]),
        |stream| closes(writes([[goaway(stream, NO_ERROR), response(stream)].concat()])),
        |stream| writes([goaway(stream, NO_ERROR), response(stream)]),
    ];
    for leave in leaves {
        let server = serve(move |_, stream| if stream == 1 { leave(stream) } else { Does::default() });
        let url = &server.url;
        let test = |n: usize| {
            let post =
                format!("    POST {url} {{ http 2; json {{ a: 1 }}; expect status 200; expect body == {{}} }}\n");
            format!("  test \"{n}\" {{\n{}  }}\n", post.repeat(8))
        };
        let tests: String = (0..8).map(test).collect();
        let spec = format!("suite \"Many\" {{\n  tests side by side\n{tests}}}\n");
        Test::new().file("a.e2e", &spec).args(["run", "a.e2e"]).code(0);
        // What was on its way when the server took leave is behind the last stream, and goes without a response.
        let seen = server.seen.lock().unwrap();
        let first = seen.iter().filter(|(_, stream, _)| *stream == 1).count();
        assert_eq!(first, 64);
    }
}

#[test]
fn a_server_that_takes_nothing_is_reported_after_one_repetition() {
    let refusals: [fn(u32) -> Does; 2] = [
        |stream| if stream == 0 { writes([goaway(0, NO_ERROR)]) } else { Does::default() },
        |stream| if stream == 0 { Does::default() } else { writes([reset(stream, REFUSED_STREAM)]) },
    ];
    for refuse in refusals {
        let server = serve(move |_, stream| refuse(stream));
        let spec =
            format!("suite \"S\" {{\n  test \"t\" {{ POST {} {{ http 2; expect status 200 }} }}\n}}\n", server.url);
        let report = Test::new().file("a.e2e", &spec).args(["run", "a.e2e"]).code(1).json();
        let test = &report["tests"][0];
        assert_eq!(test["outcome"], "errored", "{test}");
        assert_eq!(test["diagnostics"][0]["code"], "e2e::net::closed", "{test}");
        assert!(test["exchanges"][0]["reconnected"].as_u64().unwrap() <= 1, "{test}");
    }
}
