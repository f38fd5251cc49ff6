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
    let (len, message, help) = if rest.starts_with('?') {
        let nullable = failure
            .correct(failure.at, failure.at + 1, " or null")
            .help(|line| format!("write `{line}` if the value may be null, `NAME?:` if the field may be absent"));
        (1, "a type takes no `?`", nullable)
    } else if rest.starts_with("[]") {
        let list = failure.correct(start, failure.at + 2, &format!("[{ty}]"));
        (2, "a list of a type is written in brackets", list.safe().write())
    } else if rest.starts_with('|') {
        let or = failure.correct(failure.at, failure.at + 1, " or ");
        (1, "alternatives of a type are joined by `or`", or.safe().write())
    } else {
        return None;
    };
    let span = failure.span(failure.at, failure.at + len);
    Some(Diagnostic::error(&codes::TYPE_SPELLING, span, message).with_help(help))
}
