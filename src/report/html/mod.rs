//! `test_results.html`: one file that needs nothing else, readable without JavaScript.

mod view;

use askama::Template as _;

use super::model::Report;

/// The whole report as text.
pub fn render(report: &Report) -> String {
    // The template writes to memory, which can't fail.
    view::Page::new(report).render().unwrap_or_default()
}
