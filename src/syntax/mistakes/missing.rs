use crate::diag::{Correction, Diagnostic, Help, closest, codes};
use crate::syntax::explain::Failure;
use crate::syntax::grammar::Rule;
use crate::syntax::matcher::matched;
use crate::syntax::words::{Context, first_words, matcher_rows, response_words};
use crate::value::named::named;

/// `websocket {{env.ws}} { … }`
pub fn channel_name(failure: &Failure<'_>) -> Option<Diagnostic> {
    let is_channel = matches!(failure.rule, Rule::websocket | Rule::stream);
    let rest = failure.rest();
    let begins_url = ["{{", "http", "ws", "\"", "/"].iter().any(|start| rest.starts_with(start));
    if !is_channel || !begins_url || failure.before().contains(char::is_whitespace) {
        return None;
    }
    let correction = failure.correct(failure.at, failure.at, "chat ");
    Some(
        Diagnostic::error(&codes::MISSING_NAME, failure.found_span(), "a channel needs a name before its URL")
            .with_help(correction.help(|line| format!("write `{line}`: later statements name the channel by it"))),
    )
}

/// `request {{env.api}}/x`, `request row.method{{env.api}}/x`, `request a + b {{env.api}}/x`: where the method ends and the URL begins.
pub fn method(failure: &Failure<'_>) -> Option<Diagnostic> {
    const STARTS: [&str; 5] = ["{{", "http:", "https:", "ws:", "wss:"];
    let behind = failure.text.strip_prefix("request").filter(|_| failure.rule == Rule::request)?;
    let value = behind.trim_start();
    let start = failure.text.len() - value.len();
    if STARTS.iter().any(|url| value.starts_with(url)) {
        let help = failure.correct(0, "request".len(), "GET").write();
        let message = "`request` takes a method before its URL";
        return Some(
            Diagnostic::error(&codes::MISSING_VALUE, failure.span(0, "request".len()), message).with_help(help),
        );
    }
    let url = STARTS.iter().filter_map(|url| Some(failure.at + failure.text.get(failure.at..)?.find(url)?)).min()?;
    let given = failure.text.get(start..url)?.trim_end();
    if given.is_empty() {
        return None;
    }
    let span = failure.span(start, start + given.len());
    let (message, help) = match failure.text.get(..url).is_some_and(|before| before.ends_with([' ', '\t'])) {
        true => (
            "a method that is worked out is in parentheses",
            failure.correct(start, start + given.len(), &format!("({given})")).write(),
        ),
        false => ("a space goes between the method and the URL", failure.correct(url, url, " ").write()),
    };
    Some(Diagnostic::error(&codes::UNEXPECTED, span, message).with_help(help))
}

/// `GET {`
pub fn url(failure: &Failure<'_>) -> Option<Diagnostic> {
    let takes_url = matches!(failure.rule, Rule::request | Rule::websocket | Rule::stream | Rule::probe);
    if !takes_url || !(failure.expects(Rule::url) || failure.expects(Rule::method)) || !failure.rest().is_empty() {
        return None;
    }
    let last = failure.last_token();
    Some(
        Diagnostic::error(&codes::MISSING_URL, failure.found_span(), format!("a URL is missing after `{last}`"))
            .with_help(failure.correct(failure.before().len(), failure.before().len(), " {{env.api}}/path").write()),
    )
}

/// `expect $.a 5`, `expect $.a`
pub fn matcher(failure: &Failure<'_>) -> Option<Diagnostic> {
    if !failure.expects_matcher() || failure.expects_end() {
        return None;
    }
    let subject = failure.last_token();
    let message = format!("expected a matcher such as `==`, `contains` or `is` after `{subject}`");
    let rest = failure.rest();
    let begins_value =
        rest.starts_with(|c: char| c.is_ascii_alphanumeric() || matches!(c, '"' | '\'' | '[' | '{' | '$' | '-' | '_'));
    let insert = |text: &str| failure.correct(failure.at, failure.at, text);
    if let Some(known) = bare_status(failure).or_else(|| without_on(failure)) {
        return Some(known);
    }
    let help: Help = if let Some(meant) = misspelt_subject(failure) {
        meant
    } else if rest.is_empty() {
        format!("say what must hold: `{} == …`, or `exists`", failure.before()).into()
    } else if rest.starts_with('-') && subject.starts_with('$') {
        insert("== ").help(|line| {
            format!("a key that holds `-` is written in brackets: `$[\"a-b\"]`; to compare, write `{line}`")
        })
    } else if matches!(subject, "all" | "every" | "any") {
        "a matcher holds for all elements of a list with `each`, for one of them with `some`: `expect $.items[*].id each is uuid`".into()
    } else if named(failure.found()).is_some_and(|ty| !ty.is_any() && !ty.is_of_specs()) {
        insert("is ").safe().write()
    } else if rest.starts_with(':') {
        failure.correct(failure.at, failure.at + 1, " == ").safe().write()
    } else if rest.starts_with('/') {
        insert("matches ").safe().write()
    } else if let Some(whole) = matcher_in_part(failure) {
        whole
    } else if begins_value {
        // A word may be a matcher that isn't known.
        let is_literal = failure.found_word().is_empty() || matches!(failure.found(), "true" | "false" | "null");
        insert("== ").safe_if(is_literal).help(|line| format!("write `{line}` to compare the two"))
    } else {
        let words: Vec<String> = first_words().iter().map(|word| format!("`{word}`")).collect();
        format!("the matchers are `== != < <= > >=`, {}", words.join(", ")).into()
    };
    Some(Diagnostic::error(&codes::MISSING_MATCHER, failure.found_span(), message).with_help(help))
}

/// `expect $.items empty`, `expect $.items has 3`: only some of a matcher's words.
fn matcher_in_part(failure: &Failure<'_>) -> Option<Help> {
    let rest = failure.rest();
    let before = failure.text.get(..failure.at)?;
    let fits = |text: &str| matched(failure.rule, &format!("{before}{text}"), Vec::new()).is_some();
    let phrases = matcher_rows().filter_map(|row| Some((row.word, row.word.split_once(' ')?)));
    let mut wholes = phrases.filter_map(|(word, (first, others))| {
        if rest.starts_with(others) && fits(&format!("{first} {rest}")) {
            return Some(failure.correct(failure.at, failure.at, &format!("{first} ")));
        }
        let behind = rest.strip_prefix(first)?;
        let is_it = behind.starts_with(' ') && fits(&format!("{word}{behind}"));
        is_it.then(|| failure.correct(failure.at, failure.at + first.len(), word))
    });
    let only = wholes.next()?;
    wholes.next().is_none().then(|| only.write())
}

/// `expect 200`
fn bare_status(failure: &Failure<'_>) -> Option<Diagnostic> {
    let status = failure.last_token();
    let start = failure.before().len() - status.len();
    let is_subject = failure.text.get(..start)?.trim_end().ends_with("expect");
    let is_status = status.len() == 3 && status.parse::<u16>().is_ok_and(|status| (100..600).contains(&status));
    let (rest, fixed) = (failure.rest(), failure.text.get(..start).zip(failure.text.get(start..))?);
    let is_whole =
        rest.is_empty() || matched(failure.rule, &format!("{}status {}", fixed.0, fixed.1), Vec::new()).is_some();
    (is_subject && is_status && is_whole).then(|| {
        let span = failure.span(start, start + status.len());
        Diagnostic::error(&codes::MISSING_MATCHER, span, format!("nothing is said of `{status}`"))
            .with_help(failure.correct(start, start, "status ").safe().write())
    })
}

/// `expect chat silence for 100ms`
fn without_on(failure: &Failure<'_>) -> Option<Diagnostic> {
    const OF_CHANNELS: [&str; 8] = ["event", "never", "silence", "closed", "ended", "cut", "in", "every"];
    if !OF_CHANNELS.contains(&failure.found_word()) {
        return None;
    }
    let channel = failure.text.strip_prefix("expect ")?;
    matched(Rule::expect_on, &format!("expect on {channel}"), Vec::new())?;
    let start = failure.text.len() - channel.len();
    let message = "what is expected on a channel begins with `expect on`";
    Some(
        Diagnostic::error(&codes::MISSING_MATCHER, failure.found_span(), message)
            .with_help(failure.correct(start, start, "on ").write()),
    )
}

/// `header Content-Type == "text/plain"`, `body text contains "a"`: what reads the response, and what makes the request, begin with the same words.
pub fn expect(failure: &Failure<'_>) -> Option<Diagnostic> {
    let signs = [" == ", " != ", " < ", " > ", " <= ", " >= "];
    let compares =
        signs.iter().any(|sign| failure.text.contains(sign)) || first_words().contains(&failure.found_word());
    let is_part = match failure.rule {
        // `header Accept "text/plain"` lacks a colon.
        Rule::header | Rule::cookie => compares,
        Rule::body => true,
        _ => false,
    };
    if !is_part || matched(Rule::expect, &format!("expect {}", failure.text), Vec::new()).is_none() {
        return None;
    }
    Some(
        Diagnostic::error(
            &codes::MISSING_EXPECT,
            failure.span(0, failure.text.trim_end().len()),
            "an expectation begins with `expect`",
        )
        .with_help(failure.correct(0, 0, "expect ").safe().write()),
    )
}

/// `expect statuss 200`: only words that name a part of a response take a bare value or name.
fn misspelt_subject(failure: &Failure<'_>) -> Option<Help> {
    let (word, rest) = (failure.last_token(), failure.rest());
    let start = failure.before().len() - word.len();
    let is_subject = failure.text.get(..start).is_some_and(|before| before.trim_end().ends_with("expect"));
    let near = closest(word, response_words()).filter(|_| is_subject && !rest.is_empty())?;
    Some(
        failure.correct(start, start + word.len(), near).help(|line| {
            format!("did you mean `{near}`? Then write `{line}`; a value of your own is compared with `==`")
        }),
    )
}

/// `before each let token = …`: the brace that is missing before the first statement of a block.
pub fn brace(failure: &Failure<'_>) -> Option<Diagnostic> {
    let has_block = matches!(
        failure.rule,
        Rule::suite
            | Rule::test
            | Rule::hook
            | Rule::flow
            | Rule::parallel
            | Rule::for_each_stmt
            | Rule::repeat
            | Rule::eventually
            | Rule::within
            | Rule::scenario
            | Rule::service
            | Rule::phase
    );
    let word = failure.found_word();
    let begins_statement = [Context::Test, Context::Suite, Context::Service, Context::Phase]
        .iter()
        .any(|context| context.keywords().contains(&word));
    let is_loop = word == "for" && matches!(failure.rule, Rule::test | Rule::parallel);
    if !has_block || !failure.expects_end() || !begins_statement || is_loop {
        return None;
    }
    let head = failure.before().split_whitespace().next().unwrap_or_default();
    let open = failure.correct(failure.at, failure.at, "{ ");
    // What follows may have a block of its own, and then the one that is missing ends behind it.
    let end = failure
        .segment
        .body
        .map_or_else(|| failure.parser.head_span(failure.segment), |body| failure.parser.body_span(body));
    Some(
        Diagnostic::error(
            &codes::MISSING_BLOCK,
            failure.found_span(),
            format!("`{head}` needs a block: `{{` is missing before `{word}`"),
        )
        .with_help(open.and(Correction::insert_after(end, " }")).help(|line| format!("write `{line} }}`"))),
    )
}

/// `mark before_order { … }`
pub fn no_block(failure: &Failure<'_>) -> Option<Diagnostic> {
    if failure.found() != "{" || !failure.expects_end() || failure.expects_value() || failure.expects_matcher() {
        return None;
    }
    let word = failure.before().split_whitespace().next().unwrap_or_default();
    Some(
        Diagnostic::error(&codes::UNEXPECTED_BLOCK, failure.found_span(), format!("`{word}` takes no block"))
            .with_help("remove the braces, or begin a new statement for what is in them"),
    )
}

/// `expect status ==`, `let name =`
pub fn value(failure: &Failure<'_>) -> Option<Diagnostic> {
    if !failure.rest().is_empty() || !failure.expects_value() {
        return None;
    }
    let last = failure.last_token();
    Some(
        Diagnostic::error(&codes::MISSING_VALUE, failure.found_span(), format!("a value is missing after `{last}`"))
            .with_help(format!("write the value behind it: `{} …`", failure.before())),
    )
}
