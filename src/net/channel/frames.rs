//! The frames of a WebSocket (RFC 6455, section 5), as a client reads and writes them: bytes in, in any pieces, messages out. Pure.
//!
//! A library's reader replaces what a server may not send by something tidier (another close code, an end without a reason). What a server
//! sent is what a test is about, so that the frames are read here.

use std::fmt;

/// The largest message that is read, in bytes.
pub(super) const MAX_MESSAGE: usize = 16 * 1024 * 1024;
/// The most that a control frame carries, in bytes (RFC 6455, section 5.5).
const MAX_CONTROL: u64 = 125;
/// A close without a code (RFC 6455, section 7.1.5).
pub(super) const NO_CODE: u16 = 1005;

/// What a server sent, whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Message {
    Text(String),
    Binary(Vec<u8>),
    Ping(Vec<u8>),
    Pong(Vec<u8>),
    /// `code` is [`NO_CODE`] where the frame has none.
    Close {
        code: u16,
        reason: String,
    },
}

impl Message {
    /// In bytes.
    pub fn size(&self) -> usize {
        match self {
            Message::Text(text) => text.len(),
            Message::Binary(data) | Message::Ping(data) | Message::Pong(data) => data.len(),
            Message::Close { reason, .. } => reason.len(),
        }
    }
}

/// Why nothing more can be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Broken {
    /// Words that go on after "the server".
    Protocol(String),
    /// Text that isn't UTF-8: the same, with another code to answer it (RFC 6455, section 8.1).
    Utf8(String),
    TooLarge,
}

impl Broken {
    /// Something follows a close frame.
    pub fn after_close() -> Self {
        Broken::Protocol("sent something after its close frame (section 5.5.1)".to_owned())
    }

    /// What the connection is failed with (RFC 6455, section 7.4.1).
    pub fn close_code(&self) -> u16 {
        match self {
            Broken::Protocol(_) => 1002,
            Broken::Utf8(_) => 1007,
            Broken::TooLarge => 1009,
        }
    }
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Broken::Protocol(what) | Broken::Utf8(what) => {
                write!(f, "the server broke the WebSocket protocol (RFC 6455): it {what}")
            }
            Broken::TooLarge => f.write_str("the server sent a message of more than 16MiB, which is more than is read"),
        }
    }
}

/// Whether a close frame may carry a code (RFC 6455, section 7.4, and IANA's registry of close codes).
pub(super) fn may_close_with(code: u16) -> bool {
    matches!(code, 1000..=1003 | 1007..=1014 | 3000..=4999)
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Opcode {
    Continuation,
    Text,
    Binary,
    Close,
    Ping,
    Pong,
}

impl Opcode {
    fn of(bits: u8) -> Option<Self> {
        Some(match bits {
            0x0 => Opcode::Continuation,
            0x1 => Opcode::Text,
            0x2 => Opcode::Binary,
            0x8 => Opcode::Close,
            0x9 => Opcode::Ping,
            0xa => Opcode::Pong,
            _ => return None,
        })
    }

    fn bits(self) -> u8 {
        match self {
            Opcode::Continuation => 0x0,
            Opcode::Text => 0x1,
            Opcode::Binary => 0x2,
            Opcode::Close => 0x8,
            Opcode::Ping => 0x9,
            Opcode::Pong => 0xa,
        }
    }

    fn is_control(self) -> bool {
        matches!(self, Opcode::Close | Opcode::Ping | Opcode::Pong)
    }

    fn name(self) -> &'static str {
        match self {
            Opcode::Continuation => "continuation",
            Opcode::Text => "text",
            Opcode::Binary => "binary",
            Opcode::Close => "close",
            Opcode::Ping => "ping",
            Opcode::Pong => "pong",
        }
    }
}

/// A frame whose payload is being read.
#[derive(Debug)]
struct Open {
    opcode: Opcode,
    is_final: bool,
    /// Bytes of its payload that haven't come.
    left: u64,
    /// A control frame's own; data goes to the message that it is part of.
    control: Vec<u8>,
}

/// A message whose frames come one after the other.
#[derive(Debug)]
struct Partial {
    is_text: bool,
    data: Vec<u8>,
    /// How much of a text is known to be UTF-8, in bytes.
    checked: usize,
}

/// Reads what a server sends.
#[derive(Debug, Default)]
pub(super) struct Reader {
    head: Vec<u8>,
    open: Option<Open>,
    message: Option<Partial>,
    closed: bool,
}

impl Reader {
    /// Reads on until a message is whole, or the bytes are used up.
    ///
    /// # Errors
    /// The server broke the protocol, or a message is too large. Nothing can be read behind that.
    pub fn next(&mut self, bytes: &mut &[u8]) -> Result<Option<Message>, Broken> {
        loop {
            if self.closed {
                return if bytes.is_empty() { Ok(None) } else { Err(Broken::after_close()) };
            }
            if self.open.is_none() && !self.read_head(bytes)? {
                return Ok(None);
            }
            let Some(open) = &mut self.open else { return Ok(None) };
            let count = usize::try_from(open.left).unwrap_or(usize::MAX).min(bytes.len());
            let (piece, rest) = bytes.split_at(count);
            *bytes = rest;
            open.left -= count as u64;
            match &mut self.message {
                Some(message) if !open.opcode.is_control() => message.data.extend_from_slice(piece),
                _ => open.control.extend_from_slice(piece),
            }
            if open.left > 0 {
                self.check_text(false)?;
                return Ok(None);
            }
            if let Some(open) = self.open.take()
                && let Some(message) = self.end_of(open)?
            {
                return Ok(Some(message));
            }
        }
    }

    /// `false` when more bytes are needed.
    fn read_head(&mut self, bytes: &mut &[u8]) -> Result<bool, Broken> {
        loop {
            let wanted = match self.head.get(1).map(|second| second & 0x7f) {
                None => 2,
                Some(126) => 4,
                Some(127) => 10,
                Some(_) => 2,
            };
            if self.head.len() >= 2 {
                // What is wrong with the first two bytes is known before the rest.
                self.check_head()?;
            }
            if self.head.len() >= wanted {
                break;
            }
            let Some((first, rest)) = bytes.split_first() else { return Ok(false) };
            self.head.push(*first);
            *bytes = rest;
        }
        let (first, second) = (self.head.first().copied().unwrap_or(0), self.head.get(1).copied().unwrap_or(0));
        let long = self.head.get(2..).unwrap_or_default().iter().fold(0u64, |sum, byte| sum << 8 | u64::from(*byte));
        let short = second & 0x7f;
        let length = if short < 126 { u64::from(short) } else { long };
        self.head.clear();
        let minimal = match short {
            126 => length > 125,
            127 => length > u64::from(u16::MAX),
            _ => true,
        };
        if length >> 63 != 0 {
            return broken("sent a frame whose length has its highest bit set (section 5.2)");
        }
        if !minimal {
            return broken(format!("wrote the length {length} of a frame in more bytes than it needs (section 5.2)"));
        }
        let Some(opcode) = Opcode::of(first & 0x0f) else { return Ok(false) };
        let is_final = first & 0x80 != 0;
        self.begin(opcode, is_final, length)?;
        Ok(true)
    }

    fn check_head(&self) -> Result<(), Broken> {
        let &[first, second, ..] = self.head.as_slice() else { return Ok(()) };
        let rsv: Vec<&str> = [(0x40, "RSV1"), (0x20, "RSV2"), (0x10, "RSV3")]
            .into_iter()
            .filter(|(bit, _)| first & bit != 0)
            .map(|(_, name)| name)
            .collect();
        if !rsv.is_empty() {
            let bits = if rsv.len() == 1 { "bit" } else { "bits" };
            let rsv = rsv.join(", ");
            return broken(format!(
                "sent a frame with the reserved {bits} {rsv} set, and no extension is in use (section 5.2)"
            ));
        }
        let Some(opcode) = Opcode::of(first & 0x0f) else {
            return broken(format!("sent a frame with the reserved opcode 0x{:X} (section 5.2)", first & 0x0f));
        };
        if second & 0x80 != 0 {
            return broken(format!("sent a masked {} frame; only a client masks (section 5.1)", opcode.name()));
        }
        if opcode.is_control() {
            if first & 0x80 == 0 {
                return broken(format!("sent a {} frame in fragments (section 5.5)", opcode.name()));
            }
            if u64::from(second & 0x7f) > MAX_CONTROL {
                return broken(format!("sent a {} frame of more than 125 bytes (section 5.5)", opcode.name()));
            }
        }
        match (opcode, &self.message) {
            (Opcode::Continuation, None) => {
                broken("sent a continuation frame without a message that it could continue (section 5.4)")
            }
            (Opcode::Text | Opcode::Binary, Some(_)) => broken(format!(
                "began a {} message inside of a fragmented one that isn't finished (section 5.4)",
                opcode.name()
            )),
            _ => Ok(()),
        }
    }

    fn begin(&mut self, opcode: Opcode, is_final: bool, length: u64) -> Result<(), Broken> {
        if matches!(opcode, Opcode::Text | Opcode::Binary) {
            self.message = Some(Partial { is_text: opcode == Opcode::Text, data: Vec::new(), checked: 0 });
        }
        if !opcode.is_control() {
            let so_far = self.message.as_ref().map_or(0, |message| message.data.len() as u64);
            if so_far.saturating_add(length) > MAX_MESSAGE as u64 {
                return Err(Broken::TooLarge);
            }
        }
        self.open = Some(Open { opcode, is_final, left: length, control: Vec::new() });
        Ok(())
    }

    fn end_of(&mut self, open: Open) -> Result<Option<Message>, Broken> {
        match open.opcode {
            Opcode::Ping => Ok(Some(Message::Ping(open.control))),
            Opcode::Pong => Ok(Some(Message::Pong(open.control))),
            Opcode::Close => {
                self.closed = true;
                close(&open.control).map(Some)
            }
            Opcode::Continuation | Opcode::Text | Opcode::Binary => {
                self.check_text(open.is_final)?;
                let whole = if open.is_final { self.message.take() } else { None };
                let Some(whole) = whole else { return Ok(None) };
                if !whole.is_text {
                    return Ok(Some(Message::Binary(whole.data)));
                }
                String::from_utf8(whole.data)
                    .map(|text| Some(Message::Text(text)))
                    .map_err(|_| not_utf8("text message"))
            }
        }
    }

    /// A text that can't become UTF-8 any more fails at once (RFC 6455, section 8.1).
    fn check_text(&mut self, is_final: bool) -> Result<(), Broken> {
        let Some(message) = self.message.as_mut().filter(|message| message.is_text) else { return Ok(()) };
        let fresh = message.data.get(message.checked..).unwrap_or_default();
        match std::str::from_utf8(fresh) {
            Ok(_) => message.checked = message.data.len(),
            Err(error) if error.error_len().is_none() && !is_final => message.checked += error.valid_up_to(),
            Err(_) => return Err(not_utf8("text message")),
        }
        Ok(())
    }
}

fn close(body: &[u8]) -> Result<Message, Broken> {
    let &[high, low, ref reason @ ..] = body else {
        return match body {
            [] => Ok(Message::Close { code: NO_CODE, reason: String::new() }),
            _ => broken("sent a close frame of one byte; its code has two (section 5.5.1)"),
        };
    };
    let code = u16::from_be_bytes([high, low]);
    if !may_close_with(code) {
        return broken(format!("closed with the code {code}, which must not be sent (section 7.4)"));
    }
    let reason = std::str::from_utf8(reason).map_err(|_| not_utf8("close reason"))?;
    Ok(Message::Close { code, reason: reason.to_owned() })
}

fn broken<T>(what: impl Into<String>) -> Result<T, Broken> {
    Err(Broken::Protocol(what.into()))
}

fn not_utf8(what: &str) -> Broken {
    Broken::Utf8(format!("sent a {what} that isn't UTF-8 (section 8.1)"))
}

/// What a client sends, as one frame, masked (RFC 6455, section 5.3).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Sent {
    Text(String),
    Binary(Vec<u8>),
    Ping(Vec<u8>),
    Pong(Vec<u8>),
    /// [`NO_CODE`] sends none.
    Close {
        code: u16,
        reason: String,
    },
}

impl Sent {
    /// About how many bytes it takes while it waits.
    pub fn size(&self) -> usize {
        const BESIDE: usize = 64;
        BESIDE
            + match self {
                Sent::Text(text) => text.len(),
                Sent::Binary(data) | Sent::Ping(data) | Sent::Pong(data) => data.len(),
                Sent::Close { reason, .. } => reason.len(),
            }
    }

    /// The frame's bytes.
    pub fn encode(self, mask: [u8; 4]) -> Vec<u8> {
        let (opcode, payload) = match self {
            Sent::Text(text) => (Opcode::Text, text.into_bytes()),
            Sent::Binary(data) => (Opcode::Binary, data),
            Sent::Ping(data) => (Opcode::Ping, data),
            Sent::Pong(data) => (Opcode::Pong, data),
            Sent::Close { code: NO_CODE, .. } => (Opcode::Close, Vec::new()),
            Sent::Close { code, reason } => (Opcode::Close, [&code.to_be_bytes()[..], reason.as_bytes()].concat()),
        };
        let mut frame = Vec::with_capacity(payload.len() + 14);
        frame.push(0x80 | opcode.bits());
        match payload.len() {
            short @ 0..=125 => frame.push(0x80 | short as u8),
            middle @ 126..=0xffff => {
                frame.push(0x80 | 126);
                frame.extend_from_slice(&(middle as u16).to_be_bytes());
            }
            long => {
                frame.push(0x80 | 127);
                frame.extend_from_slice(&(long as u64).to_be_bytes());
            }
        }
        frame.extend_from_slice(&mask);
        frame.extend(payload.iter().zip(mask.iter().cycle()).map(|(byte, mask)| byte ^ mask));
        frame
    }
}
