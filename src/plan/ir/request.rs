use std::sync::Arc;

use super::{Capture, Expectation, Expr};
use crate::event::FailureKind;
use crate::source::Span;

/// A request with what is expected of its response.
#[derive(Clone, Debug)]
pub struct Request {
    pub span: Span,
    pub method: Method,
    /// Gives a text: the URL, interpolated as written.
    pub url: Expr,
    pub headers: Vec<Field>,
    pub query: Vec<Field>,
    pub cookies: Vec<Field>,
    /// Neither sends the test's cookies nor keeps those of the response.
    pub no_cookies: bool,
    pub auth: Option<Auth>,
    pub body: Option<Body>,
    pub timeout: Option<Expr>,
    pub retry: Option<Retry>,
    /// How many redirects are followed; none without this.
    pub follow_redirects: Option<Expr>,
    pub http: Option<HttpVersion>,
    /// Where it says so.
    pub accept_invalid_certificate: Option<Span>,
    pub compressed: bool,
    /// In the order of the spec.
    pub checks: Vec<Check>,
    pub expect_failure: Option<(FailureKind, Span)>,
}

#[derive(Clone, Debug)]
pub enum Method {
    Named(Arc<str>),
    /// Gives a text.
    Given(Box<Expr>),
}

impl Method {
    /// `None` where it is known in a run only.
    pub fn named(&self) -> Option<&str> {
        match self {
            Method::Named(name) => Some(name),
            Method::Given(_) => None,
        }
    }

    pub fn given(&self) -> Option<&Expr> {
        match self {
            Method::Named(_) => None,
            Method::Given(value) => Some(value),
        }
    }
}

/// A name and a value, of a header, a query parameter, a cookie or a form.
#[derive(Clone, Debug)]
pub struct Field {
    pub span: Span,
    pub name: Arc<str>,
    pub value: Expr,
}

#[derive(Clone, Debug)]
pub enum Auth {
    Bearer(Expr),
    Basic { user: Expr, password: Expr },
    Digest { user: Expr, password: Expr },
}

#[derive(Clone, Debug)]
pub enum Body {
    Json(Expr),
    /// A text, bytes or a file, as it is.
    Raw(Expr),
    /// An object whose values become form fields; a list gives its name more than once.
    Form(Expr),
    Multipart(Vec<MultipartField>),
    Graphql {
        query: Expr,
        variables: Option<Expr>,
    },
}

#[derive(Clone, Debug)]
pub struct MultipartField {
    pub span: Span,
    pub name: Arc<str>,
    pub value: Expr,
    pub content_type: Option<Arc<str>>,
    pub filename: Option<Arc<str>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HttpVersion {
    Http11,
    Http2,
}

#[derive(Clone, Debug)]
pub struct Retry {
    pub span: Span,
    pub times: Expr,
    pub every: Option<Expr>,
    pub doubling_up_to: Option<Expr>,
    /// Statuses or ranges of them.
    pub statuses: Vec<Expr>,
    pub failures: Vec<FailureKind>,
}

/// What is done with a response, in the order of the spec.
#[derive(Clone, Debug)]
pub enum Check {
    Expect(Expectation),
    Capture(Capture),
    /// One whole branch must hold; the first that does binds its captures.
    Either {
        span: Span,
        branches: Vec<Vec<Check>>,
    },
}
