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
    let spec = format!(
        "suite \"S\" {{\n  test \"t\" {{\n    timeout 100s\n    {open}\n    expect on ch event \"x\" within 90s\n  }}\n}}\n"
    );
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
    let report: serde_json::Value = serde_json::from_slice(&std::fs::read(report).unwrap()).unwrap();
    let first = &report["tests"][0]["diagnostics"][0];
    (peak, first["code"].as_str().unwrap().to_owned(), first["message"].as_str().unwrap().to_owned())
}

#[test]
fn a_flood_of_small_frames_ends_at_the_limit() {
    let frame = |first: u8, payload: &[u8]| [&[first, payload.len() as u8], payload].concat();
    let sse = "text/event-stream";
    let id = format!("id: {}\n\n", "i".repeat(1000)) + "data: 1\n\n";
    let floods: [(&str, &str, Vec<u8>); 7] = [
        ("websocket", "", frame(0x81, b"")),
        ("websocket", "", frame(0x81, br#"{"a":[1,2,{}],"b":"x"}"#)),
        ("websocket", "", frame(0x82, b"{}")),
        ("websocket", "", frame(0x89, b"")),
        ("sse", sse, b":\n".to_vec()),
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
