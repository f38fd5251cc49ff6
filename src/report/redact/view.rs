//! A text as it is once every escape in it is undone, with the place that each byte comes from.
//!
//! Encoders that write text as text (JSON, HTML, XML, URLs, our own quotes) are undone here, to any depth and in any order: a JSON text within a JSON
//! text within a URL has the same view as what it holds. What is lost on the way (`+` is a space, a `\` is nothing, quotes aren't counted) is lost in the view
//! of a secret too, so that the two still meet.

use std::ops::Range;

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use web_atoms::NAMED_ENTITIES;

use super::edges::{Edges, Reach};

/// A `\n` and a `\t` that were written as escapes: neither the letter nor white space until it is known what is looked for. No UTF-8 has these bytes.
const ESCAPED_N: u8 = 0xfe;
const ESCAPED_T: u8 = 0xfd;
/// The longest name of an entity, with `&` and `;`.
const LONGEST_ENTITY: usize = 33;
/// Fewer digits can't hold a secret.
const SHORTEST_RUN: usize = 8;
/// Encoders break no lines that are shorter.
const SHORTEST_LINE: usize = 16;

/// What a byte of a view stands for in the text, and of how many escapes within each other it came.
#[derive(Clone, Copy)]
struct Place {
    start: u32,
    end: u32,
    depth: u8,
}

/// Bytes, each with the range of the text that it stands for.
#[derive(Default)]
pub(super) struct View {
    pub bytes: Vec<u8>,
    places: Vec<Place>,
}

impl View {
    /// A text with its escapes undone.
    fn decoded(text: &str) -> Self {
        let mut view = Self { bytes: Vec::with_capacity(text.len()), places: Vec::with_capacity(text.len()) };
        for (at, byte) in text.bytes().enumerate() {
            // A text is looked at in pieces that are much shorter.
            let at = u32::try_from(at).unwrap_or(u32::MAX - 1);
            view.push(byte, Place { start: at, end: at + 1, depth: 0 });
        }
        view
    }

    /// What texts are looked for in, and what encoded bytes (base64, hexadecimal) are looked for in: letters and digits alone, since lines and
    /// separators may be anywhere between those.
    pub fn both(text: &str) -> (Self, Self) {
        let (folded, packed, _) = Self::all(text);
        (folded, packed)
    }

    /// Both, and what is in base64 or hexadecimal digits from its beginning on: which range of the text, and what it says.
    pub fn all(text: &str) -> (Self, Self, Vec<(Range<usize>, String)>) {
        let decoded = Self::decoded(text);
        let runs = decoded.runs();
        let mut packed = Self::default();
        for (byte, place) in decoded.bytes.iter().zip(&decoded.places) {
            if byte.is_ascii_alphanumeric() {
                packed.bytes.push(*byte);
                packed.places.push(*place);
            }
        }
        (decoded.folded(), packed, runs)
    }

    fn runs(&self) -> Vec<(Range<usize>, String)> {
        let mut found = Vec::new();
        let mut add = |range: Range<usize>, digits: &[u8], decode: fn(&[u8]) -> Option<Vec<u8>>| {
            if digits.len() >= SHORTEST_RUN
                && let Some(text) = decode(digits).and_then(|bytes| String::from_utf8(bytes).ok())
            {
                found.push((self.range(range), text));
            }
        };
        // The digits of each kind, from where they begin, and how many of them are on the line so far.
        let (mut base64, mut from, mut line) = (Vec::new(), 0, 0);
        let (mut hex, mut hex_from) = (Vec::new(), 0);
        for at in 0..=self.bytes.len() {
            let byte = self.bytes.get(at).copied().unwrap_or(b' ');
            match byte {
                b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'+' | b'/' | b'-' | b'_' => {
                    if base64.is_empty() {
                        (from, line) = (at, 0);
                    }
                    base64.push(byte);
                    line += 1;
                }
                b'\n' | b'\r' | ESCAPED_N if line >= SHORTEST_LINE => line = 0,
                b'\n' | b'\r' | ESCAPED_N if line == 0 && !base64.is_empty() => {}
                _ => {
                    add(from..at, &base64, decode_base64);
                    base64.clear();
                }
            }
            match byte {
                b'0'..=b'9' | b'a'..=b'f' | b'A'..=b'F' => {
                    if hex.is_empty() {
                        hex_from = at;
                    }
                    hex.push(byte);
                }
                b':' | b'-' if hex.len() >= 2 && hex.len() % 2 == 0 => {}
                _ => {
                    add(hex_from..at, &hex, decode_hex);
                    hex.clear();
                }
            }
        }
        found
    }

    fn folded(self) -> Self {
        let mut folded =
            Self { bytes: Vec::with_capacity(self.bytes.len()), places: Vec::with_capacity(self.places.len()) };
        for (byte, place) in self.bytes.into_iter().zip(self.places) {
            let byte = match byte {
                b'\\' | b'\r' => continue,
                ESCAPED_N | b'\n' => b'n',
                ESCAPED_T | b'\t' => b't',
                b'+' => b' ',
                0 => b'0',
                0x07 => b'a',
                0x08 => b'b',
                0x0b => b'v',
                0x0c => b'f',
                0x1b => b'e',
                other => other,
            };
            folded.bytes.push(byte);
            folded.places.push(place);
        }
        folded
    }

    /// The range of the text that a range of the view, which isn't empty, stands for.
    pub fn range(&self, range: Range<usize>) -> Range<usize> {
        let start = self.places.get(range.start).map_or(0, |place| place.start);
        let end = self.places.get(range.end.saturating_sub(1)).map_or(start, |place| place.end);
        start as usize..end as usize
    }

    /// The same, with what is beside it and can't be distinguished from a part of it.
    pub fn reaching(&self, range: Range<usize>, edges: Edges, length: usize) -> Range<usize> {
        let own = self.range(range.clone());
        let before = range.start.checked_sub(1).and_then(|at| self.places.get(at));
        let start = match edges.before {
            Reach::None => own.start,
            Reach::Lost => before.map_or(0, |place| place.end as usize),
            Reach::Next => before.map_or(0, |place| place.start as usize),
        };
        let behind = self.places.get(range.end);
        let end = match edges.behind {
            Reach::None => own.end,
            // What is lost counts to the place of what follows it.
            Reach::Lost | Reach::Next => behind.map_or(length, |place| place.end as usize),
        };
        start.min(own.start)..end.max(own.end)
    }

    /// How far encoded bytes go on behind an end: no more than a line's end and what an alphabet has beside letters and digits is between them.
    pub fn run(&self, text: &str, end: usize) -> usize {
        let mut end = end;
        while let (Some(last), Some(next)) = (self.places.get(end.saturating_sub(1)), self.places.get(end)) {
            let between = text.as_bytes().get(last.end as usize..next.start as usize).unwrap_or_default();
            if between.len() > 8 || !between.iter().all(|byte| b"+/=_-\\\r\n".contains(byte)) {
                break;
            }
            end += 1;
        }
        end
    }

    fn push(&mut self, byte: u8, place: Place) {
        let mut place = place;
        let last = self.bytes.last().copied();
        let escaped = last == Some(b'\\');
        if byte == b'\\' {
            // Any number of `\` is one, and one is nothing: what they were before, no one knows. But one that came of fewer escapes than the one
            // before it begins an escape of its own.
            let same = escaped && self.places.last().is_some_and(|before| place.depth >= before.depth);
            return if same { self.reach(place.end) } else { self.put(byte, place) };
        }
        match (last, byte) {
            // Nor is it known whether quotes were doubled.
            (Some(b'"'), b'"') | (Some(b'\''), b'\'') => return self.reach(place.end),
            // What a line of Windows ends with isn't distinguished from that of others.
            (_, b'r') if escaped => return self.pop(1),
            (_, b'n' | b't') if escaped => {
                place.start = self.start(1);
                self.pop(1);
                return self.put(if byte == b'n' { ESCAPED_N } else { ESCAPED_T }, place);
            }
            // The beginning of an escape; what it is an escape of comes first.
            (_, b'u' | b'x' | b'%' | b'&') => {}
            _ if escaped => {
                place.start = self.start(1);
                self.pop(1);
                return self.push(byte, place);
            }
            _ => {}
        }
        self.put(byte, place);
        match byte {
            b';' => self.entity(),
            b'}' => self.braced(),
            byte if byte.is_ascii_hexdigit() => self.hex(),
            _ => {}
        }
    }

    fn put(&mut self, byte: u8, place: Place) {
        self.bytes.push(byte);
        self.places.push(place);
    }

    fn reach(&mut self, end: u32) {
        if let Some(place) = self.places.last_mut() {
            place.end = end;
        }
    }

    fn pop(&mut self, count: usize) {
        let left = self.bytes.len().saturating_sub(count);
        self.bytes.truncate(left);
        self.places.truncate(left);
    }

    /// Where the last bytes begin in the text.
    fn start(&self, count: usize) -> u32 {
        self.places.get(self.places.len().saturating_sub(count)).map_or(0, |place| place.start)
    }

    /// `%2F`, `\x2F` and `\u002F`, once their last digit is there.
    fn hex(&mut self) {
        let found = match self.bytes.as_slice() {
            [.., b'%', a, b] => number(&[*a, *b]).map(|code| (3, code, true)),
            [.., b'\\', b'x', a, b] => number(&[*a, *b]).map(|code| (4, code, true)),
            [.., b'\\', b'u', a, b, c, d] => number(&[*a, *b, *c, *d]).map(|code| (6, code, false)),
            _ => None,
        };
        if let Some((length, code, is_byte)) = found {
            self.replace(length, code, is_byte);
        }
    }

    /// `\u{2f}`, as we write it ourselves, and Rust and JavaScript do.
    fn braced(&mut self) {
        let length = self.bytes.len();
        let from = length.saturating_sub(10);
        let Some(start) = self.bytes[from..].iter().rposition(|byte| *byte == b'\\').map(|at| from + at) else {
            return;
        };
        if let Some(code) = self.bytes[start + 1..length - 1].strip_prefix(b"u{").and_then(number) {
            self.replace(length - start, code, false);
        }
    }

    /// `&quot;`, `&#34;`, `&#x22;` (WHATWG HTML, section 13.5).
    fn entity(&mut self) {
        let length = self.bytes.len();
        let from = length.saturating_sub(LONGEST_ENTITY);
        let Some(start) = self.bytes[from..].iter().rposition(|byte| *byte == b'&').map(|at| from + at) else { return };
        let Ok(name) = std::str::from_utf8(&self.bytes[start + 1..length]) else { return };
        let number = name.strip_prefix('#').map(|number| number.trim_end_matches(';'));
        let codes = match number {
            Some(number) => {
                let hex = number.strip_prefix(['x', 'X']);
                hex.map_or_else(|| decimal(number), |hex| self::number(hex.as_bytes())).map(|code| (code, 0))
            }
            None => NAMED_ENTITIES.get(name).copied().filter(|codes| codes.0 != 0),
        };
        if let Some((first, second)) = codes {
            let place = self.place(length - start);
            self.replace(length - start, first, false);
            if second != 0 {
                self.character(second, Place { start: place.end, ..place });
            }
        }
    }

    /// Puts what they stand for in the place of the last bytes.
    fn replace(&mut self, count: usize, code: u32, is_byte: bool) {
        let place = self.place(count);
        self.pop(count);
        match u8::try_from(code) {
            Ok(byte) if is_byte => self.push(byte, place),
            _ => self.character(code, place),
        }
    }

    /// What the last bytes stand for together, as an escape.
    fn place(&self, count: usize) -> Place {
        let places = &self.places[self.places.len().saturating_sub(count)..];
        let depth = places.iter().map(|place| place.depth).max().unwrap_or(0).saturating_add(1);
        Place { start: self.start(count), end: places.last().map_or(0, |place| place.end), depth }
    }

    fn character(&mut self, code: u32, place: Place) {
        if let Some(c) = char::from_u32(code) {
            let mut buffer = [0; 4];
            return c.encode_utf8(&mut buffer).bytes().for_each(|byte| self.push(byte, place));
        }
        // Half of a pair (UTF-16), as three bytes until its other half comes.
        let [high, low] = [code >> 6 & 0x3f, code & 0x3f].map(|bits| 0x80 | bits as u8);
        if let [.., 0xed, first @ 0xa0..=0xaf, second] = *self.bytes.as_slice()
            && (0xdc00..0xe000).contains(&code)
        {
            let lead = u32::from(first & 0x0f) << 6 | u32::from(second & 0x3f);
            let place = Place { start: self.start(3), ..place };
            self.pop(3);
            return self.character(0x1_0000 + (lead << 10 | code & 0x3ff), place);
        }
        if (0xd800..0xe000).contains(&code) {
            [0xed, high, low].into_iter().for_each(|byte| self.put(byte, place));
        }
    }
}

/// Digits alone: no sign, as numbers of programs may have.
fn number(digits: &[u8]) -> Option<u32> {
    let all = !digits.is_empty() && digits.iter().all(u8::is_ascii_hexdigit);
    std::str::from_utf8(digits).ok().filter(|_| all).and_then(|digits| u32::from_str_radix(digits, 16).ok())
}

fn decimal(digits: &str) -> Option<u32> {
    if digits.bytes().all(|digit| digit.is_ascii_digit()) { digits.parse().ok() } else { None }
}

fn decode_base64(digits: &[u8]) -> Option<Vec<u8>> {
    let plain = |digit: &u8| match digit {
        b'-' => b'+',
        b'_' => b'/',
        other => *other,
    };
    // What is left of a group that was cut off says nothing.
    let whole = digits.len() - usize::from(digits.len() % 4 == 1);
    let digits: Vec<u8> = digits[..whole].iter().map(plain).collect();
    LENIENT.decode(digits).ok()
}

fn decode_hex(digits: &[u8]) -> Option<Vec<u8>> {
    let digit = |byte: u8| char::from(byte).to_digit(16);
    digits.chunks_exact(2).map(|pair| u8::try_from(digit(pair[0])? << 4 | digit(pair[1])?).ok()).collect()
}

const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::RequireNone),
);

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(text: &str) -> String {
        String::from_utf8_lossy(&View::both(text).0.bytes).into_owned()
    }

    #[test]
    fn escapes_are_undone_to_any_depth() {
        let plain = seen("a\"b\\c\nd é 😀&<");
        for text in [
            r#"a\"b\\c\nd é 😀&<"#,
            r#"a\\\"b\\\\c\\nd \\u00E9 \\ud83d\\ude00\\u0026<"#,
            "a&quot;b&#92;c&#10;d &eacute; &#128512;&amp;&lt;",
            "a%22b%5Cc%0Ad+%C3%A9%20%F0%9f%98%80%26%3C",
            "a%2522b%255Cc%250Ad+%25C3%A9%20%F0%9f%98%80%2526%253C",
            "%61%5C%75%30%30%32%32b\\\\c\\u{a}d é 😀&amp;amp;lt;".replace("amp;lt", "#38;&lt").as_str(),
        ] {
            assert_eq!(seen(text).replace("&&", "&"), plain, "{text}");
        }
    }

    #[test]
    fn a_place_covers_the_whole_escape() {
        let text = "x %2522 y";
        let (view, _) = View::both(text);
        let at = view.bytes.iter().position(|byte| *byte == b'"').unwrap();
        assert_eq!(&text[view.range(at..at + 1)], "%2522");
    }
}
