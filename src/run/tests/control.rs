use super::scripted::{file, json, ms, open, say, silence, test};
use crate::event::FailureKind;
use crate::judge::Outcome;

#[test]
fn branches_of_a_parallel_take_as_long_as_the_longest() {
    let ran = test(
        "    parallel {\n      GET http://s/a { expect status 200 }\n      GET http://s/b { expect status 200 }\n      \
         GET http://s/c { expect status 200 }\n    }\n    GET http://s/d { expect status 200 }",
    );
    let ran = ran.responds(|asked| say(200).after(if asked.path == "/b" { 700 } else { 30 })).run().passed();
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
    let ran = test(steps).responds(move |asked| state(asked.nth)).run().passed();
    // Each round begins so long after the end of the one before.
    assert_eq!(ran.calls().iter().map(|(at, _)| *at).collect::<Vec<_>>(), [0, 2_100, 4_200, 6_300]);
    assert_eq!(ran.took(), 6_400);
}

#[test]
fn eventually_ends_at_its_limit() {
    let steps = "    eventually within 5s every 2s { GET http://s/job { expect status 200 } }";
    let ran = test(steps).responds(|_| say(503)).run();
    let ran = ran.ended(Outcome::Failed, "`status` is 503");
    assert_eq!(ran.calls().len(), 3);
    assert_eq!(ran.took(), 4_000, "a round more would begin behind the limit");
}

#[test]
fn a_request_takes_no_longer_than_the_limit_around_it() {
    let steps = "    within 3s {\n      GET http://s/a { expect status 200 }\n    }";
    let ran = test(steps).responds(|_| silence()).run();
    assert_eq!(*ran.outcome("t"), Outcome::TimedOut, "{}", ran.drawn());
    assert_eq!(ran.took(), 3_000);
    let failure = ran.test("t").exchanges[0].outcome.as_ref().unwrap_err();
    assert_eq!(failure.kind, FailureKind::Timeout);
}

#[test]
fn a_test_ends_at_its_timeout_and_is_cleaned_up() {
    let spec = "suite \"s\" {\n  after each { GET http://s/clean { expect status 200 } }\n  test \"t\" {\n    timeout 2s\n    \
                GET http://s/a { expect status 200 }\n  }\n}\n";
    let ran = file(spec).responds(|asked| if asked.path == "/a" { silence() } else { say(200).after(50) }).run();
    assert_eq!(*ran.outcome("t"), Outcome::TimedOut);
    assert_eq!(ran.calls(), [(0, "GET /a"), (2_000, "GET /clean")]);
}

#[test]
fn an_event_is_waited_for_to_its_limit_and_not_past_it() {
    let steps = "    websocket ch ws://s/ws\n    expect on ch event \"a\" within 5s";
    let ran = test(steps).responds(|_| open().event(4_999, "a")).run().passed();
    assert_eq!(ran.took(), 4_999);
    let ran = test(steps).responds(|_| open().event(5_001, "a")).run();
    let ran = ran.ended(Outcome::Failed, "");
    assert!(ran.took() >= 5_000 && ran.took() <= 6_100, "{}", ran.took());
    assert_eq!(ran.test("t").channels[0].log.frames[0].at, ms(5_001), "it is still seen that it came late");
}

#[test]
fn a_parallel_waits_for_all_of_its_branches_when_one_fails() {
    let steps = "    parallel {\n      GET http://s/a { expect status 200 }\n      GET http://s/b { expect status 200 }\n    }\n    \
                 GET http://s/c { expect status 200 }";
    let ran = test(steps)
        .responds(|asked| if asked.path == "/a" { say(500).after(30) } else { say(200).after(700) })
        .run()
        .ended(Outcome::Failed, "`status` is 500");
    assert_eq!(ran.calls(), [(0, "GET /a"), (0, "GET /b")]);
    assert_eq!(ran.took(), 700);
}

#[test]
fn what_fails_in_two_branches_is_reported_of_both() {
    let steps = "    parallel {\n      GET http://s/a { expect status 200 }\n      GET http://s/b { expect status 200 }\n      \
                 GET http://s/c { expect status 200 }\n    }";
    let ran = test(steps).responds(|asked| if asked.path == "/c" { say(200) } else { say(500) }).run();
    assert_eq!(*ran.outcome("t"), Outcome::Failed);
    assert_eq!(ran.messages("t").len(), 2, "{}", ran.drawn());
}

#[test]
fn what_branches_bind_is_seen_after_them() {
    let steps = "    parallel {\n      GET http://s/a { expect status 200; capture a = $.v }\n      \
                 GET http://s/b { expect status 200; capture b = $.v }\n    }\n    GET http://s/{{a}}/{{b}} { expect status 200 }";
    let ran = test(steps)
        .responds(|asked| match asked.path {
            "/a" => json(r#"{"v":"one"}"#).after(200),
            "/b" => json(r#"{"v":"two"}"#).after(100),
            _ => say(200),
        })
        .run()
        .passed();
    assert_eq!(ran.at("GET /one/two"), [200]);
}

#[test]
fn the_limit_around_a_parallel_ends_all_of_its_branches() {
    let steps = "    within 500ms {\n      parallel {\n        GET http://s/a { expect status 200 }\n        wait 2s\n        \
                 GET http://s/b { expect status 200 }\n      }\n    }";
    let ran = test(steps).responds(|asked| if asked.path == "/a" { silence() } else { say(200).after(500) }).run();
    assert_eq!(*ran.outcome("t"), Outcome::TimedOut, "{}", ran.drawn());
    assert_eq!(ran.took(), 500);
    let messages = ran.messages("t");
    assert_eq!(messages.len(), 2, "what came at the very limit came in time: {messages:?}");
    assert!(messages.iter().all(|message| message.contains("the limit `within` of 500ms")), "{messages:?}");
}

#[test]
fn parallels_are_inside_each_other() {
    let steps = "    parallel {\n      within 5s {\n        parallel { wait 300ms; GET http://s/a { expect status 200 } }\n        \
                 GET http://s/b { expect status 200 }\n      }\n      GET http://s/c { expect status 200 }\n    }\n    \
                 GET http://s/d { expect status 200 }";
    let ran = test(steps).responds(|asked| say(200).after(if asked.path == "/c" { 250 } else { 10 })).run().passed();
    assert_eq!(ran.calls(), [(0, "GET /a"), (0, "GET /c"), (300, "GET /b"), (310, "GET /d")]);
}

#[test]
fn a_parallel_for_each_begins_all_at_once() {
    let steps = "    parallel for each x in [1, 2, 3] {\n      GET http://s/a/{{x}} { expect status 200; capture got = $.v }\n      \
                 GET http://s/b/{{got}} { expect status 200 }\n    }\n    GET http://s/c { expect status 200 }";
    let ran = test(steps)
        .responds(|asked| match asked.path.strip_prefix("/a/") {
            Some(x) => json(&format!("{{\"v\":\"v{x}\"}}")).after(100 * x.parse::<u64>().unwrap()),
            None => say(200),
        })
        .run()
        .passed();
    assert_eq!((ran.at("GET /a/1"), ran.at("GET /a/2"), ran.at("GET /a/3")), (vec![0], vec![0], vec![0]));
    // Each has names of its own.
    assert_eq!((ran.at("GET /b/v1"), ran.at("GET /b/v2"), ran.at("GET /b/v3")), (vec![100], vec![200], vec![300]));
    assert_eq!(ran.at("GET /c"), [300]);
}

#[test]
fn a_for_each_goes_on_with_the_next_when_one_has_ended_and_stops_where_one_fails() {
    let steps = "    for each x in [1, 2, 3] { GET http://s/{{x}} { expect status 200 } }";
    let ran = test(steps).responds(|_| say(200).after(100)).run().passed();
    assert_eq!(ran.calls(), [(0, "GET /1"), (100, "GET /2"), (200, "GET /3")]);
    let ran = test(steps).responds(|asked| say(if asked.path == "/2" { 404 } else { 200 })).run();
    let ran = ran.ended(Outcome::Failed, "`status` is 404");
    assert_eq!(ran.calls().len(), 2);
}

/// Nothing proves nothing: a loop over what turns out to be empty, or 0, fails unless that is said to be fine.
#[test]
fn a_loop_that_goes_round_never_fails_unless_none_is_fine() {
    let first = "    GET http://s/a { expect status 200; capture list = $.list; capture n = $.n }\n";
    for head in ["for each x in list", "parallel for each x in list", "repeat n times"] {
        let steps = |or_none: &str| format!("{first}    {head}{or_none} {{ GET http://s/b {{ expect status 200 }} }}");
        let empty = |_: &super::scripted::Asked<'_>| json(r#"{"list":[],"n":0}"#);
        let ran = test(&steps("")).responds(empty).run();
        assert_eq!(*ran.outcome("t"), Outcome::Failed, "{head}: {}", ran.drawn());
        assert_eq!(*ran.test("t").diagnostics[0].code, crate::diag::codes::NO_ELEMENT, "{head}");
        let ran = test(&steps(" or none")).responds(empty).run().passed();
        assert_eq!(ran.calls(), [(0, "GET /a")], "{head}");
    }
}

#[test]
fn repeat_goes_round_as_often_as_it_says() {
    let steps = "    repeat 3 times { GET http://s/a { expect status 200 }; wait 1s }\n    GET http://s/b { expect status 200 }";
    let ran = test(steps).responds(|_| say(200).after(10)).run().passed();
    assert_eq!(ran.calls(), [(0, "GET /a"), (1_010, "GET /a"), (2_020, "GET /a"), (3_030, "GET /b")]);
}

#[test]
fn eventually_begins_no_round_at_its_limit_and_one_right_before() {
    let steps =
        |limit: &str| format!("    eventually within {limit} every 2s {{ GET http://s/job {{ expect status 200 }} }}");
    let ran = test(&steps("4s")).responds(|_| say(503)).run();
    assert_eq!(ran.at("GET /job"), [0, 2_000]);
    let ran = test(&steps("4001ms")).responds(|_| say(503)).run();
    assert_eq!(ran.at("GET /job"), [0, 2_000, 4_000]);
    // A second where nothing is said of it.
    let ran = test("    eventually within 2s { GET http://s/job { expect status 200 } }").responds(|_| say(503)).run();
    assert_eq!(ran.at("GET /job"), [0, 1_000]);
}

#[test]
fn a_round_of_an_eventually_goes_no_further_than_its_limit() {
    let steps = "    eventually within 5s every 1s { GET http://s/job { expect status 200 } }";
    let ran = test(steps).responds(|asked| if asked.nth == 1 { say(503) } else { silence() }).run();
    assert_eq!(ran.at("GET /job"), [0, 1_000]);
    assert_eq!(ran.took(), 5_000);
    assert!(ran.outcome("t").is_bad());
    assert!(ran.drawn().contains("in any of 2 rounds within 5s"), "{}", ran.drawn());
}

#[test]
fn the_limit_around_an_eventually_is_the_one_that_is_reported() {
    let steps = "    within 3s { eventually within 10s every 1s { GET http://s/job { expect status 200 } } }";
    let ran = test(steps).responds(|_| say(503)).run();
    assert_eq!(ran.at("GET /job"), [0, 1_000, 2_000]);
    assert!(ran.took() <= 3_000);
    assert!(ran.drawn().contains("the limit `within` of 3s"), "{}", ran.drawn());
}

#[test]
fn a_round_that_fails_leaves_neither_channels_nor_names_behind() {
    let steps = "    eventually within 20s every 1s {\n      websocket ch ws://s/ws\n      \
                 expect on ch event \"a\" within 200ms { capture n = $.n }\n    }\n    \
                 GET http://s/{{n}} { expect status 200 }\n    send ch text \"still open\"";
    let ran = test(steps)
        .responds(|asked| match (asked.path, asked.nth) {
            ("/ws", 3) => open().text(50, r#"{"type":"a","n":3}"#),
            ("/ws", _) => open(),
            _ => say(200),
        })
        .run()
        .passed();
    let calls: Vec<&str> = ran.calls().iter().map(|(_, what)| *what).collect();
    let expected =
        ["GET /ws", "left 1001", "GET /ws", "left 1001", "GET /ws", "GET /3", "send still open", "left 1001"];
    assert_eq!(calls, expected);
    // A second after the end of the one before.
    let (opened, left) = (ran.at("GET /ws"), ran.at("left 1001"));
    assert_eq!((opened[1], opened[2]), (left[0] + 1_000, left[1] + 1_000));
}

#[test]
fn of_limits_inside_each_other_the_earliest_counts() {
    let steps = |outer: &str, inner: &str| {
        format!(
            "    within {outer} {{\n      within {inner} {{\n        GET http://s/a {{ expect status 200 }}\n      }}\n    }}"
        )
    };
    for (outer, inner, words) in [("5s", "2s", "2s"), ("2s", "5s", "2s")] {
        let ran = test(&steps(outer, inner)).responds(|_| silence()).run();
        assert_eq!(*ran.outcome("t"), Outcome::TimedOut);
        assert_eq!(ran.took(), 2_000);
        assert!(ran.drawn().contains(&format!("the limit `within` of {words}")), "{}", ran.drawn());
    }
}

#[test]
fn a_limit_ends_with_its_steps() {
    let steps = "    within 2s { GET http://s/a { expect status 200 } }\n    wait 10s\n    GET http://s/b { expect status 200 }";
    let ran = test(steps).responds(|_| say(200).after(2_000)).run().passed();
    assert_eq!(ran.calls(), [(0, "GET /a"), (12_000, "GET /b")]);
}

#[test]
fn a_wait_may_take_all_of_the_time_and_no_millisecond_more() {
    let steps = |time: &str| format!("    within 2s {{ wait {time} }}\n    GET http://s/a {{ expect status 200 }}");
    let ran = test(&steps("2s")).run().passed();
    assert_eq!(ran.at("GET /a"), [2_000]);
    let ran = test(&steps("2001ms")).run().ended(Outcome::TimedOut, "the limit `within` of 2s was reached");
    assert_eq!((ran.took(), ran.calls().len()), (2_000, 0));
}

#[test]
fn no_step_begins_at_the_limit() {
    let steps = "    within 2s { wait 2s; GET http://s/a { expect status 200 } }";
    let ran = test(steps).run().ended(Outcome::TimedOut, "the limit `within` of 2s was reached before this step");
    assert_eq!(ran.calls().len(), 0);
}

#[test]
fn a_test_is_skipped_by_what_it_says_of_itself() {
    let spec = "environment e { mode = \"ci\" }\nsuite \"s\" {\n  test \"t\" {\n    GET http://s/a { expect status 200 }\n    \
                skip when env.mode == \"ci\" because \"no mail there\"\n    GET http://s/b { expect status 200 }\n  }\n  \
                test \"u\" { skip when env.mode == \"full\"; GET http://s/c { expect status 200 } }\n  \
                test \"v\" { skip when env.mode == \"ci\"; GET http://s/d { expect status 200 } }\n}\n";
    let ran = file(spec).run();
    assert_eq!(*ran.outcome("t"), Outcome::skipped("no mail there"));
    assert_eq!(*ran.outcome("u"), Outcome::Passed);
    assert_eq!(*ran.outcome("v"), Outcome::skipped("env.mode == \"ci\""));
    assert_eq!(ran.calls(), [(0, "GET /a"), (0, "GET /c")]);
}

#[test]
fn a_name_keeps_the_value_that_it_got() {
    let steps = "    let id = uuid()\n    GET http://s/{{id}} { expect status 200 }\n    wait 1s\n    GET http://s/{{id}} { expect status 200 }";
    let ran = test(steps).run().passed();
    assert_eq!(ran.calls[0].what, ran.calls[1].what);
}

/// The machine had no time for this process while the limit passed: what had come is looked at before the limit is, in the run and again in its replay.
#[test]
fn a_round_whose_last_step_comes_back_behind_the_limit_holds() {
    let body = "GET http://s/a { expect status 200 }; GET http://s/b { expect status 200 }";
    let at = |still: u64| {
        move |asked: &super::scripted::Asked<'_>| match asked.path {
            "/b" => say(200).after(100).standing_still(still),
            _ => say(200).after(100),
        }
    };
    for head in ["eventually within 300ms every 100ms", "within 300ms"] {
        let ran = test(&format!("    {head} {{ {body} }}")).responds(at(2_000)).run().passed();
        assert_eq!(ran.took(), 2_200, "{head}");
        // A step more would begin behind it.
        let more = format!("    {head} {{ {body}; GET http://s/c {{ expect status 200 }} }}");
        let ran = test(&more).responds(at(2_000)).run();
        assert_eq!(ran.calls().len(), 2, "{head}");
        assert_eq!(*ran.outcome("t"), Outcome::TimedOut, "{head}");
    }
}

/// The same of a run that is stopped meanwhile: what had come by the time the stop is noticed has been done.
#[test]
fn what_has_come_when_a_stop_is_noticed_has_been_done() {
    let spec = "suite \"s\" { test \"t\" { GET http://s/a { expect status 200 }; GET http://s/b { expect status 200 }; GET http://s/c { expect status 200 } } }\n";
    let responds = |asked: &super::scripted::Asked<'_>| match asked.path {
        "/a" => say(200).after(100).standing_still(2_000),
        "/b" => say(200),
        _ => silence(),
    };
    let ran = super::scripted::file(spec).responds(responds).stopped_at(1_000).run();
    assert_eq!(ran.cause("t"), "interrupted");
    assert!(ran.calls().iter().any(|(_, call)| call.ends_with("/a")), "{:?}", ran.calls());
}
