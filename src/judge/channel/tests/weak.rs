//! What holds on a channel and proves little, as virtual time has it.

use super::support::reported;
use crate::event::Weak;

#[test]
fn a_view_that_held_says_when_it_proves_little() {
    let some = r#"10 chat {"type":"a","user":"ada"}
      20 chat {"type":"b","user":"ada"}"#;
    for (steps, log, expected) in [
        // A view whose `where` never fitted.
        (
            "expect on chat where $.user == \"bob\" in order within 1s { never event \"a\" }",
            some,
            Some(Weak::UnmatchedView),
        ),
        ("expect on chat where $.user == \"ada\" in order within 1s { never event \"c\" }", some, None),
        ("expect on chat where $.usr == \"ada\" never event \"a\" for 1s", some, Some(Weak::UnmatchedView)),
        ("expect on chat where $.user == \"ada\" never event \"c\" for 1s", some, None),
        ("expect on chat never event \"c\" for 1s", some, None),
        // Silence says just that.
        ("expect on chat where $.user == \"bob\" silence for 1s", some, None),
        (
            "expect on chat where $.user == \"bob\" in order within 1s { event \"a\" optional }",
            some,
            Some(Weak::UnmatchedView),
        ),
        // A pattern that needs nothing, and took nothing.
        ("expect on chat in order within 1s { event \"x\" optional }", some, Some(Weak::NothingTaken)),
        ("expect on chat in order within 1s { event \"x\" at most 3 times }", some, Some(Weak::NothingTaken)),
        ("expect on chat in order within 1s { repeat 0 to 2 times { event \"x\" } }", some, Some(Weak::NothingTaken)),
        ("expect on chat in order within 1s { event \"a\" optional; event \"x\" optional }", some, None),
        ("expect on chat in order within 1s { event \"a\" }", some, None),
        // Gaps are between two frames.
        ("expect on chat in order within 1s { event \"a\"; gap < 1s }", some, Some(Weak::NoGap)),
        ("expect on chat in order within 1s { event \"a\"; event \"b\"; gap < 1s }", some, None),
        ("expect on chat in order within 1s { event \"a\"; event \"x\" optional; gap < 1s }", some, Some(Weak::NoGap)),
        (
            "expect on chat in order within 1s { event \"a\"; in order { event \"b\"; gap < 1s } }",
            some,
            Some(Weak::NoGap),
        ),
    ] {
        let found = reported(steps, log);
        assert!(found.held(), "{steps}: {}", found.message());
        assert_eq!(found.concluded.weak, expected, "{steps}");
        assert_eq!(found.concluded.expectations[0].weak, expected, "{steps}");
    }
}

#[test]
fn what_failed_is_not_weak() {
    let found = reported("expect on chat where $.a == 1 in order within 1s { event \"x\" }", "");
    assert!(!found.held());
    assert_eq!(found.concluded.expectations[0].weak, None);
}

#[test]
fn a_loop_over_nothing_is_no_pattern() {
    let steps = |none: &str| {
        format!(
            "let all = []\nexpect on chat in order within 1s {{ for each x in all{none} {{ event \"a\" }}; event \"b\" }}"
        )
    };
    let log = r#"10 chat {"type":"b"}"#;
    let found = reported(&steps(""), log);
    assert_eq!(found.concluded.diagnostics[0].code.name, "e2e::run::no_element");
    assert!(reported(&steps(" or none"), log).held());
    let none =
        reported("let n = 0\nexpect on chat in order within 1s { repeat n times { event \"a\" }; event \"b\" }", log);
    assert_eq!(none.concluded.diagnostics[0].code.name, "e2e::run::no_element");
    let fine = "let n = 0\nexpect on chat in order within 1s { repeat 0 to n times { event \"a\" }; event \"b\" }";
    assert!(reported(fine, log).held());
}
