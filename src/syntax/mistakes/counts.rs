use crate::diag::{Diagnostic, closest, codes};
use crate::syntax::explain::Failure;
use crate::syntax::grammar::Rule;

/// A word that was taken for the number of a count: `event "x" witin 5s`, `event "x" exactly 3 times`
pub fn misread(failure: &Failure<'_>) -> Option<Diagnostic> {
    let word = failure.last_token();
    if !failure.expects(Rule::k_times) || !word.bytes().all(|b| b.is_ascii_lowercase()) || word.is_empty() {
        return None;
    }
    let start = failure.before().len() - word.len();
    let rest = failure.rest();
    let next = rest.split_whitespace().next().unwrap_or_default();
    if word == "exactly" {
        return Some(
            Diagnostic::error(
                &codes::COUNT_SPELLING,
                failure.span(start, start + word.len()),
                "an exact count needs no word before it",
            )
            .with_help(format!("write `{next} times`")),
        );
    }
    let phrase = format!("{word} {next}");
    let (meant, len) = match closest(&phrase, ["at least", "at most"]) {
        Some(meant) => (meant, failure.at + next.len() - start),
        None => (closest(word, ["within", "settle", "once", "twice", "optional"])?, word.len()),
    };
    let line = failure.corrected(start, start + len, meant);
    let shown = failure.text.get(start..start + len).unwrap_or(word);
    Some(
        Diagnostic::error(
            &codes::MISSPELT_KEYWORD,
            failure.span(start, start + len),
            format!("`{shown}` isn't known here: did you mean `{meant}`?"),
        )
        .with_help(format!("write `{line}`")),
    )
}

/// `at least 3 at most 5`
pub fn combined(failure: &Failure<'_>) -> Option<Diagnostic> {
    let words: Vec<&str> = failure.text.split_whitespace().collect();
    let least = number_after(&words, "least")?;
    let most = number_after(&words, "most")?;
    let at = failure.text.find("at least").into_iter().chain(failure.text.find("at most")).min()?;
    let end = failure.text.rfind(most).into_iter().chain(failure.text.rfind(least)).max()?;
    let span = failure.span(at, (end + most.len()).clamp(at, failure.text.len()));
    Some(
        Diagnostic::error(&codes::COMBINED_COUNTS, span, "two counts can't be combined")
            .with_help(format!("write `{least} to {most} times`")),
    )
}

fn number_after<'t>(words: &[&'t str], word: &str) -> Option<&'t str> {
    let at = words.windows(2).position(|pair| pair[0] == "at" && pair[1] == word)?;
    let number = words.get(at + 2)?;
    Some(match *number {
        "once" => "1",
        "twice" => "2",
        number => number,
    })
}
