use crate::diag::{Correction, Diagnostic, codes};
use crate::syntax::build::unit_meant;
use crate::syntax::explain::Failure;
use crate::syntax::grammar::Rule;

/// `5 s`, `10 seconds`, `95 %`
pub fn detached(failure: &Failure<'_>) -> Option<Diagnostic> {
    let before = failure.before();
    let number = failure.last_token();
    if !number.starts_with(|c: char| c.is_ascii_digit()) || !number.ends_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let unit = failure.found();
    let after = failure.rest().get(unit.len()..).unwrap_or_default().trim_start();
    if after.starts_with([':', '(', '.', '=']) {
        return None;
    }
    let meant = if unit == "%" { "%" } else { unit_meant(unit)? };
    // Of the pace of a load more than its unit may be otherwise.
    if meant.starts_with('/') && !matches!(failure.rule, Rule::gate | Rule::threshold) {
        return None;
    }
    let span = failure.span(before.len() - number.len(), failure.at + unit.len());
    Some(
        Diagnostic::error(&codes::DETACHED_UNIT, span, "a number and its unit are written without a space")
            .with_help(Correction::replace(span, format!("{number}{meant}")).safe().write()),
    )
}
