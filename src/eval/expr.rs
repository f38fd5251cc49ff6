use super::{Context, Fault, Unread, compare, equal, function, show, subject, taint};
use crate::diag::{Diagnostic, closest, codes};
use crate::plan::{Expr, ExprKind, FileContent, Piece};
use crate::source::Span;
use crate::syntax::ast::{BinaryOp, UnaryOp};
use crate::value::Value;

/// What an expression is worth.
///
/// # Errors
/// A name without a value, a part that isn't there, an operation that the values don't allow: one diagnostic at the very operand.
pub fn evaluate(expr: &Expr, context: &Context<'_>) -> Result<Value, Fault> {
    match &expr.kind {
        ExprKind::Const(value) => Ok(value.clone()),
        ExprKind::Var(slot) => {
            context.scope.get(*slot).cloned().ok_or_else(|| unbound(expr.span, context.scope.name(*slot)))
        }
        ExprKind::Env(name) => {
            context.plan.environment.values.get(&**name).cloned().ok_or_else(|| no_env(expr.span, name, context))
        }
        ExprKind::Credential(id) => context.host.credential(*id).ok_or_else(|| {
            fault(
                &codes::CREDENTIAL_FAILED,
                expr.span,
                "this credential hasn't been obtained",
                "see the failure of its flow",
            )
        }),
        ExprKind::Template(pieces) => template(pieces, context),
        ExprKind::Field(of, name) => field(expr.span, &evaluate(of, context)?, name),
        ExprKind::Index(of, index) => element(expr.span, &evaluate(of, context)?, &evaluate(index, context)?),
        ExprKind::List(items) => {
            items.iter().map(|item| evaluate(item, context)).collect::<Result<Vec<_>, _>>().map(Value::list)
        }
        ExprKind::Object(entries) => object(entries, context),
        ExprKind::Range(from, to) => range(expr.span, &evaluate(from, context)?, &evaluate(to, context)?),
        ExprKind::Unary(op, of) => unary(*op, of.span, &evaluate(of, context)?),
        ExprKind::Binary(op, left, right) => binary(expr.span, *op, left, right, context),
        ExprKind::Call(function, args) => {
            let args = args.iter().map(|arg| evaluate(arg, context).map(|value| (value, arg.span)));
            let args = args.collect::<Result<Vec<_>, _>>()?;
            let value = function::call(*function, expr.span, &args, context)?;
            Ok(if args.iter().any(|(arg, _)| taint::is_secret(arg, context)) {
                taint::computed(value, context)
            } else {
                value
            })
        }
        ExprKind::Subject(subject) => subject::value(subject, context),
        ExprKind::File(file) => Ok(content(file)),
    }
}

pub(super) fn fault(
    code: &'static crate::diag::Code,
    span: Span,
    message: impl Into<String>,
    help: impl Into<String>,
) -> Fault {
    Box::new(Diagnostic::error(code, span, message).with_help(help))
}

fn unbound(span: Span, name: &str) -> Fault {
    let message = format!("`{name}` has no value here");
    fault(&codes::UNBOUND, span, message, "the step that would have captured it wasn't reached, or its list was empty")
}

fn no_env(span: Span, name: &str, context: &Context<'_>) -> Fault {
    let environment = &context.plan.environment;
    let message = match &environment.name {
        Some(chosen) => format!("the environment `{chosen}` has no value `{name}`"),
        None => format!("`env.{name}` is used, and no environment is chosen"),
    };
    let help = match closest(name, environment.values.keys().map(String::as_str)) {
        Some(near) => format!("did you mean `env.{near}`?"),
        None => "choose one with `--env NAME`, or give the value with `--set`".to_owned(),
    };
    fault(&codes::UNBOUND, span, message, help)
}

/// A file as a value: what it is read as, else its text, else its bytes.
fn content(file: &FileContent) -> Value {
    let text = || std::str::from_utf8(&file.bytes).ok().map(Value::from);
    file.parsed.clone().or_else(text).unwrap_or_else(|| Value::Bytes(file.bytes.clone()))
}

/// A string with a secret in it is a secret.
fn template(pieces: &[Piece], context: &Context<'_>) -> Result<Value, Fault> {
    let mut text = String::new();
    let mut secret = false;
    for piece in pieces {
        match piece {
            Piece::Text(piece) => text.push_str(piece),
            Piece::Expr(expr) => {
                let value = interpolated(expr, context)?;
                secret |= taint::is_secret(&value, context);
                text.push_str(&value.to_text());
            }
        }
    }
    let text = Value::from(crate::value::Json::from(text));
    Ok(if secret { taint::computed(text, context) } else { text })
}

/// A value that has a text.
pub(super) fn interpolated(expr: &Expr, context: &Context<'_>) -> Result<Value, Fault> {
    let value = evaluate(expr, context)?;
    if matches!(value, Value::Channel(_) | Value::Bytes(_)) {
        let message = format!("a value of kind {} can't stand in a text", value.kind());
        let help = "use a string, a number or another value with a text form";
        return Err(fault(&codes::BAD_VALUE, expr.span, message, help));
    }
    readable(expr.span, &value)?;
    Ok(value)
}

/// A string that is no text can't be used as one.
fn readable(span: Span, value: &Value) -> Result<(), Fault> {
    match value.as_json() {
        Some(json @ crate::value::Json::Unpaired(_)) => {
            Unread::of_json(json).map_or(Ok(()), |unread| Err(subject::unreadable(&unread, span)))
        }
        _ => Ok(()),
    }
}

/// What is compared is read whole.
fn read_whole(span: Span, value: &Value) -> Result<(), Fault> {
    Unread::of(value).map_or(Ok(()), |unread| Err(subject::unreadable(&unread, span)))
}

fn field(span: Span, of: &Value, name: &str) -> Result<Value, Fault> {
    let Some(crate::value::Json::Object(fields)) = of.as_json() else {
        let message = format!("`.{name}` is asked of a value of kind {}, which has no fields", of.kind());
        return Err(fault(&codes::BAD_VALUE, span, message, "only objects have fields"));
    };
    if let crate::value::Member::Twice(first, second) = fields.member(name) {
        let way = [crate::value::PathStep::Key(name.to_owned())];
        return Err(subject::twice(&way, first, second, span, "object"));
    }
    fields.get(name).cloned().map(Value::from).ok_or_else(|| {
        let help = match closest(name, fields.keys()) {
            Some(near) => format!("did you mean `.{near}`?"),
            None => format!("it has: {}", fields.keys().take(12).collect::<Vec<_>>().join(", ")),
        };
        fault(&codes::NO_SUCH_PART, span, format!("the object has no field `{name}`"), help)
    })
}

fn element(span: Span, of: &Value, index: &Value) -> Result<Value, Fault> {
    if let Some(key) = index.as_str() {
        return field(span, of, key);
    }
    let items: Vec<Value> = match of {
        Value::List(items) => items.to_vec(),
        other => match other.as_json().and_then(crate::value::Json::as_array) {
            Some(items) => items.iter().cloned().map(Value::from).collect(),
            None => {
                let message = format!("an element is asked of a value of kind {}", of.kind());
                return Err(fault(&codes::BAD_VALUE, span, message, "only lists have elements, and objects fields"));
            }
        },
    };
    let number = index.as_json().and_then(crate::value::Json::as_i64);
    let Some(number) = number else {
        let message = format!("{} can't be an index", show(index));
        return Err(fault(
            &codes::BAD_VALUE,
            span,
            message,
            "an index is a whole number from 0, or from -1 at the end",
        ));
    };
    let at =
        if number < 0 { items.len().checked_sub(number.unsigned_abs() as usize) } else { usize::try_from(number).ok() };
    at.and_then(|at| items.get(at)).cloned().ok_or_else(|| {
        let message = format!("the list has {} elements, so there is none at {number}", items.len());
        fault(&codes::NO_SUCH_PART, span, message, "the first element has the index 0")
    })
}

fn object(entries: &[(Expr, Expr)], context: &Context<'_>) -> Result<Value, Fault> {
    let mut map = crate::value::JsonMap::new();
    for (key, value) in entries {
        map.insert(evaluate(key, context)?.to_text(), evaluate(value, context)?.to_json());
    }
    Ok(Value::from(crate::value::Json::Object(map)))
}

fn range(span: Span, from: &Value, to: &Value) -> Result<Value, Fault> {
    const LONGEST: i64 = 1_000_000;
    let whole = |value: &Value| value.as_json().and_then(crate::value::Json::as_i64);
    let (Some(from), Some(to)) = (whole(from), whole(to)) else {
        return Err(fault(
            &codes::BAD_VALUE,
            span,
            "both ends of a range are whole numbers",
            "write for example `1..10`",
        ));
    };
    if to.checked_sub(from).is_none_or(|length| length > LONGEST) {
        return Err(fault(&codes::BAD_VALUE, span, "this range has more than a million elements", "make it shorter"));
    }
    Ok(Value::from(crate::value::Json::from((from..=to).collect::<Vec<_>>())))
}

fn unary(op: UnaryOp, span: Span, value: &Value) -> Result<Value, Fault> {
    match op {
        UnaryOp::Not => truth(span, value).map(|truth| boolean(!truth)),
        UnaryOp::Minus => {
            let message = || format!("{} can't be negated", show(value));
            value.checked_neg().ok_or_else(|| fault(&codes::BAD_VALUE, span, message(), "only numbers can"))
        }
    }
}

fn truth(span: Span, value: &Value) -> Result<bool, Fault> {
    value.as_json().and_then(crate::value::Json::as_bool).ok_or_else(|| {
        let message = format!("{} is neither true nor false", show(value));
        fault(&codes::BAD_VALUE, span, message, "compare it with something, as in `a == b`")
    })
}

fn boolean(value: bool) -> Value {
    Value::from(crate::value::Json::from(value))
}

fn binary(span: Span, op: BinaryOp, left: &Expr, right: &Expr, context: &Context<'_>) -> Result<Value, Fault> {
    let a = evaluate(left, context)?;
    match op {
        BinaryOp::Or if truth(left.span, &a)? => return Ok(boolean(true)),
        BinaryOp::And if !truth(left.span, &a)? => return Ok(boolean(false)),
        _ => {}
    }
    let b = evaluate(right, context)?;
    match op {
        BinaryOp::Or | BinaryOp::And => {}
        BinaryOp::Equal | BinaryOp::NotEqual => {
            read_whole(left.span, &a)?;
            read_whole(right.span, &b)?;
        }
        _ => {
            readable(left.span, &a)?;
            readable(right.span, &b)?;
        }
    }
    match op {
        BinaryOp::Or | BinaryOp::And => truth(right.span, &b).map(boolean),
        BinaryOp::Equal => Ok(boolean(equal(&a, &b))),
        BinaryOp::NotEqual => Ok(boolean(!equal(&a, &b))),
        BinaryOp::Less | BinaryOp::LessEqual | BinaryOp::Greater | BinaryOp::GreaterEqual => {
            let order = compare(&a, &b).ok_or_else(|| {
                let message = format!("{} ({}) and {} ({}) can't be ordered", show(&a), a.kind(), show(&b), b.kind());
                fault(&codes::BAD_VALUE, span, message, "compare values of one kind")
            })?;
            Ok(boolean(ordered(op, order)))
        }
        BinaryOp::Add | BinaryOp::Subtract | BinaryOp::Multiply | BinaryOp::Divide => {
            let result = arithmetic(span, op, &a, &b)?;
            let secret = taint::is_secret(&a, context) || taint::is_secret(&b, context);
            Ok(if secret { taint::computed(result, context) } else { result })
        }
    }
}

/// Whether an order is what a comparison asks for.
pub(crate) fn ordered(op: BinaryOp, order: std::cmp::Ordering) -> bool {
    match op {
        BinaryOp::Less => order.is_lt(),
        BinaryOp::LessEqual => order.is_le(),
        BinaryOp::Greater => order.is_gt(),
        BinaryOp::GreaterEqual => order.is_ge(),
        BinaryOp::Equal => order.is_eq(),
        BinaryOp::NotEqual => order.is_ne(),
        _ => false,
    }
}

fn arithmetic(span: Span, op: BinaryOp, a: &Value, b: &Value) -> Result<Value, Fault> {
    let (result, sign) = match op {
        BinaryOp::Add => (a.checked_add(b), "+"),
        BinaryOp::Subtract => (a.checked_sub(b), "-"),
        BinaryOp::Multiply => (a.checked_mul(b), "*"),
        _ => (a.checked_div(b), "/"),
    };
    result.ok_or_else(|| {
        let message = format!("`{} {sign} {}` has no value", show(a), show(b));
        fault(
            &codes::BAD_VALUE,
            span,
            message,
            "both sides must be numbers (or durations, sizes, strings to join), and the result in range",
        )
    })
}
