use std::collections::HashSet;

use super::{Plan, Release, Test};
use crate::diag::{Diagnostic, closest, codes};
use crate::source::Span;

/// Which tests of a plan are to run. Empty lists select everything; a test must fit every kind of filter that is given.
#[derive(Clone, Debug, Default)]
pub struct Selection {
    /// Any of these tags.
    pub tags: Vec<String>,
    /// None of these tags.
    pub without_tags: Vec<String>,
    /// Any of these priorities, `P1`.
    pub priorities: Vec<String>,
    /// A part of the suite's or the test's name, without regard to case.
    pub text: Option<String>,
    /// `path:line`
    pub places: Vec<Place>,
}

/// A line of a file: selects the test that stands there, or the whole suite when it is none of its tests' lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The file as its source is named.
    pub file: String,
    /// Counts from 1.
    pub line: u32,
}

/// Keeps the tests that the selection fits; suites without any are dropped.
///
/// # Errors
/// The selection fits no test, or names a tag or a line that no test has.
pub fn select(plan: &mut Plan, selection: &Selection) -> Result<(), Vec<Diagnostic>> {
    let unknown = unknown_tags(plan, selection);
    if !unknown.is_empty() {
        return Err(unknown);
    }
    let total: usize = plan.suites.iter().map(|suite| suite.tests.len()).sum();
    let keep: Vec<Vec<bool>> = plan
        .suites
        .iter()
        .map(|suite| {
            suite
                .tests
                .iter()
                .map(|test| fits(selection, &suite.name, test) && placed(plan, selection, suite, test))
                .collect()
        })
        .collect();
    for (suite, keep) in plan.suites.iter_mut().zip(keep) {
        let mut keep = keep.into_iter();
        suite.tests.retain(|_| keep.next().unwrap_or(false));
    }
    plan.suites.retain(|suite| !suite.tests.is_empty());
    if plan.suites.is_empty() && total > 0 {
        let message = format!("no test is selected, out of {total}");
        let help = "loosen the filters; `e2e-dsl list` shows all tests with their tags and priorities";
        return Err(vec![Diagnostic::error(&codes::NOTHING_SELECTED, Span::nowhere(), message).with_help(help)]);
    }
    Ok(())
}

/// Narrows a plan that is selected already to the tests of these ids; nothing at all may be left. Its phases stay, even those without a test.
pub fn keep_only(plan: &mut Plan, release: &mut Release, ids: &HashSet<String>) {
    for phase in &mut release.phases {
        phase.tests.retain(|id| ids.contains(id));
    }
    for suite in &mut plan.suites {
        suite.tests.retain(|test| ids.contains(&test.id));
    }
    plan.suites.retain(|suite| !suite.tests.is_empty());
}

fn fits(selection: &Selection, suite: &str, test: &Test) -> bool {
    fits_meta(selection, &test.meta.tags, test.meta.priority.as_ref(), &[&test.name, suite])
}

/// Whether what has these tags, this priority and these names is selected, wherever it stands.
pub(super) fn fits_meta(selection: &Selection, tags: &[String], priority: Option<&String>, names: &[&str]) -> bool {
    let has = |tag: &String| tags.contains(tag);
    let tagged = selection.tags.is_empty() || selection.tags.iter().any(has);
    let untagged = !selection.without_tags.iter().any(has);
    let priority = selection.priorities.is_empty()
        || priority.is_some_and(|own| selection.priorities.iter().any(|asked| asked.eq_ignore_ascii_case(own)));
    let named = selection.text.as_ref().is_none_or(|text| {
        let text = text.to_lowercase();
        names.iter().any(|name| name.to_lowercase().contains(&text))
    });
    tagged && untagged && priority && named
}

/// Files that are asked for without a line select all that they hold.
fn placed(plan: &Plan, selection: &Selection, suite: &super::Suite, test: &Test) -> bool {
    let mut lines = selection.places.iter().filter(|place| place.file == suite.file).map(|place| place.line).peekable();
    if lines.peek().is_none() {
        return true;
    }
    lines.any(|line| {
        let within = |span: Span| {
            plan.sources
                .get(span.source)
                .is_some_and(|file| (file.position(span.start).line..=file.position(span.end).line).contains(&line))
        };
        within(test.full_span) || !suite.tests.iter().any(|other| within(other.full_span))
    })
}

fn unknown_tags(plan: &Plan, selection: &Selection) -> Vec<Diagnostic> {
    let known: Vec<&str> = plan
        .suites
        .iter()
        .flat_map(|suite| &suite.tests)
        .flat_map(|test| &test.meta.tags)
        .chain(plan.loads.iter().flat_map(|load| &load.tags))
        .map(String::as_str)
        .collect();
    let asked = selection.tags.iter().chain(&selection.without_tags);
    asked
        .filter(|tag| !known.contains(&tag.as_str()))
        .map(|tag| {
            let help = match closest(tag, known.iter().copied()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => "`e2e-dsl list` shows the tags".to_owned(),
            };
            Diagnostic::error(&codes::UNKNOWN_TAG, Span::nowhere(), format!("no test has the tag `{tag}`"))
                .with_help(help)
        })
        .collect()
}
