//! A connection that can be broken off in the middle.

use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

use super::world::lock;

/// How a connection is broken off instead of being written to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Break {
    /// By a reset (RFC 9293, section 3.5.2).
    Reset,
    /// By bytes that aren't HTTP, and then its end.
    Garbage,
}

/// What the handlers of a connection's requests share with it.
#[derive(Clone, Debug, Default)]
pub(super) struct Connection(Arc<State>);

#[derive(Debug, Default)]
struct State {
    /// A request has been looked at.
    is_used: AtomicBool,
    broken: Mutex<Option<Break>>,
}

impl Connection {
    /// Whether it is asked for the first time, about its first request.
    pub fn is_first(&self) -> bool {
        !self.0.is_used.load(Ordering::SeqCst)
    }

    /// A request of it is over.
    pub fn used(&self) {
        self.0.is_used.store(true, Ordering::SeqCst);
    }

    /// Breaks it off with the next byte that is to be written.
    pub fn break_off(&self, how: Break) {
        *lock(&self.0.broken) = Some(how);
    }
}

/// The stream of a connection.
#[derive(Debug)]
pub(super) struct Breakable {
    stream: TcpStream,
    connection: Connection,
}

impl Breakable {
    pub fn new(stream: TcpStream, connection: Connection) -> Self {
        Self { stream, connection }
    }

    fn broken(&self) -> Option<io::Error> {
        let how = (*lock(&self.connection.0.broken))?;
        // Either fails only where the client is gone already.
        match how {
            Break::Reset => drop(self.stream.set_zero_linger()),
            Break::Garbage => drop(self.stream.try_write(b"ERR 7 out of order\r\n\r\n")),
        }
        Some(io::Error::new(io::ErrorKind::ConnectionAborted, "broken off on demand"))
    }
}

impl AsyncRead for Breakable {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl AsyncWrite for Breakable {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match self.broken() {
            Some(error) => Poll::Ready(Err(error)),
            None => Pin::new(&mut self.stream).poll_write(cx, bytes),
        }
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        pieces: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match self.broken() {
            Some(error) => Poll::Ready(Err(error)),
            None => Pin::new(&mut self.stream).poll_write_vectored(cx, pieces),
        }
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        // An end of the connection that comes before the reset would be all that the client sees.
        if *lock(&self.connection.0.broken) == Some(Break::Reset) {
            return Poll::Ready(Ok(()));
        }
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
