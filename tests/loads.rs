//! A load that is selected and not carried out leaves no run ready, however it was selected.

use super::harness::{DEMO, Done, Test};

const SPEC: &str = r#"plan all { phase "All" { run everything not run; gate success > 90% } }
plan named { phase "One" { run suites "S"; run load "heavy"; gate success > 90% } }
plan tagged { phase "One" { run suites "S"; run tags slow; gate success > 90% } }
plan ranked { phase "One" { run suites "S"; run priority P3; gate success > 90% } }
plan without { phase "One" { run suites "S"; gate success > 90% } }

suite "S" {
  tags quick
  test "healthy" { GET {{env.api}}/health { expect status 200 } }
}

load "heavy" {
  tags slow
  priority P3
  users 2 hold 1s
  scenario { GET {{env.api}}/health { expect status 200 } }
  threshold p95(time) < 1s
}
"#;

fn run(args: &[&str], code: i32) -> Done {
    let args = ["run", "a.e2e"].into_iter().chain(args.iter().copied());
    Test::new().file("a.e2e", &format!("{DEMO}{SPEC}")).args(args).code(code)
}

#[test]
fn a_load_that_is_selected_and_not_run_leaves_the_run_not_ready() {
    for args in [
        &[][..],
        &["--tag", "quick,slow"],
        &["--plan", "all"],
        &["--plan", "named"],
        &["--plan", "tagged"],
        &["--plan", "ranked"],
    ] {
        let done = run(args, 1).out("NOT READY").out("doesn't carry out loads");
        assert_eq!(done.out.matches("proves nothing of \"heavy\"").count(), 2, "{args:?}\n{}", done.out);
    }
}

#[test]
fn every_report_says_that_a_load_was_not_run() {
    let names = ["json=r.json", "html=r.html", "junit=r.xml", "tap=r.tap", "markdown=r.md", "github"];
    let args: Vec<&str> = names.iter().flat_map(|name| ["--report", name]).collect();
    let done = run(&args, 1).out("::error file=a.e2e");
    let report: serde_json::Value = serde_json::from_str(&done.read("r.json")).unwrap();
    assert_eq!(report["verdict"]["state"], "NOT READY");
    assert_eq!(report["diagnostics"][0]["code"], "e2e::run::load_not_run");
    assert_eq!(report["diagnostics"][0]["span"]["start"]["line"], 14);
    for name in ["r.json", "r.html", "r.xml", "r.tap", "r.md"] {
        assert!(done.read(name).contains("carry out loads"), "{name}:\n{}", done.read(name));
    }
}

#[test]
fn a_load_that_is_not_selected_is_no_matter_of_the_run() {
    for args in [
        &["--tag", "quick"][..],
        &["--tag", "!slow"],
        &["-k", "healthy"],
        &["--plan", "without"],
        &["--plan", "all", "-k", "S"],
    ] {
        let done = run(args, 0).out("READY  1 test");
        assert!(!done.out.contains("carry out loads"), "{args:?}\n{}", done.out);
    }
    let line = Test::new().file("a.e2e", &format!("{DEMO}{SPEC}")).args(["run", "a.e2e:11"]).code(0);
    assert!(!line.out.contains("carry out loads"), "{}", line.out);
    run(&["--plan", "without"], 0).err("the load \"heavy\" in a.e2e is checked, and no phase runs it");
}

#[test]
fn one_shard_answers_for_loads() {
    let first = run(&["--shard", "1/2", "--report", "blob=b.blob"], 1);
    let second = run(&["--shard", "2/2", "--report", "blob=b.blob"], 0);
    let merged = Test::new()
        .bytes("1.blob", &std::fs::read(first.path("b.blob")).unwrap())
        .bytes("2.blob", &std::fs::read(second.path("b.blob")).unwrap())
        .args(["report", "merge", "1.blob", "2.blob"])
        .code(1)
        .out("NOT READY");
    assert_eq!(merged.json()["diagnostics"].as_array().unwrap().len(), 1);
}
