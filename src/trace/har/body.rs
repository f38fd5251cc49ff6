use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::form::{Content, PostData};
use crate::event::{FrameKind, Header, Response, SseFields};
use crate::trace::readable::text;
use crate::trace::requests::header;
use crate::world::records::Carried;

/// What is written where a response doesn't say what its body is, as Chrome does.
pub const UNKNOWN: &str = "x-unknown";

/// The body of a response that was read to its end.
pub fn content(response: &Response, cut: bool) -> Content {
    let mime_type = response.header("content-type");
    let (text, encoding) = match text(&response.body, mime_type) {
        Some(text) => (Some(text), None),
        None => (Some(STANDARD.encode(&response.body)), Some("base64")),
    };
    let size = response.body.len() as u64;
    let saved = i64::try_from(size).ok().zip(i64::try_from(response.wire_size).ok()).map(|(size, wire)| size - wire);
    Content {
        size,
        compression: saved.filter(|_| !cut),
        mime_type: mime_type.unwrap_or(UNKNOWN).to_owned(),
        text,
        encoding,
        comment: cut.then(|| "not all of the body was recorded".to_owned()),
    }
}

/// The body of a stream, written again from the events or lines that were read out of it.
pub fn streamed(response: &Response, carried: &[Carried], cut: bool) -> Content {
    let (mut text, mut last_id) = (String::new(), "");
    for one in carried {
        let data = String::from_utf8_lossy(&one.data);
        match &one.kind {
            FrameKind::SseEvent(fields) => {
                let SseFields { event, id } = &**fields;
                // An event without a name is a `message` (WHATWG HTML, section 9.2.6).
                let name = event.as_deref().filter(|event| *event != "message");
                name.iter().for_each(|name| text.push_str(&format!("event: {name}\n")));
                // An id holds until there is another.
                let id = id.as_deref().unwrap_or_default();
                if id != last_id {
                    text.push_str(&format!("id: {id}\n"));
                    last_id = id;
                }
                data.split('\n').for_each(|line| text.push_str(&format!("data: {line}\n")));
                text.push('\n');
            }
            FrameKind::SseComment => text.push_str(&format!(": {data}\n\n")),
            FrameKind::Line => text.push_str(&format!("{data}\n")),
            FrameKind::Text | FrameKind::Binary | FrameKind::Ping | FrameKind::Pong => {}
        }
    }
    let missing = if cut { "; not all of them were recorded" } else { "" };
    Content {
        size: text.len() as u64,
        mime_type: response.header("content-type").unwrap_or(UNKNOWN).to_owned(),
        text: Some(text),
        comment: Some(format!("written again from what was read of the stream{missing}")),
        ..Content::default()
    }
}

/// The body of a request.
pub fn posted(body: &[u8], headers: &[Header]) -> PostData {
    let mime_type = header(headers, "content-type");
    let text = text(body, mime_type);
    PostData {
        mime_type: mime_type.unwrap_or_default().to_owned(),
        encoding: text.is_none().then_some("base64"),
        text: text.unwrap_or_else(|| STANDARD.encode(body)),
    }
}
