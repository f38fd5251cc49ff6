//! Records a run into a trace as it goes on.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use super::conceal::Concealing;
use super::disguise::Disguise;
use super::file::{Entry, Header, Undecided};
use super::open::SourceFile;
use super::verify::Verifier;
use super::write::{Limits, Writer};
use crate::diag::{Diagnostic, codes};
use crate::event::{Instant, Part};
use crate::judge::release::ServiceMap;
use crate::judge::{Outcome, Progress, RunResult};
use crate::plan::Plan;
use crate::report::model::Line;
use crate::report::{Builder, Masked, Redactor};
use crate::run::{Stopped, before_all};
use crate::source::{Sources, Span};
use crate::value::{Function, Value};
use crate::world::recording::Recording;
use crate::world::records::{Composed, Computed, Record};

/// What is to be recorded, and where.
#[derive(Clone, Debug)]
pub struct Wanted {
    pub path: PathBuf,
    /// Only tests that did not pass.
    pub failed_only: bool,
    pub limits: Limits,
}

/// Records a run. What happens is handed to a thread of its own, which replaces secrets, looks whether what is left can be judged again, and writes.
pub struct Tracer {
    recording: Arc<Recording>,
    sources: Sources,
    redactor: Arc<Redactor>,
    failed_only: bool,
    state: Mutex<State>,
    turn: Mutex<()>,
}

struct State {
    services: Arc<ServiceMap>,
    /// The hooks before all tests of its suite, by a test's id.
    hooks: HashMap<String, Part>,
    /// How many of the redactor's secrets have been handed on.
    learned: usize,
    /// What was calculated of secrets that may not have been handed on.
    postponed: Vec<Computed>,
    to: Option<Sender<Message>>,
    thread: Option<JoinHandle<Ended>>,
}

/// What came of the file.
#[derive(Debug, Default)]
struct Ended {
    error: Option<String>,
    full: bool,
}

/// What the thread is to write.
enum Message {
    Begun {
        line: Masked<Line>,
        secrets: Vec<String>,
    },
    Line(Masked<Line>),
    /// A test that has ended, with what was recorded of it.
    Test {
        line: Masked<Line>,
        recorded: Option<Vec<Record>>,
        computed: Vec<Computed>,
        composed: Vec<Composed>,
        /// Learned by then. What they were made of is among what was computed, which is taken later.
        secrets: Vec<String>,
    },
    Others {
        records: Vec<Record>,
        secrets: Vec<String>,
    },
    Stopped(Instant, Stopped),
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
        let hooks = plan.suites.iter().flat_map(|suite| {
            suite.tests.iter().map(move |test| (test.id.clone(), before_all(suite, None).outermost().clone()))
        });
        let hooks = hooks.collect();
        let (to, from) = channel();
        let (sink, failed_only) = (redactor.clone(), wanted.failed_only);
        let thread = std::thread::Builder::new().name("trace".to_owned()).spawn(move || {
            background();
            let file = match Writer::create(&wanted.path, wanted.limits) {
                Ok(file) => file,
                Err(error) => return Ended { error: Some(error.to_string()), full: false },
            };
            Thread { file, disguise: Disguise::new(sink), verifier: Verifier::new(header, files) }.run(&from)
        });
        let state = State {
            services: Arc::default(),
            hooks,
            learned: 0,
            postponed: Vec::new(),
            to: Some(to),
            thread: thread.ok(),
        };
        Self {
            recording,
            sources: plan.sources.clone(),
            redactor,
            failed_only,
            state: Mutex::new(state),
            turn: Mutex::default(),
        }
    }

    /// Takes note of an event.
    pub fn receive(&self, progress: &Progress) {
        if let Progress::Started { service_map, .. } = progress {
            self.state().services = service_map.clone();
        }
        let services = self.state().services.clone();
        let Some(line) = Builder { sources: &self.sources, redactor: &self.redactor }.line(progress, &services) else {
            return;
        };
        let line = self.redactor.masked(line);
        if let Progress::Aborted(abort) = progress {
            self.stopped(abort.at, Stopped::Aborted(abort.condition.clone()));
        }
        if matches!(progress, Progress::Started { .. }) {
            return self.send(Message::Begun { line, secrets: self.secrets() });
        }
        let Progress::TestEnded(result) = progress else { return self.send(Message::Line(line)) };
        // What is handed on must come in the order in which it was taken.
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        // All secrets of what was calculated are known when it is written; and of every secret that is known it is known what it was made of. What is
        // calculated in between is written with the next test.
        let mut computed = std::mem::take(&mut self.state().postponed);
        computed.extend(self.recording.take_computed());
        let secrets = self.secrets();
        let composed = self.recording.take_composed();
        let (draws, postponed) =
            self.recording.take_computed().into_iter().partition::<Vec<_>, _>(|one| one.function == Function::Uuid);
        computed.extend(draws);
        self.state().postponed = postponed;
        let hooks = self.state().hooks.get(&result.info.id).cloned();
        let mut recorded = self.recording.take(&Part::Test(result.info.id.as_str().into()));
        recorded.extend(hooks.iter().flat_map(|hooks| self.recording.take(hooks)));
        let wanted = !self.failed_only || result.outcome != Outcome::Passed;
        let recorded = wanted.then_some(recorded);
        self.send(Message::Test { line, recorded, computed, composed, secrets });
    }

    /// Takes note of when the run was stopped.
    pub fn stopped(&self, at: Instant, why: Stopped) {
        self.send(Message::Stopped(at, why));
    }

    /// Writes down how the run ended, and what was recorded of no test. A trace that couldn't be written is a problem that is reported once.
    pub fn ended(&self, result: &RunResult) -> Vec<Diagnostic> {
        let others = self.recording.records().all(|part| !matches!(part, Part::Test(_)));
        self.send(Message::Others { records: others, secrets: self.secrets() });
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

struct Thread {
    file: Writer,
    disguise: Disguise,
    verifier: Verifier,
}

impl Thread {
    fn run(mut self, from: &Receiver<Message>) -> Ended {
        let error = self.write(from).and_then(|()| {
            let full = self.file.is_full();
            self.file.finish().map(|()| full)
        });
        match error {
            Ok(full) => Ended { error: None, full },
            Err(error) => Ended { error: Some(error.to_string()), full: false },
        }
    }

    fn write(&mut self, from: &Receiver<Message>) -> std::io::Result<()> {
        while let Ok(message) = from.recv() {
            match message {
                Message::Begun { line, secrets } => {
                    self.begin(secrets)?;
                    self.verifier.receive(&line);
                    self.file.entry(&Entry::Event(Box::new(line.into_inner())))?;
                }
                Message::Line(line) => {
                    self.verifier.receive(&line);
                    self.file.entry(&Entry::Event(Box::new(line.into_inner())))?;
                }
                Message::Test { line, recorded, computed, composed, secrets } => {
                    composed.into_iter().for_each(|one| self.disguise.composed(one));
                    self.test((line, secrets), recorded, &computed)?;
                }
                Message::Others { records, secrets } => {
                    self.learn(secrets)?;
                    records.into_iter().try_for_each(|record| self.record(record).map(drop))?;
                    let made = self.disguise.made();
                    self.surrogates(made)?;
                }
                Message::Stopped(at, why) => {
                    self.verifier.stopped(at, why.clone());
                    self.file.entry(&Entry::Stopped { at, why })?;
                }
            }
            self.file.flush()?;
        }
        Ok(())
    }

    /// The header and the files, with surrogates for what is secret in them.
    fn begin(&mut self, secrets: Vec<String>) -> std::io::Result<()> {
        let surrogates = self.disguise.learn(secrets);
        let (header, files) = self.verifier.disguised(&self.disguise);
        self.file.entry(&Entry::Trace(Box::new(header)))?;
        for SourceFile { path, bytes, fixture } in files {
            self.disguise.shown(bytes.clone());
            self.file.entry(&Entry::File { path, bytes, fixture })?;
        }
        self.surrogates(surrogates)?;
        self.file.flush()
    }

    fn learn(&mut self, secrets: Vec<String>) -> std::io::Result<()> {
        let surrogates = self.disguise.learn(secrets);
        self.surrogates(surrogates)
    }

    fn surrogates(&mut self, surrogates: Vec<String>) -> std::io::Result<()> {
        if surrogates.is_empty() {
            return Ok(());
        }
        self.verifier.learn(&surrogates);
        self.file.entry(&Entry::Surrogates(surrogates))
    }

    /// Writes a record; whether anything was replaced in it.
    fn record(&mut self, mut record: Record) -> std::io::Result<bool> {
        let mut concealing = Concealing::new(&self.disguise);
        concealing.record(&mut record);
        let changed = concealing.changed;
        self.verifier.record(&record);
        self.file.record(record)?;
        Ok(changed)
    }

    fn computed(&mut self, key: String, value: Value) -> std::io::Result<()> {
        if self.verifier.computed(&key, &value) { self.file.entry(&Entry::Computed { key, value }) } else { Ok(()) }
    }

    fn test(
        &mut self,
        (line, secrets): (Masked<Line>, Vec<String>),
        recorded: Option<Vec<Record>>,
        computed: &[Computed],
    ) -> std::io::Result<()> {
        let (draws, computed): (Vec<&Computed>, Vec<&Computed>) =
            computed.iter().partition(|one| one.function == Function::Uuid);
        draws.iter().filter_map(|one| one.result.as_str()).for_each(|drawn| self.disguise.drawn(drawn));
        self.learn(secrets)?;
        for (drawn, surrogate) in self.disguise.secret_draws() {
            let key = Computed::key(Function::Uuid, &[Value::from(drawn.as_str())]);
            self.computed(key, Value::from(surrogate.as_str()))?;
        }
        let (mut is_other, mut is_computed) = (false, false);
        for Computed { function, args, result } in computed {
            is_computed = true;
            let concealing = Concealing::new(&self.disguise);
            let args: Vec<Value> = args.iter().map(|arg| concealing.value(arg)).collect();
            let value = concealing.value(result);
            let key = Computed::key(*function, &args);
            self.computed(key, value)?;
        }
        let is_recorded = recorded.is_some();
        for record in recorded.into_iter().flatten() {
            is_other |= self.record(record)?;
        }
        let made = self.disguise.made();
        self.surrogates(made)?;
        if is_recorded && (is_other || is_computed) {
            let undecided: Option<Undecided> = self.verifier.verified(&line);
            undecided.into_iter().try_for_each(|one| self.file.entry(&Entry::Undecided(one)))?;
        }
        self.verifier.forget();
        self.file.entry(&Entry::Event(Box::new(line.into_inner())))
    }
}

/// Judging a test again must not take the time of those that run.
fn background() {
    #[cfg(target_os = "linux")]
    let _ = rustix::process::setpriority_process(Some(rustix::thread::gettid()), 10);
}
