//! `test_results.json`: a stable, documented form (`docs/test_results.schema.json`). Fields may be added, never renamed.

use serde_json::Value as Json;

use super::{build, model};
use crate::diag::Diagnostic;
use crate::source::Sources;

/// The whole report as text, ending with a line end.
pub fn render(report: &model::Report) -> String {
    serde_json::to_string_pretty(report).unwrap_or_else(|_| "{}".to_owned()) + "\n"
}

/// A diagnostic as every JSON output writes it.
pub fn diagnostic(one: &Diagnostic, sources: &Sources) -> Json {
    serde_json::to_value(build::diagnostic(one, sources)).unwrap_or_default()
}

/// A span as every JSON output writes it.
pub fn span(span: crate::source::Span, sources: &Sources) -> Option<model::Span> {
    build::span(span, sources)
}
