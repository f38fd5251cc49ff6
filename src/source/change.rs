use super::Span;

/// What two texts of one source have in common: whole lines at their beginning and at their end. What is between is taken for changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Change {
    /// Up to here both are the same.
    start: u32,
    /// From here on the old text is the same as the new one from `new_end` on.
    old_end: u32,
    new_end: u32,
}

impl Change {
    pub fn between(old: &str, new: &str) -> Self {
        let (old, new) = (old.as_bytes(), new.as_bytes());
        let same = same_beginning(old, new);
        if same == old.len() && same == new.len() {
            return Self { start: same as u32, old_end: same as u32, new_end: same as u32 };
        }
        let beginning = old.get(..same).unwrap_or_default();
        let start = beginning.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
        let (old_rest, new_rest) = (old.get(start..).unwrap_or_default(), new.get(start..).unwrap_or_default());
        let same = same_end(old_rest, new_rest);
        let lines = if begins_line(old_rest, same) && begins_line(new_rest, same) {
            same
        } else {
            let end = old_rest.get(old_rest.len() - same..).unwrap_or_default();
            end.iter().position(|byte| *byte == b'\n').map_or(0, |first| end.len() - first - 1)
        };
        Self { start: start as u32, old_end: (old.len() - lines) as u32, new_end: (new.len() - lines) as u32 }
    }

    /// Where in the new text the part of the old one is that a span covers; `None` where it isn't the same.
    pub fn moved(&self, span: Span) -> Option<Span> {
        self.translated(span, self.old_end, self.new_end)
    }

    /// The other way round: where in the old text that is which a span covers in the new one.
    pub fn origin(&self, span: Span) -> Option<Span> {
        self.translated(span, self.new_end, self.old_end)
    }

    fn translated(&self, span: Span, from: u32, to: u32) -> Option<Span> {
        if span.end <= self.start {
            Some(span)
        } else if span.start >= from {
            Some(Span { start: span.start - from + to, end: span.end - from + to, ..span })
        } else {
            None
        }
    }
}

/// Whether the last `len` bytes of what begins a line begin one.
fn begins_line(text: &[u8], len: usize) -> bool {
    text.len().checked_sub(len + 1).is_none_or(|before| text.get(before) == Some(&b'\n'))
}

/// What is compared at once.
const BLOCK: usize = 4 << 10;

fn same_beginning(a: &[u8], b: &[u8]) -> usize {
    let blocks = a.chunks_exact(BLOCK).zip(b.chunks_exact(BLOCK)).take_while(|(a, b)| a == b).count() * BLOCK;
    let rest = a.iter().zip(b).skip(blocks).take_while(|(a, b)| a == b).count();
    blocks + rest
}

fn same_end(a: &[u8], b: &[u8]) -> usize {
    let blocks = a.rchunks_exact(BLOCK).zip(b.rchunks_exact(BLOCK)).take_while(|(a, b)| a == b).count() * BLOCK;
    let rest = a.iter().rev().zip(b.iter().rev()).skip(blocks).take_while(|(a, b)| a == b).count();
    blocks + rest
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::SourceId;

    /// The lines that are the same, moved.
    fn kept(old: &str, new: &str) -> Vec<String> {
        let change = Change::between(old, new);
        let mut at = 0;
        let mut kept = Vec::new();
        for line in old.split_inclusive('\n') {
            let span = Span::new(SourceId(0), at, at + line.len());
            if let Some(moved) = change.moved(span) {
                assert_eq!(&new[moved.start as usize..moved.end as usize], line);
                assert_eq!(change.origin(moved), Some(span));
                kept.push(line.trim_end().to_owned());
            }
            at += line.len();
        }
        kept
    }

    #[test]
    fn what_is_the_same_is_whole_lines() {
        assert_eq!(kept("a\nb\nc\n", "a\nb\nc\n"), ["a", "b", "c"]);
        assert_eq!(kept("a\nb\nc\n", "a\nxb\nc\n"), ["a", "c"]);
        assert_eq!(kept("a\nb\nc\n", "a\nbx\nc\n"), ["a", "c"]);
        assert_eq!(kept("a\nb\nc", "a\nb\ncx"), ["a", "b"]);
        assert_eq!(kept("a\nb\nc", "xa\nb\nc"), ["b", "c"]);
        assert_eq!(kept("a\nb\nc\n", "a\nc\n"), ["a", "c"]);
        assert_eq!(kept("a\nb\n", "a\nc\nb\n"), ["a", "b"]);
        // Which of two equal lines was taken away can't be known.
        assert_eq!(kept("a\na\nb\n", "a\nb\n"), ["a", "b"]);
        assert_eq!(kept("é\nü\nö\n", "é\nû\nö\n"), ["é", "ö"]);
        assert!(kept("", "a\n").is_empty() && kept("a\n", "").is_empty());
        let long = "line\n".repeat(5_000);
        let changed = long.replacen("line\nline\n", "line\nother\n", 2_000).replacen("other\n", "line\n", 1_999);
        assert_eq!(kept(&long, &changed).len(), 4_999);
    }
}
