//! What is expected of a response, judged on the bytes as they came. It only ever finds that all of it holds: whether something doesn't, and why, is for who judges a test's
//! response to say.

use std::time::Duration;

use crate::eval::{Context, Found};
use crate::event::Plainly;
use crate::matchers::{apply, weakness};
use crate::plan::{Check, Expectation, Expr, ExprKind, Matcher, MatcherKind, SubjectKind};
use crate::syntax::ast::BinaryOp;
use crate::syntax::words::{Plain, WithOperand};
use crate::value::{Json, RawPaths, Value};

/// Expectations that can be judged so.
#[derive(Clone, Debug)]
pub struct QuickChecks {
    checks: Vec<QuickCheck>,
    paths: RawPaths,
    /// What each path is to be.
    wanted: Vec<Wanted>,
}

#[derive(Clone, Debug)]
enum Wanted {
    /// As it may be written.
    Written(Box<[u8]>),
    /// What this says holds of it.
    Fitting(Matcher),
}

#[derive(Clone, Debug)]
enum QuickCheck {
    /// One of these.
    Status(Vec<u16>),
    Header {
        name: Box<str>,
        is: TextIs,
    },
    Faster {
        than: Duration,
        or_equal: bool,
    },
}

#[derive(Clone, Debug)]
enum TextIs {
    There,
    Equal(Box<str>),
    Containing(Box<str>),
    Fitting(Matcher),
}

impl QuickChecks {
    /// `None` where some of them need more than the bytes.
    pub fn of(checks: &[Check]) -> Option<Self> {
        let mut quick = Self { checks: Vec::new(), paths: RawPaths::new(), wanted: Vec::new() };
        for check in checks {
            let Check::Expect(expect) = check else { return None };
            quick.add(expect)?;
        }
        (!checks.is_empty()).then_some(quick)
    }

    pub fn count(&self) -> u64 {
        (self.checks.len() + self.wanted.len()) as u64
    }

    fn add(&mut self, expect: &Expectation) -> Option<()> {
        match (&expect.subject.kind, &expect.matcher.kind) {
            (SubjectKind::Status, MatcherKind::Compare(BinaryOp::Equal, status)) => {
                self.checks.push(QuickCheck::Status(vec![status_of(status)?]));
            }
            (SubjectKind::Status, MatcherKind::With(WithOperand::In, list)) => {
                let ExprKind::List(items) = &list.kind else { return None };
                let all = items.iter().map(status_of).collect::<Option<Vec<u16>>>()?;
                self.checks.push(QuickCheck::Status(all));
            }
            (SubjectKind::Header(name), matcher) => {
                let plain = match matcher {
                    MatcherKind::Plain(Plain::Exists) => Some(TextIs::There),
                    MatcherKind::Compare(BinaryOp::Equal, text) => text_of(text).map(TextIs::Equal),
                    MatcherKind::With(WithOperand::Contains, text) => text_of(text).map(TextIs::Containing),
                    _ => None,
                };
                let is = match plain {
                    Some(is) => is,
                    None => TextIs::Fitting(known(&expect.matcher)?),
                };
                if super::super::response::is_hidden_header(name) {
                    return None;
                }
                self.checks.push(QuickCheck::Header { name: (&**name).into(), is });
            }
            (SubjectKind::JsonPath(path), matcher) if path.names.is_empty() => {
                let way = path.path.way()?;
                let written = match matcher {
                    MatcherKind::Compare(BinaryOp::Equal, value) => written(value),
                    _ => None,
                };
                self.wanted.push(match written {
                    Some(written) => Wanted::Written(written),
                    None => Wanted::Fitting(known(&expect.matcher)?),
                });
                self.paths.add(&way);
            }
            (SubjectKind::Time, MatcherKind::Compare(op @ (BinaryOp::Less | BinaryOp::LessEqual), limit)) => {
                let ExprKind::Const(Value::Duration(than)) = &limit.kind else { return None };
                self.checks.push(QuickCheck::Faster { than: *than, or_equal: *op == BinaryOp::LessEqual });
            }
            _ => return None,
        }
        Some(())
    }

    /// Whether all of them hold, as far as the bytes say. No value of the context is asked for.
    pub fn hold(&self, response: &Plainly<'_>, context: &Context<'_>) -> bool {
        self.checks.iter().all(|check| check.holds(response, context))
            && is_utf8(response)
            && (self.wanted.is_empty() || self.values_are(response, context))
    }

    fn values_are(&self, response: &Plainly<'_>, context: &Context<'_>) -> bool {
        let Some(found) = self.paths.find(response.body) else { return false };
        found.iter().zip(&self.wanted).all(|(found, wanted)| match (found, wanted) {
            (None, _) => false,
            (Some(found), Wanted::Written(written)) => *found == &**written,
            (Some(found), Wanted::Fitting(matcher)) => {
                Json::read(found).is_ok_and(|json| fits(matcher, &Found::one(Value::from(json)), context))
            }
        })
    }
}

/// Whether what was found is what a matcher says, and proves something by that.
fn fits(matcher: &Matcher, found: &Found, context: &Context<'_>) -> bool {
    matches!(apply(matcher, found, context), Ok(Ok(()))) && weakness(matcher, found, context).is_none()
}

fn is_known(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Const(_) => true,
        ExprKind::List(items) => items.iter().all(is_known),
        ExprKind::Range(from, to) => is_known(from) && is_known(to),
        ExprKind::Unary(_, of) => is_known(of),
        _ => false,
    }
}

/// A matcher that says the same of a value that is there each time: its operands are known.
fn known(matcher: &Matcher) -> Option<Matcher> {
    let mut all = std::iter::successors(Some(matcher), |one| one.kind.inner());
    let is_fine = |one: &Matcher| match &one.kind {
        // It looks at the present.
        MatcherKind::With(WithOperand::ExpiresAfter, _) => false,
        MatcherKind::Compare(..)
        | MatcherKind::With(..)
        | MatcherKind::CloseTo { .. }
        | MatcherKind::Plain(_)
        | MatcherKind::Regex(_)
        | MatcherKind::Is(_)
        | MatcherKind::Each(_)
        | MatcherKind::Some(_)
        | MatcherKind::None(_)
        | MatcherKind::Not(_) => one.kind.operands().all(is_known),
        MatcherKind::Partial(_) | MatcherKind::Schema { .. } | MatcherKind::IsSorted { .. } => false,
    };
    all.all(is_fine).then(|| matcher.clone())
}

/// Whether a body is said to be in UTF-8, or nothing is said: what it holds is then found by its bytes.
fn is_utf8(response: &Plainly<'_>) -> bool {
    response.header("content-type").is_none_or(|content_type| {
        let text = std::str::from_utf8(content_type).unwrap_or("charset").to_ascii_lowercase();
        text.split_once("charset").is_none_or(|(_, charset)| charset.trim_matches(['=', ' ', '"']) == "utf-8")
    })
}

impl QuickCheck {
    fn holds(&self, response: &Plainly<'_>, context: &Context<'_>) -> bool {
        match self {
            QuickCheck::Status(all) => all.contains(&response.status),
            QuickCheck::Faster { than, or_equal: true } => response.total <= *than,
            QuickCheck::Faster { than, .. } => response.total < *than,
            QuickCheck::Header { name, is } => {
                let value = response.header(name).filter(|value| value.is_ascii());
                let Some(value) = value.and_then(|value| std::str::from_utf8(value).ok()) else { return false };
                match is {
                    TextIs::There => true,
                    TextIs::Equal(text) => value == &**text,
                    TextIs::Containing(text) => value.contains(&**text),
                    TextIs::Fitting(matcher) => fits(matcher, &Found::plain(Some(value)), context),
                }
            }
        }
    }
}

fn constant(expr: &Expr) -> Option<&Json> {
    match &expr.kind {
        ExprKind::Const(value) => value.as_json(),
        _ => None,
    }
}

fn status_of(expr: &Expr) -> Option<u16> {
    constant(expr)?.as_u64().and_then(|status| u16::try_from(status).ok())
}

/// Of a text that is the same in every charset. An empty one proves little, which is said elsewhere.
fn text_of(expr: &Expr) -> Option<Box<str>> {
    let text = constant(expr)?.as_str().filter(|text| text.is_ascii() && !text.is_empty())?;
    Some(text.into())
}

/// A value as it is written, where there is one way above all.
fn written(expr: &Expr) -> Option<Box<[u8]>> {
    let json = constant(expr)?;
    let is_scalar = matches!(json, Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_));
    is_scalar.then(|| json.to_string().into_bytes().into())
}
