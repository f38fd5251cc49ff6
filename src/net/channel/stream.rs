use std::sync::Arc;

use super::log::Log;
use super::naming::Naming;
use super::sse::{Item, Parser};
use crate::event::{ChannelEnd, Direction, FrameKind, Payload};
use crate::syntax::ast::ChannelKind;

/// The longest event or line that is read, in bytes.
const MAX_ITEM: usize = 16 * 1024 * 1024;

/// Reads a body that goes on, until it ends.
pub(super) async fn carry(kind: ChannelKind, mut answer: crate::net::http::LiveBody, log: Arc<Log>, naming: Naming) {
    let mut reader = match kind {
        ChannelKind::Ndjson => Reader::Lines(Vec::new()),
        ChannelKind::Sse | ChannelKind::WebSocket => Reader::Events(Parser::default()),
    };
    let end = loop {
        match answer.chunk().await {
            Ok(Some(bytes)) => {
                if !reader.feed(&bytes, &log, &naming) {
                    break ChannelEnd::CutOff { message: "more arrived than is kept of one channel".to_owned() };
                }
            }
            Ok(None) => {
                reader.finish(&log, &naming);
                break ChannelEnd::Ended;
            }
            Err(_) => {
                break ChannelEnd::CutOff { message: "the connection was lost before the body's end".to_owned() };
            }
        }
    };
    log.end(end);
}

enum Reader {
    Events(Parser),
    Lines(Vec<u8>),
}

impl Reader {
    /// `false` when more has come than is kept.
    fn feed(&mut self, bytes: &[u8], log: &Log, naming: &Naming) -> bool {
        match self {
            Reader::Events(parser) => {
                let items = parser.feed(bytes);
                parser.pending() <= MAX_ITEM && items.into_iter().all(|item| add(item, log, naming))
            }
            Reader::Lines(pending) => {
                for byte in bytes {
                    if *byte != b'\n' {
                        pending.push(*byte);
                    } else if !add_line(&std::mem::take(pending), log, naming) {
                        return false;
                    }
                }
                pending.len() <= MAX_ITEM
            }
        }
    }

    /// A last line needs no line end; an event without its blank line is dropped (WHATWG HTML, section 9.2.6).
    fn finish(&mut self, log: &Log, naming: &Naming) {
        if let Reader::Lines(pending) = self {
            add_line(pending, log, naming);
        }
    }
}

fn add(item: Item, log: &Log, naming: &Naming) -> bool {
    match item {
        Item::Comment(text) => {
            log.add(Direction::Received, FrameKind::SseComment, text.as_bytes(), vec![Payload::default()], false)
        }
        Item::Event { event, data, id } => {
            let payloads = naming.read(&data, Some(&event));
            let kind = FrameKind::SseEvent { event: Some(event), id };
            log.add(Direction::Received, kind, data.as_bytes(), payloads, false)
        }
    }
}

fn add_line(line: &[u8], log: &Log, naming: &Naming) -> bool {
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    if line.iter().all(u8::is_ascii_whitespace) {
        return true;
    }
    let payloads = match std::str::from_utf8(line) {
        Ok(text) => naming.read(text, None),
        Err(_) => vec![Payload::default()],
    };
    log.add(Direction::Received, FrameKind::Line, line, payloads, false)
}
