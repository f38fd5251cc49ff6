//! Judging that could take long, apart from the threads that read sockets and keep deadlines.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::host::TestHost;
use crate::eval::{Host, Scope};
use crate::event::Exchange;
use crate::judge::{self, Judged};
use crate::plan::{CredentialId, Plan, Request};
use crate::value::{SecretSink, Value};

/// The largest body, in bytes, that is judged at once: no expectation takes longer over it than a step may go beyond its deadline.
const AT_ONCE: usize = 8 << 10;

/// Judges an exchange, and gives the scope with what was captured. A large body is judged on a thread of its own: where the caller's time is over,
/// it stops waiting, and the judge stops before its next expectation.
pub(super) async fn judged(
    plan: &Arc<Plan>,
    request: &Request,
    exchange: &Arc<Exchange>,
    mut scope: Scope,
    host: &Arc<TestHost>,
) -> (Judged, Scope) {
    let size = exchange.outcome.as_ref().map_or(0, |response| response.body.len());
    if size <= AT_ONCE {
        let judged = judge::response(plan, request, exchange, &mut scope, &**host);
        return (judged, scope);
    }
    let is_over = Arc::new(AtomicBool::new(false));
    let _ends = Ends(is_over.clone());
    let (plan, request, exchange, host) = (plan.clone(), request.clone(), exchange.clone(), host.clone());
    let judging = tokio::task::spawn_blocking(move || {
        let host = Abandoned { host, is_over };
        let judged = judge::response(&plan, &request, &exchange, &mut scope, &host);
        (judged, scope)
    });
    match judging.await {
        Ok(judged) => judged,
        Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
        // The run is being shut down, and nobody waits for what this would give.
        Err(_) => std::future::pending().await,
    }
}

/// Says, when it is dropped, that no one waits any more.
struct Ends(Arc<AtomicBool>);

impl Drop for Ends {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// The host of a test that may have ended meanwhile.
struct Abandoned {
    host: Arc<TestHost>,
    is_over: Arc<AtomicBool>,
}

impl Host for Abandoned {
    fn now(&self) -> jiff::Timestamp {
        self.host.now()
    }

    fn random(&self) -> u64 {
        self.host.random()
    }

    fn credential(&self, id: CredentialId) -> Option<Value> {
        self.host.credential(id)
    }

    fn secrets(&self) -> Option<&dyn SecretSink> {
        self.host.secrets()
    }

    fn is_over(&self) -> bool {
        self.is_over.load(Ordering::Relaxed)
    }
}
