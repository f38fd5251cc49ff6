//! Judging that could take long, apart from the threads that read sockets and keep deadlines.

use std::sync::Arc;

use super::host::TestHost;
use crate::eval::{Host, Scope};
use crate::event::Exchange;
use crate::judge::{self, Judged};
use crate::plan::{
    Check, CredentialId, Expectation, Expr, ExprKind, Matcher, MatcherKind, Piece, Plan, Request, Subject, SubjectKind,
};
use crate::value::effort::Effort;
use crate::value::{SecretSink, Value};

/// The largest body or frames, in bytes, that are judged at once: nothing that is light takes longer over them than a step may go beyond its deadline.
pub(super) const AT_ONCE: usize = 8 << 10;

/// Works on a thread that nothing else waits for. Where the caller's time is over, it stops waiting, and the work is given up.
pub(super) async fn apart<T: Send + 'static>(work: impl FnOnce(Effort) -> T + Send + 'static) -> T {
    let (effort, _waiting) = Effort::new();
    match tokio::task::spawn_blocking(move || effort.clone().make(|| work(effort))).await {
        Ok(made) => made,
        Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
        // The run is being shut down, and nobody waits for what this would give.
        Err(_) => std::future::pending().await,
    }
}

/// Judges an exchange, and gives the scope with what was captured.
pub(super) async fn judged(
    plan: &Arc<Plan>,
    request: &Request,
    exchange: &Arc<Exchange>,
    mut scope: Scope,
    host: &Arc<TestHost>,
) -> (Judged, Scope) {
    let size = exchange.outcome.as_ref().map_or(0, |response| response.body.len());
    if size <= AT_ONCE && are_light(&request.checks) {
        let judged = judge::response(plan, request, exchange, &mut scope, &**host);
        return (judged, scope);
    }
    let (plan, request, exchange, host) = (plan.clone(), request.clone(), exchange.clone(), host.clone());
    apart(move |effort| {
        let host = Abandonable { host, effort };
        let judged = judge::response(&plan, &request, &exchange, &mut scope, &host);
        (judged, scope)
    })
    .await
}

/// Whether all of these take no longer than what they look at is large.
fn are_light(checks: &[Check]) -> bool {
    checks.iter().all(|check| match check {
        Check::Expect(expect) => is_light(expect),
        Check::Capture(capture) => capture.regex.is_none() && is_light_subject(&capture.subject),
        Check::Either { branches, .. } => branches.iter().all(|branch| are_light(branch)),
    })
}

pub(super) fn is_light(expect: &Expectation) -> bool {
    is_light_subject(&expect.subject) && is_light_matcher(&expect.matcher)
}

pub(super) fn is_light_subject(subject: &Subject) -> bool {
    match &subject.kind {
        SubjectKind::XPath(_) | SubjectKind::Css(_) => false,
        SubjectKind::JsonPath(path) => path.path.is_singular(),
        SubjectKind::Expr(expr) => is_light_value(expr),
        _ => true,
    }
}

fn is_light_matcher(matcher: &Matcher) -> bool {
    use MatcherKind as Kind;
    match &matcher.kind {
        Kind::Compare(_, of)
        | Kind::In(of)
        | Kind::Contains(of)
        | Kind::StartsWith(of)
        | Kind::EndsWith(of)
        | Kind::Equals(of)
        | Kind::HasLength(of)
        | Kind::ExpiresAfter(of) => is_light_value(of),
        Kind::CloseTo { target, tolerance } => is_light_value(target) && is_light_value(tolerance),
        Kind::Is(_) | Kind::Exists | Kind::IsEmpty => true,
        Kind::Not(inner) => is_light_matcher(inner),
        _ => false,
    }
}

fn is_light_value(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Const(_) | ExprKind::Var(_) | ExprKind::Env(_) | ExprKind::Credential(_) | ExprKind::File(_) => true,
        ExprKind::Template(pieces) => pieces.iter().all(|piece| match piece {
            Piece::Text(_) => true,
            Piece::Expr(expr) => is_light_value(expr),
        }),
        ExprKind::Field(of, _) | ExprKind::Unary(_, of) => is_light_value(of),
        ExprKind::Index(of, by) => is_light_value(of) && is_light_value(by),
        ExprKind::Binary(_, a, b) | ExprKind::Range(a, b) => is_light_value(a) && is_light_value(b),
        ExprKind::List(items) | ExprKind::Call(_, items) => items.iter().all(is_light_value),
        ExprKind::Object(entries) => entries.iter().all(|(key, value)| is_light_value(key) && is_light_value(value)),
        ExprKind::Subject(subject) => is_light_subject(subject),
    }
}

/// The host of a test that may have ended meanwhile.
pub(super) struct Abandonable {
    pub host: Arc<TestHost>,
    pub effort: Effort,
}

impl Host for Abandonable {
    fn now(&self) -> jiff::Timestamp {
        self.host.now()
    }

    fn random(&self) -> u64 {
        self.host.random()
    }

    fn credential(&self, id: CredentialId) -> Option<Value> {
        self.host.credential(id)
    }

    fn secrets(&self) -> Option<&dyn SecretSink> {
        self.host.secrets()
    }

    fn is_over(&self) -> bool {
        self.effort.is_vain()
    }
}
