//! The monitor: when services are asked, and what becomes of the tests that need them.

use super::scripted::{Case, Ran, fail, file, say, silence};
use crate::event::FailureKind;
use crate::judge::Outcome;
use crate::judge::release::ServiceState;

const SERVICES: &str = "environment e default {\n  api = \"http://api\"\n  \
    service database { probe GET http://database/health expect status 200 within 4s }\n  \
    service backend { probe GET http://api/health expect status 200 within 10s; depends on database }\n}\n";

fn spec(needs: &str) -> String {
    format!(
        "{SERVICES}suite \"s\" {{\n  test \"t\" {{\n    {needs}\n    GET http://api/a {{ expect status 200 }}\n  }}\n}}\n"
    )
}

fn planned(needs: &str, more: &str) -> Case {
    let spec = format!("{}plan p {{\n  {more}\n  phase \"one\" {{ run everything not run }}\n}}\n", spec(needs));
    file(&spec).by_plan("p")
}

/// When the service at this host was asked how it is.
fn probes(ran: &Ran, host: &str) -> Vec<u64> {
    ran.hosts(host, "/health")
}

fn state(ran: &Ran, name: &str) -> ServiceState {
    ran.result.services.iter().find(|watch| watch.name == name).unwrap().state
}

#[test]
fn a_plan_asks_all_services_before_its_first_phase() {
    let ran =
        planned("", "").responds(|asked| say(200).after(if asked.host == "database" { 70 } else { 30 })).run().passed();
    assert_eq!((probes(&ran, "database"), probes(&ran, "api")), (vec![0], vec![0]));
    assert_eq!(ran.at("GET /a"), [70]);
    assert_eq!((state(&ran, "database"), state(&ran, "backend")), (ServiceState::Up, ServiceState::Up));
}

#[test]
fn a_service_that_starts_late_is_waited_for() {
    let ran = planned("needs backend", "")
        .responds(|asked| match (asked.host, asked.path) {
            ("api", "/health") if asked.at.as_millis() < 3_000 => fail(FailureKind::Refused),
            _ => say(200),
        })
        .run()
        .passed();
    let asked = probes(&ran, "api");
    let last = *asked.last().unwrap();
    assert!((3_000..=4_000).contains(&last), "{asked:?}");
    assert_eq!(ran.at("GET /a"), [last]);
}

#[test]
fn a_service_is_down_when_its_probe_has_not_held_for_its_time() {
    let ran =
        planned("needs database", "").responds(|asked| say(if asked.host == "database" { 503 } else { 200 })).run();
    let asked = probes(&ran, "database");
    assert_eq!(asked.first(), Some(&0));
    assert_eq!(asked.iter().filter(|at| **at <= 4_000).max(), Some(&4_000), "{asked:?}");
    let down = ran.received().into_iter().find(|(_, what)| what == "database down").unwrap();
    assert_eq!(down.0, 4_000);
    assert_eq!(state(&ran, "database"), ServiceState::Down);
}

#[test]
fn a_test_that_needs_a_service_which_is_down_is_skipped_with_the_cause() {
    let database_down = |asked: &super::scripted::Asked<'_>| say(if asked.host == "database" { 503 } else { 200 });
    let ran = planned("needs database", "").responds(database_down).run();
    let Outcome::Skipped { reason, blocked_by } = ran.outcome("t") else { panic!("{:?}", ran.outcome("t")) };
    assert!(reason.starts_with("database is down: 503"), "{reason}");
    assert_eq!(blocked_by.as_deref(), Some("database"));
    // What it depends on is needed, too.
    let ran = planned("needs backend", "").responds(database_down).run();
    let Outcome::Skipped { reason, blocked_by } = ran.outcome("t") else { panic!("{:?}", ran.outcome("t")) };
    assert!(reason.starts_with("database, which backend depends on, is down: 503"), "{reason}");
    assert_eq!(blocked_by.as_deref(), Some("database"));
    assert_eq!(ran.at("GET /a").len(), 0);
    // One that needs nothing runs all the same.
    planned("", "").responds(database_down).run().passed();
}

#[test]
fn without_a_plan_only_what_is_needed_is_asked_while_others_run() {
    let spec = format!(
        "{SERVICES}suite \"s\" {{\n  tests side by side\n  test \"t\" {{ needs database; GET http://api/a {{ expect status 200 }} }}\n  \
         test \"u\" {{ GET http://api/b {{ expect status 200 }} }}\n}}\n"
    );
    let ran =
        file(&spec).responds(|asked| say(200).after(if asked.host == "database" { 800 } else { 10 })).run().passed();
    assert_eq!((probes(&ran, "database"), probes(&ran, "api")), (vec![0], vec![]));
    assert_eq!((ran.at("GET /b"), ran.at("GET /a")), (vec![0], vec![800]));
}

#[test]
fn a_probe_without_an_expectation_wants_a_success() {
    let spec = |status: u16| {
        let spec = SERVICES.replace(" expect status 200", "");
        let spec = format!(
            "{spec}suite \"s\" {{ test \"t\" {{ needs database; GET http://api/a {{ expect status 200 }} }} }}\n"
        );
        file(&spec).responds(move |asked| say(if asked.host == "database" { status } else { 200 })).run()
    };
    assert_eq!(*spec(204).outcome("t"), Outcome::Passed);
    assert_eq!(*spec(299).outcome("t"), Outcome::Passed);
    assert!(spec(302).cause("t").starts_with("database is down"));
    assert!(spec(401).cause("t").starts_with("database is down"));
}

#[test]
fn after_an_outage_the_service_is_asked_again_and_the_next_test_waits() {
    let spec = format!(
        "{SERVICES}suite \"s\" {{\n  needs backend\n  test \"t\" {{ GET http://api/a {{ expect status 200 }} }}\n  \
         test \"u\" {{ GET http://api/b {{ expect status 200 }} }}\n}}\nplan p {{ phase \"one\" {{ run everything not run }} }}\n"
    );
    // Down from 0 to 2,500 ms after the first test has met it.
    let ran = file(&spec)
        .by_plan("p")
        .responds(|asked| match (asked.host, asked.path, asked.nth) {
            ("api", "/a", _) => say(503).after(100),
            ("api", "/health", 2..) if asked.at.as_millis() < 2_600 => say(503),
            _ => say(200),
        })
        .run();
    assert_eq!(*ran.outcome("t"), Outcome::Failed);
    assert_eq!(*ran.outcome("u"), Outcome::Passed);
    let asked = probes(&ran, "api");
    assert_eq!(asked[..2], [0, 100]);
    let back = *asked.iter().find(|at| **at >= 2_600).unwrap();
    assert_eq!(ran.at("GET /b"), [back]);
}

#[test]
fn an_error_of_a_test_that_is_no_outage_raises_no_doubt() {
    let ran = planned("needs backend", "").responds(|asked| say(if asked.path == "/a" { 500 } else { 200 })).run();
    assert_eq!(*ran.outcome("t"), Outcome::Failed);
    let before_the_test = probes(&ran, "api").into_iter().filter(|at| *at == 0).count();
    // Once before the first phase; once more when all is over, for the report.
    assert!(before_the_test <= 2, "{:?}", ran.calls());
    assert_eq!(state(&ran, "backend"), ServiceState::Up);
}

#[test]
fn a_probe_that_is_not_answered_takes_no_longer_than_the_service_may() {
    let ran = planned("needs database", "")
        .responds(|asked| if asked.host == "database" { silence() } else { say(200) })
        .run();
    assert!(ran.cause("t").starts_with("database is down"), "{}", ran.cause("t"));
    let down = ran.received().into_iter().find(|(_, what)| what == "database down").unwrap();
    assert_eq!(down.0, 4_000);
}

#[test]
fn a_service_without_a_probe_is_never_asked_and_blocks_nothing() {
    let spec = "environment e default {\n  api = \"http://api\"\n  service database { depends on nothing }\n}\n\
                suite \"s\" { test \"t\" { needs database; GET http://api/a { expect status 200 } } }\n";
    let ran = file(spec).run().passed();
    assert_eq!(ran.calls(), [(0, "GET /a")]);
}

#[test]
fn a_retry_after_an_outage_waits_until_it_is_settled_how_the_service_is() {
    let more = "retry infrastructure 3 times every 2s";
    let ran = planned("needs backend", more)
        .responds(|asked| match (asked.path, asked.nth) {
            ("/a", 1) => say(503),
            ("/health", _) if asked.host == "api" && (1..5_000).contains(&asked.at.as_millis()) => say(503),
            ("/health", 2..) if asked.host == "api" && asked.at.as_millis() < 5_000 => say(503),
            _ => say(200),
        })
        .run();
    assert_eq!(*ran.outcome("t"), Outcome::Flaky, "{}", ran.drawn());
    let second = ran.at("GET /a")[1];
    assert!(second >= 5_000 && probes(&ran, "api").contains(&second), "{:?}", ran.calls());
}

#[test]
fn a_service_that_answers_nothing_is_down_at_the_end_of_its_time() {
    // Whichever of its probes is under way then.
    for within in [3, 7, 10, 12] {
        let spec = format!(
            "environment e default {{\n  api = \"http://api\"\n  service backend {{ probe GET http://api/health within {within}s }}\n}}\n\
             suite \"s\" {{ test \"t\" {{ needs backend; GET http://api/a {{ expect status 200 }} }} }}\n"
        );
        let ran = file(&spec).responds(|_| silence()).run();
        let down = ran.received().into_iter().find(|(_, what)| what == "backend down");
        assert_eq!(down.map(|(at, _)| at), Some(within * 1_000));
        assert!(ran.cause("t").starts_with("backend is down"));
    }
}

#[test]
fn a_service_that_comes_back_is_found_to_be_up_when_a_test_needs_it() {
    let spec = format!(
        "{SERVICES}suite \"s\" {{\n  test \"t\" {{ needs database; GET http://api/a {{ expect status 200 }} }}\n  \
         test \"between\" {{ GET http://api/b {{ expect status 200 }} }}\n  test \"u\" {{ needs database; GET http://api/c {{ expect status 200 }} }}\n}}\n"
    );
    let ran = file(&spec)
        .responds(|asked| match asked.host {
            "database" if asked.at.as_millis() < 9_000 => fail(FailureKind::Refused),
            _ => say(200).after(if asked.path == "/b" { 6_000 } else { 0 }),
        })
        .run();
    assert!(ran.cause("t").starts_with("database is down"), "{}", ran.cause("t"));
    assert_eq!(*ran.outcome("u"), Outcome::Passed);
    assert_eq!((ran.at("GET /b"), ran.at("GET /c")), (vec![4_000], vec![10_000]));
    assert_eq!(state(&ran, "database"), ServiceState::Up);
}

#[test]
fn a_service_that_two_tests_doubt_is_asked_once_at_a_time() {
    let spec = format!(
        "{SERVICES}suite \"s\" {{\n  tests side by side\n  needs backend\n  test \"t\" {{ GET http://api/a {{ expect status 200 }} }}\n  \
         test \"u\" {{ GET http://api/b {{ expect status 200 }} }}\n}}\nplan p {{ phase \"one\" {{ run everything not run }} }}\n"
    );
    let ran = file(&spec)
        .by_plan("p")
        .responds(|asked| match (asked.path, asked.nth) {
            ("/health", 1) => say(200),
            ("/health", _) => silence(),
            _ => say(503).after(100),
        })
        .run();
    // Before the phase, and then again when the first test met the outage: one look after the other, until ten seconds are over.
    let asked = probes(&ran, "api");
    assert_eq!(asked[..2], [0, 100], "{asked:?}");
    assert!(asked[1..].windows(2).all(|pair| pair[1] - pair[0] > 1_000), "{asked:?}");
    let down: Vec<u64> =
        ran.received().into_iter().filter(|(_, what)| what == "backend down").map(|(at, _)| at).collect();
    assert_eq!(down, [10_100]);
}
