//! Requests: their own retries and limits, cookies, and what is taken out of responses.

use super::scripted::{Asked, Said, fail, file, json, say, silence, test};
use crate::event::FailureKind;
use crate::judge::Outcome;

fn get(parts: &str) -> String {
    format!("    GET http://s/a {{ {parts}; expect status 200 }}")
}

#[test]
fn a_request_is_sent_again_until_it_is_answered_well_and_the_test_has_passed() {
    let steps = get("retry 3 times every 2s on 503; expect attempts == 3");
    let ran = test(&steps).responds(|asked| say(if asked.nth < 3 { 503 } else { 200 }).after(100)).run();
    let ran = ran.passed();
    // The pause begins when the response has come.
    assert_eq!(ran.at("GET /a"), [0, 2_100, 4_200]);
    assert_eq!((ran.test("t").attempts, ran.took()), (1, 4_300));
    assert_eq!(ran.test("t").exchanges.len(), 3);
}

#[test]
fn of_very_many_exchanges_the_first_are_kept_and_the_last_and_every_failure_and_all_are_counted() {
    let steps = "    repeat 1500 times { GET http://s/a { expect status 200; expect $.n > 0 } }\n    GET http://s/b { expect status 200 }";
    let answer = |asked: &Asked<'_>| match asked.path {
        "/b" => say(500),
        _ => json("{\"n\": 1}").after(1 + u64::from(asked.nth == 1_400)),
    };
    let ran = test(steps).responds(answer).run().ended(Outcome::Failed, "`status` is 500");
    let ended = ran.test("t");
    let left_out = &ended.left_out;
    assert_eq!((ended.exchanges.len(), ended.steps.len(), left_out.exchanges()), (1_002, 1_002, 499));
    assert_eq!((left_out.steps, left_out.expectations), (499, 998));
    let [kind] = left_out.kinds() else { panic!("{left_out:?}") };
    assert_eq!(
        (&*kind.asked.url, kind.times.longest.as_millis(), kind.times.shortest.as_millis()),
        ("http://s/a", 2, 1)
    );
    assert_eq!(kind.first.as_millis(), 1_000);
    let failed = ended.steps.last().unwrap();
    assert_eq!(ended.exchanges[failed.exchange.unwrap()].url, "http://s/b");
}

#[test]
fn what_rounds_and_attempts_asked_is_bounded_too() {
    let round = "    eventually within 600s every 1ms { repeat 700 times { GET http://s/a { expect status 200 } }; GET http://s/b { expect status 200 } }";
    let answer = |asked: &Asked<'_>| say(if asked.path == "/b" && asked.nth == 1 { 500 } else { 200 });
    let ran = test(round).responds(answer).run().passed();
    let ended = ran.test("t");
    assert_eq!((ended.exchanges.len(), ended.left_out.exchanges()), (1_000, 402));
    assert_eq!(ended.steps.len() + ended.left_out.steps, 701, "those of the round that held");
    assert!(ended.steps.iter().all(|step| ended.exchanges[step.exchange.unwrap()].started == step.started));
}

#[test]
fn a_request_is_sent_again_no_more_often_than_it_says() {
    let ran = test(&get("retry 2 times every 2s on 503")).responds(|_| say(503)).run();
    let ran = ran.ended(Outcome::Failed, "`status` is 503");
    assert_eq!(ran.at("GET /a"), [0, 2_000, 4_000]);
    assert_eq!(ran.took(), 4_000);
}

#[test]
fn pauses_between_attempts_double_up_to_their_limit() {
    let ran = test(&get("retry 5 times every 1s doubling up to 5s on 503")).responds(|_| say(503)).run();
    assert_eq!(ran.at("GET /a"), [0, 1_000, 3_000, 7_000, 12_000, 17_000]);
}

#[test]
fn a_request_is_sent_again_on_what_it_names_and_nothing_else() {
    let attempts = |on: &str, said: fn() -> Said| {
        test(&get(&format!("retry 1 times every 1s on {on}"))).responds(move |_| said()).run().calls().len()
    };
    assert_eq!(attempts("502, 503", || say(503)), 2);
    assert_eq!(attempts("502, 503", || say(500)), 1);
    assert_eq!(attempts("502, 503", || fail(FailureKind::Refused)), 1);
    assert_eq!(attempts("refused", || fail(FailureKind::Refused)), 2);
    assert_eq!(attempts("refused", || fail(FailureKind::Reset)), 1);
    assert_eq!(attempts("refused, reset", || fail(FailureKind::Reset)), 2);
    assert_eq!(attempts("timeout", || say(503)), 1);
}

#[test]
fn each_attempt_has_the_whole_timeout_of_the_request() {
    let ran = test(&get("timeout 1s; retry 2 times every 500ms on timeout")).responds(|_| silence()).run();
    assert_eq!(*ran.outcome("t"), Outcome::TimedOut);
    assert_eq!(ran.at("GET /a"), [0, 1_500, 3_000]);
    assert_eq!(ran.took(), 4_000);
}

#[test]
fn a_server_that_says_when_is_asked_again_then() {
    let asked_again = |first: Said| {
        let ran = test(&get("retry 1 times every 1s on 503"))
            .responds(move |asked| if asked.nth == 1 { first.clone() } else { say(200) })
            .run()
            .passed();
        ran.at("GET /a")
    };
    assert_eq!(asked_again(say(503).with("retry-after", "7")), [0, 7_000]);
    // The run began at 2026-11-01T00:00:00Z.
    assert_eq!(asked_again(say(503).with("retry-after", "Sun, 01 Nov 2026 00:00:09 GMT")), [0, 9_000]);
    // By the server's own clock, which is an hour ahead.
    let ahead = say(503).with("date", "Sun, 01 Nov 2026 01:00:00 GMT");
    assert_eq!(asked_again(ahead.with("retry-after", "Sun, 01 Nov 2026 01:00:04 GMT")), [0, 4_000]);
    assert_eq!(asked_again(say(503).with("retry-after", "soon")), [0, 1_000]);
    // No shorter than the spec says, and a date that is past is now.
    assert_eq!(asked_again(say(503).with("retry-after", "0")), [0, 1_000]);
    assert_eq!(asked_again(say(503).with("retry-after", "Sat, 31 Oct 2026 00:00:00 GMT")), [0, 1_000]);
}

#[test]
fn what_a_server_asks_for_is_measured_from_its_response() {
    let late = say(503).with("retry-after", "Sun, 01 Nov 2026 00:00:09 GMT").after(2_000);
    let ran = test(&get("retry 1 times every 1s on 503"))
        .responds(move |asked| if asked.nth == 1 { late.clone() } else { say(200) })
        .run()
        .passed();
    assert_eq!(ran.at("GET /a"), [0, 9_000]);
}

#[test]
fn nothing_is_sent_again_that_the_deadline_leaves_no_time_for() {
    let steps = |limit: &str, every: &str| {
        format!("    within {limit} {{ GET http://s/a {{ retry 3 times every {every} on 503; expect status 200 }} }}")
    };
    let ran = test(&steps("10s", "4s")).responds(|_| say(503)).run().ended(Outcome::Failed, "`status` is 503");
    assert_eq!((ran.at("GET /a"), ran.took()), (vec![0, 4_000, 8_000], 8_000));
    let ran = test(&steps("8s", "4s")).responds(|_| say(503)).run().ended(Outcome::Failed, "`status` is 503");
    assert_eq!(ran.at("GET /a"), [0, 4_000]);
    let asked = say(503).with("retry-after", "60");
    let ran = test(&steps("10s", "1s")).responds(move |_| asked.clone()).run();
    assert_eq!((ran.at("GET /a"), ran.took()), (vec![0], 0));
}

#[test]
fn a_request_that_says_nothing_takes_thirty_seconds_at_most() {
    let ran = test("    GET http://s/a { expect status 200 }").responds(|_| silence()).run();
    assert_eq!(*ran.outcome("t"), Outcome::TimedOut);
    assert_eq!(ran.took(), 30_000);
    let ran = test("    GET http://s/a { timeout 1500ms; expect status 200 }").responds(|_| silence()).run();
    assert_eq!(ran.took(), 1_500);
}

#[test]
fn a_failure_that_is_expected_is_none() {
    let ran = test("    GET http://s/a { timeout 1s; expect failure is timeout }").responds(|_| silence()).run();
    assert_eq!(ran.passed().took(), 1_000);
    let refused = |_: &Asked<'_>| fail(FailureKind::Refused);
    test("    GET http://s/a { expect failure is refused }").responds(refused).run().passed();
    let ran = test("    GET http://s/a { expect failure is reset }").responds(refused).run();
    assert!(ran.outcome("t").is_bad());
    let ran = test("    GET http://s/a { expect failure is refused }").run();
    assert!(ran.outcome("t").is_bad());
}

#[test]
fn the_time_of_a_request_is_measured_to_the_millisecond() {
    let outcome = |expect: &str, after: u64| {
        let ran = test(&format!("    GET http://s/a {{ expect {expect} }}")).responds(move |_| say(200).after(after));
        ran.run().outcome("t").clone()
    };
    assert_eq!(outcome("time < 2s", 1_999), Outcome::Passed);
    assert_eq!(outcome("time < 2s", 2_000), Outcome::Failed);
    assert_eq!(outcome("time <= 2s", 2_000), Outcome::Passed);
    assert_eq!(outcome("time <= 2s", 2_001), Outcome::Failed);
}

#[test]
fn each_test_has_cookies_of_its_own() {
    let spec = "suite \"s\" {\n  test \"t\" {\n    GET http://s/login { expect status 200 }\n    GET http://s/mine { expect status 200 }\n    \
                GET http://s/bare { no cookies; expect status 200 }\n    GET http://other/mine { expect status 200 }\n  }\n  \
                test \"u\" { GET http://s/mine { expect status 200 } }\n}\n";
    let ran = file(spec)
        .responds(|asked| if asked.path == "/login" { say(200).with("set-cookie", "sid=one") } else { say(200) })
        .run()
        .passed();
    let cookie =
        |at: usize| ran.calls[at].headers.iter().find(|(name, _)| name == "cookie").map(|(_, value)| &value[..]);
    let cookies: Vec<_> = (0..ran.calls.len()).map(cookie).collect();
    assert_eq!(cookies, [None, Some("sid=one"), None, None, None]);
}

#[test]
fn a_cookie_is_kept_as_long_as_it_lives() {
    let steps = "    GET http://s/login { expect status 200 }\n    wait 59999ms\n    GET http://s/a { expect status 200 }\n    \
                 wait 1ms\n    GET http://s/b { expect status 200 }";
    let ran = test(steps)
        .responds(|asked| match asked.path {
            "/login" => say(200).with("set-cookie", "sid=one; Max-Age=60"),
            _ => say(200),
        })
        .run()
        .passed();
    let with_cookie: Vec<&str> = ran
        .calls
        .iter()
        .filter(|call| call.headers.iter().any(|(name, _)| name == "cookie"))
        .map(|call| call.what.as_str())
        .collect();
    assert_eq!(with_cookie, ["GET /a"]);
}

#[test]
fn what_is_captured_is_there_for_what_follows() {
    let steps = "    GET http://s/a { expect status 200; capture id = $.id; capture kind = header X-Kind }\n    \
                 GET http://s/{{kind}}/{{id}} { expect status 200 }\n    repeat 3 times { GET http://s/n { expect status 200; collect all = $.n } }\n    \
                 expect all == [1, 2, 3]";
    let ran = test(steps)
        .responds(|asked| match asked.path {
            "/a" => json(r#"{"id":7}"#).with("X-Kind", "big"),
            "/n" => json(&format!("{{\"n\":{}}}", asked.nth)),
            _ => say(200),
        })
        .run()
        .passed();
    assert_eq!(ran.calls()[1].1, "GET /big/7");
}

#[test]
fn what_is_not_there_to_be_captured_fails_the_test() {
    let steps = "    GET http://s/a { expect status 200; capture id = $.id }\n    GET http://s/b { expect status 200 }";
    let ran = test(steps).responds(|_| json("{}")).run();
    assert_eq!(*ran.outcome("t"), Outcome::Failed);
    assert_eq!(ran.calls().len(), 1);
}

/// A redirect is followed by the transport; of one that isn't, the test sees what came.
#[test]
fn a_redirect_is_a_response_like_any_other() {
    let steps = "    GET http://s/a { expect status 302; expect header Location == \"/b\" }";
    let ran = test(steps).responds(|_| say(302).with("location", "/b")).run().passed();
    assert_eq!(ran.calls(), [(0, "GET /a")]);
}
