use super::{Comparison, Kind, Mismatch};
use crate::eval::{Context, Fault, compare, equal, evaluate, show};
use crate::plan::{Expr, ExprKind};
use crate::value::Value;

/// `in [200, 201]`, `in 200..299`: a range holds all that lies between its ends, fractions too.
pub(super) fn is_in(value: &Value, operand: &Expr, context: &Context<'_>) -> Comparison {
    let holds = match &operand.kind {
        ExprKind::Range(from, to) => {
            let (from, to) = (evaluate(from, context)?, evaluate(to, context)?);
            let (Some(above), Some(below)) = (compare(value, &from), compare(value, &to)) else {
                let (value_shown, kind) = (show(value), value.kind());
                let text =
                    format!("is {value_shown} ({kind}), which can't be ordered with {}", shown(operand, context)?);
                return Ok(Err(Mismatch::of(Kind::Unsuitable, text)));
            };
            above.is_ge() && below.is_le()
        }
        _ => {
            let list = evaluate(operand, context)?;
            let among = list.elements().map(|items| items.iter().any(|one| equal(value, one)));
            let Some(among) = among else {
                let text = format!("is to be one of {} ({}), which isn't a list", show(&list), list.kind());
                return Ok(Err(Mismatch::of(Kind::Unsuitable, text)));
            };
            among
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
