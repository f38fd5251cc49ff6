use std::sync::Arc;
use std::time::Duration;

use super::build::{Built, build, duration};
use super::fitter::Fitter;
use super::{ChannelOutcome, Start, explain, is_visible, written};
use crate::diag::{Diagnostic, codes};
use crate::eval::{Context, Fault, Focus, Scope};
use crate::event::{ChannelEnd, ChannelLog, Frame, FrameKind, Instant};
use crate::judge::{ExpectationRecord, FrameMatch, captured, expectation};
use crate::matchers::condition;
use crate::pattern::{Machine, Program, Status, Taken};
use crate::plan::{ChannelExpectation, Expr, Item, ItemEntry, OnChannel, Slot, View, What};
use crate::source::Span;

/// How long a block may wait that says no time, and none of whose items does.
const DEFAULT_WITHIN: Duration = Duration::from_secs(30);

/// One or more views of channels, watched at once.
pub(super) struct Views {
    pub list: Vec<Watched>,
}

/// One view: a channel, which of its frames, and a machine for its pattern.
pub(super) struct Watched {
    pub on: OnChannel,
    pub start: Start,
    pub items: Vec<Item>,
    pub blocks: Vec<Span>,
    pub machine: Machine<Scope>,
    /// Only guards, without a time of its own: it stands as long as the other views do.
    stands_by: bool,
    fault: Option<Fault>,
    base: Scope,
    /// The frames that it has seen, for the explanation.
    pub seen: Vec<Arc<Frame>>,
}

/// The most frames that are kept for an explanation.
const KEPT: usize = 10_000;

impl Views {
    pub fn new(
        within: Option<&Expr>,
        views: &[View],
        context: &Context<'_>,
        start: &dyn Fn(&OnChannel) -> Start,
    ) -> Result<Self, Fault> {
        let starts: Vec<Start> = views.iter().map(|view| start(&view.on)).collect();
        let within = within.map(|within| duration(within, context)).transpose()?;
        let since = starts.iter().map(|start| start.since).max().unwrap_or_default();
        let together = views.len() > 1;
        let list = views.iter().zip(starts).map(|(view, start)| {
            let limit = match within {
                Some(within) => start.limit.min(since.saturating_add(within)),
                None => start.limit,
            };
            Watched::new(view, start, limit, within.is_some(), together, context)
        });
        Ok(Self { list: list.collect::<Result<_, _>>()? })
    }

    pub fn channels(&self) -> Vec<(Slot, usize)> {
        self.list.iter().map(|view| (view.on.channel, view.start.cursor)).collect()
    }

    pub fn frame(&mut self, channel: Slot, frame: &Arc<Frame>, context: &Context<'_>) {
        for view in &mut self.list {
            // Views of one channel may begin at different places of its log.
            if view.on.channel == channel && frame.number as usize > view.start.cursor {
                view.frame(frame, context);
            }
        }
    }

    pub fn advance(&mut self, now: Instant) {
        self.list.iter_mut().for_each(|view| view.machine.advance(now));
    }

    pub fn end(&mut self, channel: Slot, at: Instant, end: &ChannelEnd) {
        for view in self.list.iter_mut().filter(|view| view.on.channel == channel) {
            if !view.stands_by {
                view.machine.end(at, end);
            }
        }
    }

    pub fn next_deadline(&self) -> Option<Instant> {
        self.list.iter().filter_map(|view| view.machine.next_deadline()).min()
    }

    /// One failure ends it; otherwise all views must have matched, those that stand by aside.
    pub fn is_over(&self) -> bool {
        let failed = |view: &Watched| view.fault.is_some() || matches!(view.machine.status(), Status::Failed(_));
        let settled = |view: &Watched| view.stands_by || !view.machine.status().is_running();
        self.list.iter().any(failed) || self.list.iter().all(settled)
    }

    pub fn outcome(
        &self,
        expected: &ChannelExpectation,
        context: &Context<'_>,
        log: &dyn Fn(Slot) -> Option<ChannelLog>,
    ) -> ChannelOutcome {
        let mut outcome = ChannelOutcome::default();
        for view in &self.list {
            let taken: &[Taken<Scope>] = match view.machine.status() {
                Status::Matched(found) => &found.taken,
                Status::Failed(failure) => &failure.taken,
                Status::Running => &[],
            };
            view.judge_taken(taken, context, &mut outcome);
            if let Some(fault) = &view.fault {
                outcome.diagnostics.push((**fault).clone());
            }
            match view.machine.status() {
                Status::Matched(found) => {
                    if let Some(cursor) = found.cursor() {
                        outcome.cursors.push((view.on.channel, cursor as usize));
                    }
                    outcome.captures.push(found.captures.clone());
                }
                // A wrong event explains more than what was awaited after it.
                Status::Failed(failure) if outcome.diagnostics.is_empty() => {
                    let others: Vec<&Watched> = self.list.iter().filter(|other| !std::ptr::eq(*other, view)).collect();
                    outcome.diagnostics.push(explain::failure(
                        view,
                        failure,
                        &others,
                        context,
                        log(view.on.channel).as_ref(),
                    ));
                }
                Status::Failed(_) | Status::Running => {}
            }
        }
        let held = outcome.diagnostics.is_empty();
        let whole = ExpectationRecord { span: expected.span, text: written(context, expected.span), held };
        outcome.expectations.insert(0, whole);
        outcome
    }
}

impl Watched {
    fn new(
        view: &View,
        start: Start,
        limit: Instant,
        bounded: bool,
        together: bool,
        context: &Context<'_>,
    ) -> Result<Self, Fault> {
        let Built { root, items, blocks } = build(&view.block, context)?;
        let timed = bounded || root.within.is_some() || items.iter().any(|item| item.within.is_some());
        let own_limit = if timed { limit } else { limit.min(start.now.saturating_add(DEFAULT_WITHIN)) };
        let program = Program::compile(&root).map_err(|_| {
            let message = "this pattern is larger than what can be followed";
            Box::new(
                Diagnostic::error(&codes::TOO_COMPLEX, view.block.span, message)
                    .with_help("split it into several expectations"),
            )
        })?;
        let stands_by = together && program.only_guards() && program.within().is_none();
        let base = context.scope.branch();
        let machine = Machine::new(Arc::new(program), start.since, Some(own_limit), base.clone());
        Ok(Self { on: view.on.clone(), start, items, blocks, machine, stands_by, fault: None, base, seen: Vec::new() })
    }

    fn frame(&mut self, frame: &Arc<Frame>, context: &Context<'_>) {
        if !is_visible(frame) || !self.machine.status().is_running() {
            return;
        }
        let comments = self.items.iter().any(|item| matches!(item.what, What::Comment));
        if frame.kind == FrameKind::SseComment && !comments {
            return;
        }
        if let Some(filter) = &self.on.filter {
            let seen = Context { scope: &self.base, focus: Focus::Frame(frame), ..*context };
            match condition(filter, &seen) {
                Ok(true) => {}
                Ok(false) => return,
                Err(fault) => {
                    self.fault.get_or_insert(fault);
                    return;
                }
            }
        }
        if self.seen.len() < KEPT {
            self.seen.push(frame.clone());
        }
        let fitter = Fitter { items: &self.items, context, fault: Default::default() };
        self.machine.frame(frame, &fitter);
        if let Some(fault) = fitter.fault.into_inner() {
            self.fault.get_or_insert(fault);
        }
    }

    /// What is expected of the events that were taken, and what they were to give.
    fn judge_taken(&self, taken: &[Taken<Scope>], context: &Context<'_>, outcome: &mut ChannelOutcome) {
        for one in taken {
            let (Some(item), Some(frame)) =
                (self.items.get(one.item.0 as usize), self.seen.iter().find(|seen| seen.number == one.frame))
            else {
                continue;
            };
            let text = written(context, item.head);
            outcome
                .matches
                .push((self.on.channel, FrameMatch { frame: one.frame, item: item.head, text: text.clone() }));
            let inner = Context { scope: &one.captures, focus: Focus::Frame(frame), ..*context };
            for entry in &item.entries {
                let wrong = match entry {
                    ItemEntry::Condition(_) => None,
                    ItemEntry::Expect(expect) => {
                        let wrong = expectation(expect, &inner);
                        let words = written(context, expect.span);
                        outcome.expectations.push(ExpectationRecord {
                            span: expect.span,
                            text: words,
                            held: wrong.is_none(),
                        });
                        wrong
                    }
                    ItemEntry::Capture(capture) => captured(capture, &inner).err().map(|fault| *fault),
                };
                if let Some(mut wrong) = wrong {
                    wrong.code = &codes::WRONG_EVENT;
                    wrong = wrong.with_related(item.head, format!("of this event, frame {}", one.frame));
                    outcome.diagnostics.push(wrong);
                }
            }
        }
    }
}
