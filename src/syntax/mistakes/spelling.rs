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

/// What gates and thresholds measure without parentheses.
const MEASURES: [&str; 4] = ["success", "flaky", "throughput", "error rate"];
/// Other tools' words for them.
const OTHER_MEASURES: [(&str, &str); 8] = [
    ("pass", "success"),
    ("passed", "success"),
    ("passing", "success"),
    ("successful", "success"),
    ("errors", "error rate"),
    ("failures", "error rate"),
    ("rps", "throughput"),
    ("latency", "p95(time)"),
];

/// `gate succes > 90%`, `gate success rate > 90%`, `gate p95 < 2s`: a measure that isn't one, or lacks what it is of.
pub fn measure(failure: &Failure<'_>) -> Option<Diagnostic> {
    if !matches!(failure.rule, Rule::gate | Rule::threshold) {
        return None;
    }
    let mut words = failure.before().split_whitespace();
    let keyword = words.next()?;
    let start = failure.text.find(keyword)? + keyword.len();
    let start = start + failure.text.get(start..)?.len() - failure.text.get(start..)?.trim_start().len();
    let written = failure.text.get(start..)?;
    // Also where the comparison is missing, its limit is no part of the measure.
    let limit = written
        .match_indices(' ')
        .map(|(at, _)| at)
        .find(|at| written[at + 1..].starts_with(|c: char| c.is_ascii_digit()));
    let end = written.find(['<', '>', '=', '!', '(', '{']).into_iter().chain(limit).min().unwrap_or(written.len());
    let written = written.get(..end)?.trim_end();
    let first = written.split_whitespace().next()?;
    let known = MEASURES.contains(&first) || MEASURES.contains(&written);
    let is_percentile = first.len() > 1 && first.starts_with('p') && first[1..].bytes().all(|b| b.is_ascii_digit());
    let meant = if is_percentile || ["min", "max", "mean", "median"].contains(&first) {
        // With its parentheses it is some other mistake.
        (!failure.text.get(start + first.len()..)?.trim_start().starts_with('(')).then(|| format!("{first}(time)"))?
    } else if known && written != first && MEASURES.contains(&first) {
        first.to_owned()
    } else if known {
        return None;
    } else {
        let other = OTHER_MEASURES.iter().find(|(word, _)| *word == first).map(|(_, meant)| *meant);
        other.or_else(|| closest(first, MEASURES)).or_else(|| closest(written, MEASURES))?.to_owned()
    };
    let end = start + written.len();
    // `success rate` says what it measures, with a word too many.
    let correction = failure.correct(start, end, &meant).safe_if(known);
    let message = format!("`{written}` is nothing that can be measured: did you mean `{meant}`?");
    Some(Diagnostic::error(&codes::MISSPELT_KEYWORD, failure.span(start, end), message).with_help(correction.write()))
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
