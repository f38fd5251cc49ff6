use std::collections::HashMap;

use super::scope::Scope;
use crate::source::Span;
use crate::syntax::ast::{Expr, ExprKind};
use crate::value::{self, Bindings, Oversize, Refusal, Stop, Value};

/// A value that is known before the run: what a run would calculate, by the same evaluator.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Const(Value);

impl Const {
    /// What it counts, to be compared with the bounds of this check; durations are in seconds.
    pub fn amount(&self) -> Option<f64> {
        match &self.0 {
            Value::Duration(duration) => Some(duration.as_secs_f64()),
            value => value.amount()?.as_f64(),
        }
    }

    pub fn as_whole(&self) -> Option<i64> {
        self.0.as_json()?.as_i64().filter(|whole| whole.unsigned_abs() < 9_000_000_000_000_000)
    }

    pub fn text(&self) -> Option<&str> {
        self.0.as_str()
    }

    pub fn seconds(&self) -> Option<f64> {
        match &self.0 {
            Value::Duration(duration) => Some(duration.as_secs_f64()),
            _ => None,
        }
    }

    pub fn value(&self) -> &Value {
        &self.0
    }

    /// Whether it is greater than another of its kind.
    pub fn exceeds(&self, other: &Const) -> bool {
        value::compare(&self.0, &other.0).is_some_and(std::cmp::Ordering::is_gt)
    }
}

/// What is known of the parts of an expression that is looked at; `None` of one whose value isn't known.
pub(super) type Kept = HashMap<Span, Option<Value>>;

/// The value of an expression that is made of literals, and of names that literals were given to.
pub(super) fn of(expr: &Expr, scope: Option<&Scope<'_>>) -> Option<Const> {
    value::evaluate(expr, &Names { scope, kept: None }).ok().map(Const)
}

/// What an expression is worth, and if nothing, why and where.
pub(super) fn worth(expr: &Expr, scope: &Scope<'_>, kept: &Kept) -> Result<Value, Stop<(Span, Refusal)>> {
    value::evaluate(expr, &Names { scope: Some(scope), kept: Some(kept) })
}

/// The names that literals were given to.
struct Names<'s, 'p> {
    scope: Option<&'s Scope<'p>>,
    kept: Option<&'s Kept>,
}

impl Bindings<Expr> for Names<'_, '_> {
    type Fault = (Span, Refusal);

    fn outside(&self, expr: &Expr) -> Result<Value, Stop<Self::Fault>> {
        match &expr.kind {
            ExprKind::Name(name) => self.name(&name.text),
            _ => Err(Stop::Unknown),
        }
    }

    fn name(&self, name: &str) -> Result<Value, Stop<Self::Fault>> {
        self.scope.and_then(|scope| scope.constant(name)).map(|known| known.0.clone()).ok_or(Stop::Unknown)
    }

    fn known(&self, expr: &Expr) -> Option<Result<Value, Stop<Self::Fault>>> {
        self.kept?.get(&expr.span).map(|kept| kept.clone().ok_or(Stop::Unknown))
    }

    fn refused(&self, at: &Expr, why: Refusal) -> Stop<Self::Fault> {
        Stop::Fault((at.span, why))
    }

    /// Names may double a text with every line.
    fn most(&self) -> usize {
        const MOST: usize = 1 << 16;
        MOST
    }

    fn oversize(&self, at: &Expr, why: Oversize) -> Stop<Self::Fault> {
        match why {
            Oversize::Large => Stop::Unknown,
            Oversize::Deep => self.refused(at, Refusal::Oversize(why)),
        }
    }
}
