use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::super::deadline::Deadline;
use super::super::host::TestHost;
use super::super::shared::Shared;
use super::super::signal::Signal;
use super::super::test;
use super::kept::Kept;
use super::quick::Script;
use crate::event::{Instant, Occurrence, Part};
use crate::judge::load::{Counter, Measured};
use crate::plan::Load;
use crate::source::Span;

/// How many iterations are kept whole in all.
const MOST_KEPT: usize = 24;

/// What all users of a load share.
pub(super) struct Crew {
    pub shared: Arc<Shared>,
    pub load: Arc<Load>,
    pub began: Instant,
    pub place: Occurrence,
    /// What expressions get from outside where they need nothing from there.
    pub host: TestHost,
    /// Whatever is under way has ended by then.
    pub cut: Deadline,
    /// Users count in several places, so that none waits for another.
    counters: Vec<Mutex<Counter>>,
    state: Signal<State>,
    users: AtomicU32,
    /// The most that there were since that was last asked.
    most_users: AtomicU32,
    /// How many rows each list has given away.
    taken: Vec<AtomicUsize>,
    kept: Mutex<Vec<Kept>>,
    /// Of each scenario that can be run so.
    pub scripts: Vec<Option<Script>>,
}

#[derive(Debug, Default)]
struct State {
    /// Nothing goes on any more.
    is_over: bool,
    /// By the threshold at this place.
    aborted_by: Option<usize>,
}

impl Crew {
    /// `phase` is the deadline of the phase around it.
    pub fn new(shared: Arc<Shared>, load: Arc<Load>, began: Instant, phase: Option<Deadline>) -> Self {
        let places = std::thread::available_parallelism().map_or(2, usize::from);
        let whole = load.pace.duration().saturating_add(load.stop_within);
        let cut = Deadline::new(began, whole, "the load's time and what it has to stop", Span::nowhere());
        let cut = phase.map_or(cut.clone(), |phase| cut.tightened(phase));
        let place = Occurrence::root(Part::Test(load.id.as_str().into()));
        Self {
            host: test::host(&shared, &place),
            place,
            counters: (0..places).map(|_| Mutex::new(Counter::new(load.clone()))).collect(),
            state: Signal::default(),
            users: AtomicU32::new(0),
            most_users: AtomicU32::new(0),
            taken: load.rows.iter().map(|_| AtomicUsize::new(0)).collect(),
            kept: Mutex::default(),
            scripts: load.scenarios.iter().map(|scenario| Script::of(scenario, &load)).collect(),
            shared,
            load,
            began,
            cut,
        }
    }

    /// Which part of how many this machine's is, from 0.
    pub fn part(&self) -> (u64, u64) {
        self.shared.options.shard.map_or((0, 1), |(part, of)| (u64::from(part.saturating_sub(1)), u64::from(of.max(1))))
    }

    pub fn since_began(&self) -> Duration {
        self.shared.world.now().saturating_sub(self.began)
    }

    /// Where a user counts.
    pub fn counter(&self, user: u32) -> MutexGuard<'_, Counter> {
        let place = user as usize % self.counters.len().max(1);
        self.counters[place].lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What was measured since the last time.
    pub fn take(&self) -> Measured {
        let mut all = Measured::default();
        for counter in &self.counters {
            let measured = counter.lock().unwrap_or_else(PoisonError::into_inner).take();
            all.merge(&measured);
        }
        all
    }

    pub fn users(&self) -> u32 {
        self.users.load(Ordering::Relaxed)
    }

    pub fn comes(&self) {
        let before = self.users.fetch_add(1, Ordering::Relaxed);
        self.most_users.fetch_max(before.saturating_add(1), Ordering::Relaxed);
    }

    /// The most users that there were since the last time.
    pub fn take_most_users(&self) -> u32 {
        let now = self.users();
        self.most_users.swap(now, Ordering::Relaxed).max(now)
    }

    pub fn goes(&self) {
        self.users.fetch_sub(1, Ordering::Relaxed);
    }

    /// The number of the next row of a shared list.
    pub fn next_row(&self, list: usize) -> u64 {
        let nth = self.taken.get(list).map_or(0, |taken| taken.fetch_add(1, Ordering::Relaxed)) as u64;
        let (part, of) = self.part();
        nth.saturating_mul(of).saturating_add(part)
    }

    pub fn keep(&self, kept: Kept) {
        let mut all = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.add(&mut all, MOST_KEPT);
    }

    pub fn take_kept(&self) -> Vec<Kept> {
        let mut all = std::mem::take(&mut *self.kept.lock().unwrap_or_else(PoisonError::into_inner));
        all.sort_by_key(|one| one.began);
        all
    }

    /// A threshold ends the load.
    pub fn abort(&self, threshold: usize) {
        self.state.change(|state| {
            state.is_over = true;
            state.aborted_by.get_or_insert(threshold);
        });
    }

    /// Something else does.
    pub fn end(&self) {
        self.state.change(|state| state.is_over = true);
    }

    pub fn is_over(&self) -> bool {
        self.state.read(|state| state.is_over)
    }

    /// Waits until nothing is to go on any more.
    pub async fn over(&self) {
        self.state.until(|state| state.is_over).await;
    }

    pub fn aborted_by(&self) -> Option<usize> {
        self.state.read(|state| state.aborted_by)
    }
}
