//! A test's channels: a time line of the frames, and the frames with what took them.

use std::fmt::Write as _;

use askama::Template;

use super::words::{across, clean, clean_or_empty, counted, duration};
use crate::report::model::{Channel, Frame};

/// How many frames of a channel are listed; the time line has them all.
const MOST_FRAMES: usize = 200;
/// How much of a frame's text is shown, in characters.
const LONGEST_FRAME: usize = 300;
/// Where frames are on the time line: received ones above, sent ones below.
const RECEIVED_Y: u32 = 10;
const SENT_Y: u32 = 30;

#[derive(Template)]
#[template(path = "channels.html")]
pub(super) struct Channels {
    channels: Vec<One>,
}

struct One {
    name: String,
    protocol: String,
    url: String,
    facts: Vec<String>,
    words: String,
    span: String,
    received: String,
    sent: String,
    matched: String,
    end_class: &'static str,
    end_x: f64,
    frames: Vec<Row>,
    left_out: usize,
}

struct Row {
    at: String,
    arrow: &'static str,
    direction: &'static str,
    event: String,
    text: String,
    matched: String,
}

impl Channels {
    pub fn new(channels: &[Channel]) -> Self {
        Self { channels: channels.iter().map(one).collect() }
    }
}

fn one(one: &Channel) -> One {
    let last = one.frames.last().map_or(0.0, |frame| frame.at_ms);
    let end = one.end.as_ref().and_then(|end| end.at_ms);
    let whole = end.map_or(last, |end| end.max(last));
    let dots = |wanted: &dyn Fn(&Frame) -> bool| {
        let mut path = String::new();
        for frame in one.frames.iter().filter(|frame| wanted(frame)) {
            let y = if is_received(frame) { RECEIVED_Y } else { SENT_Y };
            let _ = write!(path, "M{} {y}h0", across(frame.at_ms, whole));
        }
        path
    };
    let known = one.frames_received.saturating_add(one.frames_sent);
    One {
        name: clean(&one.name),
        protocol: clean(&one.protocol),
        url: clean(&one.url),
        facts: facts(one),
        words: format!("{} received, {} sent", counted(one.frames_received, "frame"), one.frames_sent),
        span: duration(whole),
        received: dots(&|frame| is_received(frame) && frame.matched.is_none()),
        sent: dots(&|frame| !is_received(frame) && frame.matched.is_none()),
        matched: dots(&|frame| frame.matched.is_some()),
        end_class: match one.end.as_ref().map(|end| end.kind.as_str()) {
            Some("lost" | "cut_off" | "failed") => "broken",
            _ => "plain",
        },
        end_x: end.map_or(1000.0, |end| across(end, whole)),
        frames: one.frames.iter().take(MOST_FRAMES).map(row).collect(),
        left_out: known.max(one.frames.len()).saturating_sub(one.frames.len().min(MOST_FRAMES)),
    }
}

fn is_received(frame: &Frame) -> bool {
    frame.direction != "sent"
}

fn facts(one: &Channel) -> Vec<String> {
    let mut facts = vec![format!("{} received", one.frames_received), format!("{} sent", one.frames_sent)];
    facts.extend(one.first_event_ms.map(|ms| format!("first event after {}", duration(ms))));
    facts.extend(one.longest_gap_ms.map(|ms| format!("longest gap {}", duration(ms))));
    facts.push(end(one));
    facts.iter().map(|fact| clean(fact)).collect()
}

fn end(one: &Channel) -> String {
    let Some(end) = &one.end else { return "still open at the end".to_owned() };
    let words = match end.kind.as_str() {
        "closed" => {
            let who = if end.by_us == Some(true) { "by the test" } else { "by the server" };
            let code = one.closed_with.unwrap_or(1005);
            format!("closed {who} with {code} {}", end.reason.as_deref().unwrap_or_default())
        }
        "ended" => "ended".to_owned(),
        "dropped" => "dropped by the test".to_owned(),
        kind => end.message.clone().unwrap_or_else(|| kind.replace('_', " ")),
    };
    match end.at_ms {
        Some(at) => format!("{} after {}", words.trim(), duration(at)),
        None => words.trim().to_owned(),
    }
}

fn row(frame: &Frame) -> Row {
    let text = match &frame.text {
        None => format!("{} bytes", frame.size),
        Some(text) => {
            let mut shown: String = text.chars().take(LONGEST_FRAME).collect();
            if shown.len() < text.len() {
                shown.push('…');
            }
            shown
        }
    };
    let (arrow, direction) = if is_received(frame) { ("←", "received") } else { ("→", "sent") };
    // The kind says what the event doesn't: a ping, a comment, a binary frame.
    let event = frame.event.as_deref().unwrap_or(frame.kind.as_str());
    Row {
        at: format!("+{}", duration(frame.at_ms)),
        arrow,
        direction,
        event: clean(event),
        text: clean(&text),
        matched: clean_or_empty(frame.matched.as_deref()),
    }
}
