use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use crate::diag::{Diagnostic, Hide as _, codes};
use crate::judge::release::ServiceMap;
use crate::judge::{Progress, RunResult};
use crate::report::model::{Begun, Line};
use crate::report::{Builder, Masked, Redactor};
use crate::source::{Sources, Span};

/// How frames begin in a line.
const FRAMES: &str = "\"frames\":[{";

/// Writes what happens in a run into a file, a line each, as it happens.
///
/// A line is handed to the system with one call before the next event is received, so a process that is killed loses at most the line it is at. It isn't
/// forced onto the disk: that would slow the run, and only helps when the machine itself goes down.
pub struct Journal {
    path: PathBuf,
    sources: Sources,
    redactor: Arc<Redactor>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// What the run goes on with, until the first line is written.
    goes_on: Option<Begun>,
    file: Option<File>,
    services: Arc<ServiceMap>,
    /// A line was written in part: the next one begins on a line of its own.
    torn: bool,
    reported: bool,
}

impl Journal {
    /// Nothing is written before the run begins. `goes_on` reports on a run that goes on with another one: all of its tests, and what is kept.
    pub fn new(path: PathBuf, sources: Sources, redactor: Arc<Redactor>, goes_on: Option<Begun>) -> Self {
        Self { path, sources, redactor, state: Mutex::new(State { goes_on, ..State::default() }) }
    }

    /// Writes down an event. A journal that can't be written is reported once, and hinders nothing.
    pub fn receive(&self, progress: &Progress) -> Option<Diagnostic> {
        if let Progress::Started { service_map, .. } = progress {
            self.state().services = service_map.clone();
        }
        let services = self.state().services.clone();
        let line = self.builder().line(progress, &services)?;
        match line {
            Line::Begun(begun) => self.begin(*begun),
            line => self.append(line),
        }
    }

    /// Writes that the run came to its end.
    pub fn ended(&self, result: &RunResult) -> Option<Diagnostic> {
        // What was seen of services since this was last reported.
        let services = result.services.iter().map(|watch| Line::Service(Box::new(self.builder().service(watch))));
        let problems: Vec<_> = services.filter_map(|line| self.append(line)).collect();
        let last = self.append(self.builder().ended(result));
        problems.into_iter().next().or(last).or_else(|| self.masked_again())
    }

    /// Writes once more what holds a secret that was learned when it had been written.
    fn masked_again(&self) -> Option<Diagnostic> {
        let mut state = self.state();
        // Only a file that is still the one that was written; a pipe keeps nothing.
        if state.file.is_none() || !self.path.is_file() {
            return None;
        }
        let written = std::fs::read_to_string(&self.path).and_then(|whole| {
            if self.redactor.hidden(&whole).is_empty() && !self.holds_in_parts(&whole) {
                return Ok(());
            }
            let lines: Vec<Line> = whole.lines().filter_map(|line| super::read::line_of(line.as_bytes())).collect();
            let lines = self.redactor.masked(lines).made(|lines| lines.iter().flat_map(bytes).collect());
            fresh(&self.path, &lines).map(|file| state.file = Some(file))
        });
        written.err().and_then(|error| self.reported(&mut state, &error))
    }

    /// Whether frames hold together what none of them holds.
    fn holds_in_parts(&self, whole: &str) -> bool {
        let lines = whole.lines().filter(|line| line.contains(FRAMES));
        let mut lines = lines.filter_map(|line| super::read::line_of(line.as_bytes()));
        lines.any(|line| {
            let was = bytes(&line);
            *self.redactor.masked(line).made(bytes) != was
        })
    }

    fn builder(&self) -> Builder<'_> {
        Builder { sources: &self.sources, redactor: &self.redactor }
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The journal of an earlier run is replaced when the first line of this one is, and not before: what it knows may be kept there.
    fn begin(&self, mut begun: Begun) -> Option<Diagnostic> {
        let mut state = self.state();
        if let Some(goes_on) = state.goes_on.take() {
            (begun.plan, begun.tests, begun.earlier) = (goes_on.plan, goes_on.tests, goes_on.earlier);
        }
        match fresh(&self.path, &text(Line::Begun(Box::new(begun)), &self.redactor)) {
            Ok(file) => {
                state.file = Some(file);
                None
            }
            Err(error) => self.reported(&mut state, &error),
        }
    }

    fn append(&self, line: Line) -> Option<Diagnostic> {
        let mut text = text(line, &self.redactor);
        let mut state = self.state();
        if state.torn {
            text = text.made(|text| [b"\n", &**text].concat());
        }
        let written = state.file.as_mut()?.write_all(&text);
        state.torn = written.is_err();
        written.err().and_then(|error| self.reported(&mut state, &error))
    }

    fn reported(&self, state: &mut State, error: &std::io::Error) -> Option<Diagnostic> {
        if std::mem::replace(&mut state.reported, true) {
            return None;
        }
        let message = format!("the journal `{}` can't be written: {error}", self.path.display());
        Some(Diagnostic::warning(&codes::JOURNAL, Span::nowhere(), message).with_help(
            "the run goes on; if it is cut off, what it learned is lost. `--report journal=PATH` writes it elsewhere",
        ))
    }
}

/// A line, masked with all that is known by now.
fn text(line: Line, redactor: &Redactor) -> Masked<Vec<u8>> {
    redactor.masked(line).made(bytes)
}

pub(super) fn bytes(line: &Line) -> Vec<u8> {
    let mut text = serde_json::to_vec(line).unwrap_or_default();
    text.push(b'\n');
    text
}

/// A file that holds this and nothing else, put in the place of another one at once. A pipe or a device is written to as it is.
fn fresh(path: &Path, text: &Masked<Vec<u8>>) -> std::io::Result<File> {
    if std::fs::metadata(path).is_ok_and(|there| !there.is_file() && !there.is_dir()) {
        let mut file = File::options().append(true).open(path)?;
        file.write_all(text)?;
        return Ok(file);
    }
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder)?;
    }
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.part", std::process::id()));
    let part = path.with_file_name(name);
    let written = File::create(&part).and_then(|mut file| {
        file.write_all(text)?;
        std::fs::rename(&part, path)?;
        Ok(file)
    });
    written.inspect_err(|_| {
        let _ = std::fs::remove_file(&part);
    })
}
