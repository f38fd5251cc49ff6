//! The page as a whole.

use askama::Template;
use base64::Engine as _;
use sha2::Digest as _;

use super::causes::Causes;
use super::drawing::Drawing;
use super::filters::Filters;
use super::index;
use super::latency::Latency;
use super::load::Loads;
use super::more::More;
use super::phases::Phases;
use super::services::Services;
use super::suites::Suites;
use super::verdict::VerdictView;
use crate::report::model::Report;

const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");

#[derive(Template)]
#[template(path = "page.html")]
pub(super) struct Page {
    verdict: VerdictView,
    causes: Causes,
    diagnostics: Vec<Drawing>,
    phases: Phases,
    services: Services,
    loads: Loads,
    latency: Latency,
    filters: Filters,
    suites: Suites,
    index: String,
    more: Vec<String>,
    style: &'static str,
    style_hash: String,
    script: &'static str,
    script_hash: String,
    version: &'static str,
}

impl Page {
    pub fn new(report: &Report) -> Self {
        let mut more = More::default();
        let suites = Suites::new(report, &mut more);
        Self {
            verdict: VerdictView::new(report),
            causes: Causes::new(report),
            diagnostics: report.diagnostics.iter().map(Drawing::new).collect(),
            phases: Phases::new(report),
            services: Services::new(report),
            loads: Loads::new(report),
            latency: Latency::new(report),
            filters: Filters::new(report),
            index: index::inline(&index::entries(report, suites.numbers())),
            suites,
            more: more.pack(),
            style: STYLE,
            style_hash: hash(STYLE),
            script: SCRIPT,
            script_hash: hash(SCRIPT),
            version: env!("CARGO_PKG_VERSION"),
        }
    }
}

/// A source expression of a policy: the hash of an element's text.
fn hash(text: &str) -> String {
    format!("sha256-{}", base64::engine::general_purpose::STANDARD.encode(sha2::Sha256::digest(text)))
}
