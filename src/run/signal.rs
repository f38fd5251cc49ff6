use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

/// A value whose changes can be waited for. Those who wait go on in the order in which they began to, so that a run in virtual time is the same each
/// time; tokio's `watch` wakes them in a random one.
#[derive(Debug, Default)]
pub(super) struct Signal<T> {
    value: Mutex<T>,
    changed: Notify,
}

impl<T> Signal<T> {
    pub fn read<R>(&self, read: impl FnOnce(&T) -> R) -> R {
        read(&self.lock())
    }

    pub fn change<R>(&self, change: impl FnOnce(&mut T) -> R) -> R {
        let changed = change(&mut self.lock());
        self.changed.notify_waiters();
        changed
    }

    /// Waits until this holds of the value.
    pub async fn until(&self, holds: impl Fn(&T) -> bool) {
        loop {
            let mut changed = std::pin::pin!(self.changed.notified());
            // Before the look: no change can fall between the two.
            changed.as_mut().enable();
            if self.read(&holds) {
                return;
            }
            changed.await;
        }
    }

    fn lock(&self) -> MutexGuard<'_, T> {
        self.value.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
