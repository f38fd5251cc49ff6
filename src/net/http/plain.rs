//! Requests that are sent many times as they are, on connections that no one else uses, without what hyper does for any request: their bytes are
//! written as they were put together once, and a response is read where it is. Only responses of the plainest form are read so (HTTP/1.1, a length, no coding, nothing behind
//! the body). Whatever else comes, hyper reads from its first byte on, as if it had sent the request, so that it is what it would have been in the usual way.

use std::io;
use std::ops::ControlFlow;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::client::Http;
use super::connect::Connection;
use super::failure::{of_chain, timed_out};
use super::key::{Key, Protocol};
use super::progress::{Pending as Awaited, Progress};
use super::send::head_size;
use super::sent::Sent;
use super::stages::{Recorder, recorded};
use super::tap::{Tapped, Watch};
use super::target::{authority_of, parse_url};
use crate::event::{Failure, FailureKind, Header, Instant, Plainly, Tls};
use crate::world::cookies::Jar;
use crate::world::target::target_of;
use crate::world::{Outgoing, Pending, Prompt, Session};

/// The largest body that is read so, in bytes.
const LARGEST: usize = 64 << 10;
/// The largest head.
const LARGEST_HEAD: usize = 16 << 10;
/// How often what came is looked through for the end of its head.
const MOST_LOOKS: usize = 32;
/// The most headers.
const MOST_HEADERS: usize = 64;
/// How much a buffer may hold on to while nothing is read into it.
const KEPT_ROOM: usize = 8 << 10;
/// How long a connection without a request is trusted with one that can't be sent again.
const TRUSTED: Duration = Duration::from_secs(2);
/// How long one is used at all after its last response.
const IDLE: Duration = Duration::from_secs(30);

/// One user's.
pub struct PlainSession {
    http: Arc<Http>,
    ready: Vec<Ready>,
    open: Option<Open>,
    /// Of the connection that is being made.
    connecting: Option<Recorder>,
    buffer: Vec<u8>,
}

/// A request with its bytes.
struct Ready {
    outgoing: Outgoing,
    sent: Sent,
    key: Key,
    bytes: Bytes,
    is_idempotent: bool,
}

/// A connection that no one else uses.
struct Open {
    key: Key,
    io: Tapped,
    watch: Watch,
    address: Option<String>,
    tls: Option<Tls>,
    served: u32,
    since: Instant,
    /// Of the present response: when it began, from its request on.
    first_byte: Option<Duration>,
    recorder: Recorder,
}

/// How far a request came without hyper.
enum Answered {
    Prompt(Prompt),
    /// Hyper is to read the rest, behind which the connection perhaps failed so.
    Otherwise(Option<io::Error>),
}

impl From<Prompt> for Answered {
    fn from(prompt: Prompt) -> Self {
        Self::Prompt(prompt)
    }
}

/// How a connection ended before its response was there.
struct Broken {
    /// Absent where its other side closed it.
    error: Option<io::Error>,
    /// Some of the request was.
    is_written: bool,
}

impl Broken {
    /// By the rule of all requests, of a connection that was used before and brought nothing of a response.
    fn may_repeat(&self, ready: &Ready) -> bool {
        let is_lost = self
            .error
            .as_ref()
            .is_none_or(|error| matches!(of_chain(error, "", None).kind, FailureKind::Closed | FailureKind::Reset));
        is_lost && (ready.is_idempotent || !self.is_written)
    }
}

/// How a response is framed.
struct Frame {
    head: usize,
    body: usize,
    stays_open: bool,
}

impl PlainSession {
    pub fn new(http: Arc<Http>) -> Self {
        Self { http, ready: Vec::new(), open: None, connecting: None, buffer: Vec::new() }
    }

    /// As bytes, where a request is one that can be sent so.
    fn made(&self, outgoing: Outgoing) -> Option<Ready> {
        let is_plain = outgoing.follow == 0
            && outgoing.digest.is_none()
            && outgoing.cookies.is_empty()
            && !outgoing.fresh
            && outgoing.reconnect
            && outgoing.version.is_none()
            && outgoing.body.as_ref().is_none_or(|body| !body.is_empty())
            && !self.http.real;
        // Those that say something about the connection, or of how the body is framed.
        let framing =
            ["host", "connection", "transfer-encoding", "content-length", "expect", "te", "upgrade", "keep-alive"];
        let speaks = |(name, _): &(String, String)| framing.iter().any(|one| name.eq_ignore_ascii_case(one));
        if !is_plain || outgoing.headers.iter().any(speaks) || matches!(outgoing.method.as_str(), "HEAD" | "CONNECT") {
            return None;
        }
        let url = parse_url(&outgoing.url).ok()?;
        let progress = Progress::new(&outgoing);
        let headers = self.http.headers(&outgoing, None, &url, &progress).ok()?;
        let method = http::Method::from_bytes(outgoing.method.as_bytes()).ok()?;
        let is_idempotent = method.is_idempotent();
        let key = Key {
            https: url.scheme() == "https",
            host: url.host_str()?.to_owned(),
            port: url.port_or_known_default()?,
            verify: outgoing.verify,
            version: Protocol::Any,
        };
        let sent = Sent { target: target_of(&outgoing.url), url, method, headers, body: outgoing.body.clone() };
        let bytes = sent.bytes()?;
        Some(Ready { outgoing, sent, key, bytes, is_idempotent })
    }

    async fn sent(
        &mut self,
        place: usize,
        limit: Duration,
        jar: Option<&Mutex<Jar>>,
        holds: &(dyn Fn(&Plainly<'_>) -> bool + Sync),
    ) -> Prompt {
        let started = self.http.clock.now();
        let until = crate::net::clock::present() + limit;
        match tokio::time::timeout_at(until, self.answered(place, started, holds)).await {
            Ok(Answered::Prompt(prompt)) => prompt,
            Ok(Answered::Otherwise(failed)) => self.resumed(place, started, jar, failed, (limit, until)).await,
            Err(_) => self.given_up(place, started, limit),
        }
    }

    /// What is known of a request whose time has run out.
    fn given_up(&mut self, place: usize, started: Instant, limit: Duration) -> Prompt {
        let Some(ready) = self.ready.get(place) else { return Prompt::Unsent };
        let (http, open, connecting) = (&self.http, self.open.take(), self.connecting.take());
        let mut progress = ready.progress(http, started, open.as_ref(), connecting);
        let begun = begun(&std::mem::take(&mut self.buffer));
        if let Some((open, (status, received))) = open.zip(begun) {
            progress.answered(open.address, open.tls);
            progress.first_byte = open.first_byte;
            (progress.status, progress.received) = (Some(status), received);
        }
        progress.unanswered();
        let failure = timed_out(&authority_of(&ready.sent.url), limit, progress.status);
        let total = http.clock.now().saturating_sub(started);
        Prompt::Exchange(Box::new(http.evidence(&ready.outgoing, progress, Err(failure), started, total)))
    }

    /// Sends a request and reads its response, on a connection that is made where none is there.
    async fn answered(
        &mut self,
        place: usize,
        started: Instant,
        holds: &(dyn Fn(&Plainly<'_>) -> bool + Sync),
    ) -> Answered {
        let http = self.http.clock;
        let Some(ready) = self.ready.get(place) else { return Prompt::Unsent.into() };
        let usable = |open: &Open| {
            let idle = started.saturating_sub(open.since);
            open.key == ready.key && idle < IDLE && (ready.is_idempotent || (open.served > 1 && idle < TRUSTED))
        };
        // One that has been quiet for a while may have ended since.
        let looks =
            |open: &Open| started.saturating_sub(open.since) < Duration::from_millis(100) || open.watch.is_quiet();
        self.open = self.open.take().filter(usable).filter(looks);
        let was_open = self.open.is_some();
        self.buffer.clear();
        if self.open.is_none() {
            let recorder = self.connecting.insert(Recorder::default()).clone();
            self.open = ready.connects(&self.http, recorder).await;
            self.connecting = None;
        }
        let Some(open) = &mut self.open else { return Prompt::Unsent.into() };
        let exchanged = open.exchange(&ready.bytes, &mut self.buffer, &http, started).await;
        let first_byte = match exchanged {
            Ok(first_byte) => first_byte,
            // As if it had been found dead before.
            Err(broken) if was_open && self.buffer.is_empty() && broken.may_repeat(ready) => {
                self.open = None;
                return Prompt::Unsent.into();
            }
            Err(Broken { error, .. }) => return Answered::Otherwise(error),
        };
        let total = http.now().saturating_sub(started);
        let mut headers = [httparse::EMPTY_HEADER; MOST_HEADERS];
        let Some((status, frame)) = plain(&self.buffer, &mut headers) else {
            return Answered::Otherwise(None);
        };
        let mut named: [(&str, &[u8]); MOST_HEADERS] = [("", &[]); MOST_HEADERS];
        let count = headers.iter().take_while(|one| !one.name.is_empty()).count();
        for (own, header) in named.iter_mut().zip(&headers[..count]) {
            *own = (header.name, header.value);
        }
        let body = &self.buffer[frame.head..frame.head + frame.body];
        let response = Plainly { status, headers: &named[..count], body, total };
        let sets_cookie = response.header("set-cookie").is_some() || response.header("content-encoding").is_some();
        if sets_cookie || !holds(&response) {
            return Answered::Otherwise(None);
        }
        open.served = open.served.saturating_add(1);
        open.since = started + total;
        if !frame.stays_open {
            self.open = None;
        }
        if self.buffer.capacity() > KEPT_ROOM {
            self.buffer = Vec::new();
        }
        Prompt::Held { status, started, first_byte, total }.into()
    }

    /// Has hyper read what came, and what is still to come, as the response to the request.
    async fn resumed(
        &mut self,
        place: usize,
        started: Instant,
        jar: Option<&Mutex<Jar>>,
        failed: Option<io::Error>,
        (limit, until): (Duration, tokio::time::Instant),
    ) -> Prompt {
        let given = Bytes::from(std::mem::take(&mut self.buffer));
        let (Some(ready), Some(open)) = (self.ready.get(place), self.open.take()) else { return Prompt::Unsent };
        let mut progress = ready.progress(&self.http, started, Some(&open), None);
        let Open { io, watch, address, tls, .. } = open;
        let io = Tapped::resumed(io.stream, given, failed);
        let reading = async {
            let connection = Connection::resumed(io, watch, address, tls).await?;
            self.http.read(connection, &ready.sent, started, &mut progress).await
        };
        let outcome = tokio::time::timeout_at(until, reading).await;
        let outcome =
            outcome.unwrap_or_else(|_| Err(timed_out(&authority_of(&ready.sent.url), limit, progress.status)));
        if let (Ok(response), Some(jar)) = (&outcome, jar) {
            self.http.keep_cookies(response, jar, &mut progress);
        }
        progress.unanswered();
        let total = self.http.clock.now().saturating_sub(started);
        let outcome: Result<_, Failure> = outcome.map(Arc::new);
        Prompt::Exchange(Box::new(self.http.evidence(&ready.outgoing, progress, outcome, started, total)))
    }
}

impl Session for PlainSession {
    fn prepare(&mut self, request: Outgoing) -> Option<usize> {
        let ready = self.made(request)?;
        self.ready.push(ready);
        Some(self.ready.len() - 1)
    }

    fn send<'a>(
        &'a mut self,
        request: usize,
        limit: Duration,
        jar: Option<&'a Mutex<Jar>>,
        holds: &'a (dyn Fn(&Plainly<'_>) -> bool + Sync),
    ) -> Pending<'a, Prompt> {
        Box::pin(self.sent(request, limit, jar, holds))
    }
}

impl Ready {
    /// A connection of its own; `None` where there is none, or it speaks HTTP/2: then it is sent in the usual way, which says why.
    async fn connects(&self, http: &Http, recorder: Recorder) -> Option<Open> {
        let made = recorded(recorder.clone(), http.plain_connection(&self.key)).await?;
        http.learn_addresses(&self.key.host, &recorder);
        let (stream, watch, address, tls) = made;
        let io = Tapped::new(stream, Arc::default());
        Some(Open {
            key: self.key.clone(),
            io,
            watch,
            address,
            tls,
            served: 0,
            since: http.clock.now(),
            first_byte: None,
            recorder,
        })
    }

    /// What is known of it when it has been sent.
    fn progress(&self, http: &Http, started: Instant, open: Option<&Open>, connecting: Option<Recorder>) -> Progress {
        let mut progress = Progress::new(&self.outgoing);
        progress.begun = Some(started);
        progress.sent_headers = Some(self.headers());
        // What is recorded of a connection is of its first request.
        let made = open.filter(|open| open.served == 0).map(|open| open.recorder.clone());
        let recorder = connecting.or(made).unwrap_or_default();
        progress.pending = Some(Awaited {
            recorder,
            size: self.bytes.len() as u64,
            known: http.known_addresses(&self.key.host),
            port: self.key.port,
        });
        progress
    }

    fn headers(&self) -> Vec<Header> {
        super::send::header_list(&self.sent.headers)
    }
}

impl Open {
    /// Writes a request and reads a whole plain response into a buffer, as far as it is one; gives when its first byte came.
    ///
    /// # Errors
    /// The connection ended before, or failed.
    async fn exchange(
        &mut self,
        request: &[u8],
        buffer: &mut Vec<u8>,
        clock: &crate::net::clock::Clock,
        started: Instant,
    ) -> Result<Duration, Broken> {
        let failed = |is_written| move |error| Broken { error: Some(error), is_written };
        let mut rest = request;
        while !rest.is_empty() {
            let is_written = rest.len() < request.len();
            match self.io.write(rest).await.map_err(failed(is_written))? {
                0 => return Err(Broken { error: None, is_written }),
                count => rest = &rest[count..],
            }
        }
        self.io.flush().await.map_err(failed(true))?;
        self.first_byte = None;
        let mut wanted = 0;
        let mut looks = 0;
        loop {
            if buffer.capacity() - buffer.len() < 1 << 10 {
                buffer.reserve(4 << 10);
            }
            let count = self.io.read_buf(buffer).await.map_err(failed(true))?;
            if count == 0 {
                return Err(Broken { error: None, is_written: true });
            }
            let first = *self.first_byte.get_or_insert_with(|| clock.now().saturating_sub(started));
            if buffer.len() < wanted {
                continue;
            }
            looks += 1;
            match is_whole(buffer) {
                // Each look begins at the first byte: what comes in very many pieces, hyper reads.
                ControlFlow::Continue(_) if looks == MOST_LOOKS => return Ok(first),
                // As much as can be read so.
                ControlFlow::Break(()) => return Ok(first),
                ControlFlow::Continue(size) => wanted = size,
            }
        }
    }
}

/// Whether a buffer holds all of a plain response, or what is none; else how many bytes it must hold at least.
fn is_whole(buffer: &[u8]) -> ControlFlow<(), usize> {
    let mut headers = [httparse::EMPTY_HEADER; MOST_HEADERS];
    let mut response = httparse::Response::new(&mut headers);
    match response.parse(buffer) {
        Ok(httparse::Status::Partial) if buffer.len() < LARGEST_HEAD => ControlFlow::Continue(buffer.len() + 1),
        Ok(httparse::Status::Complete(head)) => match framed(&response, head) {
            Some(frame) if buffer.len() < frame.head + frame.body => ControlFlow::Continue(frame.head + frame.body),
            _ => ControlFlow::Break(()),
        },
        _ => ControlFlow::Break(()),
    }
}

/// The status, and where head and body are, of what is a plain response and nothing else.
fn plain<'b>(buffer: &'b [u8], headers: &mut [httparse::Header<'b>; MOST_HEADERS]) -> Option<(u16, Frame)> {
    let mut response = httparse::Response::new(headers);
    let httparse::Status::Complete(head) = response.parse(buffer).ok()? else { return None };
    let frame = framed(&response, head)?;
    let status = response.code?;
    (buffer.len() == frame.head + frame.body).then_some((status, frame))
}

/// How a response is framed, if that is plain (RFC 9112, section 6.3): one length, and nothing that could mean another one.
fn framed(response: &httparse::Response<'_, '_>, head: usize) -> Option<Frame> {
    let status = response.code?;
    if response.version != Some(1) || !(200..600).contains(&status) || matches!(status, 204 | 205 | 304) {
        return None;
    }
    let (mut length, mut stays_open) = (None, true);
    for header in response.headers.iter() {
        let is = |name: &str| header.name.eq_ignore_ascii_case(name);
        if is("content-length") {
            let digits =
                std::str::from_utf8(header.value).ok().filter(|text| text.bytes().all(|b| b.is_ascii_digit()))?;
            let own: usize = digits.parse().ok()?;
            if length.replace(own).is_some() {
                return None;
            }
        } else if is("transfer-encoding") || is("upgrade") || is("trailer") {
            return None;
        } else if is("connection") {
            stays_open = header.value.eq_ignore_ascii_case(b"keep-alive");
        }
    }
    let body = length.filter(|length| *length <= LARGEST)?;
    Some(Frame { head, body, stays_open })
}

/// The status of a response whose head is complete, and how much of it came, in bytes, as it is counted of any response.
fn begun(buffer: &[u8]) -> Option<(u16, u64)> {
    let mut headers = [httparse::EMPTY_HEADER; MOST_HEADERS];
    let mut response = httparse::Response::new(&mut headers);
    let httparse::Status::Complete(head) = response.parse(buffer).ok()? else { return None };
    let lines = response.headers.iter().map(|header| (header.name.len(), header.value.len()));
    let size = head_size(response.reason.unwrap_or_default().len(), lines);
    Some((response.code?, size + (buffer.len() - head) as u64))
}

#[cfg(test)]
mod tests;
