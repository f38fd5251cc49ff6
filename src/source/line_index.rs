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
    /// What begins before each multiple of [`STRIDE`]: a column is found without reading a long line from its beginning.
    before: Vec<Counts>,
}

/// In bytes.
const STRIDE: usize = 1 << 12;

#[derive(Clone, Copy, Debug, Default)]
struct Counts {
    characters: u32,
    /// Characters beyond U+FFFF, which take two code units of UTF-16.
    pairs: u32,
}

impl Counts {
    fn and(self, bytes: &[u8]) -> Self {
        // The bytes of a character after its first one begin with the bits 10, the first of four with 11110.
        let characters = bytes.iter().filter(|byte| **byte & 0xc0 != 0x80).count() as u32;
        let pairs = bytes.iter().filter(|byte| **byte >= 0xf0).count() as u32;
        Self { characters: self.characters + characters, pairs: self.pairs + pairs }
    }
}

impl LineIndex {
    pub fn new(text: &str) -> Self {
        let mut starts = vec![0];
        starts.extend(text.bytes().enumerate().filter(|(_, b)| *b == b'\n').map(|(i, _)| i as u32 + 1));
        let mut before = vec![Counts::default()];
        for chunk in text.as_bytes().chunks(STRIDE) {
            before.push(before.last().copied().unwrap_or_default().and(chunk));
        }
        Self { before, starts }
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
        let at = boundary(text, offset);
        let line = self.line_of(at as u32);
        Position { line: line as u32 + 1, column: self.on_line(text, line, at).characters + 1, offset: at as u32 }
    }

    /// The column of a byte offset in code units of UTF-16, counted from 1, as the language server protocol counts them from 0.
    pub fn column_utf16(&self, text: &str, offset: u32) -> u32 {
        let at = boundary(text, offset);
        let Counts { characters, pairs } = self.on_line(text, self.line_of(at as u32), at);
        characters + pairs + 1
    }

    /// What is before a boundary on its line.
    fn on_line(&self, text: &str, line: usize, at: usize) -> Counts {
        let start = self.line_start(line, text) as usize;
        let mark = if line == 0 && at > 0 && text.starts_with('\u{feff}') { 1 } else { 0 };
        let (upto, before) = (self.before(text, at), self.before(text, start));
        Counts { characters: upto.characters - before.characters - mark, pairs: upto.pairs - before.pairs }
    }

    fn before(&self, text: &str, at: usize) -> Counts {
        let stride = (at / STRIDE).min(self.before.len().saturating_sub(1));
        let counted = self.before.get(stride).copied().unwrap_or_default();
        counted.and(text.as_bytes().get(stride * STRIDE..at).unwrap_or_default())
    }
}

fn boundary(text: &str, offset: u32) -> usize {
    let mut at = (offset as usize).min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
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
        let long = "é1".repeat(5_000) + "\n" + &"漢\u{1f600}".repeat(5_000);
        let index = LineIndex::new(&long);
        for at in (0..long.len()).filter(|at| long.is_char_boundary(*at)).step_by(7) {
            let position = index.position(&long, at as u32);
            let start = long[..at].rfind('\n').map_or(0, |end| end + 1);
            assert_eq!(position.column as usize, long[start..at].chars().count() + 1, "{at}");
            let units = long[start..at].encode_utf16().count() + 1;
            assert_eq!(index.column_utf16(&long, at as u32) as usize, units, "{at}");
        }
    }
}
