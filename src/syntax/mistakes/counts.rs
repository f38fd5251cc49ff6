use crate::diag::{Diagnostic, codes};
use crate::syntax::explain::Failure;

/// `at least 3 at most 5`, `exactly 3 times`
pub fn combined(failure: &Failure<'_>) -> Option<Diagnostic> {
    let words: Vec<&str> = failure.text.split_whitespace().collect();
    if let Some(number) = words.windows(2).find(|pair| pair[0] == "exactly").map(|pair| pair[1])
        && failure.found() == "exactly"
    {
        return Some(
            Diagnostic::error(&codes::COUNT_SPELLING, failure.found_span(), "an exact count needs no word before it")
                .with_help(format!("write `{number} times`")),
        );
    }
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
