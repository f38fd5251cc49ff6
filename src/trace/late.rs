//! What turns out to be a secret when texts with it are in the trace already: these are replaced then, too, and judged again.

use std::collections::{HashMap, HashSet};
use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};

use bytes::Bytes;

use super::conceal::Concealing;
use super::disguise::Disguise;
use super::file::{Entry, Header, Recorded, Undecided};
use super::open::SourceFile;
use super::verify::Verifier;
use super::write::{Limits, Writer};
use crate::event::Part;
use crate::report::Redactor;
use crate::report::model::Line;
use crate::value::SecretSink as _;

/// How much of the bodies is held at a time for the records behind them, in bytes. What is beyond that is left out, and said to be.
const MOST_BODIES: usize = 512 << 20;

/// What a trace is to be without.
pub(super) struct Known<'t> {
    /// Of all secrets of the run.
    pub disguise: &'t mut Disguise,
    pub secrets: &'t Redactor,
    /// The parts of those that came in several frames.
    pub parts: &'t Redactor,
}

/// Writes a trace again where it holds any of `late`, which it was written before.
///
/// # Errors
/// It can't be read or written. Then it isn't there any more: it must not stay as it was.
pub(super) fn replace(path: &Path, limits: Limits, late: &[String], known: &mut Known<'_>) -> std::io::Result<()> {
    // What isn't a file, such as a pipe, is gone.
    if late.is_empty() || !path.is_file() {
        return Ok(());
    }
    let written = surrogates(path).and_then(|surrogates| {
        known.disguise.settle(&surrogates);
        if holds(path, late, known.disguise)? { again(path, limits, surrogates, known) } else { Ok(()) }
    });
    if written.is_err() && std::fs::remove_file(path).is_err() {
        // Where nothing can be removed, it can be emptied.
        let _ = File::create(path);
    }
    written
}

/// What stands for secrets in a trace.
fn surrogates(path: &Path) -> std::io::Result<Vec<String>> {
    let mut all = Vec::new();
    for line in lines(path)? {
        let line = line?;
        let these = if line.starts_with(SURROGATES) { entry(&line) } else { None };
        if let Some(Entry::Surrogates(these)) = these {
            all.extend(these);
        }
    }
    Ok(all)
}

/// How an entry of them begins.
const SURROGATES: &str = "{\"surrogates\"";

/// Whether a trace holds any of these secrets. What the surrogate of one has in common with another, as JWTs have, is neither.
fn holds(path: &Path, late: &[String], disguise: &Disguise) -> std::io::Result<bool> {
    let redactor = Redactor::default();
    late.iter().for_each(|secret| redactor.add(secret));
    for line in lines(path)? {
        let line = line?;
        if redactor.covers(&line) && disguise.text(&line) != line {
            return Ok(true);
        }
    }
    Ok(false)
}

fn lines(path: &Path) -> std::io::Result<impl Iterator<Item = std::io::Result<String>>> {
    Ok(BufReader::new(zstd::stream::read::Decoder::new(File::open(path)?)?).lines())
}

fn entry(line: &str) -> Option<Entry> {
    serde_json::from_str(line).ok()
}

fn again(path: &Path, limits: Limits, surrogates: Vec<String>, known: &Known<'_>) -> std::io::Result<()> {
    let mut beside = path.as_os_str().to_owned();
    beside.push(".again");
    let beside = PathBuf::from(beside);
    let written = Again::new(&beside, limits, surrogates, known).and_then(|mut again| {
        lines(path)?.try_for_each(|line| entry(&line?).map_or(Ok(()), |entry| again.take(entry)))?;
        again.finish()
    });
    let written = written.and_then(|()| std::fs::rename(&beside, path));
    if written.is_err() {
        let _ = std::fs::remove_file(&beside);
    }
    written
}

struct Again<'t> {
    file: Writer,
    known: &'t Known<'t>,
    parts: Redactor,
    /// The header and the files, until the last of them is there.
    beginning: Option<(Header, Vec<SourceFile>)>,
    surrogates: Vec<String>,
    verifier: Option<Verifier>,
    /// Whose records there are since a test ended.
    recorded: Vec<Part>,
    /// What was said of tests, and which of them have been judged again.
    undecided: Vec<Undecided>,
    judged: HashSet<String>,
    bodies: HashMap<String, Bytes>,
    held: usize,
}

impl<'t> Again<'t> {
    fn new(path: &Path, limits: Limits, surrogates: Vec<String>, known: &'t Known<'t>) -> std::io::Result<Self> {
        Ok(Self {
            file: Writer::create(path, limits)?,
            known,
            parts: Redactor::default(),
            beginning: None,
            surrogates,
            verifier: None,
            recorded: Vec::new(),
            undecided: Vec::new(),
            judged: HashSet::new(),
            bodies: HashMap::new(),
            held: 0,
        })
    }

    fn take(&mut self, entry: Entry) -> std::io::Result<()> {
        match entry {
            Entry::Trace(header) => self.beginning = Some((*header, Vec::new())),
            Entry::File { path, bytes, fixture } => {
                let files = self.beginning.iter_mut().map(|(_, files)| files);
                files.for_each(|files| files.push(SourceFile { path: path.clone(), bytes: bytes.clone(), fixture }));
            }
            other => {
                self.begin()?;
                self.go_on(other)?;
            }
        }
        Ok(())
    }

    /// Writes the header and the files, and all surrogates: each stands for a secret from the first entry on.
    fn begin(&mut self) -> std::io::Result<()> {
        let Some((header, files)) = self.beginning.take() else { return Ok(()) };
        let mut verifier = Verifier::new(header, files);
        let (header, files) = verifier.disguised(self.known.disguise);
        self.file.entry(&Entry::Trace(Box::new(header)))?;
        for SourceFile { path, bytes, fixture } in files {
            self.file.entry(&Entry::File { path, bytes, fixture })?;
        }
        let surrogates = std::mem::take(&mut self.surrogates);
        verifier.learn(&surrogates);
        self.verifier = Some(verifier);
        self.file.entry(&Entry::Surrogates(surrogates))
    }

    fn go_on(&mut self, entry: Entry) -> std::io::Result<()> {
        let Some(verifier) = &mut self.verifier else { return Ok(()) };
        match entry {
            Entry::Trace(_) | Entry::File { .. } | Entry::Surrogates(_) => {}
            Entry::Body { sha256, bytes } => {
                self.held = self.held.saturating_add(bytes.len());
                if self.held <= MOST_BODIES {
                    self.bodies.insert(sha256, bytes);
                }
            }
            Entry::Record(record) => self.record(*record)?,
            Entry::Computed { key, value } => {
                let value = Concealing::new(self.known.disguise).value(&value);
                verifier.computed(&key, &value);
                self.file.entry(&Entry::Computed { key, value })?;
            }
            Entry::Event(line) => self.event(*line)?,
            Entry::Phase { index, at } => {
                verifier.phase(index, at);
                self.file.entry(&Entry::Phase { index, at })?;
            }
            Entry::Stopped { at, why } => {
                verifier.stopped(at, why.clone());
                self.file.entry(&Entry::Stopped { at, why })?;
            }
            Entry::Undecided(one) => self.undecided.push(one),
            full @ Entry::Full { .. } => self.file.entry(&full)?,
        }
        Ok(())
    }

    fn finish(mut self) -> std::io::Result<()> {
        for one in self.undecided.iter().filter(|one| !self.judged.contains(&one.test)) {
            self.file.entry(&Entry::Undecided(one.clone()))?;
        }
        self.file.finish()
    }

    fn record(&mut self, Recorded { mut record, body }: Recorded) -> std::io::Result<()> {
        let ended = record.request.as_mut().and_then(|sent| sent.ended.as_mut());
        if let Some((ended, name)) = ended.zip(body) {
            match self.bodies.get(&name) {
                Some(body) => ended.take_body(body.clone()),
                None => ended.cut = true,
            }
        }
        let mut concealing = Concealing::new(self.known.disguise);
        concealing.record(&mut record);
        concealing.parts.iter().for_each(|part| self.parts.add(part));
        let of = record.occurrence.outermost();
        if !self.recorded.contains(of) {
            self.recorded.push(of.clone());
        }
        self.verifier.iter_mut().for_each(|verifier| verifier.record(&record));
        self.file.record(record)
    }

    fn event(&mut self, line: Line) -> std::io::Result<()> {
        let line = self.known.secrets.masked(line);
        if let Some(verifier) = &mut self.verifier {
            verifier.receive(&line);
            if let Line::TestEnded(test) = &*line {
                let is_recorded = self.recorded.iter().any(|of| matches!(of, Part::Test(id) if **id == *test.id));
                let undecided = if is_recorded { verifier.verified(&line) } else { None };
                if is_recorded {
                    self.judged.insert(test.id.clone());
                }
                undecided.into_iter().try_for_each(|one| self.file.entry(&Entry::Undecided(one)))?;
                verifier.forget();
                self.recorded.clear();
            }
        }
        let line = self.parts.masked(self.known.parts.masked(line.into_inner()).into_inner());
        self.file.entry(&Entry::Event(Box::new(line.into_inner())))
    }
}
