//! Servers that send without end: a channel keeps as much as it says, and the process stays small.

use std::io::Write as _;
use std::time::Duration;

use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

use super::harness::Test;
use super::servers::{head, serve};

/// What the whole process may take, in MiB.
const MOST: u64 = 600;

/// A server that repeats these bytes behind its response until the other side has enough.
fn flood(content_type: &'static str, piece: &[u8]) -> String {
    let block = piece.repeat((1 << 16) / piece.len() + 1);
    serve(move |stream| {
        let head = head(stream);
        let key = head.lines().find_map(|line| {
            let (name, value) = line.split_once(':')?;
            name.eq_ignore_ascii_case("sec-websocket-key").then(|| value.trim().to_owned())
        });
        let response = match key {
            Some(key) => {
                let accept = derive_accept_key(key.as_bytes());
                format!(
                    "HTTP/1.1 101 -\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: {accept}\r\n\r\n"
                )
            }
            None => format!("HTTP/1.1 200 OK\r\nContent-Type: {content_type}\r\nConnection: close\r\n\r\n"),
        };
        let _ = stream.write_all(response.as_bytes());
        while stream.write_all(&block).is_ok() {}
    })
}

/// The most memory that a run took, in MiB, and its first diagnostic.
fn run(open: &str) -> (u64, String, String) {
    let (peak, report) = measured(&format!("{open}\n    expect on ch event \"x\" within 90s"));
    let first = &report["tests"][0]["diagnostics"][0];
    (peak, first["code"].as_str().unwrap().to_owned(), first["message"].as_str().unwrap().to_owned())
}

/// The most memory that a run of one test with these steps took, in MiB, and its report.
fn measured(steps: &str) -> (u64, serde_json::Value) {
    let spec = format!("suite \"S\" {{\n  test \"t\" {{\n    timeout 100s\n    {steps}\n  }}\n}}\n");
    let test = Test::new().file("a.e2e", &spec).args(["run", "a.e2e"]);
    let report = test.path("test_results.json");
    let mut child =
        test.command().stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null()).spawn().unwrap();
    let status = format!("/proc/{}/status", child.id());
    let mut peak = 0;
    while child.try_wait().unwrap().is_none() {
        // The high-water mark is the system's own, so that no moment is missed but the very last.
        let text = std::fs::read_to_string(&status).unwrap_or_default();
        let kib = text.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB")?.parse().ok());
        peak = peak.max(kib.unwrap_or(0) / 1024);
        std::thread::sleep(Duration::from_millis(5));
    }
    (peak, serde_json::from_slice(&std::fs::read(report).unwrap()).unwrap())
}

#[test]
fn a_flood_of_small_frames_ends_at_the_limit() {
    let frame = |first: u8, payload: &[u8]| [&[first, payload.len() as u8], payload].concat();
    let sse = "text/event-stream";
    let id = format!("id: {}\n\n", "i".repeat(1000)) + "data: 1\n\n";
    let floods: [(&str, &str, Vec<u8>); 4] = [
        ("websocket", "", frame(0x81, b"")),
        ("websocket", "", frame(0x82, b"{}")),
        ("sse", sse, id.into_bytes()),
        ("ndjson", "application/x-ndjson", b"[[],[],[]]\n".to_vec()),
    ];
    for (kind, content_type, piece) in floods {
        let url = flood(content_type, &piece);
        let open = match kind {
            "websocket" => format!("websocket ch {}/", url.replace("http://", "ws://")),
            kind => format!("{kind} ch GET {url}/"),
        };
        let started = std::time::Instant::now();
        let (peak, code, message) = run(&open);
        let shown = String::from_utf8_lossy(&piece);
        println!("{kind} {:?}: {peak} MiB, {:?}", shown.get(..20).unwrap_or(&shown), started.elapsed());
        assert_eq!(code, "e2e::net::broken_channel", "{kind} {shown:?}: {message}");
        assert!(message.contains("more arrived than is kept"), "{kind} {shown:?}: {message}");
        assert!(peak > 20 && peak < MOST, "{kind} {shown:?}: {peak} MiB");
    }
}

/// What comes without a pause is no reason to wait beyond a deadline, even where it is no frame.
#[test]
fn an_event_is_missed_at_its_deadline_in_a_flood_of_what_is_no_frame() {
    for (kind, content_type, piece) in [
        ("ndjson", "application/x-ndjson", "\n"),
        ("ndjson", "application/x-ndjson", " \r\n"),
        ("sse", "text/event-stream", "\n\n"),
    ] {
        let url = flood(content_type, piece.as_bytes());
        let steps = format!("{kind} ch GET {url}/\n    expect on ch event \"x\" within 300ms");
        let started = std::time::Instant::now();
        let (peak, report) = measured(&steps);
        let first = &report["tests"][0]["diagnostics"][0];
        assert_eq!(first["code"], "e2e::channel::missing_event", "{kind} {piece:?}: {}", first["message"]);
        assert!(peak < MOST, "{kind} {piece:?}: {peak} MiB");
        // Far less than the test's own limit.
        assert!(started.elapsed() < Duration::from_secs(50), "{kind} {piece:?}: {:?}", started.elapsed());
    }
}

#[test]
fn a_flood_over_several_channels_ends_at_the_limit_of_the_run() {
    let frame = |first: u8, payload: &[u8]| [&[first, payload.len() as u8], payload].concat();
    let sockets = [frame(0x81, b"{}"), frame(0x82, b"")].map(|piece| flood("", &piece).replace("http://", "ws://"));
    let (sse, lines) = (flood("text/event-stream", b"data: 1\n\n"), flood("application/x-ndjson", b"[[],[]]\n"));
    let opened = format!(
        "websocket a {}/\n    websocket b {}/\n    sse c GET {sse}/\n    ndjson d GET {lines}/\n    ",
        sockets[0], sockets[1]
    );
    // An absence is proved by none of them either.
    for expected in ["expect on a event \"x\" within 90s", "expect on a never event \"x\" for 90s"] {
        let (peak, report) = measured(&format!("{opened}{expected}"));
        let test = &report["tests"][0];
        let message = test["diagnostics"][0]["message"].as_str().unwrap_or_default();
        println!("{expected}: {peak} MiB, {message}");
        assert_ne!(test["outcome"], "passed", "{message}");
        assert_eq!(test["diagnostics"][0]["code"], "e2e::net::broken_channel", "{message}");
        assert!(message.contains("more arrived than is kept"), "{message}");
        assert!(peak > 20 && peak < MOST, "{peak} MiB");
    }
}

#[test]
fn many_large_responses_at_once_stay_within_the_limit_of_the_run() {
    let items: Vec<String> = (0..1_000_000).map(|at| format!("{{\"n\":{at},\"same\":{at}}}")).collect();
    let body = format!("{{\"items\":[{}]}}", items.join(","));
    let head_of = |kind: &str, length: usize| {
        format!("HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n")
    };
    let bytes: std::sync::Arc<[u8]> =
        [head_of("application/json", body.len()).as_bytes(), body.as_bytes()].concat().into();
    let url = serve(move |stream| {
        head(stream);
        let _ = stream.write_all(&bytes);
    });
    // One after the other they have all the room that there is.
    let get = format!("GET {url}/ {{ timeout 90s; expect status 200; expect $.items[*].n each >= 0 }}");
    let (peak, report) = measured(&format!("{get}\n    {get}"));
    println!("two, one after the other: {peak} MiB");
    assert_eq!(report["tests"][0]["outcome"], "passed", "{}", report["tests"][0]["diagnostics"]);
    assert!(peak < MOST, "{peak} MiB");
    let (peak, report) = measured(&format!("parallel {{\n      {}\n    }}", vec![get; 16].join("\n      ")));
    let test = &report["tests"][0];
    let diagnostics = test["diagnostics"].as_array().unwrap();
    println!("16 at once: {peak} MiB, {} weren't kept", diagnostics.len());
    assert!(!diagnostics.is_empty() && test["outcome"] == "errored", "{}", test["outcome"]);
    for diagnostic in diagnostics {
        let message = diagnostic["message"].as_str().unwrap();
        assert_eq!(diagnostic["code"], "e2e::net::too_large", "{message}");
        assert!(message.contains("this tool keeps at most") && message.contains("--jobs"), "{message}");
    }
    assert!(peak < MOST, "{peak} MiB");
    // Small on the wire, and large once it is read.
    let lists = format!("[{}[]]", "[],".repeat(20_000_000)).into_bytes();
    let url = super::servers::fixed([head_of("application/json", lists.len()).into_bytes(), lists].concat());
    let (peak, report) = measured(&format!("GET {url}/ {{ timeout 90s; expect $ has length 20000001 }}"));
    println!("a list of 20,000,001 lists: {peak} MiB");
    assert_eq!(report["tests"][0]["diagnostics"][0]["code"], "e2e::net::too_large", "{}", report["tests"][0]);
    assert!(peak < MOST, "{peak} MiB");
}

/// Small on the wire, and large as a tree: nothing is proved of it, neither that something is there nor that it isn't.
#[test]
fn large_documents_end_at_the_limit_of_the_run() {
    const SIZE: usize = 24 << 20;
    let head_of = |kind: &str, length: usize| {
        format!("HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n")
    };
    let repeated = |piece: &str| piece.repeat(SIZE / piece.len());
    let distinct: String = (0..20_000).map(|n| format!("<b id={n}>")).collect();
    let bodies = [
        ("text/html", "css \"i\"", repeated("<i>x</i>")),
        ("text/html", "css \"p\"", format!("{distinct}{}", "<p>x".repeat(100_000))),
        ("text/html", "xpath \"//br\"", repeated("<br>")),
        ("application/xml", "xpath \"//i\"", format!("<r>{}</r>", repeated("<i/>"))),
        ("application/xml", "xpath \"//i\"", format!("<r>{}</r>", repeated("<i a='' b='' c=''/>"))),
    ];
    for (kind, subject, body) in bodies {
        let shown: String = body.chars().take(20).collect();
        let url = super::servers::fixed([head_of(kind, body.len()).as_bytes(), body.as_bytes()].concat());
        for claim in ["exists", "not exists"] {
            let (peak, report) = measured(&format!("GET {url}/ {{ timeout 90s; expect {subject} {claim} }}"));
            let test = &report["tests"][0];
            let message = test["diagnostics"][0]["message"].as_str().unwrap_or_default();
            println!("{kind} {shown} {claim}: {peak} MiB, {message}");
            assert_eq!(test["outcome"], "failed", "{kind} {shown} {claim}: {message}");
            assert!(message.contains("this tool keeps at most"), "{kind} {shown} {claim}: {message}");
            assert!(peak < MOST, "{kind} {shown} {claim}: {peak} MiB");
        }
    }
}
