//! The journal: what a run has learned is known, whenever and however it ends.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::{Child, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use e2e_dsl::trace;
use rand::{RngExt as _, SeedableRng as _};
use serde_json::Value as Json;

use super::harness::{DEMO, Done, Test};
use super::servers::{answer, head, serve};

/// Four suites of ten tests each; of every ten, the seventh doesn't hold.
fn forty() -> String {
    let mut spec = "environment local default { peer = variable(\"PEER\") }\n".to_owned();
    for suite in 0..4 {
        spec += &format!("suite \"S{suite}\" {{\n  at risk $1K MRR\n");
        for test in 0..10 {
            let status = if test == 7 { 201 } else { 200 };
            spec += &format!(
                "  test \"t{suite}{test}\" {{ GET {{{{env.peer}}}}/{suite}{test} {{ expect status {status} }} }}\n"
            );
        }
        spec += "}\n";
    }
    spec
}

/// Answers each request after a little while.
fn unhurried() -> String {
    serve(|stream| {
        head(stream);
        std::thread::sleep(Duration::from_millis(8));
        let _ = std::io::Write::write_all(stream, &answer("", b"{}"));
    })
}

fn validator() -> jsonschema::Validator {
    let schema: Json = serde_json::from_str(include_str!("../docs/test_results.schema.json")).unwrap();
    jsonschema::validator_for(&schema).unwrap()
}

fn assert_valid(validator: &jsonschema::Validator, report: &Json) {
    let errors: Vec<String> =
        validator.iter_errors(report).map(|error| format!("{}: {error}", error.instance_path())).collect();
    assert!(errors.is_empty(), "{errors:#?}");
}

/// Outcomes by the names of the tests.
fn outcomes(report: &Json) -> BTreeMap<String, String> {
    let text = |value: &Json| value.as_str().unwrap().to_owned();
    report["tests"].as_array().unwrap().iter().map(|test| (text(&test["name"]), text(&test["outcome"]))).collect()
}

/// What the whole lines of a journal say of tests that ended.
fn written(journal: &[u8]) -> BTreeMap<String, String> {
    let whole = journal.split_inclusive(|byte| *byte == b'\n').filter(|line| line.ends_with(b"\n"));
    let lines = whole.map(|line| serde_json::from_slice::<Json>(line).unwrap());
    lines
        .filter_map(|line| {
            let test = line.get("test_ended")?;
            Some((test["name"].as_str().unwrap().to_owned(), test["outcome"].as_str().unwrap().to_owned()))
        })
        .collect()
}

/// What the lines on standard output say of tests that ended.
fn printed(out: &str) -> BTreeMap<String, String> {
    let lines = out.split_inclusive('\n').filter(|line| line.ends_with('\n'));
    lines
        .filter_map(|line| {
            let (before, name) = line.trim_end().split_once(" › ")?;
            let outcome = match before.split_whitespace().next()? {
                "ok" => "passed",
                "FAIL" => "failed",
                _ => return None,
            };
            Some((name.to_owned(), outcome.to_owned()))
        })
        .collect()
}

/// Waits until the journal tells of so many tests that ended; `false` when the run is over before.
fn wait_for(child: &mut Child, journal: &Path, ended: usize) -> bool {
    loop {
        let lines = std::fs::read(journal).map(|bytes| written(&bytes).len()).unwrap_or(0);
        if lines >= ended {
            return true;
        }
        if child.try_wait().unwrap().is_some() {
            return false;
        }
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// `report --from-journal` in the folder where a run was killed.
fn reported(folder: &Path) -> (Option<i32>, Json) {
    let mut command = Test::new().args(["report", "--from-journal", "--report", "json=r.json"]).command();
    let done = command.current_dir(folder).output().unwrap();
    let text = std::fs::read_to_string(folder.join("r.json"));
    assert!(text.is_ok(), "{}", String::from_utf8_lossy(&done.stderr));
    let text = text.unwrap();
    (done.status.code(), serde_json::from_str(&text).unwrap())
}

#[test]
fn a_run_that_is_killed_leaves_a_report_of_all_that_had_ended() {
    let (validator, peer, spec) = (validator(), unhurried(), forty());
    let mut random = rand::rngs::StdRng::seed_from_u64(9);
    for round in 0..10 {
        let test = Test::new().file("a.e2e", &spec).variable("PEER", &peer).args(["run", "a.e2e", "--jobs", "2"]);
        let out = std::fs::File::create(test.path("out")).unwrap();
        let mut child = test.command().stdout(out).stderr(Stdio::null()).spawn().unwrap();
        // One in each tenth of the run, and within it at any moment.
        let journal = test.path("test_results.journal");
        wait_for(&mut child, &journal, round * 4 + random.random_range(0..4));
        std::thread::sleep(Duration::from_micros(random.random_range(0..8_000)));
        let _ = child.kill();
        child.wait().unwrap();
        let Ok(left) = std::fs::read(&journal) else {
            // Killed before anything was begun.
            assert_eq!(round, 0);
            continue;
        };
        let (code, report) = reported(test.path("").as_path());
        assert_valid(&validator, &report);
        let over = left.ends_with(b"}}\n") && String::from_utf8_lossy(&left).contains("{\"ended\":");
        assert_eq!(code, Some(if over { 1 } else { 130 }), "round {round}");
        assert_eq!(report["run"]["interrupted"], !over);
        let (found, written) = (outcomes(&report), written(&left));
        let printed = printed(&std::fs::read_to_string(test.path("out")).unwrap());
        assert_eq!(found.len(), 40);
        for (name, outcome) in written.iter().chain(&printed) {
            assert_eq!(found.get(name), Some(outcome), "round {round}: {name}");
        }
        for test in report["tests"].as_array().unwrap() {
            if written.contains_key(test["name"].as_str().unwrap()) {
                assert_eq!(test["exchanges"][0]["status"], 200, "{test}");
            } else {
                assert_eq!(test["outcome"], "not_run", "{test}");
                assert!(test["reason"].as_str().unwrap().contains("cut off"), "{test}");
            }
        }
    }
}

/// A run with a test of each usual outcome, and its journal.
fn small() -> (Done, Vec<u8>) {
    let spec = format!(
        "{DEMO}suite \"S\" {{\n  at risk $2K MRR\n  \
         test \"holds\" {{ GET {{{{env.api}}}}/health {{ expect status 200 }} }}\n  \
         test \"fails\" {{ GET {{{{env.api}}}}/health {{ expect status 201 }} }}\n  \
         test \"is skipped\" {{ skip when env.api exists because \"it is told\"; GET {{{{env.api}}}}/health {{ expect status 200 }} }}\n  \
         test \"errs\" {{ GET http://127.0.0.1:1/ {{ expect status 200 }} }}\n}}\n"
    );
    let done = Test::new().file("a.e2e", &spec).args(["run", "a.e2e"]).code(1);
    let journal = std::fs::read(done.path("test_results.journal")).unwrap();
    (done, journal)
}

#[test]
fn a_journal_that_ended_says_what_the_report_says() {
    let (done, _) = small();
    let (code, report) = reported(done.folder.path());
    assert_eq!(code, Some(1));
    assert_eq!(report, done.json());
}

#[test]
fn a_journal_that_is_cut_anywhere_is_read_to_its_last_whole_line() {
    let (_, journal) = small();
    let header = journal.iter().position(|byte| *byte == b'\n').unwrap();
    let ends: Vec<usize> = (0..journal.len() - 1).filter(|at| journal[*at] == b'\n').collect();
    let last_two = ends[ends.len() - 2] + 1;
    let mut random = rand::rngs::StdRng::seed_from_u64(10);
    let anywhere: Vec<usize> = (0..200).map(|_| random.random_range(header..journal.len())).collect();
    let validator = validator();
    for at in (last_two..=journal.len()).chain(anywhere) {
        let cut = &journal[..at];
        let reading = trace::read(cut).unwrap();
        assert!(reading.unread.is_empty(), "cut at {at}: {:?}", reading.unread);
        let report = serde_json::to_value(&reading.report).unwrap();
        let mut known = written(cut);
        // A line may be whole without its end.
        if let Some(line) =
            cut.rsplit(|byte| *byte == b'\n').next().filter(|line| serde_json::from_slice::<Json>(line).is_ok())
        {
            known.extend(written(&[line, b"\n"].concat()));
        }
        let found = outcomes(&report);
        assert_eq!(found.len(), 4, "cut at {at}");
        for (name, outcome) in &found {
            assert_eq!(outcome, known.get(name).map_or("not_run", String::as_str), "cut at {at}: {name}");
        }
        if at % 97 == 0 {
            assert_valid(&validator, &report);
        }
    }
    for _ in 0..50 {
        assert!(trace::read(&journal[..random.random_range(0..header)]).is_err());
    }
}

#[test]
fn a_line_of_nonsense_is_told_and_passed_over() {
    let (done, journal) = small();
    let mut lines: Vec<&[u8]> = journal.split_inclusive(|byte| *byte == b'\n').collect();
    lines.insert(2, b"\xff{\"test_ended\": nonsense\n");
    std::fs::write(done.path("b.journal"), lines.concat()).unwrap();
    let again = Test::new().args(["report", "--from-journal", "b.journal", "--report", "json=r.json"]);
    let output = again.command().current_dir(done.folder.path()).output().unwrap();
    let err = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{err}");
    assert!(err.contains("line 3 of the journal `b.journal` can't be understood"), "{err}");
    assert_eq!(serde_json::from_str::<Json>(&done.read("r.json")).unwrap(), done.json());
}

#[test]
fn what_is_no_journal_is_refused_in_words() {
    Test::new().args(["report", "--from-journal"]).code(2).err("e2e::cli::journal").err("can't be read");
    let test = Test::new().file("x", "{}\n").args(["report", "--from-journal", "x"]);
    test.code(2).err("isn't a journal of a run");
    let (done, journal) = small();
    let later = String::from_utf8(journal).unwrap().replacen("\"schema\":1", "\"schema\":99", 1);
    std::fs::write(done.path("later"), later).unwrap();
    let mut command = Test::new().args(["report", "--from-journal", "later"]).command();
    let output = command.current_dir(done.folder.path()).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("later version"));
}

const HEALTHY: &str = "suite \"S\" {\n  test \"a\" { GET {{env.api}}/health { expect status 200 } }\n  test \"b\" { GET {{env.api}}/health { expect status 200 } }\n}\n";

#[test]
fn a_journal_that_cannot_be_written_is_told_once_and_hinders_nothing() {
    let healthy = || Test::new().file("a.e2e", &format!("{DEMO}{HEALTHY}"));
    for path in ["a.e2e/x.journal", "/dev/full"] {
        let done = healthy().args(["run", "a.e2e", "--report", &format!("journal={path}")]).code(0).out("2 passed");
        assert_eq!(done.out.matches("e2e::cli::journal").count(), 1, "{}", done.out);
        assert!(done.path("test_results.json").exists());
    }
    let done = healthy().args(["run", "a.e2e", "--report", "none"]).code(0);
    assert!(!done.path("test_results.journal").exists());
}

#[test]
fn no_secret_stands_in_a_journal() {
    let spec = "environment local default { peer = variable(\"PEER\")\n token = secret(\"TOKEN\") }\n\
                suite \"S\" { test \"t\" { GET {{env.peer}}/ { bearer env.token; expect $.said == \"x\" } } }\n";
    let peer = super::servers::fixed(answer("", b"{\"said\": \"s3cret-of-many-letters\"}"));
    let test = Test::new().file("a.e2e", spec).variable("PEER", &peer).variable("TOKEN", "s3cret-of-many-letters");
    let done = test.args(["run", "a.e2e"]).code(1);
    let journal = done.read("test_results.journal");
    assert!(journal.contains("***") && !journal.contains("s3cret-of"), "{journal}");
}

/// Runs in the folder of an earlier run.
fn again(folder: &Path, args: &[&str], peer: Option<&str>) -> (Option<i32>, String, String) {
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
        assert!(out.contains("running again 2 tests that did not hold"), "{out}");
        assert_eq!(outcomes(&report("r.json")).keys().map(String::as_str).collect::<Vec<_>>(), ["errs", "fails"]);
    }
    // One of them is mended, the other one is gone.
    let spec = std::fs::read_to_string(folder.join("a.e2e")).unwrap().replace("status 201", "status 200");
    let spec: Vec<&str> = spec.lines().filter(|line| !line.contains("\"errs\"")).collect();
    std::fs::write(folder.join("a.e2e"), spec.join("\n") + "\n").unwrap();
    let (code, out, _) = again(folder, &["run", "a.e2e", "--rerun-failed"], None);
    assert_eq!(code, Some(0), "{out}");
    assert!(out.contains("2 tests that did not hold in `test_results.journal`, 1 of which isn't there"), "{out}");
    // Its journal is the last one now, and all of it held: to run nothing is no success.
    let (code, _, err) = again(folder, &["run", "a.e2e", "--rerun-failed"], None);
    assert_eq!(code, Some(4), "{err}");
    assert!(err.contains("nothing was run"), "{err}");
    let (code, _, err) = again(folder, &["run", "a.e2e", "--rerun-failed=nowhere"], None);
    assert_eq!(code, Some(2));
    assert!(err.contains("e2e::cli::journal"), "{err}");
}

/// Holds the requests that it is told to hold, and says what it is asked for.
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
            let _ = std::io::Write::write_all(stream, &answer("", b"{}"));
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
fn what_a_damaged_journal_says_of_times_stays_a_time() {
    let (_, journal) = small();
    let text = String::from_utf8(journal).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let number = regex::Regex::new(r#""(started_ms|duration_ms|total|at_ms|amount)":[0-9.]+"#).unwrap();
    for value in ["1.7e308", "-1.7e308", "1.8e22", "18446744073709551615"] {
        let mut lines = text.lines();
        let first = lines.next().unwrap().to_owned();
        let rest: Vec<String> =
            lines.map(|line| number.replace_all(line, format!("\"$1\":{value}")).into_owned()).collect();
        std::fs::write(folder.path().join("test_results.journal"), format!("{first}\n{}\n", rest.join("\n"))).unwrap();
        let (code, report) = reported(folder.path());
        assert!(code.is_some_and(|code| code != 101), "{value}");
        std::fs::write(folder.path().join("again.json"), report.to_string()).unwrap();
        let (code, out, err) = again(folder.path(), &["report", "again.json"], None);
        assert_ne!(code, Some(2), "{value}: {out}{err}");
    }
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
    let hooks_told = || {
        let text = std::fs::read_to_string(&journal).unwrap_or_default();
        text.lines().filter(|line| line.starts_with("{\"problem\"")).count() == 2
    };
    while !hooks_told() {
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
    // The one that was done again tells its problem once.
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
    // "two" is mended.
    std::fs::write(folder.path().join("a.e2e"), spec.replace("status 201", "status 200")).unwrap();
    let (code, out, _) =
        again(folder.path(), &["run", "a.e2e", "--plan", "release", "--rerun-failed"], Some(&gate.url));
    assert_eq!(code, Some(0), "{out}");
    assert!(out.contains("READY  1 test "), "{out}");
}
