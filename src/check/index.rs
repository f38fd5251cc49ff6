use std::collections::{BTreeMap, HashMap, HashSet};

use crate::diag::Diagnostic;
use crate::project::{DeclRef, Module, ModuleId, Project, Target};
use crate::source::{SourceId, Span};
use crate::syntax::ast::{self, EnvEntryKind, ItemKind, MetaKind, SuiteEntryKind};

/// What the check of one file needs to know of all the others. Made once, and only read afterwards.
pub(super) struct Index<'p> {
    pub project: &'p Project,
    /// The flows, shapes and credentials of each module, by name.
    declared: Vec<HashMap<&'p str, usize>>,
    pub environments: Vec<Environment<'p>>,
    /// The names that phases of plans may refer to, of the files that were asked for.
    pub suites: HashSet<&'p str>,
    pub loads: HashSet<&'p str>,
    pub tags: HashSet<&'p str>,
    pub priorities: HashSet<&'p str>,
    /// Of all modules.
    pub credentials: HashMap<&'p str, DeclRef>,
    roots: HashSet<ModuleId>,
    /// Where the text of each source doesn't parse, sorted.
    broken: HashMap<SourceId, Vec<Span>>,
    /// Where the syntax of each source is doubtful at least: what is named there may be meant.
    doubtful: HashMap<SourceId, Vec<Span>>,
    /// The words that stand there.
    doubtful_words: HashMap<SourceId, HashSet<&'p str>>,
}

pub(super) struct Environment<'p> {
    pub decl: DeclRef,
    pub name: &'p ast::Ident,
    pub default: bool,
    pub values: HashMap<&'p str, EnvValue<'p>>,
    pub services: BTreeMap<&'p str, Span>,
    pub real: bool,
}

#[derive(Clone, Copy)]
pub(super) enum EnvValue<'p> {
    Declared(&'p ast::EnvValue),
    /// Of the demo system: whether it is secret.
    Demo(bool),
}

impl<'p> Index<'p> {
    pub fn new(project: &'p Project) -> Self {
        let mut index = Index {
            project,
            declared: project.modules.iter().map(declared).collect(),
            environments: project
                .environments()
                .map(|(decl, environment)| Environment::new(decl, environment))
                .collect(),
            suites: HashSet::new(),
            loads: HashSet::new(),
            tags: HashSet::new(),
            priorities: HashSet::new(),
            credentials: HashMap::new(),
            roots: project.roots.iter().copied().collect(),
            broken: broken(project, Diagnostic::is_error),
            doubtful: broken(project, |_| true),
            doubtful_words: HashMap::new(),
        };
        for (source, spans) in &index.doubtful {
            let words = spans.iter().flat_map(|span| project.sources.text(*span).split(|c| !is_word(c)));
            index.doubtful_words.insert(*source, words.collect());
        }
        for module in &project.modules {
            index.add_credentials(module);
        }
        for module in project.roots.iter().filter_map(|id| project.module(*id)) {
            index.add_runnable(module);
        }
        index
    }

    /// Whether a module was asked for.
    pub fn is_root(&self, module: ModuleId) -> bool {
        self.roots.contains(&module)
    }

    fn add_credentials(&mut self, module: &'p Module) {
        for (item, node) in module.ast.items.iter().enumerate() {
            if let ItemKind::Credential(credential) = &node.kind {
                self.credentials.entry(&credential.name.text).or_insert(DeclRef { module: module.id, item });
            }
        }
    }

    fn add_runnable(&mut self, module: &'p Module) {
        for item in &module.ast.items {
            match &item.kind {
                ItemKind::Suite(suite) => {
                    self.suites.insert(&suite.name.value);
                    for entry in &suite.entries {
                        match &entry.kind {
                            SuiteEntryKind::Meta(meta) => self.add_meta(meta),
                            SuiteEntryKind::Test(test) => self.add_test(test),
                            SuiteEntryKind::Hook(_) | SuiteEntryKind::Error => {}
                        }
                    }
                }
                ItemKind::Load(load) => {
                    self.loads.insert(&load.name.value);
                    for entry in &load.entries {
                        if let ast::LoadEntryKind::Meta(meta) = &entry.kind {
                            self.add_meta(meta);
                        }
                    }
                }
                _ => {}
            }
        }
    }

    fn add_test(&mut self, test: &'p ast::Test) {
        for stmt in &test.body.stmts {
            if let ast::StmtKind::Meta(meta) = &stmt.kind {
                self.add_meta(meta);
            }
        }
    }

    fn add_meta(&mut self, meta: &'p MetaKind) {
        match meta {
            MetaKind::Tags(tags) => self.tags.extend(tags.iter().map(|tag| tag.text.as_str())),
            MetaKind::Priority(priority) => {
                self.priorities.insert(&priority.text);
            }
            _ => {}
        }
    }

    /// The flow, shape or credential that a module itself declares.
    pub fn own(&self, module: ModuleId, name: &str) -> Option<DeclRef> {
        let item = *self.declared.get(module.0)?.get(name)?;
        Some(DeclRef { module, item })
    }

    pub fn own_names(&self, module: ModuleId) -> impl Iterator<Item = &'p str> {
        self.declared.get(module.0).into_iter().flat_map(|names| names.keys().copied())
    }

    /// As [`Project::lookup`], without looking at every declaration.
    pub fn lookup(&self, module: &Module, path: &[ast::Ident]) -> Option<DeclRef> {
        match path {
            [name] => self.own(module.id, &name.text).or_else(|| match module.imports.get(&name.text)? {
                Target::Decl(decl) => Some(*decl),
                Target::Module(_) => None,
            }),
            [of, name] => match module.imports.get(&of.text)? {
                Target::Module(id) => self.own(*id, &name.text),
                Target::Decl(_) => None,
            },
            _ => None,
        }
    }

    pub fn item(&self, decl: DeclRef) -> Option<&'p ast::Item> {
        self.project.item(decl)
    }

    pub fn flow(&self, decl: DeclRef) -> Option<&'p ast::Flow> {
        match &self.item(decl)?.kind {
            ItemKind::Flow(flow) => Some(flow),
            _ => None,
        }
    }

    pub fn environment(&self, name: &str) -> Option<usize> {
        self.environments.iter().position(|environment| environment.name.text == name)
    }

    /// Whether something inside a span doesn't parse: what is missing there may stand in what is broken.
    pub fn is_broken(&self, span: Span) -> bool {
        let Some(broken) = self.broken.get(&span.source) else { return false };
        let first = broken.partition_point(|other| other.end < span.start);
        broken.get(first).is_some_and(|other| other.start <= span.end)
    }

    /// As [`Self::broken_mentions`], of all sources.
    pub fn any_broken_mentions(&self, name: &str) -> bool {
        self.doubtful.keys().any(|source| self.broken_mentions(*source, name))
    }

    /// Whether a name stands somewhere in the parts of a source that don't parse.
    pub fn broken_mentions(&self, source: SourceId, name: &str) -> bool {
        if name.chars().all(is_word) {
            return self.doubtful_words.get(&source).is_some_and(|words| words.contains(name));
        }
        let Some(doubtful) = self.doubtful.get(&source) else { return false };
        doubtful.iter().any(|span| mentions(self.project.sources.text(*span), name))
    }
}

/// Whether a text has a name as a word of its own.
pub(super) fn mentions(text: &str, name: &str) -> bool {
    text.match_indices(name).any(|(at, _)| {
        let before = text.get(..at).and_then(|text| text.chars().next_back());
        let after = text.get(at + name.len()..).and_then(|text| text.chars().next());
        !before.is_some_and(is_word) && !after.is_some_and(is_word)
    })
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

fn declared(module: &Module) -> HashMap<&str, usize> {
    let mut names = HashMap::new();
    for (item, node) in module.ast.items.iter().enumerate() {
        if let Some(name) = declared_name(node) {
            names.entry(name.text.as_str()).or_insert(item);
        }
    }
    names
}

/// The name under which other declarations refer to an item.
pub(super) fn declared_name(item: &ast::Item) -> Option<&ast::Ident> {
    match &item.kind {
        ItemKind::Flow(flow) => Some(&flow.name),
        ItemKind::Shape(shape) => Some(&shape.name),
        ItemKind::Credential(credential) => Some(&credential.name),
        _ => None,
    }
}

/// The whole lines of what doesn't parse, and the nodes that stand for it.
fn broken(project: &Project, counts: impl Fn(&Diagnostic) -> bool) -> HashMap<SourceId, Vec<Span>> {
    let mut broken: HashMap<SourceId, Vec<Span>> = HashMap::new();
    for diagnostic in project.diagnostics.iter().filter(|d| counts(d) && d.code.name.starts_with("e2e::syntax::")) {
        let Some(file) = project.sources.get(diagnostic.span.source) else { continue };
        let lines = file.lines();
        let start = lines.line_start(lines.line_of(diagnostic.span.start), &file.text);
        let end = lines.line_start(lines.line_of(diagnostic.span.end) + 1, &file.text);
        broken.entry(file.id).or_default().push(Span { start, end, ..diagnostic.span });
    }
    for module in &project.modules {
        if let Some(spans) = broken.get_mut(&module.source) {
            spans.extend(
                module.ast.items.iter().filter(|item| matches!(item.kind, ItemKind::Error)).map(|item| item.span),
            );
            super::errors::collect(&module.ast, spans);
        }
    }
    for spans in broken.values_mut() {
        *spans = merged(std::mem::take(spans));
    }
    broken
}

/// Sorted, without overlaps.
fn merged(mut spans: Vec<Span>) -> Vec<Span> {
    spans.sort();
    let mut merged: Vec<Span> = Vec::with_capacity(spans.len());
    for span in spans {
        match merged.last_mut() {
            Some(last) if span.start <= last.end => last.end = last.end.max(span.end),
            _ => merged.push(span),
        }
    }
    merged
}

impl<'p> Environment<'p> {
    fn new(decl: DeclRef, environment: &'p ast::Environment) -> Self {
        let mut info = Environment {
            decl,
            name: &environment.name,
            default: environment.default,
            values: HashMap::new(),
            services: BTreeMap::new(),
            real: false,
        };
        for entry in &environment.entries {
            match &entry.kind {
                EnvEntryKind::Value { name, value } => {
                    info.values.insert(&name.text, EnvValue::Declared(value));
                }
                EnvEntryKind::RequireReal => info.real = true,
                EnvEntryKind::Target(target) if target.text == "demo" => {
                    for (name, secret) in crate::demo::ENV_NAMES {
                        info.values.entry(name).or_insert(EnvValue::Demo(*secret));
                    }
                }
                EnvEntryKind::Service(service) => {
                    info.services.entry(&service.name.text).or_insert(service.name.span);
                }
                EnvEntryKind::Target(_) | EnvEntryKind::Error => {}
            }
        }
        info
    }
}
