use super::super::cx::Cx;
use super::super::types::Ty;
use crate::diag::{Diagnostic, codes};
use crate::source::Span;
use crate::syntax::ast::{Block, Expr, ExprKind, Stmt, StmtKind};

pub fn empty(cx: &mut Cx<'_>, block: &Block, what: &str) {
    if !block.stmts.is_empty() || block.span.is_empty() || cx.index.is_broken(block.span) {
        return;
    }
    cx.report(
        Diagnostic::warning(&codes::EMPTY_BLOCK, block.span, format!("{what} has no steps"))
            .with_help("add a step, or remove it"),
    );
}

/// Steps behind a `return`.
pub fn unreachable(cx: &mut Cx<'_>, block: &Block) {
    let Some(at) = block.stmts.iter().position(|stmt| matches!(stmt.kind, StmtKind::Return { .. })) else { return };
    let (Some(back), Some(after)) = (block.stmts.get(at), block.stmts.get(at + 1)) else { return };
    cx.report(
        Diagnostic::warning(&codes::UNREACHABLE, after.span, "this step can't be reached: the flow has returned")
            .with_related(back.span, "it returns here")
            .with_help("move it above the `return`, or remove it"),
    );
}

/// What is repeated over must be a list that isn't empty.
pub fn list(cx: &mut Cx<'_>, list: &Expr, ty: &Ty, what: &str) {
    if ty.element().is_none() {
        let message = format!("{what} is repeated over a list, and this is {}", ty.words());
        let help = match ty {
            Ty::Number => format!("count with a range: `1..{}`", cx.text(list.span)),
            _ => "give a list: `[…]`, a range such as `1..10`, or `file \"cases.csv\"`".to_owned(),
        };
        cx.report(Diagnostic::error(&codes::NOT_A_LIST, list.span, message).with_help(help));
        return;
    }
    if matches!(&list.kind, ExprKind::List(items) if items.is_empty()) {
        cx.report(
            Diagnostic::error(&codes::NEVER_RUNS, list.span, format!("this list is empty, so {what} would never run"))
                .with_help("give at least one element"),
        );
    }
}

/// A poll in which nothing is expected ends with its first round.
pub fn eventually(cx: &mut Cx<'_>, span: Span, body: &Block) {
    if body.stmts.is_empty() || cx.index.is_broken(body.span) || may_fail(&body.stmts) {
        return;
    }
    // That the test as a whole expects nothing needs not be said as well.
    cx.facts.expects = true;
    let head = Span { end: body.span.start, ..span };
    let head = Span { end: head.start + cx.text(head).trim_end().len() as u32, ..head };
    cx.report(
        Diagnostic::error(
            &codes::EXPECTS_NOTHING,
            head,
            "nothing is expected in these rounds, so the first one ends the wait",
        )
        .with_help("say what is waited for: `expect $.state == \"done\"` in the request's block"),
    );
}

fn may_fail(stmts: &[Stmt]) -> bool {
    use crate::syntax::ast::RequestPartKind;
    stmts.iter().any(|stmt| match &stmt.kind {
        StmtKind::Request(request) => request.parts.iter().any(|part| {
            matches!(
                part.kind,
                RequestPartKind::Expect(_)
                    | RequestPartKind::ExpectFailure(_)
                    | RequestPartKind::Either(_)
                    | RequestPartKind::Capture(_)
                    | RequestPartKind::Error
            )
        }),
        StmtKind::Wait(_) | StmtKind::Meta(_) | StmtKind::Mark(_) => false,
        StmtKind::Let { value, .. } => matches!(value.kind, ExprKind::Call { .. }),
        StmtKind::Parallel(body)
        | StmtKind::ParallelForEach { body, .. }
        | StmtKind::ForEach { body, .. }
        | StmtKind::Repeat { body, .. }
        | StmtKind::Within { body, .. } => may_fail(&body.stmts),
        _ => true,
    })
}
