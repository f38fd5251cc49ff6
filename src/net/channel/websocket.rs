//! Carries a WebSocket's frames. Reading (with stamping and keeping) and writing go on side by side, so that neither waits for the other, in one task.

use std::cell::RefCell;
use std::future::poll_fn;
use std::io;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::task::{Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::{Either, select};
use tokio::io::{AsyncRead, AsyncWriteExt as _, ReadBuf, ReadHalf, WriteHalf};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::AT_ONCE;
use super::frames::{Broken, Message, Reader, Sent};
use super::queue::Queue;
use crate::event::{ChannelEnd, Direction, Frame, FrameKind, Instant, Payload};
use crate::net::apart::apart;
use crate::net::http::Upgraded;
use crate::value::Draws;
use crate::world::{Naming, Outbound, Pen, ReplyTo, full};

/// How much is read from the socket at a time, in bytes; what arrives together has one time.
const READ_BUFFER: usize = 16 * 1024;
/// How long a close frame is looked behind, for what mustn't follow it (RFC 6455, section 5.5.1), when the connection stays open.
const BEHIND_CLOSE: Duration = Duration::from_millis(200);
/// How long a connection that is over is kept for the server to end it (RFC 6455, section 7.1.1), so that what was sent isn't lost by a reset.
pub(super) const LINGER: Duration = Duration::from_secs(1);
/// How much may wait to be sent that answers what the server sends, in bytes.
const MAX_REPLIES: usize = 1024 * 1024;

/// The task of a connection. Dropping it cuts the connection.
pub(super) struct Wire {
    pub commands: Commands,
    task: JoinHandle<()>,
}

/// What is to be written: it goes out in this order.
#[derive(Clone, Default)]
pub(super) struct Commands(Arc<Waiting>);

#[derive(Default)]
struct Waiting {
    queue: Queue<Command>,
    /// Bytes that wait to be written.
    backlog: AtomicUsize,
    /// A close frame has gone out, or is about to.
    closing: AtomicBool,
}

enum Command {
    /// The flag: it answers a keep-alive, and is hidden from patterns.
    Send(Sent, bool),
    /// Reports that all before it has been written.
    Flushed(oneshot::Sender<()>),
    /// Ends our side of the connection.
    Finish,
}

impl Wire {
    pub fn start(connection: Upgraded, pen: Pen, naming: Naming, replies: Option<ReplyTo>, masks: Draws) -> Self {
        let (read, write) = tokio::io::split(connection);
        let commands = Commands::default();
        let mut writing =
            Writing { half: write, pen: pen.clone(), naming: naming.clone(), commands: commands.clone(), masks };
        let keeping = Arc::new(Keeping { pen, naming, replies, commands: commands.clone() });
        let reading = Reading { half: read, keeping };
        let task = tokio::spawn(async move {
            match select(pin!(reading.run()), pin!(writing.run())).await {
                // Nothing is read any more: what is still to be written has a moment.
                Either::Left(((), writing)) => drop(Box::pin(tokio::time::timeout(LINGER, writing)).await),
                Either::Right(((), reading)) => reading.await,
            }
        });
        Self { commands, task }
    }

    /// Waits until the server has ended the connection, at most [`LINGER`], and cuts it then.
    pub async fn linger(mut self) {
        let _ = tokio::time::timeout(LINGER, &mut self.task).await;
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Commands {
    pub fn send(&self, sent: Sent, answers: bool) {
        let size = sent.size();
        self.0.backlog.fetch_add(size, Ordering::Relaxed);
        // When no one takes it, the connection is over, which the log says.
        self.0.queue.push(Command::Send(sent, answers));
    }

    /// How many bytes wait to be written.
    pub fn backlog(&self) -> usize {
        self.0.backlog.load(Ordering::Relaxed)
    }

    /// Waits until all that was sent so far has been written, at most so long; whether it has been.
    pub async fn flush(&self, budget: Duration) -> bool {
        let (done, flushed) = oneshot::channel();
        if !self.0.queue.push(Command::Flushed(done)) {
            return false;
        }
        matches!(tokio::time::timeout(budget, flushed).await, Ok(Ok(())))
    }

    pub fn finish(&self) {
        self.0.queue.push(Command::Finish);
    }

    /// Whether a close frame has gone out, or is about to.
    fn is_closing(&self) -> bool {
        self.0.closing.load(Ordering::SeqCst)
    }
}

struct Writing {
    half: WriteHalf<Upgraded>,
    pen: Pen,
    naming: Naming,
    commands: Commands,
    /// RFC 6455, section 5.3.
    masks: Draws,
}

impl Writing {
    async fn run(&mut self) {
        // A failure to write shows where it is read, with its reason.
        let (mut works, mut closed) = (true, false);
        loop {
            match self.commands.0.queue.next().await {
                Command::Send(sent, answers) => {
                    let size = sent.size();
                    // Nothing follows a close frame (RFC 6455, section 5.5.1).
                    if works && !closed {
                        closed = matches!(sent, Sent::Close { .. });
                        if closed {
                            self.commands.0.closing.store(true, Ordering::SeqCst);
                        }
                        self.keep(&sent, answers).await;
                        works = self.write(&sent.encode(self.masks.bytes())).await.is_ok();
                    }
                    self.commands.0.backlog.fetch_sub(size, Ordering::Relaxed);
                }
                Command::Flushed(done) if works => {
                    let _ = done.send(());
                }
                Command::Flushed(_) => {}
                Command::Finish => {
                    let _ = Box::pin(tokio::time::timeout(LINGER, self.half.shutdown())).await;
                    return;
                }
            }
        }
    }

    async fn write(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        self.half.write_all(bytes).await?;
        self.half.flush().await
    }

    async fn keep(&mut self, sent: &Sent, answers: bool) {
        match sent {
            Sent::Text(text) => {
                let payloads = if text.len() <= AT_ONCE {
                    self.naming.read(text, None)
                } else {
                    let (naming, text) = (self.naming.clone(), text.clone());
                    Box::pin(apart(move |_| naming.read(&text, None))).await
                };
                self.pen.sent(FrameKind::Text, Bytes::copy_from_slice(text.as_bytes()), payloads, answers);
            }
            Sent::Binary(data) => {
                self.pen.sent(FrameKind::Binary, Bytes::copy_from_slice(data), vec![Payload::default()], answers);
            }
            Sent::Ping(data) => {
                self.pen.sent(FrameKind::Ping, Bytes::copy_from_slice(data), vec![Payload::default()], answers);
            }
            // What the protocol sends on its own.
            Sent::Pong(_) | Sent::Close { .. } => {}
        }
    }
}

impl Drop for Writing {
    fn drop(&mut self) {
        self.commands.0.queue.close();
    }
}

struct Reading {
    half: ReadHalf<Upgraded>,
    keeping: Arc<Keeping>,
}

/// What is done with what was read.
struct Keeping {
    pen: Pen,
    naming: Naming,
    replies: Option<ReplyTo>,
    commands: Commands,
}

/// Why no more is kept.
enum Over {
    /// A close frame came.
    Closed,
    /// Nothing more can come.
    Lost,
    Failed,
}

thread_local! {
    /// What all connections of a thread read into: most of thousands wait most of the time, and need no room for that.
    static READ: RefCell<Box<[u8]>> = RefCell::new(vec![0; READ_BUFFER].into());
}

/// What is there, at most as much as is read at a time; nothing at the end.
async fn read_some(half: &mut (impl AsyncRead + Unpin)) -> io::Result<Vec<u8>> {
    poll_fn(|context| {
        READ.with_borrow_mut(|room| {
            let mut buffer = ReadBuf::new(room);
            ready!(Pin::new(&mut *half).poll_read(context, &mut buffer))?;
            Poll::Ready(Ok(buffer.filled().to_vec()))
        })
    })
    .await
}

impl Reading {
    async fn run(mut self) {
        let over = self.keep_all().await;
        if matches!(over, Over::Closed) {
            Box::pin(self.look_behind()).await;
        }
        self.keeping.commands.finish();
        if !matches!(over, Over::Lost) {
            // What is on its way from us would be lost if something unread were left when the connection ends.
            let drain = async { while read_some(&mut self.half).await.is_ok_and(|bytes| !bytes.is_empty()) {} };
            let _ = Box::pin(tokio::time::timeout(LINGER, drain)).await;
        }
    }

    async fn keep_all(&mut self) -> Over {
        let mut reader = Reader::default();
        loop {
            let came = match read_some(&mut self.half).await {
                Ok(came) if came.is_empty() => return self.lost("the server ended the connection"),
                Ok(came) => came,
                Err(error) => return self.lost(io_words(&error)),
            };
            let at = self.keeping.pen.arrive();
            let mut bytes = &came[..];
            loop {
                match reader.next(&mut bytes) {
                    Ok(None) => break,
                    Ok(Some(Message::Close { code, reason })) => {
                        if let Err(broken) = reader.next(&mut bytes) {
                            return self.fail(at, broken.close_code(), broken.to_string());
                        }
                        let by_us = self.keeping.commands.is_closing();
                        self.keeping.pen.closing(at, ChannelEnd::Closed { code, reason, by_us });
                        // The code is sent back (RFC 6455, section 5.5.1), where we didn't close first.
                        self.keeping.commands.send(Sent::Close { code, reason: String::new() }, true);
                        return Over::Closed;
                    }
                    Ok(Some(message)) => {
                        if let Err((code, message)) = self.keep(at, message).await {
                            return self.fail(at, code, message);
                        }
                    }
                    Err(broken) => return self.fail(at, broken.close_code(), broken.to_string()),
                }
            }
            self.keeping.pen.settle();
            // Others that read have their turn, however fast this one comes.
            tokio::task::yield_now().await;
        }
    }

    /// Keeps a message; a large one apart from the threads that read.
    async fn keep(&mut self, at: Instant, message: Message) -> Result<(), (u16, String)> {
        if message.size() <= AT_ONCE {
            return self.keeping.keep(at, message);
        }
        let keeping = self.keeping.clone();
        Box::pin(apart(move |_| keeping.keep(at, message))).await
    }

    fn lost(&self, message: &str) -> Over {
        self.keeping.pen.end(self.keeping.pen.now(), ChannelEnd::Lost { message: message.to_owned() });
        Over::Lost
    }

    fn fail(&self, at: Instant, code: u16, message: String) -> Over {
        // 1009: a message that is too big (RFC 6455, section 7.4.1).
        self.keeping.pen.end(at, ChannelEnd::Failed { message, is_too_large: code == 1009 });
        self.keeping.commands.send(Sent::Close { code, reason: String::new() }, true);
        Over::Failed
    }

    /// Nothing may follow a close frame. A server ends the connection behind it, which shows that nothing does; one that doesn't has a moment.
    async fn look_behind(&mut self) {
        match tokio::time::timeout(BEHIND_CLOSE, read_some(&mut self.half)).await {
            Ok(Ok(came)) if !came.is_empty() => {
                let broken = Broken::after_close().to_string();
                self.keeping.pen.end(self.keeping.pen.now(), ChannelEnd::broken(broken));
            }
            _ => self.keeping.pen.closed(),
        }
    }
}

impl Keeping {
    /// # Errors
    /// The channel can't go on: with a close code, and why.
    fn keep(&self, at: Instant, message: Message) -> Result<(), (u16, String)> {
        let content = match &message {
            Message::Text(text) => text.as_bytes(),
            Message::Binary(data) => data,
            _ => &[],
        };
        if Naming::is_too_much(content) {
            return Err((1009, full()));
        }
        let (kind, payloads, data) = match message {
            Message::Text(text) => (FrameKind::Text, self.naming.read(&text, None), text.into_bytes()),
            Message::Binary(data) => (FrameKind::Binary, self.naming.read_binary(&data), data),
            Message::Ping(data) => {
                // Only the latest of several must be answered (RFC 6455, section 5.5.3).
                if self.commands.backlog() < MAX_REPLIES {
                    self.commands.send(Sent::Pong(data.clone()), true);
                }
                (FrameKind::Ping, vec![Payload::default()], data)
            }
            Message::Pong(data) => (FrameKind::Pong, vec![Payload::default()], data),
            Message::Close { .. } => return Ok(()),
        };
        // A buffer that grew as the data came has room that would be kept too.
        let data = Bytes::from(data.into_boxed_slice());
        // Before it is kept, so that no expectation sees a keep-alive.
        let reply = self
            .replies
            .as_ref()
            .and_then(|replies| payloads.iter().find_map(|payload| replies(&unkept(&kind, &data, payload))));
        self.pen.received(at, kind, data, payloads, reply.is_some()).map_err(|full| (1009, full))?;
        match reply {
            Some(_) if self.commands.backlog() >= MAX_REPLIES => {
                Err((1008, "the server doesn't read what answers its keep-alives".to_owned()))
            }
            Some(Outbound::Text(text)) => {
                self.commands.send(Sent::Text(text), true);
                Ok(())
            }
            Some(Outbound::Binary(data)) => {
                self.commands.send(Sent::Binary(data), true);
                Ok(())
            }
            None => Ok(()),
        }
    }
}

/// A frame that isn't in the log yet.
fn unkept(kind: &FrameKind, data: &Bytes, payload: &Payload) -> Frame {
    Frame {
        number: 0,
        at: Default::default(),
        direction: Direction::Received,
        kind: kind.clone(),
        data: data.clone(),
        payload: payload.clone(),
        hidden: false,
    }
}

fn io_words(error: &std::io::Error) -> &'static str {
    match error.kind() {
        std::io::ErrorKind::ConnectionReset => "the server reset the connection",
        _ => "the server ended the connection",
    }
}
