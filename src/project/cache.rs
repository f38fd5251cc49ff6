use std::collections::HashMap;
use std::sync::Arc;

use super::ModuleOrigin;
use crate::diag::Diagnostic;
use crate::source::SourceId;
use crate::syntax::{self, ast};

/// The files that were parsed for the last load, so that one after a change (an editor's) parses only what has changed. A file is the same while its text
/// is, and its number among the sources, which spans name: a file that is added before it makes it another one. Of one whose text has changed,
/// [`syntax::parse_again`] takes over what hasn't: at once where nothing else has its tree any more, else as a copy.
#[derive(Debug, Default)]
pub struct Cache {
    files: HashMap<ModuleOrigin, Kept>,
}

/// A text and what was parsed of it.
#[derive(Clone, Debug)]
pub(super) struct Kept {
    source: SourceId,
    outlines: bool,
    /// The text is that of the file, and not what can be shown of it.
    is_parsed: bool,
    pub text: Arc<str>,
    pub file: Arc<ast::File>,
    pub diagnostics: Arc<[Diagnostic]>,
}

impl Kept {
    pub fn parsed(source: SourceId, text: String, outlines: bool) -> Self {
        let parsed = if outlines { syntax::outline(source, &text) } else { syntax::parse(source, &text) };
        let diagnostics = parsed.diagnostics.into();
        Self { source, outlines, is_parsed: true, text: text.into(), file: Arc::new(parsed.file), diagnostics }
    }

    /// As [`Self::parsed`], of a file of which this was kept.
    pub fn parsed_again(self, source: SourceId, text: String, outlines: bool) -> Self {
        if !self.is_parsed || self.source != source || self.outlines != outlines {
            return Self::parsed(source, text, outlines);
        }
        if *self.text == *text {
            return self;
        }
        if outlines {
            return Self::parsed(source, text, outlines);
        }
        let parsed = syntax::parse_again(source, &text, Arc::unwrap_or_clone(self.file), &self.text);
        let diagnostics = parsed.diagnostics.into();
        Self { text: text.into(), file: Arc::new(parsed.file), diagnostics, ..self }
    }

    /// A source that can't be parsed.
    pub fn unparsed(source: SourceId, text: String, diagnostic: Diagnostic) -> Self {
        let file = ast::File { source, items: Vec::new(), comments: Vec::new(), is_outline: false };
        Self {
            source,
            outlines: false,
            is_parsed: false,
            text: text.into(),
            file: Arc::new(file),
            diagnostics: [diagnostic].into(),
        }
    }
}

impl Cache {
    /// Takes out what is kept of a file.
    pub(super) fn take(&mut self, origin: &ModuleOrigin) -> Option<Kept> {
        self.files.remove(origin)
    }

    /// Keeps the files of a load, and no others.
    pub(super) fn replace(&mut self, files: HashMap<ModuleOrigin, Kept>) {
        self.files = files;
    }
}
