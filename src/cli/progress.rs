//! What is shown while a run goes on.

use std::cell::Cell;
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

use super::output::Output;
use crate::diag::{printable, sanitize};
use crate::judge::load::Standing;
use crate::judge::release::{
    Digest, PhaseRun, Release, RiskSum, ServiceMap, ServiceState, Sighting, at_risk, phase_result,
};
use crate::judge::{Outcome, Progress, TestResult};
use crate::report::numbers::tests_and_loads;
use crate::report::terminal::{self, Beat, Detail, GREEN, RED, YELLOW, paint};
use crate::report::{Builder, github, model};
use crate::source::Sources;
use crate::value::format_duration;

/// How often the line of the phase is brought up to date, at most.
const SHOWN_EVERY: Duration = Duration::from_millis(150);

/// Prints each test as it ends, and each phase with its gates; on a terminal with lines below that say how far the run is, what it is at, how the
/// gates of the phase are, and what has failed so far.
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
    lines: Option<Lines>,
    running: Vec<String>,
    bad: usize,
    release: Arc<Release>,
    services: Arc<ServiceMap>,
    phase: Option<usize>,
    /// How each service was when it was last reported about.
    known: HashMap<String, ServiceState>,
    /// Of the tests that have ended: of a plan, whose gates they are for, all; else those that put money at risk.
    digests: Vec<Digest>,
    /// When the gates were last judged for the line that shows how they are.
    shown_at: Cell<Option<Duration>>,
    /// When a log was last told of a load.
    beats: HashMap<String, Beat>,
}

/// The lines at the bottom of a terminal.
struct Lines {
    all: MultiProgress,
    /// The phase and how its gates are; only for a plan.
    phase: Option<ProgressBar>,
    /// The loads that go on, by their ids.
    loads: HashMap<String, ShownLoad>,
    bar: ProgressBar,
    /// What failed so far; hidden as long as nothing did.
    bad: ProgressBar,
}

/// The lines of a load.
struct ShownLoad {
    at: Duration,
    lines: Vec<ProgressBar>,
}

impl Reporter {
    pub fn new(output: Output, sources: Sources, detail: Detail, annotate: bool) -> Arc<Self> {
        Arc::new(Self { output, sources, detail, annotate, state: Mutex::default() })
    }

    pub fn receive(&self, progress: Progress) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        match progress {
            Progress::Started { tests, release, service_map, .. } => {
                let has_phases = release.name.is_some();
                (state.release, state.services) = (release, service_map);
                state.lines = self.output.interactive.then(|| Lines::new(tests.len(), has_phases));
            }
            Progress::Service(watch) => {
                let before = state.known.insert(watch.name.clone(), watch.state).unwrap_or(ServiceState::Unknown);
                let waited = watch.sightings.len() > 1;
                if watch.state == ServiceState::Down && before != ServiceState::Down {
                    let words = watch.sightings.last().map(Sighting::words).unwrap_or_default();
                    let line = format!("{} is down: {}", sanitize(&watch.name), self.clean(&words));
                    self.print(&state, &format!("{}\n", paint(&line, RED, self.output.style)));
                } else if watch.state == ServiceState::Up && before != ServiceState::Up && waited {
                    let line = format!("{} is up", sanitize(&watch.name));
                    self.print(&state, &format!("{}\n", paint(&line, GREEN, self.output.style)));
                }
            }
            Progress::PhaseStarted { index, .. } => {
                state.phase = Some(index);
                self.print(&state, &self.phase_begins(&state, index));
                self.show(&state);
            }
            Progress::PhaseEnded { index, run } => self.print(&state, &self.phase_ends(&state, index, &run)),
            Progress::Aborted(abort) => {
                let line = format!("aborted, since {}: {}", self.clean(&abort.condition), self.clean(&abort.because));
                self.print(&state, &format!("\n{}\n\n", paint(&line, RED, self.output.style)));
            }
            Progress::Problem(problem) => {
                let drawn = self.output.redactor.drawn(&problem, &self.sources, self.output.style).into_inner();
                self.print(&state, &(drawn + "\n"));
            }
            Progress::TestStarted(info) => {
                state.running.push(info.name.clone());
                self.show(&state);
            }
            Progress::Load(load) => self.load(&mut state, &load),
            Progress::TestEnded(test) => self.test_ended(&mut state, &test),
            Progress::Ended => {
                if let Some(lines) = state.lines.take() {
                    lines.clear();
                }
            }
        }
    }

    /// A load goes on: lines at the bottom of a terminal, or one in the log now and then.
    fn load(&self, state: &mut State, load: &Standing) {
        let Some(lines) = &mut state.lines else {
            let beat = state.beats.entry(load.info.id.clone()).or_default();
            if beat.is_due(load.at, load.duration) {
                self.output.print(&terminal::standing_line(load, self.output.style));
            }
            return;
        };
        let now = lines.bar.elapsed();
        let known = lines.loads.get(&load.info.id).map(|shown| shown.at);
        if known.is_some_and(|at| now.saturating_sub(at) < SHOWN_EVERY) {
            return;
        }
        let said: Vec<String> =
            terminal::standing(load, self.output.error_style).iter().map(|line| self.line(line)).collect();
        lines.load(&load.info.id, now, &said);
    }

    fn test_ended(&self, state: &mut State, test: &TestResult) {
        if let Some(at) = state.running.iter().position(|name| *name == test.info.name) {
            state.running.remove(at);
        }
        state.beats.remove(&test.info.id);
        if let Some(lines) = &mut state.lines {
            lines.load_ended(&test.info.id);
        }
        state.bad += usize::from(test.outcome.is_bad());
        if state.release.name.is_some() || test.outcome != Outcome::Passed {
            state.digests.push(Digest::of(test, &state.services));
        }
        // On a terminal the bar counts what passes; what doesn't is reported in full.
        let is_said = test.outcome == Outcome::Passed && self.detail == Detail::Normal && test.load.is_none();
        let quiet = self.output.interactive && is_said;
        let mut text = if quiet {
            String::new()
        } else {
            terminal::test_ended(test, &self.sources, &self.output.redactor, self.output.style, self.detail)
        };
        if self.annotate {
            text.push_str(&github::test_annotations(test, &self.sources, &self.output.redactor));
        }
        self.print(state, &text);
        if let Some(lines) = &state.lines {
            lines.bar.inc(1);
        }
        self.show(state);
    }

    /// Masked, and on one line.
    fn clean(&self, text: &str) -> String {
        sanitize(&self.output.redactor.text(text))
    }

    /// What may be in a line at the bottom.
    fn line(&self, text: &str) -> String {
        printable(&self.output.redactor.text(text), self.output.error_style.color).into_owned()
    }

    fn print(&self, state: &State, text: &str) {
        match &state.lines {
            _ if text.is_empty() => {}
            Some(lines) => lines.all.suspend(|| self.output.print(text)),
            None => self.output.print(text),
        }
    }

    /// `phase 2 of 6: Business critical (124 tests, 24 of them run before; success > 95%)`
    fn phase_begins(&self, state: &State, index: usize) -> String {
        let Some(phase) = state.release.phases.get(index).filter(|_| state.release.name.is_some()) else {
            return String::new();
        };
        let ended: HashSet<&str> = state.digests.iter().map(|digest| digest.id.as_str()).collect();
        let before = phase.tests.iter().filter(|id| ended.contains(id.as_str())).count();
        let all = tests_and_loads(phase.tests.len(), phase.loads.len());
        let mut words = vec![match before {
            0 => all,
            _ => format!("{all}, {before} of them run before"),
        }];
        words.extend(phase.budget.map(|budget| format!("budget {}", format_duration(budget))));
        words.extend(phase.gates.iter().map(|gate| format!("gate {}", sanitize(&gate.text))));
        let head = format!("phase {} of {}: {}", index + 1, state.release.phases.len(), sanitize(&phase.name));
        format!("\n{} ({})\n", paint(&head, terminal::BOLD, self.output.style), words.join("; "))
    }

    fn phase_ends(&self, state: &State, index: usize, run: &PhaseRun) -> String {
        let Some(phase) = state.release.phases.get(index).filter(|_| state.release.name.is_some()) else {
            return String::new();
        };
        let builder = Builder { sources: &self.sources, redactor: &self.output.redactor };
        let result = phase_result(phase, Some(run), &state.digests);
        let shown = builder.phase(phase, run, &result);
        terminal::phase_line(&shown, phase.name.chars().count(), self.output.style)
    }

    /// Brings the lines at the bottom up to date.
    fn show(&self, state: &State) {
        let Some(lines) = &state.lines else { return };
        let running = state.running.first().map(|name| sanitize(name)).unwrap_or_default();
        let more =
            if state.running.len() > 1 { format!(" and {} more", state.running.len() - 1) } else { String::new() };
        lines.bar.set_message(self.line(&format!("{running}{more}")));
        if state.bad > 0 {
            lines.bad.set_message(self.line(&self.bad_words(state)));
        }
        // Judging a phase takes time that grows with it: a person needn't see it more often.
        let now = lines.bar.elapsed();
        let (Some(line), Some(index)) = (&lines.phase, state.phase) else { return };
        if state.shown_at.get().is_some_and(|at| now.saturating_sub(at) < SHOWN_EVERY) {
            return;
        }
        state.shown_at.set(Some(now));
        let Some(phase) = state.release.phases.get(index) else { return };
        let run = PhaseRun { started: Some(Duration::ZERO), ..PhaseRun::default() };
        let result = phase_result(phase, Some(&run), &state.digests);
        let states: Vec<String> = result
            .gates
            .iter()
            .map(|gate| {
                let measured = gate.measured.map_or("no data yet".to_owned(), |measured| gate.unit.words(measured));
                let color = if gate.held { GREEN } else { YELLOW };
                paint(&format!("{}: {measured}", sanitize(&gate.text)), color, self.output.error_style)
            })
            .collect();
        let head = format!("phase {}/{} {}", index + 1, state.release.phases.len(), sanitize(&phase.name));
        line.set_message(self.line(&format!("{head}  {}", states.join("  "))));
    }

    /// `3 failed so far · at risk: $120K MRR`
    fn bad_words(&self, state: &State) -> String {
        let failed = paint(&format!("{} failed so far", state.bad), RED, self.output.error_style);
        let risks: Vec<RiskSum> = at_risk(&state.digests, false);
        if risks.is_empty() {
            return failed;
        }
        let risks: Vec<model::RiskSum> = risks.iter().map(Into::into).collect();
        format!("{failed} · at risk: {}", crate::report::risk_words(&risks))
    }
}

impl Lines {
    fn new(total: usize, has_phases: bool) -> Self {
        let all = MultiProgress::new();
        let line = || all.add(message_line());
        let phase = has_phases.then(line);
        let bad = line();
        let bar = all.add(ProgressBar::new(total as u64));
        if let Ok(style) = ProgressStyle::with_template("{bar:24} {pos}/{len} {elapsed} {wide_msg}") {
            bar.set_style(style.progress_chars("━╸ "));
        }
        bar.enable_steady_tick(Duration::from_millis(200));
        Self { all, phase, loads: HashMap::new(), bar, bad }
    }

    /// Shows how a load stands, above what is said of the run.
    fn load(&mut self, id: &str, at: Duration, said: &[String]) {
        let first = self.phase.as_ref().unwrap_or(&self.bad);
        let shown = self.loads.entry(id.to_owned()).or_insert(ShownLoad { at, lines: Vec::new() });
        shown.at = at;
        while shown.lines.len() < said.len() {
            shown.lines.push(self.all.insert_before(first, message_line()));
        }
        for (line, words) in shown.lines.iter().zip(said) {
            line.set_message(words.clone());
        }
    }

    fn load_ended(&mut self, id: &str) {
        for line in self.loads.remove(id).into_iter().flat_map(|shown| shown.lines) {
            line.finish_and_clear();
            self.all.remove(&line);
        }
    }

    fn clear(mut self) {
        let loads: Vec<String> = self.loads.keys().cloned().collect();
        loads.iter().for_each(|id| self.load_ended(id));
        for line in [self.phase, Some(self.bad), Some(self.bar)].into_iter().flatten() {
            line.finish_and_clear();
        }
    }
}

fn message_line() -> ProgressBar {
    let style = ProgressStyle::with_template("{wide_msg}").unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::new_spinner().with_style(style)
}
