use std::collections::HashMap;

use super::super::cx::Cx;
use super::super::types;
use crate::diag::{Correction, Diagnostic, codes};
use crate::project::{Module, Project, Target, declared_name};
use crate::source::Span;
use crate::syntax::ast::{Import, ImportFrom, ItemKind};
use crate::value::Function;

/// Declarations and imports of one file that share a name.
pub fn names(cx: &mut Cx<'_>) {
    let mut seen: HashMap<&str, Span> = HashMap::new();
    let mut environments: HashMap<&str, Span> = HashMap::new();
    for item in &cx.module.ast.items {
        if let Some(name) = declared_name(item) {
            duplicate(cx, &mut seen, &name.text, name.span);
            reserved(cx, &item.kind, &name.text, name.span);
        }
        if let ItemKind::Import(import) = &item.kind {
            for (name, span) in brought(import) {
                duplicate(cx, &mut seen, name, span);
            }
        }
        if let ItemKind::Plan(plan) = &item.kind {
            duplicate(cx, &mut environments, &plan.name.text, plan.name.span);
        }
    }
}

fn duplicate<'p>(cx: &mut Cx<'p>, seen: &mut HashMap<&'p str, Span>, name: &'p str, span: Span) {
    if name.is_empty() {
        return;
    }
    let Some(first) = seen.get(name) else {
        seen.insert(name, span);
        return;
    };
    // An import that leads nowhere brings in no name.
    if cx.index.has_error(span) || cx.index.has_error(*first) {
        return;
    }
    cx.report(
        Diagnostic::error(&codes::DUPLICATE_NAME, span, format!("`{name}` is declared twice in this file"))
            .with_related(*first, "declared here first")
            .with_help("rename one of them, or remove it"),
    );
}

/// A shape called `uuid`, or a flow called `length`, could never be meant.
fn reserved(cx: &mut Cx<'_>, kind: &ItemKind, name: &str, span: Span) {
    let taken = match kind {
        ItemKind::Shape(_) => types::named(name).is_some(),
        ItemKind::Flow(_) => Function::named(name).is_some() || name == "env",
        _ => name == "env",
    };
    if taken {
        cx.report(
            Diagnostic::error(
                &codes::RESERVED_NAME,
                span,
                format!("`{name}` can't be a name: it has a meaning of its own"),
            )
            .with_help("choose another name"),
        );
    }
}

/// The names that an import brings in, and where each is.
fn brought(import: &Import) -> Vec<(&str, Span)> {
    let mut names: Vec<(&str, Span)> = import.names.iter().map(|name| (name.text.as_str(), name.span)).collect();
    match (&import.alias, &import.from) {
        (Some(alias), _) => names.push((&alias.text, alias.span)),
        (None, _) if !names.is_empty() => {}
        (None, ImportFrom::Module(path)) => {
            names.extend(path.segments.last().map(|last| (last.text.as_str(), path.span)))
        }
        (None, ImportFrom::File(name)) => {
            let stem = std::path::Path::new(&name.value).file_stem().and_then(|stem| stem.to_str());
            names.extend(stem.map(|stem| (stem, name.span)));
        }
    }
    names
}

/// Where the imports of a module bring in each name, as exactly as it is written: the first place of each.
pub fn places<'p>(project: &'p Project, module: &'p Module) -> HashMap<&'p str, Span> {
    let mut places = HashMap::new();
    for item in &module.ast.items {
        let ItemKind::Import(import) = &item.kind else { continue };
        for (name, span) in brought(import) {
            let written = project.sources.text(span);
            let exact = written.rfind(name).map_or(span, |at| span.slice(at, at + name.len()));
            places.entry(name).or_insert(exact);
        }
    }
    places
}

/// A name of a list, with the comma that goes with it.
fn listed(cx: &Cx<'_>, name: Span) -> Span {
    let file = cx.index.project.sources.get(name.source).map(|file| file.text.as_ref()).unwrap_or_default();
    let (before, after) = (file.get(..name.start as usize), file.get(name.end as usize..));
    let (before, after) = (before.unwrap_or_default(), after.unwrap_or_default());
    if let Some(rest) = after.trim_start().strip_prefix(',') {
        return Span { end: (file.len() - rest.trim_start().len()) as u32, ..name };
    }
    match before.trim_end().strip_suffix(',') {
        Some(rest) => Span { start: rest.len() as u32, ..name },
        None => name,
    }
}

pub fn unused_imports(cx: &mut Cx<'_>) {
    let module = cx.module;
    for item in &module.ast.items {
        let ItemKind::Import(import) = &item.kind else { continue };
        for (name, span) in brought(import) {
            let Some(target) = module.imports.get(name) else { continue };
            let is_used = cx.import_place(name).is_some_and(|place| cx.notes.names.is_used(place));
            if is_used || cx.index.broken_mentions(module.source, name) {
                continue;
            }
            // A file of environments is imported for what is known without a name.
            if let Target::Module(id) = target
                && cx.index.has_environments(*id)
            {
                continue;
            }
            let help = match import.names.len() > 1 && import.names.iter().any(|listed| listed.span == span) {
                true => Correction::remove(listed(cx, span)).safe().say("remove it from the list"),
                false => cx.removal(item.span).safe().say("remove the import"),
            };
            cx.report(
                Diagnostic::warning(&codes::UNUSED_IMPORT, span, format!("the import `{name}` is never used"))
                    .with_help(help),
            );
        }
    }
}
