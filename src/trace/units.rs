//! A text as its characters, each with how it is written: as it is, or as an escape, which may in turn be made of escapes.

use std::collections::HashMap;
use std::ops::Range;

/// The longest name or number of an entity, with `&` and `;`.
const LONGEST_ENTITY: usize = 33;
/// Escapes within escapes, at most.
const DEEPEST: u8 = 8;
/// The characters that have names in every language of marks (XML 1.0, section 4.6).
const NAMED: [(&[u8], u8); 5] = [(b"amp", b'&'), (b"lt", b'<'), (b"gt", b'>'), (b"quot", b'"'), (b"apos", b'\'')];

/// A character, or a byte of one that is written byte by byte.
#[derive(Clone, Debug)]
pub struct Unit {
    pub value: [u8; 4],
    /// How many bytes of `value` there are.
    pub length: usize,
    /// The text that it is written with.
    source: Range<usize>,
    escape: Option<Box<Escape>>,
}

#[derive(Clone, Debug)]
struct Escape {
    style: Style,
    /// What it is made of, and which of that are the digits of its number.
    parts: Vec<Unit>,
    digits: Range<usize>,
    depth: u8,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Style {
    /// `%41`, `\x41`: a byte.
    Byte,
    /// `\u0041`: half of a pair, or a character.
    Unit,
    /// `\ud83d\ude00`: two of them.
    Pair,
    /// `\u{41}`, `&#x41;`
    Hex,
    /// `&#65;`
    Decimal,
    /// `&lt;`
    Name,
}

impl Unit {
    pub fn source(&self) -> Range<usize> {
        self.source.clone()
    }
}

impl Style {
    fn index(self) -> usize {
        usize::from(self != Self::Byte)
    }
}

/// A text, taken apart.
pub struct Units<'t> {
    text: &'t [u8],
    pub all: Vec<Unit>,
    /// Which letters were seen among the digits of escapes: of bytes, and of characters, by how deep these are.
    letters: [[Letters; DEEPEST as usize + 1]; 2],
}

/// Which letters digits are.
#[derive(Clone, Copy, Debug, Default)]
struct Letters {
    upper: bool,
    lower: bool,
}

impl Letters {
    fn see(&mut self, digits: &[Unit]) {
        self.upper |= digits.iter().any(|digit| digit.value[0].is_ascii_uppercase());
        self.lower |= digits.iter().any(|digit| digit.value[0].is_ascii_lowercase());
    }
}

impl<'t> Units<'t> {
    pub fn of(text: &'t [u8]) -> Self {
        let mut units = Self { text, all: Vec::with_capacity(text.len()), letters: Default::default() };
        for (at, byte) in text.iter().enumerate() {
            units.all.push(Unit { value: [*byte, 0, 0, 0], length: 1, source: at..at + 1, escape: None });
            while units.join() {}
        }
        units
    }

    /// The bytes as they are compared, each with its unit and which byte of that it is. How often quotes and `\` were doubled isn't known, nor whether a `+` is a
    /// space: what can't be distinguished is the same here.
    pub fn folded(&self) -> (Vec<u8>, Vec<(usize, usize)>) {
        let (mut bytes, mut places) = (Vec::with_capacity(self.all.len()), Vec::with_capacity(self.all.len()));
        for (at, unit) in self.all.iter().enumerate() {
            for (nth, byte) in unit.value.iter().take(unit.length).enumerate() {
                let byte = match byte {
                    b'\\' | b'\r' => continue,
                    b'"' | b'\'' if bytes.last() == Some(byte) => continue,
                    b'\n' => b'n',
                    b'\t' => b't',
                    b'+' => b' ',
                    0 => b'0',
                    0x07 => b'a',
                    0x08 => b'b',
                    0x0b => b'v',
                    0x0c => b'f',
                    0x1b => b'e',
                    other => *other,
                };
                bytes.push(byte);
                places.push((at, nth));
            }
        }
        (bytes, places)
    }

    /// The text with other values of some units, by their indices, and where each unit begins in it. `None` where one can't be written as it was.
    pub fn with(&self, changed: &HashMap<usize, [u8; 4]>) -> Option<(Vec<u8>, Vec<usize>)> {
        let mut out = Vec::with_capacity(self.text.len());
        let mut starts = Vec::with_capacity(self.all.len() + 1);
        for (at, unit) in self.all.iter().enumerate() {
            starts.push(out.len());
            match changed.get(&at).filter(|value| **value != unit.value) {
                Some(value) => self.write(unit, number_of(value.get(..unit.length)?, unit)?, &mut out)?,
                None => out.extend_from_slice(self.text.get(unit.source.clone())?),
            }
        }
        starts.push(out.len());
        Some((out, starts))
    }

    /// Another character, or byte, as this one is written.
    fn write(&self, unit: &Unit, number: u32, out: &mut Vec<u8>) -> Option<()> {
        let Some(escape) = &unit.escape else {
            // As it is, it is one byte.
            out.push(u8::try_from(number).ok()?);
            return Some(());
        };
        let digits = match escape.style {
            Style::Pair => {
                let code = number.checked_sub(0x1_0000)?;
                let [high, low] = escape.parts.as_slice() else { return None };
                self.write(high, 0xd800 | code >> 10, out)?;
                return self.write(low, 0xdc00 | code & 0x3ff, out);
            }
            // What has no name is written by its number.
            Style::Name => {
                out.extend_from_slice(format!("&#{number};").as_bytes());
                return Some(());
            }
            Style::Byte => format!("{:02x}", u8::try_from(number).ok()?),
            Style::Unit => format!("{:04x}", u16::try_from(number).ok()?),
            Style::Hex => format!("{number:x}"),
            Style::Decimal => number.to_string(),
        };
        let of_digits = escape.parts.get(escape.digits.clone())?;
        let mut letters = Letters::default();
        letters.see(of_digits);
        // Digits without letters are written as the others are.
        if !letters.upper && !letters.lower {
            letters = *self.letters.get(escape.style.index())?.get(usize::from(escape.depth))?;
        }
        let digits = if letters.upper && !letters.lower { digits.to_ascii_uppercase() } else { digits };
        for (at, part) in escape.parts.iter().enumerate() {
            if at == escape.digits.start {
                for (nth, digit) in digits.bytes().enumerate() {
                    let place = of_digits.get(nth).or(of_digits.last())?;
                    match digit == place.value[0] {
                        true => out.extend_from_slice(self.text.get(place.source.clone())?),
                        false => self.write(place, u32::from(digit), out)?,
                    }
                }
            } else if !escape.digits.contains(&at) {
                out.extend_from_slice(self.text.get(part.source.clone())?);
            }
        }
        Some(())
    }

    /// Takes the last units for one where they are an escape.
    fn join(&mut self) -> bool {
        let Some(last) = self.all.last().filter(|last| last.length == 1) else { return false };
        match last.value[0] {
            b';' => self.entity(),
            b'}' => self.braced(),
            byte if byte.is_ascii_hexdigit() => self.hex(),
            _ => false,
        }
    }

    /// The single bytes of the last units.
    fn tail<const N: usize>(&self) -> Option<[u8; N]> {
        let from = self.all.len().checked_sub(N)?;
        let mut tail = [0; N];
        for (byte, unit) in tail.iter_mut().zip(self.all.get(from..)?) {
            *byte = if unit.length == 1 { unit.value[0] } else { 0xff };
        }
        Some(tail)
    }

    fn hex(&mut self) -> bool {
        if let Some([sign, a, b]) = self.tail::<3>()
            && sign == b'%'
            && let Some(byte) = hexadecimal(&[a, b])
        {
            return self.replace(3, 1..3, Style::Byte, byte);
        }
        if let Some([b'\\', b'x', a, b]) = self.tail::<4>()
            && let Some(byte) = hexadecimal(&[a, b])
        {
            return self.replace(4, 2..4, Style::Byte, byte);
        }
        if let Some([b'\\', b'u', a, b, c, d]) = self.tail::<6>()
            && let Some(code) = hexadecimal(&[a, b, c, d])
        {
            return self.replace(6, 2..6, Style::Unit, code);
        }
        false
    }

    /// What stands behind the last one of these, within the last few units: all of them single bytes.
    fn behind(&self, sign: u8, most: usize) -> Option<Vec<u8>> {
        let mut found = Vec::new();
        for unit in self.all.iter().rev().take(most) {
            match unit.value[0] {
                byte if unit.length == 1 && byte == sign => {
                    found.reverse();
                    return Some(found);
                }
                byte if unit.length == 1 && byte.is_ascii_graphic() => found.push(byte),
                _ => return None,
            }
        }
        None
    }

    fn entity(&mut self) -> bool {
        let Some(name) = self.behind(b'&', LONGEST_ENTITY) else { return false };
        let count = name.len() + 1;
        let Some(name) = name.strip_suffix(b";") else { return false };
        if let Some((_, byte)) = NAMED.iter().find(|(known, _)| *known == name) {
            return self.replace(count, 0..0, Style::Name, u32::from(*byte));
        }
        let Some(number) = name.strip_prefix(b"#") else { return false };
        match number.strip_prefix(b"x").or_else(|| number.strip_prefix(b"X")) {
            Some(digits) => hexadecimal(digits).is_some_and(|code| self.replace(count, 3..count - 1, Style::Hex, code)),
            None => decimal(number).is_some_and(|code| self.replace(count, 2..count - 1, Style::Decimal, code)),
        }
    }

    fn braced(&mut self) -> bool {
        let Some(name) = self.behind(b'\\', 12) else { return false };
        let count = name.len() + 1;
        let digits = name.strip_prefix(b"u{").and_then(|name| name.strip_suffix(b"}"));
        digits.and_then(hexadecimal).is_some_and(|code| self.replace(count, 3..count - 1, Style::Hex, code))
    }

    fn replace(&mut self, count: usize, digits: Range<usize>, style: Style, number: u32) -> bool {
        let Some(from) = self.all.len().checked_sub(count) else { return false };
        let depth = |unit: &Unit| unit.escape.as_ref().map_or(0, |escape| escape.depth);
        let depth = self.all.get(from..).unwrap_or_default().iter().map(depth).max().unwrap_or(0) + 1;
        if depth > DEEPEST {
            return false;
        }
        let half = (style == Style::Unit && (0xd800..0xe000).contains(&number)).then_some(number);
        let Some((value, length)) = (match (style, half) {
            (Style::Byte, _) => u8::try_from(number).ok().map(|byte| ([byte, 0, 0, 0], 1)),
            // Until its other half comes, it is what no text holds.
            (_, Some(half)) => Some(([0xed, 0x80 | (half >> 6 & 0x3f) as u8, 0x80 | (half & 0x3f) as u8, 0], 3)),
            _ => char::from_u32(number).map(encoded),
        }) else {
            return false;
        };
        let parts = self.all.split_off(from);
        if let Some(letters) = self.letters.get_mut(style.index()).and_then(|of| of.get_mut(usize::from(depth))) {
            letters.see(parts.get(digits.clone()).unwrap_or_default());
        }
        let source =
            parts.first().map_or(0, |first| first.source.start)..parts.last().map_or(0, |last| last.source.end);
        let escape = Some(Box::new(Escape { style, parts, digits, depth }));
        self.all.push(Unit { value, length, source, escape });
        if half.is_some_and(|half| half >= 0xdc00) {
            self.pair(depth);
        }
        true
    }

    /// The last two halves are one character.
    fn pair(&mut self, depth: u8) {
        let Some([first, second]) = self.all.last_chunk::<2>() else { return };
        let half = |unit: &Unit| match (unit.value, unit.length) {
            ([0xed, a, b, _], 3) => Some(0xd000 | u32::from(a & 0x3f) << 6 | u32::from(b & 0x3f)),
            _ => None,
        };
        let (Some(high @ 0xd800..0xdc00), Some(low @ 0xdc00..0xe000)) = (half(first), half(second)) else { return };
        let Some(character) = char::from_u32(0x1_0000 + ((high & 0x3ff) << 10 | low & 0x3ff)) else { return };
        let (value, length) = encoded(character);
        let source = first.source.start..second.source.end;
        let parts = self.all.split_off(self.all.len() - 2);
        let escape = Some(Box::new(Escape { style: Style::Pair, parts, digits: 0..0, depth }));
        self.all.push(Unit { value, length, source, escape });
    }
}

fn encoded(character: char) -> ([u8; 4], usize) {
    let mut value = [0; 4];
    let length = character.encode_utf8(&mut value).len();
    (value, length)
}

/// The number that a unit is written by: a byte, or a character.
fn number_of(value: &[u8], unit: &Unit) -> Option<u32> {
    match (&unit.escape, value) {
        (_, [byte]) if byte.is_ascii() => Some(u32::from(*byte)),
        (None, [byte]) => Some(u32::from(*byte)),
        (Some(escape), [byte]) if escape.style == Style::Byte => Some(u32::from(*byte)),
        _ => std::str::from_utf8(value).ok()?.chars().next().map(u32::from),
    }
}

/// Digits alone: no sign, as numbers of programs may have.
fn hexadecimal(digits: &[u8]) -> Option<u32> {
    let all = !digits.is_empty() && digits.iter().all(u8::is_ascii_hexdigit);
    std::str::from_utf8(digits).ok().filter(|_| all).and_then(|digits| u32::from_str_radix(digits, 16).ok())
}

fn decimal(digits: &[u8]) -> Option<u32> {
    let all = digits.iter().all(u8::is_ascii_digit);
    std::str::from_utf8(digits).ok().filter(|_| all)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The text, with `a` as `b`.
    fn other(text: &str) -> String {
        let units = Units::of(text.as_bytes());
        let is_a = |unit: &Unit| unit.length == 1 && unit.value[0] == b'a';
        let changed = units.all.iter().enumerate().filter(|(_, unit)| is_a(unit)).map(|(at, _)| (at, [b'b', 0, 0, 0]));
        String::from_utf8(units.with(&changed.collect()).unwrap().0).unwrap()
    }

    #[test]
    fn characters_are_written_as_they_were() {
        for (text, expected) in [
            ("a", "b"),
            ("%61%6A", "%62%6A"),
            (r"\u0061\u006A\x61\u{61}", r"\u0062\u006A\x62\u{62}"),
            ("&#97;&#x61;&amp;#97;", "&#98;&#x62;&amp;#98;"),
            ("%2561 %252561 %25%36%31", "%2562 %252562 %25%36%32"),
            (r"\\u0061 \\\\u0061", r"\\u0062 \\\\u0062"),
            (r"&#92;u0061 %5Cu0061", r"&#92;u0062 %5Cu0062"),
            ("100% a %zz \\u12 &#; é &euml;", "100% b %zz \\u12 &#; é &euml;"),
        ] {
            assert_eq!(other(text), expected, "{text}");
        }
    }

    #[test]
    fn characters_of_several_bytes_are_one() {
        let text = r"é%C3%A9\u00e9\ud83d\ude00&#233;";
        let units = Units::of(text.as_bytes());
        let texts: Vec<u8> = units.all.iter().flat_map(|unit| unit.value[..unit.length].to_vec()).collect();
        assert_eq!(String::from_utf8(texts).unwrap(), "ééé😀é");
        let changed = units.all.iter().enumerate().filter(|(_, unit)| unit.length == 4).map(|(at, _)| {
            let mut value = [0; 4];
            '😁'.encode_utf8(&mut value);
            (at, value)
        });
        let written = String::from_utf8(units.with(&changed.collect()).unwrap().0).unwrap();
        assert_eq!(written, r"é%C3%A9\u00e9\ud83d\ude01&#233;");
    }

    #[test]
    fn what_is_no_escape_stays() {
        for text in ["", "%", "%4", "&;", "&#x;", "\\u{}", "\\u{110000}", "&#99999999999;", "}", ";", r"\ud83d \ude00"]
        {
            assert_eq!(Units::of(text.as_bytes()).with(&HashMap::new()).unwrap().0, text.as_bytes(), "{text}");
        }
    }
}
