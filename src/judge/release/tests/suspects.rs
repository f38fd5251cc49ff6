use std::collections::BTreeSet;

use crate::value::test_json as json;
use proptest::prelude::*;

use super::super::suspect::{Graph, Known, Suspect, suspects};
use super::super::{ServiceState, ServiceWatch};
use super::{says, watch};

/// The demo's services, with those that are down and those that are up.
fn system(down: &[&str], up: &[&str]) -> Vec<ServiceWatch> {
    let state = |name: &str| match (down.contains(&name), up.contains(&name)) {
        (true, _) => ServiceState::Down,
        (_, true) => ServiceState::Up,
        _ => ServiceState::Unknown,
    };
    let edges: [(&str, &[&str]); 4] =
        [("database", &[]), ("backend", &["database"]), ("auth", &["database"]), ("frontend", &["backend", "auth"])];
    edges.iter().map(|(name, on)| watch(name, on, state(name), Vec::new())).collect()
}

fn found(services: &[ServiceWatch]) -> Vec<Suspect> {
    let of = |state| services.iter().filter(|one| one.state == state).map(|one| one.name.clone()).collect();
    let (failing, working): (BTreeSet<String>, BTreeSet<String>) = (of(ServiceState::Down), of(ServiceState::Up));
    suspects(&Known { services, failing: &failing, working: &working })
}

fn names(suspects: &[Suspect]) -> Vec<&str> {
    suspects.iter().map(|one| one.service.as_str()).collect()
}

#[test]
fn what_fails_together_is_explained_by_what_it_shares() {
    for (down, up, expected) in [
        (&["backend", "auth"][..], &[][..], &["database"][..]),
        (&["backend", "auth", "frontend"], &[], &["database"]),
        // Only one of two that share it fails: the one that works clears the database.
        (&["backend"], &["auth"], &["backend"]),
        (&["backend", "frontend"], &["auth"], &["backend"]),
        (&["frontend"], &["backend", "auth"], &["frontend"]),
        // One alone is its own suspect, as long as nothing says more.
        (&["backend"], &[], &["backend"]),
        (&["auth"], &["backend"], &["auth"]),
        (&["database"], &[], &["database"]),
        (&["database", "backend"], &[], &["database"]),
        (&[], &["backend", "auth"], &[]),
    ] {
        assert_eq!(names(&found(&system(down, up))), expected, "{down:?} fail, {up:?} work");
    }
}

#[test]
fn a_service_that_says_what_is_down_is_believed() {
    let mut services = system(&["backend"], &[]);
    let backend = services.iter_mut().find(|one| one.name == "backend").unwrap();
    backend.sightings.push(says(0.0, 503, json!({ "checks": { "database": { "status": "down" } } })));
    let found = found(&services);
    assert_eq!(names(&found), ["database"]);
    assert_eq!(found[0].named_by, ["backend"]);
    assert_eq!(found[0].explains, ["backend"]);
}

#[test]
fn what_works_clears_what_it_depends_on_even_of_hearsay() {
    let mut services = system(&["backend"], &["auth"]);
    let backend = services.iter_mut().find(|one| one.name == "backend").unwrap();
    backend.sightings.push(says(0.0, 503, json!({ "checks": { "database": "down" } })));
    assert_eq!(names(&found(&services)), ["backend"], "auth works, and depends on the database too");
}

#[test]
fn independent_failures_are_several_causes() {
    let services = [
        watch("a", &["x"], ServiceState::Down, Vec::new()),
        watch("b", &["x"], ServiceState::Up, Vec::new()),
        watch("c", &[], ServiceState::Down, Vec::new()),
        watch("x", &[], ServiceState::Unknown, Vec::new()),
    ];
    let found = found(&services);
    let mut found = names(&found);
    found.sort_unstable();
    assert_eq!(found, ["a", "c"]);
}

#[test]
fn a_circle_of_dependencies_ends() {
    let services =
        [watch("a", &["b"], ServiceState::Down, Vec::new()), watch("b", &["a"], ServiceState::Down, Vec::new())];
    assert_eq!(found(&services).iter().map(|one| one.explains.len()).sum::<usize>(), 2);
}

/// Any system of up to seven services: later ones depend on earlier ones.
fn any_system() -> impl Strategy<Value = Vec<ServiceWatch>> {
    let states = prop_oneof![Just(ServiceState::Down), Just(ServiceState::Up), Just(ServiceState::Unknown)];
    proptest::collection::vec((states, any::<u8>()), 1..7).prop_map(|services| {
        let name = |index: usize| format!("s{index}");
        services
            .iter()
            .enumerate()
            .map(|(index, (state, edges))| {
                let on: Vec<String> = (0..index).filter(|one| edges >> one & 1 == 1).map(name).collect();
                let on: Vec<&str> = on.iter().map(String::as_str).collect();
                watch(&name(index), &on, *state, Vec::new())
            })
            .collect()
    })
}

proptest! {
    /// Every failure is explained once, on its own or by something below it that nothing which works depends on and that doesn't work itself; and
    /// where a single service could explain all, one suspect is all there is.
    #[test]
    fn each_failure_is_explained_once_by_what_can_be_suspected(services in any_system()) {
        let found = found(&services);
        let graph = Graph::new(&services);
        let down: BTreeSet<&str> =
            services.iter().filter(|one| one.state == ServiceState::Down).map(|one| one.name.as_str()).collect();
        let explained: Vec<&str> = found.iter().flat_map(|one| &one.explains).map(String::as_str).collect();
        prop_assert_eq!(explained.len(), down.len());
        prop_assert_eq!(explained.iter().copied().collect::<BTreeSet<_>>(), down.clone());
        let can_be = |name: &str| {
            let seen = down.contains(name);
            let works = services.iter().filter(|one| one.state == ServiceState::Up);
            works.clone().all(|one| one.name != name) && (seen || works.clone().all(|one| !graph.below(&one.name).contains(name)))
        };
        let covers = |name: &str| down.iter().all(|one| *one == name || graph.below(one).contains(name));
        for one in &found {
            prop_assert!(can_be(&one.service), "{} can't be suspected", one.service);
            for explained in &one.explains {
                prop_assert!(*explained == one.service || graph.below(explained).contains(one.service.as_str()));
            }
        }
        let single = services.iter().any(|one| can_be(&one.name) && covers(&one.name));
        if single && !down.is_empty() {
            prop_assert_eq!(found.len(), 1);
        }
    }
}
