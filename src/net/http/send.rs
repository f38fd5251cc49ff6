use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;

use super::body;
use super::client::{Http, Profile, Protocol, Upgraded};
use super::failure::{failure, of_client, timed_out};
use super::progress::{Pending, Progress, fingerprint};
use super::stages::{Recorder, recorded};
use super::{MAX_REDIRECTS, raw, real};
use crate::event::{Exchange, Failure, FailureKind, Header, Hop, Instant, Response, Timings, Tls};
use crate::net::auth;
use crate::net::channel::handshake;
use crate::net::cookies::Jar;
use crate::plan::HttpVersion;

/// How much of a request's body is kept as evidence, in bytes.
const KEPT_BODY: usize = 64 * 1024;

/// A request whose every part is known.
#[derive(Clone, Debug)]
pub struct Outgoing {
    pub method: String,
    /// `http`, `https`, or for WebSockets `ws` and `wss`.
    pub url: String,
    pub headers: Vec<(String, String)>,
    pub body: Option<Bytes>,
    /// For the whole exchange, redirects included.
    pub limit: Duration,
    pub follow: u32,
    pub version: Option<HttpVersion>,
    pub verify: bool,
    /// Offers gzip, deflate, br and zstd.
    pub compressed: bool,
    /// User and password, to answer a Digest challenge with.
    pub digest: Option<(String, String)>,
    /// Of this request alone, beside those of the jar.
    pub cookies: Vec<(String, String)>,
}

/// What stays of an answer that isn't read to its end at once.
pub enum Live {
    Upgraded(Box<Upgraded>),
    /// A body that goes on.
    Body(Box<reqwest::Response>),
}

/// A request as it goes out.
struct Sent {
    url: url::Url,
    /// Path and query, where the URL's aren't those that are sent.
    written: Option<String>,
    headers: reqwest::header::HeaderMap,
}

/// The head of an answer, and its body as it comes.
enum Answer {
    Client(Box<reqwest::Response>),
    /// Of a request whose path was sent as written.
    Raw(http::Response<hyper::body::Incoming>),
}

/// What is wanted of the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    Whole,
    /// Another protocol, when the answer is 101.
    Upgrade,
    /// The body as it comes, when the answer is a success.
    Stream,
}

impl Http {
    /// Sends a request and reads its answer. Whatever goes wrong is in the exchange.
    pub async fn send(&self, request: &Outgoing, jar: Option<&Mutex<Jar>>) -> Exchange {
        self.send_for(request, jar, Mode::Whole).await.0
    }

    /// The same, for an answer that is wanted live.
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
        (self.evidence(request, progress, outcome, started, total), live)
    }

    fn evidence(
        &self,
        request: &Outgoing,
        progress: Progress,
        outcome: Result<Arc<Response>, Failure>,
        started: Instant,
        total: Duration,
    ) -> Exchange {
        let body = request.body.clone().unwrap_or_default();
        Exchange {
            method: request.method.clone(),
            url: request.url.clone(),
            request_headers: progress.headers.into_iter().map(|(name, value)| Header { name, value }).collect(),
            request_body: body.slice(..body.len().min(KEPT_BODY)),
            started,
            outcome,
            attempts: 1,
            hops: progress.hops,
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
                let mut jar = jar.lock().unwrap_or_else(PoisonError::into_inner);
                for cookie in response.headers("set-cookie") {
                    jar.store(cookie, &progress.url, self.clock.now(), self.epoch);
                }
            }
            if self.answer_digest(request, &response, progress) {
                continue;
            }
            let Some(next) = redirect_target(&response, request.follow) else { return Ok((response, live)) };
            if progress.hops.len() as u32 >= request.follow.min(MAX_REDIRECTS) {
                let message = format!(
                    "{} redirects were followed, and the next answer redirects again to {next}",
                    progress.hops.len()
                );
                return Err(Failure { kind: FailureKind::TooManyRedirects, message, status: Some(response.status) });
            }
            let hop = Hop { status: response.status, url: progress.url.clone(), peer: progress.peer.take() };
            progress.hops.push(hop);
            redirect(progress, response.status, next);
        }
    }

    /// Puts the answer to a Digest challenge among the headers, once.
    fn answer_digest(&self, request: &Outgoing, response: &Response, progress: &mut Progress) -> bool {
        let Some((user, password)) = &request.digest else { return false };
        // Another origin, to which an answer redirected, could try out passwords on what it got.
        if origin(&progress.url) != origin(&request.url) {
            return false;
        }
        if response.status != 401 || std::mem::replace(&mut progress.digest_answered, true) {
            return false;
        }
        let target = url::Url::parse(&progress.url).map(|url| raw::target_of(&url)).unwrap_or_default();
        let cnonce = uuid::Uuid::new_v4().simple().to_string();
        let answer = response
            .headers("www-authenticate")
            .find_map(|challenge| auth::digest(challenge, user, password, &progress.method, &target, &cnonce));
        progress.headers.retain(|(name, _)| !name.eq_ignore_ascii_case("authorization"));
        progress.headers.extend(answer.clone().map(|answer| ("Authorization".to_owned(), answer)));
        answer.is_some()
    }

    async fn hop(
        &self,
        request: &Outgoing,
        jar: Option<&Mutex<Jar>>,
        mode: Mode,
        progress: &mut Progress,
    ) -> Result<(Response, Option<Live>), Failure> {
        let started = self.clock.now();
        let url = parse_url(&progress.url)?;
        if self.real {
            real::refuse(request, &progress.url, !progress.hops.is_empty())?;
        }
        if mode == Mode::Upgrade {
            // Of each hop, since a key is for one handshake, and a redirect to another origin carries no headers along.
            handshake::prepare(&mut progress.headers);
        }
        let headers = self.headers(request, jar, progress)?;
        let authority = authority(&progress.url);
        let written = raw::written_target(&progress.url, &url).filter(|_| mode == Mode::Whole);
        let recorder = Recorder::default();
        let host = url.host_str().unwrap_or_default().to_owned();
        progress.pending = Some(Pending {
            recorder: recorder.clone(),
            size: wire_size(progress, &url, written.as_deref(), &headers),
            known: self.known_addresses(&host),
            port: url.port_or_known_default().unwrap_or_default(),
        });
        let answer = self.answer(request, Sent { url, written, headers }, mode, progress, recorder.clone()).await;
        self.learn_addresses(&host, &recorder);
        let answer = answer?;
        if self.real {
            real::confirm(progress.peer.as_ref())?;
        }
        let answer = match answer {
            Answer::Raw(answer) => return Ok((self.whole(answer, started, progress, &authority).await?, None)),
            Answer::Client(answer) => answer,
        };
        let status = answer.status().as_u16();
        let live = match mode {
            Mode::Upgrade => status == 101,
            Mode::Stream => answer.status().is_success(),
            Mode::Whole => false,
        };
        if !live {
            let answer: http::Response<reqwest::Body> = (*answer).into();
            return Ok((self.whole(answer, started, progress, &authority).await?, None));
        }
        progress.first_byte = Some(self.clock.now().saturating_sub(started));
        progress.status = Some(status);
        let response = Response {
            status,
            version: version_name(answer.version()),
            url: progress.url.clone(),
            headers: header_list(answer.headers()),
            body: Bytes::new(),
            wire_size: 0,
        };
        progress.received += head_size(answer.status(), answer.extensions(), &response.headers);
        if mode == Mode::Stream {
            return Ok((response, Some(Live::Body(answer))));
        }
        let upgraded = answer.upgrade().await.map_err(|error| of_client(&error, &authority, Some(status)))?;
        Ok((response, Some(Live::Upgraded(Box::new(upgraded)))))
    }

    /// Sends one request, and gives the head of its answer.
    async fn answer(
        &self,
        request: &Outgoing,
        sent: Sent,
        mode: Mode,
        progress: &mut Progress,
        recorder: Recorder,
    ) -> Result<Answer, Failure> {
        let Sent { url, written, headers } = sent;
        let authority = authority(&progress.url);
        let https = url.scheme() == "https";
        if let Some(target) = written {
            let tls = https
                .then(|| self.tls(request.verify, &[b"http/1.1"]).map(|config| (config, request.verify)))
                .transpose()?;
            let way = raw::Way { tls, real: self.real };
            let sending = raw::send(&progress.method, &url, &target, headers, progress.body.clone(), way);
            let (answer, address, tls) = recorded(recorder, sending).await?;
            progress.answered(address, tls);
            return Ok(Answer::Raw(answer));
        }
        let version = if mode == Mode::Upgrade { Protocol::Http11 } else { request.version.into() };
        // A handshake's connection isn't shared: one that was refused may be of no use for the next request, and says nothing of the server.
        let shared = mode != Mode::Upgrade;
        let client = self.client(Profile { tls: https, verify: request.verify, version, shared })?;
        let method = reqwest::Method::from_bytes(progress.method.as_bytes())
            .map_err(|_| failure(FailureKind::Invalid, format!("`{}` is no method", progress.method)))?;
        let mut builder = client.request(method, url).headers(headers);
        if let Some(body) = progress.body.clone() {
            builder = builder.body(body);
        }
        let answer = recorded(recorder, builder.send()).await;
        let answer = answer.map_err(|error| of_client(&error, &authority, None))?;
        let address = answer.remote_addr().map(|address| address.to_string());
        progress.answered(address, tls_of(&answer, request.verify));
        Ok(Answer::Client(Box::new(answer)))
    }

    /// Reads an answer to its end.
    async fn whole<B>(
        &self,
        answer: http::Response<B>,
        started: Instant,
        progress: &mut Progress,
        authority: &str,
    ) -> Result<Response, Failure>
    where
        B: http_body::Body<Data = Bytes>,
        B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        progress.first_byte = Some(self.clock.now().saturating_sub(started));
        let (parts, wire) = answer.into_parts();
        let status = parts.status.as_u16();
        progress.status = Some(status);
        let headers = header_list(&parts.headers);
        progress.received += head_size(parts.status, &parts.extensions, &headers);
        let wire = body::read(wire, authority, status, &mut progress.received).await?;
        let wire_size = wire.len() as u64;
        let body = body::decode(wire, &headers, authority, status)?;
        Ok(Response {
            status,
            version: version_name(parts.version),
            url: progress.url.clone(),
            headers,
            body,
            wire_size,
        })
    }

    fn headers(
        &self,
        request: &Outgoing,
        jar: Option<&Mutex<Jar>>,
        progress: &Progress,
    ) -> Result<reqwest::header::HeaderMap, Failure> {
        let mut map = reqwest::header::HeaderMap::new();
        for (name, value) in &progress.headers {
            let header = reqwest::header::HeaderName::from_bytes(name.as_bytes());
            let header =
                header.map_err(|_| failure(FailureKind::Invalid, format!("`{name}` can't be the name of a header")))?;
            let value = reqwest::header::HeaderValue::from_bytes(value.as_bytes()).map_err(|_| {
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
                map.insert(name, reqwest::header::HeaderValue::from_static(value));
            }
        }
        let stored =
            jar.map(|jar| jar.lock().unwrap_or_else(PoisonError::into_inner).for_url(&progress.url, self.clock.now()));
        // Cookies of this request alone are meant for the host that it names.
        let own = if progress.hops.is_empty() { request.cookies.as_slice() } else { &[] };
        let stored = stored.unwrap_or_default();
        let stored = stored.iter().filter(|(name, _)| !own.iter().any(|(own, _)| own == name));
        let pairs: Vec<String> = own.iter().chain(stored).map(|(name, value)| format!("{name}={value}")).collect();
        if !pairs.is_empty() && !map.contains_key("cookie") {
            let value = reqwest::header::HeaderValue::from_bytes(pairs.join("; ").as_bytes())
                .map_err(|_| failure(FailureKind::Invalid, "a cookie holds a character that can't be sent"))?;
            map.insert("cookie", value);
        }
        Ok(map)
    }
}

/// Where the answer redirects to, when redirects are followed.
fn redirect_target(response: &Response, follow: u32) -> Option<String> {
    if follow == 0 || !matches!(response.status, 301 | 302 | 303 | 307 | 308) {
        return None;
    }
    let base = url::Url::parse(&response.url).ok()?;
    base.join(response.header("location")?).ok().map(String::from)
}

/// RFC 9110, section 15.4: a 303, and by custom a POST's 301 and 302, go on as GET without the body. Another origin gets none of
/// the headers that could identify the caller.
fn redirect(progress: &mut Progress, status: u16, next: String) {
    let to_get =
        (status == 303 && progress.method != "HEAD") || (matches!(status, 301 | 302) && progress.method == "POST");
    if to_get {
        progress.method = "GET".to_owned();
        progress.body = None;
        progress.headers.retain(|(name, _)| !name.to_ascii_lowercase().starts_with("content-"));
    }
    if origin(&progress.url) != origin(&next) {
        const KEPT: [&str; 5] = ["accept", "accept-language", "accept-encoding", "content-type", "user-agent"];
        progress.headers.retain(|(name, _)| KEPT.iter().any(|kept| name.eq_ignore_ascii_case(kept)));
    }
    progress.url = next;
}

/// Scheme, host and port (RFC 6454); `None` for what is no URL.
fn origin(url: &str) -> Option<String> {
    Some(parse_url(url).ok()?.origin().ascii_serialization())
}

fn parse_url(text: &str) -> Result<url::Url, Failure> {
    let invalid = |reason: String| failure(FailureKind::Invalid, reason);
    // A URL parser of browsers makes a URL of much that is none (`http:example.com`, a space before it), and not everyone who looks at it would see
    // the same one.
    let is_scheme = |scheme: &str| scheme.bytes().all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(&b));
    let written = text.split_once("://").filter(|(scheme, rest)| is_scheme(scheme) && !rest.starts_with(['/', '\\']));
    let Some((scheme, rest)) = written else {
        return Err(invalid(format!("`{text}` isn't a URL: it begins with `https://HOST` or the like")));
    };
    let http = match scheme.to_ascii_lowercase().as_str() {
        "ws" => format!("http://{rest}"),
        "wss" => format!("https://{rest}"),
        _ => text.to_owned(),
    };
    let url = url::Url::parse(&http).map_err(|error| invalid(format!("`{text}` isn't a URL: {error}")))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(invalid(format!("`{text}` isn't an HTTP URL")));
    }
    if url.host_str().is_none() {
        return Err(invalid(format!("`{text}` names no host")));
    }
    Ok(url)
}

/// `host:port`, for messages.
pub(super) fn authority(url: &str) -> String {
    let Ok(url) = parse_url(url) else { return url.to_owned() };
    let host = url.host_str().unwrap_or_default();
    url.port_or_known_default().map_or(host.to_owned(), |port| format!("{host}:{port}"))
}

fn tls_of(answer: &reqwest::Response, verified: bool) -> Option<Tls> {
    let info = answer.extensions().get::<reqwest::tls::TlsInfo>()?;
    let certificate = info.peer_certificate()?;
    let version = info.version().and_then(|version| {
        [(reqwest::tls::Version::TLS_1_3, "TLSv1.3"), (reqwest::tls::Version::TLS_1_2, "TLSv1.2")]
            .into_iter()
            .find(|(known, _)| *known == version)
    });
    Some(Tls {
        version: version.map(|(_, name)| name.to_owned()),
        fingerprint: Some(fingerprint(certificate)),
        certificate: Some(Bytes::copy_from_slice(certificate)),
        verified,
    })
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

fn header_list(map: &http::HeaderMap) -> Vec<Header> {
    let value = |value: &http::HeaderValue| match std::str::from_utf8(value.as_bytes()) {
        Ok(text) => text.to_owned(),
        Err(_) => value.as_bytes().iter().map(|byte| *byte as char).collect(),
    };
    map.iter().map(|(name, of)| Header { name: name.as_str().to_owned(), value: value(of) }).collect()
}

/// The size of an answer's head of HTTP/1.1 in bytes (RFC 9112, section 4).
fn head_size(status: http::StatusCode, extensions: &http::Extensions, headers: &[Header]) -> u64 {
    let usual = status.canonical_reason().unwrap_or_default();
    // It is kept only where it isn't the usual one.
    let reason = extensions.get::<hyper::ext::ReasonPhrase>().map_or(usual.len(), |reason| reason.as_bytes().len());
    let line = "HTTP/1.1 200 \r\n\r\n".len() + reason;
    headers.iter().map(|header| (header.name.len() + header.value.len() + ": \r\n".len()) as u64).sum::<u64>()
        + line as u64
}

/// The size of a request of HTTP/1.1 in bytes, with what the client adds (RFC 9112, section 3.2; RFC 9110, section 8.6). HTTP/2 says the
/// same in fewer.
fn wire_size(progress: &Progress, url: &url::Url, written: Option<&str>, headers: &http::HeaderMap) -> u64 {
    let line = |name: usize, value: usize| (name + value + ": \r\n".len()) as u64;
    let target = written.map_or_else(|| raw::target_of(url).len(), str::len);
    let mut size = (progress.method.len() + target + "  HTTP/1.1\r\n\r\n".len()) as u64;
    size += headers.iter().map(|(name, value)| line(name.as_str().len(), value.len())).sum::<u64>();
    if !headers.contains_key("host") {
        let authority = &url[url::Position::BeforeHost..url::Position::AfterPort];
        size += line("host".len(), authority.len());
    }
    let Some(body) = &progress.body else { return size };
    if !headers.contains_key("content-length") {
        size += line("content-length".len(), body.len().to_string().len());
    }
    size + body.len() as u64
}
