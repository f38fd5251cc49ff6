//! Bodies that aren't text, where an expectation or a capture reads them as text: nothing can be said of what they don't contain.

use crate::diag::{Diagnostic, codes};
use crate::eval::{Context, Fault, Focus, Found, evaluate, find};
use crate::plan::{Expectation, Matcher, MatcherKind, Subject, SubjectKind};
use crate::syntax::words::Body;
use crate::value::{Kind, NamedType, Type, Value};

/// What an expectation's subject finds, as what its matcher reads it.
///
/// # Errors
/// As of [`find`]; and the matcher reads a text where there is none.
pub(super) fn looked_up(expect: &Expectation, context: &Context<'_>) -> Result<Found, Fault> {
    let subject = &expect.subject;
    if let (SubjectKind::Body, Focus::Response { response, .. }) = (&subject.kind, context.focus) {
        match operand_of(&expect.matcher, context) {
            // Whether they are also a text says nothing then.
            Operand::Bytes => return Ok(Found::one(Value::Bytes(response.body.to_vec().into()))),
            Operand::Text => not_text(subject, context).map_or(Ok(()), Err)?,
            Operand::Neither => {}
        }
    }
    find(subject, context)
}

/// Why a subject has no text, where it is a body that should have one.
pub(super) fn not_text(subject: &Subject, context: &Context<'_>) -> Option<Fault> {
    let (SubjectKind::Body, Focus::Response { response, .. }) = (&subject.kind, context.focus) else { return None };
    let undecodable = response.text().err()?;
    let message = format!("the body {}", crate::diag::sanitize(&undecodable.reason));
    Some(Box::new(Diagnostic::error(&codes::NOT_TEXT, subject.span, message).with_help(
        "compare its bytes: `expect body == file \"…\"` or `hex \"…\"`; `size` and `header` are there, too",
    )))
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Operand {
    Bytes,
    Text,
    /// The matcher asks for neither.
    Neither,
}

/// What a matcher reads a body as.
fn operand_of(matcher: &Matcher, context: &Context<'_>) -> Operand {
    let kind = &matcher.kind;
    if let Some(inner) = kind.inner() {
        return operand_of(inner, context);
    }
    match (kind, kind.row().body) {
        (MatcherKind::Is(Type::Named(NamedType { kind: None | Some(Kind::Bytes), .. })), _) | (_, Body::Neither) => {
            Operand::Neither
        }
        (_, Body::AsOperand) => {
            let is_bytes = |operand| matches!(evaluate(operand, context), Ok(Value::Bytes(_)));
            if kind.operands().any(is_bytes) { Operand::Bytes } else { Operand::Text }
        }
        (_, Body::Text) => Operand::Text,
    }
}
