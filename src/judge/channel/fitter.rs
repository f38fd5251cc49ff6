use std::cell::RefCell;

use super::super::frame::is_named;
use crate::eval::{Context, Fault, Focus, Scope};
use crate::event::Frame;
use crate::matchers::condition;
use crate::pattern::{Fit, ItemId};
use crate::plan::{Item, ItemEntry};

/// Decides which frames items take, with what was captured before.
pub(super) struct Fitter<'a> {
    pub items: &'a [Item],
    pub context: &'a Context<'a>,
    /// The first condition that couldn't be evaluated.
    pub fault: RefCell<Option<Fault>>,
}

impl Fitter<'_> {
    fn take(&self, item: &Item, frame: &Frame, captures: &Scope) -> Result<Option<Scope>, Fault> {
        let context = Context { scope: captures, focus: Focus::Frame(frame), ..*self.context };
        if !is_named(&item.what, frame, &context)? {
            return Ok(None);
        }
        let mut after = captures.clone();
        for entry in &item.entries {
            match entry {
                ItemEntry::Condition(selects) => {
                    let context = Context { scope: &after, focus: Focus::Frame(frame), ..*self.context };
                    if !condition(selects, &context)? {
                        return Ok(None);
                    }
                }
                ItemEntry::Capture(capture) => {
                    let context = Context { scope: &after, focus: Focus::Frame(frame), ..*self.context };
                    // A capture that finds nothing makes the event wrong, not another one: it is told when the event is judged.
                    if let Ok(value) = super::super::captured(capture, &context) {
                        if capture.collect {
                            after.collect(capture.slot, value)
                        } else {
                            after.set(capture.slot, value)
                        }
                    }
                }
                ItemEntry::Expect(_) => {}
            }
        }
        Ok(Some(after))
    }
}

impl Fit for Fitter<'_> {
    type Captures = Scope;

    fn fits(&self, item: ItemId, frame: &Frame, captures: &Scope) -> Option<Scope> {
        let item = self.items.get(item.0 as usize)?;
        self.take(item, frame, captures).unwrap_or_else(|fault| {
            self.fault.borrow_mut().get_or_insert(fault);
            None
        })
    }
}
