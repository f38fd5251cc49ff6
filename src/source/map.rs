use std::sync::{Arc, OnceLock};

use super::{LineIndex, Position};

/// Which source a span belongs to: an index into [`Sources`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SourceId(pub u32);

/// A range of bytes in one source; `end` is exclusive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    pub source: SourceId,
    pub start: u32,
    pub end: u32,
}

impl Span {
    pub fn new(source: SourceId, start: usize, end: usize) -> Self {
        Self { source, start: start as u32, end: (end.max(start)) as u32 }
    }

    /// The place of what is in no source: a word of the command line, the whole run.
    pub fn nowhere() -> Self {
        Self { source: SourceId(u32::MAX), start: 0, end: 0 }
    }

    pub fn is_nowhere(self) -> bool {
        self.source == SourceId(u32::MAX)
    }

    /// The smallest span that holds both; the other one's source is taken to be the same.
    pub fn to(self, other: Span) -> Span {
        Span { source: self.source, start: self.start.min(other.start), end: self.end.max(other.end) }
    }

    /// The part of this span from `start` to `end` (bytes from its beginning), kept inside it.
    pub fn slice(self, start: usize, end: usize) -> Span {
        let start = (self.start as usize + start).min(self.end as usize);
        let end = (self.start as usize + end).clamp(start, self.end as usize);
        Span::new(self.source, start, end)
    }

    pub fn len(self) -> usize {
        (self.end - self.start) as usize
    }

    pub fn is_empty(self) -> bool {
        self.start == self.end
    }

    pub fn contains(self, offset: u32) -> bool {
        self.start <= offset && offset < self.end
    }
}

/// One source text under the name it is shown by (a path relative to the working directory, or `<std.http>`).
#[derive(Debug)]
pub struct SourceFile {
    pub id: SourceId,
    pub name: String,
    pub text: Arc<str>,
    /// Made once a place in it is asked for: most files have nothing that is shown.
    lines: OnceLock<LineIndex>,
}

impl SourceFile {
    pub fn position(&self, offset: u32) -> Position {
        self.lines().position(&self.text, offset)
    }

    /// The column of an offset in code units of UTF-16, counted from 1.
    pub fn column_utf16(&self, offset: u32) -> u32 {
        self.lines().column_utf16(&self.text, offset)
    }

    /// The text of a span, empty when the span doesn't fit this source.
    pub fn slice(&self, span: Span) -> &str {
        self.text.get(span.start as usize..span.end as usize).unwrap_or_default()
    }

    /// What is taken away with a statement: its lines, where nothing else is on them, or else the `;` and the white space behind it.
    pub fn statement(&self, span: Span) -> Span {
        let (before, after) = (self.text.get(..span.start as usize), self.text.get(span.end as usize..));
        let (before, after) = (before.unwrap_or_default(), after.unwrap_or_default());
        let is_blank = |c: char| matches!(c, ' ' | '\t' | '\r');
        let line = before.rfind('\n').map_or(0, |n| n + 1);
        let blank = after.len() - after.trim_start_matches(is_blank).len();
        if before.get(line..).unwrap_or_default().trim_matches(is_blank).is_empty()
            && let Some(rest) = after.get(blank..).and_then(|rest| rest.strip_prefix('\n'))
        {
            return Span::new(span.source, line, self.text.len() - rest.len());
        }
        let rest = after.trim_start_matches(is_blank);
        let rest = rest.strip_prefix(';').map_or(rest, |rest| rest.trim_start_matches(is_blank));
        Span::new(span.source, span.start as usize, self.text.len() - rest.len())
    }

    pub fn lines(&self) -> &LineIndex {
        self.lines.get_or_init(|| LineIndex::new(&self.text))
    }
}

/// All the sources of one invocation. Cheap to clone; a clone sees what was there when it was made.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    files: Vec<Arc<SourceFile>>,
}

impl Sources {
    pub fn new() -> Self {
        Self::default()
    }

    pub fn add(&mut self, name: impl Into<String>, text: impl Into<Arc<str>>) -> SourceId {
        let id = SourceId(self.files.len() as u32);
        let text = text.into();
        self.files.push(Arc::new(SourceFile { id, name: name.into(), text, lines: OnceLock::new() }));
        id
    }

    pub fn get(&self, id: SourceId) -> Option<&Arc<SourceFile>> {
        self.files.get(id.0 as usize)
    }

    pub fn iter(&self) -> impl Iterator<Item = &Arc<SourceFile>> {
        self.files.iter()
    }

    pub fn len(&self) -> usize {
        self.files.len()
    }

    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    /// How much text there is.
    pub fn bytes(&self) -> usize {
        self.files.iter().map(|file| file.text.len()).sum()
    }

    /// The text that a span covers.
    pub fn text(&self, span: Span) -> &str {
        self.get(span.source).map(|file| file.slice(span)).unwrap_or_default()
    }

    /// The same on one line, its white space made single.
    pub fn one_line(&self, span: Span) -> String {
        self.text(span).split_whitespace().collect::<Vec<_>>().join(" ")
    }
}
