use std::sync::Arc;
use std::time::Duration;

use super::{Begun, Live, Look};
use crate::judge::TestInfo;
use crate::judge::release::{Spread, Statistic};

/// How a load stands while it goes on, for those who watch it.
#[derive(Clone, Debug)]
pub struct Standing {
    pub info: Arc<TestInfo>,
    pub load: Arc<Begun>,
    /// It is reported for the first time.
    pub is_first: bool,
    /// What was measured since it was last reported.
    pub look: Arc<Look>,
    /// Since it began.
    pub at: Duration,
    /// How long iterations are begun.
    pub duration: Duration,
    pub users: u32,
    /// In the last whole second or so.
    pub requests_per_second: f64,
    pub requests: u64,
    pub iterations: u64,
    pub errors: u64,
    pub dropped: u64,
    pub median: Option<Duration>,
    pub p95: Option<Duration>,
    pub thresholds: Vec<(String, Stands)>,
}

/// How a threshold stands.
#[derive(Clone, Debug, PartialEq)]
pub enum Stands {
    /// Nothing was measured yet.
    Open,
    /// What it is now: `412ms`.
    Holds(String),
    /// It wouldn't hold if this were the end, which alone says.
    Behind(String),
    /// It didn't hold when it had to.
    Broken(String),
}

impl Standing {
    /// `users`: that there are now.
    pub fn of(info: Arc<TestInfo>, load: Arc<Begun>, live: &Live, look: Arc<Look>, users: u32) -> Self {
        let total = live.total();
        let mut spread = Spread::default();
        spread.add_all(&total.times());
        let thresholds = live.standing().map(|(threshold, value, broken)| {
            let words = |value: &super::threshold::Value| {
                value.measured.map_or_else(|| "no data".to_owned(), |measured| value.unit.words(measured))
            };
            let stands = match (broken, value) {
                (Some(broken), _) => Stands::Broken(words(&broken.value)),
                (None, None) => Stands::Open,
                (None, Some(value)) if value.holds(threshold) => Stands::Holds(words(value)),
                (None, Some(value)) => Stands::Behind(words(value)),
            };
            (threshold.text.clone(), stands)
        });
        Self {
            is_first: look.at <= Live::interval(live.spec()),
            at: look.at,
            info,
            load,
            look,
            duration: live.duration(),
            users,
            requests_per_second: live.requests_per_second(),
            requests: total.exchanges(),
            iterations: total.rounds(),
            errors: total.failures.count(|_| true),
            dropped: total.dropped,
            median: Statistic::percentile(50).of(&mut spread),
            p95: Statistic::percentile(95).of(&mut spread),
            thresholds: thresholds.collect(),
        }
    }
}
