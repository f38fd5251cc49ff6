use std::collections::HashMap;

use super::super::cx::Cx;
use super::super::scope::Scope;
use super::super::types::Ty;
use crate::diag::{Correction, Diagnostic, closest, codes};
use crate::source::Span;
use crate::syntax::ast::{AtRisk, ExprKind, Ident, MetaKind};

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Of {
    Suite,
    Test,
    Load,
    Scenario,
}

impl Of {
    fn words(self) -> &'static str {
        match self {
            Of::Suite => "suite",
            Of::Test => "test",
            Of::Load => "load",
            Of::Scenario => "scenario",
        }
    }
}

pub fn check<'p>(cx: &mut Cx<'p>, scope: &mut Scope<'p>, metas: &[(Span, &'p MetaKind)], of: Of) {
    let mut seen: HashMap<&'static str, Span> = HashMap::new();
    for (span, meta) in metas {
        let word = keyword(meta);
        if !allowed(meta, of) {
            let home = if of == Of::Scenario && allowed(meta, Of::Load) { "load" } else { "suite" };
            let message = format!("`{word}` says something about a {home}, not about a {}", of.words());
            let help = match of {
                Of::Load => "remove it from the load",
                Of::Scenario if allowed(meta, Of::Load) => "move it up into the load",
                Of::Scenario => "remove it from the scenario",
                _ => "move it up into the suite",
            };
            cx.report(Diagnostic::error(&codes::MISPLACED, *span, message).with_help(help));
            continue;
        }
        if let Some(first) = seen.insert(word, *span) {
            let help = match meta {
                MetaKind::Tags(_) | MetaKind::Needs(_) | MetaKind::RunsOn(_) | MetaKind::Locks(_) => {
                    "put all of them on one line, separated by commas"
                }
                _ => "remove one of them",
            };
            cx.report(
                Diagnostic::error(&codes::DUPLICATE_META, *span, format!("this {} says `{word}` twice", of.words()))
                    .with_related(first, "said here first")
                    .with_help(help),
            );
            continue;
        }
        one(cx, scope, meta);
    }
}

fn one<'p>(cx: &mut Cx<'p>, scope: &mut Scope<'p>, meta: &'p MetaKind) {
    match meta {
        MetaKind::Priority(name) => priority(cx, name),
        MetaKind::Tags(tags) => duplicate_tags(cx, tags),
        MetaKind::AtRisk(risk) => at_risk(cx, scope, risk),
        MetaKind::Needs(services) => services.iter().for_each(|service| super::services::known(cx, service)),
        MetaKind::Timeout(time) => {
            cx.time(scope, time, "timeout");
        }
        MetaKind::Retries(times) => {
            cx.count(scope, times, 0, "`retries`");
        }
        // Looked at before the suite is walked.
        MetaKind::RunsOn(_) | MetaKind::Owner(_) | MetaKind::Locks(_) | MetaKind::SideBySide => {}
    }
}

fn allowed(meta: &MetaKind, of: Of) -> bool {
    match meta {
        _ if of == Of::Scenario => matches!(meta, MetaKind::Tags(_)),
        MetaKind::RunsOn(_) | MetaKind::Locks(_) => of != Of::Test,
        MetaKind::SideBySide => of == Of::Suite,
        MetaKind::Retries(_) => of != Of::Load,
        _ => true,
    }
}

/// A meta inside a hook, a loop, or another block of steps.
pub fn misplaced(cx: &mut Cx<'_>, span: Span, meta: &MetaKind) {
    let message = format!("`{}` says something about a test, and comes among its steps", keyword(meta));
    let help = match meta {
        MetaKind::Timeout(_) => {
            "a block of steps is bounded by `within 10s { … }`; a test's `timeout` belongs at its beginning"
        }
        _ => "move it to the beginning of the test or the suite",
    };
    cx.report(Diagnostic::error(&codes::MISPLACED, span, message).with_help(help));
}

fn keyword(meta: &MetaKind) -> &'static str {
    match meta {
        MetaKind::Priority(_) => "priority",
        MetaKind::Tags(_) => "tags",
        MetaKind::Owner(_) => "owner",
        MetaKind::AtRisk(_) => "at risk",
        MetaKind::Needs(_) => "needs",
        MetaKind::Timeout(_) => "timeout",
        MetaKind::Retries(_) => "retries",
        MetaKind::RunsOn(_) => "runs on",
        MetaKind::Locks(_) => "locks",
        MetaKind::SideBySide => "tests side by side",
    }
}

/// P0 is the most important.
pub fn priority(cx: &mut Cx<'_>, name: &Ident) {
    const PRIORITIES: [&str; 5] = ["P0", "P1", "P2", "P3", "P4"];
    if PRIORITIES.contains(&name.text.as_str()) {
        return;
    }
    let help = match closest(&name.text, PRIORITIES) {
        Some(near) if near.eq_ignore_ascii_case(&name.text) => {
            Correction::replace(name.span, near).safe().did_you_mean()
        }
        _ => "priorities go from `P0`, the most important, to `P4`".into(),
    };
    let message = format!("there is no priority `{}`", name.text);
    cx.report(Diagnostic::error(&codes::UNKNOWN_PRIORITY, name.span, message).with_help(help));
}

fn duplicate_tags(cx: &mut Cx<'_>, tags: &[Ident]) {
    let mut seen = HashMap::new();
    for tag in tags {
        if let Some(first) = seen.insert(tag.text.as_str(), tag.span) {
            cx.report(
                Diagnostic::warning(&codes::DUPLICATE_TAG, tag.span, format!("the tag `{}` is given twice", tag.text))
                    .with_related(first, "given here first")
                    .with_help("remove one of them"),
            );
        }
    }
}

fn at_risk<'p>(cx: &mut Cx<'p>, scope: &mut Scope<'p>, risk: &'p AtRisk) {
    let ty = cx.expr(scope, &risk.amount);
    let (message, help) = match &risk.amount.kind {
        ExprKind::Money(money) if money.amount > 0.0 => return,
        ExprKind::Money(_) => ("nothing is at risk here", "give an amount above zero, or remove the line".into()),
        ExprKind::Error => return,
        ExprKind::Number(_) => {
            let amount =
                Correction::insert_before(risk.amount.span, "$").between("at risk ", cx.text(risk.amount.span));
            (
                "what is at risk is an amount of money, and this is a number",
                amount.help(|amount| format!("write the currency: `{amount}`")),
            )
        }
        _ if ty == Ty::Money => return,
        _ => ("what is at risk is an amount of money", "write it out: `at risk $120K MRR \"what is lost\"`".into()),
    };
    cx.report(Diagnostic::error(&codes::BAD_MONEY, risk.amount.span, message).with_help(help));
}
