use std::collections::{BTreeMap, HashMap};
use std::io;
use std::path::{Component, Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use crate::source::MAX_SOURCE_BYTES;

/// Where files are read from: the disk, texts in memory, or both (what an editor holds lies over the disk).
#[derive(Clone, Debug)]
pub struct Files {
    disk: bool,
    texts: Arc<BTreeMap<PathBuf, Entry>>,
    /// What [`Files::beside`] found, by folder: many files may miss something in the same one.
    listings: Arc<Mutex<HashMap<PathBuf, Arc<[String]>>>>,
    fixtures: Arc<Mutex<BTreeMap<PathBuf, Arc<[u8]>>>>,
}

#[derive(Clone, Debug)]
enum Entry {
    Bytes(Vec<u8>),
    /// Listed, but reading it fails.
    Unreadable(io::ErrorKind),
}

impl Default for Files {
    fn default() -> Self {
        Self::disk()
    }
}

impl Files {
    pub fn disk() -> Self {
        Self { disk: true, ..Self::empty() }
    }

    /// Files that exist in memory alone, by their paths relative to the root.
    pub fn memory(files: impl IntoIterator<Item = (PathBuf, Vec<u8>)>) -> Self {
        let texts = files.into_iter().map(|(path, bytes)| (normal(&path), Entry::Bytes(bytes)));
        Self { texts: Arc::new(texts.collect()), ..Self::empty() }
    }

    /// The disk, with texts that stand for what is on it (absolute paths).
    pub fn overlay(files: impl IntoIterator<Item = (PathBuf, String)>) -> Self {
        let texts = files.into_iter().map(|(path, text)| (normal(&path), Entry::Bytes(text.into_bytes())));
        Self { disk: true, texts: Arc::new(texts.collect()), ..Self::empty() }
    }

    fn empty() -> Self {
        Self { disk: false, texts: Arc::default(), listings: Arc::default(), fixtures: Arc::default() }
    }

    /// Takes note of what a fixture held when a plan was made of it.
    pub fn note_fixture(&self, path: &Path, bytes: &Arc<[u8]>) {
        let mut fixtures = self.fixtures.lock().unwrap_or_else(PoisonError::into_inner);
        fixtures.insert(path.to_path_buf(), bytes.clone());
    }

    /// The fixtures that plans were made of, by their real paths.
    pub fn fixtures(&self) -> BTreeMap<PathBuf, Arc<[u8]>> {
        self.fixtures.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Adds a file that is found but can't be read, as one without permission is.
    #[must_use]
    pub fn with_unreadable(mut self, path: &Path, kind: io::ErrorKind) -> Self {
        Arc::make_mut(&mut self.texts).insert(normal(path), Entry::Unreadable(kind));
        self
    }

    pub fn is_disk(&self) -> bool {
        self.disk
    }

    /// At most one byte more than a source may have is read.
    ///
    /// # Errors
    /// Those of the disk; a folder or a device isn't read.
    pub fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        match self.texts.get(&normal(path)) {
            Some(Entry::Bytes(bytes)) => return Ok(bytes.clone()),
            Some(Entry::Unreadable(kind)) => return Err((*kind).into()),
            None if !self.disk => return Err(io::ErrorKind::NotFound.into()),
            None => {}
        }
        read_disk(path)
    }

    pub fn is_file(&self, path: &Path) -> bool {
        self.texts.contains_key(&normal(path)) || (self.disk && path.is_file())
    }

    pub fn is_folder(&self, path: &Path) -> bool {
        if self.disk && path.is_dir() {
            return true;
        }
        let path = normal(path);
        self.texts.keys().any(|file| *file != path && file.starts_with(&path))
    }

    /// Every file in memory, sorted.
    pub fn in_memory(&self) -> impl Iterator<Item = &Path> {
        self.texts.keys().map(PathBuf::as_path)
    }

    /// The names of the files in a file's folder.
    pub fn beside(&self, path: &Path) -> Arc<[String]> {
        let folder = path.parent().unwrap_or(Path::new(""));
        let mut listings = self.listings.lock().unwrap_or_else(PoisonError::into_inner);
        listings.entry(folder.to_path_buf()).or_insert_with(|| self.listing(folder).into()).clone()
    }

    fn listing(&self, folder: &Path) -> Vec<String> {
        let name = |path: &Path| path.file_name().map(|name| name.to_string_lossy().into_owned());
        if !self.disk {
            return self.in_memory().filter(|path| path.parent() == Some(folder)).filter_map(name).collect();
        }
        let entries = std::fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok);
        let mut names: Vec<String> = entries.filter_map(|entry| name(&entry.path())).collect();
        names.sort();
        names
    }

    /// The one name of a file, links followed where it is on disk.
    pub fn canonical(&self, path: &Path) -> PathBuf {
        if self.disk
            && let Ok(real) = path.canonicalize()
        {
            return real;
        }
        normal(path)
    }
}

fn read_disk(path: &Path) -> io::Result<Vec<u8>> {
    use io::Read as _;
    // Before it is opened: opening a pipe waits for a writer.
    let found = std::fs::metadata(path)?;
    if !found.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "it isn't a file"));
    }
    let file = std::fs::File::open(path)?;
    // What is read beyond the size that it says shows its end.
    let mut bytes = Vec::with_capacity((found.len().min(MAX_SOURCE_BYTES as u64) + 1) as usize);
    file.take(MAX_SOURCE_BYTES as u64 + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// A path without `.` and without `..` behind a folder, by its text alone.
pub(super) fn normal(path: &Path) -> PathBuf {
    let mut parts: Vec<Component<'_>> = Vec::new();
    for part in path.components() {
        match (part, parts.last()) {
            (Component::CurDir, _) => {}
            (Component::ParentDir, Some(Component::Normal(_))) => {
                parts.pop();
            }
            (Component::ParentDir, Some(Component::RootDir)) => {}
            _ => parts.push(part),
        }
    }
    parts.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_have_one_form() {
        let shown = |path: &str| normal(Path::new(path)).display().to_string();
        assert_eq!(shown("./a/../b/./c"), "b/c");
        assert_eq!(shown("../a/.."), "..");
        assert_eq!(shown("/../a"), "/a");
    }

    #[test]
    fn memory_knows_nothing_of_the_disk() {
        let files = Files::memory([(PathBuf::from("a/b.e2e"), b"x".to_vec())]);
        assert_eq!(files.read(Path::new("a/./b.e2e")).unwrap(), b"x");
        assert!(files.is_folder(Path::new("a")) && !files.is_folder(Path::new("a/b.e2e")));
        assert!(files.read(Path::new("Cargo.toml")).is_err());
        let files = files.with_unreadable(Path::new("c"), io::ErrorKind::PermissionDenied);
        assert_eq!(files.read(Path::new("c")).unwrap_err().kind(), io::ErrorKind::PermissionDenied);
    }
}
