use std::sync::Arc;

use super::{ItemId, Taken};
use crate::event::Instant;

/// What a thread has taken: a list that threads share up to where they parted.
#[derive(Clone, Debug)]
pub(super) struct History<C> {
    last: Option<Arc<Entry<C>>>,
    len: usize,
}

#[derive(Debug)]
struct Entry<C> {
    taken: Taken<C>,
    before: Option<Arc<Entry<C>>>,
}

impl<C> Default for History<C> {
    fn default() -> Self {
        Self { last: None, len: 0 }
    }
}

impl<C: Clone> History<C> {
    pub(super) fn push(&mut self, item: ItemId, frame: u32, at: Instant, captures: C) {
        let taken = Taken { item, frame, at, captures };
        self.last = Some(Arc::new(Entry { taken, before: self.last.take() }));
        self.len += 1;
    }

    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// The entries from number `from` on, oldest first.
    pub(super) fn since(&self, from: usize) -> Vec<Taken<C>> {
        let mut list = Vec::with_capacity(self.len.saturating_sub(from));
        let mut next = self.last.as_deref();
        while let Some(entry) = next
            && list.len() + from < self.len
        {
            list.push(entry.taken.clone());
            next = entry.before.as_deref();
        }
        list.reverse();
        list
    }
}

/// Entry by entry: a list of a hundred thousand frames must not be dropped by recursion.
impl<C> Drop for Entry<C> {
    fn drop(&mut self) {
        let mut next = self.before.take();
        while let Some(entry) = next {
            let Ok(mut entry) = Arc::try_unwrap(entry) else { return };
            next = entry.before.take();
        }
    }
}
