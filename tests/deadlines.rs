//! Deadlines and signals while the tool is busy: whatever is large or takes long is judged, evaluated and read apart from the threads that keep time,
//! and left behind in time.
#![cfg(unix)]

use std::collections::HashMap;
use std::fmt::Write as _;
use std::io::Write as _;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::Receiver;
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

use super::harness::Test;
use super::servers::{head, response, serve};

/// How many nodes the large lists and documents have.
const NODES: usize = 240_000;
/// How long each test, or what is limited in it, may take.
const LIMIT: Duration = Duration::from_secs(2);
/// How much later each test ends, at most, and how long after a signal the report is there.
const LATENESS: Duration = Duration::from_millis(250);
const AFTER_SIGNAL: Duration = Duration::from_secs(2);

/// A test that takes far longer than its limit: its name, its own timeout, its steps (`SERVER` is the server), and how often the last of them
/// is there, since some are short on a fast machine.
type Kind = (&'static str, &'static str, &'static str, usize);

/// What is asked of a large response.
const JUDGED: [Kind; 12] = [
    ("regex", "2s", "GET SERVER/regex {\nexpect body not matches /a.*b.*c.*[d-q]{5}/", 400),
    (
        "xpath",
        "2s",
        "GET SERVER/html {\nexpect xpath \"//i[count(following::i[count(preceding::i) > 0]) > 0]\" exists",
        100,
    ),
    ("css", "2s", "GET SERVER/html {\nexpect css \"b ~ i\" not exists", 4),
    ("css_nested", "2s", "GET SERVER/nested {\nexpect css \"i\" not exists", 100),
    ("each", "2s", "GET SERVER/list {\nexpect $[*].name each matches /^[a-z]+$/", 400),
    ("each_list", "2s", "GET SERVER/list {\nexpect $[*] each matches { name: \"abc\" }", 400),
    ("filter", "2s", "GET SERVER/list {\nexpect $[?count($[?@.id > 0]) > 0] exists", 400),
    ("unique", "2s", "GET SERVER/list {\nexpect $[*].name is unique", 400),
    ("schema", "2s", "GET SERVER/list {\nexpect $ matches schema file \"s.json\"", 400),
    // Of these, nothing asks on the way whether anybody still waits.
    ("one_search", "2s", "GET SERVER/long {\nexpect body not matches /a.*b.*c.*[d-q]{5}/", 8),
    ("one_keyword", "2s", "GET SERVER/list {\nexpect $ matches schema file \"u.json\"", 100),
    ("css_has", "2s", "GET SERVER/html {\nexpect css \"p:has(i ~ i ~ b)\" not exists", 160),
];

/// What is evaluated elsewhere, under other limits, and what is read from streams.
const EVALUATED: [Kind; 12] = [
    (
        "frames",
        "2s",
        "ndjson s GET SERVER/frames\nexpect on s event \"a\" { $.all[?count($.all[?@.id > 0]) < 0] exists }",
        1,
    ),
    ("within", "5m", "within 2s {\nGET SERVER/list { expect $[?count($[?@.id > 0]) > 0] exists }\n}", 1),
    (
        "eventually",
        "5m",
        "eventually within 2s every 10ms {\nGET SERVER/list { expect $[?count($[?@.id > 0]) > 0] not exists }\n}",
        1,
    ),
    ("let", "2s", "GET SERVER/regex { expect status 200; capture all = body }\nlet hash = sha256(all)", 400),
    ("capture", "2s", "GET SERVER/list { expect status 200 }\ncapture found = $[?count($[?@.id > 0]) > 0].name", 1),
    (
        "expect",
        "2s",
        "GET SERVER/list { expect status 200; capture all = $[*].name }\nexpect all each matches /^[a-z]+$/",
        400,
    ),
    (
        "sent",
        "2s",
        "GET SERVER/regex { expect status 200; capture all = body }\nGET SERVER/small { header \"X-Hash\": \"{{sha256(all)}}\"; expect status 200 }",
        400,
    ),
    (
        "websocket_flood",
        "2s",
        "websocket s WSERVER/flood\nexpect on s event \"b\" { $.all[*].name each matches /^[a-z]+$/ }",
        1,
    ),
    ("sse_flood", "2s", "sse s GET SERVER/sse\nexpect on s event \"b\" { $.all[*].name each matches /^[a-z]+$/ }", 1),
    (
        "ndjson_flood",
        "2s",
        "ndjson s GET SERVER/ndjson\nexpect on s event \"b\" { $.all[*].name each matches /^[a-z]+$/ }",
        1,
    ),
    ("gzip_bomb", "2s", "ndjson s GET SERVER/bomb\nexpect on s event \"b\"", 1),
    (
        "explained",
        "5m",
        "within 2s {\nndjson s GET SERVER/frames\nexpect on s event \"b\" { $.all[?count($.all[?@.id > 0]) < 0] exists }\n}",
        1,
    ),
];

const SCHEMA: &str = r#"{"type": "array", "items": {"type": "object", "required": ["id", "name"], "properties": {"id": {"type": "integer"}, "name": {"pattern": "^[a-z]+$"}}}}"#;
const ONE_KEYWORD: &str = r#"{"uniqueItems": true}"#;

/// What is served by path: made once, so that no test waits for it.
static BODIES: LazyLock<HashMap<&'static str, (&'static str, Vec<u8>)>> = LazyLock::new(|| {
    let list =
        |nodes: usize| (0..nodes).map(|id| format!("{{\"id\":{id},\"name\":\"abc\"}}")).collect::<Vec<_>>().join(",");
    let frame = format!("{{\"type\":\"a\",\"all\":[{}]}}", list(NODES / 10));
    // Each holds the texts of all behind it.
    let nested = format!("<r>{}{}</r>", "<i>x".repeat(5_000), "</i>".repeat(5_000));
    let mut bomb = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::new(6));
    bomb.write_all(" \n".repeat(2 << 20).as_bytes()).unwrap();
    HashMap::from([
        ("regex", ("text/plain", "aabbcc".repeat(1 << 20).into_bytes())),
        ("long", ("text/plain", "aabbcc".repeat(6 << 20).into_bytes())),
        ("html", ("text/html", format!("<p>{}</p>", "<i>x</i>".repeat(NODES / 6)).into_bytes())),
        ("nested", ("application/xml", nested.into_bytes())),
        ("list", ("application/json", format!("[{}]", list(NODES)).into_bytes())),
        ("small", ("text/plain", Vec::new())),
        ("frames", ("application/x-ndjson", format!("{frame}\n").repeat(4).into_bytes())),
        ("ndjson", ("application/x-ndjson", format!("{frame}\n").into_bytes())),
        ("sse", ("text/event-stream", format!("event: a\ndata: {frame}\n\n").into_bytes())),
        ("flood", ("", websocket_frame(frame.as_bytes()))),
        ("bomb", ("application/x-ndjson\r\nContent-Encoding: gzip", bomb.finish().unwrap())),
    ])
});

/// A text frame of a server (RFC 6455, section 5.2).
fn websocket_frame(text: &[u8]) -> Vec<u8> {
    [&[0x81, 127], &(text.len() as u64).to_be_bytes()[..], text].concat()
}

/// A server, and what says that it has sent a response.
fn server() -> (String, Receiver<()>) {
    LazyLock::force(&BODIES);
    let (sent, has_sent) = std::sync::mpsc::channel();
    let server = serve(move |stream| {
        let head = head(stream);
        let path = head.split([' ', '/']).nth(2).unwrap_or_default();
        let Some((content_type, body)) = BODIES.get(path) else { return };
        if !matches!(path, "frames" | "ndjson" | "sse" | "flood" | "bomb") {
            let _ = stream.write_all(&response(&format!("Content-Type: {content_type}\r\n"), body));
            let _ = sent.send(());
            return;
        }
        let key = head.lines().find(|line| line.to_ascii_lowercase().starts_with("sec-websocket-key"));
        let response = match key.and_then(|line| line.split_once(": ")) {
            Some((_, key)) => format!(
                "HTTP/1.1 101 -\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: {}\r\n\r\n",
                derive_accept_key(key.trim().as_bytes())
            ),
            None => format!("HTTP/1.1 200 OK\r\nContent-Type: {content_type}\r\nConnection: close\r\n\r\n"),
        };
        let _ = stream.write_all(response.as_bytes());
        let _ = sent.send(());
        // A flood, of no more than is kept of one channel.
        let times = match path {
            "frames" => 1,
            "bomb" => 1_000,
            _ => 10,
        };
        for _ in 0..times {
            if stream.write_all(body).is_err() {
                return;
            }
        }
        // What has come is all, and the connection stays open.
        let _ = std::io::copy(stream, &mut std::io::sink());
    });
    (server, has_sent)
}

/// A test for each kind, all of which run at once.
fn spec(kinds: &[Kind], server: &str, timeout: Option<&str>) -> String {
    let mut spec = String::new();
    for (name, own, steps, times) in kinds {
        let (first, last) = steps.rsplit_once('\n').unwrap();
        let closes = if first.starts_with("GET") && first.ends_with('{') { "\n}" } else { "" };
        let repeated: Vec<String> = match last.strip_prefix("let hash") {
            Some(rest) => (0..*times).map(|at| format!("let hash{at}{rest}")).collect(),
            None => vec![last.to_owned(); *times],
        };
        let (lasts, timeout) = (repeated.join("\n"), timeout.unwrap_or(own));
        let _ = write!(
            spec,
            "suite \"{name}\" {{\n  test \"{name}\" {{\n    timeout {timeout}\n{first}\n{lasts}{closes}\n  }}\n}}\n"
        );
    }
    spec.replace("WSERVER", &server.replace("http://", "ws://")).replace("SERVER", server)
}

fn test(kinds: &[Kind], server: &str, timeout: Option<&str>) -> Test {
    let test = Test::new().file("s.json", SCHEMA).file("u.json", ONE_KEYWORD);
    test.file("a.e2e", &spec(kinds, server, timeout)).args(["run", "a.e2e", "--jobs", "16"])
}

/// One of these at a time: each makes the machine busy enough.
fn turn() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::new(());
    TURN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Measures by how much the machine itself, busy with whatever else it does, wakes a thread too late. The thread sleeps in a process that does
/// nothing else, so that no fault of the tool's can show in it: what the tool adds is in the tests' lateness alone.
struct Machine {
    ended: Arc<AtomicBool>,
    sleeper: std::thread::JoinHandle<Duration>,
}

impl Machine {
    fn measured() -> Self {
        const STEP: Duration = Duration::from_millis(20);
        let ended = Arc::new(AtomicBool::new(false));
        let end = ended.clone();
        let sleeper = std::thread::spawn(move || {
            let mut worst = Duration::ZERO;
            while !end.load(Ordering::Relaxed) {
                let began = Instant::now();
                std::thread::sleep(STEP);
                worst = worst.max(began.elapsed().saturating_sub(STEP));
            }
            worst
        });
        Self { ended, sleeper }
    }

    /// The worst of all the time.
    fn lateness(self) -> Duration {
        self.ended.store(true, Ordering::Relaxed);
        self.sleeper.join().unwrap()
    }
}

/// Runs so many kinds side by side that the machine is busy and most of them get to be judged, and each ends in time: what each took.
fn all_end_in_time(kinds: &[Kind]) -> String {
    let _turn = turn();
    let (server, _sent) = server();
    kinds.chunks(6).map(|some| end_in_time(some, &server)).collect()
}

fn end_in_time(kinds: &[Kind], server: &str) -> String {
    let machine = Machine::measured();
    let done = test(kinds, server, None).code(1);
    let machine = machine.lateness();
    let report = done.json();
    let whole = &report["run"]["duration_ms"];
    let mut took_all = format!("the machine itself: {} ms late; the whole run: {whole} ms\n", machine.as_millis());
    let mut wrong = String::new();
    for test in report["tests"].as_array().unwrap() {
        let (name, took) = (test["name"].as_str().unwrap(), test["duration_ms"].as_f64().unwrap());
        let lateness = Duration::from_secs_f64(took / 1e3).saturating_sub(LIMIT);
        let first = &test["diagnostics"][0]["message"];
        let _ = writeln!(took_all, "{name}: {} after {took:.0} ms: {first}", test["outcome"]);
        if test["outcome"] != "timed_out" {
            let _ = writeln!(wrong, "{name}: {}, {first}", test["outcome"]);
        }
        if lateness.saturating_sub(machine) > LATENESS {
            let _ = writeln!(wrong, "{name}: {took} ms, of which the machine itself adds {machine:?}");
        }
    }
    assert_eq!(report["tests"].as_array().unwrap().len(), kinds.len());
    assert!(wrong.is_empty(), "\n{wrong}\n{took_all}");
    took_all
}

#[test]
fn each_test_ends_at_its_deadline_whatever_is_judged() {
    println!("{}", all_end_in_time(&JUDGED));
}

#[test]
fn each_test_ends_at_its_deadline_whatever_is_evaluated_or_read() {
    println!("{}", all_end_in_time(&EVALUATED));
}

/// Sends a signal once so many responses have been sent, and measures until the run has ended.
fn a_signal_ends(kinds: &[Kind]) -> String {
    let _turn = turn();
    let (server, has_sent) = server();
    let test = test(kinds, &server, Some("5m"));
    let mut child = test.command().stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    // What is left is to judge it all, which takes minutes. The last ones are read as the machine has time beside those.
    for _ in kinds.iter().skip(5) {
        let is_sent = has_sent.recv_timeout(Duration::from_secs(60)).is_ok();
        if !is_sent {
            let _ = child.kill();
        }
        assert!(is_sent, "not every response was read");
    }
    let machine = Machine::measured();
    assert!(Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap().success());
    let signalled = Instant::now();
    let status = child.wait().unwrap();
    let (took, machine) = (signalled.elapsed(), machine.lateness());
    assert_eq!(status.code(), Some(130));
    assert!(took.saturating_sub(machine) < AFTER_SIGNAL, "{took:?}, of which the machine itself adds {machine:?}");
    let report: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(test.path("test_results.json")).unwrap()).unwrap();
    assert_eq!(report["run"]["interrupted"], true);
    format!("ended {} ms after the signal; the machine itself: {} ms late", took.as_millis(), machine.as_millis())
}

#[test]
fn a_signal_ends_a_run_that_is_busy_judging() {
    println!("{}", a_signal_ends(&JUDGED));
}

#[test]
fn a_signal_ends_a_run_that_is_busy_evaluating_and_reading() {
    println!("{}", a_signal_ends(&EVALUATED));
}
