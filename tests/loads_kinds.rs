//! Each way in which a load can fail is counted by its own name: as many as there were, in the report, over time and for thresholds.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::net::{Shutdown, TcpListener, TcpStream};
use std::time::{Duration, Instant};

use e2e_dsl::demo::{self, DemoOptions};
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

use super::harness::Test;
use super::servers::{Ca, certificate, head, serve};

/// What a server does with a request for a path.
fn misbehave(stream: &mut TcpStream) {
    // What is asked for is looked at and stays unread where the connection is to be reset: ending it then makes a reset.
    let mut peeked = [0; 64];
    let count = stream.peek(&mut peeked).unwrap_or(0);
    if peeked[..count].starts_with(b"GET /reset ") {
        return;
    }
    let head = head(stream);
    let path = head.split(' ').nth(1).unwrap_or_default();
    let key = head
        .lines()
        .filter_map(|line| line.split_once(": "))
        .find(|(name, _)| name.eq_ignore_ascii_case("sec-websocket-key"));
    let upgrade = |accept: &str, frames: &[u8]| {
        let head = format!(
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: {accept}\r\n\r\n"
        );
        [head.as_bytes(), frames].concat()
    };
    let accept = key.map(|(_, key)| derive_accept_key(key.trim().as_bytes())).unwrap_or_default();
    let whole =
        |status: &str| format!("HTTP/1.1 {status}\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{{}}").into_bytes();
    let response = match path {
        "/timeout" => {
            // Until the client has enough.
            let _ = std::io::copy(stream, &mut std::io::sink());
            return;
        }
        "/closed" => b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nonly".to_vec(),
        "/protocol" => b"SSH-2.0-server\r\n\r\n".to_vec(),
        "/coding" => {
            b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\nConnection: close\r\n\r\nnone".to_vec()
        }
        "/large" => {
            let fields: String = (0..400).map(|at| format!("X-Field-{at}: 1\r\n")).collect();
            format!("HTTP/1.1 200 OK\r\n{fields}Content-Length: 0\r\n\r\n").into_bytes()
        }
        "/round" => {
            b"HTTP/1.1 302 Found\r\nLocation: /round\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".to_vec()
        }
        "/half" => {
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nonly");
            let _ = socket2::SockRef::from(&*stream).set_linger(Some(Duration::ZERO));
            return;
        }
        "/404" => whole("404 Not Found"),
        "/503" => whole("503 Service Unavailable"),
        "/handshake" => upgrade("bm90IHRoZSByaWdodCBvbmU=", &[]),
        // 1011, the internal error of RFC 6455, section 7.4.1, as a close frame.
        "/1011" => upgrade(&accept, &[0x88, 2, 0x03, 0xf3]),
        "/lost" => upgrade(&accept, &[]),
        // Reserved bits and an opcode that isn't known.
        "/frame" => upgrade(&accept, &[0xf3, 1, b'!']),
        // A frame that is said to have 2^62 bytes.
        "/huge" => upgrade(&accept, &[0x81, 127, 0x40, 0, 0, 0, 0, 0, 0, 0]),
        _ => whole("200 OK"),
    };
    let _ = stream.write_all(&response);
    // What came is read, so that the end is an end and no reset.
    let _ = stream.shutdown(Shutdown::Write);
    let _ = std::io::copy(stream, &mut std::io::sink());
}

/// A name, what is counted, with which close code, and the step that fails so.
fn cases(api: &str, tls: &str, gone: &str) -> Vec<(&'static str, &'static str, Option<u64>, String)> {
    let get = |path: &str| format!("GET {api}{path} {{ expect status 200 }}");
    let socket = |path: &str| {
        let ws = api.replace("http:", "ws:");
        format!(
            "websocket c {ws}{path} {{ events by $.type; expect status 101 }}; expect on c event \"done\" within 20s"
        )
    };
    vec![
        ("timeout", "timeout", None, format!("GET {api}/timeout {{ timeout 50ms; expect status 200 }}")),
        ("refused", "refused", None, format!("GET {gone} {{ expect status 200 }}")),
        ("reset", "reset", None, get("/reset")),
        ("reset in the middle", "reset", None, get("/half")),
        ("lost", "reset", None, socket("/lost")),
        ("closed", "closed", None, get("/closed")),
        ("1011", "closed", Some(1011), socket("/1011")),
        ("1011 instead of 1000", "closed", Some(1011), socket("/1011").replace("event \"done\"", "closed with 1000")),
        (
            "1011 instead of silence",
            "closed",
            Some(1011),
            socket("/1011").replace("event \"done\" within 20s", "silence for 20s"),
        ),
        ("dns", "dns", None, "GET http://nothing.invalid/ { expect status 200 }".to_owned()),
        ("tls", "tls", None, format!("GET {tls}/ {{ expect status 200 }}")),
        ("handshake", "handshake", None, socket("/handshake")),
        ("no HTTP", "protocol", None, get("/protocol")),
        ("no gzip", "protocol", None, get("/coding")),
        ("no frame", "protocol", None, socket("/frame")),
        ("large head", "too large", None, get("/large")),
        ("large frame", "too large", None, socket("/huge")),
        (
            "redirects",
            "too many redirects",
            None,
            format!("GET {api}/round {{ follow redirects up to 2; expect status 200 }}"),
        ),
        ("404", "4xx", None, get("/404")),
        ("503", "5xx", None, get("/503")),
        ("wrong", "expectation", None, format!("GET {api}/ {{ expect $.id is string }}")),
    ]
}

/// How many failures there were of each kind and close code, without those that were tried again.
fn failures(load: &Value) -> BTreeMap<(String, Option<u64>), u64> {
    let mut counts = BTreeMap::new();
    for one in load["measured"]["failures"].as_array().into_iter().flatten() {
        assert_ne!(one["excused"], true, "nothing is tried again here");
        let key = (one["kind"].as_str().unwrap().to_owned(), one["close_code"].as_u64());
        *counts.entry(key).or_default() += one["count"].as_u64().unwrap();
    }
    counts
}

/// The same over time, by kinds alone.
fn over_time(load: &Value) -> BTreeMap<String, u64> {
    let mut counts = BTreeMap::new();
    let bins = load["timeline"]["bins"].as_array().unwrap().iter();
    for one in bins.flat_map(|bin| bin["errors"].as_array().into_iter().flatten()) {
        *counts.entry(one["kind"].as_str().unwrap().to_owned()).or_default() += one["count"].as_u64().unwrap();
    }
    counts
}

fn by_kind(counts: &BTreeMap<(String, Option<u64>), u64>) -> BTreeMap<String, u64> {
    let mut kinds = BTreeMap::new();
    for ((kind, _), count) in counts {
        *kinds.entry(kind.clone()).or_default() += count;
    }
    kinds
}

#[test]
fn each_kind_is_counted_by_its_name() {
    let api = serve(misbehave);
    let (tls, _) = Ca::new().serve(&certificate(&["127.0.0.1"], 60));
    let gone = format!("http://{}", TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap());
    let cases = cases(&api, &tls, &gone);
    for kind in e2e_dsl::syntax::ast::ERROR_KINDS {
        assert!(cases.iter().any(|(_, own, ..)| *own == kind), "there is a case of `{kind}`");
    }
    let mut spec = String::new();
    for (name, kind, _, step) in &cases {
        spec.push_str(&format!(
            "load \"{name}\" {{\n  users 1 hold 300ms\n  think 10ms\n  scenario {{ {step} }}\n  threshold errors of {kind} > 0\n}}\n"
        ));
    }
    let done = Test::new().file("a.e2e", &spec).args(["run", "a.e2e"]).run();
    assert!(done.err.is_empty(), "{}", done.err);
    let report = done.json();
    assert_eq!(super::reports::faults(&report, true), [""; 0]);
    for (name, kind, code, _) in cases {
        let test = report["tests"].as_array().unwrap().iter().find(|test| test["name"] == name).unwrap();
        let load = &test["load"];
        let rounds = load["scenarios"][0]["failed"].as_u64().unwrap();
        let counts = failures(load);
        assert_eq!(counts, BTreeMap::from([((kind.to_owned(), code), rounds)]), "{name}: {load}");
        assert_eq!(over_time(load), by_kind(&counts), "{name}");
        let threshold = &load["thresholds"][0];
        assert_eq!((&threshold["held"], threshold["measured"].as_f64()), (&true.into(), Some(rounds as f64)), "{name}");
        let unspoken = |one: &Value| one["code"] == "e2e::load::failures";
        assert!(!test["diagnostics"].as_array().unwrap().iter().any(unspoken), "{name}: {}", test["diagnostics"]);
    }
    assert!(done.out.contains("  closed with 1011 (internal error)  "), "{}", done.out);
}

#[test]
fn what_was_never_sent_is_excused_by_no_threshold() {
    let api = serve(misbehave);
    let spec = format!(
        "load \"impossible\" {{\n  users 1 hold 100ms\n  think 10ms\n  data [{{ url: \"{api}/a\" }}, {{ url: \"nonsense\" }}] shared as row\n  \
         scenario {{ GET {{{{row.url}}}} {{ expect status 200 }} }}\n  threshold error rate <= 100%\n  threshold success >= 0%\n  threshold errors >= 0\n}}\n"
    );
    let done = Test::new().file("a.e2e", &spec).args(["run", "a.e2e"]).run();
    let test = &done.json()["tests"][0];
    assert_eq!(test["outcome"], "failed", "{}", done.out);
    assert_eq!(test["diagnostics"][0]["code"], "e2e::load::failures", "{}", test["diagnostics"]);
}

/// What the load's operator orders, in turns, and as what it is counted.
const INJECTIONS: [(&str, &str, Option<u64>); 7] = [
    ("503", "5xx", None),
    ("stall", "timeout", None),
    ("reset", "reset", None),
    ("cut", "closed", None),
    ("malformed-http", "protocol", None),
    ("close-1011", "closed", Some(1011)),
    ("malformed-frame", "protocol", None),
];

/// Many users of the demo, one of whom breaks it now and then, while instances of it come up slowly.
fn under_failure(urls: &demo::DemoUrls, password: &str, seconds: u64) -> String {
    let rows: Vec<String> = INJECTIONS.iter().map(|(kind, ..)| format!("{{ kind: \"{kind}\" }}")).collect();
    format!(
        "environment demo default {{ api = \"{}\"; ws = \"{}\"; auth = \"{}\"; control = \"{}\" }}\n\
load \"under failure\" {{
  users 8 hold {seconds}s
  think 10ms to 30ms
  stop within 10s
  data [{}] shared as injected
  before each user {{
    POST {{{{env.auth}}}}/login {{ json {{ user: \"ada\", password: \"{password}\" }}; expect status 200; capture token = $.access_token }}
    PUT {{{{env.control}}}}/faults/slow-start {{ expect status 200 }}
    POST {{{{env.control}}}}/instances {{ expect status 202; capture own = $.url }}
  }}
  scenario \"read\" weight 20 {{ GET {{{{env.api}}}}/threads {{ bearer token; timeout 3s; expect status 200 }} }}
  scenario \"chat\" weight 8 {{
    websocket chat {{{{env.ws}}}} {{ bearer token; events by $.type; expect status 101 }}
    send chat json {{ type: \"echo\", payload: 1 }}
    expect on chat event \"echo\" within 8s
    close chat with 1000
  }}
  scenario \"start\" weight 8 {{ GET {{{{own}}}}/agents {{ bearer token; expect status 200 }} }}
  scenario \"operate\" weight 3 {{
    POST {{{{env.control}}}}/injections {{ json {{ kind: injected.kind }}; expect status 202 }}
  }}
  threshold errors of refused == 0
  threshold errors of 5xx == 0
  threshold errors of timeout == 0
  threshold errors of reset == 0
  threshold errors of closed == 0
  threshold errors of protocol == 0
  threshold errors of expectation == 0
  threshold success of \"operate\" == 100%
}}
",
        urls.api, urls.ws, urls.auth, urls.control, rows.join(", ")
    )
}

/// What a service of the demo says.
fn ask(url: &str) -> Value {
    let (host, path) = url.strip_prefix("http://").unwrap().split_once('/').unwrap();
    let mut stream = TcpStream::connect(host).unwrap();
    write!(stream, "GET /{path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n").unwrap();
    let mut text = String::new();
    std::io::Read::read_to_string(&mut stream, &mut text).unwrap();
    serde_json::from_str(text.split_once("\r\n\r\n").unwrap().1).unwrap()
}

/// Lasts 5 s, or as many as `LOAD_SECONDS` says.
#[test]
fn a_load_under_failure_counts_what_the_demo_did_and_ends_in_time() {
    let seconds = std::env::var("LOAD_SECONDS").ok().and_then(|text| text.parse().ok()).unwrap_or(5);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let demo = runtime.block_on(demo::start(DemoOptions::default())).unwrap();
    let password = demo.values().into_iter().find(|(name, ..)| *name == "ada_password").unwrap().1;
    let spec = under_failure(demo.urls(), &password, seconds);
    let began = Instant::now();
    let done = Test::new().file("a.e2e", &spec).args(["run", "a.e2e"]).run();
    let took = began.elapsed();
    let report = done.json();
    let test = &report["tests"][0];
    let load = &test["load"];
    assert_eq!(super::reports::faults(&report, true), [""; 0]);

    // It ended in its time, with all rounds, and the process soon after.
    let lasted = load["lasted_ms"].as_f64().unwrap();
    assert_eq!(load["measured"]["cut_off"].as_u64().unwrap_or(0), 0);
    assert!(
        lasted <= (seconds * 1_000 + 10_000) as f64 && took < Duration::from_secs(seconds + 40),
        "{lasted} {took:?}"
    );

    // What was injected was counted, each kind by its name, and nothing else.
    let injected = ask(&format!("{}/injections", demo.urls().control));
    let instances = ask(&format!("{}/instances", demo.urls().control));
    let done_of = |kind: &str| {
        let all = injected["injections"].as_array().unwrap();
        all.iter().find(|one| one["kind"] == kind).unwrap()["done"].as_u64().unwrap()
    };
    let mut wanted: BTreeMap<(String, Option<u64>), u64> = BTreeMap::new();
    for (name, kind, code) in INJECTIONS {
        assert!(done_of(name) > 0, "{name}: {injected}");
        *wanted.entry((kind.to_owned(), code)).or_default() += done_of(name);
    }
    // Of instances that come up, the demo knows what reached them; what didn't was refused, and the first that did were answered 503.
    let (mut refused, mut starting) = (0, 0);
    let mut reached = 0;
    for one in load["measured"]["requests"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|one| one["url"].as_str().unwrap().ends_with("/agents"))
    {
        for replies in one["replies"].as_array().unwrap() {
            let count = replies["times_ms"]["count"].as_u64().unwrap();
            match (replies["status"].as_u64(), replies["failure"].as_str()) {
                (None, Some("refused")) => refused += count,
                (Some(503), _) => (starting, reached) = (starting + count, reached + count),
                (Some(200), _) => reached += count,
                other => panic!("{other:?}"),
            }
        }
    }
    let own = instances["items"].as_array().unwrap().iter().filter(|one| one["id"] != "primary");
    assert_eq!(reached, own.map(|one| one["requests"].as_u64().unwrap()).sum::<u64>(), "{instances}");
    assert!(refused > 0 && starting > 0, "{refused} {starting}");
    wanted.insert(("refused".to_owned(), None), refused);
    *wanted.entry(("5xx".to_owned(), None)).or_default() += starting;
    let counts = failures(load);
    assert_eq!(counts, wanted, "{injected}\n{}", done.out);
    assert_eq!(over_time(load), by_kind(&counts));
    println!(
        "{}\n{}",
        done.out,
        json!({ "lasted_ms": lasted, "counted": format!("{counts:?}"), "injected": injected })
    );

    explained(test, &by_kind(&counts));
    runtime.block_on(demo.stop());
}

/// Each threshold says how many there were; the first failures of each kind are kept whole, and explained by who is to blame.
fn explained(test: &Value, counts: &BTreeMap<String, u64>) {
    for threshold in test["load"]["thresholds"].as_array().unwrap() {
        let Some(kind) = threshold["errors"].as_str() else { continue };
        let count = counts.get(kind).copied().unwrap_or(0);
        assert_eq!(threshold["measured"].as_f64(), Some(count as f64), "{threshold}");
        assert_eq!(threshold["held"], count == 0, "{threshold}");
    }
    let exchanges = test["exchanges"].as_array().unwrap();
    for kind in ["refused", "timeout", "reset", "closed", "protocol"] {
        assert!(exchanges.iter().any(|one| one["failure"]["kind"] == kind), "{kind}: {exchanges:?}");
    }
    assert!(exchanges.iter().any(|one| one["status"] == 503));
    let channels = test["channels"].as_array().unwrap();
    for (kind, code) in [("closed", Some(1011)), ("failed", None)] {
        let is = |one: &Value| one["end"]["kind"] == kind && one["closed_with"].as_u64() == code;
        assert!(channels.iter().any(is), "{kind}: {channels:?}");
    }
    let diagnostics = test["diagnostics"].as_array().unwrap();
    for (code, message, help) in [
        ("e2e::net::refused", "nothing listens on", "is the service running"),
        ("e2e::net::timeout", "gave no response within 3s", "longer `timeout`"),
        ("e2e::net::reset", "reset", "the server, or something between"),
        ("e2e::net::closed", "", "its log may say why"),
        ("e2e::net::protocol", "HTTP", "does an HTTP server listen"),
        ("e2e::expect::status", "503", ""),
        ("e2e::channel::closed_early", "the server closed `chat` with 1011", "the server failed on its own"),
        ("e2e::net::broken_channel", "RFC 6455", "breaks the rules of the protocol"),
    ] {
        let is = |one: &&Value| {
            let has = |field: &str, part: &str| {
                part.is_empty() || one[field].as_str().is_some_and(|text| text.contains(part))
            };
            one["code"] == code && has("message", message) && has("help", help)
        };
        assert!(diagnostics.iter().any(|one| is(&one)), "{code}: {diagnostics:#?}");
    }
}
