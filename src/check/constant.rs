use crate::value::Json;

use super::scope::Scope;
use crate::syntax::ast::{BinaryOp, Expr, ExprKind, ObjectKey, UnaryOp};

/// A value that is known before the run.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Const {
    Json(Json),
    /// Seconds.
    Duration(f64),
    /// Bytes.
    Size(f64),
    Percent(f64),
    Rate(f64),
    Money(f64),
}

impl Const {
    /// What can be compared by `<`: a number, and what it counts.
    pub fn amount(&self) -> Option<f64> {
        match self {
            Const::Json(json) => json.as_f64(),
            Const::Duration(amount)
            | Const::Size(amount)
            | Const::Percent(amount)
            | Const::Rate(amount)
            | Const::Money(amount) => Some(*amount),
        }
    }

    pub fn as_whole(&self) -> Option<i64> {
        let amount = match self {
            Const::Json(json) => json.as_f64()?,
            _ => return None,
        };
        (amount.fract() == 0.0 && amount.abs() < 9e15).then_some(amount as i64)
    }

    fn same_kind(&self, amount: f64) -> Const {
        match self {
            Const::Json(_) => number(amount),
            Const::Duration(_) => Const::Duration(amount),
            Const::Size(_) => Const::Size(amount),
            Const::Percent(_) => Const::Percent(amount),
            Const::Rate(_) => Const::Rate(amount),
            Const::Money(_) => Const::Money(amount),
        }
    }
}

fn number(amount: f64) -> Const {
    if amount.fract() == 0.0 && amount.abs() < 9e15 {
        return Const::Json(Json::from(amount as i64));
    }
    Const::Json(crate::value::JsonNumber::from_f64(amount).map_or(Json::Null, Json::Number))
}

/// The value of an expression that is made of literals, and of names that literals were given to.
pub(super) fn of(expr: &Expr, scope: Option<&Scope<'_>>) -> Option<Const> {
    Some(match &expr.kind {
        ExprKind::Null => Const::Json(Json::Null),
        ExprKind::Bool(value) => Const::Json(Json::from(*value)),
        ExprKind::Number(value) => Const::Json(Json::Number(value.clone())),
        ExprKind::Duration(value) => Const::Duration(value.as_secs_f64()),
        ExprKind::Size(bytes) => Const::Size(*bytes as f64),
        ExprKind::Percent(value) => Const::Percent(*value),
        ExprKind::Rate(rate) => Const::Rate(rate.per_second),
        ExprKind::Money(money) => Const::Money(money.amount),
        ExprKind::String(template) => Const::Json(Json::from(template.as_text()?)),
        ExprKind::Name(name) => scope?.constant(&name.text)?.clone(),
        ExprKind::List(items) => {
            let items = items.iter().map(|item| json(of(item, scope)?)).collect::<Option<Vec<_>>>()?;
            Const::Json(Json::Array(items))
        }
        ExprKind::Object(entries) => {
            let mut object = crate::value::JsonMap::new();
            for entry in entries {
                let key = match &entry.key {
                    ObjectKey::Name(name) => name.text.clone(),
                    ObjectKey::String(template) => template.as_text()?,
                };
                object.insert(key, json(of(entry.value.as_ref()?, scope)?)?);
            }
            Const::Json(Json::Object(object))
        }
        ExprKind::Unary(UnaryOp::Minus, inner) => {
            let inner = of(inner, scope)?;
            inner.same_kind(-inner.amount()?)
        }
        ExprKind::Unary(UnaryOp::Not, inner) => match of(inner, scope)? {
            Const::Json(Json::Bool(value)) => Const::Json(Json::from(!value)),
            _ => return None,
        },
        ExprKind::Binary(op, _, left, right) => binary(*op, &of(left, scope)?, &of(right, scope)?)?,
        _ => return None,
    })
}

fn json(value: Const) -> Option<Json> {
    match value {
        Const::Json(json) => Some(json),
        _ => None,
    }
}

fn binary(op: BinaryOp, left: &Const, right: &Const) -> Option<Const> {
    let truth = |value: &Const| match value {
        Const::Json(Json::Bool(value)) => Some(*value),
        _ => None,
    };
    match op {
        BinaryOp::And => return Some(Const::Json(Json::from(truth(left)? && truth(right)?))),
        BinaryOp::Or => return Some(Const::Json(Json::from(truth(left)? || truth(right)?))),
        BinaryOp::Multiply | BinaryOp::Divide => {
            let (a, b) = (left.amount()?, right.amount()?);
            // An amount times a number is an amount again.
            let scaled =
                matches!(right, Const::Json(_)).then_some(left).or(matches!(left, Const::Json(_)).then_some(right))?;
            if op == BinaryOp::Multiply {
                return Some(scaled.same_kind(a * b));
            }
            return (matches!(right, Const::Json(_)) && b != 0.0).then(|| left.same_kind(a / b));
        }
        _ => {}
    }
    if let Some(holds) = compare(op, left, right) {
        return Some(Const::Json(Json::from(holds)));
    }
    if std::mem::discriminant(left) != std::mem::discriminant(right) {
        return None;
    }
    let (a, b) = (left.amount()?, right.amount()?);
    match op {
        BinaryOp::Add => Some(left.same_kind(a + b)),
        BinaryOp::Subtract => Some(left.same_kind(a - b)),
        _ => None,
    }
}

/// Whether a comparison of known values holds; `None` for what is no comparison, or can't be said.
pub(super) fn compare(op: BinaryOp, left: &Const, right: &Const) -> Option<bool> {
    let ordered = || Some((left.amount()?, right.amount()?));
    match op {
        BinaryOp::Equal => Some(equal(left, right)),
        BinaryOp::NotEqual => Some(!equal(left, right)),
        BinaryOp::Less => ordered().map(|(a, b)| a < b),
        BinaryOp::LessEqual => ordered().map(|(a, b)| a <= b),
        BinaryOp::Greater => ordered().map(|(a, b)| a > b),
        BinaryOp::GreaterEqual => ordered().map(|(a, b)| a >= b),
        _ => None,
    }
}

pub(super) fn equal(left: &Const, right: &Const) -> bool {
    match (left.amount(), right.amount()) {
        (Some(a), Some(b)) => a == b,
        _ => left == right,
    }
}
