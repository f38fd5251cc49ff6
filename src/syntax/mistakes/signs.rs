use crate::diag::{Diagnostic, codes};
use crate::syntax::explain::Failure;
use crate::syntax::grammar::Rule;

/// `timeout: 5s`, `priority = P1`
pub fn stray_sign(failure: &Failure<'_>) -> Option<Diagnostic> {
    let rest = failure.rest();
    let sign = rest.chars().next().filter(|sign| matches!(sign, ':' | '='))?;
    let takes_sign = failure.expects(Rule::colon) || failure.expects(Rule::assign) || failure.expects_matcher();
    let first = failure.before();
    let is_keyword = !first.is_empty()
        && first.split_whitespace().count() <= 2
        && first.bytes().all(|b| b.is_ascii_lowercase() || b == b' ');
    if takes_sign || rest.starts_with("==") || !is_keyword {
        return None;
    }
    let span = failure.span(failure.at, failure.at + 1);
    Some(
        Diagnostic::error(&codes::STRAY_SIGN, span, format!("`{first}` takes its value without `{sign}`"))
            .with_help(failure.correct(failure.at, failure.at + 1, " ").safe().write()),
    )
}

/// `header Accept = "x"`, `header Accept "x"`, `{ a = 1 }`, `{ a 1 }`
pub fn missing_colon(failure: &Failure<'_>) -> Option<Diagnostic> {
    if !failure.expects(Rule::colon) || failure.expects_value() {
        return None;
    }
    let rest = failure.rest();
    let name = failure.last_token();
    let is_part = matches!(failure.rule, Rule::header | Rule::query | Rule::cookie);
    let is_entry = failure.expects(Rule::comma) || failure.expects(Rule::rbrace);
    if rest.is_empty() && !is_part {
        return None;
    }
    let (end, colon) = if rest.starts_with('=') { (failure.at + 1, ": ") } else { (failure.at, ": ") };
    let written = failure.before().len();
    // `{ a b }` may lack a comma as well.
    let is_value = !rest.is_empty() && (!is_entry || failure.found_word().is_empty());
    let correction = failure.correct(written, end, colon).safe_if(is_value);
    let what = if is_part { "its value" } else { "the value of a field" };
    if is_entry
        && !is_part
        && !rest
            .starts_with(|c: char| c == '=' || c.is_ascii_alphanumeric() || matches!(c, '"' | '\'' | '[' | '{' | '$'))
    {
        return None;
    }
    Some(
        Diagnostic::error(&codes::MISSING_COLON, failure.found_span(), format!("a `:` is between `{name}` and {what}"))
            .with_help(correction.write()),
    )
}

/// `let a: 5`, `api: "https://…"`, `let a 5`
pub fn missing_equals(failure: &Failure<'_>) -> Option<Diagnostic> {
    if !failure.expects(Rule::assign)
        || !matches!(failure.rule, Rule::let_stmt | Rule::capture | Rule::env_value | Rule::credential)
    {
        return None;
    }
    let rest = failure.rest();
    // A name with a sign in it has a diagnostic of its own.
    let is_odd_name = rest.starts_with(|c: char| c == '-' || !c.is_ascii());
    if is_odd_name && failure.at == failure.before().len()
        || rest.starts_with(|c: char| c.is_ascii_digit()) && failure.expects(Rule::name)
    {
        return None;
    }
    let name = failure.last_token();
    let signs = rest.len() - rest.trim_start_matches(['=', ' ']).len();
    let len = [":=", ":", "from ", "as ", "to ", "be "]
        .into_iter()
        .find(|sign| rest.starts_with(sign))
        .map_or(signs, str::len);
    let is_value = len > 0 || failure.found_word().is_empty();
    let help = match rest.is_empty() {
        true => format!("write `{} = …`", failure.before()).into(),
        false => failure.correct(failure.before().len(), failure.at + len, " = ").safe_if(is_value).write(),
    };
    Some(
        Diagnostic::error(
            &codes::MISSING_EQUALS,
            failure.found_span(),
            format!("a `=` is between `{name}` and its value"),
        )
        .with_help(help),
    )
}
