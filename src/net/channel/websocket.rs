use std::sync::Arc;

use futures_util::{SinkExt as _, StreamExt as _};
use tokio::sync::mpsc::UnboundedReceiver;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::error::ProtocolError;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Role, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Error, Message};

use super::Command;
use super::log::Log;
use super::naming::Naming;
use crate::event::{ChannelEnd, Direction, Frame, FrameKind, Payload};

/// The largest message and frame that are read, in bytes.
const MAX_MESSAGE: usize = 16 * 1024 * 1024;
/// What each connection holds for reading, in bytes; the library's own default is 32 times as much.
const READ_BUFFER: usize = 4 * 1024;

/// What is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outbound {
    Text(String),
    Binary(Vec<u8>),
}

/// Decides whether a frame is a keep-alive, and what answers it.
pub type ReplyTo = Arc<dyn Fn(&Frame) -> Option<Outbound> + Send + Sync>;

type Socket = WebSocketStream<crate::net::http::Upgraded>;

/// Carries a WebSocket's frames both ways until it ends.
pub(super) async fn carry(
    connection: crate::net::http::Upgraded,
    log: Arc<Log>,
    naming: Naming,
    replies: Option<ReplyTo>,
    mut commands: UnboundedReceiver<Command>,
) {
    let config = WebSocketConfig::default()
        .read_buffer_size(READ_BUFFER)
        .write_buffer_size(0)
        .max_write_buffer_size(MAX_MESSAGE * 2)
        .max_message_size(Some(MAX_MESSAGE))
        .max_frame_size(Some(MAX_MESSAGE));
    let mut socket = WebSocketStream::from_raw_socket(connection, Role::Client, Some(config)).await;
    let mut closing = false;
    let end = loop {
        tokio::select! {
            received = socket.next() => match received {
                Some(Ok(Message::Close(frame))) => {
                    let end = closed(frame, closing);
                    // The answer to a close goes out with the next poll.
                    let _ = socket.next().await;
                    break end;
                }
                Some(Ok(message)) => match keep(&mut socket, message, &log, &naming, replies.as_ref()).await {
                    Ok(()) => {}
                    Err(end) => break end,
                },
                Some(Err(error)) => break lost(&error),
                None => break ChannelEnd::Lost { message: "the connection ended without a close frame".to_owned() },
            },
            command = commands.recv() => match command {
                Some(command) => {
                    closing |= matches!(command, Command::Close { .. });
                    // A failure to send shows at the next read, with its reason.
                    let _ = obey(&mut socket, command, &log, &naming).await;
                }
                None => break ChannelEnd::Dropped,
            },
        }
    };
    log.end(end);
}

async fn keep(
    socket: &mut Socket,
    message: Message,
    log: &Log,
    naming: &Naming,
    replies: Option<&ReplyTo>,
) -> Result<(), ChannelEnd> {
    let (kind, data, payloads) = match &message {
        Message::Text(text) => (FrameKind::Text, text.as_bytes(), naming.read(text.as_str(), None)),
        Message::Binary(data) => (FrameKind::Binary, &data[..], vec![binary_payload(naming, data)]),
        Message::Ping(data) => (FrameKind::Ping, &data[..], vec![Payload::default()]),
        Message::Pong(data) => (FrameKind::Pong, &data[..], vec![Payload::default()]),
        Message::Close(_) | Message::Frame(_) => return Ok(()),
    };
    // Before it is kept, so that no expectation sees a keep-alive.
    let reply = replies.and_then(|replies| payloads.iter().find_map(|payload| replies(&unkept(&kind, data, payload))));
    if !log.add(Direction::Received, kind, data, payloads, reply.is_some()) {
        return Err(ChannelEnd::Lost { message: "more arrived than is kept of one channel".to_owned() });
    }
    if let Some(reply) = reply {
        let _ = obey(socket, Command::Send(reply), log, naming).await;
        log.hide_last();
    }
    Ok(())
}

/// A frame that isn't in the log yet.
fn unkept(kind: &FrameKind, data: &[u8], payload: &Payload) -> Frame {
    Frame {
        number: 0,
        at: Default::default(),
        direction: Direction::Received,
        kind: kind.clone(),
        data: bytes::Bytes::copy_from_slice(data),
        payload: payload.clone(),
        hidden: false,
    }
}

/// A binary frame has a name only where its bytes are JSON that names it.
fn binary_payload(naming: &Naming, data: &[u8]) -> Payload {
    let text = std::str::from_utf8(data).ok().filter(|text| text.starts_with(['{', '[']));
    text.and_then(|text| naming.read(text, None).into_iter().next()).unwrap_or_default()
}

async fn obey(socket: &mut Socket, command: Command, log: &Log, naming: &Naming) -> Result<(), Error> {
    match command {
        Command::Send(Outbound::Text(text)) => {
            log.add(Direction::Sent, FrameKind::Text, text.as_bytes(), naming.read(&text, None), false);
            socket.send(Message::text(text)).await
        }
        Command::Send(Outbound::Binary(data)) => {
            log.add(Direction::Sent, FrameKind::Binary, &data, vec![Payload::default()], false);
            socket.send(Message::binary(data)).await
        }
        Command::Ping(data) => {
            log.add(Direction::Sent, FrameKind::Ping, &data, vec![Payload::default()], false);
            socket.send(Message::Ping(data.into())).await
        }
        Command::Close { code, reason } => {
            socket.close(Some(CloseFrame { code: CloseCode::from(code), reason: reason.into() })).await
        }
    }
}

fn closed(frame: Option<CloseFrame>, by_us: bool) -> ChannelEnd {
    // 1005: RFC 6455, section 7.1.5.
    match frame {
        Some(frame) => ChannelEnd::Closed { code: frame.code.into(), reason: frame.reason.to_string(), by_us },
        None => ChannelEnd::Closed { code: 1005, reason: String::new(), by_us },
    }
}

fn lost(error: &Error) -> ChannelEnd {
    let message = match error {
        Error::Capacity(_) => "a frame is larger than 16 MiB".to_owned(),
        Error::Protocol(ProtocolError::ResetWithoutClosingHandshake) => "the server ended the connection".to_owned(),
        Error::Protocol(reason) => format!("the server broke the WebSocket protocol: {reason}"),
        Error::Utf8(_) => "a text frame isn't valid UTF-8".to_owned(),
        Error::Io(error) if error.kind() == std::io::ErrorKind::ConnectionReset => {
            "the server reset the connection".to_owned()
        }
        _ => "the server ended the connection".to_owned(),
    };
    ChannelEnd::Lost { message }
}
