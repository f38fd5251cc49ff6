//! From the syntax tree to the plan.

mod body;
mod channel;
mod expect;
mod expr;
mod flow;
mod item;
mod load;
mod release;
mod request;
mod stmt;
mod suite;
mod types;

use std::collections::HashMap;

use super::{Credential, CredentialId, Environment, Flow, FlowId, Plan};
use crate::diag::Diagnostic;
use crate::project::{DeclRef, ModuleId, Project};
use crate::source::Span;
use crate::syntax::ast;
use crate::value::{JsonPath, Shape, Value};

/// Lays out all suites of the files that were asked for, and the plan that is to be carried out, if there is one.
///
/// # Errors
/// What only shows when the plan is made: files that can't be read, cases that can't be known. A program that `check` refuses
/// gives diagnostics as well, never a panic.
pub fn compile(project: &Project, environment: Environment, release: Option<DeclRef>) -> Result<Plan, Vec<Diagnostic>> {
    let mut lower = Lower::new(project, environment);
    let (suites, loads) = lower.suites();
    let release = release.and_then(|decl| lower.release(decl));
    lower.flows();
    if lower.diagnostics.iter().any(Diagnostic::is_error) {
        return Err(lower.diagnostics);
    }
    let plan = Plan {
        sources: project.sources.clone(),
        environment: lower.environment,
        shapes: lower.shapes.into_iter().flatten().collect(),
        flows: lower.flows.into_iter().flatten().collect(),
        credentials: lower.credentials.into_iter().flatten().collect(),
        suites,
        release,
        loads,
        idle_loads: Vec::new(),
    };
    let named = crate::plan::secrets::in_names(&plan);
    if named.is_empty() { Ok(plan) } else { Err(named) }
}

/// The first line of a step, without the brace of its block: what names it, and what a message about the whole of it points at. `text` is that of
/// the span.
pub fn head(span: Span, text: &str) -> Span {
    let line = text.lines().next().unwrap_or_default();
    span.slice(0, line.trim_end().trim_end_matches('{').trim_end().len())
}

/// What has been laid out so far. A shape or credential is laid out when it is first used, and a flow later; its place is taken
/// beforehand, so that one that refers to itself ends.
struct Lower<'p> {
    project: &'p Project,
    environment: Environment,
    shapes: Vec<Option<Shape>>,
    shape_ids: HashMap<DeclRef, usize>,
    flows: Vec<Option<Flow>>,
    flow_ids: HashMap<DeclRef, FlowId>,
    /// Flows that were called and aren't laid out yet.
    waiting: Vec<(FlowId, DeclRef)>,
    credentials: Vec<Option<Credential>>,
    credential_ids: HashMap<DeclRef, CredentialId>,
    /// The paths so far, by their texts: what many tests ask for alike is there once.
    paths: HashMap<String, JsonPath>,
    diagnostics: Vec<Diagnostic>,
}

/// Lowers single expressions and requests that are outside of any test: an environment's values and probes.
pub(super) struct Values<'p>(Lower<'p>);

impl<'p> Values<'p> {
    pub fn new(project: &'p Project, environment: Environment) -> Self {
        Self(Lower::new(project, environment))
    }

    pub fn expr(&mut self, module: ModuleId, expr: &ast::Expr) -> super::Expr {
        body::Body::new(&mut self.0, module, body::Names::default()).expr(expr)
    }

    /// A matcher whose operands are known, and a plan with nothing but the shapes that it names.
    pub fn matcher(
        mut self,
        module: ModuleId,
        operands: HashMap<Span, Value>,
        matcher: &ast::Matcher,
    ) -> Option<(super::Matcher, Plan)> {
        let mut body = body::Body::new(&mut self.0, module, body::Names::default());
        body.known = operands;
        let matcher = body.matcher(matcher)?;
        if self.0.diagnostics.iter().any(Diagnostic::is_error) {
            return None;
        }
        let plan = Plan {
            sources: Default::default(),
            environment: self.0.environment,
            shapes: self.0.shapes.into_iter().flatten().collect(),
            flows: Vec::new(),
            credentials: Vec::new(),
            suites: Vec::new(),
            release: None,
            loads: Vec::new(),
            idle_loads: Vec::new(),
        };
        Some((matcher, plan))
    }

    pub fn request(&mut self, module: ModuleId, request: &ast::Request) -> super::Request {
        body::Body::new(&mut self.0, module, body::Names::default()).request(request)
    }
}

impl<'p> Lower<'p> {
    fn new(project: &'p Project, environment: Environment) -> Self {
        Self {
            project,
            environment,
            shapes: Vec::new(),
            shape_ids: HashMap::new(),
            flows: Vec::new(),
            flow_ids: HashMap::new(),
            waiting: Vec::new(),
            credentials: Vec::new(),
            credential_ids: HashMap::new(),
            paths: HashMap::new(),
            diagnostics: Vec::new(),
        }
    }
}
