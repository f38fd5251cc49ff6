//! One user of a load: its hooks, and its iterations one after the other.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::super::channels::{Channels, LAST_WORDS};
use super::super::deadline::{Deadline, GRACE};
use super::super::evidence::{Evidence, Gathered};
use super::super::step::{Attempt, Executor, Halt};
use super::super::test::{self, DEFAULT_LIMIT};
use super::crew::Crew;
use super::kept::Kept;
use super::seats::{Idle, Seat};
use crate::eval::{Host as _, Scope, evaluate};
use crate::event::{Instant, Occurrence, Part};
use crate::judge::load::Iteration;
use crate::plan::schedule::Users;
use crate::plan::{Load, Step};
use crate::source::Span;
use crate::world::cookies::Jar;

/// An iteration that asked for nothing is followed by a pause, or a user that has nothing to do would take all of the machine's time.
const NOTHING_DONE: Duration = Duration::from_millis(10);

/// A user of the closed model: it begins its next iteration when its last one has ended, as long as there are to be so many.
pub(super) async fn closed(crew: Arc<Crew>, number: u32, users: Users, seats: Arc<Vec<Seat>>) {
    let Some(mut user) = User::comes(crew, number).await else { return };
    let stays = |user: &User| !user.crew.is_over() && users.at(user.crew.since_began()) > number;
    while stays(&user) {
        user.iteration(None).await;
        if let Some(pause) = user.thinks()
            && stays(&user)
        {
            let over = super::after(user.crew.began, users.duration());
            let until = user.crew.shared.world.now().saturating_add(pause).min(over);
            tokio::select! {
                biased;
                () = user.crew.over() => {}
                () = user.crew.shared.world.sleep_until(until) => {}
            }
        }
    }
    if let Some(seat) = seats.get(number as usize) {
        seat.leave();
    }
    user.goes().await;
}

/// A user of the open model: it begins an iteration when it is told to.
pub(super) async fn open(crew: Arc<Crew>, number: u32, first: Instant, idle: Arc<Idle>) {
    // Its own hook is none of the system's delays.
    let hooked = !crew.load.before_user.is_empty();
    let Some(mut user) = User::comes(crew, number).await else { return };
    let first = if hooked { user.crew.shared.world.now() } else { first };
    let mut due = Some(first);
    while let Some(at) = due {
        if user.crew.is_over() {
            break;
        }
        let late = user.crew.shared.world.now().saturating_sub(at);
        user.crew.counter(number).began(late);
        user.iteration(Some(at)).await;
        due = match idle.wait() {
            Some(told) => told.await.ok(),
            None => None,
        };
    }
    user.goes().await;
}

struct User {
    crew: Arc<Crew>,
    number: u32,
    place: Occurrence,
    jar: Arc<Mutex<Jar>>,
    channels: Arc<Channels>,
    /// What rows and the hook before have bound.
    scope: Scope,
    iterations: u32,
}

impl User {
    /// Takes its rows, and does what a user does once before its first iteration. `None` when that failed.
    async fn comes(crew: Arc<Crew>, number: u32) -> Option<User> {
        let load = crew.load.clone();
        let place = Occurrence::root(Part::Test(load.id.as_str().into())).then(Part::User(number.saturating_add(1)));
        let mut user = User {
            scope: Scope::new(&load.frame),
            place,
            jar: Arc::default(),
            channels: Arc::default(),
            iterations: 0,
            number,
            crew,
        };
        let rows = load.rows.iter().any(|rows| !rows.shared);
        if load.before_user.is_empty() && !rows {
            return Some(user);
        }
        let place = user.place.then(Part::Hook("before each user"));
        let mut executor = user.executor(place, user.scope.clone()).await;
        let taken = user.rows(&mut executor, false).await;
        let ended = match taken {
            Ok(()) => user.carried_out(&mut executor, &load.before_user).await,
            Err(halt) => Some(Err(halt)),
        };
        user.scope = executor.scope.clone();
        user.channels = executor.attempt.channels.clone();
        let passed = matches!(ended, Some(Ok(()) | Err(Halt::Returned { .. })));
        user.count(executor, None, None, &[]).await;
        if passed {
            return Some(user);
        }
        user.goes().await;
        None
    }

    /// Does what a user does once after its last iteration.
    async fn goes(self) {
        let load = self.crew.load.clone();
        if !load.after_user.is_empty() {
            let mut scope = Scope::new(&load.frame);
            scope.take_first_with_channels(&self.scope, load.shared_slots);
            let mut executor = self.executor(self.place.then(Part::Hook("after each user")), scope).await;
            executor.attempt.channels = self.channels.clone();
            let before = self.channels.lengths();
            test::clean_up(&mut executor, load.span, &load.after_user).await;
            self.count(executor, None, None, &before).await;
        }
        self.channels.close_all(LAST_WORDS).await;
    }

    /// One time through a scenario.
    async fn iteration(&mut self, due: Option<Instant>) {
        let load = self.crew.load.clone();
        self.iterations = self.iterations.saturating_add(1);
        let place = self.place.then(Part::Round(self.iterations));
        let mut executor = self.executor(place, Scope::default()).await;
        let scenario = pick(&load, executor.host.random());
        let Some(of) = load.scenarios.get(scenario) else { return };
        executor.scope = Scope::new(&of.frame);
        executor.scope.take_first_with_channels(&self.scope, load.shared_slots);
        let before = self.channels.lengths();
        executor.attempt.channels = Arc::new(self.channels.branch());
        if load.rows.iter().any(|rows| rows.shared) && self.rows(&mut executor, true).await.is_err() {
            self.count(executor, Some(scenario), due, &before).await;
            return;
        }
        let ended = self.carried_out(&mut executor, &of.body).await;
        match ended {
            None => executor.evidence.lock().facts.interrupted = Some("the load was stopped".to_owned()),
            Some(Err(Halt::Skipped(reason))) => executor.evidence.lock().facts.skipped = Some(reason),
            Some(_) => {}
        }
        executor.attempt.channels.close_behind(before.len(), executor.last_words()).await;
        executor.attempt.channels.take_faults().into_iter().for_each(|fault| executor.evidence.fail(fault));
        if self.count(executor, Some(scenario), due, &before).await {
            tokio::select! {
                biased;
                () = self.crew.over() => {}
                () = self.crew.shared.world.sleep(NOTHING_DONE) => {}
            }
        }
    }

    /// How long it waits now, before its next iteration.
    fn thinks(&self) -> Option<Duration> {
        let (least, most) = self.crew.load.think?;
        let place = self.place.then(Part::Round(self.iterations)).then(Part::Hook("think"));
        let drawn = test::host(&self.crew.shared, &place).random();
        let range = u64::try_from(most.saturating_sub(least).as_nanos()).unwrap_or(u64::MAX);
        let more = if range == u64::MAX { drawn } else { drawn % (range + 1) };
        Some(least + Duration::from_nanos(more))
    }

    /// Binds the rows that it has for itself, or those of an iteration.
    async fn rows(&self, executor: &mut Executor, shared: bool) -> Result<(), Halt> {
        let load = self.crew.load.clone();
        for (list, rows) in load.rows.iter().enumerate().filter(|(_, rows)| rows.shared == shared) {
            let nth = if shared { self.crew.next_row(list) } else { u64::from(self.number) };
            let count = rows.rows.len() as u64;
            let Some(row) = nth.checked_rem(count).and_then(|nth| rows.rows.get(usize::try_from(nth).ok()?)) else {
                continue;
            };
            let value = executor.weighed(row, evaluate).await?;
            executor.scope.set(rows.slot, value);
        }
        Ok(())
    }

    async fn executor(&self, place: Occurrence, scope: Scope) -> Executor {
        let shared = &self.crew.shared;
        let begun = shared.world.reach(&place, 0).at().await;
        let (limit, span) = self.crew.load.meta.timeout.unwrap_or((DEFAULT_LIMIT, Span::nowhere()));
        let what = if span.is_nowhere() { "the longest time for an iteration" } else { "the load's timeout" };
        Executor {
            attempt: Attempt { shared: shared.clone(), jar: self.jar.clone(), channels: Arc::default() },
            clock: begun,
            moments: 1,
            host: Arc::new(test::host(shared, &place)),
            place,
            owned: Default::default(),
            scope,
            deadline: Deadline::new(begun, limit, what, span).tightened(self.crew.cut.clone()),
            evidence: Evidence::measured(),
            depth: 0,
            last: None,
        }
    }

    /// Takes steps to their end, unless the load is stopped first.
    async fn carried_out(&self, executor: &mut Executor, steps: &[Step]) -> Option<Result<(), Halt>> {
        let world = self.crew.shared.world.clone();
        let (at, span) = (executor.deadline.at, self.crew.load.span);
        let ended = {
            let whole = world.until(at.saturating_add(GRACE), executor.steps(steps));
            world.unless(self.crew.over(), whole).await?
        };
        Some(ended.unwrap_or_else(|| Err(executor.limit_reached(span))))
    }

    /// Counts what an executor has gathered; gives whether it has asked for nothing. `scenario`: none for a hook; `before`: how many frames its channels had.
    async fn count(&self, executor: Executor, scenario: Option<usize>, due: Option<Instant>, before: &[usize]) -> bool {
        let gathered: Gathered = executor.evidence.taken();
        let channels = executor.attempt.channels.measured(before);
        let counted = self.crew.counter(self.number).count(&Iteration {
            scenario,
            facts: &gathered.facts,
            steps: &gathered.steps,
            exchanges: &gathered.exchanges,
            left_out: &gathered.left_out,
            diagnostics: &gathered.diagnostics,
            channels: &channels,
            due,
        });
        let asked = gathered.facts.exchanges;
        if counted.is_telling {
            executor.learn_parts_where(!gathered.diagnostics.is_empty()).await;
            self.crew.keep(Kept::of(&executor, gathered));
        }
        executor.discard();
        asked == 0
    }
}

/// Draws a scenario, each as often as its weight says.
fn pick(load: &Load, drawn: u64) -> usize {
    let total: u64 = load.scenarios.iter().map(|scenario| u64::from(scenario.weight)).sum();
    let mut left = drawn % total.max(1);
    for (at, scenario) in load.scenarios.iter().enumerate() {
        match left.checked_sub(u64::from(scenario.weight)) {
            Some(rest) => left = rest,
            None => return at,
        }
    }
    0
}
