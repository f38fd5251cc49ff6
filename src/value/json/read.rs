use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use super::super::effort;
use super::map::Name;
use super::names::{self, Names};
use super::number::scan;
use super::text::{Unpaired, push_half};
use super::{Json, JsonMap, JsonNumber};

/// How deep lists and objects may nest.
pub const MOST_NESTED: usize = 128;

/// Why a text isn't JSON, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JsonFault {
    /// In bytes from the start, a byte order mark included.
    pub offset: usize,
    /// From 1.
    pub line: usize,
    /// From 1, in characters.
    pub column: usize,
    /// In a user's words: what was expected and what is there. Its characters came from outside.
    pub reason: String,
}

impl fmt::Display for JsonFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {} (byte {}): {}", self.line, self.column, self.offset, self.reason)
    }
}

impl std::error::Error for JsonFault {}

impl Json {
    /// Reads a JSON text in UTF-8, with or without a byte order mark. In one pass, and never deeper than [`MOST_NESTED`].
    ///
    /// # Errors
    /// It isn't one by RFC 8259, or isn't UTF-8, or nests too deeply.
    pub fn read(bytes: &[u8]) -> Result<Json, JsonFault> {
        match std::str::from_utf8(bytes) {
            Ok(text) => Json::parse(text),
            Err(error) => {
                let at = error.valid_up_to();
                let byte = bytes.get(at).copied().unwrap_or_default();
                // What is before may be wrong earlier.
                let before = bytes.get(..at).and_then(|valid| std::str::from_utf8(valid).ok()).unwrap_or_default();
                match Json::parse(before) {
                    Err(fault) if fault.offset < at => Err(fault),
                    _ => Err(fault(before, at, format!("the byte 0x{byte:02x} isn't UTF-8"))),
                }
            }
        }
    }

    /// As [`Json::read`], of a text that has been decoded.
    ///
    /// # Errors
    /// See [`Json::read`].
    pub fn parse(text: &str) -> Result<Json, JsonFault> {
        let mark = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
        let (names, items, members) = (Names::default(), Stack::default(), Stack::default());
        let mut reader = Reader { text, at: mark, names, items, members };
        let read = reader.space().value(0).and_then(|json| match reader.space().peek() {
            None => Ok(json),
            Some(_) => Err(reader.expected("the end")),
        });
        read.map_err(|stop| fault(text, stop.at, stop.reason))
    }
}

impl FromStr for Json {
    type Err = JsonFault;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Json::parse(text)
    }
}

fn fault(text: &str, at: usize, reason: String) -> JsonFault {
    let before = text.get(..at).unwrap_or(text);
    let line = before.bytes().filter(|byte| *byte == b'\n').count() + 1;
    let start = before.rfind('\n').map_or(0, |at| at + 1);
    let column = before.get(start..).unwrap_or_default().trim_start_matches('\u{feff}').chars().count() + 1;
    JsonFault { offset: at, line, column, reason }
}

struct Stop {
    at: usize,
    reason: String,
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    names: Names<'a>,
    items: Stack<Json>,
    members: Stack<(Name, Json)>,
}

impl<'a> Reader<'a> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn space(&mut self) -> &mut Self {
        let rest = self.text.as_bytes().get(self.at..).unwrap_or_default();
        self.at += rest.iter().take_while(|byte| matches!(byte, b' ' | b'\t' | b'\n' | b'\r')).count();
        self
    }

    fn eat(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    fn expected(&self, what: &str) -> Stop {
        self.expected_at(self.at, what)
    }

    fn expected_at(&self, at: usize, what: &str) -> Stop {
        let found = match self.text.get(at..).and_then(|rest| rest.chars().next()) {
            Some(c) => format!("found `{}`", c.escape_debug()),
            None => "the text ends".to_owned(),
        };
        Stop { at, reason: format!("expected {what}, {found}") }
    }

    fn value(&mut self, depth: usize) -> Result<Json, Stop> {
        if effort::is_vain(1) {
            return Err(Stop { at: 0, reason: "no one waits for it any more".to_owned() });
        }
        match self.peek() {
            Some(b'{') => self.object(depth),
            Some(b'[') => self.array(depth),
            Some(b'"') => Ok(match self.string()? {
                Text::Plain(text) => Json::String(names::value(text)),
                Text::Made(text) => Json::from(text),
                Text::Unpaired(text) => Json::Unpaired(text),
            }),
            Some(b'-' | b'0'..=b'9') => self.number(),
            _ => self.word(),
        }
    }

    fn word(&mut self) -> Result<Json, Stop> {
        let rest = self.text.get(self.at..).unwrap_or_default();
        for (word, value) in [("true", Json::Bool(true)), ("false", Json::Bool(false)), ("null", Json::Null)] {
            if rest.starts_with(word) {
                self.at += word.len();
                return Ok(value);
            }
        }
        Err(self.expected("a value"))
    }

    fn number(&mut self) -> Result<Json, Stop> {
        let rest = self.text.get(self.at..).unwrap_or_default();
        match scan(rest.as_bytes()) {
            Ok(len) => {
                self.at += len;
                Ok(Json::Number(JsonNumber::written(rest.get(..len).unwrap_or_default())))
            }
            Err(no) => Err(self.expected_at(self.at + no.at, no.expected)),
        }
    }

    fn deeper(&self, depth: usize) -> Result<usize, Stop> {
        if depth < MOST_NESTED {
            return Ok(depth + 1);
        }
        Err(Stop { at: self.at, reason: format!("this nests more than {MOST_NESTED} levels deep") })
    }

    fn array(&mut self, depth: usize) -> Result<Json, Stop> {
        let depth = self.deeper(depth)?;
        self.at += 1;
        let mut items = self.items.begin();
        if self.space().eat(b']') {
            return Ok(Json::Array(Arc::default()));
        }
        loop {
            let item = self.space().value(depth)?;
            self.items.push(&mut items, item);
            if self.space().eat(b']') {
                return Ok(Json::Array(Arc::new(self.items.end(items).into_vec())));
            }
            if !self.eat(b',') {
                return Err(self.expected("`,` or `]`"));
            }
        }
    }

    fn object(&mut self, depth: usize) -> Result<Json, Stop> {
        let depth = self.deeper(depth)?;
        self.at += 1;
        let mut members = self.members.begin();
        if self.space().eat(b'}') {
            return Ok(Json::Object(JsonMap::new()));
        }
        loop {
            if self.space().peek() != Some(b'"') {
                return Err(self.expected("a member's name in double quotes"));
            }
            let name = self.name()?;
            if !self.space().eat(b':') {
                return Err(self.expected("`:`"));
            }
            let value = self.space().value(depth)?;
            self.members.push(&mut members, (name, value));
            if self.space().eat(b'}') {
                return Ok(Json::Object(match self.members.end(members) {
                    Ended::Few(members) => JsonMap::few(members.collect()),
                    Ended::Many(members) => JsonMap::from_members(members),
                }));
            }
            if !self.eat(b',') {
                return Err(self.expected("`,` or `}`"));
            }
        }
    }

    fn name(&mut self) -> Result<Name, Stop> {
        Ok(match self.string()? {
            Text::Made(text) => Name::Text(text.into()),
            Text::Unpaired(text) => Name::unpaired(text),
            Text::Plain(text) => Name::Text(self.names.known(text)),
        })
    }

    fn string(&mut self) -> Result<Text<'a>, Stop> {
        self.at += 1;
        let start = self.at;
        let bytes = self.text.as_bytes();
        self.at += plain(&bytes[start..]);
        if self.peek() == Some(b'"') {
            let text = self.text.get(start..self.at).unwrap_or_default();
            self.at += 1;
            return Ok(Text::Plain(text));
        }
        let mut made = bytes[start..self.at].to_vec();
        let mut alone = false;
        loop {
            match self.peek() {
                Some(b'"') => break,
                Some(b'\\') => alone |= self.escape(&mut made)?,
                Some(_) => return Err(self.expected("an escape such as `\\n` for a control character")),
                None => return Err(self.expected("`\"`")),
            }
            let len = plain(&bytes[self.at..]);
            made.extend_from_slice(&bytes[self.at..self.at + len]);
            self.at += len;
        }
        self.at += 1;
        if alone {
            return Ok(Text::Unpaired(Unpaired::new(made)));
        }
        String::from_utf8(made)
            .map(Text::Made)
            .map_err(|_| Stop { at: start, reason: "this string isn't UTF-8".to_owned() })
    }

    /// Whether half of a surrogate pair was left alone.
    fn escape(&mut self, made: &mut Vec<u8>) -> Result<bool, Stop> {
        let at = self.at;
        self.at += 1;
        let c = match self.peek() {
            Some(b'n') => b'\n',
            Some(b't') => b'\t',
            Some(b'r') => b'\r',
            Some(b'b') => 8,
            Some(b'f') => 12,
            Some(c @ (b'"' | b'\\' | b'/')) => c,
            Some(b'u') => {
                self.at = at;
                return self.code(made);
            }
            _ => return Err(self.expected("an escape (one of `\"\\/bfnrtu` after the backslash)")),
        };
        self.at += 1;
        made.push(c);
        Ok(false)
    }

    fn code(&mut self, made: &mut Vec<u8>) -> Result<bool, Stop> {
        let unit = self.unit()?;
        if (0xd800..0xdc00).contains(&unit)
            && let rest = self.text.as_bytes().get(self.at..).unwrap_or_default()
            && rest.starts_with(b"\\u")
        {
            let back = self.at;
            let low = self.unit()?;
            if (0xdc00..0xe000).contains(&low) {
                let code = 0x10000 + (u32::from(unit - 0xd800) << 10 | u32::from(low - 0xdc00));
                push_char(made, char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER));
                return Ok(false);
            }
            self.at = back;
        }
        match char::from_u32(u32::from(unit)) {
            Some(c) => push_char(made, c),
            None => push_half(made, unit),
        }
        Ok((0xd800..0xe000).contains(&unit))
    }

    /// `\uXXXX`
    fn unit(&mut self) -> Result<u16, Stop> {
        self.at += 2;
        let mut unit = 0;
        for _ in 0..4 {
            let Some(digit) = self.peek().and_then(|byte| char::from(byte).to_digit(16)) else {
                return Err(self.expected("four hexadecimal digits after `\\u`"));
            };
            unit = unit << 4 | digit as u16;
            self.at += 1;
        }
        Ok(unit)
    }
}

/// What the lists or objects that are being read hold so far, of all levels in one place: short ones take no memory of their own before their end.
struct Stack<T>(Vec<T>);

/// One that is being read.
struct Begun<T> {
    start: usize,
    /// Of a long one, all there is.
    own: Vec<T>,
}

enum Ended<'s, T> {
    /// At most [`JsonMap::SMALL`].
    Few(std::vec::Drain<'s, T>),
    Many(Vec<T>),
}

impl<T> Default for Stack<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> Stack<T> {
    fn begin(&self) -> Begun<T> {
        Begun { start: self.0.len(), own: Vec::new() }
    }

    fn push(&mut self, to: &mut Begun<T>, item: T) {
        if !to.own.is_empty() {
            to.own.push(item);
        } else if self.0.len() - to.start < JsonMap::SMALL {
            self.0.push(item);
        } else {
            to.own.reserve(2 * JsonMap::SMALL);
            to.own.extend(self.0.drain(to.start..));
            to.own.push(item);
        }
    }

    fn end(&mut self, mut begun: Begun<T>) -> Ended<'_, T> {
        if begun.own.is_empty() {
            return Ended::Few(self.0.drain(begun.start..));
        }
        begun.own.shrink_to_fit();
        Ended::Many(begun.own)
    }
}

impl<T> Ended<'_, T> {
    fn into_vec(self) -> Vec<T> {
        match self {
            Ended::Few(items) => items.collect(),
            Ended::Many(items) => items,
        }
    }
}

enum Text<'a> {
    Plain(&'a str),
    Made(String),
    Unpaired(Unpaired),
}

/// How many bytes stand for themselves: up to a quote, a backslash or a control character. Eight are looked at at a time.
pub(super) fn plain(bytes: &[u8]) -> usize {
    const ONES: u64 = u64::from_le_bytes([1; 8]);
    const HIGH: u64 = ONES << 7;
    // The highest bit of each byte that is less than `than`; where one is, those of the bytes behind it say nothing.
    let less = |word: u64, than: u8| word.wrapping_sub(ONES * u64::from(than)) & !word & HIGH;
    let mut chunks = bytes.chunks_exact(8);
    for (nth, chunk) in chunks.by_ref().enumerate() {
        let word = chunk.first_chunk().map_or(0, |chunk| u64::from_le_bytes(*chunk));
        let is = |byte: u8| less(word ^ (ONES * u64::from(byte)), 1);
        let special = less(word, 0x20) | is(b'"') | is(b'\\');
        if special != 0 {
            return nth * 8 + special.trailing_zeros() as usize / 8;
        }
    }
    let rest = chunks.remainder();
    let is_plain = |byte: &&u8| **byte >= 0x20 && **byte != b'"' && **byte != b'\\';
    bytes.len() - rest.len() + rest.iter().take_while(is_plain).count()
}

fn push_char(made: &mut Vec<u8>, c: char) {
    made.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn plain_bytes_end_at_the_first_that_is_not(
            mut bytes in prop::collection::vec(0x20u8.., 0..40),
            special in prop::collection::vec((0..40usize, prop::sample::select(b"\"\\\x00\x1f\x20\x7f\x80\xff".to_vec())), 0..3),
        ) {
            for (at, byte) in special {
                bytes.get_mut(at).into_iter().for_each(|place| *place = byte);
            }
            let expected = bytes.iter().position(|byte| *byte < 0x20 || matches!(byte, b'"' | b'\\'));
            prop_assert_eq!(super::plain(&bytes), expected.unwrap_or(bytes.len()));
        }
    }
}
