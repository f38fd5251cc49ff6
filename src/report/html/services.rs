//! Services with the responses to their probes over the time of the run, and the credentials of the run.

use std::collections::HashMap;
use std::fmt::Write as _;

use askama::Template;

use super::causes::classification_words;
use super::words::{across, clean, duration};
use crate::report::model::{self, Report};

/// How many changes of a service's answers are listed.
const MOST_CHANGES: usize = 40;

#[derive(Template)]
#[template(path = "services.html")]
pub(super) struct Services {
    services: Vec<Service>,
    credentials: Vec<Credential>,
    end: String,
}

struct Service {
    number: usize,
    name: String,
    class: &'static str,
    state: &'static str,
    classification: String,
    probe: String,
    within: String,
    /// Numbers and names of what it depends on; a number is absent of what isn't declared.
    depends_on: Vec<(Option<usize>, String)>,
    needed_by: Vec<(Option<usize>, String)>,
    /// Stretches of time between two sightings: class, where it begins, how long.
    stretches: Vec<(&'static str, f64, f64)>,
    held: String,
    broken: String,
    asked: usize,
    good: usize,
    changes: Vec<Change>,
    left_out: usize,
}

/// The first one of sightings that say the same.
struct Change {
    at: String,
    held: bool,
    words: String,
    times: usize,
}

struct Credential {
    name: String,
    obtained: String,
    failed: String,
}

impl Services {
    pub fn new(report: &Report) -> Self {
        let numbers: HashMap<&str, usize> =
            report.services.iter().enumerate().map(|(number, one)| (one.name.as_str(), number)).collect();
        let link = |name: &str| (numbers.get(name).copied(), clean(name));
        let services = report.services.iter().enumerate().map(|(number, one)| {
            let needed_by = report.services.iter().filter(|other| other.depends_on.contains(&one.name));
            Service {
                number,
                depends_on: one.depends_on.iter().map(|name| link(name)).collect(),
                needed_by: needed_by.map(|other| link(&other.name)).collect(),
                ..service(one, report.run.duration_ms)
            }
        });
        Self {
            services: services.collect(),
            credentials: report.credentials.iter().map(credential).collect(),
            end: duration(report.run.duration_ms),
        }
    }

    pub fn is_empty(&self) -> bool {
        self.services.is_empty() && self.credentials.is_empty()
    }

    /// Where it begins.
    pub fn anchor(&self) -> &'static str {
        if self.services.is_empty() { "credentials" } else { "services" }
    }
}

fn service(one: &model::Service, whole: f64) -> Service {
    let (class, state) = match one.state.as_str() {
        "up" => ("up", "up"),
        "down" => ("down", "down"),
        _ => ("unknown", "unknown"),
    };
    let changes = changes(&one.sightings);
    Service {
        number: 0,
        name: clean(&one.name),
        class,
        state,
        classification: classification_words(one.classification.as_deref()),
        probe: one.probe.as_deref().map(clean).unwrap_or_default(),
        within: duration(one.within_ms),
        depends_on: Vec::new(),
        needed_by: Vec::new(),
        stretches: stretches(&one.sightings, whole),
        held: dots(&one.sightings, whole, true),
        broken: dots(&one.sightings, whole, false),
        asked: one.sightings.len(),
        good: one.sightings.iter().filter(|sighting| sighting.held).count(),
        left_out: changes.len().saturating_sub(MOST_CHANGES),
        changes: changes.into_iter().take(MOST_CHANGES).collect(),
    }
}

/// A path with a point for each sighting that held, or didn't.
fn dots(sightings: &[model::Sighting], whole: f64, held: bool) -> String {
    let mut path = String::new();
    for sighting in sightings.iter().filter(|sighting| sighting.held == held) {
        let _ = write!(path, "M{} 8h0", across(sighting.at_ms, whole));
    }
    path
}

/// What was seen holds until something else is seen.
fn stretches(sightings: &[model::Sighting], whole: f64) -> Vec<(&'static str, f64, f64)> {
    let mut stretches: Vec<(&'static str, f64, f64)> = Vec::new();
    for (index, sighting) in sightings.iter().enumerate() {
        let class = if sighting.held { "up" } else { "down" };
        let from = across(sighting.at_ms, whole);
        let to = sightings.get(index + 1).map_or(1000.0, |next| across(next.at_ms, whole));
        match stretches.last_mut() {
            Some((last, start, width)) if *last == class => *width = super::words::tenth((to - *start).max(0.0)),
            _ => stretches.push((class, from, super::words::tenth((to - from).max(0.0)))),
        }
    }
    stretches
}

fn changes(sightings: &[model::Sighting]) -> Vec<Change> {
    let mut changes: Vec<Change> = Vec::new();
    for sighting in sightings {
        let words = clean(&sighting.words);
        match changes.last_mut() {
            Some(last) if last.words == words && last.held == sighting.held => last.times += 1,
            _ => changes.push(Change { at: duration(sighting.at_ms), held: sighting.held, words, times: 1 }),
        }
    }
    changes
}

fn credential(one: &model::Credential) -> Credential {
    let times: Vec<String> = one.obtained_at_ms.iter().map(|at| duration(*at)).collect();
    Credential {
        name: clean(&one.name),
        obtained: times.join(", "),
        failed: one.failed.as_deref().map(clean).unwrap_or_default(),
    }
}
