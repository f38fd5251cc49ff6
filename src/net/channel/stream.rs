use bytes::Bytes;
use encoding_rs::{Decoder, DecoderResult, Encoding, UTF_8};

use super::AT_ONCE;
use super::sse::{Item, Parser};
use crate::event::charset::Charset;
use crate::event::{ChannelEnd, FrameKind, Header, Instant, Payload, SseFields};
use crate::net::apart::apart;
use crate::net::coding::{Broken, Decoding};
use crate::net::http::{LiveBody, MAX_BODY_BYTES};
use crate::syntax::ast::ChannelKind;
use crate::value::effort;
use crate::world::{Naming, Pen, full};

/// The longest event or line that is read, in bytes.
const MAX_ITEM: usize = 16 * 1024 * 1024;
/// How much of what arrived is decoded and read at a time, in bytes.
const PIECE: usize = 64 * 1024;

/// How many steps an event or a line counts for, when it is asked whether anybody still waits for it.
const STEPS_OF_AN_ITEM: usize = 64;

/// A body that goes on: its codings are undone as it comes, and what it says is kept.
pub(super) struct Stream {
    pen: Pen,
    decoding: Result<Decoding, Broken>,
    reader: Reader,
    naming: Naming,
}

impl Stream {
    pub fn new(kind: ChannelKind, headers: &[Header], pen: Pen, naming: Naming) -> Self {
        let content_type = headers.iter().find(|header| header.name.eq_ignore_ascii_case("content-type"));
        let reader = match kind {
            ChannelKind::Ndjson => Reader::Lines(Lines::new(content_type.map(|header| header.value.as_str()))),
            // Always UTF-8, whatever is declared (WHATWG HTML, section 9.2.5).
            ChannelKind::Sse | ChannelKind::WebSocket => Reader::Events(Parser::default()),
        };
        Self { pen, decoding: Decoding::of(headers), reader, naming }
    }

    /// Reads the body until it ends.
    pub async fn carry(self, mut response: LiveBody) {
        let pen = self.pen.clone();
        let end = match &self.decoding {
            Ok(_) => self.read(&mut response).await,
            Err(broken) => failed(broken),
        };
        pen.end(pen.now(), end);
    }

    async fn read(mut self, response: &mut LiveBody) -> ChannelEnd {
        loop {
            match response.chunk(|| self.pen.settle()).await {
                Ok(Some(bytes)) => {
                    let at = self.pen.arrive();
                    // Under the limit of a whole body, in pieces, so that none of them takes more memory than that.
                    let mut rest = bytes;
                    while !rest.is_empty() {
                        let piece = rest.split_to(rest.len().min(PIECE));
                        let taken = if self.is_light(piece.len()) {
                            self.take(&piece, at)
                        } else {
                            let (stream, taken) = apart(move |_| {
                                let taken = self.take(&piece, at);
                                (self, taken)
                            })
                            .await;
                            self = stream;
                            taken
                        };
                        if let Err(end) = taken {
                            return end;
                        }
                        // Others that read have their turn, however fast this one comes.
                        tokio::task::yield_now().await;
                    }
                    self.pen.settle();
                }
                Ok(None) => return self.finish(),
                Err(message) => return ChannelEnd::CutOff { message },
            }
        }
    }

    /// Whether so many more bytes take no longer to read than they are many: what is coded may decode to anything, and what is pending is read as
    /// a whole once it is.
    fn is_light(&self, more: usize) -> bool {
        let is_plain = self.decoding.as_ref().is_ok_and(Decoding::is_identity);
        is_plain && self.reader.pending() + more <= AT_ONCE
    }

    /// # Errors
    /// Nothing more can be read: how the channel ends by that.
    fn take(&mut self, bytes: &[u8], at: Instant) -> Result<(), ChannelEnd> {
        let Ok(decoding) = &mut self.decoding else { return Ok(()) };
        if decoding.is_identity() {
            return self.reader.feed(bytes, &self.pen, at, &self.naming).map_err(ChannelEnd::too_large);
        }
        let mut decoded = Vec::new();
        let pushed = decoding.push(bytes, &mut decoded, MAX_BODY_BYTES as usize);
        // What came before the fault came all the same.
        self.reader.feed(&decoded, &self.pen, at, &self.naming).map_err(ChannelEnd::too_large)?;
        pushed.map_err(|broken| failed(&broken))
    }

    /// The body is complete, as far as the connection says.
    fn finish(&mut self) -> ChannelEnd {
        let at = self.pen.arrive();
        if let Ok(decoding) = &self.decoding
            && let Err(broken) = decoding.finish()
        {
            return ChannelEnd::CutOff { message: format!("the server sent a body {broken}") };
        }
        match self.reader.finish(&self.pen, at, &self.naming) {
            Ok(()) => ChannelEnd::Ended,
            Err(message) => ChannelEnd::too_large(message),
        }
    }
}

/// Ended by a body whose coding is broken, or decodes to too much.
fn failed(broken: &Broken) -> ChannelEnd {
    let message = format!("the server sent a body {broken}");
    ChannelEnd::Failed { message, is_too_large: matches!(broken, Broken::TooLarge) }
}

enum Reader {
    Events(Parser),
    Lines(Lines),
}

impl Reader {
    /// How much is kept of what isn't whole yet, in bytes.
    fn pending(&self) -> usize {
        match self {
            Reader::Events(parser) => parser.pending(),
            Reader::Lines(lines) => lines.pending.len(),
        }
    }

    fn feed(&mut self, bytes: &[u8], pen: &Pen, at: Instant, naming: &Naming) -> Result<(), String> {
        let too_long =
            |what: &str| Err(format!("the server sent {what} of more than 16MiB, which is more than is read"));
        match self {
            Reader::Events(parser) => {
                for piece in bytes.chunks(PIECE) {
                    for item in parser.feed(piece) {
                        add(item, pen, at, naming)?;
                    }
                    if parser.pending() > MAX_ITEM {
                        return too_long("an event");
                    }
                }
                Ok(())
            }
            Reader::Lines(lines) => {
                for piece in bytes.chunks(PIECE) {
                    lines.feed(piece, false, |line| add_line(line, pen, at, naming))?;
                    if lines.pending.len() > MAX_ITEM {
                        return too_long("a line");
                    }
                }
                Ok(())
            }
        }
    }

    /// A last line needs no line end; an event without its blank line is dropped (WHATWG HTML, section 9.2.6).
    fn finish(&mut self, pen: &Pen, at: Instant, naming: &Naming) -> Result<(), String> {
        let Reader::Lines(lines) = self else { return Ok(()) };
        lines.feed(b"", true, |line| add_line(line, pen, at, naming))?;
        add_line(std::mem::take(&mut lines.pending), pen, at, naming)
    }
}

/// Lines of a text in the charset that its Content-Type declares, or that its byte order mark says.
struct Lines {
    decoder: Decoder,
    pending: Vec<u8>,
}

impl Lines {
    fn new(content_type: Option<&str>) -> Self {
        let encoding = Encoding::for_label(Charset::declared(content_type).name().as_bytes()).unwrap_or(UTF_8);
        Self { decoder: encoding.new_decoder(), pending: Vec::new() }
    }

    /// Gives each line that is whole, in UTF-8. What can't be decoded is as a byte that UTF-8 doesn't have, so that its line is no text.
    fn feed(
        &mut self,
        mut bytes: &[u8],
        is_last: bool,
        mut line: impl FnMut(Vec<u8>) -> Result<(), String>,
    ) -> Result<(), String> {
        const NO_UTF8: u8 = 0xff;
        let mut text = [0; 4096];
        loop {
            let (result, read, written) = self.decoder.decode_to_utf8_without_replacement(bytes, &mut text, is_last);
            bytes = bytes.get(read..).unwrap_or_default();
            let mut pieces = text.get(..written).unwrap_or_default().split(|byte| *byte == b'\n');
            if let Some(first) = pieces.next() {
                self.pending.extend_from_slice(first);
            }
            for piece in pieces {
                line(std::mem::replace(&mut self.pending, piece.to_vec()))?;
            }
            match result {
                DecoderResult::InputEmpty => return Ok(()),
                DecoderResult::OutputFull => {}
                DecoderResult::Malformed(..) => self.pending.push(NO_UTF8),
            }
        }
    }
}

fn add(item: Item, pen: &Pen, at: Instant, naming: &Naming) -> Result<(), String> {
    if effort::is_vain(STEPS_OF_AN_ITEM) {
        return Err(full());
    }
    let (kind, data, payloads) = match item {
        Item::Comment(text) => (FrameKind::SseComment, text, vec![Payload::default()]),
        Item::Event { event, data, id } => {
            if Naming::is_too_much(data.as_bytes()) {
                return Err(full());
            }
            let payloads = naming.read(&data, Some(&event));
            (FrameKind::SseEvent(Box::new(SseFields { event: Some(event), id })), data, payloads)
        }
    };
    let data = Bytes::from(data.into_bytes().into_boxed_slice());
    pen.received(at, kind, data, payloads, false)
}

fn add_line(mut line: Vec<u8>, pen: &Pen, at: Instant, naming: &Naming) -> Result<(), String> {
    if effort::is_vain(STEPS_OF_AN_ITEM) {
        return Err(full());
    }
    if line.last() == Some(&b'\r') {
        line.pop();
    }
    if line.iter().all(u8::is_ascii_whitespace) {
        return Ok(());
    }
    if Naming::is_too_much(&line) {
        return Err(full());
    }
    let payloads = match std::str::from_utf8(&line) {
        Ok(text) => naming.read(text, None),
        Err(_) => vec![Payload::default()],
    };
    let data = Bytes::from(line.into_boxed_slice());
    pen.received(at, FrameKind::Line, data, payloads, false)
}
