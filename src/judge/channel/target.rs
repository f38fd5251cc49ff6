use std::sync::Arc;
use std::time::Duration;

use super::{DEFAULT_SETTLE, Setting};
use crate::diag::{Diagnostic, codes};
use crate::eval::{Context, Fault, Focus};
use crate::event::{Direction, Frame, FrameKind, Instant};
use crate::matchers::selects;
use crate::plan::{Condition, OnChannel};
use crate::source::Span;
use crate::value::Value;

/// Where channels are when an expectation begins.
pub trait Channels {
    /// Where a channel is, or stood at a mark (the index that the mark's name holds). `None` if it was never opened.
    fn start(&self, channel: u32, mark: Option<u64>) -> Option<Start>;

    /// How long a match must hold that a later frame could break, where the spec says no `settle`.
    fn settle(&self) -> Duration {
        DEFAULT_SETTLE
    }
}

/// From where on frames count, and from when on clocks do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Start {
    /// The number of the last frame that isn't looked at: the cursor, or the last frame before the mark; 0 for none.
    pub behind: u32,
    /// The later of the channel's opening and the last time that the test sent on it; or the mark.
    pub clock: Instant,
}

/// A channel with what is looked at of it.
#[derive(Clone, Debug)]
pub(super) struct Target {
    pub channel: u32,
    pub name: Arc<str>,
    pub span: Span,
    pub behind: u32,
    pub clock: Instant,
    /// With `since`: from the mark.
    pub marked: bool,
    pub filter: Option<Condition>,
    /// SSE comments are looked at too.
    pub comments: bool,
}

impl Target {
    pub fn resolve(on: &OnChannel, setting: &Setting<'_>) -> Result<Target, Fault> {
        let scope = setting.context.scope;
        let mark = match on.since.map(|slot| scope.get(slot)) {
            None => None,
            Some(Some(value)) => value.as_json().and_then(crate::value::Json::as_u64),
            Some(None) => return Err(not_marked(on, setting.context)),
        };
        let channel = match scope.get(on.channel) {
            Some(Value::Channel(channel)) => *channel,
            _ => return Err(not_open(on)),
        };
        let start = setting.channels.start(channel, mark).ok_or_else(|| not_open(on))?;
        Ok(Target {
            channel,
            name: on.name.clone(),
            span: on.span,
            behind: start.behind,
            clock: start.clock,
            marked: mark.is_some(),
            filter: on.filter.clone(),
            comments: false,
        })
    }

    /// Whether the expectation looks at a frame of the channel.
    ///
    /// # Errors
    /// An operand of `where` has no value.
    pub fn sees(&self, channel: u32, frame: &Frame, context: &Context<'_>) -> Result<bool, Fault> {
        if channel != self.channel || frame.number <= self.behind || !self.is_visible(frame) {
            return Ok(false);
        }
        match &self.filter {
            Some(filter) => selects(filter, &Context { focus: Focus::Frame(frame), ..*context }),
            None => Ok(true),
        }
    }

    pub fn is_visible(&self, frame: &Frame) -> bool {
        let kind = match frame.kind {
            FrameKind::Ping | FrameKind::Pong => false,
            FrameKind::SseComment => self.comments,
            FrameKind::Text | FrameKind::Binary | FrameKind::SseEvent(_) | FrameKind::Line => true,
        };
        kind && frame.direction == Direction::Received && !frame.hidden
    }
}

fn not_open(on: &OnChannel) -> Fault {
    let message = format!("the channel `{}` isn't open", on.name);
    Box::new(
        Diagnostic::error(&codes::CHANNEL_NOT_OPEN, on.span, message)
            .with_help("its handshake was refused, or the step that opens it wasn't reached"),
    )
}

fn not_marked(on: &OnChannel, context: &Context<'_>) -> Fault {
    let name = on.since.map_or("?", |slot| context.scope.name(slot));
    let message = format!("`{name}` hasn't been marked when this expectation begins");
    Box::new(
        Diagnostic::error(&codes::UNBOUND, on.span, message)
            .with_help(format!("write `mark {name}` as a step before the one whose effects are expected")),
    )
}
