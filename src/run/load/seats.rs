use std::sync::{Mutex, PoisonError};

use tokio::sync::oneshot;

use crate::event::Instant;

/// The place of a user of the closed model.
#[derive(Default)]
pub(super) struct Seat(Mutex<bool>);

impl Seat {
    /// Whether it was free.
    pub fn take(&self) -> bool {
        !std::mem::replace(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner), true)
    }

    pub fn leave(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = false;
    }
}

/// Users of the open model that wait for an iteration, each by where it receives when that was due.
#[derive(Default)]
pub(super) struct Idle(Mutex<Waiting>);

#[derive(Default)]
struct Waiting {
    users: Vec<oneshot::Sender<Instant>>,
    /// No iteration comes any more.
    is_over: bool,
}

impl Idle {
    /// Waits for the next iteration; `None` when there is to be none.
    pub fn wait(&self) -> Option<oneshot::Receiver<Instant>> {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if waiting.is_over {
            return None;
        }
        let (give, given) = oneshot::channel();
        waiting.users.push(give);
        Some(given)
    }

    /// Gives an iteration to the user that came to wait last: its connections are the warmest.
    pub fn give(&self, due: Instant) -> bool {
        loop {
            let next = self.0.lock().unwrap_or_else(PoisonError::into_inner).users.pop();
            let Some(next) = next else { return false };
            if next.send(due).is_ok() {
                return true;
            }
        }
    }

    pub fn end(&self) {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.is_over = true;
        waiting.users.clear();
    }
}
