//! Tests that are run again: as they say themselves, as the run says, and as a plan says of the infrastructure.

use super::scripted::{Case, fail, file, say};
use crate::event::FailureKind;
use crate::judge::Outcome;

const STEPS: &str = "GET http://s/a { expect status 200 }\n    GET http://s/b { expect status 200 }";

fn suite(meta: &str) -> String {
    format!(
        "suite \"s\" {{\n  before each {{ GET http://s/in {{ expect status 200 }} }}\n  \
             after each {{ GET http://s/out {{ expect status 200 }} }}\n  test \"t\" {{\n    {meta}\n    {STEPS}\n  }}\n}}\n"
    )
}

#[test]
fn a_test_that_passes_when_it_is_run_again_is_flaky_and_says_what_failed_first() {
    let ran = file(&suite("retries 3"))
        .responds(|asked| match (asked.path, asked.nth) {
            ("/b", 1) => say(500),
            ("/b", 2) => say(404),
            _ => say(200).after(10),
        })
        .run();
    let ran = ran.ended(Outcome::Flaky, "`status` is 500");
    assert_eq!(ran.test("t").attempts, 3);
    // At once, with its hooks.
    let one = ["GET /in", "GET /a", "GET /b", "GET /out"];
    assert_eq!(ran.calls().iter().map(|(_, what)| *what).collect::<Vec<_>>(), [one, one, one].concat());
    assert_eq!(ran.at("GET /in"), [0, 30, 60]);
    assert_eq!(ran.test("t").exchanges.len(), 12, "what all attempts asked is kept");
}

#[test]
fn a_test_that_fails_each_time_reports_the_last() {
    let ran = file(&suite("retries 1")).responds(|asked| say(if asked.nth == 1 { 500 } else { 404 })).run();
    let ran = ran.ended(Outcome::Failed, "`status` is 404");
    assert_eq!(ran.test("t").attempts, 2);
}

#[test]
fn what_a_test_says_of_its_retries_counts_more_than_what_the_run_says() {
    let attempts = |meta: &str, retries: Option<u32>| {
        let ran = file(&suite(meta)).options(|options| options.retries = retries).responds(|_| say(500)).run();
        ran.test("t").attempts
    };
    assert_eq!(attempts("", None), 1);
    assert_eq!(attempts("", Some(2)), 3);
    assert_eq!(attempts("retries 1", Some(2)), 2);
    assert_eq!(attempts("retries 0", Some(2)), 1);
}

#[test]
fn each_attempt_has_cookies_and_a_timeout_of_its_own() {
    let spec = "suite \"s\" {\n  test \"t\" {\n    timeout 3s\n    retries 1\n    GET http://s/login { expect status 200 }\n    \
                GET http://s/a { expect status 200 }\n  }\n}\n";
    let ran = file(spec)
        .responds(|asked| match (asked.path, asked.nth) {
            ("/login", _) => say(200).with("set-cookie", "sid=one").after(2_000),
            (_, 1) => say(500).after(500),
            _ => say(200).after(900),
        })
        .run();
    assert_eq!(*ran.outcome("t"), Outcome::Flaky, "{}", ran.drawn());
    let second_login = ran.calls.iter().filter(|call| call.what == "GET /login").nth(1).unwrap();
    assert!(second_login.headers.iter().all(|(name, _)| name != "cookie"));
    assert_eq!(ran.at("GET /login"), [0, 2_500]);
}

fn by_plan(retry: &str, phase: &str) -> Case {
    let spec = format!(
        "environment e {{ api = \"http://s\" }}\nplan p {{\n  {retry}\n  phase \"one\" {{ run everything not run; {phase} }}\n}}\n{}",
        "suite \"s\" { test \"t\" { GET http://s/a { expect status 200 } } }\n"
    );
    file(&spec).by_plan("p")
}

#[test]
fn an_outage_is_tried_again_after_the_pause() {
    let ran = by_plan("retry infrastructure 3 times every 2s", "")
        .responds(|asked| match asked.nth {
            1 => fail(FailureKind::Refused),
            2 => say(503).after(100),
            _ => say(200),
        })
        .run();
    assert_eq!(*ran.outcome("t"), Outcome::Flaky);
    assert_eq!(ran.at("GET /a"), [0, 2_000, 4_100]);
}

#[test]
fn an_outage_is_tried_again_as_often_as_it_says_and_after_a_second_where_nothing_is_said() {
    let ran = by_plan("retry infrastructure 2 times", "").responds(|_| say(502)).run();
    assert_eq!(*ran.outcome("t"), Outcome::Failed);
    assert_eq!(ran.at("GET /a"), [0, 1_000, 2_000]);
}

#[test]
fn what_is_no_outage_is_not_tried_again() {
    for status in [500, 501, 505, 404] {
        let ran = by_plan("retry infrastructure 3 times every 2s", "").responds(move |_| say(status)).run();
        assert_eq!((ran.calls().len(), ran.outcome("t")), (1, &Outcome::Failed), "{status}");
    }
    for status in [502, 503, 504] {
        let ran = by_plan("retry infrastructure 3 times every 2s", "").responds(move |_| say(status)).run();
        assert_eq!(ran.calls().len(), 4, "{status}");
    }
}

#[test]
fn an_outage_is_not_tried_again_where_the_budget_leaves_no_time() {
    let attempts = |budget: &str| {
        let ran =
            by_plan("retry infrastructure 3 times every 2s", &format!("budget {budget}")).responds(|_| say(503)).run();
        assert_eq!(*ran.outcome("t"), Outcome::Failed);
        ran.at("GET /a")
    };
    assert_eq!(attempts("4s"), [0, 2_000]);
    assert_eq!(attempts("4001ms"), [0, 2_000, 4_000]);
}

#[test]
fn a_test_that_can_not_be_run_again_waits_for_no_place() {
    let spec = "environment e { api = \"http://s\" }\nplan p {\n  retry infrastructure 3 times every 1s\n  \
                phase \"one\" { run everything not run; budget 5s }\n}\n\
                suite \"a\" { test \"t\" { GET http://s/a { expect status 200 } } }\n\
                suite \"b\" {\n  after each { wait 20s }\n  test \"long\" { wait 1ms; GET http://s/b { timeout 1h; expect status 200 } }\n}\n";
    // The other test takes the only place, and needs it beyond the budget.
    let ran = file(spec)
        .by_plan("p")
        .options(|options| options.jobs = 1)
        .responds(|asked| if asked.path == "/a" { say(503) } else { super::scripted::silence() })
        .run();
    assert_eq!(*ran.outcome("t"), Outcome::Failed);
    assert_eq!((ran.at("GET /a"), ran.span("t")), (vec![0], (0, 5_000)));
    assert_eq!(ran.span("long"), (0, 25_000));
}
