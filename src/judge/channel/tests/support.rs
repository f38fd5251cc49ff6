//! Expectations written as a spec has them, and logs in virtual time.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

use crate::diag::{Diagnostic, Style, render};
use crate::eval::{Context, Focus, Host, Scope, evaluate};
use crate::event::{ChannelEnd, ChannelLog, Direction, Frame, FrameKind, Payload};
use crate::judge::channel::{Bound, ChannelJudge, Channels, Concluded, JudgeState, Outside, Start, replay};
use crate::plan::{ChannelExpectation, CredentialId, Environment, Plan, Slot, StepKind, compile};
use crate::project::from_memory;
use crate::source::Span;
use crate::value::Value;

/// The channels of every spec: `chat` is the first, `other` the second.
const NAMES: [&str; 2] = ["chat", "other"];

pub struct Explained {
    pub verdict: JudgeState,
    pub concluded: Concluded,
    pub plan: Plan,
    /// The scope of the test after the expectation.
    pub scope: Scope,
    slots: Vec<(String, Slot)>,
}

impl Explained {
    pub fn codes(&self) -> Vec<&'static str> {
        let stage = |diagnostic: &Diagnostic| diagnostic.code.name.trim_start_matches("e2e::channel::");
        self.concluded.diagnostics.iter().map(stage).collect()
    }

    pub fn message(&self) -> &str {
        self.concluded.diagnostics.first().map_or("it held", |diagnostic| &diagnostic.message)
    }

    pub fn help(&self) -> &str {
        self.concluded.diagnostics.first().and_then(|diagnostic| diagnostic.help.as_deref()).unwrap_or("")
    }

    pub fn drawn(&self) -> String {
        let draw =
            |diagnostic: &Diagnostic| render(diagnostic, &self.plan.sources, Style::default(), &crate::diag::Plain);
        self.concluded.diagnostics.iter().map(draw).collect::<Vec<_>>().join("\n")
    }

    /// The text of the place that the first diagnostic points at.
    pub fn place(&self) -> &str {
        self.concluded.diagnostics.first().map_or("", |diagnostic| self.plan.sources.text(diagnostic.span))
    }

    pub fn value(&self, name: &str) -> Option<String> {
        let (_, slot) = self.slots.iter().find(|(known, _)| known == name)?;
        self.scope.get(*slot).map(Value::to_text)
    }

    pub fn held(&self) -> bool {
        assert_eq!(self.concluded.held, self.verdict == JudgeState::Held);
        assert_eq!(self.concluded.held, self.concluded.diagnostics.is_empty(), "{}", self.message());
        self.concluded.held
    }
}

/// Judges the expectation of a test against logs, a line a happening: `120 chat {"type": "a"}`, `130 chat > {…}` for a frame that was sent,
/// `140 chat text hello`, `150 chat comment x`, `150 chat hidden {…}`, `160 chat closed 1011 reason`, `lost`, `ended`, `cut`; times are milliseconds.
///
/// `steps` are the steps of the test; `mark m at 100` stands for a `mark` at that time. The expectation begins at 0, or at `began`.
pub fn reported(steps: &str, log: &str) -> Explained {
    reported_from(steps, log, 0, 60_000)
}

pub fn reported_from(steps: &str, log: &str, began: u64, limit: u64) -> Explained {
    let (steps, marks) = take_marks(steps);
    let text = format!(
        "suite \"channels\" {{\n  test \"judged\" {{\n    websocket chat ws://demo/a\n    websocket other ws://demo/b\n{steps}\n  }}\n}}\n"
    );
    let project = from_memory(&[("chat.e2e", &text)]);
    let problems: Vec<_> = project.diagnostics.iter().map(|d| d.message.clone()).collect();
    assert!(problems.is_empty(), "{problems:?} in {text}");
    let plan = compile(&project, Environment::default(), None).unwrap_or_else(|problems| panic!("{problems:?}"));
    let test = &plan.suites[0].tests[0];
    let mut scope = Scope::new(&test.frame);
    let slots = (0..).map(Slot).map_while(|slot| Some((test.frame.name(slot)?.to_owned(), slot))).collect();
    let mut expectation: Option<Arc<ChannelExpectation>> = None;
    for step in &test.body {
        match &step.kind {
            StepKind::Open(open) => {
                let handle = NAMES.iter().position(|name| **name == *open.name).unwrap();
                scope.set(open.slot, Value::Channel(handle as u32));
            }
            StepKind::Let { slot, value } => {
                let context = Context { plan: &plan, scope: &scope, focus: Focus::Nothing, host: &NoOne };
                let value = evaluate(value, &context).unwrap();
                scope.set(*slot, value);
            }
            StepKind::Mark { slot, name } => {
                let index = marks.iter().position(|(known, _)| known == &**name).unwrap();
                scope.set(*slot, Value::from(crate::value::Json::from(index)));
            }
            StepKind::ExpectChannel(found) => expectation = Some(found.clone()),
            _ => panic!("a step that these tests don't take"),
        }
    }
    let logs = logs(log);
    let outside = Outside { plan: &plan, host: &NoOne };
    let context = Context { plan: &plan, scope: &scope, focus: Focus::Nothing, host: &NoOne };
    let begun = Begun { logs: &logs, marks: marks.iter().map(|(_, at)| *at).collect() };
    let bound = Bound { at: ms(limit), words: "the test's timeout of 60s".to_owned(), span: Span::nowhere() };
    let judge = ChannelJudge::new(&expectation.unwrap(), &context, &begun, ms(began), bound);
    let (verdict, concluded) = match judge {
        Ok(mut judge) => {
            let verdict = replay(&mut judge, &logs, outside);
            (verdict, judge.conclude(&|| logs.clone(), outside))
        }
        Err(fault) => {
            let mut concluded = failed(&scope);
            concluded.diagnostics.push(*fault);
            (JudgeState::Failed, concluded)
        }
    };
    scope.merge(&concluded.bound);
    Explained { verdict, concluded, plan: plan.clone(), scope, slots }
}

fn failed(scope: &Scope) -> Concluded {
    Concluded {
        weak: None,
        held: false,
        ended: None,
        diagnostics: Vec::new(),
        expectations: Vec::new(),
        cursors: Vec::new(),
        matches: Vec::new(),
        bound: scope.branch(),
        secrets: Vec::new(),
    }
}

/// `mark m at 100` becomes `mark m`, with the time aside.
fn take_marks(steps: &str) -> (String, Vec<(String, u64)>) {
    let mut marks = Vec::new();
    let lines =
        steps.lines().map(|line| match line.trim().strip_prefix("mark ").and_then(|mark| mark.split_once(" at ")) {
            Some((name, at)) => {
                marks.push((name.to_owned(), at.parse().unwrap()));
                format!("mark {name}")
            }
            None => line.to_owned(),
        });
    (lines.collect::<Vec<_>>().join("\n"), marks)
}

struct Begun<'a> {
    logs: &'a [(u32, ChannelLog)],
    marks: Vec<u64>,
}

impl Channels for Begun<'_> {
    fn start(&self, channel: u32, mark: Option<u64>) -> Option<Start> {
        let Some(mark) = mark else { return Some(Start { behind: 0, clock: Duration::ZERO }) };
        let at = ms(self.marks[mark as usize]);
        let (_, log) = self.logs.iter().find(|(handle, _)| *handle == channel)?;
        let behind = log.frames.iter().filter(|frame| frame.at <= at).count() as u32;
        Some(Start { behind, clock: at })
    }
}

fn logs(text: &str) -> Vec<(u32, ChannelLog)> {
    let mut logs: Vec<(u32, ChannelLog)> = (0..).zip(NAMES).map(|(handle, name)| (handle, empty(name))).collect();
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let mut words = line.splitn(3, ' ');
        let at = ms(words.next().unwrap().parse().unwrap());
        let channel = words.next().unwrap();
        let content = words.next().unwrap_or("");
        let log = &mut logs.iter_mut().find(|(_, log)| log.name == channel).unwrap().1;
        match end(content) {
            Some(end) => log.end = Some((at, end)),
            None => log.frames.push(Arc::new(frame(log.frames.len() as u32 + 1, at, content))),
        }
    }
    logs
}

fn empty(name: &str) -> ChannelLog {
    ChannelLog {
        name: name.to_owned(),
        protocol: "websocket",
        url: String::new(),
        opened: Duration::ZERO,
        frames: Vec::new(),
        end: None,
    }
}

fn end(content: &str) -> Option<ChannelEnd> {
    let (word, rest) = content.split_once(' ').unwrap_or((content, ""));
    Some(match word {
        "closed" => {
            let (code, reason) = rest.split_once(' ').unwrap_or((rest, ""));
            ChannelEnd::Closed { code: code.parse().unwrap(), reason: reason.to_owned(), by_us: false }
        }
        "lost" => ChannelEnd::Lost { message: "the peer reset the connection".to_owned() },
        "ended" => ChannelEnd::Ended,
        "cut" => ChannelEnd::CutOff { message: "the connection ended inside the body".to_owned() },
        _ => return None,
    })
}

fn frame(number: u32, at: Duration, content: &str) -> Frame {
    let (word, rest) = content.split_once(' ').unwrap_or((content, ""));
    let mut frame = Frame {
        number,
        at,
        direction: Direction::Received,
        kind: FrameKind::Text,
        data: Bytes::copy_from_slice(content.as_bytes()),
        payload: Payload::default(),
        hidden: false,
    };
    match word {
        ">" => frame.direction = Direction::Sent,
        "hidden" => frame.hidden = true,
        "comment" => frame.kind = FrameKind::SseComment,
        "binary" => frame.kind = FrameKind::Binary,
        "ping" => frame.kind = FrameKind::Ping,
        "text" => {}
        _ => return named(frame, content),
    }
    frame.data = Bytes::copy_from_slice(rest.as_bytes());
    named(frame, rest)
}

fn named(mut frame: Frame, text: &str) -> Frame {
    let json: Option<crate::value::Json> = crate::value::Json::parse(text).ok();
    let event = json.as_ref().and_then(|json| json.get("type")).and_then(|name| name.as_str()).map(Arc::from);
    frame.payload = Payload { event, json: json.map(Arc::new) };
    frame
}

pub fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// There is no time and no chance in these tests.
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

    fn secrets(&self) -> Option<&dyn crate::value::SecretSink> {
        None
    }
}
