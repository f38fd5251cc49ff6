use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::OwnedMutexGuard;

use super::super::channels::{Ending, Owned, handles};
use super::super::evidence::Evidence;
use super::{Executor, Halt, Stepped};
use crate::diag::{Diagnostic, codes};
use crate::eval::{Host as _, Scope, evaluate};
use crate::event::{Occurrence, Part};
use crate::judge::release::Observation;
use crate::plan::{CredentialId, DEEPEST_CALLS, Expr, FlowId, Slot, capture_later};
use crate::source::Span;
use crate::value::{Secret, Value};
use crate::world::records::Obtained;

impl Executor {
    pub(super) async fn call(
        &mut self,
        span: Span,
        flow: FlowId,
        args: &[Option<Expr>],
        into: Option<Slot>,
    ) -> Stepped {
        let (value, _) = self.flow(span, flow, args).await?;
        if let Some(slot) = into {
            self.set(slot, value.unwrap_or_else(Value::null));
        }
        Ok(())
    }

    /// Runs a flow in a frame of its own. What it opened is closed at its end, unless it gives it back.
    async fn flow(
        &mut self,
        span: Span,
        id: FlowId,
        args: &[Option<Expr>],
    ) -> Result<(Option<Value>, Option<Duration>), Halt> {
        let plan = self.attempt.shared.plan.clone();
        let Some(flow) = plan.flows.get(id.0) else {
            return Err(self.fails(Diagnostic::error(&codes::INTERNAL, span, "this flow isn't in the plan")));
        };
        if self.depth as usize >= DEEPEST_CALLS {
            let message = format!("more than {DEEPEST_CALLS} calls of flows are inside of each other here");
            return Err(self.fails(Diagnostic::error(&codes::CALLS_TOO_DEEP, span, message)));
        }
        let mut scope = Scope::new(&flow.frame);
        for (index, param) in flow.params.iter().enumerate() {
            let given = args.get(index).and_then(Option::as_ref).or(param.default.as_ref());
            let value = match given {
                Some(expr) => self.weighed(expr, evaluate).await?,
                None => Value::null(),
            };
            if param.secret {
                self.attempt.shared.options.secrets.add(&value.to_text());
            }
            scope.set(Slot(index as u32), value);
        }
        let channels = self.attempt.channels.clone();
        let ending = Ending { owned: Owned::default(), channels: &channels };
        let owned = ending.owned.clone();
        let (depth, keeps_last) = (self.depth + 1, capture_later(&flow.body));
        let mut executor = Executor { scope, owned, depth, last: None, keeps_last, ..self.clone() };
        executor.enter(Part::Call(flow.name.as_str().into()));
        let end = executor.steps(&flow.body).await;
        if !matches!(end, Ok(()) | Err(Halt::Returned { .. })) {
            self.end(&ending.owned).await;
        }
        let (value, expires_in) = match end {
            Ok(()) => (None, None),
            Err(Halt::Returned { value, expires_in }) => (value, expires_in),
            Err(Halt::Failed) => {
                // The caller's line helps to find out where a shared flow was called from.
                let mut gathered = self.evidence.lock();
                if let Some(last) = gathered.diagnostics.last_mut()
                    && last.related.len() < 4
                {
                    last.related.push(crate::diag::Label { span, message: format!("in `{}`, called here", flow.name) });
                }
                return Err(Halt::Failed);
            }
            Err(skipped) => return Err(skipped),
        };
        let given = value.as_ref().map(handles).unwrap_or_default();
        ending.owned.give_up(&self.owned, |handle| given.contains(&handle));
        self.end(&ending.owned).await;
        let value = match value {
            Some(value) if flow.secret && !matches!(value, Value::Secret(_)) => {
                Some(Value::Secret(Secret::new(value.to_text())))
            }
            value => value,
        };
        Ok((value, expires_in))
    }

    pub(super) async fn give_back(&mut self, value: Option<&Expr>, expires_in: Option<&Expr>) -> Stepped {
        let value = match value {
            Some(value) => Some(self.weighed(value, evaluate).await?),
            None => None,
        };
        let expires_in = match expires_in {
            Some(expr) => Some(self.weighed(expr, lifetime).await?),
            None => None,
        };
        Err(Halt::Returned { value, expires_in })
    }

    /// Sees to it that a credential is there and fresh. Tests that need the same one wait for the one that fetches it.
    pub async fn obtain(&mut self, id: CredentialId, span: Span) -> Stepped {
        let host = self.host.clone();
        let world = self.attempt.shared.world.clone();
        let plan = self.attempt.shared.plan.clone();
        let Some(credential) = plan.credentials.get(id.0) else { return Ok(()) };
        let recalled = world.recall(&self.place, &credential.name);
        if let Some(Obtained::Never) = recalled {
            world.sleep_until(self.deadline.at).await;
            self.moment().await;
            return Err(self.limit_reached(span));
        }
        if recalled.is_some() {
            self.moment().await;
        }
        if let Some(Obtained::Given(value)) = recalled {
            self.attempt.shared.options.secrets.add(&value.to_text());
            host.credentials.store(id, value, None);
            return Ok(());
        }
        let (attempt, _turn) = match recalled {
            Some(Obtained::Fetched { attempt }) => (attempt, None),
            _ => match self.turn(id, &credential.name, span).await? {
                Some(turn) => (host.credentials.begin(id), Some(turn)),
                None => return Ok(()),
            },
        };
        world.obtained(&self.place, &credential.name, &Obtained::Fetched { attempt });
        let mut executor = self.clone();
        // Its cookies are its own: a login mustn't sign the test in.
        executor.attempt.jar = Arc::new(Mutex::new(Default::default()));
        executor.scope = Scope::default();
        // Whichever test happens to fetch it.
        executor.move_to(Occurrence::root(Part::Credential(credential.name.as_str().into())));
        executor.enter(Part::Attempt(attempt));
        // What it proves, it proves of the credential: a test that happens to fetch it is no less vacuous for that.
        executor.evidence = Evidence::default();
        let place = executor.place.clone();
        let fetched = executor.flow(credential.span, credential.flow, &credential.args).await;
        let first = executor.evidence.lock().diagnostics.first().map(|first| first.message.clone());
        self.evidence.adopt(&executor.evidence);
        self.moment().await;
        let (value, expires_in) = match fetched {
            Ok((Some(value), expires_in)) => (value, expires_in),
            Ok((None, _)) | Err(_) => {
                let why = first.unwrap_or_else(|| "its flow gave nothing".to_owned());
                // A plan's condition says it at once.
                self.learn_parts().await;
                host.credentials.note(id, Err(why.clone()));
                // A limit of the test's that cut it off says nothing of the credential.
                if self.now() < self.deadline.at {
                    let observer = &self.attempt.shared.observer;
                    observer.receive(Observation::CredentialFailed { name: &credential.name, because: &why });
                }
                world.finished(&place);
                let message = format!("the credential `{}` can't be obtained", credential.name);
                let diagnostic = Diagnostic::error(&codes::CREDENTIAL_FAILED, credential.span, message)
                    .with_related(span, "needed here")
                    .with_help("what went wrong in its flow is reported beside this");
                return Err(self.fails(diagnostic));
            }
        };
        let early = match &credential.refresh_before {
            Some(expr) => Some(executor.weighed(expr, super::super::prepare::duration).await?),
            None => None,
        };
        let value = if matches!(value, Value::Secret(_)) { value } else { Value::Secret(Secret::new(value.to_text())) };
        self.attempt.shared.options.secrets.add(&value.to_text());
        let lifetime = expires_in.or_else(|| jwt_lifetime(&value.to_text(), host.now()));
        let renew_at = lifetime.map(|lifetime| self.now().saturating_add(fresh_for(lifetime, early)));
        host.credentials.store(id, value, renew_at);
        host.credentials.note(id, Ok(self.now()));
        world.finished(&place);
        Ok(())
    }
}

impl Executor {
    /// Waits until it is this executor's turn to fetch a credential; `None` when it is there by then, and fresh.
    async fn turn(&mut self, id: CredentialId, name: &str, span: Span) -> Result<Option<OwnedMutexGuard<()>>, Halt> {
        if self.is_given(id, name) {
            self.moment().await;
            return Ok(None);
        }
        let (world, turn) = (self.attempt.shared.world.clone(), self.host.credentials.turn(id));
        let turn = world.until(self.deadline.at, turn.lock_owned()).await;
        self.moment().await;
        let Some(turn) = turn else { return Err(self.limit_reached(span)) };
        Ok((!self.is_given(id, name)).then_some(turn))
    }

    /// Whether a credential is there and fresh; then that it was is noted.
    fn is_given(&self, id: CredentialId, name: &str) -> bool {
        let credentials = &self.host.credentials;
        let value = credentials.value(id).filter(|_| credentials.is_fresh(id, self.now()));
        let noted = value.map(|value| self.attempt.shared.world.obtained(&self.place, name, &Obtained::Given(value)));
        noted.is_some()
    }
}

/// `expires in`: a duration, or a number of seconds as OAuth2 gives it.
fn lifetime(expr: &Expr, context: &crate::eval::Context<'_>) -> Result<Duration, crate::eval::Fault> {
    let value = evaluate(expr, context)?;
    match value.as_json().and_then(crate::value::Json::as_f64) {
        Some(seconds) => Ok(Duration::try_from_secs_f64(seconds).unwrap_or_default()),
        None => super::super::prepare::duration(expr, context),
    }
}

/// How long a credential is used that lives so long. Without `refresh before`, it is renewed a tenth of its life early and at most 30 s,
/// so that it doesn't expire on the way to the server.
fn fresh_for(lifetime: Duration, refresh_before: Option<Duration>) -> Duration {
    const EARLIEST: Duration = Duration::from_secs(30);
    lifetime.saturating_sub(refresh_before.unwrap_or((lifetime / 10).min(EARLIEST)))
}

/// How long a token is valid from now on, by its `exp` claim: a number of seconds, which may have a fraction (RFC 7519, sections 2 and
/// 4.1.4). Zero when it has expired.
fn jwt_lifetime(token: &str, now: jiff::Timestamp) -> Option<Duration> {
    use base64::Engine as _;
    let claims = token.split('.').nth(1)?;
    let claims = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(claims.trim_end_matches('=')).ok()?;
    let claims = crate::value::Json::read(&claims).ok()?;
    let expiry = claims.get("exp")?;
    let since_epoch = match expiry.as_i64() {
        // A float would lose what is below a microsecond.
        Some(seconds) => Duration::from_secs(u64::try_from(seconds).unwrap_or(0)),
        None => Duration::try_from_secs_f64(expiry.as_f64()?.max(0.0)).ok()?,
    };
    let now = Duration::try_from(now.as_duration()).unwrap_or_default();
    Some(since_epoch.saturating_sub(now))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(claims: &str) -> String {
        use base64::Engine as _;
        format!("e30.{}.c2ln", base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(claims))
    }

    #[test]
    fn a_token_lives_to_the_nanosecond_that_it_says() {
        let now = jiff::Timestamp::new(1_000, 900_000_000).unwrap();
        let left = |claims: &str| jwt_lifetime(&token(claims), now);
        assert_eq!(left(r#"{"exp":1001}"#), Some(Duration::from_millis(100)));
        assert_eq!(left(r#"{"exp":1001.5}"#), Some(Duration::from_millis(600)));
        assert_eq!(left(r#"{"exp":1000}"#), Some(Duration::ZERO));
        assert_eq!(left(r#"{"exp":-5}"#), Some(Duration::ZERO));
        for none in [r#"{"exp":"1001"}"#, r#"{"exp":1e300}"#, "{}", "[]", "no JSON"] {
            assert_eq!(left(none), None, "{none}");
        }
        assert_eq!(jwt_lifetime("opaque", now), None);
    }

    #[test]
    fn it_is_renewed_before_it_expires() {
        let secs = Duration::from_secs;
        assert_eq!(fresh_for(secs(900), None), secs(870));
        assert_eq!(fresh_for(secs(10), None), secs(9));
        assert_eq!(fresh_for(secs(900), Some(secs(60))), secs(840));
        assert_eq!(fresh_for(secs(900), Some(Duration::ZERO)), secs(900));
        assert_eq!(fresh_for(secs(10), Some(secs(60))), Duration::ZERO);
    }
}
