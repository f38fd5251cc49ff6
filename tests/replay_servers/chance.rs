//! What is drawn of a seed.

use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};

use e2e_dsl::value::{Draws, keyed};

/// Tries each seed, some at once: much of the time they wait.
pub fn try_each(seeds: Range<u64>, at_once: usize, run: impl Fn(u64) + Sync) {
    let next = AtomicU64::new(seeds.start);
    std::thread::scope(|scope| {
        for _ in 0..at_once {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= seeds.end {
                        break;
                    }
                    run(seed);
                }
            });
        }
    });
}

pub struct Chance(Draws);

impl Chance {
    pub fn new(seed: u64, of: &str) -> Self {
        Self(Draws::new(keyed(seed, of)))
    }

    pub fn below(&self, most: usize) -> usize {
        (self.0.draw() % most.max(1) as u64) as usize
    }

    pub fn one<'a>(&self, of: &[&'a str]) -> &'a str {
        of[self.below(of.len())]
    }
}
