//! What one small word would make of a statement that breaks: it is put in, left out or taken for another one, and the statement is matched again.

use super::{Failure, Word};
use crate::diag::Help;
use crate::syntax::matcher::matched;

/// Words that join the parts of statements.
const JOINING: [&str; 18] = [
    "within", "for", "with", "reason", "every", "times", "on", "as", "to", "over", "after", "from", "expect", "in",
    "of", "by", "event", "json",
];
/// Words that people put in where the language has none.
const FILLING: [&str; 13] = ["in", "of", "the", "a", "an", "to", "at", "is", "be", "for", "with", "by", "then"];

/// How many words behind where a statement breaks one may be missing: a phrase breaks at its first word.
const PHRASE: usize = 3;
/// How many of the words that are expected there are tried.
const MOST_EXPECTED: usize = 12;
/// Longer statements, in bytes, aren't matched again and again.
const LONGEST: usize = 2 << 10;

/// What to write, where it is one word that is wrong.
pub fn repaired(failure: &Failure<'_>) -> Option<Help> {
    if failure.text.len() > LONGEST {
        return None;
    }
    let last = failure.before().len() - failure.last_token().len();
    let rest = failure.text.get(failure.at..).unwrap_or_default();
    let is_start =
        |at: &usize| rest[..*at].ends_with(char::is_whitespace) && !rest[*at..].starts_with(char::is_whitespace);
    let later = rest.char_indices().map(|(at, _)| at).filter(is_start).map(|at| failure.at + at).take(PHRASE);
    // At the end, what is last is the likelier one that lacks a word.
    let first = if rest.trim().is_empty() { [last, failure.at] } else { [failure.at, last] };
    let places = first.into_iter().chain(later);
    let missing = places.filter_map(|at| missing(failure, at)).next();
    missing.or_else(|| swapped(failure)).or_else(|| other(failure)).or_else(|| superfluous(failure))
}

/// `closed 1000`, `event "a" 5s`, `repeat 5`
fn missing(failure: &Failure<'_>, at: usize) -> Option<Help> {
    let (before, after) = failure.text.split_at_checked(at)?;
    let is_value = |c: char| c.is_alphanumeric() || matches!(c, '"' | '\'' | '$' | '{' | '[' | '_' | '/' | '-');
    if !after.trim_start().starts_with(is_value) && !after.trim().is_empty() {
        return None;
    }
    let expected = failure.expected_words().into_iter().filter_map(|word| match word {
        Word::Keyword(word) if at == failure.at && !JOINING.contains(&word) => Some(word),
        _ => None,
    });
    let words = JOINING.into_iter().chain(expected.take(MOST_EXPECTED));
    let fitting: Vec<&str> = words.filter(|word| fits(failure, &format!("{before} {word} {after}"))).collect();
    let correct = |word: &str| failure.correct(at, at, &format!(" {word} "));
    match *fitting.as_slice() {
        [] => None,
        [only] => Some(correct(only).write()),
        // Which of them is meant, nothing says.
        [_, _] | [_, _, _] => {
            let next = super::failure::token_at(failure.text, at + after.len() - after.trim_start().len());
            let listed: Vec<String> =
                fitting.iter().map(|word| format!("`{}`", format!("{word} {next}").trim_end())).collect();
            Some(format!("either {} is meant", listed.join(" or ")).into())
        }
        _ => None,
    }
}

/// `send text chat "go"`
fn swapped(failure: &Failure<'_>) -> Option<Help> {
    let (last, found) = (failure.last_token(), failure.found_word());
    let is_word = |word: &str| !word.is_empty() && word.chars().all(|c| c.is_alphanumeric() || c == '_');
    let (start, end) = (failure.before().len() - last.len(), failure.at + found.len());
    let (before, after) = (failure.text.get(..start)?, failure.text.get(end..)?);
    // Statements are known by their first word.
    let may_move = is_word(last) && is_word(found) && !before.trim().is_empty();
    let fits = may_move && fits(failure, &format!("{before}{found} {last}{after}"));
    fits.then(|| failure.correct(start, end, &format!("{found} {last}")).write())
}

/// `event "a" in 5s`
fn other(failure: &Failure<'_>) -> Option<Help> {
    let found = failure.found_word();
    if found.is_empty() {
        return None;
    }
    let end = failure.at + found.len();
    let (before, after) = (failure.text.get(..failure.at)?, failure.text.get(end..)?);
    let fits = |word: &&&str| fits(failure, &format!("{before}{word}{after}"));
    let mut fitting = JOINING.iter().filter(fits);
    let only = fitting.next().filter(|_| fitting.next().is_none())?;
    Some(failure.correct(failure.at, end, only).write())
}

/// `timeout in 5s`
fn superfluous(failure: &Failure<'_>) -> Option<Help> {
    let found = failure.found_word();
    let end = failure.at + found.len();
    let (before, after) = (failure.text.get(..failure.at)?, failure.text.get(end..)?);
    let is_one = FILLING.contains(&found) && fits(failure, &format!("{before}{after}"));
    is_one.then(|| failure.correct(failure.at, end, "").write())
}

fn fits(failure: &Failure<'_>, text: &str) -> bool {
    matched(failure.rule, text, Vec::new()).is_some()
}
