//! Expectations that pass on weak evidence whatever comes, as far as the spec itself says so.

use super::super::cx::Cx;
use crate::syntax::ast::{
    CountKind, EventItem, Expect, ItemKind, Matcher, MatcherKind, PartialKind, PatternBlock, PatternItem,
    PatternItemKind, TypeExpr, TypeExprKind,
};

/// `matches {}`, `is Shape` where every field may be absent.
pub fn expectation(cx: &mut Cx<'_>, expect: &Expect) {
    matcher(cx, &expect.matcher);
}

fn matcher(cx: &mut Cx<'_>, of: &Matcher) {
    match &of.kind {
        MatcherKind::Each(inner) | MatcherKind::Some(inner) => matcher(cx, inner),
        MatcherKind::MatchesPartial(partial) => {
            if matches!(&partial.kind, PartialKind::Object(entries) if entries.is_empty()) {
                let help = "name what must be there: `matches { id: any uuid }`; or say `is object`";
                cx.weak(of.span, "every object matches this".to_owned(), help);
            }
        }
        MatcherKind::Is(ty) => of_type(cx, ty),
        _ => {}
    }
}

fn of_type(cx: &mut Cx<'_>, ty: &TypeExpr) {
    let TypeExprKind::Named(path) = &ty.kind else { return };
    let Some(item) = cx.index.lookup(cx.module, &path.segments).and_then(|decl| cx.index.item(decl)) else { return };
    let ItemKind::Shape(shape) = &item.kind else { return };
    if cx.index.is_broken(item.span) || shape.fields.iter().any(|field| !field.optional) {
        return;
    }
    let message =
        format!("every field of `{}` may be absent, so an object without any of them is one too", shape.name.text);
    cx.weak(ty.span, message, "say which fields must be there: without the `?`");
}

/// `gap` is between two frames, and a pattern that is optional as a whole may take none.
pub fn block(cx: &mut Cx<'_>, block: &PatternBlock) {
    if cx.index.is_broken(block.span) {
        return;
    }
    let gap = block.items.iter().find(|item| matches!(item.kind, PatternItemKind::Gap { .. }));
    if let Some(gap) = gap
        && most(&block.items) == Some(1)
    {
        let help = "let it be beside two events at least, or give the event its own `within`";
        cx.weak(gap.span, "a gap is between two frames, and this pattern takes one".to_owned(), help);
    }
    let takes = |item: &PatternItem| !matches!(item.kind, PatternItemKind::Gap { .. } | PatternItemKind::Never(_));
    let mut items = block.items.iter().filter(|item| takes(item)).peekable();
    if items.peek().is_some()
        && items.all(may_be_absent)
        && !block.items.iter().any(|item| matches!(item.kind, PatternItemKind::Never(_)))
    {
        let span = block.items.first().map_or(block.span, |item| item.span);
        let help = "let one of them have to come, or forbid with `never` what must not";
        cx.weak(span, "every item of this pattern may be left out, so it matches nothing as well".to_owned(), help);
    }
}

fn may_be_absent(item: &PatternItem) -> bool {
    match &item.kind {
        PatternItemKind::Event(event) => least_is_none(event),
        _ => false,
    }
}

fn least_is_none(event: &EventItem) -> bool {
    matches!(event.count.as_ref().map(|count| &count.kind), Some(CountKind::Optional | CountKind::AtMost(_)))
}

/// How many frames items take at most, where that is plain.
fn most(items: &[PatternItem]) -> Option<usize> {
    let mut most = 0;
    for item in items {
        match &item.kind {
            PatternItemKind::Event(event) => match event.count.as_ref().map(|count| &count.kind) {
                None | Some(CountKind::Optional) => most += 1,
                Some(_) => return None,
            },
            PatternItemKind::Never(_) | PatternItemKind::Gap { .. } => {}
            _ => return None,
        }
    }
    Some(most)
}
