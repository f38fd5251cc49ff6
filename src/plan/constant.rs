use std::collections::BTreeMap;

use super::{Expr, ExprKind, Piece};
use crate::syntax::ast::{BinaryOp, UnaryOp};
use crate::value::{Value, compare, equal};

/// The value of an expression that is known before anything runs: literals, `env.NAME`, files, and what is made of them.
/// `None` for whatever a run must give (captures, functions, credentials).
pub(super) fn value(expr: &Expr, env: &BTreeMap<String, Value>) -> Option<Value> {
    match &expr.kind {
        ExprKind::Const(value) => Some(value.clone()),
        ExprKind::Env(name) => env.get(&**name).cloned(),
        ExprKind::Template(pieces) => template(pieces, env),
        ExprKind::List(items) => items.iter().map(|item| value(item, env)).collect::<Option<Vec<_>>>().map(Value::list),
        ExprKind::Object(entries) => object(entries, env),
        ExprKind::Range(from, to) => range(from, to, env),
        ExprKind::Field(of, name) => {
            let of = value(of, env)?;
            of.as_json()?.get(&**name).cloned().map(Value::from)
        }
        ExprKind::Index(of, index) => index_of(&value(of, env)?, &value(index, env)?),
        ExprKind::File(file) => {
            let text = || std::str::from_utf8(&file.bytes).ok().map(Value::from);
            file.parsed.clone().or_else(text)
        }
        ExprKind::Unary(op, of) => unary(*op, &value(of, env)?),
        ExprKind::Binary(op, left, right) => binary(*op, &value(left, env)?, &value(right, env)?),
        _ => None,
    }
}

fn unary(op: UnaryOp, of: &Value) -> Option<Value> {
    match op {
        UnaryOp::Not => Some(Value::from(crate::value::Json::from(!of.as_json()?.as_bool()?))),
        UnaryOp::Minus => of.checked_neg(),
    }
}

fn binary(op: BinaryOp, left: &Value, right: &Value) -> Option<Value> {
    let truth = |value: &Value| value.as_json()?.as_bool();
    let holds = match op {
        BinaryOp::Add => return left.checked_add(right),
        BinaryOp::Subtract => return left.checked_sub(right),
        BinaryOp::Multiply => return left.checked_mul(right),
        BinaryOp::Divide => return left.checked_div(right),
        BinaryOp::And => truth(left)? && truth(right)?,
        BinaryOp::Or => truth(left)? || truth(right)?,
        BinaryOp::Equal => equal(left, right),
        BinaryOp::NotEqual => !equal(left, right),
        BinaryOp::Less => compare(left, right)?.is_lt(),
        BinaryOp::LessEqual => compare(left, right)?.is_le(),
        BinaryOp::Greater => compare(left, right)?.is_gt(),
        BinaryOp::GreaterEqual => compare(left, right)?.is_ge(),
    };
    Some(Value::from(crate::value::Json::from(holds)))
}

fn template(pieces: &[Piece], env: &BTreeMap<String, Value>) -> Option<Value> {
    let mut text = String::new();
    let mut secret = false;
    for piece in pieces {
        match piece {
            Piece::Text(piece) => text.push_str(piece),
            Piece::Expr(expr) => {
                let value = value(expr, env)?;
                secret |= matches!(value, Value::Secret(_));
                text.push_str(&value.to_text());
            }
        }
    }
    Some(if secret { Value::Secret(crate::value::Secret::new(text)) } else { Value::from(text.as_str()) })
}

fn object(entries: &[(Expr, Expr)], env: &BTreeMap<String, Value>) -> Option<Value> {
    let entry = |(key, of): &(Expr, Expr)| Some((value(key, env)?.to_text(), value(of, env)?.to_json()));
    let map = entries.iter().map(entry).collect::<Option<crate::value::JsonMap>>()?;
    Some(Value::from(crate::value::Json::Object(map)))
}

fn range(from: &Expr, to: &Expr, env: &BTreeMap<String, Value>) -> Option<Value> {
    const LONGEST: i64 = 100_000;
    let (from, to) = (value(from, env)?.as_json()?.as_i64()?, value(to, env)?.as_json()?.as_i64()?);
    (to.checked_sub(from)? <= LONGEST).then(|| Value::from(crate::value::Json::from((from..=to).collect::<Vec<_>>())))
}

fn index_of(of: &Value, index: &Value) -> Option<Value> {
    let of = of.as_json()?;
    let found = match index.as_json()? {
        crate::value::Json::String(key) => of.get(&**key),
        index => of.get(usize::try_from(index.as_u64()?).ok()?),
    };
    found.cloned().map(Value::from)
}
