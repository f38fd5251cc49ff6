use crate::diag::{Diagnostic, codes};
use crate::syntax::explain::Failure;
use crate::syntax::grammar::Rule;

/// Operators of other languages, and what they are here. Longer ones first.
const FOREIGN: &[(&str, &str)] = &[
    ("===", "=="),
    ("!==", "!="),
    ("&&", "and"),
    ("||", "or"),
    ("<>", "!="),
    ("=~", "matches"),
    ("!~", "not matches"),
    ("=>", ">="),
    ("=<", "<="),
];

/// `a && b`, `a === b`, `!a`
pub fn foreign(failure: &Failure<'_>) -> Option<Diagnostic> {
    let rest = failure.rest();
    let (sign, here) = match FOREIGN.iter().find(|(sign, _)| rest.starts_with(sign)) {
        Some(found) => *found,
        None if rest.starts_with('!') && !rest.starts_with("!=") && failure.expects_value() => ("!", "not "),
        None if rest.starts_with('%') && rest.len() > 1 && failure.expects_end() && !ends_in_number(failure) => {
            return Some(
                Diagnostic::error(&codes::FOREIGN_OPERATOR, failure.found_span(), "there is no `%` operator")
                    .with_help("the operators are `+ - * /`, comparisons, `and`, `or` and `not`"),
            );
        }
        None if rest.starts_with('?') && failure.expects_end() => {
            return Some(
                Diagnostic::error(&codes::FOREIGN_OPERATOR, failure.found_span(), "there is no `? :` here").with_help(
                    "write two tests, or rows of `for each`, for two cases: a test that branches can't fail",
                ),
            );
        }
        None => return None,
    };
    let span = failure.span(failure.at, failure.at + sign.len());
    // An arrow may be meant as one.
    let correction = failure.correct(failure.at, failure.at + sign.len(), here).safe_if(!matches!(sign, "=>" | "=<"));
    Some(
        Diagnostic::error(
            &codes::FOREIGN_OPERATOR,
            span,
            format!("`{sign}` is no operator: it is written `{}`", here.trim()),
        )
        .with_help(correction.write()),
    )
}

fn ends_in_number(failure: &Failure<'_>) -> bool {
    failure.before().ends_with(|c: char| c.is_ascii_digit())
}

/// `status = 200`
pub fn single_equals(failure: &Failure<'_>) -> Option<Diagnostic> {
    let rest = failure.rest();
    let compares = failure.expects_matcher() || failure.expects(Rule::op_equal) || failure.expects(Rule::compare);
    if !rest.starts_with('=') || rest.starts_with("==") || !compares {
        return None;
    }
    let span = failure.span(failure.at, failure.at + 1);
    Some(
        Diagnostic::error(&codes::SINGLE_EQUALS, span, "`=` names a value; a comparison is written `==`")
            .with_help(failure.correct(failure.at, failure.at + 1, "==").safe().write()),
    )
}
