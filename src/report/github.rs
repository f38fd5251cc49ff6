//! Annotations for GitHub's checks: one line a diagnostic.

use crate::diag::{Diagnostic, Severity};
use crate::source::Sources;

/// `::error file=…,line=…,col=…,endLine=…,endColumn=…,title=…::message`
pub fn annotation(diagnostic: &Diagnostic, sources: &Sources) -> String {
    let level = if diagnostic.severity == Severity::Error { "error" } else { "warning" };
    let message = match &diagnostic.help {
        Some(help) => format!("{}\nhelp: {help}", diagnostic.message),
        None => diagnostic.message.clone(),
    };
    let place = sources.get(diagnostic.span.source).map(|file| {
        let (start, end) = (file.position(diagnostic.span.start), file.position(diagnostic.span.end));
        format!(
            "file={},line={},col={},endLine={},endColumn={},",
            property(&file.name),
            start.line,
            start.column,
            end.line,
            end.column
        )
    });
    format!("::{level} {}title={}::{}", place.unwrap_or_default(), property(diagnostic.code.name), data(&message))
}

fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
