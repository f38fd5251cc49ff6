use crate::diag::{Correction, Diagnostic, codes};
use crate::syntax::explain::Failure;
use crate::syntax::grammar::Rule;
use crate::syntax::scan::Tok;

/// A line that ends in `,` takes the next line for its own.
pub fn trailing_comma(failure: &Failure<'_>) -> Option<Diagnostic> {
    let found = failure.found_span().start;
    let parser = failure.parser;
    let mut depth = 0usize;
    let mut comma = None;
    for at in failure.segment.from + 1..failure.segment.to {
        let token = parser.token(at)?;
        match token.kind {
            Tok::Open => depth += 1,
            Tok::Close => depth = depth.saturating_sub(1),
            Tok::Newline if depth == 0 && parser.token_span(at - 1).start <= found => comma = Some(at - 1),
            _ => {}
        }
    }
    let span = parser.token_span(comma?);
    let is_list =
        matches!(failure.rule, Rule::tags | Rule::needs | Rule::depends_on | Rule::runs_on | Rule::locks | Rule::run);
    let removal = Correction::remove(span).safe_if(!is_list);
    let help = removal.say(match is_list {
        true => "remove the comma if the list ends there",
        false => "remove the comma: a statement ends with its line",
    });
    Some(
        Diagnostic::error(&codes::TRAILING_COMMA, span, "the line ends in `,`, so the next line goes on with it")
            .with_related(failure.found_span(), "this doesn't go on with it")
            .with_help(help),
    )
}

/// `[1 2]`, `{ a: 1 b: 2 }`, `[1; 2]`
pub fn missing_comma(failure: &Failure<'_>) -> Option<Diagnostic> {
    let closes = [Rule::rbracket, Rule::rbrace, Rule::rparen].iter().any(|rule| failure.expects(*rule));
    let rest = failure.rest();
    let is_list = matches!(
        failure.rule,
        Rule::tags
            | Rule::needs
            | Rule::depends_on
            | Rule::runs_on
            | Rule::locks
            | Rule::run
            | Rule::plan
            | Rule::require_env
    );
    if !failure.expects(Rule::comma) || !(closes || is_list) || rest.is_empty() {
        return None;
    }
    let found = failure.found();
    let end = if found == ";" { failure.at + 1 } else { failure.at };
    let word = failure.found_word();
    // `{ text: hello world }` rather lacks its quotes.
    let is_next = is_list || word.is_empty() || rest.strip_prefix(word).is_some_and(|after| after.starts_with(':'));
    let correction = failure.correct(failure.before().len(), end, ", ").safe_if(is_next);
    Some(
        Diagnostic::error(
            &codes::MISSING_COMMA,
            failure.found_span(),
            format!("a `,` is missing between `{}` and `{found}`", failure.last_token()),
        )
        .with_help(correction.write()),
    )
}
