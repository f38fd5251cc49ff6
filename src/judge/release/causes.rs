use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use super::suspect::{Known, Suspect, suspects};
use super::verdict::sum;
use super::watch::{no_response_words, start_words};
use super::{
    Abort, Classification, Digest, Reply, RiskSum, ServiceState, ServiceWatch, Symptom, SymptomKind, TestsAndLoads,
    classify,
};
use crate::judge::Outcome;
use crate::value::format_duration;

/// Failures that have the same reason.
#[derive(Clone, Debug, PartialEq)]
pub struct Cause {
    /// `database is the prime suspect: backend and auth answer 503, and both depend on it`
    pub summary: String,
    /// A service, or a host where no service is declared.
    pub suspect: Option<String>,
    pub classification: Option<Classification>,
    /// The tests' ids, in their order: those that failed by it, then those that it blocked.
    pub tests: Vec<String>,
    /// What was seen, because of what, because of what: the last one is the root.
    pub chain: Vec<String>,
    /// What the suspicion rests on, a sentence each.
    pub evidence: Vec<String>,
    pub at_risk: Vec<RiskSum>,
}

/// Groups what failed by what made it fail: outages along the dependencies first, then by kind, most tests first.
pub(super) fn causes(digests: &[Digest], services: &[ServiceWatch], abort: Option<&Abort>) -> Vec<Cause> {
    let failing = failing(digests, services);
    let working = working(digests, services, &failing);
    let known = Known { services, failing: &failing, working: &working };
    let suspects = suspects(&known);
    let mut taken: BTreeSet<&str> = BTreeSet::new();
    let mut outages: Vec<Cause> = Vec::new();
    for suspect in &suspects {
        let mine: Vec<&Digest> = digests
            .iter()
            .filter(|digest| belongs(digest, suspect, services, abort) && taken.insert(digest.id.as_str()))
            .collect();
        outages.push(outage(suspect, &mine, services));
    }
    // In the order of their first tests.
    let mut groups: Vec<Vec<&Digest>> = Vec::new();
    let mut places: HashMap<Key<'_>, usize> = HashMap::new();
    let is_blocked = |digest: &&Digest| matches!(digest.outcome, Outcome::Skipped { blocked_by: Some(_), .. });
    let left = digests.iter().filter(|digest| digest.fell_short() || is_blocked(digest));
    for digest in left.filter(|digest| !taken.contains(digest.id.as_str())) {
        let key = Key::of(digest);
        let at = *places.entry(key).or_insert(groups.len());
        match groups.get_mut(at) {
            Some(tests) => tests.push(digest),
            None => groups.push(vec![digest]),
        }
    }
    outages.extend(services.iter().filter(|watch| !failing.contains(&watch.name)).filter_map(slow_start));
    let mut rest: Vec<Cause> = groups.iter().map(|tests| misbehaviour(tests, services)).collect();
    outages.sort_by_key(|cause| std::cmp::Reverse(cause.tests.len()));
    rest.sort_by_key(|cause| std::cmp::Reverse(cause.tests.len()));
    outages.extend(rest);
    outages
}

/// What tests must share to have one cause.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Key<'a> {
    place: Option<&'a str>,
    kind: Option<&'a SymptomKind>,
}

impl<'a> Key<'a> {
    fn of(digest: &'a Digest) -> Self {
        if let Outcome::Skipped { blocked_by: Some(service), .. } = &digest.outcome {
            return Self { place: Some(service), kind: None };
        }
        let symptom = digest.symptom.as_ref();
        Self { place: symptom.and_then(place), kind: symptom.map(|symptom| &symptom.kind) }
    }
}

fn place(symptom: &Symptom) -> Option<&str> {
    symptom.service.as_deref().or(symptom.host.as_deref())
}

/// Services, and hosts without one, that were seen not to work.
fn failing(digests: &[Digest], services: &[ServiceWatch]) -> BTreeSet<String> {
    let down = services.iter().filter(|one| one.state == ServiceState::Down).map(|one| one.name.clone());
    // A service whose probe holds is up: single outages that were seen of it are reported by kind.
    let up: HashSet<&str> =
        services.iter().filter(|one| one.state == ServiceState::Up).map(|one| one.name.as_str()).collect();
    let seen = digests
        .iter()
        .filter_map(|digest| digest.symptom.as_ref())
        .filter(|symptom| symptom.is_outage())
        .filter_map(place)
        .filter(|name| !up.contains(name))
        .map(str::to_owned);
    down.chain(seen).collect()
}

fn working(digests: &[Digest], services: &[ServiceWatch], failing: &BTreeSet<String>) -> BTreeSet<String> {
    let up = services.iter().filter(|one| one.state == ServiceState::Up).map(|one| one.name.as_str());
    let works = |reply: Reply, held: bool| matches!(reply, Reply::Status(status) if status < 500) && held;
    let answered = digests.iter().flat_map(|digest| {
        let kept = digest.samples.iter().filter(move |one| works(one.reply, one.held));
        let counted = digest.tallies.iter().filter(move |one| works(one.reply, one.held));
        kept.filter_map(|one| one.service.as_deref()).chain(counted.filter_map(|one| one.service.as_deref()))
    });
    // What answers some requests and refuses others, as a service whose database is away does, isn't seen to work.
    up.chain(answered).filter(|name| !failing.contains(*name)).map(str::to_owned).collect()
}

/// Whether a test fell short because of a suspect's outage.
fn belongs(digest: &Digest, suspect: &Suspect, services: &[ServiceWatch], abort: Option<&Abort>) -> bool {
    let explained = |name: &str| name == suspect.service || suspect.explains.iter().any(|one| one == name);
    match &digest.outcome {
        Outcome::Skipped { blocked_by: Some(service), .. } => return explained(service),
        // What an abort left undone, it left undone because of its service.
        Outcome::NotRun { .. } if digest.symptom.is_none() => {
            return abort.and_then(|abort| abort.service.as_deref()).is_some_and(explained);
        }
        _ => {}
    }
    let is_down = |name: &str| services.iter().any(|one| one.name == name && one.state == ServiceState::Down);
    digest.symptom.as_ref().is_some_and(|symptom| {
        let Some(place) = place(symptom).filter(|place| explained(place)) else { return false };
        // Of one that is known to be down, whatever isn't a response as it should be is part of that.
        let by_it = matches!(symptom.kind, SymptomKind::Status(500..) | SymptomKind::NoResponse(_)) && is_down(place);
        symptom.is_outage() || by_it
    })
}

fn outage(suspect: &Suspect, tests: &[&Digest], services: &[ServiceWatch]) -> Cause {
    let watch = |name: &str| services.iter().find(|one| one.name == name);
    let seen: Vec<(&str, String)> =
        suspect.explains.iter().map(|name| (name.as_str(), condition(name, watch(name), tests))).collect();
    let others: Vec<&(&str, String)> = seen.iter().filter(|(name, _)| *name != suspect.service).collect();
    let own = seen.iter().find(|(name, _)| *name == suspect.service);
    let summary = match own {
        Some((name, condition)) if others.is_empty() => format!("{name} {condition}"),
        Some((name, condition)) => {
            format!("{name} {condition}, and {} with it", and(others.iter().map(|(name, _)| *name)))
        }
        None => {
            let names = and(others.iter().map(|(name, _)| *name));
            let conditions: BTreeSet<&str> = others.iter().map(|(_, condition)| condition.as_str()).collect();
            let what = match conditions.iter().next() {
                Some(one) if conditions.len() == 1 => plural(one, others.len()),
                _ => "do not work".to_owned(),
            };
            let depend = match others.len() {
                1 => "it depends on it",
                2 => "both depend on it",
                _ => "all depend on it",
            };
            format!("{} is the prime suspect: {names} {what}, and {depend}", suspect.service)
        }
    };
    let mut evidence: Vec<String> = Vec::new();
    for name in &suspect.named_by {
        evidence.push(format!("{name}'s own health says that {} is down", suspect.service));
    }
    evidence.extend(seen.iter().filter_map(|(name, _)| timeline(watch(name)?)));
    let classifications: Vec<Classification> =
        seen.iter().filter_map(|(name, _)| classify(&watch(name)?.sightings)).collect();
    Cause {
        summary,
        suspect: Some(suspect.service.clone()),
        classification: worst(&classifications),
        tests: tests.iter().map(|test| test.id.clone()).collect(),
        chain: chain(suspect, &seen, tests, services),
        evidence,
        at_risk: sum(tests.iter().copied()),
    }
}

/// A service that came up while the run waited for it: nothing failed, and it is worth knowing.
fn slow_start(watch: &ServiceWatch) -> Option<Cause> {
    (classify(&watch.sightings)? == Classification::StartUpDelay).then(|| Cause {
        summary: format!("{} was still starting: {}", watch.name, start_words(watch)),
        suspect: Some(watch.name.clone()),
        classification: Some(Classification::StartUpDelay),
        tests: Vec::new(),
        chain: Vec::new(),
        evidence: timeline(watch).into_iter().collect(),
        at_risk: Vec::new(),
    })
}

/// One that stays matters more than one that passes.
fn worst(found: &[Classification]) -> Option<Classification> {
    use Classification::{Intermittent, Persistent, StartUpDelay};
    [Persistent, Intermittent, StartUpDelay].into_iter().find(|one| found.contains(one))
}

/// What was seen, because of what, because of what; reported along the edges of the dependencies.
fn chain(suspect: &Suspect, seen: &[(&str, String)], tests: &[&Digest], services: &[ServiceWatch]) -> Vec<String> {
    let graph = super::suspect::Graph::new(services);
    let mut chain = Vec::new();
    let failed = TestsAndLoads::among(tests.iter().copied(), |test| test.outcome.is_bad());
    let blocked = TestsAndLoads::among(tests.iter().copied(), |test| !test.outcome.is_bad());
    match (failed.total(), blocked.total()) {
        (0, 0) => {}
        (0, _) => chain.push(format!("{} could not be run", blocked.words())),
        (_, 0) => chain.push(format!("{} failed", failed.words())),
        _ => chain.push(format!("{} failed, and {} could not be run", failed.words(), blocked.words())),
    }
    // From those that the most depends on their way to the root: one level of the dependencies is one response.
    let mut levels: BTreeMap<std::cmp::Reverse<usize>, Vec<&(&str, String)>> = BTreeMap::new();
    for one in seen.iter().filter(|(name, _)| *name != suspect.service) {
        levels.entry(std::cmp::Reverse(graph.below(one.0).len())).or_default().push(one);
    }
    for level in levels.values() {
        let conditions: BTreeSet<&str> = level.iter().map(|(_, condition)| condition.as_str()).collect();
        match conditions.iter().next() {
            Some(condition) if conditions.len() == 1 => {
                chain.push(format!("{} {}", and(level.iter().map(|(name, _)| *name)), plural(condition, level.len())));
            }
            _ => chain.push(and(level.iter().map(|(name, condition)| format!("{name} {condition}")))),
        }
    }
    let root = match seen.iter().find(|(name, _)| *name == suspect.service) {
        Some((name, condition)) => format!("{name} {condition}"),
        None if suspect.named_by.is_empty() => {
            format!(
                "{} does not work, it seems: all that depends on it fails, and nothing that does works",
                suspect.service
            )
        }
        None => {
            let says = if suspect.named_by.len() == 1 { "says" } else { "say" };
            format!("{} is down, as {} {says}", suspect.service, and(suspect.named_by.iter()))
        }
    };
    chain.push(root);
    chain
}

/// `answers 503`, `refuses connections`: of a service, from its last bad response to its probe, else from what tests saw.
fn condition(name: &str, watch: Option<&ServiceWatch>, tests: &[&Digest]) -> String {
    let probed = watch.and_then(|watch| watch.sightings.iter().rev().find(|one| !one.held)).map(|one| one.reply);
    let seen = || {
        tests.iter().find_map(|test| {
            let symptom = test.symptom.as_ref().filter(|symptom| place(symptom) == Some(name))?;
            match symptom.kind {
                SymptomKind::Status(status) => Some(Reply::Status(status)),
                SymptomKind::NoResponse(kind) => Some(Reply::None(kind)),
                _ => None,
            }
        })
    };
    match probed.or_else(seen) {
        Some(Reply::Status(status)) if status >= 400 => format!("answers {status}"),
        Some(Reply::Status(status)) => format!("answers {status}, and not as its probe expects"),
        Some(Reply::None(kind)) => match kind {
            crate::event::FailureKind::Refused => "refuses connections".to_owned(),
            crate::event::FailureKind::Timeout => "doesn't answer in time".to_owned(),
            kind => format!("can't be asked ({})", no_response_words(kind)),
        },
        None => "doesn't work".to_owned(),
    }
}

fn plural(condition: &str, count: usize) -> String {
    if count < 2 {
        return condition.to_owned();
    }
    let words = [("answers", "answer"), ("refuses", "refuse"), ("doesn't", "don't")];
    let first = condition.split(' ').next().unwrap_or_default();
    match words.iter().find(|(one, _)| *one == first) {
        Some((one, many)) => condition.replacen(one, many, 1),
        None => condition.to_owned(),
    }
}

/// `backend: 503, unhealthy at 0 s, 2 s, … 10 s`: how its responses went over the time it was watched.
fn timeline(watch: &ServiceWatch) -> Option<String> {
    let first = watch.sightings.first()?;
    let mut runs: Vec<(String, crate::event::Instant, crate::event::Instant, usize)> = Vec::new();
    for one in &watch.sightings {
        // The up-time differs each time; it is reported at the end.
        let words = super::Sighting { uptime: None, ..one.clone() }.words();
        match runs.last_mut() {
            Some((before, _, to, count)) if *before == words => (*to, *count) = (one.at, *count + 1),
            _ => runs.push((words, one.at, one.at, 1)),
        }
    }
    let at = |instant: crate::event::Instant| format_duration(instant.saturating_sub(first.at));
    let mut reported: Vec<String> = runs
        .iter()
        .map(|(words, from, to, count)| match count {
            1 => format!("{words} at +{}", at(*from)),
            _ => format!("{words} from +{} to +{} ({count} times)", at(*from), at(*to)),
        })
        .collect();
    const MOST: usize = 6;
    if reported.len() > MOST {
        let rest = reported.len() - MOST;
        reported.truncate(MOST);
        reported.push(format!("{rest} more changes"));
    }
    let grows =
        watch.sightings.first().and_then(|one| one.uptime).zip(watch.sightings.last().and_then(|one| one.uptime));
    let uptime = match grows {
        Some((from, to)) if to > from && watch.sightings.len() > 1 => {
            format!("; it says it is up for {from:.1} s, then {to:.1} s")
        }
        Some((from, to)) if to < from => {
            format!("; its up-time fell from {from:.1} s to {to:.1} s: it was started again")
        }
        _ => String::new(),
    };
    Some(format!("{}: {}{uptime}", watch.name, reported.join(", then ")))
}

/// What works, and does the wrong thing.
fn misbehaviour(tests: &[&Digest], services: &[ServiceWatch]) -> Cause {
    let symptom = tests.first().and_then(|test| test.symptom.as_ref());
    let blocked_by = tests.first().and_then(|test| match &test.outcome {
        Outcome::Skipped { blocked_by, .. } => blocked_by.as_deref(),
        _ => None,
    });
    let suspect = symptom.and_then(|symptom| match &symptom.kind {
        SymptomKind::Expectation { .. } | SymptomKind::Status(_) | SymptomKind::NoResponse(_) => place(symptom),
        SymptomKind::Other { code } => code.starts_with("e2e::net::").then(|| place(symptom)).flatten(),
    });
    let summary = match symptom {
        Some(symptom) => match (&symptom.kind, place(symptom)) {
            (SymptomKind::Status(status), Some(place)) => format!("{place} answers {status}"),
            (SymptomKind::Expectation { what, .. }, Some(place)) if tests.len() > 1 => {
                format!("{place}: `{what}` does not hold; first: {}", symptom.message)
            }
            _ => symptom.message.clone(),
        },
        None => match blocked_by {
            Some(service) => format!("{service} was down for a while, and they need it"),
            None => "no reason is known".to_owned(),
        },
    };
    let suspect = suspect.or(blocked_by);
    let watch = suspect.and_then(|suspect| services.iter().find(|one| one.name == suspect));
    Cause {
        summary,
        suspect: suspect.map(str::to_owned),
        classification: None,
        tests: tests.iter().map(|test| test.id.clone()).collect(),
        chain: Vec::new(),
        evidence: watch.filter(|watch| watch.state == ServiceState::Up).and_then(up_words).into_iter().collect(),
        at_risk: sum(tests.iter().copied()),
    }
}

/// `backend is up: its probe holds (200, healthy)`
fn up_words(watch: &ServiceWatch) -> Option<String> {
    let good = watch.sightings.iter().rev().find(|one| one.held)?;
    let since = watch
        .sightings
        .last()
        .filter(|last| !last.held)
        .map(|last| format!("; the last time it was asked: {}", last.words()));
    Some(format!("{} is up: its probe holds ({}){}", watch.name, good.words(), since.unwrap_or_default()))
}

/// `a`, `a and b`, `a, b and c`
fn and<T: ToString>(names: impl Iterator<Item = T>) -> String {
    let names: Vec<String> = names.map(|name| name.to_string()).collect();
    match names.split_last() {
        None => String::new(),
        Some((last, [])) => last.clone(),
        Some((last, rest)) => format!("{} and {last}", rest.join(", ")),
    }
}
