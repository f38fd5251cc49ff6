use crate::diag::cut::cut;
use crate::diag::sanitize;
use crate::event::{ChannelEnd, Instant};
use crate::value::format_duration;

/// The name of a WebSocket close code (RFC 6455, section 7.4, and the IANA registry that it set up).
pub fn close_code(code: u32) -> &'static str {
    match code {
        1000 => "normal closure",
        1001 => "going away",
        1002 => "protocol error",
        1003 => "unsupported data",
        1005 => "no status code",
        1006 => "no close frame",
        1007 => "invalid payload data",
        1008 => "policy violation",
        1009 => "message too big",
        1010 => "an extension is missing",
        1011 => "internal error",
        1012 => "service restart",
        1013 => "try again later",
        1014 => "bad gateway",
        1015 => "TLS handshake failed",
        3000..=3999 => "registered code",
        4000..=4999 => "code of the application",
        _ => "unknown code",
    }
}

/// The close code that an end amounts to: 1006 for a connection without a close frame (RFC 6455, section 7.1.5).
pub fn code_of(end: &ChannelEnd) -> Option<u32> {
    match end {
        ChannelEnd::Closed { code, .. } => Some(u32::from(*code)),
        ChannelEnd::Lost { .. } | ChannelEnd::Dropped => Some(1006),
        ChannelEnd::Ended | ChannelEnd::CutOff { .. } | ChannelEnd::Failed { .. } => None,
    }
}

/// How a channel ended, as a clause: `the server closed it with 1011 (internal error)`.
pub fn ended(end: &ChannelEnd) -> String {
    match end {
        ChannelEnd::Closed { code, reason, by_us } => {
            let says_nothing = reason.is_empty() || reason == close_code(u32::from(*code));
            // The code is what the server sent, also where it answers ours.
            let after = if *by_us { ", in response to this test's close" } else { "" };
            let code = coded(u32::from(*code));
            match says_nothing {
                true => format!("the server closed it with {code}{after}"),
                false => format!("the server closed it with {code} and the reason \"{}\"{after}", short(reason, 123)),
            }
        }
        ChannelEnd::Lost { message } => {
            format!("the connection was lost without a close frame (1006): {}", short(message, 200))
        }
        ChannelEnd::Ended => "its body came to its end".to_owned(),
        ChannelEnd::CutOff { message } => format!("its body was cut off: {}", short(message, 200)),
        ChannelEnd::Failed { message, .. } => short(message, 300),
        ChannelEnd::Dropped => "this test dropped it".to_owned(),
    }
}

/// `1011 (internal error)`
pub fn coded(code: u32) -> String {
    format!("{code} ({})", close_code(code))
}

/// An instant as the time line shows it, counted from where the clock of the expectation starts: `+1.204s`.
pub fn moment(at: Instant, clock: Instant) -> String {
    let (sign, distance) = if at >= clock { ('+', at - clock) } else { ('-', clock - at) };
    let millis = distance.as_millis();
    format!("{sign}{}.{:03}s", millis / 1000, millis % 1000)
}

/// How long, for a sentence.
pub fn apart(later: Instant, earlier: Instant) -> String {
    format_duration(later.saturating_sub(earlier))
}

/// How much of a text is looked at to show it, in bytes: a secret in it must still be found whole.
pub const LOOKED_AT: usize = 8192;

/// Text of a server on one line, cut once it is masked.
pub fn short(text: &str, most: usize) -> String {
    let mut end = text.len().min(LOOKED_AT);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    cut(&sanitize(&text[..end]), most)
}

/// `1 time`, `3 times`
pub fn times(count: u32) -> String {
    if count == 1 { "1 time".to_owned() } else { format!("{count} times") }
}
