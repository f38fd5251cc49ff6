use std::sync::Arc;

use super::{Capture, Condition, Expectation, Expr, Matcher, Request, Slot};
use crate::plan::Path;
use crate::source::Span;
use crate::syntax::ast::{BinaryOp, ChannelKind, FrameBodyKind, Order};
use crate::value::Regex;

/// Opens a channel. `request` carries headers, credentials, and what is expected of the handshake's response.
#[derive(Clone, Debug)]
pub struct OpenChannel {
    pub span: Span,
    pub kind: ChannelKind,
    pub name: Arc<str>,
    /// Its value is the channel's handle.
    pub slot: Slot,
    pub request: Request,
    pub subprotocols: Vec<Expr>,
    pub events: EventNaming,
    pub payload_by: Option<Regex>,
    pub connect_within: Option<Expr>,
    pub replies: Vec<KeepAlive>,
}

/// How a frame names its event.
#[derive(Clone, Debug)]
pub enum EventNaming {
    /// The default of WebSocket and NDJSON is `$.type`; of SSE its `event` field.
    Default,
    Path(Path),
    /// The first group.
    Regex(Regex),
    /// Several events in one frame: each node of `list` is one, named by `by`.
    Batch {
        list: Path,
        by: Path,
    },
}

/// `reply to frame text "2" with text "3"`
#[derive(Clone, Debug)]
pub struct KeepAlive {
    pub item: Item,
    pub with: FrameBody,
}

#[derive(Clone, Debug)]
pub struct FrameBody {
    pub span: Span,
    pub kind: FrameBodyKind,
    pub value: Expr,
}

#[derive(Clone, Debug)]
pub struct ChannelExpectation {
    pub span: Span,
    pub kind: ChannelExpectationKind,
}

#[derive(Clone, Debug)]
pub enum ChannelExpectationKind {
    /// One or more views, watched at once. A single `expect on CH …` is one view without `within` (its block has it).
    Views {
        within: Option<Expr>,
        /// How long the match of all views must hold; by default what the views contain decides.
        settle: Option<Expr>,
        views: Vec<View>,
    },
    /// Nothing that fits the item may come for a time.
    Never {
        on: OnChannel,
        item: Box<Item>,
        time: Expr,
        /// A complete end of the channel will do instead of the whole time.
        or_closed: bool,
    },
    /// Nothing may come for a time.
    Silence {
        on: OnChannel,
        time: Expr,
        or_closed: bool,
    },
    Closed {
        on: OnChannel,
        code: Option<Expr>,
        reason: Option<Expr>,
        within: Option<Limit>,
    },
    Ended {
        on: OnChannel,
        within: Option<Limit>,
    },
    CutOff {
        on: OnChannel,
        within: Option<Limit>,
    },
    /// For each frame that fits the trigger, one that fits the response, with the trigger's captures.
    Every {
        on: OnChannel,
        trigger: Box<Item>,
        response: Box<Item>,
        /// How long triggers are taken.
        taken_for: Option<Expr>,
        settle: Option<Expr>,
    },
}

#[derive(Clone, Debug)]
pub struct OnChannel {
    pub span: Span,
    pub channel: Slot,
    pub name: Arc<str>,
    pub filter: Option<Condition>,
    /// A mark's slot.
    pub since: Option<Slot>,
}

#[derive(Clone, Debug)]
pub struct View {
    pub on: OnChannel,
    pub block: Block,
}

#[derive(Clone, Debug)]
pub struct Block {
    pub span: Span,
    pub order: Order,
    pub within: Option<Limit>,
    /// Of a block of nothing but nevers: a complete end of the channel ends its wait well.
    pub or_closed: bool,
    pub nodes: Vec<Node>,
    /// They guard the whole block, nested blocks included.
    pub nevers: Vec<Item>,
    pub gaps: Vec<Gap>,
}

#[derive(Clone, Debug)]
pub enum Node {
    Item(Item),
    Block(Block),
    Either {
        span: Span,
        branches: Vec<Block>,
    },
    Repeat {
        span: Span,
        count: Count,
        within: Option<Limit>,
        block: Block,
    },
    /// Over a list that is known when the expectation starts: a copy of the block for each value.
    ForEach {
        span: Span,
        slot: Slot,
        list: Expr,
        /// An empty list is fine.
        or_none: bool,
        block: Block,
    },
}

#[derive(Clone, Debug)]
pub struct Item {
    pub span: Span,
    /// The part of the span that says what is awaited: `event "agent_started"`.
    pub head: Span,
    pub what: What,
    pub count: Count,
    pub within: Option<Limit>,
    /// In the order of the spec.
    pub entries: Vec<ItemEntry>,
}

#[derive(Clone, Debug)]
pub enum What {
    Event(Expr),
    /// Any frame.
    Frame,
    Text(Option<Matcher>),
    Binary(Option<Matcher>),
    Comment,
}

#[derive(Clone, Debug)]
pub enum ItemEntry {
    Condition(Condition),
    Expect(Expectation),
    Capture(Capture),
}

/// How often. `None` as the upper bound of an item without a stated count: one is consumed, further ones are passed over.
#[derive(Clone, Debug)]
pub enum Count {
    /// Nothing was said: one is consumed here, further ones are passed over.
    Unstated,
    Exactly(Expr),
    AtLeast(Expr),
    AtMost(Expr),
    Between(Expr, Expr),
    Optional,
}

/// `within D`, `within A to B`
#[derive(Clone, Debug)]
pub struct Limit {
    pub span: Span,
    pub at_least: Option<Expr>,
    pub at_most: Expr,
}

/// `gap < 10s`
#[derive(Clone, Debug)]
pub struct Gap {
    pub span: Span,
    pub op: BinaryOp,
    pub limit: Expr,
}
