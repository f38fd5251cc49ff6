use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::clock::Clock;
use super::form::{Frame, SourceEvent};
use crate::event::{ChannelEnd, Direction, FrameKind, SseFields};
use crate::world::records::{Carried, Line};

/// RFC 6455, section 5.2.
const TEXT: u8 = 1;
const BINARY: u8 = 2;
const CLOSE: u8 = 8;
const PING: u8 = 9;
const PONG: u8 = 10;
/// A close frame without a code is known by this one (RFC 6455, section 7.1.5).
const NO_CODE: u16 = 1005;

/// The frames of a WebSocket. When a close frame of ours was sent isn't recorded, so that only the server's is among them.
pub fn frames(line: &Line, clock: Clock) -> Vec<Frame> {
    let mut frames: Vec<Frame> = Vec::with_capacity(line.carried.len() + 1);
    for one in &line.carried {
        let opcode = match &one.kind {
            FrameKind::Text => TEXT,
            FrameKind::Binary => BINARY,
            FrameKind::Ping => PING,
            FrameKind::Pong => PONG,
            FrameKind::SseEvent(_) | FrameKind::SseComment | FrameKind::Line => continue,
        };
        let direction = match one.direction {
            Direction::Sent => "send",
            Direction::Received => "receive",
        };
        frames.push(frame(direction, clock.seconds(one.at), opcode, &one.data));
    }
    if let Some((at, ChannelEnd::Closed { code, reason, by_us: _ })) = &line.end {
        let mut payload = Vec::new();
        if *code != NO_CODE {
            payload.extend(code.to_be_bytes());
            payload.extend(reason.as_bytes());
        }
        frames.push(frame("receive", clock.seconds(*at), CLOSE, &payload));
    }
    frames
}

fn frame(direction: &'static str, time: f64, opcode: u8, data: &[u8]) -> Frame {
    let data = match opcode {
        TEXT => String::from_utf8_lossy(data).into_owned(),
        _ => STANDARD.encode(data),
    };
    Frame { direction, time, opcode, data }
}

/// The events that a server sent.
pub fn events(line: &Line, clock: Clock) -> Vec<SourceEvent> {
    let event = |one: &Carried| {
        let FrameKind::SseEvent(fields) = &one.kind else { return None };
        let SseFields { event, id } = &**fields;
        Some(SourceEvent {
            time: clock.seconds(one.at),
            event_name: event.clone().unwrap_or_else(|| "message".to_owned()),
            event_id: id.clone().unwrap_or_default(),
            data: String::from_utf8_lossy(&one.data).into_owned(),
        })
    };
    line.carried.iter().filter_map(event).collect()
}
