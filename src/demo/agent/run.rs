//! Runs: their records, and how they begin, go on and end.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::super::answer::{Failure, timestamp};
use super::super::backend::Message;
use super::super::behaviour::Behaviour;
use super::super::caller::Caller;
use super::super::input::Fields;
use super::super::instance::PHASES;
use super::super::socket::Outgoing;
use super::super::world::{Service, System, lock};
use super::script::{Change, ScriptedFrame, Step, count_words, distort, script};
use super::tools;

const MOST_RUNS: usize = 100_000;

/// What a user asks of a run.
#[derive(Clone, Debug)]
pub(in crate::demo) struct Options {
    /// The pause before each event.
    pub step: Duration,
    pub tools: Vec<String>,
}

impl Options {
    /// Reads `options`, and notes what is wrong with them.
    pub fn read(fields: &mut Fields<'_>) -> Self {
        let mut options =
            Self { step: Duration::from_millis(10), tools: vec!["search_documents".into(), "calculate_totals".into()] };
        let object = match fields.get("options") {
            None => return options,
            Some(Value::Object(object)) => object,
            Some(_) => {
                fields.wrong("options", "must be an object");
                return options;
            }
        };
        if let Some(value) = object.get("step_ms") {
            match value.as_u64().filter(|ms| *ms <= 2000) {
                Some(ms) => options.step = Duration::from_millis(ms),
                None => fields.wrong("options.step_ms", "must be a whole number from 0 to 2000"),
            }
        }
        if let Some(value) = object.get("tools") {
            match read_tools(value) {
                Some(tools) => options.tools = tools,
                None => fields.wrong("options.tools", "must be a list of 1 to 5 names of tools"),
            }
        }
        options
    }
}

fn read_tools(value: &Value) -> Option<Vec<String>> {
    let items = value.as_array().filter(|items| (1..=5).contains(&items.len()))?;
    items.iter().map(|item| item.as_str().filter(|name| tools::find(name).is_some()).map(str::to_owned)).collect()
}

#[derive(Clone, Debug)]
pub(in crate::demo) struct Run {
    pub id: Uuid,
    pub thread: Uuid,
    pub owner: String,
    pub status: &'static str,
    /// Agent, tool and state of each step.
    pub plan: Vec<(&'static str, String, &'static str)>,
    answer: Option<String>,
    error: Option<&'static str>,
    started_at: String,
    finished_at: Option<String>,
    pub input_tokens: u64,
    pub output_tokens: u64,
}

impl Run {
    fn new(thread: Uuid, owner: &str, content: &str, options: &Options) -> Self {
        let plan = options.tools.iter().map(|name| {
            let agent = tools::find(name).map_or("supervisor", |tool| tool.agent);
            (agent, name.clone(), "pending")
        });
        Self {
            id: Uuid::new_v4(),
            thread,
            owner: owner.to_owned(),
            status: "running",
            plan: plan.collect(),
            answer: None,
            error: None,
            started_at: timestamp(),
            finished_at: None,
            input_tokens: count_words(content),
            output_tokens: 0,
        }
    }

    pub fn shown(&self) -> Value {
        let plan = (1u32..)
            .zip(&self.plan)
            .map(|(step, (agent, tool, state))| json!({ "step": step, "agent": agent, "tool": tool, "state": state }));
        json!({
            "id": self.id, "thread_id": self.thread, "status": self.status, "agent": "supervisor",
            "plan": plan.collect::<Vec<_>>(), "answer": self.answer, "error": self.error,
            "started_at": self.started_at, "finished_at": self.finished_at,
            "usage": { "input_tokens": self.input_tokens, "output_tokens": self.output_tokens },
        })
    }

    fn finish(&mut self, status: &'static str) {
        self.status = status;
        self.finished_at = Some(timestamp());
    }
}

/// The runs of a demo. Locked before the threads, where both are needed.
#[derive(Debug, Default)]
pub(in crate::demo) struct Runs {
    table: Mutex<HashMap<Uuid, Run>>,
}

impl Runs {
    pub fn reset(&self) {
        lock(&self.table).clear();
    }

    /// A run of this owner.
    pub fn own(&self, id: Uuid, owner: &str) -> Result<Run, Failure> {
        lock(&self.table).get(&id).filter(|run| run.owner == owner).cloned().ok_or_else(unknown)
    }

    /// What a function makes of an owner's runs.
    pub fn fold<T>(&self, owner: &str, start: T, add: impl FnMut(T, &Run) -> T) -> T {
        lock(&self.table).values().filter(|run| run.owner == owner).fold(start, add)
    }
}

fn unknown() -> Failure {
    Failure::not_found("run_not_found", "There is no such run.")
}

/// Begins a run in a thread of the caller; the message that it answers is stored there. `asker` is the socket that asked for it.
pub(in crate::demo) fn start(
    service: &Service,
    caller: &Caller,
    thread: Uuid,
    content: &str,
    options: &Options,
    asker: Option<u64>,
) -> Result<Run, Failure> {
    let world = &service.world;
    let behaviour = world.behaviour();
    if service.instance.phases_done(&behaviour).min(behaviour.health.phases_completing) < PHASES.len() {
        return Err(Failure::unavailable("agents_unavailable", "No agent can run before start-up is complete."));
    }
    caller.needs(world, "agents:run")?;
    let mut runs = lock(&world.runs.table);
    if runs.len() >= MOST_RUNS {
        runs.retain(|_, run| run.status == "running");
    }
    let mut threads = world.threads.lock();
    let thread = threads.own(thread, caller.owner())?;
    thread.must_be_open()?;
    if thread.running.is_some() {
        return Err(Failure::conflict("run_in_progress", "The thread has a run that is still going on."));
    }
    let run = Run::new(thread.id, caller.owner(), content, options);
    let question = Message { id: Uuid::new_v4(), role: "user", content: content.to_owned(), run_id: Some(run.id) };
    if behaviour.threads.keeps_messages {
        let message = thread.message(&question);
        thread.add_message(message);
    }
    thread.running = Some(run.id);
    thread.runs.push(run.id);
    runs.insert(run.id, run.clone());
    let mut steps = script(&run, content, options, question.id, behaviour.agents.give_up_on_retries);
    for distortion in &behaviour.agents.distortions {
        steps = distort(steps, *distortion);
    }
    tokio::spawn(play(Arc::clone(world), run.id, asker, steps));
    Ok(run)
}

/// Ends a run of the caller, and says so to the sockets.
pub(in crate::demo) fn cancel(world: &System, owner: &str, id: Uuid) -> Result<Run, Failure> {
    let behaviour = world.behaviour();
    let mut runs = lock(&world.runs.table);
    let run = runs.get_mut(&id).filter(|run| run.owner == owner).ok_or_else(unknown)?;
    if run.status != "running" {
        return Err(Failure::conflict("run_finished", "The run has ended already."));
    }
    if behaviour.agents.ignore_cancellation {
        return Ok(run.clone());
    }
    run.finish("cancelled");
    if let Ok(thread) = world.threads.lock().own(run.thread, &run.owner) {
        thread.running = None;
        let payload = json!({ "run_id": id, "thread_id": thread.id, "agent": "supervisor", "reason": "cancelled" });
        world.hub.publish(thread, &behaviour, "agent_cancelled", payload);
    }
    Ok(run.clone())
}

async fn play(world: Arc<System>, id: Uuid, asker: Option<u64>, steps: Vec<Step>) {
    for step in steps {
        tokio::time::sleep(step.wait).await;
        if !act(&world, id, asker, step) {
            return;
        }
    }
}

/// Carries out a step under the runs' lock, so that nothing of a run comes after its end; false once it has ended.
fn act(world: &System, id: Uuid, asker: Option<u64>, step: Step) -> bool {
    let behaviour = world.behaviour();
    let mut runs = lock(&world.runs.table);
    let Some(run) = runs.get_mut(&id).filter(|run| run.status == "running") else { return false };
    let mut threads = world.threads.lock();
    let Ok(thread) = threads.own(run.thread, &run.owner) else {
        run.finish("cancelled");
        return false;
    };
    match step.change {
        Change::None => {}
        Change::Plan(index, state) => {
            if let Some(step) = run.plan.get_mut(index) {
                step.2 = state;
            }
        }
        Change::Complete { answer, message_id, output_tokens } => {
            let message = Message { id: message_id, role: "assistant", content: answer.clone(), run_id: Some(id) };
            let message = thread.message(&message);
            thread.add_message(message);
            run.answer = Some(answer);
            run.output_tokens = output_tokens;
            run.finish("completed");
        }
        Change::Fail(code) => {
            run.error = Some(code);
            run.finish("failed");
        }
    }
    if run.status != "running" {
        thread.running = None;
    }
    for frame in step.frames {
        send(world, thread, &behaviour, frame);
    }
    if let Some(code) = step.close {
        world.hub.close(thread, asker, code, "internal error");
    }
    run.status == "running"
}

fn send(world: &System, thread: &mut super::super::backend::Thread, behaviour: &Behaviour, frame: ScriptedFrame) {
    if !frame.garbled {
        return world.hub.publish(thread, behaviour, frame.kind, frame.payload);
    }
    let mut text = thread.record(frame.kind, frame.payload).to_string();
    // JSON without its last brace is none.
    text.pop();
    world.hub.send(thread, behaviour, &Outgoing::Text(text), None);
}

/// The options of a request's body, and the content that goes with them.
pub(super) fn read_request(body: &Map<String, Value>) -> Result<(Uuid, String, Options), Failure> {
    let mut fields = Fields::of(body);
    let thread = fields.id("thread_id");
    let content = fields.text("content", 1..=4000);
    let options = Options::read(&mut fields);
    fields.finish()?;
    Ok((thread, content, options))
}
