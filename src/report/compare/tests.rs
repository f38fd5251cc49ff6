use crate::report::model::word::Outcome;
use proptest::prelude::*;
use rand::SeedableRng as _;
use rand::rngs::StdRng;

use super::*;
use crate::report::model;

const OUTCOMES: [&str; 8] = ["passed", "failed", "errored", "timed_out", "flaky", "skipped", "vacuous", "not_run"];

fn test(number: usize, outcome: &str, duration_ms: f64) -> Test {
    let text = format!(
        "{{\"id\": \"a.e2e::S::{number}\", \"suite\": \"S\", \"name\": \"{number}\", \"priority\": null, \"tags\": [], \"location\": null,
           \"outcome\": \"{outcome}\", \"attempts\": 1, \"duration_ms\": {duration_ms}, \"diagnostics\": [], \"exchanges\": [], \"channels\": []}}"
    );
    serde_json::from_str(&text).unwrap()
}

/// A run with these tests, judged.
fn run(tests: Vec<Test>) -> Report {
    let mut report = model::Report {
        schema: model::SCHEMA,
        tool: model::Tool::this(),
        run: model::Run::default(),
        verdict: model::Verdict::default(),
        summary: model::Summary::default(),
        phases: Vec::new(),
        gates: Vec::new(),
        abort: None,
        causes: Vec::new(),
        services: Vec::new(),
        credentials: Vec::new(),
        diagnostics: Vec::new(),
        tests,
        plan: model::PlanSpec::default(),
    };
    crate::report::assemble::judge(&mut report);
    report
}

fn reports() -> impl Strategy<Value = Report> {
    let tests = prop::collection::btree_map(0..30_usize, (prop::sample::select(&OUTCOMES), 1.0..5000.0_f64), 0..25);
    tests
        .prop_map(|tests| run(tests.into_iter().map(|(number, (outcome, time))| test(number, outcome, time)).collect()))
}

fn names(changes: &[Change]) -> Vec<&str> {
    let mut names: Vec<&str> = changes.iter().map(|change| change.name.as_str()).collect();
    names.sort_unstable();
    names
}

proptest! {
    #[test]
    fn a_run_is_as_stable_as_itself(report in reports()) {
        let one = compare(&[&report], &[&report]).unwrap();
        let proved = report.tests.iter().any(|test| matches!(test.outcome, Outcome::Passed | Outcome::Flaky));
        prop_assert_eq!(one.stable(), proved, "{:?}", one.reasons);
        prop_assert!(one.unchanged(), "{one:?}");
        prop_assert_eq!(one.drift, 1.0);
    }

    #[test]
    fn swapping_the_sides_swaps_what_is_reported(base in reports(), new in reports()) {
        let (there, back) = (compare(&[&base], &[&new]).unwrap(), compare(&[&new], &[&base]).unwrap());
        prop_assert_eq!(names(&there.tests.broke), names(&back.tests.fixed));
        prop_assert_eq!(names(&there.tests.fixed), names(&back.tests.broke));
        prop_assert_eq!(names(&there.tests.still_broken), names(&back.tests.still_broken));
        prop_assert_eq!(names(&there.tests.added), names(&back.tests.removed));
        prop_assert_eq!(names(&there.tests.left_out), names(&back.tests.taken_up));
        prop_assert_eq!(there.slower.len(), back.faster.len());
        prop_assert_eq!(there.faster.len(), back.slower.len());
    }

    /// Every test of either run is reported about, or ends as it did.
    #[test]
    fn nothing_is_passed_over(base in reports(), new in reports()) {
        let one = compare(&[&base], &[&new]).unwrap();
        let reported: Vec<&str> = text::lists(&one).iter().flat_map(|(_, _, list)| names(list)).collect();
        let good = |outcome: Outcome| outcome == Outcome::Passed;
        let undone = |outcome: Outcome| matches!(outcome, Outcome::Skipped | Outcome::NotRun);
        for test in base.tests.iter().chain(&new.tests) {
            let find = |report: &Report| report.tests.iter().find(|other| other.id == test.id).map(|other| other.outcome);
            let quiet = match (find(&base), find(&new)) {
                (Some(a), Some(b)) => (good(a) && good(b)) || (undone(a) && undone(b)) || (a == Outcome::Flaky && b == Outcome::Flaky),
                _ => false,
            };
            prop_assert_eq!(quiet, !reported.contains(&test.name.as_str()), "{}", test.name);
        }
    }
}

#[test]
fn several_runs_of_a_side_distinguish_flaky_from_broken() {
    let with =
        |outcomes: [&str; 3]| run(outcomes.iter().enumerate().map(|(number, one)| test(number, one, 5.0)).collect());
    let base = with(["passed", "passed", "failed"]);
    let (first, second) = (with(["failed", "failed", "passed"]), with(["failed", "passed", "passed"]));
    let one = compare(&[&base], &[&first, &second]).unwrap();
    assert_eq!(names(&one.tests.broke), ["0"]);
    assert_eq!(names(&one.tests.newly_flaky), ["1"]);
    assert_eq!(names(&one.tests.fixed), ["2"]);
    assert_eq!(one.tests.newly_flaky[0].after, "failed in 1 of 2 runs");
    assert_eq!((one.new.runs, one.new.flaky_share), (2, 1.0 / 3.0));
    assert!(
        one.reasons.iter().any(|reason| reason.what == "33% of the tests are flaky, 0% were before"),
        "{:?}",
        one.reasons
    );
}

#[test]
fn a_test_whose_file_moved_is_the_same_unless_that_is_unsure() {
    let moved = |mut test: Test, id: &str| {
        test.id = id.to_owned();
        test
    };
    let base = run(vec![test(1, "passed", 5.0), test(2, "passed", 5.0)]);
    let new = run(vec![moved(test(1, "failed", 5.0), "b.e2e::S::1"), test(2, "passed", 5.0)]);
    let one = compare(&[&base], &[&new]).unwrap();
    assert_eq!((names(&one.tests.broke), one.tests.added.len(), one.tests.removed.len()), (vec!["1"], 0, 0));
    let twice = run(vec![
        moved(test(1, "failed", 5.0), "b.e2e::S::1"),
        moved(test(1, "passed", 5.0), "c.e2e::S::1"),
        test(2, "passed", 5.0),
    ]);
    let one = compare(&[&base], &[&twice]).unwrap();
    assert_eq!((one.tests.broke.len(), one.tests.added.len(), one.tests.removed.len()), (0, 2, 1));
}

/// Whole runs, as they come: noise of ±20 % over 300 tests makes none unstable, and a test that takes twice as long does.
#[test]
fn whole_runs_are_judged_by_more_than_noise() {
    let mut tripped = 0;
    for seed in 0..100 {
        let mut rng = StdRng::seed_from_u64(seed);
        let times: Vec<f64> = (0..300).map(|_| 50.0 * 400.0_f64.powf(rng.random::<f64>())).collect();
        let mut noisy = |noise: f64| {
            let tests = times.iter().enumerate();
            run(tests
                .map(|(number, time)| test(number, "passed", time * rng.random_range(1.0 - noise..1.0 + noise)))
                .collect())
        };
        let (base, new) = (noisy(0.2), noisy(0.2));
        tripped += usize::from(!compare(&[&base], &[&new]).unwrap().stable());
        let (base, mut new) = (noisy(0.05), noisy(0.05));
        let slow = (seed as usize * 7) % 300;
        new.tests[slow].duration_ms = base.tests[slow].duration_ms * 2.0 + 200.0;
        let one = compare(&[&base], &[&new]).unwrap();
        assert_eq!(one.slower.iter().map(|change| change.name.clone()).collect::<Vec<_>>(), [format!("S › {slow}")]);
        assert!(!one.stable());
    }
    assert_eq!(tripped, 0);
}

/// A load of 30 seconds, with `times` of its requests in milliseconds in each.
fn load(mut times: impl FnMut(u64) -> f64, errors: u64) -> Test {
    use crate::event::Times;
    let bins: Vec<model::Bin> = (0..30)
        .map(|at| {
            let mut own = Times::default();
            (0..100).for_each(|_| own.add(model::time(times(at))));
            let errors = vec![model::ErrorCount { kind: model::word::ErrorKind::Server, count: errors }];
            model::Bin { users: 5, requests: 100, iterations: 100, dropped: 0, times_ms: own.into(), errors }
        })
        .collect();
    let mut all = Times::default();
    bins.iter().for_each(|bin| all.merge(&bin.times_ms.0));
    let replies = model::Replies { status: Some(200), held: true, times_ms: all.into(), ..Default::default() };
    let (method, url) = ("GET".to_owned(), "http://h:1/a".to_owned());
    let requests = vec![model::Requests { method, url, replies: vec![replies], ..Default::default() }];
    let failures =
        vec![model::LoadFailure { kind: model::word::ErrorKind::Server, count: errors * 30, ..Default::default() }];
    let load = model::Load {
        planned_ms: 30_000.0,
        lasted_ms: 30_000.0,
        most_users: 5,
        measured: model::Measured { requests, failures, ..Default::default() },
        timeline: model::Timeline { bin_ms: 1_000.0, bins },
        ..Default::default()
    };
    let mut test = test(1, "passed", 30_000.0);
    (test.suite, test.name, test.id) = ("load".to_owned(), "buy".to_owned(), "a.e2e::load::buy".to_owned());
    test.load = Some(Box::new(load));
    test
}

/// Times around so many milliseconds, by a factor of up to two.
fn around(ms: f64, seed: u64) -> impl FnMut(u64) -> f64 {
    let mut rng = StdRng::seed_from_u64(seed);
    move |_| ms * 2f64.powf(rng.random_range(-1.0..1.0))
}

#[test]
fn what_moved_in_a_load_is_told_from_noise() {
    let base = run(vec![load(around(20.0, 1), 0)]);
    let again = run(vec![load(around(20.0, 2), 0)]);
    let one = compare(&[&base], &[&again]).unwrap();
    assert!(one.stable() && one.unchanged(), "{:?}", one.loads);
    let said = text::render(&one, crate::diag::Style { color: false, ..Default::default() });
    assert!(said.contains("Loads (1)\n  buy\n    p50  ") && said.contains("no more than noise"), "{said}");
    assert!(said.contains("3 percentiles of single requests: no more than noise"), "{said}");

    let worse = run(vec![load(around(40.0, 3), 3)]);
    let one = compare(&[&base], &[&worse]).unwrap();
    let moved: Vec<(String, Moved)> = one.loads[0]
        .measures
        .iter()
        .map(|one| (one.what(), one.moved))
        .filter(|(_, moved)| *moved != Moved::Noise)
        .collect();
    let worse_are = ["p50", "p95", "p99", "p50 of GET /a", "p95 of GET /a", "p99 of GET /a", "error rate"];
    assert_eq!(moved, worse_are.map(|what| (what.to_owned(), Moved::Worse)));
    assert!(
        !one.stable() && one.reasons[0].what.starts_with("1 load is worse than noise explains: buy: "),
        "{:?}",
        one.reasons
    );
    assert!(one.slower.is_empty(), "how long a load lasts says nothing of it");
    let said = text::render(&one, crate::diag::Style { color: false, ..Default::default() });
    let markdown = markdown::render(&one);
    for words in ["p95 of GET /a", "×2.0", "error rate", "3%"] {
        assert!(said.contains(words) && markdown.contains(words), "{words}\n{said}\n{markdown}");
    }
    let json: serde_json::Value = serde_json::from_str(&json::render(&one)).unwrap();
    assert_eq!(json["loads"][0]["measures"][0]["change"], "worse");
    let back = compare(&[&worse], &[&base]).unwrap();
    assert!(back.stable() && back.loads[0].measures.iter().any(|one| one.moved == Moved::Better));

    let mut other = run(vec![load(around(20.0, 4), 0)]);
    other.tests[0].load.as_mut().unwrap().planned_ms = 60_000.0;
    let one = compare(&[&base], &[&other]).unwrap();
    assert_eq!(one.loads[0].notes, ["it was to last 30s, and is to last 1m"]);
}
