//! A secret that is split over several frames of a channel: no frame holds it, and who reads them one after another does.

use std::collections::HashMap;
use std::ops::Range;

use super::{MASK, Redactor};
use crate::diag::cut;
use crate::report::model::Frame;

impl Redactor {
    /// Masks the parts of secrets that frames of one kind and direction hold together. Nothing is masked but where the frames' texts, one behind the other, hold
    /// what would be masked in one text: the end of a frame that looks like the beginning of a secret stays.
    pub(super) fn mask_split(&self, frames: &mut [Frame]) {
        if self.read().secrets.is_empty() {
            return;
        }
        let mut flows: HashMap<(&str, &str), Vec<usize>> = HashMap::new();
        for (index, frame) in frames.iter().enumerate() {
            // A control frame may come between the parts of what it has nothing to do with.
            if frame.text.is_some() {
                flows.entry((&frame.direction, &frame.kind)).or_default().push(index);
            }
        }
        let found: Vec<(usize, Vec<Range<usize>>)> =
            flows.values().flat_map(|indices| self.parts(frames, indices)).collect();
        for (index, parts) in found {
            if let Some(text) = &mut frames[index].text {
                *text = without(text, &parts);
            }
        }
    }

    /// What to mask of which frame, in order.
    fn parts(&self, frames: &[Frame], indices: &[usize]) -> Vec<(usize, Vec<Range<usize>>)> {
        let mut joined = String::new();
        let mut starts = Vec::with_capacity(indices.len());
        for index in indices {
            starts.push(joined.len());
            joined.push_str(frames[*index].text.as_deref().unwrap_or_default());
        }
        let end_of = |at: usize| starts.get(at + 1).copied().unwrap_or(joined.len());
        let mut parts: Vec<(usize, Vec<Range<usize>>)> = Vec::new();
        for range in self.read().finder.find(&joined) {
            let mut at = starts.partition_point(|start| *start <= range.start) - 1;
            if range.end <= end_of(at) {
                continue;
            }
            while at < starts.len() && starts[at] < range.end {
                let (from, to) = (range.start.max(starts[at]), range.end.min(end_of(at)));
                let part = from - starts[at]..to.max(from) - starts[at];
                match parts.last_mut() {
                    _ if part.is_empty() => {}
                    Some((index, parts)) if *index == indices[at] => parts.push(part),
                    _ => parts.push((indices[at], vec![part])),
                }
                at += 1;
            }
        }
        parts
    }
}

/// A text with a mask for each part. Marks of cuts stay where they are.
fn without(text: &str, parts: &[Range<usize>]) -> String {
    let marks = if cut::is_marked(text) { cut::marks(text) } else { Vec::new() };
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    for part in parts {
        out.push_str(&text[at..part.start]);
        let mut shown = false;
        let mut mask = |out: &mut String, is_text: bool| {
            if is_text && !std::mem::replace(&mut shown, true) {
                out.push_str(MASK);
            }
        };
        let mut from = part.start;
        let first = marks.partition_point(|mark| mark.end <= part.start);
        for mark in marks[first..].iter().take_while(|mark| mark.start < part.end) {
            mask(&mut out, from < mark.start);
            let end = mark.end.min(part.end);
            out.push_str(&text[mark.start.max(part.start)..end]);
            from = end;
        }
        mask(&mut out, from < part.end);
        at = part.end;
    }
    out.push_str(&text[at..]);
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::value::SecretSink as _;

    fn frame(direction: &str, kind: &str, text: Option<&str>) -> Frame {
        Frame {
            number: 1,
            at_ms: 0.0,
            direction: direction.to_owned(),
            kind: kind.to_owned(),
            event: None,
            size: 0,
            text: text.map(str::to_owned),
            matched: None,
        }
    }

    fn masked(secret: &str, frames: Vec<Frame>) -> Vec<String> {
        let redactor = Redactor::default();
        redactor.add(secret);
        let masked = redactor.masked(frames).into_inner();
        masked.into_iter().map(|frame| frame.text.unwrap_or_default()).collect()
    }

    proptest! {
        /// Wherever it is split, into however many frames, and whatever comes between them, nothing of it is shown.
        #[test]
        fn a_secret_over_several_frames_is_masked_in_each(
            secret in prop_oneof!["[A-Za-z0-9_-]{8,60}", "[A-Za-z][ -~é]{10,40}[A-Za-z]"],
            points in prop::collection::vec(any::<prop::sample::Index>(), 1..8),
            kind in prop::sample::select(vec!["text", "event", "line", "comment"]),
            direction in prop::sample::select(vec!["received", "sent"]),
        ) {
            prop_assume!(secret.chars().filter(char::is_ascii_alphanumeric).count() >= 6);
            let ends: Vec<usize> = secret.char_indices().map(|(at, _)| at).chain([secret.len()]).collect();
            let mut points: Vec<usize> = points.iter().map(|point| *point.get(&ends)).collect();
            points.sort_unstable();
            let mut texts = Vec::new();
            let mut at = 0;
            for point in points.into_iter().chain([secret.len()]) {
                texts.push(secret[at..point].to_owned());
                at = point;
            }
            texts[0].insert_str(0, "([{ ");
            if let Some(last) = texts.last_mut() {
                last.push_str(" }])");
            }
            let mut frames = Vec::new();
            for text in &texts {
                frames.push(frame(direction, kind, Some(text)));
                frames.push(frame(direction, "ping", Some("zz")));
                frames.push(frame(if direction == "sent" { "received" } else { "sent" }, kind, Some("yy")));
            }
            let shown = masked(&secret, frames).concat().replace("zz", "").replace("yy", "").replace(MASK, "");
            // An escape that is unfinished at a part's end takes what is beside it along.
            prop_assert!(shown.len() <= 8 && shown.chars().all(|c| "([{ }])".contains(c)), "{:?} in {:?}: {}", secret, texts, shown);
        }

        /// What only begins like a secret, or ends like one, stays.
        #[test]
        fn what_frames_dont_hold_together_stays(secret in "[g-qs-z]{12}[G-Z]{12}", at in 9..16_usize) {
            let (first, rest) = secret.split_at(at);
            let texts = [format!("say {first}"), format!("!{rest} to"), rest.to_owned(), first.to_owned()];
            let shown = masked(&secret, texts.iter().map(|text| frame("received", "text", Some(text))).collect());
            prop_assert_eq!(shown, texts.to_vec());
        }

        /// Of two directions, and of two kinds, nothing is put together.
        #[test]
        fn other_directions_and_kinds_are_apart(secret in "[g-qs-z]{12}[G-Z]{12}", at in 9..16_usize) {
            let (first, rest) = secret.split_at(at);
            for (direction, kind) in [("sent", "text"), ("received", "comment")] {
                let frames = vec![frame("received", "text", Some(first)), frame(direction, kind, Some(rest))];
                prop_assert_eq!(masked(&secret, frames), [first, rest]);
            }
        }
    }

    #[test]
    fn a_cut_stays_where_a_part_of_a_secret_is_before_it() {
        let secret = "first-part-of-it/second-part-of-it";
        let long = format!("{}first-part-of-it", "x".repeat(40));
        let frames = vec![
            frame("received", "text", Some(&cut::cut(&long, 50))),
            frame("received", "text", Some("/second-part-of-it and more")),
        ];
        let shown = masked(secret, frames);
        assert_eq!(shown[0], format!("{}***", "x".repeat(40)));
        assert_eq!(shown[1], "*** and more");
    }
}
