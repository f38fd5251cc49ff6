use std::collections::HashMap;
use std::sync::Arc;

use super::Lower;
use crate::diag::{Diagnostic, codes};
use crate::plan::{CredentialId, Expr, ExprKind, Slot, SlotNames, fixtures};
use crate::project::ModuleId;
use crate::source::Span;
use crate::syntax::ast;
use crate::value::Value;

/// The names of one frame. A name has one slot in it, however often it is bound: what a branch or a round captures is visible
/// after it.
#[derive(Clone, Debug, Default)]
pub(super) struct Names {
    /// Of a suite's hooks: its tests share them, and come after them.
    shared: Arc<Shared>,
    slots: HashMap<String, Slot>,
    order: Vec<String>,
}

#[derive(Debug, Default)]
struct Shared {
    slots: HashMap<String, Slot>,
    order: Arc<[String]>,
}

impl Names {
    pub fn bind(&mut self, name: &str) -> Slot {
        if let Some(slot) = self.get(name) {
            return slot;
        }
        let slot = Slot(self.len());
        self.order.push(name.to_owned());
        self.slots.insert(name.to_owned(), slot);
        slot
    }

    pub fn get(&self, name: &str) -> Option<Slot> {
        self.slots.get(name).or_else(|| self.shared.slots.get(name)).copied()
    }

    pub fn len(&self) -> u32 {
        (self.shared.order.len() + self.order.len()) as u32
    }

    pub fn frame(&self) -> SlotNames {
        SlotNames { shared: self.shared.order.clone(), own: Arc::from(self.order.clone()) }
    }

    /// The same names, of which a clone costs nothing.
    pub fn into_shared(mut self) -> Self {
        let order: Vec<String> = self.shared.order.iter().cloned().chain(self.order).collect();
        self.slots.extend(self.shared.slots.iter().map(|(name, slot)| (name.clone(), *slot)));
        let shared = Shared { slots: self.slots, order: Arc::from(order) };
        Self { shared: Arc::new(shared), slots: HashMap::new(), order: Vec::new() }
    }
}

/// Lowers the statements of one frame: a test with its hooks, or a flow.
pub(super) struct Body<'a, 'p> {
    pub lower: &'a mut Lower<'p>,
    pub module: ModuleId,
    pub names: Names,
    /// Credentials that the step being lowered reads.
    pub credentials: Vec<CredentialId>,
    /// What expressions are worth that need no lowering, by their places.
    pub known: HashMap<Span, Value>,
}

impl<'a, 'p> Body<'a, 'p> {
    pub fn new(lower: &'a mut Lower<'p>, module: ModuleId, names: Names) -> Self {
        Self { lower, module, names, credentials: Vec::new(), known: HashMap::new() }
    }

    pub fn report(&mut self, diagnostic: Diagnostic) {
        self.lower.diagnostics.push(diagnostic);
    }

    pub fn unresolved(&mut self, span: Span, message: impl Into<String>) {
        let diagnostic = Diagnostic::error(&codes::UNRESOLVED, span, message)
            .with_help("run `e2e-dsl check` on this file for the whole list of its problems");
        self.report(diagnostic);
    }

    pub fn file(&mut self, literal: &ast::StrLit) -> Option<crate::plan::FileContent> {
        let content = fixtures::fixture(self.lower.project, self.module, literal);
        content.map_err(|diagnostic| self.report(*diagnostic)).ok()
    }

    /// An expression whose bytes are sent as they are.
    pub fn raw(&mut self, value: &ast::Expr) -> Expr {
        let ast::ExprKind::File(literal) = &value.kind else { return self.expr(value) };
        let content = fixtures::raw_fixture(self.lower.project, self.module, literal);
        let kind = match content {
            Ok(content) => ExprKind::File(Arc::new(content)),
            Err(diagnostic) => {
                self.report(*diagnostic);
                ExprKind::Const(crate::value::Value::null())
            }
        };
        Expr { span: value.span, kind }
    }

    /// A query of GraphQL. One in a file is known before the run, as the text that it is.
    pub fn query(&mut self, value: &ast::Expr) -> Expr {
        let ast::ExprKind::File(literal) = &value.kind else { return self.expr(value) };
        let known = match fixtures::query(self.lower.project, self.module, literal) {
            Ok(text) => Value::from(text.as_str()),
            Err(diagnostic) => {
                self.report(*diagnostic);
                Value::null()
            }
        };
        Expr { span: value.span, kind: ExprKind::Const(known) }
    }
}
