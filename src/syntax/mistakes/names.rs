use crate::diag::{Code, Correction, Diagnostic, closest, codes};
use crate::syntax::explain::{Failure, RESERVED, is_word_char};
use crate::syntax::grammar::Rule;

/// `test a thread can be read {`, `suite {`
pub fn unquoted(failure: &Failure<'_>) -> Option<Diagnostic> {
    let takes_text = matches!(failure.rule, Rule::suite | Rule::test | Rule::load | Rule::phase | Rule::scenario);
    if !takes_text || !failure.expects(Rule::string) {
        return None;
    }
    // A scenario may have no name.
    let is_other = failure.found_word().is_empty() || closest(failure.found_word(), ["weight"]).is_some();
    if failure.rule == Rule::scenario && is_other {
        return None;
    }
    let what = failure.before();
    let rest = failure.rest();
    if rest.is_empty() {
        let message = format!("a {what} needs a name");
        return Some(
            Diagnostic::error(&codes::MISSING_NAME, failure.found_span(), message)
                .with_help(format!("write what it shows, in quotes: `{what} \"users can log in\"`")),
        );
    }
    let name = rest.lines().next().unwrap_or_default().split(" for each ").next().unwrap_or_default();
    let name = if failure.rule == Rule::scenario { name.split(" weight ").next().unwrap_or_default() } else { name };
    let name = name.trim();
    let span = failure.span(failure.at, failure.at + name.len());
    let shown = name.replace('"', "");
    let shown = shown.trim_start_matches([':', '=', ' ']);
    let is_plain = !shown.is_empty() && !shown.contains(['\\', '{', '}', '\'']);
    Some(Diagnostic::error(&codes::UNQUOTED_NAME, span, format!("the name of a {what} must be in quotes")).with_help(
        Correction::replace(span, format!("\"{shown}\"")).between(&format!("{what} "), "").safe_if(is_plain).write(),
    ))
}

/// `flow "login"()`
pub fn quoted(failure: &Failure<'_>) -> Option<Diagnostic> {
    let rest = failure.rest();
    if !expects_name(failure)
        || failure.expects(Rule::string)
        || failure.expects_value()
        || !rest.starts_with(['"', '\''])
    {
        return None;
    }
    let name = rest.get(1..)?.split(['"', '\'']).next().unwrap_or_default();
    let span = failure.span(failure.at, failure.at + name.len() + 2);
    let shown = snake(name);
    let message = "this must be a name, without quotes";
    if shown == name && rest.get(name.len() + 1..).is_some_and(|rest| rest.starts_with(['"', '\''])) {
        let help = failure.correct(failure.at, failure.at + name.len() + 2, name).safe().write();
        return Some(Diagnostic::error(&codes::INVALID_NAME, span, message).with_help(help));
    }
    Some(name_error(&codes::INVALID_NAME, span, message, (&shown, shown == name)))
}

/// `let in = 5`
pub fn reserved(failure: &Failure<'_>) -> Option<Diagnostic> {
    let word = failure.found_word();
    if !expects_name(failure) || failure.expects_value() || !RESERVED.contains(&word) {
        return None;
    }
    let message = format!("`{word}` is a word of the language and can't be a name");
    Some(name_error(&codes::KEYWORD_AS_NAME, failure.found_span(), &message, (&format!("the_{word}"), false)))
}

/// `let thread-id = 5`, `let 2nd = 5`, `let größe = 5`
pub fn invalid(failure: &Failure<'_>) -> Option<Diagnostic> {
    let rest = failure.rest();
    let declares = matches!(
        failure.rule,
        Rule::let_stmt
            | Rule::capture
            | Rule::flow
            | Rule::environment
            | Rule::shape
            | Rule::credential
            | Rule::service
            | Rule::websocket
            | Rule::stream
            | Rule::mark
            | Rule::env_value
            | Rule::plan
    );
    if !declares {
        return None;
    }
    let start = if expects_name(failure) && !failure.expects_value() && begins_odd_name(rest) {
        failure.at
    } else if rest.starts_with(|c: char| c == '-' || !c.is_ascii()) && is_declared_name(failure) {
        failure.text.get(..failure.at)?.bytes().rposition(|b| !is_word_char(b)).map_or(0, |n| n + 1)
    } else {
        return None;
    };
    let name: &str = failure.text.get(start..)?.split([' ', '\t', '=', '(', '{', '\n', ':']).next().unwrap_or_default();
    if name.is_empty() {
        return None;
    }
    let span = failure.span(start, start + name.len());
    let message = format!("`{name}` can't be a name: names are letters, digits and `_`, and don't begin with a digit");
    Some(name_error(&codes::INVALID_NAME, span, &message, (&snake(name), false)))
}

/// Does the text begin with what is meant for a name?
fn begins_odd_name(rest: &str) -> bool {
    let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    let after = rest.as_bytes().get(digits);
    (digits > 0 && after.is_some_and(|b| b.is_ascii_alphabetic() || *b == b'_'))
        || rest.chars().next().is_some_and(|c| c.is_alphabetic() && !c.is_ascii())
}

/// Is the last word before the place the second of the statement, with nothing between it and the place?
fn is_declared_name(failure: &Failure<'_>) -> bool {
    let before = failure.text.get(..failure.at).unwrap_or_default();
    let words = before.split_whitespace().count();
    before.ends_with(|c: char| c.is_ascii_alphanumeric() || c == '_') && words <= 3
}

fn expects_name(failure: &Failure<'_>) -> bool {
    failure.expects(Rule::name) || failure.expects(Rule::names)
}

/// `is_same`: the name is kept, so that nothing that uses it changes.
fn name_error(
    code: &'static Code,
    span: crate::source::Span,
    message: &str,
    (shown, is_same): (&str, bool),
) -> Diagnostic {
    Diagnostic::error(code, span, message).with_help(
        Correction::replace(span, shown)
            .safe_if(is_same)
            .help(|name| format!("write a name in snake_case, such as `{name}`")),
    )
}

fn snake(name: &str) -> String {
    let kept: String =
        name.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '_' }).collect();
    let kept = kept.trim_matches('_');
    if kept.is_empty() || kept.starts_with(|c: char| c.is_ascii_digit()) { format!("n{kept}") } else { kept.to_owned() }
}
