use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::plan::ErrorKind;
use crate::source::Span;

/// How many kinds of failures are distinguished; what is beyond them counts with the last one of its kind of error.
const MOST: usize = 256;

/// What failed, counted by what distinguishes them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Failures(BTreeMap<Failure, Count>);

/// What distinguishes failures.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Failure {
    pub kind: ErrorKind,
    /// Of the diagnostic: `e2e::expect::status`.
    pub code: Cow<'static, str>,
    /// Absent in a hook of a user.
    pub scenario: Option<usize>,
    /// Of what failed.
    pub step: Span,
    /// A request failed. Which thresholds about requests are about it: one bit for each, by its place.
    pub request: Option<u64>,
    /// The channel that didn't open.
    pub channel: Option<std::sync::Arc<str>>,
    /// With which code the server closed a channel (RFC 6455, section 7.4), where that is why it failed.
    pub close_code: Option<u16>,
    /// It was tried again, as the spec says.
    pub is_excused: bool,
}

#[derive(Clone, Debug, Default, PartialEq)]
struct Count {
    times: u64,
    /// Of the first one.
    message: String,
}

impl Failures {
    /// Counts so many; `message` is kept of the first one.
    pub fn add(&mut self, failure: Failure, times: u64, message: &str) {
        if times == 0 {
            return;
        }
        let is_alike = |other: &Failure| {
            (other.kind, other.request.is_some(), other.is_excused)
                == (failure.kind, failure.request.is_some(), failure.is_excused)
        };
        let is_full = self.0.len() >= MOST && !self.0.contains_key(&failure);
        if is_full && let Some((_, count)) = self.0.iter_mut().find(|(other, _)| is_alike(other)) {
            count.times = count.times.saturating_add(times);
            return;
        }
        let count = self.0.entry(failure).or_insert_with(|| Count { times: 0, message: message.to_owned() });
        count.times = count.times.saturating_add(times);
    }

    pub fn merge(&mut self, other: &Self) {
        for (failure, count) in &other.0 {
            self.add(failure.clone(), count.times, &count.message);
        }
    }

    /// Each with how many there were, and what the first one's diagnostic says.
    pub fn each(&self) -> impl Iterator<Item = (&Failure, u64, &str)> {
        self.0.iter().map(|(failure, count)| (failure, count.times, count.message.as_str()))
    }

    pub fn count(&self, is: impl Fn(&Failure) -> bool) -> u64 {
        self.0.iter().filter(|(failure, _)| is(failure)).map(|(_, count)| count.times).fold(0, u64::saturating_add)
    }

    /// As they were reported.
    pub fn reported(each: impl IntoIterator<Item = (Failure, u64, String)>) -> Self {
        Self(each.into_iter().map(|(failure, times, message)| (failure, Count { times, message })).collect())
    }

    /// How many there were of each kind.
    pub fn by_kind(&self) -> BTreeMap<ErrorKind, u64> {
        let mut kinds = BTreeMap::new();
        for (failure, count) in &self.0 {
            let own: &mut u64 = kinds.entry(failure.kind).or_default();
            *own = own.saturating_add(count.times);
        }
        kinds
    }
}
