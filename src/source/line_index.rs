/// A place in a text for people: line and column count from 1, the column in Unicode scalar values.
///
/// A byte order mark at the start of the file takes no column. `offset` counts bytes from 0, the mark included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    pub line: u32,
    pub column: u32,
    pub offset: u32,
}

/// The start of every line of a text, so that a position is found by binary search.
///
/// Lines end with `\n`; a `\r` before it belongs to the line it ends.
#[derive(Clone, Debug)]
pub struct LineIndex {
    starts: Vec<u32>,
}

impl LineIndex {
    pub fn new(text: &str) -> Self {
        let mut starts = vec![0];
        starts.extend(text.bytes().enumerate().filter(|(_, b)| *b == b'\n').map(|(i, _)| i as u32 + 1));
        Self { starts }
    }

    /// The number of lines; a text without any line end has one.
    pub fn lines(&self) -> usize {
        self.starts.len()
    }

    /// The zero-based line that holds `offset`.
    pub fn line_of(&self, offset: u32) -> usize {
        self.starts.partition_point(|start| *start <= offset).saturating_sub(1)
    }

    /// The offset at which the zero-based `line` starts; that of the end of the text for a line past the last.
    pub fn line_start(&self, line: usize, text: &str) -> u32 {
        self.starts.get(line).copied().unwrap_or(text.len() as u32)
    }

    /// The position of a byte offset. An offset past the end, or inside a character, is moved back to a boundary.
    pub fn position(&self, text: &str, offset: u32) -> Position {
        let mut at = (offset as usize).min(text.len());
        while !text.is_char_boundary(at) {
            at -= 1;
        }
        let line = self.line_of(at as u32);
        let start = self.line_start(line, text) as usize;
        let before = text.get(start..at).unwrap_or_default();
        let before = if line == 0 { before.trim_start_matches('\u{feff}') } else { before };
        Position { line: line as u32 + 1, column: before.chars().count() as u32 + 1, offset: at as u32 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_count_characters_and_offsets_bytes() {
        let text = "\u{feff}é = 1\r\nsecond";
        let index = LineIndex::new(text);
        assert_eq!(index.position(text, 3), Position { line: 1, column: 1, offset: 3 });
        assert_eq!(index.position(text, 5), Position { line: 1, column: 2, offset: 5 });
        assert_eq!(index.position(text, 4), Position { line: 1, column: 1, offset: 3 });
        let second = text.find("second").unwrap() as u32;
        assert_eq!(index.position(text, second + 2), Position { line: 2, column: 3, offset: second + 2 });
        assert_eq!(index.position(text, 9_999).offset, text.len() as u32);
    }
}
