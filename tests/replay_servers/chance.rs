//! What is drawn of a seed.

use e2e_dsl::value::{Draws, keyed};

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
