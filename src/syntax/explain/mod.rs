//! From pest's error, a place and the rules it tried there, to a diagnostic in the user's words.

mod failure;
mod repair;
mod words;

pub use failure::{Failure, is_word_char};
pub use repair::repaired;
pub use words::{RESERVED, Word};

use pest::error::{Error, ErrorVariant, InputLocation};

use super::grammar::Rule;
use super::mistakes;
use super::words::example;
use crate::diag::{Correction, Diagnostic, codes};
use crate::source::Span;

/// How many kinds of things a message lists as expected.
const SHOWN: usize = 5;

/// The diagnostic of a head that doesn't parse: of a mistake that is known, or what was expected.
pub fn syntax_error(failure: &Failure<'_>) -> Diagnostic {
    mistakes::recognise(failure).unwrap_or_else(|| unexpected(failure))
}

fn unexpected(failure: &Failure<'_>) -> Diagnostic {
    let words = failure.expected_words();
    let only_end = words.iter().all(|word| *word == Word::End);
    let found = failure.found();
    let after = failure.last_token();
    if only_end && !found.is_empty() {
        return Diagnostic::error(
            &codes::TRAILING,
            failure.found_span(),
            format!("`{found}` isn't allowed here: the statement is complete before it"),
        )
        .with_help(Correction::insert_before(failure.found_span(), "; ").help(|sign| {
            format!(
                "begin a new line, or write `{}`, if it is a statement of its own; remove it otherwise",
                sign.trim()
            )
        }));
    }
    let expected = listed(&words);
    let message = match (found, after) {
        ("", "") => format!("expected {expected}"),
        ("", after) => format!("expected {expected} after `{after}`"),
        (found, "") => format!("expected {expected}, but found `{found}`"),
        (found, after) => format!("expected {expected} after `{after}`, but found `{found}`"),
    };
    let diagnostic = Diagnostic::error(&codes::UNEXPECTED, failure.found_span(), message);
    if let Some(help) = repaired(failure) {
        return diagnostic.with_help(help);
    }
    match example(failure.rule) {
        Some(example) => diagnostic.with_help(format!("it is written like this: `{example}`")),
        None if failure.expects_end() => diagnostic.with_help("remove what follows, or begin a new line for it"),
        None => match *words.as_slice() {
            [Word::Keyword(only) | Word::Sign(only)] => diagnostic.with_help(
                failure.correct(failure.at, failure.at, &format!(" {only} ")).say(format!("write {expected} there")),
            ),
            _ => diagnostic.with_help(format!("write {expected} there")),
        },
    }
}

/// The diagnostic of an expression in a string that doesn't parse.
pub fn interpolation_error(span: Span, text: &str, error: &Error<Rule>) -> Diagnostic {
    if text.trim().is_empty() {
        return Diagnostic::error(&codes::EMPTY_INTERPOLATION, span, "nothing is between `{{` and `}}`")
            .with_help("write a name or an expression there: `{{name}}`; a literal `{{` is written `\\{{`");
    }
    let words = expected_words(error);
    let only_end = words.iter().all(|word| *word == Word::End);
    let expected = listed(&words);
    let at = location(error).min(text.len());
    let rest = text.get(at..).unwrap_or_default();
    let start = at + rest.len() - rest.trim_start().len();
    let found = failure::token_at(text, start);
    let message = match found {
        "" => format!("expected {expected} in this interpolation"),
        found if only_end => format!("`{found}` isn't allowed here: the expression is complete before it"),
        found => format!("expected {expected} in this interpolation, but found `{found}`"),
    };
    let place = if found.is_empty() { span } else { span.slice(start, start + found.len()) };
    Diagnostic::error(&codes::UNEXPECTED, place, message)
        .with_help("write an expression between `{{` and `}}`; a literal `{{` is written `\\{{`")
}

/// Where pest stopped.
pub fn location(error: &Error<Rule>) -> usize {
    match error.location {
        InputLocation::Pos(at) | InputLocation::Span((at, _)) => at,
    }
}

/// The rules that pest would have taken.
pub fn positives(error: &Error<Rule>) -> &[Rule] {
    match &error.variant {
        ErrorVariant::ParsingError { positives, .. } => positives,
        ErrorVariant::CustomError { .. } => &[],
    }
}

/// What could have been there, without what is worth no mention.
fn expected_words(error: &Error<Rule>) -> Vec<Word> {
    let mut words: Vec<Word> = Vec::new();
    for rule in positives(error) {
        let word = words::word(*rule);
        if !matches!(word, Word::Continuation | Word::Statement) && !words.contains(&word) {
            words.push(word);
        }
    }
    // Of what is complete, it isn't worth a mention that it could be compared, called or indexed.
    if words.contains(&Word::End) {
        let goes_on = |word: &Word| {
            matches!(word, Word::Sign("(" | "["))
                || matches!(word, Word::Thing(thing) if thing.starts_with("a matcher"))
        };
        words.retain(|word| !goes_on(word));
    }
    words
}

/// `a name`, `` `in` or `,` ``: things first, then keywords, then signs and the end.
fn listed(words: &[Word]) -> String {
    let mut shown: Vec<(u8, String)> = words
        .iter()
        .filter_map(|word| match word {
            Word::Thing(thing) => Some((0, (*thing).to_owned())),
            Word::Keyword(keyword) => Some((1, format!("`{keyword}`"))),
            Word::Sign(sign) => Some((2, format!("`{sign}`"))),
            Word::End => Some((3, "the end of the statement".to_owned())),
            Word::Continuation | Word::Statement => None,
        })
        .collect();
    shown.sort_by_key(|(order, _)| *order);
    shown.dedup();
    let more = shown.len() > SHOWN;
    let mut shown: Vec<String> = shown.into_iter().take(SHOWN).map(|(_, word)| word).collect();
    if more {
        return format!("{} …", shown.join(", "));
    }
    let Some(last) = shown.pop() else { return "something else".to_owned() };
    if shown.is_empty() { last } else { format!("{} or {last}", shown.join(", ")) }
}
