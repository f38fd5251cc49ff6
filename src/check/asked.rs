//! Matchers of values that are known before a run, judged as a run judges them.

use super::constant;
use super::cx::Cx;
use super::scope::Scope;
use crate::eval::{self, Context, Focus, Found, Host};
use crate::matchers;
use crate::plan::{self, CredentialId, KnownMatcher};
use crate::syntax::ast::{
    Expr, ExprKind, Matcher, MatcherKind, ObjectKey, Partial, PartialKind, Template, TemplatePart,
};
use crate::value::{SecretSink, Value};

/// A matcher of which every operand is known.
pub(super) struct Asked {
    known: KnownMatcher,
    scope: eval::Scope,
}

impl Asked {
    /// `None` where a run decides what the matcher asks.
    pub fn of<'p>(cx: &Cx<'p>, scope: &Scope<'p>, matcher: &Matcher) -> Option<Self> {
        if !is_known(matcher, scope) {
            return None;
        }
        let text = cx.text(matcher.span);
        let named = scope.names().filter(|name| text.contains(name));
        let named = named.filter_map(|name| Some((name, scope.constant(name)?.value().clone())));
        let known = plan::known_matcher(cx.index.project, cx.module.id, named, matcher)?;
        let mut values = eval::Scope::new(&known.frame);
        known.values.iter().for_each(|(slot, value)| values.set(*slot, value.clone()));
        Some(Self { known, scope: values })
    }

    /// Whether it holds of a value. `plain` says that a text may stand for a number, as in a header.
    pub fn holds(&self, value: &Value, plain: bool) -> Option<bool> {
        let context = Context { plan: &self.known.plan, scope: &self.scope, focus: Focus::Nothing, host: &NoHost };
        let found = Found { plain, ..Found::one(value.clone()) };
        matchers::apply(&self.known.matcher, &found, &context).ok().map(|verdict| verdict.is_ok())
    }
}

/// Nothing comes from outside before a run: what would ask for it isn't known.
struct NoHost;

impl Host for NoHost {
    fn now(&self) -> jiff::Timestamp {
        jiff::Timestamp::UNIX_EPOCH
    }

    fn random(&self) -> u64 {
        0
    }

    fn credential(&self, _id: CredentialId) -> Option<Value> {
        None
    }

    fn secrets(&self) -> Option<&dyn SecretSink> {
        None
    }
}

fn is_known(matcher: &Matcher, scope: &Scope<'_>) -> bool {
    let known = |expr: &Expr| match &expr.kind {
        // Its ends needn't be whole where something lies between them.
        ExprKind::Range(from, to) => {
            constant::of(from, Some(scope)).is_some() && constant::of(to, Some(scope)).is_some()
        }
        _ => constant::of(expr, Some(scope)).is_some(),
    };
    match &matcher.kind {
        MatcherKind::Compare(_, operand)
        | MatcherKind::Bare(operand)
        | MatcherKind::Equals(operand)
        | MatcherKind::In(operand)
        | MatcherKind::Contains(operand)
        | MatcherKind::StartsWith(operand)
        | MatcherKind::EndsWith(operand)
        | MatcherKind::HasLength(operand) => known(operand),
        MatcherKind::CloseTo { target, tolerance } => known(target) && known(tolerance),
        MatcherKind::MatchesPartial(partial) => is_known_partial(partial, scope),
        MatcherKind::IsSorted { by, .. } => by.iter().flat_map(|path| &path.names).all(known),
        MatcherKind::Each(inner) | MatcherKind::Some(inner) | MatcherKind::None(inner) | MatcherKind::Not(inner) => {
            is_known(inner, scope)
        }
        MatcherKind::MatchesRegex(_)
        | MatcherKind::Is(_)
        | MatcherKind::Exists
        | MatcherKind::IsEmpty
        | MatcherKind::IsUnique => true,
        // What a file holds and what time it is are a run's.
        MatcherKind::MatchesSchema(_) | MatcherKind::ExpiresAfter(_) | MatcherKind::Error => false,
    }
}

fn is_known_partial(partial: &Partial, scope: &Scope<'_>) -> bool {
    let known = |expr: &Expr| constant::of(expr, Some(scope)).is_some();
    match &partial.kind {
        PartialKind::Any | PartialKind::AnyOf(_) | PartialKind::Regex(_) => true,
        PartialKind::Compare(_, operand) | PartialKind::Value(operand) => known(operand),
        PartialKind::List(items) => items.iter().all(|item| is_known_partial(item, scope)),
        PartialKind::Object(entries) => entries.iter().all(|entry| {
            let key = match &entry.key {
                ObjectKey::Name(name) => entry.value.is_some() || scope.constant(&name.text).is_some(),
                ObjectKey::String(template) => expressions(template).all(known),
            };
            key && entry.value.as_ref().is_none_or(|value| is_known_partial(value, scope))
        }),
        PartialKind::Error => false,
    }
}

fn expressions(template: &Template) -> impl Iterator<Item = &Expr> {
    template.parts.iter().filter_map(|part| match part {
        TemplatePart::Expr(expr) => Some(expr),
        TemplatePart::Text { .. } => None,
    })
}
