//! Parsing a text again after a change: what begins and ends on lines that are still the same keeps its tree, moved along with them.
//!
//! A statement is read the same wherever its lines are, as long as nothing in it is wrong: whether it is one (where it begins and ends) is found out again
//! from the whole text. So the parser asks for the tree of each declaration and of each entry of a suite before it makes one. A suite's own tree is made
//! again, and that of a shape: doc comments are above what is in them.

mod channels;
mod declarations;
mod expressions;
mod loads;
mod shift;
mod steps;

use super::ast::{File, Item, ItemKind, SuiteEntry, SuiteEntryKind};
use crate::source::{Change, Span};
use shift::Shift;

/// The trees of an earlier text of the same file, by their places.
pub struct Earlier {
    change: Change,
    items: Vec<Item>,
    entries: Vec<SuiteEntry>,
}

impl Earlier {
    /// `file`: the whole tree of the text `old`, which is now `new`.
    pub fn new(file: File, old: &str, new: &str) -> Self {
        let mut items = Vec::with_capacity(file.items.len());
        let mut entries = Vec::new();
        for item in file.items {
            match item.kind {
                ItemKind::Suite(suite) => entries.extend(suite.entries),
                ItemKind::Shape(_) | ItemKind::Error => {}
                _ => items.push(item),
            }
        }
        Self { change: Change::between(old, new), items, entries }
    }

    /// What a declaration at a place of the new text was, if it was there. It is given once.
    pub fn item(&mut self, now: Span) -> Option<ItemKind> {
        let before = self.change.origin(now)?;
        let at = self.items.binary_search_by_key(&before, |item| item.span).ok()?;
        let item = self.items.get_mut(at).filter(|item| item.is_plain)?;
        item.is_plain = false;
        Some(moved(std::mem::replace(&mut item.kind, ItemKind::Error), before, now))
    }

    /// The same of an entry of a suite.
    pub fn entry(&mut self, now: Span) -> Option<SuiteEntryKind> {
        let before = self.change.origin(now)?;
        let at = self.entries.binary_search_by_key(&before, |entry| entry.span).ok()?;
        let entry = self.entries.get_mut(at).filter(|entry| entry.is_plain)?;
        entry.is_plain = false;
        Some(moved(std::mem::replace(&mut entry.kind, SuiteEntryKind::Error), before, now))
    }
}

fn moved<T: Shift>(mut tree: T, before: Span, now: Span) -> T {
    if before != now {
        tree.shift(now.start.wrapping_sub(before.start));
    }
    tree
}
