//! Runs of specs in a scripted world, and what came of them.

use std::sync::{Arc, Mutex};

use bytes::Bytes;

use super::{Asked, Respond, Said, Scripted, ms, say};
use crate::diag::{Plain, Style, render};
use crate::event::{ChannelLog, Instant};
use crate::judge::{Outcome, Progress, RunResult, StepRecord, TestResult};
use crate::plan::{Plan, choose_plan, compile, environment, lay_out_phases};
use crate::project::from_memory;
use crate::run::{Again, Options, RecordedRun, Stop, Stopped, execute};
use crate::value::SecretSink;
use crate::world::recording::Recording;
use crate::world::timeline::{Stuck, Timeline};
use crate::world::{Budget, Time as _, World as _};

/// What reached the world: a request, or what was sent on a channel.
#[derive(Clone, Debug)]
pub struct Call {
    pub at: Instant,
    /// Of a request.
    pub host: String,
    /// `GET /path`, `send …`, `reply …`, `ping`, `close 1000`; `left 1001`, `dropped` or `cut`, of a channel that is still open
    pub what: String,
    pub headers: Vec<(String, String)>,
    pub body: Bytes,
    /// What the transport's own random values are drawn from.
    pub seed: u64,
}

/// All that reached the world, in its order.
#[derive(Clone, Default)]
pub(super) struct Calls(Arc<Mutex<Vec<Call>>>);

impl Calls {
    pub fn push(&self, call: Call) {
        self.0.lock().unwrap().push(call);
    }

    /// What is done on a channel.
    pub fn add(&self, at: Instant, what: String) {
        self.push(Call { at, host: String::new(), what, headers: Vec::new(), body: Bytes::new(), seed: 0 });
    }

    fn take(&self) -> Vec<Call> {
        std::mem::take(&mut *self.0.lock().unwrap())
    }
}

struct Unmasked;

impl SecretSink for Unmasked {
    fn add(&self, _: &str) {}
}

/// A run in the making.
pub struct Case {
    spec: String,
    respond: Arc<Respond>,
    options: Options,
    plan: Option<&'static str>,
    stop_at: Option<Instant>,
    /// When the tests notice that; at once, unless it is said.
    noticed_at: Option<Instant>,
}

/// A run of a whole file.
pub fn file(spec: &str) -> Case {
    let options = Options {
        jobs: 4,
        retries: None,
        fail_fast: false,
        seed: 1,
        stop: Stop::default(),
        secrets: Arc::new(Unmasked),
        shard: None,
        specs: None,
        deny_weak: false,
        written_down: false,
    };
    let respond = Arc::new(|_: &Asked<'_>| say(200));
    Case { spec: spec.to_owned(), respond, options, plan: None, stop_at: None, noticed_at: None }
}

/// A run of one test, `t`, with these steps.
pub fn test(steps: &str) -> Case {
    file(&format!("suite \"s\" {{\n  test \"t\" {{\n{steps}\n  }}\n}}\n"))
}

impl Case {
    pub fn responds(mut self, respond: impl Fn(&Asked<'_>) -> Said + Send + Sync + 'static) -> Self {
        self.respond = Arc::new(respond);
        self
    }

    pub fn options(mut self, change: impl FnOnce(&mut Options)) -> Self {
        change(&mut self.options);
        self
    }

    pub fn by_plan(mut self, plan: &'static str) -> Self {
        self.plan = Some(plan);
        self
    }

    /// The run is interrupted from outside.
    pub fn stopped_at(mut self, milliseconds: u64) -> Self {
        self.stop_at = Some(ms(milliseconds));
        self
    }

    /// The machine is late, and what is running goes on until then.
    pub fn noticed_at(mut self, milliseconds: u64) -> Self {
        self.noticed_at = Some(ms(milliseconds));
        self
    }

    /// Runs it, in virtual time.
    pub fn run(self) -> Ran {
        self.try_run().unwrap_or_else(|Stuck| panic!("the run never ends"))
    }

    pub fn try_run(self) -> Result<Ran, Stuck> {
        let project = from_memory(&[("a.e2e", &self.spec)]);
        let problems: Vec<_> = project.diagnostics.iter().map(|d| d.message.clone()).collect();
        assert!(problems.is_empty(), "{problems:?} in {}", self.spec);
        let given = environment::Given::default();
        let chosen = environment::choose(&project, None).unwrap_or_else(|d| panic!("{}", d.message));
        let environment = environment::resolve(&project, chosen, &given).unwrap_or_else(|d| panic!("{d:?}"));
        let chosen = self.plan.map(|name| choose_plan(&project, name).unwrap_or_else(|d| panic!("{}", d.message)));
        let mut plan = compile(&project, environment, chosen).unwrap_or_else(|d| panic!("{d:?}"));
        let release = lay_out_phases(&mut plan);
        let plan = Arc::new(plan);
        let (calls, events) = (Calls::default(), Arc::new(Mutex::new(Vec::new())));
        let (kept, received, stop) = (calls.clone(), events.clone(), self.options.stop.clone());
        let (running, respond, options) = (plan.clone(), self.respond, self.options);
        let options_before = Options { stop: Stop::default(), ..options.clone() };
        let stop_at = self.stop_at;
        let noticed_at = self.noticed_at.or(stop_at);
        let result = Timeline::run(move |timeline| async move {
            if let Some(at) = noticed_at {
                let timer = timeline.sleep_until(at);
                tokio::spawn(async move {
                    timer.await;
                    stop.stop();
                });
            }
            let clock = timeline.clone();
            let world = Scripted { timeline, respond, asked: Mutex::default(), calls: kept, budget: Budget::default() };
            let receive = move |progress: Progress| received.lock().unwrap().push((clock.now(), progress));
            let epoch = world.epoch();
            let world = Arc::new(Recording::new(Arc::new(world)));
            let result = execute(world.clone(), running, release, options, Arc::new(receive)).await;
            (result, world.records(), epoch)
        })?;
        let (result, records, epoch) = result;
        let interrupted = stop_at.map(|at| (at, Stopped::Interrupted));
        let aborted = result.abort.as_ref().map(|abort| (abort.at, Stopped::Aborted(abort.condition.clone())));
        let stops = interrupted.into_iter().chain(aborted).collect();
        replayed(
            &RecordedRun { plan: plan.clone(), records, epoch, options: options_before, stops, computed: None },
            &result,
        );
        let (calls, events) = (calls.take(), std::mem::take(&mut *events.lock().unwrap()));
        Ok(Ran { result, calls, events, plan })
    }
}

/// A result as text, with what happened at one instant in an order of its own.
fn in_order(result: &TestResult) -> String {
    let exchange = |step: &StepRecord| step.exchange.and_then(|index| result.exchanges.get(index));
    let mut steps: Vec<String> = result
        .steps
        .iter()
        .map(|step| format!("{:#?}\n{:#?}", StepRecord { exchange: None, ..step.clone() }, exchange(step)))
        .collect();
    // Of frames at one instant, an explanation may know the first alone; clocks that go on distinguish them.
    let tie = |log: &ChannelLog| log.frames.windows(2).any(|two| matches!(two, [one, next] if one.at == next.at));
    let ties = result.channels.iter().any(|channel| tie(&channel.log));
    let mut diagnostics = result.diagnostics.clone();
    diagnostics.iter_mut().filter(|_| ties).for_each(|one| one.excerpts.retain(|one| !one.name.ends_with("carried")));
    let mut diagnostics: Vec<String> = diagnostics.iter().map(|one| format!("{one:#?}")).collect();
    let mut channels: Vec<String> = result.channels.iter().map(|one| format!("{one:#?}")).collect();
    [&mut steps, &mut diagnostics, &mut channels].into_iter().for_each(|all| all.sort());
    let TestResult { info, outcome, attempts, started, duration, exchanges, .. } = result;
    let (steps, diagnostics, channels) = (steps.join("\n"), diagnostics.join("\n"), channels.join("\n"));
    let exchanges = exchanges.len();
    format!(
        "{info:#?}\n{outcome:?} {attempts} {started:?} {duration:?} {exchanges}\n{diagnostics}\n{steps}\n{channels}"
    )
}

/// Run again from what was recorded, every test gives the same result.
fn replayed(run: &RecordedRun, result: &RunResult) {
    for Again { was, now } in run.again(result) {
        let now = now.unwrap_or_else(|difference| panic!("{}: {difference:?}\n{was:#?}", was.info.id));
        let (now, before) = (in_order(&now), in_order(&was));
        let differences = similar::TextDiff::from_lines(&before, &now);
        assert!(now == before, "{}\n{}", was.info.id, differences.unified_diff());
    }
}

/// What came of a run.
pub struct Ran {
    pub result: RunResult,
    pub calls: Vec<Call>,
    /// With the instants at which they were received.
    pub events: Vec<(Instant, Progress)>,
    plan: Arc<Plan>,
}

impl Ran {
    pub fn test(&self, name: &str) -> &TestResult {
        let found = self.result.tests.iter().find(|test| test.info.name == name);
        found.unwrap_or_else(|| panic!("there is no test {name}"))
    }

    pub fn sources(&self) -> &crate::source::Sources {
        &self.plan.sources
    }

    pub fn outcome(&self, name: &str) -> &Outcome {
        &self.test(name).outcome
    }

    /// All that went wrong with the test `t`, as it is shown.
    pub fn drawn(&self) -> String {
        let draw = |diagnostic| render(diagnostic, &self.plan.sources, Style::default(), &Plain);
        self.test("t").diagnostics.iter().map(draw).collect::<Vec<_>>().join("\n")
    }

    /// The test `t` passed.
    pub fn passed(self) -> Self {
        assert_eq!(*self.outcome("t"), Outcome::Passed, "{}", self.drawn());
        self
    }

    /// The test `t` has this outcome, and its first message begins so.
    pub fn ended(self, outcome: Outcome, message: &str) -> Self {
        assert_eq!(*self.outcome("t"), outcome, "{}", self.drawn());
        let first = self.test("t").diagnostics.first().map_or("", |first| first.message.as_str());
        assert!(first.starts_with(message), "{first}");
        self
    }

    /// When each call reached the world, in milliseconds, and what it was.
    pub fn calls(&self) -> Vec<(u64, &str)> {
        self.calls.iter().map(|call| (millis(call.at), call.what.as_str())).collect()
    }

    /// When this reached the world, in milliseconds.
    pub fn at(&self, what: &str) -> Vec<u64> {
        self.calls().iter().filter(|(_, call)| *call == what).map(|(at, _)| *at).collect()
    }

    /// When this path of this host was asked for, in milliseconds.
    pub fn hosts(&self, host: &str, path: &str) -> Vec<u64> {
        let asked = self.calls.iter().filter(|call| call.host == host && call.what.ends_with(&format!(" {path}")));
        asked.map(|call| millis(call.at)).collect()
    }

    /// How long the test `t` took, in milliseconds.
    pub fn took(&self) -> u64 {
        millis(self.test("t").duration)
    }

    /// What went wrong with a test, in short.
    pub fn messages(&self, name: &str) -> Vec<&str> {
        self.test(name).diagnostics.iter().map(|diagnostic| diagnostic.message.as_str()).collect()
    }

    /// Why a test wasn't run, or was skipped.
    pub fn cause(&self, name: &str) -> &str {
        match self.outcome(name) {
            Outcome::NotRun { cause } => cause,
            Outcome::Skipped { reason, .. } => reason,
            other => panic!("{name} {}", other.words()),
        }
    }

    /// From when to when a test ran, in milliseconds.
    pub fn span(&self, name: &str) -> (u64, u64) {
        let test = self.test(name);
        (millis(test.started), millis(test.started + test.duration))
    }

    /// What was received of the run while it went on, with the instants in milliseconds: `started`, `phase 1`, `begins a`, `a passed`.
    pub fn received(&self) -> Vec<(u64, String)> {
        let word = |progress: &Progress| match progress {
            Progress::Started { .. } => "started".to_owned(),
            Progress::Service(watch) => format!("{} {:?}", watch.name, watch.state).to_lowercase(),
            Progress::PhaseStarted { index, .. } => format!("phase {index}"),
            Progress::PhaseEnded { index, .. } => format!("phase {index} ended"),
            Progress::TestStarted(info) => format!("begins {}", info.name),
            Progress::Load(load) => format!("{} at {} users", load.info.name, load.users),
            Progress::TestEnded(result) => format!("{} {}", result.info.name, result.outcome.words()),
            Progress::Problem(problem) => format!("problem: {}", problem.message),
            Progress::Aborted(abort) => format!("aborted: {}", abort.condition),
            Progress::Ended => "ended".to_owned(),
        };
        self.events.iter().map(|(at, progress)| (millis(*at), word(progress))).collect()
    }
}

fn millis(time: Instant) -> u64 {
    time.as_millis() as u64
}
