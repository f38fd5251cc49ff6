use super::super::constant;
use super::super::cx::Cx;
use super::super::scope::Scope;
use super::super::types::Ty;
use crate::diag::{Correction, Diagnostic, codes};
use crate::syntax::ast::Expr;

/// A whole number of at least `least`: its value, where it is known and makes sense.
pub fn whole<'p>(cx: &mut Cx<'p>, scope: &Scope<'p>, count: &'p Expr, ty: &Ty, least: i64, what: &str) -> Option<i64> {
    if !ty.meets(&Ty::Number) || *ty == Ty::Size || *ty == Ty::Percent {
        let message = format!("{what} takes a number, and this is {}", ty.words());
        // `weight 25%`, `times 3s`: the number alone.
        let number = cx.text(count.span).trim_end_matches(|c: char| c == '%' || c.is_ascii_alphabetic());
        let help = match number.parse::<u32>() {
            Ok(_) => Correction::replace(count.span, number).write(),
            Err(_) => "write a whole number: `3`".into(),
        };
        cx.report(Diagnostic::error(&codes::BAD_COUNT, count.span, message).with_help(help));
        return None;
    }
    let value = constant::of(count, Some(scope))?;
    let amount = value.amount()?;
    let message = match value.as_whole() {
        Some(whole) if whole >= least => return Some(whole),
        Some(whole) if whole < 0 => format!("{what} can't take a negative number"),
        Some(_) => format!("{what} takes at least {least}"),
        None if amount.fract() != 0.0 => format!("{what} takes a whole number"),
        None => format!("{what} can't take a number as large as this"),
    };
    let help = match least {
        0 => "write a whole number from 0 up".to_owned(),
        _ => format!("write a whole number from {least} up"),
    };
    cx.report(Diagnostic::error(&codes::BAD_COUNT, count.span, message).with_help(help));
    None
}
