//! Drawn specs against servers on real sockets that stall, reset, close and break off: what was recorded is judged again as it was.

pub mod chance;
pub mod frames;
pub mod server;
mod spec;

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::Duration;

use serde_json::Value as Json;

use self::chance::{Chance, try_each};
use self::server::Server;
use super::harness::Test;
use super::masking::unpacked;
use super::trace::replayed;

/// How many runs are tried each time; `REPLAY_SERVERS=100` tries as many, and `REPLAY_SERVERS_FROM=40` begins with another one.
const RUNS: u64 = 6;
/// How many runs go on at once: most of the time they wait.
const AT_ONCE: usize = 3;
const TOKEN: &str = "tok_live_5d41402abc4b";
const KEY: &str = "sk-9f8e7d6c5b4a";

/// What came of runs and of judging them again.
#[derive(Default)]
struct Found {
    tests: usize,
    /// By their outcomes.
    outcomes: BTreeMap<String, usize>,
    undecided: Vec<String>,
    different: Vec<String>,
}

/// A number that is set for it by hand.
pub fn number(variable: &str, otherwise: u64) -> u64 {
    std::env::var(variable).ok().and_then(|many| many.parse().ok()).unwrap_or(otherwise)
}

#[test]
fn runs_against_servers_that_stall_reset_and_close_are_judged_again_as_they_were() {
    let from = number("REPLAY_SERVERS_FROM", 0);
    let until = from + number("REPLAY_SERVERS", RUNS);
    let found = Mutex::new(Found::default());
    try_each(from..until, AT_ONCE, |seed| one(seed, &found));
    let Found { tests, outcomes, undecided, different } = found.into_inner().unwrap();
    println!("{} runs, {tests} tests, {outcomes:?}, of which {} are undecided", until - from, undecided.len());
    undecided.iter().for_each(|one| println!("undecided: {one}"));
    assert!(different.is_empty(), "{} are judged otherwise:\n{}", different.len(), different.join("\n"));
    assert!(undecided.len() * 10 <= tests, "{undecided:?}");
}

/// Runs a spec, judges it again, and compares.
fn one(seed: u64, found: &Mutex<Found>) {
    let chance = Chance::new(seed, "options");
    let server = Server::start(seed, TOKEN);
    let spec = spec::spec(seed, &server.address);
    let jobs = chance.one(&["1", "4", "12"]);
    let args = ["run", "a.e2e", "--jobs", jobs, "--trace", "r.trace", "--report", "none", "--report", "json=r.json"];
    let mut test = Test::new().file("a.e2e", &spec).variable("KEY", KEY).args(args);
    if chance.below(8) == 0 {
        test = test.args(["--fail-fast"]);
    }
    let file = |name| std::fs::File::create(test.path(name)).unwrap();
    let mut child = test.command().stdout(file("out")).stderr(file("err")).spawn().unwrap();
    // Some are stopped at one of their requests, as by Ctrl-C.
    #[cfg(unix)]
    if chance.below(5) == 0 {
        let nth = 1 + chance.below(20) as u64;
        let (mut seen, mut ended) = (0, false);
        while seen < nth && !ended {
            match server.requests.recv_timeout(Duration::from_millis(50)) {
                Ok(request) => seen = request,
                Err(_) => ended = child.try_wait().unwrap().is_some(),
            }
        }
        if !ended {
            let _ =
                rustix::process::kill_process(rustix::process::Pid::from_child(&child), rustix::process::Signal::INT);
        }
    }
    let code = child.wait().unwrap().code();
    let said = ["out", "err"].map(|name| std::fs::read_to_string(test.path(name)).unwrap()).concat();
    if !matches!(code, Some(0 | 1 | 3 | 4 | 130)) {
        return found.lock().unwrap().different.push(format!("seed {seed} isn't run: {said}\n{spec}"));
    }
    let trace = unpacked(&test.path("r.trace"));
    if let Some(line) = trace.lines().find(|line| line.contains(TOKEN) || line.contains(KEY)) {
        found.lock().unwrap().different.push(format!("seed {seed}: a secret is in the trace: {line}\n{spec}"));
    }
    let folder = test.path("");
    let was: Json = serde_json::from_str(&std::fs::read_to_string(test.path("r.json")).unwrap()).unwrap();
    let (_, _, now) = replayed(&folder, &[]);
    let (mut undecided, mut outcomes) = (Vec::new(), Vec::new());
    let different = differences(&was, &now, &mut undecided, &mut outcomes);
    let mut found = found.lock().unwrap();
    found.tests += outcomes.len();
    outcomes.into_iter().for_each(|outcome| *found.outcomes.entry(outcome).or_default() += 1);
    found.undecided.extend(undecided.into_iter().map(|one| format!("{seed} {one}")));
    if let Some(different) = different {
        let kept = std::env::temp_dir().join(format!("replay-servers-{seed}"));
        let _ = std::fs::remove_dir_all(&kept);
        let _ = std::fs::create_dir_all(&kept);
        for file in ["a.e2e", "r.trace", "r.json", "again.json"] {
            let _ = std::fs::copy(test.path(file), kept.join(file));
        }
        found.different.push(format!("seed {seed}, kept in {}: {different}", kept.display()));
    }
}

/// What a report and that of the replay have differently, apart from tests that can't be judged again.
fn differences(was: &Json, now: &Json, undecided: &mut Vec<String>, outcomes: &mut Vec<String>) -> Option<String> {
    let tests = |report: &Json| report["tests"].as_array().cloned().unwrap_or_default();
    let (mut was, mut now) = (was.clone(), now.clone());
    let (tests_were, tests_are) = (tests(&was), tests(&now));
    if tests_were.len() != tests_are.len() {
        return Some(format!("{} tests are {}", tests_were.len(), tests_are.len()));
    }
    for (was, now) in tests_were.iter().zip(&tests_are) {
        outcomes.push(was["outcome"].as_str().unwrap_or_default().to_owned());
        if now["outcome"] == "undecided" {
            let reason = now["reason"].as_str().unwrap_or_default();
            let is_named = reason.contains("turned out to be a secret when it had ended")
                || reason.contains("depends on a secret") && shows_a_part(was);
            if !is_named {
                return Some(format!("{} is undecided without a reason: {reason}", now["name"]));
            }
            undecided.push(format!("{}: {reason}", now["name"]));
        } else if was != now {
            return Some(difference(was, now));
        }
    }
    if !undecided.is_empty() {
        // What is judged of all tests together is another matter then.
        for report in [&mut was, &mut now] {
            for part in ["tests", "summary", "verdict", "causes", "gates", "phases"] {
                report[part].take();
            }
        }
    }
    (was != now).then(|| difference(&was, &now))
}

/// Whether a report shows a part of the token, which came in two frames, or what it is a part of: a longer text that is a secret as a whole.
fn shows_a_part(test: &Json) -> bool {
    let (text, (first, second)) = (test.to_string(), TOKEN.split_at(TOKEN.len() / 2));
    [first, second, "of ***"].iter().any(|part| text.contains(part))
}

pub fn difference(was: &Json, now: &Json) -> String {
    let text = |json: &Json| serde_json::to_string_pretty(json).unwrap();
    let (was, now) = (text(was), text(now));
    similar::TextDiff::from_lines(&was, &now).unified_diff().to_string()
}
