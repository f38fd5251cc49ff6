use std::cell::RefCell;
use std::sync::Arc;

use super::{Evidence, Outside};
use crate::diag::Diagnostic;
use crate::eval::{Context, Fault, Focus, Scope, equal, evaluate};
use crate::event::{Frame, Weak};
use crate::judge::{ExpectationRecord, FrameMatch, captured, expectation, is_named};
use crate::matchers::selects;
use crate::pattern::{Count, Fit, ItemId};
use crate::plan::{Expr, ExprKind, Item, ItemEntry, Slot, What};
use crate::source::Span;
use crate::value::Value;

/// An item as one expectation asks for it: with the values of the loops that it is in.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    pub item: Arc<Item>,
    pub loops: Vec<(Slot, Value)>,
    pub count: Count,
    /// The event's name, where the spec writes it out.
    name: Option<Arc<str>>,
}

/// What the items that a thread has passed have captured: a scope that is shared until something is bound in it.
#[derive(Clone, Debug)]
pub(super) struct Captures {
    pub scope: Arc<Scope>,
    /// The frame taken last lacks what was to be captured.
    pub wrong: Option<Arc<Diagnostic>>,
}

impl PartialEq for Captures {
    fn eq(&self, other: &Self) -> bool {
        let same_scope = Arc::ptr_eq(&self.scope, &other.scope) || self.scope == other.scope;
        same_scope && self.wrong == other.wrong
    }
}

impl Captures {
    pub fn new(scope: Arc<Scope>) -> Self {
        Self { scope, wrong: None }
    }
}

/// An expectation inside an item, of a frame that the item took.
#[derive(Clone, Copy, Debug)]
pub(super) struct Judged {
    span: Span,
    held: bool,
    weak: Option<Weak>,
}

impl Judged {
    pub fn record(&self, evidence: &Evidence<'_>) -> ExpectationRecord {
        let text = evidence.text(self.span);
        let text = text.strip_prefix("expect ").unwrap_or(&text).to_owned();
        ExpectationRecord { span: self.span, text: text.into(), held: self.held, weak: self.weak }
    }
}

/// Whether a frame has what an item asks for, and what it captures.
pub(super) enum Fitted {
    No,
    Yes(Captures),
}

impl Asked {
    pub fn new(item: Arc<Item>, loops: Vec<(Slot, Value)>, count: Count) -> Self {
        let name = match &item.what {
            What::Event(Expr { kind: ExprKind::Const(name), .. }) => name.as_str().map(Arc::from),
            _ => None,
        };
        Self { item, loops, count, name }
    }

    /// It took a frame.
    pub fn took(&self, frame: u32) -> FrameMatch {
        FrameMatch { frame, item: self.item.head, is_event: matches!(self.item.what, What::Event(_)) }
    }

    /// The name of the awaited event, where the spec writes it out.
    pub fn event(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// `false` when the frame's name alone says that it isn't this item, whatever was captured.
    pub fn may_fit(&self, frame: &Frame) -> bool {
        self.name.as_deref().is_none_or(|name| frame.payload.event.as_deref() == Some(name))
    }

    /// The scope in which the item is evaluated: what was captured, and the values of its loops.
    pub fn scope(&self, captured: &Arc<Scope>) -> Arc<Scope> {
        if self.loops.is_empty() {
            return captured.clone();
        }
        let mut scope = Scope::clone(captured);
        self.loops.iter().for_each(|(slot, value)| scope.set(*slot, value.clone()));
        Arc::new(scope)
    }

    /// # Errors
    /// An operand of a condition has no value.
    pub fn fits(&self, frame: &Frame, captures: &Captures, outside: Outside<'_>) -> Result<Fitted, Fault> {
        if !self.may_fit(frame) {
            return Ok(Fitted::No);
        }
        let mut own = self.scope(&captures.scope);
        if self.name.is_none() && !is_named(&self.item.what, frame, &outside.context(&own, Focus::Frame(frame)))? {
            return Ok(Fitted::No);
        }
        let mut result = captures.clone();
        result.wrong = None;
        for entry in &self.item.entries {
            match entry {
                ItemEntry::Condition(condition) => {
                    if !selects(condition, &outside.context(&own, Focus::Frame(frame)))? {
                        return Ok(Fitted::No);
                    }
                }
                ItemEntry::Expect(_) => {}
                ItemEntry::Capture(capture) => {
                    match captured(capture, &outside.context(&own, Focus::Frame(frame))) {
                        Ok(value) => {
                            bind(&mut result.scope, capture.slot, capture.collect, &value);
                            // Bound twice where loops are between: in the scope that goes on, and in the one that has their values.
                            match self.loops.is_empty() {
                                true => own = result.scope.clone(),
                                false => bind(&mut own, capture.slot, capture.collect, &value),
                            }
                        }
                        Err(missing) => {
                            result.wrong = Some(Arc::new(*missing));
                            return Ok(Fitted::Yes(result));
                        }
                    }
                }
            }
        }
        Ok(Fitted::Yes(result))
    }

    /// Judges the expectations inside the item, of a frame that it has taken: each with its diagnostic if it doesn't hold.
    pub fn judge(&self, frame: &Frame, captures: &Captures, outside: Outside<'_>) -> Vec<(Judged, Option<Diagnostic>)> {
        let own = self.scope(&captures.scope);
        let context = outside.context(&own, Focus::Frame(frame));
        let expects = self.item.entries.iter().filter_map(|entry| match entry {
            ItemEntry::Expect(expect) => {
                let found = expectation(expect, &context);
                let weak = found.as_ref().ok().copied().flatten();
                let one = Judged { span: expect.span, held: found.is_ok(), weak };
                Some((one, found.err().map(|diagnostic| *diagnostic)))
            }
            _ => None,
        });
        expects.collect()
    }

    /// Whether a frame has the awaited name and kind, whatever its content.
    pub fn names(&self, frame: &Frame, context: &Context<'_>) -> bool {
        match &self.item.what {
            What::Event(name) => {
                let awaited = evaluate(name, context).ok();
                let event = frame.payload.event.as_deref().map(Value::from);
                awaited.zip(event).is_some_and(|(awaited, event)| equal(&awaited, &event))
            }
            what => is_named(what, frame, context).unwrap_or(false),
        }
    }
}

fn bind(scope: &mut Arc<Scope>, slot: Slot, collect: bool, value: &Value) {
    let scope = Arc::make_mut(scope);
    if collect {
        scope.collect(slot, value.clone());
    } else {
        scope.set(slot, value.clone());
    }
}

/// The items of a pattern, for its machine. A condition that can't be evaluated fits nothing, and its fault is kept.
pub(super) struct Fitting<'a> {
    pub items: &'a [Asked],
    pub outside: Outside<'a>,
    pub fault: RefCell<Option<Fault>>,
}

impl<'a> Fitting<'a> {
    pub fn new(items: &'a [Asked], outside: Outside<'a>) -> Self {
        Self { items, outside, fault: RefCell::new(None) }
    }
}

impl Fit for Fitting<'_> {
    type Captures = Captures;

    fn fits(&self, item: ItemId, frame: &Frame, captures: &Captures) -> Option<Captures> {
        let asked = self.items.get(item.0 as usize)?;
        match asked.fits(frame, captures, self.outside) {
            Ok(Fitted::Yes(captures)) => Some(captures),
            Ok(Fitted::No) => None,
            Err(fault) => {
                self.fault.borrow_mut().get_or_insert(fault);
                None
            }
        }
    }
}
