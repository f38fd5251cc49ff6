use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::diag::{Correction, Diagnostic, closest, codes};
use crate::source::{SourceId, Span};
use crate::syntax::ast::StrLit;

/// The name of the file that holds a project's defaults and marks its root.
pub(super) const FILE_NAME: &str = "e2e.toml";

const KEYS: [&str; 2] = ["environment", "reports"];

/// What `e2e.toml` says. Arguments of the command line come before it.
#[derive(Clone, Debug, Default)]
pub struct Config {
    /// `environment = "staging"`: the environment that runs use where none is named.
    pub environment: Option<StrLit>,
    /// `reports = ["junit=out/junit.xml"]`, as `--report` takes them.
    pub reports: Vec<StrLit>,
}

/// Reads `e2e.toml`. What is wrong in it doesn't hide what is right.
pub(super) fn parse(source: SourceId, text: &str) -> (Config, Vec<Diagnostic>) {
    let mut config = Config::default();
    let mut diagnostics = Vec::new();
    let table = match DeTable::parse(text) {
        Ok(table) => table,
        Err(error) => {
            let span = error.span().unwrap_or(0..text.len());
            let message =
                format!("this isn't valid TOML: {}", error.message().trim_end_matches('.').replace('\n', ", "));
            let diagnostic = Diagnostic::error(&codes::BAD_CONFIG, Span::new(source, span.start, span.end), message)
                .with_help("a line is `key = \"value\"`; see https://toml.io for the format");
            return (config, vec![diagnostic]);
        }
    };
    for (key, value) in table.get_ref() {
        let key_span = Span::new(source, key.span().start, key.span().end);
        let result = match key.get_ref().as_ref() {
            "environment" => string(source, value).map(|name| config.environment = Some(name)),
            "reports" => strings(source, value).map(|reports| config.reports = reports),
            unknown => Err(Box::new(unknown_key(key_span, unknown))),
        };
        diagnostics.extend(result.err().map(|diagnostic| *diagnostic));
    }
    diagnostics.sort_by_key(|diagnostic| diagnostic.span);
    (config, diagnostics)
}

fn unknown_key(span: Span, key: &str) -> Diagnostic {
    let help = match closest(key, KEYS) {
        Some(near) => Correction::replace(span, near).did_you_mean(),
        None => "the keys are `environment` (a name) and `reports` (a list)".into(),
    };
    Diagnostic::error(&codes::UNKNOWN_CONFIG_KEY, span, format!("`{key}` is no key of `{FILE_NAME}`")).with_help(help)
}

fn string(source: SourceId, value: &Spanned<DeValue<'_>>) -> Result<StrLit, Box<Diagnostic>> {
    let span = Span::new(source, value.span().start, value.span().end);
    match value.get_ref().as_str() {
        Some(text) => Ok(StrLit { value: text.to_owned(), span }),
        None => Err(Box::new(
            Diagnostic::error(&codes::BAD_CONFIG, span, "a text is needed here")
                .with_help("write it in quotes: `\"staging\"`"),
        )),
    }
}

fn strings(source: SourceId, value: &Spanned<DeValue<'_>>) -> Result<Vec<StrLit>, Box<Diagnostic>> {
    let span = Span::new(source, value.span().start, value.span().end);
    match value.get_ref().as_array() {
        Some(items) => items.iter().map(|item| string(source, item)).collect(),
        None => Err(Box::new(
            Diagnostic::error(&codes::BAD_CONFIG, span, "a list of texts is needed here")
                .with_help("write `reports = [\"junit=report.xml\"]`"),
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_right_is_kept_and_the_rest_is_placed() {
        let text = "environment = \"staging\"\nreport = 1\nreports = [\"junit=a.xml\", 2]\n";
        let (config, diagnostics) = parse(SourceId(0), text);
        assert_eq!(config.environment.unwrap().value, "staging");
        let found: Vec<_> =
            diagnostics.iter().map(|d| (d.code.name, &text[d.span.start as usize..d.span.end as usize])).collect();
        assert_eq!(found, [("e2e::file::unknown_config_key", "report"), ("e2e::file::bad_config", "2")]);
        let (_, diagnostics) = parse(SourceId(0), "a = \n");
        assert_eq!(diagnostics[0].code.name, "e2e::file::bad_config");
    }
}
