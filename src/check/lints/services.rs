use std::collections::HashMap;

use super::super::cx::Cx;
use crate::diag::{Diagnostic, closest, codes};
use crate::source::Span;
use crate::syntax::ast::{EnvEntryKind, Environment, Ident, ServiceEntryKind};

/// A service that a suite or plan names: one of the environments it can run on must declare it.
pub fn known(cx: &mut Cx<'_>, service: &Ident) {
    let index = cx.index;
    if index.any_broken_mentions(&service.text) {
        return;
    }
    let all = || (0..index.environments.len()).collect();
    let environments = cx.runs_on.clone().unwrap_or_else(all);
    let declared = |at: &usize| {
        index.environments.get(*at).is_some_and(|known| known.services.contains_key(service.text.as_str()))
    };
    if environments.iter().any(declared) {
        return;
    }
    let names = index.environments.iter().flat_map(|known| known.services.keys().copied());
    let elsewhere = index.environments.iter().find(|known| known.services.contains_key(service.text.as_str()));
    let help = match (elsewhere, closest(&service.text, names)) {
        (Some(elsewhere), _) => format!("only `{}` declares it: add it to the others", elsewhere.name.text),
        (None, Some(near)) => format!("did you mean `{near}`?"),
        (None, None) => {
            format!("declare it in the environment: `service {} {{ probe GET {{{{env.api}}}}/health }}`", service.text)
        }
    };
    let message = format!("no environment declares a service `{}`", service.text);
    cx.report(Diagnostic::error(&codes::UNKNOWN_SERVICE, service.span, message).with_help(help));
}

pub fn depends_on(cx: &mut Cx<'_>, environment: &Environment, names: &[Ident]) {
    let services = services(environment);
    for name in names {
        if services.contains_key(name.text.as_str()) || cx.index.any_broken_mentions(&name.text) {
            continue;
        }
        let help = match closest(&name.text, services.keys().copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("declare it in this environment: `service {} {{ … }}`", name.text),
        };
        let message = format!("the environment `{}` has no service `{}`", environment.name.text, name.text);
        cx.report(Diagnostic::error(&codes::UNKNOWN_SERVICE, name.span, message).with_help(help));
    }
}

type Edges<'e> = Vec<(&'e str, Span)>;

fn services(environment: &Environment) -> HashMap<&str, Edges<'_>> {
    let mut services: HashMap<&str, Edges<'_>> = HashMap::new();
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

/// Services that depend on each other: a cause could never be told from its effect.
pub fn cycles(cx: &mut Cx<'_>, environment: &Environment) {
    let services = services(environment);
    let mut done: HashMap<&str, bool> = HashMap::new();
    let names = environment.entries.iter().filter_map(|entry| match &entry.kind {
        EnvEntryKind::Service(service) => Some(service.name.text.as_str()),
        _ => None,
    });
    for start in names {
        if done.contains_key(start) {
            continue;
        }
        // Depth first, with a stack of its own.
        let mut stack: Vec<(&str, usize)> = vec![(start, 0)];
        done.insert(start, false);
        while let Some((name, next)) = stack.last_mut() {
            let Some((to, span)) = services.get(*name).and_then(|edges| edges.get(*next)) else {
                done.insert(*name, true);
                stack.pop();
                continue;
            };
            *next += 1;
            match done.get(to) {
                None if services.contains_key(to) => {
                    done.insert(*to, false);
                    stack.push((*to, 0));
                }
                Some(false) => {
                    let way: Vec<&str> = stack.iter().map(|(name, _)| *name).skip_while(|name| name != to).collect();
                    let way = way.iter().chain([to]).map(|name| format!("`{name}`")).collect::<Vec<_>>().join(" → ");
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
