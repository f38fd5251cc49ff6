use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::task::JoinSet;

/// Connections that a run has left, and whose servers haven't ended them yet. Each is waited for on its own, so that no test is; a run that ends
/// gives them their time, since what was sent could be lost with the process.
#[derive(Default)]
pub struct Departures(Mutex<JoinSet<()>>);

impl Departures {
    pub(super) fn add(&self, departure: impl Future<Output = ()> + Send + 'static) {
        let mut set = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        while set.try_join_next().is_some() {}
        set.spawn(departure);
    }

    /// Waits until all are gone, at most so long.
    pub async fn gone(&self, budget: Duration) {
        let mut set = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        let _ = tokio::time::timeout(budget, async { while set.join_next().await.is_some() {} }).await;
    }
}
