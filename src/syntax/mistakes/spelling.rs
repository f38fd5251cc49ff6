use crate::diag::{Diagnostic, closest, codes};
use crate::syntax::explain::{Failure, Word, repaired};
use crate::syntax::grammar::Rule;
use crate::syntax::matcher::matched;
use crate::syntax::words::first_words;

/// A word that is nearly one of those that could be there.
pub fn keyword(failure: &Failure<'_>) -> Option<Diagnostic> {
    let word = failure.found_word();
    if word.len() < 2 {
        return None;
    }
    let mut candidates: Vec<&'static str> = failure
        .expected_words()
        .into_iter()
        .filter_map(|word| match word {
            Word::Keyword(keyword) => Some(keyword),
            _ => None,
        })
        .collect();
    if failure.expects_matcher() {
        candidates.extend(first_words());
    }
    if failure.rule == Rule::abort_when {
        candidates.push("every websocket fails");
    }
    let meant = candidates.into_iter().find(|candidate| {
        // A phrase is compared with as many words as it has.
        let count = candidate.split(' ').count();
        let written: Vec<&str> = failure.rest().split_whitespace().take(count).collect();
        let written = written.join(" ");
        // A value isn't a misspelt word.
        let are_words = written.bytes().all(|b| b.is_ascii_alphabetic() || b == b' ' || b == b'-' || b == b'_');
        are_words && written.len() >= 3 && closest(&written, [*candidate]).is_some()
            || closest(word, [*candidate]).is_some() && word.len() >= 4
    })?;
    let count = meant.split(' ').count();
    let len = written_len(failure.rest(), word, meant, count);
    // What isn't a statement with it may be one with another word.
    let (before, after) = (failure.text.get(..failure.at)?, failure.text.get(failure.at + len..)?);
    if matched(failure.rule, &format!("{before}{meant}{after}"), Vec::new()).is_none() && repaired(failure).is_some() {
        return None;
    }
    let span = failure.span(failure.at, failure.at + len);
    let shown = failure.rest().get(..len).unwrap_or(word);
    Some(
        Diagnostic::error(
            &codes::MISSPELT_KEYWORD,
            span,
            format!("`{shown}` isn't known here: did you mean `{meant}`?"),
        )
        .with_help(
            failure.correct(failure.at, failure.at + len, meant).safe_if(shown.eq_ignore_ascii_case(meant)).write(),
        ),
    )
}

/// The first word of a phrase without the others: `for x in …`, `skip if …`
pub fn incomplete_phrase(failure: &Failure<'_>) -> Option<Diagnostic> {
    let word = failure.found_word();
    let phrase = failure.expected_words().into_iter().find_map(|expected| {
        let phrase = match expected {
            Word::Keyword(phrase) => phrase,
            // One phrase, not one of several.
            Word::Thing(thing) if thing.matches('`').count() == 2 => thing.strip_prefix('`')?.split('`').next()?,
            _ => return None,
        };
        let (first, others) = phrase.split_once(' ')?;
        let is_keywords = others.bytes().all(|b| b.is_ascii_lowercase() || b == b' ') || phrase.starts_with("for each");
        (first == word && is_keywords).then_some(phrase)
    })?;
    let phrase = if phrase.starts_with("for each") { "for each" } else { phrase };
    let next = failure.rest().split_whitespace().nth(1).unwrap_or_default();
    // More of it is there: what is missing is missing further on.
    if phrase.split(' ').nth(1) == Some(next) {
        return None;
    }
    // A word that another language would write takes the place of the others.
    let is_filler = matches!(next, "if" | "unless" | "on" | "any" | "every" | "the" | "else");
    let len = if is_filler { failure.rest().find(next).unwrap_or_default() + next.len() } else { word.len() };
    let span = failure.span(failure.at, failure.at + len);
    let correction =
        failure.correct(failure.at, failure.at + len, phrase).safe_if(!is_filler || matches!(next, "if" | "every"));
    let shown = failure.rest().get(..len).unwrap_or(word);
    Some(
        Diagnostic::error(
            &codes::MISSPELT_KEYWORD,
            span,
            format!("`{shown}` isn't known here: did you mean `{phrase}`?"),
        )
        .with_help(correction.write()),
    )
}

/// How much of the text stands for the phrase: one word, or as many as the phrase has.
fn written_len(rest: &str, word: &str, meant: &str, count: usize) -> usize {
    if count == 1 || closest(word, [meant]).is_some() {
        return word.len();
    }
    let mut end = 0;
    for _ in 0..count {
        let next = rest.get(end..).unwrap_or_default();
        let skipped = next.len() - next.trim_start().len();
        let len = next.split_whitespace().next().map_or(0, str::len);
        end += skipped + len;
    }
    end
}
