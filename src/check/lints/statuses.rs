use super::super::constant;
use super::super::cx::Cx;
use super::super::scope::Scope;
use crate::diag::{Diagnostic, codes};
use crate::syntax::ast::{Expr, ExprKind};

/// The statuses of HTTP (RFC 9110, section 15).
pub const RANGE: std::ops::RangeInclusive<i64> = 100..=599;

/// A status, a range, or a list of them, where each must be one.
pub fn list<'p>(cx: &mut Cx<'p>, scope: &Scope<'p>, expr: &'p Expr) -> bool {
    match &expr.kind {
        ExprKind::List(items) => items.iter().filter(|item| !list(cx, scope, item)).count() == 0,
        ExprKind::Range(from, to) => list(cx, scope, from) && list(cx, scope, to),
        _ => one(cx, scope, expr),
    }
}

/// Whether a value that is known can be a status; reports it otherwise.
pub fn one<'p>(cx: &mut Cx<'p>, scope: &Scope<'p>, expr: &'p Expr) -> bool {
    let Some(amount) = constant::of(expr, Some(scope)).and_then(|value| value.amount()) else { return true };
    if amount.fract() == 0.0 && RANGE.contains(&(amount as i64)) {
        return true;
    }
    cx.report(
        Diagnostic::error(&codes::STATUS_OUT_OF_RANGE, expr.span, format!("{} is no HTTP status", cx.text(expr.span)))
            .with_help("statuses have three digits, from 100 to 599"),
    );
    false
}
