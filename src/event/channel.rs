use std::sync::Arc;

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::Instant;

/// Everything that a channel carried, from the moment it opened.
#[derive(Clone, Debug)]
pub struct ChannelLog {
    pub name: String,
    /// `websocket`, `sse` or `ndjson`
    pub protocol: &'static str,
    pub url: String,
    pub opened: Instant,
    /// In the order of their arrival (or sending).
    pub frames: Vec<Arc<Frame>>,
    /// How it ended, and when; absent while it is open.
    pub end: Option<(Instant, ChannelEnd)>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Frame {
    /// Counts the frames of the channel from 1, both directions together.
    pub number: u32,
    pub at: Instant,
    pub direction: Direction,
    pub kind: FrameKind,
    pub data: Bytes,
    /// What the frame says, read once as the channel's `events by` and `payload by` say.
    pub payload: Payload,
    /// A keep-alive that was answered on its own: kept, and not seen by patterns.
    pub hidden: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    Received,
    Sent,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FrameKind {
    Text,
    Binary,
    Ping,
    Pong,
    /// A server-sent event: `event` and `id` as in its fields (WHATWG HTML, section 9.2).
    SseEvent {
        event: Option<String>,
        id: Option<String>,
    },
    SseComment,
    /// One line of NDJSON.
    Line,
}

/// What was read out of a frame.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Payload {
    /// The event's name, when the frame has one.
    pub event: Option<String>,
    pub json: Option<Arc<crate::value::Json>>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChannelEnd {
    /// The server's close frame: its code (1005 for a close without one, RFC 6455 section 7.1.5) and reason. `by_us` when we closed first, and it
    /// is the response to that.
    Closed { code: u16, reason: String, by_us: bool },
    /// The connection was lost without a close frame (1006), with what is known of why.
    Lost { message: String },
    /// SSE, NDJSON: the body came to its end.
    Ended,
    /// SSE, NDJSON: the connection ended before the body did.
    CutOff { message: String },
    /// It can't be read any further: the server broke the protocol, or sent more than is kept. It is neither closed nor lost nor ended.
    Failed { message: String },
    /// We left it: `drop CH`, `close CH` of a stream, or the end of the test.
    Dropped,
}
