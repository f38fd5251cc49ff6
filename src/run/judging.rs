//! Judging that could take long, apart from the threads that read sockets and keep deadlines.

use std::sync::{Arc, Mutex, PoisonError};

use super::host::TestHost;
use super::weight::{AT_ONCE, checks_are_light};
use crate::eval::{Host, Parsed, Scope};
use crate::event::{Exchange, Instant, Occurrence};
use crate::judge::{self, Judged};
use crate::plan::{CredentialId, Plan, Request};
use crate::value::effort::Effort;
use crate::value::{Function, SecretSink, Value};
use crate::world::{Late, World};

/// Nothing of a body that is read yet, with room for its trees that is given back with them.
pub(super) fn unread(world: &Arc<dyn World>) -> Arc<Parsed> {
    let share = Mutex::new(world.budget().share());
    Arc::new(Parsed::within(Box::new(move |bytes| {
        let mut share = share.lock().unwrap_or_else(PoisonError::into_inner);
        share.grow(bytes).map_err(|_| share.words())
    })))
}

/// Judges an exchange, and gives the scope with what was captured.
///
/// # Errors
/// It wasn't judged in time.
pub(super) async fn judged(
    plan: &Arc<Plan>,
    request: &Request,
    (exchange, parsed): (&Arc<Exchange>, &Arc<Parsed>),
    mut scope: Scope,
    host: &Arc<TestHost>,
    (place, until): (&Occurrence, Instant),
) -> Result<(Judged, Scope), Late> {
    let size = exchange.outcome.as_ref().map_or(0, |response| response.body.len());
    if size <= AT_ONCE && checks_are_light(&request.checks, &scope) {
        let judged = judge::response(plan, request, (exchange, parsed), &mut scope, &**host);
        return Ok((judged, scope));
    }
    let (plan, request, host) = (plan.clone(), request.clone(), host.clone());
    let (exchange, parsed) = (exchange.clone(), parsed.clone());
    let world = host.world.clone();
    let work = move |effort| {
        let host = Abandonable { host, effort };
        let judged = judge::response(&plan, &request, (&exchange, &parsed), &mut scope, &host);
        (judged, scope)
    };
    world.apart_until(place, until, work).await
}

/// The host of a test that may have ended meanwhile.
pub(super) struct Abandonable {
    pub host: Arc<TestHost>,
    pub effort: Effort,
}

impl Host for Abandonable {
    fn now(&self) -> jiff::Timestamp {
        self.host.now()
    }

    fn random(&self) -> u64 {
        self.host.random()
    }

    fn credential(&self, id: CredentialId) -> Option<Value> {
        self.host.credential(id)
    }

    fn computed(&self, function: Function, args: &[Value], result: &Value) {
        self.host.computed(function, args, result);
    }

    fn composed(&self, text: &str, parts: &[(usize, bool)]) {
        self.host.composed(text, parts);
    }

    fn recall(&self, function: Function, args: &[Value], secret: bool) -> Option<Value> {
        self.host.recall(function, args, secret)
    }

    fn secrets(&self) -> Option<&dyn SecretSink> {
        self.host.secrets()
    }

    fn is_over(&self) -> bool {
        self.effort.is_vain()
    }
}
