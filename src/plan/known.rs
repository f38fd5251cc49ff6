use super::lower::{Names, Values};
use super::{Environment, Frame, Matcher, Plan, Slot};
use crate::project::{ModuleId, Project};
use crate::syntax::ast;
use crate::value::Value;

/// A matcher as a run has it, with the names whose values are known before one.
pub struct KnownMatcher {
    pub matcher: Matcher,
    /// The shapes that it names.
    pub plan: Plan,
    pub frame: Frame,
    pub values: Vec<(Slot, Value)>,
}

/// Lowers a matcher by itself; `None` where it can't be.
pub fn known_matcher<'n>(
    project: &Project,
    module: ModuleId,
    known: impl Iterator<Item = (&'n str, Value)>,
    matcher: &ast::Matcher,
) -> Option<KnownMatcher> {
    let mut names = Names::default();
    let values = known.map(|(name, value)| (names.bind(name), value)).collect();
    let frame = names.frame();
    let (matcher, plan) = Values::new(project, Environment::default()).matcher(module, names, matcher)?;
    Some(KnownMatcher { matcher, plan, frame, values })
}
