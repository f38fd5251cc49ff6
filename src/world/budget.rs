//! How much memory what is kept of the system under test may take, over all tests that run at the same time.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;

use crate::value::format_size;

/// The most that bodies, their JSON, HTML and XML, and frames may take at the same time, in bytes. With what judging them takes for a while, a run
/// stays under 600 MB whatever servers send.
pub const MAX_KEPT_BYTES: u64 = 288 * 1024 * 1024;

/// The memory of a run. What would go beyond it isn't kept, and whatever needs it fails: it never counts as absent.
#[derive(Clone, Debug)]
pub struct Budget(Arc<Purse>);

#[derive(Debug)]
struct Purse {
    limit: u64,
    used: AtomicU64,
}

/// A part of the budget is used up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exhausted;

/// What something that is kept takes of the budget, given back when it is dropped.
#[derive(Debug)]
pub struct Share {
    budget: Budget,
    bytes: u64,
}

impl Default for Budget {
    fn default() -> Self {
        Self::new(MAX_KEPT_BYTES)
    }
}

impl Budget {
    pub fn new(limit: u64) -> Self {
        Self(Arc::new(Purse { limit, used: AtomicU64::new(0) }))
    }

    pub fn share(&self) -> Share {
        Share { budget: self.clone(), bytes: 0 }
    }

    /// In bytes.
    pub fn used(&self) -> u64 {
        self.0.used.load(Ordering::Acquire)
    }

    /// What is said where it doesn't suffice: whose limit it is, and what can be done.
    pub fn words(&self) -> String {
        let limit = format_size(self.0.limit);
        format!(
            "this tool keeps at most {limit} in memory of what servers send to all tests that run at the same time, and that is used up; fewer \
             at a time (`--jobs`, or smaller `parallel` blocks) leave more for each"
        )
    }
}

impl Share {
    /// # Errors
    /// The budget doesn't have so much left; the share stays as it was.
    pub fn grow(&mut self, by: u64) -> Result<(), Exhausted> {
        let purse = &self.budget.0;
        let more = |used: u64| used.checked_add(by).filter(|used| *used <= purse.limit);
        purse.used.fetch_update(Ordering::AcqRel, Ordering::Acquire, more).map_err(|_| Exhausted)?;
        self.bytes += by;
        Ok(())
    }

    /// Makes it so large.
    ///
    /// # Errors
    /// As for [`Share::grow`].
    pub fn resize(&mut self, to: u64) -> Result<(), Exhausted> {
        match to.checked_sub(self.bytes) {
            Some(more) => self.grow(more),
            None => {
                self.shrink(self.bytes - to);
                Ok(())
            }
        }
    }

    /// As [`Budget::words`].
    pub fn words(&self) -> String {
        self.budget.words()
    }

    /// Gives back so many bytes of it.
    pub fn shrink(&mut self, bytes: u64) {
        let bytes = bytes.min(self.bytes);
        self.bytes -= bytes;
        self.budget.0.used.fetch_sub(bytes, Ordering::AcqRel);
    }

    /// Bytes that hold the share as long as anybody has them.
    pub fn hold(self, bytes: Vec<u8>) -> Bytes {
        struct Held(Vec<u8>, #[expect(dead_code, reason = "it is given back when the bytes are dropped")] Share);
        impl AsRef<[u8]> for Held {
            fn as_ref(&self) -> &[u8] {
                &self.0
            }
        }
        Bytes::from_owner(Held(bytes, self))
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.shrink(self.bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_dropped_is_given_back() {
        let budget = Budget::new(100);
        let (mut a, mut b) = (budget.share(), budget.share());
        assert_eq!((a.grow(60), b.grow(41), b.grow(40), b.grow(1)), (Ok(()), Err(Exhausted), Ok(()), Err(Exhausted)));
        assert_eq!(a.grow(u64::MAX), Err(Exhausted));
        assert_eq!((a.resize(10), budget.used()), (Ok(()), 50));
        let bytes = a.hold(vec![1, 2, 3]);
        let part = bytes.slice(1..);
        drop(bytes);
        assert_eq!((budget.used(), &part[..]), (50, &[2, 3][..]));
        drop(part);
        assert_eq!(budget.used(), 40);
        drop(b);
        assert_eq!(budget.used(), 0);
    }
}
