//! Whether an expectation that holds proves anything: the one place that knows of each matcher what it takes for granted.

use crate::eval::{Context, Found, length_of};
use crate::event::Weak;
use crate::plan::{Matcher, MatcherKind, Partial, PartialKind};
use crate::syntax::ast::BinaryOp;

/// Why a matcher that holds proves little of what was found; `None` where it proves what it says.
pub fn weakness(matcher: &Matcher, found: &Found, context: &Context<'_>) -> Option<Weak> {
    let _ = (BinaryOp::Equal, context);
    match &matcher.kind {
        MatcherKind::IsUnique | MatcherKind::IsSorted { .. } => {
            let one = if found.plural {
                found.values.len() == 1
            } else {
                found.values.first().and_then(length_of) == Some(1)
            };
            one.then_some(Weak::OneElement)
        }
        MatcherKind::Partial(partial) => accepts_anything(partial).then_some(Weak::AcceptsAnything),
        _ => None,
    }
}

fn accepts_anything(partial: &Partial) -> bool {
    matches!(partial.kind, PartialKind::Any)
}
