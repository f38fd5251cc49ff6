use crate::value::Json;

use super::difference::Difference;
use super::{Kind, Mismatch};
use crate::eval::{show, show_json};
use crate::plan::Plan;
use crate::value::{Kind as ValueKind, PathStep, ShapeField, Type, Unread, Value};

/// `is TYPE`. A shape's every wrong field is named; fields that the shape doesn't name may be there.
pub(super) fn is(value: &Value, ty: &Type, plan: &Plan) -> Result<(), Box<Mismatch>> {
    let mut found = Vec::new();
    walk(value, ty, plan, &mut Vec::new(), &mut found);
    let Some(first) = found.first() else { return Ok(()) };
    if let Some(unread) = super::difference::unread(&found) {
        return Err(unread);
    }
    let expected = words(ty, plan);
    let mut mismatch = match found.as_slice() {
        [only] if only.path.is_empty() => {
            Mismatch::of(Kind::Type, format!("is {} ({}), expected {expected}", show(value), value.kind()))
        }
        [only] => {
            let at = crate::value::path_text(&only.path);
            Mismatch::of(Kind::Type, format!("is not {expected}: `{at}` {}", only.words()))
        }
        _ => Mismatch::of(Kind::Type, format!("is not {expected}, in {}", super::difference::counted(&found))),
    };
    mismatch.path.clone_from(&first.path);
    if found.len() > 1 {
        mismatch.differences = found;
    }
    Err(mismatch)
}

/// The most wrong places that are reported.
const MOST: usize = 50;

fn walk(value: &Value, ty: &Type, plan: &Plan, path: &mut Vec<PathStep>, found: &mut Vec<Difference>) {
    if found.len() >= MOST {
        return;
    }
    match ty {
        Type::List(of) if let Some(items) = value.elements() => {
            for (index, item) in items.iter().enumerate() {
                path.push(PathStep::Index(index));
                walk(item, of, plan, path, found);
                path.pop();
            }
        }
        Type::Fields(fields) if is_object(value) => walk_fields(value, fields, plan, path, found),
        Type::Shape(id) if is_object(value) => {
            if let Some(shape) = plan.shapes.get(*id) {
                walk_fields(value, &shape.fields, plan, path, found);
            }
        }
        Type::Or(types) => {
            let mut unread = None;
            let any = types.iter().any(|ty| {
                let mut inner = Vec::new();
                walk(value, ty, plan, path, &mut inner);
                let holds = inner.is_empty();
                unread = unread.take().or_else(|| inner.into_iter().find(|one| one.unread.is_some()));
                holds
            });
            if !any {
                let changed = || Difference::changed(path, words(ty, plan), described(value));
                found.push(unread.unwrap_or_else(changed));
            }
        }
        _ if is_of(value, ty) => {}
        _ => found.push(Difference::changed(path, words(ty, plan), described(value))),
    }
}

fn is_object(value: &Value) -> bool {
    ValueKind::of(value) == ValueKind::Object
}

fn walk_fields(
    value: &Value,
    fields: &[ShapeField],
    plan: &Plan,
    path: &mut Vec<PathStep>,
    found: &mut Vec<Difference>,
) {
    for field in fields {
        path.push(PathStep::Key(field.name.clone()));
        match value.field(&field.name) {
            Ok(Some(value)) => walk(&value, &field.ty, plan, path, found),
            Err(Unread::Twice { first, second, .. }) => found.push(Difference::twice(path, &first, &second)),
            Err(unread) => found.push(Difference::unread(path, unread)),
            Ok(None) if field.optional => {}
            Ok(None) => found.push(Difference::missing(path, words(&field.ty, plan))),
        }
        path.pop();
    }
}

fn described(value: &Value) -> String {
    match value.as_json() {
        Some(Json::Null) => "null".to_owned(),
        _ => format!("{} ({})", show(value), value.kind()),
    }
}

/// Of a type that asks nothing of what is inside.
fn is_of(value: &Value, ty: &Type) -> bool {
    match ty {
        Type::Named(named) => named.holds(value),
        Type::Literal(expected) => value.as_json().is_some_and(|json| crate::eval::json_equal(json, expected)),
        _ => false,
    }
}

/// `a string`, `a Thread`, `a list of uuid`: for messages.
pub(super) fn words(ty: &Type, plan: &Plan) -> String {
    match ty {
        Type::Named(named) => named.words.to_owned(),
        Type::Fields(_) => "an object".to_owned(),
        Type::List(of) => {
            let of = words(of, plan);
            let of = of.strip_prefix("a ").or_else(|| of.strip_prefix("an ")).unwrap_or(&of);
            format!("a list of {of}")
        }
        Type::Shape(id) => plan.shapes.get(*id).map_or("a shape".to_owned(), |shape| format!("a {}", shape.name)),
        Type::Or(types) => types.iter().map(|ty| words(ty, plan)).collect::<Vec<_>>().join(" or "),
        Type::Literal(value) => show_json(value),
    }
}
