//! Drawn scenarios against a server on real sockets: what a load counts of its iterations is what tests with the same steps come to, whether an iteration is carried
//! out quickly or in the usual way. Each scenario is run by tests, one for each kind of iteration; by a load as it is; by a load with a step that keeps it
//! from being carried out quickly; and by one at a rate with two users.

mod outcome;
mod reply;
mod scenario;
mod server;

use std::fmt::Write as _;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use serde_json::Value as Json;

use self::scenario::{Scenario, scenario};
use self::server::{KINDS, Server};
use super::harness::Test;
use super::replay_servers::chance::{Chance, try_each};
use super::replay_servers::number;

/// How many runs are tried each time; `SAME=100` tries as many, and `SAME_FROM=40` begins with another one.
const RUNS: u64 = 5;
/// How many scenarios a run has.
const SCENARIOS: usize = 4;
/// How many runs go on at once: much of the time they wait.
const AT_ONCE: usize = 3;

/// Who carries scenarios out, apart from tests: each is a path's first segment, and all are of one length.
const LOADS: [&str; 3] = ["q0", "u0", "r0"];

#[test]
fn a_load_counts_what_tests_come_to() {
    let from = number("SAME_FROM", 0);
    let until = from + number("SAME", RUNS);
    let (iterations, different) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    try_each(from..until, AT_ONCE, |seed| match one(seed) {
        Ok(count) => drop(iterations.fetch_add(count, Ordering::Relaxed)),
        Err(found) => different.lock().unwrap().extend(found),
    });
    println!("{} scenarios, {} iterations", (until - from) * SCENARIOS as u64, iterations.into_inner());
    let different = different.into_inner().unwrap();
    assert!(different.is_empty(), "{} differ:\n{}", different.len(), different.join("\n"));
}

/// Whether a scenario is run at a rate, too: its responses can't depend on the iteration there, nor on how often one was asked for.
fn is_rated(scenario: &Scenario) -> bool {
    scenario.is_plain
}

fn spec(address: &str, scenarios: &[Scenario]) -> String {
    let mut spec = format!(
        "environment e default {{ api = \"http://{address}\"; ws = \"ws://{address}\" }}\n\
         flow asks() {{ GET {{{{env.api}}}}/aside/0 {{ expect status 200 }} }}\n\
         suite \"tests\" {{\ntests side by side\n"
    );
    let steps = |scenario: &Scenario, run: &str| scenario.lines.join("\n").replace("/RUN/", &format!("/{run}/"));
    for (at, scenario) in scenarios.iter().enumerate() {
        for kind in 0..KINDS {
            let _ = writeln!(spec, "test \"t{kind} {at}\" {{\n{}\n}}", steps(scenario, &format!("t{kind}")));
        }
    }
    spec.push_str("}\n");
    for (at, scenario) in scenarios.iter().enumerate() {
        // As long as the slowest iterations of one take.
        let hold = match (scenario.care.stalls, scenario.is_plain) {
            (true, _) => "1500ms",
            (_, false) => "300ms",
            _ => "80ms",
        };
        for run in LOADS.iter().filter(|run| **run != "r0" || is_rated(scenario)) {
            let pace = if *run == "r0" {
                "rate 60/s for 100ms using at most 2 users".to_owned()
            } else {
                format!("users 1 hold {hold}")
            };
            let usual = if *run == "u0" { "let own = 1" } else { "" };
            let _ = writeln!(
                spec,
                "load \"{run} {at}\" {{ {pace}; threshold iterations > 0; scenario {{ {usual}\n{}\n}} }}",
                steps(scenario, run)
            );
        }
    }
    spec
}

/// Runs drawn scenarios; gives how many iterations were made.
///
/// # Errors
/// What a load found otherwise than tests.
fn one(seed: u64) -> Result<usize, Vec<String>> {
    let is_fresh = Chance::new(seed, "run").below(5) == 0;
    let scenarios: Arc<Vec<Scenario>> = Arc::new((0..SCENARIOS).map(|at| scenario(seed, at, is_fresh)).collect());
    let server = Server::start(seed);
    server.serves(scenarios.clone());
    let spec = spec(server.address(), &scenarios);
    let test = Test::new().file("a.e2e", &spec).args(["run", "a.e2e", "--report", "none", "--report", "json=r.json"]);
    let path = test.path("r.json");
    let output = test.command().output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    if !matches!(output.status.code(), Some(0 | 1 | 3 | 4)) {
        return Err(vec![format!("seed {seed} isn't run: {}{}", text(&output.stdout), text(&output.stderr))]);
    }
    let report: Json = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let of = |name: &str| {
        let tests = report["tests"].as_array().unwrap();
        tests.iter().find(|test| test["name"] == name).unwrap()
    };
    let (mut count, mut found) = (0, Vec::new());
    for (at, scenario) in scenarios.iter().enumerate() {
        let tests: Vec<outcome::Single> = (0..KINDS)
            .map(|kind| outcome::Single::of(of(&format!("t{kind} {at}")), &server.seen(&format!("t{kind}"), at)))
            .collect();
        for run in LOADS.iter().filter(|run| **run != "r0" || is_rated(scenario)) {
            let (load, seen) = (of(&format!("{run} {at}")), server.seen(run, at));
            count += seen.iterations.len();
            let kind_of = |iteration: usize| if *run == "r0" { 0 } else { iteration % KINDS };
            if let Err(different) = outcome::compare(load, &seen, &tests, &kind_of, *run == "r0") {
                found.push(format!("seed {seed}, {run} {at}: {different}\n{}", scenario.lines.join("\n")));
            }
        }
        if let Err(different) = server.cookies_are_the_same(at) {
            found.push(format!("seed {seed}, scenario {at}: {different}"));
        }
    }
    if found.is_empty() { Ok(count) } else { Err(found) }
}
