use std::collections::HashMap;

use super::super::cx::Cx;
use crate::diag::{Correction, Diagnostic, circle, closest, codes};
use crate::source::Span;
use crate::syntax::ast::{EnvEntryKind, Environment, Ident, ServiceEntryKind};

/// A service that a suite or plan names: one of the environments it can run on must declare it.
pub fn known(cx: &mut Cx<'_>, service: &Ident) {
    let index = cx.index;
    if let Some(definition) = index.service_definition(&service.text) {
        cx.notes.names.use_at(service.span, definition);
    }
    let elsewhere = index.with_service(&service.text);
    let declared = |at: &usize| {
        index.environments.get(*at).is_some_and(|known| known.services.contains_key(service.text.as_str()))
    };
    if elsewhere.is_some() && (cx.runs_everywhere() || cx.runs_on().is_some_and(|runs_on| runs_on.iter().any(declared)))
    {
        return;
    }
    if index.any_broken_mentions(&service.text) {
        return;
    }
    let names = index.environments.iter().flat_map(|known| known.services.keys().copied());
    let help = match (elsewhere, closest(&service.text, names)) {
        (Some(elsewhere), _) => format!("only `{}` declares it: add it to the others", elsewhere.name.text).into(),
        (None, Some(near)) => Correction::replace(service.span, near).did_you_mean(),
        (None, None) => {
            format!("declare it in the environment: `service {} {{ probe GET {{{{env.api}}}}/health }}`", service.text)
                .into()
        }
    };
    let message = format!("no environment declares a service `{}`", service.text);
    cx.report(Diagnostic::error(&codes::UNKNOWN_SERVICE, service.span, message).with_help(help));
}

pub fn depends_on(cx: &mut Cx<'_>, environment: &Environment, services: &Services<'_>, names: &[Ident]) {
    for name in names {
        if let Some(definition) = cx.index.service_definition(&name.text) {
            cx.notes.names.use_at(name.span, definition);
        }
        if services.contains_key(name.text.as_str()) || cx.index.any_broken_mentions(&name.text) {
            continue;
        }
        let help = match closest(&name.text, services.keys().copied()) {
            Some(near) => Correction::replace(name.span, near).did_you_mean(),
            None => format!("declare it in this environment: `service {} {{ … }}`", name.text).into(),
        };
        let message = format!("the environment `{}` has no service `{}`", environment.name.text, name.text);
        cx.report(Diagnostic::error(&codes::UNKNOWN_SERVICE, name.span, message).with_help(help));
    }
}

/// The services of an environment, and what each depends on.
pub type Services<'e> = HashMap<&'e str, Vec<(&'e str, Span)>>;

pub fn of(environment: &Environment) -> Services<'_> {
    let mut services = Services::new();
    for entry in &environment.entries {
        let EnvEntryKind::Service(service) = &entry.kind else { continue };
        let edges = services.entry(&service.name.text).or_default();
        for entry in &service.entries {
            if let ServiceEntryKind::DependsOn(names) = &entry.kind {
                edges.extend(names.iter().map(|name| (name.text.as_str(), name.span)));
            }
        }
    }
    services
}

/// Services that depend on each other: a cause could never be distinguished from its effect.
pub fn cycles(cx: &mut Cx<'_>, environment: &Environment, services: &Services<'_>) {
    // The place on the way of a service that is looked at, `None` of one that is done.
    let mut state: HashMap<&str, Option<usize>> = HashMap::new();
    let names = environment.entries.iter().filter_map(|entry| match &entry.kind {
        EnvEntryKind::Service(service) => Some(service.name.text.as_str()),
        _ => None,
    });
    for start in names {
        if state.contains_key(start) {
            continue;
        }
        // Depth first, with a stack of its own.
        let mut stack: Vec<(&str, usize)> = vec![(start, 0)];
        state.insert(start, Some(0));
        while let Some((name, next)) = stack.last_mut() {
            let Some((to, span)) = services.get(*name).and_then(|edges| edges.get(*next)) else {
                state.insert(*name, None);
                stack.pop();
                continue;
            };
            *next += 1;
            match state.get(to) {
                None if services.contains_key(to) => {
                    state.insert(*to, Some(stack.len()));
                    stack.push((*to, 0));
                }
                Some(Some(first)) => {
                    let way = stack.get(*first..).unwrap_or_default();
                    let way =
                        circle(way.len(), |at| way.get(at).map(|(name, _)| format!("`{name}`")).unwrap_or_default());
                    cx.report(
                        Diagnostic::error(
                            &codes::SERVICE_CYCLE,
                            *span,
                            format!("these services depend on each other: {way}"),
                        )
                        .with_help("remove the dependency that isn't one"),
                    );
                }
                _ => {}
            }
        }
    }
}
