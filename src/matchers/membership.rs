use super::{Mismatch, Verdict};
use crate::eval::{Context, Fault, compare, equal, evaluate, show};
use crate::plan::{Expr, ExprKind};
use crate::value::Value;

/// `in [200, 201]`, `in 200..299`: a range holds all that lies between its ends, fractions too.
pub(super) fn is_in(value: &Value, operand: &Expr, context: &Context<'_>) -> Verdict {
    let holds = match &operand.kind {
        ExprKind::Range(from, to) => {
            let (from, to) = (evaluate(from, context)?, evaluate(to, context)?);
            compare(value, &from).is_some_and(std::cmp::Ordering::is_ge)
                && compare(value, &to).is_some_and(std::cmp::Ordering::is_le)
        }
        _ => {
            let list = evaluate(operand, context)?;
            match &list {
                Value::List(values) => values.iter().any(|one| equal(value, one)),
                Value::Json(json) => {
                    json.as_array().is_some_and(|items| items.iter().any(|one| equal(value, &Value::from(one.clone()))))
                }
                _ => false,
            }
        }
    };
    if holds {
        return Ok(Ok(()));
    }
    Ok(Err(Mismatch::new(format!("is {}, expected one of {}", show(value), shown(operand, context)?))))
}

pub(super) fn shown(operand: &Expr, context: &Context<'_>) -> Result<String, Fault> {
    match &operand.kind {
        ExprKind::Range(from, to) => {
            Ok(format!("{}..{}", show(&evaluate(from, context)?), show(&evaluate(to, context)?)))
        }
        _ => evaluate(operand, context).map(|value| show(&value)),
    }
}
