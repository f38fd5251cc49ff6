//! Deadlines and signals while judging is busy: a large response is judged apart from the threads that keep time.
#![cfg(unix)]

use std::process::{Command, Stdio};
use std::sync::mpsc::Receiver;
use std::time::{Duration, Instant};

use super::harness::Test;
use super::servers::{answer, serve};

/// A spec whose expectations take far longer over the body of the server than any of its limits.
fn busy(limit: &str, server: &str) -> String {
    let expectations: String =
        (0..400).map(|at| format!("      expect body not matches /a.*b.*c.*[d-q]{{{}}}/\n", at % 7 + 3)).collect();
    format!(
        "suite \"S\" {{\n  test \"busy\" {{\n    timeout {limit}\n    GET {server}/ {{\n{expectations}    }}\n  }}\n}}\n"
    )
}

/// A server, and what says that it has sent its response.
fn large() -> (String, Receiver<()>) {
    let (sent, has_sent) = std::sync::mpsc::channel();
    let body = answer("Content-Type: text/plain\r\n", "aabbcc".repeat(1 << 20).as_bytes());
    let server = serve(move |stream| {
        super::servers::head(stream);
        let _ = std::io::Write::write_all(stream, &body);
        let _ = sent.send(());
    });
    (server, has_sent)
}

#[test]
fn a_test_ends_at_its_deadline_whatever_is_judged() {
    let done = Test::new().file("a.e2e", &busy("2s", &large().0)).args(["run", "a.e2e"]).code(1);
    let report = done.json();
    let test = &report["tests"][0];
    assert_eq!(test["outcome"], "timed_out", "{}", done.out);
    let took = test["duration_ms"].as_f64().unwrap();
    // The limit and its 250 ms, and what a busy machine adds.
    assert!(took < 4_000.0, "{took} ms");
}

#[test]
fn a_signal_ends_a_run_that_is_busy_judging() {
    let (server, has_sent) = large();
    let test = Test::new().file("a.e2e", &busy("5m", &server)).args(["run", "a.e2e"]);
    let mut child = test.command().stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    // What is left is to judge it, which takes minutes.
    has_sent.recv_timeout(Duration::from_secs(60)).unwrap();
    assert!(Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap().success());
    let signalled = Instant::now();
    let status = child.wait().unwrap();
    assert_eq!(status.code(), Some(130));
    assert!(signalled.elapsed() < Duration::from_secs(6), "{:?}", signalled.elapsed());
    let report: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(test.path("test_results.json")).unwrap()).unwrap();
    assert_eq!(report["run"]["interrupted"], true);
}
