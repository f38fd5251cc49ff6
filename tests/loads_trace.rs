//! A load's trace gives its result again, and that of other thresholds; what wasn't recorded of it is said to be undecided.

use serde_json::Value;

use super::harness::{DEMO, Done, Test};

const SPEC: &str = r#"load "mixed" {
  users 3 hold 1500ms
  think 5ms
  scenario "good" weight 3 { GET {{env.api}}/health { expect status 200; expect $.status == "healthy" } }
  scenario "bad" { GET {{env.api}}/nowhere { expect status 200 } }
  threshold error rate < 99%
  threshold p95(time) < 5s over last 500ms
  threshold success of "good" > 99%
}
"#;

fn load(report: &Value) -> &Value {
    report["tests"].as_array().unwrap().iter().find(|test| test["suite"] == "load").unwrap()
}

fn recorded() -> Done {
    let done = Test::new()
        .file("a.e2e", &format!("{DEMO}{SPEC}"))
        .args(["run", "a.e2e", "--trace", "t.trace", "--report", "json=run.json"])
        .run();
    assert_eq!(done.code, Some(0), "{}{}", done.out, done.err);
    done
}

/// The trace judged again, by these specs or its own.
fn again(recorded: &Done, spec: Option<&str>) -> (Done, Value) {
    let mut test = Test::new().bytes("t.trace", &std::fs::read(recorded.path("t.trace")).unwrap());
    let mut args = vec!["replay", "t.trace"];
    if let Some(spec) = spec {
        test = test.file("a.e2e", &format!("{DEMO}{spec}"));
        args.push("a.e2e");
    }
    args.extend(["--report", "json=again.json"]);
    let done = test.args(args).run();
    let json = serde_json::from_str(&done.read("again.json")).unwrap();
    (done, json)
}

#[test]
fn a_load_gives_the_same_from_its_trace() {
    let done = recorded();
    let was: Value = serde_json::from_str(&done.read("run.json")).unwrap();
    let (_, now) = again(&done, None);
    let differences: Vec<&String> = load(&was)
        .as_object()
        .unwrap()
        .iter()
        .filter(|(name, value)| load(&now)[*name] != **value)
        .map(|(name, _)| name)
        .collect();
    assert!(differences.is_empty(), "{differences:?}");
    assert_eq!(was["verdict"], now["verdict"]);
    assert_eq!(was["summary"], now["summary"]);
    // It passed, and what failed is among what is kept.
    assert_eq!(load(&now)["outcome"], "passed");
    assert!(!load(&now)["steps"].as_array().unwrap().is_empty());
}

#[test]
fn other_limits_are_judged_by_what_was_measured() {
    let done = recorded();
    for (from, to, message) in [
        ("error rate < 99%", "error rate < 1%", "the threshold `error rate < 1%` doesn't hold"),
        ("p95(time) < 5s over last 500ms", "p95(time) < 1us over last 500ms", "doesn't hold"),
        ("  threshold error rate < 99%\n", "", "no threshold says how many there may be"),
        ("p95(time) < 5s over last 500ms", "errors of 4xx < 1 abort", "would have ended"),
    ] {
        let spec = SPEC.replace(from, to).replace("1us", "1ms / 1000");
        let (done, now) = again(&done, Some(&spec));
        assert_ne!(done.code, Some(0), "{to}: {}", done.out);
        let diagnostics = load(&now)["diagnostics"].to_string();
        assert!(diagnostics.contains(message), "{to}: {diagnostics}");
    }
}

#[test]
fn what_responses_were_is_not_recorded_of_a_load() {
    let done = recorded();
    let (_, now) = again(&done, Some(&SPEC.replace("\"healthy\"", "\"well\"")));
    assert_eq!(load(&now)["outcome"], "undecided");
    let (_, now) = again(&done, Some(&SPEC.replace("success of \"good\"", "success of \"GET /health\"")));
    assert_eq!(load(&now)["outcome"], "undecided");
}
