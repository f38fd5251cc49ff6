//! Loads, in virtual time.

use super::scripted::{Asked, Ran, Said, fail, file, json, open, say, silence};
use crate::event::FailureKind;
use crate::judge::load::{LoadResult, ThresholdResult};
use crate::judge::{Outcome, Progress};
use crate::plan::ErrorKind;

/// A run of a load, `l`, with these lines.
fn load(lines: &str, respond: impl Fn(&Asked<'_>) -> Said + Send + Sync + 'static) -> Ran {
    file(&format!("load \"l\" {{\n{lines}\n}}\n")).responds(respond).run()
}

fn of(ran: &Ran) -> &LoadResult {
    ran.test("l").load.as_deref().expect("it was carried out")
}

fn threshold(ran: &Ran, at: usize) -> &ThresholdResult {
    &of(ran).ended.thresholds[at]
}

const ONE: &str = "scenario { GET http://s/a { expect status 200 } }";

#[test]
fn each_user_begins_its_next_iteration_when_its_last_one_has_ended() {
    let ran = load(&format!("users 3 hold 1s\n{ONE}\nthreshold p95(time) < 1s"), |_| say(200).after(100));
    assert_eq!(*ran.outcome("l"), Outcome::Passed, "{:?}", ran.messages("l"));
    let total = &of(&ran).ended.total;
    assert_eq!((total.exchanges(), total.rounds(), total.failures.count(|_| true)), (30, 30, 0));
    assert_eq!(ran.at("GET /a").len(), 30);
    assert_eq!(ran.span("l"), (0, 1_000));
    let times = total.times();
    assert_eq!((times.shortest.as_millis(), times.longest.as_millis()), (100, 100));
}

#[test]
fn users_come_and_go_along_their_stages() {
    let ran = load(
        &format!(
            "stages {{ ramp to 4 users over 4s; hold 1s; ramp to 0 users over 2s }}\n{ONE}\nthreshold error rate < 1%"
        ),
        |_| say(200).after(100),
    );
    assert_eq!(*ran.outcome("l"), Outcome::Passed, "{:?}", ran.messages("l"));
    let users: Vec<u32> = of(&ran).ended.timeline.bins.iter().map(|bin| bin.users).collect();
    // The most in each second, with those that come at its end.
    assert_eq!(users, [1, 2, 3, 4, 4, 4, 2]);
    assert_eq!(of(&ran).ended.most_users, 4);
}

#[test]
fn iterations_of_a_rate_begin_when_they_are_due_however_long_they_take() {
    let ran = load(&format!("rate 10/s for 2s\n{ONE}\nthreshold throughput > 1/s"), |_| say(200).after(5_000));
    let at = ran.at("GET /a");
    assert_eq!(at, (0..20).map(|n| n * 100).collect::<Vec<u64>>());
    let total = &of(&ran).ended.total;
    assert_eq!((total.exchanges(), total.dropped, total.late.count), (20, 0, 20));
    // Nothing had ended in the two seconds.
    assert_eq!(*ran.outcome("l"), Outcome::Failed);
    assert_eq!((threshold(&ran, 0).held, threshold(&ran, 0).measured), (false, None));
}

#[test]
fn an_arrival_for_which_no_user_is_free_is_dropped() {
    let lines = format!(
        "rate 10/s for 2s using at most 3 users\n{ONE}\nthreshold dropped arrivals == 0\nthreshold iterations > 5"
    );
    let ran = load(&lines, |_| say(200).after(1_000));
    // Three users, each with one iteration a second; the one that is due as a user gets free comes too early for it by nothing, or not at all.
    let total = &of(&ran).ended.total;
    assert_eq!(total.rounds() + total.dropped, 20);
    assert_eq!(total.rounds(), 6);
    assert_eq!(*ran.outcome("l"), Outcome::Failed);
    let dropped = threshold(&ran, 0);
    assert_eq!((dropped.held, dropped.measured, dropped.basis.as_str()), (false, Some(14.0), "20 arrivals"));
    assert!(threshold(&ran, 1).held);
    assert_eq!(ran.messages("l"), ["the threshold `dropped arrivals == 0` doesn't hold: it was 14 (20 arrivals)"]);
}

#[test]
fn a_server_that_stands_still_shows_in_the_open_model() {
    // One second in every ten: of the requests that come in it, each waits until it is over.
    let stall = |asked: &Asked<'_>| {
        let at = asked.at.as_millis() as u64 % 10_000;
        say(200).after(if at >= 9_000 { 10_000 - at + 1 } else { 1 })
    };
    let ran = load(&format!("rate 100/s for 40s\n{ONE}\nthreshold p99(time) < 5s\nthreshold p89(time) < 5ms"), stall);
    let p99 = threshold(&ran, 0).measured.unwrap();
    // A tenth of all requests waits, evenly from nothing to one second: of the slowest hundredth the fastest one waits 0.9 s.
    assert!((p99 - 0.9).abs() < 0.9 * 0.05, "{p99}");
    assert_eq!(*ran.outcome("l"), Outcome::Passed, "{:?}", ran.messages("l"));
}

#[test]
fn without_data_a_threshold_does_not_hold() {
    let lines = "users 1 hold 1s\nscenario \"a\" { GET http://s/a { expect status 200 } }\n\
        scenario \"b\" weight 1 { skip when true == true because \"not now\"; GET http://s/b { expect status 200 } }\n\
        threshold p95(time of \"GET /b\") < 9s\nthreshold error rate of \"b\" < 50%\nthreshold errors of dns == 0";
    let ran = load(lines, |_| say(200).after(100));
    assert_eq!(*ran.outcome("l"), Outcome::Failed);
    let held: Vec<bool> = of(&ran).ended.thresholds.iter().map(|one| one.held).collect();
    assert_eq!(held, [false, false, true]);
    assert_eq!(
        ran.messages("l")[0],
        "the threshold `p95(time of \"GET /b\") < 9s` has no data, and so doesn't hold: there were no requests"
    );
}

#[test]
fn what_no_threshold_speaks_of_may_not_fail() {
    let sick = |asked: &Asked<'_>| if asked.nth.is_multiple_of(10) { say(500).after(100) } else { say(200).after(100) };
    let fast = format!("users 2 hold 2s\n{ONE}\nthreshold p95(time) < 1s");
    let ran = load(&fast, sick);
    assert_eq!(*ran.outcome("l"), Outcome::Failed);
    assert_eq!(ran.messages("l")[0], "4 failures in this load, and no threshold says how many there may be");
    for speaks in
        ["error rate < 11%", "errors < 5", "errors of 5xx < 5", "success > 89%", "success of \"GET /a\" > 89%"]
    {
        let ran = load(&format!("{fast}\nthreshold {speaks}"), sick);
        assert_eq!(*ran.outcome("l"), Outcome::Passed, "{speaks}: {:?}", ran.messages("l"));
    }
    for other in ["errors of 4xx < 5", "error rate < 10%", "errors < 4", "success > 90%"] {
        let ran = load(&format!("{fast}\nthreshold {other}"), sick);
        assert_eq!(*ran.outcome("l"), Outcome::Failed, "{other}");
    }
}

#[test]
fn failures_are_counted_by_their_kinds_and_the_first_of_each_are_kept() {
    let sick = |asked: &Asked<'_>| match asked.nth % 5 {
        0 => say(503).after(100),
        1 => fail(FailureKind::Reset).after(100),
        2 => json("{\"n\": 2}").after(100),
        3 => say(404).after(100),
        _ => json("{\"n\": 1}").after(100),
    };
    let lines = "users 1 hold 10s\nscenario { GET http://s/a { expect status 200; expect $.n == 1 } }\nthreshold error rate < 81%";
    let ran = load(lines, sick);
    assert_eq!(*ran.outcome("l"), Outcome::Passed, "{:?}", ran.messages("l"));
    let kinds: Vec<(ErrorKind, u64)> = of(&ran).ended.total.failures.by_kind().into_iter().collect();
    let expected = [
        (ErrorKind::NoResponse(FailureKind::Reset), 20),
        (ErrorKind::Status(4), 20),
        (ErrorKind::Status(5), 20),
        (ErrorKind::Expectation, 20),
    ];
    assert_eq!(kinds, expected);
    let test = ran.test("l");
    assert_eq!((test.exchanges.len(), test.left_out.exchanges()), (12, 88));
    assert!(test.diagnostics.is_empty());
    let failed = load(&lines.replace("81", "80"), sick);
    let labels: Vec<&str> = failed.test("l").diagnostics[1..].iter().filter_map(|one| one.label.as_deref()).collect();
    assert_eq!(labels, ["20 of 100 requests like this"; 4]);
    let messages = failed.messages("l");
    assert!(
        messages.len() == 5 && messages[0].starts_with("the threshold `error rate < 80%` doesn't hold: it was 80%")
    );
}

#[test]
fn a_threshold_over_the_last_seconds_holds_every_time() {
    let slow = |asked: &Asked<'_>| {
        let is_slow = (3_000..5_000).contains(&asked.at.as_millis());
        say(200).after(if is_slow { 500 } else { 100 })
    };
    let lines =
        format!("users 2 hold 20s\n{ONE}\nthreshold p95(time) < 300ms over last 2s\nthreshold p50(time) < 300ms");
    let ran = load(&lines, slow);
    assert_eq!(*ran.outcome("l"), Outcome::Failed);
    let broke = threshold(&ran, 0);
    assert_eq!((broke.held, broke.measured, broke.broke_at.unwrap().as_secs()), (false, Some(0.5), 4));
    assert!(threshold(&ran, 1).held);
    assert_eq!(ran.span("l").1, 20_000, "without `abort` it goes on");
}

#[test]
fn a_threshold_that_aborts_ends_the_load_but_not_before_its_time() {
    let lines = |abort: &str| format!("users 2 hold 60s\n{ONE}\nthreshold error rate < 1% {abort}");
    for (abort, seconds) in [("abort", 1), ("abort after 5s", 5), ("over last 3s abort", 3), ("", 60)] {
        let ran = load(&lines(abort), |_| say(500).after(100));
        assert_eq!(*ran.outcome("l"), Outcome::Failed);
        assert_eq!(ran.span("l").1, seconds * 1_000, "{abort}");
        assert_eq!(of(&ran).aborted_by, (!abort.is_empty()).then_some(0));
    }
}

#[test]
fn what_is_under_way_at_the_end_may_take_a_while_and_is_cut_off_then() {
    let slow = |time: u64| move |_: &Asked<'_>| say(200).after(time);
    let lines = format!("users 2 hold 1s\nstop within 2s\n{ONE}\nthreshold p95(time) < 9s");
    let ran = load(&lines, slow(2_900));
    assert_eq!((ran.outcome("l"), ran.span("l").1), (&Outcome::Passed, 2_900));
    let ran = load(&lines, slow(3_100));
    assert_eq!((ran.outcome("l"), ran.span("l").1), (&Outcome::Failed, 3_000));
    let timeouts = of(&ran).ended.total.failures.count(|one| one.kind == ErrorKind::NoResponse(FailureKind::Timeout));
    assert_eq!(timeouts, 2);
}

#[test]
fn users_think_between_iterations_and_it_counts_as_nothing() {
    let lines =
        format!("users 1 hold 10s\nthink 900ms\n{ONE}\nthreshold max(time) < 101ms\nthreshold iterations == 10");
    let ran = load(&lines, |_| say(200).after(100));
    assert_eq!(*ran.outcome("l"), Outcome::Passed, "{:?}", ran.messages("l"));
    let lines = format!("users 20 hold 60s\nthink 100ms to 300ms\n{ONE}\nthreshold iterations > 5");
    let ran = load(&lines, |_| say(200).after(100));
    let total = of(&ran).ended.total.rounds() as f64;
    // 300 ms each on the average.
    assert!((total - 4_000.0).abs() < 100.0, "{total}");
}

#[test]
fn hooks_of_users_and_rows_are_in_scope_of_each_iteration() {
    let lines = "users 3 hold 1s\n\
        data [{ name: \"ada\" }, { name: \"bob\" }, { name: \"eve\" }] next as me\n\
        data [\"x\", \"y\"] shared as what\n\
        before each user { GET http://s/login/{{me.name}} { expect status 200; capture session = $.session } }\n\
        scenario { GET http://s/{{session}}/{{what}} { expect status 200; capture n = $.session } }\n\
        after each user { GET http://s/logout/{{session}} { expect status 200 } }\n\
        threshold success > 99%\nthreshold p95(time of \"GET /*/x\") < 1s";
    let ran = load(lines, |asked| {
        let name = asked.path.rsplit('/').next().unwrap();
        json(&format!("{{\"session\": \"s-{name}\"}}")).after(100)
    });
    assert_eq!(*ran.outcome("l"), Outcome::Passed, "{:?}", ran.messages("l"));
    for name in ["ada", "bob", "eve"] {
        assert_eq!(ran.at(&format!("GET /login/{name}")).len(), 1);
        assert_eq!(ran.at(&format!("GET /logout/s-{name}")), [1_000]);
    }
    let count = |end: &str| ran.calls().iter().filter(|(_, what)| what.ends_with(end)).count();
    assert_eq!((count("/x"), count("/y")), (14, 13), "{:?}", ran.calls());
    // Hooks are no part of what is measured.
    let total = &of(&ran).ended.total;
    assert_eq!((total.exchanges(), total.rounds()), (27, 27));
}

#[test]
fn a_user_whose_hook_fails_makes_no_iteration_and_that_is_a_failure() {
    let lines = format!(
        "users 3 hold 1s\nbefore each user {{ GET http://s/login {{ expect status 200 }} }}\n{ONE}\nthreshold success > 99%"
    );
    let ran = load(&lines, |asked| match (asked.path, asked.nth) {
        ("/login", 2) => say(500).after(100),
        _ => say(200).after(100),
    });
    assert_eq!(*ran.outcome("l"), Outcome::Failed);
    assert_eq!(ran.messages("l")[0], "1 failure in this load, and no threshold says how many there may be");
    assert_eq!(ran.at("GET /login").len(), 3);
    assert_eq!(of(&ran).ended.total.rounds(), 18);
}

#[test]
fn scenarios_are_taken_by_their_weights() {
    let lines = "users 10 hold 20s\n\
        scenario \"read\" weight 3 { tags browsing; GET http://s/a { expect status 200 } }\n\
        scenario \"write\" { POST http://s/a { expect status 201 } }\n\
        threshold error rate of \"browsing\" < 1%\nthreshold throughput of \"read\" > 1/s\nthreshold success of \"write\" < 1%\n\
        threshold p95(time of \"write\") < 1s";
    let ran = load(lines, |_| say(200).after(100));
    assert_eq!(*ran.outcome("l"), Outcome::Passed, "{:?}", ran.messages("l"));
    let total = &of(&ran).ended.total;
    let read = total.iterations[&0].passed as f64;
    assert!((read / 2_000.0 - 0.75).abs() < 0.05, "{read}");
    assert_eq!(total.iterations[&1].passed, 0);
}

#[test]
fn channels_are_measured_by_their_openings_events_and_gaps() {
    let lines = "users 2 hold 3s\n\
        scenario {\n\
          websocket chat ws://s/c { events by $.type; expect status 101 }\n\
          send chat text \"go\"\n\
          expect on chat in order within 5s { event \"token\" at least twice; event \"done\"; never event \"error\" }\n\
          close chat with 1000\n\
        }\n\
        threshold success of connect chat > 99%\nthreshold p95(connect chat) < 60ms\n\
        threshold max(time to event \"done\") < 510ms\nthreshold max(gap of event \"token\") < 110ms\n\
        threshold failures of never == 0\nthreshold success > 99%";
    let ran = load(&lines.replace("at least twice", "at least 2 times"), |_| {
        open().after(50).event(100, "token").event(200, "token").event(500, "done").echoes(1)
    });
    assert_eq!(*ran.outcome("l"), Outcome::Passed, "{:?}", ran.messages("l"));
    let total = &of(&ran).ended.total;
    let done = &total.events["done"].after;
    assert_eq!((done.shortest.as_millis(), done.longest.as_millis()), (500, 500));
    assert_eq!(done.count, total.rounds());
    assert_eq!(total.events["token"].gaps.longest.as_millis(), 100);
    assert_eq!(total.channels["chat"].tried, total.rounds());
}

/// What proves something of a channel that the user has opened is what it carries, by whatever name, and those who talk on it don't idle.
#[test]
fn frames_of_a_channel_that_was_opened_before_prove_something() {
    let lines = "users 1 hold 30s\n\
        before each user { websocket chat ws://s/c { events by $.kind } }\n\
        scenario { send chat text \"go\"; expect on chat frame within 5s }\n\
        threshold success > 99%";
    let ran = load(lines, |_| open().answers("go", 100, "token").echoes(1));
    assert_eq!(*ran.outcome("l"), Outcome::Passed, "{:?}", ran.messages("l"));
    let total = &of(&ran).ended.total;
    assert_eq!((total.rounds(), total.frames, total.exchanges()), (300, 600, 0));
    // Nothing is proved where nothing is carried.
    let silent = load(
        &lines.replace("send chat text \"go\"; expect on chat frame within 5s", "let n = 1; expect n == 1"),
        |_| open(),
    );
    assert_eq!(*silent.outcome("l"), Outcome::Vacuous, "{:?}", silent.messages("l"));
}

/// An expectation that holds on weak evidence does so in each iteration as in a test.
#[test]
fn weak_evidence_is_counted_as_that_of_a_test() {
    let steps = "GET http://s/a { expect status 200; expect $.z.y not exists; expect $.items is unique; expect $.n != \"7\"; expect $.n == 7 }\n\
        websocket chat ws://s/c { events by $.type }\n\
        expect on chat in order within 1s settle 10ms { event \"token\" optional }\n\
        repeat 70 times { GET http://s/a { expect $.z.y not exists } }";
    let respond = |asked: &Asked<'_>| match asked.path {
        "/a" => json("{\"n\": 7, \"items\": [1]}").after(1),
        _ => open().text(1, "{\"type\": \"other\"}").echoes(1),
    };
    let lines = format!("users 1 hold 10s\nscenario {{\n{steps}\n}}\nthreshold success > 99%");
    let ran = load(&lines, respond);
    let total = &of(&ran).ended.total;
    let tested = file(&format!("suite \"s\" {{ test \"t\" {{\n{steps}\n}} }}\n")).responds(respond).run();
    let test = tested.test("t");
    let weak = test.steps.iter().flat_map(|step| &step.expectations).filter(|one| one.weak.is_some()).count();
    let weak = (weak + test.left_out.weak) as u64;
    assert!(weak > 70 && total.rounds() > 2, "{weak} {}", total.rounds());
    assert_eq!(
        (*ran.outcome("l") == Outcome::Passed, total.weak),
        (true, weak * total.rounds()),
        "{:?}",
        ran.messages("l")
    );
}

#[test]
fn what_was_refused_was_not_fast() {
    let lines = format!("users 1 hold 1s\n{ONE}\nthreshold p95(time) < 1s\nthreshold error rate < 100.1%")
        .replace("100.1%", "99%");
    let refused = load(&lines, |_| fail(FailureKind::Refused).after(10));
    assert_eq!((threshold(&refused, 0).held, threshold(&refused, 0).measured), (false, None));
    assert_eq!(threshold(&refused, 0).basis, "none of 100 requests got a response");
    // What was waited for in vain took as long at least.
    let silent = load(&lines.replace("GET http://s/a {", "GET http://s/a { timeout 300ms;"), |_| silence());
    assert_eq!(threshold(&silent, 0).measured, Some(0.3));
}

#[test]
fn that_nothing_was_done_is_said_once() {
    let lines = format!(
        "users 3 hold 1s\nbefore each user {{ GET http://s/login {{ expect status 200 }} }}\n{ONE}\nthreshold success > 99%\nthreshold p95(time) < 1s"
    );
    let ran = load(&lines, |_| say(200).after(1_500));
    assert_eq!(*ran.outcome("l"), Outcome::Failed);
    let messages = ran.messages("l");
    assert!(messages.len() == 1 && messages[0].starts_with("no round of this load ran to its end"), "{messages:?}");
    let failed = load(&lines, |_| say(500).after(100));
    let messages = failed.messages("l");
    assert!(
        messages[0].starts_with("no round of") && messages[1].starts_with("3 failures in this load"),
        "{messages:?}"
    );
}

#[test]
fn a_load_that_is_stopped_says_so_and_cleans_up() {
    let lines = format!(
        "users 2 hold 60s\n{ONE}\nafter each user {{ DELETE http://s/me {{ expect status 200 }} }}\nthreshold success > 1%"
    );
    let spec = format!("load \"l\" {{\n{lines}\n}}\n");
    let ran = file(&spec).responds(|_| say(200).after(100)).stopped_at(1_050).run();
    assert_eq!(*ran.outcome("l"), Outcome::NotRun { cause: "interrupted".to_owned() });
    assert_eq!(ran.at("DELETE /me"), [1_050, 1_050]);
    assert_eq!(of(&ran).ended.total.rounds(), 20, "what was learned isn't lost");
}

#[test]
fn how_a_load_stands_is_told_each_second() {
    let ran = load(&format!("users 2 hold 3s\n{ONE}\nthreshold error rate < 1%"), |_| say(200).after(100));
    let told: Vec<(u64, u64, u32)> = ran
        .events
        .iter()
        .filter_map(|(at, progress)| match progress {
            Progress::Load(load) => Some((at.as_secs(), load.requests, load.users)),
            _ => None,
        })
        .collect();
    // And once more when all have gone.
    assert_eq!((told.len(), told.last()), (4, Some(&(3, 60, 0))), "{told:?}");
    // What ends at that very moment is told of in the next one.
    assert_eq!(told[0], (1, 18, 2));
}

#[test]
fn what_is_captured_behind_a_request_is_of_its_response() {
    let flows = "flow made() { POST http://s/things { expect status 200 }\ncapture id = $.n\nreturn id }\n";
    let steps = "GET http://s/a { expect status 200 }\n\
        within 1s { wait 1ms\ncapture n = $.n }\n\
        let id = made()\n\
        capture again = $.n\n\
        GET http://s/{{n}}/{{id}}/{{again}} { expect status 200 }";
    let spec = format!(
        "{flows}load \"l\" {{ users 1 hold 1s\nscenario {{ {steps}\nwait 2s }}\nstop within 5s\nthreshold error rate < 1% }}\n\
         suite \"s\" {{ test \"t\" {{ {steps} }} }}\n"
    );
    let of = |path: &str| json(&format!(r#"{{"n":"{}"}}"#, path.trim_start_matches('/')));
    let ran = file(&spec).responds(move |asked| of(asked.path)).run();
    assert_eq!(*ran.outcome("l"), Outcome::Passed, "{:?}", ran.messages("l"));
    assert_eq!(*ran.outcome("t"), Outcome::Passed, "{:?}", ran.messages("t"));
    // What a flow was answered is the flow's alone.
    assert_eq!(ran.at("GET /a/things/a").len(), 2);
}
