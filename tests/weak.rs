//! Weak evidence: kept with its reason, shown in every report, and refused by `--deny weak`.

use super::harness::{Done, Test};
use super::journal::{assert_valid, validator};
use super::scripted::Scripted;

const SPEC: &str = r#"environment local default { api = variable("API") }

suite "Items" {
  test "they differ" {
    GET {{env.api}}/items {
      expect status 200
      expect $.items is unique
      expect $.items is sorted by $.id
    }
  }
  test "there is one" {
    GET {{env.api}}/items { expect $.items has length 1 }
  }
}
"#;

const SERVER: &str = "GET /items 200 | Content-Type: application/json\n  {\"items\":[{\"id\":1}]}\n";

const REPORTS: [&str; 12] = [
    "--report",
    "json=r.json",
    "--report",
    "html=r.html",
    "--report",
    "junit=r.xml",
    "--report",
    "tap=r.tap",
    "--report",
    "markdown=r.md",
    "--report",
    "github",
];

fn run(args: &[&str]) -> Test {
    let server = Scripted::start(SERVER);
    Test::new()
        .file("a.e2e", SPEC)
        .variable("API", &format!("http://{}", server.addresses[0]))
        .args(["run", "a.e2e"].into_iter().chain(args.iter().copied()))
}

/// Renders `r.json` of a run again.
fn again(done: &Done, args: &[&str]) -> Test {
    Test::new().file("r.json", &done.read("r.json")).args(["report", "r.json"].into_iter().chain(args.iter().copied()))
}

#[test]
fn every_report_says_what_passed_on_weak_evidence_and_why() {
    const WHY: &str = "the list has one element, which has nothing to be compared with";
    let done = run(&REPORTS).code(0);
    let done = done.out("READY  2 tests").out("2 expectations passed on weak evidence").out("Passed on weak evidence");
    let done = done.out(&format!("a.e2e:7  $.items is unique: {WHY}")).out("::warning file=a.e2e,line=7");
    let report: serde_json::Value = serde_json::from_str(&done.read("r.json")).unwrap();
    assert_valid(&validator(), &report);
    assert_eq!(report["summary"]["weak"], 2);
    let expectations = &report["tests"][0]["steps"][0]["expectations"];
    assert_eq!(expectations[1]["weak"], serde_json::json!({ "reason": "one_element", "message": WHY }));
    assert!(expectations[0]["weak"].is_null() && report["tests"][1]["steps"][0]["expectations"][0]["weak"].is_null());
    for (name, part) in [
        ("r.html", "2 expectations passed on weak evidence".to_owned()),
        ("r.xml", format!("weak evidence: $.items is unique: {WHY}")),
        ("r.tap", format!("# weak evidence: $.items is unique: {WHY}")),
        ("r.md", "## Passed on weak evidence".to_owned()),
        ("r.md", format!("`$.items is unique`: {WHY}")),
    ] {
        assert!(done.read(name).contains(&part), "{name} lacks {part:?}:\n{}", done.read(name));
    }
    again(&done, &[]).code(0).out("2 expectations passed on weak evidence").out(WHY);
    again(&done, &["--report", "github"]).code(0).out("::warning file=a.e2e,line=7");
}

#[test]
fn weak_evidence_that_is_denied_fails_the_run_and_every_report_says_so() {
    const WHY: &str = "2 expectations passed on weak evidence, which `--deny weak` refuses";
    let done = run(&REPORTS).args(["--deny", "weak"]).code(1).out("NOT READY").out(WHY).out("::error title=evidence");
    for (name, part) in [
        ("r.json", WHY),
        ("r.json", "\"deny_weak\": true"),
        ("r.html", "2 expectations passed on weak evidence, which"),
        ("r.xml", "type=\"weak_evidence\""),
        ("r.tap", "not ok 3 - the run > evidence"),
        ("r.md", "which `--deny weak` refuses"),
    ] {
        assert!(done.read(name).contains(part), "{name} lacks {part:?}:\n{}", done.read(name));
    }
    let strong = run(&["-k", "there is one", "--deny", "weak"]).code(0);
    assert!(!strong.out.contains("weak"), "{}", strong.out);
}

#[test]
fn results_of_a_run_are_denied_later_too() {
    let done = run(&["--report", "json=r.json", "--report", "journal=r.journal", "--report", "blob=r.blob"]).code(0);
    again(&done, &["--deny", "weak"]).code(1).out("NOT READY").out("which `--deny weak` refuses");
    for (args, file) in
        [(["report", "--from-journal", "r.journal"], "r.journal"), (["report", "merge", "r.blob"], "r.blob")]
    {
        let read = |args: &[&str], code| {
            let bytes = std::fs::read(done.path(file)).unwrap();
            Test::new().bytes(file, &bytes).args(args.iter().copied()).code(code)
        };
        read(&args, 0).out("2 expectations passed on weak evidence");
        read(&[&args[..], &["--deny", "weak"]].concat(), 1).out("NOT READY").out("which `--deny weak` refuses");
    }
    let denied = run(&["--report", "blob=r.blob", "--report", "json=r.json", "--deny", "weak"]).code(1);
    let blob = std::fs::read(denied.path("r.blob")).unwrap();
    Test::new().bytes("r.blob", &blob).args(["report", "merge", "r.blob"]).code(1).out("which `--deny weak` refuses");
    again(&denied, &["--deny", "weak"]).code(1);
}

#[test]
fn a_comparison_says_when_there_is_more_of_it() {
    let weak = run(&["--report", "json=r.json"]).code(0);
    let strong = run(&["-k", "there is one", "--report", "json=r.json"]).code(0);
    Test::new()
        .file("a.json", &strong.read("r.json"))
        .file("b.json", &weak.read("r.json"))
        .args(["report", "compare", "a.json", "b.json"])
        .code(0)
        .out("note: 2 expectations passed on weak evidence, 0 before");
}
