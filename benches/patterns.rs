//! What judging costs: `cargo bench --bench patterns`.
//!
//! First how many frames a second the pattern of an agent's run judges on one core; every frame is looked at by items with conditions and
//! captures, half of them are taken, half passed over. Then how the time grows with the frames for patterns that a matcher that backtracks
//! would choke on; `PLOT=FILE` draws that as SVG.
#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a benchmark prints, and fails by panicking")]

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use e2e_dsl::eval::{Host, Scope};
use e2e_dsl::event::{Direction, Frame, FrameKind, Payload};
use e2e_dsl::judge::channel::{Bound, ChannelJudge, Channels, JudgeState, Outside, Start};
use e2e_dsl::plan::{CredentialId, Environment, Plan, StepKind, compile};
use e2e_dsl::project::from_memory;
use e2e_dsl::source::Span;
use e2e_dsl::value::Value;

const FRAMES: u32 = 1_000_000;

const BEGINNING: [&str; 2] = ["agent_started", "agent_thinking"];
/// Two events of every round are taken, two passed over.
const ROUND: [&str; 4] = ["tool_executing", "heartbeat", "tool_completed", "typing"];

const RUN: &str = r#"
      event "agent_started" once { capture run = $.payload.run_id }
      event "agent_thinking"
      repeat 1 to 4000000000 times {
        event "tool_executing" { $.payload.run_id == run; capture tool = $.payload.tool }
        event "tool_completed" within 30s { $.payload.tool == tool }
      }
      event "agent_completed" { $.payload.run_id == run }
      never event "error"
"#;

/// Patterns with many ways to match at once. Each is named, and says which event the log has besides those that nothing awaits.
const HARD: [(&str, &str, &str); 3] = [
    (
        "repeat 0 to 20 of optional items",
        r#"repeat 0 to 20 times { event "a" optional; event "a" optional; event "a" optional }; event "end""#,
        "a",
    ),
    (
        "in any order, nested 8 deep",
        r#"in any order { event "a"; in any order { event "a"; in any order { event "a"; in any order { event "a"; in any order { event "a"; in any order { event "a"; in any order { event "a"; in any order { event "a" } } } } } } } }; event "end""#,
        "a",
    ),
    (
        "repeat of either, with captures",
        r#"repeat 0 to 20 times { either { event "a" { capture n = $.payload.run_id } } or { event "a"; event "a" { $.payload.run_id == "r1" } } }; event "end""#,
        "a",
    ),
];
const SIZES: [u32; 5] = [1_000, 3_000, 10_000, 30_000, 100_000];
/// How many of a log's frames the hard patterns' items fit, evenly over the log.
const FITTING: u32 = 12;

fn main() {
    let names: Vec<&str> = BEGINNING.iter().chain(&ROUND).copied().collect();
    let order = || (0..BEGINNING.len()).chain((BEGINNING.len()..names.len()).cycle());
    let run = plan(RUN);
    let best = fastest(|| judge(&run, &names, order().take(FRAMES as usize)));
    println!("{FRAMES} frames in {best:?}: {:.0} frames a second", f64::from(FRAMES) / best.as_secs_f64());

    let mut rows: Vec<(&str, Vec<Duration>)> = Vec::new();
    for (name, pattern, event) in HARD {
        let plan = plan(pattern);
        let times: Vec<Duration> = SIZES
            .iter()
            .map(|size| {
                let every = size / FITTING;
                fastest(|| judge(&plan, &["noise", event], (0..*size).map(|at| usize::from(at % every == every - 1))))
            })
            .collect();
        let each: Vec<String> = times.iter().map(|time| format!("{:>9.2} ms", time.as_secs_f64() * 1e3)).collect();
        println!("{name:<36}{}", each.join(""));
        rows.push((name, times));
    }
    if let Ok(path) = std::env::var("PLOT") {
        std::fs::write(path, plot(&rows)).unwrap();
    }
}

fn fastest(measure: impl Fn() -> Duration) -> Duration {
    (0..5).map(|_| measure()).min().unwrap()
}

fn plan(pattern: &str) -> Plan {
    let spec = format!(
        "suite \"s\" {{\n  test \"t\" {{\n    websocket chat ws://demo/ws\n    expect on chat in order within 300h {{ {pattern} }}\n  }}\n}}\n"
    );
    compile(&from_memory(&[("bench.e2e", &spec)]), Environment::default(), None).unwrap()
}

/// Judges a log whose frames have the names at these places.
fn judge(plan: &Plan, names: &[&str], order: impl Iterator<Item = usize>) -> Duration {
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
    let outside = Outside { plan, host: &NoOne };
    let bound = Bound { at: Duration::MAX, words: String::new(), span: Span::nowhere() };
    let context = e2e_dsl::eval::Context { plan, scope: &scope, focus: e2e_dsl::eval::Focus::Nothing, host: &NoOne };
    let mut judge = ChannelJudge::new(&expectation.unwrap(), &context, &Open, Duration::ZERO, bound).unwrap();
    let payloads: Vec<Payload> = names.iter().map(|name| payload(name)).collect();
    let started = Instant::now();
    for (number, which) in (1..).zip(order) {
        judge.frame(0, &Arc::new(frame(&payloads[which], number)), outside);
    }
    assert_eq!(judge.verdict(), JudgeState::Running);
    started.elapsed()
}

/// Time over frames, both in powers of ten: what is linear has the slope of the dashed line.
fn plot(rows: &[(&str, Vec<Duration>)]) -> String {
    const COLORS: [&str; 3] = ["#2457c5", "#b3261e", "#1a7f4b"];
    let x = |frames: f64| 70.0 + 480.0 * (frames.log10() - 3.0) / 2.0;
    let y = |ms: f64| 300.0 - 250.0 * (ms.max(0.01).log10() + 2.0) / 5.0;
    let mut svg = String::from(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 600 380\" font-family=\"sans-serif\" font-size=\"12\">\n<rect width=\"600\" height=\"380\" fill=\"white\"/>\n",
    );
    for power in 3..=5 {
        let at = x(10f64.powi(power));
        let _ = writeln!(
            svg,
            "<line x1=\"{at:.0}\" y1=\"50\" x2=\"{at:.0}\" y2=\"300\" stroke=\"#ddd\"/><text x=\"{at:.0}\" y=\"318\" text-anchor=\"middle\">{} frames</text>",
            10u32.pow(power as u32)
        );
    }
    for power in -2..=3 {
        let at = y(10f64.powi(power));
        let _ = writeln!(
            svg,
            "<line x1=\"70\" y1=\"{at:.0}\" x2=\"550\" y2=\"{at:.0}\" stroke=\"#ddd\"/><text x=\"62\" y=\"{:.0}\" text-anchor=\"end\">{} ms</text>",
            at + 4.0,
            10f64.powi(power)
        );
    }
    let _ = writeln!(
        svg,
        "<line x1=\"{:.0}\" y1=\"{:.0}\" x2=\"{:.0}\" y2=\"{:.0}\" stroke=\"#888\" stroke-dasharray=\"5 4\"/>",
        x(1e3),
        y(0.1),
        x(1e5),
        y(10.0)
    );
    for ((at, (name, times)), color) in rows.iter().enumerate().zip(COLORS) {
        let points: Vec<String> = SIZES
            .iter()
            .zip(times)
            .map(|(size, time)| format!("{:.1},{:.1}", x(f64::from(*size)), y(time.as_secs_f64() * 1e3)))
            .collect();
        let _ = writeln!(
            svg,
            "<polyline points=\"{}\" fill=\"none\" stroke=\"{color}\" stroke-width=\"2\"/><text x=\"76\" y=\"{}\" fill=\"{color}\">{name}</text>",
            points.join(" "),
            16 + 15 * at
        );
    }
    let _ = writeln!(svg, "<text x=\"70\" y=\"350\" fill=\"#666\">dashed: linear in the frames</text>\n</svg>");
    svg
}

fn payload(name: &str) -> Payload {
    let json = serde_json::json!({ "type": name, "payload": { "run_id": "r1", "tool": "search_documents" } });
    Payload { event: Some(name.into()), json: Some(Arc::new(json.into())) }
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

struct NoOne;

impl Host for NoOne {
    fn now(&self) -> jiff::Timestamp {
        jiff::Timestamp::UNIX_EPOCH
    }

    fn random(&self) -> u64 {
        0
    }

    fn credential(&self, _: CredentialId) -> Option<Value> {
        None
    }

    fn secrets(&self) -> Option<&dyn e2e_dsl::value::SecretSink> {
        None
    }
}
