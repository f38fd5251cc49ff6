use std::sync::{Arc, Weak};
use std::time::Duration;

use super::judging::{judged, unread};
use super::monitor::{LONGEST_RESPONSE, Probe};
use super::shared::Shared;
use super::{prepare, test};
use crate::diag::Diagnostic;
use crate::event::{Exchange, FailureKind, Occurrence, Part};
use crate::judge::release::{Reply, Sighting};
use crate::source::Span;
use crate::world::Pending;

/// Asks services by the run that they are watched for; none any more when that is gone.
pub(super) struct Prober(pub Weak<Shared>);

impl Probe for Prober {
    fn once(&self, index: usize, nth: u32, limit: Duration) -> Pending<'_, Result<Option<Sighting>, Box<Diagnostic>>> {
        Box::pin(async move {
            match self.0.upgrade() {
                Some(shared) => probe(&shared, index, nth, limit).await,
                None => Ok(None),
            }
        })
    }
}

/// Asks a service once, for so long at most; `None` for one without a probe.
///
/// # Errors
/// Its probe can't be put together.
async fn probe(
    shared: &Arc<Shared>,
    index: usize,
    nth: u32,
    limit: Duration,
) -> Result<Option<Sighting>, Box<Diagnostic>> {
    let plan = shared.plan.clone();
    let Some(service) = plan.environment.services.get(index) else { return Ok(None) };
    let Some(request) = service.probe.as_ref() else { return Ok(None) };
    let place = Occurrence::root(Part::Probe(service.name.as_str().into()));
    let place = place.then(Part::Round(nth));
    let scope = crate::eval::Scope::default();
    let executor = test::executor(shared, &shared.credentials, place, scope, LONGEST_RESPONSE, Span::nowhere()).await;
    let secrets = shared.options.secrets.clone();
    let mut outgoing = prepare::outgoing(request, &executor.context(), &*secrets)?;
    executor.address(&mut outgoing, executor.place.clone());
    outgoing.limit = outgoing.limit.min(LONGEST_RESPONSE).min(limit);
    let exchange = shared.world.send(&outgoing, None).await;
    let ended = exchange.started.saturating_add(exchange.timings.total);
    // A response that takes so long to judge is none that came in time.
    let late = |_| Ok(Some(Sighting::read(ended, Reply::None(FailureKind::Timeout), false, None)));
    let exchange: Arc<Exchange> = match executor.learn(exchange).await {
        Ok(exchange) => Arc::new(exchange),
        Err(never) => return late(never),
    };
    let parsed = unread(&shared.world);
    let of_response = (&exchange, &parsed);
    let judged = judged(
        &plan,
        request,
        of_response,
        executor.scope.branch(),
        &executor.host,
        (&executor.place, executor.deadline.at),
    )
    .await;
    let judged = match judged {
        Ok((judged, _)) => judged,
        Err(never) => return late(never),
    };
    let (reply, body, good) = match &exchange.outcome {
        Ok(response) => {
            let body = parsed.json(response).cloned();
            (Reply::Status(response.status), body, (200..300).contains(&response.status))
        }
        Err(failure) => (Reply::None(failure.kind), None, false),
    };
    // A probe that expects nothing of the response expects a success.
    let held = if request.checks.is_empty() && request.expect_failure.is_none() { good } else { judged.holds() };
    Ok(Some(Sighting::read(ended, reply, held, body.as_deref())))
}
