//! What can be known before anything runs: names, types, impossible expectations, and expectations that prove nothing.
//!
//! [`check`] makes one [`index`] of all modules, walks each module on its own and in parallel (`sweep`, and `walk`, which keeps the names in
//! scope and hands each construct to the `lints`), and then judges what only shows when all are seen (`whole`).

mod asked;
mod call;
mod calls;
mod constant;
mod cx;
mod doubts;
mod errors;
mod expr;
mod functions;
mod index;
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

pub use resolution::{Definition, DefinitionKind, Reference, Resolution, Role};

use rayon::prelude::*;

use crate::diag::{Capped, Diagnostic};
use crate::project::{ModuleId, ModuleOrigin, Project};
use index::Index;

/// Every problem of every module that isn't part of the standard library, sorted by file and place; of files that were only
/// imported, the errors. Files, syntax and imports have theirs in [`Project::diagnostics`]; but what doesn't parse in what the outlines of a project leave
/// out comes from here, before all else.
pub fn check(project: &Project) -> Vec<Diagnostic> {
    let (mut found, own) = walked(project, &mut Index::new(project));
    found.extend(own.into_sorted());
    found
}

/// What doesn't parse in what outlines leave out, and what [`check`] itself finds.
fn walked<'p>(project: &'p Project, index: &mut Index<'p>) -> (Vec<Diagnostic>, Capped) {
    let (syntax, notes) = sweep::all(project, index);
    // What isn't walked to its end may use anything.
    let is_cut = notes.iter().any(|notes| notes.is_cut);
    let mut diagnostics = whole::judge(index, &notes, is_cut);
    for (module, notes) in project.modules.iter().zip(notes) {
        // The standard library is checked by the tests, as roots of a project.
        if !matches!(module.origin, ModuleOrigin::Std(_)) || index.is_root(module.id) {
            diagnostics.absorb(notes.diagnostics);
        }
    }
    (syntax, diagnostics)
}

/// Everything that loading and checking found: first what loading did, then what doesn't parse in what outlines leave out, then what checking did.
fn found(project: &Project) -> Vec<Diagnostic> {
    let mut index = Index::new(project);
    let (syntax, own) = walked(project, &mut index);
    let mut diagnostics = project.diagnostics.clone();
    diagnostics.extend(syntax);
    renames::complete(&index, &mut diagnostics);
    diagnostics.extend(own.into_sorted());
    diagnostics
}

/// Everything that loading and checking found, by file and place. At one place, what doesn't parse comes first, then what else loading found.
pub fn listed(project: &Project) -> Vec<Diagnostic> {
    let mut diagnostics = found(project);
    let is_of_syntax = |one: &Diagnostic| one.code.name.starts_with("e2e::syntax::");
    diagnostics.sort_by_key(|one| (one.span.source, one.span.start, one.span.end, !is_of_syntax(one)));
    diagnostics
}

/// As [`listed`], each problem of a place once.
pub fn diagnose(project: &Project) -> Vec<Diagnostic> {
    let mut diagnostics = found(project);
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
