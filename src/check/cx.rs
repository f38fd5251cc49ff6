use std::cell::OnceCell;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::index::Environment;
use super::kept::{KeptSuite, SuiteRecord};
use super::resolution::{Definition, DefinitionKind, Names};
use super::scope::Scope;
use super::view::View;
use crate::diag::{Capped, Correction, Diagnostic, Severity};
use crate::project::{DeclRef, Module};
use crate::source::Span;
use crate::syntax::ast::Ident;

/// The check of one module: where it reports, and what it notes down for the checks that need all modules.
pub(super) struct Cx<'p> {
    pub index: &'p View<'p>,
    pub module: &'p Module,
    pub notes: Notes,
    /// The body that is walked.
    pub facts: BodyFacts,
    /// The environments that what is walked can run on: indices into [`super::index::Index::environments`]. `None` is all of them, where it is
    /// enough that one has a value (a flow runs where the suites run that call it).
    runs_on: Option<Arc<[usize]>>,
    /// Values that all of these have, as far as it was asked.
    given: HashSet<&'p str>,
    /// The one of these that requires a real system, once it was asked for.
    real: Option<Option<&'p Environment<'p>>>,
    /// Expectations of the response that is looked at, of which something was said already.
    pub flawed: HashSet<Span>,
    /// Files that are what their endings say.
    pub fixtures: HashSet<&'p str>,
    /// The module was asked for: what it proves less than it seems is reported too.
    warns: bool,
    /// What is known of the tables in files that were looked at.
    pub tables: std::collections::HashMap<std::path::PathBuf, super::types::Ty>,
    /// Where the module's imports bring in names.
    pub places: HashMap<&'p str, Span>,
    /// The names in the module's imports, once one was looked for.
    pub imported: OnceCell<HashSet<&'p str>>,
    /// What is known of the parts of the expression that is looked at, and how deep in it the check is.
    pub kept: super::constant::Kept,
    pub nested: u32,
    /// `env` without any environment is reported once.
    pub no_environment_reported: bool,
    /// Of the suite that is walked, where what is found in its tests is left to the next check.
    pub record: Option<SuiteRecord<'p>>,
}

/// What one module's check found out.
#[derive(Default)]
pub(super) struct Notes {
    pub diagnostics: Capped,
    /// There were so many errors that the rest of the module wasn't looked at.
    pub is_cut: bool,
    /// What each name refers to, while the module is walked.
    pub names: Names,
    /// The names of the flows, shapes and credentials that it uses, at the places where they are declared. Known when it has been walked.
    pub used: HashSet<Span>,
    pub bodies: Vec<BodyFacts>,
    /// What is left to the next check of the same module.
    pub kept: Vec<KeptSuite>,
}

impl Notes {
    /// What is kept of a module that has been walked: of its names, only which declarations it uses.
    pub fn without_names(self) -> Self {
        Self { used: self.names.used_declarations(), names: Names::default(), ..self }
    }
}

/// What a test, a flow or a credential does, apart from what it calls.
#[derive(Clone, Debug)]
pub(super) struct BodyFacts {
    pub of: BodyOf,
    pub span: Span,
    /// It expects something.
    pub expects: bool,
    /// It exchanges something with a server.
    pub exchanges: bool,
    /// Flows and credentials that it refers to, and where.
    pub calls: Vec<(DeclRef, Span)>,
    /// Values of the environment that it reads.
    pub env: Vec<(String, Span)>,
    /// The environments that it can run on; `None` is all.
    pub runs_on: Option<Arc<[usize]>>,
    /// A part of it doesn't parse.
    pub broken: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum BodyOf {
    Test,
    Hook,
    Decl(DeclRef),
    Load,
    /// Anything else: environments, plans.
    Other,
}

impl BodyFacts {
    pub fn new(of: BodyOf, span: Span) -> Self {
        Self {
            of,
            span,
            expects: false,
            exchanges: false,
            calls: Vec::new(),
            env: Vec::new(),
            runs_on: None,
            broken: false,
        }
    }
}

impl<'p> Cx<'p> {
    pub fn new(index: &'p View<'p>, module: &'p Module) -> Self {
        Self {
            index,
            module,
            notes: Notes::default(),
            facts: BodyFacts::new(BodyOf::Other, Span::new(module.source, 0, 0)),
            runs_on: None,
            given: HashSet::new(),
            real: None,
            flawed: HashSet::new(),
            fixtures: HashSet::new(),
            warns: index.is_root(module.id),
            tables: Default::default(),
            places: super::lints::declarations::places(index.project, module),
            imported: OnceCell::new(),
            kept: Default::default(),
            nested: 0,
            no_environment_reported: false,
            record: None,
        }
    }

    /// Reports a problem; a warning only of a file that was asked for.
    pub fn report(&mut self, diagnostic: Diagnostic) {
        if self.warns || diagnostic.is_error() {
            self.notes.diagnostics.push(diagnostic);
        }
    }

    /// Whether no error that is found from here on would be shown: the work to find it is spared.
    pub fn is_full(&mut self) -> bool {
        if !self.notes.is_cut && self.notes.diagnostics.is_full(self.module.source, Severity::Error) {
            self.notes.is_cut = true;
            self.notes.diagnostics.cut(self.module.source);
        }
        self.notes.is_cut
    }

    /// The text of a span.
    pub fn text(&self, span: Span) -> &'p str {
        self.index.project.sources.get(span.source).map(|file| file.slice(span)).unwrap_or_default()
    }

    /// A statement is taken away, with its lines where nothing else is on them.
    pub fn removal(&self, statement: Span) -> Correction {
        let file = self.index.project.sources.get(statement.source);
        Correction::remove(file.map_or(statement, |file| file.statement(statement)))
    }

    pub fn runs_on(&self) -> Option<&[usize]> {
        self.runs_on.as_deref()
    }

    pub fn runs_on_shared(&self) -> Option<Arc<[usize]>> {
        self.runs_on.clone()
    }

    pub fn runs_everywhere(&self) -> bool {
        self.runs_on.as_ref().is_none_or(|runs_on| Arc::ptr_eq(runs_on, &self.index.everywhere))
    }

    pub fn set_runs_on(&mut self, environments: Option<Arc<[usize]>>) {
        self.runs_on = environments;
        self.given.clear();
        self.real = None;
    }

    /// The environment that what is walked runs on and that requires a real system.
    pub fn real(&mut self) -> Option<&'p Environment<'p>> {
        let index = self.index;
        *self.real.get_or_insert_with(|| match &self.runs_on {
            Some(runs_on) => runs_on.iter().filter_map(|at| index.environments.get(*at)).find(|known| known.real),
            None if index.environments.iter().all(|known| known.real) => index.environments.first(),
            None => None,
        })
    }

    /// Those of the environments that what is walked can run on that lack a value; `None` is that one of all may be enough, and none
    /// has it.
    pub fn lacking(&mut self, name: &'p str) -> Option<Vec<&'p Environment<'p>>> {
        let index = self.index;
        let has = index.having(name);
        let Some(runs_on) = &self.runs_on else { return if has.is_empty() { None } else { Some(Vec::new()) } };
        if has.len() == index.environments.len() || self.given.contains(name) {
            return Some(Vec::new());
        }
        let lacking = runs_on.iter().filter(|at| has.binary_search(at).is_err());
        let lacking: Vec<_> = lacking.filter_map(|at| index.environments.get(*at)).collect();
        if lacking.is_empty() {
            self.given.insert(name);
        }
        Some(lacking)
    }

    /// Begins a body; gives the facts of the one around it, for [`Cx::end_body`].
    pub fn begin_body(&mut self, of: BodyOf, span: Span, whole: Span) -> BodyFacts {
        let mut facts = BodyFacts::new(of, span);
        facts.runs_on = self.runs_on.clone();
        facts.broken = self.index.is_broken(whole);
        std::mem::replace(&mut self.facts, facts)
    }

    pub fn end_body(&mut self, outer: BodyFacts) {
        let mut facts = std::mem::replace(&mut self.facts, outer);
        facts.broken |= self.notes.is_cut;
        self.notes.bodies.push(facts);
    }

    /// A declaration is referred to by a path.
    pub fn use_decl(&mut self, decl: DeclRef, path: &[Ident]) {
        match path {
            [module, _] => self.use_module(module),
            [name] => {
                if let Some(place) = self.import_place(&name.text) {
                    self.notes.names.count(place);
                }
            }
            _ => {}
        }
        if let (Some(name), Some(definition)) = (path.last(), self.index.definition(decl)) {
            self.notes.names.use_at(name.span, definition);
        }
    }

    /// A module is referred to by the name that an import gives it.
    pub fn use_module(&mut self, name: &Ident) {
        if let Some(span) = self.import_place(&name.text) {
            self.notes.names.use_at(name.span, Definition { span, kind: DefinitionKind::Module });
        }
    }

    /// Where an import brings in a name.
    pub fn import_place(&self, name: &str) -> Option<Span> {
        self.places.get(name).copied().filter(|_| self.module.imports.contains_key(name))
    }

    /// A name in scope is used.
    pub fn use_name(&mut self, scope: &Scope<'p>, name: &Ident) {
        if let Some(binding) = scope.get(&name.text) {
            self.notes.names.use_at(name.span, Definition { span: binding.span, kind: binding.kind.into() });
        }
    }

    /// What is in scope under a name counts as used.
    pub fn count_as_used(&mut self, scope: &Scope<'p>, name: &str) {
        if let Some(binding) = scope.get(name) {
            self.notes.names.count(binding.span);
        }
    }

    /// True the first time.
    pub fn tell_no_environment(&mut self) -> bool {
        !std::mem::replace(&mut self.no_environment_reported, true)
    }
}
