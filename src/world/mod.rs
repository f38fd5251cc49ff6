//! The only way of a run to the outside: a request that is sent, a channel that is opened, time that is read and passes. `net` implements it over
//! sockets; tests implement it by a script, in virtual time.

pub mod auth;
mod awaited;
mod budget;
pub mod cookies;
mod cost;
mod difference;
pub mod encode;
pub mod handshake;
mod log;
mod naming;
mod outgoing;
pub mod recorded;
pub mod recording;
pub mod records;
mod session;
pub mod target;
#[cfg(test)]
mod tests;
pub mod timeline;

pub use budget::{Budget, Exhausted, MAX_KEPT_BYTES, Share};
pub use log::{Changes, IsQuiet, Learn, Log, MAX_CHANNEL_BYTES, Pen, full};
pub use naming::Naming;
pub use outgoing::{Opening, Outgoing};
pub use session::{Prompt, Session};

use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::oneshot;

use crate::event::{Exchange, Frame, Header, Instant, Occurrence};
use crate::syntax::ast::ChannelKind;
use crate::value::effort::Effort;
use crate::value::{Function, Value};
use awaited::Limited;
use cookies::Jar;
use records::Obtained;

pub type Pending<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// What an instant of evidence is read from.
pub trait Time: Send + Sync {
    /// The time since the run's epoch.
    fn now(&self) -> Instant;
}

/// The outside of a run.
pub trait World: Time {
    /// The wall clock's time at the run's epoch.
    fn epoch(&self) -> jiff::Timestamp;

    /// The time at which an executor comes to a moment of its own: the nth at a place, from 0. For an executor, no time passes between two of its moments, so
    /// what it does follows from when they were, and can be done again from what was recorded of them.
    fn reach(&self, _place: &Occurrence, _nth: u32) -> Reached {
        Reached::At(self.now())
    }

    /// Counts the work that is done apart at a place, from 1, where it matters which came too late.
    fn works(&self, _place: &Occurrence) -> u32 {
        0
    }

    /// Takes note that work that is done apart at a place has ended in time; where that was recorded, gives the wait until then.
    fn worked(&self, _place: &Occurrence, _nth: u32) -> Option<Pending<'static, ()>> {
        None
    }

    /// Takes note of work that came too late.
    fn came_late(&self, _place: &Occurrence, _nth: u32, _late: Late) {}

    /// Whether work came too late when it was recorded.
    fn recall_late(&self, _place: &Occurrence, _nth: u32) -> Option<Late> {
        None
    }

    /// Takes note of how a step came by a credential.
    fn obtained(&self, _at: &Occurrence, _credential: &str, _how: &Obtained) {}

    /// How a step came by a credential when it was recorded; `None` where that is yet to be found out.
    fn recall(&self, _at: &Occurrence, _credential: &str) -> Option<Obtained> {
        None
    }

    /// Takes note of what a function gave of a secret.
    fn computed(&self, _function: Function, _args: &[Value], _result: &Value) {}

    /// Takes note of what a text with secrets in it is made of: where each part of it ends, and whether that is a secret.
    fn composed(&self, _text: &str, _parts: &[(usize, bool)]) {}

    /// Takes note that a probe, an attempt at a credential, or the hooks that a suite's tests share have come to their end.
    fn finished(&self, _place: &Occurrence) {}

    /// What a function gave when it was recorded; `None` where that is to be calculated. `secret` when it is of what is a secret now.
    fn recall_computed(&self, _function: Function, _args: &[Value], _secret: bool) -> Option<Value> {
        None
    }

    /// Ends when an occurrence comes to a moment, where that is known beforehand; no limit around this cuts it off before: it wasn't cut off.
    fn comes_to(&self, _place: &Occurrence, _nth: u32) -> Option<Pending<'static, ()>> {
        None
    }

    /// The same world, of which nothing is recorded: what is only counted may be any number of things.
    fn unrecorded(&self) -> Option<Arc<dyn World>> {
        None
    }

    /// Waits until an instant, which may have passed.
    fn sleep_until(&self, at: Instant) -> Pending<'static, ()>;

    /// The same, as exactly as the machine can, for what is measured from that instant on.
    fn wait_exactly(&self, at: Instant) -> Pending<'static, ()> {
        self.sleep_until(at)
    }

    /// Begins a thread of control that runs on its own, on one thread with all that it opens.
    fn begin(&self, task: Pending<'static, ()>) {
        drop(tokio::spawn(task));
    }

    /// Sends a request and reads its response. Whatever goes wrong is in the exchange.
    fn send<'a>(&'a self, request: &'a Outgoing, jar: Option<&'a Mutex<Jar>>) -> Pending<'a, Exchange>;

    /// The way of one user of a load for requests that are sent many times as they are; none where each is sent in the usual way.
    fn session(&self) -> Option<Box<dyn Session>> {
        None
    }

    /// The same for a response that opens a channel: what opened, if it did, is read from once it is started.
    fn connect<'a>(
        &'a self,
        request: &'a Outgoing,
        jar: Option<&'a Mutex<Jar>>,
        opening: Opening,
    ) -> Pending<'a, (Exchange, Option<Box<dyn Connected>>)>;

    /// Begins work that could take long where nothing else waits for it, and waits for its end until an instant at the latest.
    ///
    /// # Errors
    /// The instant came first: the work is left behind.
    fn begin_apart(&self, until: Instant, work: Box<dyn FnOnce(Effort) + Send>) -> Pending<'static, Result<(), Late>>;

    /// Begins, at once, what must be done however long it takes, where nothing else waits for it, and waits for its end.
    fn begin_aside(&self, work: Box<dyn FnOnce() + Send>) -> Pending<'static, ()>;

    /// What everything that is kept of the system under test may take.
    fn budget(&self) -> &Budget;

    /// Waits until all connections that were left have ended, at most so long.
    fn departed(&self, budget: Duration) -> Pending<'_, ()>;
}

/// A moment that an executor comes to.
pub enum Reached {
    At(Instant),
    /// It is yet to come.
    Later(Pending<'static, Instant>),
}

impl Reached {
    /// When it is, once it is there.
    pub async fn at(self) -> Instant {
        match self {
            Self::At(at) => at,
            Self::Later(at) => at.await,
        }
    }
}

/// The time was over before work was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Late {
    /// It wasn't begun: other work took the machine's time.
    pub queued: bool,
}

impl dyn World {
    /// What comes of something until an instant; `None` when it hasn't ended by then.
    pub fn until<T, W: Future<Output = T>>(&self, at: Instant, work: W) -> impl Future<Output = Option<T>> + use<T, W> {
        self.unless(self.sleep_until(at), work)
    }

    /// What comes of something unless something else happens before it has ended. What has come by then is looked at first, however late that is.
    pub fn unless<T, H: Future<Output = ()>, W: Future<Output = T>>(
        &self,
        happens: H,
        work: W,
    ) -> impl Future<Output = Option<T>> + use<T, H, W> {
        Limited::new(happens, work)
    }

    /// Begins a thread of control that runs on its own, and waits for what comes of it; `None` when it came to no end.
    pub fn along<T: Send + 'static>(&self, task: Pending<'static, T>) -> impl Future<Output = Option<T>> + use<T> {
        let (give, take) = oneshot::channel();
        self.begin(Box::pin(async move { drop(give.send(task.await)) }));
        async { take.await.ok() }
    }

    /// Works apart from the threads that read sockets and keep time, and waits for what comes of it until an instant at the latest.
    ///
    /// # Errors
    /// The instant came first. The time in the queue counts.
    pub async fn apart_until<T: Send + 'static>(
        &self,
        place: &Occurrence,
        until: Instant,
        work: impl FnOnce(Effort) -> T + Send + 'static,
    ) -> Result<T, Late> {
        let (give, take) = oneshot::channel();
        // No one takes what comes too late.
        let work = move |effort| drop(give.send(work(effort)));
        let nth = self.works(place);
        if let Some(late) = self.recall_late(place, nth) {
            self.sleep_until(until).await;
            return Err(late);
        }
        self.begin_apart(until, Box::new(work)).await.inspect_err(|late| self.came_late(place, nth, *late))?;
        let done = take.await.map_err(|_| Late { queued: false })?;
        if let Some(ended) = self.worked(place, nth) {
            ended.await;
        }
        Ok(done)
    }

    /// The same for one of several looks at a place, of which there may be another number when it is done again: only that one came too late is recorded, as the
    /// work with this number, and not when it ended.
    ///
    /// # Errors
    /// The instant came first.
    pub async fn look_until<T: Send + 'static>(
        &self,
        (place, nth): (&Occurrence, u32),
        until: Instant,
        look: impl FnOnce(Effort) -> T + Send + 'static,
    ) -> Result<T, Late> {
        let (give, take) = oneshot::channel();
        let look = move |effort| drop(give.send(look(effort)));
        self.begin_apart(until, Box::new(look)).await.inspect_err(|late| self.came_late(place, nth, *late))?;
        take.await.map_err(|_| Late { queued: false })
    }

    /// Does what must be done, however long it takes, apart from the threads that read sockets and keep time.
    pub async fn aside<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> T {
        let (give, take) = oneshot::channel();
        self.begin_aside(Box::new(move || drop(give.send(work())))).await;
        match take.await {
            Ok(made) => made,
            // The run is being shut down, and no one waits for what this would give.
            Err(_) => std::future::pending().await,
        }
    }

    /// Lets go of something large, which takes time for each of its parts.
    pub fn discard(&self, large: impl Send + 'static) {
        drop(self.begin_aside(Box::new(move || drop(large))));
    }

    pub async fn sleep(&self, time: Duration) {
        self.sleep_until(self.now().saturating_add(time)).await;
    }

    /// The wall clock's time at an instant.
    pub fn wall_at(&self, at: Instant) -> jiff::Timestamp {
        let since = jiff::SignedDuration::try_from(at).ok();
        since.and_then(|since| self.epoch().checked_add(since).ok()).unwrap_or(self.epoch())
    }
}

/// What is sent on a channel.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outbound {
    Text(String),
    Binary(#[serde(with = "crate::event::form::vec_data")] Vec<u8>),
}

/// Decides whether a frame is a keep-alive, and what answers it.
pub type ReplyTo = Arc<dyn Fn(&Frame) -> Option<Outbound> + Send + Sync>;

/// A connection whose response opens a channel. Dropping it cuts the connection.
pub trait Connected: Send {
    /// Starts to read. `log` may hold frames of an earlier connection (`reconnect`).
    fn start(self: Box<Self>, reading: Reading) -> Box<dyn Channel>;
}

/// How a connection is read.
pub struct Reading {
    pub kind: ChannelKind,
    /// Of the response that opened it.
    pub headers: Vec<Header>,
    pub log: Arc<Log>,
    pub naming: Naming,
    pub replies: Option<ReplyTo>,
}

/// An open channel: the way to act on it. Dropping it cuts the connection.
pub trait Channel: Send + Sync {
    /// Sends a frame behind all that was sent before.
    fn send(&self, body: Outbound);

    fn ping(&self, payload: Vec<u8>);

    /// Starts the closing handshake of a WebSocket; the log ends when the server's close frame comes.
    fn close(&self, code: u16, reason: &str);

    /// Whether this test has closed it, and the server's close frame is awaited.
    fn is_closing(&self) -> bool;

    /// Whether so much waits to be sent that it is better waited for.
    fn is_congested(&self) -> bool;

    /// Leaves the connection: what was sent goes out first, for at most `budget`, and behind it a close frame with `code`, if one is given.
    fn leave(self: Box<Self>, code: Option<u16>, budget: Duration) -> Pending<'static, ()>;
}

/// Whether a WebSocket may be closed with a code (RFC 6455, section 7.4, and IANA's registry): 1000 to 1003, 1007 to 1014, 3000 to 4999.
pub fn may_close_with(code: u32) -> bool {
    matches!(code, 1000..=1003 | 1007..=1014 | 3000..=4999)
}

/// The longest reason of a close frame, in bytes (RFC 6455, section 5.5).
pub const MAX_REASON: usize = 123;

/// What is left to say when there is no time.
pub const HURRIED_WORDS: Duration = Duration::from_millis(50);
