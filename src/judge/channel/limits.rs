//! Times and counts, evaluated once when an expectation begins.

use std::time::Duration;

use crate::diag::{Diagnostic, codes};
use crate::eval::{Context, Fault, evaluate, show};
use crate::pattern;
use crate::plan::{Count, Expr, Gap, Limit};
use crate::source::Span;
use crate::syntax::ast::BinaryOp;
use crate::value::Value;

pub(super) fn duration(expr: &Expr, context: &Context<'_>) -> Result<Duration, Fault> {
    match evaluate(expr, context)? {
        Value::Duration(duration) => Ok(duration),
        other => {
            Err(bad(expr.span, format!("{} isn't a duration", show(&other)), "a duration has a unit: `500ms`, `2s`"))
        }
    }
}

pub(super) fn limit(limit: &Limit, context: &Context<'_>) -> Result<pattern::Limit, Fault> {
    let at_most = duration(&limit.at_most, context)?;
    let at_least = match &limit.at_least {
        Some(at_least) => duration(at_least, context)?,
        None => Duration::ZERO,
    };
    if at_least > at_most {
        return Err(impossible(limit.span, "this time ends before it begins"));
    }
    Ok(pattern::Limit { at_least, at_most })
}

pub(super) fn optional_limit(given: Option<&Limit>, context: &Context<'_>) -> Result<Option<pattern::Limit>, Fault> {
    given.map(|given| limit(given, context)).transpose()
}

pub(super) fn count(count: &Count, context: &Context<'_>) -> Result<pattern::Count, Fault> {
    Ok(match count {
        Count::Unstated => pattern::Count::UNSTATED,
        Count::Optional => pattern::Count::OPTIONAL,
        Count::Exactly(times) => pattern::Count::exactly(whole(times, context)?),
        Count::AtLeast(least) => pattern::Count::at_least(whole(least, context)?),
        Count::AtMost(most) => pattern::Count::at_most(whole(most, context)?),
        Count::Between(least, most) => {
            let bounds = (whole(least, context)?, whole(most, context)?);
            if bounds.0 > bounds.1 {
                let span = least.span.to(most.span);
                return Err(impossible(span, format!("{} is more than {}", bounds.0, bounds.1)));
            }
            pattern::Count::between(bounds.0, bounds.1)
        }
    })
}

pub(super) fn gap(gap: &Gap, context: &Context<'_>) -> Result<pattern::Gap, Fault> {
    let op = match gap.op {
        BinaryOp::Less => pattern::GapOp::Less,
        BinaryOp::LessEqual => pattern::GapOp::AtMost,
        BinaryOp::Greater => pattern::GapOp::More,
        BinaryOp::GreaterEqual => pattern::GapOp::AtLeast,
        _ => return Err(bad(gap.span, "a gap is bounded by `<`, `<=`, `>` or `>=`", "`gap < 10s`")),
    };
    Ok(pattern::Gap { op, limit: duration(&gap.limit, context)? })
}

pub(super) fn whole(expr: &Expr, context: &Context<'_>) -> Result<u32, Fault> {
    let value = evaluate(expr, context)?;
    let whole = value.as_json().and_then(|json| json.as_u64().or_else(|| whole_float(json.as_f64()?)));
    whole.and_then(|number| u32::try_from(number).ok()).ok_or_else(|| {
        bad(
            expr.span,
            format!("{} isn't a whole number from 0 to {}", show(&value), u32::MAX),
            "a count is a number such as `3`",
        )
    })
}

fn whole_float(number: f64) -> Option<u64> {
    (number.fract() == 0.0 && (0.0..=f64::from(u32::MAX)).contains(&number)).then_some(number as u64)
}

fn bad(span: Span, message: impl Into<String>, help: &str) -> Fault {
    Box::new(Diagnostic::error(&codes::BAD_VALUE, span, message).with_help(help))
}

fn impossible(span: Span, message: impl Into<String>) -> Fault {
    Box::new(
        Diagnostic::error(&codes::IMPOSSIBLE_BOUNDS, span, message)
            .with_help("write the smaller bound first, and look at what the values are when the test runs"),
    )
}
