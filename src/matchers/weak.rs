//! Whether an expectation that holds proves anything: the one place that knows what each matcher takes for granted.

use std::collections::HashSet;

use super::schema;
use crate::eval::{Context, Found, Ground, evaluate};
use crate::event::Weak;
use crate::plan::{Expr, ExprKind, Matcher, MatcherKind, Partial, PartialKind, Plan};
use crate::syntax::ast::BinaryOp;
use crate::syntax::words::{Fits, WithOperand};
use crate::value::{Json, Kind, ShapeField, Type, Value};

/// Why a matcher that holds proves little of what was found; `None` where it proves what it says.
pub fn weakness(matcher: &Matcher, found: &Found, context: &Context<'_>) -> Option<Weak> {
    if found.values.is_empty() {
        let of_ground = match found.ground {
            Ground::NoParent => Some(Weak::NoParent),
            Ground::Empty => Some(Weak::NoElement),
            Ground::Uncompared => Some(Weak::NothingCompared),
            _ => None,
        };
        if of_ground.is_some() {
            return of_ground;
        }
    }
    if matcher.kind.asks_of_absence() {
        return None;
    }
    // A path to several gives a list, whatever there is.
    if found.plural && is_array(&matcher.kind) {
        return Some(Weak::AcceptsAnything);
    }
    of_value(matcher, &found.value()?, found.text.as_deref(), context)
}

fn is_array(kind: &MatcherKind) -> bool {
    matches!(
        kind,
        MatcherKind::Is(Type::Named(ty)) | MatcherKind::Partial(Partial { kind: PartialKind::Type(Type::Named(ty)), .. })
            if ty.kind == Some(Kind::List)
    )
}

fn of_value(matcher: &Matcher, value: &Value, text: Option<&str>, context: &Context<'_>) -> Option<Weak> {
    let anything = |accepts: bool| accepts.then_some(Weak::AcceptsAnything);
    let is_empty_text = |operand: &Expr| evaluate(operand, context).is_ok_and(|part| part.as_str() == Some(""));
    match &matcher.kind {
        MatcherKind::Not(inner) => negated(inner, value, text, context),
        MatcherKind::Each(inner) => all_elements(value, |item| of_value(inner, item, None, context)),
        MatcherKind::Some(inner) => {
            let weak = all_elements(value, |item| of_value(inner, item, None, context));
            weak.filter(|weak| *weak == Weak::AcceptsAnything)
        }
        MatcherKind::None(inner) => all_elements(value, |item| negated(inner, item, None, context)),
        kind if kind.row().compares_elements => (value.elements()?.len() == 1).then_some(Weak::OneElement),
        MatcherKind::Is(Type::List(_)) if value.elements().is_some_and(|items| items.is_empty()) => {
            Some(Weak::NoElement)
        }
        MatcherKind::Is(ty) => anything(accepts(ty, value.as_json(), context.plan, 0)),
        MatcherKind::Partial(partial) => match &partial.kind {
            PartialKind::Any => Some(Weak::AcceptsAnything),
            PartialKind::Object(entries) => anything(entries.is_empty()),
            PartialKind::Type(ty) => anything(accepts(ty, value.as_json(), context.plan, 0)),
            PartialKind::Regex(pattern) => anything(pattern.matches_everything()),
            _ => None,
        },
        MatcherKind::Schema { schema, .. } => anything(!schema::asks_something(schema, &value.to_json())),
        MatcherKind::Regex(pattern) => anything(pattern.matches_everything()),
        MatcherKind::With(word, operand) => match word.row().fits {
            Fits::Text => anything(is_empty_text(operand)),
            Fits::Searched => {
                let is_text = text.is_some() || value.as_str().is_some();
                anything(is_text && is_empty_text(operand))
            }
            _ => None,
        },
        MatcherKind::Compare(BinaryOp::NotEqual, operand) => differs(value, operand, context),
        _ => None,
    }
}

/// That a value isn't something.
fn negated(inner: &Matcher, value: &Value, text: Option<&str>, context: &Context<'_>) -> Option<Weak> {
    match &inner.kind {
        MatcherKind::Not(inner) => of_value(inner, value, text, context),
        MatcherKind::Some(inner) => all_elements(value, |item| negated(inner, item, None, context)),
        MatcherKind::Compare(BinaryOp::Equal, operand) => differs(value, operand, context),
        MatcherKind::With(word, operand) => operand_negated(*word, operand, value, text, context),
        MatcherKind::Regex(_) => is_no_text(value, text).then_some(Weak::NoElement),
        MatcherKind::Partial(partial) => match (&partial.kind, value.as_json()?) {
            (PartialKind::Object(entries), Json::Object(fields)) => {
                let key = |entry: &(Expr, Partial)| evaluate(&entry.0, context).ok().map(|key| key.to_text());
                let none = entries.iter().all(|entry| key(entry).is_none_or(|key| fields.get(&key).is_none()));
                none.then_some(Weak::NothingCompared)
            }
            (PartialKind::Object(_), _) => Some(Weak::OtherType),
            (PartialKind::List(wanted), Json::Array(items)) => {
                (items.is_empty() && !wanted.is_empty()).then_some(Weak::NoElement)
            }
            (PartialKind::List(_), _) => Some(Weak::OtherType),
            _ => None,
        },
        _ => None,
    }
}

/// That a value isn't something that takes an operand.
fn operand_negated(
    word: WithOperand,
    operand: &Expr,
    value: &Value,
    text: Option<&str>,
    context: &Context<'_>,
) -> Option<Weak> {
    match word.row().fits {
        Fits::Equal => differs(value, operand, context),
        Fits::Searched => match value.elements() {
            Some(items) if text.is_none() => lacks(&items, operand, context),
            _ if value.fields().is_some_and(|fields| fields.is_empty()) && text.is_none() => Some(Weak::NoElement),
            _ => is_no_text(value, text).then_some(Weak::NoElement),
        },
        Fits::Among if !matches!(operand.kind, ExprKind::Range(..)) => {
            let list = evaluate(operand, context).ok()?;
            match list.elements()?.as_slice() {
                [] => Some(Weak::NothingCompared),
                items => items.iter().all(|item| is_other(value, item)).then_some(Weak::OtherType),
            }
        }
        _ => None,
    }
}

/// Two values of different types are never equal, whatever the server meant; but that something isn't null says that it is there.
fn differs(value: &Value, operand: &Expr, context: &Context<'_>) -> Option<Weak> {
    let expected = evaluate(operand, context).ok()?;
    if value.elements().is_some_and(|items| items.is_empty())
        && expected.elements().is_some_and(|items| !items.is_empty())
    {
        return Some(Weak::NoElement);
    }
    is_other(value, &expected).then_some(Weak::OtherType)
}

/// That a list doesn't hold something, which it couldn't hold if all of its elements are of another type.
fn lacks(items: &[Value], operand: &Expr, context: &Context<'_>) -> Option<Weak> {
    if items.is_empty() {
        return Some(Weak::NoElement);
    }
    let part = evaluate(operand, context).ok()?;
    if items.iter().all(|item| is_other(item, &part)) {
        return Some(Weak::OtherType);
    }
    let names: HashSet<String> = part.fields()?.into_iter().map(|(name, _)| name.to_owned()).collect();
    let has_others = |item: &Value| {
        let others = |fields: Vec<(&str, Value)>| {
            fields.len() != names.len() || fields.iter().any(|(name, _)| !names.contains(*name))
        };
        item.fields().is_none_or(others)
    };
    items.iter().all(has_others).then_some(Weak::OtherMembers)
}

/// A text without a character lacks whatever is looked for in it.
fn is_no_text(value: &Value, text: Option<&str>) -> bool {
    text.or_else(|| value.as_str()).is_some_and(str::is_empty)
        || text.is_none() && matches!(value, Value::Bytes(bytes) if bytes.is_empty())
}

/// Whether two values couldn't be equal, whatever they are worth. `null` apart: that something isn't null says that it is there.
fn is_other(value: &Value, expected: &Value) -> bool {
    let (value, expected) = (Kind::of(value), Kind::of(expected));
    expected != Kind::Null && comparable(value) != comparable(expected)
}

/// One kind for all that [`equal`](crate::value::equal) can find equal: a size and a number of bytes, a percentage and a fraction,
/// a secret or bytes and a text.
fn comparable(kind: Kind) -> Kind {
    match kind {
        Kind::Size | Kind::Percent => Kind::Number,
        Kind::Secret | Kind::Bytes => Kind::String,
        other => other,
    }
}

/// The reason of all elements of a list, where all of them are weak.
fn all_elements(value: &Value, weak: impl Fn(&Value) -> Option<Weak>) -> Option<Weak> {
    let items = value.elements()?;
    let first = items.first().and_then(&weak)?;
    items.iter().skip(1).all(|item| weak(item).is_some()).then_some(first)
}

/// How deep types are followed: shapes may refer to themselves.
const DEEPEST: usize = 32;

/// Whether a type that a value has asks nothing of it.
fn accepts(ty: &Type, value: Option<&Json>, plan: &Plan, depth: usize) -> bool {
    if depth > DEEPEST {
        return false;
    }
    let fields = |fields: &[ShapeField]| {
        value.and_then(Json::as_object).is_some_and(|object| {
            fields.iter().all(|field| match object.get(&field.name) {
                None => field.optional,
                Some(value) => field.optional && accepts(&field.ty, Some(value), plan, depth + 1),
            })
        })
    };
    match ty {
        Type::Named(named) => named.is_any(),
        Type::Or(types) => types.iter().any(|ty| accepts(ty, value, plan, depth + 1)),
        Type::Fields(own) => fields(own),
        Type::Shape(id) => plan.shapes.get(*id).is_some_and(|shape| fields(&shape.fields)),
        _ => false,
    }
}
