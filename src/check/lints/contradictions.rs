use std::collections::HashMap;

use super::super::asked::Asked;
use super::super::constant::{self, Const};
use super::super::cx::Cx;
use super::super::scope::Scope;
use super::super::types;
use super::super::walk::Sent;
use super::statuses;
use crate::diag::{Diagnostic, codes};
use crate::syntax::ast::{
    BinaryOp, Expect, Expr, ExprKind, Matcher, MatcherKind, RequestPartKind, Subject, SubjectKind,
};
use crate::syntax::words::{Decided, WithOperand};
use crate::value::{Json, Value, compare};

/// How many expectations of one subject are compared with each other.
const MOST: usize = 32;

/// Expectations of one response that can't hold together, and those that say the same.
pub fn response<'p>(cx: &mut Cx<'p>, scope: &Scope<'p>, sent: Sent<'_, 'p>) {
    let mut by_subject: HashMap<String, Vec<&Expect>> = HashMap::new();
    for part in sent.parts {
        let RequestPartKind::Expect(expect) = &part.kind else { continue };
        if cx.flawed.remove(&expect.span) {
            continue;
        }
        let others = by_subject.entry(normal(cx.text(expect.subject.span))).or_default();
        if others.len() >= MOST {
            continue;
        }
        if let Some(other) = others.iter().find(|other| same(cx, &other.matcher, &expect.matcher)) {
            cx.report(
                Diagnostic::warning(&codes::DUPLICATE_EXPECTATION, expect.span, "this is expected already")
                    .with_related(other.span, "the same")
                    .with_help(cx.removal(expect.span).safe().say("remove one of the two lines")),
            );
        } else if let Some(other) = others.iter().find(|other| clash(cx, scope, other, expect)) {
            cx.report(
                Diagnostic::error(
                    &codes::CONTRADICTION,
                    expect.span,
                    "this can't hold together with what is expected above",
                )
                .with_related(other.span, "this excludes it")
                .with_help("remove one of them; if either is right, write `either { … } or { … }`"),
            );
        }
        others.push(expect);
    }
}

/// A text with its white space made the same.
pub fn normal(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn same(cx: &Cx<'_>, a: &Matcher, b: &Matcher) -> bool {
    normal(cx.text(a.span)) == normal(cx.text(b.span))
}

fn clash<'p>(cx: &Cx<'p>, scope: &Scope<'p>, a: &'p Expect, b: &'p Expect) -> bool {
    if matches!(a.subject.kind, SubjectKind::Status) {
        let sets = (StatusSet::of(cx, scope, &a.matcher), StatusSet::of(cx, scope, &b.matcher));
        if let (Some(a), Some(b)) = sets {
            return a.and(&b).is_none();
        }
    }
    excludes(cx, scope, &a.subject, &a.matcher, &b.matcher) || is_opposite(cx, &a.matcher, &b.matcher)
}

/// Whether one matcher is the other with `not`.
pub fn is_opposite(cx: &Cx<'_>, a: &Matcher, b: &Matcher) -> bool {
    let negates = |not: &Matcher, plain: &Matcher| match &not.kind {
        MatcherKind::Not(inner) => {
            let (inner, plain) = (normal(cx.text(inner.span)), normal(cx.text(plain.span)));
            // The span of `is not X` begins at `not`.
            inner == plain || format!("is {}", inner.trim_start_matches("not ")) == plain
        }
        _ => false,
    };
    negates(a, b) || negates(b, a)
}

fn excludes<'p>(cx: &Cx<'p>, scope: &Scope<'p>, subject: &Subject, a: &'p Matcher, b: &'p Matcher) -> bool {
    let plain = is_plain(subject);
    if let Some(value) = equal_to(scope, a) {
        return holds_in(cx, scope, value.value(), plain, b) == Some(false);
    }
    if let Some(value) = equal_to(scope, b) {
        return holds_in(cx, scope, value.value(), plain, a) == Some(false);
    }
    if let (Some(a), Some(b)) = (bounds(scope, a), bounds(scope, b)) {
        return a.is_apart(&b);
    }
    if let (MatcherKind::Is(a), MatcherKind::Is(b)) = (&a.kind, &b.kind) {
        let (a, b) = (types::of_type(cx, cx.module, a, 0), types::of_type(cx, cx.module, b, 0));
        return !a.meets(&b);
    }
    false
}

fn equal_to(scope: &Scope<'_>, matcher: &Matcher) -> Option<Const> {
    match &matcher.kind {
        MatcherKind::Bare(value)
        | MatcherKind::With(WithOperand::Equals, value)
        | MatcherKind::Compare(BinaryOp::Equal, value) => constant::of(value, Some(scope)),
        _ => None,
    }
}

/// Whether a text that is found may stand for a number.
fn is_plain(subject: &Subject) -> bool {
    subject.kind.row().is_some_and(|row| row.is_plain)
}

/// An interval of amounts: its ends, and whether they are excluded. An end that is missing is none.
#[derive(Default)]
struct Bounds {
    least: Option<(Value, bool)>,
    most: Option<(Value, bool)>,
}

impl Bounds {
    fn is_apart(&self, other: &Bounds) -> bool {
        let below = |most: &Option<(Value, bool)>, least: &Option<(Value, bool)>| {
            let (Some((most, open)), Some((least, also_open))) = (most, least) else { return false };
            compare(most, least).is_some_and(|order| order.is_lt() || (order.is_eq() && (*open || *also_open)))
        };
        below(&self.most, &other.least) || below(&other.most, &self.least)
    }
}

fn bounds(scope: &Scope<'_>, matcher: &Matcher) -> Option<Bounds> {
    let amount = |expr: &Expr| {
        let value = constant::of(expr, Some(scope))?.value().clone();
        value.amount().is_some().then_some(value)
    };
    match &matcher.kind {
        MatcherKind::Compare(op, value) => {
            let at = amount(value)?;
            Some(match op {
                BinaryOp::Less => Bounds { most: Some((at, true)), ..Bounds::default() },
                BinaryOp::LessEqual => Bounds { most: Some((at, false)), ..Bounds::default() },
                BinaryOp::Greater => Bounds { least: Some((at, true)), ..Bounds::default() },
                BinaryOp::GreaterEqual => Bounds { least: Some((at, false)), ..Bounds::default() },
                _ => return None,
            })
        }
        MatcherKind::With(WithOperand::In, Expr { kind: ExprKind::Range(from, to), .. }) => {
            Some(Bounds { least: Some((amount(from)?, false)), most: Some((amount(to)?, false)) })
        }
        _ => None,
    }
}

/// Whether a matcher holds of whatever equals a value. What equals it may be of another kind, or be more than the value (a body is a text, too): where
/// that could matter, nothing is said.
fn holds_in<'p>(cx: &Cx<'p>, scope: &Scope<'p>, value: &Value, plain: bool, matcher: &Matcher) -> Option<bool> {
    if !is_decided_by_equality(value, matcher) {
        return None;
    }
    Asked::of(cx, scope, matcher)?.holds(value, plain)
}

fn is_decided_by_equality(value: &Value, matcher: &Matcher) -> bool {
    if let MatcherKind::Not(inner) = &matcher.kind {
        return is_decided_by_equality(value, inner);
    }
    match matcher.kind.row().map(|row| row.decided) {
        Some(Decided::Always) => true,
        Some(Decided::OfTexts) => value.as_str().is_some(),
        Some(Decided::Never) | None => false,
    }
}

/// A set of HTTP statuses.
#[derive(Clone, PartialEq, Eq)]
pub struct StatusSet(Vec<bool>);

impl StatusSet {
    pub fn all() -> Self {
        Self(statuses::RANGE.map(|_| true).collect())
    }

    pub fn none() -> Self {
        Self(statuses::RANGE.map(|_| false).collect())
    }

    /// The statuses of which a matcher holds, where they are known.
    pub fn of<'p>(cx: &Cx<'p>, scope: &Scope<'p>, matcher: &Matcher) -> Option<Self> {
        let any = Value::from(Json::from(*statuses::RANGE.start()));
        if !is_decided_by_equality(&any, matcher) {
            return None;
        }
        let asked = Asked::of(cx, scope, matcher)?;
        let holds = |status: i64| asked.holds(&Value::from(Json::from(status)), false);
        statuses::RANGE.map(holds).collect::<Option<Vec<bool>>>().map(Self)
    }

    pub fn and(&self, other: &Self) -> Self {
        Self(self.0.iter().zip(&other.0).map(|(a, b)| *a && *b).collect())
    }

    pub fn or(&self, other: &Self) -> Self {
        Self(self.0.iter().zip(&other.0).map(|(a, b)| *a || *b).collect())
    }

    pub fn is_none(&self) -> bool {
        !self.0.contains(&true)
    }

    pub fn is_all(&self) -> bool {
        !self.0.contains(&false)
    }

    pub fn contains(&self, status: i64) -> bool {
        let at = usize::try_from(status - statuses::RANGE.start()).ok();
        at.and_then(|at| self.0.get(at)).copied().unwrap_or(false)
    }
}
