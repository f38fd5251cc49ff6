//! What a flow gives back, and what it leaves behind.

use super::scripted::{file, json, open, say, silence};
use crate::judge::Outcome;
use crate::plan::DEEPEST_CALLS;

fn with_flow(flow: &str, steps: &str) -> super::scripted::Case {
    file(&format!("{flow}\nsuite \"s\" {{\n  test \"t\" {{\n{steps}\n  }}\n}}\n"))
}

#[test]
fn a_flow_takes_its_time_and_gives_back_what_it_returns() {
    let flow = "flow made(name: string) -> string {\n  GET http://s/make/{{name}} { expect status 200; capture id = $.id }\n  return id\n}";
    let steps =
        "    let a = made(\"a\")\n    let b = made(name: \"b\")\n    GET http://s/{{a}}/{{b}} { expect status 200 }";
    let ran = with_flow(flow, steps)
        .responds(|asked| match asked.path {
            "/make/a" => json(r#"{"id":"1"}"#).after(100),
            "/make/b" => json(r#"{"id":"2"}"#).after(200),
            _ => say(200),
        })
        .run()
        .passed();
    assert_eq!(ran.calls(), [(0, "GET /make/a"), (100, "GET /make/b"), (300, "GET /1/2")]);
}

#[test]
fn a_channel_that_a_flow_opened_ends_with_the_call() {
    let flow = "flow greet() {\n  websocket ch ws://s/ws\n  expect on ch event \"hello\" within 2s\n}";
    let ran = with_flow(flow, "    call greet()\n    wait 1s\n    GET http://s/a { expect status 200 }")
        .responds(|asked| if asked.path == "/ws" { open().event(300, "hello") } else { say(200) })
        .run()
        .passed();
    assert_eq!(ran.calls(), [(0, "GET /ws"), (300, "left 1001"), (1_300, "GET /a")]);
}

#[test]
fn a_channel_that_a_flow_gives_back_stays_open() {
    let flow = "flow opened() -> channel {\n  websocket other ws://s/other\n  websocket ch ws://s/ws\n  return ch\n}";
    let steps =
        "    let mine = opened()\n    wait 1s\n    send mine text \"hello\"\n    expect on mine event \"hi\" within 1s";
    let ran = with_flow(flow, steps)
        .responds(|asked| if asked.path == "/ws" { open().answers("hello", 400, "hi") } else { open() })
        .run()
        .passed();
    let expected = [
        (0, "GET /other"),
        (0, "GET /ws"),
        // The one that wasn't given back.
        (0, "left 1001"),
        (1_000, "send hello"),
        (1_400, "left 1001"),
    ];
    assert_eq!(ran.calls(), expected);
}

#[test]
fn a_flow_that_fails_closes_what_it_opened_and_fails_the_test() {
    let flow = "flow broken() {\n  websocket ch ws://s/ws\n  GET http://s/a { expect status 200 }\n}";
    let spec_steps = "    call broken()\n    GET http://s/b { expect status 200 }";
    let ran = with_flow(flow, spec_steps)
        .responds(|asked| if asked.path == "/ws" { open() } else { say(500).after(40) })
        .run()
        .ended(Outcome::Failed, "`status` is 500");
    assert_eq!(ran.calls(), [(0, "GET /ws"), (0, "GET /a"), (40, "left 1001")]);
    assert!(ran.drawn().contains("in `broken`, called here"), "{}", ran.drawn());
}

#[test]
fn a_deadline_of_the_caller_holds_in_a_flow() {
    let flow = "flow slow() { GET http://s/a { expect status 200 } }";
    let ran = with_flow(flow, "    within 700ms { call slow() }").responds(|_| super::scripted::silence()).run();
    assert_eq!(*ran.outcome("t"), Outcome::TimedOut);
    assert_eq!(ran.took(), 700);
}

#[test]
fn a_skip_in_a_flow_skips_the_test() {
    let flow = "flow unless(off: string) { skip when off == \"yes\" because \"it is off\" }";
    let ran = with_flow(flow, "    call unless(\"yes\")\n    GET http://s/a { expect status 200 }").run();
    assert_eq!(*ran.outcome("t"), Outcome::skipped("it is off"));
    assert_eq!(ran.calls().len(), 0);
}

#[test]
fn a_return_ends_the_flow_from_inside_of_its_blocks() {
    let flow = "flow first() -> number {\n  for each x in [1, 2, 3] {\n    within 5s {\n      \
                GET http://s/{{x}} { expect status 200 }\n      return x\n    }\n  }\n  return 0\n}";
    let ran = with_flow(flow, "    let x = first()\n    GET http://s/got/{{x}} { expect status 200 }").run().passed();
    assert_eq!(ran.calls(), [(0, "GET /1"), (0, "GET /got/1")]);
}

#[test]
fn flows_call_each_other_as_deep_as_they_go() {
    let depth = 20;
    let mut flows = "flow f0() { GET http://s/deep { expect status 200 } }\n".to_owned();
    for at in 1..=depth {
        flows.push_str(&format!("flow f{at}() {{ wait 1ms; call f{}() }}\n", at - 1));
    }
    let ran = with_flow(&flows, &format!("    call f{depth}()")).run().passed();
    assert_eq!(ran.calls(), [(depth, "GET /deep")]);
}

#[test]
fn a_flow_that_is_cut_off_by_a_deadline_still_says_that_it_goes_away() {
    let flow =
        "flow talk() {\n  websocket ch ws://s/ws\n  send ch text \"hello\"\n  expect on ch event \"hi\" within 10s\n}";
    let ran = with_flow(flow, "    within 700ms { call talk() }").responds(|_| open()).run();
    assert_eq!(*ran.outcome("t"), Outcome::TimedOut, "{}", ran.drawn());
    assert_eq!(ran.calls(), [(0, "GET /ws"), (0, "send hello"), (700, "left 1001")]);
    // What was sent has a moment to go out, and no more.
    let ran = with_flow(flow, "    within 700ms { call talk() }").responds(|_| open().drains(1_000)).run();
    assert_eq!(ran.at("left 1001").len(), 0);
    assert!(ran.took() <= 800, "{}", ran.took());
}

#[test]
fn branches_that_call_the_same_flow_have_channels_of_their_own() {
    let flow = "flow talk(name: string) {\n  websocket ch ws://s/{{name}}\n  expect on ch event \"hi\" within 2s\n}";
    let steps = "    parallel { call talk(\"a\"); call talk(\"b\") }\n    GET http://s/c { expect status 200 }";
    let ran = with_flow(flow, steps)
        .responds(|asked| match asked.path {
            "/a" => open().event(300, "hi"),
            "/b" => open().event(800, "hi"),
            _ => say(200),
        })
        .run()
        .passed();
    let expected = [(0, "GET /a"), (0, "GET /b"), (300, "left 1001"), (800, "left 1001"), (800, "GET /c")];
    assert_eq!(ran.calls(), expected);
}

/// The deepest chain that can be run is the deepest that `check` accepts.
#[test]
fn a_run_goes_as_deep_as_a_check_lets_it() {
    for (depth, is_right) in [(DEEPEST_CALLS, true), (DEEPEST_CALLS + 1, false)] {
        let mut flows = "flow f1() { GET http://s/deep { expect status 200 } }\n".to_owned();
        (2..=depth).for_each(|at| flows.push_str(&format!("flow f{at}() {{ call f{}() }}\n", at - 1)));
        let steps = format!("    call f{depth}()");
        let spec = format!("{flows}\nsuite \"s\" {{\n  test \"t\" {{\n{steps}\n  }}\n}}\n");
        let problems = crate::check::diagnose(&crate::project::from_memory(&[("a.e2e", &spec)]));
        let problems: Vec<_> = problems.iter().filter(|one| one.is_error()).map(|one| one.code.name).collect();
        let ran = with_flow(&flows, &steps).run();
        if is_right {
            assert_eq!(problems.len(), 0, "{problems:?}");
            ran.passed();
        } else {
            assert_eq!(problems, ["e2e::check::calls_too_deep"]);
            ran.ended(Outcome::Failed, "more than 64 calls of flows are inside of each other");
        }
    }
}

#[test]
fn blocks_and_calls_nest_as_deep_as_a_check_lets_them() {
    const BLOCKS: usize = 100;
    let (open, close) = ("within 1h { ".repeat(BLOCKS), " }".repeat(BLOCKS));
    let mut flows = format!("flow f1() {{ {open}GET http://s/deep {{ expect status 200 }}{close} }}\n");
    for at in 2..=DEEPEST_CALLS {
        flows.push_str(&format!("flow f{at}() {{ {open}call f{}(){close} }}\n", at - 1));
    }
    let steps = format!("    call f{DEEPEST_CALLS}()");
    with_flow(&flows, &steps).run().passed();
    // Cut off at the deepest place, too.
    let ran = with_flow(&flows, &format!("    timeout 1s\n{steps}")).responds(|_| silence()).run();
    assert_eq!(*ran.outcome("t"), Outcome::TimedOut);
    let ran = with_flow(&flows, &steps).responds(|_| silence()).stopped_at(500).run();
    assert_eq!(ran.cause("t"), "interrupted");
}
