use crate::diag::{Diagnostic, codes};
use crate::syntax::explain::Failure;
use crate::syntax::grammar::Rule;
use crate::syntax::quoted;

/// `import { login } from "auth.e2e"`, `import login, logout from "auth.e2e"`, `import * as auth from "auth.e2e"`: the names of other languages before the file.
pub fn from(failure: &Failure<'_>) -> Option<Diagnostic> {
    if failure.rule != Rule::import {
        return None;
    }
    let start = "import".len();
    let (names, file) = failure.text.get(start..)?.split_once(" from ")?;
    let file = file.trim().trim_end_matches(';').trim_end();
    let path = file
        .strip_prefix(['"', '\''])
        .and_then(|path| path.strip_suffix(['"', '\'']))
        .filter(|path| !path.is_empty())?;
    let file = quoted(path);
    let names = names.trim().trim_start_matches(['{', '(']).trim_end_matches(['}', ')', ',', ' ']).trim();
    let all = listed(names);
    let here = match names.strip_prefix('*') {
        Some(rest) => match rest.trim().strip_prefix("as ").map(str::trim) {
            Some(name) if listed(name).is_some_and(|all| all.len() == 1) => format!(" {file} as {name}"),
            _ => format!(" {file}"),
        },
        None => format!(" {file} ({})", all?.join(", ")),
    };
    let help = failure.correct(start, failure.text.len(), &here).safe().write();
    let span = failure.span(start + 1, failure.text.len());
    Some(Diagnostic::error(&codes::FOREIGN_STATEMENT, span, "what is imported comes behind the file").with_help(help))
}

/// `import "auth.e2e" { login, logout }`
pub fn braces(failure: &Failure<'_>) -> Option<Diagnostic> {
    if failure.rule != Rule::import || failure.found() != "{" {
        return None;
    }
    let rest = failure.rest();
    let names = rest.strip_prefix('{')?.split('}').next()?;
    let end = failure.at + (names.len() + 2).min(rest.len());
    let help = failure.correct(failure.at, end, &format!("({})", listed(names)?.join(", "))).safe().write();
    let message = "names that are imported are in parentheses";
    Some(Diagnostic::error(&codes::UNEXPECTED, failure.span(failure.at, end), message).with_help(help))
}

/// Names with commas between them, if they are nothing else.
fn listed(text: &str) -> Option<Vec<&str>> {
    let is_name = |name: &str| {
        !name.is_empty() && name.bytes().all(|byte| byte == b'_' || byte.is_ascii_lowercase() || byte.is_ascii_digit())
    };
    let all: Vec<&str> = text.trim().trim_end_matches(',').split(',').map(str::trim).collect();
    all.iter().all(|name| is_name(name)).then_some(all)
}
