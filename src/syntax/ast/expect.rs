use super::{BinaryOp, Expr, ExprKind, Ident, JsonPathLit, Partial, RegexLit, StrLit, TypeExpr};
use crate::source::Span;
use crate::syntax::words::{Fits, MatcherRow, Of, Other, Plain, SubjectRow, SubjectWord, WithOperand};

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

impl Subject {
    /// A word that means nothing where it stands is a name like any other: `expect id == 3` behind `capture id = $.id`. `seen`: what is looked at there, if anything.
    #[must_use]
    pub fn among(self, seen: Option<Of>) -> Self {
        let Some(row) = self.kind.row().filter(|_| self.kind.is_one_word()) else { return self };
        if seen.is_some_and(|seen| row.of == seen || row.of == Of::Both) {
            return self;
        }
        let name = ExprKind::Name(Ident { text: row.word.to_owned(), span: self.span });
        Self { kind: SubjectKind::Expr(Expr { span: self.span, kind: name }), ..self }
    }
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

impl SubjectKind {
    /// Whether it is written as a name may be.
    fn is_one_word(&self) -> bool {
        matches!(
            self,
            SubjectKind::Status
                | SubjectKind::Time
                | SubjectKind::Size
                | SubjectKind::Attempts
                | SubjectKind::Body
                | SubjectKind::Url
                | SubjectKind::Redirects
                | SubjectKind::Text
                | SubjectKind::Hex
                | SubjectKind::Data
                | SubjectKind::Id
        )
    }

    /// What is known of it; `None` of a value in scope and of a JSONPath.
    pub fn row(&self) -> Option<&'static SubjectRow> {
        let word = match self {
            SubjectKind::Status => SubjectWord::Status,
            SubjectKind::Time => SubjectWord::Time,
            SubjectKind::TimeToFirstByte => SubjectWord::TimeToFirstByte,
            SubjectKind::Size => SubjectWord::Size,
            SubjectKind::Attempts => SubjectWord::Attempts,
            SubjectKind::Body => SubjectWord::Body,
            SubjectKind::BodyText => SubjectWord::BodyText,
            SubjectKind::Url => SubjectWord::Url,
            SubjectKind::Redirects => SubjectWord::Redirects,
            SubjectKind::HttpVersion => SubjectWord::HttpVersion,
            SubjectKind::Header(_) => SubjectWord::Header,
            SubjectKind::Headers(_) => SubjectWord::Headers,
            SubjectKind::Cookie { .. } => SubjectWord::Cookie,
            SubjectKind::Certificate(_) => SubjectWord::Certificate,
            SubjectKind::XPath(_) => SubjectWord::XPath,
            SubjectKind::Css(_) => SubjectWord::Css,
            SubjectKind::Text => SubjectWord::Text,
            SubjectKind::Hex => SubjectWord::Hex,
            SubjectKind::Data => SubjectWord::Data,
            SubjectKind::Id => SubjectWord::Id,
            SubjectKind::JsonPath(_) | SubjectKind::Expr(_) => return None,
        };
        Some(word.row())
    }
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
    /// One that takes nothing: `exists`, `is empty`
    Plain(Plain),
    /// One that takes a value: `contains "x"`, `has length 3`
    With(WithOperand, Expr),
    /// `== != < <= > >=`
    Compare(BinaryOp, Expr),
    /// `status 201`
    Bare(Expr),
    MatchesRegex(RegexLit),
    MatchesPartial(Partial),
    /// `matches schema file "…"`
    MatchesSchema(StrLit),
    Is(TypeExpr),
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
    Error,
}

impl MatcherKind {
    /// What is known of it whatever its operands are; `None` of what didn't parse.
    pub fn row(&self) -> Option<&'static MatcherRow> {
        Some(match self {
            MatcherKind::Plain(word) => word.row(),
            MatcherKind::With(word, _) => word.row(),
            MatcherKind::Compare(..) | MatcherKind::Bare(_) => Other::Compare.row(),
            MatcherKind::MatchesRegex(_) => Other::Regex.row(),
            MatcherKind::MatchesPartial(_) => Other::Partial.row(),
            MatcherKind::MatchesSchema(_) => Other::Schema.row(),
            MatcherKind::Is(_) => Other::Is.row(),
            MatcherKind::IsSorted { .. } => Other::Sorted.row(),
            MatcherKind::CloseTo { .. } => Other::CloseTo.row(),
            MatcherKind::Each(_) => Other::Each.row(),
            MatcherKind::Some(_) => Other::Some.row(),
            MatcherKind::None(_) => Other::None.row(),
            MatcherKind::Not(_) => Other::Not.row(),
            MatcherKind::Error => return None,
        })
    }

    /// What it can be asked of.
    pub fn fits(&self) -> Option<Fits> {
        self.row().map(|row| row.fits)
    }

    /// The values it takes, apart from those inside of an object, a path or another matcher.
    pub fn operands(&self) -> impl Iterator<Item = &Expr> {
        let (first, second) = match self {
            MatcherKind::With(_, value) | MatcherKind::Compare(_, value) | MatcherKind::Bare(value) => {
                (Some(value), None)
            }
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
}

/// `expect failure is timeout`
#[derive(Clone, Debug)]
pub struct ExpectFailure {
    pub span: Span,
    /// `timeout`, `refused`, `reset`, `closed`, `dns`, `tls`, `handshake`, `protocol`, `too large`, `too many redirects` (with their spaces).
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
