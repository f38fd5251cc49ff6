use std::collections::BTreeMap;
use std::time::Duration;

use super::Measured;
use crate::event::PackedTimes;
use crate::plan::ErrorKind;

/// The most parts that a load's time is shown in. Where it lasts longer, each is twice as long.
const MOST_BINS: usize = 240;
/// The shortest part.
const BIN: Duration = Duration::from_secs(1);

/// What came of a load over its time, in a space that doesn't grow with it.
#[derive(Clone, Debug, PartialEq)]
pub struct Timeline {
    pub bin: Duration,
    pub bins: Vec<Bin>,
}

/// A part of a load's time.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Bin {
    /// The most users that there were.
    pub users: u32,
    pub requests: u64,
    pub iterations: u64,
    pub dropped: u64,
    pub times: PackedTimes,
    pub errors: BTreeMap<ErrorKind, u64>,
}

impl Default for Timeline {
    fn default() -> Self {
        Self { bin: BIN, bins: Vec::new() }
    }
}

impl Timeline {
    /// Adds what was measured in a time that ended so long after the load began.
    pub fn add(&mut self, ended: Duration, slice: &Measured, users: u32) {
        let place = |bin: Duration| {
            let at = ended.saturating_sub(Duration::from_nanos(1)).as_nanos() / bin.as_nanos().max(1);
            usize::try_from(at).unwrap_or(usize::MAX)
        };
        while place(self.bin) >= MOST_BINS {
            self.halve();
        }
        let at = place(self.bin);
        if self.bins.len() <= at {
            self.bins.resize_with(at + 1, Bin::default);
        }
        let bin = &mut self.bins[at];
        bin.users = bin.users.max(users);
        bin.requests = bin.requests.saturating_add(slice.exchanges());
        bin.iterations = bin.iterations.saturating_add(slice.rounds());
        bin.dropped = bin.dropped.saturating_add(slice.dropped);
        bin.times.merge(&slice.times());
        for (kind, count) in slice.failures.by_kind() {
            let own = bin.errors.entry(kind).or_default();
            *own = own.saturating_add(count);
        }
    }

    fn halve(&mut self) {
        let bins = std::mem::take(&mut self.bins);
        self.bins = bins.chunks(2).map(Bin::of_all).collect();
        self.bin *= 2;
    }

    /// Of parts of a load that went on side by side.
    pub fn merge(&mut self, other: &Self) {
        let mut other = other.clone();
        while other.bin < self.bin {
            other.halve();
        }
        while self.bin < other.bin {
            self.halve();
        }
        for (at, bin) in other.bins.into_iter().enumerate() {
            match self.bins.get_mut(at) {
                Some(own) => {
                    let users = own.users.saturating_add(bin.users);
                    own.merge(&bin);
                    own.users = users;
                }
                None => self.bins.push(bin),
            }
        }
    }
}

impl Bin {
    fn of_all(bins: &[Bin]) -> Bin {
        let mut all = Bin::default();
        bins.iter().for_each(|bin| all.merge(bin));
        all
    }

    fn merge(&mut self, other: &Bin) {
        self.users = self.users.max(other.users);
        self.requests = self.requests.saturating_add(other.requests);
        self.iterations = self.iterations.saturating_add(other.iterations);
        self.dropped = self.dropped.saturating_add(other.dropped);
        self.times.merge(&other.times.unpacked());
        for (kind, count) in &other.errors {
            let own = self.errors.entry(*kind).or_default();
            *own = own.saturating_add(*count);
        }
    }
}
