//! The forms that aren't patterns: silence, never for a time, ends, and events that lead to others.

use super::support::{reported, reported_from};

#[test]
fn silence_holds_to_the_end_of_its_time() {
    let steps = "expect on chat silence for 500ms";
    assert!(reported(steps, r#"501 chat {"type":"a"}"#).held());
    let found = reported(steps, r#"500 chat {"type":"a"}"#);
    assert_eq!(found.codes(), ["not_silent"]);
    assert_eq!(found.message(), "frame 1 (`a`) came at +0.500s, and `chat` was to be silent for 500ms");
    assert!(reported(steps, "100 chat ping\n200 chat comment x\n300 chat > hello").held());
}

#[test]
fn an_unread_frame_breaks_the_silence() {
    let found = reported_from("expect on chat silence for 500ms", r#"100 chat {"type":"a"}"#, 1_000, 60_000);
    assert_eq!(found.codes(), ["not_silent"]);
    assert!(found.help().contains("had come before"), "{}", found.help());
}

#[test]
fn a_channel_that_ends_is_not_silent() {
    let steps = "expect on chat silence for 500ms";
    assert_eq!(reported(steps, "100 chat closed 1000").codes(), ["closed_early"]);
    assert_eq!(reported(steps, "100 chat lost").codes(), ["cut_off"]);
    let ended = reported(steps, "100 chat ended");
    assert_eq!(ended.codes(), ["closed_early"]);
    assert!(ended.help().contains("or closed"), "{}", ended.help());
}

#[test]
fn a_window_needs_its_channel_open_to_its_end() {
    let forms = [
        "expect on chat silence for 500ms",
        "expect on chat never event \"x\" for 500ms",
        "expect on chat within 500ms { never event \"x\" }",
        "expect within 500ms { on chat { never event \"x\" } }",
    ];
    let accepting = [
        "expect on chat silence for 500ms or closed",
        "expect on chat never event \"x\" for 500ms or closed",
        "expect on chat never event \"x\" { $.a == 1 } for 500ms or closed",
        "expect on chat within 500ms or closed { never event \"x\" }",
        "expect within 500ms { on chat or closed { never event \"x\" } }",
    ];
    // The end, whether it is a complete one, and when it comes: the last instant belongs to the window.
    for (end, complete) in [
        ("closed 1000", true),
        ("ended", true),
        ("closed 1011", false),
        ("closed 4000", false),
        ("lost", false),
        ("cut", false),
    ] {
        for (at, whole) in [(0, false), (1, false), (499, false), (500, true), (501, true)] {
            let log = format!("{at} chat {end}");
            for steps in forms {
                assert_eq!(reported(steps, &log).held(), whole, "{steps}: {log}");
            }
            for steps in accepting {
                assert_eq!(reported(steps, &log).held(), whole || complete, "{steps}: {log}");
            }
        }
    }
}

#[test]
fn a_time_that_does_not_fit_into_the_test_is_reported() {
    let found = reported_from("expect on chat silence for 5s", "", 0, 2_000);
    assert_eq!(found.codes(), ["e2e::run::limit_reached"]);
}

#[test]
fn never_for_a_time_lets_others_pass() {
    let steps = r#"expect on chat never event "error" { $.fatal == true } for 500ms"#;
    assert!(reported(steps, "100 chat {\"type\":\"a\"}\n200 chat {\"type\":\"error\",\"fatal\":false}").held());
    let found = reported(steps, r#"200 chat {"type":"error","fatal":true}"#);
    assert_eq!((found.codes(), found.place()), (vec!["forbidden_event"], r#"event "error""#));
    assert_eq!(reported(steps, "100 chat closed 1000").codes(), ["closed_early"]);
    assert_eq!(reported(steps, "100 chat closed 1011").codes(), ["closed_early"]);
}

#[test]
fn a_close_has_its_code_and_its_reason() {
    let steps = r#"expect on chat closed with 4401 reason "token_expired" within 2s"#;
    assert!(reported(steps, "100 chat {\"type\":\"a\"}\n200 chat closed 4401 token_expired").held());
    let code = reported(steps, "200 chat closed 1011 boom");
    assert_eq!((code.codes(), code.place()), (vec!["wrong_close_code"], "4401"));
    assert_eq!(
        code.message(),
        "the server closed `chat` with 1011 (internal error) and the reason \"boom\", expected 4401 (code of the application)"
    );
    let reason = reported(steps, "200 chat closed 4401 token_revoked");
    assert_eq!((reason.codes(), reason.place()), (vec!["wrong_close_reason"], r#""token_expired""#));
    assert_eq!(reported(steps, "").message(), "`chat` didn't close within 2s");
    let late = reported(steps, "2300 chat closed 4401 token_expired");
    assert_eq!(late.codes(), ["not_closed"]);
    assert!(late.message().ends_with("300ms too late"), "{}", late.message());
}

#[test]
fn a_lost_connection_is_1006_and_no_close() {
    assert_eq!(reported("expect on chat closed within 2s", "100 chat lost").codes(), ["cut_off"]);
    assert!(reported("expect on chat closed with 1006 within 2s", "100 chat lost").held());
    assert!(reported("expect on chat closed within 2s", "100 chat closed 4000").held());
}

#[test]
fn a_body_ends_or_is_cut_off() {
    assert!(reported("expect on chat ended within 2s", "100 chat ended").held());
    assert_eq!(reported("expect on chat ended within 2s", "100 chat cut").codes(), ["cut_off"]);
    assert_eq!(reported("expect on chat ended within 2s", "").codes(), ["not_closed"]);
    assert!(reported("expect on chat cut off within 2s", "100 chat cut").held());
    assert_eq!(reported("expect on chat cut off within 2s", "100 chat ended").codes(), ["not_cut_off"]);
}

#[test]
fn an_end_may_not_come_before_its_time() {
    let forms = [
        ("expect on chat closed with 1000 within 300ms to 2s", "closed 1000"),
        ("expect on chat closed within 300ms to 2s", "closed 4000"),
        ("expect on chat ended within 300ms to 2s", "ended"),
        ("expect on chat cut off within 300ms to 2s", "cut"),
    ];
    for (steps, end) in forms {
        for (at, code) in [(0, "too_early"), (299, "too_early"), (300, ""), (2000, ""), (2001, "not_closed")] {
            let found = reported(steps, &format!("{at} chat {end}"));
            assert_eq!(found.codes().join(" "), code, "{steps}: {at}");
        }
    }
    let early = reported(forms[0].0, "299 chat closed 1000");
    assert_eq!(early.message(), "the server closed `chat` with 1000 (normal closure), 1ms too early");
    assert_eq!(early.place(), "within 300ms to 2s");
    let marked = "mark m at 100\nexpect on chat since m closed within 300ms to 2s";
    assert_eq!(reported(marked, "399 chat closed 1000").codes(), ["too_early"]);
    assert!(reported(marked, "400 chat closed 1000").held());
}

const EVERY: &str =
    r#"expect on chat every event "ask" { capture id = $.id } leads to event "answer" within 1s { $.id == id }"#;

#[test]
fn every_trigger_has_a_response_of_its_own() {
    let log = r#"100 chat {"type":"ask","id":1}
      200 chat {"type":"ask","id":2}
      300 chat {"type":"answer","id":2}
      400 chat {"type":"answer","id":1}"#;
    let found = reported_from(EVERY, log, 500, 60_000);
    assert!(found.held(), "{}", found.drawn());
    assert_eq!(found.concluded.cursors, [(0, 4)]);
    assert_eq!(found.concluded.matches.len(), 4);
    let unanswered = reported_from(EVERY, &log.replace("400 chat", "1400 chat"), 500, 60_000);
    assert_eq!(unanswered.codes(), ["unanswered"]);
    // One response is for one question.
    let alike = log.replace("\"id\":2", "\"id\":1").replace("400 chat {\"type\":\"answer\",\"id\":1}", "");
    assert_eq!(reported_from(EVERY, &alike, 500, 60_000).codes(), ["unanswered"]);
}

#[test]
fn every_needs_a_trigger_and_waits_for_what_began() {
    assert_eq!(reported(EVERY, r#"100 chat {"type":"answer","id":1}"#).codes(), ["no_trigger"]);
    // The question came before the expectation began, its response after it.
    let log = "100 chat {\"type\":\"ask\",\"id\":1}\n900 chat {\"type\":\"answer\",\"id\":1}";
    assert!(reported_from(EVERY, log, 500, 60_000).held());
    let ended = "100 chat {\"type\":\"ask\",\"id\":1}\n600 chat closed 1011";
    assert_eq!(reported_from(EVERY, ended, 500, 60_000).codes(), ["unanswered"]);
}

#[test]
fn what_a_response_is_expected_to_hold_is_judged() {
    let steps = r#"expect on chat every event "ask" leads to event "answer" within 1s { expect $.ok == true }"#;
    let log = "100 chat {\"type\":\"ask\"}\n200 chat {\"type\":\"answer\",\"ok\":false}";
    assert_eq!(reported(steps, log).codes(), ["wrong_event"]);
    let early = steps.replace("within 1s", "within 500ms to 1s");
    assert_eq!(
        reported(&early, "100 chat {\"type\":\"ask\"}\n200 chat {\"type\":\"answer\",\"ok\":true}").codes(),
        ["too_early"]
    );
}

/// However late the time comes: it is over with the first trigger that has no response, and so what is reported is the same each time.
#[test]
fn every_fails_with_the_first_trigger_whose_time_has_passed() {
    let log = "100 chat {\"type\":\"ask\",\"id\":1}\n200 chat {\"type\":\"ask\",\"id\":2}";
    let found = reported(EVERY, log);
    assert_eq!(found.codes(), ["unanswered"]);
    assert!(found.message().starts_with("frame 1 "), "{}", found.message());
    let together = log.replace("200 chat", "100 chat");
    assert_eq!(reported(EVERY, &together).codes(), ["unanswered", "unanswered"]);
}
