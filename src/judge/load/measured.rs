use std::collections::BTreeMap;
use std::sync::Arc;

use super::Failures;
use crate::event::{Instant, Times};
use crate::judge::release::Reply;
use crate::source::Span;

/// What a load, or a part of its time, came to. What was measured apart is added up, and the whole is as if it had been measured together.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Measured {
    /// By scenario and step.
    pub requests: BTreeMap<Asked, Requests>,
    /// By scenario.
    pub iterations: BTreeMap<usize, Iterations>,
    /// By the channel's name.
    pub channels: BTreeMap<Arc<str>, Openings>,
    /// By the event's name.
    pub events: BTreeMap<Arc<str>, Events>,
    pub failures: Failures,
    /// Events that came although a `never` forbids them.
    pub forbidden: u64,
    /// Arrivals that no user was free for.
    pub dropped: u64,
    /// How late arrivals began, by the machine's fault.
    pub late: Times,
    /// What channels carried in the iterations, both ways: of one that was opened before, an iteration has nothing else to show for what it asked.
    pub frames: u64,
    /// Expectations that were evaluated.
    pub expectations: u64,
    /// Those of them that held on weak evidence.
    pub weak: u64,
    /// Iterations that were cut off when the load was stopped: nothing is known of them.
    pub cut_off: u64,
}

/// What distinguishes requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Asked {
    pub scenario: usize,
    /// Nowhere for an attempt that was tried again.
    pub step: Span,
    /// Which thresholds about requests are about it: one bit for each, by its place.
    pub thresholds: u64,
}

/// The exchanges of one step.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Requests {
    pub method: String,
    /// Without its query; with an asterisk for each segment of the path in which they differ.
    pub url: Arc<str>,
    pub replies: Vec<Replies>,
}

/// Those that came to the same.
#[derive(Clone, Debug, PartialEq)]
pub struct Replies {
    pub reply: Reply,
    /// What was expected of it held.
    pub held: bool,
    /// When the first of them began.
    pub first: Instant,
    pub times: Times,
    pub first_byte: Times,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Iterations {
    pub passed: u64,
    pub failed: u64,
    /// A `skip when` ended them.
    pub skipped: u64,
}

/// Channels of one name that were to open.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Openings {
    pub tried: u64,
    /// Of those that opened: from the request on.
    pub times: Times,
}

/// Events of one name.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Events {
    /// From the opening of the channel, or the last frame sent on it.
    pub after: Times,
    /// From the event of this name before it.
    pub gaps: Times,
}

impl Measured {
    pub fn merge(&mut self, other: &Self) {
        for (asked, requests) in &other.requests {
            self.requests.entry(*asked).or_default().merge(requests);
        }
        for (scenario, iterations) in &other.iterations {
            let own = self.iterations.entry(*scenario).or_default();
            own.passed = own.passed.saturating_add(iterations.passed);
            own.failed = own.failed.saturating_add(iterations.failed);
            own.skipped = own.skipped.saturating_add(iterations.skipped);
        }
        for (name, openings) in &other.channels {
            let own = self.channels.entry(name.clone()).or_default();
            own.tried = own.tried.saturating_add(openings.tried);
            own.times.merge(&openings.times);
        }
        for (name, events) in &other.events {
            let own = self.events.entry(name.clone()).or_default();
            own.after.merge(&events.after);
            own.gaps.merge(&events.gaps);
        }
        self.failures.merge(&other.failures);
        self.forbidden = self.forbidden.saturating_add(other.forbidden);
        self.dropped = self.dropped.saturating_add(other.dropped);
        self.late.merge(&other.late);
        self.frames = self.frames.saturating_add(other.frames);
        self.expectations = self.expectations.saturating_add(other.expectations);
        self.weak = self.weak.saturating_add(other.weak);
        self.cut_off = self.cut_off.saturating_add(other.cut_off);
    }

    pub fn exchanges(&self) -> u64 {
        self.requests.values().map(Requests::count).fold(0, u64::saturating_add)
    }

    /// Iterations that have ended, skipped ones aside.
    pub fn rounds(&self) -> u64 {
        self.iterations.values().map(|one| one.passed.saturating_add(one.failed)).fold(0, u64::saturating_add)
    }

    /// The times of all exchanges that have one.
    pub fn times(&self) -> Times {
        let mut all = Times::default();
        let replies = self.requests.values().flat_map(|one| &one.replies);
        replies.filter(|replies| replies.reply.is_timed()).for_each(|replies| all.merge(&replies.times));
        all
    }
}

impl Requests {
    pub fn count(&self) -> u64 {
        self.replies.iter().map(|one| one.times.count).fold(0, u64::saturating_add)
    }

    /// The ones that came to this.
    pub fn replies(&mut self, reply: Reply, held: bool, first: Instant) -> &mut Replies {
        let known = self.replies.iter().position(|one| one.reply == reply && one.held == held);
        let at = known.unwrap_or_else(|| {
            let (times, first_byte) = Default::default();
            self.replies.push(Replies { reply, held, first, times, first_byte });
            self.replies.len() - 1
        });
        let found = &mut self.replies[at];
        found.first = found.first.min(first);
        found
    }

    /// One more was asked for at a URL, whose query doesn't matter.
    pub fn asked(&mut self, method: &str, url: &str) {
        if *self.url == *url {
            return;
        }
        if self.url.is_empty() {
            self.method = method.to_owned();
            self.url = url.into();
        } else if let Some(both) = in_common(&self.url, url) {
            self.url = both.into();
        }
    }

    fn merge(&mut self, other: &Self) {
        self.asked(&other.method, &other.url);
        for replies in &other.replies {
            let own = self.replies(replies.reply, replies.held, replies.first);
            own.times.merge(&replies.times);
            own.first_byte.merge(&replies.first_byte);
        }
    }
}

/// Whether a URL is one of those that another one stands for. Queries don't matter.
pub(super) fn is_among(all: &str, url: &str) -> bool {
    let url = url.split(['?', '#']).next().unwrap_or_default();
    all == url || in_common(all, url).is_none()
}

/// What two URLs have in common, with an asterisk for each segment in which they differ; `None` where nothing changes for the first one.
fn in_common(a: &str, b: &str) -> Option<String> {
    let (of_a, of_b): (Vec<&str>, Vec<&str>) = (a.split('/').collect(), b.split('/').collect());
    if of_a.len() != of_b.len() || of_a[..of_a.len().min(3)] != of_b[..of_b.len().min(3)] {
        // Other hosts, or paths of another length: the first one speaks for all.
        return None;
    }
    let fits = of_a.iter().zip(&of_b).all(|(a, b)| a == b || *a == "*");
    (!fits).then(|| of_a.iter().zip(&of_b).map(|(a, b)| if a == b { *a } else { "*" }).collect::<Vec<_>>().join("/"))
}
