use super::scope::Scope;
use crate::syntax::ast::{BinaryOp, Expr, ExprKind, ObjectKey, UnaryOp};
use crate::value::{self, Json, JsonMap, Value};

/// A value that is known before the run: what a run would calculate, by the same operations.
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

    pub fn is_zero(&self) -> bool {
        self.0.amount().is_some_and(|amount| amount.is_zero())
    }

    /// Arithmetic of two known values; `None` where it has no value at run time either.
    pub fn calculated(&self, op: BinaryOp, other: &Const) -> Option<Const> {
        match op {
            BinaryOp::Add => self.0.checked_add(&other.0),
            BinaryOp::Subtract => self.0.checked_sub(&other.0),
            BinaryOp::Multiply => self.0.checked_mul(&other.0),
            BinaryOp::Divide => self.0.checked_div(&other.0),
            _ => None,
        }
        .map(Const)
    }

    /// What is made of values that are made of others may grow with every line, and each would be a copy.
    fn is_short(&self) -> bool {
        const MOST_ELEMENTS: usize = 1_000;
        const MOST_BYTES: usize = 64 << 10;
        let elements = self.0.as_json().and_then(Json::as_array).map_or(0, |list| list.len());
        elements <= MOST_ELEMENTS && self.text().map_or(0, str::len) <= MOST_BYTES
    }

    /// Whether it is greater than another of its kind.
    pub fn exceeds(&self, other: &Const) -> bool {
        value::compare(&self.0, &other.0).is_some_and(std::cmp::Ordering::is_gt)
    }
}

impl From<i64> for Const {
    fn from(whole: i64) -> Self {
        json(Json::from(whole))
    }
}

fn json(value: Json) -> Const {
    Const(Value::from(value))
}

/// The value of an expression that is made of literals, and of names that literals were given to.
pub(super) fn of(expr: &Expr, scope: Option<&Scope<'_>>) -> Option<Const> {
    Some(match &expr.kind {
        ExprKind::Null => Const(Value::null()),
        ExprKind::Bool(value) => json(Json::from(*value)),
        ExprKind::Number(value) => json(Json::Number(value.clone())),
        ExprKind::Duration(value) => Const(Value::Duration(*value)),
        ExprKind::Size(bytes) => Const(Value::Size(*bytes)),
        ExprKind::Percent(value) => Const(Value::Percent(*value)),
        ExprKind::Rate(rate) => Const(Value::Rate(*rate)),
        ExprKind::Money(money) => Const(Value::Money(*money)),
        ExprKind::String(template) => json(Json::from(template.as_text()?)),
        ExprKind::Name(name) => scope?.constant(&name.text)?.clone(),
        ExprKind::List(items) => {
            let items = items.iter().map(|item| Some(of(item, scope)?.0)).collect::<Option<Vec<_>>>()?;
            Const(Value::list(items))
        }
        ExprKind::Object(entries) => {
            let mut object = JsonMap::new();
            for entry in entries {
                let key = match &entry.key {
                    ObjectKey::Name(name) => name.text.clone(),
                    ObjectKey::String(template) => template.as_text()?,
                };
                object.insert(key, of(entry.value.as_ref()?, scope)?.0.to_json());
            }
            json(Json::Object(object))
        }
        ExprKind::Unary(UnaryOp::Minus, inner) => Const(of(inner, scope)?.0.checked_neg()?),
        ExprKind::Unary(UnaryOp::Not, inner) => json(Json::from(!truth(&of(inner, scope)?)?)),
        ExprKind::Binary(op, _, left, right) => binary(*op, &of(left, scope)?, &of(right, scope)?)?,
        _ => return None,
    })
}

fn truth(value: &Const) -> Option<bool> {
    value.0.as_json()?.as_bool()
}

fn binary(op: BinaryOp, left: &Const, right: &Const) -> Option<Const> {
    match op {
        BinaryOp::And => Some(json(Json::from(truth(left)? && truth(right)?))),
        BinaryOp::Or => Some(json(Json::from(truth(left)? || truth(right)?))),
        BinaryOp::Add | BinaryOp::Subtract | BinaryOp::Multiply | BinaryOp::Divide => {
            left.calculated(op, right).filter(Const::is_short)
        }
        _ => compare(op, left, right).map(|holds| json(Json::from(holds))),
    }
}

/// Whether a comparison of known values holds; `None` for what is no comparison, or can't be said.
pub(super) fn compare(op: BinaryOp, left: &Const, right: &Const) -> Option<bool> {
    let ordered = || value::compare(&left.0, &right.0);
    match op {
        BinaryOp::Equal => Some(equal(left, right)),
        BinaryOp::NotEqual => Some(!equal(left, right)),
        BinaryOp::Less => ordered().map(std::cmp::Ordering::is_lt),
        BinaryOp::LessEqual => ordered().map(std::cmp::Ordering::is_le),
        BinaryOp::Greater => ordered().map(std::cmp::Ordering::is_gt),
        BinaryOp::GreaterEqual => ordered().map(std::cmp::Ordering::is_ge),
        _ => None,
    }
}

pub(super) fn equal(left: &Const, right: &Const) -> bool {
    value::equal(&left.0, &right.0)
}
