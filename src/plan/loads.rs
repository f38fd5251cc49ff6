//! Which loads a run selects: they are selected like tests, by phases, filters and files.

use std::collections::HashSet;

use super::filter::Selection;
use super::{Load, Plan, Selector};
use crate::syntax::ast::{self, LoadEntryKind, MetaKind};

/// A load as it is selected.
pub(super) fn load_of(load: &ast::Load, full_span: crate::source::Span, file: String) -> Load {
    let mut one =
        Load { name: load.name.value.clone(), span: load.name.span, full_span, file, tags: Vec::new(), priority: None };
    for entry in &load.entries {
        match &entry.kind {
            LoadEntryKind::Meta(MetaKind::Tags(tags)) => one.tags.extend(tags.iter().map(|tag| tag.text.clone())),
            LoadEntryKind::Meta(MetaKind::Priority(name)) => one.priority = Some(name.text.clone()),
            _ => {}
        }
    }
    one
}

/// Keeps the loads that the selection fits.
pub fn select_loads(plan: &mut Plan, selection: &Selection) {
    plan.loads.retain(|load| {
        let has = |tag: &String| load.tags.contains(tag);
        let placed = selection.places.as_ref().is_none_or(|places| places.hold(load.full_span));
        let tagged = selection.tags.is_empty() || selection.tags.iter().any(has);
        let untagged = !selection.without_tags.iter().any(has);
        let own = load.priority.as_ref();
        let ranked = selection.priorities.is_empty()
            || own.is_some_and(|own| selection.priorities.iter().any(|asked| asked.eq_ignore_ascii_case(own)));
        let text = selection.text.as_ref().map(|text| text.to_lowercase());
        let named = text.is_none_or(|text| load.name.to_lowercase().contains(&text));
        placed && tagged && untagged && ranked && named
    });
}

/// The names of those that a phase selects and that no one before it did.
pub(super) fn of_phase<'p>(loads: &'p [Load], selectors: &[Selector], taken: &HashSet<String>) -> Vec<&'p Load> {
    let selected = |load: &&Load| {
        selectors.iter().any(|selector| match selector {
            Selector::Tags(tags) => load.tags.iter().any(|tag| tags.contains(tag)),
            Selector::Priorities(priorities) => load.priority.as_ref().is_some_and(|own| priorities.contains(own)),
            Selector::Suites(_) => false,
            Selector::EverythingNotRun => true,
        })
    };
    loads.iter().filter(selected).filter(|load| !taken.contains(&load.name)).collect()
}
