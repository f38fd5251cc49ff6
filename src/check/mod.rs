//! What can be known before anything runs: names, types, impossible expectations, and expectations that prove nothing.
//!
//! [`check`] makes one [`index`] of all modules, walks each module on its own and in parallel (`walk`, which keeps the names in
//! scope and hands each construct to the `lints`), and then judges what only shows when all are seen (`whole`).

mod asked;
mod call;
mod constant;
mod cx;
mod errors;
mod expr;
mod functions;
mod heard;
mod index;
mod known;
mod lints;
mod literals;
mod matcher;
mod names;
mod reached;
mod renames;
mod resolution;
mod scope;
mod subject;
mod tables;
#[cfg(test)]
mod tests;
mod types;
mod walk;
mod whole;
mod words;

pub use resolution::{Definition, DefinitionKind, Reference, Resolution, Role};

use rayon::prelude::*;

use crate::diag::{Diagnostic, codes};
use crate::project::{ModuleId, ModuleOrigin, Project};

/// Every problem of every module that isn't part of the standard library, sorted by file and place; of files that were only
/// imported, the errors. Files, syntax and imports have theirs in [`Project::diagnostics`].
pub fn check(project: &Project) -> Vec<Diagnostic> {
    checked(project).0
}

fn checked(project: &Project) -> (Vec<Diagnostic>, Vec<resolution::Names>) {
    let index = index::Index::new(project);
    let notes: Vec<_> = project.modules.par_iter().map(|module| walk::module(&index, module)).collect();
    // What isn't walked to its end may use anything.
    let is_cut = notes.iter().any(|notes| notes.is_cut);
    let mut diagnostics = whole::judge(&index, &notes, is_cut);
    let mut names = Vec::with_capacity(notes.len());
    for (module, notes) in project.modules.iter().zip(notes) {
        // The standard library is checked by the tests, as roots of a project.
        if !matches!(module.origin, ModuleOrigin::Std(_)) || index.is_root(module.id) {
            diagnostics.absorb(notes.diagnostics);
        }
        names.push(notes.names);
    }
    (diagnostics.into_sorted(), names)
}

/// Everything that loading and checking found: first what loading did, then what checking did, each sorted by file and place.
pub fn found(project: &Project) -> Vec<Diagnostic> {
    let (own, names) = checked(project);
    let mut diagnostics = project.diagnostics.clone();
    if diagnostics.iter().any(|one| *one.code == codes::NAME_STYLE) {
        let tables: Vec<Resolution> = names.into_par_iter().map(resolution::Names::into_table).collect();
        renames::complete(project, &tables, &mut diagnostics);
    }
    diagnostics.extend(own);
    diagnostics
}

/// Everything that loading and checking found, sorted by file and place.
pub fn diagnose(project: &Project) -> Vec<Diagnostic> {
    let mut diagnostics = found(project);
    diagnostics.sort_by(|a, b| (a.span, a.code.name, &a.message).cmp(&(b.span, b.code.name, &b.message)));
    diagnostics.dedup_by(|a, b| a.span == b.span && a.code == b.code);
    diagnostics
}

/// What the names of one file refer to: the table that the lints of what is never used read, as far as the file can be understood.
pub fn resolution(project: &Project, module: ModuleId) -> Resolution {
    let index = index::Index::new(project);
    project.module(module).map_or_else(Resolution::default, |module| walk::module(&index, module).names.into_table())
}

/// [`resolution`] of each module of a project, in their order.
pub fn resolutions(project: &Project) -> Vec<Resolution> {
    let index = index::Index::new(project);
    project.modules.par_iter().map(|module| walk::module(&index, module).names.into_table()).collect()
}
