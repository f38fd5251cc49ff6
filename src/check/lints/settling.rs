//! `settle D` and `or closed`: where they have a meaning, and where they prove something.

use super::super::constant;
use super::super::cx::Cx;
use super::super::scope::Scope;
use crate::diag::{Diagnostic, codes};
use crate::syntax::ast::{Count, CountKind, EventItem, Expr, Order, PatternBlock, PatternItemKind};

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

/// A settling in which nothing could go wrong.
pub fn proves_nothing(cx: &mut Cx<'_>, settle: Option<&Expr>, blocks: &[&PatternBlock]) {
    if !blocks.iter().any(|block| can_break_later(block)) {
        idle(cx, settle);
    }
}

pub fn item(cx: &mut Cx<'_>, item: &EventItem) {
    if !item.count.as_ref().is_some_and(is_kept) {
        idle(cx, item.settle.as_ref());
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
