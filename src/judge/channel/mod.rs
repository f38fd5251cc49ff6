//! Judges what is expected on channels: from the plan's patterns to machines, and from their outcomes to what a person reads.

mod build;
mod explain;
mod fitter;
mod simple;
mod timeline;
mod views;

use std::sync::Arc;

use super::{ExpectationRecord, FrameMatch};
use crate::diag::Diagnostic;
use crate::eval::{Context, Fault, Scope};
use crate::event::{ChannelEnd, ChannelLog, Direction, Frame, FrameKind, Instant};
use crate::plan::{ChannelExpectation, ChannelExpectationKind, OnChannel, Slot};

/// Where a channel stands when an expectation begins.
#[derive(Clone, Copy, Debug)]
pub struct Start {
    /// How many frames of the log lie before it.
    pub cursor: usize,
    /// What clocks count from: the later of the opening and the last send, or the mark.
    pub since: Instant,
    /// When the expectation begins.
    pub now: Instant,
    /// Until when it may take at most.
    pub limit: Instant,
}

/// Judges one expectation as frames come, live or recorded: the outcome depends on the frames and their times alone.
pub struct ChannelJudge {
    expectation: Arc<ChannelExpectation>,
    kind: Kind,
}

enum Kind {
    Views(Box<views::Views>),
    Simple(Box<simple::Simple>),
}

/// What an expectation came to.
#[derive(Clone, Debug, Default)]
pub struct ChannelOutcome {
    pub diagnostics: Vec<Diagnostic>,
    pub expectations: Vec<ExpectationRecord>,
    /// Where the cursors go: the numbers of the last frames that were consumed, which are their places in the log counted from 1.
    pub cursors: Vec<(Slot, usize)>,
    pub matches: Vec<(Slot, FrameMatch)>,
    /// What items captured.
    pub captures: Vec<Scope>,
}

impl ChannelJudge {
    /// # Errors
    /// A duration, count or list of the expectation has no value.
    pub fn new(
        expectation: Arc<ChannelExpectation>,
        context: &Context<'_>,
        start: &dyn Fn(&OnChannel) -> Start,
    ) -> Result<Self, Fault> {
        let kind = match &expectation.kind {
            ChannelExpectationKind::Views { within, views } => {
                Kind::Views(Box::new(views::Views::new(within.as_ref(), views, context, start)?))
            }
            _ => Kind::Simple(Box::new(simple::Simple::new(&expectation, context, start)?)),
        };
        Ok(Self { expectation, kind })
    }

    /// The channels that are watched.
    pub fn channels(&self) -> Vec<(Slot, usize)> {
        match &self.kind {
            Kind::Views(views) => views.channels(),
            Kind::Simple(simple) => vec![(simple.on.channel, simple.start.cursor)],
        }
    }

    /// The next frame of a channel's log, those before its cursor aside. Frames of several channels come in the order of their times.
    pub fn frame(&mut self, channel: Slot, frame: &Arc<Frame>, context: &Context<'_>) {
        match &mut self.kind {
            Kind::Views(views) => views.frame(channel, frame, context),
            Kind::Simple(simple) => simple.frame(&self.expectation, frame, context),
        }
    }

    /// The time has come to `now`, and every frame up to it has been given.
    pub fn advance(&mut self, now: Instant) {
        match &mut self.kind {
            Kind::Views(views) => views.advance(now),
            Kind::Simple(simple) => simple.advance(now),
        }
    }

    /// A channel has ended.
    pub fn end(&mut self, channel: Slot, at: Instant, end: &ChannelEnd) {
        match &mut self.kind {
            Kind::Views(views) => views.end(channel, at, end),
            Kind::Simple(simple) => simple.end(&self.expectation, at, end),
        }
    }

    /// When time must be told at the latest.
    pub fn next_deadline(&self) -> Option<Instant> {
        match &self.kind {
            Kind::Views(views) => views.next_deadline(),
            Kind::Simple(simple) => simple.next_deadline(),
        }
    }

    pub fn is_over(&self) -> bool {
        match &self.kind {
            Kind::Views(views) => views.is_over(),
            Kind::Simple(simple) => simple.is_over(),
        }
    }

    /// What it came to, once it is over; `log` gives a channel's log for the explanation.
    pub fn outcome(&self, context: &Context<'_>, log: &dyn Fn(Slot) -> Option<ChannelLog>) -> ChannelOutcome {
        match &self.kind {
            Kind::Views(views) => views.outcome(&self.expectation, context, log),
            Kind::Simple(simple) => simple.outcome(&self.expectation, context, log),
        }
    }
}

/// Whether patterns see a frame: what the server sent, but for keep-alives and the protocol's own frames.
fn is_visible(frame: &Frame) -> bool {
    frame.direction == Direction::Received && !frame.hidden && !matches!(frame.kind, FrameKind::Ping | FrameKind::Pong)
}

/// The text of a span on one line, `expect` aside.
fn written(context: &Context<'_>, span: crate::source::Span) -> String {
    let text = context.plan.sources.text(span);
    let first = text.lines().next().unwrap_or_default().trim_end_matches('{').trim();
    first.strip_prefix("expect").map_or(first, str::trim_start).to_owned()
}
