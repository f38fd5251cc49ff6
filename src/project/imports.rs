use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};

use super::files::{Files, normal};
use super::{DeclRef, FileProblem, Module, ModuleId, Project, Target, stdlib};
use crate::diag::{Correction, Diagnostic, Help, circle, closest, codes};
use crate::source::{SourceId, Span};
use crate::syntax::ast::{Ident, Import, ImportFrom, ItemKind};
use crate::syntax::quoted;

/// An import of a module, and where it leads.
pub(super) struct Wanted {
    pub module: ModuleId,
    pub item: usize,
    pub place: Place,
}

pub(super) enum Place {
    File(PathBuf),
    Std(String),
    Nowhere(Box<Diagnostic>),
}

impl Wanted {
    pub fn path(&self) -> Option<&PathBuf> {
        match &self.place {
            Place::File(path) => Some(path),
            _ => None,
        }
    }
}

/// An import whose module, if there is one, is loaded.
pub(super) struct Link {
    pub module: ModuleId,
    pub item: usize,
    pub target: Option<ModuleId>,
}

pub(super) fn wanted(project: &Project, files: &Files, id: ModuleId) -> Vec<Wanted> {
    let Some(module) = project.module(id) else { return Vec::new() };
    let imports = module.ast.items.iter().enumerate().filter_map(|(item, node)| match &node.kind {
        ItemKind::Import(import) => Some((item, import)),
        _ => None,
    });
    let place = |import: &Import| match &import.from {
        ImportFrom::Module(path) => std_module(&path.segments, path.span),
        ImportFrom::File(name) => file(project, files, module, &name.value, name.span),
    };
    imports.map(|(item, import)| Wanted { module: id, item, place: place(import) }).collect()
}

fn std_module(segments: &[Ident], span: Span) -> Place {
    let all = || stdlib::names().map(|name| format!("`std.{name}`")).collect::<Vec<_>>().join(", ");
    let nowhere = |span: Span, message: String, help: Help| {
        Place::Nowhere(Box::new(Diagnostic::error(&codes::UNKNOWN_MODULE, span, message).with_help(help)))
    };
    match segments {
        [std, name] if std.text == "std" => {
            if stdlib::text(&name.text).is_some() {
                return Place::Std(name.text.clone());
            }
            let help = match closest(&name.text, stdlib::names()) {
                Some(near) => Correction::replace(name.span, near).between("std.", "").did_you_mean(),
                None => format!("the standard library has {}", all()).into(),
            };
            nowhere(name.span, format!("the standard library has no module `{}`", name.text), help)
        }
        [std, ..] if std.text == "std" => nowhere(
            span,
            "a module of the standard library is named `std.NAME`".to_owned(),
            format!("it has {}", all()).into(),
        ),
        _ => nowhere(
            span,
            "only modules of the standard library are imported without quotes".to_owned(),
            "a file is imported by its path, relative to this file: `import \"shared/login.e2e\" as login`".into(),
        ),
    }
}

fn file(project: &Project, files: &Files, module: &Module, name: &str, span: Span) -> Place {
    let found = project.find_file(module, name);
    if matches!(found, Err(FileProblem::Outside)) {
        let message = format!("\"{name}\" lies outside the project's folder");
        let help = "a spec imports only files of its own project: put shared flows and shapes below its folder";
        return Place::Nowhere(Box::new(Diagnostic::error(&codes::IMPORT_OUTSIDE, span, message).with_help(help)));
    }
    let path = match found {
        Ok(path) => return Place::File(path),
        Err(_) => normal(&project.folder_of(module).join(name)),
    };
    let message = format!("there is no file \"{name}\"");
    let help = missing_help(files, &path, name, span);
    Place::Nowhere(Box::new(Diagnostic::error(&codes::IMPORT_NOT_FOUND, span, message).with_help(help)))
}

fn missing_help(files: &Files, path: &Path, name: &str, span: Span) -> Help {
    let with_ending = format!("{name}.e2e");
    if files.is_file(&path.with_file_name(Path::new(&with_ending).file_name().unwrap_or_default())) {
        return Correction::replace(span, quoted(&with_ending))
            .safe()
            .help(|name| format!("its name ends in `.e2e`: write {name}"));
    }
    let wanted = path.file_name().unwrap_or_default().to_string_lossy();
    let beside = files.beside(path);
    match closest(&wanted, beside.iter().map(String::as_str)) {
        Some(near) => Correction::replace(span, quoted(&name.replace(&*wanted, near)))
            .help(|name| format!("did you mean {name}?")),
        None => "paths of imports are relative to the file that they are in".into(),
    }
}

/// Fills [`Module::imports`].
pub(super) fn bind(project: &mut Project, links: &[Link]) {
    let errors = project.diagnostics.iter().filter(|diagnostic| diagnostic.is_error());
    let mut broken: HashSet<SourceId> = errors.map(|diagnostic| diagnostic.span.source).collect();
    let mut outlines = HashMap::new();
    for link in links {
        let (names, problems) = match link.target {
            Some(target) => names_of(project, (&broken, &mut outlines), link, target),
            None => (Vec::new(), Vec::new()),
        };
        broken.extend(problems.iter().filter(|problem| problem.is_error()).map(|problem| problem.span.source));
        project.diagnostics.extend(problems);
        let Some(module) = project.modules.get_mut(link.module.0) else { continue };
        for (name, target) in names {
            module.imports.entry(name).or_insert(target);
        }
    }
}

fn names_of(
    project: &Project,
    (broken, outlines): (&HashSet<SourceId>, &mut HashMap<ModuleId, bool>),
    link: &Link,
    target: ModuleId,
) -> (Vec<(String, Target)>, Vec<Diagnostic>) {
    let mut names = Vec::new();
    let mut problems = Vec::new();
    let Some(import) = import_at(project, link) else { return (names, problems) };
    for name in &import.names {
        match project.own(target, &name.text) {
            Some(decl) => names.push((name.text.clone(), Target::Decl(decl))),
            // What is broken in the other file may well be the declaration.
            None if project.module(target).is_some_and(|module| broken.contains(&module.source)) => {}
            None if *outlines.entry(target).or_insert_with(|| is_broken_inside(project, target)) => {}
            None => problems.extend(unknown_import(project, target, name)),
        }
    }
    match module_name(import) {
        Ok(Some(name)) => names.push((name, Target::Module(target))),
        Ok(None) => {}
        Err(problem) => problems.push(*problem),
    }
    (names, problems)
}

/// Whether anything is wrong in what a file's outline leaves out. Nearly always all that is imported is declared, and no one asks.
fn is_broken_inside(project: &Project, id: ModuleId) -> bool {
    let whole = project.module(id).and_then(|module| project.whole(module));
    whole.is_some_and(|(_, found)| found.iter().any(Diagnostic::is_error))
}

pub(super) fn import_at<'p>(project: &'p Project, link: &Link) -> Option<&'p Import> {
    match &project.item(DeclRef { module: link.module, item: link.item })?.kind {
        ItemKind::Import(import) => Some(import),
        _ => None,
    }
}

/// The name that an import gives to the module itself, if it brings it in.
fn module_name(import: &Import) -> Result<Option<String>, Box<Diagnostic>> {
    if let Some(alias) = &import.alias {
        return Ok(Some(alias.text.clone()));
    }
    if !import.names.is_empty() {
        return Ok(None);
    }
    match &import.from {
        ImportFrom::Module(path) => Ok(path.segments.last().map(|last| last.text.clone())),
        ImportFrom::File(name) => match Path::new(&name.value).file_stem().and_then(|stem| stem.to_str()) {
            Some(stem) if is_name(stem) => Ok(Some(stem.to_owned())),
            _ => {
                let message = "this file's name can't be a name in a spec".to_owned();
                let diagnostic = Diagnostic::error(&codes::IMPORT_NEEDS_NAME, name.span, message)
                    .with_help(format!("give it one: `import \"{}\" as NAME`", name.value));
                Err(Box::new(diagnostic))
            }
        },
    }
}

fn is_name(text: &str) -> bool {
    let mut chars = text.chars();
    chars.next().is_some_and(|c| c.is_ascii_lowercase() || c == '_')
        && chars.all(|c| c.is_ascii_alphanumeric() || c == '_')
}

fn unknown_import(project: &Project, target: ModuleId, name: &Ident) -> Option<Diagnostic> {
    /// How many of the names that are declared are shown.
    const MOST: usize = 12;
    let module = project.module(target)?;
    let shown = project.sources.get(module.source).map(|file| file.name.clone()).unwrap_or_default();
    let names =
        || module.ast.items.iter().filter_map(super::graph::declared_name).map(|name| format!("`{}`", name.text));
    let help = match closest(&name.text, module.declared.keys().map(String::as_str)) {
        Some(near) => Correction::replace(name.span, near).did_you_mean(),
        None if module.declared.is_empty() => "it declares no flow, shape or credential".into(),
        None => {
            let first = names().take(MOST).collect::<Vec<_>>().join(", ");
            match module.declared.len().saturating_sub(MOST) {
                0 => format!("it declares {first}").into(),
                more => format!("it declares {first} and {more} more").into(),
            }
        }
    };
    let message = format!("`{shown}` declares nothing called `{}`", name.text);
    Some(Diagnostic::error(&codes::UNKNOWN_IMPORT, name.span, message).with_help(help))
}

/// One diagnostic for each cycle of imports.
pub(super) fn cycles(project: &Project, links: &[Link]) -> Vec<Diagnostic> {
    let mut out: Vec<Vec<&Link>> = project.modules.iter().map(|_| Vec::new()).collect();
    for link in links.iter().filter(|link| link.target.is_some()) {
        if let Some(of_module) = out.get_mut(link.module.0) {
            of_module.push(link);
        }
    }
    let mut state = vec![State::New; out.len()];
    let mut diagnostics = Vec::new();
    let roots: HashSet<ModuleId> = project.roots.iter().copied().collect();
    let starts = project.roots.iter().map(|root| root.0).chain(0..out.len());
    for start in starts {
        if state.get(start) == Some(&State::New) {
            walk(project, (&out, &roots), start, &mut state, &mut diagnostics);
        }
    }
    diagnostics
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    New,
    /// On the way, at this place.
    Open(usize),
    Done,
}

/// An import on the way, and the place of the last one up to it that is in a file that was asked for.
struct Step<'l> {
    link: &'l Link,
    last_root: Option<usize>,
}

/// Depth first, with a stack of its own: chains of imports may be long.
fn walk<'l>(
    project: &Project,
    (out, roots): (&[Vec<&'l Link>], &HashSet<ModuleId>),
    start: usize,
    state: &mut [State],
    diagnostics: &mut Vec<Diagnostic>,
) {
    let mut way: Vec<Step<'l>> = Vec::new();
    let mut stack = vec![(start, 0)];
    state[start] = State::Open(0);
    while let Some((module, next)) = stack.last_mut() {
        let Some(link) = out[*module].get(*next) else {
            state[*module] = State::Done;
            stack.pop();
            way.pop();
            continue;
        };
        *next += 1;
        let Some(target) = link.target.map(|target| target.0) else { continue };
        let before = way.last().and_then(|step| step.last_root);
        let step = Step { link, last_root: if roots.contains(&link.module) { Some(way.len()) } else { before } };
        match state[target] {
            State::New => {
                state[target] = State::Open(stack.len());
                way.push(step);
                stack.push((target, 0));
            }
            State::Open(first) => {
                way.push(step);
                diagnostics.extend(cycle_diagnostic(project, &way, first));
                way.pop();
            }
            State::Done => {}
        }
    }
}

/// How many of the other imports of a cycle are shown.
const MOST_SHOWN: usize = 16;

/// The import that closes the cycle; of an import outside the files that are checked, the last one on the way that is in one.
fn cycle_diagnostic(project: &Project, way: &[Step<'_>], first: usize) -> Option<Diagnostic> {
    let cycle = way.get(first..)?;
    let last = cycle.last()?;
    let closing = last.last_root.and_then(|at| cycle.get(at.checked_sub(first)?)).unwrap_or(last).link;
    let span = span_of(project, closing)?;
    let name = |at: usize| {
        let module = cycle.get(at).and_then(|step| project.module(step.link.module));
        let source = module.and_then(|module| project.sources.get(module.source));
        source.map(|source| format!("`{}`", source.name)).unwrap_or_default()
    };
    let message = match cycle {
        [_] => "this file imports itself".to_owned(),
        _ => format!("these files import each other: {}", circle(cycle.len(), name)),
    };
    let mut diagnostic = Diagnostic::error(&codes::IMPORT_CYCLE, span, message)
        .with_help("move what both need into a file of its own, which both import");
    let others = cycle.iter().map(|step| step.link).filter(|link| !std::ptr::eq(*link, closing));
    for link in others.take(MOST_SHOWN) {
        diagnostic = diagnostic.with_related(span_of(project, link)?, "and this import leads back");
    }
    Some(diagnostic)
}

fn span_of(project: &Project, link: &Link) -> Option<Span> {
    Some(match &import_at(project, link)?.from {
        ImportFrom::Module(path) => path.span,
        ImportFrom::File(name) => name.span,
    })
}
