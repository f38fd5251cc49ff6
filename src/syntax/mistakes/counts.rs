use crate::diag::{Correction, Diagnostic, closest, codes};
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
        let count = match next {
            "once" | "twice" => next.to_owned(),
            number => format!("{number} times"),
        };
        let end = behind_times(failure.text, failure.at + next.len());
        return Some(
            Diagnostic::error(
                &codes::COUNT_SPELLING,
                failure.span(start, start + word.len()),
                "an exact count needs no word before it",
            )
            .with_help(Correction::replace(failure.span(start, end), count).safe_if(!next.is_empty()).write()),
        );
    }
    let phrase = format!("{word} {next}");
    let (meant, len) = match closest(&phrase, ["at least", "at most"]) {
        Some(meant) => (meant, failure.at + next.len() - start),
        None => (closest(word, ["within", "settle", "once", "twice", "optional"])?, word.len()),
    };
    let shown = failure.text.get(start..start + len).unwrap_or(word);
    Some(
        Diagnostic::error(
            &codes::MISSPELT_KEYWORD,
            failure.span(start, start + len),
            format!("`{shown}` isn't known here: did you mean `{meant}`?"),
        )
        .with_help(failure.correct(start, start + len, meant).write()),
    )
}

/// `at least 3 at most 5`
pub fn combined(failure: &Failure<'_>) -> Option<Diagnostic> {
    let (least, most) = (number_after(failure.text, "least")?, number_after(failure.text, "most")?);
    let start = least.start.min(most.start);
    let end = least.end.max(most.end);
    let correction = Correction::replace(
        failure.span(start, behind_times(failure.text, end)),
        format!("{} to {} times", least.number, most.number),
    );
    Some(
        Diagnostic::error(&codes::COMBINED_COUNTS, failure.span(start, end), "two counts can't be combined")
            .with_help(correction.safe().write()),
    )
}

/// `at least 3`, and where it is.
struct Bound<'t> {
    start: usize,
    end: usize,
    number: &'t str,
}

fn number_after<'t>(text: &'t str, word: &str) -> Option<Bound<'t>> {
    let words = ["at", word];
    let mut starts = text.match_indices("at").map(|(at, _)| at);
    starts.find_map(|start| {
        let mut end = start;
        for word in words {
            let rest = text.get(end..)?.trim_start();
            end = text.len() - rest.strip_prefix(word)?.len();
        }
        let rest = text.get(end..)?.trim_start();
        let written = rest.split_whitespace().next()?;
        let number = match written {
            "once" => "1",
            "twice" => "2",
            number => number,
        };
        Some(Bound { start, end: text.len() - rest.len() + written.len(), number })
    })
}

/// Behind the word `times`, where it comes next.
fn behind_times(text: &str, at: usize) -> usize {
    let rest = text.get(at..).unwrap_or_default().trim_start();
    match rest.strip_prefix("times") {
        Some(after) if !after.starts_with(char::is_alphanumeric) => text.len() - after.len(),
        _ => at,
    }
}

/// `retry 2 times on status 404`
pub fn named_status(failure: &Failure<'_>) -> Option<Diagnostic> {
    let word = failure.last_token();
    let is_status =
        matches!(word, "status" | "statuses" | "code" | "codes") && failure.before().ends_with(&format!("on {word}"));
    if failure.rule != Rule::retry || !is_status || !failure.rest().starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let start = failure.before().len() - word.len();
    let message = "what is retried on is given by statuses, and by words such as `timeout`";
    Some(
        Diagnostic::error(&codes::UNEXPECTED, failure.span(start, start + word.len()), message)
            .with_help(failure.correct(start, failure.at, "").safe().write()),
    )
}
