use std::collections::HashSet;
use std::sync::Arc;

use super::Lower;
use super::body::{Body, Names};
use crate::plan::{AtRisk, Case, Expr, ExprKind, Load, Meta, Slot, Step, Suite, Test, constant, fixtures};
use crate::project::{Module, ModuleId};
use crate::source::{let_go, spread};
use crate::syntax::ast::{self, HookWhen, SuiteEntryKind};
use crate::value::Value;

/// How many files have their whole trees at a time.
const TREES: usize = 32;

impl Lower<'_> {
    /// The suites and the loads of the files that were asked for. A file of which there is only an outline has its whole tree for as long as its suites
    /// are laid out.
    pub fn suites(&mut self) -> (Vec<Suite>, Vec<Arc<Load>>) {
        let project = self.project;
        let (mut suites, mut loads) = (Vec::new(), Vec::new());
        let modules: Vec<&Module> = project.roots.iter().filter_map(|id| project.module(*id)).collect();
        for some in modules.chunks(TREES) {
            let trees = spread(project.sources.bytes(), some, |module| project.tree(module));
            for (module, tree) in some.iter().zip(&trees) {
                for item in &tree.items {
                    match &item.kind {
                        ast::ItemKind::Suite(suite) => suites.push(self.suite(module.id, item, suite)),
                        ast::ItemKind::Load(load) => {
                            let file = project.sources.get(module.source).map(|file| file.name.clone());
                            loads.extend(self.load(module.id, item, load, file.unwrap_or_default()).map(Arc::new));
                        }
                        _ => {}
                    }
                }
            }
            let_go(trees);
        }
        (suites, loads)
    }

    fn suite(&mut self, module: ModuleId, item: &ast::Item, suite: &ast::Suite) -> Suite {
        let file = self.project.module(module).and_then(|module| self.project.sources.get(module.source));
        let file = file.map(|file| file.name.clone()).unwrap_or_default();
        let mut metas = Metas::default();
        for entry in &suite.entries {
            if let SuiteEntryKind::Meta(meta) = &entry.kind {
                metas.take(self, module, meta);
            }
        }
        let (before_all, names) = self.hooks(module, suite, HookWhen::BeforeAll, Names::default());
        let shared = names.len();
        // `after all` sees what `before all` bound, and nothing of the tests.
        let (after_all, _) = self.hooks(module, suite, HookWhen::AfterAll, names.clone());
        let (before_each, names) = self.hooks(module, suite, HookWhen::BeforeEach, names);
        let (after_each, names) = self.hooks(module, suite, HookWhen::AfterEach, names);
        let names = names.into_shared();
        let tests = suite.entries.iter().filter_map(|entry| match &entry.kind {
            SuiteEntryKind::Test(test) => Some((entry, test)),
            _ => None,
        });
        let tests: Vec<_> = tests.collect();
        let mut lowered = Suite {
            name: suite.name.value.clone(),
            file,
            span: suite.name.span,
            doc: item.doc.as_ref().map(|doc| doc.text.clone()),
            meta: metas.meta,
            locks: metas.locks,
            side_by_side: metas.side_by_side,
            runs_on: metas.runs_on,
            shared_slots: shared,
            frame: names.frame(),
            before_all,
            before_each,
            after_each,
            after_all,
            // Most suites have few: room for a usual number of them would be most of what they take.
            tests: Vec::with_capacity(tests.len()),
        };
        for (entry, test) in tests {
            let doc = entry.doc.as_ref().map(|doc| doc.text.clone());
            let head = Head { module, span: entry.span, doc };
            lowered.tests.extend(self.tests(head, test, &lowered, &names));
        }
        lowered
    }

    /// The hooks of one kind, one after the other, and the names that they leave.
    fn hooks(&mut self, module: ModuleId, suite: &ast::Suite, when: HookWhen, names: Names) -> (Vec<Step>, Names) {
        let mut body = Body::new(self, module, names);
        let mut steps = Vec::new();
        for entry in &suite.entries {
            if let SuiteEntryKind::Hook(hook) = &entry.kind
                && hook.when == when
            {
                steps.extend(body.block(&hook.body));
            }
        }
        (steps, body.names)
    }

    /// One test, or one for each case of a parametrised one.
    fn tests(&mut self, head: Head, test: &ast::Test, suite: &Suite, names: &Names) -> Vec<Test> {
        let mut metas = Metas { meta: suite.meta.inherited(), ..Metas::default() };
        for stmt in &test.body.stmts {
            if let ast::StmtKind::Meta(meta) = &stmt.kind {
                metas.take(self, head.module, meta);
            }
        }
        let mut body = Body::new(self, head.module, names.clone());
        let cases = test.for_each.as_ref().map(|for_each| {
            let list = body.expr(&for_each.list);
            (body.names.bind(&for_each.name.text), list)
        });
        let steps = body.block(&test.body);
        let frame = body.names.frame();
        let id = format!("{}::{}::{}", suite.file, suite.name, test.name.value);
        let one = Test {
            id: id.clone(),
            name: test.name.value.clone(),
            span: test.name.span,
            full_span: head.span,
            doc: head.doc,
            meta: metas.meta,
            case: None,
            frame,
            body: steps,
        };
        let Some((slot, list)) = cases else { return vec![one] };
        let cases = self.cases(&list, slot).into_iter().enumerate().map(|(index, case)| Test {
            id: format!("{id} [{}]", index + 1),
            name: format!("{} [{}]", test.name.value, case.label),
            case: Some(case),
            ..one.clone()
        });
        cases.collect()
    }

    fn cases(&mut self, list: &Expr, slot: Slot) -> Vec<Case> {
        let env = &self.environment.values;
        let exprs: Vec<Expr> = match &list.kind {
            ExprKind::List(items) => items.clone(),
            _ => match fixtures::cases(constant::value(list, env).as_ref(), list.span) {
                Ok(values) => {
                    values.into_iter().map(|value| Expr { span: list.span, kind: ExprKind::Const(value) }).collect()
                }
                Err(diagnostic) => {
                    self.diagnostics.push(*diagnostic);
                    return Vec::new();
                }
            },
        };
        if exprs.is_empty() {
            self.diagnostics.push(*fixtures::no_cases(list.span));
        }
        let secrets = crate::plan::secrets::texts(&self.environment);
        let case = |(index, value): (usize, Expr)| {
            // A case is named after its value, and a name may hold no secret.
            let known = constant::value(&value, env).filter(|value| !crate::plan::secrets::holds(value, &secrets));
            Case { slot, label: label(index, known.as_ref()), value }
        };
        exprs.into_iter().enumerate().map(case).collect()
    }
}

struct Head {
    module: ModuleId,
    span: crate::source::Span,
    doc: Option<String>,
}

/// How a case is distinguished from the others: its value in short, or its number where that isn't known yet.
fn label(index: usize, value: Option<&Value>) -> String {
    const LONGEST: usize = 60;
    let text = match value {
        Some(Value::Secret(_)) | None => return format!("case {}", index + 1),
        Some(Value::Json(json)) => match json.as_object() {
            Some(object) => object.iter().map(|(key, value)| format!("{key}: {value}")).collect::<Vec<_>>().join(", "),
            None => json.to_string(),
        },
        Some(Value::Object(fields)) => {
            fields.iter().map(|(key, value)| format!("{key}: {}", value.to_text())).collect::<Vec<_>>().join(", ")
        }
        Some(other) => other.to_text(),
    };
    let text = text.replace('"', "");
    if text.chars().count() <= LONGEST {
        return text;
    }
    text.chars().take(LONGEST - 1).chain(['…']).collect()
}

/// What the metas of a suite, or of a suite and then a test, say.
#[derive(Default)]
pub(super) struct Metas {
    pub meta: Meta,
    locks: Vec<String>,
    side_by_side: bool,
    pub runs_on: Vec<String>,
}

impl Metas {
    pub fn take(&mut self, lower: &mut Lower<'_>, module: ModuleId, meta: &ast::MetaKind) {
        match meta {
            ast::MetaKind::Priority(priority) => self.meta.priority = Some(priority.text.clone()),
            ast::MetaKind::Tags(tags) => tags.iter().for_each(|tag| self.meta.tags.add(&tag.text)),
            ast::MetaKind::Owner(owner) => self.meta.owner = Some(owner.value.clone()),
            ast::MetaKind::AtRisk(at_risk) => self.meta.at_risk = at_risk_of(at_risk),
            ast::MetaKind::Needs(services) => {
                services.iter().for_each(|service| self.meta.needs.add(&service.text));
            }
            ast::MetaKind::Timeout(time) => {
                let value = known(lower, module, time);
                if let Some(Value::Duration(duration)) = value {
                    self.meta.timeout = Some((duration, time.span));
                }
            }
            ast::MetaKind::Retries(times) => {
                let value = known(lower, module, times);
                let times = value.as_ref().and_then(Value::as_json).and_then(crate::value::Json::as_u64);
                self.meta.retries = times.and_then(|times| u32::try_from(times).ok());
            }
            ast::MetaKind::RunsOn(names) => extend(&mut self.runs_on, names.iter().map(|name| &name.text)),
            ast::MetaKind::Locks(names) => extend(&mut self.locks, names.iter().map(|name| &name.value)),
            ast::MetaKind::SideBySide => self.side_by_side = true,
        }
    }
}

/// The value of a meta, which may name values of the environment.
fn known(lower: &mut Lower<'_>, module: ModuleId, expr: &ast::Expr) -> Option<Value> {
    let expr = Body::new(lower, module, Names::default()).expr(expr);
    constant::value(&expr, &lower.environment.values)
}

fn extend<'n>(list: &mut Vec<String>, more: impl Iterator<Item = &'n String>) {
    let mut known: HashSet<String> = list.iter().cloned().collect();
    list.extend(more.filter(|item| known.insert((*item).clone())).cloned());
}

fn at_risk_of(at_risk: &ast::AtRisk) -> Option<AtRisk> {
    let ast::ExprKind::Money(money) = at_risk.amount.kind else { return None };
    Some(AtRisk {
        money,
        per: at_risk.per.as_ref().map(|per| per.text.clone()),
        what: at_risk.what.as_ref().map(|what| what.value.clone()),
    })
}
