use std::collections::HashMap;

use super::lower::Values;
use super::{Environment, Matcher, Plan};
use crate::project::{ModuleId, Project};
use crate::source::Span;
use crate::syntax::ast;
use crate::value::Value;

/// A matcher as a run has it, and a plan with the shapes that it names.
pub struct KnownMatcher {
    pub matcher: Matcher,
    pub plan: Plan,
}

/// Lowers a matcher on its own, whose operands, by their places, are worth these values; `None` where it can't be.
pub fn known_matcher(
    project: &Project,
    module: ModuleId,
    operands: HashMap<Span, Value>,
    matcher: &ast::Matcher,
) -> Option<KnownMatcher> {
    let (matcher, plan) = Values::new(project, Environment::default()).matcher(module, operands, matcher)?;
    Some(KnownMatcher { matcher, plan })
}
