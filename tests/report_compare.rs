//! `report compare`: what changed between two runs, and whether the newer one is as stable.

use super::harness::{Done, Test};
use super::made::{FULL, GREEN};

/// A report with these tests: name, outcome, milliseconds.
fn run(tests: &[(&str, &str, f64)]) -> String {
    let mut report: serde_json::Value = serde_json::from_str(GREEN).unwrap();
    let test = report["tests"][0].clone();
    let made = tests.iter().map(|(name, outcome, ms)| {
        let mut test = test.clone();
        test["id"] = format!("a.e2e::Health::{name}").into();
        test["name"] = (*name).into();
        test["outcome"] = (*outcome).into();
        test["duration_ms"] = (*ms).into();
        test["exchanges"] = serde_json::json!([]);
        if *outcome == "failed" {
            test["diagnostics"] = serde_json::json!([{
                "code": "e2e::expect::status", "severity": "error", "message": format!("`status` of {name} is 500"),
                "help": null, "span": null, "related": [], "excerpts": []
            }]);
        }
        test
    });
    report["tests"] = made.collect();
    let mut report = super::made::report(&report.to_string());
    e2e_dsl::report::assemble::judge(&mut report);
    serde_json::to_string(&report).unwrap()
}

fn compare(base: &str, new: &str, args: &[&str]) -> Test {
    let test = Test::new().file("base.json", base).file("new.json", new);
    test.args(["report", "compare", "base.json", "new.json"].into_iter().chain(args.iter().copied()))
}

fn json(done: &Done) -> serde_json::Value {
    serde_json::from_str(&done.out).unwrap()
}

#[test]
fn a_run_is_as_stable_as_itself() {
    for report in [FULL, GREEN] {
        compare(report, report, &[]).code(0).out("Nothing changed.").out("STABLE  still");
    }
}

#[test]
fn what_broke_and_what_was_fixed_is_reported_with_what_to_do() {
    let base = run(&[
        ("stays", "passed", 5.0),
        ("breaks", "passed", 5.0),
        ("is fixed", "failed", 5.0),
        ("stays broken", "failed", 5.0),
        ("goes", "passed", 5.0),
    ]);
    let new = run(&[
        ("stays", "passed", 5.0),
        ("breaks", "failed", 5.0),
        ("is fixed", "passed", 5.0),
        ("stays broken", "failed", 5.0),
        ("comes", "flaky", 5.0),
    ]);
    let done = compare(&base, &new, &[]).code(1);
    let done = done.out("Broke (1)").out("Health › breaks  passed → failed: `status` of breaks is 500");
    let done = done.out("Fixed (1)").out("Health › is fixed  failed → passed").out("Still broken (1)");
    let done = done.out("New tests (1)").out("Removed tests (1)").out("Newly flaky (1)");
    done.out("UNSTABLE  still NOT READY").out("1 test that passed before now fails").out("look first at this: ");

    let json = json(&compare(&base, &new, &["--format", "json"]).code(1));
    assert_eq!(json["stability"], "UNSTABLE");
    for (list, name) in [
        ("broke", "breaks"),
        ("fixed", "is fixed"),
        ("still_broken", "stays broken"),
        ("added", "comes"),
        ("removed", "goes"),
    ] {
        assert_eq!(json["tests"][list][0]["name"], name, "{list}");
    }
    assert_eq!(json["tests"]["broke"][0]["place"], "a.e2e:5");
    // What is fixed makes no run unstable, and what was broken before doesn't either.
    compare(&new, &base, &[]).code(1).out("Health › is fixed  passed → failed");
    let better = run(&[("stays", "passed", 5.0), ("stays broken", "failed", 5.0)]);
    let worse = run(&[("stays", "failed", 5.0), ("stays broken", "failed", 5.0)]);
    compare(&worse, &better, &[]).code(0).out("STABLE");
}

#[test]
fn gates_risk_and_verdicts_are_compared() {
    let held = FULL
        .replace("\"measured\": 0.25, \"held\": false", "\"measured\": 0.97, \"held\": true")
        .replace("\"ABORTED\"", "\"DEGRADED\"");
    let held = held.replace("\"amount\": 5000.0, \"currency\": \"EUR\"", "\"amount\": 7000.0, \"currency\": \"EUR\"");
    let done = compare(&held, FULL, &[]).code(1);
    let done = done.out("Business critical: success > 95%  held (97%) → failed (25%)").out("EUR7K → EUR5K");
    done.out("the verdict fell from DEGRADED to ABORTED")
        .out("1 gate that held before, or weren't there, does not hold: success > 95%");
    let done = compare(FULL, &held, &[]).code(0);
    done.out("success > 95%  failed (25%) → held (97%)").out("STABLE  ABORTED → DEGRADED");
}

#[test]
fn where_nothing_was_proved_nothing_is_stable() {
    let nothing = run(&[("a", "skipped", 0.0), ("b", "skipped", 0.0)]);
    for base in [&nothing, &run(&[]), &run(&[("a", "passed", 5.0), ("b", "passed", 5.0)])] {
        compare(base, &nothing, &[]).code(1).out("UNSTABLE").out("nothing was proved");
        compare(base, &run(&[]), &[]).code(1).out("UNSTABLE").out("nothing was proved");
    }
    let broken = run(&[("a", "failed", 5.0)]);
    compare(&broken, &broken, &[]).code(1).out("nothing was proved");
}

#[test]
fn a_run_that_lost_most_of_its_tests_is_no_measure() {
    let base: Vec<(&str, &str, f64)> =
        ["a", "b", "c", "d"].into_iter().map(|name| (name, "passed", 5.0)).chain([("e", "skipped", 0.0)]).collect();
    let base = run(&base);
    let half = run(&[("a", "passed", 5.0), ("b", "passed", 5.0), ("c", "skipped", 0.0)]);
    compare(&base, &half, &[]).code(0).out("note: 2 of 4 tests that passed before are gone, skipped or not run");
    let fewer = run(&[("a", "passed", 5.0), ("c", "skipped", 0.0)]);
    let done = compare(&base, &fewer, &[]).code(1).out("UNSTABLE");
    done.out("3 of 4 tests that passed before are gone, skipped or not run").out("run all of them again");
}

#[test]
fn a_real_slowdown_is_distinguished_from_the_drift_of_all() {
    let names: Vec<String> = (0..12).map(|number| format!("t{number}")).collect();
    let times = |factor: f64, slow: f64| {
        let tests: Vec<(&str, &str, f64)> = names
            .iter()
            .enumerate()
            .map(|(at, name)| (name.as_str(), "passed", 300.0 * factor * if at == 3 { slow } else { 1.0 }))
            .collect();
        run(&tests)
    };
    compare(&times(1.0, 1.0), &times(1.4, 1.0), &[]).code(0).out("all tests together take 1.4 times as long");
    let done = compare(&times(1.0, 1.0), &times(1.4, 2.5), &[]).code(1);
    let done = done.out("Slower (1)").out("test Health › t3  300ms → 1.05s (×2.50; 1 and 1 samples)");
    done.out("1 test is slower than noise explains").out("a single time can't rule out a hiccup");
    compare(&times(1.0, 2.5), &times(1.0, 1.0), &[]).code(0).out("Faster (1)");
    // A second run in which it wasn't slow says that it was noise.
    let test = compare(&times(1.0, 1.0), &times(1.0, 2.5), &["--new", "more.json"]).file("more.json", &times(1.0, 1.0));
    test.code(0).out("(the first of 2 runs)").out("Nothing changed.");
}

#[test]
fn a_comparison_is_written_where_it_is_asked_for() {
    let (base, new) = (run(&[("a|b", "passed", 5.0)]), run(&[("a|b", "failed", 5.0)]));
    let done = compare(&base, &new, &["--report", "markdown=out/c.md", "--report", "json=c.json"]).code(1);
    let done = done.out("reports: c.json, out/c.md");
    let text = done.read("out/c.md");
    assert!(
        text.starts_with("# ❌ UNSTABLE\n") && text.contains("- **Health › a\\|b** `a.e2e:5` passed → failed"),
        "{text}"
    );
    let printed = compare(&base, &new, &["--format", "json", "--report", "json=c.json"]).code(1);
    assert_eq!(printed.out, printed.read("c.json"));
    assert_eq!(compare(&base, &new, &["--format", "markdown"]).code(1).out, text);
    let test = compare(&base, &new, &["--report", "github"]);
    let summary = test.path("s.md").to_string_lossy().into_owned();
    assert_eq!(test.variable("GITHUB_STEP_SUMMARY", &summary).code(1).read("s.md"), text);
}

#[test]
fn what_cannot_be_compared_is_reported() {
    compare(GREEN, GREEN, &["--report", "junit=x.xml"]).code(2).err("a comparison can't be written as junit");
    compare(GREEN, "{}", &[]).code(2).err("`new.json` is JSON, but no report of a run");
    compare(GREEN, GREEN, &["--base", "nowhere.json"]).code(2).err("there is no file `nowhere.json`");
    Test::new().args(["report", "compare", "base.json"]).code(2).err("<NEW.json>");
    compare(GREEN, &GREEN.replace("\"environment\": \"demo\"", "\"environment\": \"staging\""), &[])
        .code(0)
        .out("note: the environment differs: demo before, staging now");
}

#[test]
fn nothing_in_a_comparison_is_read_as_markup() {
    let hostile = serde_json::to_string(&super::made::hostile()).unwrap();
    let text = compare(GREEN, &hostile, &["--format", "markdown"]).code(1).out;
    let headings: Vec<&str> = text.lines().filter(|line| line.starts_with('#')).collect();
    let wanted = [
        "# ❌ UNSTABLE",
        "## Fail, and were not carried out before (4)",
        "## Newly flaky (1)",
        "## New tests and loads (9)",
        "## Removed tests (1)",
        "## Gates",
    ];
    assert_eq!(headings, wanted);
    for line in text.lines() {
        let line = super::report_formats::strip_code(line).replace("\\<", "");
        assert!(!line.contains("<script") && !line.contains("@all") && !line.contains("https://"), "{line}");
    }
    for row in text.lines().filter(|line| line.starts_with('|')) {
        let cells = row.replace("\\|", "").matches('|').count();
        assert!(cells == 5 || cells == 6, "{row}");
    }
}
