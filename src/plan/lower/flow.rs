use super::Lower;
use super::body::{Body, Names};
use crate::plan::{Credential, CredentialId, Flow, FlowId, FlowParam};
use crate::project::DeclRef;
use crate::syntax::ast;

impl Lower<'_> {
    /// The flow that a declaration is, and the names of its parameters. `None` when it isn't one.
    pub fn flow(&mut self, decl: DeclRef) -> Option<(FlowId, Vec<String>)> {
        let project = self.project;
        let ast::ItemKind::Flow(flow) = &project.item(decl)?.kind else { return None };
        let params = flow.params.iter().map(|param| param.name.text.clone()).collect();
        if let Some(id) = self.flow_ids.get(&decl) {
            return Some((*id, params));
        }
        let id = FlowId(self.flows.len());
        self.flows.push(None);
        self.flow_ids.insert(decl, id);
        self.waiting.push((id, decl));
        Some((id, params))
    }

    /// Lays out the flows that were called, one after the other: a chain of calls may be longer than the stack is deep.
    pub fn flows(&mut self) {
        let project = self.project;
        while let Some((id, decl)) = self.waiting.pop() {
            let Some(ast::ItemKind::Flow(flow)) = project.item(decl).map(|item| &item.kind) else { continue };
            let lowered = self.flow_body(decl, flow);
            if let Some(place) = self.flows.get_mut(id.0) {
                *place = Some(lowered);
            }
        }
    }

    fn flow_body(&mut self, decl: DeclRef, flow: &ast::Flow) -> Flow {
        let mut body = Body::new(self, decl.module, Names::default());
        let params = flow.params.iter().map(|param| {
            let default = body.optional(param.default.as_ref());
            body.names.bind(&param.name.text);
            FlowParam { name: param.name.text.clone(), default, secret: is_secret(param.ty.as_ref()) }
        });
        let params = params.collect();
        let steps = body.block(&flow.body);
        Flow {
            name: flow.name.text.clone(),
            span: flow.name.span,
            params,
            secret: is_secret(flow.result.as_ref()),
            frame: body.names.frame(),
            body: steps,
        }
    }

    pub fn credential(&mut self, decl: DeclRef) -> Option<CredentialId> {
        let project = self.project;
        let ast::ItemKind::Credential(credential) = &project.item(decl)?.kind else { return None };
        if let Some(id) = self.credential_ids.get(&decl) {
            return Some(*id);
        }
        let ast::ExprKind::Call { callee, args } = &credential.call.kind else { return None };
        let id = CredentialId(self.credentials.len());
        self.credentials.push(None);
        self.credential_ids.insert(decl, id);
        let (flow, params) = self.project.lookup(decl.module, callee).and_then(|flow| self.flow(flow))?;
        let mut body = Body::new(self, decl.module, Names::default());
        let mut placed: Vec<Option<crate::plan::Expr>> = vec![None; params.len()];
        for (position, arg) in args.iter().enumerate() {
            let index = match &arg.name {
                Some(name) => params.iter().position(|param| *param == name.text),
                None => Some(position),
            };
            let value = body.expr(&arg.value);
            if let Some(place) = index.and_then(|index| placed.get_mut(index)) {
                *place = Some(value);
            }
        }
        let refresh_before = body.optional(credential.refresh_before.as_ref());
        let lowered = Credential {
            name: credential.name.text.clone(),
            span: credential.name.span,
            flow,
            args: placed,
            refresh_before,
        };
        if let Some(place) = self.credentials.get_mut(id.0) {
            *place = Some(lowered);
        }
        Some(id)
    }
}

fn is_secret(ty: Option<&ast::TypeExpr>) -> bool {
    ty.is_some_and(|ty| match &ty.kind {
        ast::TypeExprKind::Named(path) => path.segments.len() == 1 && path.segments[0].text == "secret",
        _ => false,
    })
}
