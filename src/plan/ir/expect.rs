use std::sync::Arc;

use super::{Expr, Slot};
use crate::source::Span;
use crate::syntax::ast::BinaryOp;
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
    /// A bare value is `==`; `http version 2` too.
    Compare(BinaryOp, Expr),
    /// A list, or a range whose ends are included.
    In(Expr),
    Contains(Expr),
    StartsWith(Expr),
    EndsWith(Expr),
    Regex(Regex),
    Partial(Partial),
    /// A JSON Schema, compiled when the plan was made.
    Schema {
        name: String,
        schema: Arc<Schema>,
    },
    /// Structurally equal, exactly.
    Equals(Expr),
    Is(Type),
    Exists,
    IsEmpty,
    HasLength(Expr),
    IsUnique,
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
    ExpiresAfter(Expr),
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
