use std::sync::OnceLock;

use crate::plan::{Slot, SlotNames};
use crate::value::{Chain, Value};

/// The values of a frame's names. A clone is a branch of its own; [`Scope::merge`] brings back what a branch bound.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Scope {
    slots: Vec<Option<Kept>>,
    /// Bound since the scope was made or branched.
    bound: Vec<bool>,
    /// Added to lists since then, in order: several branches may add to the same list.
    collected: Chain<(Slot, Value)>,
    frame: SlotNames,
}

/// What a slot holds. Scopes are copied for every frame that is taken, so a list that is gathered must not be.
#[derive(Clone, Debug)]
enum Kept {
    Value(Value),
    List(Gathered),
}

#[derive(Clone, Debug)]
struct Gathered {
    /// What the slot held before anything was added: the list begins with its elements.
    start: Option<Value>,
    added: Chain<Value>,
    /// The list as a value, made when it is first looked at.
    whole: OnceLock<Value>,
}

impl Kept {
    fn value(&self) -> &Value {
        match self {
            Kept::Value(value) => value,
            Kept::List(list) => list.whole.get_or_init(|| {
                let mut values = list.start.as_ref().and_then(Value::elements).unwrap_or_default();
                values.extend(list.added.since(0).into_iter().cloned());
                Value::list(values)
            }),
        }
    }

    fn add(&mut self, value: Value) {
        match self {
            Kept::List(list) => {
                list.added.push(value);
                list.whole = OnceLock::new();
            }
            Kept::Value(start) => {
                let start = Some(std::mem::replace(start, Value::null()));
                *self = Kept::list(start, value);
            }
        }
    }

    fn list(start: Option<Value>, first: Value) -> Kept {
        let mut added = Chain::new();
        added.push(first);
        Kept::List(Gathered { start, added, whole: OnceLock::new() })
    }
}

impl PartialEq for Kept {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            // Without looking at what they have in common.
            (Kept::List(a), Kept::List(b)) if a.start.is_none() && b.start.is_none() => a.added == b.added,
            (a, b) => a.value() == b.value(),
        }
    }
}

impl Scope {
    pub fn new(frame: &SlotNames) -> Self {
        let size = frame.len();
        Self { slots: vec![None; size], bound: vec![false; size], collected: Chain::new(), frame: frame.clone() }
    }

    pub fn get(&self, slot: Slot) -> Option<&Value> {
        self.slots.get(slot.0 as usize)?.as_ref().map(Kept::value)
    }

    /// Whether what a slot holds has no more bytes and nodes than this. No more than that is looked at.
    pub fn is_small(&self, slot: Slot, most: usize) -> bool {
        let room = &mut { most };
        match self.slots.get(slot.0 as usize).and_then(Option::as_ref) {
            None => true,
            Some(Kept::Value(value)) => value.is_within(room),
            Some(Kept::List(list)) => {
                list.added.len() <= most
                    && list.start.as_ref().is_none_or(|start| start.is_within(room))
                    && list.added.newest_first().all(|value| value.is_within(room))
            }
        }
    }

    /// The same of each slot.
    pub fn are_small(&self, most: usize) -> bool {
        (0..self.slots.len()).all(|slot| self.is_small(Slot(slot as u32), most))
    }

    /// What was bound or added last: of a list that is gathered its newest element.
    pub fn newest(&self, slot: Slot) -> Option<&Value> {
        match self.slots.get(slot.0 as usize)?.as_ref()? {
            Kept::Value(value) => Some(value),
            Kept::List(list) => list.added.last(),
        }
    }

    pub fn set(&mut self, slot: Slot, value: Value) {
        self.keep(slot, Kept::Value(value));
    }

    fn keep(&mut self, slot: Slot, kept: Kept) {
        let index = self.reach(slot);
        self.slots[index] = Some(kept);
        self.bound[index] = true;
    }

    fn reach(&mut self, slot: Slot) -> usize {
        let index = slot.0 as usize;
        if index >= self.slots.len() {
            self.slots.resize(index + 1, None);
            self.bound.resize(index + 1, false);
        }
        index
    }

    /// Adds to the list in a slot; its cost doesn't depend on the list.
    pub fn collect(&mut self, slot: Slot, value: Value) {
        let index = self.reach(slot);
        match &mut self.slots[index] {
            Some(kept) => kept.add(value.clone()),
            empty => *empty = Some(Kept::list(None, value.clone())),
        }
        self.collected.push((slot, value));
    }

    /// The name of a slot, for diagnostics.
    pub fn name(&self, slot: Slot) -> &str {
        self.frame.name(slot).unwrap_or("?")
    }

    /// A scope of its own that starts with these values.
    pub fn branch(&self) -> Scope {
        let mut branch = self.clone();
        branch.bound.fill(false);
        branch.collected = Chain::new();
        branch
    }

    /// Takes over what a branch bound.
    pub fn merge(&mut self, branch: &Scope) {
        let is_bound = |index: usize| branch.bound.get(index).copied().unwrap_or(false);
        for (index, kept) in branch.slots.iter().enumerate() {
            if let Some(kept) = kept.as_ref().filter(|_| is_bound(index)) {
                self.keep(Slot(index as u32), kept.clone());
            }
        }
        for (slot, value) in branch.collected.since(0) {
            // What was bound has been taken over with all that was added to it.
            if !is_bound(slot.0 as usize) {
                self.collect(*slot, value.clone());
            }
        }
    }

    /// The same, channels included: what a load's user has, its iterations have, too.
    pub fn take_first_with_channels(&mut self, from: &Scope, count: u32) {
        for index in 0..count {
            if let Some(value) = from.get(Slot(index)) {
                self.set(Slot(index), value.clone());
            }
        }
    }

    /// The first slots of another scope: what a suite's `before all` bound. Channels stay behind: each test has its own.
    pub fn take_first(&mut self, from: &Scope, count: u32) {
        for index in 0..count {
            if let Some(value) = from.get(Slot(index)).filter(|value| !matches!(value, Value::Channel(_))) {
                self.set(Slot(index), value.clone());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn branches_that_collect_add_to_one_list() {
        let value = |number: i64| Value::from(crate::value::Json::from(number));
        let mut scope = Scope::default();
        scope.collect(Slot(0), value(1));
        let mut branches = [scope.branch(), scope.branch()];
        branches[0].collect(Slot(0), value(2));
        branches[1].collect(Slot(0), value(3));
        branches[1].set(Slot(1), value(9));
        branches.iter().for_each(|branch| scope.merge(branch));
        assert_eq!(scope.get(Slot(0)), Some(&Value::from(crate::value::test_json!([1, 2, 3]))));
        assert_eq!(scope.get(Slot(1)), Some(&value(9)));
    }
    #[test]
    fn a_list_goes_on_from_what_its_name_held_and_every_copy_keeps_its_own() {
        let value = |number: i64| Value::from(crate::value::Json::from(number));
        let list = |numbers: &[i64]| Value::from(crate::value::Json::from(numbers.to_vec()));
        let mut scope = Scope::default();
        scope.set(Slot(0), list(&[1, 2]));
        let mut copies = Vec::new();
        for number in 3..6 {
            scope.collect(Slot(0), value(number));
            copies.push(scope.clone());
        }
        assert_eq!(copies[0].get(Slot(0)), Some(&list(&[1, 2, 3])));
        assert_eq!(copies[2].get(Slot(0)), Some(&list(&[1, 2, 3, 4, 5])));
        assert_eq!(copies[1].newest(Slot(0)), Some(&value(4)));
        assert_ne!(copies[1], copies[2]);
        copies[1].collect(Slot(0), value(5));
        assert_eq!(copies[1], copies[2]);
    }

    #[test]
    fn what_a_branch_bound_and_then_added_to_is_taken_over_once() {
        let value = |number: i64| Value::from(crate::value::Json::from(number));
        let mut scope = Scope::default();
        let mut branch = scope.branch();
        branch.set(Slot(0), Value::from(serde_json::json!([1])));
        branch.collect(Slot(0), value(2));
        scope.merge(&branch);
        assert_eq!(scope.get(Slot(0)), Some(&Value::from(serde_json::json!([1, 2]))));
    }
}
