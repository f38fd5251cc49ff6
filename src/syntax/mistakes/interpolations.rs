use crate::diag::{Correction, Diagnostic, codes};
use crate::syntax::explain::{Failure, is_word_char};

/// `json { id: {{thread_id}} }`, `expect status {{code}}`
pub fn outside_a_string(failure: &Failure<'_>) -> Option<Diagnostic> {
    let text = failure.text;
    let start = match failure.rest() {
        rest if rest.starts_with("{{") => failure.at,
        rest if rest.starts_with('{') && text.get(..failure.at).unwrap_or_default().ends_with('{') => failure.at - 1,
        _ => return None,
    };
    let len = text.get(start..)?.find("}}")? + 2;
    let inside = text.get(start + 2..start + len - 2)?.trim();
    if inside.contains('\n') {
        return None;
    }
    // The `$` of `${{name}}` belongs to it.
    let from = if text.get(..start).unwrap_or_default().ends_with('$') { start - 1 } else { start };
    let span = failure.span(from, start + len);
    let is_name = inside.starts_with(|c: char| c.is_ascii_alphabetic())
        && inside.bytes().all(|byte| is_word_char(byte) || byte == b'.');
    // `expect $.name {{env.api}}` lacks its matcher, too, and which one is meant isn't known.
    let lacks_matcher = failure.expects_matcher() && !failure.expects_end();
    let meant = if lacks_matcher { format!("== {inside}") } else { inside.to_owned() };
    Some(
        Diagnostic::error(
            &codes::INTERPOLATION_OUTSIDE_STRING,
            span,
            "`{{…}}` is for strings and URLs only; elsewhere a name is written as it is",
        )
        .with_help(failure.correct(from, start + len, &meant).safe_if(is_name && !lacks_matcher).write()),
    )
}

/// `$name`, `${name}`
pub fn dollar_name(failure: &Failure<'_>) -> Option<Diagnostic> {
    // `$` alone is a JSONPath, so that `${` breaks behind it.
    let before = failure.text.get(..failure.at).unwrap_or_default();
    let behind = usize::from(failure.rest().starts_with('{') && before.ends_with('$'));
    let at = failure.at - behind;
    let rest = failure.text.get(at..)?.trim_end().strip_prefix('$')?;
    let inside = rest.strip_prefix('{').unwrap_or(rest);
    let len = inside.bytes().take_while(|b| is_word_char(*b) || *b == b'.').count();
    let name = inside.get(..len).filter(|name| name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_'))?;
    let width = 1 + if inside.len() < rest.len() { len + 2 } else { len };
    let end = (at + width).min(failure.text.len());
    Some(
        Diagnostic::error(&codes::DOLLAR_NAME, failure.span(at, end), "a name is written without `$`").with_help(
            Correction::replace(failure.span(at, end), name)
                .help(|name| format!("write `{name}` for the name, or `$.{name}` for the field of the response")),
        ),
    )
}
