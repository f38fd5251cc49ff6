//! How many frames a second the pattern of an agent's run judges on one core: `cargo bench --bench patterns`.
//!
//! Every frame is looked at by items with conditions and captures; half of them are taken, half passed over.
#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a benchmark prints, and fails by panicking")]

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use e2e_dsl::eval::{Host, Scope};
use e2e_dsl::event::{Direction, Frame, FrameKind, Payload};
use e2e_dsl::judge::channel::{Bound, ChannelJudge, Channels, Outside, Start, Verdict};
use e2e_dsl::plan::{CredentialId, Environment, Plan, StepKind, compile};
use e2e_dsl::project::from_memory;
use e2e_dsl::source::Span;
use e2e_dsl::value::Value;

const FRAMES: u32 = 1_000_000;

const BEGINNING: [&str; 2] = ["agent_started", "agent_thinking"];
/// Two events of every round are taken, two passed over.
const ROUND: [&str; 4] = ["tool_executing", "heartbeat", "tool_completed", "typing"];

const SPEC: &str = r#"suite "s" {
  test "t" {
    websocket chat ws://demo/ws
    expect on chat in order within 300h {
      event "agent_started" once { capture run = $.payload.run_id }
      event "agent_thinking"
      repeat 1 to 4000000000 times {
        event "tool_executing" { $.payload.run_id == run; capture tool = $.payload.tool }
        event "tool_completed" within 30s { $.payload.tool == tool }
      }
      event "agent_completed" { $.payload.run_id == run }
      never event "error"
    }
  }
}
"#;

fn main() {
    let project = from_memory(&[("bench.e2e", SPEC)]);
    let plan = compile(&project, Environment::default()).unwrap();
    let mut best = Duration::MAX;
    for _ in 0..5 {
        best = best.min(judge(&plan));
    }
    println!("{FRAMES} frames in {best:?}: {:.0} frames a second", f64::from(FRAMES) / best.as_secs_f64());
}

fn judge(plan: &Plan) -> Duration {
    let test = &plan.suites[0].tests[0];
    let mut scope = Scope::new(&test.frame);
    let mut expectation = None;
    for step in &test.body {
        match &step.kind {
            StepKind::Open(open) => scope.set(open.slot, Value::Channel(0)),
            StepKind::ExpectChannel(found) => expectation = Some(found.clone()),
            _ => {}
        }
    }
    let outside = Outside { plan, host: &Nobody };
    let bound = Bound { at: Duration::MAX, words: String::new(), span: Span::nowhere() };
    let context = e2e_dsl::eval::Context { plan, scope: &scope, focus: e2e_dsl::eval::Focus::Nothing, host: &Nobody };
    let mut judge = ChannelJudge::new(&expectation.unwrap(), &context, &Open, Duration::ZERO, bound).unwrap();
    let payloads: Vec<Payload> = BEGINNING.iter().chain(&ROUND).map(|name| payload(name)).collect();
    let order = (0..BEGINNING.len()).chain((BEGINNING.len()..payloads.len()).cycle());
    let started = Instant::now();
    for (number, which) in (1..=FRAMES).zip(order) {
        judge.frame(0, &Arc::new(frame(&payloads[which], number)), outside);
    }
    assert_eq!(judge.verdict(), Verdict::Running);
    started.elapsed()
}

fn payload(name: &str) -> Payload {
    let json = serde_json::json!({ "type": name, "payload": { "run_id": "r1", "tool": "search_documents" } });
    Payload { event: Some(name.to_owned()), json: Some(Arc::new(json)) }
}

fn frame(payload: &Payload, number: u32) -> Frame {
    Frame {
        number,
        at: Duration::from_micros(u64::from(number)),
        direction: Direction::Received,
        kind: FrameKind::Text,
        data: Bytes::new(),
        payload: payload.clone(),
        hidden: false,
    }
}

struct Open;

impl Channels for Open {
    fn start(&self, _: u32, _: Option<u64>) -> Option<Start> {
        Some(Start { behind: 0, clock: Duration::ZERO })
    }
}

struct Nobody;

impl Host for Nobody {
    fn now(&self) -> jiff::Timestamp {
        jiff::Timestamp::UNIX_EPOCH
    }

    fn random(&self) -> u64 {
        0
    }

    fn credential(&self, _: CredentialId) -> Option<Value> {
        None
    }
}
