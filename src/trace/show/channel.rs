use super::text::{data, dump, exact, line, lines, when};
use crate::event::{ChannelEnd, Direction, FrameKind, Instant, SseFields};
use crate::world::records::{Carried, Done, Line};

const FRAME: &str = "         ";

/// Every frame of a channel, and how it ended.
pub fn write(channel: &Line, out: &mut String) {
    out.push_str("     channel\n");
    channel.carried.iter().for_each(|one| frame(one, out));
    if channel.cut {
        out.push_str("       not all of what it carried was recorded: the trace had no room for it\n");
    }
    for done in &channel.done {
        if let Done::Closed { code, reason } = done {
            out.push_str(&format!("       the test closed it with {}\n", code_and_reason(*code, reason)));
        }
    }
    match &channel.end {
        Some((at, end)) => out.push_str(&format!("       {}  {}\n", when(*at), ended(end))),
        None => out.push_str("       it was open still when the recording ended\n"),
    }
}

fn frame(one: &Carried, out: &mut String) {
    let (arrow, direction) = match one.direction {
        Direction::Sent => ("→", "sent"),
        Direction::Received => ("←", "received"),
    };
    let kind = match &one.kind {
        FrameKind::Text => "text".to_owned(),
        FrameKind::Binary => "binary".to_owned(),
        FrameKind::Ping => "ping".to_owned(),
        FrameKind::Pong => "pong".to_owned(),
        FrameKind::SseComment => "comment".to_owned(),
        FrameKind::Line => "line".to_owned(),
        FrameKind::SseEvent(fields) => {
            let SseFields { event, id } = &**fields;
            let id = id.as_ref().map(|id| format!(" (id {})", line(id))).unwrap_or_default();
            format!("event {}{id}", line(event.as_deref().unwrap_or("message")))
        }
    };
    let hidden = if one.hidden { ", answered without the test" } else { "" };
    let size = one.data.len();
    out.push_str(&format!(
        "       {}  {arrow} {direction} {kind}, {size} bytes{hidden}{}\n",
        when(one.at),
        behind(one)
    ));
    if size == 0 {
        return;
    }
    match (&one.kind, std::str::from_utf8(&one.data)) {
        (FrameKind::Binary, _) | (_, Err(_)) => dump(&one.data, FRAME, out),
        // A payload that may be anything.
        (FrameKind::Ping | FrameKind::Pong, Ok(_)) => data(&one.data, None, FRAME, out),
        (_, Ok(text)) => lines(text, FRAME, out),
    }
}

/// A frame that was received came some time behind an instant by which it wasn't there.
fn behind(one: &Carried) -> String {
    let gap = one.at.saturating_sub(one.behind);
    if one.direction == Direction::Sent || gap == Instant::ZERO || one.behind == Instant::ZERO {
        return String::new();
    }
    format!(", within {}", exact(gap))
}

fn ended(end: &ChannelEnd) -> String {
    match end {
        ChannelEnd::Closed { code, reason, by_us } => {
            let who = if *by_us { "closed by the server, in response to the test," } else { "closed by the server" };
            format!("{who} with {}", code_and_reason(*code, reason))
        }
        ChannelEnd::Lost { message } => format!("lost without a close frame: {}", line(message)),
        ChannelEnd::Ended => "the body came to its end".to_owned(),
        ChannelEnd::CutOff { message } => format!("cut off before the body's end: {}", line(message)),
        ChannelEnd::Failed { message, .. } => format!("can't be read any further: {}", line(message)),
        ChannelEnd::Dropped => "left by the test".to_owned(),
    }
}

fn code_and_reason(code: u16, reason: &str) -> String {
    let code = if code == 1005 { "no code".to_owned() } else { code.to_string() };
    if reason.is_empty() { code } else { format!("{code} \"{}\"", line(reason)) }
}
