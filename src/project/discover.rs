use std::path::{Path, PathBuf};

use super::config;
use super::files::Files;
use crate::diag::{Diagnostic, codes};
use crate::source::Span;

/// A file, as it was come to, and its one name ([`Files::canonical`]).
pub(super) struct Found {
    pub path: PathBuf,
    pub real: PathBuf,
}

impl Found {
    pub fn of(files: &Files, path: PathBuf) -> Self {
        Self { real: files.canonical(&path), path }
    }
}

/// The files that paths name: files as they are, and every `.e2e` file below a folder (hidden and ignored ones aside), sorted; each once.
pub(super) fn specs(files: &Files, working_directory: &Path, paths: &[PathBuf]) -> (Vec<Found>, Vec<Diagnostic>) {
    let mut found: Vec<Found> = Vec::new();
    let mut seen = std::collections::HashSet::new();
    let mut diagnostics = Vec::new();
    for path in paths {
        match below(files, &working_directory.join(path), path) {
            Ok(specs) => found.extend(specs.into_iter().filter(|spec| seen.insert(spec.real.clone()))),
            Err(diagnostic) => diagnostics.push(*diagnostic),
        }
    }
    (found, diagnostics)
}

fn below(files: &Files, path: &Path, shown: &Path) -> Result<Vec<Found>, Box<Diagnostic>> {
    if files.is_file(path) {
        if is_spec(path) {
            return Ok(vec![Found::of(files, path.to_path_buf())]);
        }
        let message = format!("`{}` is no spec: its name doesn't end in `.e2e`", shown.display());
        return Err(problem(&codes::NO_SPECS, message, "give a `.e2e` file, or a folder that holds some"));
    }
    if !files.is_folder(path) && files.is_disk() && path.exists() {
        let message = format!("`{}` is no file and no folder", shown.display());
        return Err(problem(&codes::NO_SPECS, message, "specs are read from files alone, not from pipes or devices"));
    }
    if !files.is_folder(path) {
        let message = format!("`{}` doesn't exist", shown.display());
        let of_file = shown.to_str().and_then(|text| text.rsplit_once(':')).map(|(file, _)| file);
        let help = match of_file.filter(|file| {
            path.parent()
                .is_some_and(|folder| files.is_file(&folder.join(Path::new(file).file_name().unwrap_or_default())))
        }) {
            Some(file) => format!(
                "`{file}` exists: `run` and `list` take `{file}:LINE` with the number of a line, `check` takes whole files"
            ),
            None => "paths are relative to the folder that the command is run in".to_owned(),
        };
        return Err(problem(&codes::PATH_NOT_FOUND, message, &help));
    }
    let specs = if files.is_disk() { on_disk(files, path) } else { in_memory(files, path) };
    if specs.is_empty() {
        let message = format!("`{}` holds no `.e2e` file", shown.display());
        let help = "specs end in `.e2e`; hidden files and those that `.gitignore` names are passed over";
        return Err(problem(&codes::NO_SPECS, message, help));
    }
    Ok(specs)
}

fn problem(code: &'static crate::diag::Code, message: String, help: &str) -> Box<Diagnostic> {
    Box::new(Diagnostic::error(code, Span::nowhere(), message).with_help(help))
}

fn on_disk(files: &Files, folder: &Path) -> Vec<Found> {
    let walk = ignore::WalkBuilder::new(folder).follow_links(true).sort_by_file_name(std::cmp::Ord::cmp).build();
    // A folder that can't be listed, or a link that leads back, has no specs; a spec that can't be read has its diagnostic later.
    let entries = walk.filter_map(Result::ok).filter(|entry| !entry.file_type().is_some_and(|kind| kind.is_dir()));
    let mut last = Found { path: PathBuf::new(), real: PathBuf::new() };
    let found = entries.filter(|entry| is_spec(entry.path())).map(|entry| {
        let is_link = entry.path_is_symlink();
        let path = entry.into_path();
        match (path.parent(), path.file_name()) {
            (Some(folder), Some(name)) if !is_link => {
                if last.path != folder {
                    last = Found::of(files, folder.to_path_buf());
                }
                Found { real: last.real.join(name), path }
            }
            _ => Found::of(files, path),
        }
    });
    found.collect()
}

fn in_memory(files: &Files, folder: &Path) -> Vec<Found> {
    let folder = super::files::normal(folder);
    let specs = files.in_memory().filter(|path| path.starts_with(&folder) && is_spec(path));
    specs.map(|path| Found::of(files, path.to_path_buf())).collect()
}

fn is_spec(path: &Path) -> bool {
    path.extension().is_some_and(|ending| ending == "e2e")
}

/// The folder that nothing is read outside of: the nearest ancestor with an `e2e.toml`, else the working directory where it holds
/// the path, else the folder given. Of several paths, what holds all their roots.
pub(super) fn root(files: &Files, working_directory: &Path, paths: &[PathBuf]) -> PathBuf {
    let roots = paths.iter().map(|path| root_of(files, working_directory, &working_directory.join(path)));
    roots.reduce(|a, b| common(&a, &b)).unwrap_or_else(|| working_directory.to_path_buf())
}

fn root_of(files: &Files, working_directory: &Path, path: &Path) -> PathBuf {
    let path = files.canonical(path);
    let folder = if files.is_folder(&path) { path.as_path() } else { path.parent().unwrap_or(Path::new("")) };
    if let Some(marked) = folder.ancestors().find(|folder| files.is_file(&folder.join(config::FILE_NAME))) {
        return marked.to_path_buf();
    }
    if folder.starts_with(working_directory) { working_directory.to_path_buf() } else { folder.to_path_buf() }
}

fn common(a: &Path, b: &Path) -> PathBuf {
    a.components().zip(b.components()).take_while(|(a, b)| a == b).map(|(part, _)| part).collect()
}

/// The `environments.e2e` of each file's folder and of the folders above, up to the root; each once, outermost first.
pub(super) fn environments(files: &Files, root: &Path, specs: &[Found]) -> Vec<Found> {
    let mut folders: Vec<&Path> = Vec::new();
    let mut seen = std::collections::HashSet::new();
    for spec in specs {
        for folder in spec.real.ancestors().skip(1) {
            if !folder.starts_with(root) || !seen.insert(folder) {
                break;
            }
            folders.push(folder);
        }
    }
    folders.sort_by_key(|folder| (folder.components().count(), *folder));
    let beside = folders.into_iter().map(|folder| folder.join("environments.e2e")).filter(|file| files.is_file(file));
    beside.map(|file| Found::of(files, file)).collect()
}
