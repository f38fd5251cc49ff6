mod aborts;
mod digests;
mod gates;
mod suspects;
mod verdicts;
mod watches;

use std::time::Duration;

use super::{Digest, Reply, Risk, Sample, ServiceState, ServiceWatch, Sighting, Symptom, SymptomKind};
use crate::event::FailureKind;
use crate::judge::Outcome;
use crate::source::Span;

fn seconds(seconds: f64) -> Duration {
    Duration::from_secs_f64(seconds)
}

fn digest(id: &str, outcome: Outcome) -> Digest {
    Digest {
        weak: 0,
        id: id.to_owned(),
        suite: "S".to_owned(),
        name: id.to_owned(),
        is_load: false,
        priority: None,
        risk: None,
        outcome,
        symptom: None,
        samples: Vec::new(),
        tallies: Vec::new(),
        openings: Vec::new(),
        forbidden: 0,
    }
}

fn not_run() -> Outcome {
    Outcome::NotRun { cause: "aborted".to_owned() }
}

fn blocked(service: &str) -> Outcome {
    Outcome::Skipped { reason: format!("{service} is down"), blocked_by: Some(service.to_owned()) }
}

/// A test that failed since a service answered so.
fn failed_by(id: &str, service: &str, kind: SymptomKind) -> Digest {
    let symptom =
        Symptom { service: Some(service.to_owned()), host: None, kind, message: "it did not pass".to_owned() };
    Digest { symptom: Some(symptom), ..digest(id, Outcome::Failed) }
}

fn at_risk(digest: Digest, suite: &str, amount: f64, currency: &str, per: Option<&str>) -> Digest {
    let risk = Risk { amount, currency: currency.to_owned(), per: per.map(str::to_owned) };
    Digest { suite: suite.to_owned(), risk: Some(risk), ..digest }
}

fn sample(service: &str, seconds: f64, held: bool) -> Sample {
    Sample {
        at: Duration::ZERO,
        method: "GET".to_owned(),
        path: "/threads/1".to_owned(),
        service: Some(service.to_owned()),
        reply: Reply::Status(if held { 200 } else { 500 }),
        time: self::seconds(seconds),
        first_byte: Some(self::seconds(seconds / 2.0)),
        held,
    }
}

fn watch(name: &str, depends_on: &[&str], state: ServiceState, sightings: Vec<Sighting>) -> ServiceWatch {
    ServiceWatch {
        name: name.to_owned(),
        span: Span::nowhere(),
        depends_on: depends_on.iter().map(|name| (*name).to_owned()).collect(),
        probe: Some(format!("GET http://{name}/health")),
        within: seconds(10.0),
        state,
        sightings,
    }
}

fn refused(at: f64) -> Sighting {
    Sighting::read(seconds(at), Reply::None(FailureKind::Refused), false, None)
}

fn says(at: f64, status: u16, body: crate::value::Json) -> Sighting {
    Sighting::read(seconds(at), Reply::Status(status), status < 300, Some(&body))
}
