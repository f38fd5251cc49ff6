//! A connection whose traffic is counted: what a request had sent and received when its connection died decides whether it may be sent again.

use std::cell::RefCell;
use std::io::{self, IoSlice, Read as _};
use std::mem::MaybeUninit;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use futures_util::task::AtomicWaker;
use tokio::io::{AsyncRead, AsyncWrite, Interest, ReadBuf};
use tokio::net::TcpStream;

/// How much of a response's head is kept to say what is wrong with it, in bytes.
const KEPT_HEAD: usize = 16 * 1024;

/// As much as hyper reads at first, in bytes.
const SCRATCH: usize = 8 << 10;

thread_local! {
    static READ: RefCell<[u8; SCRATCH]> = const { RefCell::new([0; SCRATCH]) };
}

/// What went over a connection since the present request began, in bytes of HTTP (TLS undone).
#[derive(Debug, Default)]
pub(super) struct Traffic {
    written: AtomicU64,
    read: AtomicU64,
    /// The response's head is still to come.
    awaits_head: AtomicBool,
    head: Mutex<Vec<u8>>,
    /// Odd from before something is read until its reader asks in vain for more: until then, what was read may be in a buffer of this process.
    phase: AtomicU64,
}

/// Before anything was read, and after it was found that there is nothing.
fn is_drained(phase: u64) -> bool {
    phase.is_multiple_of(2)
}

impl Traffic {
    /// A request begins. Nothing of an earlier one may be under way.
    pub fn begin(&self) {
        self.written.store(0, Ordering::Release);
        self.read.store(0, Ordering::Release);
        self.head().clear();
        self.awaits_head.store(true, Ordering::Release);
    }

    /// The head is there, and well-formed.
    pub fn has_head(&self) {
        self.awaits_head.store(false, Ordering::Release);
    }

    pub fn written(&self) -> u64 {
        self.written.load(Ordering::Acquire)
    }

    pub fn read(&self) -> u64 {
        self.read.load(Ordering::Acquire)
    }

    /// The beginning of what came as the response's head.
    pub fn came(&self) -> Vec<u8> {
        self.head().clone()
    }

    fn head(&self) -> std::sync::MutexGuard<'_, Vec<u8>> {
        self.head.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn received(&self, bytes: &[u8]) {
        self.read.fetch_add(bytes.len() as u64, Ordering::AcqRel);
        if self.awaits_head.load(Ordering::Acquire) {
            let mut head = self.head();
            let room = KEPT_HEAD.saturating_sub(head.len());
            head.extend_from_slice(bytes.get(..room.min(bytes.len())).unwrap_or_default());
        }
    }

    /// Reads, and says in the phase whether there may be more.
    fn drain(&self, read: impl FnOnce() -> Poll<io::Result<()>>) -> Poll<io::Result<()>> {
        // One task reads a connection.
        let phase = self.phase.load(Ordering::SeqCst);
        if is_drained(phase) {
            self.phase.store(phase + 1, Ordering::SeqCst);
        }
        let done = read();
        if done.is_pending() {
            // The same as before, where nothing was read.
            self.phase.store(phase + phase % 2, Ordering::SeqCst);
        }
        done
    }

    fn sent(&self, count: usize) {
        self.written.fetch_add(count as u64, Ordering::AcqRel);
    }
}

/// A TCP connection, which can be looked at from outside while it is in use.
#[derive(Debug)]
pub(super) struct Socket(Arc<TcpStream>);

impl Socket {
    pub fn new(stream: TcpStream) -> Self {
        Self(Arc::new(stream))
    }

    pub fn watch(&self) -> Watch {
        Watch(Arc::downgrade(&self.0))
    }
}

/// How far what was read from a connection has been taken by the one who reads a body on it.
#[derive(Debug, Default)]
pub(super) struct Taken {
    /// Of the connection, when its reader last asked in vain; 1 while it asks.
    phase: AtomicU64,
    reader: AtomicWaker,
}

impl Taken {
    /// Asks for the next part of a body; `drained` is called when there is none yet.
    pub fn poll<T>(
        &self,
        traffic: &Traffic,
        context: &mut Context<'_>,
        next: Pin<&mut impl Future<Output = T>>,
        drained: impl FnOnce(),
    ) -> Poll<T> {
        // Before it asks: what is read meanwhile doesn't count as taken.
        let phase = traffic.phase.load(Ordering::SeqCst);
        self.phase.store(1, Ordering::SeqCst);
        self.reader.register(context.waker());
        let next = next.poll(context);
        if next.is_pending() {
            self.phase.store(phase, Ordering::SeqCst);
            drained();
        }
        next
    }
}

/// Looks at what a channel's connection has received and its reader hasn't taken, wherever that is: in the socket, in what TLS or HTTP have
/// read ahead, or in the queue of a body.
pub struct Lookout {
    pub(super) watch: Watch,
    pub(super) traffic: Arc<Traffic>,
    /// Absent where the reader of the channel reads the connection itself.
    pub(super) taken: Option<Arc<Taken>>,
}

impl Lookout {
    /// Whether there is nothing. What came before the call, and isn't taken by its end, is seen; where it isn't known, the reader is asked to look.
    pub fn is_quiet(&self) -> bool {
        // In the order in which bytes go, so that none passes by behind the look.
        if !self.watch.is_quiet() {
            return false;
        }
        let phase = self.traffic.phase.load(Ordering::SeqCst);
        if !is_drained(phase) {
            return false;
        }
        let Some(taken) = &self.taken else { return true };
        let is_taken = taken.phase.load(Ordering::SeqCst) == phase;
        if !is_taken {
            taken.reader.wake();
        }
        is_taken
    }
}

/// Looks at a connection without holding it open.
#[derive(Clone, Debug)]
pub struct Watch(Weak<TcpStream>);

impl Watch {
    /// Neither ended nor with bytes that no one asked for, as far as this machine's kernel knows: a server may have closed a connection that its
    /// reader hasn't looked at since.
    pub fn is_quiet(&self) -> bool {
        let Some(stream) = self.0.upgrade() else { return false };
        let mut byte = [MaybeUninit::uninit()];
        let seen = socket2::SockRef::from(&*stream).peek(&mut byte);
        seen.is_err_and(|error| error.kind() == io::ErrorKind::WouldBlock)
    }
}

impl AsyncRead for Socket {
    fn poll_read(self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        loop {
            ready!(self.0.poll_read_ready(context))?;
            // Room that isn't initialised would have to be cleared, which takes longer than it takes to copy the few bytes that mostly come.
            let read = if buffer.initialized().len() > buffer.filled().len() || buffer.remaining() > SCRATCH {
                let read = self.try_read(buffer.initialize_unfilled());
                read.map(|count| buffer.advance(count))
            } else {
                READ.with_borrow_mut(|scratch| {
                    let room = &mut scratch[..buffer.remaining().min(SCRATCH)];
                    self.try_read(room).map(|count| buffer.put_slice(&room[..count]))
                })
            };
            match read {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                done => return Poll::Ready(done),
            }
        }
    }
}

impl Socket {
    /// Less than there was room for is all that is there: the next read waits until the kernel reports more, and makes no call in vain.
    fn try_read(&self, room: &mut [u8]) -> io::Result<usize> {
        let mut all = None;
        let read = self.0.try_io(Interest::READABLE, || match (&*socket2::SockRef::from(&*self.0)).read(room) {
            Ok(count) if count > 0 && count < room.len() => {
                all = Some(count);
                Err(io::ErrorKind::WouldBlock.into())
            }
            done => done,
        });
        all.map_or(read, Ok)
    }

    fn poll_try_write(
        &self,
        context: &mut Context<'_>,
        write: impl Fn(&TcpStream) -> io::Result<usize>,
    ) -> Poll<io::Result<usize>> {
        loop {
            ready!(self.0.poll_write_ready(context))?;
            match write(&self.0) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                done => return Poll::Ready(done),
            }
        }
    }
}

impl AsyncWrite for Socket {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.poll_try_write(context, |stream| stream.try_write(bytes))
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.poll_try_write(context, |stream| stream.try_write_vectored(slices))
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(socket2::SockRef::from(&*self.0).shutdown(std::net::Shutdown::Write))
    }
}

/// A connection, in plain text or over TLS.
pub(super) enum Stream {
    Plain(Socket),
    Tls(Box<tokio_rustls::client::TlsStream<Socket>>),
}

/// The same, counted.
pub(super) struct Tapped {
    pub stream: Stream,
    pub traffic: Arc<Traffic>,
    /// What was read of it before: comes first.
    pub given: Bytes,
    /// How it failed before: a system reports that once, and an end from then on.
    pub failed: Option<io::Error>,
    /// What is written was written before, and goes nowhere.
    pub is_mute: bool,
    /// Who reads waits here until that has been written: a response comes behind its request.
    pub waits: Option<std::task::Waker>,
}

macro_rules! through {
    ($self:expr, $stream:ident => $call:expr) => {
        match &mut $self.stream {
            Stream::Plain($stream) => {
                let $stream = Pin::new($stream);
                $call
            }
            Stream::Tls($stream) => {
                let $stream = Pin::new(&mut **$stream);
                $call
            }
        }
    };
}

impl AsyncRead for Tapped {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        if self.is_mute && self.traffic.written() == 0 {
            self.waits = Some(context.waker().clone());
            return Poll::Pending;
        }
        if !self.given.is_empty() {
            let count = self.given.len().min(buffer.remaining());
            let given = self.given.split_to(count);
            buffer.put_slice(&given);
            self.traffic.received(&given);
            return Poll::Ready(Ok(()));
        }
        let traffic = self.traffic.clone();
        let done = ready!(traffic.drain(|| through!(self, stream => stream.poll_read(context, buffer))));
        let received = buffer.filled().get(before..).unwrap_or_default();
        self.traffic.received(received);
        if received.is_empty()
            && let Some(error) = self.failed.take()
        {
            return Poll::Ready(Err(error));
        }
        Poll::Ready(done)
    }
}

impl Tapped {
    pub fn new(stream: Stream, traffic: Arc<Traffic>) -> Self {
        Self { stream, traffic, given: Bytes::new(), failed: None, is_mute: false, waits: None }
    }

    /// One to which a request was written already, and of which this was read since, before it perhaps failed.
    pub fn resumed(stream: Stream, given: Bytes, failed: Option<io::Error>) -> Self {
        Self { given, failed, is_mute: true, ..Self::new(stream, Arc::default()) }
    }

    fn counted(&self, done: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        if let Poll::Ready(Ok(count)) = &done {
            self.traffic.sent(*count);
        }
        done
    }
}

impl AsyncWrite for Tapped {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        if self.is_mute {
            self.waits.take().into_iter().for_each(std::task::Waker::wake);
            return self.counted(Poll::Ready(Ok(bytes.len())));
        }
        let done = through!(self, stream => stream.poll_write(context, bytes));
        self.counted(done)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        if self.is_mute {
            self.waits.take().into_iter().for_each(std::task::Waker::wake);
            return self.counted(Poll::Ready(Ok(slices.iter().map(|slice| slice.len()).sum())));
        }
        let done = through!(self, stream => stream.poll_write_vectored(context, slices));
        self.counted(done)
    }

    fn is_write_vectored(&self) -> bool {
        match &self.stream {
            Stream::Plain(stream) => stream.is_write_vectored(),
            Stream::Tls(stream) => stream.is_write_vectored(),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        through!(self, stream => stream.poll_flush(context))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        through!(self, stream => stream.poll_shutdown(context))
    }
}
