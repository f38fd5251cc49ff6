//! What a frame that is kept takes of memory: a flood of small ones takes many times what they hold.

use crate::event::{Frame, FrameKind, Payload, SseFields};
use crate::value::Json;

/// The record itself, the counts of what is shared in it, its place in the log (which grows by doubling), and what the allocator adds.
const FRAME: u64 = (size_of::<Frame>() + 16 + 2 * size_of::<usize>() + 24 + 48) as u64;
/// The fields of a server-sent event, and what the allocator adds.
const SSE_FIELDS: u64 = size_of::<SseFields>() as u64 + 16;
/// A node of JSON: its value, and what the allocator adds to its text or list.
const NODE: u64 = size_of::<Json>() as u64 + 16;
/// An object, or a list, beside what is in it: its counts, and what the allocator adds.
const GROUP: u64 = 64;
/// A member of an object beside its value: its name, and its place in the index of a large object.
const MEMBER: u64 = 64;

/// In bytes, without the frame's data.
pub(super) fn of_frame(kind: &FrameKind, payload: &Payload) -> u64 {
    let text = |text: &Option<String>| text.as_ref().map_or(0, |text| text.len() as u64 + 16);
    let kind = match kind {
        FrameKind::SseEvent(fields) => SSE_FIELDS + text(&fields.event) + text(&fields.id),
        _ => 0,
    };
    let event = payload.event.as_ref().map_or(0, |name| name.len() as u64 + 32);
    FRAME + kind + event + payload.json.as_deref().map_or(0, |json| 16 + of_json(json))
}

/// Every node is counted; JSON from outside is at most 128 deep.
fn of_json(json: &Json) -> u64 {
    let below: u64 = if let Some(items) = json.as_array() {
        GROUP + items.iter().map(of_json).sum::<u64>()
    } else if let Some(members) = json.as_object() {
        GROUP + members.iter().map(|(name, value)| MEMBER + name.len() as u64 + of_json(value)).sum::<u64>()
    } else {
        match json {
            Json::String(text) => text.len() as u64,
            // Kept as it was written, however long, where it doesn't fit an integer.
            Json::Number(number) if number.as_i64().is_none() => number.as_text().len() as u64,
            _ => 0,
        }
    };
    NODE.saturating_add(below)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[test]
    fn what_is_small_on_the_wire_isnt_small_in_memory() {
        let cost = |text: &str| {
            let json = Json::parse(text).ok().map(Arc::new);
            of_frame(&FrameKind::Text, &Payload { event: None, json })
        };
        assert!(cost("not JSON") >= size_of::<Frame>() as u64);
        // A hundred nodes of two bytes each.
        let many = cost(&format!("[{}1]", "1,".repeat(99)));
        assert!(many >= cost("1") + 100 * size_of::<Json>() as u64, "{many}");
        assert!(cost(r#"{"a":1}"#) >= cost("[1]") + MEMBER);
    }
}
