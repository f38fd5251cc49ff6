use crate::diag::{Diagnostic, codes};
use crate::syntax::explain::Failure;
use crate::syntax::grammar::Rule;

/// `GET {`
pub fn url(failure: &Failure<'_>) -> Option<Diagnostic> {
    let takes_url = matches!(failure.rule, Rule::request | Rule::websocket | Rule::stream | Rule::probe);
    if !takes_url || !(failure.expects(Rule::url) || failure.expects(Rule::method)) || !failure.rest().is_empty() {
        return None;
    }
    let last = failure.last_token();
    Some(
        Diagnostic::error(&codes::MISSING_URL, failure.found_span(), format!("a URL is missing after `{last}`"))
            .with_help(format!("write `{} {{{{env.api}}}}/path`", failure.before())),
    )
}

/// `expect $.a 5`, `expect $.a`
pub fn matcher(failure: &Failure<'_>) -> Option<Diagnostic> {
    if !failure.expects_matcher() {
        return None;
    }
    let subject = failure.last_token();
    let message = format!("expected a matcher such as `==`, `contains` or `is` after `{subject}`");
    let rest = failure.rest();
    let begins_value =
        rest.starts_with(|c: char| c.is_ascii_alphanumeric() || matches!(c, '"' | '\'' | '[' | '{' | '$' | '-' | '_'));
    let help = if rest.is_empty() {
        format!("say what must hold: `{} == …`, or `exists`", failure.before())
    } else if rest.starts_with('-') && subject.starts_with('$') {
        format!(
            "a key that holds `-` is written in brackets: `$[\"a-b\"]`; to compare, write `{}`",
            failure.corrected(failure.at, failure.at, "== ")
        )
    } else if rest.starts_with('/') {
        format!("write `{}`", failure.corrected(failure.at, failure.at, "matches "))
    } else if begins_value {
        format!("write `{}` to compare the two", failure.corrected(failure.at, failure.at, "== "))
    } else {
        "the matchers are `== != < <= > >=`, `in`, `contains`, `starts with`, `ends with`, `matches`, `equals`, `is`, `exists`, `has length`, `close to`, `each`, `some`, `none`, `not`".to_owned()
    };
    Some(Diagnostic::error(&codes::MISSING_MATCHER, failure.found_span(), message).with_help(help))
}

/// `mark before_order { … }`
pub fn no_block(failure: &Failure<'_>) -> Option<Diagnostic> {
    if failure.found() != "{" || !failure.expects_end() || failure.expects_value() || failure.expects_matcher() {
        return None;
    }
    let word = failure.before().split_whitespace().next().unwrap_or_default();
    Some(
        Diagnostic::error(&codes::UNEXPECTED_BLOCK, failure.found_span(), format!("`{word}` takes no block"))
            .with_help("remove the braces, or begin a new statement for what stands in them"),
    )
}

/// `expect status ==`, `let name =`
pub fn value(failure: &Failure<'_>) -> Option<Diagnostic> {
    if !failure.rest().is_empty() || !failure.expects_value() {
        return None;
    }
    let last = failure.last_token();
    Some(
        Diagnostic::error(&codes::MISSING_VALUE, failure.found_span(), format!("a value is missing after `{last}`"))
            .with_help(format!("write the value behind it: `{} …`", failure.before())),
    )
}
