use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;
use std::sync::mpsc;
use std::time::Duration;

/// For how long a pipe or a device may keep a reader waiting.
const PATIENCE: Duration = Duration::from_secs(10);

/// Which kinds of files a reader takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Readable {
    /// Regular files alone: specs and what they name.
    Files,
    /// Pipes and devices as well (`--env-file <(…)`, `/dev/stdin`): they are given [`PATIENCE`] to come to their end.
    Streams,
}

/// The bytes of a file of at most `limit` bytes. It always returns: what has no end is cut off at the limit, and what gives nothing at the
/// end of the patience with it.
///
/// # Errors
/// Those of the disk, each with words that can be behind `can't be read: `; `FileTooLarge` beyond the limit, `IsADirectory`, `InvalidInput` for
/// another kind of file than is taken, and `TimedOut`.
pub fn read_file(path: &Path, limit: u64, readable: Readable) -> io::Result<Vec<u8>> {
    // Opening a pipe waits for its writer, so that the kind is asked for before.
    let metadata = std::fs::metadata(path)?;
    if metadata.is_dir() {
        return Err(io::Error::new(io::ErrorKind::IsADirectory, "it is a folder"));
    }
    if metadata.is_file() {
        return if metadata.len() > limit { Err(too_large(limit)) } else { bounded(&File::open(path)?, limit) };
    }
    if readable == Readable::Files {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "it isn't a file"));
    }
    let (give, take) = mpsc::sync_channel(1);
    let path = path.to_path_buf();
    // A thread that waits for a writer that never comes ends with the process.
    std::thread::Builder::new().name("e2e-read".to_owned()).spawn(move || {
        let _ = give.send(File::open(path).and_then(|file| bounded(&file, limit)));
    })?;
    take.recv_timeout(PATIENCE).unwrap_or_else(|_| {
        let why = format!("it isn't a file, and did not come to its end within {} seconds", PATIENCE.as_secs());
        Err(io::Error::new(io::ErrorKind::TimedOut, why))
    })
}

fn bounded(file: &File, limit: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    file.take(limit.saturating_add(1)).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > limit { Err(too_large(limit)) } else { Ok(bytes) }
}

fn too_large(limit: u64) -> io::Error {
    io::Error::new(io::ErrorKind::FileTooLarge, format!("it is larger than {} MiB", limit >> 20))
}
