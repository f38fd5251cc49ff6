use super::Build;
use crate::syntax::ast::{
    Expr, HeaderName, Method, MultipartField, Request, RequestPartKind, Retry, RetryOn, Template, TemplateForm,
};
use crate::syntax::grammar::{Kids, Node, Rule, seek, take};
use crate::syntax::words::Of;

impl Build<'_> {
    /// A method and its URL; the parts come with the block.
    pub fn request(&mut self, kids: &mut Kids<'_>) -> Request {
        let start = kids.peek().map_or_else(|| self.range(0, 0), |node| self.span(&node));
        take(kids, Rule::k_request);
        let method = match take(kids, Rule::given_method) {
            Some(node) => Method::Given(self.expr(&mut node.into_inner())),
            None => Method::Named(self.name(kids)),
        };
        let url = self.url(kids);
        Request { span: start.to(url.span), method, url, parts: Vec::new() }
    }

    pub fn url(&mut self, kids: &mut Kids<'_>) -> Template {
        match seek(kids, Rule::url) {
            Some(node) => self.template(&node),
            None => Template { span: self.range(0, 0), parts: Vec::new(), form: TemplateForm::Bare },
        }
    }

    /// `NAME: VALUE`
    pub fn pair(&mut self, kids: &mut Kids<'_>) -> (HeaderName, Expr) {
        let mut inner = seek(kids, Rule::pair).map(Node::into_inner);
        let name = inner.as_mut().and_then(|kids| take(kids, Rule::field_name));
        let name = match name {
            Some(node) => self.header_name(&node),
            None => HeaderName { text: String::new(), span: self.range(0, 0) },
        };
        let value = match inner {
            Some(mut kids) => self.expr(&mut kids),
            None => self.error_expr(),
        };
        (name, value)
    }

    /// The parts of a request that are one keyword and what follows it.
    pub fn simple_part(&mut self, rule: Rule, kids: &mut Kids<'_>) -> RequestPartKind {
        match rule {
            Rule::header => {
                let (name, value) = self.pair(kids);
                RequestPartKind::Header { name, value }
            }
            Rule::query => {
                let (name, value) = self.pair(kids);
                RequestPartKind::Query { name, value }
            }
            Rule::cookie => {
                let (name, value) = self.pair(kids);
                RequestPartKind::Cookie { name, value }
            }
            Rule::no_cookies => RequestPartKind::NoCookies,
            Rule::bearer => {
                let invalid = is_invalid(kids);
                RequestPartKind::Bearer { token: self.expr(kids), invalid }
            }
            Rule::basic => {
                let invalid = is_invalid(kids);
                RequestPartKind::Basic { user: self.expr(kids), password: self.expr(kids), invalid }
            }
            Rule::digest => {
                let invalid = is_invalid(kids);
                RequestPartKind::Digest { user: self.expr(kids), password: self.expr(kids), invalid }
            }
            Rule::json => RequestPartKind::Json(self.expr(kids)),
            Rule::body => RequestPartKind::Body(self.expr(kids)),
            Rule::form => RequestPartKind::Form(self.expr(kids)),
            Rule::multipart => RequestPartKind::Multipart(self.multipart(kids)),
            Rule::graphql => self.graphql(kids),
            Rule::timeout => RequestPartKind::Timeout(self.expr(kids)),
            Rule::retry => RequestPartKind::Retry(self.retry(kids)),
            Rule::follow_redirects => {
                let limit = seek(kids, Rule::k_up_to).map(|_| self.expr(kids));
                RequestPartKind::FollowRedirects(limit)
            }
            Rule::http_version => match seek(kids, Rule::version) {
                Some(node) => RequestPartKind::HttpVersion { text: node.as_str().to_owned(), span: self.span(&node) },
                None => RequestPartKind::Error,
            },
            Rule::accept_invalid_certificate => RequestPartKind::AcceptInvalidCertificate,
            Rule::compressed => RequestPartKind::Compressed,
            Rule::expect_failure => RequestPartKind::ExpectFailure(self.expect_failure(kids)),
            Rule::capture => RequestPartKind::Capture(self.capture(kids, Some(Of::Responses))),
            _ => RequestPartKind::Error,
        }
    }

    fn graphql(&mut self, kids: &mut Kids<'_>) -> RequestPartKind {
        let query = self.expr(kids);
        let variables = take(kids, Rule::k_with).map(|_| self.expr(kids));
        RequestPartKind::Graphql { query, variables }
    }

    fn multipart(&mut self, kids: &mut Kids<'_>) -> Vec<MultipartField> {
        let fields: Vec<Node<'_>> = kids.filter(|node| node.as_rule() == Rule::multipart_field).collect();
        fields.into_iter().map(|node| self.multipart_field(node)).collect()
    }

    fn multipart_field(&mut self, node: Node<'_>) -> MultipartField {
        let span = self.span(&node);
        let mut kids = node.into_inner();
        let name = match take(&mut kids, Rule::field_name) {
            Some(node) => self.header_name(&node),
            None => HeaderName { text: String::new(), span: self.range(0, 0) },
        };
        let value = self.expr(&mut kids);
        let mut field = MultipartField { span, name, value, content_type: None, filename: None };
        for part in kids {
            let rule = part.as_rule();
            let text = self.str_lit(&mut part.into_inner());
            match rule {
                Rule::part_type => field.content_type = Some(text),
                _ => field.filename = Some(text),
            }
        }
        field
    }

    /// `once`, `twice`, `N times`
    pub fn times(&mut self, kids: &mut Kids<'_>) -> Expr {
        let times = match kids.next() {
            Some(node) => self.count_value(node),
            None => self.error_expr(),
        };
        take(kids, Rule::k_times);
        times
    }

    fn retry(&mut self, kids: &mut Kids<'_>) -> Retry {
        take(kids, Rule::k_retry);
        let unsafe_allowed = take(kids, Rule::k_unsafe).is_some();
        let times = self.times(kids);
        let every = take(kids, Rule::k_every).map(|_| self.expr(kids));
        let doubling_up_to = take(kids, Rule::k_doubling_up_to).map(|_| self.expr(kids));
        let on = kids.filter(|node| node.as_rule() == Rule::retry_on).collect::<Vec<_>>();
        let on = on.into_iter().map(|node| self.retry_on(node)).collect();
        Retry { unsafe_allowed, times, every, doubling_up_to, on }
    }

    fn retry_on(&mut self, node: Node<'_>) -> RetryOn {
        match node.into_inner().next() {
            Some(inner) if inner.as_rule() == Rule::failure => RetryOn::Failure(self.failure(&inner)),
            Some(inner) => RetryOn::Status(self.expr_of(inner)),
            None => RetryOn::Status(self.error_expr()),
        }
    }
}

/// Whether a credential is marked as one that is meant to be refused.
fn is_invalid(kids: &Kids<'_>) -> bool {
    kids.clone().any(|node| node.as_rule() == Rule::k_invalid)
}
