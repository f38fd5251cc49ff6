//! Output that nobody reads, or reads late, holds up no test.

use std::fmt::Write as _;
use std::io::{Read as _, Write as _};
use std::process::Stdio;
use std::sync::mpsc::channel;
use std::time::Duration;

use super::harness::Test;
use super::servers::{head, serve};

/// What these say is several times what a pipe holds (64 KiB).
const TESTS: usize = 1_500;

#[test]
fn what_nobody_reads_holds_up_no_test_and_is_all_there_later() {
    let (heard, requests) = channel();
    let api = serve(move |stream| {
        while head(stream).ends_with("\r\n\r\n") {
            heard.send(()).unwrap();
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
        }
    });
    let name = |number: usize| format!("{}{number}.", "a name that takes its room ".repeat(8));
    let mut spec = "suite \"s\" {\n".to_owned();
    for number in 0..TESTS {
        writeln!(spec, "test \"{}\" {{ GET {api}/ {{ expect status 200 }} }}", name(number)).unwrap();
    }
    spec.push('}');
    let test = Test::new().file("a.e2e", &spec).args(["run", "a.e2e", "--report", "none"]);
    let mut child = test.command().stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    for number in 0..TESTS {
        requests.recv_timeout(Duration::from_secs(60)).unwrap_or_else(|_| panic!("held up at {number}"));
    }
    let mut out = String::new();
    child.stdout.take().unwrap().read_to_string(&mut out).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(0), "{out}");
    let said: Vec<usize> = (0..TESTS).map(|number| out.find(&name(number)).unwrap()).collect();
    assert!(said.is_sorted(), "in the order in which they ended");
    assert!(out.contains("1500 passed"), "{}", &out[out.len() - 300..]);
}
