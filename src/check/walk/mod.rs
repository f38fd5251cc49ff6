//! The walk through one module: it keeps the names in scope, and hands each construct to the lints.

mod calls;
mod channels;
mod environments;
mod flows;
mod loads;
mod patterns;
mod plans;
mod requests;
pub(super) mod shapes;
mod steps;
mod suites;

pub(super) use requests::{Purpose, Sent};

use super::cx::{Cx, Notes};
use super::lints;
use super::resolution::{Definition, DefinitionKind};
use super::view::View;
use crate::project::{DeclRef, Module, Target};
use crate::syntax::ast::ItemKind;

pub(super) fn module<'p>(index: &'p View<'p>, module: &'p Module) -> Notes {
    let mut cx = Cx::new(index, module);
    lints::declarations::names(&mut cx);
    lints::titles::of_module(&mut cx);
    given_names(&mut cx);
    for (item, node) in module.ast.items.iter().enumerate() {
        if cx.is_full() {
            break;
        }
        let decl = DeclRef { module: module.id, item };
        match &node.kind {
            ItemKind::Import(_) | ItemKind::Error => {}
            ItemKind::Environment(environment) => cx.environment(decl, environment),
            ItemKind::Suite(suite) => cx.suite(suite),
            ItemKind::Shape(shape) => shapes::shape(&mut cx, decl, shape),
            ItemKind::Flow(flow) => cx.flow(decl, node.span, flow),
            ItemKind::Credential(credential) => cx.credential(decl, node.span, credential),
            ItemKind::Load(load) => cx.load(node.span, load),
            ItemKind::Plan(plan) => cx.plan(plan),
        }
    }
    for diagnostic in super::skips::module(index, module) {
        cx.report(diagnostic);
    }
    if !cx.is_full() {
        lints::declarations::unused_imports(&mut cx);
    }
    cx.notes
}

/// The names that a file gives as a whole: those of its flows, shapes and credentials, and of what it imports.
fn given_names(cx: &mut Cx<'_>) {
    let (index, module) = (cx.index, cx.module);
    for (item, node) in module.ast.items.iter().enumerate() {
        if let ItemKind::Import(import) = &node.kind {
            for name in &import.names {
                if let Some(Target::Decl(decl)) = module.imports.get(&name.text)
                    && let Some(definition) = index.definition(*decl)
                {
                    cx.notes.names.name_at(name.span, definition);
                }
            }
        } else if let Some(definition) = index.definition(DeclRef { module: module.id, item }) {
            cx.notes.names.give_at(definition.span, definition);
        }
    }
    for (name, span) in cx.places.clone() {
        if let Some(Target::Module(_)) = module.imports.get(name) {
            cx.notes.names.give_at(span, Definition { span, kind: DefinitionKind::Module });
        }
    }
}
