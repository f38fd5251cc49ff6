//! A process that is killed leaves all that had ended: probes, credentials and hooks beside the tests.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::path::Path;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use super::harness::Test;
use super::servers::{head, response};
use super::trace::{replayed, whatever};

/// All that is asked, in its order, and with what it is written: a group ends before the first request of the next one.
const ASKED: [(&str, &str); 10] = [
    ("/health", "probe"),
    ("/before/1", "before all"),
    ("/before/2", "before all"),
    ("/oauth", "credential"),
    ("/t1/1", "t1"),
    ("/t1/2", "t1"),
    ("/t2/1", "t2"),
    ("/t2/2", "t2"),
    ("/after/1", "after all"),
    ("/after/2", "after all"),
];

/// Answers every request but the nth, at which it stalls; it gives the number of each as it is there.
fn server(stalls_at: usize) -> (String, Receiver<usize>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let (heard, requests) = channel();
    std::thread::spawn(move || {
        for (index, mut stream) in listener.incoming().flatten().enumerate() {
            let head = head(&mut stream);
            let _ = heard.send(index + 1);
            if index + 1 == stalls_at {
                let _ = stream.read_to_end(&mut Vec::new());
                continue;
            }
            let body = match head.contains("/oauth") {
                true => "{\"token\": \"tok_live_5d41402abc4b\"}",
                false => "{\"n\": 3}",
            };
            let _ = stream.write_all(&response("Content-Type: application/json\r\n", body.as_bytes()));
        }
    });
    (address, requests)
}

fn spec(api: &str) -> String {
    let ask = |path: &str| format!("GET {{{{env.api}}}}{path} {{ expect $.n == 3 }}\n");
    format!(
        "environment e default {{\n  api = \"{api}\"\n  service backend {{ probe GET {{{{env.api}}}}/health within 60s }}\n}}\n\
         flow login() -> secret {{\n  GET {{{{env.api}}}}/oauth {{ expect status 200; capture secret token = $.token }}\n  return token expires in 600s\n}}\n\
         credential token = login()\n\
         suite \"s\" {{\nneeds backend\nbefore all {{\n{}{}}}\nafter all {{\n{}{}}}\n\
         test \"t1\" {{\nGET {{{{env.api}}}}/t1/1 {{ bearer token; expect $.n == 3 }}\n{}}}\ntest \"t2\" {{\n{}{}}}\n}}\n",
        ask("/before/1"),
        ask("/before/2"),
        ask("/after/1"),
        ask("/after/2"),
        ask("/t1/2"),
        ask("/t2/1"),
        ask("/t2/2"),
    )
}

/// The paths whose responses are in a trace, as much of it as there is, and the tests that have ended; `None` before its run has begun.
fn written(path: &Path) -> Option<(Vec<String>, Vec<serde_json::Value>)> {
    let text = whatever(path);
    let whole = text.rsplitn(2, |byte| *byte == b'\n').nth(1).unwrap_or_default();
    let (mut paths, mut tests, mut begun) = (Vec::new(), Vec::new(), false);
    for line in whole.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
        let entry: serde_json::Value = serde_json::from_slice(line).unwrap();
        let url = entry["record"]["request"]["ended"]["exchange"]["url"].as_str();
        paths.extend(url.map(|url| format!("/{}", url.splitn(4, '/').nth(3).unwrap_or_default())));
        begun |= entry["event"].get("begun").is_some();
        if let Some(test) = entry["event"].get("test_ended") {
            tests.push(test.clone());
        }
    }
    paths.sort_unstable();
    begun.then_some((paths, tests))
}

#[test]
fn wherever_it_is_killed_what_had_ended_is_there_and_is_judged_again() {
    for nth in 1..=ASKED.len() {
        let under_way = ASKED[nth - 1].1;
        // A credential is written for itself, within the test that asks for it.
        let ended = |group: &str| group != under_way && !(under_way == "credential" && group == "t1");
        let mut expected: Vec<&str> =
            ASKED[..nth - 1].iter().filter(|(_, group)| ended(group)).map(|(path, _)| *path).collect();
        expected.sort_unstable();
        let (api, requests) = server(nth);
        let test = Test::new().file("a.e2e", &spec(&api));
        let test = test.args(["run", "a.e2e", "--jobs", "1", "--trace", "r.trace", "--report", "none"]);
        let mut child = test.command().stdout(std::process::Stdio::null()).spawn().unwrap();
        assert!(requests.iter().any(|request| request == nth), "{nth}");
        // What the thread writes behind is there in a moment: it is looked at until it is.
        let (path, until) = (test.path("r.trace"), Instant::now() + Duration::from_secs(20));
        let is_whole = || written(&path).is_some_and(|(paths, _)| paths == expected);
        while !is_whole() {
            assert!(Instant::now() < until, "at {nth}: {:?} and not {expected:?}", written(&path));
            std::thread::yield_now();
        }
        child.kill().unwrap();
        child.wait().unwrap();
        let (_, tests) = written(&path).unwrap();
        let (_, said, now) = replayed(path.parent().unwrap(), &[]);
        assert!(said.contains("the trace has no end"), "{nth}: {said}");
        let again = now["tests"].as_array().unwrap();
        let passed = again.iter().filter(|test| test["outcome"] == "passed").count();
        assert_eq!((passed, again.len()), (tests.len(), 2), "{nth}: {said}");
        assert!(again[passed..].iter().all(|test| test["outcome"] == "not_run"), "{nth}: {said}");
        assert_eq!(again[..passed], tests[..], "{nth}");
    }
}

/// Whenever that is: what is there is a run that was cut off.
#[test]
fn whenever_it_is_killed_it_is_read_up_to_there() {
    let mut judged = 0;
    for nth in (1..=ASKED.len()).cycle().take(2 * ASKED.len()) {
        let (api, requests) = server(usize::MAX);
        let test = Test::new().file("a.e2e", &spec(&api));
        let test = test.args(["run", "a.e2e", "--trace", "r.trace", "--report", "none"]);
        let mut child = test.command().stdout(std::process::Stdio::null()).spawn().unwrap();
        assert!(requests.iter().any(|request| request == nth), "{nth}");
        child.kill().unwrap();
        child.wait().unwrap();
        let (code, said, now) = replayed(test.path("r.trace").parent().unwrap(), &[]);
        if code == Some(2) {
            assert!(said.contains("the file `r.trace`"), "{nth}: {said}");
            continue;
        }
        judged += 1;
        let tests = now["tests"].as_array().unwrap();
        assert!(tests.iter().all(|test| test["outcome"] == "passed" || test["outcome"] == "not_run"), "{nth}: {said}");
    }
    assert!(judged > 0);
}
