//! Makes connections: resolving, TCP, TLS, and the HTTP version that is spoken.
//!
//! No await of a request waits for what can't come any more:
//!
//! - Whatever the peer does or doesn't do, `Http::send_for` gives all of a request (resolving, connecting, TLS, the response's head, its body, its
//!   codings, redirects, repetitions) the request's limit. What it does behind that, the pool bounds (`RETURNING`, `IDLE`).
//! - A request that the connection's task has taken up is answered or failed by it, at the latest when the task ends: hyper resolves the request's
//!   promise when it drops it. One that the task never took up is noticed by [`settled`].
//! - The body of a response ends or fails with the connection's task, which holds the other end of it: of HTTP/1.1, hyper fails a body whose framing
//!   isn't complete when the socket ends; of HTTP/2, [`WireBody`](super::body) asks for END_STREAM.
//! - A connection's task belongs to no request and to no pool, and no one waits for it but by [`Connection::ended`]. It ends when the socket does, or
//!   when no one can use it any more: neither the pool nor a request holds a sender, and no body is read. Dropping the pool ends idle ones so.
//! - A socket has one reader and one writer ([`Tapped`], in the connection's task), so that neither takes the other's waker. `Watch` only peeks.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::stream::FuturesUnordered;
use futures_util::{FutureExt as _, StreamExt as _};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::client::conn::{http1, http2};
use hyper::rt::Executor as _;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use super::failure::{failure, of_chain};
use super::fingerprint::fingerprint;
use super::key::{Key, Protocol};
use super::one_task::OneTask;
use super::stages::{connection_begins, connection_ends, resolve};
use super::tap::{Lookout, Socket, Stream, Taken, Tapped, Traffic, Watch};
use crate::event::{Failure, FailureKind, Tls};

/// How long an address has to itself before the next one is tried beside it (RFC 8305, section 8).
const HEAD_START: Duration = Duration::from_millis(250);
/// How long a connection without a request is trusted with one that can't be sent again: less than any usual server keeps it open.
const TRUSTED: Duration = Duration::from_secs(2);
/// How much earlier than the server says a connection is given up.
const MARGIN: Duration = Duration::from_secs(1);
/// The most headers that a response may have.
const MAX_HEADERS: usize = 256;

/// A connection that takes requests.
pub(super) struct Connection {
    sender: Sender,
    pub traffic: Arc<Traffic>,
    watch: Watch,
    /// Closes when the connection's task has ended.
    ended: tokio::sync::watch::Receiver<()>,
    /// How many responses it has brought.
    served: u32,
    /// How long the server says that it keeps the connection open between requests (`Keep-Alive: timeout=5`).
    kept: Option<Duration>,
    /// The server's.
    pub address: Option<String>,
    pub tls: Option<Tls>,
}

/// Why a connection has no response to a request.
pub(super) enum Lost {
    Failed(hyper::Error),
    /// It ended before it took the request up, so that nothing of it was sent.
    NeverTaken,
}

enum Sender {
    Http1(http1::SendRequest<Full<Bytes>>),
    Http2(http2::SendRequest<Full<Bytes>>),
}

impl Connection {
    /// Connects; the stages are recorded where a recorder is in scope.
    ///
    /// # Errors
    /// What kept the connection from being made.
    pub async fn open(key: &Key, tls: Option<Arc<rustls::ClientConfig>>, real: bool) -> Result<Self, Failure> {
        let shown = format!("{}:{}", key.host, key.port);
        let started = connection_begins();
        let connected = secured(key, tls, real, &shown).await;
        connection_ends(started, connected.is_ok());
        let (stream, watch, address, tls, is_http2) = connected?;
        let traffic = Arc::new(Traffic::default());
        let io = Tapped::new(stream, traffic.clone());
        Self::over(io, is_http2, watch, (address, tls), &shown).await
    }

    /// A connection on which the request has been written already, and of whose response the beginning was read.
    ///
    /// # Errors
    /// It has ended.
    pub async fn resumed(io: Tapped, watch: Watch, address: Option<String>, tls: Option<Tls>) -> Result<Self, Failure> {
        let shown = address.clone().unwrap_or_default();
        Self::over(io, false, watch, (address, tls), &shown).await
    }

    async fn over(
        io: Tapped,
        is_http2: bool,
        watch: Watch,
        (address, tls): (Option<String>, Option<Tls>),
        shown: &str,
    ) -> Result<Self, Failure> {
        let traffic = io.traffic.clone();
        let io = TokioIo::new(io);
        let failed = |error: hyper::Error| of_chain(&error, shown, None);
        let (lives, ended) = tokio::sync::watch::channel(());
        let sender = if is_http2 {
            let (side_by_side, tasks) = OneTask::new();
            let (sender, connection) = http2::handshake(side_by_side.clone(), io).await.map_err(failed)?;
            side_by_side.execute(async move {
                // Its requests report why it ended.
                let _ = connection.await;
            });
            drop(side_by_side);
            tokio::spawn(async move {
                tasks.run().await;
                drop(lives);
            });
            Sender::Http2(sender)
        } else {
            let mut builder = http1::Builder::new();
            let (sender, connection) = builder.max_headers(MAX_HEADERS).handshake(io).await.map_err(failed)?;
            // It ends when nothing can use it any more: this sender, and the body of a response.
            tokio::spawn(async move {
                // Its request reports why it ended.
                let _ = connection.with_upgrades().await;
                drop(lives);
            });
            Sender::Http1(sender)
        };
        Ok(Self { sender, traffic, watch, ended, served: 0, kept: None, address, tls })
    }

    pub fn is_http2(&self) -> bool {
        matches!(self.sender, Sender::Http2(_))
    }

    /// Sends a request, and waits for the head of its response.
    ///
    /// # Errors
    /// The connection ended, or what came is no response.
    pub async fn send(&mut self, request: http::Request<Full<Bytes>>) -> Result<http::Response<Incoming>, Lost> {
        self.traffic.begin();
        let response = match &mut self.sender {
            Sender::Http1(sender) => settled(sender.send_request(request), &mut self.ended).await,
            Sender::Http2(sender) => settled(sender.send_request(request), &mut self.ended).await,
        };
        if let Ok(response) = &response {
            self.traffic.has_head();
            self.served += 1;
            self.kept = keep_alive(response.headers()).or(self.kept);
        }
        response
    }

    /// Another handle on a connection that carries several requests at once.
    pub fn share(&self) -> Option<Self> {
        let Sender::Http2(sender) = &self.sender else { return None };
        Some(Self {
            sender: Sender::Http2(sender.clone()),
            traffic: self.traffic.clone(),
            watch: self.watch.clone(),
            ended: self.ended.clone(),
            served: self.served,
            kept: self.kept,
            address: self.address.clone(),
            tls: self.tls.clone(),
        })
    }

    /// A look at what it received and a channel hasn't taken.
    pub fn lookout(&self, taken: Option<Arc<Taken>>) -> Lookout {
        Lookout { watch: self.watch.clone(), traffic: self.traffic.clone(), taken }
    }

    /// Whether it can take a request now, as far as is known.
    pub fn is_idle(&self) -> bool {
        match &self.sender {
            // Bytes may come at any time of HTTP/2.
            Sender::Http2(sender) => sender.is_ready(),
            Sender::Http1(sender) => sender.is_ready() && self.watch.is_quiet(),
        }
    }

    /// Whether a request may be given to it that must not be lost, since it can't be sent again: a server has shown that it keeps the connection
    /// open, and won't have had enough of it just now.
    pub fn is_proven(&self, idle: Duration) -> bool {
        self.is_http2() || (self.served > 1 && idle < TRUSTED)
    }

    /// Whether the server, by its own word, is about to close it.
    pub fn is_overdue(&self, idle: Duration) -> bool {
        self.kept.is_some_and(|kept| idle >= kept.saturating_sub(MARGIN).max(kept / 2))
    }

    /// Waits until it can take another request; `false` when it won't.
    pub async fn becomes_idle(&mut self) -> bool {
        match &mut self.sender {
            Sender::Http1(sender) => sender.ready().await.is_ok(),
            Sender::Http2(sender) => sender.ready().await.is_ok(),
        }
    }
}

/// Waits for a response, and not beyond the end of its connection's task.
///
/// The queue between them (tokio's, unbounded) admits a request in two moves: it is counted, then it is put in. Where the task closes and empties the
/// queue in between, the request is put into a queue that no one empties any more, and is dropped with its last sender, which is the very one that
/// waits here. `ended` changes when the task and all that it had taken up are gone: by then a promise that isn't resolved is of a request that was
/// never taken up, so that nothing of it can have been sent.
async fn settled<T>(
    sending: impl Future<Output = hyper::Result<T>>,
    ended: &mut tokio::sync::watch::Receiver<()>,
) -> Result<T, Lost> {
    let mut sending = std::pin::pin!(sending);
    let response = tokio::select! {
        biased;
        response = &mut sending => Some(response),
        // Only the end can come: nothing is ever sent.
        _ = ended.changed() => None,
    };
    match response.or_else(|| sending.now_or_never()) {
        Some(response) => response.map_err(Lost::Failed),
        None => Err(Lost::NeverTaken),
    }
}

/// `Keep-Alive: timeout=5, max=100` (RFC 2068, section 19.7.1.1), which many servers send.
fn keep_alive(headers: &http::HeaderMap) -> Option<Duration> {
    let text = headers.get("keep-alive")?.to_str().ok()?;
    let timeout = text.split(',').find_map(|part| part.trim().strip_prefix("timeout="))?;
    timeout.trim().parse().ok().map(Duration::from_secs)
}

pub(super) type Secured = (Stream, Watch, Option<String>, Option<Tls>, bool);

pub(super) async fn secured(
    key: &Key,
    config: Option<Arc<rustls::ClientConfig>>,
    real: bool,
    shown: &str,
) -> Result<Secured, Failure> {
    let stream = connect(&key.host, key.port, shown, real).await?;
    // Without it, small requests would wait for acknowledgements; a connection works without it, too.
    let _ = stream.set_nodelay(true);
    let address = stream.peer_addr().map(|address| address.to_string()).ok();
    let socket = Socket::new(stream);
    let watch = socket.watch();
    let Some(config) = config else {
        return Ok((Stream::Plain(socket), watch, address, None, key.version == Protocol::Http2));
    };
    let connector = tokio_rustls::TlsConnector::from(config);
    let name = rustls::pki_types::ServerName::try_from(key.host.trim_matches(['[', ']']).to_owned())
        .map_err(|_| failure(FailureKind::Tls, format!("`{}` can't be the name of a TLS server", key.host)))?;
    let stream = connector.connect(name, socket).await.map_err(|error| of_chain(&error, shown, None))?;
    let session = stream.get_ref().1;
    let is_http2 = session.alpn_protocol() == Some(b"h2");
    let tls = tls_of(session, key.verify);
    Ok((Stream::Tls(Box::new(stream)), watch, address, tls, is_http2))
}

async fn connect(host: &str, port: u16, shown: &str, real: bool) -> Result<TcpStream, Failure> {
    let addresses = match host.trim_matches(['[', ']']).parse() {
        Ok(address) => vec![SocketAddr::new(address, port)],
        Err(_) => resolve(host, port, real).await.map_err(|error| of_chain(&error, shown, None))?,
    };
    let mut next = addresses.into_iter();
    let mut trying = FuturesUnordered::new();
    let mut first_error = None;
    loop {
        trying.extend(next.next().map(TcpStream::connect));
        let is_last = next.len() == 0;
        let done = tokio::select! {
            Some(done) = trying.next() => done,
            () = tokio::time::sleep(HEAD_START), if !is_last => continue,
            else => break,
        };
        match done {
            Ok(stream) => return Ok(stream),
            Err(error) => {
                first_error.get_or_insert(error);
                if is_last && trying.is_empty() {
                    break;
                }
            }
        }
    }
    let error = first_error.unwrap_or_else(|| std::io::ErrorKind::AddrNotAvailable.into());
    Err(of_chain(&error, shown, None))
}

fn tls_of(connection: &rustls::ClientConnection, verified: bool) -> Option<Tls> {
    let certificate = connection.peer_certificates()?.first()?;
    let version = connection.protocol_version().map(|version| match version {
        rustls::ProtocolVersion::TLSv1_3 => "TLSv1.3".to_owned(),
        _ => "TLSv1.2".to_owned(),
    });
    Some(Tls {
        version,
        fingerprint: Some(fingerprint(certificate)),
        certificate: Some(Bytes::copy_from_slice(certificate)),
        verified,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_request_that_no_one_takes_up_ends_with_its_connection() {
        let (lives, ended) = tokio::sync::watch::channel(());
        let waiting = tokio::spawn({
            let mut ended = ended.clone();
            async move { settled(std::future::pending::<hyper::Result<()>>(), &mut ended).await }
        });
        let (respond, response) = tokio::sync::oneshot::channel::<()>();
        let answered = tokio::spawn({
            let mut ended = ended.clone();
            async move { settled(async move { Ok(response.await.is_ok()) }, &mut ended).await }
        });
        tokio::task::yield_now().await;
        // A response that the connection has brought before its end counts.
        let _ = respond.send(());
        drop(lives);
        assert!(matches!(waiting.await.unwrap(), Err(Lost::NeverTaken)));
        assert!(matches!(answered.await.unwrap(), Ok(true)));
    }
}
