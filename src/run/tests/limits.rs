//! Limits around limits: each is kept to the millisecond, and reported by its name.

use super::scripted::{file, say, silence};
use crate::judge::Outcome;

fn suite(meta: &str, own: &str, steps: &str) -> String {
    format!("suite \"s\" {{\n  {meta}\n  test \"t\" {{\n    {own}\n    {steps}\n  }}\n}}\n")
}

const STALLS: &str = "GET http://s/a { timeout 1h; expect status 200 }";

#[test]
fn a_test_that_says_nothing_takes_ten_minutes_at_most() {
    let ran = file(&suite("", "", STALLS)).responds(|_| silence()).run();
    assert_eq!(*ran.outcome("t"), Outcome::TimedOut);
    assert_eq!(ran.took(), 600_000);
    assert!(ran.drawn().contains("the longest time for a test of 10m"), "{}", ran.drawn());
}

#[test]
fn a_suite_gives_its_tests_a_timeout_and_a_test_has_one_of_its_own() {
    let took = |meta: &str, own: &str| {
        let ran = file(&suite(meta, own, STALLS)).responds(|_| silence()).run();
        assert_eq!(*ran.outcome("t"), Outcome::TimedOut);
        assert!(ran.drawn().contains("the test's timeout of"), "{}", ran.drawn());
        ran.took()
    };
    assert_eq!(took("timeout 20s", ""), 20_000);
    assert_eq!(took("", "timeout 7s"), 7_000);
    assert_eq!(took("timeout 20s", "timeout 7s"), 7_000);
}

#[test]
fn a_test_may_take_all_of_its_time_and_no_millisecond_more() {
    let ended = |wait: &str| {
        let steps = format!("GET http://s/a {{ expect status 200 }}; wait {wait}");
        let ran = file(&suite("", "timeout 5s", &steps)).run();
        (ran.outcome("t").clone(), ran.took())
    };
    assert_eq!(ended("5s"), (Outcome::Passed, 5_000));
    assert_eq!(ended("5001ms"), (Outcome::TimedOut, 5_000));
}

#[test]
fn the_innermost_limit_that_is_reached_is_the_one_that_is_reported() {
    let ended = |own: &str, steps: &str| {
        let ran = file(&suite("", own, steps)).responds(|_| silence()).run();
        assert_eq!(*ran.outcome("t"), Outcome::TimedOut);
        (ran.took(), ran.drawn())
    };
    let (took, drawn) = ended("timeout 5s", &format!("within 9s {{ {STALLS} }}"));
    assert!(took == 5_000 && drawn.contains("the test's timeout of 5s"), "{took} {drawn}");
    let (took, drawn) = ended("timeout 5s", &format!("within 3s {{ {STALLS} }}"));
    assert!(took == 3_000 && drawn.contains("the limit `within` of 3s"), "{took} {drawn}");
    // A request's own limit is reported as its own.
    let (took, drawn) = ended("timeout 5s", "GET http://s/a { timeout 2s; expect status 200 }");
    assert!(took == 2_000 && !drawn.contains("was reached"), "{took} {drawn}");
}

fn planned(phase: &str, tests: &str) -> super::scripted::Case {
    let spec = format!(
        "environment e {{ api = \"http://s\" }}\nplan p {{ phase \"one\" {{ run everything not run; {phase} }} }}\n{tests}"
    );
    file(&spec).by_plan("p")
}

#[test]
fn the_budget_of_a_phase_ends_its_tests_and_begins_none() {
    let tests = "suite \"s\" {\n  test \"t\" { GET http://s/a { expect status 200 } }\n  \
                 test \"u\" { GET http://s/b { expect status 200 } }\n  test \"v\" { GET http://s/c { expect status 200 } }\n}\n";
    let ran = planned("budget 3s", tests)
        .responds(|asked| if asked.path == "/b" { silence() } else { say(200).after(1_000) })
        .run()
        .passed();
    assert_eq!(*ran.outcome("u"), Outcome::TimedOut);
    assert!(ran.messages("u")[0].contains("the phase's budget of 3s"), "{:?}", ran.messages("u"));
    assert_eq!(ran.span("u"), (1_000, 3_000));
    assert_eq!(ran.cause("v"), "the phase's budget of 3s was used up");
    assert!(ran.result.phases[0].over_budget);
    assert_eq!(ran.calls(), [(0, "GET /a"), (1_000, "GET /b")]);
}

#[test]
fn a_budget_is_used_up_by_tests_that_take_all_of_it() {
    let tests = "suite \"s\" {\n  test \"t\" { GET http://s/a { expect status 200 } }\n  test \"u\" { GET http://s/b { expect status 200 } }\n}\n";
    let ran = |first: u64| {
        planned("budget 3s", tests)
            .responds(move |asked| say(200).after(if asked.path == "/a" { first } else { 0 }))
            .run()
    };
    let just = ran(2_999).passed();
    assert_eq!((just.outcome("u"), just.result.phases[0].over_budget), (&Outcome::Passed, false));
    let used_up = ran(3_000).passed();
    assert_eq!(used_up.cause("u"), "the phase's budget of 3s was used up");
}

#[test]
fn each_phase_has_a_budget_of_its_own() {
    let spec = "environment e { api = \"http://s\" }\n\
                plan p { phase \"one\" { run tags one; budget 2s }; phase \"two\" { run everything not run; budget 2s } }\n\
                suite \"s\" {\n  test \"t\" { tags one; GET http://s/a { expect status 200 } }\n  test \"u\" { GET http://s/b { expect status 200 } }\n}\n";
    let spec = spec
        .replace("; phase \"two\"", "\n phase \"two\"")
        .replace("plan p { phase", "plan p {\n phase")
        .replace("2s } }", "2s }\n}");
    let ran = file(&spec).by_plan("p").responds(|_| say(200).after(1_900)).run().passed();
    assert_eq!(*ran.outcome("u"), Outcome::Passed);
    assert_eq!(ran.calls(), [(0, "GET /a"), (1_900, "GET /b")]);
}
