//! Records a run into a trace as it goes on.

use std::collections::HashMap;
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use sha2::{Digest as _, Sha256};

use super::file::{Header, Undecided};
use super::open::SourceFile;
use super::recorder::{Ended, Learned, Message, Thread};
use super::wanted::Wanted;
use crate::diag::{Diagnostic, codes};
use crate::event::{Instant, Occurrence, Part};
use crate::judge::release::ServiceMap;
use crate::judge::{Outcome, Progress, RunResult};
use crate::plan::Plan;
use crate::report::model::Line;
use crate::report::{Builder, Redactor};
use crate::run::Stopped;
use crate::source::{Sources, Span};
use crate::world::recording::Recording;
use crate::world::records::{Computed, Obtained, Record};

/// Records a run. What happens is handed to a thread of its own, which replaces secrets, looks whether what is left can be judged again, and writes.
pub struct Tracer(Arc<Inner>);

struct Inner {
    recording: Arc<Recording>,
    sources: Sources,
    redactor: Arc<Redactor>,
    failed_only: bool,
    state: Mutex<State>,
    turn: Mutex<()>,
}

struct State {
    services: Arc<ServiceMap>,
    /// How many of the redactor's secrets have been handed on.
    learned: usize,
    /// What was calculated of secrets that may not have been handed on.
    postponed: Vec<Computed>,
    /// What each test showed as it ended, and how many secrets were known by then.
    shown: HashMap<String, Shown>,
    to: Option<Sender<Message>>,
    thread: Option<JoinHandle<Ended>>,
}

struct Shown {
    secrets: usize,
    digest: [u8; 32],
}

impl Tracer {
    /// Nothing is written before the run begins. `header` and `files` are as they are: with the secrets of the environment.
    pub fn new(
        wanted: Wanted,
        recording: Arc<Recording>,
        plan: &Plan,
        redactor: Arc<Redactor>,
        (header, files): (Header, Vec<SourceFile>),
    ) -> Self {
        let (to, from) = channel();
        let (sink, failed_only) = (redactor.clone(), wanted.failed_only);
        let thread = std::thread::Builder::new()
            .name("trace".to_owned())
            .spawn(move || Thread::run(&wanted, sink, (header, files), &from));
        let state = State {
            services: Arc::default(),
            learned: 0,
            postponed: Vec::new(),
            shown: HashMap::new(),
            to: Some(to),
            thread: thread.ok(),
        };
        let inner = Arc::new(Inner {
            recording: recording.clone(),
            sources: plan.sources.clone(),
            redactor,
            failed_only,
            state: Mutex::new(state),
            turn: Mutex::default(),
        });
        let of = Arc::downgrade(&inner);
        recording.on_finished(move |place| of.upgrade().iter().for_each(|inner| inner.finished(place)));
        Self(inner)
    }

    /// Takes note of an event.
    pub fn receive(&self, progress: &Progress) {
        self.0.receive(progress);
    }

    /// Takes note of when the run was stopped.
    pub fn stopped(&self, at: Instant, why: Stopped) {
        self.0.send(Message::Stopped(at, why));
    }

    /// Writes down how the run ended, and what was recorded that never came to its end. A trace that couldn't be written is a problem that is reported once.
    pub fn ended(&self, result: &RunResult) -> Vec<Diagnostic> {
        self.0.ended(result)
    }
}

impl Inner {
    /// Takes note of an event.
    fn receive(&self, progress: &Progress) {
        if let Progress::Started { service_map, .. } = progress {
            self.state().services = service_map.clone();
        }
        // All that it says is in the result of the load.
        if matches!(progress, Progress::Load(_)) {
            return;
        }
        let services = self.state().services.clone();
        let Some(line) = Builder { sources: &self.sources, redactor: &self.redactor }.line(progress, &services) else {
            return;
        };
        let line = self.redactor.masked(line);
        if let Progress::PhaseStarted { index, at } = progress {
            self.send(Message::Phase(*index, *at));
        }
        if let Progress::Aborted(abort) = progress {
            self.send(Message::Stopped(abort.at, Stopped::Aborted(abort.condition.clone())));
        }
        if matches!(progress, Progress::Started { .. }) {
            return self.send(Message::Begun { line, secrets: self.secrets() });
        }
        let Progress::TestEnded(result) = progress else { return self.send(Message::Line(line)) };
        // What is handed on must come in the order in which it was taken.
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        let learned = self.learned();
        let recorded = self.taken(&Occurrence::root(Part::Test(result.info.id.as_str().into())));
        let shown = Shown { secrets: self.state().learned, digest: digest(&line) };
        self.state().shown.insert(result.info.id.clone(), shown);
        let wanted = !self.failed_only || result.outcome != Outcome::Passed;
        self.send(Message::Test { line, recorded: wanted.then_some(recorded), learned });
    }

    /// Takes note of what ended that is no test.
    fn finished(&self, place: &Occurrence) {
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        let learned = self.learned();
        self.send(Message::Others { records: self.taken(place), learned });
    }

    /// What was recorded of an occurrence, with the attempts at credentials that it made and that were cut off.
    fn taken(&self, place: &Occurrence) -> Vec<Record> {
        let mut taken = self.recording.take_within(place);
        let mut at = 0;
        while let Some(record) = taken.get(at) {
            let attempts = record.credentials.iter().filter_map(|(name, how)| match how {
                Obtained::Fetched { attempt } => {
                    Some(Occurrence::root(Part::Credential(name.as_str().into())).then(Part::Attempt(*attempt)))
                }
                Obtained::Given(_) | Obtained::Never => None,
            });
            let further: Vec<Record> = attempts.flat_map(|attempt| self.recording.take_within(&attempt)).collect();
            taken.extend(further);
            at += 1;
        }
        taken
    }

    /// All secrets of what was calculated are known when it is written; and of every secret that is known it is known what it was made of. What is
    /// calculated in between is written with what ends next.
    fn learned(&self) -> Learned {
        let mut computed = std::mem::take(&mut self.state().postponed);
        computed.extend(self.recording.take_computed());
        let secrets = self.secrets();
        let composed = self.recording.take_composed();
        let (draws, postponed) =
            self.recording.take_computed().into_iter().partition::<Vec<_>, _>(|one| one.function.is_drawn());
        computed.extend(draws);
        self.state().postponed = postponed;
        Learned { secrets, computed, composed }
    }

    fn ended(&self, result: &RunResult) -> Vec<Diagnostic> {
        let others = self.recording.records().all(|part| !matches!(part, Part::Test(_)));
        let learned = self.learned();
        self.send(Message::Others { records: others, learned });
        self.send_learned_late(result);
        // What was seen of services since the last test ended.
        for watch in &result.services {
            let service = Builder { sources: &self.sources, redactor: &self.redactor }.service(watch);
            self.send(Message::Line(self.redactor.masked(Line::Service(Box::new(service)))));
        }
        let line = Builder { sources: &self.sources, redactor: &self.redactor }.ended(result);
        self.send(Message::Line(self.redactor.masked(line)));
        let mut state = self.state();
        state.to = None;
        let thread = state.thread.take();
        drop(state);
        let ended = thread.map(JoinHandle::join).and_then(Result::ok).unwrap_or_default();
        let unwritten = ended.error.map(|error| {
            Diagnostic::error(&codes::TRACE, Span::nowhere(), format!("the trace can't be written: {error}"))
                .with_help("the run went on without it; `--trace PATH` writes it elsewhere")
        });
        let full = ended.full.then(|| {
            let message = "the trace is as large as it may be: it holds no bodies of what came later";
            Diagnostic::warning(&codes::TRACE, Span::nowhere(), message)
                .with_help("tests that need them are `undecided` when they are judged again; raise `--trace-limit`")
        });
        unwritten.into_iter().chain(full).collect()
    }

    /// A secret that is learned behind the end of a test is masked in the run's report, and the trace has what the test was sent as it was taken then.
    fn send_learned_late(&self, result: &RunResult) {
        let (services, learned) = {
            let state = self.state();
            (state.services.clone(), state.learned)
        };
        let builder = Builder { sources: &self.sources, redactor: &self.redactor };
        for test in &result.tests {
            let id = &test.info.id;
            let known = self.state().shown.get(id).filter(|shown| shown.secrets < learned).map(|shown| shown.digest);
            let Some(known) = known else { continue };
            let line = self.redactor.masked(Line::TestEnded(Box::new(builder.test(test, &services))));
            if digest(&line) != known {
                let because = "what it was sent turned out to be a secret when it had ended".to_owned();
                self.send(Message::Undecided(Undecided { test: id.clone(), because, expectations: Vec::new() }));
            }
        }
    }

    /// What the redactor has learned since this was last asked.
    fn secrets(&self) -> Vec<String> {
        let mut state = self.state();
        let secrets = self.redactor.learned_since(state.learned);
        state.learned += secrets.len();
        secrets
    }

    fn send(&self, message: Message) {
        if let Some(to) = &self.state().to {
            // A thread that has ended couldn't write.
            let _ = to.send(message);
        }
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn digest(line: &Line) -> [u8; 32] {
    Sha256::digest(serde_json::to_vec(line).unwrap_or_default()).into()
}
