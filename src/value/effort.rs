//! Long work that is given up once no one waits for its result. What is looked at may be a server's, and large, so loops over it ask; they are many
//! and deep, and most are pure functions of values, so whom they work for is known to the thread and not handed down.

use std::cell::{Cell, RefCell};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// How many steps are made between two looks at whether anybody waits.
const STEPS: usize = 1024;

thread_local! {
    static CURRENT: RefCell<Option<Effort>> = const { RefCell::new(None) };
    static STEPS_LEFT: Cell<usize> = const { Cell::new(STEPS) };
    static VAIN: Cell<bool> = const { Cell::new(false) };
}

/// Work that somebody waits for, until its [`Waiting`] is dropped.
#[derive(Clone, Debug)]
pub struct Effort(Arc<AtomicBool>);

/// The one who waits for an [`Effort`].
#[derive(Debug)]
pub struct Waiting(Effort);

impl Effort {
    pub fn new() -> (Self, Waiting) {
        let effort = Self(Arc::new(AtomicBool::new(false)));
        (effort.clone(), Waiting(effort))
    }

    /// Whether no one waits any more.
    pub fn is_vain(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    /// Does the work on this thread. What it gives may be anything once no one waits.
    pub fn make<T>(self, work: impl FnOnce() -> T) -> T {
        let _restored = Restored(CURRENT.replace(Some(self)));
        VAIN.set(false);
        work()
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.0.store(true, Ordering::Relaxed);
    }
}

/// Puts back whom the thread worked for before, on a panic too.
struct Restored(Option<Effort>);

impl Drop for Restored {
    fn drop(&mut self) {
        CURRENT.replace(self.0.take());
        VAIN.set(false);
    }
}

/// Whether the work of this thread is in vain, after so many more of its steps. It stays so. Code that gives up must not make the result look like
/// one that holds.
pub fn is_vain(steps: usize) -> bool {
    let left = STEPS_LEFT.get();
    if steps < left {
        STEPS_LEFT.set(left - steps);
        return VAIN.get();
    }
    STEPS_LEFT.set(STEPS);
    let vain = CURRENT.with_borrow(|current| current.as_ref().is_some_and(Effort::is_vain));
    VAIN.set(vain);
    vain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_is_in_vain_once_no_one_waits_and_only_within_it() {
        let (effort, waiting) = Effort::new();
        effort.clone().make(|| {
            assert!(!is_vain(STEPS));
            drop(waiting);
            assert!((0..=STEPS).any(|_| is_vain(1)));
            assert!(is_vain(1) && is_vain(1), "it stays so");
            let (inner, _waits) = Effort::new();
            assert!(!inner.make(|| is_vain(STEPS)));
            assert!(is_vain(STEPS));
        });
        assert!(effort.is_vain() && !is_vain(STEPS));
    }

    #[test]
    fn what_is_looked_for_in_vain_is_not_taken_for_absent() {
        let list: crate::value::Json = (0..5_000i64).collect();
        let mut document = crate::value::Document::new();
        document.open("r");
        (0..5_000).for_each(|_| document.text("x"));
        document.close();
        let path = crate::value::JsonPath::compile("$[?@ == -1]").unwrap();
        let xpath = crate::value::XPath::compile("//text()[. = 'y']").unwrap();
        let (effort, waiting) = Effort::new();
        assert!(effort.clone().make(|| path.find(&list).is_ok() && xpath.evaluate(&document).is_ok()));
        drop(waiting);
        assert!(effort.make(|| path.find(&list).is_err() && xpath.evaluate(&document).is_err()));
    }
}
