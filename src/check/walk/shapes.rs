use std::collections::{HashMap, HashSet};

use super::super::cx::Cx;
use super::super::types;
use super::super::words::dotted;
use crate::diag::{Correction, Diagnostic, closest, codes};
use crate::project::{DeclRef, Module};
use crate::syntax::ast::{ItemKind, ShapeDecl, ShapeField, TypeExpr, TypeExprKind};
use crate::value::named::{NAMED, by_habit};

pub fn shape<'p>(cx: &mut Cx<'p>, decl: DeclRef, shape: &'p ShapeDecl) {
    fields(cx, cx.module, &shape.fields);
    let mut way = vec![decl];
    if let Some(field) = holds_itself(cx, decl, shape, &mut way, &mut HashSet::new()) {
        let message = format!("a `{}` always holds another `{}`, so none can exist", shape.name.text, shape.name.text);
        let help = format!("let it end: `{}?: …`, `… or null`, or a list `[{}]`", field.name.text, shape.name.text);
        cx.report(Diagnostic::error(&codes::RECURSIVE_SHAPE, field.ty.span, message).with_help(help));
    }
}

/// The types of fields, and names that are given twice.
fn fields<'p>(cx: &mut Cx<'p>, module: &Module, fields_of: &'p [ShapeField]) {
    let mut seen = HashMap::new();
    for field in fields_of {
        if let Some(first) = seen.insert(field.name.text.as_str(), field.name.span) {
            cx.duplicate_field(&field.name.text, field.name.span, first);
        }
        type_names(cx, module, &field.ty);
    }
}

/// Looks up every name in a type.
pub fn type_names<'p>(cx: &mut Cx<'p>, module: &Module, ty: &'p TypeExpr) {
    match &ty.kind {
        TypeExprKind::Named(path) => {
            if let [name] = path.segments.as_slice()
                && types::named(&name.text).is_some()
            {
                return;
            }
            match cx.index.lookup(module, &path.segments) {
                Some(decl) if matches!(cx.index.item(decl).map(|item| &item.kind), Some(ItemKind::Shape(_))) => {
                    cx.use_decl(decl, &path.segments);
                }
                Some(decl) => {
                    cx.use_decl(decl, &path.segments);
                    let message = format!("`{}` is no type", dotted(path));
                    cx.report(
                        Diagnostic::error(&codes::UNKNOWN_TYPE, path.span, message)
                            .with_help("types are shapes (`shape Thread { … }`) and words such as `string` and `uuid`"),
                    );
                }
                None => unknown_type(cx, path),
            }
        }
        TypeExprKind::List(of) => type_names(cx, module, of),
        TypeExprKind::Object(of) => fields(cx, module, of),
        TypeExprKind::Or(types) => types.iter().for_each(|ty| type_names(cx, module, ty)),
        TypeExprKind::Literal(_) | TypeExprKind::Error => {}
    }
}

fn unknown_type(cx: &mut Cx<'_>, path: &crate::syntax::ast::Path) {
    let Some(first) = path.segments.first() else { return };
    if let ([_, name], Some(crate::project::Target::Module(module))) =
        (path.segments.as_slice(), cx.module.imports.get(&first.text))
    {
        cx.use_module(first);
        let module = *module;
        cx.unknown_member(&super::super::scope::Scope::new(), module, first, name);
        return;
    }
    if cx.may_be_declared(&first.text) {
        return;
    }
    let name = dotted(path);
    let habit = by_habit(&name).map(|ty| ty.name);
    let shapes = shape_names(cx);
    let help = match habit.or_else(|| closest(&name, NAMED.iter().map(|ty| ty.name).chain(shapes.iter().copied()))) {
        Some(near) => Correction::replace(path.span, near).safe_if(habit.is_some()).did_you_mean(),
        None => format!("declare it as `shape {name} {{ … }}`, or import it").into(),
    };
    cx.report(
        Diagnostic::error(&codes::UNKNOWN_TYPE, path.span, format!("no type or shape is called `{name}`"))
            .with_help(help),
    );
}

fn shape_names<'p>(cx: &Cx<'p>) -> Vec<&'p str> {
    let module = cx.module;
    let is_shape = |name: &&str| {
        let item = cx.index.own(module.id, name).and_then(|decl| cx.index.item(decl));
        item.is_some_and(|item| matches!(item.kind, ItemKind::Shape(_)))
    };
    let own = cx.index.own_names(module.id).filter(is_shape);
    let imported = module.imports.iter().filter(|(_, target)| matches!(target, crate::project::Target::Decl(_)));
    own.chain(imported.map(|(name, _)| name.as_str())).collect()
}

/// The field through which a shape must hold a value of its own shape.
fn holds_itself<'p>(
    cx: &Cx<'p>,
    target: DeclRef,
    shape: &'p ShapeDecl,
    way: &mut Vec<DeclRef>,
    seen: &mut HashSet<DeclRef>,
) -> Option<&'p ShapeField> {
    let module = cx.index.project.module(way.last()?.module)?;
    shape.fields.iter().filter(|field| !field.optional).find(|field| {
        let TypeExprKind::Named(path) = &field.ty.kind else { return false };
        let Some(decl) = cx.index.lookup(module, &path.segments) else { return false };
        if decl == target {
            return true;
        }
        let Some(ItemKind::Shape(inner)) = cx.index.item(decl).map(|item| &item.kind) else { return false };
        const LONGEST: usize = 64;
        if way.len() >= LONGEST || !seen.insert(decl) {
            return false;
        }
        way.push(decl);
        let found = holds_itself(cx, target, inner, way, seen).is_some();
        way.pop();
        found
    })
}
