use std::collections::{HashMap, HashSet};

use super::calls::reaching;
use super::cx::{BodyFacts, BodyOf, Notes};
use super::index::Index;
use super::lints::environments;
use super::reached;
use crate::diag::{Capped, Diagnostic, circle, codes};
use crate::plan::DEEPEST_CALLS;
use crate::project::{DeclRef, Module, declared_name};
use crate::source::Span;
use crate::syntax::ast::ItemKind;

/// What only shows when all modules have been walked.
pub(super) fn judge(index: &Index<'_>, notes: &[Notes], is_cut: bool) -> Capped {
    let bodies: Vec<&BodyFacts> = notes.iter().flat_map(|notes| &notes.bodies).collect();
    let decls: HashMap<DeclRef, &BodyFacts> = bodies
        .iter()
        .filter_map(|facts| match facts.of {
            BodyOf::Decl(decl) => Some((decl, *facts)),
            _ => None,
        })
        .collect();
    let mut diagnostics = Capped::default();
    recursion(index, &bodies, &decls, &mut diagnostics);
    tests(index, &bodies, &decls, &mut diagnostics);
    reached::values(index, &bodies, &decls, &mut diagnostics);
    if !is_cut {
        unused(index, notes, &mut diagnostics);
    }
    diagnostics.extend(index.project.config.environment.as_ref().and_then(|name| environments::of_config(index, name)));
    diagnostics
}

/// Flows that call themselves, over any number of others, and flows that call each other more deeply than can be run.
fn recursion(index: &Index<'_>, bodies: &[&BodyFacts], decls: &HashMap<DeclRef, &BodyFacts>, diagnostics: &mut Capped) {
    let name = |decl: DeclRef| {
        let name = index.item(decl).and_then(declared_name).map(|name| name.text.as_str()).unwrap_or_default();
        format!("`{name}`")
    };
    // The place on the way of a declaration that is looked at, `None` of one that is done.
    let mut state: HashMap<DeclRef, Option<usize>> = HashMap::new();
    // How many calls are inside of each other at most, from a declaration that is done on.
    let mut heights: HashMap<DeclRef, usize> = HashMap::new();
    for facts in bodies {
        let BodyOf::Decl(start) = facts.of else { continue };
        if state.contains_key(&start) {
            continue;
        }
        state.insert(start, Some(0));
        let mut stack = vec![(start, 0)];
        while let Some((decl, next)) = stack.last_mut() {
            let Some((to, span)) = decls.get(decl).and_then(|facts| facts.calls.get(*next)).copied() else {
                let decl = *decl;
                let calls = decls.get(&decl).into_iter().flat_map(|facts| &facts.calls);
                let deepest =
                    calls.filter_map(|(to, span)| Some((*heights.get(to)?, *span))).max_by_key(|(height, _)| *height);
                let height = deepest.map_or(0, |(height, _)| height) + 1;
                if let Some((_, span)) = deepest.filter(|_| height == DEEPEST_CALLS + 1) {
                    let message = format!(
                        "more than {DEEPEST_CALLS} calls of flows are inside of each other from {} on",
                        name(decl)
                    );
                    diagnostics.push(
                        Diagnostic::error(&codes::CALLS_TOO_DEEP, span, message)
                            .with_help("call them one after the other: a flow can return what the next one needs"),
                    );
                }
                heights.insert(decl, height);
                state.insert(decl, None);
                stack.pop();
                continue;
            };
            *next += 1;
            match state.get(&to) {
                None => {
                    state.insert(to, Some(stack.len()));
                    stack.push((to, 0));
                }
                Some(Some(first)) => {
                    let way = stack.get(*first..).unwrap_or_default();
                    let message = match way {
                        [(only, _)] => format!("{} calls itself", name(*only)),
                        _ => {
                            let name = |at: usize| way.get(at).map(|(decl, _)| name(*decl)).unwrap_or_default();
                            format!("these flows call each other: {}", circle(way.len(), name))
                        }
                    };
                    diagnostics.push(
                        Diagnostic::error(&codes::RECURSIVE_FLOW, span, message)
                            .with_help("every spec ends: repeat with `for each`, `repeat N times` or `eventually`"),
                    );
                }
                Some(None) => {}
            }
        }
    }
}

/// Tests that prove nothing.
fn tests(index: &Index<'_>, bodies: &[&BodyFacts], decls: &HashMap<DeclRef, &BodyFacts>, diagnostics: &mut Capped) {
    let expecting = reaching(decls, |facts| facts.expects || facts.broken);
    let exchanging = reaching(decls, |facts| facts.exchanges || facts.broken);
    for facts in bodies.iter().filter(|facts| !facts.broken) {
        let of_test = facts.of == BodyOf::Test;
        if !of_test && facts.of != BodyOf::Load {
            continue;
        }
        // A call of what isn't known may do anything.
        let calls = |set: &HashSet<DeclRef>| {
            facts.calls.iter().any(|(decl, _)| set.contains(decl) || !decls.contains_key(decl))
        };
        let what = if of_test { "test" } else { "load" };
        if of_test && !facts.expects && !calls(&expecting) {
            diagnostics.push(
                Diagnostic::error(&codes::EXPECTS_NOTHING, facts.span, "this test expects nothing, so it would pass whatever happens")
                    .with_help("say what must hold: `expect status 200`, `expect $.id is uuid`, `expect on chat event \"done\" within 5s`"),
            );
        } else if !facts.exchanges && !calls(&exchanging) && (of_test || !index.is_broken(facts.span)) {
            diagnostics.push(
                Diagnostic::error(
                    &codes::NO_EXCHANGE,
                    facts.span,
                    format!("this {what} exchanges nothing with the system under test"),
                )
                .with_help("send a request or open a channel: `GET {{env.api}}/health { expect status 200 }`"),
            );
        }
    }
}

/// Flows, shapes and credentials that nothing refers to. A file that only declares is there for others.
fn unused(index: &Index<'_>, notes: &[Notes], diagnostics: &mut Capped) {
    let used: HashSet<Span> = notes.iter().flat_map(|notes| notes.used.iter().copied()).collect();
    let reported: HashSet<Span> = notes.iter().flat_map(|notes| notes.diagnostics.kept()).map(|one| one.span).collect();
    for module in index.project.modules.iter().filter(|module| index.is_root(module.id) && runs(module)) {
        for (item, node) in module.ast.items.iter().enumerate() {
            let Some(name) = declared_name(node) else { continue };
            let decl = DeclRef { module: module.id, item };
            // Of two with one name, only the first can be meant, and that is reported.
            let is_twin = index.own(module.id, &name.text) != Some(decl);
            let is_reported = reported.contains(&name.span);
            if is_twin
                || is_reported
                || used.contains(&name.span)
                || name.text.is_empty()
                || index.any_broken_mentions(&name.text)
            {
                continue;
            }
            let what = match node.kind {
                ItemKind::Flow(_) => "flow",
                ItemKind::Shape(_) => "shape",
                _ => "credential",
            };
            diagnostics.push(
                Diagnostic::warning(
                    &codes::UNUSED_DECLARATION,
                    name.span,
                    format!("the {what} `{}` is never used", name.text),
                )
                .with_help("use it, remove it, or move it into a file of its own that others import"),
            );
        }
    }
}

fn runs(module: &Module) -> bool {
    module.ast.items.iter().any(|item| matches!(item.kind, ItemKind::Suite(_) | ItemKind::Load(_) | ItemKind::Plan(_)))
}
