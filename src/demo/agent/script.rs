//! What happens in an agent run: a list of steps, written before the run begins.

use std::time::Duration;

use serde_json::{Value, json};
use uuid::Uuid;

use super::run::{Options, Run};
use super::tools::{self, Tool};

/// One event of a run: when, what, and what it changes in the run's record.
#[derive(Clone, Debug)]
pub(super) struct Step {
    pub wait: Duration,
    pub kind: &'static str,
    pub change: Change,
    pub frames: Vec<ScriptedFrame>,
    /// Closes the sockets that follow the thread.
    pub close: Option<u16>,
}

#[derive(Clone, Debug)]
pub(super) struct ScriptedFrame {
    pub kind: &'static str,
    pub payload: Value,
    pub garbled: bool,
}

#[derive(Clone, Debug)]
pub(super) enum Change {
    None,
    /// A step of the plan, by its index, is now in this state.
    Plan(usize, &'static str),
    Complete {
        answer: String,
        message_id: Uuid,
        output_tokens: u64,
    },
    Fail(&'static str),
}

/// A way in which the events of a run go wrong. Kinds are event names.
#[derive(Clone, Copy, Debug)]
pub(in crate::demo) enum Distortion {
    Drop(&'static str),
    Double(&'static str),
    /// The first events of these two kinds change places.
    Swap(&'static str, &'static str),
    Delay(&'static str, Duration),
    Garble(&'static str),
    Miscorrelate(&'static str),
    /// A text of the payload is empty.
    Blank(&'static str, &'static str),
    /// The sockets are closed with a code after the first such event, and the run ends.
    CloseAfter(&'static str, u16),
}

/// The steps of a run.
pub(super) fn script(run: &Run, content: &str, options: &Options, user_message: Uuid, gives_up: bool) -> Vec<Step> {
    let mut writer = Writer { run, wait: options.step, steps: Vec::new() };
    writer.add(
        "agent_started",
        "supervisor",
        Change::None,
        json!({ "message_id": user_message, "plan": options.tools }),
    );
    let thought = format!("{} tools will help with this.", options.tools.len());
    writer.add("agent_thinking", "supervisor", Change::None, json!({ "thought": thought }));
    let mut outputs = Vec::new();
    for (index, name) in options.tools.iter().enumerate() {
        let Some(tool) = tools::find(name) else { continue };
        if !writer.call(index, tool, content, gives_up) {
            let message = format!("The tool `{name}` failed.");
            let payload = json!({ "code": "tool_failed", "message": message });
            writer.add("agent_failed", "supervisor", Change::Fail("tool_failed"), payload);
            return writer.steps;
        }
        outputs.push(tool.summary);
    }
    let answer = format!("Answer to \"{content}\": {}", outputs.join(" "));
    let message_id = Uuid::new_v4();
    let usage = json!({ "input_tokens": count_words(content), "output_tokens": count_words(&answer) });
    let payload = json!({
        "answer": answer, "message_id": message_id, "tools_used": options.tools, "usage": usage,
        "duration_ms": writer.elapsed_ms(),
    });
    let change = Change::Complete { output_tokens: count_words(&answer), answer, message_id };
    writer.add("agent_completed", "supervisor", change, payload);
    writer.steps
}

pub(super) fn count_words(text: &str) -> u64 {
    text.split_whitespace().count().try_into().unwrap_or(u64::MAX)
}

struct Writer<'a> {
    run: &'a Run,
    wait: Duration,
    steps: Vec<Step>,
}

impl Writer<'_> {
    fn add(&mut self, kind: &'static str, agent: &str, change: Change, more: Value) {
        let mut payload = json!({ "run_id": self.run.id, "thread_id": self.run.thread, "agent": agent });
        if let (Some(payload), Value::Object(more)) = (payload.as_object_mut(), more) {
            payload.extend(more);
        }
        let frames = vec![ScriptedFrame { kind, payload, garbled: false }];
        self.steps.push(Step { wait: self.wait, kind, change, frames, close: None });
    }

    fn elapsed_ms(&self) -> u64 {
        let waits: Duration = self.steps.iter().map(|step| step.wait).sum();
        waits.as_millis().try_into().unwrap_or(u64::MAX)
    }

    /// The calls of a tool; false if it failed in the end.
    fn call(&mut self, index: usize, tool: &Tool, content: &str, gives_up: bool) -> bool {
        let attempts = if gives_up { 1 } else { 2 };
        for attempt in 1..=attempts {
            let ok = tool.succeeds_at.is_some_and(|first| attempt >= first);
            let call_id = Uuid::new_v4();
            let input = json!({ "query": content });
            let start = json!({ "tool": tool.name, "call_id": call_id, "attempt": attempt, "input": input });
            self.add("tool_executing", tool.agent, Change::Plan(index, "running"), start);
            let mut end = json!({
                "tool": tool.name, "call_id": call_id, "attempt": attempt, "ok": ok, "output": {},
                "duration_ms": u64::try_from(self.wait.as_millis()).unwrap_or(u64::MAX),
            });
            if ok {
                end["output"] = tool.output(content);
                self.add("tool_completed", tool.agent, Change::Plan(index, "done"), end);
                return true;
            }
            end["error"] = json!("The source didn't answer.");
            self.add("tool_completed", tool.agent, Change::Plan(index, "failed"), end);
        }
        false
    }
}

/// What is left of a script when this goes wrong.
pub(super) fn distort(mut steps: Vec<Step>, distortion: Distortion) -> Vec<Step> {
    let at = |steps: &[Step], kind: &str| steps.iter().position(|step| step.kind == kind);
    match distortion {
        Distortion::Drop(kind) => of_kind(&mut steps, kind).for_each(|step| step.frames.clear()),
        Distortion::Double(kind) => of_kind(&mut steps, kind).for_each(|step| step.frames.extend_from_within(..)),
        Distortion::Garble(kind) => {
            of_kind(&mut steps, kind).for_each(|step| step.frames.iter_mut().for_each(|frame| frame.garbled = true));
        }
        Distortion::Delay(kind, by) => of_kind(&mut steps, kind).for_each(|step| step.wait += by),
        Distortion::Miscorrelate(kind) => set(&mut steps, kind, "call_id", || json!(Uuid::new_v4())),
        Distortion::Blank(kind, field) => set(&mut steps, kind, field, || json!("")),
        Distortion::Swap(one, other) => {
            if let (Some(one), Some(other)) = (at(&steps, one), at(&steps, other)) {
                let frames = std::mem::take(&mut steps[one].frames);
                steps[one].frames = std::mem::replace(&mut steps[other].frames, frames);
            }
        }
        Distortion::CloseAfter(kind, code) => {
            if let Some(index) = at(&steps, kind) {
                steps.truncate(index + 1);
                steps[index].close = Some(code);
                steps[index].change = Change::Fail("internal_error");
            }
        }
    }
    steps
}

fn of_kind<'a>(steps: &'a mut [Step], kind: &'static str) -> impl Iterator<Item = &'a mut Step> {
    steps.iter_mut().filter(move |step| step.kind == kind)
}

fn set(steps: &mut [Step], kind: &'static str, field: &str, value: impl Fn() -> Value) {
    for frame in of_kind(steps, kind).flat_map(|step| step.frames.iter_mut()) {
        frame.payload[field] = value();
    }
}
