use std::collections::HashMap;
use std::sync::Arc;

use super::ModuleOrigin;
use crate::diag::Diagnostic;
use crate::source::SourceId;
use crate::syntax::{self, ast};

/// The files that were parsed for the last load, so that one after a change (an editor's) parses only what has changed. A file is the same while its text
/// is, and its number among the sources, which spans name: a file that is added before it makes it another one. What is parsed follows from these alone,
/// so that a load with a cache gives what one without gives.
#[derive(Debug, Default)]
pub struct Cache {
    files: HashMap<ModuleOrigin, Kept>,
}

/// A text and what was parsed of it.
#[derive(Clone, Debug)]
pub(super) struct Kept {
    source: SourceId,
    outlines: bool,
    pub text: Arc<str>,
    pub file: Arc<ast::File>,
    pub diagnostics: Arc<[Diagnostic]>,
}

impl Kept {
    pub fn parsed(source: SourceId, text: String, outlines: bool) -> Self {
        let parsed = if outlines { syntax::outline(source, &text) } else { syntax::parse(source, &text) };
        let diagnostics = parsed.diagnostics.into();
        Self { source, outlines, text: text.into(), file: Arc::new(parsed.file), diagnostics }
    }

    /// A source that can't be parsed.
    pub fn unparsed(source: SourceId, text: String, diagnostic: Diagnostic) -> Self {
        let file = ast::File { source, items: Vec::new(), comments: Vec::new(), is_outline: false };
        Self { source, outlines: false, text: text.into(), file: Arc::new(file), diagnostics: [diagnostic].into() }
    }
}

impl Cache {
    /// What was parsed of the same text under the same number.
    pub(super) fn get(&self, origin: &ModuleOrigin, source: SourceId, text: &str, outlines: bool) -> Option<Kept> {
        let kept = self.files.get(origin)?;
        let is_same = kept.source == source && kept.outlines == outlines && *kept.text == *text;
        is_same.then(|| kept.clone())
    }

    /// Keeps the files of a load, and no others.
    pub(super) fn replace(&mut self, files: HashMap<ModuleOrigin, Kept>) {
        self.files = files;
    }
}
