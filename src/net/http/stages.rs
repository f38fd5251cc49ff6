//! How long the stages of a connection took, and where it went: recorded while the client connects, in the task that waits for it.

use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;

use crate::event::Timings;
use crate::net::clock::present;
use crate::value::{NotPublic, not_public};

tokio::task_local! {
    static STAGES: Recorder;
}

/// What is known of the connection of one request. Nothing is, when an open connection served it.
#[derive(Clone, Debug, Default)]
pub(super) struct Stages {
    resolving: Option<tokio::time::Instant>,
    dns: Option<Duration>,
    /// Resolving, connecting and TLS together, from here on.
    connecting: Option<tokio::time::Instant>,
    connect: Option<Duration>,
    tls_began: Option<tokio::time::Instant>,
    tls: Option<Duration>,
    /// The name has an address that nothing is sent to: no connection follows.
    refused: bool,
    /// The connection is there, TLS included.
    pub connected: bool,
    pub resolved: Vec<IpAddr>,
    /// The certificate that the server presented, trusted or not.
    pub certificate: Option<Bytes>,
}

/// What a request's connection is recorded in; it is there still when the request is given up.
pub(super) type Recorder = Arc<Mutex<Stages>>;

impl Stages {
    pub fn of(recorder: &Recorder) -> Self {
        recorder.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// A connection was made for the request, or begun.
    pub fn is_new(&self) -> bool {
        self.connecting.is_some()
    }

    /// Somebody listens: TLS begins on a connection.
    pub fn is_reached(&self) -> bool {
        self.connected || self.tls_began.is_some()
    }

    /// The stages of connecting. What had begun and didn't end has lasted until now.
    pub fn timings(&self) -> Timings {
        let since = |began: Option<tokio::time::Instant>| began.map(|began| began.elapsed());
        let dns = self.dns.or_else(|| since(self.resolving));
        let tls = self.tls.or_else(|| since(self.tls_began));
        let all = self.connect.or_else(|| since(self.connecting));
        let other = dns.unwrap_or_default().saturating_add(tls.unwrap_or_default());
        // A name that can't be resolved, or not to public addresses, leaves nothing to connect to.
        let tried = self.resolving.is_none() && !self.refused;
        let connect = all.filter(|_| tried).map(|all| all.saturating_sub(other));
        Timings { dns, connect, tls, ..Timings::default() }
    }
}

/// Runs a request, and lets its connection be recorded.
pub(super) async fn recorded<F: Future>(recorder: Recorder, future: F) -> F::Output {
    STAGES.scope(recorder, future).await
}

fn record(write: impl FnOnce(&mut Stages)) {
    // Where no one asks, there is nowhere to record it.
    let _ = STAGES.try_with(|stages| write(&mut stages.lock().unwrap_or_else(PoisonError::into_inner)));
}

/// A handshake begins in this task.
pub(super) fn tls_begins() {
    record(|stages| stages.tls_began = Some(present()));
}

/// The server presents a certificate, before it is judged.
pub(super) fn presented(certificate: &[u8]) {
    record(|stages| stages.certificate = Some(Bytes::copy_from_slice(certificate)));
}

/// A connection begins to be made: resolving, connecting and TLS together.
pub(super) fn connection_begins() -> tokio::time::Instant {
    let started = present();
    record(|stages| stages.connecting = Some(started));
    started
}

/// It is made, or can't be.
pub(super) fn connection_ends(started: tokio::time::Instant, is_made: bool) {
    record(|stages| {
        stages.connect = Some(started.elapsed());
        stages.tls = stages.tls_began.map(|began| began.elapsed());
        stages.connected = is_made;
    });
}

/// The addresses of a name, as the system's resolver gives them; with `real`, only if all of them are public. The connecting code takes
/// these and doesn't ask again, so that a name can't have another address by then.
pub(super) async fn resolve(name: &str, port: u16, real: bool) -> Result<Vec<SocketAddr>, ResolveError> {
    let started = present();
    record(|stages| stages.resolving = Some(started));
    let found = tokio::net::lookup_host((name, port)).await;
    let failed = |reason: String| DnsFailure { name: name.to_owned(), reason };
    let addresses: Vec<SocketAddr> = found.map_err(|error| failed(in_words(&error)))?.collect();
    if addresses.is_empty() {
        return Err(failed("it has no address".to_owned()).into());
    }
    let mut distinct: Vec<IpAddr> = Vec::new();
    for address in &addresses {
        if !distinct.contains(&address.ip()) {
            distinct.push(address.ip());
        }
    }
    let private = distinct.iter().copied().find_map(not_public).filter(|_| real);
    record(|stages| {
        stages.resolving = None;
        stages.dns = Some(started.elapsed());
        stages.resolved = distinct;
        stages.refused = private.is_some();
    });
    match private {
        Some(why) => Err(PrivateName { why }.into()),
        None => Ok(addresses),
    }
}

#[derive(Debug, thiserror::Error)]
pub(super) enum ResolveError {
    #[error(transparent)]
    Dns(#[from] DnsFailure),
    #[error(transparent)]
    Private(#[from] PrivateName),
}

/// A name that has no address: distinguished from a connection that was refused.
#[derive(Debug, thiserror::Error)]
#[error("the name `{name}` can't be resolved: {reason}")]
pub(super) struct DnsFailure {
    pub name: String,
    pub reason: String,
}

/// A name with an address that `require real` refuses.
#[derive(Debug, thiserror::Error)]
#[error("its name leads to a peer that isn't public, as {why}")]
pub(super) struct PrivateName {
    pub why: NotPublic,
}

/// The resolver's own sentence without the library's words before it.
fn in_words(error: &std::io::Error) -> String {
    let text = error.to_string();
    text.rsplit(": ").next().unwrap_or(&text).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_name_is_refused_by_what_it_leads_to() {
        let recorder = Recorder::default();
        let refused = recorded(recorder.clone(), resolve("localhost", 443, true)).await;
        assert!(matches!(refused, Err(ResolveError::Private(_))), "{refused:?}");
        let stages = Stages::of(&recorder);
        assert!(stages.resolved.iter().all(IpAddr::is_loopback) && !stages.resolved.is_empty(), "{stages:?}");
        assert!(stages.timings().dns.is_some() && stages.timings().connect.is_none(), "{stages:?}");
        let found = resolve("localhost", 443, false).await.unwrap();
        assert!(found.iter().all(|address| address.port() == 443), "{found:?}");
    }
}
