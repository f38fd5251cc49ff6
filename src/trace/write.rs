//! Writes the file of a trace.

use std::collections::HashSet;
use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use sha2::{Digest as _, Sha256};

use super::file::{Entry, Recorded};
use crate::event::Response;
use crate::world::records::Record;

/// How strongly a trace is compressed: zstd's own choice between time and size.
const LEVEL: i32 = 3;
/// A smaller body is written where it came, since naming it takes as much.
const OWN_ENTRY: usize = 256;

/// How much of what servers send is kept.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Of one body, or of what one channel carried, in bytes.
    pub body: u64,
    /// Of the whole file, in bytes as they are on disk.
    pub whole: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { body: 10 << 20, whole: 1 << 30 }
    }
}

pub struct Writer {
    stream: zstd::stream::write::Encoder<'static, Counted>,
    limits: Limits,
    /// The bodies that are in the file.
    bodies: HashSet<[u8; 32]>,
    full: bool,
}

/// A file, and how much has been written to it.
struct Counted {
    file: BufWriter<File>,
    bytes: u64,
}

impl std::io::Write for Counted {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let written = self.file.write(bytes)?;
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.file.flush()
    }
}

impl Writer {
    /// Begins a file, in the place of another one.
    ///
    /// # Errors
    /// Those of the system.
    pub fn create(path: &Path, limits: Limits) -> std::io::Result<Self> {
        if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            std::fs::create_dir_all(folder)?;
        }
        let file = Counted { file: BufWriter::new(File::create(path)?), bytes: 0 };
        let stream = zstd::stream::write::Encoder::new(file, LEVEL)?;
        Ok(Self { stream, limits, bodies: HashSet::new(), full: false })
    }

    /// # Errors
    /// Those of the system.
    pub fn entry(&mut self, entry: &Entry) -> std::io::Result<()> {
        let mut line = serde_json::to_vec(entry)?;
        line.push(b'\n');
        self.stream.write_all(&line)
    }

    /// A record, its large body before it.
    ///
    /// # Errors
    /// Those of the system.
    pub fn record(&mut self, mut record: Record) -> std::io::Result<()> {
        let most = self.most()?;
        if let Some(line) = &mut record.line {
            let carried: u64 = line.carried.iter().map(|one| one.data.len() as u64).sum();
            if carried > most {
                line.cut = true;
                let mut left = most;
                line.carried.retain(|one| {
                    let fits = one.data.len() as u64 <= left;
                    left = if fits { left - one.data.len() as u64 } else { 0 };
                    fits
                });
            }
        }
        let mut named = None;
        let ended = record.request.as_mut().and_then(|sent| sent.ended.as_mut());
        if let Some(ended) = ended
            && let Ok(response) = &ended.exchange.outcome
            && response.body.len() >= OWN_ENTRY
        {
            let body = usize::try_from(most)
                .map_or(response.body.clone(), |most| response.body.slice(..most.min(response.body.len())));
            ended.cut |= body.len() < response.body.len();
            named = Some(self.body(&body)?);
            let response = Response { body: Bytes::new(), ..(**response).clone() };
            ended.exchange.outcome = Ok(Arc::new(response));
        }
        self.entry(&Entry::Record(Box::new(Recorded { record, body: named })))
    }

    /// Writes a body once, and gives its name.
    fn body(&mut self, body: &Bytes) -> std::io::Result<String> {
        let hash: [u8; 32] = Sha256::digest(body).into();
        let sha256: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
        if self.bodies.insert(hash) {
            self.entry(&Entry::Body { sha256: sha256.clone(), bytes: body.clone() })?;
        }
        Ok(sha256)
    }

    /// How much of a body is kept by now.
    fn most(&mut self) -> std::io::Result<u64> {
        if !self.full && self.stream.get_ref().bytes >= self.limits.whole {
            self.full = true;
            self.entry(&Entry::Full { limit_bytes: self.limits.whole })?;
        }
        Ok(if self.full { 0 } else { self.limits.body })
    }

    /// Whether bodies were left out because the file is as large as it may be.
    pub fn is_full(&self) -> bool {
        self.full
    }

    /// Hands all that was written to the system: a process that is killed from here on doesn't lose it.
    ///
    /// # Errors
    /// Those of the system.
    pub fn flush(&mut self) -> std::io::Result<()> {
        self.stream.flush()
    }

    /// # Errors
    /// Those of the system.
    pub fn finish(self) -> std::io::Result<()> {
        self.stream.finish()?.flush()
    }
}
