//! What conditions select, and their contraries: nothing is known of what isn't there, so nothing is selected for it (nothing proves nothing).

use super::support::reported;

/// What `$.a` may be: a member that isn't there, no JSON at all, null, an empty list, lists of one and many, and other types.
const FRAMES: [&str; 9] = [
    r#"{"type":"e"}"#,
    "e",
    r#"{"type":"e","a":null}"#,
    r#"{"type":"e","a":[]}"#,
    r#"{"type":"e","a":[5]}"#,
    r#"{"type":"e","a":[5,1]}"#,
    r#"{"type":"e","a":5}"#,
    r#"{"type":"e","a":1}"#,
    r#"{"type":"e","a":"x"}"#,
];

/// A condition, and what it is of each frame: `t`rue, `f`alse, or unknown (`-`).
const CONDITIONS: &[(&str, &str)] = &[
    // Missing, no JSON, null, [], [5], [5,1], 5, 1, "x"
    ("$.a exists", "f-ttttttt"),
    ("$.a not exists", "t-fffffff"),
    ("$.a > 3", "------tf-"),
    ("$.a not > 3", "------ft-"),
    ("$.a == 5", "--fffftff"),
    ("$.a != 5", "--ttttftt"),
    ("$.a in [5, 6]", "--fffftff"),
    ("$.a is number", "--ffffttf"),
    ("$.a is not number", "--ttttfft"),
    ("$.a contains 5", "---ftt---"),
    ("$.a is empty", "---tff--f"),
    ("$.a has length 1", "---ftf--t"),
    ("$.a each > 3", "----tf---"),
    ("$.a some > 3", "----tt---"),
    ("$.a none > 3", "----ff---"),
    ("$.a not each > 3", "----ft---"),
    ("$.a not some > 3", "----ff---"),
    ("$.a[*] each > 3", "----tf---"),
    ("$.a[*] some > 3", "----tt---"),
    ("$.a[*] none > 3", "----ff---"),
    ("$.a is unique", "----tt---"),
    ("$.a > 3 and $.type == \"e\"", "------tf-"),
    ("$.a > 3 and $.type == \"other\"", "f-fffffff"),
    ("$.a > 3 or $.type == \"e\"", "t-ttttttt"),
    ("$.a > 3 or $.type == \"other\"", "------tf-"),
    ("$ matches { a: > 3 }", "f-----tf-"),
    ("$ matches { a: /x/ }", "f-------t"),
    ("$ matches { a: > 3, type: \"other\" }", "f-fffffff"),
    ("$ matches { a: any }", "f-ttttttt"),
    ("$.a exists and $.a > 3", "f-----tf-"),
    ("$.a not exists or $.a > 3", "t-----tf-"),
];

#[test]
fn neither_a_condition_nor_its_contrary_is_selected_out_of_nothing() {
    let mut wrong = Vec::new();
    for (condition, expected) in CONDITIONS {
        let mut found = String::new();
        for frame in FRAMES {
            let log = format!("10 chat {frame}").replace("chat e", "chat text e");
            let selects = |condition: &str| {
                let item = reported(&format!("expect on chat frame within 1s {{ {condition} }}"), &log).held();
                // A view of nothing, or of the one frame.
                let view = reported(&format!("expect on chat where {condition} frame within 1s"), &log).held();
                assert_eq!(item, view, "{condition} of {frame}");
                item
            };
            let (holds, fails) = (selects(condition), selects(&format!("not ({condition})")));
            assert_eq!(holds, selects(&format!("not (not ({condition}))")), "{condition} of {frame}");
            assert_eq!(fails, selects(&format!("not ({condition}) and not ({condition})")), "{condition} of {frame}");
            found.push(match (holds, fails) {
                (true, false) => 't',
                (false, true) => 'f',
                (false, false) => '-',
                (true, true) => '!',
            });
        }
        if found != *expected {
            wrong.push(format!("{condition}: {found}, not {expected}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn what_is_not_known_is_named() {
    let found = reported("expect on chat event \"e\" within 1s { not ($.a > 3) }", r#"10 chat {"type":"e"}"#);
    assert!(!found.held() && found.drawn().contains("is missing"), "{}", found.drawn());
}
