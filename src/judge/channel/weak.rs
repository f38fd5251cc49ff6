//! What a view that held doesn't prove.

use super::fit::Captures;
use super::view::View;
use crate::event::Weak;
use crate::pattern::Taken;

/// Why a view that held with these frames proves little.
pub(super) fn of_view(view: &View, taken: &[Taken<Captures>]) -> Option<Weak> {
    if view.seen.is_empty() && view.target.filter.is_some() {
        return Some(Weak::UnmatchedView);
    }
    if taken.is_empty() && !view.machine.program().only_guards() {
        return Some(Weak::NothingTaken);
    }
    let measured = |source: &super::build::Source| {
        source.gaps.is_empty() || taken.iter().filter(|one| source.items.contains(&one.item.0)).count() >= 2
    };
    (!view.blocks.iter().all(measured)).then_some(Weak::NoGap)
}
