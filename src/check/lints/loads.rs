use super::super::cx::Cx;
use crate::diag::{Diagnostic, codes};
use crate::source::Span;
use crate::syntax::ast::{Load, LoadEntryKind};

/// A load says how much comes, for how long, and what it does; and something must be able to fail.
pub fn shape(cx: &mut Cx<'_>, load: &Load) {
    let mut amount: Option<Span> = None;
    let (mut scenarios, mut thresholds) = (0, 0);
    for entry in &load.entries {
        match &entry.kind {
            LoadEntryKind::Users { ramp, hold, .. } => {
                once(cx, &mut amount, entry.span);
                if ramp.is_none() && hold.is_none() {
                    report(cx, entry.span, "nothing says how long these users stay", "add `hold 30s`");
                }
            }
            LoadEntryKind::Rate { .. } => once(cx, &mut amount, entry.span),
            LoadEntryKind::Scenario { .. } => scenarios += 1,
            LoadEntryKind::Threshold(_) => thresholds += 1,
            LoadEntryKind::Error => return,
            LoadEntryKind::Meta(_) | LoadEntryKind::Data { .. } => {}
        }
    }
    if cx.facts.broken {
        return;
    }
    let name = load.name.span;
    if amount.is_none() {
        report(
            cx,
            name,
            "this load doesn't say how much comes",
            "add `users 50 ramp 10s hold 30s` or `rate 200/s for 30s`",
        );
    }
    if scenarios == 0 {
        report(cx, name, "this load has nothing to do", "add `scenario { GET … { expect status 200 } }`");
    } else if thresholds == 0 && !cx.facts.expects {
        cx.facts.exchanges = true;
        cx.report(
            Diagnostic::error(
                &codes::EXPECTS_NOTHING,
                name,
                "this load can't fail: it has neither thresholds nor expectations",
            )
            .with_help("add `threshold error rate < 1%` and `threshold p95(time) < 800ms`"),
        );
    }
}

fn once(cx: &mut Cx<'_>, amount: &mut Option<Span>, span: Span) {
    let Some(first) = amount.replace(span) else { return };
    cx.report(
        Diagnostic::error(&codes::LOAD_SHAPE, span, "this load says twice how much comes")
            .with_related(first, "said here first")
            .with_help("keep one: `users` for a closed model, `rate` for an open one"),
    );
}

fn report(cx: &mut Cx<'_>, span: Span, message: &str, help: &str) {
    cx.report(Diagnostic::error(&codes::LOAD_SHAPE, span, message).with_help(help));
}
