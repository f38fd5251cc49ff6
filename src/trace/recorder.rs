//! The thread that writes a trace: it replaces secrets, looks whether what is left can be judged again, and writes.

use std::sync::Arc;
use std::sync::mpsc::Receiver;

use super::conceal::Concealing;
use super::disguise::Disguise;
use super::file::{Entry, Header, Undecided};
use super::late::{self, Known};
use super::open::SourceFile;
use super::verify::Verifier;
use super::wanted::Wanted;
use super::write::Writer;
use crate::event::Instant;
use crate::report::model::Line;
use crate::report::{Masked, Redactor};
use crate::run::Stopped;
use crate::value::{Function, Json, SecretSink as _, Value};
use crate::world::records::{Composed, Computed, Record};

/// What came of the file.
#[derive(Debug, Default)]
pub(super) struct Ended {
    pub error: Option<String>,
    pub full: bool,
}

/// What is to be written.
pub(super) enum Message {
    Begun {
        line: Masked<Line>,
        secrets: Vec<String>,
    },
    Line(Masked<Line>),
    /// A test that has ended, with what was recorded of it; `None` where that isn't wanted.
    Test {
        line: Masked<Line>,
        recorded: Option<Vec<Record>>,
        learned: Learned,
    },
    /// What has ended beside the tests.
    Others {
        records: Vec<Record>,
        learned: Learned,
    },
    Stopped(Instant, Stopped),
    Phase(usize, Instant),
    Undecided(Undecided),
}

/// What the run learned and calculated until then.
#[derive(Default)]
pub(super) struct Learned {
    /// What they were made of is among what was computed, which is taken later.
    pub secrets: Vec<String>,
    pub computed: Vec<Computed>,
    pub composed: Vec<Composed>,
}

pub(super) struct Thread {
    file: Writer,
    disguise: Disguise,
    verifier: Verifier,
    /// The secrets that were handed on by now.
    secrets: Redactor,
    /// Something that servers sent has been written.
    has_content: bool,
    /// The secrets that were learned since.
    late: Vec<String>,
}

impl Thread {
    /// Runs until no more is to be written. `redactor` learns the secrets of the run.
    pub fn run(
        wanted: &Wanted,
        redactor: Arc<Redactor>,
        of: (Header, Vec<SourceFile>),
        from: &Receiver<Message>,
    ) -> Ended {
        background();
        let written = Writer::create(&wanted.path, wanted.limits).and_then(|file| {
            let mut thread = Self {
                file,
                disguise: Disguise::new(redactor, wanted.key),
                verifier: Verifier::new(of.0, of.1),
                secrets: Redactor::default(),
                has_content: false,
                late: Vec::new(),
            };
            thread.write(from)?;
            let Self { file, mut disguise, secrets, late, .. } = thread;
            let full = file.is_full();
            file.finish()?;
            let mut known = Known { disguise: &mut disguise, secrets: &secrets };
            late::replace(&wanted.path, wanted.limits, &late, &mut known).map(|()| full)
        });
        match written {
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
                Message::Test { line, recorded, learned } => self.test(line, recorded, learned)?,
                Message::Others { records, learned } => {
                    self.take(learned)?;
                    self.records(records)?;
                }
                Message::Phase(index, at) => {
                    self.verifier.phase(index, at);
                    self.file.entry(&Entry::Phase { index, at })?;
                }
                Message::Undecided(one) => self.file.entry(&Entry::Undecided(one))?,
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
        secrets.iter().for_each(|secret| self.secrets.add(secret));
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

    /// Learns what the run has learned.
    fn take(&mut self, Learned { secrets, computed, composed }: Learned) -> std::io::Result<()> {
        composed.into_iter().for_each(|one| self.disguise.composed(one));
        let (draws, computed): (Vec<Computed>, Vec<Computed>) =
            computed.into_iter().partition(|one| one.function.is_drawn());
        draws.iter().for_each(|one| self.disguise.drawn(one.function, &one.result));
        secrets.iter().for_each(|secret| self.secrets.add(secret));
        let late = if self.has_content { secrets.clone() } else { Vec::new() };
        let surrogates = self.disguise.learn(secrets);
        self.late.extend(late.into_iter().filter(|secret| self.disguise.replaces(secret)));
        self.surrogates(surrogates)?;
        for (function, drawn, surrogate) in self.disguise.secret_draws() {
            // A number is one again.
            let value = |text: &str| match function {
                Function::RandomInt | Function::RandomFloat => {
                    Json::parse(text).map_or_else(|_| Value::from(text), Value::from)
                }
                _ => Value::from(text),
            };
            let key = Computed::key(function, &[value(&drawn)]);
            self.computed(key, value(&surrogate))?;
        }
        for Computed { function, args, result } in computed {
            let concealing = Concealing::new(&self.disguise);
            let args: Vec<Value> = args.iter().map(|arg| concealing.value(arg)).collect();
            let value = concealing.value(&result);
            let key = Computed::key(function, &args);
            self.computed(key, value)?;
        }
        Ok(())
    }

    fn surrogates(&mut self, surrogates: Vec<String>) -> std::io::Result<()> {
        if surrogates.is_empty() {
            return Ok(());
        }
        self.verifier.learn(&surrogates);
        self.file.entry(&Entry::Surrogates(surrogates))
    }

    fn records(&mut self, records: Vec<Record>) -> std::io::Result<()> {
        self.has_content |= !records.is_empty();
        for mut record in records {
            Concealing::new(&self.disguise).record(&mut record);
            self.verifier.record(&record);
            self.file.record(record)?;
        }
        let made = self.disguise.made();
        self.surrogates(made)
    }

    fn computed(&mut self, key: String, value: Value) -> std::io::Result<()> {
        if self.verifier.computed(&key, &value) { self.file.entry(&Entry::Computed { key, value }) } else { Ok(()) }
    }

    fn test(&mut self, line: Masked<Line>, recorded: Option<Vec<Record>>, learned: Learned) -> std::io::Result<()> {
        self.take(learned)?;
        let is_recorded = recorded.is_some();
        self.records(recorded.unwrap_or_default())?;
        // A secret may be part of the plan alone.
        if is_recorded && self.disguise.has_secrets() {
            // By now more may be known than when it was masked.
            let line = self.secrets.masked((*line).clone());
            let undecided: Option<Undecided> = self.verifier.verified(&line);
            undecided.into_iter().try_for_each(|one| self.file.entry(&Entry::Undecided(one)))?;
        }
        self.has_content = true;
        self.verifier.forget();
        self.file.entry(&Entry::Event(Box::new(line.into_inner())))
    }
}

/// Judging a test again must not take the time of those that run.
fn background() {
    #[cfg(target_os = "linux")]
    let _ = rustix::process::setpriority_process(Some(rustix::thread::gettid()), 10);
}
