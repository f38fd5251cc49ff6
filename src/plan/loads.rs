//! Which loads a run selects: they are selected like tests, by phases, filters and files.

use std::collections::HashSet;
use std::sync::Arc;

use super::selection::Selection;
use super::{Load, Plan, Selector};

/// Keeps the loads that the selection fits.
pub(super) fn select_loads(plan: &mut Plan, selection: &Selection) {
    plan.loads.retain(|load| {
        let has = |tag: &String| load.meta.tags.contains(tag);
        let placed = selection.places.as_ref().is_none_or(|places| places.hold(load.full_span));
        let tagged = selection.tags.is_empty() || selection.tags.iter().any(has);
        let untagged = !selection.without_tags.iter().any(has);
        let own = load.meta.priority.as_ref();
        let ranked = selection.priorities.is_empty()
            || own.is_some_and(|own| selection.priorities.iter().any(|asked| asked.eq_ignore_ascii_case(own)));
        let text = selection.text.as_ref().map(|text| text.to_lowercase());
        let named = text.is_none_or(|text| load.name.to_lowercase().contains(&text));
        placed && tagged && untagged && ranked && named
    });
}

/// Those that a phase selects and that no one before it did.
pub(super) fn of_phase<'p>(loads: &'p [Arc<Load>], selectors: &[Selector], taken: &HashSet<String>) -> Vec<&'p Load> {
    let selected = |load: &&Arc<Load>| {
        selectors.iter().any(|selector| match selector {
            Selector::Tags(tags) => tags.iter().any(|tag| load.meta.tags.contains(tag)),
            Selector::Priorities(priorities) => load.meta.priority.as_ref().is_some_and(|own| priorities.contains(own)),
            Selector::Suites(_) => false,
            Selector::EverythingNotRun => true,
        })
    };
    loads.iter().filter(selected).filter(|load| !taken.contains(&load.name)).map(|load| &**load).collect()
}
