use crate::value::test_json as json;

use super::super::{
    Abort, Assessment, Classification, Phase, PhaseRun, PhaseState, Release, RunFacts, ServiceState, ServiceWatch,
    SymptomKind, VerdictState, assess,
};
use super::super::{Digest, Gate, Measure};
use super::{at_risk, blocked, digest, failed_by, not_run, says, seconds, watch};
use crate::event::FailureKind;
use crate::judge::Outcome;
use crate::source::Span;
use crate::syntax::ast::BinaryOp;

fn success(limit: f64) -> Gate {
    let text = format!("success > {}%", limit * 100.0);
    Gate { text, span: Span::nowhere(), measure: Measure::Success, op: BinaryOp::Greater, limit }
}

fn phase(name: &str, gates: Vec<Gate>, tests: &[&str]) -> Phase {
    Phase {
        name: name.to_owned(),
        span: Span::nowhere(),
        gates,
        budget: Some(seconds(60.0)),
        tests: tests.iter().map(|id| (*id).to_owned()).collect(),
        loads: Vec::new(),
        left_out: false,
    }
}

#[derive(Default)]
struct Run {
    release: Release,
    phases: Vec<PhaseRun>,
    digests: Vec<Digest>,
    services: Vec<ServiceWatch>,
    abort: Option<Abort>,
    interrupted: bool,
    deny_weak: bool,
}

impl Run {
    /// A run of a plan with one phase over all of these tests.
    fn gated(gates: Vec<Gate>, digests: Vec<Digest>) -> Self {
        let ids: Vec<&str> = digests.iter().map(|digest| digest.id.as_str()).collect();
        let release =
            Release { name: Some("release".to_owned()), phases: vec![phase("All", gates, &ids)], gates: Vec::new() };
        Self { release, phases: vec![done()], digests, ..Self::default() }
    }

    /// One without a plan.
    fn plain(digests: Vec<Digest>) -> Self {
        Self {
            release: Release { name: None, ..Self::gated(Vec::new(), digests.clone()).release },
            ..Self::gated(Vec::new(), digests)
        }
    }

    fn judged(&self) -> Assessment {
        assess(RunFacts {
            deny_weak: self.deny_weak,
            release: &self.release,
            phases: &self.phases,
            digests: &self.digests,
            services: &self.services,
            abort: self.abort.as_ref(),
            interrupted: self.interrupted,
            problems: &[],
            duration: seconds(5.0),
        })
    }
}

fn done() -> PhaseRun {
    PhaseRun { started: Some(seconds(0.0)), duration: seconds(5.0), ..PhaseRun::default() }
}

/// One phase with a gate that holds, and one without that selects nothing.
fn idle_phase() -> Run {
    let mut run = Run::gated(vec![success(0.9)], passed(3));
    run.release.phases.push(phase("Idle", Vec::new(), &[]));
    run.phases.push(done());
    run
}

fn abort(service: &str) -> Abort {
    Abort {
        condition: format!("service {service} is down"),
        because: "503, for 10s".to_owned(),
        service: Some(service.to_owned()),
        span: Span::nowhere(),
        at: seconds(10.0),
    }
}

fn passed(count: usize) -> Vec<Digest> {
    (0..count).map(|index| digest(&format!("p{index}"), Outcome::Passed)).collect()
}

fn and(mut digests: Vec<Digest>, more: impl IntoIterator<Item = Digest>) -> Vec<Digest> {
    digests.extend(more);
    digests
}

#[test]
fn each_verdict_has_a_run_that_earns_it() {
    use VerdictState::{Aborted, Degraded, Invalid, NotReady, Ready};
    let failed = || digest("f", Outcome::Failed);
    let cases = [
        ("all passed", Run::plain(passed(2)), Ready),
        ("one failed", Run::plain(and(passed(2), [failed()])), NotReady),
        ("flaky alone", Run::plain(vec![digest("t", Outcome::Flaky)]), Ready),
        ("nothing was run", Run::plain(Vec::new()), Invalid),
        ("all skipped", Run::plain(vec![digest("t", Outcome::skipped("because"))]), Invalid),
        ("vacuous", Run::plain(vec![digest("t", Outcome::Vacuous)]), NotReady),
        ("a service is down", Run::plain(and(passed(2), [digest("b", blocked("backend"))])), NotReady),
        ("gates hold, all passed", Run::gated(vec![success(0.9)], passed(10)), Ready),
        ("gates hold, one failed", Run::gated(vec![success(0.9)], and(passed(19), [failed()])), Degraded),
        ("a gate just doesn't hold", Run::gated(vec![success(0.9)], and(passed(9), [failed()])), NotReady),
        ("a gate over nothing", Run::gated(vec![success(0.0)], Vec::new()), Invalid),
        ("a phase without a gate that proves nothing", idle_phase(), NotReady),
        (
            "a test wasn't run",
            Run::plain(and(passed(2), [digest("n", Outcome::NotRun { cause: "an earlier test failed".to_owned() })])),
            NotReady,
        ),
        (
            "a service is down that no test needs",
            Run {
                services: vec![watch("x", &[], ServiceState::Down, Vec::new())],
                ..Run::gated(vec![success(0.9)], passed(3))
            },
            Degraded,
        ),
        ("no gate, one failed", Run::gated(Vec::new(), and(passed(9), [failed()])), NotReady),
        ("aborted", Run { abort: Some(abort("backend")), ..Run::gated(vec![success(0.9)], passed(10)) }, Aborted),
        ("interrupted", Run { interrupted: true, ..Run::plain(passed(1)) }, Aborted),
    ];
    for (what, run, expected) in cases {
        let verdict = run.judged().verdict;
        assert_eq!(verdict.state, expected, "{what}: {:?}", verdict.reasons);
        assert!(expected == Ready || !verdict.reasons.is_empty(), "{what} has no reason");
    }
    let over = PhaseRun { over_budget: true, ..done() };
    let run = Run { phases: vec![over], ..Run::gated(vec![success(0.5)], passed(10)) };
    let judged = run.judged();
    assert_eq!((judged.verdict.state, judged.phases[0].state), (NotReady, PhaseState::Failed));
    assert_eq!(judged.verdict.reasons, ["phase \"All\" used up its budget of 1m"]);
}

#[test]
fn money_is_summed_by_currency_and_period_and_counts_once_a_suite() {
    let run = Run::plain(vec![
        at_risk(digest("1", Outcome::Failed), "A", 120_000.0, "USD", Some("MRR")),
        at_risk(digest("2", Outcome::Errored), "A", 120_000.0, "USD", Some("MRR")),
        at_risk(digest("3", Outcome::Failed), "B", 80_000.0, "USD", Some("MRR")),
        at_risk(digest("4", blocked("x")), "C", 1_000_000.0, "USD", Some("ARR")),
        at_risk(digest("5", Outcome::TimedOut), "D", 5.0, "EUR", None),
        at_risk(digest("6", Outcome::Passed), "E", 7.0, "EUR", None),
        at_risk(digest("7", Outcome::skipped("because")), "F", 7.0, "EUR", None),
        at_risk(digest("8", not_run()), "G", 7.0, "EUR", None),
    ]);
    let sums = |run: &Run| -> Vec<(f64, String, Option<String>)> {
        run.judged().verdict.at_risk.into_iter().map(|sum| (sum.amount, sum.currency, sum.per)).collect()
    };
    let expected = |eur: f64| {
        vec![
            (eur, "EUR".to_owned(), None),
            (1_000_000.0, "USD".to_owned(), Some("ARR".to_owned())),
            (200_000.0, "USD".to_owned(), Some("MRR".to_owned())),
        ]
    };
    assert_eq!(sums(&run), expected(5.0));
    // What an abort left undone isn't vouched for.
    assert_eq!(sums(&Run { abort: Some(abort("x")), ..run }), expected(12.0));
}

#[test]
fn one_outage_is_one_cause_with_its_chain() {
    let unhealthy =
        |at| says(at, 503, json!({ "status": "unhealthy", "checks": { "database": { "status": "down" } } }));
    let down = |name: &str, on: &[&str]| watch(name, on, ServiceState::Down, vec![unhealthy(0.0), unhealthy(10.0)]);
    let run = Run {
        services: vec![
            watch("database", &[], ServiceState::Unknown, Vec::new()),
            down("backend", &["database"]),
            down("auth", &["database"]),
            down("frontend", &["backend", "auth"]),
        ],
        ..Run::plain(and(
            (0..30).map(|index| failed_by(&format!("b{index}"), "backend", SymptomKind::Status(503))).collect(),
            [
                failed_by("a", "auth", SymptomKind::NoResponse(FailureKind::Timeout)),
                digest("n", blocked("frontend")),
                // Something else altogether.
                failed_by(
                    "x",
                    "cdn",
                    SymptomKind::Expectation { code: "e2e::expect::header".to_owned(), what: "header X".to_owned() },
                ),
            ],
        ))
    };
    let causes = run.judged().causes;
    assert_eq!(causes.len(), 2, "{causes:#?}");
    assert_eq!(causes[0].suspect.as_deref(), Some("database"));
    assert_eq!(causes[0].classification, Some(Classification::Persistent));
    assert_eq!(causes[0].tests.len(), 32);
    assert_eq!(
        causes[0].chain,
        [
            "31 tests failed, and 1 test could not be run",
            "frontend answers 503",
            "auth and backend answer 503",
            "database is down, as backend, auth and frontend say",
        ]
    );
    assert_eq!(causes[1].tests, ["x"]);
}

#[test]
fn failures_of_a_service_that_works_are_grouped_by_their_kind() {
    let wrong = |what: &str| SymptomKind::Expectation { code: "e2e::expect::value".to_owned(), what: what.to_owned() };
    let up = says(0.0, 200, json!({ "status": "healthy" }));
    let run = Run {
        services: vec![watch("backend", &[], ServiceState::Up, vec![up])],
        ..Run::plain(vec![
            failed_by("1", "backend", wrong("$.id is uuid")),
            failed_by("2", "backend", wrong("$.id is uuid")),
            failed_by("3", "backend", wrong("$.title == \"a\"")),
            failed_by("4", "backend", SymptomKind::Status(500)),
            failed_by("5", "auth", wrong("$.id is uuid")),
        ])
    };
    let causes = run.judged().causes;
    let groups: Vec<Vec<&str>> = causes.iter().map(|cause| cause.tests.iter().map(String::as_str).collect()).collect();
    assert_eq!(groups, [vec!["1", "2"], vec!["3"], vec!["4"], vec!["5"]]);
    assert!(causes[0].evidence[0].starts_with("backend is up"), "{:?}", causes[0].evidence);
}

#[test]
fn what_a_hook_keeps_from_running_is_at_risk_and_has_a_cause() {
    let kept = |id: &str| Digest {
        symptom: failed_by(id, "backend", SymptomKind::Status(500)).symptom,
        ..at_risk(digest(id, not_run()), "S", 10.0, "USD", None)
    };
    let judged = Run::plain(vec![kept("1"), kept("2"), digest("3", Outcome::Passed)]).judged();
    assert_eq!(judged.verdict.state, VerdictState::NotReady);
    assert_eq!(judged.verdict.at_risk.len(), 1);
    assert_eq!((judged.causes.len(), judged.causes[0].tests.len()), (1, 2));
}

#[test]
fn tests_that_were_blocked_for_a_while_keep_their_cause() {
    let up = says(9.0, 200, json!({}));
    let run = Run {
        services: vec![watch("backend", &[], ServiceState::Up, vec![up])],
        ..Run::plain(and(passed(1), [digest("b", blocked("backend"))]))
    };
    let causes = run.judged().causes;
    assert_eq!((causes.len(), causes[0].suspect.as_deref()), (1, Some("backend")));
    assert_eq!(causes[0].tests, ["b"]);
}

#[test]
fn an_outage_takes_no_other_kinds_of_failure_along() {
    let run = Run::plain(vec![
        failed_by("1", "host", SymptomKind::Status(503)),
        failed_by("2", "host", SymptomKind::Status(500)),
        failed_by("3", "host", SymptomKind::NoResponse(FailureKind::Tls)),
    ]);
    assert_eq!(run.judged().causes.len(), 3);
}

#[test]
fn a_green_health_over_an_unfinished_start_up_is_reported() {
    let green = says(0.0, 200, json!({ "status": "healthy", "startup": { "completed": 5, "total": 7 } }));
    let run = Run {
        services: vec![watch("backend", &[], ServiceState::Up, vec![green])],
        ..Run::plain(and(
            passed(3),
            [failed_by("agent", "backend", SymptomKind::Other { code: "e2e::channel::missing_event".to_owned() })],
        ))
    };
    let verdict = run.judged().verdict;
    assert_eq!(verdict.state, VerdictState::NotReady);
    let reported = "backend's health is green although its start-up is at 5/7, and 1 test that uses it fails";
    assert!(verdict.reasons.iter().any(|reason| reason == reported), "{:?}", verdict.reasons);
}

#[test]
fn an_abort_puts_what_it_left_undone_to_its_cause() {
    let bad = |at| says(at, 503, json!({}));
    let run = Run {
        services: vec![watch("backend", &[], ServiceState::Down, vec![bad(0.0), bad(10.0)])],
        abort: Some(abort("backend")),
        phases: vec![PhaseRun::default()],
        ..Run::gated(vec![success(0.9)], vec![digest("1", not_run()), digest("2", not_run())])
    };
    let judged = run.judged();
    assert_eq!(judged.causes.len(), 1);
    assert_eq!(judged.causes[0].tests, ["1", "2"]);
    assert_eq!(judged.phases[0].state, PhaseState::NotRun);
    assert_eq!(judged.verdict.reasons, ["aborted, since service backend is down: 503, for 10s"]);
}
