use super::{BinaryOp, Expr, Ident, JsonPathLit, Partial, RegexLit, StrLit, TypeExpr};
use crate::source::Span;

/// `expect SUBJECT MATCHER`
#[derive(Clone, Debug)]
pub struct Expect {
    pub span: Span,
    pub subject: Subject,
    pub matcher: Matcher,
}

#[derive(Clone, Debug)]
pub struct Subject {
    pub span: Span,
    pub kind: SubjectKind,
}

/// What is looked at. Of responses, but for those that say otherwise.
#[derive(Clone, Debug)]
pub enum SubjectKind {
    Status,
    /// From the first byte asked for to the last one received.
    Time,
    TimeToFirstByte,
    /// Bytes of the body on the wire; of a frame, its payload.
    Size,
    /// How many times the request was sent, with its retries.
    Attempts,
    Body,
    /// The exact text of any body.
    BodyText,
    Url,
    Redirects,
    HttpVersion,
    /// The first value of a header.
    Header(HeaderName),
    /// All values of a header, a list.
    Headers(HeaderName),
    Cookie {
        name: HeaderName,
        attribute: Option<Ident>,
    },
    /// `certificate expires`, `certificate issuer`, …
    Certificate(Ident),
    XPath(StrLit),
    Css(StrLit),
    /// Of frames: the payload as text, its bytes, an SSE frame's data and id.
    Text,
    Hex,
    Data,
    Id,
    JsonPath(JsonPathLit),
    /// Any other expression.
    Expr(Expr),
}

/// A header's or cookie's name, bare (`X-Test-Type`) or quoted; the span includes the quotes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeaderName {
    pub text: String,
    pub span: Span,
}

#[derive(Clone, Debug)]
pub struct Matcher {
    pub span: Span,
    pub kind: MatcherKind,
}

#[derive(Clone, Debug)]
pub enum MatcherKind {
    /// `== != < <= > >=`
    Compare(BinaryOp, Expr),
    /// `status 201`
    Bare(Expr),
    /// `in [200, 201]`, `in 200..299`
    In(Expr),
    Contains(Expr),
    StartsWith(Expr),
    EndsWith(Expr),
    MatchesRegex(RegexLit),
    MatchesPartial(Partial),
    /// `matches schema file "…"`
    MatchesSchema(StrLit),
    Equals(Expr),
    Is(TypeExpr),
    Exists,
    IsEmpty,
    HasLength(Expr),
    IsUnique,
    IsSorted {
        by: Option<JsonPathLit>,
        descending: bool,
    },
    /// `close to X ± Y`
    CloseTo {
        target: Expr,
        tolerance: Expr,
    },
    Each(Box<Matcher>),
    Some(Box<Matcher>),
    None(Box<Matcher>),
    Not(Box<Matcher>),
    /// `expires after 14d`, of a certificate.
    ExpiresAfter(Expr),
    Error,
}

/// `expect failure is timeout`
#[derive(Clone, Debug)]
pub struct ExpectFailure {
    pub span: Span,
    /// `timeout`, `refused`, `reset`, `closed`, `dns`, `tls`, `too many redirects` (with its spaces).
    pub kind: Ident,
}

/// `either { … } or { … }` among a response's expectations.
#[derive(Clone, Debug)]
pub struct EitherExpect {
    pub span: Span,
    pub branches: Vec<Vec<super::RequestPart>>,
}

/// `capture [secret] NAME = SUBJECT [/RE/]`, or `collect NAME = …`.
#[derive(Clone, Debug)]
pub struct Capture {
    pub span: Span,
    pub name: Ident,
    pub secret: bool,
    /// `collect`: gathers a list over repetitions.
    pub collect: bool,
    pub subject: Subject,
    pub regex: Option<RegexLit>,
}
