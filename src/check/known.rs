//! What must be known before a run: contents of files, cases and rows, limits of plans. The plan is made with the same functions.

use super::cx::Cx;
use super::lints::environments::needs_a_run;
use super::scope::Scope;
use super::types::Ty;
use crate::diag::{Diagnostic, codes};
use crate::plan;
use crate::source::Span;
use crate::syntax::ast::{Expr, ExprKind, StrLit};
use crate::value::{Json, Value};

/// How far the check had come before an expression was looked at.
#[derive(Clone, Copy)]
pub(super) struct Before {
    diagnostics: usize,
    env: usize,
}

impl<'p> Cx<'p> {
    pub fn before(&self) -> Before {
        Before { diagnostics: self.notes.diagnostics.len(), env: self.facts.env.len() }
    }

    /// Nothing was wrong with what was looked at since.
    fn is_sound(&self, before: Before) -> bool {
        self.notes.diagnostics.len() == before.diagnostics
    }

    /// Nor does it read anything of the environment.
    fn is_settled(&self, before: Before) -> bool {
        self.is_sound(before) && self.facts.env.len() == before.env
    }

    /// A file whose bytes are sent as they are must be readable.
    pub fn raw_fixture(&mut self, literal: &'p StrLit, before: Before) {
        if self.is_sound(before)
            && let Err(diagnostic) = plan::raw_fixture(self.index.project, self.module.id, literal)
        {
            self.report(*diagnostic);
        }
    }

    /// A file that is sent as a query of GraphQL must hold one.
    pub fn query(&mut self, literal: &'p StrLit) {
        let before = self.before();
        self.file(literal);
        if self.is_sound(before)
            && let Err(diagnostic) = plan::query(self.index.project, self.module.id, literal)
        {
            self.report(*diagnostic);
        }
    }

    /// A file that is there must be what its ending says.
    pub fn fixture(&mut self, literal: &'p StrLit, before: Before) {
        if !self.is_sound(before) || self.fixtures.contains(literal.value.as_str()) {
            return;
        }
        // A table has been judged where it was first named.
        let path = self.index.project.find_file(self.module, &literal.value);
        if path.is_ok_and(|path| self.tables.contains_key(&path)) {
            return;
        }
        match plan::fixture(self.index.project, self.module.id, literal) {
            Ok(_) => {
                self.fixtures.insert(&literal.value);
            }
            Err(diagnostic) => self.report(*diagnostic),
        }
    }

    /// `matches schema file "…"`
    pub fn schema(&mut self, literal: &'p StrLit) {
        let before = self.before();
        self.file(literal);
        if self.notes.diagnostics.len() > before.diagnostics {
            return;
        }
        match plan::schema(self.index.project, self.module.id, literal) {
            Err(diagnostic) => self.report(*diagnostic),
            Ok((_, schema)) => {
                let Some(unknown) = plan::asks_nothing(schema.json()) else { return };
                let message = format!("the schema \"{}\" asks nothing, so every value is valid by it", literal.value);
                let help = match unknown {
                    Some(word) => format!("`{word}` is no keyword of JSON Schema; was another one meant?"),
                    None => "say what is expected: a `type`, `required` members, their `properties`".to_owned(),
                };
                self.report(Diagnostic::warning(&codes::WEAK_EVIDENCE, literal.span, message).with_help(help));
            }
        }
    }

    /// The cases of a test must be known, and be some; what an environment gives is known when one is chosen.
    pub fn cases(&mut self, list: &'p Expr, before: Before) {
        if !self.is_sound(before) || matches!(list.kind, ExprKind::List(_)) || self.is_broken_table(list) {
            return;
        }
        if needs_a_run(list).is_some() || has_name(list) {
            self.report(*plan::cases_unknown(list.span));
            return;
        }
        if self.is_settled(before)
            && let Err(diagnostic) = plan::cases(self.known(list).as_ref(), list.span)
        {
            self.report(*diagnostic);
        }
    }

    /// Whether a table was refused where it was first named.
    fn is_broken_table(&self, list: &Expr) -> bool {
        let ExprKind::File(literal) = &list.kind else { return false };
        let path = self.index.project.find_file(self.module, &literal.value);
        path.is_ok_and(|path| self.tables.get(&path) == Some(&Ty::Unknown))
    }

    /// The rows of a loop or a load, where a file gives them.
    pub fn rows(&mut self, list: &'p Expr, before: Before, what: &str) {
        if self.is_broken_table(list)
            || !self.is_settled(before)
            || !comes_from_file(list)
            || needs_a_run(list).is_some()
            || has_name(list)
        {
            return;
        }
        let known = self.known(list);
        let rows = known.as_ref().and_then(|value| value.as_json()).and_then(Json::as_array);
        let diagnostic = match rows.map(|rows| rows.is_empty()) {
            Some(false) => return,
            Some(true) => {
                let message = format!("this file has no rows, so {what} would never run");
                Diagnostic::error(&codes::NEVER_RUNS, list.span, message).with_help("give at least one row")
            }
            None => {
                let message = format!("{what} is repeated over a list, and this is none");
                Diagnostic::error(&codes::NOT_A_LIST, list.span, message)
                    .with_help("a `.csv` file is a list of its rows, a `.json` file what it holds")
            }
        };
        self.report(diagnostic);
    }

    /// A limit of a plan or a probe must be known before the run, and be of the kind that is measured.
    pub fn limit(&mut self, limit: &'p Expr, before: Before, wanted: &str, fits: impl Fn(&Value) -> bool) {
        let never = needs_a_run(limit).is_some() && self.is_sound(before);
        if never || self.is_settled(before) && !self.known(limit).is_some_and(|value| fits(&value)) {
            let written = self.text(limit.span).split_whitespace().collect::<Vec<_>>().join(" ");
            self.report(plan::no_limit(&written, limit.span, wanted));
        }
    }

    /// A duration that bounds a part of a plan, or is one of a load's: its seconds, where they are known.
    pub fn known_time(&mut self, scope: &mut Scope<'p>, time: &'p Expr, what: &str) -> Option<f64> {
        let before = self.before();
        let seconds = self.time(scope, time, what);
        self.limit(time, before, "a duration, such as `30s`", |value| matches!(value, Value::Duration(_)));
        seconds
    }

    /// A whole number that counts something in a plan or a load, from `least` up: its value, where it is known.
    pub fn known_count(&mut self, scope: &mut Scope<'p>, count: &'p Expr, least: i64, what: &str) -> Option<i64> {
        let before = self.before();
        let whole = self.count(scope, count, least, what);
        self.limit(count, before, "a whole number", |value| value.as_json().and_then(Json::as_u64).is_some());
        whole
    }

    /// How many rows a list has, where that is known before an environment is chosen.
    pub fn row_count(&self, list: &'p Expr, before: Before) -> Option<usize> {
        if let ExprKind::List(items) = &list.kind {
            return Some(items.len());
        }
        if !self.is_settled(before) || needs_a_run(list).is_some() || has_name(list) || self.is_broken_table(list) {
            return None;
        }
        self.known(list)?.elements().map(|rows| rows.len())
    }

    fn known(&self, expr: &Expr) -> Option<Value> {
        plan::known(self.index.project, self.module.id, expr)
    }

    /// Something that passes on weak evidence, as far as it can be seen in the spec.
    pub fn weak(&mut self, span: Span, message: String, help: &str) {
        self.report(Diagnostic::warning(&codes::WEAK_EVIDENCE, span, message).with_help(help));
    }
}

fn comes_from_file(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::File(_) => true,
        ExprKind::Field(of, _) | ExprKind::Index(of, _) => comes_from_file(of),
        _ => false,
    }
}

/// Whether a name of a step is in it; `env` is none.
fn has_name(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Name(name) => name.text != "env",
        ExprKind::Field(of, _) | ExprKind::Unary(_, of) => has_name(of),
        ExprKind::Index(a, b) | ExprKind::Binary(_, _, a, b) | ExprKind::Range(a, b) => has_name(a) || has_name(b),
        ExprKind::List(items) => items.iter().any(has_name),
        ExprKind::Object(entries) => entries.iter().any(|entry| entry.value.as_ref().is_none_or(has_name)),
        _ => false,
    }
}
