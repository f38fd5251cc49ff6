use std::collections::HashMap;
use std::sync::Arc;

use super::body::Body;
use crate::plan::{Expr, Step, StepKind};
use crate::syntax::ast;

impl Body<'_, '_> {
    pub fn block(&mut self, block: &ast::Block) -> Vec<Step> {
        self.steps(&block.stmts)
    }

    pub fn steps(&mut self, stmts: &[ast::Stmt]) -> Vec<Step> {
        let mut steps: Vec<Step> = stmts.iter().filter_map(|stmt| self.step(stmt)).collect();
        let mut seen: HashMap<Arc<str>, u32> = HashMap::new();
        for step in &mut steps {
            let ordinal = seen.entry(step.head.clone()).or_default();
            *ordinal += 1;
            step.ordinal = *ordinal;
        }
        // A plan lives as long as the run.
        steps.shrink_to_fit();
        steps
    }

    fn step(&mut self, stmt: &ast::Stmt) -> Option<Step> {
        let outer = std::mem::take(&mut self.credentials);
        let kind = self.step_kind(stmt);
        let credentials = std::mem::replace(&mut self.credentials, outer);
        let head = words(self.lower.project.sources.text(stmt.span)).into();
        Some(Step { span: stmt.span, head, ordinal: 0, credentials, kind: kind? })
    }

    fn step_kind(&mut self, stmt: &ast::Stmt) -> Option<StepKind> {
        match &stmt.kind {
            ast::StmtKind::Meta(_) | ast::StmtKind::Error => None,
            ast::StmtKind::Let { name, value } => self.binding(name, value),
            ast::StmtKind::Capture(capture) => self.capture(capture).map(StepKind::Capture),
            ast::StmtKind::Call(call) => self.call(call, None),
            ast::StmtKind::Request(request) => Some(StepKind::Request(Arc::new(self.request(request)))),
            ast::StmtKind::Expect(expect) => self.expectation(expect).map(StepKind::Expect),
            ast::StmtKind::Wait(time) => Some(StepKind::Wait(self.expr(time))),
            ast::StmtKind::Parallel(body) => Some(StepKind::Parallel(self.nested(body))),
            ast::StmtKind::ParallelForEach { head, body } => {
                let (slot, list) = self.loop_head(head);
                Some(StepKind::ParallelForEach { slot, list, or_none: head.or_none, body: self.nested(body) })
            }
            ast::StmtKind::ForEach { head, body } => {
                let (slot, list) = self.loop_head(head);
                Some(StepKind::ForEach { slot, list, or_none: head.or_none, body: self.nested(body) })
            }
            ast::StmtKind::Repeat { times, or_none, body } => {
                let times = self.expr(times);
                Some(StepKind::Repeat { times, or_none: *or_none, body: self.nested(body) })
            }
            ast::StmtKind::Eventually { within, every, body } => {
                let (within, every) = (self.expr(within), self.optional(every.as_ref()));
                Some(StepKind::Eventually { within, every, body: self.nested(body) })
            }
            ast::StmtKind::Within { limit, body } => {
                Some(StepKind::Within { limit: self.expr(limit), body: self.nested(body) })
            }
            ast::StmtKind::SkipWhen { condition, because } => Some(StepKind::SkipWhen {
                condition: self.condition(condition)?,
                because: because.as_ref().map(|text| text.value.clone()),
            }),
            ast::StmtKind::Mark(name) => {
                Some(StepKind::Mark { name: Arc::from(name.text.as_str()), slot: self.names.bind(&name.text) })
            }
            ast::StmtKind::Return { value, expires_in } => {
                let value = self.optional(value.as_ref());
                Some(StepKind::Return { value, expires_in: self.optional(expires_in.as_ref()) })
            }
            ast::StmtKind::Open(open) => Some(StepKind::Open(Arc::new(self.open(open)?))),
            ast::StmtKind::Channel(step) => self.channel_step(step),
            ast::StmtKind::ChannelExpect(expect) => {
                self.channel_expectation(expect).map(|expect| StepKind::ExpectChannel(Arc::new(expect)))
            }
        }
    }

    /// The credentials of nested statements are theirs, not the statement's around them.
    fn nested(&mut self, block: &ast::Block) -> Vec<Step> {
        self.block(block)
    }

    pub fn optional(&mut self, expr: Option<&ast::Expr>) -> Option<Expr> {
        expr.map(|expr| self.expr(expr))
    }

    fn loop_head(&mut self, head: &ast::ForEachHead) -> (crate::plan::Slot, Expr) {
        let list = self.expr(&head.list);
        (self.names.bind(&head.name.text), list)
    }

    /// `let NAME = VALUE`, where the value may be the result of a flow.
    fn binding(&mut self, name: &ast::Ident, value: &ast::Expr) -> Option<StepKind> {
        if let ast::ExprKind::Call { callee, .. } = &value.kind
            && self.lower.project.lookup(self.module, callee).is_some()
        {
            return self.call(value, Some(name));
        }
        let value = self.expr(value);
        Some(StepKind::Let { slot: self.names.bind(&name.text), value })
    }

    fn call(&mut self, call: &ast::Expr, into: Option<&ast::Ident>) -> Option<StepKind> {
        let ast::ExprKind::Call { callee, args } = &call.kind else {
            self.unresolved(call.span, "only a flow can be called");
            return None;
        };
        let flow = self.lower.project.lookup(self.module, callee).and_then(|decl| self.lower.flow(decl));
        let Some((flow, params)) = flow else {
            self.unresolved(callee.span, "no flow has this name");
            return None;
        };
        let mut placed: Vec<Option<Expr>> = vec![None; params.len()];
        for (position, arg) in args.iter().enumerate() {
            let index = match &arg.name {
                Some(name) => params.iter().position(|param| *param == name.text),
                None => Some(position),
            };
            let value = self.expr(&arg.value);
            match index.and_then(|index| placed.get_mut(index)) {
                Some(place) => *place = Some(value),
                None => self.unresolved(arg.span, "the flow has no parameter for this"),
            }
        }
        Some(StepKind::Call { flow, args: placed, into: into.map(|name| self.names.bind(&name.text)) })
    }
}

/// What names a step among those of its block: its first line, up to the first brace that isn't an interpolation's. What a block holds changes no name.
fn words(text: &str) -> &str {
    let line = text.lines().next().unwrap_or_default();
    let brace = line.match_indices(" {").find(|(at, _)| !line[at + 2..].starts_with('{'));
    brace.map_or(line, |(at, _)| &line[..at]).trim_end()
}

#[cfg(test)]
mod tests {
    use super::words;

    #[test]
    fn what_a_block_holds_changes_no_name() {
        for (text, name) in [
            ("GET {{env.api}}/a { expect status 200 }", "GET {{env.api}}/a"),
            ("GET {{env.api}}/a {\n  expect status 200\n}", "GET {{env.api}}/a"),
            ("GET \"{{env.api}} {{x}}\"", "GET \"{{env.api}} {{x}}\""),
            ("send ch json { id: 1 }", "send ch json"),
            ("wait 5s", "wait 5s"),
            ("", ""),
        ] {
            assert_eq!(words(text), name);
        }
    }
}
