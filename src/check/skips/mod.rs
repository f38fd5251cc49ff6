//! What a server said must not decide whether a test runs: a server that is wrong could keep it from being tested. Follows values from captures through
//! names, loops, flows' results and flows' parameters to the conditions of `skip when`.

mod flows;
mod values;

use std::collections::{BTreeSet, HashMap, HashSet};
use std::rc::Rc;

use super::index::Index;
use crate::diag::{Diagnostic, codes};
use crate::project::{DeclRef, Module};
use crate::source::Span;
use crate::syntax::ast::{Block, Flow, HookWhen, ItemKind, Load, LoadEntryKind, Suite, SuiteEntryKind, UserHookWhen};

/// Where a value comes from.
#[derive(Clone, Debug, Default)]
struct Source {
    /// A server said it, here.
    server: Option<Span>,
    /// Parameters of the flow that is looked at.
    params: BTreeSet<usize>,
}

impl Source {
    fn server(span: Span) -> Self {
        Self { server: Some(span), ..Self::default() }
    }

    fn join(mut self, other: Source) -> Self {
        self.server = self.server.or(other.server);
        self.params.extend(other.params);
        self
    }
}

/// What of a flow matters to who calls it.
#[derive(Debug, Default)]
struct Summary {
    /// Of its result.
    result: Source,
    /// Parameters that decide whether the test is skipped.
    skips_by: BTreeSet<usize>,
}

/// The names of one body, and what they come from.
#[derive(Default)]
struct Names<'p> {
    known: HashMap<&'p str, Source>,
    /// What each changed name came from before, in the order of the changes.
    changes: Vec<(&'p str, Option<Source>)>,
}

impl<'p> Names<'p> {
    fn get(&self, name: &str) -> Option<&Source> {
        self.known.get(name)
    }

    fn insert(&mut self, name: &'p str, source: Source) {
        let before = self.known.insert(name, source);
        self.changes.push((name, before));
    }

    /// Takes back all changes but the first ones.
    fn undo(&mut self, first: usize) {
        while self.changes.len() > first {
            match self.changes.pop() {
                Some((name, Some(before))) => self.known.insert(name, before),
                Some((name, None)) => self.known.remove(name),
                None => None,
            };
        }
    }
}

/// Follows the values of one module.
struct Trace<'a, 'p> {
    index: &'a Index<'p>,
    module: &'p Module,
    known: HashMap<DeclRef, Rc<Summary>>,
    /// Flows that are being looked at, from the outermost in.
    inside: HashSet<DeclRef>,
    /// Of the flow that is looked at.
    summary: Summary,
    found: Vec<Diagnostic>,
    /// Problems of the body are reported: not when a flow is only looked through for who calls it.
    reports: bool,
}

/// Every test of a module whose skipping a server decides.
pub(super) fn module<'p>(index: &Index<'p>, module: &'p Module) -> Vec<Diagnostic> {
    if !index.skips {
        return Vec::new();
    }
    let mut trace = Trace {
        index,
        module,
        known: HashMap::new(),
        inside: HashSet::new(),
        summary: Summary::default(),
        found: Vec::new(),
        reports: true,
    };
    for (item, node) in module.ast.items.iter().enumerate() {
        match &node.kind {
            ItemKind::Suite(suite) => trace.suite(suite),
            ItemKind::Flow(flow) => {
                let decl = DeclRef { module: module.id, item };
                trace.inside.insert(decl);
                trace.flow_body(flow);
                trace.inside.remove(&decl);
            }
            ItemKind::Load(load) => {
                let mut names = Names::default();
                trace.user_hooks(&mut names, load, UserHookWhen::Before);
                for entry in &load.entries {
                    if let LoadEntryKind::Scenario { body, .. } = &entry.kind {
                        let of_hooks = names.changes.len();
                        trace.body(&mut names, body);
                        names.undo(of_hooks);
                    }
                }
                trace.user_hooks(&mut names, load, UserHookWhen::After);
            }
            _ => {}
        }
    }
    trace.found
}

impl<'p> Trace<'_, 'p> {
    fn suite(&mut self, suite: &'p Suite) {
        let mut names = Names::default();
        for when in [HookWhen::BeforeAll, HookWhen::BeforeEach] {
            self.hooks(&mut names, suite, when);
        }
        for entry in &suite.entries {
            if let SuiteEntryKind::Test(test) = &entry.kind {
                let of_hooks = names.changes.len();
                self.body(&mut names, &test.body);
                names.undo(of_hooks);
            }
        }
        for when in [HookWhen::AfterEach, HookWhen::AfterAll] {
            self.hooks(&mut names, suite, when);
        }
    }

    fn hooks(&mut self, names: &mut Names<'p>, suite: &'p Suite, when: HookWhen) {
        for entry in &suite.entries {
            if let SuiteEntryKind::Hook(hook) = &entry.kind
                && hook.when == when
            {
                self.body(names, &hook.body);
            }
        }
    }

    fn user_hooks(&mut self, names: &mut Names<'p>, load: &'p Load, when: UserHookWhen) {
        for entry in &load.entries {
            if let LoadEntryKind::Hook(hook) = &entry.kind
                && hook.when == when
            {
                self.body(names, &hook.body);
            }
        }
    }

    fn flow_body(&mut self, flow: &'p Flow) -> Summary {
        let outer = std::mem::take(&mut self.summary);
        let mut names = Names::default();
        for (index, param) in flow.params.iter().enumerate() {
            names.insert(&param.name.text, Source { params: BTreeSet::from([index]), ..Source::default() });
        }
        self.body(&mut names, &flow.body);
        std::mem::replace(&mut self.summary, outer)
    }

    fn body(&mut self, names: &mut Names<'p>, block: &'p Block) {
        for stmt in &block.stmts {
            self.step(names, stmt);
        }
    }

    fn report(&mut self, span: Span, message: &str, said: Span) {
        if !self.reports {
            return;
        }
        self.found.push(
            Diagnostic::error(&codes::SKIPS_BY_SERVER, span, message)
                .with_related(said, "a server says it here")
                .with_help(
                    "a server that is wrong could so keep itself from being tested: compare a value of the environment, or expect what must be true",
                ),
        );
    }
}
