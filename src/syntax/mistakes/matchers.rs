use crate::diag::{Diagnostic, codes};
use crate::syntax::explain::Failure;
use crate::syntax::grammar::Rule;
use crate::value::named::{by_habit, named};

/// What other tools write after a subject, and what it is here.
const WORDS: &[(&str, &str)] = &[
    ("equal", "=="),
    ("eq", "=="),
    ("eql", "=="),
    ("toBe", "=="),
    ("toEqual", "=="),
    ("toequal", "=="),
    ("equalTo", "=="),
    ("be", "=="),
    ("ne", "!="),
    ("neq", "!="),
    ("gt", ">"),
    ("gte", ">="),
    ("lt", "<"),
    ("lte", "<="),
    ("greater", ">"),
    ("more", ">"),
    ("less", "<"),
    ("under", "<"),
    ("below", "<"),
    ("above", ">"),
    ("over", ">"),
    ("include", "contains"),
    ("includes", "contains"),
    ("contain", "contains"),
    ("containing", "contains"),
    ("toContain", "contains"),
    ("startsWith", "starts with"),
    ("startswith", "starts with"),
    ("begins", "starts with"),
    ("endsWith", "ends with"),
    ("endswith", "ends with"),
    ("match", "matches"),
    ("toMatch", "matches"),
    ("like", "matches"),
    ("exist", "exists"),
    ("present", "exists"),
    ("isEmpty", "is empty"),
    ("length", "has length"),
    ("count", "has length"),
    ("hasLength", "has length"),
    ("should", "=="),
    ("must", "=="),
    ("to", "=="),
    ("as", "is"),
    ("of", "is"),
];

/// Those of them whose sense isn't beyond doubt.
const VAGUE: &[&str] = &["like", "length", "count", "should", "must", "to", "as", "of"];

/// `$.a equal 5`, `$.a toBe 5`, `$.a includes "x"`
pub fn foreign_word(failure: &Failure<'_>) -> Option<Diagnostic> {
    if !failure.expects_matcher() {
        return None;
    }
    let word = failure.found_word();
    let here = match WORDS.iter().find(|(foreign, _)| *foreign == word) {
        Some((_, here)) => (*here).to_owned(),
        None => is_type(word)?,
    };
    // Words that only lead up to the matcher go with it.
    let mut end = failure.at + word.len();
    let mut is_negated = false;
    while let Some(next) = failure.text.get(end..).map(str::trim_start)
        && let Some(filler) =
            ["to ", "be ", "than ", "not ", "equal ", "a ", "with "].into_iter().find(|word| next.starts_with(word))
    {
        is_negated ^= filler == "not ";
        end = failure.text.len() - next.len() + filler.trim_end().len();
    }
    let here = if is_negated { negated(&here) } else { here };
    // `less than or equal to 5` holds another word.
    let is_whole = !failure.text.get(end..).unwrap_or_default().trim_start().starts_with("or ");
    let correction = failure.correct(failure.at, end, &here).safe_if(is_whole && !VAGUE.contains(&word));
    Some(
        Diagnostic::error(
            &codes::FOREIGN_MATCHER,
            failure.span(failure.at, end),
            format!("`{word}` is no matcher: it is written `{here}`"),
        )
        .with_help(correction.write()),
    )
}

/// `isInteger`, `toBeString`
fn is_type(word: &str) -> Option<String> {
    let name = word.strip_prefix("is").or_else(|| word.strip_prefix("toBe"))?;
    let ty = named(&name.to_ascii_lowercase()).or_else(|| by_habit(name))?;
    Some(format!("is {}", ty.name))
}

/// The matcher that holds where this one doesn't.
fn negated(matcher: &str) -> String {
    match matcher {
        "==" => "!=".to_owned(),
        "!=" => "==".to_owned(),
        other => format!("not {other}"),
    }
}

/// `expect not $.a exists`
pub fn early_not(failure: &Failure<'_>) -> Option<Diagnostic> {
    if failure.rule != Rule::expect || failure.found() != "not" || failure.before() != "expect" {
        return None;
    }
    Some(
        Diagnostic::error(
            &codes::FOREIGN_MATCHER,
            failure.found_span(),
            "`not` goes before the matcher, after the subject",
        )
        .with_help("write `expect $.a not exists`, `expect body not contains \"x\"`"),
    )
}

/// `expect $.items has length > 3`
pub fn compared_length(failure: &Failure<'_>) -> Option<Diagnostic> {
    let subject = failure.before().strip_suffix("has length")?.trim_end();
    let subject = subject.strip_prefix("expect")?.trim_start();
    if !failure.rest().starts_with(['<', '>', '=', '!']) {
        return None;
    }
    let start = failure.before().find(subject)?;
    let correction = failure.correct(start, failure.at, &format!("length({subject}) "));
    Some(
        Diagnostic::error(&codes::FOREIGN_MATCHER, failure.found_span(), "`has length` takes a number alone")
            .with_help(correction.safe().help(|line| format!("compare the length itself: `{line}`"))),
    )
}

/// What looks like a type after `is`, and what was meant.
const PHRASES: &[(&str, &str)] = &[
    ("is equal to", "=="),
    ("is equal", "=="),
    ("is greater than", ">"),
    ("is more than", ">"),
    ("is less than", "<"),
    ("is at least", ">="),
    ("is at most", "<="),
    ("is between", "in"),
    ("is one of", "in"),
    ("is in", "in"),
    ("is like", "matches"),
    ("is an", "is"),
    ("is a", "is"),
    ("is of type", "is"),
    ("is of", "is"),
    ("is the", "is"),
];

/// `$.a is equal to 5`, `$.a is a string`, `$.a is in [1, 2]`
pub fn foreign_phrase(failure: &Failure<'_>) -> Option<Diagnostic> {
    let before = failure.before();
    let start = before.rfind(" is ")? + 1;
    let tail = failure.text.get(start..)?;
    let (phrase, here) = PHRASES.iter().find(|(phrase, _)| {
        tail.strip_prefix(phrase)
            .is_some_and(|after| after.starts_with([' ', '[', '"']) && start + phrase.len() + 12 >= failure.at)
    })?;
    let span = failure.span(start, start + phrase.len());
    let after = tail.strip_prefix(phrase).unwrap_or_default().trim_start();
    let sure = !after.starts_with("or ") && !matches!(*phrase, "is between" | "is like" | "is the" | "is of");
    let correction = failure.correct(start, start + phrase.len(), here).safe_if(sure);
    Some(
        Diagnostic::error(&codes::FOREIGN_MATCHER, span, format!("`{phrase}` is no matcher: it is written `{here}`"))
            .with_help(correction.write()),
    )
}
