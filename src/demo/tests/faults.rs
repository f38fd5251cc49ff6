use std::collections::BTreeMap;

use futures_util::StreamExt;
use futures_util::future::join_all;
use futures_util::stream::iter;
use reqwest::Method;

use super::super::{DemoOptions, Fault};
use super::lab::{Lab, go};
use super::probes::{expected, observe};
use crate::project::DEMO_VALUES;

/// Faults that keep so much from working that most of what else is looked at changes too.
const WIDE: [Fault; 4] = [Fault::DatabaseDown, Fault::AuthDown, Fault::TokensExpire, Fault::SlowResponses];

/// What is seen of these depends on the time that it takes, which says little on a machine as busy as this test makes it.
const TIMED: [Fault; 4] = [Fault::SlowStart, Fault::SlowResponses, Fault::EventsLate, Fault::StreamBuffered];

#[tokio::test]
async fn without_a_fault_all_is_well() {
    let lab = Lab::new().await;
    let seen = join_all(Fault::ALL.iter().map(async |fault| (*fault, observe(&lab, *fault).await))).await;
    for (fault, seen) in seen {
        assert_eq!(seen, expected(fault).0, "where `{fault}` would show");
    }
}

#[tokio::test]
async fn every_fault_shows() {
    let seen = join_all(Fault::ALL.iter().map(async |fault| {
        let lab = Lab::broken(*fault).await;
        (*fault, observe(&lab, *fault).await)
    }));
    for (fault, seen) in seen.await {
        assert_eq!(seen, expected(fault).1, "where `{fault}` shows");
    }
}

/// What else changes under a fault, because it can't be otherwise.
fn also_changed(fault: Fault) -> &'static [Fault] {
    use Fault::*;
    match fault {
        // No agent runs, so that nothing of runs is seen.
        StartupIncomplete => &[
            Websocket1011,
            EventsDropped,
            EventsDoubled,
            EventsReordered,
            AnswerEmpty,
            CancelIgnored,
            RetryMissing,
            ReplayMissing,
        ],
        // The run ends after its second event.
        Websocket1011 => &[EventsDropped, EventsReordered, AnswerEmpty, RetryMissing],
        // What isn't sent has no order.
        EventsDropped => &[EventsReordered],
        _ => &[],
    }
}

#[tokio::test]
async fn a_fault_changes_nothing_else() {
    let narrow = Fault::ALL.iter().filter(|fault| !WIDE.contains(fault));
    let changed = iter(narrow).map(async |fault| {
        let lab = Lab::broken(*fault).await;
        let others = Fault::ALL.iter().filter(|other| *other != fault && !TIMED.contains(other));
        let seen = join_all(others.map(async |other| (*other, observe(&lab, *other).await))).await;
        let changed = seen.into_iter().filter(|(other, seen)| seen != expected(*other).0);
        (*fault, changed.map(|(other, _)| other).collect::<Vec<_>>())
    });
    let changed: Vec<_> = changed.buffer_unordered(16).collect().await;
    let changed: BTreeMap<_, _> = changed.into_iter().filter(|(_, others)| !others.is_empty()).collect();
    let allowed = Fault::ALL.iter().map(|fault| (*fault, also_changed(*fault).to_vec()));
    let sorted = |(fault, mut others): (Fault, Vec<Fault>)| {
        others.sort();
        (fault, others)
    };
    let allowed: BTreeMap<_, _> = allowed.filter(|(_, others)| !others.is_empty()).map(sorted).collect();
    assert_eq!(changed.into_iter().map(sorted).collect::<BTreeMap<_, _>>(), allowed);
}

#[tokio::test]
async fn faults_are_switched_over_http() {
    let lab = Lab::new().await;
    let listed = go(lab.control(Method::GET, "/faults")).await.json;
    assert_eq!(listed["faults"].as_array().unwrap().len(), Fault::ALL.len());
    let active =
        async |name: &str| go(lab.control(Method::GET, &format!("/faults/{name}"))).await.json["active"] == true;
    for name in ["cache-down", "health-lies"] {
        assert_eq!(go(lab.control(Method::PUT, &format!("/faults/{name}"))).await.json["active"], true);
    }
    assert!(active("cache-down").await && active("health-lies").await);
    assert_eq!(go(lab.api(Method::GET, "/health")).await.json["status"], "degraded");
    go(lab.control(Method::DELETE, "/faults/cache-down")).await;
    assert!(!active("cache-down").await && active("health-lies").await);
    assert_eq!(go(lab.control(Method::DELETE, "/faults")).await.status, 204);
    assert!(!active("health-lies").await);
    assert_eq!(go(lab.control(Method::PUT, "/faults/nonsense")).await.code(), "fault_not_found");
}

#[tokio::test]
async fn set_fault_replaces_what_was_active() {
    let lab = Lab::broken(Fault::CacheDown).await;
    lab.demo.set_fault(Some(Fault::HealthLies));
    assert_eq!(observe(&lab, Fault::CacheDown).await, expected(Fault::CacheDown).0);
    assert_eq!(observe(&lab, Fault::HealthLies).await, expected(Fault::HealthLies).1);
    lab.demo.set_fault(None);
    assert_eq!(observe(&lab, Fault::HealthLies).await, expected(Fault::HealthLies).0);
}

#[test]
fn names_are_unique_and_read_back() {
    for fault in Fault::ALL {
        assert_eq!(fault.name().parse(), Ok(*fault));
        assert!(fault.name().bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-'));
        assert!(fault.describe().ends_with('.') && !fault.describe().contains('\n'));
    }
    assert!("Database-Down".parse::<Fault>().is_err());
}

#[test]
fn the_documentation_lists_every_fault_and_name() {
    let text = include_str!("../../../docs/demo.md");
    for fault in Fault::ALL {
        let row = format!("| `{}` | {} |", fault.name(), fault.describe());
        assert!(text.contains(&row), "docs/demo.md lacks the row\n{row}");
    }
    for (name, _) in DEMO_VALUES {
        assert!(text.contains(&format!("| `env.{name}` |")), "docs/demo.md lacks `env.{name}`");
    }
}

#[tokio::test]
async fn values_have_the_names_that_are_declared() {
    let lab = Lab::new().await;
    let names: Vec<_> = lab.demo.values().iter().map(|(name, _, secret)| (*name, *secret)).collect();
    assert_eq!(names, DEMO_VALUES);
    assert!(lab.demo.values().iter().all(|(_, value, _)| value.len() > 8));
}

#[tokio::test]
async fn reset_forgets_data_users_and_faults() {
    let lab = Lab::broken(Fault::CacheDown).await;
    let user = lab.user().await;
    user.thread("forgotten").await;
    assert_eq!(go(lab.control(Method::POST, "/reset")).await.status, 204);
    assert_eq!(user.get("/threads").await.json["total"], 0);
    assert_eq!(lab.login(&user.name, "long-enough").await.status, 401);
    assert_eq!(observe(&lab, Fault::CacheDown).await, expected(Fault::CacheDown).0);
}

#[tokio::test]
async fn ports_can_be_chosen_and_are_free_after_a_stop() {
    let first = Lab::new().await;
    let port = |url: &str| url.rsplit(':').next().unwrap().parse().unwrap();
    let urls = first.urls().clone();
    let ports = super::super::Ports {
        api: port(&urls.api),
        auth: port(&urls.auth),
        app: port(&urls.app),
        control: port(&urls.control),
    };
    let options = DemoOptions { ports, ..DemoOptions::default() };
    assert!(super::super::start(options).await.is_err(), "the ports are taken");
    assert_eq!(go(first.api(Method::GET, "/health")).await.status, 200, "and the first demo goes on");
    first.demo.stop().await;
    let second = Lab::with(options).await;
    assert_eq!(*second.urls(), urls);
    assert_eq!(go(second.api(Method::GET, "/health")).await.status, 200);
}

#[tokio::test]
async fn a_demo_that_is_stopped_at_once_stops() {
    // On one thread its tasks have not run yet by then.
    for _ in 0..5 {
        let demo = crate::demo::start(crate::demo::DemoOptions::default()).await.unwrap();
        let stopped = tokio::time::timeout(std::time::Duration::from_secs(20), demo.stop()).await;
        assert!(stopped.is_ok(), "an instance missed the order to stop");
    }
}
