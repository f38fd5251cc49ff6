//! What frames say together: those of one direction and kind, one behind the other.

use std::mem::Discriminant;
use std::ops::Range;

use bytes::Bytes;

use super::{Direction, FrameKind};

/// The frames of one direction and kind, as one text.
pub struct Flow {
    pub text: String,
    /// The frames that it is made of, by their places among those that were given, and where each is in the text.
    pub frames: Vec<(usize, Range<usize>)>,
}

/// Stands for a byte that is no text, and is as long.
const NO_TEXT: u8 = 0x1a;

/// What is known of a flow so far.
struct Begun {
    of: (Direction, Discriminant<FrameKind>),
    bytes: Vec<u8>,
    frames: Vec<(usize, Range<usize>)>,
}

/// What frames say together. What came once and is several events is there once.
pub fn flows<'f>(frames: impl IntoIterator<Item = (Direction, &'f FrameKind, &'f Bytes)>) -> Vec<Flow> {
    let mut flows: Vec<Begun> = Vec::new();
    let mut last: Option<&Bytes> = None;
    for (place, (direction, kind, data)) in frames.into_iter().enumerate() {
        let is_same = last.replace(data).is_some_and(|last| !data.is_empty() && last.as_ptr() == data.as_ptr());
        if is_same {
            continue;
        }
        let of = (direction, std::mem::discriminant(kind));
        let at = flows.iter().position(|flow| flow.of == of).unwrap_or_else(|| {
            flows.push(Begun { of, bytes: Vec::new(), frames: Vec::new() });
            flows.len() - 1
        });
        if let Some(flow) = flows.get_mut(at) {
            let from = flow.bytes.len();
            flow.bytes.extend_from_slice(data);
            flow.frames.push((place, from..flow.bytes.len()));
        }
    }
    flows.into_iter().map(|flow| Flow { text: text(flow.bytes), frames: flow.frames }).collect()
}

impl Flow {
    /// The parts of a range that are in different frames, each with the place of its frame; none where all of it is in one.
    pub fn parts(&self, range: &Range<usize>) -> Vec<(usize, Range<usize>)> {
        let from = self.frames.partition_point(|(_, frame)| frame.end <= range.start);
        let within = self.frames.iter().skip(from).take_while(|(_, frame)| frame.start < range.end);
        let parts = within.map(|(place, frame)| (*place, range.start.max(frame.start)..range.end.min(frame.end)));
        let parts: Vec<_> = parts.filter(|(_, part)| !part.is_empty()).collect();
        if parts.len() > 1 { parts } else { Vec::new() }
    }
}

/// Bytes as a text of the same length.
fn text(bytes: Vec<u8>) -> String {
    let mut bytes = match String::from_utf8(bytes) {
        Ok(text) => return text,
        Err(error) => error.into_bytes(),
    };
    let mut at = 0;
    while let Err(error) = std::str::from_utf8(bytes.get(at..).unwrap_or_default()) {
        let from = at + error.valid_up_to();
        at = error.error_len().map_or(bytes.len(), |length| from + length);
        bytes.get_mut(from..at).unwrap_or_default().fill(NO_TEXT);
    }
    String::from_utf8(bytes).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_of_one_direction_and_kind_are_one_text() {
        let data: Vec<Bytes> =
            ["ab", "x", "cd", "", "ef"].iter().map(|text| Bytes::from_static(text.as_bytes())).collect();
        let broken = Bytes::from_static(b"\xff\xc3");
        let (text, binary) = (FrameKind::Text, FrameKind::Binary);
        let (received, sent) = (Direction::Received, Direction::Sent);
        let frames = [
            (received, &text, &data[0]),
            (sent, &text, &data[1]),
            (received, &text, &data[2]),
            // The same once more: another event of it.
            (received, &text, &data[2]),
            (received, &text, &data[3]),
            (received, &binary, &broken),
            (received, &text, &data[4]),
        ];
        let all = flows(frames);
        let texts: Vec<&str> = all.iter().map(|flow| flow.text.as_str()).collect();
        assert_eq!(texts, ["abcdef", "x", "\u{1a}\u{1a}"]);
        assert_eq!(all[0].parts(&(1..5)), [(0, 1..2), (2, 2..4), (6, 4..5)]);
        assert_eq!(all[0].parts(&(2..4)), []);
    }
}
