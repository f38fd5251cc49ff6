//! What the page's script filters by, as data within the page.

use std::collections::HashMap;

use serde::Serialize;

use super::words::{clean, clean_or_empty, outcome};
use crate::report::model::{Report, Test};

/// A test as the filters see it.
#[derive(Serialize)]
pub(super) struct Entry {
    #[serde(rename = "n")]
    number: usize,
    #[serde(rename = "o")]
    outcome: &'static str,
    #[serde(rename = "p")]
    priority: String,
    #[serde(rename = "t")]
    tags: Vec<String>,
    #[serde(rename = "f")]
    phase: String,
    #[serde(rename = "s")]
    suite: String,
    /// Its causes' numbers, from 1.
    #[serde(rename = "c")]
    causes: Vec<usize>,
    /// What the search looks in, beside tags, phase, suite and priority.
    #[serde(rename = "q")]
    words: String,
}

/// One entry for each test, in the order given.
pub(super) fn entries(report: &Report, order: impl Iterator<Item = usize>) -> Vec<Entry> {
    let mut causes: HashMap<&str, Vec<usize>> = HashMap::new();
    for (at, cause) in report.causes.iter().enumerate() {
        for id in &cause.tests {
            causes.entry(id).or_default().push(at + 1);
        }
    }
    let entry = |number: usize| {
        let test = report.tests.get(number)?;
        let causes = causes.get(test.id.as_str()).cloned().unwrap_or_default();
        Some(entry(number, test, causes))
    };
    order.filter_map(entry).collect()
}

fn entry(number: usize, test: &Test, causes: Vec<usize>) -> Entry {
    let mut words = vec![test.name.clone()];
    words.extend(test.location.as_ref().map(|at| format!("{}:{}", at.file, at.line)));
    words.extend([&test.owner, &test.reason, &test.blocked_by].into_iter().flatten().cloned());
    words.extend(test.diagnostics.iter().flat_map(|one| [one.code.clone(), one.message.clone()]));
    Entry {
        number,
        outcome: outcome(&test.outcome).0,
        priority: clean_or_empty(test.priority.as_deref()),
        tags: test.tags.iter().map(|tag| clean(tag)).collect(),
        phase: clean_or_empty(test.phase.as_deref()),
        suite: clean(&test.suite),
        causes,
        words: clean(&words.join(" ")),
    }
}

/// JSON that can be within a `<script>` element: nothing in it ends the element, begins a comment, or ends a line of the script.
pub(super) fn inline<T: Serialize + ?Sized>(value: &T) -> String {
    let text = serde_json::to_string(value).unwrap_or_default();
    let mut out = String::with_capacity(text.len() + text.len() / 8);
    for c in text.chars() {
        match c {
            '<' => out.push_str("\\u003c"),
            '>' => out.push_str("\\u003e"),
            '&' => out.push_str("\\u0026"),
            '\u{2028}' => out.push_str("\\u2028"),
            '\u{2029}' => out.push_str("\\u2029"),
            c => out.push(c),
        }
    }
    out
}
