use crate::diag::{Diagnostic, codes};
use crate::syntax::explain::Failure;
use crate::syntax::grammar::Rule;

/// `name: string?`, `tags: string[]`, `state: a | b`
pub fn foreign(failure: &Failure<'_>) -> Option<Diagnostic> {
    if !matches!(failure.rule, Rule::shape_field | Rule::flow) {
        return None;
    }
    let rest = failure.rest();
    let ty = failure.last_token();
    let start = failure.before().len() - ty.len();
    let (len, message, line) = if rest.starts_with('?') {
        (
            1,
            "a type takes no `?`",
            format!(
                "`{}` if the value may be null, `NAME?:` if the field may be absent",
                failure.corrected(failure.at, failure.at + 1, " or null")
            ),
        )
    } else if rest.starts_with("[]") {
        (
            2,
            "a list of a type is written in brackets",
            format!("`{}`", failure.corrected(start, failure.at + 2, &format!("[{ty}]"))),
        )
    } else if rest.starts_with('|') {
        (
            1,
            "alternatives of a type are joined by `or`",
            format!("`{}`", failure.corrected(failure.at, failure.at + 1, "or")),
        )
    } else {
        return None;
    };
    let span = failure.span(failure.at, failure.at + len);
    Some(Diagnostic::error(&codes::TYPE_SPELLING, span, message).with_help(format!("write {line}")))
}
