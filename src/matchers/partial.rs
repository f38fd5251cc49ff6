use crate::value::Json;

use super::difference::{Difference, MOST, counted};
use super::{Mismatch, Verdict, types};
use crate::eval::{Context, Fault, Unread, compare, equal, evaluate, ordered, show, show_json};
use crate::plan::{Partial, PartialKind};
use crate::value::{Member, PathStep, Value};

/// `matches { … }`: objects may hold more than is said, lists must have as many elements; every difference is told.
pub(super) fn matches(value: &Value, expected: &Partial, context: &Context<'_>) -> Verdict {
    let json = value.to_json();
    let mut found = Vec::new();
    walk(&json, expected, &mut Vec::new(), context, &mut found)?;
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
    value: &Json,
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
        PartialKind::Regex(_) if value.as_str().is_none() => Unread::of_json(value),
        _ if whole => Unread::of_json(value),
        _ => None,
    };
    if let Some(unread) = unread {
        found.push(Difference::unread(path, unread));
        return Ok(());
    }
    // By a comparison that can't be made nothing is known.
    let mut compares = |expected: String, can_be: bool| {
        let of = if can_be { Difference::changed } else { Difference::unasked };
        found.push(of(path, expected, show_json(value)));
    };
    let mut differs = |expected: String| compares(expected, true);
    match &expected.kind {
        PartialKind::Any => {}
        PartialKind::Type(ty) => {
            if types::is(&Value::from(value.clone()), ty, context.plan).is_err() {
                differs(types::words(ty, context.plan));
            }
        }
        PartialKind::Regex(pattern) => {
            if !value.as_str().is_some_and(|text| pattern.is_match(text)) {
                compares(format!("a text that matches {}", pattern.as_str()), value.as_str().is_some());
            }
        }
        PartialKind::Compare(op, operand) => {
            let operand = evaluate(operand, context)?;
            let value = Value::from(value.clone());
            let holds = match op {
                crate::syntax::ast::BinaryOp::Equal => Some(equal(&value, &operand)),
                crate::syntax::ast::BinaryOp::NotEqual => Some(!equal(&value, &operand)),
                op => compare(&value, &operand).map(|order| ordered(*op, order)),
            };
            if holds != Some(true) {
                compares(format!("{}{}", super::compare::words(*op), show(&operand)), holds.is_some());
            }
        }
        PartialKind::Value(operand) => {
            let operand = evaluate(operand, context)?;
            if !equal(&Value::from(value.clone()), &operand) {
                differs(show(&operand));
            }
        }
        PartialKind::List(items) => {
            let Some(values) = value.as_array() else {
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
            let Some(fields) = value.as_object() else {
                differs("an object".to_owned());
                return Ok(());
            };
            for (key, item) in entries {
                let key = evaluate(key, context)?.to_text();
                path.push(PathStep::Key(key.clone()));
                match fields.member(&key) {
                    Member::One(value) => walk(value, item, path, context, found)?,
                    Member::Absent => found.push(Difference::missing(path, wanted(item, context)?)),
                    Member::Twice(first, second) => found.push(Difference::twice(path, first, second)),
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
