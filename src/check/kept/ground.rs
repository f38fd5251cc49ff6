use std::collections::HashMap;
use std::mem::{Discriminant, discriminant};
use std::sync::Arc;

use crate::project::{ModuleId, ModuleOrigin, Project, Target};
use crate::source::{Change, SourceId, Span};
use crate::syntax::ast::ItemKind;

/// What the walk of any test may see, apart from its suite: all files, but for what is in their suites and loads.
#[derive(Debug)]
pub(super) struct Ground {
    roots: Vec<ModuleId>,
    files: Vec<GroundFile>,
}

#[derive(Debug)]
struct GroundFile {
    origin: ModuleOrigin,
    source: SourceId,
    text: Arc<str>,
    is_outline: bool,
    imports: HashMap<String, Target>,
    declarations: Vec<Declaration>,
}

/// An item by its place among all of them, by which others refer to it.
#[derive(Debug)]
struct Declaration {
    item: usize,
    kind: Discriminant<ItemKind>,
    span: Span,
    is_plain: bool,
}

impl Ground {
    pub fn of(project: &Project) -> Self {
        let files = project.modules.iter().map(|module| {
            let text = project.sources.get(module.source).map(|file| file.text.clone()).unwrap_or_default();
            let is_declaration =
                |kind: &ItemKind| !matches!(kind, ItemKind::Suite(_) | ItemKind::Load(_) | ItemKind::Error);
            let items = module.ast.items.iter().enumerate().filter(|(_, item)| is_declaration(&item.kind));
            let declarations = items.map(|(at, item)| Declaration {
                item: at,
                kind: discriminant(&item.kind),
                span: item.span,
                is_plain: item.is_plain,
            });
            GroundFile {
                origin: module.origin.clone(),
                source: module.source,
                text,
                is_outline: module.ast.is_outline,
                imports: module.imports.clone(),
                declarations: declarations.collect(),
            }
        });
        Self { roots: project.roots.clone(), files: files.collect() }
    }

    /// How the texts have changed, if that is all that has; only those that have are listed.
    pub fn changes(&self, now: &Ground) -> Option<HashMap<SourceId, Change>> {
        if self.roots != now.roots || self.files.len() != now.files.len() {
            return None;
        }
        let mut changes = HashMap::new();
        for (before, now) in self.files.iter().zip(&now.files) {
            let is_same_file = before.origin == now.origin
                && before.source == now.source
                && before.is_outline == now.is_outline
                && before.imports == now.imports;
            if !is_same_file {
                return None;
            }
            if Arc::ptr_eq(&before.text, &now.text) || before.text == now.text {
                continue;
            }
            let change = Change::between(&before.text, &now.text);
            let both = before.declarations.iter().zip(&now.declarations);
            let is_same = before.declarations.len() == now.declarations.len()
                && both.into_iter().all(|(before, now)| before.is_same(now, &change));
            if !is_same {
                return None;
            }
            changes.insert(now.source, change);
        }
        Some(changes)
    }
}

impl Declaration {
    fn is_same(&self, now: &Declaration, change: &Change) -> bool {
        self.item == now.item
            && self.kind == now.kind
            && self.is_plain
            && now.is_plain
            && change.moved(self.span) == Some(now.span)
    }
}
