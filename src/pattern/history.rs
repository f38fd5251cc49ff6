use super::{ItemId, Taken};
use crate::event::Instant;
use crate::value::Chain;

/// What a thread has taken: a list that threads share up to where they parted.
#[derive(Clone, Debug)]
pub(super) struct History<C>(Chain<Taken<C>>);

impl<C> Default for History<C> {
    fn default() -> Self {
        Self(Chain::new())
    }
}

impl<C: Clone> History<C> {
    pub(super) fn push(&mut self, item: ItemId, frame: u32, at: Instant, captures: C) {
        self.0.push(Taken { item, frame, at, captures });
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// The entries from number `from` on, oldest first.
    pub(super) fn since(&self, from: usize) -> Vec<Taken<C>> {
        self.0.since(from).into_iter().cloned().collect()
    }
}
