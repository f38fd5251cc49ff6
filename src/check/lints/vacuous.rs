use super::super::asked::Asked;
use super::super::constant;
use super::super::cx::Cx;
use super::super::scope::{Place, Scope};
use super::super::types::{self, Ty};
use super::{contradictions, statuses};
use crate::diag::{Diagnostic, codes};
use crate::source::Span;
use crate::syntax::ast::{
    BinaryOp, Condition, ConditionKind, EitherExpect, Expect, Expr, ExprKind, Matcher, MatcherKind, PartialKind,
    RequestPart, RequestPartKind, Subject, SubjectKind, TypeExpr, TypeExprKind,
};
use crate::syntax::words::{Fits, Plain, WithOperand};

/// Reports an expectation whose outcome is known beforehand.
pub fn expectation<'p>(cx: &mut Cx<'p>, scope: &Scope<'p>, expect: &'p Expect) {
    if matches!(expect.subject.kind, SubjectKind::Status) && !statuses_of(cx, scope, &expect.matcher) {
        return;
    }
    let span = expect.subject.span.to(expect.matcher.span);
    report(cx, span, truth(cx, scope, &expect.subject, &expect.matcher));
}

/// A condition that decides which frames are meant.
pub fn condition<'p>(cx: &mut Cx<'p>, scope: &Scope<'p>, condition: &'p Condition) {
    let truth = condition_truth(cx, scope, condition);
    report(cx, condition.span, truth);
}

fn report(cx: &mut Cx<'_>, span: Span, truth: Option<bool>) {
    match truth {
        Some(true) => cx.report(
            Diagnostic::warning(
                &codes::ALWAYS_HOLDS,
                span,
                "this holds whatever the server answers, so it proves nothing",
            )
            .with_help("say what the right response is, more closely; or remove the line"),
        ),
        Some(false) => cx.report(
            Diagnostic::error(&codes::NEVER_HOLDS, span, "this can't hold, whatever the server answers")
                .with_help("fix the value or the matcher"),
        ),
        None => {}
    }
}

/// `skip when` with a condition that is known: the test always runs, or never.
pub fn skip<'p>(cx: &mut Cx<'p>, scope: &Scope<'p>, condition: &'p Condition) {
    let (message, help) = match condition_truth(cx, scope, condition) {
        Some(true) => (
            "this always holds, so the test never runs",
            "compare a value of the environment: `skip when env.mode == \"ci\"`",
        ),
        Some(false) => {
            ("this never holds, so nothing is skipped", "remove the line, or compare a value of the environment")
        }
        None => return,
    };
    cx.report(Diagnostic::warning(&codes::ALWAYS_SKIPPED, condition.span, message).with_help(help));
}

fn condition_truth<'p>(cx: &Cx<'p>, scope: &Scope<'p>, condition: &'p Condition) -> Option<bool> {
    match &condition.kind {
        ConditionKind::Test { subject, matcher } => truth(cx, scope, subject, matcher),
        ConditionKind::Not(inner) => condition_truth(cx, scope, inner).map(|holds| !holds),
        ConditionKind::And(all) => joined(all.iter().map(|inner| condition_truth(cx, scope, inner)), false),
        ConditionKind::Or(any) => joined(any.iter().map(|inner| condition_truth(cx, scope, inner)), true),
        ConditionKind::Error => None,
    }
}

/// One that is `decides` decides the whole; all that are the contrary do too.
fn joined(truths: impl Iterator<Item = Option<bool>>, decides: bool) -> Option<bool> {
    let mut known = true;
    for truth in truths {
        match truth {
            Some(holds) if holds == decides => return Some(decides),
            Some(_) => {}
            None => known = false,
        }
    }
    known.then_some(!decides)
}

/// Statuses that a matcher names must be some.
fn statuses_of<'p>(cx: &mut Cx<'p>, scope: &Scope<'p>, matcher: &'p Matcher) -> bool {
    match &matcher.kind {
        MatcherKind::Bare(value)
        | MatcherKind::With(WithOperand::Equals, value)
        | MatcherKind::Compare(BinaryOp::Equal | BinaryOp::NotEqual, value) => statuses::one(cx, scope, value),
        MatcherKind::With(WithOperand::In, value) => statuses::list(cx, scope, value),
        MatcherKind::Not(inner) => statuses_of(cx, scope, inner),
        _ => true,
    }
}

/// Whether a matcher holds of a subject whatever comes; `None` where that depends.
pub fn truth<'p>(cx: &Cx<'p>, scope: &Scope<'p>, subject: &'p Subject, matcher: &'p Matcher) -> Option<bool> {
    let range = range_of(scope, subject);
    if let SubjectKind::Expr(expr) = &subject.kind
        && let Some(value) = constant::of(expr, Some(scope))
        && let Some(asked) = Asked::of(cx, scope, matcher)
    {
        return asked.holds(value.value(), false);
    }
    match &matcher.kind {
        // What has no length isn't of another length either: neither holds of it.
        MatcherKind::Not(inner) if matches!(inner.kind.fits(), Some(Fits::Length | Fits::Amount)) => None,
        MatcherKind::Not(inner) => truth(cx, scope, subject, inner).map(|holds| !holds),
        MatcherKind::Each(inner) => (intrinsic(cx, inner, false) == Some(true)).then_some(true),
        MatcherKind::Compare(op, value) => compared(cx, scope, subject, range, *op, value),
        MatcherKind::Bare(value) => compared(cx, scope, subject, range, BinaryOp::Equal, value),
        MatcherKind::With(WithOperand::In, value) => inside(scope, range, value),
        MatcherKind::Is(ty) => is_type(cx, subject, ty),
        MatcherKind::Plain(Plain::Exists) => always_exists(scope, subject).then_some(true),
        MatcherKind::With(word, value) if word.row().fits == Fits::Length => {
            let length = constant::of(value, Some(scope))?.amount()?;
            (length < 0.0 || length.fract() != 0.0).then_some(false)
        }
        MatcherKind::CloseTo { tolerance, .. } => {
            let tolerance = constant::of(tolerance, Some(scope))?.amount()?;
            (tolerance < 0.0).then_some(false)
        }
        _ => {
            let text = matches!(
                subject.kind,
                SubjectKind::Header(_) | SubjectKind::Url | SubjectKind::Text | SubjectKind::Body
            );
            intrinsic(cx, matcher, text)
        }
    }
}

/// What a matcher is, whatever its subject. `text` says that the subject is one.
fn intrinsic(cx: &Cx<'_>, matcher: &Matcher, text: bool) -> Option<bool> {
    let is_empty = |expr: &Expr| constant::of(expr, None).is_some_and(|value| value.text().is_some_and(str::is_empty));
    match &matcher.kind {
        MatcherKind::With(word, value) => match word.row().fits {
            Fits::Searched => (text && is_empty(value)).then_some(true),
            Fits::Text => is_empty(value).then_some(true),
            _ => None,
        },
        MatcherKind::MatchesRegex(regex) => {
            let matches_everything = cx.index.regexes.known(regex).ok()?;
            matches_everything.then_some(true)
        }
        MatcherKind::MatchesPartial(partial) => matches!(partial.kind, PartialKind::Any).then_some(true),
        MatcherKind::Is(ty) => is_any(ty).then_some(true),
        MatcherKind::Not(inner) => intrinsic(cx, inner, text).map(|holds| !holds),
        _ => None,
    }
}

fn is_any(ty: &TypeExpr) -> bool {
    match &ty.kind {
        TypeExprKind::Named(path) => path.segments.len() == 1 && path.segments[0].text == "any",
        TypeExprKind::Or(types) => types.iter().any(is_any),
        _ => false,
    }
}

fn is_type(cx: &Cx<'_>, subject: &Subject, ty: &TypeExpr) -> Option<bool> {
    if is_any(ty) {
        return Some(true);
    }
    let known = match &subject.kind {
        SubjectKind::Status | SubjectKind::Attempts => Ty::Number,
        SubjectKind::Time | SubjectKind::TimeToFirstByte => Ty::Duration,
        SubjectKind::Size => Ty::Size,
        SubjectKind::Url => Ty::String,
        _ => return None,
    };
    let TypeExprKind::Named(path) = &ty.kind else { return None };
    let plain = ["number", "duration", "size", "string"];
    let [name] = path.segments.as_slice() else { return None };
    (plain.contains(&name.text.as_str()) && types::of_type(cx, cx.module, ty, 0) == known).then_some(true)
}

fn always_exists(scope: &Scope<'_>, subject: &Subject) -> bool {
    scope.place == Place::Response
        && matches!(
            subject.kind,
            SubjectKind::Status
                | SubjectKind::Time
                | SubjectKind::TimeToFirstByte
                | SubjectKind::Size
                | SubjectKind::Attempts
                | SubjectKind::Url
                | SubjectKind::HttpVersion
                | SubjectKind::Redirects
        )
}

/// The least and the most that a subject can be.
fn range_of(scope: &Scope<'_>, subject: &Subject) -> Option<(f64, f64)> {
    match &subject.kind {
        SubjectKind::Status => Some((100.0, 599.0)),
        SubjectKind::Time | SubjectKind::TimeToFirstByte => {
            let most = scope.limits.iter().map(|limit| limit.seconds).min_by(f64::total_cmp);
            Some((0.0, most.unwrap_or(f64::INFINITY)))
        }
        SubjectKind::Size => Some((0.0, f64::INFINITY)),
        SubjectKind::Attempts => Some((1.0, f64::INFINITY)),
        SubjectKind::Expr(Expr { kind: ExprKind::Call { callee, .. }, .. }) => {
            matches!(callee.segments.as_slice(), [name] if name.text == "length").then_some((0.0, f64::INFINITY))
        }
        _ => None,
    }
}

fn compared<'p>(
    cx: &Cx<'p>,
    scope: &Scope<'p>,
    subject: &Subject,
    range: Option<(f64, f64)>,
    op: BinaryOp,
    value: &Expr,
) -> Option<bool> {
    if is_same(cx, subject, value) {
        return match op {
            BinaryOp::Equal | BinaryOp::LessEqual | BinaryOp::GreaterEqual => Some(true),
            BinaryOp::NotEqual | BinaryOp::Less | BinaryOp::Greater => Some(false),
            _ => None,
        };
    }
    let ((least, most), limit) = (range?, constant::of(value, Some(scope))?.amount()?);
    let is_time = matches!(subject.kind, SubjectKind::Time | SubjectKind::TimeToFirstByte);
    match op {
        // Nothing that takes as long as its deadline is ever looked at.
        BinaryOp::Less if most < limit || (is_time && most <= limit) => Some(true),
        BinaryOp::Less if least >= limit => Some(false),
        BinaryOp::LessEqual if most <= limit => Some(true),
        BinaryOp::LessEqual if least > limit || (is_time && limit <= 0.0) => Some(false),
        BinaryOp::Greater if least > limit => Some(true),
        BinaryOp::Greater if most <= limit => Some(false),
        BinaryOp::GreaterEqual if least >= limit => Some(true),
        BinaryOp::GreaterEqual if most < limit || (is_time && most <= limit) => Some(false),
        BinaryOp::Equal if limit < least || limit > most => Some(false),
        BinaryOp::NotEqual if limit < least || limit > most => Some(true),
        _ => None,
    }
}

/// Whether a value is compared with itself. What a function gives may change from call to call.
fn is_same(cx: &Cx<'_>, subject: &Subject, value: &Expr) -> bool {
    let comparable = match &subject.kind {
        SubjectKind::JsonPath(_) => true,
        SubjectKind::Expr(expr) => !matches!(expr.kind, ExprKind::Call { .. } | ExprKind::Error),
        _ => false,
    };
    comparable && cx.text(subject.span) == cx.text(value.span)
}

fn inside(scope: &Scope<'_>, range: Option<(f64, f64)>, value: &Expr) -> Option<bool> {
    if matches!(&value.kind, ExprKind::List(items) if items.is_empty()) {
        return Some(false);
    }
    let ExprKind::Range(from, to) = &value.kind else { return None };
    let (least, most) = range?;
    let (from, to) = (constant::of(from, Some(scope))?.amount()?, constant::of(to, Some(scope))?.amount()?);
    if from <= least && most <= to {
        return Some(true);
    }
    (to < least || from > most).then_some(false)
}

/// Alternatives of which one always holds.
pub fn either<'p>(cx: &mut Cx<'p>, scope: &Scope<'p>, either: &'p EitherExpect) {
    if cx.index.is_broken(either.span)
        || either.branches.iter().flatten().any(|part| matches!(part.kind, RequestPartKind::Error))
    {
        return;
    }
    let span = either.span.slice(0, "either".len());
    if let Some(branch) = either.branches.iter().find(|branch| expectations(branch).next().is_none()) {
        let mut diagnostic = Diagnostic::warning(
            &codes::ALWAYS_HOLDS,
            span,
            "one of these alternatives expects nothing, so it always holds",
        )
        .with_help("say in each alternative what is expected of it");
        if let Some(part) = branch.first() {
            diagnostic = diagnostic.with_related(part.span, "nothing is expected in this one");
        }
        cx.report(diagnostic);
        return;
    }
    if covers(cx, scope, either) {
        cx.report(
            Diagnostic::warning(
                &codes::ALWAYS_HOLDS,
                span,
                "one of these alternatives holds whatever the server answers",
            )
            .with_help("leave out the alternative that isn't right, or expect more in each"),
        );
    }
}

fn expectations(branch: &[RequestPart]) -> impl Iterator<Item = &Expect> {
    branch.iter().filter_map(|part| match &part.kind {
        RequestPartKind::Expect(expect) => Some(expect),
        _ => None,
    })
}

fn covers<'p>(cx: &Cx<'p>, scope: &Scope<'p>, either: &'p EitherExpect) -> bool {
    let mut statuses = contradictions::StatusSet::none();
    let mut single: Vec<&Expect> = Vec::new();
    for branch in &either.branches {
        if branch.iter().any(|part| matches!(part.kind, RequestPartKind::Either(_))) {
            continue;
        }
        let all: Vec<&Expect> = expectations(branch).collect();
        let sets = all.iter().map(|expect| match expect.subject.kind {
            SubjectKind::Status => contradictions::StatusSet::of(cx, scope, &expect.matcher),
            _ => None,
        });
        // Only a branch that looks at nothing but the status is as wide as its statuses.
        if let Some(sets) = sets.collect::<Option<Vec<_>>>() {
            let both = sets.iter().fold(contradictions::StatusSet::all(), |both, set| both.and(set));
            statuses = statuses.or(&both);
        }
        if let [only] = all.as_slice() {
            single.push(only);
        }
    }
    const MOST: usize = 16;
    let opposed = |a: &Expect, b: &Expect| {
        cx.text(a.subject.span) == cx.text(b.subject.span) && contradictions::is_opposite(cx, &a.matcher, &b.matcher)
    };
    let single = single.get(..MOST.min(single.len())).unwrap_or_default();
    statuses.is_all() || single.iter().enumerate().any(|(at, a)| single.iter().skip(at + 1).any(|b| opposed(a, b)))
}
