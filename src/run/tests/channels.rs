//! What is expected on channels, at the very instants that the language promises.

use super::scripted::{Case, Happens, Said, events, fail, json, open, say, silence, test};
use crate::event::{FailureKind, Weak};
use crate::judge::Outcome;

/// A test that opens `ch` and does this on it.
pub fn on(steps: &str, scene: Said) -> Case {
    test(&format!("    websocket ch ws://s/ws\n    {steps}")).responds(move |_| scene.clone())
}

/// How the test ended, and when.
fn end(steps: &str, scene: Said) -> (Outcome, u64) {
    let ran = on(steps, scene).run();
    (ran.outcome("t").clone(), ran.took())
}

fn holds(steps: &str, scene: Said, took: u64) {
    let ran = on(steps, scene).run().passed();
    assert_eq!(ran.took(), took, "{steps}");
}

fn fails(steps: &str, scene: Said) {
    let ran = on(steps, scene).run();
    assert_eq!(*ran.outcome("t"), Outcome::Failed, "{steps}\n{}", ran.drawn());
}

#[test]
fn an_event_that_arrives_at_the_deadline_is_in_time() {
    let steps = "expect on ch event \"a\" within 5s";
    holds(steps, open().event(5_000, "a"), 5_000);
    fails(steps, open().event(5_001, "a"));
}

#[test]
fn an_item_counts_from_the_end_of_the_one_before() {
    let steps = "expect on ch in order within 10s { event \"a\" within 1s; event \"b\" within 1s }";
    holds(steps, open().event(900, "a").event(1_900, "b"), 1_900);
    fails(steps, open().event(900, "a").event(1_901, "b"));
    fails(steps, open().event(1_001, "a").event(1_500, "b"));
}

#[test]
fn the_clock_counts_from_the_latest_send() {
    let steps = "wait 3s; send ch text \"go\"; expect on ch event \"a\" within 2s";
    holds(steps, open().answers("go", 2_000, "a"), 5_000);
    fails(steps, open().answers("go", 2_001, "a"));
    // What came before the send is there to be consumed.
    holds(steps, open().event(10, "a"), 3_000);
}

#[test]
fn an_event_that_comes_too_early_fails() {
    let steps = "expect on ch event \"a\" within 1s to 2s";
    fails(steps, open().event(999, "a"));
    holds(steps, open().event(1_000, "a"), 1_000);
    holds(steps, open().event(2_000, "a"), 2_000);
    fails(steps, open().event(2_001, "a"));
}

#[test]
fn never_takes_all_of_its_time() {
    let steps = "expect on ch never event \"error\" for 2s";
    holds(steps, open().event(500, "other"), 2_000);
    holds(steps, open().event(2_001, "error"), 2_000);
    assert_eq!(end(steps, open().event(700, "error")), (Outcome::Failed, 700));
    assert_eq!(end(steps, open().event(2_000, "error")), (Outcome::Failed, 2_000));
}

#[test]
fn never_and_silence_prove_nothing_on_a_channel_that_ends_meanwhile() {
    for steps in ["expect on ch never event \"error\" for 2s", "expect on ch silence for 2s"] {
        assert_eq!(end(steps, open().closed(1_999, 1000)), (Outcome::Failed, 1_999), "{steps}");
        assert_eq!(end(steps, open().lost(500)), (Outcome::Failed, 500), "{steps}");
        let or_closed = format!("{steps} or closed");
        holds(&or_closed, open().closed(500, 1000), 500);
        fails(&or_closed, open().lost(500));
        // An end at the very instant of the deadline is none.
        holds(steps, open().closed(2_000, 1000), 2_000);
    }
}

#[test]
fn silence_is_broken_by_any_frame_up_to_its_end() {
    let steps = "expect on ch silence for 500ms";
    holds(steps, open().event(501, "a"), 500);
    assert_eq!(end(steps, open().event(500, "a")), (Outcome::Failed, 500));
    // A frame that nothing has consumed breaks it, too.
    fails("wait 100ms; expect on ch silence for 500ms", open().event(50, "a"));
}

#[test]
fn what_may_come_once_settles_for_a_quarter_of_a_second() {
    let steps = "expect on ch event \"a\" once within 5s";
    holds(steps, open().event(100, "a"), 350);
    assert_eq!(end(steps, open().event(100, "a").event(350, "a")), (Outcome::Failed, 350));
    holds(steps, open().event(100, "a").event(351, "a"), 350);
    // Nothing can break an expectation that states no upper count.
    holds("expect on ch event \"a\" within 5s", open().event(100, "a"), 100);
}

#[test]
fn settling_takes_the_time_that_it_is_given() {
    holds("expect on ch event \"a\" once within 5s settle 2s", open().event(100, "a").event(2_101, "a"), 2_100);
    fails("expect on ch event \"a\" once within 5s settle 2s", open().event(100, "a").event(2_100, "a"));
    holds("expect on ch event \"a\" once within 5s settle 0s", open().event(100, "a").event(101, "a"), 100);
}

#[test]
fn settling_is_cut_short_by_the_limit_and_then_proves_little() {
    let weak = |steps: &str, scene: Said| {
        let ran = on(steps, scene).run().passed();
        let weak = ran
            .test("t")
            .steps
            .iter()
            .flat_map(|step| &step.expectations)
            .any(|one| matches!(one.weak, Some(Weak::SettlingCutShort { .. })));
        (ran.took(), weak)
    };
    assert_eq!(weak("expect on ch event \"a\" once within 300ms", open().event(100, "a")), (300, true));
    assert_eq!(weak("expect on ch event \"a\" once within 350ms", open().event(100, "a")), (350, false));
    assert_eq!(weak("within 300ms { expect on ch event \"a\" once within 5s }", open().event(100, "a")), (300, true));
}

#[test]
fn the_end_of_a_channel_ends_its_settling() {
    let steps = "expect on ch event \"a\" once within 5s";
    holds(steps, open().event(100, "a").closed(200, 1000), 200);
    holds(steps, open().event(100, "a").lost(200), 200);
}

#[test]
fn a_gap_is_measured_between_what_was_consumed() {
    let steps = "expect on ch in order within 10s { event \"a\"; event \"b\"; gap < 1s }";
    holds(steps, open().event(100, "a").event(600, "x").event(1_099, "b"), 1_099);
    fails(steps, open().event(100, "a").event(600, "x").event(1_100, "b"));
    let steps = "expect on ch in order within 10s { event \"a\"; event \"b\"; gap > 1s }";
    fails(steps, open().event(100, "a").event(1_100, "b"));
    holds(steps, open().event(100, "a").event(1_101, "b"), 1_101);
}

fn numbered(scene: Said, at: u64, name: &str, id: u64) -> Said {
    scene.text(at, &format!("{{\"type\":\"{name}\",\"id\":{id}}}"))
}

#[test]
fn every_trigger_has_its_own_time_for_its_response() {
    let steps = "expect on ch every event \"ask\" { capture id = $.id } leads to event \"answer\" { $.id == id } within 2s for 3s";
    let asks = || numbered(numbered(open(), 500, "ask", 1), 2_900, "ask", 2);
    holds(steps, numbered(numbered(asks(), 2_500, "answer", 1), 4_900, "answer", 2), 4_900);
    fails(steps, numbered(numbered(asks(), 2_501, "answer", 1), 4_900, "answer", 2));
    fails(steps, numbered(numbered(asks(), 2_500, "answer", 1), 4_901, "answer", 2));
    // What comes behind the window is no trigger; the window lasts whatever comes.
    let late = numbered(numbered(numbered(open(), 500, "ask", 1), 600, "answer", 1), 3_001, "ask", 2);
    holds(steps, late, 3_000);
}

#[test]
fn without_a_window_every_response_settles() {
    let steps =
        "expect on ch every event \"ask\" { capture id = $.id } leads to event \"answer\" { $.id == id } within 2s";
    let first = || numbered(numbered(open(), 100, "ask", 1), 400, "answer", 1);
    holds(steps, first(), 650);
    // One that comes meanwhile has its own time, and its response begins the settling again.
    holds(steps, numbered(numbered(first(), 600, "ask", 2), 1_500, "answer", 2), 1_750);
    fails(steps, numbered(numbered(first(), 600, "ask", 2), 2_601, "answer", 2));
    // There must be one.
    fails(steps, open());
}

#[test]
fn a_close_is_expected_with_its_code_and_in_its_time() {
    holds("expect on ch closed with 4401 within 2s", open().closed(2_000, 4401), 2_000);
    fails("expect on ch closed with 4401 within 2s", open().closed(2_001, 4401));
    fails("expect on ch closed with 4401 within 2s", open().closed(100, 1000));
    holds("expect on ch closed within 2s", open().closed(100, 1011), 100);
    // Unread frames are passed over.
    holds("expect on ch closed with 1000 within 2s", open().event(50, "a").closed(100, 1000), 100);
    // One that had come before will do.
    holds("wait 1s; expect on ch closed with 1000 within 2s", open().closed(100, 1000), 1_000);
    fails("expect on ch closed with 1000 within 1s to 2s", open().closed(999, 1000));
}

#[test]
fn a_lost_connection_is_no_close_unless_it_is_expected() {
    fails("expect on ch closed within 2s", open().lost(100));
    holds("expect on ch closed with 1006 within 2s", open().lost(100), 100);
    fails("expect on ch closed with 1006 within 2s", open().closed(100, 1000));
}

#[test]
fn an_event_that_can_not_come_any_more_is_not_waited_for() {
    assert_eq!(end("expect on ch event \"a\" within 5s", open().closed(700, 1000)), (Outcome::Failed, 700));
    assert_eq!(end("expect on ch event \"a\" within 5s", open().lost(700)), (Outcome::Failed, 700));
}

#[test]
fn a_ping_is_answered_in_its_time_or_the_test_fails() {
    holds(
        "ping ch expect pong within 2s; expect on ch event \"a\" within 1ms",
        open().event(0, "a").pongs(2_000),
        2_000,
    );
    assert_eq!(end("ping ch expect pong within 2s", open().pongs(2_001)), (Outcome::Failed, 2_000));
    assert_eq!(end("ping ch expect pong within 2s", open().closed(300, 1000)), (Outcome::Failed, 300));
    assert_eq!(end("within 1s { ping ch expect pong within 2s }", open()).1, 1_000);
}

#[test]
fn a_pong_that_is_read_late_came_when_it_arrived() {
    let ping = "ping ch expect pong within 2s";
    let slow = |takes| on(ping, open().slow_pongs(takes)).run();
    assert_eq!(slow(1_500).passed().took(), 1_500);
    // This machine was late, not the server.
    assert!((9_000..=9_020).contains(&slow(9_000).passed().took()));
    let within = "within 1s { ping ch expect pong within 2s }";
    on(within, open().slow_pongs(1_020)).run().passed();
    let ran = on(within, open().slow_pongs(9_000)).run();
    let ran = ran.ended(Outcome::TimedOut, "the limit `within` of 1s was reached while this was judged");
    assert!((1_040..=1_060).contains(&ran.took()), "{}", ran.took());
    on(ping, open().closed(300, 4001)).run().ended(Outcome::Failed, "no pong came: `ch` was closed with 4001");
    // A close frame is an end, whether or not it is known yet that it was the last to come.
    assert_eq!(end(ping, open().closing(300, 1000, 200)), (Outcome::Failed, 300));
    on(ping, open().torn(300, 1000, 200)).run().ended(Outcome::Failed, "no pong came: `ch` was closed with 1000");
}

#[test]
fn keep_alives_are_answered_by_themselves_and_not_seen() {
    let steps = "    websocket ch ws://s/ws { reply to frame text \"2\" with text \"3\" }\n    \
                 expect on ch in order strictly within 5s { event \"a\" }";
    let scene = open().text(100, "2").text(200, "2").event(300, "a");
    let ran = test(steps).responds(move |_| scene.clone()).run().passed();
    assert_eq!(ran.at("reply 3"), [100, 200]);
    assert!(ran.took() >= 300);
}

#[test]
fn several_channels_are_watched_at_once() {
    let steps = "    websocket a ws://s/a\n    websocket b ws://s/b\n    \
                 expect within 5s {\n      on a in order { event \"x\" }\n      on b { never event \"x\" }\n    }";
    let took = |a: Said, b: Said| {
        let ran = test(steps).responds(move |asked| if asked.path == "/a" { a.clone() } else { b.clone() }).run();
        (ran.outcome("t").clone(), ran.took())
    };
    // What must not come is looked out for until the others have settled.
    assert_eq!(took(open().event(1_000, "x"), open()), (Outcome::Passed, 1_250));
    assert_eq!(took(open().event(1_000, "x"), open().event(1_250, "x")), (Outcome::Failed, 1_250));
    assert_eq!(took(open().event(1_000, "x"), open().event(1_251, "x")), (Outcome::Passed, 1_250));
    assert_eq!(took(open().event(1_000, "x"), open().event(400, "x")), (Outcome::Failed, 400));
}

#[test]
fn since_a_mark_what_came_after_it_counts_and_its_clock_begins_there() {
    let steps = "    websocket ch ws://s/ws\n    expect on ch event \"ready\" within 1s\n    mark before\n    \
                 GET http://s/order { expect status 201 }\n    expect on ch since before event \"done\" within 2s";
    let outcome = |done: u64| {
        let scene = open().event(100, "ready").event(done, "done");
        let ran = test(steps)
            .responds(move |asked| if asked.path == "/ws" { scene.clone() } else { say(201).after(1_500) })
            .run();
        ran.outcome("t").clone()
    };
    // During the request: it isn't missed.
    assert_eq!(outcome(700), Outcome::Passed);
    // Two seconds after the mark, and not after the response.
    assert_eq!(outcome(2_100), Outcome::Passed);
    assert_eq!(outcome(2_101), Outcome::Failed);
    // Before the mark.
    assert_eq!(outcome(50), Outcome::Failed);
}

#[test]
fn what_was_sent_goes_out_before_the_channel_is_closed() {
    let ran =
        on("send ch text \"bye\"; close ch with 1000; expect on ch closed with 1000 within 2s", open().echoes(150));
    let ran = ran.run().passed();
    assert_eq!(ran.calls(), [(0, "GET /ws"), (0, "send bye"), (0, "close 1000")]);
    assert_eq!(ran.took(), 150);
    // The server's close frame is what is expected; it may be missing.
    fails("close ch with 1000; expect on ch closed with 1000 within 2s", open());
}

#[test]
fn nothing_is_sent_on_a_channel_that_is_closing_or_has_ended() {
    fails("close ch with 1000; send ch text \"more\"", open());
    fails("wait 200ms; send ch text \"more\"", open().closed(100, 1000));
    fails("wait 200ms; ping ch", open().lost(100));
}

#[test]
fn a_test_says_that_it_goes_away_and_waits_a_second_for_what_it_sent_at_most() {
    let steps = "send ch text \"bye\"; expect on ch event \"a\" within 2s";
    let ran = on(steps, open().event(100, "a")).run().passed();
    assert_eq!(ran.at("left 1001"), [100]);
    let ran = on(steps, open().event(100, "a").drains(1_000)).run().passed();
    assert_eq!((ran.at("left 1001"), ran.took()), (vec![1_100], 1_100));
    let ran = on(steps, open().event(100, "a").drains(1_001)).run().passed();
    assert_eq!((ran.at("left 1001"), ran.took()), (vec![], 1_100));
    // A channel that is dropped sends no close frame.
    let ran = on("send ch text \"bye\"; drop ch", open()).run();
    assert_eq!(ran.at("dropped"), [0]);
}

#[test]
fn an_event_that_comes_late_is_reported_as_late() {
    let ran = on("expect on ch event \"a\" within 2s", open().event(2_400, "a")).run();
    let ran = ran.ended(Outcome::Failed, "");
    assert_eq!(ran.test("t").channels[0].log.frames.len(), 1);
    assert!(ran.drawn().contains("too late"), "{}", ran.drawn());
    // The look-out goes no further than the test may.
    let ran = on("within 2100ms { expect on ch event \"a\" within 2s }", open().event(2_400, "a")).run();
    assert_eq!(ran.took(), 2_100);
}

#[test]
fn an_expectation_that_says_no_time_has_thirty_seconds() {
    holds("expect on ch event \"a\"", open().event(30_000, "a"), 30_000);
    fails("expect on ch event \"a\"", open().event(30_001, "a"));
    assert_eq!(end("within 3s { expect on ch event \"a\" }", open()), (Outcome::TimedOut, 3_000));
}

#[test]
fn a_reconnect_goes_on_behind_what_was_read() {
    let steps = "expect on ch event \"a\" within 1s; reconnect ch; expect on ch event \"a\" within 1s";
    let ran = test(&format!("    websocket ch ws://s/ws\n    {steps}"))
        .responds(|asked| if asked.nth == 1 { open().event(400, "a") } else { open().event(1_000, "a") })
        .run()
        .passed();
    // The clock counts from the new opening.
    assert_eq!(ran.calls(), [(0, "GET /ws"), (400, "left 1001"), (400, "GET /ws"), (1_400, "left 1001")]);
    let numbers: Vec<u32> = ran.test("t").channels[0].log.frames.iter().map(|frame| frame.number).collect();
    assert_eq!(numbers, [1, 2]);
}

#[test]
fn a_reconnected_stream_says_what_it_has_read() {
    let event = |id: &str| Happens::Event { id: id.to_owned(), data: "{}".to_owned() };
    let steps = "    sse s GET http://s/events\n    expect on s event \"message\" within 1s\n    reconnect s\n    \
                 expect on s event \"message\" within 1s";
    let scene = [events().happens(100, event("7")), events().happens(100, event("8"))];
    let ran = test(steps).responds(move |asked| scene[asked.nth - 1].clone()).run().passed();
    let id = |at: usize| {
        let header = ran.calls.iter().filter(|call| call.what == "GET /events").nth(at);
        header.unwrap().headers.iter().find(|(name, _)| name == "Last-Event-ID").map(|(_, id)| id.clone())
    };
    assert_eq!((id(0), id(1)), (None, Some("7".to_owned())));
}

#[test]
fn a_stream_ends_or_is_cut_off() {
    let outcome = |expect: &str, what: Happens| {
        let ran = test(&format!("    ndjson lines GET http://s/lines\n    {expect}"))
            .responds(move |_| say(200).event(50, "a").happens(900, what.clone()))
            .run();
        (ran.outcome("t").clone(), ran.took())
    };
    assert_eq!(outcome("expect on lines ended within 1s", Happens::Ended), (Outcome::Passed, 900));
    assert_eq!(outcome("expect on lines cut off within 1s", Happens::CutOff), (Outcome::Passed, 900));
    assert_eq!(outcome("expect on lines ended within 1s", Happens::CutOff).0, Outcome::Failed);
    assert_eq!(outcome("expect on lines cut off within 1s", Happens::Ended).0, Outcome::Failed);
    assert_eq!(outcome("expect on lines ended within 800ms", Happens::Ended).0, Outcome::Failed);
    assert_eq!(outcome("expect on lines event \"a\" within 1s", Happens::Ended), (Outcome::Passed, 50));
}

#[test]
fn a_channel_opens_in_its_time() {
    let outcome = |part: &str, said: fn() -> Said| {
        let steps = format!("    websocket ch ws://s/ws {{ {part} }}\n    expect on ch event \"a\" within 1s");
        let ran = test(&steps).responds(move |_| said()).run();
        (ran.outcome("t").clone(), ran.took())
    };
    assert_eq!(outcome("connect within 2s", || open().after(2_000).event(0, "a")), (Outcome::Passed, 2_000));
    assert_eq!(outcome("connect within 2s", silence), (Outcome::TimedOut, 2_000));
    assert_eq!(outcome("connect within 2s", || fail(FailureKind::Refused)), (Outcome::Errored, 0));
    assert_eq!(outcome("connect within 2s", || say(403)), (Outcome::Failed, 0));
}

#[test]
fn a_handshake_that_is_to_be_refused_opens_nothing_and_is_judged() {
    let steps = "    websocket ch ws://s/ws { expect status 401; expect $.error == \"token\" }";
    let ran = test(steps).responds(|_| json(r#"{"error":"token"}"#)).run();
    assert_eq!(*ran.outcome("t"), Outcome::Failed, "200 is not 401");
    let refused =
        |_: &super::scripted::Asked<'_>| say(401).with("content-type", "application/json").body(r#"{"error":"token"}"#);
    test(steps).responds(refused).run().passed();
    let ran = test(steps).responds(|_| open()).run();
    assert_eq!(*ran.outcome("t"), Outcome::Failed);
    assert_eq!(ran.at("left 1001"), [0], "it is left all the same");
}

#[test]
fn a_frame_that_no_item_takes_breaks_what_is_strict() {
    let steps = "expect on ch in order strictly within 5s { event \"a\"; event \"b\" }";
    holds(steps, open().event(100, "a").event(200, "b"), 450);
    assert_eq!(end(steps, open().event(100, "a").event(150, "x").event(200, "b")), (Outcome::Failed, 150));
    fails(steps, open().event(100, "a").event(200, "b").event(450, "x"));
    holds(steps, open().event(100, "a").event(200, "b").event(451, "x"), 450);
}

#[test]
fn an_open_count_at_the_end_waits_out_its_time() {
    let steps = "expect on ch event \"a\" at least once within 2s";
    holds(steps, open().event(100, "a"), 2_000);
    // Unless nothing can come any more.
    holds(steps, open().event(100, "a").closed(700, 1000), 700);
    fails(steps, open().event(2_001, "a"));
    let steps = "expect on ch event \"a\" at most 2 times within 2s";
    fails(steps, open().event(100, "a").event(200, "a").event(300, "a"));
}

#[test]
fn all_that_arrives_at_the_deadline_is_in_time_on_whichever_channel() {
    let steps = "    websocket a ws://s/a\n    websocket b ws://s/b\n    \
                 expect within 5s {\n      on a in order { event \"x\" }\n      on b in order { event \"x\" }\n    }";
    let ended = |a: u64, b: u64| {
        let ran = test(steps).responds(move |asked| open().event(if asked.path == "/a" { a } else { b }, "x")).run();
        ran.outcome("t").clone()
    };
    assert_eq!(ended(5_000, 5_000), Outcome::Passed);
    assert_eq!(ended(5_000, 5_001), Outcome::Failed);
    assert_eq!(ended(5_001, 5_000), Outcome::Failed);
    // Two of one instant on one channel, too.
    let two = "expect on ch in order within 5s { event \"a\"; event \"b\" }";
    holds(two, open().event(5_000, "a").event(5_000, "b"), 5_000);
    fails(
        "expect on ch event \"a\" once within 5s settle 1s",
        open().event(4_000, "a").event(5_000, "b").event(5_000, "a"),
    );
}

#[test]
fn what_is_forbidden_on_one_channel_is_looked_out_for_to_the_end_of_the_others_settling() {
    let steps = "    websocket a ws://s/a\n    websocket b ws://s/b\n    \
                 expect within 5s settle 2s {\n      on a in order { event \"x\" once }\n      on b in order { event \"y\"; never event \"z\" }\n    }";
    let ended = |z: u64| {
        let ran = test(steps)
            .responds(move |asked| match asked.path {
                "/a" => open().event(1_000, "x"),
                _ => open().event(2_000, "y").event(z, "z"),
            })
            .run();
        (ran.outcome("t").clone(), ran.took())
    };
    // Both have matched at 2,000.
    assert_eq!(ended(4_001), (Outcome::Passed, 4_000));
    assert_eq!(ended(4_000), (Outcome::Failed, 4_000));
    assert_eq!(ended(1_500), (Outcome::Failed, 1_500));
}

#[test]
fn a_channel_that_was_dropped_or_closed_opens_again() {
    for (end, how) in [("drop ch", "dropped"), ("close ch with 1000", "close 1000")] {
        let steps =
            format!("    websocket ch ws://s/ws\n    {end}\n    reconnect ch\n    expect on ch event \"a\" within 1s");
        let ran = test(&steps)
            .responds(|asked| if asked.nth == 1 { open().echoes(0) } else { open().event(1_000, "a") })
            .run()
            .passed();
        assert_eq!((ran.at("GET /ws"), ran.at(how)), (vec![0, 0], vec![0]), "{end}");
        assert_eq!(ran.took(), 1_000, "{end}");
    }
}

#[test]
fn a_reconnect_that_is_refused_fails_the_test() {
    let steps = "    websocket ch ws://s/ws\n    reconnect ch\n    send ch text \"hello\"";
    let ran = test(steps).responds(|asked| if asked.nth == 1 { open() } else { say(503).after(200) }).run();
    assert_eq!(*ran.outcome("t"), Outcome::Failed);
    assert_eq!(ran.calls(), [(0, "GET /ws"), (0, "left 1001"), (0, "GET /ws")]);
    let ran = test(steps).responds(|asked| if asked.nth == 1 { open() } else { silence() }).run();
    assert_eq!((ran.outcome("t"), ran.took()), (&Outcome::TimedOut, 30_000));
}

#[test]
fn what_is_no_event_stream_opens_none() {
    let steps = "    sse s GET http://s/events\n    expect on s event \"message\" within 1s";
    let ran = test(steps).responds(|_| json("{}")).run().ended(Outcome::Failed, "the channel `s` wasn't opened");
    assert_eq!(ran.took(), 0);
}
