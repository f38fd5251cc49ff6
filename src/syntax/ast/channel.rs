use super::{
    BinaryOp, Capture, Condition, Expect, Expr, ForEachHead, Ident, JsonPathLit, RegexLit, RequestPart, Template,
};
use crate::source::Span;

/// `websocket chat URL { … }`, `sse answer GET URL { … }`, `ndjson lines POST URL { … }`
#[derive(Clone, Debug)]
pub struct OpenChannel {
    pub span: Span,
    pub kind: ChannelKind,
    pub name: Ident,
    /// Of SSE and NDJSON; GET where it is left out.
    pub method: Option<Ident>,
    pub url: Template,
    pub parts: Vec<ChannelPart>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChannelKind {
    WebSocket,
    Sse,
    Ndjson,
}

#[derive(Clone, Debug)]
pub struct ChannelPart {
    pub span: Span,
    pub kind: ChannelPartKind,
}

#[derive(Clone, Debug)]
#[expect(clippy::large_enum_variant, reason = "few of them exist, each in a list of its own")]
pub enum ChannelPartKind {
    /// What any request may have: headers, credentials, expectations of the handshake's response, captures.
    Request(RequestPart),
    /// `subprotocol "a", "b"`
    Subprotocol(Vec<Expr>),
    /// `events by $.type`
    EventsByPath(JsonPathLit),
    /// `events by /RE/`
    EventsByRegex(RegexLit),
    /// `events in $[*] by $.topic`
    EventsIn {
        list: JsonPathLit,
        by: JsonPathLit,
    },
    /// `payload by /RE/`
    PayloadBy(RegexLit),
    /// `connect within 5s`
    ConnectWithin(Expr),
    /// `reply to frame text "2" with text "3"`
    ReplyTo {
        item: EventItem,
        with: FrameBody,
    },
    Error,
}

/// What a frame to send holds.
#[derive(Clone, Debug)]
pub struct FrameBody {
    pub span: Span,
    pub kind: FrameBodyKind,
    pub value: Expr,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FrameBodyKind {
    Json,
    Text,
    /// A value of bytes.
    Binary,
    /// Bytes written in hexadecimal.
    Hex,
    Base64,
}

/// What is done to an open channel.
#[derive(Clone, Debug)]
pub struct ChannelStep {
    pub span: Span,
    pub channel: Ident,
    pub kind: ChannelStepKind,
}

#[derive(Clone, Debug)]
pub enum ChannelStepKind {
    Send(FrameBody),
    /// `close chat [with 1000 ["reason"]]`
    Close {
        code: Option<Expr>,
        reason: Option<Expr>,
    },
    Drop,
    Reconnect,
    /// `ping chat [expect pong within 2s]`
    Ping {
        pong_within: Option<Expr>,
    },
}

/// `expect on CH …`, `expect [in any order] within D { on a { … } on b { … } }`
#[derive(Clone, Debug)]
pub struct ChannelExpect {
    pub span: Span,
    pub kind: ChannelExpectKind,
}

#[derive(Clone, Debug)]
#[expect(clippy::large_enum_variant, reason = "a statement holds it boxed")]
pub enum ChannelExpectKind {
    /// `expect on CH [where C] [since M] in order [strictly] [within D] { … }`, and its `in any order` form
    Block {
        on: OnChannel,
        block: PatternBlock,
    },
    /// `expect on CH event "x" within D { … }`
    Item {
        on: OnChannel,
        item: EventItem,
    },
    /// `expect on CH never ITEM for D [or closed]`
    Never {
        on: OnChannel,
        item: EventItem,
        time: Expr,
        or_closed: bool,
    },
    /// `expect on CH silence for D [or closed]`
    Silence {
        on: OnChannel,
        time: Expr,
        or_closed: bool,
    },
    /// `expect on CH closed [with CODE [reason "…"]] [within [A to] D]`
    Closed {
        on: OnChannel,
        code: Option<Expr>,
        reason: Option<Expr>,
        within: Option<TimeLimit>,
    },
    /// Of SSE and NDJSON: `expect on CH ended within D`
    Ended {
        on: OnChannel,
        within: Option<TimeLimit>,
    },
    /// `expect on CH cut off within D`
    CutOff {
        on: OnChannel,
        within: Option<TimeLimit>,
    },
    /// `expect on CH every ITEM leads to ITEM within D [for W | settle D]`
    Every {
        on: OnChannel,
        trigger: EventItem,
        response: EventItem,
        /// How long triggers are taken.
        taken_for: Option<Expr>,
    },
    /// Several channels, or several views of one, watched at once.
    Together {
        within: Option<Expr>,
        settle: Option<Expr>,
        views: Vec<ChannelView>,
    },
    Error,
}

/// Which channel, which of its frames, and from when on.
#[derive(Clone, Debug)]
pub struct OnChannel {
    pub span: Span,
    pub channel: Ident,
    pub filter: Option<Condition>,
    pub since: Option<Ident>,
}

#[derive(Clone, Debug)]
pub struct ChannelView {
    pub span: Span,
    pub on: OnChannel,
    pub block: PatternBlock,
}

#[derive(Clone, Debug)]
pub struct PatternBlock {
    pub span: Span,
    pub order: Order,
    pub within: Option<TimeLimit>,
    /// `settle D`: of an expectation's only block.
    pub settle: Option<Expr>,
    /// `or closed`: of a block of nothing but `never`.
    pub or_closed: Option<Span>,
    pub items: Vec<PatternItem>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    InOrder,
    /// A frame that no item takes fails the block.
    Strictly,
    AnyOrder,
    /// In any order, and a frame that no item takes fails the block.
    AnyOrderStrictly,
}

/// `within D`, `within A to B`
#[derive(Clone, Debug)]
pub struct TimeLimit {
    pub span: Span,
    pub at_least: Option<Expr>,
    pub at_most: Expr,
}

#[derive(Clone, Debug)]
pub struct PatternItem {
    pub span: Span,
    pub kind: PatternItemKind,
}

#[derive(Clone, Debug)]
pub enum PatternItemKind {
    Event(EventItem),
    Never(EventItem),
    /// `gap < 10s`, `gap > 20ms`
    Gap {
        op: BinaryOp,
        limit: Expr,
    },
    /// A nested `in order`, `in order strictly` or `in any order`.
    Block(PatternBlock),
    Either(Vec<PatternBlock>),
    /// `repeat A to B times { … }`, `repeat N times { … }`
    Repeat {
        count: Count,
        within: Option<TimeLimit>,
        items: PatternBlock,
    },
    /// Over a literal list; unrolled.
    ForEach {
        head: ForEachHead,
        items: PatternBlock,
    },
    Error,
}

/// `event "x" COUNT within D { … }`, and the same for `frame`, `frame text`, `frame binary`, `comment`.
#[derive(Clone, Debug)]
pub struct EventItem {
    pub span: Span,
    pub what: FrameKindPattern,
    pub count: Option<Count>,
    pub within: Option<TimeLimit>,
    /// `settle D`: where the item is all that is expected, or the response of `every`.
    pub settle: Option<Expr>,
    pub body: Vec<ItemEntry>,
}

#[derive(Clone, Debug)]
pub enum FrameKindPattern {
    /// The name is an expression: a string, or a name in scope.
    Event(Expr),
    /// Any frame.
    Frame,
    /// `frame text`, `frame text "2"`, `frame text matches /…/`
    Text(Option<super::Matcher>),
    /// `frame binary`, `frame binary hex "00ff"`
    Binary(Option<super::Matcher>),
    /// An SSE comment.
    Comment,
}

#[derive(Clone, Debug)]
pub struct Count {
    pub span: Span,
    pub kind: CountKind,
}

#[derive(Clone, Debug)]
pub enum CountKind {
    /// `once` is 1, `twice` is 2.
    Exactly(Expr),
    AtLeast(Expr),
    AtMost(Expr),
    /// `A to B times`
    Between(Expr, Expr),
    Optional,
}

#[derive(Clone, Debug)]
pub struct ItemEntry {
    pub span: Span,
    pub kind: ItemEntryKind,
}

#[derive(Clone, Debug)]
pub enum ItemEntryKind {
    /// Decides whether a frame is this event.
    Condition(Condition),
    /// Decides whether the event, once taken, is right.
    Expect(Expect),
    Capture(Capture),
    Error,
}
