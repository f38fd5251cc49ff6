use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;

use super::trees::Trees;
use super::{Config, Files};
use crate::diag::Diagnostic;
use crate::source::{SourceId, Sources};
use crate::syntax::ast;

/// The index of a module in [`Project::modules`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ModuleId(pub usize);

/// A parsed file and what its imports bring into it.
#[derive(Debug)]
pub struct Module {
    pub id: ModuleId,
    pub source: SourceId,
    pub origin: ModuleOrigin,
    pub ast: Arc<ast::File>,
    /// The flows, shapes and credentials that it declares, by their names: indices of items. Of two with one name, the first.
    pub declared: HashMap<String, usize>,
    /// Names that imports bring in: modules under their last name or alias, and single declarations.
    pub imports: HashMap<String, Target>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum ModuleOrigin {
    /// A file on disk; relative files (`file "…"`, imports) are resolved against its folder.
    File(PathBuf),
    /// A module of the embedded standard library: `std.http`.
    Std(String),
    /// A text that isn't on disk (standard input, tests); its files are resolved against the project's root.
    Memory(String),
}

/// A top-level declaration: the item's index in its module's tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DeclRef {
    pub module: ModuleId,
    pub item: usize,
}

/// What an imported name stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    Module(ModuleId),
    Decl(DeclRef),
}

/// Everything that was loaded, with the diagnostics that loading gave (files, syntax, imports).
#[derive(Debug, Default)]
pub struct Project {
    /// Nothing outside this folder is read by a spec.
    pub root: PathBuf,
    /// What names of sources are shown relative to.
    pub working_directory: PathBuf,
    pub sources: Sources,
    pub modules: Vec<Module>,
    /// The files that were asked for, in order: their suites, loads and plans run. Files found beside them (`environments.e2e`)
    /// and imported ones only lend their declarations.
    pub roots: Vec<ModuleId>,
    pub diagnostics: Vec<Diagnostic>,
    /// Where the files were read from.
    pub files: Files,
    /// What `e2e.toml` says.
    pub config: Config,
    pub(super) trees: Trees,
}

impl Project {
    pub fn module(&self, id: ModuleId) -> Option<&Module> {
        self.modules.get(id.0)
    }

    pub fn item(&self, decl: DeclRef) -> Option<&ast::Item> {
        self.module(decl.module)?.ast.items.get(decl.item)
    }

    /// A module with its whole tree, and what is wrong in what its outline leaves out. Nothing where it has its whole tree already.
    pub fn whole(&self, module: &Module) -> Option<(Module, Vec<Diagnostic>)> {
        if !module.ast.is_outline {
            return None;
        }
        let (ast, diagnostics) = match self.trees.get(module.id) {
            Some(kept) => (kept, Vec::new()),
            None => {
                let text = self.text(module);
                let parsed = crate::syntax::parse(module.source, &text);
                let tree = Arc::new(parsed.file);
                if parsed.diagnostics.is_empty() {
                    self.trees.keep(module.id, &tree, text.len());
                }
                (tree, parsed.diagnostics)
            }
        };
        let module = Module {
            id: module.id,
            source: module.source,
            origin: module.origin.clone(),
            ast,
            declared: module.declared.clone(),
            imports: module.imports.clone(),
        };
        Some((module, diagnostics))
    }

    /// The whole tree of a module, for the last one who asks: parsed again where there is only an outline and it wasn't kept.
    pub fn tree(&self, module: &Module) -> Arc<ast::File> {
        if !module.ast.is_outline {
            return module.ast.clone();
        }
        let kept = self.trees.take(module.id);
        kept.unwrap_or_else(|| Arc::new(crate::syntax::parse(module.source, &self.text(module)).file))
    }

    fn text(&self, module: &Module) -> Arc<str> {
        self.sources.get(module.source).map(|file| file.text.clone()).unwrap_or_default()
    }

    /// The declaration that a path names in a module: a flow, shape or credential of its own, an imported one, or `module.name`.
    pub fn lookup(&self, from: ModuleId, path: &ast::Path) -> Option<DeclRef> {
        match path.segments.as_slice() {
            [name] => self.own(from, &name.text).or_else(|| match self.module(from)?.imports.get(&name.text)? {
                Target::Decl(decl) => Some(*decl),
                Target::Module(_) => None,
            }),
            [module, name] => match self.module(from)?.imports.get(&module.text)? {
                Target::Module(id) => self.own(*id, &name.text),
                Target::Decl(_) => None,
            },
            _ => None,
        }
    }

    /// The flow, shape or credential that a module itself declares under `name`.
    pub fn own(&self, module: ModuleId, name: &str) -> Option<DeclRef> {
        let item = *self.module(module)?.declared.get(name)?;
        Some(DeclRef { module, item })
    }

    /// All environments of all loaded modules: they are known without an import.
    pub fn environments(&self) -> impl Iterator<Item = (DeclRef, &ast::Environment)> {
        self.modules.iter().flat_map(|module| {
            module.ast.items.iter().enumerate().filter_map(move |(item, node)| match &node.kind {
                ast::ItemKind::Environment(environment) => Some((DeclRef { module: module.id, item }, environment)),
                _ => None,
            })
        })
    }
}

/// See [`Module::declared`].
pub(super) fn declared(file: &ast::File) -> HashMap<String, usize> {
    let mut names = HashMap::new();
    for (item, node) in file.items.iter().enumerate() {
        if let Some(name) = declared_name(node) {
            names.entry(name.text.clone()).or_insert(item);
        }
    }
    names
}

/// The name under which other declarations refer to an item.
pub fn declared_name(item: &ast::Item) -> Option<&ast::Ident> {
    match &item.kind {
        ast::ItemKind::Flow(flow) => Some(&flow.name),
        ast::ItemKind::Shape(shape) => Some(&shape.name),
        ast::ItemKind::Credential(credential) => Some(&credential.name),
        _ => None,
    }
}
