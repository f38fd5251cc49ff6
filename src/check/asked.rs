//! Matchers of values that are known before a run, judged as a run judges them.

use std::collections::HashMap;

use super::constant;
use super::cx::Cx;
use super::scope::Scope;
use crate::eval::{self, Context, Focus, Found, Host};
use crate::matchers;
use crate::plan::{self, CredentialId, KnownMatcher};
use crate::source::Span;
use crate::syntax::ast::{Expr, ExprKind, Matcher, MatcherKind, ObjectKey, Partial, PartialKind, TemplatePart};
use crate::value::{SecretSink, Value};

/// A matcher of which every operand is known.
pub(super) struct Asked(KnownMatcher);

impl Asked {
    /// `None` where a run decides what the matcher asks.
    pub fn of<'p>(cx: &Cx<'p>, scope: &Scope<'p>, matcher: &Matcher) -> Option<Self> {
        let mut operands = Operands { scope, known: HashMap::new() };
        operands.of(matcher)?;
        plan::known_matcher(cx.index.project, cx.module.id, operands.known, matcher).map(Self)
    }

    /// Whether it holds of a value. `plain` says that a text may stand for a number, as in a header.
    pub fn holds(&self, value: &Value, plain: bool) -> Option<bool> {
        let context =
            Context { plan: &self.0.plan, scope: &eval::Scope::default(), focus: Focus::Nothing, host: &NoHost };
        let found = Found { plain, ..Found::one(value.clone()) };
        matchers::apply(&self.0.matcher, &found, &context).ok().map(|verdict| verdict.is_ok())
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

/// What the operands of a matcher are worth; `None` once one isn't known.
struct Operands<'s, 'p> {
    scope: &'s Scope<'p>,
    known: HashMap<Span, Value>,
}

impl Operands<'_, '_> {
    fn of(&mut self, matcher: &Matcher) -> Option<()> {
        if let Some(inner) = matcher.kind.inner() {
            return self.of(inner);
        }
        match &matcher.kind {
            MatcherKind::MatchesPartial(partial) => self.partial(partial),
            MatcherKind::IsSorted { by, .. } => {
                by.iter().flat_map(|path| &path.names).try_for_each(|name| self.expr(name))
            }
            // What a file holds is a run's.
            MatcherKind::MatchesSchema(_) => None,
            kind if !kind.row()?.is_timeless => None,
            kind => kind.operands().try_for_each(|operand| self.expr(operand)),
        }
    }

    fn expr(&mut self, expr: &Expr) -> Option<()> {
        // Between the ends of a range lies more than whole numbers.
        if let ExprKind::Range(from, to) = &expr.kind {
            self.expr(from)?;
            return self.expr(to);
        }
        let value = constant::of(expr, Some(self.scope))?;
        self.known.insert(expr.span, value.value().clone());
        Some(())
    }

    fn partial(&mut self, partial: &Partial) -> Option<()> {
        match &partial.kind {
            PartialKind::Any | PartialKind::AnyOf(_) | PartialKind::Regex(_) => Some(()),
            PartialKind::Compare(_, operand) | PartialKind::Value(operand) => self.expr(operand),
            PartialKind::List(items) => items.iter().try_for_each(|item| self.partial(item)),
            PartialKind::Object(entries) => entries.iter().try_for_each(|entry| {
                match &entry.key {
                    ObjectKey::Name(name) if entry.value.is_none() => {
                        self.known.insert(name.span, self.scope.constant(&name.text)?.value().clone());
                    }
                    ObjectKey::Name(_) => {}
                    ObjectKey::String(template) => {
                        template.parts.iter().try_for_each(|part| match part {
                            TemplatePart::Expr(expr) => self.expr(expr),
                            TemplatePart::Text { .. } => Some(()),
                        })?;
                    }
                }
                entry.value.iter().try_for_each(|value| self.partial(value))
            }),
            PartialKind::Error => None,
        }
    }
}
