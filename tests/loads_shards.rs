//! Loads on several machines, and in runs that are cut off or gone on with.

use std::process::Stdio;
use std::time::Duration;

use e2e_dsl::report::model::Report;
use jiff::{SignedDuration, Timestamp};

use super::harness::{DEMO, Done, Test};
use super::journal::reported;
use super::reports::faults;
use super::resume::again;
use super::servers::{head, response, serve};

const LOAD: &str = r#"
load "heavy" {
  users 12 hold 2s
  think 20ms
  scenario { GET {{env.api}}/health { expect status 200 } }
  threshold p95(time) < 2s over last 1s
  threshold throughput > 1/s
  threshold iterations > 20
}
"#;

/// An instant that all shards can be there by.
fn soon() -> String {
    Timestamp::now().checked_add(SignedDuration::from_secs(4)).unwrap().to_string()
}

/// What all shards leave that begin together.
fn shards(of: usize) -> Vec<Vec<u8>> {
    let at = soon();
    let one = |part: usize| {
        let shard = format!("{part}/{of}");
        let args = ["run", "a.e2e", "--shard", &shard, "--start-at", &at, "--report", "blob=b.blob", "--seed", "1"];
        let done = Test::new().file("a.e2e", &format!("{DEMO}{LOAD}")).args(args).code(0);
        let left: Vec<String> = std::fs::read_dir(done.path(""))
            .unwrap()
            .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
            .filter(|name| name.contains(".looks"))
            .collect();
        assert_eq!(left, [""; 0], "what looks were kept in is gone");
        std::fs::read(done.path("b.blob")).unwrap()
    };
    std::thread::scope(|scope| {
        let threads: Vec<_> = (1..=of).map(|part| scope.spawn(move || one(part))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    })
}

fn merged(blobs: &[Vec<u8>], code: i32) -> Done {
    let names: Vec<String> = (1..=blobs.len()).map(|part| format!("{part}.blob")).collect();
    let test = names.iter().zip(blobs).fold(Test::new(), |test, (name, blob)| test.bytes(name, blob));
    let args = ["report", "merge", "--report", "json=test_results.json"].into_iter();
    test.args(args.chain(names.iter().map(String::as_str))).code(code)
}

#[test]
fn what_shards_measured_is_one_load() {
    for of in 2..=4 {
        let blobs = shards(of);
        let done = merged(&blobs, 0);
        assert_eq!(faults(&done.json(), true), [""; 0]);
        let report: Report = serde_json::from_value(done.json()).unwrap();
        let load = report.tests[0].load.as_deref().unwrap();
        assert!(load.thresholds.iter().all(|threshold| threshold.held), "{:?}", load.thresholds);
        assert_eq!(load.most_users, 12);
        // All that any of them measured, in one histogram.
        let mut all = e2e_dsl::event::Times::default();
        let mut most = std::collections::BTreeSet::new();
        for blob in &blobs {
            let line = blob.split(|byte| *byte == b'\n').next().unwrap();
            let blob: serde_json::Value = serde_json::from_slice(line).unwrap();
            let own: Report = serde_json::from_value(blob["report"].clone()).unwrap();
            let own = own.tests[0].load.clone().unwrap();
            most.insert(own.most_users);
            let requests = own.measured.requests.iter().flat_map(|one| &one.replies);
            requests.for_each(|one| all.merge(&one.times_ms.0));
        }
        assert_eq!(most, [12 / u32::try_from(of).unwrap()].into());
        let mut own = e2e_dsl::event::Times::default();
        load.measured.requests.iter().flat_map(|one| &one.replies).for_each(|one| own.merge(&one.times_ms.0));
        assert_eq!(own, all);
        assert_eq!(own.count, load.exchanges());
    }
}

#[test]
fn shards_that_did_not_begin_together_make_no_load() {
    let run = |shard: &str| {
        let args = ["run", "a.e2e", "--shard", shard, "--report", "blob=b.blob"];
        let done = Test::new().file("a.e2e", &format!("{DEMO}{LOAD}")).args(args).code(0);
        std::fs::read(done.path("b.blob")).unwrap()
    };
    let blobs = [run("1/2"), run("2/2")];
    merged(&blobs, 2).err("didn't run at the same time").err("--start-at");
}

#[test]
fn a_run_begins_at_its_instant_or_not_at_all() {
    let run = |at: &str| Test::new().file("a.e2e", &format!("{DEMO}{LOAD}")).args(["run", "a.e2e", "--start-at", at]);
    let from_now = |seconds: i64| Timestamp::now().checked_add(SignedDuration::from_secs(seconds)).unwrap().to_string();
    run("noon").code(2).err("`--start-at noon` is no instant").err("e2e::cli::start_at");
    run("2026-01-31T12:00:00").code(2).err("is no instant");
    run(&from_now(-5)).code(2).err("s later");
    run(&from_now(3_700)).code(2).err("more than an hour ahead");
    let at = soon();
    let done = run(&at).code(0);
    let report = done.json();
    let began: Timestamp = report["run"]["started_at"].as_str().unwrap().parse().unwrap();
    let late = began.duration_since(at.parse().unwrap());
    assert!(late >= SignedDuration::ZERO && late < SignedDuration::from_secs(1), "{late:?}");
    let of_load: Timestamp = report["tests"][0]["load"]["began_at"].as_str().unwrap().parse().unwrap();
    assert!(of_load >= began);
}

/// A load on a server of this process, beside a test.
const LOCAL: &str = r#"environment local default { peer = variable("PEER") }
suite "S" { test "one" { GET {{env.peer}}/one { expect status 200 } } }
load "long" {
  users 2 hold 3s
  think 20ms
  scenario "a" { GET {{env.peer}}/a { expect status 200 } }
  threshold error rate < 1% over last 1s abort
}
"#;

fn peer() -> String {
    serve(|stream| {
        head(stream);
        let _ = std::io::Write::write_all(stream, &response("", b"{}"));
    })
}

#[test]
fn a_run_that_is_killed_keeps_what_its_load_measured_and_runs_it_again_as_a_whole() {
    let peer = peer();
    let test = Test::new().file("a.e2e", LOCAL).variable("PEER", &peer).args(["run", "a.e2e"]);
    let journal = test.path("test_results.journal");
    let mut child = test.command().stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let looks = || std::fs::read_to_string(&journal).unwrap_or_default().matches("{\"load\":").count();
    while looks() < 2 {
        assert!(child.try_wait().unwrap().is_none(), "it is over");
        std::thread::sleep(Duration::from_millis(20));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let folder = test.path("");
    let (code, report) = reported(&folder);
    assert_eq!(code, Some(130));
    assert_eq!(faults(&report, true), [""; 0]);
    let load = report["tests"].as_array().unwrap().iter().find(|test| test["name"] == "long").unwrap();
    assert_eq!(load["outcome"], "not_run");
    let of = &load["load"];
    assert!(of["interrupted"].as_str().unwrap().contains("cut off"), "{of}");
    assert!(of["lasted_ms"].as_f64().unwrap() >= 500.0 && of["lasted_ms"].as_f64().unwrap() < 3_000.0, "{of}");
    assert!(of["scenarios"][0]["passed"].as_u64().unwrap() > 4, "{of}");
    assert_eq!(of["measured"]["requests"][0]["path"], "/a");
    // The test held; the load is carried out again, from its beginning.
    for args in [&["run", "a.e2e", "--resume"][..], &["run", "a.e2e", "--rerun-failed"]] {
        if args[2] == "--rerun-failed" {
            // It fails first.
            std::fs::write(folder.join("a.e2e"), LOCAL.replace("/a { expect status 200", "/a { expect status 201"))
                .unwrap();
            let (code, out, err) = again(&folder, &["run", "a.e2e"], Some(&peer));
            assert_eq!(code, Some(1), "{out}{err}");
            std::fs::write(folder.join("a.e2e"), LOCAL).unwrap();
        }
        let (code, out, err) = again(&folder, args, Some(&peer));
        assert_eq!(code, Some(0), "{out}{err}");
        let text = std::fs::read_to_string(folder.join("test_results.json")).unwrap();
        let report: Report = serde_json::from_str(&text).unwrap();
        let load = report.tests.iter().find_map(|test| test.load.as_deref()).unwrap();
        assert_eq!((load.lasted_ms, load.planned_ms, load.interrupted.as_deref()), (3_000.0, 3_000.0, None));
        let one = report.tests.iter().find(|test| test.name == "one");
        assert_eq!(one.is_some(), args[2] == "--resume", "a test that held is kept, or left out");
    }
}

/// A diagnostic of a whole load that no shard could give looks as one of a run on one machine.
#[test]
fn what_is_wrong_with_a_merged_load_is_shown_in_its_spec() {
    let spec =
        LOAD.replace("threshold iterations > 20", "threshold iterations > 1000000").replace("hold 2s", "hold 1500ms");
    let spec = format!("{DEMO}{spec}");
    let drawings = |report: &serde_json::Value| -> Vec<String> {
        let diagnostics = report["tests"][0]["diagnostics"].as_array().unwrap();
        let drawn = diagnostics.iter().map(|one| one["drawing"].as_str().unwrap());
        drawn.map(|drawing| drawing.find('╭').map_or(drawing, |at| &drawing[at..]).to_owned()).collect()
    };
    let whole = Test::new().file("a.e2e", &spec).args(["run", "a.e2e", "--report", "json=r.json"]).code(1);
    let whole = drawings(&serde_json::from_str(&whole.read("r.json")).unwrap());
    assert!(whole.len() == 1 && whole[0].contains("threshold iterations > 1000000"), "{whole:?}");
    let at = soon();
    let one = |part: usize| {
        let shard = format!("{part}/2");
        let args = ["run", "a.e2e", "--shard", &shard, "--start-at", &at, "--report", "blob=b.blob"];
        std::fs::read(Test::new().file("a.e2e", &spec).args(args).code(0).path("b.blob")).unwrap()
    };
    let blobs = std::thread::scope(|scope| {
        let second = scope.spawn(|| one(2));
        [one(1), second.join().unwrap()]
    });
    assert_eq!(drawings(&merged(&blobs, 1).json()), whole);
}
