//! Reads the file of a trace.

use std::collections::HashMap;
use std::io::{BufRead as _, BufReader, Read};
use std::sync::Arc;

use bytes::Bytes;

use super::file::{Entry, Header, Recorded, TRACE_SCHEMA, Undecided};
use crate::event::Instant;
use crate::report::model::{Begun, Line};
use crate::run::Stopped;
use crate::world::records::{Calculated, Record, Records};

/// The largest trace that is read, in bytes once they are unpacked: a file of a few kilobytes can be made to hold any number of them.
const MOST: u64 = 4 << 30;
/// The longest line that is read: no body, and no channel, is kept that takes more.
const LONGEST_LINE: u64 = 256 << 20;
/// A trace that is larger than this once it is unpacked has no more than so many bytes for each one of its file; what has more was made to.
const FREE: u64 = 512 << 20;
const MOST_FOR_ONE: u64 = 1000;

/// A run that was recorded.
#[derive(Debug)]
pub struct Trace {
    pub header: Header,
    pub files: Vec<SourceFile>,
    pub begun: Begun,
    /// What the run's journal says, behind its beginning.
    pub lines: Vec<Line>,
    pub records: Arc<Records>,
    pub computed: Arc<Calculated>,
    /// What stands for secrets.
    pub surrogates: Vec<String>,
    pub undecided: HashMap<String, Undecided>,
    /// When phases of the plan were begun.
    pub phases: HashMap<usize, Instant>,
    pub stops: Vec<(Instant, Stopped)>,
    /// Bodies are missing from some point on, since the trace was as large as it may be, in bytes.
    pub full: Option<u64>,
    /// Whether the file has an end. A run that was killed leaves none.
    pub whole: bool,
    /// How many lines say nothing to this version, and were passed over.
    pub unread: usize,
}

/// A spec, or a fixture of one.
#[derive(Clone, Debug)]
pub struct SourceFile {
    pub path: String,
    pub bytes: Bytes,
    pub fixture: bool,
}

impl Trace {
    /// One without events.
    pub(super) fn begin(header: Header, files: Vec<SourceFile>) -> Self {
        Self {
            header,
            files,
            begun: Begun::default(),
            lines: Vec::new(),
            records: Arc::default(),
            computed: Arc::default(),
            surrogates: Vec::new(),
            undecided: HashMap::new(),
            phases: HashMap::new(),
            stops: Vec::new(),
            full: None,
            whole: true,
            unread: 0,
        }
    }

    /// Reads all that a file holds, up to where it ends, in order or not.
    ///
    /// # Errors
    /// It isn't a trace, or one of a later version, or too large: in words that go on from "the file `x`".
    pub fn read(file: impl Read) -> Result<Self, String> {
        let packed = zstd::stream::read::Decoder::new(Counted { file, read: 0 });
        let packed = packed.map_err(|_| "isn't a trace of a run".to_owned())?;
        let mut reader = Reader { lines: BufReader::new(packed), read: 0, whole: false };
        let Some(Ok(Entry::Trace(header))) = reader.entry()? else { return Err("isn't a trace of a run".to_owned()) };
        if header.schema > TRACE_SCHEMA {
            return Err(format!("was written by a later version ({} {})", header.tool.name, header.tool.version));
        }
        let mut parts = Parts::default();
        while let Some(entry) = reader.entry()? {
            match entry {
                Ok(entry) => parts.take(entry),
                Err(()) => parts.unread += 1,
            }
        }
        let Some(begun) = parts.begun else { return Err("ends before its run began".to_owned()) };
        Ok(Self {
            header: *header,
            files: parts.files,
            begun,
            lines: parts.lines,
            records: Arc::new(parts.records),
            computed: Arc::new(parts.computed),
            surrogates: parts.surrogates,
            undecided: parts.undecided,
            phases: parts.phases,
            stops: parts.stops,
            full: parts.full,
            whole: reader.whole,
            unread: parts.unread,
        })
    }
}

/// A file, and how much of it was read.
struct Counted<R> {
    file: R,
    read: u64,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, to: &mut [u8]) -> std::io::Result<usize> {
        let read = self.file.read(to)?;
        self.read += read as u64;
        Ok(read)
    }
}

struct Reader<R> {
    lines: BufReader<zstd::stream::read::Decoder<'static, BufReader<Counted<R>>>>,
    read: u64,
    whole: bool,
}

impl<R: Read> Reader<R> {
    /// The next entry, `Err(())` for one that says nothing; `None` at the end, or where the file was cut off.
    fn entry(&mut self) -> Result<Option<Result<Entry, ()>>, String> {
        let mut line = Vec::new();
        // What was cut off gives an error of the packing, and what was read before it counts.
        let ended = self.lines.by_ref().take(LONGEST_LINE).read_until(b'\n', &mut line);
        self.read += line.len() as u64;
        if line.len() as u64 >= LONGEST_LINE {
            return Err(format!("has a line of more than {} MiB, which no trace has", LONGEST_LINE >> 20));
        }
        if self.read >= MOST {
            return Err(format!("is larger than {} GiB once it is unpacked", MOST >> 30));
        }
        let packed = self.lines.get_ref().get_ref().get_ref().read;
        if self.read > FREE && self.read / MOST_FOR_ONE > packed {
            return Err(format!("is more than {MOST_FOR_ONE} times larger once it is unpacked, which no trace is"));
        }
        if line.last() != Some(&b'\n') {
            self.whole = ended.is_ok() && line.is_empty();
            return Ok(None);
        }
        let text = std::str::from_utf8(&line).unwrap_or_default();
        Ok(Some(serde_json::from_str(text).map_err(|_| ())))
    }
}

#[derive(Default)]
struct Parts {
    files: Vec<SourceFile>,
    begun: Option<Begun>,
    lines: Vec<Line>,
    bodies: HashMap<String, Bytes>,
    records: Records,
    computed: Calculated,
    surrogates: Vec<String>,
    undecided: HashMap<String, Undecided>,
    phases: HashMap<usize, Instant>,
    stops: Vec<(Instant, Stopped)>,
    full: Option<u64>,
    unread: usize,
}

impl Parts {
    fn take(&mut self, entry: Entry) {
        match entry {
            // A second beginning would be another run's.
            Entry::Trace(_) => self.unread += 1,
            Entry::File { path, bytes, fixture } => self.files.push(SourceFile { path, bytes, fixture }),
            Entry::Event(line) => match *line {
                Line::Begun(begun) => _ = self.begun.get_or_insert(*begun),
                line => self.lines.push(line),
            },
            Entry::Record(record) => match self.whole(*record) {
                Some(record) => self.records.insert(record),
                None => self.unread += 1,
            },
            Entry::Body { sha256, bytes } => _ = self.bodies.insert(sha256, bytes),
            Entry::Computed { key, value } => _ = self.computed.0.insert(key, value),
            Entry::Surrogates(surrogates) => self.surrogates.extend(surrogates),
            Entry::Undecided(one) => _ = self.undecided.insert(one.test.clone(), one),
            Entry::Phase { index, at } => _ = self.phases.insert(index, at),
            Entry::Stopped { at, why } => self.stops.push((at, why)),
            Entry::Full { limit_bytes } => self.full = Some(limit_bytes),
        }
    }

    /// A record with its body in its place; `None` where the trace doesn't hold that.
    fn whole(&self, Recorded { mut record, body }: Recorded) -> Option<Record> {
        let Some(name) = body else { return Some(record) };
        let body = self.bodies.get(&name)?.clone();
        let ended = record.request.as_mut()?.ended.as_mut()?;
        ended.exchange.outcome.as_ref().ok()?;
        ended.take_body(body);
        Some(record)
    }
}
