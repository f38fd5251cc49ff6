use std::collections::BTreeMap;

use crate::diag::{Diagnostic, codes};
use crate::source::{SourceId, Span};

/// Reads an `--env-file`: `NAME=VALUE` lines, `export ` before them, `#` comments, values in `'…'` (raw) or `"…"` (with `\n`, `\t`,
/// `\"` and `\\`). A later line wins over an earlier one.
///
/// # Errors
/// One diagnostic for each line that is none of these. No value is shown in them.
pub fn parse(source: SourceId, text: &str) -> Result<BTreeMap<String, String>, Vec<Diagnostic>> {
    let mut values = BTreeMap::new();
    let mut diagnostics = Vec::new();
    let mut offset = 0;
    for line in text.split_inclusive('\n') {
        match entry(line.trim_start_matches('\u{feff}')) {
            Ok(Some((name, value))) => {
                values.insert(name, value);
            }
            Ok(None) => {}
            Err(reason) => {
                let span = Span::new(source, offset, offset + line.trim_end().len());
                let diagnostic = Diagnostic::error(&codes::BAD_ENV_FILE, span, reason)
                    .with_help("write one `NAME=VALUE` a line; quote a value that holds spaces or `#`");
                diagnostics.push(diagnostic);
            }
        }
        offset += line.len();
    }
    if diagnostics.is_empty() { Ok(values) } else { Err(diagnostics) }
}

fn entry(line: &str) -> Result<Option<(String, String)>, &'static str> {
    let line = line.trim();
    if line.is_empty() || line.starts_with('#') {
        return Ok(None);
    }
    let line = line.strip_prefix("export ").map_or(line, str::trim_start);
    let Some((name, value)) = line.split_once('=') else { return Err("this line has no `=`") };
    let name = name.trim();
    let letters = |c: char| c.is_ascii_alphanumeric() || c == '_';
    if name.is_empty() || !name.chars().all(letters) || name.starts_with(|c: char| c.is_ascii_digit()) {
        return Err("what stands before the `=` isn't the name of a variable");
    }
    Ok(Some((name.to_owned(), value_of(value.trim())?)))
}

fn value_of(text: &str) -> Result<String, &'static str> {
    if let Some(rest) = text.strip_prefix('\'') {
        let (value, after) = rest.split_once('\'').ok_or("this value's quote is never closed")?;
        return only_comment(after).map(|()| value.to_owned());
    }
    let Some(rest) = text.strip_prefix('"') else {
        let end = text.match_indices('#').find(|(at, _)| text[..*at].ends_with(char::is_whitespace) || *at == 0);
        let value = end.map_or(text, |(at, _)| &text[..at]);
        return Ok(value.trim_end().to_owned());
    };
    let mut value = String::new();
    let mut chars = rest.chars();
    while let Some(c) = chars.next() {
        match c {
            '"' => return only_comment(chars.as_str()).map(|()| value),
            '\\' => match chars.next() {
                Some('n') => value.push('\n'),
                Some('t') => value.push('\t'),
                Some('r') => value.push('\r'),
                Some(other) => value.push(other),
                None => break,
            },
            other => value.push(other),
        }
    }
    Err("this value's quote is never closed")
}

fn only_comment(rest: &str) -> Result<(), &'static str> {
    let rest = rest.trim();
    if rest.is_empty() || rest.starts_with('#') { Ok(()) } else { Err("more stands behind the quoted value") }
}
