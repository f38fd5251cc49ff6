//! What can be known before anything runs: names, types, impossible expectations, and expectations that prove nothing.
//!
//! [`check`] makes one [`index`] of all modules, walks each module on its own and in parallel (`sweep`, and `walk`, which keeps the names in
//! scope and hands each construct to the `lints`), and then judges what only shows when all are seen (`whole`).

mod asked;
mod call;
mod constant;
mod cx;
mod doubts;
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
mod regexes;
mod runnable;
mod scope;
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

use crate::diag::Diagnostic;
use crate::project::{ModuleOrigin, Project};

/// Every problem of every module that isn't part of the standard library, sorted by file and place; of files that were only
/// imported, the errors. Files, syntax and imports have theirs in [`Project::diagnostics`]; but what doesn't parse in what the outlines of a project leave
/// out comes from here, before all else.
pub fn check(project: &Project) -> Vec<Diagnostic> {
    let mut index = index::Index::new(project);
    let (mut found, notes) = sweep::all(project, &mut index);
    // What isn't walked to its end may use anything.
    let is_cut = notes.iter().any(|notes| notes.is_cut);
    let mut diagnostics = whole::judge(&index, &notes, is_cut);
    for (module, notes) in project.modules.iter().zip(notes) {
        // The standard library is checked by the tests, as roots of a project.
        if !matches!(module.origin, ModuleOrigin::Std(_)) || index.is_root(module.id) {
            diagnostics.absorb(notes.diagnostics);
        }
    }
    found.extend(diagnostics.into_sorted());
    found
}

/// Everything that loading and checking found, by file and place. At one place, what doesn't parse comes first, then what else loading found.
pub fn listed(project: &Project) -> Vec<Diagnostic> {
    let mut diagnostics: Vec<Diagnostic> = project.diagnostics.clone();
    diagnostics.extend(check(project));
    let is_of_syntax = |one: &Diagnostic| one.code.name.starts_with("e2e::syntax::");
    diagnostics.sort_by_key(|one| (one.span.source, one.span.start, one.span.end, !is_of_syntax(one)));
    diagnostics
}

/// As [`listed`], each problem of a place once.
pub fn diagnose(project: &Project) -> Vec<Diagnostic> {
    let mut diagnostics: Vec<Diagnostic> = project.diagnostics.clone();
    diagnostics.extend(check(project));
    diagnostics.sort_by(|a, b| (a.span, a.code.name, &a.message).cmp(&(b.span, b.code.name, &b.message)));
    diagnostics.dedup_by(|a, b| a.span == b.span && a.code == b.code);
    diagnostics
}
