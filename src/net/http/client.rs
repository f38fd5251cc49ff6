use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::failure::failure;
use super::stages::{ConnectTimer, Recorder, Resolver, Stages};
use super::tls::{self, Authority};
use crate::event::{Failure, FailureKind};
use crate::net::clock::Clock;
use crate::plan::HttpVersion;

/// A connection that speaks another protocol after a 101.
pub type Upgraded = reqwest::Upgraded;

/// Sends requests. One for a run: connections are shared by its tests, cookies are not.
pub struct Http {
    pub clock: Clock,
    /// The wall clock at the run's epoch: for the dates of cookies.
    pub epoch: jiff::Timestamp,
    /// Trusted beside the system's authorities.
    trusted: Vec<Authority>,
    /// Only public peers over verified TLS are spoken to (`require real`).
    pub(super) real: bool,
    clients: Mutex<HashMap<Profile, reqwest::Client>>,
    /// What hosts were resolved to when they were last asked for: evidence of connections that are used again.
    resolved: Mutex<HashMap<String, Vec<IpAddr>>>,
}

/// What distinguishes clients. Building one is dear (above all the trusted certificates), so it is done once for each kind, and
/// only when it is needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Profile {
    pub tls: bool,
    pub verify: bool,
    pub version: Protocol,
    /// Whether its connections are kept for later requests.
    pub shared: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Protocol {
    /// HTTP/2 where TLS negotiates it, else HTTP/1.1.
    Any,
    Http11,
    Http2,
}

impl From<Option<HttpVersion>> for Protocol {
    fn from(version: Option<HttpVersion>) -> Self {
        match version {
            None => Protocol::Any,
            Some(HttpVersion::Http11) => Protocol::Http11,
            Some(HttpVersion::Http2) => Protocol::Http2,
        }
    }
}

impl Http {
    pub fn new(clock: Clock, epoch: jiff::Timestamp, trusted: Vec<Authority>) -> Self {
        // Fails when a provider is installed already, which is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        Self { clock, epoch, trusted, real: false, clients: Mutex::default(), resolved: Mutex::default() }
    }

    /// With `require real`: refuses what isn't plainly a public system's, before anything is sent.
    pub fn requiring_real(mut self, real: bool) -> Self {
        self.real = real;
        self
    }

    /// The address that a URL's host is, or those that it had when it was last resolved.
    pub(super) fn known_addresses(&self, host: &str) -> Vec<IpAddr> {
        if let Ok(address) = host.trim_matches(['[', ']']).parse() {
            return vec![address];
        }
        self.resolved.lock().unwrap_or_else(PoisonError::into_inner).get(host).cloned().unwrap_or_default()
    }

    pub(super) fn learn_addresses(&self, host: &str, recorder: &Recorder) {
        let resolved = Stages::of(recorder).resolved;
        if !resolved.is_empty() {
            self.resolved.lock().unwrap_or_else(PoisonError::into_inner).insert(host.to_owned(), resolved);
        }
    }

    pub(super) fn tls(&self, verify: bool, alpn: &[&[u8]]) -> Result<rustls::ClientConfig, Failure> {
        tls::config(verify, &self.trusted, alpn)
    }

    pub(super) fn client(&self, profile: Profile) -> Result<reqwest::Client, Failure> {
        let mut clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(client) = clients.get(&profile) {
            return Ok(client.clone());
        }
        let tls = profile.tls.then(|| self.tls(profile.verify, profile.version.alpn())).transpose()?;
        let client = build(profile, tls, self.real)
            .map_err(|error| failure(FailureKind::Tls, format!("the HTTP client can't be set up: {error}")))?;
        clients.insert(profile, client.clone());
        Ok(client)
    }
}

impl Protocol {
    /// What is offered in the handshake (RFC 7301).
    fn alpn(self) -> &'static [&'static [u8]] {
        match self {
            Protocol::Any => &[b"h2", b"http/1.1"],
            Protocol::Http11 => &[b"http/1.1"],
            Protocol::Http2 => &[b"h2"],
        }
    }
}

/// Every default of the client that would do something that no spec says is switched off.
fn build(profile: Profile, tls: Option<rustls::ClientConfig>, real: bool) -> reqwest::Result<reqwest::Client> {
    let mut builder = reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .referer(false)
        .no_proxy()
        .retry(reqwest::retry::never())
        .pool_max_idle_per_host(if profile.shared { 64 } else { 0 })
        .pool_idle_timeout(Duration::from_secs(30))
        .tcp_nodelay(true)
        .http1_max_headers(256)
        .dns_resolver(Arc::new(Resolver { real }))
        .connector_layer(ConnectTimer)
        .tls_info(true);
    builder = match profile.version {
        Protocol::Any => builder,
        Protocol::Http11 => builder.http1_only(),
        Protocol::Http2 if profile.tls => builder,
        Protocol::Http2 => builder.http2_prior_knowledge(),
    };
    builder = match tls {
        Some(config) => builder.tls_backend_preconfigured(config),
        // Reading the system's authorities is dear, and nobody asks for them.
        None => builder.tls_certs_only([]),
    };
    builder.build()
}
