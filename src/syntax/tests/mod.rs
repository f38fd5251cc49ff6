mod examples;
mod hostile;
mod invariants;
mod mistakes;
mod mutations;
mod pages;
mod recovery;
mod trees;
mod words;

use super::parse;
use crate::diag::Diagnostic;
use crate::source::SourceId;

/// Specs that use every form of the language.
const FIXTURES: &[(&str, &str)] = &[
    ("environments", include_str!("fixtures/environments.e2e")),
    ("threads", include_str!("fixtures/threads.e2e")),
    ("requests", include_str!("fixtures/requests.e2e")),
    ("channels", include_str!("fixtures/channels.e2e")),
    ("plans", include_str!("fixtures/plans.e2e")),
];

fn diagnostics(text: &str) -> Vec<Diagnostic> {
    parse(SourceId(0), text).diagnostics
}

/// Each diagnostic as `line:text: code: message`, for the messages of failing tests.
fn shown(text: &str, diagnostics: &[Diagnostic]) -> String {
    let line = |at: u32| text.get(..at as usize).map_or(0, |before| before.matches('\n').count() + 1);
    diagnostics
        .iter()
        .map(|d| {
            let place = text.get(d.span.start as usize..d.span.end as usize).unwrap_or("<bad span>");
            format!(
                "{}:`{place}` {}: {} ({})\n",
                line(d.span.start),
                d.code.name,
                d.message,
                d.help.as_deref().unwrap_or("-")
            )
        })
        .collect()
}
