use std::borrow::Cow;

use super::{Brief, Comparison, Kind, Mismatch, brief, expected, one};
use crate::eval::{Context, Found, show};
use crate::plan::Matcher;
use crate::value::{PathStep, Value, effort};

/// The elements that are asked about: what a path found, or the elements of the one list that it found.
fn elements(found: &Found) -> Result<(Cow<'_, [Value]>, bool), Box<Mismatch>> {
    if found.plural {
        return Ok((Cow::Borrowed(&found.values), true));
    }
    let Some(value) = found.values.first() else {
        return Err(Mismatch::of(Kind::Missing, "is missing, expected a list"));
    };
    match value.elements() {
        Some(items) => Ok((Cow::Owned(items), false)),
        None => Err(Mismatch::of(Kind::Unsuitable, format!("is {} ({}), expected a list", show(value), value.kind()))),
    }
}

/// All of them, and at least one: a list that is empty proves nothing.
pub(super) fn each(inner: &Matcher, found: &Found, context: &Context<'_>) -> Comparison {
    let (items, nodes) = match elements(found) {
        Ok(items) => items,
        Err(mismatch) => return Ok(Err(mismatch)),
    };
    if items.is_empty() {
        return nothing("each", inner, context);
    }
    // Only the first is explained, the others are counted.
    let (mut first, mut wrong, mut undecided) = (None, 0usize, true);
    for (index, item) in items.iter().enumerate() {
        if effort::is_vain(1) {
            return Ok(Err(Mismatch::given_up()));
        }
        match brief(inner, item, context)? {
            Brief::Holds => continue,
            Brief::Differs => undecided = false,
            Brief::Undecided => {}
        }
        wrong += 1;
        if first.is_none() {
            first = one(inner, item, None, context)?.err().map(|mismatch| (index, mismatch));
        }
    }
    let Some((index, first)) = first else { return Ok(Ok(())) };
    let more = if wrong > 1 { format!(" ({wrong} of {} elements are wrong)", items.len()) } else { String::new() };
    let mut mismatch = Mismatch::of(Kind::Element, format!("at {index} {}{more}", first.text));
    if matches!(first.kind, Kind::Twice | Kind::LoneSurrogate) {
        mismatch.kind = first.kind;
    }
    mismatch.undecided = undecided;
    mismatch.help.clone_from(&first.help);
    place(&mut mismatch, index, nodes, &first.path);
    Ok(Err(mismatch))
}

pub(super) fn some(inner: &Matcher, found: &Found, context: &Context<'_>) -> Comparison {
    let (items, _) = match elements(found) {
        Ok(items) => items,
        Err(mismatch) => return Ok(Err(mismatch)),
    };
    if items.is_empty() {
        return nothing("some", inner, context);
    }
    let mut undecided = false;
    for item in items.iter() {
        if effort::is_vain(1) {
            return Ok(Err(Mismatch::given_up()));
        }
        match brief(inner, item, context)? {
            Brief::Holds => return Ok(Ok(())),
            Brief::Differs => {}
            Brief::Undecided => undecided = true,
        }
    }
    let all = Value::list(items.to_vec());
    let text = format!(
        "is {}: none of its {} elements is as expected: some {}",
        show(&all),
        items.len(),
        expected(inner, context)?
    );
    Ok(Err(Box::new(Mismatch { undecided, ..*Mismatch::of(Kind::Element, text) })))
}

/// An element of which it can't be said whether it is as expected is none that isn't.
pub(super) fn none(inner: &Matcher, found: &Found, context: &Context<'_>) -> Comparison {
    let (items, nodes) = match elements(found) {
        Ok(items) => items,
        Err(mismatch) => return Ok(Err(mismatch)),
    };
    if items.is_empty() {
        return nothing("none", inner, context);
    }
    let mut undecided = None;
    for (index, item) in items.iter().enumerate() {
        if effort::is_vain(1) {
            return Ok(Err(Mismatch::given_up()));
        }
        match brief(inner, item, context)? {
            Brief::Holds => {
                let text = format!("at {index} is {}, expected none {}", show(item), expected(inner, context)?);
                let mut mismatch = Mismatch::of(Kind::Element, text);
                place(&mut mismatch, index, nodes, &[]);
                return Ok(Err(mismatch));
            }
            Brief::Undecided if undecided.is_none() => {
                undecided = one(inner, item, None, context)?.err().map(|mismatch| (index, mismatch));
            }
            Brief::Undecided | Brief::Differs => {}
        }
    }
    let Some((index, unasked)) = undecided else { return Ok(Ok(())) };
    let kind = if matches!(unasked.kind, Kind::Twice | Kind::LoneSurrogate) { unasked.kind } else { Kind::Unsuitable };
    let mut mismatch = Mismatch::of(kind, format!("at {index} {}", unasked.text));
    mismatch.undecided = true;
    mismatch.help = unasked.help;
    place(&mut mismatch, index, nodes, &unasked.path);
    Ok(Err(mismatch))
}

fn nothing(quantifier: &str, inner: &Matcher, context: &Context<'_>) -> Comparison {
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
