//! Reports made by hand: one with everything filled in, and what hostile servers make of it.

use e2e_dsl::report::model::Report;
use serde_json::Value as Json;

/// All that can be in a report.
pub const FULL: &str = include_str!("data/report.json");
/// A run of one test that passed.
pub const GREEN: &str = include_str!("data/green.json");

/// Everything that could end a text, a line, a block or a fence of any form.
pub const HOSTILE: &str = "]]></failure></testcase> <script>alert(1)</script> &x; \u{0}\u{1b}[31m\u{85}\u{2028}\u{feff}\u{fffe}\u{ffff}\r\n  ...\n...\n\
                           ok 99 - forged\nBail out! forged\n1..3\n```\n````\n</details>\n# forged\n| a | b |\n- forged\n::error::forged\n \
                           \\# # SKIP forged @all #1 https://example.com \"quoted\" 'single' `tick {";

/// Fields that say what specs, servers and people wrote.
const WRITTEN: [&str; 26] = [
    "name",
    "suite",
    "doc",
    "owner",
    "what",
    "reason",
    "message",
    "help",
    "drawing",
    "text",
    "title",
    "url",
    "condition",
    "because",
    "summary",
    "suspect",
    "chain",
    "evidence",
    "tags",
    "environment",
    "plan",
    "basis",
    "reasons",
    "stopped",
    "file",
    "blocked_by",
];

pub fn full() -> Report {
    report(FULL)
}

pub fn green() -> Report {
    report(GREEN)
}

pub fn report(text: &str) -> Report {
    serde_json::from_str(text).unwrap()
}

/// The full report, with `HOSTILE` at the end of all that others write.
pub fn hostile() -> Report {
    let mut json: Json = serde_json::from_str(FULL).unwrap();
    spoil(&mut json, false);
    serde_json::from_value(json).unwrap()
}

fn spoil(json: &mut Json, written: bool) {
    match json {
        Json::String(text) if written => text.push_str(HOSTILE),
        Json::Array(items) => items.iter_mut().for_each(|item| spoil(item, written)),
        Json::Object(fields) => {
            for (name, value) in fields {
                spoil(value, WRITTEN.contains(&name.as_str()));
            }
        }
        _ => {}
    }
}
