use super::{Comparison, Kind, Mismatch};
use crate::eval::{Context, evaluate, show};
use crate::plan::Expr;
use crate::value::Value;

/// `close to X ± Y`: numbers, durations, sizes, and timestamps with a duration as the tolerance.
pub(super) fn close_to(value: &Value, target: &Expr, tolerance: &Expr, context: &Context<'_>) -> Comparison {
    let (target, tolerance) = (evaluate(target, context)?, evaluate(tolerance, context)?);
    let Some(distance) = distance(value, &target) else {
        let text = format!(
            "is {} ({}), which has no distance from {} ({})",
            show(value),
            value.kind(),
            show(&target),
            target.kind()
        );
        return Ok(Err(Mismatch::of(Kind::Unsuitable, text)));
    };
    let allowed = match (&tolerance, &target) {
        // A percentage is one of the target.
        (Value::Percent(fraction), _) => magnitude(&target).map(|target| target.abs() * fraction),
        _ => magnitude(&tolerance),
    };
    let Some(allowed) = allowed else {
        let text = format!("is {}, and {} ({}) is no tolerance", show(value), show(&tolerance), tolerance.kind());
        return Ok(Err(Mismatch::of(Kind::Unsuitable, text)));
    };
    // The smallest step of a floating-point number mustn't decide at the very edge: 0.3 is within 0.1 ± 0.2.
    if distance <= allowed + allowed.abs().max(distance) * 4.0 * f64::EPSILON {
        return Ok(Ok(()));
    }
    Ok(Err(Mismatch::new(format!("is {}, expected {} ± {}", show(value), show(&target), show(&tolerance)))))
}

fn magnitude(value: &Value) -> Option<f64> {
    match value {
        Value::Duration(duration) => Some(duration.as_secs_f64()),
        Value::Size(bytes) => Some(*bytes as f64),
        Value::Percent(fraction) => Some(*fraction),
        Value::Json(json) => match &**json {
            crate::value::Json::String(text) => {
                text.parse::<jiff::Timestamp>().ok().map(|at| at.as_nanosecond() as f64 / 1e9)
            }
            json => json.as_f64(),
        },
        _ => None,
    }
}

fn distance(a: &Value, b: &Value) -> Option<f64> {
    let instant = |value: &Value| value.as_str().and_then(|text| text.parse::<jiff::Timestamp>().ok());
    if let (Some(a), Some(b)) = (instant(a), instant(b)) {
        return Some((a.as_nanosecond() - b.as_nanosecond()).unsigned_abs() as f64 / 1e9);
    }
    if a.as_str().is_some() || b.as_str().is_some() {
        return None;
    }
    Some((magnitude(a)? - magnitude(b)?).abs())
}

/// `certificate expires after 14d`: the certificate is valid for longer than that from now on.
pub(super) fn expires_after(value: &Value, operand: &Expr, context: &Context<'_>) -> Comparison {
    let expected = evaluate(operand, context)?;
    let expires = value.as_str().and_then(|text| text.parse::<jiff::Timestamp>().ok());
    let (Some(expires), Value::Duration(least)) = (expires, &expected) else {
        let text = format!("is {}, which isn't a time that could be compared with {}", show(value), show(&expected));
        return Ok(Err(Mismatch::of(Kind::Unsuitable, text)));
    };
    let left = expires.as_second() - context.host.now().as_second();
    if left > 0 && left as u64 > least.as_secs() {
        return Ok(Ok(()));
    }
    let when = if left < 0 { "expired".to_owned() } else { format!("expires in {} days", left / 86_400) };
    Ok(Err(Mismatch::new(format!("{when} ({expires}), expected more than {}", show(&expected)))))
}
