use std::sync::Arc;

use super::super::cx::Cx;
use super::super::index::Environment as Known;
use crate::diag::{Correction, Diagnostic, closest, codes};
use crate::project::DeclRef;
use crate::source::Span;
use crate::syntax::ast::{
    EnvEntryKind, EnvValue, Environment, Expr, ExprKind, Ident, MetaKind, ObjectEntry, StrLit, Template, TemplatePart,
};
use crate::value::{NotReal, not_real};

/// The environments that a suite or load can run on: those it names, else all.
pub fn of_suite(cx: &mut Cx<'_>, metas: &[(Span, &MetaKind)]) -> Option<Arc<[usize]>> {
    let names = metas.iter().find_map(|(_, meta)| match meta {
        MetaKind::RunsOn(names) => Some(names.as_slice()),
        _ => None,
    });
    match names {
        None => Some(cx.index.everywhere.clone()),
        Some(names) => named(cx, names),
    }
}

/// The environments of these names; `None` where there are no names, or some aren't known.
pub fn named(cx: &mut Cx<'_>, names: &[Ident]) -> Option<Arc<[usize]>> {
    let mut found = Vec::new();
    let mut complete = !names.is_empty();
    for name in names {
        if let Some(definition) = cx.index.environment_definition(&name.text) {
            cx.notes.names.use_at(name.span, definition);
        }
        match cx.index.environment(&name.text) {
            Some(at) => found.push(at),
            None => {
                complete = false;
                unknown(cx, &name.text, name.span);
            }
        }
    }
    complete.then(|| found.into())
}

fn unknown(cx: &mut Cx<'_>, name: &str, span: Span) {
    if cx.index.any_broken_mentions(name) {
        return;
    }
    let diagnostic = unknown_environment(cx.index, name, span);
    cx.report(diagnostic);
}

pub fn unknown_environment(index: &super::super::index::Index<'_>, name: &str, span: Span) -> Diagnostic {
    let names = || index.environments.iter().map(|environment| environment.name.text.as_str());
    let help = match closest(name, names()) {
        Some(near) => Correction::replace(span, near).did_you_mean(),
        None if index.environments.is_empty() => {
            format!("declare it in `environments.e2e`: `environment {name} {{ api = \"https://…\" }}`").into()
        }
        None => format!("these are declared: {}", super::super::words::listed(names())).into(),
    };
    Diagnostic::error(&codes::UNDECLARED_ENVIRONMENT, span, format!("no environment is called `{name}`"))
        .with_help(help)
}

/// `env.NAME`, or a name that a plan requires.
pub fn value_in_use<'p>(cx: &mut Cx<'p>, name: &'p Ident) {
    let index = cx.index;
    if let Some(definition) = index.value_definition(&name.text) {
        cx.notes.names.use_at(name.span, definition);
    }
    if name.text.is_empty() {
        return;
    }
    if index.environments.is_empty() {
        if !index.any_broken_mentions(&name.text) && cx.tell_no_environment() {
            let message = format!("no environment is declared that could give `env.{}` a value", name.text);
            let help = format!(
                "declare one in `environments.e2e`: `environment staging {{ {} = \"https://…\" }}`, or `environment demo {{ target demo }}`",
                name.text
            );
            cx.report(Diagnostic::error(&codes::NO_ENVIRONMENT, name.span, message).with_help(help));
        }
        return;
    }
    let missing = cx.lacking(&name.text).unwrap_or_else(|| index.environments.iter().collect());
    if missing.is_empty() || index.any_broken_mentions(&name.text) {
        return;
    }
    let diagnostic = missing_value(index, &missing, &name.text, name.span);
    cx.report(diagnostic);
}

pub fn missing_value(
    index: &super::super::index::Index<'_>,
    missing: &[&Known<'_>],
    name: &str,
    span: Span,
) -> Diagnostic {
    let (which, has) = match missing {
        [only] => (format!("the environment `{}`", only.name.text), "has"),
        _ => {
            let names = super::super::words::listed(missing.iter().map(|known| known.name.text.as_str()));
            (format!("the environments {names}"), "have")
        }
    };
    let known = missing.iter().flat_map(|known| known.values.keys().copied());
    let elsewhere = index.with_value(name);
    let help = match (closest(name, known), elsewhere) {
        // A call of a flow that reads the value is no place to write another one.
        (Some(near), None) if index.project.sources.text(span) == name => {
            Correction::replace(span, near).between("env.", "").did_you_mean()
        }
        (Some(near), None) => format!("did you mean `env.{near}`?").into(),
        (_, Some(elsewhere)) => {
            let elsewhere = &elsewhere.name.text;
            format!("add `{name} = …` there, or let the suite run only where it is known: `runs on {elsewhere}`").into()
        }
        (None, None) => format!("add `{name} = …` to it").into(),
    };
    let mut diagnostic =
        Diagnostic::error(&codes::UNKNOWN_ENV_VALUE, span, format!("{which} {has} no value `{name}`")).with_help(help);
    for environment in missing.iter().take(3) {
        diagnostic = diagnostic.with_related(environment.name.span, "declared here");
    }
    diagnostic
}

/// Environments that share a name, or the honour of being the default.
pub fn declared(cx: &mut Cx<'_>, decl: DeclRef, environment: &Environment) {
    let index = cx.index;
    let first = |at: Option<usize>| {
        let first = index.environments.get(at?)?;
        (first.decl < decl).then_some(first.name.span)
    };
    let twin = first(index.environment(&environment.name.text));
    let default = first(index.default);
    let name = &environment.name;
    if let Some(first) = twin {
        cx.report(
            Diagnostic::error(
                &codes::DUPLICATE_ENVIRONMENT,
                name.span,
                format!("two environments are called `{}`", name.text),
            )
            .with_related(first, "the first one")
            .with_help("rename one of them; environments are known in the whole project"),
        );
    } else if let (Some(first), true) = (default, environment.default) {
        cx.report(
            Diagnostic::error(&codes::TWO_DEFAULTS, name.span, "two environments are the default")
                .with_related(first, "the first one")
                .with_help("remove `default` from one of them"),
        );
    }
}

/// What `require real` forbids, as far as the environment itself says it.
pub fn real_values(cx: &mut Cx<'_>, environment: &Environment) {
    let Some(real) = environment.entries.iter().find(|entry| matches!(entry.kind, EnvEntryKind::RequireReal)) else {
        return;
    };
    for entry in &environment.entries {
        let (span, message) = match &entry.kind {
            EnvEntryKind::Target(target) if target.text == "demo" => {
                (entry.span, "the demo system isn't real".to_owned())
            }
            EnvEntryKind::Value { value, .. } => {
                let written = match value {
                    EnvValue::Expr(expr) => Some(expr),
                    EnvValue::Secret { default, .. } | EnvValue::Variable { default, .. } => default.as_ref(),
                };
                let Some(Expr { kind: ExprKind::String(template), span }) = written else { continue };
                let Some(TemplatePart::Text { text, .. }) = template.parts.first() else { continue };
                let Some(reason) = unreal(text, template.parts.len() == 1) else { continue };
                (*span, reason.to_string())
            }
            _ => continue,
        };
        cx.report(
            Diagnostic::error(&codes::UNREAL, span, message)
                .with_related(real.span, "`require real` forbids it")
                .with_help("name the deployed system by its `https://` or `wss://` address, or remove `require real`"),
        );
    }
}

/// Why a URL isn't that of a real system, as far as its first text says it; a host that goes on behind it isn't known.
fn unreal(text: &str, is_whole: bool) -> Option<NotReal> {
    let (_, rest) = text.split_once("://")?;
    not_real(text).filter(|found| {
        is_whole || matches!(found, NotReal::PlainText(_)) || rest.contains(['/', '?', '#']) || rest.ends_with(':')
    })
}

/// A URL that is written out in a request, where an environment requires a real system.
pub fn unreal_url(cx: &mut Cx<'_>, url: &Template) {
    let Some(TemplatePart::Text { text, .. }) = url.parts.first() else { return };
    let Some(reason) = unreal(text, url.parts.len() == 1) else { return };
    let Some(real) = cx.real() else { return };
    cx.report(
        Diagnostic::error(&codes::UNREAL, url.span, reason.to_string())
            .with_related(real.name.span, "it says `require real`")
            .with_help("name the deployed system by its `https://` or `wss://` address, or let the suite run on other environments: `runs on …`"),
    );
}

/// `accept invalid certificate` where an environment requires a real system.
pub fn invalid_certificate(cx: &mut Cx<'_>, span: Span) {
    let Some(real) = cx.real() else { return };
    let message = format!("the environment `{}` requires a real system, whose certificate is valid", real.name.text);
    cx.report(
        Diagnostic::error(&codes::UNREAL, span, message)
            .with_related(real.name.span, "it says `require real`")
            .with_help("remove the line, or let the suite run on other environments: `runs on …`"),
    );
}

/// The part of an environment's value that only a run could give.
pub fn needs_a_run(expr: &Expr) -> Option<Span> {
    match &expr.kind {
        ExprKind::Call { .. } | ExprKind::JsonPath(_) | ExprKind::Subject(_) => Some(expr.span),
        ExprKind::String(template) => template.parts.iter().find_map(|part| match part {
            TemplatePart::Expr(expr) => needs_a_run(expr),
            TemplatePart::Text { .. } => None,
        }),
        ExprKind::Unary(_, of) | ExprKind::Field(of, _) => needs_a_run(of),
        ExprKind::Binary(_, _, a, b) | ExprKind::Range(a, b) | ExprKind::Index(a, b) => {
            needs_a_run(a).or_else(|| needs_a_run(b))
        }
        ExprKind::List(items) => items.iter().find_map(needs_a_run),
        ExprKind::Object(entries) => {
            entries.iter().filter_map(|entry: &ObjectEntry| entry.value.as_ref()).find_map(needs_a_run)
        }
        _ => None,
    }
}

/// The default environment that `e2e.toml` names.
pub fn of_config(index: &super::super::index::Index<'_>, name: &StrLit) -> Option<Diagnostic> {
    (index.environment(&name.value).is_none() && !index.any_broken_mentions(&name.value))
        .then(|| unknown_environment(index, &name.value, name.span))
}
