//! Deadlines and signals while judging is busy: what is large or takes long is judged apart from the threads that keep time, and given up in time.
#![cfg(unix)]

use std::fmt::Write as _;
use std::process::{Command, Stdio};
use std::sync::mpsc::Receiver;
use std::time::{Duration, Instant};

use super::harness::Test;
use super::servers::{answer, head, serve};

/// How many nodes the large lists and documents have.
const NODES: usize = 300_000;

/// What takes far longer than any of the limits: a name, what is asked of it, and how often, since some of it is short on a fast machine.
const HOSTILE: [(&str, &str, usize); 10] = [
    ("regex", "expect body not matches /a.*b.*c.*[d-q]{5}/", 400),
    ("xpath", "expect xpath \"//i[count(following::i[count(preceding::i) > 0]) > 0]\" exists", 100),
    ("css", "expect css \"b ~ i\" not exists", 1),
    ("css_nested", "expect css \"i\" not exists", 100),
    ("each", "expect $[*].name each matches /^[a-z]+$/", 400),
    ("each_list", "expect $[*] each matches { name: \"abc\" }", 400),
    ("filter", "expect $[?count($[?@.id > 0]) > 0] exists", 400),
    ("unique", "expect $[*].name is unique", 400),
    ("schema", "expect $ matches schema file \"s.json\"", 400),
    ("frames", "", 1),
];

const SCHEMA: &str = r#"{"type": "array", "items": {"type": "object", "required": ["id", "name"], "properties": {"id": {"type": "integer"}, "name": {"pattern": "^[a-z]+$"}}}}"#;

fn body(path: &str) -> (&'static str, Vec<u8>) {
    let list =
        |nodes: usize| (0..nodes).map(|id| format!("{{\"id\":{id},\"name\":\"abc\"}}")).collect::<Vec<_>>().join(",");
    match path {
        "regex" => ("text/plain", "aabbcc".repeat(1 << 20).into_bytes()),
        "xpath" | "css" => ("text/html", format!("<p>{}</p>", "<i>x</i>".repeat(NODES / 4)).into_bytes()),
        // Each holds the texts of all behind it.
        "css_nested" => ("application/xml", {
            let (open, close) = ("<i>x".repeat(5_000), "</i>".repeat(5_000));
            format!("<r>{open}{close}</r>").into_bytes()
        }),
        "frames" => (
            "application/x-ndjson",
            format!("{{\"type\":\"a\",\"all\":[{}]}}\n", list(NODES / 10)).repeat(4).into_bytes(),
        ),
        _ => ("application/json", format!("[{}]", list(NODES)).into_bytes()),
    }
}

/// A server, and what says that it has sent a response.
fn server() -> (String, Receiver<()>) {
    let (sent, has_sent) = std::sync::mpsc::channel();
    let server = serve(move |stream| {
        let head = head(stream);
        let path = head.split([' ', '/']).nth(2).unwrap_or_default();
        let (content_type, body) = body(path);
        let _ = std::io::Write::write_all(stream, &answer(&format!("Content-Type: {content_type}\r\n"), &body));
        let _ = sent.send(());
    });
    (server, has_sent)
}

/// A test for each kind, all of which run at once.
fn spec(limit: &str, server: &str) -> String {
    let mut spec = String::new();
    for (name, expectation, times) in HOSTILE {
        let _ = write!(spec, "suite \"{name}\" {{\n  test \"{name}\" {{\n    timeout {limit}\n");
        if name == "frames" {
            let _ = write!(
                spec,
                "    ndjson s GET {server}/{name}\n    expect on s event \"a\" {{ $.all[?count($.all[?@.id > 0]) < 0] exists }}\n  }}\n}}\n"
            );
            continue;
        }
        let expectations = format!("      {expectation}\n").repeat(times);
        let _ = write!(spec, "    GET {server}/{name} {{\n{expectations}    }}\n  }}\n}}\n");
    }
    spec
}

#[test]
fn each_test_ends_at_its_deadline_whatever_is_judged() {
    let (server, _sent) = server();
    let test = Test::new().file("s.json", SCHEMA).file("a.e2e", &spec("2s", &server));
    let done = test.args(["run", "a.e2e", "--jobs", "16"]).code(1);
    let report = done.json();
    println!("the whole run: {} ms", report["run"]["duration_ms"]);
    let mut late = String::new();
    for test in report["tests"].as_array().unwrap() {
        let (name, took) = (test["name"].as_str().unwrap(), test["duration_ms"].as_f64().unwrap());
        println!("{name}: {} after {took:.0} ms", test["outcome"]);
        if test["outcome"] != "timed_out" {
            let _ = writeln!(late, "{name}: {}, {}", test["outcome"], test["diagnostics"][0]["message"]);
        }
        // The limit and its 250 ms, and what a busy machine adds.
        if took > 4_000.0 {
            let _ = writeln!(late, "{name}: {took} ms");
        }
    }
    assert_eq!(report["tests"].as_array().unwrap().len(), HOSTILE.len());
    assert!(late.is_empty(), "\n{late}");
}

#[test]
fn a_signal_ends_a_run_that_is_busy_judging() {
    let (server, has_sent) = server();
    let test = Test::new().file("s.json", SCHEMA).file("a.e2e", &spec("5m", &server));
    let test = test.args(["run", "a.e2e", "--jobs", "16"]);
    let mut child = test.command().stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    // What is left is to judge it all, which takes minutes. The last ones are read as the machine has time beside those.
    for _ in HOSTILE.iter().skip(5) {
        if has_sent.recv_timeout(Duration::from_secs(60)).is_err() {
            let _ = child.kill();
            panic!("not every response was read");
        }
    }
    assert!(Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap().success());
    let signalled = Instant::now();
    let status = child.wait().unwrap();
    let took = signalled.elapsed();
    println!("ended {took:?} after the signal");
    assert_eq!(status.code(), Some(130));
    assert!(took < Duration::from_secs(6), "{took:?}");
    let report: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(test.path("test_results.json")).unwrap()).unwrap();
    assert_eq!(report["run"]["interrupted"], true);
}
