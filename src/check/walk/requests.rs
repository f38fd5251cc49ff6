use super::super::cx::Cx;
use super::super::lints;
use super::super::scope::{Place, Scope};
use super::super::types::Ty;
use crate::syntax::ast::{
    EitherExpect, Expr, ExprKind, Method, Request, RequestPart, RequestPartKind, Retry, RetryOn, Template,
};

/// What a request is for, which decides what it may say.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    Request,
    /// Opens a WebSocket.
    WebSocket,
    /// Opens an event stream.
    Stream,
    /// Asks whether a service is up.
    Probe,
}

/// A request, or the handshake of a channel.
#[derive(Clone, Copy)]
pub struct Sent<'a, 'p> {
    pub purpose: Purpose,
    /// `None` where it is known in a run only.
    pub method: Option<&'p str>,
    pub url: &'p Template,
    pub parts: &'a [&'p RequestPart],
}

impl<'p> Cx<'p> {
    pub fn request(&mut self, scope: &mut Scope<'p>, request: &'p Request) {
        let parts: Vec<&RequestPart> = request.parts.iter().collect();
        let sent = Sent { purpose: Purpose::Request, method: request.method.named(), url: &request.url, parts: &parts };
        match &request.method {
            Method::Named(name) => lints::requests::method(self, request, name),
            Method::Given(value) => self.method(scope, value),
        }
        self.sent(scope, sent);
    }

    /// A method that is the value of an expression.
    fn method(&mut self, scope: &mut Scope<'p>, value: &'p Expr) {
        let place = std::mem::replace(&mut scope.place, Place::Sent);
        let ty = self.expr(scope, value);
        scope.place = place;
        self.must_be(
            &ty,
            &Ty::String,
            value.span,
            "a method is a text, such as `row.method` of a table or `\"PURGE\"`",
        );
        lints::requests::given_method(self, scope, value);
    }

    pub fn sent(&mut self, scope: &mut Scope<'p>, sent: Sent<'_, 'p>) {
        self.facts.exchanges = true;
        let place = std::mem::replace(&mut scope.place, Place::Sent);
        self.template(scope, sent.url);
        lints::urls::check(self, sent);
        for part in sent.parts {
            self.sent_part(scope, part);
        }
        lints::requests::parts(self, sent);
        lints::headers::duplicates(self, sent);
        let timeout = lints::requests::timeout(scope, sent);
        let limits = scope.limits.len();
        scope.limits.extend(timeout);
        scope.place = Place::Response;
        scope.answered = true;
        for part in sent.parts {
            self.response_part(scope, part);
        }
        lints::contradictions::response(self, scope, sent);
        lints::requests::failure(self, sent);
        scope.limits.truncate(limits);
        scope.place = place;
    }

    /// What is sent: it can't look at the response.
    fn sent_part(&mut self, scope: &mut Scope<'p>, part: &'p RequestPart) {
        match &part.kind {
            RequestPartKind::Header { name, value } => {
                let ty = self.expr(scope, value);
                lints::headers::sent(self, name, value, &ty);
            }
            RequestPartKind::Query { name, value } => {
                self.expr(scope, value);
                lints::secrets::field(self, &name.text, Some(value));
                lints::urls::encoded_twice(self, value);
            }
            RequestPartKind::Cookie { name, value } => {
                let ty = self.expr(scope, value);
                lints::headers::cookie(self, name, value, &ty);
                lints::secrets::cookie(self, &name.text, value);
            }
            RequestPartKind::Bearer { token, invalid } => {
                self.expr(scope, token);
                if !invalid {
                    lints::secrets::credential(self, token, "token", "bearer invalid ");
                }
            }
            RequestPartKind::Basic { user, password, invalid } => {
                self.expr(scope, user);
                self.expr(scope, password);
                if !invalid {
                    lints::secrets::credential(self, password, "password", "basic invalid USER, ");
                }
            }
            RequestPartKind::Digest { user, password, invalid } => {
                self.expr(scope, user);
                self.expr(scope, password);
                if !invalid {
                    lints::secrets::credential(self, password, "password", "digest invalid USER, ");
                }
            }
            RequestPartKind::Json(value) => {
                self.expr(scope, value);
            }
            RequestPartKind::Body(value) => self.raw_body(scope, value),
            RequestPartKind::Form(value) => self.form(scope, value),
            RequestPartKind::Multipart(fields) => {
                lints::requests::multipart(self, fields);
                for field in fields {
                    lints::secrets::field(self, &field.name.text, Some(&field.value));
                    self.raw(scope, &field.value);
                }
            }
            RequestPartKind::Graphql { query, variables } => {
                self.query_body(scope, query);
                if let Some(variables) = variables {
                    let ty = self.expr(scope, variables);
                    self.must_be(&ty, &Ty::Object(None), variables.span, "variables are an object: `with { id }`");
                }
            }
            RequestPartKind::Timeout(time) => {
                self.time(scope, time, "timeout");
            }
            RequestPartKind::Retry(retry) => self.retry(scope, retry),
            RequestPartKind::FollowRedirects(Some(limit)) => {
                self.count(scope, limit, 1, "`follow redirects up to`");
            }
            RequestPartKind::HttpVersion { text, span } => lints::requests::http_version(self, text, *span),
            RequestPartKind::AcceptInvalidCertificate => lints::environments::invalid_certificate(self, part.span),
            RequestPartKind::FollowRedirects(None)
            | RequestPartKind::NoCookies
            | RequestPartKind::Compressed
            | RequestPartKind::Expect(_)
            | RequestPartKind::ExpectFailure(_)
            | RequestPartKind::Either(_)
            | RequestPartKind::Capture(_)
            | RequestPartKind::Error => {}
        }
    }

    /// What is sent as it is: of a file, its bytes, whatever it could be read as.
    fn raw(&mut self, scope: &mut Scope<'p>, value: &'p Expr) -> Ty {
        match &value.kind {
            ExprKind::File(literal) => {
                let before = self.before();
                self.file(literal);
                self.raw_fixture(literal, before);
                Ty::Unknown
            }
            _ => self.expr(scope, value),
        }
    }

    fn raw_body(&mut self, scope: &mut Scope<'p>, value: &'p Expr) {
        let ty = self.raw(scope, value);
        if matches!(ty, Ty::Object(_) | Ty::List(_)) {
            let message = format!("`body` takes a text, bytes or a file, and this is {}", ty.words());
            self.report(
                crate::diag::Diagnostic::error(&crate::diag::codes::TYPE_MISMATCH, value.span, message)
                    .with_help(format!("send it as JSON: `json {}`", short(self.text(value.span)))),
            );
        }
    }

    fn query_body(&mut self, scope: &mut Scope<'p>, query: &'p Expr) {
        if let ExprKind::File(literal) = &query.kind {
            self.query(literal);
            return;
        }
        let ty = self.expr(scope, query);
        self.must_be(
            &ty,
            &Ty::String,
            query.span,
            "a query is a text: `graphql \"{ threads { id } }\"`, or one in a file",
        );
    }

    fn form(&mut self, scope: &mut Scope<'p>, value: &'p Expr) {
        let ty = self.expr(scope, value);
        lints::urls::encoded_twice(self, value);
        self.must_be(&ty, &Ty::Object(None), value.span, "a form is an object: `form { user: \"ada\" }`");
    }

    fn retry(&mut self, scope: &mut Scope<'p>, retry: &'p Retry) {
        self.count(scope, &retry.times, 1, "`retry`");
        if let Some(every) = &retry.every {
            self.time(scope, every, "every");
        }
        if let Some(limit) = &retry.doubling_up_to {
            self.time(scope, limit, "doubling up to");
        }
        for on in &retry.on {
            if let RetryOn::Status(status) = on {
                let ty = self.expr(scope, status);
                if !matches!(ty, Ty::List(_)) {
                    self.must_be(
                        &ty,
                        &Ty::Number,
                        status.span,
                        "retry on statuses (`502`), ranges of them (`500..599`) or failures (`timeout`)",
                    );
                }
                lints::statuses::list(self, scope, status);
            }
        }
    }

    /// What is expected of the response, and taken from it.
    fn response_part(&mut self, scope: &mut Scope<'p>, part: &'p RequestPart) {
        match &part.kind {
            RequestPartKind::Expect(expect) => self.expectation(scope, expect),
            RequestPartKind::ExpectFailure(_) => self.facts.expects = true,
            RequestPartKind::Either(either) => self.either(scope, either),
            RequestPartKind::Capture(capture) => self.capture(scope, capture),
            _ => {}
        }
    }

    fn either(&mut self, scope: &mut Scope<'p>, either: &'p EitherExpect) {
        for part in either.branches.iter().flatten() {
            match &part.kind {
                RequestPartKind::Expect(_)
                | RequestPartKind::Either(_)
                | RequestPartKind::Capture(_)
                | RequestPartKind::Error => {
                    self.response_part(scope, part);
                }
                _ => lints::requests::sent_in_branch(self, part),
            }
        }
        lints::vacuous::either(self, scope, either);
    }
}

/// The beginning of a text, for a help.
fn short(text: &str) -> String {
    const MOST: usize = 60;
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() <= MOST { line } else { "{ … }".to_owned() }
}
