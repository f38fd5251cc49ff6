use std::fs::File;
use std::io::{BufRead as _, BufReader, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use crate::diag::Hide as _;
use crate::judge::Progress;
use crate::judge::release::ServiceMap;
use crate::report::model::Line;
use crate::report::{Builder, Redactor};
use crate::source::Sources;

/// Keeps what is reported of loads on the disk until a shard's blob is written, so that a run takes no more memory the longer its loads last.
pub struct Looks {
    path: PathBuf,
    sources: Sources,
    redactor: Arc<Redactor>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    services: Arc<ServiceMap>,
    file: Option<File>,
    failed: Option<std::io::Error>,
}

impl Looks {
    /// They are kept beside a blob that is to be written.
    pub fn beside(blob: &Path, sources: Sources, redactor: Arc<Redactor>) -> Self {
        let mut name = blob.file_name().unwrap_or_default().to_owned();
        name.push(format!(".{}.looks", std::process::id()));
        Self { path: blob.with_file_name(name), sources, redactor, state: Mutex::default() }
    }

    /// Takes note of an event.
    pub fn receive(&self, progress: &Progress) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if let Progress::Started { service_map, .. } = progress {
            state.services = service_map.clone();
        }
        if !matches!(progress, Progress::Load(_)) || state.failed.is_some() {
            return;
        }
        let services = state.services.clone();
        let Some(line) = Builder { sources: &self.sources, redactor: &self.redactor }.line(progress, &services) else {
            return;
        };
        let line = self.redactor.masked(line).made(super::journal::bytes);
        let written = self.file(&mut state).and_then(|file| file.write_all(&line));
        state.failed = written.err();
    }

    fn file<'s>(&self, state: &'s mut State) -> std::io::Result<&'s mut File> {
        if state.file.is_none() {
            if let Some(folder) = self.path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
                std::fs::create_dir_all(folder)?;
            }
            state.file = Some(File::create(&self.path)?);
        }
        state.file.as_mut().ok_or_else(|| std::io::ErrorKind::NotFound.into())
    }

    /// Writes all of them behind what is there, masked with what is known by now.
    ///
    /// # Errors
    ///
    /// They couldn't be kept, or can't be written there.
    pub fn copy_to(&self, to: &mut impl Write) -> std::io::Result<()> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(failed) = state.failed.take() {
            return Err(failed);
        }
        if state.file.take().is_none() {
            return Ok(());
        }
        for line in BufReader::new(File::open(&self.path)?).lines() {
            let line = line?;
            if self.redactor.hidden(&line).is_empty() {
                to.write_all(line.as_bytes())?;
                to.write_all(b"\n")?;
            } else {
                let line: Line = serde_json::from_str(&line)?;
                to.write_all(&self.redactor.masked(line).made(super::journal::bytes))?;
            }
        }
        Ok(())
    }
}

impl Drop for Looks {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.path);
    }
}
