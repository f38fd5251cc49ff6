//! A run that was recorded is run again without sockets, in no time, and gives the same results to the last diagnostic.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use e2e_dsl::demo::{self, DemoOptions, Fault};
use e2e_dsl::event::{ChannelLog, Instant};
use e2e_dsl::judge::{RunResult, StepRecord, TestResult};
use e2e_dsl::net::LiveWorld;
use e2e_dsl::plan::{Plan, choose_plan, compile, environment, lay_out_phases, plan_environment};
use e2e_dsl::project::{Files, Options as Loading, Project, load};
use e2e_dsl::run::{Options, RecordedRun, Stop, Stopped, execute};
use e2e_dsl::source::Span;
use e2e_dsl::value::SecretSink;
use e2e_dsl::world::World as _;
use e2e_dsl::world::recording::Recording;

/// Learns what is secret, and shows nothing.
#[derive(Default)]
struct Known(std::sync::Mutex<std::collections::HashSet<String>>);

impl SecretSink for Known {
    fn add(&self, text: &str) {
        self.0.lock().unwrap().insert(text.to_owned());
    }

    fn knows(&self, text: &str) -> bool {
        self.0.lock().unwrap().contains(text)
    }
}

fn project(paths: &[&str]) -> Project {
    let paths = paths.iter().map(PathBuf::from).collect();
    load(&Files::disk(), &Loading { paths, ..Loading::default() })
}

/// Runs specs against the demo system, by a plan where one is named, and records it.
fn recorded(project: &Project, plan: Option<&str>, fault: Option<Fault>) -> (RunResult, RecordedRun) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let (demo, given) = runtime.block_on(async {
        let options = DemoOptions { fault, ..DemoOptions::default() };
        let demo = demo::start(options).await.unwrap();
        let values = demo.values().into_iter().map(|(name, value, secret)| (name.to_owned(), value, secret)).collect();
        (demo, environment::Given { demo: values, ..environment::Given::default() })
    });
    let release = plan.map(|name| choose_plan(project, name).unwrap());
    let asked = match release {
        Some(release) => plan_environment(project, release, Some("demo"), None).unwrap(),
        None => Some("demo"),
    };
    let chosen = environment::choose(project, asked).unwrap();
    let environment = environment::resolve(project, chosen, &given).unwrap();
    let mut plan: Plan = compile(project, environment, release).unwrap();
    let release = lay_out_phases(&mut plan);
    let plan = Arc::new(plan);
    let options = Options {
        jobs: 12,
        retries: None,
        fail_fast: false,
        seed: 7,
        stop: Stop::default(),
        secrets: Arc::new(Known::default()),
        shard: None,
        specs: None,
        deny_weak: false,
    };
    let world = Arc::new(Recording::new(Arc::new(LiveWorld::start(Vec::new(), false))));
    let (running, epoch) = (execute(world.clone(), plan.clone(), release, options.clone(), Arc::new(|_| {})), world.epoch());
    let result = runtime.block_on(running);
    runtime.block_on(demo.stop());
    runtime.shutdown_background();
    let stops = result.abort.iter().map(|abort| (abort.at, Stopped::Aborted(abort.condition.clone()))).collect();
    let options = Options { stop: Stop::default(), secrets: Arc::new(Known::default()), ..options };
    let run = RecordedRun { plan, records: world.records(), epoch, options, stops };
    (result, run)
}

/// When the phase of a test began, and its budget.
fn phase_of(result: &RunResult, test: &TestResult) -> Option<(Instant, Duration, Span)> {
    let index = result.release.phases.iter().position(|phase| Some(&*phase.name) == test.info.phase.as_deref())?;
    let (phase, ran) = (result.release.phases.get(index)?, result.phases.get(index)?);
    Some((ran.started?, phase.budget?, phase.span))
}

/// A result as text. What parallel branches did at nearly the same instant has no order.
fn shown(result: &TestResult) -> String {
    let exchange = |step: &StepRecord| step.exchange.and_then(|index| result.exchanges.get(index));
    let step = |step: &StepRecord| format!("{:#?}\n{:#?}", StepRecord { exchange: None, ..step.clone() }, exchange(step));
    let mut steps: Vec<String> = result.steps.iter().map(step).collect();
    let mut diagnostics: Vec<String> = result.diagnostics.iter().map(|one| format!("{one:#?}")).collect();
    let mut channels: Vec<String> = result.channels.iter().map(|one| format!("{one:#?}")).collect();
    [&mut steps, &mut diagnostics, &mut channels].into_iter().for_each(|all| all.sort());
    let TestResult { outcome, attempts, started, duration, exchanges, .. } = result;
    let exchanges = exchanges.len();
    let (steps, diagnostics, channels) = (steps.join("\n"), diagnostics.join("\n"), channels.join("\n"));
    format!("{outcome:?} {attempts} {started:?} {duration:?} {exchanges}\n{diagnostics}\n{steps}\n{channels}")
}

/// Runs everything again; gives what came out otherwise, and how many tests there were.
fn differences(result: &RunResult, run: &RecordedRun) -> (Vec<String>, usize) {
    let (mut differences, mut count) = (Vec::new(), 0);
    for suite in &run.plan.suites {
        let mut given = None;
        for test in &suite.tests {
            let Some(was) = result.tests.iter().find(|one| one.info.id == test.id && one.attempts > 0) else { continue };
            count += 1;
            let phase = phase_of(result, was);
            let given = given.get_or_insert_with(|| run.before_all(suite, phase).unwrap());
            match run.test((suite, test), &was.info, given, phase) {
                Ok(now) => {
                    let (now, was) = (shown(&now), shown(was));
                    if now != was {
                        let differ = similar::TextDiff::from_lines(&was, &now);
                        differences.push(format!("{}\n{}", test.id, differ.unified_diff()));
                    }
                }
                Err(difference) => differences.push(format!("{}: {difference:?}", test.id)),
            }
        }
    }
    (differences, count)
}

fn same(result: &RunResult, run: &RecordedRun, what: &str) -> usize {
    let (differences, count) = differences(result, run);
    assert!(differences.is_empty(), "{what}: {} of {count} differ\n{}", differences.len(), differences.join("\n\n"));
    count
}

#[test]
fn the_shipped_specs_give_the_same_results_again() {
    let project = project(&["specs"]);
    let (result, run) = recorded(&project, None, None);
    let count = same(&result, &run, "healthy");
    assert_eq!(count, result.tests.len());
}
