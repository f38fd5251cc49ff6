use std::collections::HashMap;

use super::super::cx::Cx;
use crate::diag::{Diagnostic, codes};
use crate::source::Span;
use crate::syntax::ast::{ItemKind, LoadEntryKind, StrLit, Suite, SuiteEntryKind};

/// Suites and loads of one file that share a title: their results couldn't be distinguished.
pub fn of_module(cx: &mut Cx<'_>) {
    let mut suites = HashMap::new();
    let mut loads = HashMap::new();
    let module = cx.module;
    for item in &module.ast.items {
        match &item.kind {
            ItemKind::Suite(suite) => duplicate(cx, &mut suites, &suite.name, "suites"),
            ItemKind::Load(load) => {
                duplicate(cx, &mut loads, &load.name, "loads");
                let mut scenarios = HashMap::new();
                for entry in &load.entries {
                    if let LoadEntryKind::Scenario { name: Some(name), .. } = &entry.kind {
                        duplicate(cx, &mut scenarios, name, "scenarios of this load");
                    }
                }
            }
            _ => {}
        }
    }
}

pub fn of_suite(cx: &mut Cx<'_>, suite: &Suite) {
    let mut tests = HashMap::new();
    let mut any = false;
    for entry in &suite.entries {
        match &entry.kind {
            SuiteEntryKind::Test(test) => {
                any = true;
                duplicate(cx, &mut tests, &test.name, "tests of this suite");
            }
            SuiteEntryKind::Error => any = true,
            SuiteEntryKind::Meta(_) | SuiteEntryKind::Hook(_) => {}
        }
    }
    if !any && !cx.index.is_broken(suite.name.span) {
        cx.report(
            Diagnostic::warning(&codes::EMPTY_SUITE, suite.name.span, "this suite has no tests")
                .with_help("add a test, or remove the suite"),
        );
    }
}

pub fn duplicate<'p>(cx: &mut Cx<'_>, seen: &mut HashMap<&'p str, Span>, name: &'p StrLit, what: &str) {
    if name.value.trim().is_empty() && !name.span.is_empty() && !cx.index.is_broken(name.span) {
        cx.report(
            Diagnostic::error(&codes::DUPLICATE_TITLE, name.span, "this name says nothing")
                .with_help("say in a few words what must hold: it is in the report"),
        );
        return;
    }
    let Some(first) = seen.get(name.value.as_str()) else {
        seen.insert(&name.value, name.span);
        return;
    };
    if cx.index.is_broken(name.span) {
        return;
    }
    cx.report(
        Diagnostic::error(&codes::DUPLICATE_TITLE, name.span, format!("two {what} are called \"{}\"", name.value))
            .with_related(*first, "the first one")
            .with_help("give each a name of its own, so that the report says which one failed"),
    );
}
