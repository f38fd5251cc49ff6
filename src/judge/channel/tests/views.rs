//! Filters, marks, and several views at once.

use super::support::reported;

#[test]
fn a_filter_decides_what_is_seen() {
    let steps = r#"expect on chat where $.user == "ada" in order strictly within 5s { event "a"; event "b" }"#;
    let log = r#"1 chat {"type":"a","user":"ada"}
      2 chat {"type":"x","user":"bob"}
      3 chat {"type":"b","user":"ada"}"#;
    assert!(reported(steps, log).held());
    assert!(!reported(steps, &log.replace("bob", "ada")).held());
}

#[test]
fn a_mark_leaves_out_what_came_before_it() {
    let steps = "mark m at 100\nexpect on chat since m event \"a\" within 1s";
    assert!(reported(steps, "50 chat {\"type\":\"a\"}\n1100 chat {\"type\":\"a\"}").held());
    assert_eq!(reported(steps, "50 chat {\"type\":\"a\"}").codes(), ["missing_event"]);
    assert_eq!(reported(steps, "1101 chat {\"type\":\"a\"}").codes(), ["too_late"]);
}

const TWO: &str = r#"expect within 5s {
      on chat in order { event "a" }
      on other in order { never event "a" }
    }"#;

#[test]
fn what_one_receives_the_other_must_never_see() {
    let found = reported(TWO, r#"100 chat {"type":"a"}"#);
    assert!(found.held());
    assert_eq!(found.concluded.cursors, [(0, 1)]);
    // The never holds until the other view has settled, and no longer.
    assert!(reported(TWO, "100 chat {\"type\":\"a\"}\n351 other {\"type\":\"a\"}").held());
    let later = reported(TWO, "100 chat {\"type\":\"a\"}\n350 other {\"type\":\"a\"}");
    assert_eq!(later.codes(), ["forbidden_event"]);
    let leaked = reported(TWO, "99 other {\"type\":\"a\"}\n100 chat {\"type\":\"a\"}");
    assert_eq!(leaked.codes(), ["forbidden_event"]);
    assert_eq!(reported(TWO, "").codes(), ["missing_event"]);
}

#[test]
fn a_view_that_is_done_keeps_its_nevers() {
    let steps = r#"expect within 5s {
      on chat in order { event "a" }
      on other in order { event "b"; never event "c" }
    }"#;
    let early = "100 other {\"type\":\"b\"}\n200 chat {\"type\":\"a\"}\n451 other {\"type\":\"c\"}";
    assert!(reported(steps, early).held());
    assert_eq!(reported(steps, &early.replace("451", "450")).codes(), ["forbidden_event"]);
    let broken = "100 other {\"type\":\"b\"}\n200 other {\"type\":\"c\"}\n300 chat {\"type\":\"a\"}";
    assert_eq!(reported(steps, broken).codes(), ["forbidden_event"]);
}

#[test]
fn two_views_of_one_channel_start_from_one_cursor() {
    let steps = r#"expect within 5s {
      on chat where $.k == 1 in order { event "a"; event "b" }
      on chat where $.k == 2 in order { event "b"; event "a" }
    }"#;
    let log = r#"1 chat {"type":"a","k":1}
      2 chat {"type":"b","k":2}
      3 chat {"type":"b","k":1}
      4 chat {"type":"a","k":2}"#;
    let found = reported(steps, log);
    assert!(found.held());
    assert_eq!(found.concluded.cursors, [(0, 4)]);
}

#[test]
fn the_time_that_all_views_have_is_named() {
    let found = reported(TWO, "");
    assert_eq!(found.message(), "`event \"a\"` didn't come before the 5s that all views have was over");
}
