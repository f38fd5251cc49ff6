use std::collections::HashSet;

use crate::diag::Diagnostic;
use crate::project::Project;
use crate::source::{SourceId, Span};
use crate::syntax::ast::{File, ItemKind};

/// The parts of one source that don't parse, and where loading found errors.
#[derive(Debug, Default)]
pub(super) struct Doubts<'p> {
    /// Sorted.
    broken: Vec<Span>,
    /// Where the syntax is doubtful at least: what is named there may be meant. Sorted.
    doubtful: Vec<Span>,
    /// The words that are there.
    words: HashSet<&'p str>,
    errors: Vec<Span>,
}

impl<'p> Doubts<'p> {
    /// From what loading and parsing found in a source, and its tree if it is a spec.
    pub fn new(project: &'p Project, source: SourceId, tree: Option<&File>, found: &[&Diagnostic]) -> Self {
        let doubtful = broken(project, source, tree, found, |_| true);
        let words = doubtful.iter().flat_map(|span| project.sources.text(*span).split(|c| !is_word(c))).collect();
        let errors =
            found.iter().filter(|diagnostic| diagnostic.is_error()).map(|diagnostic| diagnostic.span).collect();
        Self { broken: broken(project, source, tree, found, Diagnostic::is_error), doubtful, words, errors }
    }

    /// With the errors that are known of the same source beside.
    pub fn and_errors_of(mut self, other: Option<&Doubts<'_>>) -> Self {
        self.errors.extend(other.into_iter().flat_map(|other| &other.errors));
        self
    }

    pub fn words(&self) -> impl Iterator<Item = &'p str> {
        self.words.iter().copied()
    }

    pub fn is_broken(&self, span: Span) -> bool {
        let first = self.broken.partition_point(|other| other.end < span.start);
        self.broken.get(first).is_some_and(|other| other.start <= span.end)
    }

    /// Whether a name is somewhere in what is doubtful.
    pub fn mentions(&self, project: &Project, name: &str) -> bool {
        if name.chars().all(is_word) {
            return self.words.contains(name);
        }
        self.doubtful.iter().any(|span| mentions(project.sources.text(*span), name))
    }

    /// Whether loading found an error inside a span.
    pub fn has_error(&self, place: Span) -> bool {
        self.errors.iter().any(|error| place.start <= error.start && error.end <= place.end)
    }
}

/// Whether a text has a name as a word of its own.
fn mentions(text: &str, name: &str) -> bool {
    text.match_indices(name).any(|(at, _)| {
        let before = text.get(..at).and_then(|text| text.chars().next_back());
        let after = text.get(at + name.len()..).and_then(|text| text.chars().next());
        !before.is_some_and(is_word) && !after.is_some_and(is_word)
    })
}

pub(super) fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// The whole lines of what doesn't parse, and the nodes that stand for it.
fn broken(
    project: &Project,
    source: SourceId,
    tree: Option<&File>,
    found: &[&Diagnostic],
    counts: impl Fn(&Diagnostic) -> bool,
) -> Vec<Span> {
    let Some(file) = project.sources.get(source) else { return Vec::new() };
    let lines = file.lines();
    let of_syntax = |diagnostic: &&&Diagnostic| counts(diagnostic) && diagnostic.code.name.starts_with("e2e::syntax::");
    let mut broken: Vec<Span> = found
        .iter()
        .filter(of_syntax)
        .map(|diagnostic| {
            let start = lines.line_start(lines.line_of(diagnostic.span.start), &file.text);
            let end = lines.line_start(lines.line_of(diagnostic.span.end) + 1, &file.text);
            Span { start, end, ..diagnostic.span }
        })
        .collect();
    if let Some(tree) = tree.filter(|_| !broken.is_empty()) {
        broken.extend(tree.items.iter().filter(|item| matches!(item.kind, ItemKind::Error)).map(|item| item.span));
        super::errors::collect(tree, &mut broken);
    }
    merged(broken)
}

/// Sorted, without overlaps.
fn merged(mut spans: Vec<Span>) -> Vec<Span> {
    spans.sort();
    let mut merged: Vec<Span> = Vec::with_capacity(spans.len());
    for span in spans {
        match merged.last_mut() {
            Some(last) if span.start <= last.end => last.end = last.end.max(span.end),
            _ => merged.push(span),
        }
    }
    merged
}
