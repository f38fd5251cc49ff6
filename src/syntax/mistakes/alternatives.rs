use crate::diag::{Correction, Diagnostic, codes};
use crate::syntax::explain::Failure;
use crate::syntax::grammar::Rule;

/// `status 200 or 201`, `status 200, 201`, `status 200|201`
pub fn values(failure: &Failure<'_>) -> Option<Diagnostic> {
    if failure.rule != Rule::expect || !failure.expects_end() {
        return None;
    }
    let rest = failure.rest();
    let joint = ["or ", ",", "|", "/"].into_iter().find(|joint| rest.starts_with(joint))?;
    let first = failure.last_token();
    let others: Vec<&str> = rest.split(joint).flat_map(|part| part.split(" or ")).map(str::trim).skip(1).collect();
    let simple = |value: &&str| !value.is_empty() && (is_literal(value) || !value.contains(char::is_whitespace));
    if !is_literal(first) || others.is_empty() || !others.iter().all(simple) {
        return None;
    }
    let values = format!("in [{first}, {}]", others.join(", "));
    let start = failure.before().len() - first.len();
    let subject = failure.text.get(..start).unwrap_or_default().trim_end().trim_end_matches("==").trim_end();
    let end = failure.at + rest.len();
    Some(
        Diagnostic::error(
            &codes::VALUE_ALTERNATIVES,
            failure.rest_span(),
            "one of several values is written as a list",
        )
        .with_help(failure.correct(subject.len(), end, &format!(" {values}")).safe().write()),
    )
}

fn is_literal(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '"' | '\''))
        || matches!(text, "true" | "false" | "null")
}

/// `for 2s or ended`, `silence for 2s or close`
pub fn or_closed(failure: &Failure<'_>) -> Option<Diagnostic> {
    let rest = failure.rest();
    let word = rest.strip_prefix("or ")?.split_whitespace().next()?;
    if !failure.expects(Rule::k_or_closed)
        || !matches!(word, "ended" | "ends" | "close" | "closes" | "end" | "complete")
    {
        return None;
    }
    let shown = format!("or {word}");
    let (start, end) = (failure.at, failure.at + shown.len());
    let message = format!("`{shown}` isn't known here: did you mean `or closed`?");
    Some(
        Diagnostic::error(&codes::MISSPELT_KEYWORD, failure.span(start, end), message)
            .with_help(failure.correct(start, end, "or closed").safe().write()),
    )
}

/// `expect status 200 and time < 2s`, `expect status 200 and expect …`
pub fn joined(failure: &Failure<'_>) -> Option<Diagnostic> {
    if failure.rule != Rule::expect || !failure.expects_end() {
        return None;
    }
    let word = failure.found_word();
    let (message, help) = match word {
        "and" | "then" | "also" => {
            let rest = failure.rest().strip_prefix(word).unwrap_or_default().trim_start();
            let rest = rest.strip_prefix("expect ").unwrap_or(rest);
            let joint = failure.span(failure.before().len(), failure.at + failure.rest().len() - rest.len());
            let names_a_subject = rest.starts_with(|c: char| c.is_ascii_alphabetic() || c == '$');
            let help = Correction::replace(joint, format!("\n{}expect ", failure.indentation()))
                .between("", rest.lines().next().unwrap_or_default())
                .on_one_line()
                .safe_if(names_a_subject)
                .help(|line| format!("write `{line}` on a line of its own: all expectations of a response must hold"));
            ("`expect` takes one condition", help)
        }
        "or" => {
            let help =
                "write `either { expect … } or { expect … }`: one whole branch must hold, and the report says which";
            ("`expect` takes one condition", help.into())
        }
        _ => return None,
    };
    Some(Diagnostic::error(&codes::JOINED_EXPECTATIONS, failure.found_span(), message).with_help(help))
}
