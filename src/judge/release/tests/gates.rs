use proptest::prelude::*;

use super::super::{Gate, GateResult, Measure, Of, SocketOpening, Statistic, Window};
use super::{blocked, digest, not_run, sample, seconds};
use crate::event::{FailureKind, Times};
use crate::judge::Outcome;
use crate::judge::release::{Digest, Reply, Sample, Tally};
use crate::source::Span;
use crate::syntax::ast::BinaryOp;

fn gate(measure: Measure, op: BinaryOp, limit: f64) -> Gate {
    Gate { text: "a gate".to_owned(), span: Span::nowhere(), measure, op, limit }
}

fn judged(gate: &Gate, digests: &[Digest]) -> GateResult {
    {
        let window = Window { started: seconds(0.0), duration: seconds(10.0) };
        gate.judge(&digests.iter().collect::<Vec<_>>(), &[window])
    }
}

fn outcomes(passed: usize, failed: usize) -> Vec<Digest> {
    let of = |outcome: Outcome, count| (0..count).map(move |index| digest(&format!("{index}"), outcome.clone()));
    of(Outcome::Passed, passed).chain(of(Outcome::Failed, failed)).collect()
}

#[test]
fn each_measure_holds_and_just_does_not() {
    use BinaryOp::{Equal, Greater, GreaterEqual, Less};
    let with = |sample_of: &[(f64, bool)]| {
        let mut one = digest("t", Outcome::Passed);
        one.samples = sample_of.iter().map(|(time, held)| sample("backend", *time, *held)).collect();
        vec![one]
    };
    let opening = |time: f64, opened| {
        let mut one = digest("t", Outcome::Passed);
        one.openings = vec![SocketOpening {
            channel: "chat".to_owned(),
            protocol: "websocket".to_owned(),
            time: seconds(time),
            opened,
        }];
        vec![one]
    };
    let forbidden = |count| vec![Digest { forbidden: count, ..digest("t", Outcome::Failed) }];
    let flaky = |count: usize| {
        let mut all = outcomes(20 - count, 0);
        all.extend((0..count).map(|index| digest(&format!("f{index}"), Outcome::Flaky)));
        all
    };
    let many = |count: usize| with(&vec![(0.1, true); count]);
    let statistic = |name: &str, of| Measure::Statistic(Statistic::named(name).unwrap(), of);
    let cases = [
        ("success > 90%", gate(Measure::Success, Greater, 0.9), outcomes(91, 9), outcomes(90, 10)),
        ("success >= 90%", gate(Measure::Success, GreaterEqual, 0.9), outcomes(90, 10), outcomes(89, 11)),
        ("flaky < 5%", gate(Measure::Flaky, Less, 0.05), flaky(0), flaky(1)),
        (
            "error rate < 50%",
            gate(Measure::ErrorRate, Less, 0.5),
            with(&[(0.1, true), (0.1, true), (0.1, false)]),
            with(&[(0.1, true), (0.1, false)]),
        ),
        ("throughput > 2/s over 10 s", gate(Measure::Throughput, Greater, 2.0), many(21), many(20)),
        (
            "p50(time) < 1s",
            gate(statistic("p50", Of::Time), Less, 1.0),
            with(&[(0.5, true), (0.9, true), (9.0, true)]),
            with(&[(0.5, true), (1.0, true), (1.0, true)]),
        ),
        (
            "max(time) < 1s",
            gate(statistic("max", Of::Time), Less, 1.0),
            with(&[(0.999, true)]),
            with(&[(0.1, true), (1.0, true)]),
        ),
        (
            "min(time) < 1s",
            gate(statistic("min", Of::Time), Less, 1.0),
            with(&[(0.9, true), (2.0, true)]),
            with(&[(1.0, true)]),
        ),
        (
            "mean(time) < 1s",
            gate(statistic("mean", Of::Time), Less, 1.0),
            with(&[(0.5, true), (1.4, true)]),
            with(&[(0.5, true), (1.5, true)]),
        ),
        (
            "p95(time to first byte) < 1s",
            gate(statistic("p95", Of::TimeToFirstByte), Less, 1.0),
            with(&[(1.9, true)]),
            with(&[(2.0, true)]),
        ),
        (
            "p99(time of \"GET /threads/*\") < 1s",
            gate(statistic("p99", Of::TimeOf("GET /threads/*".to_owned())), Less, 1.0),
            with(&[(0.9, true)]),
            with(&[(1.1, true)]),
        ),
        (
            "p95(connect chat) < 1s",
            gate(statistic("p95", Of::Connect("chat".to_owned())), Less, 1.0),
            opening(0.9, Some(true)),
            opening(1.0, Some(true)),
        ),
        ("failures of never == 0", gate(Measure::ForbiddenEvents, Equal, 0.0), forbidden(0), forbidden(1)),
    ];
    for (what, gate, holds, breaks) in cases {
        let result = judged(&gate, &holds);
        assert!(result.held, "{what} should hold: {result:?}");
        let result = judged(&gate, &breaks);
        assert!(!result.held && result.measured.is_some(), "{what} should just not hold: {result:?}");
    }
}

#[test]
fn a_gate_without_data_never_holds() {
    let statistic = |of| Measure::Statistic(Statistic::percentile(95), of);
    let measures = [
        Measure::Success,
        Measure::Flaky,
        Measure::ErrorRate,
        Measure::Throughput,
        Measure::ForbiddenEvents,
        Measure::Unavailable("failures of users".to_owned()),
        statistic(Of::Time),
        statistic(Of::TimeToFirstByte),
        statistic(Of::TimeOf("GET /nothing".to_owned())),
        statistic(Of::Connect("chat".to_owned())),
    ];
    for measure in measures {
        for (op, limit) in [(BinaryOp::Less, 1e9), (BinaryOp::GreaterEqual, 0.0), (BinaryOp::NotEqual, 7.0)] {
            let result = judged(&gate(measure.clone(), op, limit), &[]);
            assert!(!result.held && result.measured.is_none(), "{measure:?}: {result:?}");
        }
    }
    let skipped = [digest("t", Outcome::skipped("as the spec says"))];
    assert!(!judged(&gate(Measure::Success, BinaryOp::Greater, 0.0), &skipped).held, "what is skipped proves nothing");
}

#[test]
fn what_was_blocked_or_not_run_is_no_success() {
    let all = [
        digest("passed", Outcome::Passed),
        digest("skipped", Outcome::skipped("as the spec says")),
        digest("blocked", blocked("backend")),
        digest("not run", not_run()),
        digest("flaky", Outcome::Flaky),
    ];
    let result = judged(&gate(Measure::Success, BinaryOp::Greater, 0.4), &all);
    assert_eq!((result.measured, result.basis.as_str()), (Some(0.5), "2 of 4 tests"));
}

#[test]
fn a_request_is_found_by_method_and_path() {
    let mut one = digest("t", Outcome::Passed);
    one.samples = vec![sample("backend", 1.0, true)];
    let found = |written: &str| {
        let gate = gate(Measure::Statistic(Statistic::Max, Of::TimeOf(written.to_owned())), BinaryOp::Less, 9.0);
        judged(&gate, std::slice::from_ref(&one)).measured.is_some()
    };
    for written in ["GET /threads/1", "get /threads/*", "GET /threads/{{id}}", "GET /threads/1/", "GET /*/*"] {
        assert!(found(written), "{written}");
    }
    for written in ["POST /threads/1", "GET /threads", "GET /threads/2", "GET /threads/*/x", "/threads/1", "GET", ""] {
        assert!(!found(written), "{written}");
    }
}

/// What a test asks beyond what is kept whole is judged as if it were.
#[test]
fn exchanges_that_are_counted_weigh_as_much_as_those_that_are_kept() {
    use super::super::{Reply, Tally};
    let mut kept = digest("t", Outcome::Passed);
    kept.samples = (0..200).map(|n| sample("backend", f64::from(n) / 100.0, n % 4 > 0)).collect();
    let mut counted = Digest { samples: kept.samples[..20].to_vec(), ..kept.clone() };
    let tally = |held: bool| {
        let mut tally = Tally {
            first: counted.samples[0].at,
            method: "GET".to_owned(),
            path: Some("/threads/1".to_owned()),
            service: Some("backend".to_owned()),
            reply: Reply::Status(200),
            held,
            times: Default::default(),
            first_byte: Default::default(),
        };
        for one in kept.samples[20..].iter().filter(|one| one.held == held) {
            tally.times.add(one.time);
            one.first_byte.into_iter().for_each(|time| tally.first_byte.add(time));
        }
        tally
    };
    counted.tallies = vec![tally(true), tally(false)];
    let statistic = |name: &str, of| Measure::Statistic(Statistic::named(name).unwrap(), of);
    let to_threads = |path: &str| Of::TimeOf(format!("GET {path}"));
    let mut measures = vec![Measure::ErrorRate, Measure::Throughput];
    for name in ["min", "p1", "median", "p95", "max", "mean"] {
        measures.extend([statistic(name, Of::Time), statistic(name, to_threads("/threads/*"))]);
    }
    for measure in measures {
        let [whole, part] =
            [&kept, &counted].map(|one| judged(&gate(measure.clone(), BinaryOp::Less, 9.0), std::slice::from_ref(one)));
        let (of_whole, of_part) = (whole.measured.unwrap(), part.measured.unwrap());
        assert!((of_whole - of_part).abs() <= of_whole / 500.0, "{measure:?}: {of_whole} {of_part}");
        assert_eq!((whole.basis, whole.held), (part.basis, part.held), "{measure:?}");
    }
    // Paths of which ids are no longer known, and paths of which nothing is.
    for (path, written, known) in [
        (Some("/threads/*"), "/threads/*", true),
        (Some("/threads/*"), "/users/1", true),
        (Some("/threads/*"), "/threads/1", false),
        (None, "/threads/*", false),
    ] {
        counted.tallies.iter_mut().for_each(|tally| tally.path = path.map(str::to_owned));
        let gate = gate(statistic("max", to_threads(written)), BinaryOp::Less, 9.0);
        let result = judged(&gate, std::slice::from_ref(&counted));
        let unknown = result.basis.starts_with("there are too many paths");
        assert_eq!(unknown, !known, "{path:?} {written}: {result:?}");
    }
}

#[test]
fn a_phase_has_the_throughput_of_its_own_time() {
    let mut one = digest("t", Outcome::Passed);
    one.samples = (0..100).map(|_| sample("backend", 0.1, true)).collect();
    let gate = gate(Measure::Throughput, BinaryOp::Greater, 1.0);
    let later = Window { started: seconds(60.0), duration: seconds(0.001) };
    let result = gate.judge(&[&one], &[later]);
    assert!(!result.held && result.measured.is_none(), "what an earlier phase asked isn't this one's: {result:?}");
}

#[test]
fn what_is_not_all_is_never_shown_as_all() {
    use super::super::Unit::Share;
    for (share, shown) in [(1.0, "100%"), (0.999_99, "99.99%"), (0.901, "90.1%"), (0.0, "0%"), (2.0 / 3.0, "66.66%")] {
        assert_eq!(Share.words(share), shown);
    }
}

proptest! {
    /// The nearest rank: the smallest value that at least so many percent of all are no larger than.
    #[test]
    fn percentiles_are_those_of_the_definition(times in proptest::collection::vec(0u64..1000, 1..200), rank in 1u32..=100_000) {
        let durations: Vec<_> = times.iter().map(|ms| std::time::Duration::from_millis(*ms)).collect();
        let name = format!("p{}.{:03}", rank / 1_000, rank % 1_000);
        let statistic = Statistic::named(&name).unwrap();
        prop_assert_eq!(Statistic::named(&statistic.name()), Some(statistic), "{} is {}", name, statistic.name());
        let found = statistic.of(&mut durations.iter().copied().collect()).unwrap();
        let share = |limit: std::time::Duration| durations.iter().filter(|one| **one <= limit).count() * 100_000;
        let enough = durations.len() * rank as usize;
        let wanted = durations.iter().copied().filter(|one| share(*one) >= enough).min().unwrap();
        prop_assert_eq!(found, wanted);
    }
}

#[test]
fn statistics_have_names() {
    for name in ["p1", "p50", "p99.9", "p99.999", "p0.001", "p100", "min", "max", "mean"] {
        assert_eq!(Statistic::named(name).map(Statistic::name).as_deref(), Some(name));
    }
    for name in [
        "p",
        "p0",
        "p0.0",
        "p101",
        "p100.001",
        "p99.9999",
        "p.9",
        "p9.",
        "p+9",
        "p9e1",
        "p99999999999",
        "P95",
        "average",
    ] {
        assert_eq!(Statistic::named(name), None, "{name}");
    }
}

#[test]
fn what_was_refused_was_not_fast() {
    for (reply, timed) in [
        (Reply::Status(200), true),
        (Reply::Status(503), true),
        (Reply::None(FailureKind::Timeout), true),
        (Reply::None(FailureKind::Refused), false),
        (Reply::None(FailureKind::Reset), false),
        (Reply::None(FailureKind::Dns), false),
    ] {
        let one = Sample { reply, first_byte: None, ..sample("backend", 0.1, false) };
        let mut times = Times::default();
        times.add(one.time);
        let first_byte = Times::default();
        let (first, method, path) = (one.at, one.method.clone(), Some(one.path.clone()));
        let counted = Tally { first, method, path, service: None, reply, held: false, times, first_byte };
        let kept = Digest { samples: vec![one], ..digest("t", Outcome::Failed) };
        let counted = Digest { tallies: vec![counted], ..digest("t", Outcome::Failed) };
        for of in [Of::Time, Of::TimeOf("GET /threads/*".to_owned())] {
            let gate = gate(Measure::Statistic(Statistic::Max, of), BinaryOp::Less, 1.0);
            for digest in [&kept, &counted] {
                let result = judged(&gate, std::slice::from_ref(digest));
                assert_eq!((result.held, result.measured.is_some()), (timed, timed), "{reply:?}: {}", result.basis);
            }
        }
    }
}
