//! Texts that are looked for, each with what stands for it. One more costs no more however many there are, since a run learns secrets as it goes on.

use std::collections::{BTreeMap, HashSet};
use std::ops::{Bound, Range};

/// No shorter one is looked for, in bytes: they are found by how they begin.
const SHORTEST: usize = 6;
const _: () = assert!(SHORTEST <= crate::value::SHORTEST_SECRET);

#[derive(Default)]
pub struct Patterns {
    all: BTreeMap<Box<[u8]>, Replacement>,
    beginnings: HashSet<[u8; SHORTEST]>,
}

struct Replacement {
    bytes: Box<[u8]>,
    /// Nothing else takes its place.
    exact: bool,
}

impl Patterns {
    /// Adds one. What is known as it is goes before what is only like something that is known; of two alike the first one stays.
    pub fn add(&mut self, pattern: &[u8], replacement: &[u8], exact: bool) {
        let Some(beginning) = pattern.first_chunk::<SHORTEST>() else { return };
        self.beginnings.insert(*beginning);
        let replacement = Replacement { bytes: replacement.into(), exact };
        match self.all.get_mut(pattern) {
            Some(known) if exact && !known.exact => *known = replacement,
            Some(_) => {}
            None => _ = self.all.insert(pattern.into(), replacement),
        }
    }

    /// Whether any is in a text.
    pub fn is_in(&self, text: &[u8]) -> bool {
        self.iter(text).next().is_some()
    }

    /// Where they are in a text, from left to right, at each place the longest one, and what stands for it. None overlap.
    pub fn iter<'p>(&'p self, text: &'p [u8]) -> impl Iterator<Item = (Range<usize>, &'p [u8])> {
        let mut at = 0;
        std::iter::from_fn(move || {
            if self.all.is_empty() {
                return None;
            }
            while let Some(rest) = text.get(at..).filter(|rest| rest.len() >= SHORTEST) {
                let begins = rest.first_chunk().is_some_and(|beginning| self.beginnings.contains(beginning));
                if let Some((length, replacement)) = self.longest(rest).filter(|_| begins) {
                    let start = at;
                    at += length;
                    return Some((start..at, replacement));
                }
                at += 1;
            }
            None
        })
    }

    /// The longest one that a text begins with.
    fn longest(&self, text: &[u8]) -> Option<(usize, &[u8])> {
        // In their order, the last one that isn't behind the text is it, or has with it in common as much as any that it is.
        let mut most = text.len();
        loop {
            let up_to = text.get(..most)?;
            let (pattern, replacement) =
                self.all.range::<[u8], _>((Bound::Unbounded, Bound::Included(up_to))).next_back()?;
            if up_to.starts_with(pattern) {
                return Some((pattern.len(), &replacement.bytes));
            }
            most = pattern.iter().zip(up_to).take_while(|(a, b)| a == b).count();
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_longest_are_found_from_left_to_right(
            known in prop::collection::vec("[ab]{6,12}", 0..12),
            text in "[abc]{0,60}",
        ) {
            let mut patterns = Patterns::default();
            known.iter().for_each(|one| patterns.add(one.as_bytes(), one.as_bytes(), true));
            let found: Vec<(Range<usize>, &[u8])> = patterns.iter(text.as_bytes()).collect();
            let mut expected = Vec::new();
            let mut at = 0;
            while at < text.len() {
                let here = known.iter().filter(|one| text[at..].starts_with(one.as_str())).max_by_key(|one| one.len());
                match here {
                    Some(one) => {
                        expected.push((at..at + one.len(), one.as_bytes()));
                        at += one.len();
                    }
                    None => at += 1,
                }
            }
            prop_assert_eq!(found, expected);
        }
    }

    #[test]
    fn what_is_known_goes_before_what_is_like_it() {
        let mut patterns = Patterns::default();
        patterns.add(b"secret", b"like it", false);
        patterns.add(b"secret", b"itself", true);
        patterns.add(b"secret", b"another", true);
        assert_eq!(patterns.iter(b"a secret").next(), Some((2..8, &b"itself"[..])));
    }
}
