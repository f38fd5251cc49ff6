use super::{Comparison, Kind, Mismatch, differences};
use crate::eval::{self, Context, equal, evaluate, show};
use crate::plan::Expr;
use crate::syntax::ast::BinaryOp;
use crate::value::Value;

/// `== != < <= > >=`
pub(super) fn compare(op: BinaryOp, value: &Value, in_json: bool, operand: &Expr, context: &Context<'_>) -> Comparison {
    let expected = evaluate(operand, context)?;
    let actual = alike(value, &expected, in_json);
    let holds = match op {
        BinaryOp::Equal => equal(&actual, &expected),
        BinaryOp::NotEqual => !equal(&actual, &expected),
        _ => match eval::compare(&actual, &expected) {
            Some(order) => op.fits(order),
            None => {
                let text = format!(
                    "is {} ({}), which can't be ordered with {} ({})",
                    show(value),
                    value.kind(),
                    show(&expected),
                    expected.kind()
                );
                return Ok(Err(Mismatch::of(Kind::Unsuitable, text)));
            }
        },
    };
    if holds {
        return Ok(Ok(()));
    }
    if op == BinaryOp::Equal {
        return Ok(Err(unequal(value, &expected)));
    }
    Ok(Err(Mismatch::new(format!("is {}, expected {}{}", show(value), words(op), show(&expected)))))
}

/// Structurally equal; says where the two differ.
pub(super) fn equals(value: &Value, in_json: bool, operand: &Expr, context: &Context<'_>) -> Comparison {
    let expected = evaluate(operand, context)?;
    if equal(&alike(value, &expected, in_json), &expected) {
        return Ok(Ok(()));
    }
    Ok(Err(unequal(value, &expected)))
}

/// A size is compared with a plain number, and headers such as `Content-Length` are text: a text outside of JSON that reads as the
/// expected number is that number. A JSON string never is: `"1"` for `1` is a mistake worth finding.
fn alike(value: &Value, expected: &Value, in_json: bool) -> Value {
    if in_json || !expected.as_json().is_some_and(crate::value::Json::is_number) {
        return value.clone();
    }
    let number = value.as_str().and_then(|text| text.trim().parse::<crate::value::JsonNumber>().ok());
    number.map_or_else(|| value.clone(), |number| Value::from(crate::value::Json::Number(number)))
}

fn unequal(value: &Value, expected: &Value) -> Box<Mismatch> {
    let mut mismatch = Mismatch::new(format!("is {}, expected {}", show(value), show(expected)));
    mismatch.help = hint(value, expected);
    if let (Some(actual), Some(expected)) = (value.as_json(), expected.as_json())
        && (actual.is_object() || actual.is_array())
        && (expected.is_object() || expected.is_array())
    {
        let found = differences(expected, actual);
        if let [only] = found.as_slice() {
            mismatch.path.clone_from(&only.path);
        }
        mismatch.text = format!("differs from what was expected in {}", super::difference::counted(&found));
        mismatch.differences = found;
    }
    mismatch
}

/// What two values that look alike differ in.
fn hint(value: &Value, expected: &Value) -> Option<String> {
    let (actual, wanted) = (value.as_json()?, expected.as_json()?);
    match (actual, wanted) {
        (crate::value::Json::String(a), crate::value::Json::String(b)) => {
            if a.trim() == b.trim() {
                return Some("they differ only in the white space around them".to_owned());
            }
            a.eq_ignore_ascii_case(b).then(|| "they differ only in upper and lower case".to_owned())
        }
        (crate::value::Json::String(a), other) if is_text_of(a, other) => {
            Some(format!("the value is a string; a {} was expected", crate::value::json_kind(other)))
        }
        (other, crate::value::Json::String(b)) if is_text_of(b, other) => {
            Some(format!("the value is a {}; a string was expected", crate::value::json_kind(other)))
        }
        _ => None,
    }
}

/// Whether a text reads as the value is written.
fn is_text_of(text: &str, value: &crate::value::Json) -> bool {
    let written = value.to_string();
    written == text
}

/// `less than `, with its space; nothing for equality.
pub(super) fn words(op: BinaryOp) -> &'static str {
    match op {
        BinaryOp::NotEqual => "anything but ",
        BinaryOp::Less => "less than ",
        BinaryOp::LessEqual => "at most ",
        BinaryOp::Greater => "more than ",
        BinaryOp::GreaterEqual => "at least ",
        _ => "",
    }
}
