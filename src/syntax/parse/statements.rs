use super::super::ast::{ExprKind, Stmt, StmtKind};
use super::super::build::About;
use super::super::grammar::{Rule, seek, take};
use super::super::parser::Parser;
use super::super::split::Piece;
use super::super::words::Context;
use crate::diag::{Diagnostic, codes};
use crate::syntax::words::Of;

impl Parser<'_> {
    /// A step of a test, a hook, a flow or a scenario.
    pub fn stmt(&mut self, piece: &Piece, context: Context) -> Stmt {
        let span = self.piece_span(piece);
        let kind = self.stmt_kind(piece, context).unwrap_or(StmtKind::Error);
        Stmt { span, kind }
    }

    fn stmt_kind(&mut self, piece: &Piece, context: Context) -> Option<StmtKind> {
        let first = *piece.segments.first()?;
        let word = self.nth_word(&first, 0);
        let second = self.nth_word(&first, 1);
        match context.rule(word) {
            Some(Rule::let_stmt) => self.let_stmt(piece),
            Some(Rule::capture) => self.simple(piece, Rule::capture, |build, kids| {
                StmtKind::Capture(build.capture(kids, Some(Of::Responses)))
            }),
            Some(Rule::call) => self.call_stmt(piece),
            Some(Rule::expect) if matches!(second, "on" | "within" | "in") => {
                self.channel_expect(piece).map(|expect| StmtKind::ChannelExpect(Box::new(expect)))
            }
            Some(Rule::expect) => self.expect(piece, None).map(|expect| StmtKind::Expect(Box::new(expect))),
            Some(Rule::wait) => self.simple(piece, Rule::wait, |build, kids| StmtKind::Wait(build.expr(kids))),
            Some(Rule::parallel) => self.parallel(piece, context),
            Some(Rule::for_each_stmt) => self.for_each_stmt(piece, context),
            Some(Rule::repeat) => self.repeat(piece, context),
            Some(Rule::eventually) => self.eventually(piece, context),
            Some(Rule::within) => self.within(piece, context),
            Some(Rule::skip_when) => self.skip_when(piece),
            Some(Rule::mark) => self.simple(piece, Rule::mark, |build, kids| StmtKind::Mark(build.declared(kids))),
            Some(Rule::return_stmt) => self.return_stmt(piece),
            Some(Rule::websocket | Rule::stream) => self.open_channel(piece).map(|open| StmtKind::Open(Box::new(open))),
            Some(Rule::send | Rule::close | Rule::drop | Rule::reconnect | Rule::ping) => {
                self.channel_step(piece, word).map(|step| StmtKind::Channel(Box::new(step)))
            }
            Some(Rule::request) => self.request(piece).map(|request| StmtKind::Request(Box::new(request))),
            Some(rule) => self.meta(piece, rule).map(StmtKind::Meta),
            None if self.unknown(piece, context) => self.stmt_kind(piece, context),
            None => None,
        }
    }

    fn let_stmt(&mut self, piece: &Piece) -> Option<StmtKind> {
        self.simple(piece, Rule::let_stmt, |build, kids| {
            let name = build.declared(kids);
            StmtKind::Let { name, value: build.expr(kids) }
        })
    }

    fn call_stmt(&mut self, piece: &Piece) -> Option<StmtKind> {
        let call = self.simple(piece, Rule::call, |build, kids| build.expr(kids))?;
        if !matches!(call.kind, ExprKind::Call { .. } | ExprKind::Error) {
            self.report(
                Diagnostic::error(&codes::CALL_OF_A_VALUE, call.span, "`call` takes a flow with its arguments")
                    .with_help("write the parentheses also where there are no arguments: `call login.logout()`"),
            );
            return None;
        }
        Some(StmtKind::Call(call))
    }

    fn parallel(&mut self, piece: &Piece, context: Context) -> Option<StmtKind> {
        let (segment, body) = self.head_and_body(piece)?;
        let head = self.head(&segment, Rule::parallel, |build, kids| build.for_each(kids));
        let body = self.block(body, &segment, context);
        Some(match head? {
            Some(head) => StmtKind::ParallelForEach { head, body },
            None => StmtKind::Parallel(body),
        })
    }

    fn for_each_stmt(&mut self, piece: &Piece, context: Context) -> Option<StmtKind> {
        let (segment, body) = self.head_and_body(piece)?;
        let head = self.head(&segment, Rule::for_each_stmt, |build, kids| build.for_each(kids));
        let body = self.block(body, &segment, context);
        Some(StmtKind::ForEach { head: head??, body })
    }

    fn repeat(&mut self, piece: &Piece, context: Context) -> Option<StmtKind> {
        let (segment, body) = self.head_and_body(piece)?;
        let head = self.head(&segment, Rule::repeat, |build, kids| {
            let times = build.expr(kids);
            (times, seek(kids, Rule::or_none).is_some())
        });
        let body = self.block(body, &segment, context);
        let (times, or_none) = head?;
        Some(StmtKind::Repeat { times, or_none, body })
    }

    fn eventually(&mut self, piece: &Piece, context: Context) -> Option<StmtKind> {
        let (segment, body) = self.head_and_body(piece)?;
        let head = self.head(&segment, Rule::eventually, |build, kids| {
            let within = build.expr(kids);
            (within, take(kids, Rule::k_every).map(|_| build.expr(kids)))
        });
        let body = self.block(body, &segment, context);
        let (within, every) = head?;
        Some(StmtKind::Eventually { within, every, body })
    }

    fn within(&mut self, piece: &Piece, context: Context) -> Option<StmtKind> {
        let (segment, body) = self.head_and_body(piece)?;
        let limit = self.head(&segment, Rule::within, |build, kids| build.expr(kids));
        let body = self.block(body, &segment, context);
        Some(StmtKind::Within { limit: limit?, body })
    }

    fn skip_when(&mut self, piece: &Piece) -> Option<StmtKind> {
        self.simple(piece, Rule::skip_when, |build, kids| {
            take(kids, Rule::k_skip_when);
            let condition = kids.next().map(|node| build.condition(node, About::Values))?;
            let because = build.text_after(kids, Rule::k_because);
            Some(StmtKind::SkipWhen { condition, because })
        })?
    }

    fn return_stmt(&mut self, piece: &Piece) -> Option<StmtKind> {
        self.simple(piece, Rule::return_stmt, |build, kids| {
            take(kids, Rule::k_return);
            let value = take(kids, Rule::logic).map(|node| build.logic(node));
            let expires_in = take(kids, Rule::k_expires_in).map(|_| build.expr(kids));
            StmtKind::Return { value, expires_in }
        })
    }
}
