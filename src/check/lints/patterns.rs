use std::collections::HashMap;

use super::super::cx::Cx;
use super::super::scope::Scope;
use super::contradictions::normal;
use super::waits::shown;
use crate::diag::{Diagnostic, codes};
use crate::source::Span;
use crate::syntax::ast::{
    BinaryOp, ChannelExpect, ChannelView, CountKind, EventItem, FrameKindPattern, ItemEntryKind, PatternBlock,
    PatternItem, PatternItemKind,
};

/// What a whole block of one channel says: nothing, or the contrary of itself.
pub fn block(cx: &mut Cx<'_>, block: &PatternBlock) {
    if block.items.is_empty() && !cx.index.is_broken(block.span) {
        cx.report(
            Diagnostic::error(&codes::EXPECTS_NOTHING, block.span, "nothing is expected in this block")
                .with_help("name what must come: `event \"x\" within 5s`"),
        );
        return;
    }
    let mut nevers: HashMap<String, Span> = HashMap::new();
    for item in &block.items {
        if let PatternItemKind::Never(never) = &item.kind
            && never.body.is_empty()
        {
            nevers.insert(normal(cx.text(head(never))), item.span);
        }
    }
    if !nevers.is_empty() {
        required(cx, &block.items, &nevers);
    }
}

/// The part of an item that says what it is: `event "x"`.
fn head(item: &EventItem) -> Span {
    let end = match &item.what {
        FrameKindPattern::Event(name) => name.span.end,
        FrameKindPattern::Text(Some(matcher)) | FrameKindPattern::Binary(Some(matcher)) => matcher.span.end,
        FrameKindPattern::Frame => item.span.start + "frame".len() as u32,
        FrameKindPattern::Text(None) => item.span.start + "frame text".len() as u32,
        FrameKindPattern::Binary(None) => item.span.start + "frame binary".len() as u32,
        FrameKindPattern::Comment => item.span.start + "comment".len() as u32,
    };
    Span { end: end.max(item.span.start), ..item.span }
}

/// Items that must come, and that a `never` of the block forbids.
fn required(cx: &mut Cx<'_>, items: &[PatternItem], nevers: &HashMap<String, Span>) {
    for item in items {
        match &item.kind {
            PatternItemKind::Event(event) => {
                let may_be_absent = matches!(
                    event.count.as_ref().map(|count| &count.kind),
                    Some(CountKind::Optional | CountKind::AtMost(_) | CountKind::Between(..))
                );
                let span = head(event);
                if let Some(never) = nevers.get(&normal(cx.text(span)))
                    && !may_be_absent
                {
                    cx.report(
                        Diagnostic::error(&codes::CONTRADICTION, span, "this must come, and must never come, in one block")
                            .with_related(*never, "forbidden here")
                            .with_help("remove one of them, or say with a condition which ones are forbidden: `never event \"x\" { $.fatal == true }`"),
                    );
                }
            }
            PatternItemKind::Block(block) => required(cx, &block.items, nevers),
            PatternItemKind::ForEach { items, .. } => required(cx, &items.items, nevers),
            _ => {}
        }
    }
}

/// Items of a block that say the same as one before them.
pub fn order(cx: &mut Cx<'_>, block: &PatternBlock) {
    let mut nevers: HashMap<String, Span> = HashMap::new();
    for item in &block.items {
        if !matches!(item.kind, PatternItemKind::Never(_)) {
            continue;
        }
        if let Some(first) = nevers.insert(normal(cx.text(item.span)), item.span) {
            cx.report(
                Diagnostic::warning(&codes::UNREACHABLE_ITEM, item.span, "this is forbidden already")
                    .with_related(first, "the same")
                    .with_help(cx.removal(item.span).safe().say("remove one of the two lines")),
            );
        }
    }
}

/// A branch that is the same as an earlier one is never taken.
pub fn branches(cx: &mut Cx<'_>, branches: &[PatternBlock]) {
    let mut seen: HashMap<String, Span> = HashMap::new();
    for branch in branches {
        if branch.items.is_empty() {
            if !cx.index.is_broken(branch.span) {
                cx.report(
                    Diagnostic::warning(
                        &codes::ALWAYS_HOLDS,
                        branch.span,
                        "nothing is expected in this alternative, so it always holds",
                    )
                    .with_help("name what must come, or make the other one `optional`"),
                );
            }
            continue;
        }
        let text: Vec<String> = branch.items.iter().map(|item| normal(cx.text(item.span))).collect();
        if let Some(first) = seen.insert(text.join("\n"), branch.span) {
            cx.report(
                Diagnostic::warning(
                    &codes::UNREACHABLE_ITEM,
                    branch.span,
                    "this alternative is the same as an earlier one",
                )
                .with_related(first, "the earlier one")
                .with_help("remove it"),
            );
        }
    }
}

/// Gaps that no frame could break, and signs that bound nothing.
pub fn gaps<'p>(cx: &mut Cx<'p>, scope: &Scope<'p>, block: &'p PatternBlock, outer: usize) {
    let within = scope.limits.get(outer..).and_then(<[_]>::first).copied();
    for item in &block.items {
        let PatternItemKind::Gap { op, limit } = &item.kind else { continue };
        if !matches!(op, BinaryOp::Less | BinaryOp::LessEqual | BinaryOp::Greater | BinaryOp::GreaterEqual) {
            cx.report(
                Diagnostic::error(&codes::WRONG_MATCHER, item.span, "a gap is bounded, not compared for equality")
                    .with_help("write `gap < 10s` or `gap > 20ms`"),
            );
            continue;
        }
        let Some(gap) = super::super::constant::of(limit, Some(scope)).and_then(|gap| gap.seconds()) else {
            continue;
        };
        let Some(within) = within.filter(|within| gap >= within.seconds) else { continue };
        let (is_upper, message) = match op {
            BinaryOp::Less | BinaryOp::LessEqual => {
                (true, "no gap in this block can be as long as this, so it proves nothing")
            }
            _ => (false, "no gap in this block can be as long as this"),
        };
        let help = format!("bound the gap by less than {}", shown(within.seconds));
        let diagnostic = if is_upper {
            Diagnostic::warning(&codes::ALWAYS_HOLDS, item.span, message)
        } else {
            Diagnostic::error(&codes::NEVER_HOLDS, item.span, message)
        };
        cx.report(diagnostic.with_related(within.span, "the block ends after this").with_help(help));
    }
}

/// What is never taken can be neither counted, timed, looked at nor captured.
pub fn never(cx: &mut Cx<'_>, item: &EventItem) {
    if let Some(count) = &item.count {
        cx.report(
            Diagnostic::error(&codes::BAD_COUNT, count.span, "`never` has no count")
                .with_help("to allow some, write the item with `at most N times` instead of `never`"),
        );
    }
    for entry in &item.body {
        let message = match &entry.kind {
            ItemEntryKind::Expect(_) => "nothing is taken by `never`, so nothing can be expected of it",
            ItemEntryKind::Capture(_) => "nothing is taken by `never`, so nothing can be captured from it",
            ItemEntryKind::Condition(_) | ItemEntryKind::Error => continue,
        };
        cx.report(
            Diagnostic::error(&codes::MISPLACED, entry.span, message)
                .with_help("write a bare condition to say which frames are forbidden: `{ $.fatal == true }`"),
        );
    }
}

pub fn no_views(cx: &mut Cx<'_>, expect: &ChannelExpect, views: &[ChannelView]) {
    if views.is_empty() && !cx.index.is_broken(expect.span) {
        cx.report(
            Diagnostic::error(&codes::EXPECTS_NOTHING, expect.span, "no channel is watched here")
                .with_help("say on which: `on chat in order { event \"x\" }`"),
        );
    }
}
