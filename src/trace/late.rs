//! What turns out to be a secret when texts with it are in the trace already: these are replaced then, too, and judged again.

use std::collections::{HashMap, HashSet};
use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::mem::discriminant;
use std::ops::Range;
use std::path::{Path, PathBuf};

use bytes::Bytes;

use super::conceal::Concealing;
use super::disguise::Disguise;
use super::file::{Entry, Header, Recorded, Undecided};
use super::open::SourceFile;
use super::verify::Verifier;
use super::write::{Limits, Writer};
use crate::event::{Direction, Flow, FrameKind, Part, flows};
use crate::report::Redactor;
use crate::report::model::Line;
use crate::value::SecretSink as _;
use crate::world::records::Record;

/// How much of the bodies is held at a time for the records behind them, in bytes. What is beyond that is left out, and said to be.
const MOST_BODIES: usize = 512 << 20;

/// What a trace is to be without.
pub(super) struct Known<'t> {
    /// Of all secrets of the run.
    pub disguise: &'t mut Disguise,
    pub secrets: &'t Redactor,
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

/// Whether a trace holds any of these secrets, or a part of one. What the surrogate of one has in common with another, as JWTs have, is neither.
fn holds(path: &Path, late: &[String], disguise: &mut Disguise) -> std::io::Result<bool> {
    let redactor = Redactor::default();
    late.iter().for_each(|secret| redactor.add(secret));
    let mut holds = false;
    for line in lines(path)? {
        let line = line?;
        holds |= redactor.covers(&line) && disguise.text(&line) != line;
        match entry(&line) {
            Some(Entry::Record(recorded)) => holds |= in_parts(&recorded.record, &redactor, disguise),
            Some(Entry::Event(event)) => holds |= in_shown_parts(&event, &redactor, disguise),
            // Which of them were cut isn't known yet.
            Some(Entry::Body { sha256: _, bytes }) => {
                let text = std::str::from_utf8(&bytes).unwrap_or_default();
                holds |= disguise.cut_off(text).is_some_and(|(start, now)| text.get(start..) != Some(&now));
            }
            _ => {}
        }
    }
    Ok(holds)
}

/// Whether frames hold any of these secrets in parts; then each part is learned.
fn in_parts(record: &Record, late: &Redactor, disguise: &mut Disguise) -> bool {
    let Some(line) = &record.line else { return false };
    let mut holds = false;
    for flow in flows(line.carried.iter().map(|one| (one.direction, &one.kind, &one.data))) {
        holds |= in_flow(&flow, late, disguise);
        let cut_off = if line.cut { disguise.cut_off(&flow.text) } else { None };
        holds |= cut_off.is_some_and(|(start, now)| flow.text.get(start..) != Some(&now));
    }
    holds
}

/// The same of the frames that a report shows: of a channel of which not all was recorded, it may show more than its record holds.
fn in_shown_parts(event: &Line, late: &Redactor, disguise: &mut Disguise) -> bool {
    let Line::TestEnded(test) = event else { return false };
    let mut holds = false;
    for channel in &test.channels {
        let mut kinds = Vec::new();
        for frame in &channel.frames {
            let kind = (discriminant(&frame.direction), discriminant(&frame.kind));
            let at = kinds.iter().position(|(known, _)| *known == kind).unwrap_or_else(|| {
                kinds.push((kind, Vec::new()));
                kinds.len() - 1
            });
            if let Some(((_, texts), text)) = kinds.get_mut(at).zip(frame.text.as_ref()) {
                texts.push(Bytes::copy_from_slice(text.as_bytes()));
            }
        }
        for (_, texts) in kinds {
            // They are of one direction and kind, whichever that is.
            for flow in flows(texts.iter().map(|text| (Direction::Received, &FrameKind::Text, text))) {
                holds |= in_flow(&flow, late, disguise);
            }
        }
    }
    holds
}

/// Whether what frames say together holds any of these secrets in parts; then each part is learned.
fn in_flow(flow: &Flow, late: &Redactor, disguise: &mut Disguise) -> bool {
    let mut holds = false;
    let ends = |range: &Range<usize>| flow.parts(range).into_iter().map(|(_, part)| part.end).collect();
    let changed = disguise.across(&flow.text, ends).into_iter();
    let changed: Vec<Range<usize>> =
        changed.filter(|(range, now)| flow.text.get(range.clone()) != Some(now)).map(|(range, _)| range).collect();
    let is_changed = |one: &Range<usize>| changed.iter().any(|range| range.start < one.end && one.start < range.end);
    for whole in late.found(&flow.text).into_iter().filter(is_changed) {
        for (_, part) in flow.parts(&whole) {
            holds = true;
            let at = part.start - whole.start;
            if let Some((part, whole)) = flow.text.get(part).zip(flow.text.get(whole.clone())) {
                disguise.learn_part(part, whole, at);
            }
        }
    }
    holds
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
        concealing.cut_off(&mut record);
        concealing.record(&mut record);
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
        self.file.entry(&Entry::Event(Box::new(line.into_inner())))
    }
}
