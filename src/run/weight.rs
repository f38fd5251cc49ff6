//! How much work evaluating a part of the plan may be. What holds little, and is looked at once, is light: it takes no longer than a step may go
//! beyond its deadline. Everything else is done apart (`judging`).

use crate::eval::Scope;
use crate::plan::{
    Auth, Body, Check, Condition, ConditionKind, Expectation, Expr, ExprKind, Field, FrameBody, Matcher, MatcherKind,
    Piece, Request, Subject, SubjectKind,
};
use crate::source::Span;
use crate::value::Value;

/// The largest body or frames, in bytes, that are judged at once.
pub(super) const AT_ONCE: usize = 8 << 10;

/// A part of the plan that is evaluated.
pub(super) trait Weighed {
    /// Whether evaluating it is light, beside what it is asked of.
    fn is_light(&self, scope: &Scope) -> bool;
    /// What a message about it points at.
    fn span(&self) -> Span;
}

impl Weighed for Expr {
    fn is_light(&self, scope: &Scope) -> bool {
        let light = |expr: &Expr| expr.is_light(scope);
        match &self.kind {
            ExprKind::Const(value) => is_small(value),
            ExprKind::Var(slot) => scope.is_small(*slot, AT_ONCE),
            ExprKind::File(file) => file.bytes.len() <= AT_ONCE,
            ExprKind::Env(_) | ExprKind::Credential(_) => true,
            ExprKind::Template(pieces) => pieces.iter().all(|piece| match piece {
                Piece::Text(_) => true,
                Piece::Expr(expr) => light(expr),
            }),
            ExprKind::Field(of, _) | ExprKind::Unary(_, of) => light(of),
            ExprKind::Index(of, by) => light(of) && light(by),
            ExprKind::Binary(_, a, b) | ExprKind::Range(a, b) => light(a) && light(b),
            ExprKind::List(items) | ExprKind::Call(_, items) => items.iter().all(light),
            ExprKind::Object(entries) => entries.iter().all(|(key, value)| light(key) && light(value)),
            ExprKind::Subject(subject) => subject_is_light(subject, scope),
        }
    }

    fn span(&self) -> Span {
        self.span
    }
}

impl Weighed for Vec<Expr> {
    fn is_light(&self, scope: &Scope) -> bool {
        self.iter().all(|expr| expr.is_light(scope))
    }

    fn span(&self) -> Span {
        self.first().map_or_else(Span::nowhere, |first| first.span)
    }
}

impl Weighed for FrameBody {
    fn is_light(&self, scope: &Scope) -> bool {
        self.value.is_light(scope)
    }

    fn span(&self) -> Span {
        self.value.span
    }
}

impl Weighed for Condition {
    fn is_light(&self, scope: &Scope) -> bool {
        let light = |condition: &Condition| condition.is_light(scope);
        match &self.kind {
            ConditionKind::Test(subject, matcher) => {
                subject_is_light(subject, scope) && matcher_is_light(matcher, scope)
            }
            ConditionKind::And(all) | ConditionKind::Or(all) => all.iter().all(light),
            ConditionKind::Not(inner) => inner.is_light(scope),
        }
    }

    fn span(&self) -> Span {
        self.span
    }
}

/// What is put into a request; what is asked of its response has a weight of its own ([`checks_are_light`]).
impl Weighed for Request {
    fn is_light(&self, scope: &Scope) -> bool {
        let light = |expr: &Expr| expr.is_light(scope);
        let all = |fields: &[Field]| fields.iter().all(|field| light(&field.value));
        let auth = self.auth.as_ref().is_none_or(|auth| match auth {
            Auth::Bearer(token) => light(token),
            Auth::Basic { user, password } | Auth::Digest { user, password } => light(user) && light(password),
        });
        let body = self.body.as_ref().is_none_or(|body| match body {
            Body::Json(value) | Body::Raw(value) | Body::Form(value) => light(value),
            Body::Multipart(fields) => fields.iter().all(|field| light(&field.value)),
            Body::Graphql { query, variables } => light(query) && variables.as_ref().is_none_or(light),
        });
        let rest = self.timeout.iter().chain(&self.follow_redirects).chain(self.method.given());
        auth && body && light(&self.url) && all(&self.headers) && all(&self.query) && all(&self.cookies) && {
            let mut rest = rest;
            rest.all(light)
        }
    }

    fn span(&self) -> Span {
        self.span
    }
}

impl Weighed for Expectation {
    fn is_light(&self, scope: &Scope) -> bool {
        subject_is_light(&self.subject, scope) && matcher_is_light(&self.matcher, scope)
    }

    fn span(&self) -> Span {
        self.span
    }
}

/// Whether all of these take no longer than what they look at is large.
pub(super) fn checks_are_light(checks: &[Check], scope: &Scope) -> bool {
    checks.iter().all(|check| match check {
        Check::Expect(expect) => expect.is_light(scope),
        Check::Capture(capture) => capture.regex.is_none() && subject_is_light(&capture.subject, scope),
        Check::Either { branches, .. } => branches.iter().all(|branch| checks_are_light(branch, scope)),
    })
}

pub(super) fn subject_is_light(subject: &Subject, scope: &Scope) -> bool {
    match &subject.kind {
        SubjectKind::XPath(_) | SubjectKind::Css(_) => false,
        SubjectKind::JsonPath(path) => path.path.is_singular(),
        SubjectKind::Expr(expr) => expr.is_light(scope),
        _ => true,
    }
}

fn matcher_is_light(matcher: &Matcher, scope: &Scope) -> bool {
    match &matcher.kind {
        MatcherKind::Not(inner) => matcher_is_light(inner, scope),
        kind => kind.row().is_light && kind.operands().all(|of| of.is_light(scope)),
    }
}

fn is_small(value: &Value) -> bool {
    value.is_within(&mut { AT_ONCE })
}
