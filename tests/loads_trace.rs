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

/// A load that depends on all that a load can depend on.
const WIDE: &str = r#"import "shared.e2e" as shared

environment local default {
  target demo
  expected = "healthy"
  unused = "a"
  service backend { probe GET {{env.api}}/health expect status 200; depends on nothing }
}

shape Health { status: string }
shape Other { id: number }

credential account = sign_in("ada")
flow sign_in(name) -> secret { POST {{env.auth}}/login { json { user: name, password: "correct-horse" }; capture secret token = $.access_token }; return token }
flow other() { GET {{env.api}}/health { expect status 200 } }

load "wide" {
  users 2 hold 300ms
  think 5ms
  data file "rows.csv" shared as row
  data [{ n: 1 }, { n: 2 }] next as own
  before each user { GET {{env.api}}/health { expect status 200 } }
  scenario {
    GET {{env.api}}/health?row={{row.name}}&own={{own.n}} { expect $.status == env.expected; expect $ is Health }
    call shared.deep()
  }
  after each user { GET {{env.api}}/health { expect status 200 } }
  threshold error rate < 90%
}
"#;
const SHARED: &str = "flow deep() { call inner() }\nflow inner() { GET {{env.api}}/health { expect body matches schema file \"health.json\" } }\n";
const ROWS: &str = "name\na\nb\n";
const SCHEMA: &str = "{\"type\": \"object\"}";

#[test]
fn whatever_its_rounds_depend_on_decides_whether_a_load_is_judged_again() {
    let files = |test: Test, [wide, shared, rows, schema]: [&str; 4]| {
        test.file("a.e2e", wide).file("shared.e2e", shared).file("rows.csv", rows).file("health.json", schema)
    };
    let whole = [WIDE, SHARED, ROWS, SCHEMA];
    let done = files(Test::new(), whole).args(["run", "a.e2e", "--trace", "t.trace"]).run();
    assert_eq!(done.code, Some(0), "{}{}", done.out, done.err);
    for (file, from, to, outcome) in [
        (0, "", "", "passed"),
        (0, "threshold error rate < 90%", "# other limits\n  threshold error rate < 80%", "passed"),
        (0, "load \"wide\"", "\n\n# moved\nload \"wide\"", "passed"),
        (0, "flow other()", "flow added() { wait 1ms }\nflow other()", "passed"),
        (0, "flow other() { GET {{env.api}}/health {", "flow other() { GET {{env.api}}/other {", "passed"),
        (0, "id: number", "id: string", "passed"),
        (0, "unused = \"a\"", "unused = \"b\"", "passed"),
        (1, "flow deep", "\n# moved\nflow deep", "passed"),
        (1, "GET {{env.api}}/health", "GET {{env.api}}/threads", "undecided"),
        (1, "call inner() }\n", "call inner(); wait 1ms }\n", "undecided"),
        (0, "status: string", "status: number", "undecided"),
        (0, "expected = \"healthy\"", "expected = \"well\"", "undecided"),
        (0, "probe GET {{env.api}}/health", "probe GET {{env.api}}/other", "undecided"),
        (0, "before each user { GET {{env.api}}/health", "before each user { GET {{env.api}}/other", "undecided"),
        (0, "after each user { GET {{env.api}}/health", "after each user { GET {{env.api}}/other", "undecided"),
        (0, "{ n: 2 }", "{ n: 3 }", "undecided"),
        (0, "think 5ms", "think 6ms", "undecided"),
        (0, "hold 300ms", "hold 400ms", "undecided"),
        (0, "== env.expected", "!= env.expected", "undecided"),
        (2, "b\n", "c\n", "undecided"),
        (3, "object", "array", "undecided"),
    ] {
        let mut edited = whole;
        assert!(edited[file].contains(from), "{from}");
        let text = edited[file].replacen(from, to, 1);
        edited[file] = &text;
        let again = files(Test::new(), edited).bytes("t.trace", &std::fs::read(done.path("t.trace")).unwrap());
        let again = again.args(["replay", "t.trace", "a.e2e", "--report", "json=again.json"]).run();
        let report: Value = serde_json::from_str(&again.read("again.json")).unwrap();
        assert_eq!(load(&report)["outcome"], outcome, "{to}: {}", load(&report)["diagnostics"]);
    }
}
