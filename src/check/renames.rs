use std::collections::{HashMap, HashSet};

use rayon::prelude::*;

use super::doubts::is_word;
use super::index::Index;
use super::resolution::{Definition, DefinitionKind, Reference, Role};
use super::sweep;
use crate::diag::{Correction, Diagnostic, codes};
use crate::project::{Module, Project};
use crate::source::{SourceId, Span};
use crate::syntax::rename_it;

/// Gives names that are written in another style a fix that renames them everywhere. The syntax alone knows the place where each
/// is given, and what it should be.
pub(super) fn complete(index: &Index<'_>, diagnostics: &mut [Diagnostic]) {
    let project = index.project;
    let words = words(project, diagnostics);
    if words.is_empty() {
        return;
    }
    let broken: HashSet<SourceId> =
        diagnostics.iter().filter(|one| one.is_error()).map(|one| one.span.source).collect();
    let mut taken: HashSet<String> = HashSet::new();
    let mut given: HashMap<Span, Definition> = HashMap::new();
    let mut places: HashMap<Definition, Vec<Reference>> = HashMap::new();
    for one in references(index, &words) {
        taken.insert(project.sources.text(one.span).to_owned());
        if one.role == Role::Gives {
            given.insert(one.span, one.definition);
        }
        places.entry(one.definition).or_default().push(one);
    }
    // Of two that should have one name the first gets it, in whatever order they were found.
    let mut styled: Vec<&mut Diagnostic> =
        diagnostics.iter_mut().filter(|one| *one.code == codes::NAME_STYLE).collect();
    styled.sort_by_key(|one| one.span);
    for one in styled {
        let Some(meant) = one.fix.take().and_then(|fix| Some(fix.edits().first()?.text.clone())) else { continue };
        let Some(definition) = given.get(&one.span) else { continue };
        let places = places.get(definition).map(Vec::as_slice).unwrap_or_default();
        // What doesn't parse, and other files, may name it too.
        let is_whole =
            !broken.contains(&one.span.source) && places.iter().all(|place| place.span.source == one.span.source);
        if !is_whole || !taken.insert(meant.clone()) {
            continue;
        }
        let others = places.iter().filter(|place| place.span != one.span).map(|place| {
            let name = project.sources.text(place.span);
            let text = if place.is_field { format!("{name}: {meant}") } else { meant.clone() };
            Correction::replace(place.span, text)
        });
        let rename = others.fold(Correction::replace(one.span, meant.as_str()), Correction::and);
        *one = one.clone().with_help(rename.safe_if(is_local(definition.kind)).help(rename_it));
    }
}

/// The names that are in question: as they are written, and as they should be.
fn words(project: &Project, diagnostics: &[Diagnostic]) -> HashSet<String> {
    let of_style = diagnostics.iter().filter(|one| *one.code == codes::NAME_STYLE);
    of_style
        .flat_map(|one| {
            let meant = one.fix.iter().flat_map(|fix| fix.edits()).map(|edit| edit.text.clone());
            meant.chain([project.sources.text(one.span).to_owned()])
        })
        .collect()
}

/// Where these words are names. All that refers to a definition has its name, so a module in which none of them is has nothing to report.
fn references(index: &Index<'_>, words: &HashSet<String>) -> Vec<Reference> {
    let text_of = |span| index.project.sources.text(span);
    let has_any = |module: &&Module| {
        let text = index.project.sources.get(module.source).map(|file| file.text.as_ref()).unwrap_or_default();
        text.split(|c| !is_word(c)).any(|word| words.contains(word))
    };
    let named = |module: &Module| -> Vec<Reference> {
        let table = sweep::names(index, module).into_table();
        table.references().iter().filter(|one| words.contains(text_of(one.span))).copied().collect()
    };
    index.project.modules.par_iter().filter(has_any).flat_map_iter(named).collect()
}

/// Nothing outside the body that gives the name can know it.
fn is_local(kind: DefinitionKind) -> bool {
    matches!(
        kind,
        DefinitionKind::Value
            | DefinitionKind::Capture
            | DefinitionKind::Loop
            | DefinitionKind::Channel
            | DefinitionKind::Mark
    )
}
