//! What holds of every text, however broken.

use crate::source::Span;
use crate::syntax::Parsed;
use crate::syntax::ast::{Block, EnvEntryKind, ItemKind, Stmt, StmtKind, SuiteEntryKind};

/// Every span lies in the text, on boundaries of characters; comments are in order and are comments; children lie in their parents.
pub fn check(text: &str, parsed: &Parsed) {
    for diagnostic in &parsed.diagnostics {
        check_span(text, diagnostic.span);
        assert!(diagnostic.help.is_some(), "{} has no help", diagnostic.code.name);
        assert!(!diagnostic.message.is_empty());
        for label in &diagnostic.related {
            check_span(text, label.span);
        }
    }
    let starts: Vec<(u32, u32)> = parsed.diagnostics.iter().map(|d| (d.span.start, d.span.end)).collect();
    let shown = starts.len().min(crate::syntax::MAX_DIAGNOSTICS);
    assert!(starts[..shown].is_sorted(), "diagnostics are in the order of the text");
    let mut end = 0;
    for comment in &parsed.file.comments {
        check_span(text, comment.span);
        assert!(comment.span.start >= end, "comments are in the order of the text");
        assert!(slice(text, comment.span).starts_with('#'));
        assert_eq!(slice(text, comment.span).starts_with("##"), comment.doc);
        end = comment.span.end;
    }
    let mut end = 0;
    for item in &parsed.file.items {
        check_span(text, item.span);
        assert!(item.span.start >= end, "items are side by side");
        end = item.span.end;
        check_item(text, item.span, &item.kind);
    }
}

fn check_item(text: &str, span: Span, item: &ItemKind) {
    match item {
        ItemKind::Suite(suite) => {
            for entry in &suite.entries {
                check_inside(text, entry.span, span);
                match &entry.kind {
                    SuiteEntryKind::Test(test) => check_block(text, &test.body, entry.span),
                    SuiteEntryKind::Hook(hook) => check_block(text, &hook.body, entry.span),
                    SuiteEntryKind::Meta(_) | SuiteEntryKind::Error => {}
                }
            }
        }
        ItemKind::Flow(flow) => check_block(text, &flow.body, span),
        ItemKind::Environment(environment) => {
            for entry in &environment.entries {
                check_inside(text, entry.span, span);
                if let EnvEntryKind::Value { name, .. } = &entry.kind {
                    check_inside(text, name.span, entry.span);
                }
            }
        }
        _ => {}
    }
}

fn check_block(text: &str, block: &Block, parent: Span) {
    check_inside(text, block.span, parent);
    for stmt in &block.stmts {
        check_inside(text, stmt.span, block.span);
        check_stmt(text, stmt);
    }
}

fn check_stmt(text: &str, stmt: &Stmt) {
    match &stmt.kind {
        StmtKind::Let { name, value } => {
            check_inside(text, name.span, stmt.span);
            check_inside(text, value.span, stmt.span);
        }
        StmtKind::Request(request) => {
            check_inside(text, request.url.span, stmt.span);
            for part in &request.parts {
                check_inside(text, part.span, stmt.span);
            }
        }
        StmtKind::Expect(expect) => {
            check_inside(text, expect.subject.span, expect.span);
            check_inside(text, expect.matcher.span, expect.span);
        }
        StmtKind::Parallel(body)
        | StmtKind::Repeat { body, .. }
        | StmtKind::Within { body, .. }
        | StmtKind::Eventually { body, .. } => {
            check_block(text, body, stmt.span);
        }
        _ => {}
    }
}

fn check_inside(text: &str, span: Span, parent: Span) {
    check_span(text, span);
    assert!(parent.start <= span.start && span.end <= parent.end, "{span:?} is outside of {parent:?}");
    let covered = slice(text, span);
    assert!(!covered.ends_with(char::is_whitespace), "`{}` ends with more than it covers", covered.escape_debug());
}

fn check_span(text: &str, span: Span) {
    assert!(span.start <= span.end && span.end as usize <= text.len(), "{span:?} of {} bytes", text.len());
    assert!(text.is_char_boundary(span.start as usize) && text.is_char_boundary(span.end as usize), "{span:?}");
}

fn slice(text: &str, span: Span) -> &str {
    &text[span.start as usize..span.end as usize]
}
