use super::super::constant;
use super::super::cx::Cx;
use super::super::lints;
use super::super::scope::{Binding, Kind, Scope};
use super::super::types::Ty;
use super::calls::Called;
use super::suites::push_limit;
use crate::diag::{Correction, Diagnostic, codes};
use crate::source::Span;
use crate::syntax::ast::{Block, Capture, Condition, Expr, ExprKind, ForEachHead, Ident, Stmt, StmtKind};

impl<'p> Cx<'p> {
    pub fn block(&mut self, scope: &mut Scope<'p>, block: &'p Block) {
        lints::blocks::unreachable(self, block);
        for stmt in &block.stmts {
            if self.is_full() {
                return;
            }
            self.step(scope, stmt);
        }
    }

    fn step(&mut self, scope: &mut Scope<'p>, stmt: &'p Stmt) {
        match &stmt.kind {
            // Those of a test's own body have been looked at.
            StmtKind::Meta(_) | StmtKind::Error => {}
            StmtKind::Let { name, value } => self.let_step(scope, stmt.span, name, value),
            StmtKind::Capture(capture) => self.capture_step(scope, capture),
            StmtKind::Call(call) => self.call_step(scope, call),
            StmtKind::Request(request) => self.request(scope, request),
            StmtKind::Expect(expect) => self.expectation(scope, expect),
            StmtKind::Wait(time) => {
                self.time(scope, time, "wait");
            }
            StmtKind::Parallel(body) => self.parallel(scope, body),
            StmtKind::ParallelForEach { head, body } | StmtKind::ForEach { head, body } => {
                self.for_each(scope, head, body);
            }
            StmtKind::Repeat { times, body, .. } => self.repeat(scope, times, body),
            StmtKind::Eventually { within, every, body } => {
                self.eventually(scope, stmt.span, within, every.as_ref(), body)
            }
            StmtKind::Within { limit, body } => self.within(scope, limit, body),
            StmtKind::SkipWhen { condition, .. } => self.skip_when(scope, condition),
            StmtKind::Mark(name) => self.mark(scope, name),
            StmtKind::Return { value, expires_in } => {
                self.return_step(scope, stmt, value.as_ref(), expires_in.as_ref());
            }
            StmtKind::Open(open) => self.open(scope, open),
            StmtKind::Channel(step) => self.channel_step(scope, step),
            StmtKind::ChannelExpect(expect) => self.channel_expect(scope, expect),
        }
    }

    fn let_step(&mut self, scope: &mut Scope<'p>, stmt: Span, name: &'p Ident, value: &'p Expr) {
        let mut is_flow = false;
        let ty = match &value.kind {
            ExprKind::Call { callee, args } => match self.flow_call(scope, value.span, callee, args) {
                Called::Flow(_, Some(ty)) => {
                    is_flow = true;
                    ty
                }
                // It returns one all the same, and its head is what is wrong.
                Called::Flow(flow, None) if super::flows::returns_a_value(&flow.body) => Ty::Unknown,
                Called::Flow(flow, None) => {
                    let message = format!("`{}` gives no result", flow.name.text);
                    self.report(
                        Diagnostic::error(&codes::NO_RESULT, value.span, message)
                            .with_related(flow.name.span, "the flow")
                            .with_help(
                                Correction::replace(Span { end: value.span.start, ..stmt }, "call ")
                                    .between("", self.text(value.span))
                                    .help(|call| format!("write `{call}`, or let the flow `return` a value")),
                            ),
                    );
                    Ty::Unknown
                }
                Called::Function => self.expr(scope, value),
                Called::Unknown => Ty::Unknown,
            },
            _ => self.expr(scope, value),
        };
        lints::secrets::field(self, &name.text, Some(value));
        let constant = if is_flow { None } else { constant::of(value, Some(scope)) };
        let channel = (ty == Ty::Channel).then_some(super::channels::GIVEN);
        let binding = Binding { span: name.span, kind: Kind::Let, ty, constant, channel };
        self.bind(scope, name, binding);
    }

    /// A capture outside of a request takes a part of the last response, or a value.
    fn capture_step(&mut self, scope: &mut Scope<'p>, capture: &'p Capture) {
        if scope.answered {
            let place = std::mem::replace(&mut scope.place, super::super::scope::Place::Response);
            self.capture(scope, capture);
            scope.place = place;
        } else {
            self.capture(scope, capture);
        }
    }

    pub fn capture(&mut self, scope: &mut Scope<'p>, capture: &'p Capture) {
        let ty = self.subject(scope, &capture.subject);
        let mut captured = if capture.secret { Ty::Secret } else { ty.clone() };
        if let Some(regex) = &capture.regex {
            self.regex(regex);
            if matches!(ty, Ty::Channel | Ty::Mark) {
                let message = format!("a regex searches a text, and this is {}", ty.words());
                self.report(
                    Diagnostic::error(&codes::TYPE_MISMATCH, regex.span, message)
                        .with_help("capture the value without a regex"),
                );
            }
            captured = if capture.secret { Ty::Secret } else { Ty::String };
        }
        let kind = if capture.collect { Kind::Collect } else { Kind::Capture };
        let ty = if capture.collect { Ty::list_of(captured) } else { captured };
        let binding = Binding { span: capture.name.span, kind, ty, constant: None, channel: None };
        self.bind(scope, &capture.name, binding);
    }

    fn call_step(&mut self, scope: &mut Scope<'p>, call: &'p Expr) {
        let ExprKind::Call { callee, args } = &call.kind else { return };
        if let Called::Function = self.flow_call(scope, call.span, callee, args) {
            let message = format!("`{}` gives a value, which is lost here", super::super::words::dotted(callee));
            self.report(
                Diagnostic::error(&codes::UNKNOWN_FUNCTION, callee.span, message)
                    .with_help(format!("`call` takes a flow; name the value: `let value = {}`", self.text(call.span))),
            );
        }
    }

    /// A duration that bounds a wait: its seconds where they are known.
    pub fn time(&mut self, scope: &mut Scope<'p>, time: &'p Expr, what: &str) -> Option<f64> {
        let ty = self.expr(scope, time);
        lints::waits::time(self, scope, time, &ty, what)
    }

    /// A whole number that counts something: its value where it is known.
    pub fn count(&mut self, scope: &mut Scope<'p>, count: &'p Expr, least: i64, what: &str) -> Option<i64> {
        let ty = self.expr(scope, count);
        lints::counts::whole(self, scope, count, &ty, least, what)
    }

    fn parallel(&mut self, scope: &mut Scope<'p>, body: &'p Block) {
        lints::blocks::empty(self, body, "this `parallel`");
        let named: Vec<(usize, (&'p str, Span))> = body
            .stmts
            .iter()
            .enumerate()
            .flat_map(|(at, stmt)| names_of(stmt).into_iter().map(move |name| (at, name)))
            .collect();
        let mut branches = Vec::with_capacity(body.stmts.len());
        for (at, stmt) in body.stmts.iter().enumerate() {
            let mut branch = scope.branch();
            let others = named.iter().filter(|(other, _)| *other != at).map(|(_, name)| *name);
            branch.hide(others.take(MOST_HIDDEN));
            self.step(&mut branch, stmt);
            branches.push(branch);
        }
        scope.merge(branches);
    }

    fn for_each(&mut self, scope: &mut Scope<'p>, head: &'p ForEachHead, body: &'p Block) {
        lints::blocks::empty(self, body, "this loop");
        let before = self.before();
        let element = self.loop_list(scope, &head.list, "the loop");
        self.rows(&head.list, before, "the loop");
        let binding = Binding { span: head.name.span, kind: Kind::Loop, ty: element, constant: None, channel: None };
        self.bind(scope, &head.name, binding);
        self.looped(scope, body);
    }

    fn looped(&mut self, scope: &mut Scope<'p>, body: &'p Block) {
        scope.loops += 1;
        self.nested(scope, body);
        scope.loops -= 1;
    }

    /// Steps inside a step: metas have no place among them.
    fn nested(&mut self, scope: &mut Scope<'p>, body: &'p Block) {
        for stmt in &body.stmts {
            if let StmtKind::Meta(meta) = &stmt.kind {
                lints::metas::misplaced(self, stmt.span, meta);
            }
        }
        self.block(scope, body);
    }

    fn repeat(&mut self, scope: &mut Scope<'p>, times: &'p Expr, body: &'p Block) {
        lints::blocks::empty(self, body, "this loop");
        self.count(scope, times, 1, "`repeat`");
        self.looped(scope, body);
    }

    fn eventually(
        &mut self,
        scope: &mut Scope<'p>,
        span: Span,
        within: &'p Expr,
        every: Option<&'p Expr>,
        body: &'p Block,
    ) {
        lints::blocks::empty(self, body, "this `eventually`");
        let limit = self.time(scope, within, "within");
        let pause = every.and_then(|every| self.time(scope, every, "every"));
        if let (Some(limit), Some(pause), Some(every)) = (limit, pause, every)
            && pause >= limit
        {
            self.report(
                Diagnostic::error(
                    &codes::WAIT_TOO_LONG,
                    every.span,
                    "the pause is as long as the whole wait: there would be one round",
                )
                .with_related(within.span, "the whole wait")
                .with_help("make the pause shorter, or wait longer"),
            );
        }
        lints::blocks::eventually(self, span, body);
        push_limit(scope, within, "the `eventually` around it");
        self.looped(scope, body);
        if limit.is_some() {
            scope.limits.pop();
        }
    }

    fn within(&mut self, scope: &mut Scope<'p>, limit: &'p Expr, body: &'p Block) {
        lints::blocks::empty(self, body, "this `within`");
        let known = self.time(scope, limit, "within").is_some();
        if known {
            push_limit(scope, limit, "the `within` around it");
        }
        self.nested(scope, body);
        if known {
            scope.limits.pop();
        }
    }

    fn skip_when(&mut self, scope: &mut Scope<'p>, condition: &'p Condition) {
        self.condition(scope, condition);
        lints::vacuous::skip(self, scope, condition);
    }

    fn mark(&mut self, scope: &mut Scope<'p>, name: &'p Ident) {
        let binding = Binding { span: name.span, kind: Kind::Mark, ty: Ty::Mark, constant: None, channel: None };
        self.bind(scope, name, binding);
    }
}

/// How many names of other branches are kept for the help of a message.
const MOST_HIDDEN: usize = 64;

/// What a branch of `parallel` names, for those who look for it in another one.
fn names_of(stmt: &Stmt) -> Vec<(&str, Span)> {
    use crate::syntax::ast::RequestPartKind;
    match &stmt.kind {
        StmtKind::Let { name, .. } => vec![(&name.text, name.span)],
        StmtKind::Capture(capture) => vec![(&capture.name.text, capture.name.span)],
        StmtKind::Request(request) => request
            .parts
            .iter()
            .filter_map(|part| match &part.kind {
                RequestPartKind::Capture(capture) => Some((capture.name.text.as_str(), capture.name.span)),
                _ => None,
            })
            .collect(),
        StmtKind::ForEach { body, .. }
        | StmtKind::Repeat { body, .. }
        | StmtKind::Eventually { body, .. }
        | StmtKind::Within { body, .. } => body.stmts.iter().flat_map(names_of).collect(),
        _ => Vec::new(),
    }
}
