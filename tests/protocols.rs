//! The standard library's protocols against real servers of them, which npm installs below the target folder. Without Node.js, or when the
//! installation takes too long, the test says that it is skipped, and why.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use super::harness::{Done, Test};

#[test]
fn the_protocols_of_the_standard_library_hold_against_real_servers() {
    let servers = match installed() {
        Ok(servers) => servers,
        Err(reason) => return skipped(&reason),
    };
    let done = run(&servers, &[]);
    assert_eq!(done.code, Some(0), "{}{}", done.out, done.err);
    assert_eq!(done.json()["summary"]["passed"], 16);

    // The same servers, each breaking its promise in one way: what fails is what was broken, and says so.
    let done = run(&servers, &["broken"]);
    assert_eq!(done.code, Some(1), "{}{}", done.out, done.err);
    let report = done.json();
    let failed: Vec<(&str, &str)> = report["tests"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|test| test["outcome"] != "passed")
        .map(|test| (test["name"].as_str().unwrap(), test["diagnostics"][0]["message"].as_str().unwrap()))
        .collect();
    let expected = [
        ("a query has one result", "the greeter is out of order"),
        ("a subscription counts down", "is 0, expected 1"),
        ("a call has its result", "`sum` is 43, expected 42"),
        ("replies come in their own order", "`sum` is 2, expected 1"),
        ("notifications come before the reply", "`$.params.step` is 1, expected 2"),
        ("an error of the application carries its data", "`$.error.code` is -32000, expected -32001"),
        ("an event is answered by one", "is \"HELLO\", expected \"hello\""),
    ];
    assert_eq!(failed.len(), expected.len(), "{failed:?}");
    for ((name, message), (test, reason)) in failed.iter().zip(expected) {
        assert!(*name == test && message.contains(reason), "{name}: {message}");
    }
}

#[expect(clippy::print_stderr, reason = "a test that is skipped says so")]
fn skipped(reason: &str) {
    eprintln!("skipped: the protocols of the standard library aren't tested against real servers here: {reason}");
}

fn sources() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/protocols")
}

/// The folder with the servers and what they need.
fn installed() -> Result<PathBuf, String> {
    let folder = super::installed::npm("protocols", &sources())?;
    std::fs::copy(sources().join("server.mjs"), folder.join("server.mjs")).unwrap();
    Ok(folder)
}

fn run(servers: &Path, args: &[&str]) -> Done {
    let server = Server::start(servers, args);
    let spec = std::fs::read(sources().join("protocols.e2e")).unwrap();
    let test = Test::new().bytes("protocols.e2e", &spec).variable("WS", &format!("ws://127.0.0.1:{}", server.port));
    test.args(["run", "protocols.e2e"]).run()
}

struct Server {
    process: Child,
    port: String,
}

impl Server {
    fn start(folder: &Path, args: &[&str]) -> Self {
        let mut command = Command::new("node");
        command.arg("server.mjs").args(args).current_dir(folder).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = command.spawn().unwrap();
        let mut port = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut port).unwrap();
        assert!(!port.is_empty(), "the server printed no port");
        Self { process, port: port.trim().to_owned() }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
