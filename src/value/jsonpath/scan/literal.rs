//! Names, numbers and strings of a path.

use super::super::PathName;
use super::{Parsed, Scanner};
use crate::value::JsonNumber;

/// Integers are those of I-JSON (RFC 7493, section 2.2).
const LARGEST: i64 = (1 << 53) - 1;

impl Scanner<'_> {
    pub(super) fn integer(&mut self) -> Parsed<Option<i64>> {
        let start = self.at;
        let negative = self.eat("-");
        let digits = self.rest().bytes().take_while(u8::is_ascii_digit).count();
        if digits == 0 {
            return if negative { Err(self.expected("a digit")) } else { Ok(None) };
        }
        let leading = self.peek() == Some('0');
        self.at += digits;
        if leading && (digits > 1 || negative) {
            return self.fault(start, "an index has no leading zero, and no `-0`");
        }
        let number = self.text.get(start..self.at).and_then(|text| text.parse::<i64>().ok());
        match number.filter(|number| number.abs() <= LARGEST) {
            Some(number) => Ok(Some(number)),
            None => self.fault(start, "this index is out of range"),
        }
    }

    /// A name with its members; the place of its value.
    pub(super) fn name(&mut self, is_key: bool) -> Parsed<usize> {
        let mut segments = Vec::new();
        loop {
            let start = self.at;
            let rest = self.rest();
            let len = rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(rest.len());
            if len == 0 || rest.starts_with(|c: char| c.is_ascii_digit()) {
                return Err(self.expected("a name"));
            }
            self.at += len;
            segments.push((rest.get(..len).unwrap_or_default().to_owned(), start..self.at));
            if !self.eat(".") {
                break;
            }
        }
        self.names.push(PathName { segments, is_key });
        Ok(self.names.len() - 1)
    }

    pub(super) fn number(&mut self) -> Parsed<JsonNumber> {
        let start = self.at;
        let rest = self.rest();
        let len = rest.find(|c: char| !(c.is_ascii_digit() || matches!(c, '-' | '+' | '.' | 'e' | 'E')));
        let len = len.unwrap_or(rest.len());
        self.at += len;
        let number = rest.get(..len).unwrap_or_default().parse();
        number.or_else(|()| self.fault(start, "this isn't a number as JSON writes it"))
    }

    pub(super) fn string(&mut self) -> Parsed<String> {
        let start = self.at;
        let quote = self.peek().unwrap_or('"');
        self.at += 1;
        let mut text = String::new();
        loop {
            let Some(c) = self.peek() else {
                return Err(self.expected(&format!("`{quote}`")));
            };
            if c < ' ' {
                return Err(self.expected("an escape such as `\\n` for a control character"));
            }
            self.at += c.len_utf8();
            match c {
                c if c == quote => return Ok(text),
                '\\' => text.push(self.escape(quote)?),
                c => text.push(c),
            }
            if self.at <= start {
                return Err(self.expected("a string"));
            }
        }
    }

    fn escape(&mut self, quote: char) -> Parsed<char> {
        let Some(c) = self.peek() else { return Err(self.expected("an escape")) };
        let plain = match c {
            'b' => '\u{8}',
            'f' => '\u{c}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            '/' | '\\' => c,
            c if c == quote => c,
            'u' => {
                let start = self.at - 1;
                self.at += 1;
                return self.code(start);
            }
            _ => return Err(self.expected(&format!("an escape (one of `{quote}\\/bfnrtu` after the backslash)"))),
        };
        self.at += 1;
        Ok(plain)
    }

    fn code(&mut self, start: usize) -> Parsed<char> {
        let first = self.unit()?;
        let code = match first {
            0xd800..0xdc00 if self.eat("\\u") => match self.unit()? {
                second @ 0xdc00..0xe000 => 0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00),
                _ => first,
            },
            _ => first,
        };
        char::from_u32(code).map_or_else(|| self.fault(start, "this is half of a surrogate pair"), Ok)
    }

    fn unit(&mut self) -> Parsed<u32> {
        let mut unit = 0;
        for _ in 0..4 {
            let Some(digit) = self.peek().and_then(|c| c.to_digit(16)) else {
                return Err(self.expected("four hexadecimal digits after `\\u`"));
            };
            unit = unit << 4 | digit;
            self.at += 1;
        }
        Ok(unit)
    }
}
