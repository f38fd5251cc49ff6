//! The only place that writes to the terminal. Everything passes the redactor; a closed pipe ends nothing but the writing.

use std::io::{IsTerminal as _, Write as _};
use std::sync::Arc;

use super::args::Color;
use crate::diag::{Diagnostic, Style, render};
use crate::report::Redactor;
use crate::source::Sources;

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
        let mut out = std::io::stdout().lock();
        let _ = out.write_all(self.redactor.redact(text).as_bytes()).and_then(|()| out.flush());
    }

    pub fn error(&self, text: &str) {
        to_stderr(&self.redactor.redact(text));
    }

    /// Draws diagnostics on standard error.
    pub fn diagnostics<'d>(&self, diagnostics: impl IntoIterator<Item = &'d Diagnostic>, sources: &Sources) {
        for diagnostic in diagnostics {
            self.error(&(render(&self.redactor.diagnostic(diagnostic), sources, self.error_style) + "\n"));
        }
    }

    /// What is wrong with the command line, in one sentence and a help.
    pub fn usage(&self, diagnostic: &Diagnostic) {
        self.diagnostics([diagnostic], &Sources::new());
    }
}

pub(super) fn to_stderr(text: &str) {
    let mut err = std::io::stderr().lock();
    let _ = err.write_all(text.as_bytes());
}

fn terminal_width() -> usize {
    let columns = console::Term::stderr().size_checked().map_or(100, |(_, columns)| usize::from(columns));
    columns.clamp(60, 120)
}
