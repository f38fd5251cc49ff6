//! `settle D` and `or closed`: where they have a meaning, and where they prove something.

use super::super::constant;
use super::super::cx::{BodyOf, Cx};
use super::super::scope::{Limit, Scope};
use crate::diag::{Diagnostic, codes};
use crate::syntax::ast::{Count, CountKind, EventItem, Expr, Order, PatternBlock, PatternItemKind};

/// The time that a match settles by default, in seconds (`docs/language/event-patterns.md`, "Settling").
const DEFAULT_SETTLE: f64 = 0.25;

/// `settle 0s` turns settling off.
pub fn is_zero<'p>(scope: &Scope<'p>, settle: &'p Expr) -> bool {
    constant::of(settle, Some(scope)).and_then(|time| time.seconds()) == Some(0.0)
}

/// Inside a block or a view: settling is of the whole expectation.
pub fn misplaced(cx: &mut Cx<'_>, settle: Option<&Expr>) {
    let Some(settle) = settle else { return };
    cx.report(
        Diagnostic::error(&codes::MISPLACED, settle.span, "only a whole expectation settles, not a part of it")
            .with_help("write it behind the first `within`: `expect on chat in order within 6s settle 300ms { … }`, or `expect within 6s settle 300ms { on … }` around several views"),
    );
}

/// A settling in which nothing could go wrong, or that has no time; `within` is the time of the whole.
pub fn blocks(cx: &mut Cx<'_>, settle: Option<&Expr>, within: Option<Limit>, blocks: &[&PatternBlock]) {
    // Nevers alone are watched for a stated time.
    let awaits = |block: &&PatternBlock| block.items.iter().any(|item| is_awaited(&item.kind));
    if !blocks.iter().any(awaits) || !blocks.iter().any(|block| can_break_later(block)) {
        return idle(cx, settle);
    }
    // An open count at the end is watched until the deadline anyway.
    let is_open = |block: &&PatternBlock| match block.items.iter().rev().find(|item| is_awaited(&item.kind)) {
        Some(last) => is_open(&last.kind),
        None => false,
    };
    if settle.is_none() && !blocks.iter().any(is_open) {
        has_no_time(cx, within);
    }
}

pub fn item(cx: &mut Cx<'_>, item: &EventItem, within: Option<Limit>) {
    match &item.count {
        Some(count) if is_kept(count) => {
            if item.settle.is_none() && matches!(count.kind, CountKind::Exactly(_)) {
                has_no_time(cx, within);
            }
        }
        _ => idle(cx, item.settle.as_ref()),
    }
}

fn has_no_time(cx: &mut Cx<'_>, within: Option<Limit>) {
    // In a load, nothing settles that isn't said to.
    if cx.facts.of == BodyOf::Load {
        return;
    }
    let Some(within) = within.filter(|within| within.seconds < DEFAULT_SETTLE) else { return };
    let message = "this leaves less time than the 250ms that the match settles, so it can only pass on weak evidence";
    cx.report(Diagnostic::warning(&codes::SETTLING_CUT_SHORT, within.span, message).with_help(
        "give it more time, or say how long the match settles: `within 200ms settle 50ms`; `settle 0s` turns it off",
    ));
}

fn is_awaited(kind: &PatternItemKind) -> bool {
    !matches!(kind, PatternItemKind::Never(_) | PatternItemKind::Gap { .. })
}

/// It may go on until the deadline.
fn is_open(kind: &PatternItemKind) -> bool {
    match kind {
        PatternItemKind::Event(event) => {
            event.count.as_ref().is_some_and(|count| !matches!(count.kind, CountKind::Exactly(_)))
        }
        PatternItemKind::Repeat { count, .. } => !matches!(count.kind, CountKind::Exactly(_)),
        _ => true,
    }
}

fn idle(cx: &mut Cx<'_>, settle: Option<&Expr>) {
    let Some(settle) = settle else { return };
    let message = "nothing that comes while this settles could fail it, so it proves nothing";
    cx.report(
        Diagnostic::warning(&codes::ALWAYS_HOLDS, settle.span, message).with_help(
            "say what may not come: a `never`, a count such as `once`, or `strictly`; or leave out `settle`",
        ),
    );
}

/// Triggers are taken for a stated time, or until they are all answered: not both.
pub fn every(cx: &mut Cx<'_>, response: &EventItem, taken_for: Option<&Expr>) {
    if let (Some(settle), Some(time)) = (&response.settle, taken_for) {
        cx.report(
            Diagnostic::error(&codes::MISPLACED, settle.span, "what is watched for a stated time doesn't settle")
                .with_related(time.span, "triggers are taken for this time")
                .with_help("remove `settle`, or remove `for`"),
        );
    }
}

/// `or closed` is said of waiting for nothing.
pub fn or_closed(cx: &mut Cx<'_>, block: &PatternBlock) {
    let Some(span) = block.or_closed else { return };
    let waits = |kind: &PatternItemKind| {
        matches!(kind, PatternItemKind::Never(_) | PatternItemKind::Gap { .. } | PatternItemKind::Error)
    };
    if !block.items.iter().all(|item| waits(&item.kind)) {
        cx.report(
            Diagnostic::error(&codes::MISPLACED, span, "`or closed` is said of a block of nothing but `never`")
                .with_help("leave it out: where events are awaited, a channel that ends completely ends the wait for more of them"),
        );
    }
}

fn can_break_later(block: &PatternBlock) -> bool {
    let strictly = matches!(block.order, Order::Strictly | Order::AnyOrderStrictly);
    strictly || block.items.iter().any(|item| forbids(&item.kind))
}

fn forbids(kind: &PatternItemKind) -> bool {
    match kind {
        PatternItemKind::Never(_) | PatternItemKind::Error => true,
        PatternItemKind::Event(event) => event.count.as_ref().is_some_and(is_kept),
        PatternItemKind::Repeat { count, .. } => is_kept(count),
        PatternItemKind::ForEach { items, .. } => items.items.iter().any(|item| forbids(&item.kind)),
        PatternItemKind::Gap { .. } | PatternItemKind::Block(_) | PatternItemKind::Either(_) => false,
    }
}

/// A stated upper count.
fn is_kept(count: &Count) -> bool {
    matches!(count.kind, CountKind::Exactly(_) | CountKind::AtMost(_) | CountKind::Between(..))
}
