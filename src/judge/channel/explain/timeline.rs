use std::ops::Range;

use super::words::{LOOKED_AT, ended, moment, short};
use crate::diag::Excerpt;
use crate::diag::cut::cut;
use crate::event::{ChannelEnd, ChannelLog, Direction, Frame, FrameKind, Instant};
use crate::judge::excerpt;
use crate::value::{PathStep, format_size};

/// Lines shown before and after one that is labelled, and at most in all.
const BEFORE: usize = 6;
const AFTER: usize = 2;
const MOST: usize = 18;
/// The longest content of a frame in its line, in characters.
const LONGEST: usize = 88;

/// What a label of the time line points at.
pub enum Mark {
    Frame(u32, String),
    /// An instant at which no frame came: a line of its own.
    Instant(Instant, &'static str, String),
    /// The end of the channel.
    End(String),
}

/// A line of it: what happened, and the label that points at it.
struct Row<'a> {
    at: Instant,
    what: What<'a>,
    label: Option<String>,
}

enum What<'a> {
    Frame(&'a Frame),
    Instant(&'static str),
    End(&'a ChannelEnd),
}

/// What a channel carried, a line a frame, around what is labelled. Times count from `clock`.
pub fn timeline(log: &ChannelLog, clock: Instant, marks: Vec<Mark>) -> Excerpt {
    let mut rows: Vec<Row<'_>> =
        log.frames.iter().map(|frame| Row { at: frame.at, what: What::Frame(frame), label: None }).collect();
    let mut end_label = None;
    let mut instants = Vec::new();
    for mark in marks {
        match mark {
            // Frames are numbered from 1 in their order.
            Mark::Frame(number, words) => {
                if let Some(row) = (number as usize).checked_sub(1).and_then(|place| rows.get_mut(place)) {
                    row.label.get_or_insert(words);
                }
            }
            Mark::End(words) => end_label = end_label.or(Some(words)),
            Mark::Instant(at, what, words) => instants.push(Row { at, what: What::Instant(what), label: Some(words) }),
        }
    }
    if let Some((at, end)) = &log.end {
        rows.push(Row { at: *at, what: What::End(end), label: end_label });
    }
    for row in instants {
        // Behind all that came at that very instant: it was in time.
        let place = rows.partition_point(|before| before.at <= row.at);
        rows.insert(place, row);
    }
    draw(format!("what `{}` carried", log.name), &rows, clock)
}

/// The content of a frame, with values of it labelled.
pub fn content(log: &str, frame: &Frame, labels: &[(Vec<PathStep>, String)]) -> Excerpt {
    let name = format!("frame {} on `{log}`", frame.number);
    match &frame.payload.json {
        Some(json) => excerpt::json_excerpt(name, json, labels),
        None => {
            let words = labels.first().map(|(_, words)| words.clone());
            excerpt::text_excerpt(name, &String::from_utf8_lossy(&frame.data), words)
        }
    }
}

fn text(row: &Row<'_>, clock: Instant) -> String {
    let moment = moment(row.at, clock);
    match row.what {
        What::Frame(frame) => {
            let arrow = if frame.direction == Direction::Sent { '→' } else { '←' };
            format!("{moment:>9} {:>4} {arrow} {}", frame.number, what(frame))
        }
        What::Instant(what) => format!("{moment:>9}       {what}"),
        What::End(end) => format!("{moment:>9}       {}", ended(end)),
    }
}

fn what(frame: &Frame) -> String {
    let hidden = if frame.hidden { " (keep-alive)" } else { "" };
    let content = match &frame.kind {
        FrameKind::Ping => return "ping".to_owned(),
        FrameKind::Pong => return "pong".to_owned(),
        FrameKind::SseComment => format!(": {}", short(&String::from_utf8_lossy(&frame.data), LONGEST)),
        FrameKind::Binary => {
            let bytes: String = frame.data.iter().take(LOOKED_AT).map(|byte| format!("{byte:02x}")).collect();
            format!("binary {} {}", format_size(frame.data.len() as u64), cut(&bytes, 32))
        }
        FrameKind::Text | FrameKind::SseEvent(_) | FrameKind::Line => match informative(frame) {
            Some(part) => part,
            None => {
                // A frame of many megabytes isn't copied to show its beginning.
                let head = frame.data.get(..frame.data.len().min(LOOKED_AT)).unwrap_or_default();
                short(&String::from_utf8_lossy(head), LONGEST)
            }
        },
    };
    match &frame.payload.event {
        Some(event) => format!("{}{hidden}  {content}", short(event, 40)).trim_end().to_owned(),
        None => format!("{content}{hidden}"),
    }
}

/// The part of an event that says most: its payload, where it has one, else what it says beside its name.
fn informative(frame: &Frame) -> Option<String> {
    let event = frame.payload.event.as_deref()?;
    let fields = frame.payload.json.as_deref()?.as_object()?;
    let mut inner = fields.iter().filter(|(_, value)| value.is_object() || value.is_array());
    if let (Some((name, payload)), None) = (inner.next(), inner.next()) {
        return Some(format!("{}: {}", short(name, 20), compact(payload)));
    }
    let others = fields.iter().filter(|(_, value)| value.as_str() != Some(event));
    let others: Vec<String> =
        others.take(8).map(|(name, value)| format!("{}: {}", short(name, 20), compact(value))).collect();
    Some(cut(&others.join(", "), LONGEST))
}

/// JSON on one line, cut before it is written out whole.
fn compact(json: &crate::value::Json) -> String {
    use crate::value::Json;
    let text = match json {
        Json::Object(fields) => {
            let fields = fields.iter().take(8).map(|(name, value)| format!("{}: {}", short(name, 20), scalar(value)));
            format!("{{ {} }}", fields.collect::<Vec<_>>().join(", "))
        }
        Json::Array(items) => format!("[{}]", items.iter().take(8).map(scalar).collect::<Vec<_>>().join(", ")),
        other => scalar(other),
    };
    cut(&text, LONGEST)
}

fn scalar(json: &crate::value::Json) -> String {
    use crate::value::Json;
    match json {
        // The beginning of a UUID distinguishes it from others.
        Json::String(text) if uuid::Uuid::try_parse(text).is_ok() => format!("\"{}\"", short(text, 8)),
        Json::String(text) => format!("\"{}\"", short(text, 24)),
        Json::Object(_) => "{…}".to_owned(),
        Json::Array(items) if items.is_empty() => "[]".to_owned(),
        Json::Array(_) => "[…]".to_owned(),
        other => other.to_string(),
    }
}

fn draw(name: String, rows: &[Row<'_>], clock: Instant) -> Excerpt {
    let marked: Vec<usize> = (0..rows.len()).filter(|index| rows[*index].label.is_some()).collect();
    let near = |index: usize| {
        let close = |mark: &usize| index + BEFORE >= *mark && index <= *mark + AFTER;
        marked.iter().any(close) || (marked.is_empty() && index + MOST >= rows.len())
    };
    let mut text = String::new();
    let mut labels: Vec<(Range<usize>, String)> = Vec::new();
    let mut shown = 0;
    let mut skipped = false;
    for (index, row) in rows.iter().enumerate() {
        if !near(index) || (shown >= MOST && row.label.is_none()) {
            skipped = true;
            continue;
        }
        if std::mem::take(&mut skipped) {
            text.push_str("        …\n");
        }
        shown += 1;
        let line = self::text(row, clock);
        let start = text.len() + line.len() - line.trim_start().len();
        text.push_str(&line);
        if let Some(label) = &row.label {
            labels.push((start..text.len(), label.clone()));
        }
        text.push('\n');
    }
    if skipped {
        text.push_str("        …\n");
    }
    if rows.is_empty() {
        text.push_str("        nothing\n");
    }
    Excerpt { name, text, labels }
}
