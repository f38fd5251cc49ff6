use std::time::Duration;

use futures_util::future::join_all;

use super::super::channels::{Ending, Owned};
use super::super::deadline::{Deadline, GRACE};
use super::super::evidence::Evidence;
use super::super::prepare;
use super::{Executor, Halt, Stepped, head};
use crate::diag::{Diagnostic, codes};
use crate::event::Part;
use crate::matchers;
use crate::plan::{Expr, Slot, Step};
use crate::source::Span;
use crate::value::{Value, format_duration};

/// The pause between the rounds of an `eventually` that doesn't say one.
const DEFAULT_EVERY: Duration = Duration::from_secs(1);

impl Executor {
    pub(super) async fn wait(&mut self, span: Span, time: &Expr) -> Stepped {
        let time = self.weighed(time, prepare::duration).await?;
        let until = self.now().saturating_add(time);
        self.waits(self.attempt.shared.world.sleep_until(until.min(self.deadline.at))).await;
        self.moment().await;
        if until > self.deadline.at { Err(self.limit_reached(span)) } else { Ok(()) }
    }

    /// All branches run at once; the step ends when all have ended.
    pub(super) async fn parallel(&mut self, branches: &[Step]) -> Stepped {
        let mut executors: Vec<Executor> = branches.iter().map(|_| self.branch()).collect();
        let ends = join_all(
            executors.iter_mut().zip(branches).map(|(executor, step)| executor.steps(std::slice::from_ref(step))),
        )
        .await;
        self.join(executors, ends)
    }

    pub(super) async fn parallel_for_each(&mut self, slot: Slot, list: &Expr, or_none: bool, body: &[Step]) -> Stepped {
        let values = self.values(list, or_none).await?;
        let mut executors: Vec<Executor> = (1..)
            .zip(values)
            .map(|(nth, value)| {
                let mut executor = self.branch();
                executor.enter(Part::Element(nth));
                executor.set(slot, value);
                executor
            })
            .collect();
        let ends = join_all(executors.iter_mut().map(|executor| executor.steps(body))).await;
        self.join(executors, ends)
    }

    fn branch(&self) -> Executor {
        Executor { scope: self.scope.branch(), ..self.clone() }
    }

    /// A barrier: what the branches bound is visible from here on.
    fn join(&mut self, executors: Vec<Executor>, ends: Vec<Stepped>) -> Stepped {
        for executor in executors {
            self.scope.merge(&executor.scope);
            self.last = executor.last.or(self.last.take());
        }
        let mut halted = None;
        for end in ends {
            match end {
                Ok(()) => {}
                Err(Halt::Failed) => return Err(Halt::Failed),
                Err(other) => halted = halted.or(Some(other)),
            }
        }
        halted.map_or(Ok(()), Err)
    }

    pub(super) async fn for_each(&mut self, slot: Slot, list: &Expr, or_none: bool, body: &[Step]) -> Stepped {
        for (nth, value) in (1..).zip(self.values(list, or_none).await?) {
            let outer = self.enter(Part::Element(nth));
            self.set(slot, value);
            self.steps(body).await?;
            self.leave_for(outer);
        }
        Ok(())
    }

    /// What a loop goes over: what isn't done for anything proves nothing.
    async fn values(&mut self, list: &Expr, or_none: bool) -> Result<Vec<Value>, Halt> {
        let values = self.weighed(list, prepare::list).await?;
        if values.is_empty() && !or_none {
            return Err(self.fails(*matchers::no_element(list.span)));
        }
        Ok(values)
    }

    pub(super) async fn repeat(&mut self, times: &Expr, or_none: bool, body: &[Step]) -> Stepped {
        let times_known = self.weighed(times, prepare::whole).await?;
        if times_known == 0 && !or_none {
            return Err(self.fails(*matchers::no_repetition(times.span, "repeat COUNT times or none")));
        }
        for round in 1..=times_known {
            let outer = self.enter(Part::Round(round));
            self.steps(body).await?;
            self.leave_for(outer);
        }
        Ok(())
    }

    pub(super) async fn within(&mut self, limit: &Expr, body: &[Step]) -> Stepped {
        let time = self.weighed(limit, prepare::duration).await?;
        let outer = self.deadline.clone();
        self.deadline = outer.tightened(Deadline::new(self.now(), time, "the limit `within`", limit.span));
        let (world, at) = (self.attempt.shared.world.clone(), self.deadline.at.saturating_add(GRACE));
        let walked = match world.until(at, self.steps(body)).await {
            Some(walked) => walked,
            None => {
                self.moment().await;
                Err(self.limit_reached(limit.span))
            }
        };
        self.deadline = outer;
        walked
    }

    /// Rounds until one passes whole. What the last round found wrong is what is reported.
    pub(super) async fn eventually(
        &mut self,
        span: Span,
        within: &Expr,
        every: Option<&Expr>,
        body: &[Step],
    ) -> Stepped {
        let time = self.weighed(within, prepare::duration).await?;
        let every = match every {
            Some(every) => self.weighed(every, prepare::duration).await?,
            None => DEFAULT_EVERY,
        };
        let world = self.attempt.shared.world.clone();
        let outer = self.deadline.clone();
        let deadline = outer.tightened(Deadline::new(self.now(), time, "the limit `eventually within`", within.span));
        let mut rounds = 0u32;
        loop {
            rounds += 1;
            let round = Evidence::default();
            // The names of a round that didn't hold are gone, and with them its channels.
            let channels = self.attempt.channels.clone();
            let ending = Ending { owned: Owned::default(), channels: &channels };
            let mut executor = Executor {
                scope: self.scope.branch(),
                owned: ending.owned.clone(),
                evidence: round.clone(),
                deadline: deadline.clone(),
                ..self.clone()
            };
            executor.enter(Part::Round(rounds));
            let end = world.until(deadline.at.saturating_add(GRACE), executor.steps(body)).await;
            if let Some(Ok(()) | Err(Halt::Returned { .. })) = end {
                ending.owned.give_up(&self.owned, |_| true);
            }
            self.end(&ending.owned).await;
            if let Some(Ok(())) = end {
                self.evidence.absorb(&round, true);
                self.scope.merge(&executor.scope);
                self.last = executor.last;
                return Ok(());
            }
            if let Some(Err(halt @ (Halt::Skipped(_) | Halt::Returned { .. }))) = end {
                self.evidence.absorb(&round, true);
                self.scope.merge(&executor.scope);
                return Err(halt);
            }
            let next = self.moment().await.saturating_add(every.max(Duration::from_millis(1)));
            let last = end.is_none() || next >= deadline.at;
            self.evidence.absorb(&round, last);
            if last {
                return Err(self.never_held(span, time, rounds, &deadline, outer.at <= deadline.at));
            }
            world.sleep_until(next).await;
        }
    }

    fn never_held(&self, span: Span, time: Duration, rounds: u32, deadline: &Deadline, by_outer: bool) -> Halt {
        let times = if rounds == 1 { "in its one round".to_owned() } else { format!("in any of {rounds} rounds") };
        let limit = if by_outer { deadline.words() } else { format_duration(time) };
        let message = format!("these steps didn't all hold {times} within {limit}");
        let help = "what was wrong in the last round is reported beside this";
        self.fails(Diagnostic::error(&codes::NEVER_HELD, head(&self.attempt.shared, span), message).with_help(help))
    }

    pub(super) fn mark(&mut self, slot: Slot) -> Stepped {
        let index = self.attempt.channels.mark(self.now());
        self.scope.set(slot, Value::from(crate::value::Json::from(index)));
        Ok(())
    }
}
