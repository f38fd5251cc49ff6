use std::rc::Rc;

use super::{Names, Source, Summary, Trace};
use crate::source::Span;
use crate::syntax::ast::{
    Arg, Block, Capture, ChannelExpectKind, ChannelPartKind, EventItem, Expr, ExprKind, ForEachHead, ItemEntryKind,
    Path, PatternBlock, PatternItemKind, RequestPart, RequestPartKind, Stmt, StmtKind,
};

/// How many flows are followed, one from another.
const DEEPEST: usize = 64;

impl<'p> Trace<'_, 'p> {
    pub(super) fn step(&mut self, names: &mut Names<'p>, stmt: &'p Stmt) {
        match &stmt.kind {
            StmtKind::Let { name, value } => {
                let source = self.value(names, value);
                names.insert(&name.text, source);
            }
            StmtKind::Capture(capture) => self.capture(names, capture),
            StmtKind::Call(call) => {
                self.value(names, call);
            }
            StmtKind::Request(request) => self.parts(names, &request.parts),
            StmtKind::Open(open) => {
                for part in &open.parts {
                    if let ChannelPartKind::Request(part) = &part.kind {
                        self.parts(names, std::slice::from_ref(part));
                    }
                }
            }
            StmtKind::ChannelExpect(expect) => self.captures_of(&expect.kind, names),
            StmtKind::ParallelForEach { head, body } | StmtKind::ForEach { head, body } => {
                self.for_each(names, head, body);
            }
            StmtKind::Repeat { body, .. } | StmtKind::Eventually { body, .. } => self.looped(names, body),
            StmtKind::Parallel(body) | StmtKind::Within { body, .. } => self.body(names, body),
            StmtKind::SkipWhen { condition, .. } => {
                let source = self.condition(names, condition);
                self.summary.skips_by.extend(source.params);
                // A path that is in the condition itself is wrong there for another reason.
                let inside = |span: Span| {
                    span.source == condition.span.source
                        && span.start >= condition.span.start
                        && span.end <= condition.span.end
                };
                if let Some(said) = source.server.filter(|said| !inside(*said)) {
                    self.report(condition.span, "whether this test is skipped depends on what a server said", said);
                }
            }
            StmtKind::Return { value: Some(value), .. } => {
                let source = self.expr(names, value);
                let result = std::mem::take(&mut self.summary.result);
                self.summary.result = result.join(source);
            }
            StmtKind::Return { value: None, .. }
            | StmtKind::Meta(_)
            | StmtKind::Expect(_)
            | StmtKind::Wait(_)
            | StmtKind::Mark(_)
            | StmtKind::Channel(_)
            | StmtKind::Error => {}
        }
    }

    fn for_each(&mut self, names: &mut Names<'p>, head: &'p ForEachHead, body: &'p Block) {
        let source = self.expr(names, &head.list);
        names.insert(&head.name.text, source);
        self.looped(names, body);
    }

    /// What a round captures is known in the next one, before the step that captures it.
    fn looped(&mut self, names: &mut Names<'p>, body: &'p Block) {
        let mut captured = Names::default();
        for stmt in &body.stmts {
            captures(stmt, &mut captured);
        }
        for (name, source) in captured.known {
            let known = names.get(name).cloned().unwrap_or_default();
            names.insert(name, known.join(source));
        }
        self.body(names, body);
    }

    fn capture(&mut self, names: &mut Names<'p>, capture: &'p Capture) {
        let source = self.subject(names, &capture.subject);
        let known = names.get(&capture.name.text).filter(|_| capture.collect).cloned().unwrap_or_default();
        names.insert(&capture.name.text, known.join(source));
    }

    fn parts(&mut self, names: &mut Names<'p>, parts: &'p [RequestPart]) {
        for part in parts {
            match &part.kind {
                RequestPartKind::Capture(capture) => self.capture(names, capture),
                RequestPartKind::Either(either) => {
                    either.branches.iter().for_each(|branch| self.parts(names, branch));
                }
                _ => {}
            }
        }
    }

    fn captures_of(&mut self, kind: &'p ChannelExpectKind, names: &mut Names<'p>) {
        match kind {
            ChannelExpectKind::Block { block, .. } => self.block_captures(names, block),
            ChannelExpectKind::Item { item, .. } | ChannelExpectKind::Never { item, .. } => {
                self.item_captures(names, item);
            }
            ChannelExpectKind::Every { trigger, response, .. } => {
                self.item_captures(names, trigger);
                self.item_captures(names, response);
            }
            ChannelExpectKind::Together { views, .. } => {
                views.iter().for_each(|view| self.block_captures(names, &view.block));
            }
            ChannelExpectKind::Silence { .. }
            | ChannelExpectKind::Closed { .. }
            | ChannelExpectKind::Ended { .. }
            | ChannelExpectKind::CutOff { .. }
            | ChannelExpectKind::Error => {}
        }
    }

    fn block_captures(&mut self, names: &mut Names<'p>, block: &'p PatternBlock) {
        for item in &block.items {
            match &item.kind {
                PatternItemKind::Event(item) | PatternItemKind::Never(item) => self.item_captures(names, item),
                PatternItemKind::Block(block)
                | PatternItemKind::Repeat { items: block, .. }
                | PatternItemKind::ForEach { items: block, .. } => self.block_captures(names, block),
                PatternItemKind::Either(branches) => {
                    branches.iter().for_each(|branch| self.block_captures(names, branch));
                }
                PatternItemKind::Gap { .. } | PatternItemKind::Error => {}
            }
        }
    }

    fn item_captures(&mut self, names: &mut Names<'p>, item: &'p EventItem) {
        for entry in &item.body {
            if let ItemEntryKind::Capture(capture) = &entry.kind {
                self.capture(names, capture);
            }
        }
    }

    /// A value, which may be the result of a flow.
    fn value(&mut self, names: &Names<'p>, value: &'p Expr) -> Source {
        match &value.kind {
            ExprKind::Call { callee, args } => {
                self.flow_call(names, callee, args).unwrap_or_else(|| self.expr(names, value))
            }
            _ => self.expr(names, value),
        }
    }

    /// What a flow gives back, and whether what it is given decides that the test is skipped. `None` of what is no flow.
    fn flow_call(&mut self, names: &Names<'p>, callee: &'p Path, args: &'p [Arg]) -> Option<Source> {
        let decl = self.index.lookup(self.module, &callee.segments)?;
        let flow = self.index.flow(decl)?;
        let summary = self.summary_of(decl)?;
        let mut result = Source { server: summary.result.server, ..Source::default() };
        for (position, arg) in args.iter().enumerate() {
            let source = self.expr(names, &arg.value);
            let at = match &arg.name {
                Some(name) => flow.params.iter().position(|param| param.name.text == name.text),
                None => Some(position),
            };
            let Some(at) = at else { continue };
            if summary.skips_by.contains(&at) {
                self.summary.skips_by.extend(source.params.iter().copied());
                if let Some(said) = source.server {
                    let message = "the flow skips the test by this, and a server said it";
                    self.report(arg.value.span, message, said);
                }
            }
            if summary.result.params.contains(&at) {
                result = result.join(source);
            }
        }
        Some(result)
    }

    fn summary_of(&mut self, decl: crate::project::DeclRef) -> Option<Rc<Summary>> {
        if let Some(known) = self.known.get(&decl) {
            return Some(known.clone());
        }
        // One that calls itself is an error of its own.
        if self.inside.len() > DEEPEST || !self.inside.insert(decl) {
            return Some(Rc::default());
        }
        let flow = self.index.flow(decl)?;
        let (home, reports) =
            (std::mem::replace(&mut self.module, self.index.project.module(decl.module)?), self.reports);
        self.reports = false;
        let summary = Rc::new(self.flow_body(flow));
        (self.module, self.reports) = (home, reports);
        self.inside.remove(&decl);
        self.known.insert(decl, summary.clone());
        Some(summary)
    }
}

/// What is captured in a step and those inside it.
fn captures<'p>(stmt: &'p Stmt, into: &mut Names<'p>) {
    let mut add = |capture: &'p Capture| {
        into.insert(&capture.name.text, Source::server(capture.subject.span));
    };
    match &stmt.kind {
        StmtKind::Capture(capture) => add(capture),
        StmtKind::Request(request) => request.parts.iter().for_each(|part| {
            if let RequestPartKind::Capture(capture) = &part.kind {
                add(capture);
            }
        }),
        StmtKind::ParallelForEach { body, .. }
        | StmtKind::ForEach { body, .. }
        | StmtKind::Repeat { body, .. }
        | StmtKind::Eventually { body, .. }
        | StmtKind::Parallel(body)
        | StmtKind::Within { body, .. } => body.stmts.iter().for_each(|stmt| captures(stmt, into)),
        _ => {}
    }
}
