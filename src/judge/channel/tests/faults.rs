//! Twelve realistic faults of a server: each message names the fault. How they are drawn is kept beside this file.

use super::support::{Explained, reported};
use crate::judge::FrameMatch;

/// What is expected of an agent's run.
const RUN: &str = r#"
    let thread_id = "t1"
    expect on chat in order within 5s {
      event "agent_started" once within 2s { $.payload.thread_id == thread_id; capture run = $.payload.run_id }
      event "agent_thinking"
      repeat 1 to 20 times {
        event "tool_executing" { $.payload.run_id == run; capture tool = $.payload.tool }
        event "tool_completed" within 1s { $.payload.tool == tool }
      }
      event "agent_completed" within 3s { $.payload.run_id == run; expect $.payload.answer is string }
      never event "error"
    }"#;

const STARTED: &str = r#"100 chat {"type":"agent_started","payload":{"run_id":"r1","thread_id":"t1"}}"#;
const THINKING: &str = r#"200 chat {"type":"agent_thinking","payload":{"run_id":"r1"}}"#;
const EXECUTING: &str = r#"300 chat {"type":"tool_executing","payload":{"run_id":"r1","tool":"search"}}"#;
const EXECUTED: &str = r#"400 chat {"type":"tool_completed","payload":{"run_id":"r1","tool":"search","ok":true}}"#;
const COMPLETED: &str = r#"500 chat {"type":"agent_completed","payload":{"run_id":"r1","answer":"42"}}"#;

fn run(log: &[&str]) -> Explained {
    reported(RUN, &log.join("\n"))
}

/// Fails with one diagnostic of this code, drawn as in the snapshot of the same name.
fn fails(name: &str, code: &str, found: &Explained) {
    assert!(!found.held());
    assert_eq!(found.codes(), [code], "{}", found.drawn());
    insta::with_settings!({ prepend_module_to_snapshot => false, omit_expression => true }, {
        insta::assert_snapshot!(name, found.drawn());
    });
}

#[test]
fn the_whole_run_holds() {
    let found = run(&[STARTED, THINKING, EXECUTING, EXECUTED, COMPLETED]);
    assert!(found.held());
    assert_eq!(found.concluded.cursors, [(0, 5)]);
    assert_eq!(found.value("run").as_deref(), Some("r1"));
    let item = |one: &FrameMatch| found.plan.sources.one_line(one.item);
    let items: Vec<(String, bool)> = found.concluded.matches.iter().map(|(_, one)| (item(one), one.is_event)).collect();
    assert_eq!(items[0], (r#"event "agent_started""#.to_owned(), true));
    assert_eq!(items.len(), 5);
    let texts: Vec<&str> = found.concluded.expectations.iter().map(|record| &*record.text).collect();
    assert_eq!(texts, ["on chat in order within 5s", "$.payload.answer is string"]);
}

#[test]
fn an_event_is_missing() {
    fails("missing", "missing_event", &run(&[STARTED, THINKING, EXECUTING, COMPLETED]));
}

#[test]
fn an_event_is_doubled() {
    fails("doubled", "too_many", &run(&[STARTED, &STARTED.replace("100", "110"), THINKING]));
}

#[test]
fn two_events_are_swapped() {
    let swapped = EXECUTED.replace("400", "250");
    let found = run(&[STARTED, THINKING, &swapped, EXECUTING, COMPLETED]);
    fails("reordered", "out_of_order", &found);
    let related = &found.concluded.diagnostics[0].related;
    assert!(related.iter().any(|label| label.message == "matched at +0.300s by frame 4"));
}

#[test]
fn an_event_is_late() {
    let late = STARTED.replace("100", "4100");
    let found = run(&[&late]);
    fails("late", "too_late", &found);
    assert!(found.message().contains("came 2.1s too late"), "{}", found.message());
}

#[test]
fn an_event_is_early() {
    let steps = r#"expect on chat in order within 5s { event "retry" within 1s to 3s }"#;
    fails("early", "too_early", &reported(steps, r#"400 chat {"type":"retry"}"#));
}

#[test]
fn the_event_is_of_another_user() {
    let other = STARTED.replace("chat", "other");
    fails("other_user", "wrong_channel", &run(&[&other]));
}

#[test]
fn the_payload_is_wrong() {
    let wrong = COMPLETED.replace(r#""answer":"42""#, r#""answer":null"#);
    fails("wrong_payload", "wrong_event", &run(&[STARTED, THINKING, EXECUTING, EXECUTED, &wrong]));
}

#[test]
fn the_run_is_another_one() {
    let other = COMPLETED.replace("r1", "r2");
    fails("other_run", "unfitting_event", &run(&[STARTED, THINKING, EXECUTING, EXECUTED, &other]));
}

#[test]
fn a_frame_is_malformed() {
    let broken = r#"100 chat {"type":"agent_started","payload":{"run_id":"r1",}}"#;
    fails("malformed", "malformed_frame", &run(&[broken]));
}

#[test]
fn events_come_in_one_frame() {
    let batch = r#"100 chat [{"type":"agent_started","payload":{}},{"type":"agent_thinking"}]"#;
    fails("batched", "batched_events", &run(&[batch]));
}

#[test]
fn the_server_closes_with_1011() {
    fails("closed", "closed_early", &run(&[STARTED, THINKING, "250 chat closed 1011 internal error"]));
}

#[test]
fn the_connection_is_lost() {
    fails("lost", "cut_off", &run(&[STARTED, THINKING, "250 chat lost"]));
}

#[test]
fn nothing_comes_at_all() {
    let found = run(&[r#"0 chat > {"type":"user_message","content":"hi"}"#]);
    fails("silence", "missing_event", &found);
    assert!(found.help().contains("nothing at all came"), "{}", found.help());
}
