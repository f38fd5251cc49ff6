//! What can be known before anything runs: names, types, impossible expectations, and expectations that prove nothing.
//!
//! [`check`] makes one [`index`] of all modules, walks each module on its own and in parallel (`sweep`, and `walk`, which keeps the names in
//! scope and hands each construct to the `lints`), and then judges what only shows when all are seen (`whole`).

mod asked;
mod call;
mod calls;
mod constant;
mod contents;
mod cx;
mod doubts;
mod errors;
mod expr;
mod functions;
mod index;
mod kept;
mod known;
mod lints;
mod literals;
mod matcher;
mod names;
mod reached;
mod regexes;
mod renames;
mod resolution;
mod runnable;
mod scope;
mod skips;
mod subject;
mod sweep;
mod tables;
#[cfg(test)]
mod tests;
mod types;
mod view;
mod walk;
mod whole;
mod words;

pub use kept::Cache;
pub use resolution::{Definition, DefinitionKind, Reference, Resolution, Role};

use rayon::prelude::*;

use crate::diag::{Capped, Diagnostic};
use crate::project::{ModuleId, ModuleOrigin, Project};
use index::Index;
use kept::{KeptSuite, Memory};

/// Every problem of every module that isn't part of the standard library, sorted by file and place; of files that were only
/// imported, the errors. Files, syntax and imports have theirs in [`Project::diagnostics`]; but what doesn't parse in what the outlines of a project leave
/// out comes from here, before all else.
pub fn check(project: &Project) -> Vec<Diagnostic> {
    let (mut found, own, _) = walked(project, &mut Index::new(project), None);
    found.extend(own.into_sorted());
    found
}

/// What doesn't parse in what outlines leave out, what [`check`] itself finds, and what is left to the next check with a cache.
fn walked<'p>(
    project: &'p Project,
    index: &mut Index<'p>,
    memory: Option<&'p Memory>,
) -> (Vec<Diagnostic>, Capped, Vec<Vec<KeptSuite>>) {
    let (syntax, notes) = sweep::all(project, index, memory);
    // What isn't walked to its end may use anything.
    let is_cut = notes.iter().any(|notes| notes.is_cut);
    let mut diagnostics = whole::judge(index, &notes, is_cut);
    let mut kept = Vec::with_capacity(notes.len());
    for (module, notes) in project.modules.iter().zip(notes) {
        kept.push(notes.kept);
        // The standard library is checked by the tests, as roots of a project.
        if !matches!(module.origin, ModuleOrigin::Std(_)) || index.is_root(module.id) {
            diagnostics.absorb(notes.diagnostics);
        }
    }
    (syntax, diagnostics, kept)
}

/// Everything that loading and checking found: first what loading did, then what doesn't parse in what outlines leave out, then what checking did.
fn found<'p>(
    project: &'p Project,
    index: &mut Index<'p>,
    memory: Option<&'p Memory>,
) -> (Vec<Diagnostic>, Vec<Vec<KeptSuite>>) {
    let (syntax, own, kept) = walked(project, index, memory);
    let mut diagnostics = project.diagnostics.clone();
    diagnostics.extend(syntax);
    renames::complete(index, &mut diagnostics);
    diagnostics.extend(own.into_sorted());
    (diagnostics, kept)
}

/// Everything that loading and checking found, by file and place. At one place, what doesn't parse comes first, then what else loading found.
pub fn listed(project: &Project) -> Vec<Diagnostic> {
    let (mut diagnostics, _) = found(project, &mut Index::new(project), None);
    let is_of_syntax = |one: &Diagnostic| one.code.name.starts_with("e2e::syntax::");
    diagnostics.sort_by_key(|one| (one.span.source, one.span.start, one.span.end, !is_of_syntax(one)));
    diagnostics
}

/// As [`listed`], each problem of a place once.
pub fn diagnose(project: &Project) -> Vec<Diagnostic> {
    let (diagnostics, _) = found(project, &mut Index::new(project), None);
    each_once(diagnostics)
}

/// As [`diagnose`], without walking again the tests in which nothing that matters to them has changed since the last check with this cache.
pub fn diagnose_again(project: &Project, cache: &mut Cache) -> Vec<Diagnostic> {
    let (memory, regexes) = cache.take(project);
    let mut index = Index::new(project);
    index.regexes = regexes;
    let (diagnostics, kept) = found(project, &mut index, Some(&memory));
    cache.replace(project, kept, index.regexes);
    each_once(diagnostics)
}

fn each_once(mut diagnostics: Vec<Diagnostic>) -> Vec<Diagnostic> {
    diagnostics.sort_by(|a, b| (a.span, a.code.name, &a.message).cmp(&(b.span, b.code.name, &b.message)));
    diagnostics.dedup_by(|a, b| a.span == b.span && a.code == b.code);
    diagnostics
}

/// What the names of one file refer to: the table that the lints of what is never used read, as far as the file can be understood. Of a module of which
/// the project has an outline, too.
pub fn resolution(project: &Project, module: ModuleId) -> Resolution {
    let index = Index::new(project);
    project.module(module).map_or_else(Resolution::default, |module| sweep::names(&index, module).into_table())
}

/// [`resolution`] of each module of a project, in their order.
pub fn resolutions(project: &Project) -> Vec<Resolution> {
    let index = Index::new(project);
    project.modules.par_iter().map(|module| sweep::names(&index, module).into_table()).collect()
}
