//! The shipped specs against the embedded demo system: green when it is sound, and red in the right places under each of its faults.

mod table;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};

use e2e_dsl::check::check;
use e2e_dsl::demo::{DemoOptions, Fault};
use e2e_dsl::judge::{Outcome, RunResult, TestResult};
use e2e_dsl::plan::environment::{self, Given};
use e2e_dsl::project::{self, Files, Project};
use e2e_dsl::run::{self, Stop};
use e2e_dsl::value::SecretSink;
use futures_util::StreamExt as _;
use table::Red;
use tokio::sync::Mutex;

/// Runs of the specs keep the machine busy: what they measure is theirs only when one test of this file runs at a time.
pub static BUSY: LazyLock<Mutex<()>> = LazyLock::new(|| Mutex::new(()));

/// Suites and tests that measure this machine as much as the system: under a fault, with several runs at once, they may fail beside
/// those that should.
const TIMED: &[&str] = &[
    "Response times",
    "load",
    "an instance is ready within two seconds of its start",
    "chunks come when they are made, not all at the end",
    "searches are limited: who asks too often learns when to come back",
];

fn load(folder: &str) -> Project {
    let paths: Vec<PathBuf> = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)];
    project::load(&Files::disk(), &project::Options { paths, ..project::Options::default() })
}

struct Unmasked;

impl SecretSink for Unmasked {
    fn add(&self, _secret: &str) {}
}

pub async fn run(specs: &Project, fault: Option<Fault>, jobs: usize) -> RunResult {
    let demo = e2e_dsl::demo::start(DemoOptions { fault, ..DemoOptions::default() }).await.unwrap();
    let values = demo.values().into_iter().map(|(name, value, secret)| (name.to_owned(), value, secret));
    let given = Given { demo: values.collect(), ..Given::default() };
    let environment = environment::choose(specs, None).unwrap();
    let environment = environment::resolve(specs, environment, &given).unwrap();
    let mut plan = e2e_dsl::plan::compile(specs, environment, None).unwrap();
    let options = run::Options {
        jobs,
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
    let result = {
        let release = e2e_dsl::plan::lay_out_phases(&mut plan);
        let world = e2e_dsl::net::LiveWorld::start(Vec::new(), false);
        run::execute(Arc::new(world), Arc::new(plan), release, options, Arc::new(|_| {})).await
    };
    demo.stop().await;
    result
}

/// A test's name without that of its case.
fn name(test: &TestResult) -> &str {
    test.info.name.split_once(" [").map_or(test.info.name.as_str(), |(name, _)| name)
}

/// The names of the tests that didn't pass, and whether that may be this machine's fault.
fn red(result: &RunResult) -> BTreeMap<&str, bool> {
    let bad = result.tests.iter().filter(|test| test.outcome != Outcome::Passed);
    bad.map(|test| (name(test), TIMED.contains(&test.info.suite.as_str()) || TIMED.contains(&name(test)))).collect()
}

/// What a run under a fault showed that it shouldn't have, or didn't show.
fn surprises(fault: Fault, result: &RunResult) -> Vec<String> {
    let red = red(result);
    let (expected, forbidden): (_, Vec<&str>) = match table::of(fault) {
        Red::Only(tests) => {
            let others = red.iter().filter(|(name, timed)| !**timed && !tests.contains(name));
            (tests, others.map(|(name, _)| *name).collect())
        }
        Red::Widely { red: tests, green } => {
            (tests, green.iter().copied().filter(|name| red.contains_key(name)).collect())
        }
    };
    let unnoticed = expected.iter().filter(|name| !red.contains_key(*name));
    let unnoticed = unnoticed.map(|name| format!("{fault}: \"{name}\" didn't notice"));
    unnoticed.chain(forbidden.iter().map(|name| format!("{fault}: \"{name}\" failed too"))).collect()
}

#[test]
fn the_shipped_specs_and_the_standard_library_have_no_problems() {
    for folder in ["specs", "stdlib"] {
        let project = load(folder);
        let found = check(&project);
        let messages: Vec<&str> = project.diagnostics.iter().chain(&found).map(|one| one.message.as_str()).collect();
        assert!(messages.is_empty(), "{folder}: {messages:#?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_specs_are_green_on_a_sound_system_and_none_of_them_is_vacuous() {
    let _busy = BUSY.lock().await;
    let result = run(&load("specs"), None, 8).await;
    let bad: Vec<String> = (result.tests.iter().filter(|test| test.outcome != Outcome::Passed))
        .map(|test| format!("{} {:?}: {:#?}", test.info.id, test.outcome, test.diagnostics))
        .collect();
    assert!(bad.is_empty(), "{}", bad.join("\n"));
    assert!(result.diagnostics.is_empty(), "{:#?}", result.diagnostics);
    assert!(result.tests.len() >= 200, "there are only {} tests", result.tests.len());
    let names: BTreeSet<_> = result.tests.iter().map(|test| (name(test), test.info.suite.as_str())).collect();
    let distinct: BTreeSet<_> = names.iter().map(|(name, _)| *name).collect();
    assert_eq!(distinct.len(), names.len(), "two tests of different suites have the same name");
}

#[tokio::test(flavor = "multi_thread")]
async fn each_fault_is_noticed_by_the_tests_whose_names_say_what_broke() {
    let _busy = BUSY.lock().await;
    let specs = Arc::new(load("specs"));
    // What keeps tests waiting longest goes first, beside the others.
    let mut faults = Fault::ALL.to_vec();
    faults.sort_by_key(|fault| *fault != Fault::SlowResponses && *fault != Fault::LifecycleMissing);
    let runs = faults.into_iter().map(|fault| {
        let specs = specs.clone();
        // Under slow answers tests wait, and nothing is computed meanwhile.
        let jobs = if fault == Fault::SlowResponses { 100 } else { 32 };
        let reported = async move { (fault, surprises(fault, &run(&specs, Some(fault), jobs).await)) };
        async move { tokio::spawn(reported).await.unwrap() }
    });
    let first: Vec<_> = futures_util::stream::iter(runs).buffer_unordered(6).collect().await;
    // What several runs at once on a busy machine make too late isn't so when the run is alone; what a fault does, it does again.
    let mut lasting = Vec::new();
    for (fault, seen) in first.into_iter().filter(|(_, seen)| !seen.is_empty()) {
        println!("once more, alone: {}", seen.join("\n"));
        let again = surprises(fault, &run(&specs, Some(fault), 16).await);
        lasting.extend(again.into_iter().filter(|surprise| seen.contains(surprise)));
    }
    assert!(lasting.is_empty(), "{}", lasting.join("\n"));
}
