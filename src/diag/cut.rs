//! Cuts that are made when a text is shown, not when it is built.
//!
//! Where a text is cut before its secrets are masked, the beginning of a secret is left in front of the cut, and nothing can find it there. So anyone who
//! builds a message only marks where it may be cut ([`cut`], [`cut_with`], [`cut_lines`]); the text stays whole until it has passed the redactor, which
//! then carries the cuts out ([`settle`]). The marks are noncharacters of Unicode (U+FDD0 to U+FDEF, reserved for internal use): no text
//! from outside keeps one ([`super::sanitize`] makes them visible).

use std::ops::Range;

/// Begins what may be cut. A character that says how long it may be follows.
const START: char = '\u{fdd0}';
/// The same, of a text that isn't whole any more: its end may be a part of a secret.
const START_PART: char = '\u{fdd1}';
/// Begins what is put behind the text if it is cut, instead of `…`.
const MORE: char = '\u{fdd2}';
const END: char = '\u{fdd3}';
/// Limits are written as characters of a private-use area: up to 4096 characters, then up to 1024 lines.
const CHARS: u32 = 0xe000;
const LINES: u32 = 0xf000;
/// How much of a text is kept for what it may be cut to: a secret of this length is still found whole.
const KEPT: usize = 4096;
/// What is left out at the end of a text that isn't whole, beyond what is shown of it: more than the part of a secret that is too short to be found,
/// in the longest of its forms.
const DOUBTFUL: usize = 128;

/// A text that is shown up to so many characters (at most 4095), and then `…`.
pub fn cut(text: &str, longest: usize) -> String {
    cut_with(text, longest, "")
}

/// The same with something else than `…` behind it where it is cut.
pub fn cut_with(text: &str, longest: usize, more: &str) -> String {
    if text.chars().nth(longest).is_none() {
        return text.to_owned();
    }
    marked(text, CHARS + longest.min(4095) as u32, more, KEPT.max(longest * 4))
}

/// The same for texts of which many are kept: no more than so many bytes of each, in which a longer secret is still known by its beginning.
pub fn cut_within(text: &str, longest: usize, kept: usize) -> String {
    if text.chars().nth(longest).is_none() {
        return text.to_owned();
    }
    marked(text, CHARS + longest.min(4095) as u32, "", kept.max(longest))
}

/// A text of which so many lines (at most 1023) are shown.
pub fn cut_lines(text: &str, most: usize) -> String {
    if text.split('\n').nth(most).is_none() {
        return text.to_owned();
    }
    marked(text, LINES + most.min(1023) as u32, "…\n", KEPT * 16)
}

fn marked(text: &str, limit: u32, more: &str, kept: usize) -> String {
    let mut end = kept.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let part = &text[..end];
    let mut out = String::with_capacity(part.len() + more.len() + 16);
    out.push(if end < text.len() { START_PART } else { START });
    out.extend(char::from_u32(limit));
    out.push_str(part);
    // What was begun within must end within.
    let open = part.matches([START, START_PART]).count().saturating_sub(part.matches(END).count());
    (0..open).for_each(|_| out.push(END));
    if !more.is_empty() {
        out.push(MORE);
        out.push_str(more);
    }
    out.push(END);
    out
}

/// Where the marks of cuts are in a text, and what belongs to them: everything that isn't the text itself.
pub fn marks(text: &str) -> Vec<Range<usize>> {
    let mut found: Vec<Range<usize>> = Vec::new();
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        match c {
            START | START_PART => {
                let end = chars.next().map_or(text.len(), |(at, limit)| at + limit.len_utf8());
                found.push(at..end);
            }
            MORE => {
                let end = text[at..].find(END).map_or(text.len(), |length| at + length + END.len_utf8());
                while chars.next_if(|(next, _)| *next < end).is_some() {}
                found.push(at..end);
            }
            END => found.push(at..at + END.len_utf8()),
            _ => {}
        }
    }
    found
}

/// Whether a text has any marks.
pub fn is_marked(text: &str) -> bool {
    text.contains([START, START_PART, MORE, END])
}

struct Region {
    from: usize,
    limit: u32,
    is_part: bool,
    more: Option<String>,
}

/// Carries the cuts out. Ranges of the text move along; one that reaches into what is cut off ends where the cut is.
pub fn settle(text: &str, ranges: &mut [&mut Range<usize>]) -> String {
    let mut out = String::with_capacity(text.len());
    // For each byte of `out`, where it comes from.
    let mut origins: Vec<usize> = Vec::with_capacity(text.len());
    let mut open: Vec<Region> = Vec::new();
    let mut chars = text.char_indices();
    let mut more = false;
    while let Some((at, c)) = chars.next() {
        match c {
            START | START_PART => {
                let limit = chars.next().map_or(CHARS, |(_, c)| c as u32);
                open.push(Region { from: out.len(), limit, is_part: c == START_PART, more: None });
            }
            MORE => {
                more = !open.is_empty();
                open.last_mut().iter_mut().for_each(|region| region.more = Some(String::new()));
            }
            END => {
                more = false;
                open.pop().iter().for_each(|region| close(region, &mut out, &mut origins));
            }
            c if more => {
                open.last_mut().and_then(|region| region.more.as_mut()).iter_mut().for_each(|more| more.push(c))
            }
            c => {
                out.push(c);
                origins.resize(out.len(), at);
            }
        }
    }
    while let Some(region) = open.pop() {
        close(&region, &mut out, &mut origins);
    }
    for range in ranges {
        let start = origins.partition_point(|origin| *origin < range.start);
        let end = origins.partition_point(|origin| *origin < range.end);
        **range = start..end.max(start);
    }
    out
}

fn close(region: &Region, out: &mut String, origins: &mut Vec<usize>) {
    let content = &out[region.from..];
    let place = match region.limit.checked_sub(LINES) {
        Some(lines) => content.match_indices('\n').nth((lines as usize).saturating_sub(1)).map(|(at, _)| at + 1),
        None => fitting(content, region.limit.saturating_sub(CHARS) as usize),
    };
    let place = match place.filter(|place| *place < content.len()) {
        None if region.is_part => {
            let whole = content.char_indices().rev().nth(DOUBTFUL).map_or(0, |(at, _)| at);
            Some(whole)
        }
        place => place,
    };
    let Some(place) = place else { return };
    let place = region.from + place;
    let origin = origins.get(place).or(origins.last()).copied().unwrap_or(0);
    out.truncate(place);
    out.push_str(region.more.as_deref().unwrap_or("…"));
    origins.truncate(place);
    origins.resize(out.len(), origin);
}

/// Where a text of at most so many characters ends; `None` when all of it fits. An escape or a mask isn't cut in the middle.
fn fitting(text: &str, longest: usize) -> Option<usize> {
    let mut at = 0;
    let mut left = longest;
    while at < text.len() {
        let rest = &text[at..];
        let token = token(rest);
        let count = rest[..token].chars().count();
        if count > left {
            return Some(at);
        }
        left -= count;
        at += token;
    }
    None
}

/// The length of what is at the beginning of a text and can't be divided, in bytes.
fn token(text: &str) -> usize {
    let first = text.chars().next().map_or(0, char::len_utf8);
    if text.starts_with("***") {
        return 3;
    }
    let Some(rest) = text.strip_prefix('\\') else { return first };
    let length = match rest.as_bytes() {
        [b'u', b'{', ..] => rest.find('}').filter(|end| *end <= 8).map_or(1, |end| end + 1),
        [b'u', ..] => 5,
        [b'x', ..] => 3,
        _ => rest.chars().next().map_or(0, char::len_utf8),
    };
    let whole = 1 + length;
    if text.is_char_boundary(whole) && whole <= text.len() { whole } else { first }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn settled(text: &str) -> String {
        settle(text, &mut [])
    }

    #[test]
    fn a_cut_is_made_when_it_is_settled() {
        assert_eq!(cut("short", 5), "short");
        let marked = cut("a longer text", 5);
        assert!(marked.contains("a longer text"), "nothing is lost before: {marked:?}");
        assert_eq!(settled(&marked), "a lon…");
        assert_eq!(settled(&cut_with("a longer text", 5, "… (13 characters)")), "a lon… (13 characters)");
        assert_eq!(settled(&cut_lines("a\nb\nc\nd", 2)), "a\nb\n…\n");
        let nested = cut(&format!("[{}, {}]", cut("one two three", 4), cut("four five six", 6)), 14);
        assert_eq!(settled(&nested), "[one …, four f…");
        assert_eq!(settled(&cut("ab\\u0022cd", 5)), "ab…", "no escape is cut in the middle");
    }

    #[test]
    fn what_became_short_enough_is_not_cut() {
        let marked = cut("a-very-long-secret-indeed", 10).replace("a-very-long-secret-indeed", "***");
        assert_eq!(settled(&marked), "***");
    }

    #[test]
    fn ranges_move_along() {
        let text = format!("x{}y", cut("0123456789", 4));
        let (y, four, nine) = (text.find('y').unwrap(), text.find('3').unwrap(), text.find('9').unwrap());
        let (mut a, mut b, mut c) = (y..y + 1, four..four + 1, nine..nine + 1);
        let out = settle(&text, &mut [&mut a, &mut b, &mut c]);
        assert_eq!((out.as_str(), &out[a], &out[b]), ("x0123…y", "y", "3"));
        assert!(out.get(c).is_some());
    }

    proptest! {
        #[test]
        fn whatever_is_in_a_text_it_can_be_settled(text in "[a\\\\u{}*\u{fdd0}-\u{fdd3}\u{e000}-\u{e005}\u{f001}é\n]{0,40}", longest in 0usize..20) {
            let marked = format!("{}{text}", cut(&text, longest));
            let mut range = 0..marked.len();
            let out = settle(&marked, &mut [&mut range]);
            prop_assert!(!is_marked(&out) && out.get(range).is_some());
            prop_assert!(marks(&marked).iter().all(|range| marked.get(range.clone()).is_some()));
        }
    }
}
