use std::collections::HashMap;
use std::sync::Arc;

use super::known::Known;
use super::writer::{About, LoadWriter};
use crate::judge::load::{Live, LoadResult, Look};
use crate::judge::release::{ServiceMap, place};
use crate::report::model::{self, sane, time};
use crate::source::Span;

/// A load that is judged again, look by look, as it was while it went on.
pub struct Again {
    known: Known,
    live: Live,
    /// As it was known when it began.
    begun: model::Load,
    started_ms: f64,
    about: HashMap<String, About>,
    /// When the last look ended, since the load began.
    ended_ms: f64,
}

impl Again {
    pub fn new(begun: &model::LoadBegun) -> Self {
        let mut known = Known::default();
        let spec = Arc::new(known.spec(&begun.load));
        Self {
            live: Live::new(spec),
            begun: begun.load.clone(),
            started_ms: sane(begun.started_ms),
            about: HashMap::new(),
            ended_ms: 0.0,
            known,
        }
    }

    /// Takes looks at parts of a load that went on side by side, until the same moment. `users`: of all parts, also of those that are looked at later.
    pub fn look(&mut self, parts: &[model::Look], users: u32) {
        let Some(first) = parts.first() else { return };
        let mut look = Look { at: time(first.at_ms), users, ..Look::default() };
        for part in parts {
            for one in &part.measured.requests {
                self.about.entry(one.url.clone()).or_insert_with(|| (one.path.clone(), one.service.clone()));
            }
            look.begins |= part.begins;
            look.measured.merge(&self.known.measured(&part.measured));
        }
        self.ended_ms = sane(first.at_ms);
        self.live.look(&Arc::new(look));
    }

    /// From the start of the run.
    pub fn ended_ms(&self) -> f64 {
        self.started_ms + self.ended_ms
    }

    pub fn started_ms(&self) -> f64 {
        self.started_ms
    }

    /// What it came to.
    pub fn end(self) -> (LoadResult, Explained) {
        let Self { known, live, begun, started_ms, about, .. } = self;
        let spec = live.spec().clone();
        let result = LoadResult {
            spec,
            began: time(started_ms),
            began_at: begun.began_at.parse().unwrap_or_default(),
            ended: live.end(),
            aborted_by: None,
            interrupted: None,
        };
        (result, Explained { known, about })
    }
}

/// What is known of the places and the addresses in a load that was judged again.
pub struct Explained {
    known: Known,
    about: HashMap<String, About>,
}

impl Explained {
    pub fn load(&self, result: &LoadResult) -> model::Load {
        LoadWriter { place: &|span| self.place(span), about: &|url| self.about(url) }.load(result)
    }

    /// The names of the files that its places are in, in the order of their ids.
    pub fn files(&self) -> Vec<&str> {
        self.known.places.files()
    }

    pub fn place(&self, span: Span) -> Option<model::Span> {
        self.known.places.give(span)
    }

    /// Where requests differ in a segment of their path, the service is that of any of the same host.
    pub fn about(&self, url: &str) -> About {
        if let Some(known) = self.about.get(url) {
            return known.clone();
        }
        let host = |url: &str| url.splitn(4, '/').take(3).collect::<Vec<_>>().join("/");
        let own = host(url);
        let service =
            self.about.iter().filter(|(other, _)| host(other) == own).find_map(|(_, (_, service))| service.clone());
        (place(url, &ServiceMap::default()).0, service)
    }
}
