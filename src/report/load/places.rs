use std::collections::HashMap;

use crate::report::model;
use crate::source::{SourceId, Sources, Span};

/// Places in files that aren't here: spans that stand for those of a report, and are given back as they were.
#[derive(Clone, Debug, Default)]
pub struct Places {
    files: HashMap<String, u32>,
    known: HashMap<Span, model::Span>,
}

impl Places {
    /// Those in files that are here.
    pub fn within(sources: &Sources) -> Self {
        let files = sources.iter().map(|file| (file.name.clone(), file.id.0));
        Self { files: files.collect(), known: HashMap::new() }
    }

    /// A span that stands for a place; the same for the same place.
    pub fn take(&mut self, place: Option<&model::Span>) -> Span {
        let Some(place) = place else { return Span::nowhere() };
        let next = u32::try_from(self.files.len()).unwrap_or(u32::MAX);
        let source = match self.files.get(&place.file) {
            Some(source) => *source,
            None => *self.files.entry(place.file.clone()).or_insert(next),
        };
        let span = Span { source: SourceId(source), start: place.start.offset, end: place.end.offset };
        self.known.entry(span).or_insert_with(|| place.clone());
        span
    }

    /// The names of all files that it has given spans of, in the order of their ids.
    pub fn files(&self) -> Vec<&str> {
        let mut files: Vec<(&str, u32)> = self.files.iter().map(|(name, id)| (name.as_str(), *id)).collect();
        files.sort_unstable_by_key(|(_, id)| *id);
        files.into_iter().map(|(name, _)| name).collect()
    }

    pub fn give(&self, span: Span) -> Option<model::Span> {
        self.known.get(&span).cloned()
    }
}
