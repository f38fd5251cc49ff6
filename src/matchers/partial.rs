use super::difference::{Difference, MOST, counted};
use super::{Comparison, Mismatch, types};
use crate::eval::{Context, Fault, Unread, equal, evaluate, show};
use crate::plan::{Partial, PartialKind};
use crate::value::{Kind as ValueKind, PathStep, Value};

/// `matches { … }`: objects may hold more than is said, lists must have as many elements; every difference is reported.
pub(super) fn matches(value: &Value, expected: &Partial, context: &Context<'_>) -> Comparison {
    let mut found = Vec::new();
    walk(value, expected, &mut Vec::new(), context, &mut found)?;
    if let Some(unread) = super::difference::unread(&found) {
        return Ok(Err(unread));
    }
    if found.is_empty() {
        return Ok(Ok(()));
    }
    let mut mismatch = match found.as_slice() {
        [only] => {
            let at = if only.path.is_empty() {
                String::new()
            } else {
                format!(" at `{}`", crate::value::path_text(&only.path))
            };
            Mismatch::new(format!("doesn't match{at}: {}", only.words()))
        }
        _ => Mismatch::new(format!("doesn't match in {}", counted(&found))),
    };
    if let Some(first) = found.first() {
        mismatch.path.clone_from(&first.path);
    }
    // One difference that is known is enough.
    mismatch.undecided = found.iter().all(|one| one.undecided);
    mismatch.differences = found;
    Ok(Err(mismatch))
}

fn walk(
    value: &Value,
    expected: &Partial,
    path: &mut Vec<PathStep>,
    context: &Context<'_>,
    found: &mut Vec<Difference>,
) -> Result<(), Fault> {
    // The first ones say enough.
    if found.len() >= MOST {
        return Ok(());
    }
    let whole = matches!(expected.kind, PartialKind::Compare(..) | PartialKind::Value(_));
    let unread = match &expected.kind {
        PartialKind::Regex(_) if value.as_str().is_none() => Unread::of(value),
        _ if whole => Unread::of(value),
        _ => None,
    };
    if let Some(unread) = unread {
        found.push(Difference::unread(path, unread));
        return Ok(());
    }
    // By a comparison that can't be made nothing is known.
    let mut compares = |expected: String, can_be: bool| {
        let of = if can_be { Difference::changed } else { Difference::unasked };
        found.push(of(path, expected, show(value)));
    };
    let mut differs = |expected: String| compares(expected, true);
    match &expected.kind {
        PartialKind::Any => {}
        PartialKind::Type(ty) => {
            if types::is(value, ty, context.plan).is_err() {
                differs(types::words(ty, context.plan));
            }
        }
        PartialKind::Regex(pattern) => {
            let text = match value {
                Value::Secret(secret) => Some(secret.expose()),
                other => other.as_str(),
            };
            if !text.is_some_and(|text| pattern.is_match(text)) {
                compares(format!("a text that matches {}", pattern.as_str()), text.is_some());
            }
        }
        PartialKind::Compare(op, operand) => {
            let operand = evaluate(operand, context)?;
            let holds = op.apply(value, &operand).and_then(|holds| holds.as_bool());
            if holds != Some(true) {
                compares(format!("{}{}", super::compare::words(*op), show(&operand)), holds.is_some());
            }
        }
        PartialKind::Value(operand) => {
            let operand = evaluate(operand, context)?;
            if !equal(value, &operand) {
                differs(show(&operand));
            }
        }
        PartialKind::List(items) => {
            let Some(values) = value.elements() else {
                differs("a list".to_owned());
                return Ok(());
            };
            if values.len() != items.len() {
                differs(format!("a list of {} elements, not {}", items.len(), values.len()));
                return Ok(());
            }
            for (index, (value, item)) in values.iter().zip(items).enumerate() {
                path.push(PathStep::Index(index));
                walk(value, item, path, context, found)?;
                path.pop();
            }
        }
        PartialKind::Object(entries) => {
            if ValueKind::of(value) != ValueKind::Object {
                differs("an object".to_owned());
                return Ok(());
            }
            for (key, item) in entries {
                let key = evaluate(key, context)?.to_text();
                path.push(PathStep::Key(key.clone()));
                match value.field(&key) {
                    Ok(Some(value)) => walk(&value, item, path, context, found)?,
                    Ok(None) => found.push(Difference::missing(path, wanted(item, context)?)),
                    Err(Unread::Twice { first, second, .. }) => found.push(Difference::twice(path, &first, &second)),
                    Err(unread) => found.push(Difference::unread(path, unread)),
                }
                path.pop();
            }
        }
    }
    Ok(())
}

fn wanted(partial: &Partial, context: &Context<'_>) -> Result<String, Fault> {
    Ok(match &partial.kind {
        PartialKind::Any => "any value".to_owned(),
        PartialKind::Type(ty) => types::words(ty, context.plan),
        PartialKind::Regex(pattern) => format!("a text that matches {}", pattern.as_str()),
        PartialKind::Compare(op, operand) => {
            format!("{}{}", super::compare::words(*op), show(&evaluate(operand, context)?))
        }
        PartialKind::Value(operand) => show(&evaluate(operand, context)?),
        PartialKind::List(_) => "a list".to_owned(),
        PartialKind::Object(_) => "an object".to_owned(),
    })
}
