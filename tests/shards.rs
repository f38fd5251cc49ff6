//! Shards: all tests once, wherever they run, and one judgement of the whole.

use std::collections::BTreeSet;
use std::path::Path;

use e2e_dsl::report::merge::{Named, merge, read};
use e2e_dsl::report::model::{Blob, GateSpec, PhaseSpec, PlanSpec, Report};
use e2e_dsl::report::{assemble, json};
use serde_json::Value as Json;

use super::harness::{DEMO, Done, Test};

/// Suites of one to nine tests, of which some don't hold.
fn spec() -> String {
    let mut spec = "environment local default { api = variable(\"API\") }\n\n".to_owned();
    for suite in 1..10 {
        spec += &format!("suite \"S{suite}\" {{\n  at risk ${suite}K MRR\n");
        for test in 0..suite {
            let expected = match (suite, test) {
                (4, 2) | (7, 0) => "status 418",
                _ => "status 200",
            };
            spec += &format!("  test \"t{suite}{test}\" {{ GET {{{{env.api}}}}/health {{ expect {expected} }} }}\n");
        }
        spec += "}\n";
    }
    spec
}

fn run(api: &str, args: &[&str]) -> Done {
    let test = Test::new().file("a.e2e", &spec()).variable("API", api);
    test.args(["run", "a.e2e"].into_iter().chain(args.iter().copied())).run()
}

fn ids(report: &Json) -> Vec<String> {
    report["tests"].as_array().unwrap().iter().map(|test| test["id"].as_str().unwrap().to_owned()).collect()
}

fn blob(done: &Done) -> Blob {
    read(&std::fs::read(done.path("shard.blob")).unwrap()).unwrap()
}

/// What doesn't depend on when and where something ran.
fn timeless(report: &Report) -> Json {
    let tests: Vec<Json> = report
        .tests
        .iter()
        .map(|test| {
            serde_json::json!([
                test.id,
                test.outcome,
                test.phase,
                test.at_risk.as_ref().map(|risk| risk.amount),
                test.exchanges.len()
            ])
        })
        .collect();
    let gates = |gates: &[e2e_dsl::report::model::Gate]| -> Vec<Json> {
        gates.iter().map(|gate| serde_json::json!([gate.text, gate.held, gate.basis])).collect()
    };
    let phases: Vec<Json> = report
        .phases
        .iter()
        .map(|phase| serde_json::json!([phase.name, phase.state, phase.tests, phase.summary, gates(&phase.gates)]))
        .collect();
    let causes: Vec<Json> = report.causes.iter().map(|cause| serde_json::json!([cause.summary, cause.tests])).collect();
    serde_json::json!({
        "tests": tests, "phases": phases, "gates": gates(&report.gates), "causes": causes, "verdict": report.verdict,
        "summary": report.summary, "interrupted": report.run.interrupted, "shard": report.run.shard, "specs": report.run.specs,
    })
}

fn gate(text: &str, measure: &str, op: &str, limit: f64) -> GateSpec {
    let (statistic, of) =
        if measure == "statistic" { (Some("p95".to_owned()), Some("time".to_owned())) } else { (None, None) };
    GateSpec {
        text: text.to_owned(),
        measure: measure.to_owned(),
        statistic,
        of,
        name: None,
        op: op.to_owned(),
        limit,
        span: None,
    }
}

/// Gives the report of a run a plan of two phases with gates, the odd suites first.
fn with_plan(report: &mut Report) {
    let own = |odd: bool| {
        let mine = report.tests.iter().filter(|test| test.suite[1..].parse::<u32>().unwrap() % 2 == u32::from(odd));
        mine.map(|test| test.id.clone()).collect::<Vec<_>>()
    };
    let phase = |name: &str, tests: Vec<String>, gates: Vec<GateSpec>| PhaseSpec {
        name: name.to_owned(),
        gates,
        budget_ms: None,
        tests,
        loads: Vec::new(),
        left_out: false,
        span: None,
    };
    report.plan = PlanSpec {
        phases: vec![
            phase(
                "Odd",
                own(true),
                vec![gate("success > 97%", "success", ">", 0.97), gate("p95(time) < 60s", "statistic", "<", 60.0)],
            ),
            phase("Even", own(false), vec![gate("success > 90%", "success", ">", 0.9)]),
        ],
        gates: vec![gate("success > 95%", "success", ">", 0.95)],
    };
    report.run.plan = Some("release".to_owned());
    report.phases = report.plan.phases.iter().map(PhaseSpec::not_begun).collect();
    for (index, phase) in report.phases.iter_mut().enumerate() {
        (phase.started_ms, phase.duration_ms) = (Some(index as f64 * 10.0), 10.0);
    }
}

#[test]
fn four_shards_merged_are_one_run() {
    // One system for all of them: where it is is in what they report on it.
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let demo = runtime.block_on(e2e_dsl::demo::start(Default::default())).unwrap();
    let (_, api, _) = demo.values().into_iter().find(|(name, ..)| *name == "api").unwrap();
    let whole = run(&api, &[]);
    assert_eq!(whole.code, Some(1));
    let mut whole_report: Report = serde_json::from_str(&whole.read("test_results.json")).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let mut blobs: Vec<Named> = Vec::new();
    let mut seen = BTreeSet::new();
    for index in 1..=4 {
        let shard = format!("{index}/4");
        let done = run(&api, &["--shard", &shard, "--report", "blob=shard.blob"]);
        let report = done.json();
        let own = ids(&report);
        assert!(done.out.starts_with(&format!("shard {shard}: {} of 45 tests\n", own.len())), "{}", done.out);
        assert!((9..=14).contains(&own.len()), "{}", own.len());
        assert!(done.out.contains(&format!("this is shard {index} of 4")), "{}", done.out);
        let failed = report["summary"]["failed"].as_u64().unwrap();
        assert_eq!(done.code, Some(i32::from(failed > 0)), "{}", done.out);
        own.into_iter().for_each(|id| assert!(seen.insert(id.clone()), "{id} is in two shards"));
        let name = format!("{index}.blob");
        std::fs::copy(done.path("shard.blob"), folder.path().join(&name)).unwrap();
        blobs.push((name, blob(&done)));
    }
    assert_eq!(seen.len(), 45);
    // As a command, in whatever order.
    let (code, out, err) = merged(folder.path(), &["3.blob", "1.blob", "4.blob", "2.blob"]);
    assert_eq!(code, Some(1), "{err}");
    assert!(out.contains("NOT READY  45 tests") && out.contains("43 passed, 2 failed"), "{out}");
    let report: Report =
        serde_json::from_str(&std::fs::read_to_string(folder.path().join("test_results.json")).unwrap()).unwrap();
    assert_eq!(timeless(&report), timeless(&whole_report));
    let schema = serde_json::from_str(include_str!("../docs/test_results.schema.json")).unwrap();
    let errors: Vec<String> = jsonschema::validator_for(&schema)
        .unwrap()
        .iter_errors(&serde_json::to_value(&report).unwrap())
        .map(|error| error.to_string())
        .collect();
    assert!(errors.is_empty(), "{errors:#?}");
    // What the first shard did first is where the whole begins; nothing happened after its end.
    let end = report.tests.iter().map(|test| test.started_ms + test.duration_ms).fold(0.0, f64::max);
    assert!(report.tests.iter().all(|test| test.started_ms >= 0.0) && end <= report.run.duration_ms + 1.0);
    // With a plan, whose gates no shard could judge on its own.
    with_plan(&mut whole_report);
    assemble::judge(&mut whole_report);
    for (_, blob) in &mut blobs {
        with_plan(&mut blob.report);
        assemble::judge_shard(&mut blob.report);
        assert!(blob.report.gates.is_empty() && !blob.report.plan.gates.is_empty());
        assert!(
            blob.report
                .verdict
                .reasons
                .iter()
                .any(|reason| reason.contains("gates are judged when the shards are merged"))
        );
    }
    let report = merge(blobs).unwrap();
    assert_eq!(timeless(&report), timeless(&whole_report));
    assert_eq!(report.verdict.state, "NOT READY");
    let held: Vec<bool> =
        report.phases.iter().flat_map(|phase| &phase.gates).chain(&report.gates).map(|gate| gate.held).collect();
    assert_eq!(held, [false, true, true, true], "{}", json::render(&report));
    runtime.block_on(demo.stop());
}

/// The suites of `spec`, and a plan that runs them in two phases, some tests in both.
fn planned() -> String {
    let gates = "  phase \"Large\" { run suite \"S7\", \"S8\", \"S9\"; gate success > 97% }\n  \
                 phase \"All\" { run suite \"S4\", \"S9\"; run everything not run; gate success > 90%; gate p95(time) < 60s }\n  \
                 gate success > 95%\n  gate flaky < 5%\n";
    format!("{}\nplan release {{\n{gates}}}\n", spec())
}

#[test]
fn a_plan_in_shards_is_judged_as_a_whole() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let demo = runtime.block_on(e2e_dsl::demo::start(Default::default())).unwrap();
    let (_, api, _) = demo.values().into_iter().find(|(name, ..)| *name == "api").unwrap();
    let run = |args: &[&str]| {
        let test = Test::new().file("a.e2e", &planned()).variable("API", &api);
        test.args(["run", "a.e2e", "--plan", "release"].into_iter().chain(args.iter().copied())).run()
    };
    let whole = run(&[]);
    assert_eq!(whole.code, Some(1), "{}{}", whole.out, whole.err);
    let whole: Report = serde_json::from_str(&whole.read("test_results.json")).unwrap();
    let blobs: Vec<Named> = (1..=3)
        .map(|index| {
            let done = run(&["--shard", &format!("{index}/3"), "--report", "blob=shard.blob"]);
            assert!(done.out.contains("gates are judged when the shards are merged"), "{}", done.out);
            assert!(!done.out.contains("success >"), "a shard judges a gate: {}", done.out);
            (index.to_string(), blob(&done))
        })
        .collect();
    let report = merge(blobs).unwrap();
    assert_eq!(timeless(&report), timeless(&whole));
    assert_eq!(report.phases.iter().map(|phase| &*phase.state).collect::<Vec<_>>(), ["failed", "passed"]);
    assert_eq!(report.phases[1].summary.total, 30);
    runtime.block_on(demo.stop());
}

fn merged(folder: &Path, blobs: &[&str]) -> (Option<i32>, String, String) {
    let args = ["report", "merge"].into_iter().chain(blobs.iter().copied());
    let output = Test::new().args(args).command().current_dir(folder).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

const TWO: &str = "suite \"S\" {\n  test \"a\" { GET {{env.api}}/health { expect status 200 } }\n  test \"b\" { GET {{env.api}}/health { expect status 200 } }\n}\n";

fn shard_of_two(text: &str, shard: &str) -> Done {
    let test = Test::new().file("a.e2e", &format!("{DEMO}{text}"));
    test.args(["run", "a.e2e", "--shard", shard, "--report", "blob=shard.blob"]).code(0)
}

#[test]
fn only_all_shards_of_one_run_are_merged() {
    let folder = tempfile::tempdir().unwrap();
    let keep = |name: &str, done: &Done| {
        std::fs::copy(done.path("shard.blob"), folder.path().join(name)).unwrap();
    };
    for index in 1..=4 {
        keep(&format!("{index}.blob"), &shard_of_two(TWO, &format!("{index}/4")));
    }
    keep("again.blob", &shard_of_two(TWO, "2/4"));
    keep("of3.blob", &shard_of_two(TWO, "3/3"));
    keep("other.blob", &shard_of_two(&TWO.replace("\"b\"", "\"c\""), "3/4"));
    // A change that no test's name shows.
    keep(
        "edited.blob",
        &shard_of_two(
            &TWO.replace("expect status 200 } }\n}", "expect status 200; expect header Date exists } }\n}"),
            "3/4",
        ),
    );
    std::fs::write(folder.path().join("half.blob"), &std::fs::read(folder.path().join("3.blob")).unwrap()[..500])
        .unwrap();
    let text = std::fs::read_to_string(folder.path().join("3.blob")).unwrap();
    let changed = |from: &str, to: &str| {
        assert!(text.contains(from), "{from}");
        text.replacen(from, to, 1)
    };
    std::fs::write(folder.path().join("env.blob"), changed("\"environment\":\"demo\"", "\"environment\":\"staging\""))
        .unwrap();
    let version = format!("\"version\":\"{}\"", env!("CARGO_PKG_VERSION"));
    std::fs::write(folder.path().join("tool.blob"), changed(&version, "\"version\":\"0.0.9\"")).unwrap();
    assert_eq!(merged(folder.path(), &["1.blob", "2.blob", "3.blob", "4.blob"]).0, Some(0));
    for (third, parts) in [
        (&["3.blob"][..], vec!["shard 4 of 4 is missing"]),
        (&[], vec!["shards 3 and 4 of 4 are missing"]),
        (&["again.blob", "3.blob", "4.blob"], vec!["shard 2 of 4 is given twice", "`2.blob`", "`again.blob`"]),
        (&["of3.blob", "4.blob"], vec!["`of3.blob` is of another run than `1.blob`", "number of shards is 3, not 4"]),
        (&["other.blob", "4.blob"], vec!["`other.blob` is of another run", "its specs"]),
        (&["edited.blob", "4.blob"], vec!["`edited.blob` is of another run", "its specs"]),
        (&["env.blob", "4.blob"], vec!["environment is `staging`, not `demo`"]),
        (&["tool.blob", "4.blob"], vec!["version of the tool is 0.0.9"]),
        (&["half.blob", "4.blob"], vec!["`half.blob` isn't what"]),
        (&["nowhere.blob", "4.blob"], vec!["can't be read"]),
    ] {
        let blobs: Vec<&str> = ["1.blob", "2.blob"].iter().chain(third).copied().collect();
        let (code, _, err) = merged(folder.path(), &blobs);
        // Long messages are broken over lines.
        let words = err.split_whitespace().filter(|word| *word != "│").collect::<Vec<_>>().join(" ");
        assert_eq!(code, Some(2), "{third:?}: {err}");
        for part in std::iter::once("e2e::cli::merge").chain(parts) {
            assert!(words.contains(part), "{third:?}: {part}: {words}");
        }
    }
}

#[test]
fn a_shard_to_which_no_test_falls_is_fine_and_proves_nothing() {
    let done =
        shard_of_two(TWO, "3/3").out("shard 3/3: 0 of 2 tests").out("this is shard 3 of 3, to which no test falls");
    assert_eq!(done.json()["summary"]["total"], 0);
    // All of the tests, as one shard: that is a run, with its verdict.
    let done = shard_of_two(TWO, "1/1").out("shard 1/1: 2 of 2 tests").out("READY");
    let blobs = vec![("one".to_owned(), blob(&done))];
    assert_eq!(merge(blobs).unwrap().verdict.state, "READY");
}

#[test]
fn a_run_without_shards_leaves_a_blob_too() {
    let test = Test::new().file("a.e2e", &format!("{DEMO}{TWO}"));
    let done = test.args(["run", "a.e2e", "--report", "blob=shard.blob"]).code(0);
    let (code, out, err) = merged(done.folder.path(), &["shard.blob"]);
    assert_eq!(code, Some(0), "{err}");
    assert!(out.contains("READY  2 tests"), "{out}");
}

#[test]
fn the_engine_says_which_shard_this_is_unless_it_is_typed() {
    let run = |variables: &[(&str, &str)], args: &[&str]| {
        let test = Test::new().file("a.e2e", &format!("{DEMO}{TWO}"));
        let test = test.args(["run", "a.e2e", "--report", "none"].into_iter().chain(args.iter().copied()));
        variables.iter().fold(test, |test, (name, value)| test.variable(name, value)).run()
    };
    let gitlab = [("GITLAB_CI", "true"), ("CI_NODE_INDEX", "2"), ("CI_NODE_TOTAL", "2")];
    let alone = run(&gitlab, &[]);
    assert!(alone.out.starts_with("shard 2/2: 1 of 2 tests\n"));
    // A matrix sets the same variables, and nothing would judge the whole.
    alone.err("cli::shard").err("only shard 2 of 2").err("GitLab").err("report merge").err("--shard 1/1");
    let own = [&gitlab[..], &[("E2E_SHARD_INDEX", "1"), ("E2E_SHARD_TOTAL", "3")]].concat();
    for (variables, args, shard) in [
        (&gitlab[..], &["--shard", "1/1"][..], "shard 1/1: 2 of 2 tests\n"),
        (&gitlab, &["--shard", "2/2"], "shard 2/2: 1 of 2 tests\n"),
        (&gitlab, &["--report", "blob=two.blob"], "shard 2/2: 1 of 2 tests\n"),
        (&own, &[], "shard 1/3: 1 of 2 tests\n"),
    ] {
        let done = run(variables, args);
        assert!(done.out.starts_with(shard), "{}", done.out);
        assert!(!done.err.contains("cli::shard"), "{args:?}: {}", done.err);
    }
    let pod = run(&[("JOB_COMPLETION_INDEX", "1")], &[]);
    assert_eq!(pod.code, Some(2), "{}", pod.out);
    pod.err("e2e::cli::shard").err("E2E_SHARD_TOTAL");
    let zero = run(&[], &["--shard", "0/2"]);
    assert_eq!(zero.code, Some(2));
    zero.err("counts from 1");
}

#[test]
fn an_interrupted_shard_is_gone_on_with_and_merged() {
    // What ended is kept across the machine's end; the journal stands for it.
    let test = Test::new().file("a.e2e", &format!("{DEMO}{TWO}"));
    let done = test.args(["run", "a.e2e", "--shard", "1/2", "--report", "blob=1.blob"]).code(0);
    let journal = done.read("test_results.journal");
    let begun = journal.lines().next().unwrap();
    std::fs::write(done.path("test_results.journal"), format!("{begun}\n")).unwrap();
    for args in [
        vec!["run", "a.e2e", "--shard", "1/2", "--resume", "--report", "blob=1.blob"],
        vec!["run", "a.e2e", "--shard", "2/2", "--report", "blob=2.blob", "--report", "journal=2.journal"],
    ] {
        let output = Test::new().args(args).command().current_dir(done.folder.path()).output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    }
    let (code, out, err) = merged(done.folder.path(), &["1.blob", "2.blob"]);
    assert_eq!(code, Some(0), "{err}");
    assert!(out.contains("READY  2 tests"), "{out}");
}
