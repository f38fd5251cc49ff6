//! Which tests run when: places, locks, suites side by side, phases, and what is reported of it.

use super::scripted::{Ran, file, say};
use crate::judge::Outcome;

fn get(name: &str) -> String {
    format!("  test \"{name}\" {{ GET http://s/{name} {{ expect status 200 }} }}\n")
}

/// How many of these tests ran at the same time, at most.
fn most_at_once(ran: &Ran) -> usize {
    let spans: Vec<(u64, u64)> = ran.result.tests.iter().map(|test| ran.span(&test.info.name)).collect();
    let at = |instant: u64| spans.iter().filter(|(from, to)| (*from..*to).contains(&instant)).count();
    spans.iter().map(|(from, _)| at(*from)).max().unwrap_or(0)
}

#[test]
fn a_suites_tests_run_one_after_the_other_and_suites_side_by_side() {
    let spec = format!("suite \"a\" {{\n{}{}}}\nsuite \"b\" {{\n{}{}}}\n", get("a1"), get("a2"), get("b1"), get("b2"));
    let ran = file(&spec).responds(|asked| say(200).after(if asked.path.starts_with("/a") { 100 } else { 250 })).run();
    assert_eq!((ran.span("a1"), ran.span("a2")), ((0, 100), (100, 200)));
    assert_eq!((ran.span("b1"), ran.span("b2")), ((0, 250), (250, 500)));
}

#[test]
fn no_more_tests_run_at_once_than_there_are_jobs() {
    let tests: String = (0..12).map(|n| get(&format!("t{n}"))).collect();
    let suites: String = (0..6).map(|n| format!("suite \"s{n}\" {{\n{}}}\n", get(&format!("u{n}")))).collect();
    let spec = format!("suite \"s\" {{\n  tests side by side\n{tests}}}\n{suites}");
    for jobs in 1..=5 {
        let ran = file(&spec).options(|options| options.jobs = jobs).responds(|_| say(200).after(100)).run();
        assert!(ran.result.tests.iter().all(|test| test.outcome == Outcome::Passed));
        assert_eq!(most_at_once(&ran), jobs);
        assert_eq!(ran.result.duration.as_millis() as usize, 18usize.div_ceil(jobs) * 100);
    }
}

#[test]
fn a_lock_keeps_suites_apart() {
    let suite = |name: &str, locks: &str| {
        format!("suite \"{name}\" {{\n  {locks}\n{}{}}}\n", get(&format!("{name}1")), get(&format!("{name}2")))
    };
    let spec =
        suite("a", "locks \"x\"") + &suite("b", "locks \"y\", \"x\"") + &suite("c", "locks \"z\"") + &suite("d", "");
    let ran = file(&spec).responds(|_| say(200).after(100)).run();
    let of = |name: &str| (ran.span(&format!("{name}1")).0, ran.span(&format!("{name}2")).1);
    let (a, b) = (of("a"), of("b"));
    assert!(a.1 <= b.0 || b.1 <= a.0, "{a:?} {b:?}");
    assert_eq!((of("c"), of("d")), ((0, 200), (0, 200)));
    assert_eq!(a.1.max(b.1), 400);
}

#[test]
fn locks_taken_crosswise_do_not_wait_for_each_other_for_ever() {
    let suite = |name: &str, locks: &str| format!("suite \"{name}\" {{\n  locks {locks}\n{}}}\n", get(name));
    let spec = suite("a", "\"x\", \"y\"") + &suite("b", "\"y\", \"x\"") + &suite("c", "\"y\", \"x\", \"y\"");
    let ran = file(&spec).responds(|_| say(200).after(100)).run();
    assert_eq!(ran.result.duration.as_millis(), 300);
    assert_eq!(most_at_once(&ran), 1);
}

#[test]
fn results_are_in_the_order_of_the_files() {
    let spec = format!("suite \"a\" {{\n{}{}}}\nsuite \"b\" {{\n{}}}\n", get("slow"), get("then"), get("fast"));
    let ran = file(&spec).responds(|asked| say(200).after(if asked.path == "/slow" { 900 } else { 1 })).run();
    let names: Vec<&str> = ran.result.tests.iter().map(|test| test.info.name.as_str()).collect();
    assert_eq!(names, ["slow", "then", "fast"]);
}

const PLAN: &str = "environment e { api = \"http://s\" }\nplan p {\n  \
    phase \"one\" { run tags one; pause 3s after; gate success > 90% }\n  \
    phase \"two\" { run tags one, two; pause 10s before; gate success > 90% }\n  \
    phase \"three\" { run everything not run }\n}\n\
    suite \"s\" {\n  before all { GET http://s/made { expect status 200 } }\n  after all { GET http://s/gone { expect status 200 } }\n  \
    test \"a\" {\n    tags one\n    GET http://s/a { expect status 200 }\n  }\n  \
    test \"b\" {\n    tags two\n    GET http://s/b { expect status 200 }\n  }\n  \
    test \"c\" { GET http://s/c { expect status 200 } }\n}\n";

#[test]
fn phases_run_one_after_the_other_with_their_pauses_and_each_test_once() {
    let ran = file(PLAN).by_plan("p").responds(|_| say(200).after(100)).run();
    let expected = [
        (0, "GET /made"),
        (100, "GET /a"),
        (200, "GET /gone"),
        // 300, three seconds after and ten before.
        (13_300, "GET /made"),
        (13_400, "GET /b"),
        (13_500, "GET /gone"),
        (13_600, "GET /made"),
        (13_700, "GET /c"),
        (13_800, "GET /gone"),
    ];
    assert_eq!(ran.calls(), expected);
    let phase = |at: usize| {
        let phase = &ran.result.phases[at];
        (phase.started.map(|at| at.as_millis()), phase.duration.as_millis())
    };
    assert_eq!((phase(0), phase(1), phase(2)), ((Some(0), 300), (Some(13_300), 300), (Some(13_600), 300)));
}

#[test]
fn a_gate_that_does_not_hold_lets_the_run_go_on() {
    let ran = file(PLAN).by_plan("p").responds(|asked| say(if asked.path == "/a" { 500 } else { 200 })).run();
    assert_eq!(
        (ran.outcome("a"), ran.outcome("b"), ran.outcome("c")),
        (&Outcome::Failed, &Outcome::Passed, &Outcome::Passed)
    );
    let digests: Vec<_> =
        ran.result.tests.iter().map(|test| crate::judge::release::Digest::of(test, &ran.result.service_map)).collect();
    let assessed = crate::judge::release::assess(ran.result.facts(&digests, &[]));
    let states: Vec<_> = assessed.phases.iter().map(|phase| format!("{:?}", phase.state)).collect();
    // The second phase is about `a`, too.
    assert_eq!(states, ["Failed", "Failed", "Passed"]);
}

#[test]
fn what_is_reported_of_a_run_comes_in_its_order() {
    let spec = "environment e { api = \"http://s\" }\nplan p {\n  phase \"one\" { run tags one }\n  phase \"two\" { run everything not run }\n}\n\
                suite \"s\" {\n  test \"a\" {\n    tags one\n    GET http://s/a { expect status 200 }\n  }\n  test \"b\" { GET http://s/b { expect status 200 } }\n}\n";
    let ran =
        file(spec).by_plan("p").responds(|asked| say(if asked.path == "/b" { 500 } else { 200 }).after(100)).run();
    let expected = [
        (0, "started"),
        (0, "phase 0"),
        (0, "begins a"),
        (100, "a passed"),
        (100, "phase 0 ended"),
        (100, "phase 1"),
        (100, "begins b"),
        (200, "b failed"),
        (200, "phase 1 ended"),
        (200, "ended"),
    ];
    let received = ran.received();
    assert_eq!(received.iter().map(|(at, what)| (*at, what.as_str())).collect::<Vec<_>>(), expected);
}

#[test]
fn with_fail_fast_nothing_is_begun_behind_a_failure_and_what_runs_ends() {
    let spec =
        format!("suite \"a\" {{\n{}{}}}\nsuite \"b\" {{\n{}{}}}\n", get("bad"), get("next"), get("slow"), get("late"));
    let ran = file(&spec)
        .options(|options| options.fail_fast = true)
        .responds(|asked| match asked.path {
            "/bad" => say(500).after(100),
            _ => say(200).after(700),
        })
        .run();
    assert_eq!((ran.outcome("bad"), ran.outcome("slow")), (&Outcome::Failed, &Outcome::Passed));
    assert_eq!((ran.cause("next"), ran.cause("late")), ("an earlier test failed", "an earlier test failed"));
    assert_eq!(ran.span("slow"), (0, 700));
}

#[test]
fn a_suite_that_runs_elsewhere_is_skipped_with_the_reason() {
    let spec = "environment e default { api = \"http://s\" }\nenvironment other { api = \"http://o\" }\n\
                suite \"s\" {\n  runs on other\n  before all { GET http://s/made { expect status 200 } }\n  test \"t\" { GET http://s/t { expect status 200 } }\n}\n";
    let ran = file(spec).run();
    assert_eq!((ran.cause("t"), ran.calls().len()), ("it runs on other, and this run is on e", 0));
}

#[test]
fn a_test_that_proves_nothing_is_vacuous() {
    let spec = "suite \"s\" {\n  test \"t\" { wait 1s }\n  test \"u\" { GET http://s/u { timeout 5s } }\n}\n";
    let ran = file(spec).run();
    assert_eq!((ran.outcome("t"), ran.outcome("u")), (&Outcome::Vacuous, &Outcome::Vacuous));
}
