//! What of a test is counted and not kept: there may be any number of exchanges, and a run keeps what a test leaves to its end.

use std::collections::HashMap;
use std::sync::Arc;

use super::StepRecord;
use super::release::{Reply, micros};
use crate::event::{Exchange, Instant, Times};

/// How many exchanges of a test are kept whole. Those of steps that failed, and of channels that were opened, are kept beyond it.
pub const KEPT_EXCHANGES: usize = 1_000;
/// The same of steps.
pub const KEPT_STEPS: usize = 5_000;
/// How many kinds of exchanges are distinguished; and how many with an asterisk for each part of the path that looks like an id.
const KINDS: usize = 256;
const SHAPES: usize = 2 * KINDS;

/// What a test did beyond what is kept of it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LeftOut {
    pub steps: usize,
    /// That were evaluated in those steps, and held.
    pub expectations: usize,
    /// Those of them that held on weak evidence.
    pub weak: usize,
    kinds: Vec<Kind>,
    places: HashMap<Asked, usize>,
}

/// Exchanges that ask for the same, and got the same.
#[derive(Clone, Debug, PartialEq)]
pub struct Kind {
    pub asked: Asked,
    /// When the first of them began.
    pub first: Instant,
    pub times: Times,
    pub first_byte: Times,
}

/// What was asked for, and what came of it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Asked {
    pub method: String,
    /// Without its query. The path ends with `/…` where too many differ to be distinguished.
    pub url: Arc<str>,
    pub reply: Reply,
    /// As of a [`Sample`](super::release::Sample).
    pub held: bool,
}

/// What stands for a path where too many differ.
pub const ANY_PATH: &str = "/…";

impl LeftOut {
    /// Of exchanges that were counted otherwise.
    pub fn of(kinds: impl IntoIterator<Item = Kind>, expectations: usize, weak: usize) -> Self {
        let mut left_out = Self { expectations, weak, ..Self::default() };
        for kind in kinds.into_iter().filter(|kind| kind.times.count > 0) {
            let here = left_out.kind(kind.asked, kind.first);
            here.first = here.first.min(kind.first);
            here.times.merge(&kind.times);
            here.first_byte.merge(&kind.first_byte);
        }
        left_out
    }

    pub fn exchanges(&self) -> usize {
        self.kinds.iter().map(|kind| kind.times.count).fold(0, u64::saturating_add).try_into().unwrap_or(usize::MAX)
    }

    pub fn kinds(&self) -> &[Kind] {
        &self.kinds
    }

    pub fn is_nothing(&self) -> bool {
        self.kinds.is_empty() && self.steps == 0
    }

    /// One more exchange; `held` is whether its step did, where there was one.
    pub fn exchange(&mut self, exchange: &Exchange, held: Option<bool>) {
        let reply = Reply::of(exchange);
        let asked = Asked {
            method: exchange.method.clone(),
            url: without_query(&exchange.url).into(),
            reply,
            held: held.unwrap_or_else(|| reply.works()),
        };
        let began = micros(exchange.started);
        let kind = self.kind(asked, began);
        kind.first = kind.first.min(began);
        kind.times.add(micros(exchange.timings.total));
        if let Some(first_byte) = exchange.timings.first_byte {
            kind.first_byte.add(micros(first_byte));
        }
    }

    /// One more step, which held.
    pub fn step(&mut self, step: &StepRecord) {
        self.steps += 1;
        self.expectations += step.expectations.len();
        self.weak += step.expectations.iter().filter(|one| one.weak.is_some()).count();
    }

    /// The exchanges alone: of an attempt or a round that isn't the one which counts.
    #[must_use]
    pub fn without_steps(self) -> Self {
        Self { steps: 0, expectations: 0, weak: 0, ..self }
    }

    pub fn merge(&mut self, other: LeftOut) {
        self.steps += other.steps;
        self.expectations += other.expectations;
        self.weak += other.weak;
        for kind in other.kinds {
            let here = self.kind(kind.asked, kind.first);
            here.first = here.first.min(kind.first);
            here.times.merge(&kind.times);
            here.first_byte.merge(&kind.first_byte);
        }
    }

    fn kind(&mut self, asked: Asked, began: Instant) -> &mut Kind {
        let asked = if self.places.contains_key(&asked) || self.kinds.len() < KINDS {
            asked
        } else {
            let shape = Asked { url: shape(&asked.url).into(), ..asked };
            if self.places.contains_key(&shape) || self.kinds.len() < SHAPES {
                shape
            } else {
                Asked { url: format!("{}{ANY_PATH}", origin(&shape.url).0).into(), ..shape }
            }
        };
        let at = *self.places.entry(asked.clone()).or_insert(self.kinds.len());
        if at == self.kinds.len() {
            self.kinds.push(Kind { asked, first: began, times: Times::default(), first_byte: Times::default() });
        }
        &mut self.kinds[at]
    }
}

fn without_query(url: &str) -> &str {
    url.split(['?', '#']).next().unwrap_or_default()
}

/// `http://host:80` and `/path`.
fn origin(url: &str) -> (&str, &str) {
    let host = url.find("://").map_or(0, |at| at + "://".len());
    url.split_at(url[host..].find('/').map_or(url.len(), |at| host + at))
}

/// With an asterisk for each part of the path that has a digit.
fn shape(url: &str) -> String {
    let (origin, path) = origin(url);
    let part = |part| if str::contains(part, |c: char| c.is_ascii_digit()) { "*" } else { part };
    format!("{origin}{}", path.split('/').map(part).collect::<Vec<_>>().join("/"))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn exchange(url: &str) -> Exchange {
        Exchange {
            method: "GET".to_owned(),
            url: url.to_owned(),
            request_headers: Vec::new(),
            request_body: Default::default(),
            started: Duration::from_micros(7),
            last_begun: None,
            outcome: Err(crate::event::Failure {
                kind: crate::event::FailureKind::Refused,
                message: String::new(),
                status: None,
            }),
            attempts: 1,
            reconnected: 0,
            hops: Vec::new(),
            cookies: Vec::new(),
            peer: None,
            timings: crate::event::Timings { total: Duration::from_micros(5), ..Default::default() },
            bytes_sent: 0,
            bytes_received: 0,
        }
    }

    #[test]
    fn however_many_there_are_they_are_counted_in_a_bounded_space() {
        let mut left_out = LeftOut::default();
        for n in 0..20_000 {
            left_out.exchange(&exchange(&format!("http://h:1/a/{n}/b?q={n}")), Some(true));
        }
        let letters = |n: u32| (0..8).map(|at| char::from(b'a' + ((n >> (at * 2)) & 3) as u8)).collect::<String>();
        for n in 0..2_000 {
            left_out.exchange(&exchange(&format!("http://h:1/{}", letters(n))), None);
        }
        assert_eq!(left_out.exchanges(), 22_000);
        let urls: Vec<&str> = left_out.kinds().iter().map(|kind| &*kind.asked.url).collect();
        assert_eq!(urls.len(), SHAPES + 1);
        assert_eq!((urls[0], urls[KINDS], urls[SHAPES]), ("http://h:1/a/0/b", "http://h:1/a/*/b", "http://h:1/…"));
        let mut twice = left_out.clone();
        twice.merge(left_out.clone());
        assert_eq!((twice.exchanges(), twice.kinds().len()), (44_000, SHAPES + 1));
        assert!(left_out.kinds().iter().all(|kind| kind.first == Duration::from_micros(7)));
    }
}
