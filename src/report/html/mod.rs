//! `test_results.html`: one file that needs nothing else, readable without JavaScript.
//!
//! A module and a template for each topic. The page's own style and script are allowed by their hashes alone (Content Security Policy
//! Level 3, section 2.3.1), so that what a server sends can't become one of either, however it got in.

mod causes;
mod channels;
mod drawing;
mod filters;
mod index;
mod latency;
mod load;
mod more;
mod page;
mod phases;
mod services;
mod steps;
mod suites;
mod verdict;
mod waterfall;
mod words;

#[cfg(test)]
mod tests;

use askama::Template as _;

use super::model::Report;

/// The whole report as text.
pub fn render(report: &Report) -> String {
    // The template writes to memory, which can't fail.
    page::Page::new(report).render().unwrap_or_default()
}
