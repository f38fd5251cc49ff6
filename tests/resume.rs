//! What a journal is good for: to run again what did not pass, and to go on with a run that was cut off.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Stdio;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::Value as Json;

use super::harness::Test;
use super::journal::{assert_valid, outcomes, reported, small, validator};
use super::servers::{head, response, serve};

/// Runs in the folder of an earlier run.
pub fn again(folder: &Path, args: &[&str], peer: Option<&str>) -> (Option<i32>, String, String) {
    let mut test = Test::new().args(args.iter().copied());
    if let Some(peer) = peer {
        test = test.variable("PEER", peer);
    }
    let output = test.command().current_dir(folder).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

#[test]
fn only_what_did_not_hold_is_run_again() {
    let (done, _) = small();
    let folder = done.folder.path();
    let report =
        |name: &str| serde_json::from_str::<Json>(&std::fs::read_to_string(folder.join(name)).unwrap()).unwrap();
    for from in ["--rerun-failed", "--rerun-failed=test_results.json"] {
        let args = ["run", "a.e2e", from, "--report", "json=r.json", "--report", "journal=r.journal"];
        let (code, out, _) = again(folder, &args, None);
        assert_eq!(code, Some(1), "{out}");
        assert!(out.contains("running again 2 tests that did not pass"), "{out}");
        assert_eq!(outcomes(&report("r.json")).keys().map(String::as_str).collect::<Vec<_>>(), ["errs", "fails"]);
    }
    // One of them is fixed, the other one is gone.
    let spec = std::fs::read_to_string(folder.join("a.e2e")).unwrap().replace("status 201", "status 200");
    let spec: Vec<&str> = spec.lines().filter(|line| !line.contains("\"errs\"")).collect();
    std::fs::write(folder.join("a.e2e"), spec.join("\n") + "\n").unwrap();
    let (code, out, _) = again(folder, &["run", "a.e2e", "--rerun-failed"], None);
    assert_eq!(code, Some(0), "{out}");
    assert!(out.contains("2 tests that did not pass in `test_results.journal`, 1 of which isn't there"), "{out}");
    // Its journal is the last one now, and all of it held: to run nothing is no success.
    let (code, _, err) = again(folder, &["run", "a.e2e", "--rerun-failed"], None);
    assert_eq!(code, Some(4), "{err}");
    assert!(err.contains("nothing was run"), "{err}");
    let (code, _, err) = again(folder, &["run", "a.e2e", "--rerun-failed=nowhere"], None);
    assert_eq!(code, Some(2));
    assert!(err.contains("e2e::cli::journal"), "{err}");
}

/// Holds the requests that it is to hold, and says what it is asked for.
struct Gate {
    url: String,
    held: Arc<Mutex<BTreeSet<String>>>,
    asked: Receiver<String>,
    open: Arc<AtomicBool>,
}

impl Gate {
    fn new() -> Self {
        let (held, open) = (Arc::new(Mutex::new(BTreeSet::<String>::new())), Arc::new(AtomicBool::new(true)));
        let (sender, asked) = channel();
        let (holds, is_open) = (held.clone(), open.clone());
        let url = serve(move |stream| {
            let path = head(stream).split(' ').nth(1).unwrap_or_default().to_owned();
            let _ = sender.send(path.clone());
            if holds.lock().unwrap().contains(&path) && is_open.load(Ordering::SeqCst) {
                // Until the other side is gone.
                let _ = std::io::Read::read_to_end(stream, &mut Vec::new());
            }
            let _ = std::io::Write::write_all(stream, &response("", b"{}"));
        });
        Self { url, held, asked, open }
    }

    /// Runs until a request is held, and kills the run: what it had asked for before.
    fn killed_at(&self, folder: &Path, args: &[&str], path: &str) -> Vec<String> {
        self.held.lock().unwrap().insert(path.to_owned());
        let test = Test::new().args(args.iter().copied()).variable("PEER", &self.url);
        let mut child = test.command().current_dir(folder).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let mut before = Vec::new();
        for asked in self.asked.iter() {
            if asked == path {
                break;
            }
            before.push(asked);
        }
        child.kill().unwrap();
        child.wait().unwrap();
        self.held.lock().unwrap().clear();
        before
    }
}

const FIVE: &str = r#"environment local default { peer = variable("PEER") }
suite "S" {
  test "one" { GET {{env.peer}}/1 { expect status 200 } }
  test "two" { GET {{env.peer}}/2 { expect status 201 } }
  test "three" { GET {{env.peer}}/3 { expect status 200 } }
  test "four" { GET {{env.peer}}/4 { expect status 200 } }
  test "five" { GET {{env.peer}}/5 { expect status 200 } }
}
"#;

#[test]
fn an_interrupted_run_is_gone_on_with_as_often_as_it_takes() {
    let gate = Gate::new();
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("a.e2e"), FIVE).unwrap();
    assert_eq!(gate.killed_at(folder.path(), &["run", "a.e2e", "--seed", "5"], "/3"), ["/1", "/2"]);
    // What failed is run again, what held isn't.
    assert_eq!(gate.killed_at(folder.path(), &["run", "a.e2e", "--resume"], "/4"), ["/2", "/3"]);
    let (code, report) = reported(folder.path());
    assert_eq!(code, Some(130));
    let found = outcomes(&report);
    let found: Vec<&str> = ["one", "two", "three", "four", "five"].map(|name| found[name].as_str()).to_vec();
    assert_eq!(found, ["passed", "failed", "passed", "not_run", "not_run"]);
    let (code, out, _) = again(folder.path(), &["run", "a.e2e", "--resume"], Some(&gate.url));
    assert_eq!(code, Some(1), "{out}");
    assert!(out.contains("2 tests are done, 3 to go"), "{out}");
    assert_eq!(gate.asked.try_iter().collect::<Vec<_>>(), ["/2", "/4", "/5"]);
    let text = std::fs::read_to_string(folder.path().join("test_results.json")).unwrap();
    let report: Json = serde_json::from_str(&text).unwrap();
    assert_valid(&validator(), &report);
    assert_eq!(report["run"]["interrupted"], false);
    assert_eq!(report["run"]["seed"], 5);
    let names: Vec<&str> =
        report["tests"].as_array().unwrap().iter().map(|test| test["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["one", "two", "three", "four", "five"]);
    assert_eq!(report["summary"]["passed"], 4);
    assert_eq!(report["summary"]["failed"], 1);
    assert!(report["tests"].as_array().unwrap().iter().all(|test| test["exchanges"][0]["status"] == 200));
    // Each part begins where the one before it was cut off.
    let starts: Vec<f64> = [0, 2, 3].map(|at| report["tests"][at]["started_ms"].as_f64().unwrap()).to_vec();
    assert!(starts.windows(2).all(|pair| pair[0] <= pair[1]), "{starts:?}");
    let (_, from_journal) = reported(folder.path());
    assert_eq!(from_journal, report);
    let (code, _, err) = again(folder.path(), &["run", "a.e2e", "--resume"], Some(&gate.url));
    assert_eq!(code, Some(2));
    assert!(err.contains("it came to its end"), "{err}");
}

/// A whole run in which "two" and "four" fail, and one of these again that is killed at the second of them.
fn cut_off_rerun(gate: &Gate, folder: &Path, spec: &str) {
    std::fs::write(folder.join("a.e2e"), spec).unwrap();
    let (code, out, _) = again(folder, &["run", "a.e2e"], Some(&gate.url));
    assert_eq!(code, Some(1), "{out}");
    gate.asked.try_iter().count();
    assert_eq!(gate.killed_at(folder, &["run", "a.e2e", "--rerun-failed"], "/4"), ["/2"]);
}

#[test]
fn a_part_of_a_run_is_gone_on_with_as_that_part() {
    let gate = Gate::new();
    let folder = tempfile::tempdir().unwrap();
    let spec = FIVE.replace("/4 { expect status 200 }", "/4 { expect status 202 }");
    cut_off_rerun(&gate, folder.path(), &spec);
    let (code, out, _) = again(folder.path(), &["run", "a.e2e", "--resume"], Some(&gate.url));
    assert_eq!(code, Some(1), "{out}");
    assert_eq!(gate.asked.try_iter().collect::<Vec<_>>(), ["/2", "/4"], "the others weren't to be run again");
    let report: Json =
        serde_json::from_str(&std::fs::read_to_string(folder.path().join("test_results.json")).unwrap()).unwrap();
    assert_eq!(report["verdict"]["state"], "NOT READY");
    assert_eq!(report["summary"]["failed"], 2);
}

#[test]
fn a_budget_is_that_of_both_parts() {
    let gate = Gate::new();
    let folder = tempfile::tempdir().unwrap();
    let plan = "plan p { phase \"All\" { run everything not run; budget 2s; gate success > 10% } }\n";
    let slow = FIVE
        .replace("test \"two\" {", "test \"two\" { wait 1500ms;")
        .replace("test \"five\" {", "test \"five\" { wait 1500ms;");
    std::fs::write(folder.path().join("a.e2e"), slow.replace("status 201", "status 200") + plan).unwrap();
    gate.killed_at(folder.path(), &["run", "a.e2e", "--plan", "p"], "/3");
    let (code, out, _) = again(folder.path(), &["run", "a.e2e", "--plan", "p", "--resume"], Some(&gate.url));
    assert_eq!(code, Some(1), "{out}");
    assert!(out.contains("phase \"All\" used up its budget of 2s"), "{out}");
    let report: Json =
        serde_json::from_str(&std::fs::read_to_string(folder.path().join("test_results.json")).unwrap()).unwrap();
    let phase = &report["phases"][0];
    assert_eq!(phase["over_budget"], true);
    let parts = phase["parts"].as_array().unwrap();
    let sum: f64 = parts.iter().map(|part| part["duration_ms"].as_f64().unwrap()).sum();
    assert!(parts.len() == 2 && (sum - phase["duration_ms"].as_f64().unwrap()).abs() < 1.0, "{phase:#}");
    assert_valid(&validator(), &report);
}

#[test]
fn a_secret_in_a_tests_name_disjoins_nothing() {
    let gate = Gate::new();
    let folder = tempfile::tempdir().unwrap();
    let spec = FIVE
        .replace("test \"two\" {", "test \"admin\" {")
        .replace("GET {{env.peer}}/1 {", "GET {{env.peer}}/1 { cookie role: \"admin\";");
    std::fs::write(folder.path().join("a.e2e"), spec.replace("status 201", "status 200")).unwrap();
    gate.killed_at(folder.path(), &["run", "a.e2e"], "/3");
    let (_, cut) = reported(folder.path());
    assert_eq!((&cut["summary"]["passed"], &cut["summary"]["total"]), (&2.into(), &5.into()), "{:#}", cut["summary"]);
    let (code, out, _) = again(folder.path(), &["run", "a.e2e", "--resume"], Some(&gate.url));
    assert_eq!(code, Some(0), "{out}");
    assert!(out.contains("2 tests are done, 3 to go"), "{out}");
}

#[test]
fn another_run_is_not_gone_on_with() {
    let gate = Gate::new();
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("a.e2e"), FIVE).unwrap();
    gate.killed_at(folder.path(), &["run", "a.e2e"], "/3");
    let refused = |args: &[&str], part: &str| {
        let (code, _, err) = again(folder.path(), args, Some(&gate.url));
        assert_eq!(code, Some(2), "{args:?}: {err}");
        assert!(err.contains("e2e::cli::journal") && err.contains(part), "{args:?}: {err}");
    };
    refused(&["run", "a.e2e", "--resume", "-k", "one"], "are others now");
    refused(&["run", "a.e2e", "--resume", "--shard", "1/2"], "it was the whole run");
    std::fs::write(folder.path().join("a.e2e"), FIVE.replace("status 201", "status 200")).unwrap();
    refused(&["run", "a.e2e", "--resume"], "are others now");
    assert_eq!(gate.asked.try_iter().count(), 0, "something was sent");
    std::fs::write(folder.path().join("a.e2e"), FIVE).unwrap();
    gate.open.store(false, Ordering::SeqCst);
    let (code, ..) = again(folder.path(), &["run", "a.e2e", "--resume"], Some(&gate.url));
    assert_eq!(code, Some(1));
}

#[test]
fn a_plan_is_gone_on_with_phase_by_phase() {
    let gate = Gate::new();
    let folder = tempfile::tempdir().unwrap();
    let plan = "plan release {\n  phase \"First\" { run tags early; gate success > 40% }\n  \
                phase \"Then\" { run everything not run; gate success > 90% }\n  phase \"Again\" { run tags early; gate success > 40% }\n}\n";
    let spec = FIVE
        .replace("test \"one\" {", "test \"one\" { tags early;")
        .replace("test \"two\" {", "test \"two\" { tags early;");
    std::fs::write(folder.path().join("a.e2e"), spec + plan).unwrap();
    gate.killed_at(folder.path(), &["run", "a.e2e", "--plan", "release"], "/4");
    let (code, report) = reported(folder.path());
    assert_eq!(code, Some(130));
    assert_valid(&validator(), &report);
    let states = |report: &Json| -> Vec<String> {
        report["phases"].as_array().unwrap().iter().map(|phase| phase["state"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(states(&report), ["passed", "stopped", "not_run"]);
    assert_eq!(report["phases"][1]["stopped"], "the run was cut off");
    assert_eq!(report["verdict"]["state"], "ABORTED");
    let (code, out, _) = again(folder.path(), &["run", "a.e2e", "--plan", "release", "--resume"], Some(&gate.url));
    assert!(out.contains("2 tests are done, 3 to go"), "{out}");
    let report: Json =
        serde_json::from_str(&std::fs::read_to_string(folder.path().join("test_results.json")).unwrap()).unwrap();
    assert_eq!(states(&report), ["passed", "passed", "passed"], "{out}");
    // "two" fails in the second part as it did in the first, within what the gates allow.
    assert_eq!(report["verdict"]["state"], "DEGRADED");
    assert_eq!(code, Some(1));
    assert_eq!(report["phases"][1]["gates"][0]["basis"], "3 of 3 tests");
    assert_eq!(reported(folder.path()).1, report);
}

#[test]
fn what_a_hook_did_wrong_is_forgotten_only_when_it_is_done_again() {
    let gate = Gate::new();
    let folder = tempfile::tempdir().unwrap();
    // "Early" ends with a hook that fails, "Late" begins with one that fails the first time.
    let spec = r#"environment local default { peer = variable("PEER") }
suite "Early" {
  after all { GET {{env.peer}}/after { expect status 201 } }
  test "one" { GET {{env.peer}}/1 { expect status 200 } }
}
suite "Late" {
  before all { GET {{env.peer}}/before { expect status 201 } }
  test "two" { GET {{env.peer}}/2 { expect status 200 } }
}
suite "Last" { test "three" { GET {{env.peer}}/3 { expect status 200 } } }
"#;
    std::fs::write(folder.path().join("a.e2e"), spec).unwrap();
    gate.held.lock().unwrap().insert("/3".to_owned());
    let test = Test::new().args(["run", "a.e2e"]).variable("PEER", &gate.url);
    let mut child = test.command().current_dir(folder.path()).stdout(Stdio::null()).spawn().unwrap();
    let journal = folder.path().join("test_results.journal");
    let hooks_reported = || {
        let text = std::fs::read_to_string(&journal).unwrap_or_default();
        text.lines().filter(|line| line.starts_with("{\"problem\"")).count() == 2
    };
    while !hooks_reported() {
        assert!(child.try_wait().unwrap().is_none(), "the run is over");
        std::thread::sleep(Duration::from_millis(1));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    gate.held.lock().unwrap().clear();
    let (_, report) = reported(folder.path());
    assert_eq!(report["diagnostics"].as_array().unwrap().len(), 2);
    gate.asked.try_iter().for_each(drop);
    let (code, out, _) = again(folder.path(), &["run", "a.e2e", "--resume"], Some(&gate.url));
    assert_eq!(code, Some(1), "{out}");
    let asked: BTreeSet<String> = gate.asked.try_iter().collect();
    assert_eq!(asked.iter().map(String::as_str).collect::<Vec<_>>(), ["/3", "/before"]);
    let report: Json =
        serde_json::from_str(&std::fs::read_to_string(folder.path().join("test_results.json")).unwrap()).unwrap();
    // The one that was done again reports its problem once.
    assert_eq!(report["diagnostics"].as_array().unwrap().len(), 2, "{}", report["diagnostics"]);
    assert_eq!(report["verdict"]["state"], "NOT READY");
}

#[test]
fn of_a_plan_only_the_phases_with_something_to_run_again_are_judged() {
    let gate = Gate::new();
    let folder = tempfile::tempdir().unwrap();
    let plan = "plan release {\n  phase \"First\" { run tags early; gate success > 90% }\n  \
                phase \"Then\" { run everything not run; gate success > 90% }\n}\n";
    let spec = FIVE.replace("test \"one\" {", "test \"one\" { tags early;") + plan;
    std::fs::write(folder.path().join("a.e2e"), &spec).unwrap();
    let (code, out, _) = again(folder.path(), &["run", "a.e2e", "--plan", "release"], Some(&gate.url));
    assert_eq!(code, Some(1), "{out}");
    // "two" is fixed.
    std::fs::write(folder.path().join("a.e2e"), spec.replace("status 201", "status 200")).unwrap();
    let (code, out, _) =
        again(folder.path(), &["run", "a.e2e", "--plan", "release", "--rerun-failed"], Some(&gate.url));
    assert_eq!(code, Some(0), "{out}");
    assert!(out.contains("READY  1 test "), "{out}");
}
