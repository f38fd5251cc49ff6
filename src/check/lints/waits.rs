use super::super::constant;
use super::super::cx::Cx;
use super::super::scope::Scope;
use super::super::types::Ty;
use crate::diag::{Correction, Diagnostic, codes};
use crate::syntax::ast::{Expr, ExprKind};
use crate::value::format_duration;

/// A duration that bounds something: its seconds, where it is known and makes sense.
pub fn time<'p>(cx: &mut Cx<'p>, scope: &Scope<'p>, time: &'p Expr, ty: &Ty, what: &str) -> Option<f64> {
    if !ty.meets(&Ty::Duration) {
        let message = format!("a duration is needed here, and this is {}", ty.words());
        let help = match &time.kind {
            ExprKind::Number(number) => Correction::insert_after(time.span, "s")
                .between(cx.text(time.span), "")
                .help(|seconds| format!("give it a unit: `{seconds}` or `{number}ms`")),
            _ => "write a duration: `500ms`, `5s`, `1m30s`".into(),
        };
        cx.report(Diagnostic::error(&codes::TYPE_MISMATCH, time.span, message).with_help(help));
        return None;
    }
    let seconds = constant::of(time, Some(scope))?.seconds()?;
    if seconds <= 0.0 {
        let message = "no time at all is given here";
        cx.report(
            Diagnostic::error(&codes::BAD_DURATION, time.span, message)
                .with_help("write a duration above zero: `500ms`, `5s`"),
        );
        return None;
    }
    // A gap that is longer than its block is reported as an expectation that can't fail.
    if what != "gap" {
        longer_than_around(cx, scope, time, seconds, what);
    }
    Some(seconds)
}

fn longer_than_around(cx: &mut Cx<'_>, scope: &Scope<'_>, time: &Expr, seconds: f64, what: &str) {
    let shortest = scope.limits.iter().min_by(|a, b| a.seconds.total_cmp(&b.seconds));
    let Some(limit) = shortest.filter(|limit| limit.seconds < seconds) else { return };
    let (inner, outer) = (shown(seconds), shown(limit.seconds));
    let message = format!("`{what} {inner}` is longer than {}, which is {outer}", limit.what);
    cx.report(
        Diagnostic::error(&codes::WAIT_TOO_LONG, time.span, message)
            .with_related(limit.span, format!("{} ends after {outer}", limit.what))
            .with_help(
                Correction::replace(time.span, outer)
                    .help(|outer| format!("write at most `{outer}` here, or give the outer one more than {inner}")),
            ),
    );
}

pub fn shown(seconds: f64) -> String {
    format_duration(std::time::Duration::try_from_secs_f64(seconds).unwrap_or_default())
}
