//! What a server's bytes mean on a channel: handshakes, closes, broken protocols, and that what a test sent went out before it left.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

use super::harness::Test;
use super::servers::{head, serve};

/// A frame as a server writes it; `first` holds the final bit and the opcode.
fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut bytes = vec![first];
    if payload.len() < 126 {
        bytes.push(payload.len() as u8);
    } else {
        bytes.push(127);
        bytes.extend_from_slice(&(payload.len() as u64).to_be_bytes());
    }
    bytes.extend_from_slice(payload);
    bytes
}

fn event(name: &str) -> Vec<u8> {
    frame(0x81, format!("{{\"type\":\"{name}\"}}").as_bytes())
}

fn close(code: u16, reason: &[u8]) -> Vec<u8> {
    frame(0x88, &[&code.to_be_bytes()[..], reason].concat())
}

/// The path and the accept key of a handshake.
fn asked(stream: &mut TcpStream) -> (String, String) {
    let head = head(stream);
    let path = head.split_whitespace().nth(1).unwrap_or_default().to_owned();
    let key = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("sec-websocket-key").then(|| value.trim().to_owned())
    });
    (path, derive_accept_key(key.unwrap_or_default().as_bytes()))
}

fn upgraded(accept: &str) -> String {
    format!(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: {accept}\r\n\r\n"
    )
}

/// Sends these bytes behind the handshake, by path, and leaves the connection open until the other side ends it.
fn talking(by_path: HashMap<String, Vec<u8>>) -> String {
    let by_path = Arc::new(by_path);
    let address = serve(move |stream| {
        let (path, accept) = asked(stream);
        let _ = stream.write_all(upgraded(&accept).as_bytes());
        let _ = stream.write_all(by_path.get(&path).map_or(&[][..], Vec::as_slice));
        let _ = stream.read_to_end(&mut Vec::new());
    });
    address.replace("http://", "ws://")
}

/// A server that closes each WebSocket with a code.
pub fn closing_with(code: u16) -> String {
    talking(HashMap::from([("/".to_owned(), close(code, b""))]))
}

/// Runs tests side by side: the outcome of each, and the code and the message of its first diagnostic.
fn outcomes(tests: &str) -> HashMap<String, (String, String, String)> {
    let spec = format!("suite \"Wire\" {{\n  tests side by side\n{tests}}}\n");
    let done = Test::new().file("a.e2e", &spec).args(["run", "a.e2e", "--jobs", "16"]).run();
    assert!(done.path("test_results.json").exists(), "{}{}", done.out, done.err);
    let report = done.json();
    let tests = report["tests"].as_array().unwrap().iter().map(|test| {
        let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
        let first = &test["diagnostics"][0];
        (text(&test["name"]), (text(&test["outcome"]), text(&first["code"]), text(&first["message"])))
    });
    tests.collect()
}

const BROKEN: &str = "e2e::net::broken_channel";

/// RFC 6455, section 4.1.
#[test]
fn a_handshake_that_breaks_the_standard_opens_no_channel() {
    let upgrade = "Upgrade: websocket\r\n";
    let connection = "Connection: Upgrade\r\n";
    let accept = "Sec-WebSocket-Accept: {accept}\r\n";
    let good = format!("{upgrade}{connection}{accept}");
    // The response's headers, what is offered, and the item that the message names; none where it is right.
    let table: Vec<(String, &str, Option<&str>)> = vec![
        (good.clone(), "", None),
        (format!("upgrade: WebSocket\r\nconnection: keep-alive, upgrade\r\n{accept}"), "", None),
        (format!("{good}Sec-WebSocket-Protocol: b\r\n"), "subprotocol \"a\", \"b\"", None),
        (good.clone(), "subprotocol \"a\"", None),
        (format!("HTTP/1.0 {good}"), "", Some("HTTP/1.0")),
        (format!("{connection}{accept}"), "", Some("`Upgrade")),
        (format!("Upgrade: h2c\r\n{connection}{accept}"), "", Some("`Upgrade: h2c`")),
        (format!("{upgrade}{accept}"), "", Some("`Connection")),
        (format!("{upgrade}Connection: keep-alive\r\n{accept}"), "", Some("`Connection: keep-alive`")),
        (format!("{upgrade}{connection}"), "", Some("`Sec-WebSocket-Accept`")),
        (format!("{upgrade}{connection}Sec-WebSocket-Accept: x\r\n"), "", Some("`Sec-WebSocket-Accept: x`")),
        (
            format!("{upgrade}{connection}Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"),
            "",
            Some("`Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=`"),
        ),
        (format!("{good}{accept}"), "", Some("`Sec-WebSocket-Accept` 2 times")),
        (format!("{good}Sec-WebSocket-Extensions: permessage-deflate\r\n"), "", Some("`permessage-deflate`")),
        (format!("{good}Sec-WebSocket-Protocol: c\r\n"), "", Some("`c`")),
        (format!("{good}Sec-WebSocket-Protocol: c\r\n"), "subprotocol \"a\", \"b\"", Some("`c`")),
        (
            format!("{good}Sec-WebSocket-Protocol: a\r\nSec-WebSocket-Protocol: b\r\n"),
            "subprotocol \"a\", \"b\"",
            Some("`Sec-WebSocket-Protocol` 2 times"),
        ),
    ];
    let heads: Vec<String> = table.iter().map(|(headers, ..)| headers.clone()).collect();
    let address = serve(move |stream| {
        let (path, accept) = asked(stream);
        let head = path.trim_start_matches('/').parse().ok().and_then(|at: usize| heads.get(at).cloned());
        let head = head.unwrap_or_default().replace("{accept}", &accept);
        let (version, head) = match head.strip_prefix("HTTP/1.0 ") {
            Some(head) => ("HTTP/1.0", head),
            None => ("HTTP/1.1", head.as_str()),
        };
        let _ = stream.write_all(format!("{version} 101 Switching Protocols\r\nX-Seen: yes\r\n{head}\r\n").as_bytes());
        let _ = stream.write_all(&event("a"));
        let _ = stream.read_to_end(&mut Vec::new());
    });
    let ws = address.replace("http://", "ws://");
    let mut tests = String::new();
    for (at, (_, parts, _)) in table.iter().enumerate() {
        for (name, more, then) in [
            ("event", "", "expect on ch event \"a\" within 5s"),
            ("status", "expect status 101; expect header X-Seen \"yes\"", ""),
            ("other", "expect status 101; expect header X-Seen \"no\"", ""),
            ("failure", "expect failure is handshake", ""),
            ("wrong failure", "expect failure is tls", ""),
        ] {
            let parts = [*parts, more].join("\n      ");
            let _ = write!(
                tests,
                "  test \"{at} {name}\" {{\n    websocket ch {ws}/{at} {{\n      {parts}\n    }}\n    {then}\n  }}\n"
            );
        }
    }
    let outcomes = outcomes(&tests);
    for (at, (head, _, item)) in table.iter().enumerate() {
        let of = |name: &str| outcomes.get(&format!("{at} {name}")).unwrap();
        let Some(item) = item else {
            assert_eq!([&of("event").0, &of("status").0], ["passed", "passed"], "{head}: {:?}", of("event"));
            assert_eq!([&of("failure").0, &of("other").0], ["failed", "failed"], "{head}");
            continue;
        };
        for name in ["event", "status", "other"] {
            let (outcome, code, message) = of(name);
            assert_eq!([outcome, code], ["errored", "e2e::net::handshake"], "{head}: {message}");
            assert!(message.contains(item), "{head}: {message}");
        }
        assert_eq!(of("failure").0, "passed", "{head}: {:?}", of("failure"));
        assert_eq!(of("wrong failure").1, "e2e::expect::other_failure", "{head}");
    }
}

#[test]
fn a_handshakes_connection_is_of_no_other_use() {
    let connections = Arc::new(Mutex::new(0));
    let counted = connections.clone();
    // Each connection gives one response, which leaves it open, and then says nothing more.
    let address = serve(move |stream| {
        *counted.lock().unwrap() += 1;
        head(stream);
        let _ = stream.write_all(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n");
        let _ = stream.read_to_end(&mut Vec::new());
    });
    let ws = address.replace("http://", "ws://");
    let test =
        |name: &str| format!("  test \"{name}\" {{ websocket ch {ws}/ {{ expect status 403; connect within 5s }} }}\n");
    let spec = format!("suite \"S\" {{\n{}{}{}}}\n", test("a"), test("b"), test("c"));
    Test::new().file("a.e2e", &spec).args(["run", "a.e2e"]).code(0);
    assert_eq!(*connections.lock().unwrap(), 3);
}

/// RFC 6455, section 7.4: each range, and its ends. (Every code is read in the unit tests.)
#[test]
fn a_close_says_its_own_code_or_breaks_the_protocol() {
    let good = [1000, 1001, 1002, 1003, 1007, 1008, 1011, 1013, 1014, 3000, 3999, 4000, 4401, 4999];
    let bad = [0, 1, 999, 1004, 1005, 1006, 1015, 1016, 2000, 2999, 5000, 65535];
    let mut by_path = HashMap::new();
    let mut tests = String::new();
    for code in good.into_iter().chain(bad) {
        by_path.insert(format!("/{code}"), [event("a"), close(code, b"bye")].concat());
    }
    let ws = talking(by_path);
    let mut test = |name: String, code: u16, then: &str| {
        let _ = writeln!(
            tests,
            "  test \"{name}\" {{\n    websocket ch {ws}/{code}\n    expect on ch event \"a\" within 5s\n    {then}\n  }}"
        );
    };
    for code in good {
        test(format!("{code}"), code, &format!("expect on ch closed with {code} reason \"bye\" within 5s"));
        test(format!("not {code}"), code, "expect on ch closed with 4123 within 5s");
    }
    for code in bad {
        test(format!("{code}"), code, "expect on ch closed within 5s");
        for other in [1002, 1005, 1006] {
            test(format!("{code} as {other}"), code, &format!("expect on ch closed with {other} within 5s"));
        }
        test(format!("{code} while awaited"), code, "expect on ch event \"b\" within 5s");
    }
    let outcomes = outcomes(&tests);
    for code in good {
        let of = |name: String| outcomes.get(&name).unwrap();
        assert_eq!(of(format!("{code}")).0, "passed", "{code}: {:?}", of(format!("{code}")));
        let (outcome, diagnostic, message) = of(format!("not {code}"));
        assert_eq!([outcome, diagnostic], ["failed", "e2e::channel::wrong_close_code"], "{code}");
        assert!(message.contains(&format!("with {code} ")), "{message}");
    }
    for code in bad {
        let names = ["", " as 1002", " as 1005", " as 1006", " while awaited"].map(|name| format!("{code}{name}"));
        for name in names {
            let (outcome, diagnostic, message) = outcomes.get(&name).unwrap();
            assert_eq!([outcome, diagnostic], ["failed", BROKEN], "{name}: {message}");
            assert!(message.contains(&format!("the code {code}, which must not be sent")), "{name}: {message}");
        }
    }
}

#[test]
fn what_breaks_the_protocol_is_no_end_of_any_kind() {
    let table: Vec<(&str, Vec<u8>)> = vec![
        ("masked", vec![0x81, 0x81, 1, 2, 3, 4, b'x']),
        ("RSV1", frame(0xc1, b"x")),
        ("opcode 0x3", frame(0x83, b"")),
        ("ping frame in fragments", frame(0x09, b"")),
        ("ping frame of more than 125", frame(0x89, &[0; 126])),
        ("text message that isn't UTF-8", frame(0x81, b"\xff")),
        ("continuation", frame(0x80, b"")),
        ("one byte", frame(0x88, b"x")),
        ("close reason that isn't UTF-8", close(1000, b"\xff")),
        ("after its close frame", [close(1000, b""), event("b")].concat()),
    ];
    let by_path = table.iter().enumerate().map(|(at, (_, bytes))| (format!("/{at}"), bytes.clone())).collect();
    let ws = talking(by_path);
    let mut tests = String::new();
    for at in 0..table.len() {
        for (name, then) in [
            ("closed", "expect on ch closed within 5s"),
            ("lost", "expect on ch closed with 1006 within 5s"),
            ("clean", "expect on ch closed with 1000 within 5s"),
            ("never", "expect on ch never event \"x\" for 300ms"),
            ("silence", "expect on ch silence for 300ms"),
            ("event", "expect on ch event \"x\" within 5s"),
        ] {
            let _ = writeln!(tests, "  test \"{at} {name}\" {{\n    websocket ch {ws}/{at}\n    {then}\n  }}");
        }
    }
    for (name, (outcome, code, message)) in outcomes(&tests) {
        let at: usize = name.split(' ').next().unwrap().parse().unwrap();
        assert_eq!([outcome, code], ["failed", BROKEN], "{name}: {message}");
        assert!(message.contains(table[at].0), "{name}: {message}");
    }
}

/// Data that comes in a write of its own, behind a close frame.
#[test]
fn data_behind_a_close_frame_is_seen_when_it_comes_later() {
    let address = serve(|stream| {
        let (_, accept) = asked(stream);
        let _ = stream.set_nodelay(true);
        let _ = stream.write_all(upgraded(&accept).as_bytes());
        let _ = stream.write_all(&close(1000, b""));
        // Our own close frame has come: its sender has read the server's.
        let _ = stream.read(&mut [0; 64]);
        let _ = stream.write_all(&event("b"));
        let _ = stream.read_to_end(&mut Vec::new());
    });
    let ws = address.replace("http://", "ws://");
    let outcomes = outcomes(&format!(
        "  test \"t\" {{\n    websocket ch {ws}/\n    expect on ch closed with 1000 within 5s\n  }}\n"
    ));
    let (outcome, code, message) = &outcomes["t"];
    assert_eq!([outcome, code], ["failed", BROKEN], "{message}");
}

#[test]
fn the_response_to_our_close_is_the_servers_own() {
    let address = serve(|stream| {
        let (path, accept) = asked(stream);
        let _ = stream.write_all(upgraded(&accept).as_bytes());
        let _ = stream.read(&mut [0; 64]);
        let _ = stream.write_all(&close(path.trim_start_matches('/').parse().unwrap(), b""));
        let _ = stream.read_to_end(&mut Vec::new());
    });
    let ws = address.replace("http://", "ws://");
    let test = |name: &str, path: u16, then: &str| {
        format!("  test \"{name}\" {{\n    websocket ch {ws}/{path}\n    close ch with 4001\n    {then}\n  }}\n")
    };
    let tests = [
        test("echoed", 4001, "expect on ch closed with 4001 within 5s"),
        test("other", 1011, "expect on ch closed with 4001 within 5s"),
        test("its own", 1011, "expect on ch closed with 1011 within 5s"),
    ];
    let outcomes = outcomes(&tests.concat());
    assert_eq!([&outcomes["echoed"].0, &outcomes["its own"].0], ["passed", "passed"], "{outcomes:?}");
    let (outcome, _, message) = &outcomes["other"];
    assert_eq!(outcome, "failed");
    assert!(message.contains("with 1011") && message.contains("in response to this test's close"), "{message}");
}

/// The frames of a client, unmasked.
fn unmasked(mut bytes: &[u8]) -> Vec<(u8, Vec<u8>)> {
    let mut frames = Vec::new();
    while let [first, second, rest @ ..] = bytes {
        let (length, rest) = match second & 0x7f {
            126 => (usize::from(u16::from_be_bytes([rest[0], rest[1]])), &rest[2..]),
            127 => (u64::from_be_bytes(rest[..8].try_into().unwrap()) as usize, &rest[8..]),
            short => (usize::from(short), rest),
        };
        let (mask, rest) = rest.split_at(4);
        let Some((payload, rest)) = rest.split_at_checked(length) else { break };
        frames.push((first & 0x0f, payload.iter().zip(mask.iter().cycle()).map(|(byte, mask)| byte ^ mask).collect()));
        bytes = rest;
    }
    frames
}

/// Reads slowly, and reports all that came on each connection.
fn slow_reader() -> (String, Receiver<(String, Vec<u8>)>) {
    let (sender, received): (Sender<(String, Vec<u8>)>, _) = channel();
    let address = serve(move |stream| {
        let (path, accept) = asked(stream);
        if stream.write_all(upgraded(&accept).as_bytes()).is_err() {
            return;
        }
        // Frames that the other side hasn't read when it leaves would reset a connection that is just dropped.
        let _ = stream.write_all(&event("noise"));
        let (mut all, mut piece) = (Vec::new(), vec![0; 1 << 16]);
        while let Ok(count @ 1..) = stream.read(&mut piece) {
            all.extend_from_slice(&piece[..count]);
            std::thread::sleep(Duration::from_millis(1));
        }
        let _ = stream.shutdown(Shutdown::Both);
        let _ = sender.send((path, all));
    });
    (address.replace("http://", "ws://"), received)
}

#[test]
fn what_was_sent_goes_out_before_the_connection_is_left() {
    let large = "x".repeat(40_000);
    let bodies = [
        ("json", "json { type: \"last\" }", 1, 0x1, br#"{"type":"last"}"#.to_vec()),
        ("text", "text \"last\"", 1, 0x1, b"last".to_vec()),
        ("binary", "binary hex \"00ff\"", 1, 0x2, vec![0, 0xff]),
        ("large", "text big", 20, 0x1, large.clone().into_bytes()),
    ];
    // How it is left, and the code of the close frame that follows.
    let endings = [
        ("drop", "drop ch", None),
        ("close", "close ch with 4000", Some(4000_u16)),
        ("reconnect", "reconnect ch", Some(1001)),
        ("test", "", Some(1001)),
        ("flow", "", Some(1001)),
    ];
    let (ws, received) = slow_reader();
    let (mut flows, mut tests) = (String::new(), String::new());
    for (body, send, times, ..) in &bodies {
        for (ending, leave, _) in &endings {
            let name = format!("{body}_{ending}");
            let url = format!("{ws}/{name}");
            let big = if *body == "large" { format!("    let big = \"{large}\"\n") } else { String::new() };
            let steps = format!(
                "{big}    websocket ch {url} {{ expect status 101 }}\n    repeat {times} times {{ send ch {send} }}\n    {leave}\n"
            );
            if *ending == "flow" {
                let _ = write!(flows, "flow {name}() {{\n{steps}}}\n\n");
                let _ = writeln!(tests, "  test \"{name}\" {{\n    call {name}()\n    wait 300ms\n  }}");
            } else {
                let _ = writeln!(tests, "  test \"{name}\" {{\n{steps}  }}");
            }
        }
    }
    let spec = format!("{flows}suite \"Leaving\" {{\n  tests side by side\n{tests}}}\n");
    Test::new().file("a.e2e", &spec).args(["run", "a.e2e", "--jobs", "8"]).code(0);
    let mut seen: HashMap<String, Vec<Vec<u8>>> = HashMap::new();
    // A connection more for each that was opened again.
    for _ in 0..bodies.len() * (endings.len() + 1) {
        let (path, bytes) = received.recv_timeout(Duration::from_secs(20)).unwrap();
        seen.entry(path).or_default().push(bytes);
    }
    for (body, _, times, opcode, payload) in &bodies {
        for (ending, _, code) in &endings {
            let connections = &seen[&format!("/{body}_{ending}")];
            let frames = connections.iter().map(|bytes| unmasked(bytes)).max_by_key(Vec::len).unwrap();
            let expected = vec![(*opcode, payload.clone()); *times];
            assert!(frames.starts_with(&expected), "{body}, {ending}: {} frames of {times}", frames.len());
            let close: Vec<(u8, Vec<u8>)> = code.iter().map(|code| (0x8, code.to_be_bytes().to_vec())).collect();
            assert_eq!(frames[*times..], close, "{body}, {ending}");
        }
    }
}

/// Learns nothing; that somebody still holds it shows that the run is still held.
struct Sink;

impl e2e_dsl::value::SecretSink for Sink {
    fn add(&self, _: &str) {}
}

#[test]
fn nothing_of_an_attempt_outlives_it() {
    let mut by_path = HashMap::new();
    by_path.insert("/".to_owned(), [frame(0x81, b"2"), event("a")].concat());
    let ws = talking(by_path);
    let spec = format!(
        "suite \"S\" {{\n  test \"t\" {{\n    websocket ch {ws}/ {{ reply to frame text \"2\" with text \"3\" }}\n    \
         expect on ch event \"a\" within 5s\n  }}\n}}\n"
    );
    let project = e2e_dsl::project::from_memory(&[("a.e2e", &spec)]);
    let mut plan = e2e_dsl::plan::compile(&project, Default::default(), None).unwrap();
    let release = e2e_dsl::plan::lay_out_phases(&mut plan);
    let secrets = Arc::new(Sink);
    let held = Arc::downgrade(&secrets);
    let options = e2e_dsl::run::Options {
        jobs: 1,
        retries: None,
        fail_fast: false,
        seed: 1,
        stop: Default::default(),
        secrets,
        shard: None,
        specs: None,
        deny_weak: false,
        written_down: false,
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let world = e2e_dsl::net::LiveWorld::start(Vec::new(), false);
    let execute = e2e_dsl::run::execute(Arc::new(world), Arc::new(plan), release, options, Arc::new(|_| {}));
    let result = runtime.block_on(execute);
    assert_eq!(result.tests[0].outcome, e2e_dsl::judge::Outcome::Passed);
    // Its tasks end with it.
    drop(runtime);
    assert_eq!(held.strong_count(), 0);
}
