use std::collections::HashMap;

use super::super::cx::{BodyOf, Cx};
use super::super::lints;
use super::super::scope::Scope;
use super::requests::{Purpose, Sent};
use crate::diag::{Correction, Diagnostic, closest, codes};
use crate::project::DeclRef;
use crate::syntax::ast::{
    EnvEntryKind, EnvValue, Environment, Expr, Ident, Method, RequestPart, Service, ServiceEntryKind,
};

impl<'p> Cx<'p> {
    pub fn environment(&mut self, decl: DeclRef, environment: &'p Environment) {
        self.given_names(environment);
        lints::environments::declared(self, decl, environment);
        let at = self.index.environments.binary_search_by_key(&decl, |known| known.decl);
        self.set_runs_on(at.ok().map(|at| [at].into()));
        let outer = self.begin_body(BodyOf::Other, environment.name.span, environment.name.span);
        let mut seen: HashMap<&str, crate::source::Span> = HashMap::new();
        let mut scope = Scope::new();
        // Values may use those above them; services use all.
        let later = later_values(environment);
        for (position, entry) in environment.entries.iter().enumerate() {
            match &entry.kind {
                EnvEntryKind::Value { name, value } => {
                    self.given_twice(&mut seen, name, "value");
                    self.env_entry_value(&mut scope, name, value, (position, &later));
                }
                EnvEntryKind::Target(target) => self.target(target),
                EnvEntryKind::RequireReal | EnvEntryKind::Service(_) | EnvEntryKind::Error => {}
            }
        }
        let of_services = lints::services::of(environment);
        let mut services = HashMap::new();
        for entry in &environment.entries {
            if let EnvEntryKind::Service(service) = &entry.kind {
                self.given_twice(&mut services, &service.name, "service");
                self.service(environment, &of_services, service);
            }
        }
        lints::environments::real_values(self, environment);
        lints::services::cycles(self, environment, &of_services);
        self.end_body(outer);
        self.set_runs_on(None);
    }

    /// Environments, their values and their services are known by their names in the whole project.
    fn given_names(&mut self, environment: &'p Environment) {
        let index = self.index;
        let names = &mut self.notes.names;
        if let Some(definition) = index.environment_definition(&environment.name.text) {
            names.give_at(environment.name.span, definition);
        }
        for entry in &environment.entries {
            let (name, definition) = match &entry.kind {
                EnvEntryKind::Value { name, .. } => (name, index.value_definition(&name.text)),
                EnvEntryKind::Service(service) => (&service.name, index.service_definition(&service.name.text)),
                _ => continue,
            };
            if let Some(definition) = definition {
                names.give_at(name.span, definition);
            }
        }
    }

    fn given_twice(&mut self, seen: &mut HashMap<&'p str, crate::source::Span>, name: &'p Ident, what: &str) {
        let Some(first) = seen.insert(&name.text, name.span) else { return };
        self.report(
            Diagnostic::error(
                &codes::DUPLICATE_ENV_VALUE,
                name.span,
                format!("the {what} `{}` is given twice", name.text),
            )
            .with_related(first, "given here first")
            .with_help("remove one of them"),
        );
    }

    fn env_entry_value(
        &mut self,
        scope: &mut Scope<'p>,
        name: &'p Ident,
        value: &'p EnvValue,
        (position, later): (usize, &HashMap<&'p str, usize>),
    ) {
        let expr = match value {
            EnvValue::Expr(expr) => {
                lints::secrets::field(self, &name.text, Some(expr));
                expr
            }
            EnvValue::Secret { default, .. } => match default {
                Some(default) => {
                    lints::secrets::default(self, default);
                    default
                }
                None => return,
            },
            EnvValue::Variable { default, .. } => match default {
                Some(default) => default,
                None => return,
            },
        };
        let before = self.facts.env.len();
        self.expr(scope, expr);
        let used: Vec<_> = self.facts.env.get(before..).unwrap_or_default().to_vec();
        for (used, span) in used {
            if later.get(used.as_str()).is_some_and(|at| *at >= position) {
                self.report(
                    Diagnostic::error(&codes::ENV_ORDER, span, format!("`env.{used}` isn't known yet on this line"))
                        .with_help(format!(
                            "values are computed from top to bottom: move `{used}` above `{}`",
                            name.text
                        )),
                );
            }
        }
        self.known_before_run(expr);
    }

    /// An environment's values are made of literals and of each other.
    fn known_before_run(&mut self, expr: &'p Expr) {
        if let Some(span) = lints::environments::needs_a_run(expr) {
            self.report(
                Diagnostic::error(&codes::NOT_A_VALUE, span, "a value of an environment must be known before the run")
                    .with_help("write a literal, `secret(\"NAME\")`, `variable(\"NAME\")`, or a text with other values of `env`"),
            );
        }
    }

    fn target(&mut self, target: &'p Ident) {
        const TARGETS: [&str; 1] = ["demo"];
        if TARGETS.contains(&target.text.as_str()) {
            return;
        }
        let help = match closest(&target.text, TARGETS) {
            Some(near) => Correction::replace(target.span, near).between("target ", "").did_you_mean(),
            None => "the only target is `demo`, the embedded system; other systems are named by their URLs: `api = \"https://…\"`".into(),
        };
        let message = format!("there is no target `{}`", target.text);
        self.report(Diagnostic::error(&codes::UNKNOWN_TARGET, target.span, message).with_help(help));
    }

    fn service(
        &mut self,
        environment: &'p Environment,
        services: &lints::services::Services<'_>,
        service: &'p Service,
    ) {
        let mut scope = Scope::new();
        for entry in &service.entries {
            match &entry.kind {
                ServiceEntryKind::Probe { request, within } => {
                    let parts: Vec<&RequestPart> = request.parts.iter().collect();
                    let sent = Sent {
                        purpose: Purpose::Probe,
                        method: request.method.named(),
                        url: &request.url,
                        parts: &parts,
                    };
                    if let Method::Named(name) = &request.method {
                        lints::requests::method(self, request, name);
                    }
                    self.sent(&mut scope, sent);
                    if let Some(within) = within {
                        self.known_time(&mut scope, within, "within");
                    }
                }
                ServiceEntryKind::DependsOn(names) => lints::services::depends_on(self, environment, services, names),
                ServiceEntryKind::Error => {}
            }
        }
    }
}

/// The entry that gives each value.
fn later_values(environment: &Environment) -> HashMap<&str, usize> {
    let mut values = HashMap::new();
    for (position, entry) in environment.entries.iter().enumerate() {
        if let EnvEntryKind::Value { name, .. } = &entry.kind {
            values.entry(name.text.as_str()).or_insert(position);
        }
    }
    values
}
