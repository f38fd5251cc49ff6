use super::{Capture, EitherExpect, Expect, ExpectFailure, Expr, HeaderName, Ident, StrLit, Template};
use crate::source::Span;

/// `GET URL { … }`, `request PURGE URL`, `request row.method URL`
#[derive(Clone, Debug)]
pub struct Request {
    pub span: Span,
    pub method: Method,
    pub url: Template,
    pub parts: Vec<RequestPart>,
}

#[derive(Clone, Debug)]
pub enum Method {
    Named(Ident),
    /// A text that is a token of HTTP (RFC 9110, section 9.1).
    Given(Expr),
}

impl Method {
    /// `None` where it is known in a run only.
    pub fn named(&self) -> Option<&str> {
        match self {
            Method::Named(name) => Some(&name.text),
            Method::Given(_) => None,
        }
    }
}

#[derive(Clone, Debug)]
pub struct RequestPart {
    pub span: Span,
    pub kind: RequestPartKind,
}

#[derive(Clone, Debug)]
pub enum RequestPartKind {
    Header {
        name: HeaderName,
        value: Expr,
    },
    Query {
        name: HeaderName,
        value: Expr,
    },
    Cookie {
        name: HeaderName,
        value: Expr,
    },
    NoCookies,
    Bearer {
        token: Expr,
        /// `bearer invalid …`: it is meant to be refused.
        invalid: bool,
    },
    Basic {
        user: Expr,
        password: Expr,
        invalid: bool,
    },
    Digest {
        user: Expr,
        password: Expr,
        invalid: bool,
    },
    Json(Expr),
    /// `body "text"`, `body file "x.bin"`, `body hex "00ff"`
    Body(Expr),
    /// An object's entries.
    Form(Expr),
    Multipart(Vec<MultipartField>),
    /// `graphql "{ a }"`, `graphql file "a.graphql"`
    Graphql {
        query: Expr,
        variables: Option<Expr>,
    },
    Timeout(Expr),
    Retry(Retry),
    /// `follow redirects [up to N]`
    FollowRedirects(Option<Expr>),
    /// `http 2`: `1.1` or `2`, as written
    HttpVersion {
        text: String,
        span: Span,
    },
    AcceptInvalidCertificate,
    Compressed,
    Expect(Expect),
    ExpectFailure(ExpectFailure),
    Either(EitherExpect),
    Capture(Capture),
    Error,
}

#[derive(Clone, Debug)]
pub struct MultipartField {
    pub span: Span,
    pub name: HeaderName,
    pub value: Expr,
    /// `type "application/pdf"`
    pub content_type: Option<StrLit>,
    /// `name "report.pdf"`: the file's name as sent
    pub filename: Option<StrLit>,
}

/// `retry [unsafe] N times [every D [doubling up to D]] [on 502, 503, timeout, refused]`
#[derive(Clone, Debug)]
pub struct Retry {
    /// A method that isn't idempotent may be sent again.
    pub unsafe_allowed: bool,
    pub times: Expr,
    pub every: Option<Expr>,
    pub doubling_up_to: Option<Expr>,
    /// Empty: on every failure to get a response and 502, 503, 504.
    pub on: Vec<RetryOn>,
}

#[derive(Clone, Debug)]
pub enum RetryOn {
    /// A status, or a range of them.
    Status(Expr),
    /// As for `expect failure is`.
    Failure(Ident),
}
