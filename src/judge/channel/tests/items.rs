//! Items: what they select, capture and judge, and what is reported of each cause.

use super::support::{reported, reported_from};

#[test]
fn a_condition_selects_and_an_expectation_judges() {
    let steps = r#"expect on chat in order within 5s { event "a" { $.n > 1; expect $.ok == true } }"#;
    assert!(
        reported(
            steps,
            "100 chat {\"type\":\"a\",\"n\":1,\"ok\":false}\n200 chat {\"type\":\"a\",\"n\":2,\"ok\":true}"
        )
        .held()
    );
    let wrong = reported(
        steps,
        "100 chat {\"type\":\"a\",\"n\":2,\"ok\":false}\n200 chat {\"type\":\"a\",\"n\":3,\"ok\":true}",
    );
    assert_eq!(wrong.codes(), ["wrong_event"]);
    assert_eq!(wrong.message(), "`event \"a\"` came, but `$.ok` is false, expected true");
    let records: Vec<bool> = wrong.concluded.expectations.iter().map(|record| record.held).collect();
    assert_eq!(records, [false, false]);
}

#[test]
fn a_wrong_event_fails_at_once_and_not_at_the_deadline() {
    let steps = r#"expect on chat in order within 5s { event "a" { expect $.ok == true }; event "b" }"#;
    let found = reported(steps, "100 chat {\"type\":\"a\",\"ok\":false}\n4000 chat closed 1011");
    assert_eq!(found.codes(), ["wrong_event"]);
}

#[test]
fn what_is_to_be_captured_must_be_there() {
    let steps = r#"expect on chat in order within 5s { event "a" { capture id = $.id } }"#;
    let found = reported(steps, r#"100 chat {"type":"a"}"#);
    assert_eq!(found.codes(), ["wrong_event"]);
    assert!(found.message().contains("nothing to capture as `id`"), "{}", found.message());
}

#[test]
fn captures_are_seen_by_later_items_and_after_the_expectation() {
    let steps = r#"expect on chat in order within 5s {
      event "a" { capture id = $.id }
      event "b" { $.id == id; collect numbers = $.n }
      event "b" { $.id == id; collect numbers = $.n }
    }"#;
    let log = r#"100 chat {"type":"a","id":"x"}
      200 chat {"type":"b","id":"y","n":0}
      300 chat {"type":"b","id":"x","n":1}
      400 chat {"type":"b","id":"x","n":2}"#;
    let found = reported(steps, log);
    assert!(found.held());
    assert_eq!(found.value("id").as_deref(), Some("x"));
    assert_eq!(found.value("numbers").as_deref(), Some("[1,2]"));
    assert_eq!(found.concluded.cursors, [(0, 4)]);
}

#[test]
fn a_name_that_was_never_bound_is_reported_where_it_is_used() {
    let steps =
        r#"expect on chat in order within 5s { event "a" optional { capture id = $.id }; event "b" { $.id == id } }"#;
    let found = reported(steps, r#"100 chat {"type":"b","id":"x"}"#);
    assert_eq!(found.codes(), ["e2e::run::unbound"]);
    assert_eq!(found.place(), "id");
}

#[test]
fn secrets_are_learned_even_when_it_fails() {
    let steps = r#"expect on chat in order within 1s { event "a" { capture secret token = $.token }; event "b" }"#;
    let found = reported(steps, r#"100 chat {"type":"a","token":"hush"}"#);
    assert!(!found.held());
    let secrets: Vec<&str> = found.concluded.secrets.iter().map(|secret| secret.expose()).collect();
    assert_eq!(secrets, ["hush"]);
}

#[test]
fn texts_binaries_and_any_frames_are_items_too() {
    let steps =
        r#"expect on chat in order within 5s { frame text matches /^hel/; frame binary hex "00ff" optional; frame }"#;
    assert!(reported(steps, "100 chat text hello\n200 chat text x").held());
    assert!(!reported(steps, "100 chat text hullo\n200 chat text x").held());
}

#[test]
fn a_loop_over_a_list_is_unrolled() {
    let steps =
        r#"expect on chat in order within 5s { for each name in ["a", "b"] { event name { capture last = $.n } } }"#;
    let found = reported(steps, "100 chat {\"type\":\"a\",\"n\":1}\n200 chat {\"type\":\"b\",\"n\":2}");
    assert!(found.held(), "{}", found.drawn());
    assert_eq!(found.value("last").as_deref(), Some("2"));
    assert!(!reported(steps, "100 chat {\"type\":\"b\",\"n\":1}\n200 chat {\"type\":\"a\",\"n\":2}").held());
}

#[test]
fn forbidden_strict_gapped_and_crowded_frames_are_reported() {
    let never = reported(
        r#"expect on chat in order within 5s { event "b"; never event "error" }"#,
        r#"100 chat {"type":"error"}"#,
    );
    assert_eq!((never.codes(), never.place()), (vec!["forbidden_event"], r#"event "error""#));
    let strict = r#"expect on chat in order strictly within 5s { event "a"; event "b" }"#;
    let found = reported(strict, "100 chat {\"type\":\"a\"}\n200 chat {\"type\":\"a\"}");
    assert_eq!(found.codes(), ["unexpected_frame"]);
    assert!(found.help().contains("had its frame already"), "{}", found.help());
    let gap = r#"expect on chat in order within 5s { event "a"; event "b"; gap < 1s }"#;
    let found = reported(gap, r#"100 chat {"type":"a"}"#);
    assert_eq!((found.codes(), found.place()), (vec!["gap_too_long"], "gap < 1s"));
    let gap = r#"expect on chat in order within 5s { event "a"; event "b"; gap > 1s }"#;
    assert_eq!(reported(gap, "100 chat {\"type\":\"a\"}\n200 chat {\"type\":\"b\"}").codes(), ["gap_too_short"]);
    let rounds = r#"expect on chat in order within 5s { repeat 1 to 2 times { event "a" }; event "b" }"#;
    let thrice = "1 chat {\"type\":\"a\"}\n2 chat {\"type\":\"a\"}\n3 chat {\"type\":\"a\"}";
    assert_eq!(reported(rounds, thrice).codes(), ["too_many"]);
    let ways = r#"expect on chat in any order within 5s { for each n in 1..14 { event "a" { capture x = $.n } } }"#;
    let many: String = (1..14).map(|n| format!("{n} chat {{\"type\":\"a\",\"n\":{n}}}\n")).collect();
    assert_eq!(reported(ways, &many).codes(), ["too_many_ways"]);
}

#[test]
fn a_count_that_is_not_reached_says_how_many_came() {
    let steps = r#"expect on chat in order within 5s { event "a" 3 times }"#;
    let found = reported(steps, "100 chat {\"type\":\"a\"}\n200 chat {\"type\":\"a\"}");
    assert_eq!(found.codes(), ["missing_event"]);
    assert_eq!(found.message(), "`event \"a\"` came 2 times within 5s, expected 3 times");
}

#[test]
fn a_similar_name_is_suggested_unless_the_spec_knows_it() {
    let steps = r#"expect on chat in order within 1s { event "agent_completed" }"#;
    let found = reported(steps, r#"100 chat {"type":"agent_complete"}"#);
    assert_eq!(found.help(), "`agent_complete` came; was that meant?");
}

#[test]
fn the_limit_around_it_is_named() {
    let steps = r#"expect on chat in order within 90s { event "a" }"#;
    let found = reported(steps, "");
    assert_eq!(found.message(), "`event \"a\"` didn't come before the test's timeout of 60s was over");
    let without = reported(r#"expect on chat in order { event "a" }"#, "");
    assert_eq!(
        without.message(),
        "`event \"a\"` didn't come before the 30s that an expectation without `within` waits was over"
    );
}

#[test]
fn impossible_bounds_are_reported_before_anything_is_awaited() {
    let found = reported("let n = 3\nexpect on chat in order within 5s { event \"a\" n to 1 times }", "");
    assert_eq!(found.codes(), ["impossible_bounds"]);
    let found = reported(r#"expect on chat in order within 5s to 1s { event "a" }"#, "");
    assert_eq!(found.codes(), ["impossible_bounds"]);
    let found = reported(r#"expect on chat in any order within 5s { for each n in 1..20000 { event "a" } }"#, "");
    assert_eq!(found.codes(), ["pattern_too_large"]);
}

#[test]
fn what_a_server_sends_cannot_break_the_drawing() {
    let steps = r#"expect on chat in order within 5s { event "b" { $.x == 1 } }"#;
    let nasty = format!("100 chat {{\"type\":\"b\",\"x\":\"\u{202e}\\u001b\\u0007{}\"}}", "é".repeat(70_000));
    let found = reported(steps, &nasty);
    assert_eq!(found.codes(), ["unfitting_event"]);
    let drawn = found.drawn();
    assert!(drawn.len() < 20_000, "{}", drawn.len());
    assert!(!drawn.chars().any(|c| c.is_control() && c != '\n' || c == '\u{202e}'));
}

#[test]
fn keep_alives_pings_and_what_was_sent_are_not_seen() {
    let steps = r#"expect on chat in order strictly within 5s { event "a" }"#;
    let log = "1 chat > {\"type\":\"x\"}\n2 chat hidden {\"type\":\"x\"}\n3 chat ping\n4 chat comment x\n5 chat {\"type\":\"a\"}";
    assert!(reported(steps, log).held());
    let comments = r#"expect on chat in order within 5s { comment { text contains "hi" } }"#;
    assert!(reported(comments, "1 chat comment hi there").held());
}

#[test]
fn what_had_come_before_it_began_counts() {
    let steps = r#"expect on chat in order within 5s { event "a"; event "b" within 1s }"#;
    assert!(reported_from(steps, "100 chat {\"type\":\"a\"}\n900 chat {\"type\":\"b\"}", 4_000, 60_000).held());
    assert_eq!(
        reported_from(steps, "100 chat {\"type\":\"a\"}\n1900 chat {\"type\":\"b\"}", 4_000, 60_000).codes(),
        ["too_late"]
    );
}

/// Each frame that is taken adds to a list, and every state on the way is kept: were lists copied, this would take hours.
#[test]
fn a_hundred_thousand_frames_are_gathered_in_one_list() {
    use std::fmt::Write as _;
    let mut log = String::new();
    for n in 0..100_000 {
        let _ = writeln!(log, "{} chat {{\"type\":\"tick\",\"n\":{n}}}", n / 10);
    }
    log.push_str("20000 chat {\"type\":\"end\"}\n");
    let steps = "expect on chat in order within 30s {
      event \"tick\" at least once { collect all = $.n }
      event \"end\" { capture last = $.type }
    }";
    let found = reported(steps, &log);
    assert!(found.held(), "{}", found.message());
    let all = found.value("all").unwrap();
    assert_eq!(all.split(',').count(), 100_000);
    assert!(all.starts_with("[0,1,2,") && all.ends_with(",99999]"));
    // What explains a failure is bounded too: none of these frames is what is awaited.
    let missing = reported("expect on chat event \"tick\" within 30s { $.n == -1 }", &log);
    assert_eq!(missing.codes(), ["unfitting_event"]);
}
