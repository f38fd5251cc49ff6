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
        return nothing("each", inner, context);
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
    mismatch.undecided = wrong.iter().all(|(_, mismatch)| mismatch.is_undecided());
    mismatch.help.clone_from(&first.help);
    place(&mut mismatch, *index, nodes, &first.path);
    Ok(Err(mismatch))
}

pub(super) fn some(inner: &Matcher, found: &Found, context: &Context<'_>) -> Verdict {
    let (items, _) = match elements(found) {
        Ok(items) => items,
        Err(mismatch) => return Ok(Err(mismatch)),
    };
    if items.is_empty() {
        return nothing("some", inner, context);
    }
    let mut undecided = false;
    for item in &items {
        match one(inner, item, None, context)? {
            Ok(()) => return Ok(Ok(())),
            Err(mismatch) => undecided |= mismatch.is_undecided(),
        }
    }
    let all = Value::list(items.clone());
    let text = format!(
        "is {}: none of its {} elements is as expected: some {}",
        show(&all),
        items.len(),
        expected(inner, context)?
    );
    Ok(Err(Box::new(Mismatch { undecided, ..*Mismatch::of(Kind::Element, text) })))
}

/// An element of which it can't be said whether it is as expected is none that isn't.
pub(super) fn none(inner: &Matcher, found: &Found, context: &Context<'_>) -> Verdict {
    let (items, nodes) = match elements(found) {
        Ok(items) => items,
        Err(mismatch) => return Ok(Err(mismatch)),
    };
    if items.is_empty() {
        return nothing("none", inner, context);
    }
    let mut undecided = None;
    for (index, item) in items.iter().enumerate() {
        match one(inner, item, None, context)? {
            Ok(()) => {
                let text = format!("at {index} is {}, expected none {}", show(item), expected(inner, context)?);
                let mut mismatch = Mismatch::of(Kind::Element, text);
                place(&mut mismatch, index, nodes, &[]);
                return Ok(Err(mismatch));
            }
            Err(mismatch) if undecided.is_none() && mismatch.is_undecided() => undecided = Some((index, mismatch)),
            Err(_) => {}
        }
    }
    let Some((index, unasked)) = undecided else { return Ok(Ok(())) };
    let mut mismatch = Mismatch::of(Kind::Unsuitable, format!("at {index} {}", unasked.text));
    mismatch.help = unasked.help;
    place(&mut mismatch, index, nodes, &unasked.path);
    Ok(Err(mismatch))
}

fn nothing(quantifier: &str, inner: &Matcher, context: &Context<'_>) -> Verdict {
    Ok(Err(Mismatch::of_nothing(format!("has no elements, expected {quantifier} {}", expected(inner, context)?))))
}

fn place(mismatch: &mut Mismatch, index: usize, nodes: bool, below: &[PathStep]) {
    if nodes {
        mismatch.node = Some(index);
    } else {
        mismatch.path.push(PathStep::Index(index));
    }
    mismatch.path.extend_from_slice(below);
}
