//! Scenarios whose requests are the same in each iteration of a user, and whose expectations can be judged on the bytes of a response. Such an iteration costs little more than
//! its exchanges; as soon as anything is otherwise than expected, it goes on as any other.

use std::sync::Arc;
use std::time::Duration;

use super::super::prepare::DEFAULT_TIMEOUT;
use crate::judge::load::{Asked, QuickChecks};
use crate::plan::{Auth, Body, Expr, ExprKind, Field, Load, Piece, Request, Scenario, Slot, Step, StepKind};
use crate::value::Value;

/// A scenario that can be run so.
pub(super) struct Script {
    pub steps: Vec<Quick>,
}

/// One request of it.
pub(super) struct Quick {
    pub request: Arc<Request>,
    pub checks: QuickChecks,
    pub limit: Duration,
    /// Among the scenario's steps.
    pub place: usize,
}

/// What a user has made ready of a request.
pub(super) struct Ready {
    /// Its place in the user's session.
    pub request: usize,
    pub asked: Asked,
    pub method: String,
    /// Without its query.
    pub url: String,
    pub service: Option<String>,
}

impl Script {
    /// `None` where an iteration needs more than that.
    pub fn of(scenario: &Scenario, load: &Load) -> Option<Self> {
        // What a user binds before its iterations is the same in all of them; rows that they share aren't.
        let is_kept =
            |slot: Slot| slot.0 < load.shared_slots && !load.rows.iter().any(|rows| rows.shared && rows.slot == slot);
        let steps = scenario
            .body
            .iter()
            .enumerate()
            .map(|(place, step)| quick(place, step, &is_kept))
            .collect::<Option<Vec<Quick>>>()?;
        (!steps.is_empty()).then_some(Self { steps })
    }
}

fn quick(place: usize, step: &Step, is_kept: &dyn Fn(Slot) -> bool) -> Option<Quick> {
    let StepKind::Request(request) = &step.kind else { return None };
    let same = |expr: &Expr| is_same(expr, is_kept);
    let all_same = |fields: &[Field]| fields.iter().all(|field| same(&field.value));
    let auth = match &request.auth {
        None => true,
        Some(Auth::Bearer(token)) => same(token),
        Some(Auth::Basic { user, password }) => same(user) && same(password),
        Some(Auth::Digest { .. }) => false,
    };
    let body = match &request.body {
        None => true,
        Some(Body::Json(value) | Body::Raw(value) | Body::Form(value)) => same(value),
        Some(Body::Multipart(_)) => false,
        Some(Body::Graphql { query, variables }) => same(query) && variables.as_ref().is_none_or(same),
    };
    let is_plain = step.credentials.is_empty()
        && request.cookies.is_empty()
        && request.retry.is_none()
        && request.follow_redirects.is_none()
        && request.http.is_none()
        && !request.compressed
        && request.expect_failure.is_none();
    let is_same = request.method.given().is_none_or(same)
        && same(&request.url)
        && all_same(&request.headers)
        && all_same(&request.query)
        && auth
        && body;
    if !is_plain || !is_same {
        return None;
    }
    let limit = match &request.timeout {
        None => DEFAULT_TIMEOUT,
        Some(Expr { kind: ExprKind::Const(Value::Duration(limit)), .. }) => *limit,
        Some(_) => return None,
    };
    Some(Quick { request: request.clone(), checks: QuickChecks::of(&request.checks)?, limit, place })
}

/// Whether an expression is worth the same in each iteration of a user.
fn is_same(expr: &Expr, is_kept: &dyn Fn(Slot) -> bool) -> bool {
    let same = |expr: &Expr| is_same(expr, is_kept);
    match &expr.kind {
        ExprKind::Const(_) | ExprKind::Env(_) | ExprKind::File(_) => true,
        ExprKind::Var(slot) => is_kept(*slot),
        ExprKind::Template(pieces) => pieces.iter().all(|piece| match piece {
            Piece::Text(_) => true,
            Piece::Expr(expr) => same(expr),
        }),
        ExprKind::Field(of, _) | ExprKind::Unary(_, of) => same(of),
        ExprKind::Index(a, b) | ExprKind::Range(a, b) | ExprKind::Binary(_, a, b) => same(a) && same(b),
        ExprKind::List(items) => items.iter().all(same),
        ExprKind::Object(entries) => entries.iter().all(|(key, value)| same(key) && same(value)),
        // A function may give another value each time, and a credential is renewed.
        ExprKind::Call(..) | ExprKind::Credential(_) | ExprKind::Subject(_) => false,
    }
}
