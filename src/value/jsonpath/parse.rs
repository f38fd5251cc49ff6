//! From text to a query, by the grammar of RFC 9535, appendix A.

use super::super::{Json, JsonNumber};
use super::iregexp::IRegexp;
use super::syntax::{Logical, Op, Operand, Query, Segment, Selector};
use super::{JsonPathError, PathName};

/// The longest path that is accepted, in bytes.
const LONGEST: usize = 4096;
/// How deep filters, parentheses and functions may nest.
const DEEPEST: usize = 64;
/// Integers are those of I-JSON (RFC 7493, section 2.2).
const LARGEST: i64 = (1 << 53) - 1;

type Parsed<T> = Result<T, JsonPathError>;

pub(super) fn parse(text: &str) -> Parsed<(Query, Vec<PathName>)> {
    if text.len() > LONGEST {
        return Err(JsonPathError { message: "this path is longer than 4 KiB".to_owned(), start: 0, end: text.len() });
    }
    let mut parser = Parser { text, at: 0, depth: 0, names: Vec::new() };
    if !parser.eat("$") {
        return Err(parser.expected("`$`"));
    }
    let segments = parser.segments()?;
    if parser.at < text.len() {
        return Err(parser.expected("`.`, `[` or the end"));
    }
    Ok((Query { absolute: true, segments }, parser.names))
}

pub(super) fn begins_name(c: char) -> bool {
    c.is_ascii_alphabetic() || c == '_' || !c.is_ascii()
}

pub(super) fn goes_on_in_name(c: char) -> bool {
    begins_name(c) || c.is_ascii_digit()
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
    depth: usize,
    names: Vec<PathName>,
}

/// An operand of a filter, before it is known what is made of it.
enum Term {
    Query(Query),
    Value(Operand),
    Logical(Logical),
}

impl<'a> Parser<'a> {
    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn eat(&mut self, token: &str) -> bool {
        let found = self.rest().starts_with(token);
        self.at += if found { token.len() } else { 0 };
        found
    }

    fn space(&mut self) -> &mut Self {
        self.at += self.rest().bytes().take_while(|b| matches!(b, b' ' | b'\t' | b'\n' | b'\r')).count();
        self
    }

    fn expected(&self, what: &str) -> JsonPathError {
        match self.peek() {
            Some(c) => JsonPathError {
                message: format!("the path goes wrong at `{}`: expected {what}", c.escape_debug()),
                start: self.at,
                end: self.at + c.len_utf8(),
            },
            None => {
                let start = self.text.char_indices().next_back().map_or(0, |(start, _)| start);
                JsonPathError {
                    message: format!("the path ends too early: expected {what}"),
                    start,
                    end: self.text.len(),
                }
            }
        }
    }

    fn fault<T>(&self, start: usize, message: impl Into<String>) -> Parsed<T> {
        Err(JsonPathError { message: message.into(), start, end: self.at.max(start) })
    }

    fn deeper<T>(&mut self, inner: impl FnOnce(&mut Self) -> Parsed<T>) -> Parsed<T> {
        if self.depth >= DEEPEST {
            return Err(JsonPathError {
                message: "this path nests too deeply".to_owned(),
                start: 0,
                end: self.text.len(),
            });
        }
        self.depth += 1;
        let parsed = inner(self);
        self.depth -= 1;
        parsed
    }

    fn segments(&mut self) -> Parsed<Vec<Segment>> {
        let mut segments = Vec::new();
        loop {
            let before = self.at;
            self.space();
            let descendant = self.eat("..");
            if self.peek() == Some('[') {
                let selectors = self.deeper(Self::brackets)?;
                segments.push(Segment { descendant, selectors, end: self.at });
                continue;
            }
            if !descendant && !self.eat(".") {
                // White space belongs to what follows it.
                self.at = before;
                return Ok(segments);
            }
            let selector = if self.eat("*") {
                Selector::Wildcard
            } else {
                let name: String = self.shorthand();
                if name.is_empty() {
                    return Err(self.expected(if descendant { "a name, `*` or `[`" } else { "a name or `*`" }));
                }
                Selector::Name(name)
            };
            segments.push(Segment { descendant, selectors: vec![selector], end: self.at });
        }
    }

    fn shorthand(&mut self) -> String {
        let rest = self.rest();
        if !rest.starts_with(begins_name) {
            return String::new();
        }
        let len = rest.find(|c| !goes_on_in_name(c)).unwrap_or(rest.len());
        self.at += len;
        rest.get(..len).unwrap_or_default().to_owned()
    }

    fn brackets(&mut self) -> Parsed<Vec<Selector>> {
        self.at += 1;
        let mut selectors = Vec::new();
        loop {
            self.space();
            selectors.push(self.selector()?);
            if self.space().eat("]") {
                return Ok(selectors);
            }
            if !self.eat(",") {
                return Err(self.expected("`,` or `]`"));
            }
        }
    }

    fn selector(&mut self) -> Parsed<Selector> {
        match self.peek() {
            Some('\'' | '"') => self.string().map(Selector::Name),
            Some('*') => {
                self.at += 1;
                Ok(Selector::Wildcard)
            }
            Some('?') => {
                self.at += 1;
                self.space();
                self.logical().map(Selector::Filter)
            }
            Some(c) if c == '-' || c == ':' || c.is_ascii_digit() => self.index_or_slice(),
            Some(c) if c.is_ascii_alphabetic() || c == '_' => self.name(true).map(Selector::Slot),
            _ => Err(self.expected("a key in quotes, an index, `*` or `?`")),
        }
    }

    fn index_or_slice(&mut self) -> Parsed<Selector> {
        let start = self.integer()?;
        let before = self.at;
        if !self.space().eat(":") {
            self.at = before;
            return start.map_or_else(|| Err(self.expected("an index")), |index| Ok(Selector::Index(index)));
        }
        self.space();
        let end = self.integer()?;
        let before = self.at;
        let mut step = None;
        if self.space().eat(":") {
            let colon = self.at;
            step = self.space().integer()?;
            self.at = if step.is_none() { colon } else { self.at };
        } else {
            self.at = before;
        }
        Ok(Selector::Slice { start, end, step: step.unwrap_or(1) })
    }

    fn integer(&mut self) -> Parsed<Option<i64>> {
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

    fn logical(&mut self) -> Parsed<Logical> {
        self.deeper(|parser| parser.joined("||", |parser| parser.joined("&&", Self::basic, Logical::And), Logical::Or))
    }

    fn joined(
        &mut self,
        sign: &str,
        part: fn(&mut Self) -> Parsed<Logical>,
        join: fn(Vec<Logical>) -> Logical,
    ) -> Parsed<Logical> {
        let first = part(self)?;
        let mut parts = vec![first];
        loop {
            let before = self.at;
            if !self.space().eat(sign) {
                self.at = before;
                break;
            }
            self.space();
            parts.push(part(self)?);
        }
        Ok(if parts.len() == 1 { parts.remove(0) } else { join(parts) })
    }

    fn basic(&mut self) -> Parsed<Logical> {
        if self.eat("!") {
            self.space();
            let inner = if self.peek() == Some('(') { self.group()? } else { self.test()? };
            return Ok(Logical::Not(Box::new(inner)));
        }
        if self.peek() == Some('(') {
            return self.group();
        }
        let start = self.at;
        let left = self.term()?;
        let before = self.at;
        self.space();
        let Some(op) = self.comparison() else {
            self.at = before;
            return self.tested(start, left);
        };
        let left = self.compared(start, left)?;
        self.space();
        let start = self.at;
        let right = self.term()?;
        let right = self.compared(start, right)?;
        Ok(Logical::Compare(op, left, right))
    }

    fn group(&mut self) -> Parsed<Logical> {
        self.at += 1;
        self.space();
        let inner = self.logical()?;
        if self.space().eat(")") { Ok(inner) } else { Err(self.expected("`)`")) }
    }

    fn test(&mut self) -> Parsed<Logical> {
        let start = self.at;
        let term = self.term()?;
        self.tested(start, term)
    }

    fn comparison(&mut self) -> Option<Op> {
        let signs = [
            ("==", Op::Equal),
            ("!=", Op::NotEqual),
            ("<=", Op::LessEqual),
            (">=", Op::GreaterEqual),
            ("<", Op::Less),
            (">", Op::Greater),
        ];
        signs.into_iter().find_map(|(sign, op)| self.eat(sign).then_some(op))
    }

    fn tested(&self, start: usize, term: Term) -> Parsed<Logical> {
        match term {
            Term::Query(query) => Ok(Logical::Exists(query)),
            Term::Logical(logical) => Ok(logical),
            Term::Value(Operand::Length(_) | Operand::Count(_) | Operand::Value(_)) => self.fault(
                start,
                "the result of `length()`, `count()` or `value()` must be compared with something, as in `length(@.a) > 2`",
            ),
            Term::Value(_) => self.fault(start, "a value alone is no condition; compare it, as in `@.a == 1`"),
        }
    }

    fn compared(&self, start: usize, term: Term) -> Parsed<Operand> {
        match term {
            Term::Value(operand) => Ok(operand),
            Term::Query(query) if query.is_singular() => Ok(Operand::Query(query)),
            Term::Query(_) => {
                self.fault(start, "a path that can find several values can't be compared; name one, as in `@.a[0]`")
            }
            Term::Logical(_) => {
                self.fault(start, "`match()` and `search()` are conditions already; nothing is compared")
            }
        }
    }

    fn term(&mut self) -> Parsed<Term> {
        match self.peek() {
            Some('\'' | '"') => Ok(Term::Value(Operand::Literal(Json::from(self.string()?)))),
            Some('@' | '$') => self.query().map(Term::Query),
            Some(c) if c == '-' || c.is_ascii_digit() => self.number(),
            Some(c) if c.is_ascii_alphabetic() || c == '_' => self.word(),
            _ => Err(self.expected("a path from `@` or `$`, a value, a function or a name")),
        }
    }

    fn query(&mut self) -> Parsed<Query> {
        let absolute = self.peek() == Some('$');
        self.at += 1;
        let segments = self.deeper(Self::segments)?;
        Ok(Query { absolute, segments })
    }

    fn number(&mut self) -> Parsed<Term> {
        let start = self.at;
        let rest = self.rest();
        let len = rest.find(|c: char| !(c.is_ascii_digit() || matches!(c, '-' | '+' | '.' | 'e' | 'E')));
        let len = len.unwrap_or(rest.len());
        self.at += len;
        match rest.get(..len).unwrap_or_default().parse::<JsonNumber>() {
            Ok(number) => Ok(Term::Value(Operand::Literal(Json::Number(number)))),
            Err(()) => self.fault(start, "this isn't a number as JSON writes it"),
        }
    }

    fn word(&mut self) -> Parsed<Term> {
        let start = self.at;
        let rest = self.rest();
        let len = rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(rest.len());
        let word = rest.get(..len).unwrap_or_default();
        if rest.get(len..).is_some_and(|rest| rest.starts_with('(')) {
            self.at += len;
            return self.deeper(|parser| parser.function(start, word));
        }
        let literal = match word {
            "true" => Some(Json::Bool(true)),
            "false" => Some(Json::Bool(false)),
            "null" => Some(Json::Null),
            _ => None,
        };
        Ok(Term::Value(match literal {
            Some(literal) => {
                self.at += len;
                Operand::Literal(literal)
            }
            None => Operand::Slot(self.name(false)?),
        }))
    }

    /// A name with its members; the place of its value.
    fn name(&mut self, is_key: bool) -> Parsed<usize> {
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

    fn function(&mut self, start: usize, name: &str) -> Parsed<Term> {
        self.at += 1;
        let known = match name {
            "length" | "count" | "value" => 1,
            "match" | "search" => 2,
            _ => {
                let end = start + name.len();
                let message =
                    format!("there is no function `{name}`: there are length, count, value, match and search");
                return Err(JsonPathError { message, start, end });
            }
        };
        let mut args = Vec::new();
        self.space();
        while args.len() < known {
            let at = self.at;
            let arg = self.term()?;
            args.push((at, arg));
            self.space();
            if args.len() < known {
                if !self.eat(",") {
                    return Err(self.expected("`,`"));
                }
                self.space();
            }
        }
        if !self.eat(")") {
            return Err(self.expected("`)`"));
        }
        let mut args = args.into_iter();
        let (Some((at, first)), second) = (args.next(), args.next()) else { return Err(self.expected("an argument")) };
        match (name, first, second) {
            ("count" | "value", Term::Query(query), _) => {
                Ok(Term::Value(if name == "count" { Operand::Count(query) } else { Operand::Value(query) }))
            }
            ("count" | "value", _, _) => self.fault(at, "`count()` and `value()` take a path, as in `count(@.*)`"),
            ("length", first, _) => self.argument(at, first).map(|of| Term::Value(Operand::Length(Box::new(of)))),
            (_, first, Some((second_at, second))) => {
                let (text, pattern) = (self.argument(at, first)?, self.argument(second_at, second)?);
                let whole = name == "match";
                let compiled = match &pattern {
                    Operand::Literal(Json::String(pattern)) => match IRegexp::compile(pattern, whole) {
                        Ok(compiled) => Some(compiled),
                        Err(why) => return self.fault(second_at, format!("this isn't a regex of RFC 9485: {why}")),
                    },
                    _ => None,
                };
                Ok(Term::Logical(Logical::Matches { text, pattern, compiled, whole }))
            }
            (_, _, None) => Err(self.expected("a second argument")),
        }
    }

    fn argument(&self, start: usize, term: Term) -> Parsed<Operand> {
        match term {
            Term::Query(query) if !query.is_singular() => {
                self.fault(start, "this function takes a path to one value; `count()` counts what a path finds")
            }
            Term::Logical(_) => self.fault(start, "this function takes a value, not a condition"),
            term => self.compared(start, term),
        }
    }

    fn string(&mut self) -> Parsed<String> {
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
