//! The parts of secrets that came in parts, each of which may be shown without the others.

use std::collections::HashMap;
use std::ops::Range;

use super::finder::Finder;
use super::{Redactor, SHORTEST};

impl Redactor {
    /// What a part of a secret is a part of, and where it is in that.
    pub fn whole_of(&self, part: &str) -> Option<(String, usize)> {
        self.read().parts.wholes.get(part).map(|(whole, at)| (whole.to_string(), *at))
    }
}

#[derive(Default)]
pub(super) struct Parts {
    finder: Finder,
    /// What each is a part of, and where it is in that.
    wholes: HashMap<Box<str>, (Box<str>, usize)>,
}

impl Parts {
    /// Adds one; whether it is new, and long enough to be found within a text.
    pub fn add(&mut self, part: &str, whole: &str, at: usize) -> bool {
        if part.trim().chars().count() < SHORTEST || self.wholes.contains_key(part) {
            return false;
        }
        self.finder.add(part);
        self.wholes.insert(part.into(), (whole.into(), at));
        true
    }

    pub fn find(&self, text: &str) -> Vec<Range<usize>> {
        self.finder.find(text)
    }
}
