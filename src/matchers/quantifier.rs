use super::{Kind, Mismatch, Verdict, expected, one, sequence};
use crate::eval::{Context, Found, show};
use crate::plan::Matcher;
use crate::value::{PathStep, Value};

/// The elements that are asked about: what a path found, or the elements of the one list that it found.
fn elements(found: &Found) -> Result<(Vec<Value>, bool), Box<Mismatch>> {
    if found.plural {
        return Ok((found.values.clone(), true));
    }
    let Some(value) = found.values.first() else {
        return Err(Mismatch::of(Kind::Missing, "is missing, expected a list"));
    };
    match sequence::elements(value) {
        Some(items) => Ok((items, false)),
        None => Err(Mismatch::of(Kind::Unsuitable, format!("is {} ({}), expected a list", show(value), value.kind()))),
    }
}

/// All of them, and at least one: a list that is empty proves nothing.
pub(super) fn each(inner: &Matcher, found: &Found, context: &Context<'_>) -> Verdict {
    let (items, nodes) = match elements(found) {
        Ok(items) => items,
        Err(mismatch) => return Ok(Err(mismatch)),
    };
    if items.is_empty() {
        let text = format!("has no elements, expected each {}", expected(inner, context)?);
        return Ok(Err(
            Mismatch::of(Kind::Missing, text).with_help("an empty list proves nothing; `is empty` expects one")
        ));
    }
    let mut wrong = Vec::new();
    for (index, item) in items.iter().enumerate() {
        if let Err(mismatch) = one(inner, item, None, context)? {
            wrong.push((index, mismatch));
        }
    }
    let Some((index, first)) = wrong.first() else { return Ok(Ok(())) };
    let more = if wrong.len() > 1 {
        format!(" ({} of {} elements are wrong)", wrong.len(), items.len())
    } else {
        String::new()
    };
    let mut mismatch = Mismatch::of(Kind::Element, format!("at {index} {}{more}", first.text));
    mismatch.help.clone_from(&first.help);
    place(&mut mismatch, *index, nodes, &first.path);
    Ok(Err(mismatch))
}

pub(super) fn some(inner: &Matcher, found: &Found, context: &Context<'_>) -> Verdict {
    let (items, _) = match elements(found) {
        Ok(items) => items,
        Err(mismatch) => return Ok(Err(mismatch)),
    };
    for item in &items {
        if one(inner, item, None, context)?.is_ok() {
            return Ok(Ok(()));
        }
    }
    let all = Value::list(items.clone());
    let text = format!(
        "is {}: none of its {} elements is as expected: some {}",
        show(&all),
        items.len(),
        expected(inner, context)?
    );
    Ok(Err(Mismatch::of(Kind::Element, text)))
}

pub(super) fn none(inner: &Matcher, found: &Found, context: &Context<'_>) -> Verdict {
    let (items, nodes) = match elements(found) {
        Ok(items) => items,
        Err(mismatch) => return Ok(Err(mismatch)),
    };
    for (index, item) in items.iter().enumerate() {
        if one(inner, item, None, context)?.is_ok() {
            let text = format!("at {index} is {}, expected none {}", show(item), expected(inner, context)?);
            let mut mismatch = Mismatch::of(Kind::Element, text);
            place(&mut mismatch, index, nodes, &[]);
            return Ok(Err(mismatch));
        }
    }
    Ok(Ok(()))
}

fn place(mismatch: &mut Mismatch, index: usize, nodes: bool, below: &[PathStep]) {
    if nodes {
        mismatch.node = Some(index);
    } else {
        mismatch.path.push(PathStep::Index(index));
    }
    mismatch.path.extend_from_slice(below);
}
