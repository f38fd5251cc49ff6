use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::Semaphore;

use super::connect::{Connection, secured};
use super::key::{Key, Protocol};
use super::pool::Pool;
use super::stages::{Recorder, Stages, connection_begins, connection_ends};
use super::tap::{Stream, Watch};
use super::tls::{self, Authority};
use crate::event::{Failure, Tls};
use crate::net::clock::Clock;
use crate::world::Budget;

/// Sends requests. One for a run: connections are shared by its tests, cookies are not.
pub struct Http {
    pub clock: Clock,
    /// The wall clock at the run's epoch: for the dates of cookies.
    pub epoch: jiff::Timestamp,
    /// What the run keeps counts here.
    pub budget: Budget,
    /// One body at a time decodes to much, so that it isn't known yet how much.
    pub(super) decodes: Semaphore,
    /// Trusted beside the system's authorities.
    trusted: Vec<Authority>,
    /// Only public peers over verified TLS are spoken to (`require real`).
    pub(super) real: bool,
    pub(super) pool: Pool,
    /// By whether certificates are verified, and what is offered. Reading the system's authorities is expensive: it is done when a spec needs it.
    tls: Mutex<HashMap<(bool, Protocol), Arc<rustls::ClientConfig>>>,
    /// What hosts were resolved to when they were last asked for: evidence of connections that are used again.
    resolved: Mutex<HashMap<String, Vec<IpAddr>>>,
}

impl Http {
    pub fn new(clock: Clock, epoch: jiff::Timestamp, trusted: Vec<Authority>) -> Self {
        // Fails when a provider is installed already, which is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        Self {
            clock,
            epoch,
            budget: Budget::default(),
            decodes: Semaphore::new(1),
            trusted,
            real: false,
            pool: Pool::default(),
            tls: Mutex::default(),
            resolved: Mutex::default(),
        }
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

    /// A connection that no one has used.
    pub(super) async fn connect(&self, key: &Key) -> Result<Connection, Failure> {
        let tls = key.https.then(|| self.tls(key.verify, key.version)).transpose()?;
        Connection::open(key, tls, self.real).await
    }

    /// A connection that speaks HTTP/1.1, for someone who reads and writes it alone; `None` where there is none.
    pub(super) async fn plain_connection(&self, key: &Key) -> Option<(Stream, Watch, Option<String>, Option<Tls>)> {
        let config = key.https.then(|| self.tls(key.verify, key.version)).transpose().ok()?;
        let shown = format!("{}:{}", key.host, key.port);
        let started = connection_begins();
        let made = secured(key, config, self.real, &shown).await;
        connection_ends(started, made.is_ok());
        let (stream, watch, address, tls, is_http2) = made.ok()?;
        (!is_http2).then_some((stream, watch, address, tls))
    }

    fn tls(&self, verify: bool, version: Protocol) -> Result<Arc<rustls::ClientConfig>, Failure> {
        let mut configs = self.tls.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(config) = configs.get(&(verify, version)) {
            return Ok(config.clone());
        }
        let config = Arc::new(tls::config(verify, &self.trusted, version.alpn())?);
        configs.insert((verify, version), config.clone());
        Ok(config)
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
