//! The one door to judging: whatever evaluates something over what a server sent passes here. What is light is done at once; the rest apart, and no
//! longer than until the innermost deadline, at which it is left behind.

use super::super::judging::Abandonable;
use super::super::weight::Weighed;
use super::{Executor, Halt, head};
use crate::diag::{Diagnostic, codes};
use crate::eval::{Context, Fault, Focus};
use crate::source::Span;
use crate::value::effort::Effort;
use crate::world::Late;

impl Executor {
    /// Evaluates a part of the plan; a fault fails the test, and so does the deadline.
    pub async fn weighed<P: Weighed + Clone + Send + 'static, T: Send + 'static>(
        &self,
        part: &P,
        evaluate: impl FnOnce(&P, &Context<'_>) -> Result<T, Fault> + Send + 'static,
    ) -> Result<T, Halt> {
        let found = if part.is_light(&self.scope) {
            evaluate(part, &self.context())
        } else {
            let (span, part) = (part.span(), part.clone());
            // On the heap, since most need no room for it.
            Box::pin(self.look_apart(span, move |context| evaluate(&part, &context))).await?
        };
        found.map_err(|fault| self.fails(*fault))
    }

    /// Looks at something apart, with the names in scope.
    pub async fn look_apart<T: Send + 'static>(
        &self,
        span: Span,
        look: impl FnOnce(Context<'_>) -> T + Send + 'static,
    ) -> Result<T, Halt> {
        let (plan, scope) = (self.attempt.shared.plan.clone(), self.scope.clone());
        let host = self.host.clone();
        let done = self.apart(move |effort| {
            let host = Abandonable { host, effort };
            look(Context { plan: &plan, scope: &scope, focus: Focus::Nothing, host: &host })
        });
        done.await.map_err(|late| self.judged_late(span, late))
    }

    /// Works apart until the deadline.
    ///
    /// # Errors
    /// The deadline came first.
    pub async fn apart<T: Send + 'static>(&self, work: impl FnOnce(Effort) -> T + Send + 'static) -> Result<T, Late> {
        self.attempt.shared.world.apart_until(&self.place, self.deadline.at, work).await
    }

    /// The deadline came while something was judged, or had yet to be: that nothing is known of it is no fault of the server.
    pub fn judged_late(&self, span: Span, late: Late) -> Halt {
        let limit = self.deadline.words();
        let (message, help) = match late.queued {
            false => (
                format!("{limit} was reached while this was judged: judging took longer than the time left"),
                "this tool's own work took that time: what came is large, or much is asked of it. Give it more time, or ask for less",
            ),
            true => (
                format!("{limit} was reached before this was judged: judging took longer than the time left"),
                "other judging took this machine's time: give it more time, or run fewer tests at once (`--jobs`)",
            ),
        };
        let mut diagnostic = Diagnostic::error(&codes::LIMIT_REACHED, head(&self.attempt.shared, span), message);
        diagnostic = diagnostic.with_help(help);
        if !self.deadline.span.is_nowhere() {
            diagnostic = diagnostic.with_related(self.deadline.span, "this limit");
        }
        self.evidence.lock().facts.timed_out = true;
        self.fails(diagnostic)
    }
}
