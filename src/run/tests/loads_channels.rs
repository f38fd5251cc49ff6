//! Channels that a user of a load keeps open from round to round.

use super::scripted::{Asked, Ran, Said, fail, file, open};
use crate::event::FailureKind;
use crate::judge::Outcome;
use crate::judge::load::LoadResult;

fn load(lines: &str, respond: impl Fn(&Asked<'_>) -> Said + Send + Sync + 'static) -> Ran {
    file(&format!("load \"l\" {{\n{lines}\n}}\n")).responds(respond).run()
}

fn of(ran: &Ran) -> &LoadResult {
    ran.test("l").load.as_deref().expect("a load")
}

/// One user, of which a channel is open for half a minute; a round takes a second and has two events, 300 ms apart.
fn rounds(hook: &str, expectation: &str) -> Ran {
    let lines = format!(
        "users 1 hold 30s\n\
         before each user {{ websocket chat ws://s/c {{ events by $.type; expect status 101 }}\n{hook} }}\n\
         scenario {{\nsend chat text \"go\"\n{expectation}\nwait 300ms\n}}\n\
         threshold success > 99%"
    );
    load(&lines, |_| open().answers("go", 400, "token").answers("go", 700, "done").echoes(1))
}

#[test]
fn frames_of_earlier_rounds_arent_kept_and_are_measured_all_the_same() {
    let ran = rounds("", "expect on chat in order within 5s { event \"token\" once; event \"done\" once }");
    assert_eq!(*ran.outcome("l"), Outcome::Passed, "{:?}", ran.messages("l"));
    let total = &of(&ran).ended.total;
    assert_eq!((total.rounds(), total.events["token"].after.count, total.events["done"].after.count), (30, 30, 30));
    let after =
        |name: &str| (total.events[name].after.shortest.as_millis(), total.events[name].after.longest.as_millis());
    assert_eq!((after("token"), after("done")), ((400, 400), (700, 700)));
    // From each round to the next.
    let gaps = &total.events["token"].gaps;
    assert_eq!((gaps.count, gaps.shortest.as_millis(), gaps.longest.as_millis()), (29, 1_000, 1_000));
}

#[test]
fn a_round_that_fails_late_shows_what_came_in_it_alone() {
    let lines = "users 1 hold 30s\n\
         before each user { websocket chat ws://s/c { events by $.type; expect status 101 } }\n\
         scenario {\nsend chat text \"go\"\nexpect on chat in order strictly within 5s { event \"token\"; event \"done\" }\nwait 300ms\n}\n\
         threshold success > 99%";
    // Some time, the order is another one.
    let ran = load(lines, |_| {
        open().answers("go", 400, "token").answers("go", 700, "done").text(20_100, "{\"type\": \"done\"}").echoes(1)
    });
    assert_eq!(*ran.outcome("l"), Outcome::Failed);
    let frames = &ran.test("l").channels[0].log.frames;
    assert!(frames.len() < 8 && frames[0].number > 50, "{frames:?}");
}

#[test]
fn what_is_behind_a_mark_of_the_hook_stays() {
    let ran = rounds(
        "mark begun",
        "expect on chat since begun within 5s { event \"token\" at least 1 times; event \"done\" at least 1 times }",
    );
    assert_eq!(*ran.outcome("l"), Outcome::Passed, "{:?}", ran.messages("l"));
    // In the second round, it is there at once.
    assert!(of(&ran).ended.total.rounds() > 60, "{}", of(&ran).ended.total.rounds());
}

#[test]
fn in_a_load_a_match_settles_only_where_that_is_said() {
    let took = |settle: &str| {
        let ran = rounds(
            "",
            &format!("expect on chat in order within 5s {settle} {{ event \"token\" once; event \"done\" once }}"),
        );
        of(&ran).ended.total.rounds()
    };
    // A round of 1 s; of 1.25 s.
    assert_eq!((took(""), took("settle 250ms")), (30, 24));
}

#[test]
fn what_never_opened_has_no_time_and_that_is_said() {
    let lines = "users 1 hold 1s\nscenario { websocket chat ws://s/c { expect status 101 } }\n\
        threshold max(connect chat) < 1s\nthreshold max(time to first byte) < 1s\nthreshold error rate < 100%";
    let ran = load(lines, |_| fail(FailureKind::Refused).after(100));
    let basis: Vec<&str> = of(&ran).ended.thresholds.iter().map(|one| one.basis.as_str()).take(2).collect();
    assert_eq!(basis, ["none of 10 channels was opened", "none of 10 requests got a response"]);
}
