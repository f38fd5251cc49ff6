use std::path::Path;

use super::super::resume::MAX_RESULTS_BYTES;
use crate::diag::{Diagnostic, codes};
use crate::report::json::{self, Unreadable};
use crate::report::model;
use crate::source::{Readable, Span, read_file};

/// The results in a file.
///
/// # Errors
///
/// A file that can't be read, or that holds something else.
pub fn results(path: &Path) -> Result<model::Report, Box<Diagnostic>> {
    let name = path.display();
    let bytes = read_file(path, MAX_RESULTS_BYTES, Readable::Streams).map_err(|error| unread(path, &error))?;
    let text = String::from_utf8(bytes).map_err(|_| bad(format!("`{name}` isn't text"), SOURCE.to_owned()))?;
    let (message, help) = match json::parse(&text) {
        Ok(report) => return Ok(report),
        Err(Unreadable::NoJson(_)) if text.trim().is_empty() => (format!("`{name}` is empty"), SOURCE.to_owned()),
        Err(Unreadable::NoJson(why)) => (format!("`{name}` isn't JSON: {why}"), SOURCE.to_owned()),
        Err(Unreadable::Foreign(why)) => {
            (format!("`{name}` is JSON, but no report of a run: {why}"), SOURCE.to_owned())
        }
        Err(Unreadable::Newer { schema, version }) => {
            let by = version.map(|version| format!(" by e2e-dsl {version}")).unwrap_or_default();
            let message = format!(
                "`{name}` was written{by} in version {schema} of the form, and this one reads {}",
                model::SCHEMA
            );
            (message, "use a newer e2e-dsl to read it".to_owned())
        }
        Err(Unreadable::Broken(why)) => {
            let help = "was it changed by hand? `docs/test_results.schema.json` says what it must be like".to_owned();
            (format!("`{name}` is not as a report must be: {why}"), help)
        }
    };
    Err(bad(message, help))
}

const SOURCE: &str = "give the file that `e2e-dsl run` wrote: `test_results.json`, or the one after `--report json=`";

fn bad(message: String, help: String) -> Box<Diagnostic> {
    Box::new(Diagnostic::error(&codes::BAD_RESULTS, Span::nowhere(), message).with_help(help))
}

fn unread(path: &Path, error: &std::io::Error) -> Box<Diagnostic> {
    let name = path.display();
    let message = match error.kind() {
        std::io::ErrorKind::NotFound => format!("there is no file `{name}`"),
        std::io::ErrorKind::IsADirectory => format!("`{name}` is a folder"),
        _ => format!("the file `{name}` can't be read: {error}"),
    };
    Box::new(
        Diagnostic::error(&codes::BAD_ARGUMENT_FILE, Span::nowhere(), message)
            .with_help("`e2e-dsl run` writes one: `test_results.json`, or where `--report json=PATH` says"),
    )
}
