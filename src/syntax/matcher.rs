//! Whether a text is a statement of some rule, and the nodes of the match: what `build/matcher.rs` makes of the grammar, and what it rests on.

use super::grammar::{Mark, Rule};

/// How many rules that lead back to themselves are inside of each other at most. Brackets nest less deeply than this takes (`split::MAX_NESTING`),
/// but for those in interpolations.
const DEEPEST: u32 = 2_048;

/// A place in a text, and the nodes up to there.
struct Matcher<'t> {
    bytes: &'t [u8],
    at: usize,
    marks: Vec<Mark>,
    depth: u32,
    is_too_deep: bool,
}

/// The nodes of a text that is one of `rule` as a whole, each before those inside of it. Nothing where it is none, or where it nests so deeply that
/// it isn't known.
pub fn matched(rule: Rule, text: &str, marks: Vec<Mark>) -> Option<Vec<Mark>> {
    let mut matcher = Matcher { bytes: text.as_bytes(), at: 0, marks, depth: 0, is_too_deep: false };
    let matches = whole(&mut matcher, rule) && !matcher.is_too_deep;
    matches.then_some(matcher.marks)
}

impl Matcher<'_> {
    #[inline]
    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    #[inline]
    fn next_is(&self, is_meant: impl FnOnce(u8) -> bool) -> bool {
        self.peek().is_some_and(is_meant)
    }

    /// Takes one ASCII character.
    #[inline]
    fn one(&mut self, is_meant: impl FnOnce(u8) -> bool) -> bool {
        let matches = self.next_is(is_meant);
        self.at += usize::from(matches);
        matches
    }

    #[inline]
    fn text(&mut self, text: &[u8]) -> bool {
        let matches = self.bytes.get(self.at..).is_some_and(|rest| rest.starts_with(text));
        if matches {
            self.at += text.len();
        }
        matches
    }

    /// Takes any character.
    #[inline]
    fn any(&mut self) -> bool {
        let Some(first) = self.peek() else { return false };
        self.at += length(first);
        true
    }

    fn between(&mut self, from: char, to: char) -> bool {
        let Some(first) = self.peek() else { return false };
        let len = length(first);
        let next = self.bytes.get(self.at..self.at + len).and_then(|bytes| std::str::from_utf8(bytes).ok());
        let matches = next.and_then(|next| next.chars().next()).is_some_and(|next| from <= next && next <= to);
        if matches {
            self.at += len;
        }
        matches
    }

    #[inline]
    fn is_at_start(&self) -> bool {
        self.at == 0
    }

    #[inline]
    fn is_at_end(&self) -> bool {
        self.at >= self.bytes.len()
    }

    /// Takes white space.
    #[inline]
    fn skip(&mut self) -> bool {
        while whitespace_silent(self) {}
        true
    }

    /// Goes on to where one of the texts is, or to the end.
    #[inline]
    fn skip_until(&mut self, texts: &[&[u8]]) -> bool {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let is_there = |at: usize| rest.get(at..).is_some_and(|rest| texts.iter().any(|text| rest.starts_with(text)));
        self.at += (0..rest.len()).find(|at| is_there(*at)).unwrap_or(rest.len());
        true
    }

    /// A sequence: all of it or nothing.
    #[inline]
    fn all(&mut self, parts: impl FnOnce(&mut Self) -> bool) -> bool {
        let before = (self.at, self.marks.len());
        let matches = parts(self);
        if !matches {
            self.back(before);
        }
        matches
    }

    /// What a lookahead asks.
    #[inline]
    fn comes(&mut self, what: impl FnOnce(&mut Self) -> bool) -> bool {
        let before = (self.at, self.marks.len());
        let comes = what(self);
        self.back(before);
        comes
    }

    #[inline]
    fn back(&mut self, (at, marks): (usize, usize)) {
        self.at = at;
        self.marks.truncate(marks);
    }

    #[inline]
    fn many(&mut self, one: impl Fn(&mut Self) -> bool) -> bool {
        while one(self) {}
        true
    }

    #[inline]
    fn many_spaced(&mut self, one: impl Fn(&mut Self) -> bool) -> bool {
        if one(self) {
            while self.all(|m| m.skip() && one(m)) {}
        }
        true
    }

    /// A rule that is a node.
    #[inline]
    fn node(&mut self, rule: Rule, inside: impl FnOnce(&mut Self) -> bool) -> bool {
        let (start, index) = (self.at, self.marks.len());
        self.marks.push(Mark { rule, start: start as u32, end: 0, after: 0 });
        let matches = inside(self);
        let after = self.marks.len() as u32;
        match self.marks.get_mut(index) {
            Some(mark) if matches => {
                mark.end = self.at as u32;
                mark.after = after;
            }
            _ => self.back((start, index)),
        }
        matches
    }

    /// A rule that may be inside of itself.
    #[inline]
    fn deeper(&mut self, inside: impl FnOnce(&mut Self) -> bool) -> bool {
        if self.depth >= DEEPEST {
            self.is_too_deep = true;
            // Nothing matches any more, so that this comes to its end soon.
            self.bytes = &[];
            return false;
        }
        self.depth += 1;
        let matches = inside(self);
        self.depth -= 1;
        matches
    }
}

/// The length of the character that begins with a byte.
fn length(first: u8) -> usize {
    match first {
        0..0xc0 => 1,
        0xc0..0xe0 => 2,
        0xe0..0xf0 => 3,
        0xf0.. => 4,
    }
}

/// What may be left out.
#[inline]
fn maybe(_: bool) -> bool {
    true
}

include!(concat!(env!("OUT_DIR"), "/matcher.rs"));
