use std::sync::Arc;

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::{FailureKind, Instant};

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
    SseEvent(Box<SseFields>),
    SseComment,
    /// One line of NDJSON.
    Line,
}

/// The fields of a server-sent event beside its data. Apart, since most frames have none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SseFields {
    pub event: Option<String>,
    pub id: Option<String>,
}

/// What was read out of a frame.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Payload {
    /// The event's name, when the frame has one.
    pub event: Option<Arc<str>>,
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
    Failed {
        message: String,
        /// It sent more than is kept, and broke no rule. Traces of earlier versions don't say it.
        #[serde(default)]
        is_too_large: bool,
    },
    /// We left it: `drop CH`, `close CH` of a stream, or the end of the test.
    Dropped,
}

impl ChannelEnd {
    /// The server broke the protocol.
    pub fn broken(message: String) -> Self {
        ChannelEnd::Failed { message, is_too_large: false }
    }

    /// The server sent more than is kept.
    pub fn too_large(message: String) -> Self {
        ChannelEnd::Failed { message, is_too_large: true }
    }

    /// The kind of failure that it is for someone who awaits something on the channel; none where the test ended it.
    pub fn failure(&self) -> Option<FailureKind> {
        match self {
            ChannelEnd::Closed { by_us: false, .. } | ChannelEnd::Ended => Some(FailureKind::Closed),
            ChannelEnd::Lost { .. } | ChannelEnd::CutOff { .. } => Some(FailureKind::Reset),
            ChannelEnd::Failed { is_too_large: true, .. } => Some(FailureKind::TooLarge),
            ChannelEnd::Failed { is_too_large: false, .. } => Some(FailureKind::Protocol),
            ChannelEnd::Closed { by_us: true, .. } | ChannelEnd::Dropped => None,
        }
    }

    /// The code of a close frame with which the server closed on its own.
    pub fn close_code(&self) -> Option<u16> {
        match self {
            ChannelEnd::Closed { code, by_us: false, .. } => Some(*code),
            _ => None,
        }
    }
}
