//! Frames that are read, judged or looked at later than they arrived.

use super::channels::on;
use super::scripted::{Said, open, say, test};
use crate::judge::Outcome;

/// Nothing changes on the channel when what was unread turns out to be nothing: it is looked at again all the same, and soon.
#[test]
fn what_is_unread_holds_up_what_it_could_change_and_nothing_else() {
    let scene = open().event(100, "a").unread(300);
    let ran = on("expect on ch event \"a\" within 9s", scene.clone()).run().passed();
    assert_eq!(ran.took(), 100, "it has come");
    let ran = on("expect on ch within 9s { event \"a\"; never event \"b\" }", scene.clone()).run().passed();
    assert!((350..=370).contains(&ran.took()), "it settles until 350: {}", ran.took());
    let ran = on("expect on ch silence for 200ms", open().unread(1_000)).run().passed();
    assert!((1_000..=1_020).contains(&ran.took()), "{}", ran.took());
    let ran = on("expect on ch silence for 200ms", open().event(1_000, "b").unread(1_000)).run();
    let ran = ran.ended(Outcome::Failed, "");
    assert!((1_000..=1_020).contains(&ran.took()), "it may have come in time: {}", ran.took());
}

/// What arrived before a limit is judged, or the test's failure isn't the server's; and either can be done again from the record.
#[test]
fn what_is_read_late_came_when_it_arrived() {
    let steps = "within 1s { expect on ch event \"a\" within 5s }";
    let slow = |takes| on(steps, open().slow_event(900, "a", takes)).run();
    assert!((1_030..=1_040).contains(&slow(130).passed().took()));
    slow(9_000).ended(Outcome::TimedOut, "the limit `within` of 1s was reached while this was judged");
    let ran = on(steps, open().closing(900, 1000, 50)).run().ended(Outcome::Failed, "the server closed `ch` with 1000");
    assert_eq!(ran.took(), 950);
    // It isn't known by then that nothing followed.
    let ran = on(steps, open().closing(900, 1000, 200)).run();
    let ran = ran.ended(Outcome::Failed, "the server closed `ch` with 1000");
    assert!((1_040..=1_060).contains(&ran.took()), "{}", ran.took());
    // What came too late to hold is a failure of that time, whenever it is read.
    let silence = "within 1s { expect on ch never event \"a\" for 2s }";
    on(silence, open().slow_event(900, "a", 130)).run().ended(Outcome::Failed, "");
    on(silence, open()).run().ended(Outcome::TimedOut, "");
    on("expect on ch closed within 5s", open().closing(900, 1000, 200)).run().passed();
}

/// A machine that is late looks behind the limit, when more has come: by when nothing had is known to who runs it again, too, and that it wasn't too late.
#[test]
fn what_is_decided_late_is_decided_again_as_it_was() {
    let late = |steps: &str, scene: Said, (after, still): (u64, u64)| {
        let steps =
            format!("    websocket ch ws://s/ws\n    parallel {{ {steps}; GET http://s/x {{ expect status 200 }} }}");
        let ran = test(&steps).responds(move |asked| match asked.path {
            "/ws" => scene.clone(),
            _ => say(200).after(after).standing_still(still),
        });
        let ran = ran.run();
        assert!(ran.took() >= after + still, "{steps}: {}", ran.took());
    };
    for steps in
        ["ping ch expect pong within 20ms", "expect on ch event \"a\" within 20ms", "expect on ch silence for 20ms"]
    {
        late(steps, open().text(20, "b").text(21, "b").text(22, "b"), (15, 30));
    }
    // Between what was read at once no one looked.
    late("expect on ch in order within 20ms { event \"a\" optional }", open().at_once(20, &["b", "a"]), (15, 30));
    // What was being read is there at the last look, which comes behind its time.
    for steps in ["within 20ms { expect on ch event \"a\" within 5s }", "within 20ms { ping ch expect pong within 5s }"]
    {
        late(steps, open().slow_event(15, "b", 43).text(59, "b"), (50, 20));
    }
}
