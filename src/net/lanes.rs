//! The threads that tests are carried out on. A test and its connections have one of them: between two that wait for each other, every request would
//! cost several changes from thread to thread, which take as long as all that is done about it.

use std::cell::Cell;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};

use tokio::runtime::{Builder, Handle};
use tokio::sync::oneshot;

use crate::world::Pending;

thread_local! {
    static HERE: Cell<usize> = const { Cell::new(0) };
}

/// The number of the lane that the caller is on; 0 is where the run itself is.
pub fn here() -> usize {
    HERE.get()
}

/// One thread for the run itself and for tests, and others for tests alone, which begin when they are needed.
pub struct Lanes {
    home: OnceLock<Handle>,
    others: Mutex<Vec<Lane>>,
    most: usize,
    begun: AtomicUsize,
}

/// It ends when it is dropped, with all that is on it.
struct Lane {
    handle: Handle,
    _lives: oneshot::Sender<()>,
}

impl Lanes {
    /// Never more than so many.
    pub fn new(most: usize) -> Self {
        Self { home: OnceLock::new(), others: Mutex::default(), most: most.max(1), begun: AtomicUsize::new(0) }
    }

    /// Carries something out to its end on one of them, each in its turn. The first call is made where the run itself is.
    pub fn begin(&self, task: Pending<'static, ()>) {
        let home = self.home.get_or_init(Handle::current);
        let lane = self.begun.fetch_add(1, Ordering::Relaxed) % self.most;
        let other = lane.checked_sub(1).and_then(|other| self.other(other));
        drop(other.as_ref().unwrap_or(home).spawn(task));
    }

    /// The one of this number beside the first, where the system gives another thread.
    fn other(&self, index: usize) -> Option<Handle> {
        let mut others = self.others.lock().unwrap_or_else(PoisonError::into_inner);
        if index >= others.len() {
            let lane = Lane::begin(others.len() + 1).ok()?;
            others.push(lane);
        }
        others.get(index).or(others.last()).map(|lane| lane.handle.clone())
    }
}

impl Lane {
    fn begin(number: usize) -> std::io::Result<Self> {
        let runtime = Builder::new_current_thread().enable_all().thread_name("e2e").build()?;
        let handle = runtime.handle().clone();
        let (lives, ended) = oneshot::channel();
        std::thread::Builder::new().name("e2e".to_owned()).spawn(move || {
            HERE.set(number);
            // Nothing is ever sent.
            let _ = runtime.block_on(ended);
            runtime.shutdown_background();
        })?;
        Ok(Self { handle, _lives: lives })
    }
}

impl Default for Lanes {
    fn default() -> Self {
        Self::new(std::thread::available_parallelism().map_or(2, usize::from))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_is_begun_is_spread_over_lanes_and_stays_on_its_own() {
        let lanes = Lanes::new(3);
        let (seen, mut see) = tokio::sync::mpsc::unbounded_channel();
        for _ in 0..7 {
            let seen = seen.clone();
            let task = async move {
                let before = here();
                let of_task = tokio::spawn(async { here() });
                tokio::time::sleep(std::time::Duration::from_millis(5)).await;
                assert_eq!((here(), of_task.await.ok()), (before, Some(before)));
                let _ = seen.send(before);
            };
            lanes.begin(Box::pin(task));
        }
        drop(seen);
        let mut all = Vec::new();
        while let Some(lane) = see.recv().await {
            all.push(lane);
        }
        all.sort_unstable();
        assert_eq!(all, [0, 0, 0, 1, 1, 2, 2]);
    }
}
