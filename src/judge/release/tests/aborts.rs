use super::super::{AbortCondition, AbortJudge, AbortKind, Digest, Observation, ServiceState};
use super::{digest, seconds};
use crate::judge::Outcome;
use crate::judge::release::TestsAndLoads;
use crate::source::Span;
use crate::syntax::ast::BinaryOp;

fn condition(kind: AbortKind) -> AbortCondition {
    AbortCondition { text: "a condition".to_owned(), span: Span::nowhere(), kind, phase: None }
}

/// Whether a run of ten tests is aborted by these happenings.
fn trips(condition: AbortCondition, happenings: &[Observation<'_>]) -> bool {
    let mut judge = AbortJudge::new(vec![condition], TestsAndLoads { tests: 10, loads: 0 });
    happenings.iter().for_each(|one| {
        judge.receive(seconds(1.0), *one);
    });
    judge.tripped().is_some()
}

fn service(name: &'static str, state: ServiceState) -> Observation<'static> {
    Observation::Service { name, state, because: "503" }
}

fn exchange(service: &'static str, time: f64) -> Observation<'static> {
    Observation::Exchange { service: Some(service), time: seconds(time) }
}

#[test]
fn each_condition_trips_and_just_does_not() {
    let failed = digest("t", Outcome::Failed);
    let passed = digest("t", Outcome::Passed);
    let important = Digest { priority: Some("P1".to_owned()), ..failed.clone() };
    let (fails, passes, p1) = (Observation::Test(&failed), Observation::Test(&passed), Observation::Test(&important));
    let (opens, refused) = (Observation::WebSocket { opened: true }, Observation::WebSocket { opened: false });
    let slow = |to: Option<&str>| AbortKind::Slow {
        op: BinaryOp::Greater,
        limit: seconds(15.0),
        requests: 3,
        to: to.map(|to| vec![to.to_owned()]),
    };
    let failures = |limit, share| AbortKind::Failures { op: BinaryOp::Greater, limit, share };
    let down = service("backend", ServiceState::Down);
    let cases: Vec<(&str, AbortKind, Vec<Observation<'_>>, Vec<Observation<'_>>)> = vec![
        (
            "service backend is down",
            AbortKind::ServiceDown("backend".to_owned()),
            vec![service("backend", ServiceState::Up), down],
            vec![service("backend", ServiceState::Up), service("auth", ServiceState::Down)],
        ),
        (
            "credential token cannot be obtained",
            AbortKind::CredentialFails("token".to_owned()),
            vec![Observation::CredentialFailed { name: "token", because: "401" }],
            vec![Observation::CredentialFailed { name: "other", because: "401" }],
        ),
        (
            "every websocket fails",
            AbortKind::EveryWebSocketFails,
            vec![refused, refused, refused],
            vec![refused, refused, opens, refused, refused, refused, Observation::PhaseEnded],
        ),
        (
            "every websocket fails, in a phase with few",
            AbortKind::EveryWebSocketFails,
            vec![Observation::PhaseBegan(0), refused, Observation::PhaseEnded],
            vec![Observation::PhaseBegan(0), refused, refused, Observation::PhaseBegan(1), Observation::PhaseEnded],
        ),
        (
            "time > 15s for 3 requests in a row",
            slow(None),
            vec![exchange("a", 16.0), exchange("b", 16.0), exchange("a", 15.1)],
            vec![
                exchange("a", 16.0),
                exchange("a", 16.0),
                exchange("a", 15.0),
                exchange("a", 16.0),
                exchange("a", 16.0),
            ],
        ),
        (
            "time > 15s for 3 requests in a row to a",
            slow(Some("a")),
            vec![exchange("a", 16.0), exchange("b", 0.1), exchange("a", 16.0), exchange("a", 16.0)],
            vec![
                exchange("b", 16.0),
                exchange("b", 16.0),
                exchange("b", 16.0),
                exchange("a", 16.0),
                exchange("a", 16.0),
            ],
        ),
        ("failures > 2", failures(2.0, false), vec![fails, fails, passes, fails], vec![fails, fails, passes]),
        ("failures > 20%", failures(0.2, true), vec![fails, fails, fails], vec![fails, fails, passes]),
        ("any failure", AbortKind::AnyFailure { priority: None }, vec![passes, fails], vec![passes, passes]),
        (
            "any failure of P1",
            AbortKind::AnyFailure { priority: Some("P1".to_owned()) },
            vec![fails, p1],
            vec![fails, passes],
        ),
    ];
    for (what, kind, trip, rest) in cases {
        assert!(trips(condition(kind.clone()), &trip), "{what} should trip");
        assert!(!trips(condition(kind), &rest), "{what} should just not trip");
    }
}

#[test]
fn a_condition_of_a_phase_counts_in_that_phase_only() {
    let failed = digest("t", Outcome::Failed);
    let of_second = AbortCondition { phase: Some(1), ..condition(AbortKind::AnyFailure { priority: None }) };
    let test = Observation::Test(&failed);
    assert!(!trips(of_second.clone(), &[Observation::PhaseBegan(0), test]));
    assert!(trips(of_second.clone(), &[Observation::PhaseBegan(0), test, Observation::PhaseBegan(1), test]));
    assert!(!trips(of_second, &[Observation::PhaseBegan(1), Observation::PhaseBegan(2), test]));
}

#[test]
fn only_the_first_condition_that_trips_is_the_cause() {
    let kinds = [AbortKind::ServiceDown("a".to_owned()), AbortKind::ServiceDown("b".to_owned())];
    let mut judge = AbortJudge::new(kinds.into_iter().map(condition).collect(), TestsAndLoads::default());
    assert!(judge.receive(seconds(1.0), service("b", ServiceState::Down)).is_some());
    assert!(judge.receive(seconds(2.0), service("a", ServiceState::Down)).is_none());
    assert_eq!(judge.tripped().unwrap().service.as_deref(), Some("b"));
    assert_eq!(judge.tripped().unwrap().at, seconds(1.0));
}
