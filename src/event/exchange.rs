use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::Instant;
use super::charset::{Charset, Undecodable};

/// One request and what became of it, redirects and retries included.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Exchange {
    pub method: String,
    /// As sent; the last hop's URL is in `response`.
    pub url: String,
    /// Of the last request that was sent, with what the client adds (but what HTTP/1.1 itself needs: `Host`, `Content-Length`).
    pub request_headers: Vec<Header>,
    /// The request's body, at most the first 64 KiB of it.
    #[serde(with = "super::form::data")]
    pub request_body: Bytes,
    #[serde(with = "super::form::nanoseconds")]
    pub started: Instant,
    #[serde(with = "super::form::outcome")]
    pub outcome: Result<Arc<Response>, Failure>,
    /// How many times the request was sent.
    pub attempts: u32,
    /// How many times a connection that had been used before died before the first byte of a response, and the request was sent once more on a
    /// fresh one. Not counted among the attempts.
    pub reconnected: u32,
    /// The responses that redirected, in order.
    pub hops: Vec<Hop>,
    /// The cookies that all of its responses set, in order.
    pub cookies: Vec<SetCookie>,
    /// When the last request was begun, behind redirects and a challenge of Digest authentication. Traces of earlier versions don't say it.
    #[serde(with = "super::form::optional_nanoseconds", default)]
    pub last_begun: Option<Instant>,
    /// Who answered, or was to: absent when no one was looked for. Of the last hop.
    pub peer: Option<Peer>,
    pub timings: Timings,
    pub bytes_sent: u64,
    pub bytes_received: u64,
}

impl Exchange {
    /// What is odd about the response, and no failure.
    pub fn warnings(&self) -> Vec<String> {
        let unknown = self.outcome.as_ref().ok().and_then(|response| response.charset().unknown);
        let warning = |label| {
            format!("its charset `{label}` isn't known (WHATWG Encoding, section 4.2): its text is read as UTF-8")
        };
        unknown.map(warning).into_iter().collect()
    }
}

/// One of a few names; serde takes a written-out `&'static str` for one that is borrowed from what it reads.
type VersionName = &'static str;

/// A header as sent or received. Values that aren't UTF-8 are read as ISO-8859-1 (RFC 9110, section 5.5).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header {
    pub name: String,
    pub value: String,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Response {
    pub status: u16,
    /// `HTTP/1.1`, `HTTP/2`
    #[serde(with = "super::form::version")]
    pub version: VersionName,
    /// The URL that gave this response, after redirects.
    pub url: String,
    pub headers: Vec<Header>,
    /// Decoded (content codings undone).
    #[serde(with = "super::form::data")]
    pub body: Bytes,
    /// Bytes of the body on the wire.
    pub wire_size: u64,
}

impl Response {
    /// The first value of a header; names are compared without case (RFC 9110, section 5.1).
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|h| h.name.eq_ignore_ascii_case(name)).map(|h| h.value.as_str())
    }

    /// What the body's text is written in.
    pub fn charset(&self) -> Charset {
        Charset::of(&self.body, self.header("content-type"))
    }

    /// The body as text.
    ///
    /// # Errors
    /// It isn't one.
    pub fn text(&self) -> Result<Cow<'_, str>, Undecodable> {
        self.charset().decode(&self.body)
    }

    pub fn headers<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.headers.iter().filter(move |h| h.name.eq_ignore_ascii_case(name)).map(|h| h.value.as_str())
    }
}

/// A `Set-Cookie` header, and the URL whose response had it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SetCookie {
    pub url: String,
    pub value: String,
    /// When the jar took it.
    #[serde(with = "super::form::nanoseconds", default)]
    pub at: Instant,
}

/// A response that redirected, and what it was the response to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hop {
    pub status: u16,
    pub url: String,
    pub peer: Option<Peer>,
    #[serde(default)]
    pub method: String,
    #[serde(default)]
    pub request_headers: Vec<Header>,
    #[serde(default)]
    pub headers: Vec<Header>,
    /// Empty in traces of earlier versions, which don't say it.
    #[serde(with = "super::form::version", default)]
    pub version: VersionName,
    /// Bytes of its body on the wire; absent in traces of earlier versions.
    #[serde(default)]
    pub wire_size: Option<u64>,
    /// When its request was begun, and when the response was there.
    #[serde(with = "super::form::nanoseconds", default)]
    pub begun: Instant,
    #[serde(with = "super::form::nanoseconds", default)]
    pub ended: Instant,
    /// Of this request alone; absent in traces of earlier versions.
    #[serde(default)]
    pub timings: Option<Timings>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Peer {
    /// `127.0.0.1:8080`. Absent when no connection was made, or it isn't known with which of several addresses.
    pub address: Option<String>,
    /// Every address that the name resolved to, in the order in which they are tried; that of the URL, when it names one.
    pub resolved: Vec<String>,
    /// The connection had served an earlier request.
    pub reused: bool,
    pub tls: Option<Tls>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tls {
    /// `TLSv1.3`, where it is known
    pub version: Option<String>,
    /// SHA-256 of the leaf certificate, lower-case hexadecimal.
    pub fingerprint: Option<String>,
    /// The leaf certificate, DER; of a handshake that failed too, when it got as far.
    #[serde(with = "super::form::optional_data")]
    pub certificate: Option<Bytes>,
    /// Whether the chain was verified.
    pub verified: bool,
}

/// How long each stage of the last attempt took, until its end or the failure. Stages that didn't happen (a reused connection) are absent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Timings {
    #[serde(with = "super::form::optional_nanoseconds")]
    pub dns: Option<Duration>,
    #[serde(with = "super::form::optional_nanoseconds")]
    pub connect: Option<Duration>,
    #[serde(with = "super::form::optional_nanoseconds")]
    pub tls: Option<Duration>,
    /// From the start of the request to the first byte of the response.
    #[serde(with = "super::form::optional_nanoseconds")]
    pub first_byte: Option<Duration>,
    /// From the start of the request to the last byte of the response, or to the failure.
    #[serde(with = "super::form::nanoseconds")]
    pub total: Duration,
}

/// Why there is no response.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    pub kind: FailureKind,
    /// In a user's words, with what was being done: `nothing listens on 127.0.0.1:9`.
    pub message: String,
    /// What had been received when it failed, if anything.
    pub status: Option<u16>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FailureKind {
    Timeout,
    Refused,
    Reset,
    /// The connection ended before the response was complete.
    Closed,
    Dns,
    Tls,
    TooManyRedirects,
    /// The response, a header or a frame is larger than the limit.
    TooLarge,
    /// The response isn't HTTP, or its coding is broken.
    Protocol,
    /// The request can't be sent as written (a bad URL or header came out of an interpolation).
    Invalid,
    /// A WebSocket's handshake was answered with 101, and breaks RFC 6455, section 4.1.
    Handshake,
    /// `require real` refuses it, and nothing was sent.
    Unreal(Unreal),
}

/// What `require real` has against an exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unreal {
    PlainText,
    /// On this machine, in a private network, or at an address that no public system has.
    PrivatePeer,
    UnverifiedCertificate,
}

impl FailureKind {
    /// Whether it speaks of a server that can't be reached or doesn't answer, and not of what was asked.
    pub fn is_outage(self) -> bool {
        matches!(
            self,
            FailureKind::Timeout | FailureKind::Refused | FailureKind::Reset | FailureKind::Closed | FailureKind::Dns
        )
    }

    /// Whether the system, or the way to it, failed, so that a spec can expect it, retry on it and say how often a load may see it. Otherwise nothing
    /// was sent: the spec or the environment is at fault, and nothing excuses that.
    pub fn is_of_system(self) -> bool {
        !matches!(self, FailureKind::Invalid | FailureKind::Unreal(_))
    }

    pub const ALL: [FailureKind; 14] = [
        FailureKind::Timeout,
        FailureKind::Refused,
        FailureKind::Reset,
        FailureKind::Closed,
        FailureKind::Dns,
        FailureKind::Tls,
        FailureKind::TooManyRedirects,
        FailureKind::TooLarge,
        FailureKind::Protocol,
        FailureKind::Invalid,
        FailureKind::Handshake,
        FailureKind::Unreal(Unreal::PlainText),
        FailureKind::Unreal(Unreal::PrivatePeer),
        FailureKind::Unreal(Unreal::UnverifiedCertificate),
    ];

    /// The word of `expect failure is`, and of `retry … on`, where it can be written there.
    pub fn word(self) -> &'static str {
        match self {
            FailureKind::Timeout => "timeout",
            FailureKind::Refused => "refused",
            FailureKind::Reset => "reset",
            FailureKind::Closed => "closed",
            FailureKind::Dns => "dns",
            FailureKind::Tls => "tls",
            FailureKind::TooManyRedirects => "too many redirects",
            FailureKind::TooLarge => "too large",
            FailureKind::Protocol => "protocol",
            FailureKind::Invalid => "invalid",
            FailureKind::Handshake => "handshake",
            FailureKind::Unreal(Unreal::PlainText) => "plain text",
            FailureKind::Unreal(Unreal::PrivatePeer) => "private peer",
            FailureKind::Unreal(Unreal::UnverifiedCertificate) => "unverified certificate",
        }
    }
}
