use std::collections::HashMap;

use super::super::cx::Cx;
use crate::diag::{Correction, Diagnostic, Severity, closest, codes};
use crate::source::Span;
use crate::syntax::ast::{Ident, PhaseEntryKind, PlanDecl, PlanEntryKind, StrLit};
use crate::syntax::quoted;

/// Phases that share a name, and those that run nothing.
pub fn phases(cx: &mut Cx<'_>, plan: &PlanDecl) {
    let mut names = HashMap::new();
    let mut everything: Option<Span> = None;
    let mut any = false;
    for entry in &plan.entries {
        let PlanEntryKind::Phase(phase) = &entry.kind else {
            any |= matches!(entry.kind, PlanEntryKind::Error);
            continue;
        };
        any = true;
        super::titles::duplicate(cx, &mut names, &phase.name, "phases of this plan");
        let runs = phase.entries.iter().any(|entry| is_run(&entry.kind));
        if !runs && !cx.index.is_broken(entry.span) {
            cx.report(Diagnostic::error(&codes::EMPTY_PHASE, phase.name.span, "this phase runs nothing").with_help(
                "say what it runs: `run tags smoke`, `run priority P1`, `run suites \"A\"`, `run everything not run`",
            ));
        }
        let rest = phase.entries.iter().find(|entry| matches!(entry.kind, PhaseEntryKind::RunEverythingNotRun));
        if let (Some(rest), Some(first)) = (rest, everything) {
            cx.report(
                Diagnostic::warning(&codes::SELECTS_NOTHING, rest.span, "everything has been run by an earlier phase")
                    .with_related(first, "it is run here")
                    .with_help("remove this phase"),
            );
        }
        everything = everything.or(rest.map(|rest| rest.span));
    }
    if !any && !cx.index.is_broken(plan.name.span) {
        cx.report(
            Diagnostic::error(&codes::EMPTY_PHASE, plan.name.span, "this plan has no phases, so it runs nothing")
                .with_help("add `phase \"Everything\" { run everything not run; gate success > 90% }`"),
        );
    }
}

fn is_run(kind: &PhaseEntryKind) -> bool {
    matches!(
        kind,
        PhaseEntryKind::RunTags(_)
            | PhaseEntryKind::RunPriority(_)
            | PhaseEntryKind::RunSuites(_)
            | PhaseEntryKind::RunLoads(_)
            | PhaseEntryKind::RunEverythingNotRun
            | PhaseEntryKind::Error
    )
}

/// Whether suites were given at all: a plan that is checked alone can't know what it selects.
fn knows_tests(cx: &Cx<'_>) -> bool {
    !cx.index.runnable.suites.is_empty()
}

pub fn tags(cx: &mut Cx<'_>, tags: &[Ident]) {
    for tag in tags {
        if !knows_tests(cx)
            || cx.index.runnable.tags.contains(tag.text.as_str())
            || cx.index.any_broken_mentions(&tag.text)
        {
            continue;
        }
        // A warning that isn't shown needs no suggestion.
        let is_shown = !cx.notes.diagnostics.is_full(cx.module.source, Severity::Warning);
        let near = if is_shown { closest(&tag.text, cx.index.runnable.tags.iter().map(String::as_str)) } else { None };
        let help = match near {
            Some(near) => Correction::replace(tag.span, near).did_you_mean(),
            None => "give the tag to a suite or test, or remove it here".into(),
        };
        let message = format!("no suite, test or load has the tag `{}`", tag.text);
        cx.report(Diagnostic::warning(&codes::SELECTS_NOTHING, tag.span, message).with_help(help));
    }
}

pub fn priorities(cx: &mut Cx<'_>, priorities: &[Ident]) {
    for priority in priorities {
        let before = cx.notes.diagnostics.len();
        super::metas::priority(cx, priority);
        let is_known = cx.notes.diagnostics.len() == before;
        if is_known && knows_tests(cx) && !cx.index.runnable.priorities.contains(priority.text.as_str()) {
            let message = format!("no suite, test or load has the priority `{}`", priority.text);
            cx.report(
                Diagnostic::warning(&codes::SELECTS_NOTHING, priority.span, message)
                    .with_help("give the priority to a suite or test, or remove it here"),
            );
        }
    }
}

pub fn suites(cx: &mut Cx<'_>, names: &[StrLit]) {
    for name in names {
        if knows_tests(cx)
            && !cx.index.runnable.suites.contains(name.value.as_str())
            && !cx.index.any_broken_mentions(&name.value)
        {
            let near = closest(&name.value, cx.index.runnable.suites.iter().map(String::as_str));
            unknown(cx, &codes::UNKNOWN_SUITE, "suite", name, near);
        }
    }
}

pub fn loads(cx: &mut Cx<'_>, names: &[StrLit]) {
    for name in names {
        let knows = knows_tests(cx) || !cx.index.runnable.loads.is_empty();
        if knows && !cx.index.runnable.loads.contains(name.value.as_str()) && !cx.index.any_broken_mentions(&name.value)
        {
            let near = closest(&name.value, cx.index.runnable.loads.iter().map(String::as_str));
            unknown(cx, &codes::UNKNOWN_LOAD, "load", name, near);
        }
    }
}

fn unknown(cx: &mut Cx<'_>, code: &'static crate::diag::Code, what: &str, name: &StrLit, near: Option<&str>) {
    let help = match near {
        Some(near) => Correction::replace(name.span, quoted(near)).help(|name| format!("did you mean {name}?")),
        None => format!("give the file that holds the {what} too, or remove it here").into(),
    };
    let message = format!("no {what} is called \"{}\"", name.value);
    cx.report(Diagnostic::error(code, name.span, message).with_help(help));
}

/// A credential is known by its name in the whole project.
pub fn credential(cx: &mut Cx<'_>, name: &Ident) {
    if let Some(decl) = cx.index.credentials.get(name.text.as_str()) {
        cx.use_decl(*decl, std::slice::from_ref(name));
        return;
    }
    if cx.index.any_broken_mentions(&name.text) || (!knows_tests(cx) && cx.index.credentials.is_empty()) {
        return;
    }
    let help = match closest(&name.text, cx.index.credentials.keys().copied()) {
        Some(near) => Correction::replace(name.span, near).did_you_mean(),
        None => format!("declare it: `credential {} = FLOW(…)`", name.text).into(),
    };
    let message = format!("no credential is called `{}`", name.text);
    cx.report(Diagnostic::error(&codes::UNKNOWN_CREDENTIAL, name.span, message).with_help(help));
}
