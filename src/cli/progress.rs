//! What is shown while a run goes on.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use super::output::Output;
use crate::diag::render;
use crate::judge::{Outcome, Progress};
use crate::report::terminal::{self, Detail};
use crate::source::Sources;

/// Prints each test as it ends; on a terminal with a bar below that says how far the run is and what it is at.
pub struct Reporter {
    output: Output,
    sources: Sources,
    detail: Detail,
    /// In GitHub's logs, a line for each problem that it shows beside the code.
    annotate: bool,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    bar: Option<ProgressBar>,
    running: Vec<String>,
    bad: usize,
}

impl Reporter {
    pub fn new(output: Output, sources: Sources, detail: Detail, annotate: bool) -> Arc<Self> {
        Arc::new(Self { output, sources, detail, annotate, state: Mutex::default() })
    }

    pub fn hear(&self, progress: Progress) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        match progress {
            Progress::Started { tests, .. } => state.bar = self.output.interactive.then(|| bar(tests.len())),
            Progress::TestStarted(info) => {
                state.running.push(info.name.clone());
                state.show();
            }
            Progress::TestEnded(test) => {
                if let Some(at) = state.running.iter().position(|name| *name == test.info.name) {
                    state.running.remove(at);
                }
                state.bad += usize::from(test.outcome.is_bad());
                // On a terminal the bar counts what passes; what doesn't is told in full.
                let quiet = self.output.interactive && test.outcome == Outcome::Passed && self.detail == Detail::Normal;
                let mut text = if quiet {
                    String::new()
                } else {
                    terminal::test_ended(&test, &self.sources, &self.output.redactor, self.output.style, self.detail)
                };
                if self.annotate {
                    text.push_str(&crate::report::github::test_annotations(&test, &self.sources));
                }
                self.tell(&state, &text);
                if let Some(bar) = &state.bar {
                    bar.inc(1);
                }
                state.show();
            }
            Progress::Problem(problem) => {
                self.tell(
                    &state,
                    &(render(&self.output.redactor.diagnostic(&problem), &self.sources, self.output.style) + "\n"),
                );
            }
            Progress::Service(_)
            | Progress::PhaseStarted { .. }
            | Progress::PhaseEnded { .. }
            | Progress::Aborted(_) => {}
            Progress::Ended => {
                if let Some(bar) = state.bar.take() {
                    bar.finish_and_clear();
                }
            }
        }
    }
}

impl Reporter {
    fn tell(&self, state: &State, text: &str) {
        match &state.bar {
            _ if text.is_empty() => {}
            Some(bar) => bar.suspend(|| self.output.print(text)),
            None => self.output.print(text),
        }
    }
}

impl State {
    fn show(&self) {
        let Some(bar) = &self.bar else { return };
        let running = self.running.first().map(|name| crate::diag::sanitize(name)).unwrap_or_default();
        let more = if self.running.len() > 1 { format!(" and {} more", self.running.len() - 1) } else { String::new() };
        let bad = if self.bad > 0 { format!("{} failed · ", self.bad) } else { String::new() };
        bar.set_message(format!("{bad}{running}{more}"));
    }
}

fn bar(total: usize) -> ProgressBar {
    let bar = ProgressBar::new(total as u64);
    if let Ok(style) = ProgressStyle::with_template("{bar:24} {pos}/{len} {elapsed} {wide_msg}") {
        bar.set_style(style.progress_chars("━╸ "));
    }
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}
