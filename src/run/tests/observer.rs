//! Conditions that abort a run: each at its very instant, and what isn't run afterwards.

use super::scripted::{Asked, Case, Ran, Said, fail, file, open, say, silence};
use crate::event::FailureKind;
use crate::judge::Outcome;

/// A plan of two phases, of which the second must not be reached when the first is aborted.
fn plan(conditions: &str, in_phase: &str, tests: &str) -> Case {
    let spec = format!(
        "environment e default {{\n  api = \"http://api\"\n  service backend {{ probe GET http://api/health within 4s }}\n}}\n\
         plan p {{\n  phase \"one\" {{ run suites \"first\"; {in_phase} }}\n  phase \"two\" {{ run everything not run }}\n  {conditions}\n}}\n\
         suite \"first\" {{\n{tests}\n}}\nsuite \"second\" {{ test \"late\" {{ GET http://api/late {{ expect status 200 }} }} }}\n"
    );
    file(&spec).by_plan("p")
}

fn test(name: &str, steps: &str) -> String {
    format!("  test \"{name}\" {{\n    {steps}\n  }}\n")
}

fn get(name: &str) -> String {
    test(name, &format!("GET http://api/{name} {{ expect status 200 }}"))
}

/// When it was aborted, in milliseconds, by what and because of what; then nothing was begun any more.
fn aborted(ran: &Ran) -> Option<(u64, String, String)> {
    let Some(abort) = &ran.result.abort else {
        assert_eq!(*ran.outcome("late"), Outcome::Passed);
        return None;
    };
    let at = abort.at.as_millis() as u64;
    assert_eq!(ran.cause("late"), format!("aborted: {}", abort.condition));
    assert!(
        ran.calls().iter().all(|(called, what)| *called <= at || what.contains("health") || what.contains("clean"))
    );
    assert!(ran.received().contains(&(at, format!("aborted: {}", abort.condition))));
    Some((at, abort.condition.clone(), abort.because.clone()))
}

#[test]
fn a_service_that_is_down_aborts_when_its_time_is_over() {
    let condition = "abort when service backend is down";
    let down = |asked: &Asked<'_>| if asked.path == "/health" { fail(FailureKind::Refused) } else { say(200) };
    let ran = plan(condition, "", &get("t")).responds(down).run();
    let (at, condition, because) = aborted(&ran).unwrap();
    assert_eq!((at, condition.as_str()), (4_000, "service backend is down"));
    assert!(because.contains("for 4s"), "{because}");
    assert_eq!(ran.cause("t"), "aborted: service backend is down");
    assert_eq!(ran.at("GET /t").len(), 0);
    let ran = plan("abort when service backend is down", "", &get("t"))
        .responds(|asked| match asked.path {
            "/health" if asked.at.as_millis() < 4_000 => fail(FailureKind::Refused),
            _ => say(200),
        })
        .run();
    assert_eq!(aborted(&ran), None, "it is up at the very end of its time");
}

#[test]
fn a_service_that_goes_down_while_tests_run_aborts_them() {
    let tests = get("t") + &get("u") + &test("v", "wait 1h; GET http://api/v { expect status 200 }");
    let ran = plan("abort when service backend is down", "", &tests)
        .responds(|asked| match (asked.path, asked.nth) {
            ("/health", 1) => say(200),
            ("/health", _) => say(503),
            ("/t", _) => say(503).after(100),
            _ => say(200),
        })
        .run();
    // Doubted at 100, and four seconds later it is settled.
    assert_eq!(aborted(&ran).unwrap().0, 4_100);
    assert_eq!(*ran.outcome("t"), Outcome::Failed);
    assert_eq!(ran.cause("v"), "aborted: service backend is down");
}

#[test]
fn any_failure_of_a_priority_aborts_when_it_happens() {
    let tests = test("minor", "priority P2\n    GET http://api/bad { expect status 200 }")
        + &test("major", "priority P1\n    GET http://api/bad { expect status 200 }")
        + &get("rest");
    let bad = |asked: &Asked<'_>| if asked.path == "/bad" { say(500).after(200) } else { say(200) };
    let ran = plan("", "abort on any failure of P1", &tests).responds(bad).run();
    assert_eq!(aborted(&ran).unwrap(), (400, "any failure of P1".to_owned(), "\"major\" failed".to_owned()));
    assert_eq!(ran.cause("rest"), "aborted: any failure of P1");
    let ran = plan("", "abort on any failure", &tests).responds(bad).run();
    assert_eq!(aborted(&ran).unwrap().0, 200);
    let ran = plan("", "abort on any failure of P0", &tests).responds(bad).run();
    assert_eq!(aborted(&ran), None);
}

#[test]
fn so_many_failures_abort_and_one_fewer_do_not() {
    let tests = get("a") + &get("b") + &get("c");
    let bad =
        |asked: &Asked<'_>| if matches!(asked.path, "/late" | "/health") { say(200) } else { say(500).after(100) };
    let run = |condition: &str| plan(condition, "", &tests).responds(bad).run();
    assert_eq!(aborted(&run("abort when failures > 1")).unwrap().0, 200);
    assert_eq!(aborted(&run("abort when failures > 2")).unwrap().0, 300);
    assert_eq!(aborted(&run("abort when failures > 3")), None);
    // The share is of all four tests of the run.
    assert_eq!(aborted(&run("abort when failures > 49%")).unwrap().0, 200);
    assert_eq!(aborted(&run("abort when failures > 50%")).unwrap().0, 300);
    assert_eq!(aborted(&run("abort when failures > 75%")), None);
}

#[test]
fn slow_requests_in_a_row_abort_when_the_last_of_them_ends() {
    let condition = "abort when time > 1s for 3 requests in a row";
    let tests = test("t", "for each x in [1, 2, 3, 4] { GET http://api/{{x}} { expect status 200 } }");
    let run = |slow: u64, fast: &'static str| {
        plan(condition, "", &tests)
            .responds(move |asked| say(200).after(if asked.path == fast || asked.path == "/health" { 0 } else { slow }))
            .run()
    };
    assert_eq!(aborted(&run(1_001, "")).unwrap().0, 3_003);
    assert_eq!(aborted(&run(1_000, "")), None);
    // One that is fast begins the row again; `late` itself makes two with the last ones.
    assert_eq!(aborted(&run(1_001, "/3")), None);
}

#[test]
fn only_requests_to_the_service_that_is_meant_count() {
    let condition = "abort when time > 1s for 2 requests in a row to backend";
    let tests = |host: &str| {
        test("t", &format!("for each x in [1, 2] {{ GET http://{host}/{{{{x}}}} {{ expect status 200 }} }}"))
    };
    let slow = |asked: &Asked<'_>| say(200).after(if matches!(asked.path, "/1" | "/2") { 2_000 } else { 0 });
    assert_eq!(aborted(&plan(condition, "", &tests("other")).responds(slow).run()), None);
    assert_eq!(aborted(&plan(condition, "", &tests("api")).responds(slow).run()).unwrap().0, 4_000);
}

fn sockets(count: usize, opens: fn(usize) -> Said) -> Ran {
    let tests: String = (1..=count)
        .map(|n| test(&format!("w{n}"), "websocket ch ws://api/ws\n    expect on ch event \"a\" within 1s"))
        .collect();
    plan("abort when every websocket fails", "", &tests)
        .responds(move |asked| if asked.path == "/ws" { opens(asked.nth).after(100) } else { say(200) })
        .run()
}

#[test]
fn a_run_in_which_no_websocket_opens_is_aborted_at_the_third() {
    let (at, condition, because) = aborted(&sockets(4, |_| say(503))).unwrap();
    assert_eq!(
        (at, condition.as_str(), because.as_str()),
        (300, "every websocket fails", "none of 3 WebSockets opened")
    );
    // Two, and the phase ends.
    assert_eq!(aborted(&sockets(2, |_| fail(FailureKind::Reset))).unwrap().0, 200);
    assert_eq!(aborted(&sockets(4, |nth| if nth == 1 { open().event(0, "a") } else { say(503) })), None);
}

#[test]
fn a_websocket_that_is_to_be_refused_is_no_failure() {
    let refused = test("t", "for each x in [1, 2, 3, 4] { websocket ch ws://api/ws { expect status 401 } }");
    let ran = plan("abort when every websocket fails", "", &refused)
        .responds(|asked| say(if asked.path == "/ws" { 401 } else { 200 }))
        .run();
    assert_eq!(aborted(&ran), None);
}

#[test]
fn an_abort_lets_what_is_running_clean_up_and_nothing_else() {
    let spec_tests = "  tests side by side\n  before all { GET http://api/made { expect status 200 } }\n  \
        after all { GET http://api/clean/all { expect status 200 } }\n  after each { GET http://api/clean/{{n}} { expect status 200 } }\n";
    let long = test("long", "let n = \"long\"\n    GET http://api/long { expect status 200 }");
    let bad = test("bad", "let n = \"bad\"\n    GET http://api/bad { expect status 200 }");
    let tests = format!("{}{long}{bad}", spec_tests.replace("/{{n}}", "/each"));
    let ran = plan("abort when failures > 0", "", &tests)
        .responds(|asked| match asked.path {
            "/long" => silence(),
            "/bad" => say(500).after(500),
            _ => say(200),
        })
        .run();
    assert_eq!(aborted(&ran).unwrap().0, 500);
    assert_eq!((ran.outcome("bad"), ran.cause("long")), (&Outcome::Failed, "aborted: failures > 0"));
    assert_eq!((ran.at("GET /clean/each"), ran.at("GET /clean/all")), (vec![500, 500], vec![500]));
}

#[test]
fn after_an_abort_the_other_services_are_asked_to_the_end() {
    let spec = "environment e default {\n  api = \"http://api\"\n  service backend { probe GET http://api/health within 2s }\n  \
                service auth { probe GET http://auth/health within 6s }\n}\n\
                plan p {\n  phase \"one\" { run everything not run }\n  abort when service backend is down\n}\n\
                suite \"s\" { test \"t\" { GET http://api/t { expect status 200 } } }\n";
    let ran = file(spec).by_plan("p").responds(|_| fail(FailureKind::Refused)).run();
    assert_eq!(ran.result.abort.as_ref().map(|abort| abort.at.as_millis()), Some(2_000));
    let received = ran.received();
    assert!(received.contains(&(6_000, "auth down".to_owned())), "{received:?}");
    assert_eq!(ran.cause("t"), "aborted: service backend is down");
}

#[test]
fn a_condition_of_a_phase_holds_only_while_it_runs() {
    let spec = |first: &str, second: &str| {
        format!(
            "environment e {{ api = \"http://api\" }}\nplan p {{\n  phase \"one\" {{ run suites \"first\"; {first} }}\n  \
             phase \"two\" {{ run everything not run; {second} }}\n}}\nsuite \"first\" {{\n{}}}\nsuite \"second\" {{\n{}{}}}\n",
            get("a"),
            get("bad"),
            get("late")
        )
    };
    let run = |spec: String| {
        file(&spec).by_plan("p").responds(|asked| say(if asked.path == "/bad" { 500 } else { 200 })).run()
    };
    assert_eq!(aborted(&run(spec("abort on any failure", ""))), None);
    assert_eq!(run(spec("", "abort on any failure")).cause("late"), "aborted: any failure");
}
