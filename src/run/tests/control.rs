use super::scripted::{file, json, ms, open, say, silence, test};
use crate::event::FailureKind;
use crate::judge::Outcome;

#[test]
fn branches_of_a_parallel_take_as_long_as_the_longest() {
    let ran = test(
        "    parallel {\n      GET http://s/a { expect status 200 }\n      GET http://s/b { expect status 200 }\n      \
         GET http://s/c { expect status 200 }\n    }\n    GET http://s/d { expect status 200 }",
    );
    let ran = ran.answered(|asked| say(200).after(if asked.path == "/b" { 700 } else { 30 })).run().passed();
    assert_eq!(ran.calls(), [(0, "GET /a"), (0, "GET /b"), (0, "GET /c"), (700, "GET /d")]);
    assert_eq!(ran.took(), 730);
}

#[test]
fn a_wait_takes_its_time_and_no_more() {
    let ran = test("    GET http://s/a { expect status 200 }\n    wait 90s\n    GET http://s/b { expect status 200 }");
    let ran = ran.run().passed();
    assert_eq!(ran.calls(), [(0, "GET /a"), (90_000, "GET /b")]);
}

#[test]
fn eventually_asks_until_a_round_holds() {
    let steps = "    eventually within 10s every 2s { GET http://s/job { expect $.state == \"done\" } }";
    let state = |nth: usize| json(if nth < 4 { r#"{"state":"busy"}"# } else { r#"{"state":"done"}"# }).after(100);
    let ran = test(steps).answered(move |asked| state(asked.nth)).run().passed();
    // Each round begins so long after the end of the one before.
    assert_eq!(ran.calls().iter().map(|(at, _)| *at).collect::<Vec<_>>(), [0, 2_100, 4_200, 6_300]);
    assert_eq!(ran.took(), 6_400);
}

#[test]
fn eventually_ends_at_its_limit() {
    let steps = "    eventually within 5s every 2s { GET http://s/job { expect status 200 } }";
    let ran = test(steps).answered(|_| say(503)).run();
    let ran = ran.ended(Outcome::Failed, "`status` is 503");
    assert_eq!(ran.calls().len(), 3);
    assert_eq!(ran.took(), 4_000, "a round more would begin behind the limit");
}

#[test]
fn a_request_takes_no_longer_than_the_limit_around_it() {
    let steps = "    within 3s {\n      GET http://s/a { expect status 200 }\n    }";
    let ran = test(steps).answered(|_| silence()).run();
    assert_eq!(*ran.outcome("t"), Outcome::TimedOut, "{}", ran.drawn());
    assert_eq!(ran.took(), 3_000);
    let failure = ran.test("t").exchanges[0].outcome.as_ref().unwrap_err();
    assert_eq!(failure.kind, FailureKind::Timeout);
}

#[test]
fn a_test_ends_at_its_timeout_and_is_cleaned_up() {
    let spec = "suite \"s\" {\n  after each { GET http://s/clean { expect status 200 } }\n  test \"t\" {\n    timeout 2s\n    \
                GET http://s/a { expect status 200 }\n  }\n}\n";
    let ran = file(spec).answered(|asked| if asked.path == "/a" { silence() } else { say(200).after(50) }).run();
    assert_eq!(*ran.outcome("t"), Outcome::TimedOut);
    assert_eq!(ran.calls(), [(0, "GET /a"), (2_000, "GET /clean")]);
}

#[test]
fn an_event_is_waited_for_to_its_limit_and_not_past_it() {
    let steps = "    websocket ch ws://s/ws\n    expect on ch event \"a\" within 5s";
    let ran = test(steps).answered(|_| open().event(4_999, "a")).run().passed();
    assert_eq!(ran.took(), 4_999);
    let ran = test(steps).answered(|_| open().event(5_001, "a")).run();
    let ran = ran.ended(Outcome::Failed, "");
    assert!(ran.took() >= 5_000 && ran.took() <= 6_100, "{}", ran.took());
    assert_eq!(ran.test("t").channels[0].log.frames[0].at, ms(5_001), "it is still seen that it came late");
}
