use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use super::doubts::{Doubts, is_word};
use super::lints::urls;
use super::regexes::Regexes;
use super::resolution::{Definition, DefinitionKind};
use super::runnable::Runnable;
use super::types::{ShapeTypes, Ty};
use crate::diag::Diagnostic;
use crate::project::{DeclRef, Module, ModuleId, Project, Target, declared_name};
use crate::source::{SourceId, Span};
use crate::syntax::ast::{self, EnvEntryKind, ExprKind, ItemKind};

/// What the check of one file needs to know of all the others. Made once, and only read afterwards.
pub(super) struct Index<'p> {
    pub project: &'p Project,
    /// Of each shape, what is known of its values.
    pub shapes: HashMap<DeclRef, ShapeTypes>,
    pub environments: Vec<Environment<'p>>,
    /// All of the environments, as the set that a suite runs on that names none.
    pub everywhere: Arc<[usize]>,
    /// By the name of the value.
    values: HashMap<&'p str, ValueOfSome<'p>>,
    /// The first environment that declares each service.
    services: HashMap<&'p str, usize>,
    by_name: HashMap<&'p str, usize>,
    /// The first environment that is the default.
    pub default: Option<usize>,
    /// The modules that declare environments.
    with_environments: HashSet<ModuleId>,
    /// What phases of plans may refer to, of the files that were asked for. Only complete where there are plans.
    pub runnable: Runnable,
    /// Of all modules.
    pub credentials: HashMap<&'p str, DeclRef>,
    pub regexes: Regexes,
    roots: HashSet<ModuleId>,
    /// Some test may be skipped: the word is somewhere.
    pub skips: bool,
    /// Of some modules only the outline is known, so that more may turn out not to parse.
    pub is_partial: bool,
    /// What doesn't parse, of the sources that have such parts.
    doubts: HashMap<SourceId, Doubts<'p>>,
    /// The words in all of those.
    doubtful_words: HashSet<&'p str>,
}

pub(super) struct Environment<'p> {
    pub decl: DeclRef,
    pub name: &'p ast::Ident,
    pub default: bool,
    pub values: HashMap<&'p str, EnvValue<'p>>,
    /// Those that it gives itself, and where.
    places: Vec<(&'p str, Span)>,
    pub services: BTreeMap<&'p str, Span>,
    pub real: bool,
}

/// What is known of a value that some environments have.
struct ValueOfSome<'p> {
    /// These, in order.
    having: Vec<usize>,
    ty: Ty,
    /// See [`Index::schemes`].
    schemes: Vec<&'p str>,
    /// Where the first of them gives it, but for those of the demo system.
    first: Option<Span>,
}

#[derive(Clone, Copy)]
pub(super) enum EnvValue<'p> {
    Declared(&'p ast::EnvValue),
    /// Of the demo system: whether it is secret.
    Demo(bool),
}

impl<'p> Index<'p> {
    pub fn new(project: &'p Project) -> Self {
        let environments: Vec<Environment<'p>> =
            project.environments().map(|(decl, environment)| Environment::new(decl, environment)).collect();
        let mut index = Index {
            project,
            shapes: HashMap::new(),
            everywhere: (0..environments.len()).collect(),
            values: HashMap::new(),
            services: HashMap::new(),
            by_name: HashMap::new(),
            default: environments.iter().position(|environment| environment.default),
            with_environments: environments.iter().map(|environment| environment.decl.module).collect(),
            environments,
            runnable: Runnable::default(),
            credentials: HashMap::new(),
            regexes: Regexes::default(),
            skips: project.sources.iter().any(|source| source.text.contains("skip")),
            roots: project.roots.iter().copied().collect(),
            is_partial: project.modules.iter().any(|module| module.ast.is_outline),
            doubts: HashMap::new(),
            doubtful_words: HashSet::new(),
        };
        for (at, environment) in index.environments.iter().enumerate() {
            index.by_name.entry(&environment.name.text).or_insert(at);
            for service in environment.services.keys() {
                index.services.entry(service).or_insert(at);
            }
            for (name, value) in &environment.values {
                let ty = type_of(value);
                let known = index.values.entry(name).or_insert_with(|| ValueOfSome::new(ty.clone()));
                known.having.push(at);
                known.ty = known.ty.join(&ty);
                known.add_scheme(urls::scheme_of(name, value));
            }
            for (name, place) in &environment.places {
                if let Some(known) = index.values.get_mut(name) {
                    known.first.get_or_insert(*place);
                }
            }
        }
        let trees: HashMap<SourceId, &ast::File> =
            project.modules.iter().map(|module| (module.source, &*module.ast)).collect();
        for (source, found) in by_source(project) {
            index.add_doubts(source, Doubts::new(project, source, trees.get(&source).copied(), &found));
        }
        for module in &project.modules {
            index.add_declarations(module);
        }
        index
    }

    /// Takes in what is wrong with a source.
    pub fn add_doubts(&mut self, source: SourceId, doubts: Doubts<'p>) {
        self.doubtful_words.extend(doubts.words());
        self.doubts.insert(source, doubts);
    }

    pub fn doubts(&self, source: SourceId) -> Option<&Doubts<'p>> {
        self.doubts.get(&source)
    }

    /// Whether a module was asked for.
    pub fn is_root(&self, module: ModuleId) -> bool {
        self.roots.contains(&module)
    }

    fn add_declarations(&mut self, module: &'p Module) {
        for (item, node) in module.ast.items.iter().enumerate() {
            let decl = DeclRef { module: module.id, item };
            match &node.kind {
                ItemKind::Credential(credential) => {
                    self.credentials.entry(&credential.name.text).or_insert(decl);
                }
                ItemKind::Shape(_) => {
                    self.shapes.insert(decl, ShapeTypes::default());
                }
                _ => {}
            }
        }
    }

    /// The flow, shape or credential that a module itself declares.
    pub fn own(&self, module: ModuleId, name: &str) -> Option<DeclRef> {
        self.project.own(module, name)
    }

    pub fn own_names(&self, module: ModuleId) -> impl Iterator<Item = &'p str> {
        self.project.module(module).into_iter().flat_map(|module| module.declared.keys().map(String::as_str))
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

    /// The name of a flow, shape or credential, where it is declared.
    pub fn definition(&self, decl: DeclRef) -> Option<Definition> {
        let item = self.item(decl)?;
        let kind = match &item.kind {
            ItemKind::Flow(_) => DefinitionKind::Flow,
            ItemKind::Shape(_) => DefinitionKind::Shape,
            _ => DefinitionKind::Credential,
        };
        Some(Definition { span: declared_name(item)?.span, kind })
    }

    pub fn environment_definition(&self, name: &str) -> Option<Definition> {
        let environment = self.environments.get(self.environment(name)?)?;
        Some(Definition { span: environment.name.span, kind: DefinitionKind::Environment })
    }

    /// The first place where an environment gives a value of this name, which represents all of them.
    pub fn value_definition(&self, name: &str) -> Option<Definition> {
        Some(Definition { span: self.values.get(name)?.first?, kind: DefinitionKind::EnvValue })
    }

    /// The first place where an environment declares a service.
    pub fn service_definition(&self, name: &str) -> Option<Definition> {
        let span = *self.with_service(name)?.services.get(name)?;
        Some(Definition { span, kind: DefinitionKind::Service })
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
        self.by_name.get(name).copied()
    }

    /// The environments that have a value of this name, in order.
    pub fn having(&self, name: &str) -> &[usize] {
        self.values.get(name).map_or(&[], |known| &known.having)
    }

    /// The first environment that has a value of this name.
    pub fn with_value(&self, name: &str) -> Option<&Environment<'p>> {
        self.environments.get(*self.having(name).first()?)
    }

    /// The first environment that declares a service.
    pub fn with_service(&self, name: &str) -> Option<&Environment<'p>> {
        self.environments.get(*self.services.get(name)?)
    }

    /// What is known of a value of the environment, whichever environment it is.
    pub fn value_type(&self, name: &str) -> Ty {
        self.values.get(name).map_or(Ty::Unknown, |known| known.ty.clone())
    }

    /// The schemes of the URLs that a value of the environment is, the first of each kind.
    pub fn schemes(&self, name: &str) -> &[&'p str] {
        self.values.get(name).map_or(&[], |known| &known.schemes)
    }

    pub fn has_environments(&self, module: ModuleId) -> bool {
        self.with_environments.contains(&module)
    }

    /// Whether something inside a span doesn't parse: what is missing there may be in what is broken.
    pub fn is_broken(&self, span: Span) -> bool {
        self.doubts(span.source).is_some_and(|doubts| doubts.is_broken(span))
    }

    /// Whether a name is somewhere in the parts of any source that don't parse.
    pub fn any_broken_mentions(&self, name: &str) -> bool {
        if name.chars().all(is_word) {
            return self.doubtful_words.contains(name);
        }
        self.doubts.values().any(|doubts| doubts.mentions(self.project, name))
    }

    /// As [`Self::any_broken_mentions`], of one source.
    pub fn broken_mentions(&self, source: SourceId, name: &str) -> bool {
        self.doubts(source).is_some_and(|doubts| doubts.mentions(self.project, name))
    }
}

/// What loading found in each source.
fn by_source(project: &Project) -> HashMap<SourceId, Vec<&Diagnostic>> {
    let mut sources: HashMap<SourceId, Vec<&Diagnostic>> = HashMap::new();
    for diagnostic in &project.diagnostics {
        sources.entry(diagnostic.span.source).or_default().push(diagnostic);
    }
    sources
}

impl<'p> ValueOfSome<'p> {
    fn new(ty: Ty) -> Self {
        Self { having: Vec::new(), ty, schemes: Vec::new(), first: None }
    }

    fn add_scheme(&mut self, scheme: Option<&'p str>) {
        let Some(scheme) = scheme else { return };
        if !self.schemes.iter().any(|known| urls::kind(known) == urls::kind(scheme)) {
            self.schemes.push(scheme);
        }
    }
}

fn type_of(value: &EnvValue<'_>) -> Ty {
    match value {
        EnvValue::Demo(true) | EnvValue::Declared(ast::EnvValue::Secret { .. }) => Ty::Secret,
        EnvValue::Demo(false) => Ty::String,
        EnvValue::Declared(ast::EnvValue::Variable { default, .. }) => match default.as_ref().map(|expr| &expr.kind) {
            None | Some(ExprKind::String(_)) => Ty::String,
            _ => Ty::Unknown,
        },
        EnvValue::Declared(ast::EnvValue::Expr(expr)) => match &expr.kind {
            ExprKind::String(_) => Ty::String,
            ExprKind::Number(_) => Ty::Number,
            ExprKind::Duration(_) => Ty::Duration,
            ExprKind::Bool(_) => Ty::Bool,
            _ => Ty::Unknown,
        },
    }
}

impl<'p> Environment<'p> {
    fn new(decl: DeclRef, environment: &'p ast::Environment) -> Self {
        let mut info = Environment {
            decl,
            name: &environment.name,
            default: environment.default,
            values: HashMap::new(),
            places: Vec::new(),
            services: BTreeMap::new(),
            real: false,
        };
        for entry in &environment.entries {
            match &entry.kind {
                EnvEntryKind::Value { name, value } => {
                    info.values.insert(&name.text, EnvValue::Declared(value));
                    info.places.push((&name.text, name.span));
                }
                EnvEntryKind::RequireReal => info.real = true,
                EnvEntryKind::Target(target) if target.text == "demo" => {
                    for (name, secret) in crate::project::DEMO_VALUES {
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
