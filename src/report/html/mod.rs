//! `test_results.html`: one file that needs nothing else, readable without JavaScript.

mod view;

use askama::Template as _;

use super::Redactor;
use crate::judge::RunResult;
use crate::source::Sources;

/// The whole report as text.
pub fn render(run: &RunResult, sources: &Sources, redactor: &Redactor) -> String {
    let page = view::Page::new(run, sources, redactor);
    // The template writes to memory, which can't fail.
    let text = page.render().unwrap_or_default();
    redactor.redact(&text).into_owned()
}
