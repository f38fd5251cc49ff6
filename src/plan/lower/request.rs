use std::sync::Arc;

use super::body::Body;
use crate::event::FailureKind;
use crate::plan::{
    Auth, Body as Payload, Expr, ExprKind, Field, HttpVersion, Method, MultipartField, Piece, Request, Retry, constant,
};
use crate::syntax::ast;
use crate::value::{Json, UrlWriter, Value};

impl Body<'_, '_> {
    pub fn request(&mut self, request: &ast::Request) -> Request {
        let method = match &request.method {
            ast::Method::Named(name) => Method::Named(Arc::from(name.text.as_str())),
            ast::Method::Given(value) => Method::Given(Box::new(self.expr(value))),
        };
        self.request_of(request.span, method, &request.url, request.parts.iter())
    }

    /// A request from its parts; a channel's handshake is one too.
    pub fn request_of<'a>(
        &mut self,
        span: crate::source::Span,
        method: Method,
        url: &ast::Template,
        parts: impl Iterator<Item = &'a ast::RequestPart>,
    ) -> Request {
        let mut request = Request {
            span,
            method,
            url: self.url(url),
            headers: Vec::new(),
            query: Vec::new(),
            cookies: Vec::new(),
            no_cookies: false,
            auth: None,
            body: None,
            timeout: None,
            retry: None,
            follow_redirects: None,
            http: None,
            accept_invalid_certificate: None,
            compressed: false,
            checks: Vec::new(),
            expect_failure: None,
        };
        for part in parts {
            self.part(part, &mut request);
        }
        // A plan lives as long as the run.
        request.checks.shrink_to_fit();
        request
    }

    fn part(&mut self, part: &ast::RequestPart, request: &mut Request) {
        use ast::RequestPartKind as Part;
        match &part.kind {
            Part::Header { name, value } => request.headers.push(self.named(part, name, value)),
            Part::Query { name, value } => request.query.push(self.named(part, name, value)),
            Part::Cookie { name, value } => request.cookies.push(self.named(part, name, value)),
            Part::NoCookies => request.no_cookies = true,
            Part::Bearer { token, .. } => request.auth = Some(Auth::Bearer(self.expr(token))),
            Part::Basic { user, password, .. } => {
                request.auth = Some(Auth::Basic { user: self.expr(user), password: self.expr(password) });
            }
            Part::Digest { user, password, .. } => {
                request.auth = Some(Auth::Digest { user: self.expr(user), password: self.expr(password) });
            }
            Part::Json(value) => request.body = Some(Payload::Json(self.expr(value))),
            Part::Body(value) => request.body = Some(Payload::Raw(self.raw(value))),
            Part::Form(value) => request.body = Some(Payload::Form(self.expr(value))),
            Part::Multipart(fields) => {
                let fields = fields.iter().map(|field| self.multipart_field(field)).collect();
                request.body = Some(Payload::Multipart(fields));
            }
            Part::Graphql { query, variables } => {
                let query = self.query(query);
                let variables = variables.as_ref().map(|variables| self.expr(variables));
                request.body = Some(Payload::Graphql { query, variables });
            }
            Part::Timeout(time) => request.timeout = Some(self.expr(time)),
            Part::Retry(retry) => request.retry = Some(self.retry(part.span, retry)),
            Part::FollowRedirects(limit) => request.follow_redirects = Some(self.redirects(part.span, limit.as_ref())),
            Part::HttpVersion { text, .. } => {
                request.http = Some(if text == "2" { HttpVersion::Http2 } else { HttpVersion::Http11 });
            }
            Part::AcceptInvalidCertificate => request.accept_invalid_certificate = Some(part.span),
            Part::Compressed => request.compressed = true,
            Part::ExpectFailure(failure) => {
                request.expect_failure = self.failure(&failure.kind).map(|kind| (kind, failure.span));
            }
            Part::Expect(_) | Part::Either(_) | Part::Capture(_) => request.checks.extend(self.check(part)),
            Part::Error => {}
        }
    }

    fn named(&mut self, part: &ast::RequestPart, name: &ast::HeaderName, value: &ast::Expr) -> Field {
        let value = self.expr(value);
        let value = match constant::value(&value, &self.lower.environment.values) {
            Some(Value::Json(known)) if known.as_str().is_some() => {
                Expr { span: value.span, kind: ExprKind::Const(Value::Json(known)) }
            }
            _ => value,
        };
        Field { span: part.span, name: Arc::from(name.text.as_str()), value }
    }

    /// A URL; written out, where all of it is known before the run.
    fn url(&mut self, url: &ast::Template) -> Expr {
        let url = self.template(url);
        match self.known_url(&url) {
            Some(known) => Expr { span: url.span, kind: ExprKind::Const(Value::from(Json::from(known))) },
            None => url,
        }
    }

    fn known_url(&self, url: &Expr) -> Option<String> {
        let ExprKind::Template(pieces) = &url.kind else { return None };
        let mut writer = UrlWriter::default();
        for piece in pieces {
            match piece {
                Piece::Text(text) => writer.text(text),
                Piece::Expr(expr) => {
                    let value = constant::value(expr, &self.lower.environment.values)?;
                    // What can't be where it is has its message when the run comes to it.
                    writer.value(value.as_json()?.as_str()?).ok()?;
                }
            }
        }
        Some(writer.finish())
    }

    fn multipart_field(&mut self, field: &ast::MultipartField) -> MultipartField {
        MultipartField {
            span: field.span,
            name: Arc::from(field.name.text.as_str()),
            value: self.raw(&field.value),
            content_type: field.content_type.as_ref().map(|text| Arc::from(text.value.as_str())),
            filename: field.filename.as_ref().map(|text| Arc::from(text.value.as_str())),
        }
    }

    /// `follow redirects` without a number follows ten, as browsers' fetch follows twenty and curl fifty: enough for any login.
    fn redirects(&mut self, span: crate::source::Span, limit: Option<&ast::Expr>) -> crate::plan::Expr {
        const DEFAULT: u64 = 10;
        let default = || crate::plan::Expr {
            span,
            kind: crate::plan::ExprKind::Const(crate::value::Value::from(crate::value::Json::from(DEFAULT))),
        };
        limit.map_or_else(default, |limit| self.expr(limit))
    }

    fn retry(&mut self, span: crate::source::Span, retry: &ast::Retry) -> Retry {
        let mut lowered = Retry {
            span,
            times: self.expr(&retry.times),
            every: retry.every.as_ref().map(|every| self.expr(every)),
            doubling_up_to: retry.doubling_up_to.as_ref().map(|limit| self.expr(limit)),
            statuses: Vec::new(),
            failures: Vec::new(),
        };
        for on in &retry.on {
            match on {
                ast::RetryOn::Status(status) => lowered.statuses.push(self.expr(status)),
                ast::RetryOn::Failure(word) => lowered.failures.extend(self.failure(word)),
            }
        }
        if retry.on.is_empty() {
            let status = |status: u16| crate::plan::Expr {
                span,
                kind: crate::plan::ExprKind::Const(crate::value::Value::from(crate::value::Json::from(status))),
            };
            lowered.statuses = [502, 503, 504].map(status).into();
            lowered.failures = vec![
                FailureKind::Timeout,
                FailureKind::Refused,
                FailureKind::Reset,
                FailureKind::Closed,
                FailureKind::Dns,
            ];
        }
        lowered
    }

    fn failure(&mut self, word: &ast::Ident) -> Option<FailureKind> {
        let found = FailureKind::ALL.into_iter().find(|kind| kind.is_of_system() && kind.word() == word.text);
        if found.is_none() {
            self.unresolved(word.span, format!("`{}` is no kind of failure", word.text));
        }
        found
    }
}
