//! The day on which every service answered 503: what the tool would have said.

use std::path::Path;

use serde_json::Value as Json;

use super::harness::Test;
use super::specs::BUSY;

/// Runs the shipped plan on the demo, from a folder of its own.
fn release(more: &[&str], code: i32) -> (Json, String) {
    let _busy = BUSY.blocking_lock();
    let specs = Path::new(env!("CARGO_MANIFEST_DIR")).join("specs");
    let args = ["run", specs.to_str().unwrap(), "--plan", "release", "--env", "demo"];
    let done = Test::new().args(args.into_iter().chain(more.iter().copied())).code(code);
    judged_again(&done.json());
    (done.json(), done.out)
}

/// What a report says is what follows from it: judged again, it says the same.
fn judged_again(report: &Json) {
    let mut again: e2e_dsl::report::model::Report = serde_json::from_value(report.clone()).unwrap();
    e2e_dsl::report::assemble::judge(&mut again);
    let again = serde_json::to_value(again).unwrap();
    for part in ["verdict", "summary", "phases", "gates", "causes"] {
        assert_eq!(again[part], report[part], "{part}");
    }
}

#[test]
fn all_six_phases_of_the_shipped_plan_hold_on_a_sound_system() {
    let (report, out) = release(&[], 0);
    assert_eq!(report["verdict"]["state"], "READY", "{:#}", report["verdict"]);
    let phases = report["phases"].as_array().unwrap();
    let limits: Vec<&str> = phases.iter().map(|phase| phase["gates"][0]["text"].as_str().unwrap()).collect();
    let expected = ["90%", "95%", "85%", "80%", "75%", "70%"].map(|limit| format!("success > {limit}"));
    assert_eq!(limits, expected);
    for phase in phases {
        assert_eq!(phase["state"], "passed", "{phase:#}");
        assert!(phase["summary"]["total"].as_u64().unwrap() >= 10, "{phase:#}");
    }
    assert_eq!(report["summary"]["passed"], report["summary"]["total"], "{out}");
    assert!(report["causes"].as_array().unwrap().is_empty(), "{:#}", report["causes"]);
}

#[test]
fn a_database_that_is_down_is_one_cause_and_aborts_the_plan() {
    let (report, out) = release(&["--demo-fault", "database-down"], 3);
    assert_eq!(report["verdict"]["state"], "ABORTED");
    let causes = report["causes"].as_array().unwrap();
    assert_eq!(causes.len(), 1, "{causes:#?}");
    assert_eq!((&causes[0]["suspect"], &causes[0]["classification"]), (&"database".into(), &"persistent".into()));
    let duration = report["run"]["duration_ms"].as_f64().unwrap();
    assert!(duration < 30_000.0, "{duration}");
    let tests = report["tests"].as_array().unwrap();
    assert_eq!(causes[0]["tests"].as_array().unwrap().len(), tests.len());
    for test in tests {
        let reason = test["reason"].as_str().unwrap();
        assert!(test["outcome"] == "not_run" && reason.starts_with("aborted: service "), "{test:#}");
    }
    assert!(!report["verdict"]["at_risk"].as_array().unwrap().is_empty());
    for reported in
        ["database is the prime suspect: auth, backend and frontend answer 503", "(persistent failure)", "ABORTED"]
    {
        assert!(out.contains(reported), "{reported}:\n{out}");
    }
}

#[test]
fn the_shipped_plan_holds_once_a_slow_start_is_over() {
    let (report, out) = release(&["--demo-fault", "slow-start"], 0);
    assert_eq!(report["verdict"]["state"], "READY", "{out}");
    assert_eq!(report["summary"]["passed"], report["summary"]["total"], "{out}");
    let causes = report["causes"].as_array().unwrap();
    assert!(!causes.is_empty() && causes.iter().all(|cause| cause["classification"] == "startup_delay"), "{causes:#?}");
    assert!(out.contains("backend was slow to start"), "{out}");
}

const SMALL: &str = r#"
environment demo default {
  target demo
  service database { depends on nothing }
  service backend  { probe GET {{env.api}}/health expect status 200 within 20s; depends on database }
  service frontend { probe GET {{env.app}}/health expect status 200 within 20s; depends on backend }
}

plan release {
  phase "Health" { run tags health; gate success > 90% }
  phase "Agents" { run tags agent;  gate success > 85% }
  abort when service backend is down
}

suite "Health" {
  tags health
  needs backend
  test "the backend says that it is healthy" { GET {{env.api}}/health { expect status 200; expect $.status == "healthy" } }
}

suite "Agents" {
  tags agent
  at risk $200K MRR "agents are what customers pay for"
  needs backend
  test "an agent answers" {
    POST {{env.auth}}/login { json { user: "ada", password: env.ada_password }; expect status 200; capture secret token = $.access_token }
    POST {{env.api}}/threads { bearer token; json { title: "a question" }; expect status 201; capture thread_id = $.id }
    POST {{env.api}}/agents/runs { bearer token; json { thread_id, content: "Summarise Q3" }; expect status 202 }
  }
}
"#;

fn small(fault: &str, code: i32) -> (Json, String) {
    let args = ["run", "a.e2e", "--plan", "release", "--demo-fault", fault];
    let done = Test::new().file("a.e2e", SMALL).args(args).code(code);
    judged_again(&done.json());
    (done.json(), done.out)
}

#[test]
fn a_slow_start_is_waited_for_and_distinguished_from_a_failure() {
    let (report, out) = small("slow-start", 0);
    assert_eq!(report["verdict"]["state"], "READY", "{:#}", report["verdict"]);
    assert_eq!(report["summary"]["passed"], 2);
    let backend = report["services"].as_array().unwrap().iter().find(|one| one["name"] == "backend").unwrap();
    assert_eq!((&backend["state"], &backend["classification"]), (&"up".into(), &"startup_delay".into()));
    let seen: Vec<String> =
        backend["sightings"].as_array().unwrap().iter().map(|one| one["words"].to_string()).collect();
    assert!(seen[0].contains("refused") && seen.iter().any(|words| words.contains("503, starting")), "{seen:#?}");
    assert!(seen.last().unwrap().contains("200"), "{seen:#?}");
    let causes = report["causes"].as_array().unwrap();
    assert!(causes.iter().all(|cause| cause["classification"] == "startup_delay"), "{causes:#?}");
    assert!(causes.iter().any(|cause| cause["suspect"] == "backend"), "{causes:#?}");
    assert!(out.contains("backend was slow to start: it answered rightly"), "{out}");
}

#[test]
fn a_green_health_check_over_an_unfinished_start_up_is_not_ready() {
    let (report, out) = small("startup-incomplete", 1);
    assert_eq!(report["verdict"]["state"], "NOT READY");
    assert_eq!(report["phases"][0]["state"], "passed", "health is green");
    assert_eq!(report["phases"][1]["state"], "failed", "agents are not");
    let reported = "backend's health is green although its start-up is at 5/7, and 1 test that uses it fails";
    let reasons = report["verdict"]["reasons"].as_array().unwrap();
    assert!(reasons.iter().any(|reason| reason == reported), "{reasons:#?}\n{out}");
    assert_eq!(report["verdict"]["at_risk"][0]["amount"], 200_000.0);
}
