use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use super::cache::{Cache, Kept};
use super::discover::Found;
use super::files::{Files, normal};
use super::trees::Trees;
use super::{Module, ModuleId, ModuleOrigin, Project, config, discover, graph, imports, stdlib};
use crate::diag::{Capped, Diagnostic, codes};
use crate::source::{SourceId, Span, decode, spread};

/// What to load.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Files and folders; none is the working directory.
    pub paths: Vec<PathBuf>,
    /// The folder that nothing is read outside of; found from the paths where it isn't given.
    pub root: Option<PathBuf>,
    /// What relative paths are relative to, and what names of sources are shown relative to. The process's own where it isn't given.
    pub working_directory: Option<PathBuf>,
    /// Of files with suites or loads, only [`syntax::outline`] is kept: enough to find what names refer to. `check` then takes up memory for a few
    /// files at a time.
    pub outlines: bool,
    /// A plan will be made: the trees of a few files are kept from when they are checked until then.
    pub for_plan: bool,
}

/// Loads the specs that the options name, with all they import and the environments that belong to them.
pub fn load(files: &Files, options: &Options) -> Project {
    load_again(files, options, &mut Cache::default())
}

/// As [`load`], without parsing again what is the same as in the last load with this cache.
pub fn load_again(files: &Files, options: &Options, cache: &mut Cache) -> Project {
    let here = working_directory(files, options);
    let everything = [PathBuf::new()];
    let paths = if options.paths.is_empty() { &everything } else { options.paths.as_slice() };
    let (specs, diagnostics) = discover::specs(files, &here, paths);
    let root = match &options.root {
        Some(root) => files.canonical(&here.join(root)),
        None => discover::root(files, &here, paths),
    };
    let working_directory = here.clone();
    let trees = Trees::with_room(if options.for_plan { Trees::ROOM } else { 0 });
    let project = Project { root, working_directory, files: files.clone(), diagnostics, trees, ..Project::default() };
    let mut loader = Loader {
        files,
        here,
        project,
        by_path: HashMap::new(),
        by_std: HashMap::new(),
        outlines: options.outlines,
        cache,
        kept: HashMap::new(),
    };
    loader.config();
    let environments = discover::environments(files, &loader.project.root, &specs);
    loader.project.roots = loader.add_files(specs);
    loader.add_files(environments);
    loader.follow_imports();
    loader.cache.replace(loader.kept);
    loader.project
}

/// A project of texts in memory, by their names: all of them are asked for.
pub fn from_memory(files: &[(&str, &str)]) -> Project {
    let files = files.iter().map(|(name, text)| (PathBuf::from(name), text.as_bytes().to_vec()));
    load(&Files::memory(files), &Options::default())
}

fn working_directory(files: &Files, options: &Options) -> PathBuf {
    if !files.is_disk() {
        return options.working_directory.clone().unwrap_or_default();
    }
    let here = options.working_directory.clone().or_else(|| std::env::current_dir().ok()).unwrap_or_default();
    files.canonical(&here)
}

/// What a file is taken to have before it is read, in bytes.
const USUAL_SIZE: usize = 8 << 10;

struct Loader<'f> {
    files: &'f Files,
    here: PathBuf,
    project: Project,
    by_path: HashMap<PathBuf, ModuleId>,
    by_std: HashMap<String, ModuleId>,
    outlines: bool,
    cache: &'f mut Cache,
    /// What this load leaves to the next one.
    kept: HashMap<ModuleOrigin, Kept>,
}

/// A module that is to be read and parsed.
struct Pending {
    origin: ModuleOrigin,
    shown: String,
    /// What the last load left of it; taken when it is parsed.
    before: Mutex<Option<Kept>>,
}

impl Loader<'_> {
    fn config(&mut self) {
        let path = self.project.root.join(config::FILE_NAME);
        if !self.files.is_file(&path) {
            return;
        }
        let id = SourceId(self.project.sources.len() as u32);
        let text = match self.files.read(&path).map(|bytes| decode(id, bytes)) {
            Ok(Ok(text)) => text,
            Ok(Err((text, diagnostic))) => {
                self.project.sources.add(self.shown(&path), text);
                self.project.diagnostics.push(*diagnostic);
                return;
            }
            Err(error) => {
                self.project.sources.add(self.shown(&path), "");
                self.project.diagnostics.push(unreadable(id, &error));
                return;
            }
        };
        let (config, diagnostics) = config::parse(id, &text);
        self.project.sources.add(self.shown(&path), text);
        self.project.config = config;
        self.project.diagnostics.extend(diagnostics);
    }

    /// A path as people are shown it: relative to where they are.
    fn shown(&self, path: &Path) -> String {
        path.strip_prefix(&self.here).unwrap_or(path).display().to_string()
    }

    /// Loads the files that aren't loaded yet, and gives the modules of all of them.
    fn add_files(&mut self, found: Vec<Found>) -> Vec<ModuleId> {
        let mut pending = Vec::new();
        let mut ids = Vec::with_capacity(found.len());
        for Found { path, real } in found {
            let next = ModuleId(self.project.modules.len() + pending.len());
            let id = *self.by_path.entry(real.clone()).or_insert(next);
            ids.push(id);
            if id != next {
                continue;
            }
            let origin = if self.files.is_disk() {
                ModuleOrigin::File(real)
            } else {
                ModuleOrigin::Memory(real.display().to_string())
            };
            let shown = self.shown(&normal(&path));
            pending.push(self.pending(origin, shown));
        }
        self.parse(pending);
        ids
    }

    fn pending(&mut self, origin: ModuleOrigin, shown: String) -> Pending {
        let before = Mutex::new(self.cache.take(&origin));
        Pending { origin, shown, before }
    }

    fn parse(&mut self, pending: Vec<Pending>) {
        let base = self.project.sources.len();
        let files = self.files;
        let outlines = self.outlines;
        let numbered: Vec<(usize, &Pending)> = pending.iter().enumerate().collect();
        // How long they are isn't known before they are read.
        let parsed: Vec<Kept> = spread(numbered.len() * USUAL_SIZE, &numbered, |(at, next)| {
            parse(files, SourceId((base + at) as u32), next, outlines)
        });
        for (next, parsed) in pending.into_iter().zip(parsed) {
            let source = self.project.sources.add(next.shown, parsed.text.clone());
            let id = ModuleId(self.project.modules.len());
            self.project.diagnostics.extend(parsed.diagnostics.iter().cloned());
            let declared = graph::declared(&parsed.file);
            let origin = next.origin.clone();
            let module = Module { id, source, origin, ast: parsed.file.clone(), declared, imports: HashMap::new() };
            self.project.modules.push(module);
            self.kept.insert(next.origin, parsed);
        }
    }

    /// Loads what the modules import, and what that imports, and then says what the names of imports stand for.
    fn follow_imports(&mut self) {
        let mut links = Vec::new();
        let mut done = 0;
        while done < self.project.modules.len() {
            let wanted: Vec<imports::Wanted> = (done..self.project.modules.len())
                .flat_map(|module| imports::wanted(&self.project, self.files, ModuleId(module)))
                .collect();
            done = self.project.modules.len();
            let files = wanted.iter().filter_map(|want| want.path().cloned());
            let files: Vec<Found> = files.map(|path| Found::of(self.files, path)).collect();
            let mut of_files = self.add_files(files).into_iter();
            for want in wanted {
                let target = match want.place {
                    imports::Place::File(_) => of_files.next(),
                    imports::Place::Std(name) => self.add_std(&name),
                    imports::Place::Nowhere(diagnostic) => {
                        self.project.diagnostics.push(*diagnostic);
                        None
                    }
                };
                links.push(imports::Link { module: want.module, item: want.item, target });
            }
        }
        imports::bind(&mut self.project, &links);
        let cycles = imports::cycles(&self.project, &links);
        self.project.diagnostics.extend(cycles);
        // A file's syntax has a limit of its own.
        let all = std::mem::take(&mut self.project.diagnostics);
        let (syntax, others): (Vec<_>, Vec<_>) =
            all.into_iter().partition(|one| one.code.name.starts_with("e2e::syntax::"));
        self.project.diagnostics = syntax;
        self.project.diagnostics.extend(others.into_iter().collect::<Capped>().into_sorted());
    }

    fn add_std(&mut self, name: &str) -> Option<ModuleId> {
        if let Some(id) = self.by_std.get(name) {
            return Some(*id);
        }
        stdlib::text(name)?;
        let id = ModuleId(self.project.modules.len());
        self.by_std.insert(name.to_owned(), id);
        let origin = ModuleOrigin::Std(name.to_owned());
        let pending = self.pending(origin, format!("<std.{name}>"));
        self.parse(vec![pending]);
        Some(id)
    }
}

fn parse(files: &Files, id: SourceId, pending: &Pending, outlines: bool) -> Kept {
    let bytes = match &pending.origin {
        ModuleOrigin::File(path) => files.read(path),
        ModuleOrigin::Memory(name) => files.read(Path::new(name)),
        ModuleOrigin::Std(name) => Ok(stdlib::text(name).unwrap_or_default().as_bytes().to_vec()),
    };
    let text = match bytes.map(|bytes| decode(id, bytes)) {
        Ok(Ok(text)) => text,
        Ok(Err((text, diagnostic))) => return Kept::unparsed(id, text, *diagnostic),
        Err(error) => return Kept::unparsed(id, String::new(), unreadable(id, &error)),
    };
    match pending.before.lock().unwrap_or_else(PoisonError::into_inner).take() {
        Some(before) => before.parsed_again(id, text, outlines),
        None => Kept::parsed(id, text, outlines),
    }
}

fn unreadable(id: SourceId, error: &std::io::Error) -> Diagnostic {
    let (message, help) = match error.kind() {
        std::io::ErrorKind::PermissionDenied => {
            ("this file may not be read: permission denied".to_owned(), "give yourself the right to read it")
        }
        std::io::ErrorKind::NotFound => {
            ("this file doesn't exist: a link leads nowhere".to_owned(), "repair the link, or remove it")
        }
        _ => (format!("this file can't be read: {error}"), "check that it is a plain text file"),
    };
    Diagnostic::error(&codes::FILE_UNREADABLE, Span::new(id, 0, 0), message).with_help(help)
}
