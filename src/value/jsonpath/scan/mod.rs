//! What of a path is read before its parser: literals and names, which become slots, and what RFC 9535 forbids beyond its grammar.
//! A slot is a string of digits in quotes: the number of a value in a table.

mod literal;

use std::ops::Range;

use super::super::Json;
use super::{JsonPathError, PathName};

/// The longest path that is accepted, in bytes.
const LONGEST: usize = 4096;
/// How deep brackets and parentheses may nest.
const DEEPEST: usize = 64;
/// How deep functions may nest: the parser tries each several times.
const DEEPEST_FUNCTIONS: usize = 4;

pub(super) type Parsed<T> = Result<T, JsonPathError>;

/// A path as the parser gets it.
pub(super) struct Scanned {
    pub text: String,
    pub slots: Vec<Slot>,
    pub names: Vec<PathName>,
    /// Where the segments of the path itself end.
    pub ends: Vec<usize>,
    /// The first part that RFC 9535 forbids, if the path is one at all.
    pub misuse: Option<JsonPathError>,
}

pub(super) struct Slot {
    pub of: SlotOf,
    /// Where it is in the path.
    pub range: Range<usize>,
    /// Where it is in what the parser gets.
    out: Range<usize>,
}

pub(super) enum SlotOf {
    Literal(Json),
    /// The number of a name.
    Name(usize),
}

impl Scanned {
    pub fn slot(&self, number: &str) -> Option<&Slot> {
        self.slots.get(number.parse::<usize>().ok()?)
    }

    /// From a place in what the parser got to that of the path. `None`: its end, or only the start is known.
    pub fn place(&self, at: usize) -> (usize, Option<usize>) {
        match self.slots.iter().rfind(|slot| slot.out.start <= at) {
            Some(slot) if at < slot.out.end => (slot.range.start, Some(slot.range.end)),
            Some(slot) => (slot.range.end + (at - slot.out.end), None),
            None => (at, None),
        }
    }
}

pub(super) fn begins_name(c: char) -> bool {
    c.is_ascii_alphabetic() || c == '_' || !c.is_ascii()
}

pub(super) fn goes_on_in_name(c: char) -> bool {
    begins_name(c) || c.is_ascii_digit()
}

pub(super) fn scan(text: &str) -> Parsed<Scanned> {
    if text.len() > LONGEST {
        return Err(JsonPathError { message: "this path is longer than 4 KiB".to_owned(), start: 0, end: text.len() });
    }
    let mut scanner = Scanner {
        text,
        at: 0,
        previous: ' ',
        out: String::with_capacity(text.len()),
        slots: Vec::new(),
        names: Vec::new(),
        ends: Vec::new(),
        terms: Vec::new(),
        frames: vec![Level { kind: FrameKind::Root, last: None, compares: false }],
    };
    if scanner.peek() != Some('$') {
        return Err(scanner.expected("`$`"));
    }
    while let Some(c) = scanner.peek() {
        scanner.token(c)?;
    }
    match scanner.frames.last().map(|frame| frame.kind) {
        Some(FrameKind::Bracket) => return Err(scanner.expected("`]`")),
        Some(FrameKind::Group | FrameKind::Function(_)) => return Err(scanner.expected("`)`")),
        _ => {}
    }
    if text.ends_with(is_space) {
        scanner.at = text.trim_end_matches(is_space).len();
        return Err(scanner.expected("`.`, `[` or the end"));
    }
    let misuse = scanner.terms.iter().find_map(Term::misuse);
    let Scanner { out, slots, names, ends, .. } = scanner;
    Ok(Scanned { text: out, slots, names, ends, misuse })
}

fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n' | '\r')
}

struct Scanner<'a> {
    text: &'a str,
    at: usize,
    /// The last character of the token before, white space aside.
    previous: char,
    out: String,
    slots: Vec<Slot>,
    names: Vec<PathName>,
    ends: Vec<usize>,
    terms: Vec<Term>,
    frames: Vec<Level>,
}

#[derive(Clone, Copy, PartialEq)]
enum FrameKind {
    Root,
    Bracket,
    Group,
    Function(Function),
}

/// What is inside a bracket or a parenthesis.
struct Level {
    kind: FrameKind,
    /// The term that was read last, in the table of terms.
    last: Option<usize>,
    /// What comes next is compared.
    compares: bool,
}

#[derive(Clone, Copy, PartialEq)]
enum Function {
    Length,
    Nodes,
    Match,
}

/// A path, a value or a function.
struct Term {
    kind: TermKind,
    range: Range<usize>,
    compared: bool,
    argument_of: Option<Function>,
}

enum TermKind {
    Query { singular: bool },
    Value,
    Function(Function),
}

impl Term {
    /// Well-typedness (RFC 9535, section 2.4.3), and what may be compared (section 2.3.5.1).
    fn misuse(&self) -> Option<JsonPathError> {
        let message = match (&self.kind, self.argument_of) {
            (TermKind::Query { singular: false }, None) if self.compared => {
                "a path that can find several values can't be compared; name one, as in `@.a[0]`"
            }
            (TermKind::Query { singular: false }, Some(Function::Length | Function::Match)) => {
                "this function takes a path to one value; `count()` counts what a path finds"
            }
            (TermKind::Value | TermKind::Function(_), Some(Function::Nodes)) => {
                "`count()` and `value()` take a path, as in `count(@.*)`"
            }
            (TermKind::Function(Function::Match), Some(_)) => "this function takes a value, not a condition",
            (TermKind::Function(Function::Match), None) if self.compared => {
                "`match()` and `search()` are conditions already; nothing is compared"
            }
            (TermKind::Value, None) if !self.compared => "a value alone is no condition; compare it, as in `@.a == 1`",
            (TermKind::Function(Function::Length | Function::Nodes), None) if !self.compared => {
                "the result of `length()`, `count()` or `value()` must be compared with something, as in `length(@.a) > 2`"
            }
            _ => return None,
        };
        Some(JsonPathError { message: message.to_owned(), start: self.range.start, end: self.range.end })
    }
}

impl<'a> Scanner<'a> {
    fn token(&mut self, c: char) -> Parsed<()> {
        let start = self.at;
        let kind = self.frames.last().map_or(FrameKind::Root, |frame| frame.kind);
        let key = kind == FrameKind::Bracket && matches!(self.previous, '[' | ',');
        let integer = key || (kind == FrameKind::Bracket && self.previous == ':');
        match c {
            c if is_space(c) => {
                self.at += 1;
                self.out.push(c);
                return Ok(());
            }
            '$' | '@' => {
                self.at += 1;
                self.term(TermKind::Query { singular: true }, start)?;
            }
            '.' => return self.dot(),
            '[' => {
                self.at += 1;
                self.open(FrameKind::Bracket)?;
            }
            '(' if !matches!(kind, FrameKind::Function(_)) => {
                self.at += 1;
                self.open(FrameKind::Group)?;
            }
            ']' | ')' => self.close(c, kind)?,
            '\'' | '"' => {
                let text = Json::from(self.string()?);
                return self.value(SlotOf::Literal(text), start, key);
            }
            c if integer && (c == '-' || c.is_ascii_digit()) => {
                self.integer()?;
            }
            c if c == '-' || c.is_ascii_digit() => {
                let number = self.number()?;
                return self.value(SlotOf::Literal(Json::Number(number)), start, false);
            }
            c if c.is_ascii_alphabetic() || c == '_' => return self.word(key),
            ',' | '?' | ':' | '*' => {
                self.at += 1;
                if kind == FrameKind::Bracket {
                    self.plural(1);
                }
                if let Some(frame) = self.frames.last_mut() {
                    (frame.last, frame.compares) = (None, false);
                }
            }
            _ => self.sign(kind)?,
        }
        self.copy(start);
        Ok(())
    }

    /// What was read since `start` goes to the parser as it is.
    fn copy(&mut self, start: usize) {
        let token = self.text.get(start..self.at).unwrap_or_default();
        self.previous = token.chars().next_back().unwrap_or(self.previous);
        self.out.push_str(token);
    }

    fn slot(&mut self, of: SlotOf, range: Range<usize>, open: &str, close: &str) {
        let start = self.out.len();
        self.out.push_str(&format!("{open}{}{close}", self.slots.len()));
        self.slots.push(Slot { of, range, out: start..self.out.len() });
        self.previous = '\'';
    }

    fn value(&mut self, of: SlotOf, start: usize, key: bool) -> Parsed<()> {
        if !key {
            self.term(TermKind::Value, start)?;
        }
        self.slot(of, start..self.at, "'", "'");
        Ok(())
    }

    fn term(&mut self, kind: TermKind, start: usize) -> Parsed<()> {
        if !matches!(self.previous, ' ' | '?' | '(' | ',' | '=' | '<' | '>' | '&' | '|' | '!') {
            self.at = start;
            return Err(self.expected("an operator, or what ends it"));
        }
        let number = self.terms.len();
        let Some(frame) = self.frames.last_mut() else { return Ok(()) };
        let argument_of = match frame.kind {
            FrameKind::Function(function) => Some(function),
            _ => None,
        };
        self.terms.push(Term { kind, range: start..self.at, compared: frame.compares, argument_of });
        (frame.last, frame.compares) = (Some(number), false);
        Ok(())
    }

    /// The query of a frame (counted from the innermost) can select several nodes.
    fn plural(&mut self, frame: usize) {
        let frame = self.frames.iter().nth_back(frame).and_then(|frame| frame.last);
        if let Some(Term { kind: TermKind::Query { singular }, .. }) = frame.and_then(|last| self.terms.get_mut(last)) {
            *singular = false;
        }
    }

    /// The last term of the innermost frame goes on to here.
    fn extend(&mut self) {
        let last = self.frames.last().and_then(|frame| frame.last);
        if let Some(term) = last.and_then(|last| self.terms.get_mut(last)) {
            term.range.end = self.at;
        }
        if self.frames.len() == 1 {
            self.ends.push(self.at);
        }
    }

    fn open(&mut self, kind: FrameKind) -> Parsed<()> {
        let functions = self.frames.iter().filter(|frame| matches!(frame.kind, FrameKind::Function(_))).count();
        let function = matches!(kind, FrameKind::Function(_));
        if self.frames.len() > DEEPEST || (function && functions >= DEEPEST_FUNCTIONS) {
            let message = "this path nests too deeply".to_owned();
            return Err(JsonPathError { message, start: 0, end: self.text.len() });
        }
        self.frames.push(Level { kind, last: None, compares: false });
        Ok(())
    }

    fn close(&mut self, sign: char, kind: FrameKind) -> Parsed<()> {
        match (sign, kind) {
            (_, FrameKind::Root) => return Err(self.expected("`.`, `[` or the end")),
            (']', FrameKind::Bracket) | (')', FrameKind::Group | FrameKind::Function(_)) => {}
            (_, FrameKind::Bracket) => return Err(self.expected("`,` or `]`")),
            _ => return Err(self.expected("`)`")),
        }
        self.at += 1;
        self.frames.pop();
        if kind != FrameKind::Group {
            self.extend();
        }
        Ok(())
    }

    /// `.name`, `.*`, `..name`, `..*` or the `..` of `..[`. Nothing may be between the dots and the name.
    fn dot(&mut self) -> Parsed<()> {
        let start = self.at;
        let descendant = self.eat("..");
        if descendant {
            self.plural(0);
        } else {
            self.at += 1;
        }
        let rest = self.rest();
        if rest.starts_with('*') {
            self.at += 1;
            self.plural(0);
        } else if rest.starts_with(begins_name) {
            let name = rest.split(|c| !goes_on_in_name(c)).next().unwrap_or_default();
            let begin = self.at;
            self.at += name.len();
            if !name.is_ascii() {
                // The parser takes some letters of names for white space.
                self.out.push_str(if descendant { ".." } else { "" });
                self.slot(SlotOf::Literal(Json::from(name)), begin..self.at, "['", "']");
                self.extend();
                return Ok(());
            }
        } else if !(descendant && rest.starts_with('[')) {
            return Err(self.expected(if descendant { "a name, `*` or `[`" } else { "a name or `*`" }));
        } else {
            self.copy(start);
            return Ok(());
        }
        self.copy(start);
        self.extend();
        Ok(())
    }

    fn sign(&mut self, kind: FrameKind) -> Parsed<()> {
        if matches!(kind, FrameKind::Function(_)) {
            return Err(self.expected("`,` or `)`"));
        }
        if kind == FrameKind::Root {
            return Err(self.expected("`.`, `[` or the end"));
        }
        if kind == FrameKind::Bracket && matches!(self.previous, '[' | ',') {
            return Err(self.expected("a key in quotes, an index, `*` or `?`"));
        }
        let compares = ["==", "!=", "<=", ">=", "<", ">"].into_iter().any(|sign| self.eat(sign));
        if !compares && !["&&", "||", "!"].into_iter().any(|sign| self.eat(sign)) {
            return Err(self.expected("a comparison such as `==`, `&&`, `||` or the end of the condition"));
        }
        let Some(frame) = self.frames.last_mut() else { return Ok(()) };
        let last = frame.last.take();
        frame.compares = compares;
        if let Some(term) = last.filter(|_| compares).and_then(|last| self.terms.get_mut(last)) {
            term.compared = true;
        }
        Ok(())
    }

    fn word(&mut self, key: bool) -> Parsed<()> {
        let start = self.at;
        let rest = self.rest();
        let word = rest.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).next().unwrap_or_default();
        if !key && rest.get(word.len()..).is_some_and(|rest| rest.starts_with('(')) {
            let function = match word {
                "length" => Function::Length,
                "count" | "value" => Function::Nodes,
                "match" | "search" => Function::Match,
                _ => {
                    let message =
                        format!("there is no function `{word}`: there are length, count, value, match and search");
                    return Err(JsonPathError { message, start, end: start + word.len() });
                }
            };
            self.at += word.len() + 1;
            self.term(TermKind::Function(function), start)?;
            self.open(FrameKind::Function(function))?;
            self.copy(start);
            return Ok(());
        }
        let literal = match word {
            "true" if !key => Json::Bool(true),
            "false" if !key => Json::Bool(false),
            "null" if !key => Json::Null,
            _ => {
                let name = self.name(key)?;
                return self.value(SlotOf::Name(name), start, key);
            }
        };
        self.at += word.len();
        self.value(SlotOf::Literal(literal), start, false)
    }

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
}
