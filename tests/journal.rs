//! The journal: what a run has learned is known, whenever and however it ends.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Child, Stdio};
use std::time::Duration;

use e2e_dsl::trace;
use rand::{RngExt as _, SeedableRng as _};
use serde_json::Value as Json;

use super::harness::{DEMO, Done, Test};
use super::resume::again;
use super::servers::{head, response, serve};

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
        let _ = std::io::Write::write_all(stream, &response("", b"{}"));
    })
}

pub fn validator() -> jsonschema::Validator {
    let schema: Json = serde_json::from_str(include_str!("../docs/test_results.schema.json")).unwrap();
    jsonschema::validator_for(&schema).unwrap()
}

pub fn assert_valid(validator: &jsonschema::Validator, report: &Json) {
    let errors: Vec<String> =
        validator.iter_errors(report).map(|error| format!("{}: {error}", error.instance_path())).collect();
    assert!(errors.is_empty(), "{errors:#?}");
}

/// Outcomes by the names of the tests.
pub fn outcomes(report: &Json) -> BTreeMap<String, String> {
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

/// Waits until the journal reports on so many tests that ended; `false` when the run is over before.
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
pub fn reported(folder: &Path) -> (Option<i32>, Json) {
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
pub fn small() -> (Done, Vec<u8>) {
    let spec = format!(
        "{DEMO}suite \"S\" {{\n  at risk $2K MRR\n  \
         test \"holds\" {{ GET {{{{env.api}}}}/health {{ expect status 200 }} }}\n  \
         test \"fails\" {{ GET {{{{env.api}}}}/health {{ expect status 201 }} }}\n  \
         test \"is skipped\" {{ skip when env.api exists because \"it is reported\"; GET {{{{env.api}}}}/health {{ expect status 200 }} }}\n  \
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
fn a_line_of_nonsense_is_reported_and_passed_over() {
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
fn a_journal_that_cannot_be_written_is_reported_once_and_hinders_nothing() {
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
fn no_secret_is_in_a_journal() {
    let spec = "environment local default { peer = variable(\"PEER\")\n token = secret(\"TOKEN\") }\n\
                suite \"S\" { test \"t\" { GET {{env.peer}}/ { bearer env.token; expect $.said == \"x\" } } }\n";
    let peer = super::servers::fixed(response("", b"{\"said\": \"s3cret-of-many-letters\"}"));
    let test = Test::new().file("a.e2e", spec).variable("PEER", &peer).variable("TOKEN", "s3cret-of-many-letters");
    let done = test.args(["run", "a.e2e"]).code(1);
    let journal = done.read("test_results.journal");
    assert!(journal.contains("***") && !journal.contains("s3cret-of"), "{journal}");
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
