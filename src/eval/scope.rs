use std::sync::Arc;

use crate::plan::{Frame, Slot};
use crate::value::Value;

/// The values of a frame's names. A clone is a branch of its own; [`Scope::merge`] brings back what a branch bound.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Scope {
    slots: Vec<Option<Value>>,
    /// Bound since the scope was made or branched.
    bound: Vec<bool>,
    /// Added to lists since then, in order: several branches may add to the same list.
    collected: Vec<(Slot, Value)>,
    names: Arc<[String]>,
}

impl Scope {
    pub fn new(frame: &Frame) -> Self {
        let size = frame.names.len();
        Self { slots: vec![None; size], bound: vec![false; size], collected: Vec::new(), names: frame.names.clone() }
    }

    pub fn get(&self, slot: Slot) -> Option<&Value> {
        self.slots.get(slot.0 as usize)?.as_ref()
    }

    pub fn set(&mut self, slot: Slot, value: Value) {
        let index = slot.0 as usize;
        if index >= self.slots.len() {
            self.slots.resize(index + 1, None);
            self.bound.resize(index + 1, false);
        }
        self.slots[index] = Some(value);
        self.bound[index] = true;
    }

    /// Adds to the list in a slot.
    pub fn collect(&mut self, slot: Slot, value: Value) {
        let mut list = match self.get(slot) {
            Some(Value::List(values)) => values.to_vec(),
            Some(Value::Json(json)) => {
                json.as_array().map(|items| items.iter().cloned().map(Value::from).collect()).unwrap_or_default()
            }
            _ => Vec::new(),
        };
        list.push(value.clone());
        let bound = self.bound.get(slot.0 as usize).copied().unwrap_or(false);
        self.set(slot, Value::list(list));
        if let Some(mark) = self.bound.get_mut(slot.0 as usize) {
            *mark = bound;
        }
        self.collected.push((slot, value));
    }

    /// The name of a slot, for diagnostics.
    pub fn name(&self, slot: Slot) -> &str {
        self.names.get(slot.0 as usize).map_or("?", String::as_str)
    }

    /// A scope of its own that starts with these values.
    pub fn branch(&self) -> Scope {
        let mut branch = self.clone();
        branch.bound.fill(false);
        branch.collected.clear();
        branch
    }

    /// Takes over what a branch bound.
    pub fn merge(&mut self, branch: &Scope) {
        for (index, bound) in branch.bound.iter().enumerate() {
            if let (true, Some(Some(value))) = (*bound, branch.slots.get(index)) {
                self.set(Slot(index as u32), value.clone());
            }
        }
        for (slot, value) in &branch.collected {
            self.collect(*slot, value.clone());
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
}
