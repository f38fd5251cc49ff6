//! A run that was recorded is run again without sockets, in no time, and gives the same results to the last diagnostic.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;

use e2e_dsl::demo::{self, DemoOptions, Fault};
use e2e_dsl::judge::RunResult;
use e2e_dsl::net::LiveWorld;
use e2e_dsl::plan::{Plan, choose_plan, compile, environment, lay_out_phases, plan_environment};
use e2e_dsl::project::{Files, Options as Loading, Project, load};
use e2e_dsl::report::{Builder, Redactor};
use e2e_dsl::run::{Again, Options, RecordedRun, Stop, Stopped, execute};
use e2e_dsl::value::SecretSink;
use e2e_dsl::world::World as _;
use e2e_dsl::world::recording::Recording;

/// The faults of the demo system under which it is tried each time; with `REPLAY_FAULTS=all` every one is.
const SHOWN: [&str; 4] = ["database-down", "events-leaked", "websocket-1011", "malformed-event"];

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
        written_down: false,
    };
    let world = Arc::new(Recording::new(Arc::new(LiveWorld::start(Vec::new(), false))));
    let (running, epoch) =
        (execute(world.clone(), plan.clone(), release, options.clone(), Arc::new(|_| {})), world.epoch());
    let result = runtime.block_on(running);
    runtime.block_on(demo.stop());
    runtime.shutdown_background();
    let stops = result.abort.iter().map(|abort| (abort.at, Stopped::Aborted(abort.condition.clone()))).collect();
    let options = Options { stop: Stop::default(), secrets: Arc::new(Known::default()), ..options };
    let run = RecordedRun { plan, records: world.records(), epoch, options, stops, computed: None };
    (result, run)
}

/// Runs everything that was run again; the whole report that follows is the run's own.
fn same(result: RunResult, run: &RecordedRun, what: &str) {
    let differences = differences(result, run);
    assert!(differences.is_empty(), "{what}: {differences}");
}

/// What came out otherwise.
fn differences(mut result: RunResult, run: &RecordedRun) -> String {
    let redactor = Redactor::default();
    let builder = Builder { sources: &run.plan.sources, redactor: &redactor };
    let report = |result: &RunResult| serde_json::to_string_pretty(&builder.report(result)).unwrap();
    let was = report(&result);
    let again = run.again(&result);
    let places: HashMap<String, usize> = result.tests.iter().map(|test| test.info.id.clone()).zip(0..).collect();
    for Again { was, now } in again {
        match now {
            Ok(now) => result.tests[places[&was.info.id]] = Arc::new(now),
            Err(difference) => return format!("{}: {difference:?}", was.info.id),
        }
    }
    let now = report(&result);
    similar::TextDiff::from_lines(&was, &now).unified_diff().to_string()
}

/// Whether healthy or broken, each run of the shipped specs is the same when it is run again from what was recorded of it.
#[test]
fn the_shipped_specs_give_the_same_report_again() {
    let project = project(&["specs"]);
    let faults = [None].into_iter().chain(Fault::ALL.iter().copied().map(Some));
    let all = std::env::var("REPLAY_FAULTS").is_ok_and(|faults| faults == "all");
    for fault in faults.filter(|fault| fault.is_none_or(|fault| all || SHOWN.contains(&fault.name()))) {
        let (result, run) = recorded(&project, None, fault);
        assert!(result.tests.iter().any(|test| test.attempts > 0), "{fault:?}");
        same(result, &run, &format!("{fault:?}"));
    }
}

/// By a plan, whose phases, gates and conditions are judged from what its tests gave.
#[test]
fn the_shipped_plan_gives_the_same_report_again() {
    let project = project(&["specs"]);
    for fault in [None, Some(Fault::SlowStart)] {
        let (result, run) = recorded(&project, Some("release"), fault);
        same(result, &run, &format!("by the plan, {fault:?}"));
    }
}
