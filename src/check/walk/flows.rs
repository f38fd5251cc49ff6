use super::super::cx::{BodyOf, Cx};
use super::super::lints;
use super::super::scope::{Binding, Kind, Scope};
use super::super::types::{self, Ty};
use super::shapes;
use crate::diag::{Correction, Diagnostic, codes};
use crate::project::DeclRef;
use crate::source::Span;
use crate::syntax::ast::{Block, Credential, Expr, ExprKind, Flow, Stmt, StmtKind};

impl<'p> Cx<'p> {
    pub fn flow(&mut self, decl: DeclRef, whole: Span, flow: &'p Flow) {
        let outer = self.begin_body(BodyOf::Decl(decl), flow.name.span, whole);
        let mut scope = Scope::new();
        self.params(&mut scope, flow);
        let result = flow.result.as_ref().map(|ty| {
            shapes::type_names(self, self.module, ty);
            types::of_type(self, self.module, ty, 0)
        });
        scope.flow = Some(result.clone());
        scope.flow_head = Span { end: flow.body.span.start, ..flow.name.span };
        self.block(&mut scope, &flow.body);
        self.report_unused(&scope);
        if let Some(ty) = &flow.result
            && !self.facts.broken
            && !returns(&flow.body)
        {
            let message = format!("`{}` promises a result and returns none", flow.name.text);
            self.report(
                Diagnostic::error(&codes::MISSING_RETURN, flow.name.span, message)
                    .with_related(ty.span, "promised here")
                    .with_help(format!("end it with `return NAME`, or remove `-> {}`", self.text(ty.span))),
            );
        }
        self.end_body(outer);
    }

    fn params(&mut self, scope: &mut Scope<'p>, flow: &'p Flow) {
        let mut optional = false;
        for param in &flow.params {
            let mut ty = param.ty.as_ref().map_or(Ty::Unknown, |ty| {
                shapes::type_names(self, self.module, ty);
                types::of_type(self, self.module, ty, 0)
            });
            if let Some(default) = &param.default {
                let of = self.expr(scope, default);
                lints::secrets::field(self, &param.name.text, Some(default));
                if !ty.meets(&of) {
                    let message = format!("`{}` is {}, and its default is {}", param.name.text, ty.words(), of.words());
                    self.report(
                        Diagnostic::error(&codes::ARGUMENT_TYPE, default.span, message)
                            .with_help("give a default of the parameter's type"),
                    );
                }
                optional = true;
            } else if optional && scope.get(&param.name.text).is_none() {
                let message =
                    format!("`{}` must be given, and comes after a parameter that need not be", param.name.text);
                self.report(
                    Diagnostic::error(&codes::WRONG_ARGUMENTS, param.name.span, message)
                        .with_help("put the parameters without a default first"),
                );
            }
            if let Some(first) = scope.get(&param.name.text) {
                let first = first.span;
                let message = format!("two parameters are called `{}`", param.name.text);
                self.report(
                    Diagnostic::error(&codes::DUPLICATE_NAME, param.name.span, message)
                        .with_related(first, "named here first")
                        .with_help("rename one of them"),
                );
                continue;
            }
            let channel = (ty == Ty::Channel).then_some(super::channels::GIVEN);
            if ty == Ty::Null {
                ty = Ty::Unknown;
            }
            let binding = Binding { span: param.name.span, kind: Kind::Param, ty, constant: None, channel };
            self.bind(scope, &param.name, binding);
        }
    }

    /// `return VALUE expires in SECONDS`
    pub fn return_step(
        &mut self,
        scope: &mut Scope<'p>,
        stmt: &'p Stmt,
        value: Option<&'p Expr>,
        expires_in: Option<&'p Expr>,
    ) {
        let ty = value.map(|value| self.expr(scope, value));
        if let Some(expires_in) = expires_in {
            let of = self.expr(scope, expires_in);
            if !of.meets(&Ty::Number) && of != Ty::Duration {
                let message = format!("a lifetime is a number of seconds or a duration, and this is {}", of.words());
                self.report(
                    Diagnostic::error(&codes::TYPE_MISMATCH, expires_in.span, message)
                        .with_help("write `expires in 15m`, or a captured number of seconds"),
                );
            }
        }
        let Some(result) = scope.flow.clone() else { return };
        let Some(ty) = ty else {
            if let Some(result) = result.filter(|result| result.is_known() && *result != Ty::Null) {
                self.report(
                    Diagnostic::error(
                        &codes::RETURN_TYPE,
                        stmt.span,
                        format!("this flow promises {} and returns nothing", result.words()),
                    )
                    .with_help("return a value, or remove the `->` and its type from the flow's head"),
                );
            }
            return;
        };
        match result {
            None => {
                let span = value.map_or(stmt.span, |value| value.span);
                let head = self.text(scope.flow_head).trim_end();
                let end = Span { end: scope.flow_head.start + head.len() as u32, ..scope.flow_head };
                let help = Correction::insert_after(end, format!(" -> {}", type_word(&ty)))
                    .between(&format!("flow {head}"), " {")
                    .on_one_line()
                    .help(|head| format!("say what it returns: `{head}`"));
                self.report(
                    Diagnostic::error(&codes::RETURN_TYPE, span, "this flow promises no result, and returns a value")
                        .with_help(help),
                );
            }
            Some(result) if !ty.meets(&result) => {
                let span = value.map_or(stmt.span, |value| value.span);
                let message = format!("this flow promises {} and returns {}", result.words(), ty.words());
                self.report(
                    Diagnostic::error(&codes::RETURN_TYPE, span, message)
                        .with_help("return what the flow's head promises, or fix the head"),
                );
            }
            Some(_) => {}
        }
    }

    pub fn credential(&mut self, decl: DeclRef, whole: Span, credential: &'p Credential) {
        let outer = self.begin_body(BodyOf::Decl(decl), credential.name.span, whole);
        let mut scope = Scope::new();
        match &credential.call.kind {
            ExprKind::Call { callee, args } => {
                let flow = self.flow_call(&mut scope, credential.call.span, callee, args);
                match flow {
                    super::calls::Called::Flow(flow, Some(result)) => {
                        if matches!(result, Ty::Unknown | Ty::String | Ty::Secret) {
                            lints::credentials::expiry(self, credential, flow);
                        } else {
                            self.not_a_credential(
                                credential,
                                &format!("a credential is a secret, and this flow gives {}", result.words()),
                            );
                        }
                    }
                    super::calls::Called::Flow(_, None) => {
                        self.not_a_credential(credential, "this flow gives no result, so there is no credential");
                    }
                    super::calls::Called::Unknown => {}
                    super::calls::Called::Function => {
                        self.not_a_credential(credential, "a credential is obtained by a flow, and this is a function");
                    }
                }
            }
            ExprKind::Error => {}
            ExprKind::Name(_) => {
                self.not_a_credential(credential, "a credential is obtained by calling a flow");
            }
            _ => {
                self.expr(&mut scope, &credential.call);
                self.not_a_credential(credential, "a credential is obtained by calling a flow");
            }
        }
        if let Some(time) = &credential.refresh_before {
            self.time(&mut scope, time, "refresh before");
        }
        self.end_body(outer);
    }

    fn not_a_credential(&mut self, credential: &Credential, message: &str) {
        self.report(
            Diagnostic::error(&codes::CREDENTIAL_CALL, credential.call.span, message)
                .with_help("write `credential NAME = FLOW(…)`, where the flow is declared with `-> secret`"),
        );
    }
}

/// Whether a step of a flow returns a value, whatever its head promises.
pub(super) fn returns_a_value(body: &Block) -> bool {
    // A spec may nest blocks as deep as it likes.
    let mut open = vec![body];
    while let Some(block) = open.pop() {
        for stmt in &block.stmts {
            match &stmt.kind {
                StmtKind::Return { value: Some(_), .. } => return true,
                StmtKind::Parallel(body)
                | StmtKind::ParallelForEach { body, .. }
                | StmtKind::ForEach { body, .. }
                | StmtKind::Repeat { body, .. }
                | StmtKind::Eventually { body, .. }
                | StmtKind::Within { body, .. } => open.push(body),
                _ => {}
            }
        }
    }
    false
}

fn type_word(ty: &Ty) -> &'static str {
    match ty {
        Ty::Unknown => "any",
        Ty::String => "string",
        Ty::Number => "number",
        Ty::Bool => "bool",
        Ty::Duration => "duration",
        Ty::Secret => "secret",
        Ty::Channel => "channel",
        Ty::List(_) => "array",
        Ty::Object(_) => "object",
        _ => "any",
    }
}

/// Whether a value is returned somewhere.
fn returns(body: &Block) -> bool {
    body.stmts.iter().any(|stmt| match &stmt.kind {
        StmtKind::Return { .. } => true,
        StmtKind::Parallel(body)
        | StmtKind::ParallelForEach { body, .. }
        | StmtKind::ForEach { body, .. }
        | StmtKind::Repeat { body, .. }
        | StmtKind::Eventually { body, .. }
        | StmtKind::Within { body, .. } => returns(body),
        _ => false,
    })
}
