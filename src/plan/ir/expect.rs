use std::sync::Arc;

use super::{Expr, Slot};
use crate::source::Span;
use crate::syntax::ast::BinaryOp;
use crate::syntax::words::{MatcherRow, Other, Plain, WithOperand};
use crate::value::{Css, JsonPath, Regex, Schema, Type, XPath};

/// `expect SUBJECT MATCHER`. `span` covers the whole statement.
#[derive(Clone, Debug)]
pub struct Expectation {
    pub span: Span,
    /// As written, without `expect`, its white space made the same: what reports show.
    pub text: Arc<str>,
    pub subject: Subject,
    pub matcher: Matcher,
}

#[derive(Clone, Debug)]
pub struct Subject {
    pub span: Span,
    pub kind: SubjectKind,
}

#[derive(Clone, Debug)]
pub enum SubjectKind {
    Status,
    Time,
    TimeToFirstByte,
    Size,
    Attempts,
    Body,
    Url,
    Redirects,
    HttpVersion,
    Header(Arc<str>),
    Headers(Arc<str>),
    Cookie { name: Arc<str>, attribute: Option<Arc<str>> },
    Certificate(Arc<str>),
    XPath(XPath),
    Css(Css),
    Text,
    Hex,
    Data,
    Id,
    JsonPath(Path),
    Expr(Expr),
}

/// A JSONPath, and what the names in it are worth when it is used: operands of filters, and keys (strings) or indices (whole
/// numbers) in brackets.
#[derive(Clone, Debug)]
pub struct Path {
    pub path: JsonPath,
    pub names: Vec<Expr>,
}

impl From<JsonPath> for Path {
    fn from(path: JsonPath) -> Self {
        Self { path, names: Vec::new() }
    }
}

#[derive(Clone, Debug)]
pub struct Matcher {
    pub span: Span,
    pub kind: MatcherKind,
}

#[derive(Clone, Debug)]
pub enum MatcherKind {
    Plain(Plain),
    With(WithOperand, Expr),
    /// A bare value is `==`; `http version 2` too.
    Compare(BinaryOp, Expr),
    Regex(Regex),
    Partial(Partial),
    /// A JSON Schema, compiled when the plan was made.
    Schema {
        name: String,
        schema: Arc<Schema>,
    },
    Is(Type),
    IsSorted {
        by: Option<Path>,
        descending: bool,
    },
    CloseTo {
        target: Expr,
        tolerance: Expr,
    },
    Each(Box<Matcher>),
    Some(Box<Matcher>),
    None(Box<Matcher>),
    Not(Box<Matcher>),
}

impl MatcherKind {
    /// What is known of it whatever its operands are.
    pub fn row(&self) -> &'static MatcherRow {
        match self {
            MatcherKind::Plain(word) => word.row(),
            MatcherKind::With(word, _) => word.row(),
            MatcherKind::Compare(..) => Other::Compare.row(),
            MatcherKind::Regex(_) => Other::Regex.row(),
            MatcherKind::Partial(_) => Other::Partial.row(),
            MatcherKind::Schema { .. } => Other::Schema.row(),
            MatcherKind::Is(_) => Other::Is.row(),
            MatcherKind::IsSorted { .. } => Other::Sorted.row(),
            MatcherKind::CloseTo { .. } => Other::CloseTo.row(),
            MatcherKind::Each(_) => Other::Each.row(),
            MatcherKind::Some(_) => Other::Some.row(),
            MatcherKind::None(_) => Other::None.row(),
            MatcherKind::Not(_) => Other::Not.row(),
        }
    }

    /// The values it takes, apart from those inside of an object, a path or another matcher.
    pub fn operands(&self) -> impl Iterator<Item = &Expr> {
        let (first, second) = match self {
            MatcherKind::With(_, value) | MatcherKind::Compare(_, value) => (Some(value), None),
            MatcherKind::CloseTo { target, tolerance } => (Some(target), Some(tolerance)),
            _ => (None, None),
        };
        first.into_iter().chain(second)
    }

    /// The matcher that it says something about.
    pub fn inner(&self) -> Option<&Matcher> {
        match self {
            MatcherKind::Each(inner)
            | MatcherKind::Some(inner)
            | MatcherKind::None(inner)
            | MatcherKind::Not(inner) => Some(inner),
            _ => None,
        }
    }

    /// Whether it asks if something is there, and nothing else.
    pub fn asks_of_absence(&self) -> bool {
        match self {
            MatcherKind::Plain(word) => *word == Plain::Exists,
            MatcherKind::Not(inner) => inner.kind.asks_of_absence(),
            _ => false,
        }
    }
}

#[derive(Clone, Debug)]
pub struct Partial {
    pub span: Span,
    pub kind: PartialKind,
}

#[derive(Clone, Debug)]
pub enum PartialKind {
    Any,
    Type(Type),
    Regex(Regex),
    Compare(BinaryOp, Expr),
    Object(Vec<(Expr, Partial)>),
    List(Vec<Partial>),
    Value(Expr),
}

/// `capture` and `collect`.
#[derive(Clone, Debug)]
pub struct Capture {
    pub span: Span,
    pub name: Arc<str>,
    pub slot: Slot,
    pub secret: bool,
    /// Adds to the list in the slot instead of replacing its value.
    pub collect: bool,
    pub subject: Subject,
    /// Its first group (or the whole match) is captured.
    pub regex: Option<Regex>,
}
