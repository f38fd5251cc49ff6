use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use super::FileContent;
use crate::project::{ModuleId, ModuleOrigin, Project};
use crate::source::{Readable, read_file};
use crate::value::{Table, Value};

/// The largest fixture that is read, in bytes.
const MAX_FILE_BYTES: u64 = 64 * 1024 * 1024;

/// Reads a file that a spec names, relative to the spec.
///
/// # Errors
/// A sentence without its subject (`doesn't exist`): the file is missing, too large, not below the project's root, or not what
/// its ending says it is.
pub(super) fn read(project: &Project, module: ModuleId, name: &str) -> Result<FileContent, String> {
    let (path, bytes) = read_bytes(project, module, name)?;
    let parsed = match path.extension().and_then(|ending| ending.to_str()) {
        Some("json") => Some(json(&bytes)?),
        Some("csv") => Some(csv(&bytes)?),
        _ => None,
    };
    Ok(FileContent { name: name.to_owned(), bytes, parsed })
}

/// The same for a file whose bytes are sent as they are, whatever its ending says: a test may ask what a server does with a broken one.
///
/// # Errors
/// As of [`read`], but for what the file holds.
pub(super) fn read_raw(project: &Project, module: ModuleId, name: &str) -> Result<FileContent, String> {
    let (_, bytes) = read_bytes(project, module, name)?;
    Ok(FileContent { name: name.to_owned(), bytes, parsed: None })
}

fn read_bytes(project: &Project, module: ModuleId, name: &str) -> Result<(PathBuf, Arc<[u8]>), String> {
    let (path, bytes) = read_where(project, module, name)?;
    let bytes: Arc<[u8]> = bytes.into();
    project.files.note_fixture(&path, &bytes);
    Ok((path, bytes))
}

fn read_where(project: &Project, module: ModuleId, name: &str) -> Result<(PathBuf, Vec<u8>), String> {
    if !project.files.is_disk() {
        let module = project.module(module).ok_or("has no spec that it belongs to")?;
        let path = project.find_file(module, name).map_err(|_| "doesn't exist")?;
        let bytes = project.files.read(&path).map_err(|error| in_words(&error))?;
        return Ok((path, bytes));
    }
    let path = place(project, module, name)?;
    let bytes = read_file(&path, MAX_FILE_BYTES, Readable::Files).map_err(|error| in_words(&error))?;
    Ok((path, bytes))
}

/// The file's real path, which must lie below the project's root once links are followed.
fn place(project: &Project, module: ModuleId, name: &str) -> Result<PathBuf, String> {
    let folder = match project.module(module).map(|module| &module.origin) {
        Some(ModuleOrigin::File(file)) => file.parent().map(Path::to_path_buf).unwrap_or_default(),
        _ => project.root.clone(),
    };
    if Path::new(name).components().any(|part| matches!(part, Component::RootDir | Component::Prefix(_))) {
        return Err("is an absolute path; it must be relative to the spec".to_owned());
    }
    let root = if project.root.as_os_str().is_empty() { PathBuf::from(".") } else { project.root.clone() };
    let root = root.canonicalize().map_err(|error| in_words(&error))?;
    let path = folder.join(name).canonicalize().map_err(|error| in_words(&error))?;
    if !path.starts_with(&root) {
        return Err("lies outside the project's folder".to_owned());
    }
    if !path.is_file() {
        return Err("isn't a file".to_owned());
    }
    Ok(path)
}

fn json(bytes: &[u8]) -> Result<Value, String> {
    let json = crate::value::Json::read(bytes).map_err(|fault| format!("isn't valid JSON: {fault}"))?;
    match json.twice() {
        Some((way, ..)) => Err(format!("gives `{}` twice", crate::value::path_text(&way))),
        None => Ok(Value::from(json)),
    }
}

/// A list of objects: the header line gives the keys, every value is a string.
fn csv(bytes: &[u8]) -> Result<Value, String> {
    let table = Table::parse(bytes).map_err(|error| {
        format!("isn't valid CSV: in line {}, column {}, {}", error.line, error.column, error.reason)
    })?;
    let columns = table.columns;
    let rows = table.rows.into_iter().map(|row| {
        let row = columns.iter().cloned().zip(row.into_iter().map(crate::value::Json::from));
        crate::value::Json::from(row.collect::<crate::value::JsonMap>())
    });
    Ok(Value::from(crate::value::Json::from(rows.collect::<Vec<_>>())))
}

fn in_words(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::NotFound => "doesn't exist".to_owned(),
        std::io::ErrorKind::FileTooLarge => format!("is larger than {} MiB", MAX_FILE_BYTES >> 20),
        std::io::ErrorKind::PermissionDenied => "may not be read (permission denied)".to_owned(),
        _ => format!("can't be read: {error}"),
    }
}
