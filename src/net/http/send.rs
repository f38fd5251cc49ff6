use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use hyper::body::Incoming;
use hyper_util::rt::TokioIo;

use super::body::{Keeping, WireBody};
use super::client::Http;
use super::connect::{Connection, Lost};
use super::failure::{failure, is_unprocessed, of_chain, timed_out};
use super::key::{Key, Protocol};
use super::outgoing::{Live, LiveBody, Mode};
use super::pool::Returning;
use super::progress::{Pending, Progress};
use super::redirect;
use super::sent::Sent;
use super::stages::{Recorder, recorded};
use super::target::{authority, authority_of, is_same_host, origin, parse_url};
use super::{body, head, real};
use crate::event::{Exchange, Failure, FailureKind, Header, Instant, Response, SetCookie, Timings};
use crate::world::cookies::Jar;
use crate::world::target::target_of;
use crate::world::{Outgoing, auth, handshake};

/// How much of a request's body is kept as evidence, in bytes.
const KEPT_BODY: usize = 64 * 1024;

impl Http {
    /// Sends a request and reads its response. Whatever goes wrong is in the exchange.
    pub async fn send(&self, request: &Outgoing, jar: Option<&Mutex<Jar>>) -> Exchange {
        self.send_for(request, jar, Mode::Whole).await.0
    }

    /// The same, for a response that is wanted live.
    pub async fn send_for(&self, request: &Outgoing, jar: Option<&Mutex<Jar>>, mode: Mode) -> (Exchange, Option<Live>) {
        let started = self.clock.now();
        let mut progress = Progress::new(request);
        let outcome = tokio::time::timeout(request.limit, self.follow(request, jar, mode, &mut progress)).await;
        let outcome =
            outcome.unwrap_or_else(|_| Err(timed_out(&authority(&progress.url), request.limit, progress.status)));
        let (outcome, live) = match outcome {
            Ok((response, live)) => (Ok(Arc::new(response)), live),
            Err(failure) => (Err(failure), None),
        };
        progress.unanswered();
        let total = self.clock.now().saturating_sub(started);
        if let Some(returning) = progress.returning.take() {
            returning.settle().await;
        }
        (self.evidence(request, progress, outcome, started, total), live)
    }

    pub(super) fn evidence(
        &self,
        request: &Outgoing,
        mut progress: Progress,
        outcome: Result<Arc<Response>, Failure>,
        started: Instant,
        total: Duration,
    ) -> Exchange {
        let body = request.body.clone().unwrap_or_default();
        Exchange {
            method: request.method.clone(),
            url: request.url.clone(),
            request_headers: progress.last_headers(),
            request_body: body.slice(..body.len().min(KEPT_BODY)),
            started,
            outcome,
            attempts: 1,
            reconnected: progress.reconnected,
            hops: progress.hops,
            cookies: progress.set_cookies,
            last_begun: progress.begun,
            peer: progress.peer,
            timings: Timings { first_byte: progress.first_byte, total, ..progress.stages },
            bytes_sent: progress.sent,
            bytes_received: progress.received,
        }
    }

    async fn follow(
        &self,
        request: &Outgoing,
        jar: Option<&Mutex<Jar>>,
        mode: Mode,
        progress: &mut Progress,
    ) -> Result<(Response, Option<Live>), Failure> {
        loop {
            let (response, live) = self.hop(request, jar, mode, progress).await?;
            if let Some(jar) = jar {
                self.keep_cookies(&response, jar, progress);
            }
            if self.answer_digest(request, &response, progress) {
                continue;
            }
            match redirect::target(&response, request.follow, progress.hops.len())? {
                Some(next) => redirect::follow(progress, &response, next, self.clock.now()),
                None => return Ok((response, live)),
            }
        }
    }

    pub(super) fn keep_cookies(&self, response: &Response, jar: &Mutex<Jar>, progress: &mut Progress) {
        let mut jar = jar.lock().unwrap_or_else(PoisonError::into_inner);
        for cookie in response.headers("set-cookie") {
            let at = self.clock.now();
            jar.store(cookie, &progress.url, at, self.epoch);
            progress.replaces_cookie(cookie);
            progress.set_cookies.push(SetCookie { url: progress.url.clone(), value: cookie.to_owned(), at });
        }
    }

    /// Reads the response to a request that has been written to a connection already.
    ///
    /// # Errors
    /// As of any request.
    pub(super) async fn read(
        &self,
        mut connection: Connection,
        sent: &Sent,
        started: Instant,
        progress: &mut Progress,
    ) -> Result<Response, Failure> {
        let authority = authority_of(&sent.url);
        let answered = connection.send(sent.request(false)?).await;
        let incoming = answered.map_err(|lost| of_request(&lost, &connection, &authority))?;
        progress.answered(connection.address.clone(), connection.tls.clone());
        fits(&incoming, &authority)?;
        self.whole(incoming, started, progress, &authority).await
    }

    /// Puts the response to a Digest challenge among the headers, once.
    fn answer_digest(&self, request: &Outgoing, response: &Response, progress: &mut Progress) -> bool {
        let Some((user, password)) = &request.digest else { return false };
        // Another origin, to which a response redirected, could try out passwords on what it got.
        if origin(&progress.url) != origin(&request.url) {
            return false;
        }
        if response.status != 401 || std::mem::replace(&mut progress.digest_answered, true) {
            return false;
        }
        let challenges: Vec<&str> = response.headers("www-authenticate").collect();
        let asked = auth::Asked {
            method: &progress.method,
            uri: &target_of(&progress.url),
            body: progress.body.as_deref().unwrap_or_default(),
        };
        let cnonce = auth::hex(&progress.draws.bytes::<16>());
        let incoming = auth::digest(&challenges, user, password, &asked, &cnonce);
        progress.headers.retain(|(name, _)| !name.eq_ignore_ascii_case("authorization"));
        progress.headers.extend(incoming.clone().map(|incoming| ("Authorization".to_owned(), incoming)));
        incoming.is_some()
    }

    async fn hop(
        &self,
        request: &Outgoing,
        jar: Option<&Mutex<Jar>>,
        mode: Mode,
        progress: &mut Progress,
    ) -> Result<(Response, Option<Live>), Failure> {
        if let Some(returning) = progress.returning.take() {
            returning.settle().await;
        }
        let started = self.clock.now();
        (progress.begun, progress.sent_headers) = (Some(started), None);
        let url = parse_url(&progress.url)?;
        if self.real {
            real::refuse(request, &progress.url, !progress.hops.is_empty())?;
        }
        if mode == Mode::Upgrade {
            // Of each hop, since a key is for one handshake, and a redirect to another origin carries no headers along.
            handshake::prepare(&mut progress.headers, progress.draws.bytes());
        }
        let headers = self.headers(request, jar, &url, progress)?;
        progress.sent_headers = Some(header_list(&headers));
        let method = http::Method::from_bytes(progress.method.as_bytes())
            .map_err(|_| failure(FailureKind::Invalid, format!("`{}` is no method", progress.method)))?;
        let sent = Sent { target: target_of(&progress.url), url, method, headers, body: progress.body.clone() };
        let authority = authority_of(&sent.url);
        let key = Key {
            https: sent.url.scheme() == "https",
            host: sent.url.host_str().unwrap_or_default().to_owned(),
            port: sent.url.port_or_known_default().unwrap_or_default(),
            verify: request.verify,
            version: if mode == Mode::Upgrade { Protocol::Http11 } else { request.version.into() },
        };
        let recorder = Recorder::default();
        progress.pending = Some(Pending {
            recorder: recorder.clone(),
            size: sent.wire_size(),
            known: self.known_addresses(&key.host),
            port: key.port,
        });
        let fresh = request.fresh || mode == Mode::Upgrade;
        let reconnects = request.reconnect && !fresh;
        let answered = recorded(recorder.clone(), self.exchange(&key, &sent, fresh, reconnects, progress)).await;
        self.learn_addresses(&key.host, &recorder);
        let (connection, incoming) = answered?;
        progress.answered(connection.address.clone(), connection.tls.clone());
        if self.real {
            real::confirm(progress.peer.as_ref())?;
        }
        let status = incoming.status().as_u16();
        fits(&incoming, &authority)?;
        let live = match mode {
            Mode::Upgrade => status == 101,
            Mode::Stream => incoming.status().is_success(),
            Mode::Whole => false,
        };
        if !live {
            let response = self.whole(incoming, started, progress, &authority).await?;
            // A refused handshake leaves nothing behind that another request could trip over.
            if !fresh {
                progress.returning = Some(Returning::new(&self.pool, key, connection));
            }
            return Ok((response, None));
        }
        progress.first_byte = Some(self.clock.now().saturating_sub(started));
        progress.status = Some(status);
        let response = Response {
            status,
            version: version_name(incoming.version()),
            url: progress.url.clone(),
            headers: header_list(incoming.headers()),
            body: Bytes::new(),
            wire_size: 0,
        };
        progress.received += size_of_head(incoming.status(), incoming.extensions(), incoming.headers());
        if mode == Mode::Stream {
            let body = WireBody::new(incoming.version(), incoming.into_body());
            return Ok((response, Some(Live::Body(Box::new(LiveBody::new(body, connection))))));
        }
        let lookout = connection.lookout(None);
        let upgraded =
            Box::pin(hyper::upgrade::on(incoming)).await.map_err(|error| of_chain(&error, &authority, Some(status)))?;
        Ok((response, Some(Live::Upgraded(Box::new(TokioIo::new(upgraded)), lookout))))
    }

    /// Sends one request, and gives the head of its response.
    async fn exchange(
        &self,
        key: &Key,
        sent: &Sent,
        fresh: bool,
        reconnects: bool,
        progress: &mut Progress,
    ) -> Result<(Connection, http::Response<Incoming>), Failure> {
        let shown = format!("{}:{}", key.host, key.port);
        let mut open = (!fresh).then(|| self.pool.take(key, !sent.method.is_idempotent())).flatten();
        let mut repeated_unprocessed = false;
        loop {
            let was_open = open.is_some();
            let mut connection = match open.take() {
                Some(connection) => connection,
                // What a request on an open connection has no use for takes no room in it.
                None => Box::pin(self.connect(key)).await?,
            };
            let error = match connection.send(sent.request(connection.is_http2())?).await {
                Ok(incoming) => return Ok((connection, incoming)),
                Err(error) => error,
            };
            // A fresh connection that is lost says something about the server, unless it promises that a repetition is welcome: once.
            let repeats = if was_open {
                may_repeat(&sent.method, &connection, &error, &shown)
            } else {
                connection.is_http2() && error.is_unprocessed() && !std::mem::replace(&mut repeated_unprocessed, true)
            };
            if !reconnects || !repeats {
                return Err(of_request(&error, &connection, &shown));
            }
            progress.reconnected += 1;
            progress.sent += connection.traffic.written();
        }
    }

    /// Reads a response to its end.
    async fn whole(
        &self,
        incoming: http::Response<Incoming>,
        started: Instant,
        progress: &mut Progress,
        authority: &str,
    ) -> Result<Response, Failure> {
        progress.first_byte = Some(self.clock.now().saturating_sub(started));
        let (parts, wire) = incoming.into_parts();
        let status = parts.status.as_u16();
        progress.status = Some(status);
        let headers = header_list(&parts.headers);
        progress.received += size_of_head(parts.status, &parts.extensions, &parts.headers);
        let wire = WireBody::new(parts.version, wire);
        let keeping = Keeping { budget: &self.budget, decodes: &self.decodes, authority, status };
        let (wire, share) = body::read(wire, &keeping, &mut progress.received).await?;
        let wire_size = wire.len() as u64;
        let body = body::decode((wire, share), &headers, &keeping).await?;
        Ok(Response {
            status,
            version: version_name(parts.version),
            url: progress.url.clone(),
            headers,
            body,
            wire_size,
        })
    }

    pub(super) fn headers(
        &self,
        request: &Outgoing,
        jar: Option<&Mutex<Jar>>,
        url: &url::Url,
        progress: &Progress,
    ) -> Result<http::HeaderMap, Failure> {
        let mut map = http::HeaderMap::new();
        for (name, value) in &progress.headers {
            let header = http::HeaderName::from_bytes(name.as_bytes());
            let header =
                header.map_err(|_| failure(FailureKind::Invalid, format!("`{name}` can't be the name of a header")))?;
            let value = http::HeaderValue::from_bytes(value.as_bytes()).map_err(|_| {
                failure(
                    FailureKind::Invalid,
                    format!("the value of the header `{name}` holds a character that can't be sent"),
                )
            })?;
            map.append(header, value);
        }
        let defaults = [("user-agent", concat!("e2e-dsl/", env!("CARGO_PKG_VERSION"))), ("accept", "*/*")];
        let coding = request.compressed.then_some(("accept-encoding", "gzip, deflate, br, zstd"));
        for (name, value) in defaults.into_iter().chain(coding) {
            if !map.contains_key(name) {
                map.insert(name, http::HeaderValue::from_static(value));
            }
        }
        // A method that defines a meaning for a body says so when there is none (RFC 9110, section 8.6).
        let expects_body = matches!(progress.method.as_str(), "POST" | "PUT" | "PATCH");
        if progress.body.is_none() && expects_body && !map.contains_key("transfer-encoding") {
            map.entry("content-length").or_insert(http::HeaderValue::from_static("0"));
        }
        if !map.contains_key("authorization")
            && let Some(userinfo) = userinfo(url)
        {
            map.insert("authorization", userinfo);
        }
        let stored =
            jar.map(|jar| jar.lock().unwrap_or_else(PoisonError::into_inner).for_url(&progress.url, self.clock.now()));
        // Cookies of this request alone are meant for the host that it names.
        let own = match progress.cookies.as_slice() {
            own if !own.is_empty() && is_same_host(&request.url, &progress.url) => own,
            _ => &[],
        };
        let stored = stored.unwrap_or_default();
        let stored = stored.iter().filter(|(name, _)| !own.iter().any(|(own, _)| own == name));
        let pairs: Vec<String> = own.iter().chain(stored).map(|(name, value)| format!("{name}={value}")).collect();
        if !pairs.is_empty() && !map.contains_key("cookie") {
            let value = http::HeaderValue::from_bytes(pairs.join("; ").as_bytes())
                .map_err(|_| failure(FailureKind::Invalid, "a cookie holds a character that can't be sent"))?;
            map.insert("cookie", value);
        }
        Ok(map)
    }
}

/// Whether how a response says that it is framed has one meaning.
fn fits(incoming: &http::Response<Incoming>, authority: &str) -> Result<(), Failure> {
    let codings = incoming.headers().get_all("transfer-encoding").iter();
    let has_length = incoming.headers().contains_key("content-length");
    head::transfer_codings(codings.map(|value| value.to_str().unwrap_or("?")), has_length).map_err(|what| {
        let message = format!("{authority} sent {what}");
        Failure { status: Some(incoming.status().as_u16()), ..failure(FailureKind::Protocol, message) }
    })
}

/// Whether a request that failed on a connection that was used before can be sent again without the server acting twice (RFC 9110, section
/// 9.2.2; RFC 9112, section 9.3.1): the connection died, nothing of a response had come, and the method is idempotent or nothing was sent.
fn may_repeat(method: &http::Method, connection: &Connection, lost: &Lost, shown: &str) -> bool {
    let Lost::Failed(error) = lost else { return true };
    let is_lost = matches!(of_chain(error, shown, None).kind, FailureKind::Closed | FailureKind::Reset);
    if connection.is_http2() {
        // Other requests share its traffic. A head that had come would have been the response.
        return is_unprocessed(error) || (is_lost && (method.is_idempotent() || error.is_canceled()));
    }
    is_lost && is_repeatable(method, connection.traffic.written(), connection.traffic.read())
}

impl Lost {
    /// Whether the server promises that it hasn't looked at the request.
    fn is_unprocessed(&self) -> bool {
        matches!(self, Lost::Failed(error) if is_unprocessed(error))
    }
}

/// By what was sent and received, in bytes.
fn is_repeatable(method: &http::Method, written: u64, read: u64) -> bool {
    read == 0 && (written == 0 || method.is_idempotent())
}

/// Why a request has no response.
fn of_request(lost: &Lost, connection: &Connection, shown: &str) -> Failure {
    let Lost::Failed(error) = lost else {
        return failure(FailureKind::Closed, format!("{shown} closed the connection"));
    };
    if error.is_parse() && !error.is_parse_too_large() && !connection.is_http2() {
        return head::broken(&connection.traffic.came(), shown);
    }
    of_chain(error, shown, None)
}

/// User and password that are in a URL, as Basic credentials.
fn userinfo(url: &url::Url) -> Option<http::HeaderValue> {
    if url.username().is_empty() && url.password().is_none() {
        return None;
    }
    let plain = |text: &str| percent_encoding::percent_decode_str(text).decode_utf8_lossy().into_owned();
    let value = auth::basic(&plain(url.username()), &plain(url.password().unwrap_or_default()));
    http::HeaderValue::try_from(value).ok()
}

fn version_name(version: http::Version) -> &'static str {
    match version {
        http::Version::HTTP_09 => "HTTP/0.9",
        http::Version::HTTP_10 => "HTTP/1.0",
        http::Version::HTTP_2 => "HTTP/2",
        http::Version::HTTP_3 => "HTTP/3",
        _ => "HTTP/1.1",
    }
}

pub(super) fn header_list(map: &http::HeaderMap) -> Vec<Header> {
    let value = |value: &http::HeaderValue| match std::str::from_utf8(value.as_bytes()) {
        Ok(text) => text.to_owned(),
        Err(_) => value.as_bytes().iter().map(|byte| *byte as char).collect(),
    };
    let mut list = Vec::with_capacity(map.len());
    list.extend(map.iter().map(|(name, of)| Header { name: name.as_str().to_owned(), value: value(of) }));
    list
}

/// The size of a response's head in bytes, as HTTP/1.1 has it.
fn size_of_head(status: http::StatusCode, extensions: &http::Extensions, headers: &http::HeaderMap) -> u64 {
    let usual = status.canonical_reason().unwrap_or_default();
    // It is kept only where it isn't the usual one.
    let reason = extensions.get::<hyper::ext::ReasonPhrase>().map_or(usual.len(), |reason| reason.as_bytes().len());
    head_size(reason, headers.iter().map(|(name, value)| (name.as_str().len(), value.len())))
}

/// The same, by the length of its reason, and those of its headers' names and values (RFC 9112, section 4).
pub(super) fn head_size(reason: usize, headers: impl Iterator<Item = (usize, usize)>) -> u64 {
    let lines: usize = headers.map(|(name, value)| name + value + ": \r\n".len()).sum();
    (lines + "HTTP/1.1 200 \r\n\r\n".len() + reason) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 9110, section 9.2.2; QUERY is safe by its own definition.
    #[test]
    fn what_was_sent_and_received_decides_what_is_sent_again() {
        let idempotent = ["GET", "HEAD", "PUT", "DELETE", "OPTIONS", "TRACE", "QUERY"];
        for method in idempotent.iter().chain(&["POST", "PATCH", "CONNECT", "X-ODD", "get"]) {
            let repeatable =
                |written, read| is_repeatable(&http::Method::from_bytes(method.as_bytes()).unwrap(), written, read);
            assert!(repeatable(0, 0), "{method}");
            assert_eq!(repeatable(1, 0), idempotent.contains(method), "{method}");
            for written in [0, 1, 100] {
                assert!(!repeatable(written, 1), "{method}");
            }
        }
    }
}
