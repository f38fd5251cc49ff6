use super::super::weight::{AT_ONCE, Weighed as _, subject_is_light};
use super::{Executor, Halt, LastResponse, Stepped};
use crate::eval::{Context, Focus, evaluate};
use crate::judge::{self, ExpectationRecord};
use crate::matchers;
use crate::plan::{Capture, Condition, Expectation, Expr, Slot};
use crate::source::Span;
use crate::value::Value;

impl Executor {
    pub(super) async fn bind(&mut self, slot: Slot, value: &Expr) -> Stepped {
        let value = self.weighed(value, evaluate).await?;
        self.set(slot, value);
        Ok(())
    }

    /// Binds a name; a secret is reported to what writes output before it can get anywhere.
    pub(super) fn set(&mut self, slot: Slot, value: Value) {
        if let Value::Secret(secret) = &value {
            self.attempt.shared.options.secrets.add(secret.expose());
        }
        self.scope.set(slot, value);
    }

    pub(super) async fn capture(&mut self, capture: &Capture) -> Stepped {
        let size = self.last.as_ref().map_or(0, LastResponse::size);
        let light = size <= AT_ONCE && capture.regex.is_none() && subject_is_light(&capture.subject, &self.scope);
        let value = if light {
            let focus = self.last.as_ref().map_or(Focus::Nothing, LastResponse::focus);
            judge::captured(capture, &Context { focus, ..self.context() })
        } else {
            let last = self.last.as_ref().map(|last| last.unshared(&self.attempt.shared.world));
            let (span, capture, looked_at) = (capture.span, capture.clone(), last.clone());
            let value = self
                .look_apart(span, move |context| {
                    let focus = looked_at.as_ref().map_or(Focus::Nothing, LastResponse::focus);
                    judge::captured(&capture, &Context { focus, ..context })
                })
                .await?;
            self.last = last;
            value
        };
        let value = value.map_err(|fault| self.fails(*fault))?;
        if capture.secret {
            self.attempt.shared.options.secrets.add(&value.to_text());
        }
        if capture.collect {
            self.scope.collect(capture.slot, value);
        } else {
            self.set(capture.slot, value);
        }
        Ok(())
    }

    /// An expectation of a value that is no response's.
    pub(super) async fn expect(&mut self, span: Span, expect: &Expectation) -> Stepped {
        let started = self.now();
        let found = if expect.is_light(&self.scope) {
            judge::expectation(expect, &self.context())
        } else {
            let expect = expect.clone();
            self.look_apart(span, move |context| judge::expectation(&expect, &context)).await?
        };
        let record = ExpectationRecord {
            span: expect.span,
            text: expect.text.clone(),
            held: found.is_ok(),
            weak: found.as_ref().ok().copied().flatten(),
        };
        self.record(self.title(span), span, started, found.is_ok(), vec![record]);
        found.map(|_| ()).map_err(|diagnostic| self.fails(*diagnostic))
    }

    pub(super) async fn skip_when(&mut self, condition: &Condition, because: Option<&str>) -> Stepped {
        if !self.weighed(condition, matchers::selects).await? {
            return Ok(());
        }
        let reason = match because {
            Some(reason) => reason.to_owned(),
            None => self.attempt.shared.plan.sources.text(condition.span).to_owned(),
        };
        Err(Halt::Skipped(reason))
    }
}
