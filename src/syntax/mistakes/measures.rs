use crate::diag::{Diagnostic, closest, codes};
use crate::syntax::explain::Failure;
use crate::syntax::grammar::Rule;
use crate::syntax::quoted;

/// What gates and thresholds measure without parentheses.
const MEASURES: [&str; 4] = ["success", "flaky", "throughput", "error rate"];
/// What thresholds measure besides.
const OF_LOADS: [&str; 3] = ["errors", "iterations", "dropped arrivals"];
/// Other tools' words for them.
const OTHER: [(&str, &str); 30] = [
    ("pass", "success"),
    ("passed", "success"),
    ("passing", "success"),
    ("successful", "success"),
    ("checks", "success"),
    ("failure", "error rate"),
    ("fail", "error rate"),
    ("error_percentage", "error rate"),
    ("failures", "error rate"),
    ("failed", "error rate"),
    ("http_req_failed", "error rate"),
    ("rps", "throughput"),
    ("tps", "throughput"),
    ("requests_per_second", "throughput"),
    ("http_reqs", "throughput"),
    ("latency", "p95(time)"),
    ("duration", "p95(time)"),
    ("response_time", "p95(time)"),
    ("time", "p95(time)"),
    ("http_req_duration", "p95(time)"),
    ("p", "p95(time)"),
    ("percentile", "p95(time)"),
    ("ttfb", "p95(time to first byte)"),
    ("http_req_waiting", "p95(time to first byte)"),
    ("avg", "mean(time)"),
    ("average", "mean(time)"),
    ("dropped", "dropped arrivals"),
    ("dropped_iterations", "dropped arrivals"),
    ("rounds", "iterations"),
    ("error", "error rate"),
];

/// `gate succes > 90%`, `gate success rate > 90%`, `gate p95 < 2s`, `threshold p(95) < 2s`: a measure that isn't one, or lacks what it is of.
pub fn measure(failure: &Failure<'_>) -> Option<Diagnostic> {
    if !matches!(failure.rule, Rule::gate | Rule::threshold) {
        return None;
    }
    let keyword = failure.text.split_whitespace().next()?;
    let start = failure.text.find(keyword)? + keyword.len();
    let start = start + failure.text.get(start..)?.len() - failure.text.get(start..)?.trim_start().len();
    let written = failure.text.get(start..)?;
    // Also where the comparison is missing, its limit is no part of the measure.
    let limit = written
        .match_indices(' ')
        .map(|(at, _)| at)
        .find(|at| written[at + 1..].starts_with(|c: char| c.is_ascii_digit()));
    let in_words = in_words(written).map(|(at, _)| at);
    let signs = written.find(['<', '>', '=', '!', '(', '{']);
    let end = signs.into_iter().chain(limit).chain(in_words).min().unwrap_or(written.len());
    let written = written.get(..end)?.trim_end();
    let mut words = written.split_whitespace();
    let first = words.next()?;
    if words.next() == Some("of") {
        return None;
    }
    let known: Vec<&str> = match failure.rule {
        Rule::gate => MEASURES.to_vec(),
        _ => MEASURES.into_iter().chain(OF_LOADS).collect(),
    };
    // `http_req_duration: ["p(95)<500"]`
    let word = first.trim_end_matches(':');
    if let Some((_, meant)) = OTHER.iter().find(|(other, _)| *other == word && written.contains('[')) {
        let message = format!("`{word}` is nothing that can be measured: did you mean `{meant}`?");
        return Some(
            Diagnostic::error(&codes::MISSPELT_KEYWORD, failure.span(start, start + word.len()), message)
                .with_help("each limit is a line of its own, as in `threshold p95(time) < 800ms`"),
        );
    }
    let is_known = known.contains(&first) || known.contains(&written);
    let is_digit = |byte: u8| byte.is_ascii_digit() || byte == b'.';
    let is_percentile = first.len() > 1 && first.starts_with('p') && first[1..].bytes().all(is_digit);
    let mut end = start + written.len();
    let meant = if is_percentile || ["min", "max", "mean", "median"].contains(&first) {
        // With its parentheses it is some other mistake.
        (!failure.text.get(start + first.len()..)?.trim_start().starts_with('(')).then(|| format!("{first}(time)"))?
    } else if first == "errors" && known.contains(&"error rate") && written.ends_with(" rate") {
        "error rate".to_owned()
    } else if is_known && written != first && known.contains(&first) {
        first.to_owned()
    } else if is_known {
        return None;
    } else {
        let parentheses = parentheses(failure.text, end);
        let inside = parentheses.and_then(|len| failure.text.get(end..end + len));
        end += parentheses.unwrap_or_default();
        let other = OTHER.iter().find(|(word, _)| *word == first).map(|(_, meant)| *meant);
        let meant = other.or_else(|| closest(first, known.iter().copied())).or_else(|| closest(written, known))?;
        // `p(95)`, `http_req_duration p(99)`
        let percent = inside.map(|inside| inside.trim_matches(['(', ')', ' ', '\t']));
        match percent
            .filter(|percent| percent.starts_with(|c: char| c.is_ascii_digit()) && percent.parse::<f64>().is_ok())
        {
            Some(percent) => meant.replacen("p95", &format!("p{percent}"), 1),
            None => meant.to_owned(),
        }
    };
    let written = failure.text.get(start..end).unwrap_or(written);
    // `success rate` says what it measures, with a word too many.
    let correction = match limited(failure.text.get(end..).unwrap_or_default(), &meant) {
        Some((len, limit)) => failure.correct(start, end + len, &format!("{meant} {limit}")),
        None => failure.correct(start, end, &meant).safe_if(is_known),
    };
    let message = format!("`{written}` is nothing that can be measured: did you mean `{meant}`?");
    Some(Diagnostic::error(&codes::MISSPELT_KEYWORD, failure.span(start, end), message).with_help(correction.write()))
}

/// Comparisons in words. Longer ones first, where one begins with another.
const IN_WORDS: [(&str, &str); 24] = [
    ("less than or equal to", "<="),
    ("greater than or equal to", ">="),
    ("equal to", "=="),
    ("equals", "=="),
    ("less than", "<"),
    ("lower than", "<"),
    ("smaller than", "<"),
    ("fewer than", "<"),
    ("shorter than", "<"),
    ("faster than", "<"),
    ("no more than", "<="),
    ("not more than", "<="),
    ("greater than", ">"),
    ("higher than", ">"),
    ("more than", ">"),
    ("no less than", ">="),
    ("at most", "<="),
    ("up to", "<="),
    ("at least", ">="),
    ("under", "<"),
    ("below", "<"),
    ("above", ">"),
    ("over", ">"),
    ("is", "=="),
];

/// Where a comparison in words begins and ends in a text, and how it is written.
fn in_words(text: &str) -> Option<(usize, (usize, &'static str))> {
    let places = text.match_indices(' ').map(|(at, _)| at + 1).filter(|at| *at > 0);
    places
        .into_iter()
        .chain([0])
        .filter_map(|at| compared_at(text.get(at..)?).map(|found| (at, found)))
        .min_by_key(|(at, _)| *at)
}

/// The length of a comparison in words that a text begins with and a limit follows, and how it is written.
fn compared_at(text: &str) -> Option<(usize, &'static str)> {
    let plain = ["is ", "should be ", "must be ", "stays "]
        .into_iter()
        .find_map(|lead| text.strip_prefix(lead))
        .unwrap_or(text);
    [plain, text].into_iter().find_map(|rest| {
        let (words, sign) = IN_WORDS.into_iter().find(|(words, _)| rest.starts_with(words))?;
        let behind = rest.get(words.len()..)?.strip_prefix(' ')?;
        let is_limit = behind.trim_start().starts_with(|c: char| c.is_ascii_digit() || c == '.' || c == '{');
        is_limit.then_some((text.len() - rest.len() + words.len(), sign))
    })
}

/// How long a comparison and its limit are, and what they are of this measure, where they aren't written so: a number lacks its unit.
fn limited(text: &str, measure: &str) -> Option<(usize, String)> {
    let after = text.trim_start();
    let (len, sign, is_word) = match compared_at(after) {
        Some((len, sign)) => (len, sign, true),
        None => {
            let sign = ["<=", ">=", "==", "!=", "<", ">"].into_iter().find(|sign| after.starts_with(sign))?;
            (sign.len(), sign, false)
        }
    };
    let limit = after.get(len..)?.trim_start();
    let written = limit.split_whitespace().next()?;
    let number: Option<f64> = written.parse().ok().filter(|_| written.starts_with(|c: char| c.is_ascii_digit()));
    let whole = match (number, measure) {
        (Some(share), "error rate" | "success" | "flaky") if share > 0.0 && share < 1.0 => {
            // By its digits, since a multiplication isn't exact.
            format!("{}%", format!("{written}e2").parse::<f64>().ok()?)
        }
        (Some(_), "error rate" | "success" | "flaky") => format!("{written}%"),
        (Some(_), "throughput") => format!("{written}/s"),
        (Some(_), measure) if measure.ends_with(')') => format!("{written}ms"),
        _ if is_word => written.to_owned(),
        _ => return None,
    };
    Some((text.len() - limit.len() + written.len(), format!("{sign} {whole}")))
}

/// `p95(time) under 800ms`, `error rate at most 1%`: a comparison in words.
pub fn compared(failure: &Failure<'_>) -> Option<Diagnostic> {
    if !matches!(failure.rule, Rule::gate | Rule::threshold) || !failure.expects(Rule::op_less) {
        return None;
    }
    let (len, sign) = compared_at(failure.rest())?;
    let written = failure.rest().get(..len)?;
    let help = failure.correct(failure.at, failure.at + len, sign).safe().write();
    let message = format!("a comparison is a sign: `{written}` is written `{sign}`");
    Some(
        Diagnostic::error(&codes::FOREIGN_OPERATOR, failure.span(failure.at, failure.at + len), message)
            .with_help(help),
    )
}

/// `p95(time) < 1s and error rate < 1%`, `p95(time) < 1s, p99(time) < 2s`: two limits in one line.
pub fn another(failure: &Failure<'_>) -> Option<Diagnostic> {
    let joint = ["and ", "&& ", ", "].into_iter().find(|joint| failure.rest().starts_with(joint))?;
    if !matches!(failure.rule, Rule::gate | Rule::threshold) || !failure.expects_end() {
        return None;
    }
    let keyword = failure.text.split_whitespace().next()?;
    let span = failure.span(failure.at, failure.at + joint.trim_end().len());
    let rest = failure.rest().get(joint.len()..)?.trim_start();
    let help = format!("write another line for it: `{keyword} {rest}`");
    Some(Diagnostic::error(&codes::UNEXPECTED, span, "each limit is a line of its own").with_help(help))
}

/// How long the parentheses are that follow there.
fn parentheses(text: &str, at: usize) -> Option<usize> {
    let rest = text.get(at..)?;
    let open = rest.len() - rest.trim_start().len();
    let close = rest.find(')')?;
    rest.get(open..)?.starts_with('(').then_some(close + 1)
}

/// `p95(duration)`, `p95(response time)`: what a statistic is of, in another word.
pub fn timed(failure: &Failure<'_>) -> Option<Diagnostic> {
    let is_of_statistic = matches!(failure.rule, Rule::gate | Rule::threshold) && failure.before().ends_with('(');
    if !is_of_statistic || failure.found_word().is_empty() {
        return None;
    }
    let rest = failure.rest();
    let written = rest.get(..rest.find([')', '<', '>', '"'])?)?.trim_end();
    let of = written.find(" of").map_or(written, |at| written.get(..at).unwrap_or_default());
    let meant = match of.to_ascii_lowercase().replace(['_', '-'], " ").as_str() {
        "duration" | "latency" | "response" | "response time" | "response times" | "times" | "http req duration"
        | "request time" | "request duration" | "elapsed" | "rt" => "time",
        "ttfb" | "first byte" | "time to first" | "waiting" | "http req waiting" => "time to first byte",
        _ => return None,
    };
    let end = failure.at + of.len();
    let help = failure.correct(failure.at, end, meant).write();
    let message = format!("`{of}` is nothing that can be measured: did you mean `{meant}`?");
    Some(Diagnostic::error(&codes::MISSPELT_KEYWORD, failure.span(failure.at, end), message).with_help(help))
}

/// `p95(time) of "buy"`: what it is of goes into the parentheses.
pub fn of_behind(failure: &Failure<'_>) -> Option<Diagnostic> {
    let before = failure.before();
    if !matches!(failure.rule, Rule::gate | Rule::threshold) || failure.found_word() != "of" || !before.ends_with(')') {
        return None;
    }
    let rest = failure.rest();
    let open = rest.find('"')?;
    let len = open + 1 + rest.get(open + 1..)?.find('"')? + 1;
    let of = rest.get(..len)?;
    let help = failure.correct(before.len() - 1, failure.at + len, &format!(" {of})")).safe().write();
    let span = failure.span(failure.at, failure.at + len);
    let message = "what is measured of goes into the parentheses";
    Some(Diagnostic::error(&codes::UNEXPECTED, span, message).with_help(help))
}

/// `errors of "timeout"`: a kind of error is a word.
pub fn quoted_kind(failure: &Failure<'_>) -> Option<Diagnostic> {
    if failure.rule != Rule::threshold || !failure.before().ends_with("errors of") {
        return None;
    }
    let found = failure.found();
    let kind = found.strip_prefix('"')?.strip_suffix('"')?;
    if kind.is_empty() || !kind.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b' ') {
        return None;
    }
    let end = failure.at + found.len();
    let help = failure.correct(failure.at, end, kind).write();
    let message = "a kind of error is written without quotes";
    Some(Diagnostic::error(&codes::UNEXPECTED, failure.span(failure.at, end), message).with_help(help))
}

/// `p95(gap of "token")`, `p95(time to "done")`: an event without its word.
pub fn event(failure: &Failure<'_>) -> Option<Diagnostic> {
    if failure.rule != Rule::threshold {
        return None;
    }
    const PHRASES: [(&str, &str, &str); 3] = [
        ("gap of ", "event ", "gap of event"),
        ("time to ", "event ", "time to event"),
        ("gap ", "of event ", "gap of event"),
    ];
    let (start, missing, phrase) = PHRASES.into_iter().find_map(|(written, missing, phrase)| {
        Some((failure.text.find(&format!("{written}\""))? + written.len(), missing, phrase))
    })?;
    let at = failure.span(start, failure.text.get(start + 1..)?.find('"')? + start + 2);
    let help = failure.correct(start, start, missing).safe().write();
    Some(
        Diagnostic::error(&codes::MISSPELT_KEYWORD, at, format!("the name of an event comes behind `{}`", phrase))
            .with_help(help),
    )
}

/// `over 10s`, `in the last 10s`: a window that isn't written `over last`.
pub fn window(failure: &Failure<'_>) -> Option<Diagnostic> {
    let is_other = matches!(failure.found_word(), "over" | "in" | "for" | "during" | "within" | "last");
    if failure.rule != Rule::threshold || !failure.expects(Rule::k_over_last) || !is_other {
        return None;
    }
    let rest = failure.rest();
    let len = rest.find(|c: char| c.is_ascii_digit())?;
    let written = rest.get(..len)?.trim_end();
    let end = failure.at + len;
    let is_plain = written.split_whitespace().all(|word| word.bytes().all(|byte| byte.is_ascii_lowercase()));
    let help = failure.correct(failure.at, end, "over last ").safe_if(is_plain).write();
    let message = format!("`{written}` isn't known here: did you mean `over last`?");
    Some(
        Diagnostic::error(&codes::MISSPELT_KEYWORD, failure.span(failure.at, failure.at + written.len()), message)
            .with_help(help),
    )
}

/// `p95(time of buy)`: what is measured, without quotes.
pub fn unquoted(failure: &Failure<'_>) -> Option<Diagnostic> {
    let rest = failure.rest();
    if !matches!(failure.rule, Rule::threshold | Rule::gate)
        || !matches!(failure.last_token(), "of" | "event")
        || !failure.expects(Rule::string)
        || failure.found_word().is_empty()
    {
        return None;
    }
    let end = rest.find([')', '<', '>', '=', '!']).unwrap_or(rest.len());
    let name = rest.get(..end)?.trim_end();
    let help = failure.correct(failure.at, failure.at + name.len(), &quoted(name));
    Some(
        Diagnostic::error(
            &codes::UNQUOTED_TEXT,
            failure.span(failure.at, failure.at + name.len()),
            format!("`{name}` isn't in quotes"),
        )
        .with_help(help.safe().help(|line| format!("text is written in quotes: `{line}`"))),
    )
}

/// `abort on fail`: `abort` says that on its own.
pub fn abort(failure: &Failure<'_>) -> Option<Diagnostic> {
    let is_more = matches!(failure.found_word(), "on" | "when" | "if" | "true" | "immediately" | "at");
    if failure.rule != Rule::threshold || failure.last_token() != "abort" || !is_more {
        return None;
    }
    let rest = failure.rest();
    let len = [" after ", " over last "].iter().filter_map(|next| rest.find(next)).min().unwrap_or(rest.len());
    let span = failure.span(failure.at, failure.at + len);
    let help = failure.correct(failure.before().len(), failure.at + len, "").write();
    let message = "`abort` alone stops the load when the threshold doesn't hold";
    Some(Diagnostic::error(&codes::FOREIGN_STATEMENT, span, message).with_help(help))
}
