use super::super::cx::{BodyOf, Cx};
use super::super::lints;
use super::super::scope::{Binding, Kind, Limit, Scope};
use super::super::{constant, types::Ty};
use crate::source::Span;
use crate::syntax::ast::{Expr, Hook, HookWhen, MetaKind, StmtKind, Suite, SuiteEntryKind, Test};

impl<'p> Cx<'p> {
    pub fn suite(&mut self, suite: &'p Suite) {
        lints::titles::of_suite(self, suite);
        let before = self.index.answered();
        let metas: Vec<_> = suite
            .entries
            .iter()
            .filter_map(|entry| match &entry.kind {
                SuiteEntryKind::Meta(meta) => Some((entry.span, meta)),
                _ => None,
            })
            .collect();
        let runs_on = lints::environments::of_suite(self, &metas);
        self.set_runs_on(runs_on);
        let mut scope = Scope::new();
        lints::metas::check(self, &mut scope, &metas, lints::metas::Of::Suite);
        let timeout = timeout_of(&metas);
        self.hooks(&mut scope, suite, HookWhen::BeforeAll);
        let mut after_all = scope.clone();
        self.hooks(&mut scope, suite, HookWhen::BeforeEach);
        let mut after_each = scope.clone();
        self.begin_record(suite, before);
        for entry in &suite.entries {
            if let (SuiteEntryKind::Test(test), false) = (&entry.kind, self.is_full()) {
                self.kept_or(entry, |cx| cx.test(&mut scope.inner(), entry.span, test, timeout));
            }
        }
        self.end_record();
        self.hooks(&mut after_each, suite, HookWhen::AfterEach);
        self.hooks(&mut after_all, suite, HookWhen::AfterAll);
        for after in [&after_each, &after_all] {
            self.notes.names.close(after);
        }
        let broken = suite.entries.iter().any(|entry| matches!(entry.kind, SuiteEntryKind::Error));
        if broken {
            self.notes.names.close(&scope);
        } else {
            self.report_unused(&scope);
        }
        self.set_runs_on(None);
    }

    fn hooks(&mut self, scope: &mut Scope<'p>, suite: &'p Suite, when: HookWhen) {
        for entry in &suite.entries {
            if let SuiteEntryKind::Hook(hook) = &entry.kind
                && hook.when == when
            {
                self.hook(scope, entry.span, hook);
            }
        }
    }

    fn hook(&mut self, scope: &mut Scope<'p>, whole: Span, hook: &'p Hook) {
        let outer = self.begin_body(BodyOf::Hook, whole, whole);
        lints::blocks::empty(self, &hook.body, "this hook");
        for stmt in &hook.body.stmts {
            if let StmtKind::Meta(meta) = &stmt.kind {
                lints::metas::misplaced(self, stmt.span, meta);
            }
        }
        self.block(scope, &hook.body);
        self.end_body(outer);
    }

    fn test(&mut self, scope: &mut Scope<'p>, whole: Span, test: &'p Test, timeout: Option<&'p Expr>) {
        let outer = self.begin_body(BodyOf::Test, test.name.span, whole);
        let metas: Vec<_> = test
            .body
            .stmts
            .iter()
            .filter_map(|stmt| match &stmt.kind {
                StmtKind::Meta(meta) => Some((stmt.span, meta)),
                _ => None,
            })
            .collect();
        lints::metas::check(self, scope, &metas, lints::metas::Of::Test);
        let own = timeout_of(&metas);
        if let Some(limit) = own.or(timeout) {
            let what = if own.is_some() { "the test's timeout" } else { "the suite's timeout" };
            push_limit(scope, limit, what);
        }
        if let Some(head) = &test.for_each {
            let before = self.before();
            let element = self.loop_list(scope, &head.list, "the test");
            self.cases(&head.list, before);
            let binding =
                Binding { span: head.name.span, kind: Kind::Loop, ty: element, constant: None, channel: None };
            self.bind(scope, &head.name, binding);
        }
        self.block(scope, &test.body);
        self.report_unused(scope);
        self.end_body(outer);
    }

    /// The list of a `for each`: the type of its elements.
    pub fn loop_list(&mut self, scope: &mut Scope<'p>, list: &'p Expr, what: &str) -> Ty {
        let ty = self.expr(scope, list);
        lints::blocks::list(self, list, &ty, what);
        ty.element().unwrap_or(Ty::Unknown)
    }
}

pub(super) fn push_limit(scope: &mut Scope<'_>, limit: &Expr, what: &'static str) {
    if let Some(seconds) = constant::of(limit, Some(scope)).and_then(|limit| limit.seconds()) {
        scope.limits.push(Limit { seconds, span: limit.span, what });
    }
}

pub(super) fn timeout_of<'p>(metas: &[(Span, &'p MetaKind)]) -> Option<&'p Expr> {
    metas.iter().find_map(|(_, meta)| match meta {
        MetaKind::Timeout(time) => Some(time),
        _ => None,
    })
}
