//! What tests can be filtered by.

use askama::Template;
use indexmap::IndexSet;

use super::words::{clean, counts};
use crate::report::model::Report;

#[derive(Template)]
#[template(path = "filters.html")]
pub(super) struct Filters {
    outcomes: Vec<(usize, &'static str, &'static str)>,
    priorities: Vec<String>,
    /// Name and values of each list.
    lists: Vec<(&'static str, Vec<String>)>,
    any_bad: bool,
}

impl Filters {
    pub fn new(report: &Report) -> Self {
        let sorted = |mut values: Vec<String>| {
            values.sort_unstable();
            values
        };
        let priorities = distinct(report.tests.iter().filter_map(|test| test.priority.as_deref()));
        let tags = distinct(report.tests.iter().flat_map(|test| test.tags.iter().map(String::as_str)));
        let phases = distinct(report.tests.iter().filter_map(|test| test.phase.as_deref()));
        let suites = distinct(report.tests.iter().map(|test| test.suite.as_str()));
        let mut lists = vec![("tag", sorted(tags)), ("phase", phases), ("suite", sorted(suites))];
        lists.retain(|(name, values)| values.len() > usize::from(*name != "tag"));
        Self {
            outcomes: counts(&report.summary),
            priorities: sorted(priorities),
            lists,
            any_bad: report.summary.counts().bad() > 0,
        }
    }
}

fn distinct<'a>(values: impl Iterator<Item = &'a str>) -> Vec<String> {
    values.map(clean).collect::<IndexSet<String>>().into_iter().collect()
}
