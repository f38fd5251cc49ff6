//! The only place that writes to the terminal: one door, which takes nothing but what has passed the redactor, and lets nothing through that acts on a
//! terminal. A closed pipe ends nothing but the writing.

use std::io::{IsTerminal as _, Write as _};
use std::sync::Arc;

use clap::ValueEnum;

use crate::diag::{Diagnostic, Style, printable};
use crate::report::{Masked, Redactor};
use crate::source::Sources;

/// When output is coloured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Color {
    Auto,
    Always,
    Never,
}

/// Where output goes, and what it may look like there.
#[derive(Clone)]
pub struct Output {
    pub redactor: Arc<Redactor>,
    /// Of standard output.
    pub style: Style,
    /// Of standard error.
    pub error_style: Style,
    /// Whether standard error is a terminal, on which progress can be drawn.
    pub interactive: bool,
}

impl Output {
    pub fn new(color: Color) -> Self {
        let (out, err) = (std::io::stdout().is_terminal(), std::io::stderr().is_terminal());
        let var = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        let unicode = ["LC_ALL", "LC_CTYPE", "LANG"]
            .iter()
            .find_map(|name| std::env::var(name).ok().filter(|value| !value.is_empty()))
            // Without a locale most systems today are UTF-8 all the same.
            .is_none_or(|locale| !matches!(locale.as_str(), "C" | "POSIX"));
        let width =
            std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok()).unwrap_or_else(terminal_width);
        let style = |terminal: bool| Style {
            color: match color {
                Color::Always => true,
                Color::Never => false,
                Color::Auto => (terminal || var("CLICOLOR_FORCE")) && !var("NO_COLOR") && !dumb,
            },
            unicode,
            ..if terminal { Style::fitting(width) } else { Style { width, ..Style::default() } }
        };
        let interactive = err && out && !dumb && !var("CI");
        Self { redactor: Arc::new(Redactor::default()), style: style(out), error_style: style(err), interactive }
    }

    pub fn print(&self, text: &str) {
        to_stdout(&self.redactor.text(text).made(|text| printable(text, self.style.color).into_owned()));
    }

    /// A table of ours for programs: a tab between columns stays one.
    pub fn print_table(&self, text: &str) {
        let cells = |text: &String| text.split('\t').map(|cell| printable(cell, false)).collect::<Vec<_>>().join("\t");
        to_stdout(&self.redactor.text(text).made(cells));
    }

    /// JSON for programs: what must not be printed as it is has escapes of its own there.
    pub fn print_json(&self, text: &str) {
        to_stdout(&self.redactor.text(text).made(|text| printable_json(text)));
    }

    pub fn error(&self, text: &str) {
        to_stderr(&self.redactor.text(text).made(|text| printable(text, self.error_style.color).into_owned()));
    }

    /// Draws diagnostics on standard error.
    pub fn diagnostics<'d>(&self, diagnostics: impl IntoIterator<Item = &'d Diagnostic>, sources: &Sources) {
        for diagnostic in diagnostics {
            let drawn = self.redactor.drawn(diagnostic, sources, self.error_style);
            self.error(&(drawn.into_inner() + "\n"));
        }
    }

    /// What is wrong with the command line, in one sentence and a help.
    pub fn usage(&self, diagnostic: &Diagnostic) {
        self.diagnostics([diagnostic], &Sources::new());
    }
}

/// Outside of strings JSON has none of these characters, and in them RFC 8259, section 7, has an escape for each.
fn printable_json(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        let mut units = [0; 2];
        match c {
            '\n' => out.push('\n'),
            c if *printable(c.encode_utf8(&mut [0; 4]), false) == *c.encode_utf8(&mut [0; 4]) => out.push(c),
            c => c.encode_utf16(&mut units).iter().for_each(|unit| out.push_str(&format!("\\u{unit:04x}"))),
        }
    }
    out
}

fn to_stdout(text: &Masked<String>) {
    let mut out = std::io::stdout().lock();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}

pub(super) fn to_stderr(text: &Masked<String>) {
    let mut err = std::io::stderr().lock();
    let _ = err.write_all(text.as_bytes());
}

fn terminal_width() -> usize {
    let columns = console::Term::stderr().size_checked().map_or(100, |(_, columns)| usize::from(columns));
    columns.clamp(60, 120)
}
