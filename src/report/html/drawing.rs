//! Diagnostics as the terminal draws them.

use askama::Template;

use super::words::{clean, lines};
use crate::report::model::Diagnostic;

#[derive(Template)]
#[template(path = "drawing.html")]
pub(super) struct Drawing {
    code: String,
    message: String,
    warning: bool,
    lines: Vec<(&'static str, String)>,
}

impl Drawing {
    /// Without the drawing's first lines, the code and the message, which the page shows itself.
    pub fn new(one: &Diagnostic) -> Self {
        let drawing = &one.drawing;
        let body =
            drawing.find("╭─").and_then(|frame| drawing[..frame].rfind('\n')).map_or("", |line| &drawing[line + 1..]);
        let mut found: Vec<(&'static str, String)> =
            lines(body.trim_end()).into_iter().map(|line| (class(&line), line)).collect();
        if found.is_empty() {
            let help = one.help.iter().flat_map(|help| lines(help));
            found.extend(
                help.enumerate().map(|(at, line)| ("help", if at == 0 { format!("help: {line}") } else { line })),
            );
        }
        Self { code: clean(&one.code), message: clean(&one.message), warning: one.severity == "warning", lines: found }
    }
}

/// What a line of the drawing is: where the source is, what points at it, help.
fn class(line: &str) -> &'static str {
    let rest = line.trim_start();
    if rest.starts_with("╭─") || rest.starts_with("╰─") {
        "at"
    } else if rest.starts_with('·') {
        "points"
    } else if rest.starts_with("help:") {
        "help"
    } else {
        ""
    }
}
