use std::collections::HashMap;

use super::super::constant::{self, Const};
use super::super::cx::Cx;
use super::super::scope::Scope;
use super::super::types;
use super::super::walk::Sent;
use super::statuses;
use crate::diag::{Diagnostic, codes};
use crate::syntax::ast::{BinaryOp, Expect, Expr, ExprKind, Matcher, MatcherKind, RequestPartKind, SubjectKind};
use crate::value::Pattern;

/// How many expectations of one subject are compared with each other.
const MOST: usize = 32;

/// Expectations of one answer that can't hold together, and those that say the same.
pub fn answer<'p>(cx: &mut Cx<'p>, scope: &Scope<'p>, sent: Sent<'_, 'p>) {
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
                    .with_help("remove one of the two lines"),
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
        let sets = (StatusSet::of(scope, &a.matcher), StatusSet::of(scope, &b.matcher));
        if let (Some(a), Some(b)) = sets {
            return a.and(&b).is_none();
        }
    }
    excludes(cx, scope, &a.matcher, &b.matcher) || is_opposite(cx, &a.matcher, &b.matcher)
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

fn excludes<'p>(cx: &Cx<'p>, scope: &Scope<'p>, a: &'p Matcher, b: &'p Matcher) -> bool {
    if let Some(value) = equal_to(scope, a) {
        return holds_in(scope, &value, b) == Some(false);
    }
    if let Some(value) = equal_to(scope, b) {
        return holds_in(scope, &value, a) == Some(false);
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
        MatcherKind::Bare(value) | MatcherKind::Equals(value) | MatcherKind::Compare(BinaryOp::Equal, value) => {
            constant::of(value, Some(scope))
        }
        _ => None,
    }
}

/// An interval of amounts; open at an end that is excluded.
struct Bounds {
    least: (f64, bool),
    most: (f64, bool),
}

impl Bounds {
    fn is_apart(&self, other: &Bounds) -> bool {
        let below =
            |most: (f64, bool), least: (f64, bool)| most.0 < least.0 || (most.0 == least.0 && (most.1 || least.1));
        below(self.most, other.least) || below(other.most, self.least)
    }
}

fn bounds(scope: &Scope<'_>, matcher: &Matcher) -> Option<Bounds> {
    const ALL: (f64, f64) = (f64::NEG_INFINITY, f64::INFINITY);
    let amount = |expr: &Expr| constant::of(expr, Some(scope)).and_then(|value| value.amount());
    match &matcher.kind {
        MatcherKind::Compare(op, value) => {
            let at = amount(value)?;
            Some(match op {
                BinaryOp::Less => Bounds { least: (ALL.0, false), most: (at, true) },
                BinaryOp::LessEqual => Bounds { least: (ALL.0, false), most: (at, false) },
                BinaryOp::Greater => Bounds { least: (at, true), most: (ALL.1, false) },
                BinaryOp::GreaterEqual => Bounds { least: (at, false), most: (ALL.1, false) },
                _ => return None,
            })
        }
        MatcherKind::In(Expr { kind: ExprKind::Range(from, to), .. }) => {
            Some(Bounds { least: (amount(from)?, false), most: (amount(to)?, false) })
        }
        _ => None,
    }
}

/// Whether a matcher holds of a value that is known.
pub fn holds_of(value: &Const, matcher: &Matcher) -> Option<bool> {
    holds_in(&Scope::new(), value, matcher)
}

fn holds_in(scope: &Scope<'_>, value: &Const, matcher: &Matcher) -> Option<bool> {
    let text = value.text();
    let literal = |expr: &Expr| constant::of(expr, Some(scope))?.text().map(str::to_owned);
    match &matcher.kind {
        MatcherKind::Not(inner) => holds_in(scope, value, inner).map(|holds| !holds),
        MatcherKind::Compare(op, other) => constant::compare(*op, value, &constant::of(other, Some(scope))?),
        MatcherKind::Bare(other) | MatcherKind::Equals(other) => {
            Some(constant::equal(value, &constant::of(other, Some(scope))?))
        }
        MatcherKind::In(Expr { kind: ExprKind::List(items), .. }) => {
            let items = items.iter().map(|item| constant::of(item, Some(scope))).collect::<Option<Vec<_>>>()?;
            Some(items.iter().any(|item| constant::equal(value, item)))
        }
        MatcherKind::In(_) => {
            let (bounds, amount) = (bounds(scope, matcher)?, value.amount()?);
            Some(bounds.least.0 <= amount && amount <= bounds.most.0)
        }
        MatcherKind::Contains(part) => Some(text?.contains(&literal(part)?)),
        MatcherKind::StartsWith(part) => Some(text?.starts_with(&literal(part)?)),
        MatcherKind::EndsWith(part) => Some(text?.ends_with(&literal(part)?)),
        MatcherKind::MatchesRegex(regex) => Some(Pattern::compile(&regex.pattern, &regex.flags).ok()?.is_match(text?)),
        MatcherKind::Exists => Some(true),
        MatcherKind::IsEmpty => text.map(str::is_empty),
        MatcherKind::HasLength(length) => {
            let length = constant::of(length, Some(scope))?.amount()?;
            Some(text?.chars().count() as f64 == length)
        }
        _ => None,
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
    pub fn of(scope: &Scope<'_>, matcher: &Matcher) -> Option<Self> {
        let holds = |status: i64| holds_in(scope, &Const::from(status), matcher);
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
