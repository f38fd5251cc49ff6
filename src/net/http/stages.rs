//! How long the stages of a connection took, and where it went: recorded while the client connects, in the task that waits for it.

use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

tokio::task_local! {
    static STAGES: Arc<Mutex<Stages>>;
}

/// What is known of the connection of one request. Nothing is, when an open connection served it.
#[derive(Clone, Debug, Default)]
pub(super) struct Stages {
    pub dns: Option<Duration>,
    /// Resolving, connecting and TLS together.
    pub connect: Option<Duration>,
    pub tls: Option<Duration>,
    tls_began: Option<tokio::time::Instant>,
    pub resolved: Vec<SocketAddr>,
}

/// Runs a request and gives what it recorded.
pub(super) async fn recorded<F: Future>(future: F) -> (F::Output, Stages) {
    let stages = Arc::new(Mutex::new(Stages::default()));
    let output = STAGES.scope(stages.clone(), future).await;
    let stages = stages.lock().unwrap_or_else(PoisonError::into_inner).clone();
    (output, stages)
}

fn record(write: impl FnOnce(&mut Stages)) {
    // A connection that was begun for one request may be finished in the background for a later one: then nobody asks.
    let _ = STAGES.try_with(|stages| write(&mut stages.lock().unwrap_or_else(PoisonError::into_inner)));
}

/// A handshake begins in this task.
pub(super) fn tls_begins() {
    record(|stages| stages.tls_began = Some(crate::net::clock::present()));
}

/// The system's resolver, with its time and its answers recorded.
pub(super) struct Resolver;

/// A name that has no address: told from a connection that was refused.
#[derive(Debug, thiserror::Error)]
#[error("the name `{name}` can't be resolved: {reason}")]
pub(super) struct DnsFailure {
    pub name: String,
    pub reason: String,
}

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let started = crate::net::clock::present();
            let name = name.as_str().to_owned();
            let found = tokio::net::lookup_host((name.clone(), 0)).await;
            let addresses: Vec<SocketAddr> = match found {
                Ok(addresses) => addresses.collect(),
                Err(error) => return Err(DnsFailure { name, reason: in_words(&error) }.into()),
            };
            if addresses.is_empty() {
                return Err(DnsFailure { name, reason: "it has no address".to_owned() }.into());
            }
            record(|stages| {
                stages.dns = Some(started.elapsed());
                stages.resolved.clone_from(&addresses);
            });
            Ok(Box::new(addresses.into_iter()) as Addrs)
        })
    }
}

/// The resolver's own sentence without the library's words before it.
fn in_words(error: &std::io::Error) -> String {
    let text = error.to_string();
    text.rsplit(": ").next().unwrap_or(&text).to_owned()
}

/// Wraps the client's connector to time it.
#[derive(Clone)]
pub(super) struct ConnectTimer;

#[derive(Clone)]
pub(super) struct Timed<S>(S);

impl<S> tower_layer::Layer<S> for ConnectTimer {
    type Service = Timed<S>;

    fn layer(&self, inner: S) -> Self::Service {
        Timed(inner)
    }
}

impl<S, R> tower_service::Service<R> for Timed<S>
where
    S: tower_service::Service<R>,
    S::Future: Send + 'static,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<S::Response, S::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.0.poll_ready(context)
    }

    fn call(&mut self, request: R) -> Self::Future {
        let connecting = self.0.call(request);
        Box::pin(async move {
            let started = crate::net::clock::present();
            let connected = connecting.await;
            record(|stages| {
                stages.connect = Some(started.elapsed());
                stages.tls = stages.tls_began.take().map(|began| began.elapsed());
            });
            connected
        })
    }
}
