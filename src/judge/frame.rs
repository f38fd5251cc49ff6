use crate::eval::{Context, Fault, Focus, Found, equal, evaluate};
use crate::event::{Frame, FrameKind};
use crate::matchers::{apply, selects};
use crate::plan::{Item, ItemEntry, Matcher, What};
use crate::value::Value;

/// Whether a frame is what an item names, and fulfils its conditions, with the names in the context's scope.
///
/// # Errors
/// An operand has no value.
pub fn fits(item: &Item, frame: &Frame, context: &Context<'_>) -> Result<bool, Fault> {
    let context = Context { focus: Focus::Frame(frame), ..*context };
    if !is_named(&item.what, frame, &context)? {
        return Ok(false);
    }
    for entry in &item.entries {
        if let ItemEntry::Condition(condition) = entry
            && !selects(condition, &context)?
        {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Whether a frame is of the kind, and has the name, that an item awaits; its conditions aside.
pub(crate) fn is_named(what: &What, frame: &Frame, context: &Context<'_>) -> Result<bool, Fault> {
    let texts = matches!(frame.kind, FrameKind::Text | FrameKind::Line | FrameKind::SseEvent(_));
    match what {
        What::Event(name) => {
            let Some(event) = &frame.payload.event else { return Ok(false) };
            Ok(equal(&Value::from(&**event), &evaluate(name, context)?))
        }
        What::Frame => Ok(texts || frame.kind == FrameKind::Binary),
        What::Text(matcher) => {
            let text = std::str::from_utf8(&frame.data).ok().filter(|_| texts);
            holds(matcher.as_ref(), text.map(Value::from), context)
        }
        What::Binary(matcher) => {
            let bytes = (frame.kind == FrameKind::Binary).then(|| Value::Bytes(frame.data.to_vec().into()));
            holds(matcher.as_ref(), bytes, context)
        }
        What::Comment => Ok(frame.kind == FrameKind::SseComment),
    }
}

fn holds(matcher: Option<&Matcher>, value: Option<Value>, context: &Context<'_>) -> Result<bool, Fault> {
    let Some(value) = value else { return Ok(false) };
    let Some(matcher) = matcher else { return Ok(true) };
    let found = Found::one(value);
    apply(matcher, &found, context).map(|verdict| verdict.is_ok())
}
