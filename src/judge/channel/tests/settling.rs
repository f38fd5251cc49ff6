//! How long a match must hold, and what breaks it meanwhile: to the millisecond.

use super::support::{Explained, reported, reported_from};
use crate::event::Weak;
use crate::judge::channel::JudgeState;

/// A frame on a channel: `at(350, "chat", "a")`.
fn at(time: u64, channel: &str, event: &str) -> String {
    format!("{time} {channel} {{\"type\":\"{event}\"}}\n")
}

fn held(steps: &str, log: &str) -> bool {
    reported(steps, log).held()
}

/// How much of its settling was watched, where a deadline cut it short.
fn settled(found: &Explained) -> Option<(u128, u128)> {
    assert_eq!(found.verdict, JudgeState::Held, "{}", found.message());
    match found.concluded.expectations.first().and_then(|record| record.weak) {
        Some(Weak::SettlingCutShort { settled, of }) => Some((settled.as_millis(), of.as_millis())),
        _ => None,
    }
}

#[test]
fn what_breaks_a_match_is_noticed_until_its_settling_ends() {
    // The expectation, what makes it match at 100 ms, and what breaks it.
    let table = [
        ("expect on chat event \"a\" once within 5s", "a"),
        ("expect on chat event \"a\" once within 5s { $.type == \"a\" }", "a"),
        ("expect on chat in order within 5s { event \"a\" once }", "a"),
        ("expect on chat in order within 5s { event \"a\"; never event \"x\" }", "x"),
        ("expect on chat in order strictly within 5s { event \"a\" }", "x"),
        ("expect on chat in any order strictly within 5s { event \"a\" }", "x"),
        ("expect on chat in any order within 5s { event \"a\" once }", "a"),
        ("expect on chat in order within 5s { repeat 1 times { event \"a\" } }", "a"),
        ("expect on chat in order within 5s { for each e in [\"a\"] { event e once } }", "a"),
        ("expect within 5s { on chat { event \"a\" once } }", "a"),
    ];
    for (steps, breaking) in table {
        let log = |time: u64| at(100, "chat", "a") + &at(time, "chat", breaking);
        for (time, holds) in [(100, false), (101, false), (349, false), (350, false), (351, true), (5_000, true)] {
            assert_eq!(held(steps, &log(time)), holds, "{steps}: {time}");
        }
        // The time it settles can be said, and be none.
        let longer = steps.replacen("within 5s", "within 5s settle 1s", 1);
        for (time, holds) in [(1_099, false), (1_100, false), (1_101, true)] {
            assert_eq!(held(&longer, &log(time)), holds, "{longer}: {time}");
        }
        let none = steps.replacen("within 5s", "within 5s settle 0s", 1);
        assert!(held(&none, &log(101)), "{none}");
        // It never goes beyond the deadline, which is said.
        let shorter = steps.replacen("within 5s", "within 200ms", 1);
        for (time, holds) in [(199, false), (200, false), (201, true)] {
            assert_eq!(held(&shorter, &log(time)), holds, "{shorter}: {time}");
        }
        assert_eq!(settled(&reported(&shorter, &at(100, "chat", "a"))), Some((100, 250)), "{shorter}");
        assert_eq!(settled(&reported(steps, &at(100, "chat", "a"))), None, "{steps}");
        // The end of the channel ends its settling, however it ends.
        for end in ["lost", "closed 1000", "closed 1011"] {
            let ended = at(100, "chat", "a") + &format!("150 chat {end}");
            assert_eq!(settled(&reported(steps, &ended)), None, "{steps}: {end}");
        }
    }
}

#[test]
fn a_loop_stands_for_its_rounds() {
    let steps = "expect on chat in order within 5s {
      for each e in [\"a\", \"b\"] { event \"start\" once { $.type == \"start\" }; event e once }
    }";
    let log = at(100, "chat", "start") + &at(110, "chat", "a") + &at(120, "chat", "start") + &at(130, "chat", "b");
    assert!(held(steps, &log));
    for doubled in ["a", "b", "start"] {
        assert!(!held(steps, &(log.clone() + &at(300, "chat", doubled))), "{doubled}");
        assert!(held(steps, &(log.clone() + &at(381, "chat", doubled))), "{doubled}");
    }
}

#[test]
fn what_nothing_later_could_break_does_not_settle() {
    let ordered = "expect on chat in order within 5s { event \"a\"; event \"b\" at least once; event \"c\" }";
    let log = at(100, "chat", "a") + &at(110, "chat", "b") + &at(120, "chat", "c") + "130 chat lost";
    assert!(held(ordered, &log));
    assert_eq!(settled(&reported("expect on chat event \"a\" within 100ms", &at(100, "chat", "a"))), None);
}

#[test]
fn the_limit_of_the_test_cuts_the_settling_short() {
    let steps = "expect on chat event \"a\" once";
    let log = at(100, "chat", "a");
    assert_eq!(settled(&reported_from(steps, &log, 0, 349)), Some((249, 250)));
    assert_eq!(settled(&reported_from(steps, &log, 0, 350)), None);
    assert!(!reported_from(steps, &(log.clone() + &at(349, "chat", "a")), 0, 349).held());
    assert!(reported_from(steps, &(log + &at(350, "chat", "a")), 0, 349).held());
}

const TWO: &str = "expect within 5s {
      on chat in order { event \"a\" }
      on other { never event \"a\" }
    }";

#[test]
fn all_views_settle_together_from_the_last_that_is_satisfied() {
    let three = "expect within 5s {
      on chat { event \"a\" once }
      on chat where $.type == \"b\" { event \"b\" }
      on other { never event \"x\" }
    }";
    let log = |time, channel, event| at(100, "chat", "a") + &at(400, "chat", "b") + &at(time, channel, event);
    for (time, holds) in [(390, false), (401, false), (650, false), (651, true)] {
        assert_eq!(held(three, &log(time, "chat", "a")), holds, "{time}");
        assert_eq!(held(three, &log(time, "other", "x")), holds, "{time}");
    }
    // A view whose own time is over still guards until the others have settled.
    let own = "expect within 5s { on chat { event \"a\" }\n on other within 50ms { never event \"x\" } }";
    for (time, holds) in [(50, false), (51, false), (350, false), (351, true)] {
        let log = at(time, "other", "x") + &at(100, "chat", "a");
        assert_eq!(held(own, &log), holds, "{time}");
    }
}

#[test]
fn a_view_of_only_never_needs_its_channel_until_the_others_have_settled() {
    let accepting = TWO.replace("on other {", "on other or closed {");
    for (end, complete) in [("closed 1000", true), ("closed 1011", false), ("lost", false)] {
        for (time, whole) in [(0, false), (99, false), (101, false), (349, false), (350, true), (351, true)] {
            let log = at(100, "chat", "a") + &format!("{time} other {end}");
            let found = reported(TWO, &log);
            assert_eq!(found.held(), whole, "{end} at {time}");
            assert_eq!(held(&accepting, &log), whole || complete, "{end} at {time}");
        }
    }
    let found = reported(TWO, &(at(100, "chat", "a") + "200 other closed 1000"));
    assert_eq!(found.codes(), ["closed_early"]);
    assert!(found.help().contains("or closed"), "{}", found.help());
    // The other view's channel may end: its match holds, and the rest settles.
    let ended = |time| at(100, "chat", "a") + "150 chat lost\n" + &at(time, "other", "a");
    assert_eq!((held(TWO, &ended(350)), held(TWO, &ended(351))), (false, true));
    // Frames of other channels at the very end of the settling count, whatever ends at that instant.
    let same = at(100, "chat", "a") + "350 chat closed 1000\n" + &at(350, "other", "a");
    assert!(!held(TWO, &same));
}

#[test]
fn open_counts_wait_out_their_time_and_need_no_settling() {
    let steps = "expect on chat in order within 2s { event \"a\" at least once; never event \"x\" }";
    let found = reported(steps, &at(100, "chat", "a"));
    assert_eq!(settled(&found), None);
    assert!(!held(steps, &(at(100, "chat", "a") + &at(2_000, "chat", "x"))));
    assert!(held(steps, &(at(100, "chat", "a") + &at(2_001, "chat", "x"))));
    let most = "expect on chat in order within 2s { event \"a\" at most 2 times }";
    assert!(!held(most, &(at(1, "chat", "a") + &at(2, "chat", "a") + &at(2_000, "chat", "a"))));
}

#[test]
fn a_match_that_is_broken_says_by_what() {
    let doubled =
        reported("expect on chat event \"a\" once within 5s", &(at(100, "chat", "a") + &at(200, "chat", "a")));
    assert_eq!(doubled.codes(), ["too_many"]);
    assert_eq!(doubled.message(), "`event \"a\"` came a second time, as frame 2");
    let strict = reported(
        "expect on chat in order strictly within 5s { event \"a\" }",
        &(at(100, "chat", "a") + &at(200, "chat", "x")),
    );
    assert_eq!(strict.codes(), ["unexpected_frame"]);
    assert!(strict.message().contains("frame 2 (`x`)"), "{}", strict.message());
    let leaked = reported(TWO, &(at(100, "chat", "a") + &at(200, "other", "a")));
    assert_eq!((leaked.codes(), leaked.place()), (vec!["forbidden_event"], "event \"a\""));
}

const EVERY: &str = "expect on chat every event \"ask\" leads to event \"answer\" within 1s";

#[test]
fn every_settles_when_all_that_came_are_answered() {
    let answered = at(100, "chat", "ask") + &at(300, "chat", "answer");
    // Another trigger while it settles has its own full time, and its response starts the settling again.
    for (time, holds) in [(301, false), (549, false), (550, false), (551, true)] {
        assert_eq!(held(EVERY, &(answered.clone() + &at(time, "chat", "ask"))), holds, "{time}");
    }
    let again = answered.clone() + &at(550, "chat", "ask") + &at(1_550, "chat", "answer");
    assert!(held(EVERY, &again));
    assert!(!held(EVERY, &again.replace("1550", "1551")));
    for (time, holds) in [(1_800, false), (1_801, true)] {
        assert_eq!(held(EVERY, &(again.clone() + &at(time, "chat", "ask"))), holds, "{time}");
    }
    // What had come before the expectation began is answered too, and it settles from its beginning.
    for (time, holds) in [(2_250, false), (2_251, true)] {
        assert_eq!(reported_from(EVERY, &(answered.clone() + &at(time, "chat", "ask")), 2_000, 60_000).held(), holds);
    }
    let none = format!("{EVERY} settle 0s");
    assert!(held(&none, &(answered.clone() + &at(301, "chat", "ask"))));
    assert_eq!(settled(&reported_from(EVERY, &answered, 0, 500)), Some((200, 250)));
    assert_eq!(settled(&reported(EVERY, &(answered + "400 chat lost"))), None);
}

#[test]
fn triggers_are_taken_for_a_stated_time_and_each_response_has_its_own() {
    let steps = format!("{EVERY} for 3s");
    let log = at(100, "chat", "ask") + &at(200, "chat", "answer");
    assert!(held(&steps, &log));
    for (ask, answer, holds) in
        [(2_999, 3_999, true), (3_000, 4_000, true), (3_000, 4_001, false), (2_500, 3_501, false), (3_001, 9_000, true)]
    {
        let log = log.clone() + &at(ask, "chat", "ask") + &at(answer, "chat", "answer");
        assert_eq!(held(&steps, &log), holds, "{ask} {answer}");
    }
    // There must be one, at any time of the window.
    assert_eq!(reported(&steps, "").codes(), ["no_trigger"]);
    assert!(held(&steps, &(at(3_000, "chat", "ask") + &at(3_500, "chat", "answer"))));
    assert_eq!(reported(&steps, &(at(3_001, "chat", "ask") + &at(3_500, "chat", "answer"))).codes(), ["no_trigger"]);
    // A limit around it ends the window, which is said; a mark begins it.
    assert_eq!(settled(&reported_from(&steps, &log, 0, 2_000)), Some((2_000, 3_000)));
    let marked = format!("mark m at 1000\n{}", steps.replace("on chat", "on chat since m"));
    assert!(held(&marked, &(at(4_000, "chat", "ask") + &at(5_000, "chat", "answer"))));
    assert_eq!(reported(&marked, &at(4_001, "chat", "ask")).codes(), ["no_trigger"]);
}
