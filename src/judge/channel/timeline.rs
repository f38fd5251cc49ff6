use crate::diag::{Excerpt, sanitize};
use crate::event::{ChannelEnd, ChannelLog, Direction, FrameKind, Instant};
use crate::value::format_duration;

/// How many frames are shown, and how much of each, in characters.
const MOST: usize = 14;
const LONGEST: usize = 100;

/// What came on a channel around a frame (or at its end), one line a frame, some of them labelled.
pub(super) fn timeline(log: &ChannelLog, around: Option<u32>, labels: &[(u32, String)]) -> Excerpt {
    let total = log.frames.len();
    let middle = around.map_or(total, |number| number as usize);
    let first = middle.saturating_sub(MOST / 2 + 2).min(total.saturating_sub(MOST));
    let mut text = String::new();
    let mut placed = Vec::new();
    if first > 0 {
        text.push_str(&format!("… {first} earlier frames\n"));
    }
    for frame in log.frames.iter().skip(first).take(MOST) {
        let arrow = if frame.direction == Direction::Received { "<-" } else { "->" };
        let name = match (&frame.payload.event, &frame.kind) {
            (Some(event), _) => sanitize(event),
            (None, FrameKind::Ping) => "(ping)".to_owned(),
            (None, FrameKind::Pong) => "(pong)".to_owned(),
            (None, FrameKind::SseComment) => "(comment)".to_owned(),
            (None, _) => "(no name)".to_owned(),
        };
        let content = if frame.kind == FrameKind::Binary {
            format!("{} bytes", frame.data.len())
        } else {
            let text = String::from_utf8_lossy(&frame.data);
            let cut: String = text.chars().take(LONGEST).collect();
            let more = if text.chars().count() > LONGEST { "…" } else { "" };
            format!("{}{more}", sanitize(&cut))
        };
        let start = text.len();
        text.push_str(&format!("{:>9} {:>3} {arrow} {name}", at(log, frame.at), frame.number));
        let end = text.len();
        text.push_str(&format!("  {content}\n"));
        if let Some((_, words)) = labels.iter().find(|(number, _)| *number == frame.number) {
            placed.push((start..end, words.clone()));
        }
    }
    let left = total.saturating_sub(first + MOST);
    if left > 0 {
        text.push_str(&format!("… {left} later frames\n"));
    }
    if let Some((ended, end)) = &log.end {
        text.push_str(&format!("{:>9}     {}\n", at(log, *ended), end_words(end)));
    }
    if text.is_empty() {
        text.push_str("nothing came\n");
    }
    Excerpt { name: format!("frames on {}", log.name), text, labels: placed }
}

/// The time since the channel was opened: `+1.204s`.
pub(super) fn at(log: &ChannelLog, instant: Instant) -> String {
    format!("+{}", format_duration(instant.saturating_sub(log.opened)))
}

/// `closed by the server with 1011 (internal error)`
pub(super) fn end_words(end: &ChannelEnd) -> String {
    match end {
        ChannelEnd::Closed { code, reason, by_us } => {
            let who = if *by_us { "closed, as this test asked," } else { "closed by the server" };
            let reason = if reason.is_empty() { code_name(*code).to_owned() } else { sanitize(reason) };
            if reason.is_empty() { format!("{who} with {code}") } else { format!("{who} with {code} ({reason})") }
        }
        ChannelEnd::Lost { message } => format!("lost: {}", sanitize(message)),
        ChannelEnd::Ended => "ended by the server".to_owned(),
        ChannelEnd::CutOff { message } => format!("cut off: {}", sanitize(message)),
        ChannelEnd::Dropped => "dropped by this test".to_owned(),
    }
}

/// RFC 6455, section 7.4.1, and the registry that it founds.
pub(super) fn code_name(code: u16) -> &'static str {
    match code {
        1000 => "normal closure",
        1001 => "going away",
        1002 => "protocol error",
        1003 => "unsupported data",
        1005 => "no code",
        1006 => "connection lost",
        1007 => "invalid data",
        1008 => "policy violation",
        1009 => "message too big",
        1010 => "extension missing",
        1011 => "internal error",
        1012 => "service restart",
        1013 => "try again later",
        1014 => "bad gateway",
        1015 => "TLS failure",
        _ => "",
    }
}
