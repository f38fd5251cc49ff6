use crate::diag::{Diagnostic, codes};
use crate::syntax::explain::Failure;
use crate::syntax::grammar::Rule;
use crate::syntax::quoted;

/// What comes before a value of an expectation.
const BEFORE_VALUES: [&str; 5] = [" == ", " != ", " contains ", " starts with ", " ends with "];

/// `header Authorization: Bearer abc`, `query q: hello world`, `expect $.title == hello world`
pub fn unquoted(failure: &Failure<'_>) -> Option<Diagnostic> {
    if !failure.expects_end()
        || failure.found_word().is_empty()
        || !failure.last_token().ends_with(char::is_alphanumeric)
    {
        return None;
    }
    let start = match failure.rule {
        Rule::header | Rule::query | Rule::cookie => failure.before().find(':')? + 1,
        Rule::expect => {
            let ends = |sign: &&str| failure.before().rfind(*sign).map(|at| at + sign.len());
            BEFORE_VALUES.iter().filter_map(ends).max()?
        }
        _ => return None,
    };
    let value = failure.text.get(start..)?;
    let start = start + value.len() - value.trim_start().len();
    let value = value.lines().next().unwrap_or_default().trim();
    // Whatever else is written in a value may be meant as it is.
    let is_text = value.starts_with(char::is_alphanumeric)
        && value.chars().all(|c| c.is_alphanumeric() || c == ' ' || "-_.,;:/+*=!?&@#%".contains(c));
    if !is_text {
        return None;
    }
    let message = format!("`{value}` isn't in quotes");
    let end = start + value.len();
    let correction = failure.correct(start, end, &quoted(value)).safe_if(failure.rule != Rule::expect);
    Some(
        Diagnostic::error(&codes::UNQUOTED_TEXT, failure.span(start, end), message)
            .with_help(correction.help(|line| format!("text is written in quotes: `{line}`"))),
    )
}

/// `graphql { threads { id } }`, `graphql query Threads { … }`: what is written as it would be in a file of GraphQL.
pub fn query(failure: &Failure<'_>) -> Option<Diagnostic> {
    if failure.rule != Rule::graphql {
        return None;
    }
    let value = failure.text.strip_prefix("graphql")?.trim();
    let start = failure.text.len() - failure.text.strip_prefix("graphql")?.trim_start().len();
    let word = value.split(|c: char| !c.is_ascii_alphanumeric()).next().unwrap_or_default();
    let is_operation = matches!(word, "query" | "mutation" | "subscription")
        && (value.len() > word.len() || failure.segment.body.is_some());
    if !value.starts_with('{') && !is_operation {
        return None;
    }
    let end = start + value.len();
    let help = "a query is a text, `graphql \"{ threads { id } }\"`, or in a file, `graphql file \"threads.graphql\"`";
    let is_whole = failure.segment.body.is_none() && !value.contains("{{") && !value.contains(" with ");
    let help = match is_whole && !value.contains('\n') {
        true => failure.correct(start, end, &quoted(value)).help(|line| format!("text is written in quotes: `{line}`")),
        false => help.into(),
    };
    Some(
        Diagnostic::error(&codes::UNQUOTED_TEXT, failure.span(start, end), "a query of GraphQL is in quotes")
            .with_help(help),
    )
}
