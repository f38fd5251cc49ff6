use std::net::IpAddr;
use std::time::Duration;

use bytes::Bytes;

use super::fingerprint::fingerprint;
use super::pool::Returning;
use super::stages::{Recorder, Stages};
use crate::event::{Header, Hop, Instant, Peer, SetCookie, Timings, Tls};
use crate::value::Draws;
use crate::world::Outgoing;

/// What is known of an exchange so far; kept when the time runs out.
pub(super) struct Progress {
    pub method: String,
    pub url: String,
    pub headers: Vec<(String, String)>,
    pub body: Option<Bytes>,
    /// Those of the last request that was sent, with what was added to them.
    pub sent_headers: Option<Vec<Header>>,
    /// When that was begun.
    pub begun: Option<Instant>,
    pub hops: Vec<Hop>,
    pub set_cookies: Vec<SetCookie>,
    /// Of the last connection that was made.
    pub stages: Timings,
    pub peer: Option<Peer>,
    pub status: Option<u16>,
    pub first_byte: Option<Duration>,
    pub sent: u64,
    pub received: u64,
    pub digest_answered: bool,
    /// Of the request alone, without those that a response has replaced.
    pub cookies: Vec<(String, String)>,
    /// How many times the request was sent once more on a fresh connection.
    pub reconnected: u32,
    /// The connection of the last response, when it was read to its end.
    pub returning: Option<Returning>,
    /// The request that is under way, and hasn't been answered.
    pub pending: Option<Pending>,
    /// The random values of this request.
    pub draws: Draws,
}

/// A request that was handed to the client.
pub(super) struct Pending {
    pub recorder: Recorder,
    /// In bytes.
    pub size: u64,
    /// The address in the URL, or the addresses that the host's name had when an earlier request resolved it.
    pub known: Vec<IpAddr>,
    pub port: u16,
}

impl Progress {
    pub fn new(request: &Outgoing) -> Self {
        Self {
            method: request.method.clone(),
            url: request.url.clone(),
            headers: request.headers.clone(),
            body: request.body.clone(),
            sent_headers: None,
            begun: None,
            hops: Vec::new(),
            set_cookies: Vec::new(),
            stages: Timings::default(),
            peer: None,
            status: None,
            first_byte: None,
            sent: 0,
            received: 0,
            digest_answered: false,
            cookies: request.cookies.clone(),
            reconnected: 0,
            returning: None,
            pending: None,
            draws: Draws::new(request.seed),
        }
    }

    /// The headers of the last request: as they were sent, or else as they were to be.
    pub fn last_headers(&mut self) -> Vec<Header> {
        let header = |(name, value): &(String, String)| Header { name: name.clone(), value: value.clone() };
        self.sent_headers.take().unwrap_or_else(|| self.headers.iter().map(header).collect())
    }

    /// A response sets a cookie: as in a browser, it takes the place of the request's own of this name.
    pub fn replaces_cookie(&mut self, set_cookie: &str) {
        let name = set_cookie.split(['=', ';']).next().unwrap_or_default().trim();
        self.cookies.retain(|(own, _)| own != name);
    }

    /// A response came, from this address.
    pub fn answered(&mut self, address: Option<String>, tls: Option<Tls>) {
        let Some(pending) = self.pending.take() else { return };
        let stages = Stages::of(&pending.recorder);
        self.sent += pending.size;
        // A request may take an open connection while one of its own is still being made.
        let reused = !stages.connected;
        if !reused {
            self.stages = stages.timings();
        }
        self.peer = Some(Peer { address, resolved: addresses(&stages, &pending), reused, tls });
    }

    /// None came: what is known of where it was to come from.
    pub fn unanswered(&mut self) {
        let Some(pending) = self.pending.take() else { return };
        let stages = Stages::of(&pending.recorder);
        let reused = !stages.is_new();
        if reused || stages.connected {
            self.sent += pending.size;
        }
        if !reused {
            self.stages = stages.timings();
        }
        let resolved = addresses(&stages, &pending);
        let address = match resolved.as_slice() {
            [only] if stages.is_reached() => {
                only.parse::<IpAddr>().ok().map(|only| std::net::SocketAddr::new(only, pending.port).to_string())
            }
            _ => None,
        };
        let tls = stages.certificate.map(|certificate| Tls {
            version: None,
            fingerprint: Some(fingerprint(&certificate)),
            certificate: Some(certificate),
            verified: false,
        });
        self.peer = Some(Peer { address, resolved, reused, tls });
    }
}

fn addresses(stages: &Stages, pending: &Pending) -> Vec<String> {
    let known = if stages.resolved.is_empty() { &pending.known } else { &stages.resolved };
    known.iter().map(IpAddr::to_string).collect()
}
