//! The explanation of a failure: the spec with every item labelled, the plain reason, the nearest miss, and the time line of what came.

mod explainer;
mod miss;
mod others;
mod pattern;
mod timeline;
mod words;

pub use others::{not_every, not_quiet, other_end};
pub use pattern::{failure, wrong};
pub use words::{close_code, code_of, coded};

use crate::source::Span;

use super::Evidence;

/// The first line of a block, without its opening brace.
fn head(span: Span, evidence: &Evidence<'_>) -> Span {
    let text = evidence.outside.plan.sources.text(span);
    let line = text.lines().next().unwrap_or_default();
    span.slice(0, line.trim_end().trim_end_matches('{').trim_end().len())
}
