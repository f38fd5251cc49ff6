//! Abort conditions on real sockets: each trips, and just does not.

use std::io::Write as _;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use super::harness::Test;
use super::plans::{outcome, run, server, suite};
use super::servers::{head, serve};

/// A plan of two phases: the first of these tests, then one that must not run any more.
fn aborting(before: &str, first: &str, api: &str) -> String {
    format!(
        "environment e default {{ api = \"{api}\"; service backend {{ probe GET {{{{env.api}}}}/ok within 200ms }} }}\n\
         plan p {{\n\
           phase \"First\" {{ run suites \"First\"; gate success > 1%; {before}\n}}\n\
           phase \"Second\" {{ run everything not run; gate success > 1% }}\n\
         }}\n\
         suite \"First\" {{\n{first}\n}}\n{}",
        suite("Second", "tags late", api, &["/ok"])
    )
}

/// Whether the plan was aborted; then the rest must have been left out with its cause, and the exit code be 3.
fn aborted(spec: &str) -> Option<String> {
    let done = Test::new().file("a.e2e", spec).args(["run", "a.e2e", "--plan", "p"]).run();
    let report = done.json();
    let late = outcome(&report, "Second /ok");
    if report["abort"].is_null() {
        assert_eq!(late["outcome"], "passed", "{}{}", done.out, done.err);
        return None;
    }
    assert_eq!((done.code, &report["verdict"]["state"]), (Some(3), &"ABORTED".into()), "{}", done.out);
    let condition = report["abort"]["condition"].as_str().unwrap();
    assert_eq!((&late["outcome"], &late["reason"]), (&"not_run".into(), &format!("aborted: {condition}").into()));
    assert_eq!(report["phases"][1]["state"], "not_run");
    Some(format!("{condition}: {}", report["abort"]["because"].as_str().unwrap()))
}

#[test]
fn an_abort_on_failures_trips_and_just_does_not() {
    let api = server();
    let test = |name: &str, meta: &str, path: &str| {
        format!("  test \"{name}\" {{ {meta}\n GET {api}{path} {{ expect status 200 }} }}\n")
    };
    let (good, bad) = (test("good", "", "/ok"), test("bad", "priority P1", "/bad"));
    let minor = test("minor", "priority P2", "/bad");
    let on_failure = "abort on any failure of P1";
    assert_eq!(aborted(&aborting(on_failure, &format!("{minor}{good}"), &api)), None);
    let reported = aborted(&aborting(on_failure, &format!("{good}{bad}"), &api));
    assert_eq!(reported.as_deref(), Some("any failure of P1: \"bad\" failed"));
    let count = |limit| format!("}}\n abort when failures > {limit}\n phase \"Between\" {{ run suites \"First\"");
    assert_eq!(aborted(&aborting(&count("2"), &format!("{bad}{minor}{good}"), &api)), None);
    let reported = aborted(&aborting(&count("1"), &format!("{bad}{minor}{good}"), &api));
    assert_eq!(reported.as_deref(), Some("failures > 1: 2 of 4 tests failed"));
}

#[test]
fn an_abort_on_slow_requests_trips_and_just_does_not() {
    let slow = serve(|stream| {
        while let request @ ("slow" | "fast") = if head(stream).contains("/slow") { "slow" } else { "fast" } {
            if request == "slow" {
                std::thread::sleep(Duration::from_millis(120));
            }
            if stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}").is_err() {
                break;
            }
        }
    });
    let first = |paths: &[&str]| {
        let requests: String =
            paths.iter().map(|path| format!("    GET {slow}/{path} {{ expect status 200 }}\n")).collect();
        format!("  test \"asks\" {{\n{requests}  }}")
    };
    let condition =
        "}\n abort when time > 100ms for 3 requests in a row to backend\n phase \"Between\" { run suites \"First\"";
    let interrupted = first(&["slow", "slow", "ok", "slow", "slow"]);
    assert_eq!(aborted(&aborting(condition, &interrupted, &slow)), None);
    let reported = aborted(&aborting(condition, &first(&["ok", "slow", "slow", "slow"]), &slow)).unwrap();
    assert!(
        reported.starts_with("time > 100ms for 3 requests in a row to backend: 3 requests in a row, the last one took"),
        "{reported}"
    );
}

#[test]
fn an_abort_on_websockets_trips_and_just_does_not() {
    let api = server();
    let ws = api.replace("http", "ws");
    let open =
        |path: &str, expect: &str| format!("  test \"{path}{expect}\" {{ websocket c {ws}{path} {{ {expect} }}\n }}\n");
    let condition = "}\n abort when every websocket fails\n phase \"Between\" { run suites \"First\"";
    let refused = open("/bad", "expect status 101");
    let reported = aborted(&aborting(condition, &refused, &api));
    assert_eq!(reported.as_deref(), Some("every websocket fails: the only WebSocket that was tried didn't open"));
    let one_opens = format!("{refused}{}", open("/ws", "expect status 101"));
    assert_eq!(aborted(&aborting(condition, &one_opens, &api)), None);
    let as_expected = open("/bad", "expect status 404");
    assert_eq!(aborted(&aborting(condition, &as_expected, &api)), None, "one that is to be refused doesn't fail");
}

#[test]
fn an_abort_on_a_service_trips_and_just_does_not() {
    let api = server();
    let good = format!("  test \"good\" {{ GET {api}/ok {{ expect status 200 }} }}");
    let condition = "}\n abort when service backend is down\n phase \"Between\" { run suites \"First\"";
    assert_eq!(aborted(&aborting(condition, &good, &api)), None);
    let down = aborting(condition, &good, &api).replace("/ok within", "/bad within");
    let reported = aborted(&down).unwrap();
    assert!(reported.starts_with("service backend is down: 500, for"), "{reported}");
}

#[test]
fn an_abort_on_a_credential_trips_before_any_test_and_just_does_not() {
    let api = server();
    let good = "  test \"good\" { GET {{env.api}}/ok { bearer token; expect status 200 } }";
    let declared = |path: &str| {
        format!(
            "flow fetch() -> secret {{\n  GET {{{{env.api}}}}{path} {{ expect status 200 }}\n  return \"a-token-of-twenty-odd\" expires in 60\n}}\n\
             credential token = fetch()\n"
        )
    };
    let condition = "}\n abort when credential token cannot be obtained\n phase \"Between\" { run suites \"First\"";
    assert_eq!(aborted(&(declared("/ok") + &aborting(condition, good, &api))), None);
    let reported = aborted(&(declared("/bad") + &aborting(condition, good, &api))).unwrap();
    assert!(reported.starts_with("credential token cannot be obtained: `status` is 500"), "{reported}");
}

#[test]
fn an_abort_lets_what_is_running_clean_up() {
    let seen: Arc<Mutex<Vec<String>>> = Arc::default();
    let log = seen.clone();
    let api = serve(move |stream| {
        let request = head(stream);
        let path = request.split(' ').nth(1).unwrap_or_default().to_owned();
        log.lock().unwrap().push(path.clone());
        match path.as_str() {
            "/slow" => std::thread::sleep(Duration::from_secs(20)),
            "/bad" => {
                // Once the other test is on its way.
                while !log.lock().unwrap().iter().any(|path| path == "/slow") {
                    std::thread::yield_now();
                }
                let _ = stream.write_all(b"HTTP/1.1 500 No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
            }
            _ => {
                let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
            }
        }
    });
    let spec = format!(
        "environment e default {{ api = \"{api}\" }}\n\
         plan p {{ phase \"All\" {{ run everything not run; gate success > 1%; abort on any failure }} }}\n\
         suite \"Slow\" {{ after each {{ GET {api}/clean-up {{ expect status 200 }} }}\n test \"slow\" {{ GET {api}/slow {{ expect status 200 }} }} }}\n\
         suite \"Bad\" {{ test \"bad\" {{ GET {api}/bad {{ expect status 200 }} }} }}\n"
    );
    let begun = Instant::now();
    let report = run(&spec, 3).json();
    assert!(begun.elapsed() < Duration::from_secs(15), "the test that was running wasn't stopped");
    assert_eq!(outcome(&report, "slow")["reason"], "aborted: any failure");
    assert!(seen.lock().unwrap().iter().any(|path| path == "/clean-up"), "{:?}", seen.lock().unwrap());
}
