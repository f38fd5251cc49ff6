use std::sync::Arc;

use crate::plan::{Frame, Slot};
use crate::value::Value;

/// The values of a frame's names. A clone is a branch of its own; [`Scope::merge`] brings back what a branch bound.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Scope {
    slots: Vec<Option<Value>>,
    /// Bound since the scope was made or branched.
    bound: Vec<bool>,
    names: Arc<[String]>,
}

impl Scope {
    pub fn new(frame: &Frame) -> Self {
        let size = frame.names.len();
        Self { slots: vec![None; size], bound: vec![false; size], names: frame.names.clone() }
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
        list.push(value);
        self.set(slot, Value::list(list));
    }

    /// The name of a slot, for diagnostics.
    pub fn name(&self, slot: Slot) -> &str {
        self.names.get(slot.0 as usize).map_or("?", String::as_str)
    }

    /// A scope of its own that starts with these values.
    pub fn branch(&self) -> Scope {
        let mut branch = self.clone();
        branch.bound.fill(false);
        branch
    }

    /// Takes over what a branch bound.
    pub fn merge(&mut self, branch: &Scope) {
        for (index, bound) in branch.bound.iter().enumerate() {
            if let (true, Some(Some(value))) = (*bound, branch.slots.get(index)) {
                self.set(Slot(index as u32), value.clone());
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
