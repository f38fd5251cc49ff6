//! One user of a load: its hooks, and its iterations one after the other.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::super::channels::{Channels, LAST_WORDS};
use super::super::deadline::{Deadline, GRACE};
use super::super::evidence::{Evidence, Gathered};
use super::super::prepare;
use super::super::step::{Attempt, Executor, Halt, credentials};
use super::super::test::{self, DEFAULT_LIMIT};
use super::crew::Crew;
use super::kept::Kept;
use super::quick::Ready;
use super::seats::{Idle, Seat};
use crate::eval::{Context, Focus, Host as _, Scope, evaluate};
use crate::event::{Exchange, Instant, Occurrence, Part, Plainly};
use crate::judge::load::Iteration;
use crate::judge::release::Observation;
use crate::plan::schedule::Users;
use crate::plan::{Load, Step, capture_later};
use crate::source::Span;
use crate::world::cookies::Jar;
use crate::world::{Prompt, Session};

/// An iteration that received nothing is followed by a pause, or a user that has nothing to do would take all of the machine's time.
const NOTHING_DONE: Duration = Duration::from_millis(10);

/// A user of the closed model: it begins its next iteration when its last one has ended, as long as there are to be so many.
pub(super) async fn closed(crew: Arc<Crew>, number: u32, users: Users, seats: Arc<Vec<Seat>>) {
    let Some(mut user) = Box::pin(User::comes(crew, number)).await else { return };
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
    Box::pin(user.goes()).await;
}

/// A user of the open model: it begins an iteration when it is given one.
pub(super) async fn open(crew: Arc<Crew>, number: u32, first: Instant, idle: Arc<Idle>) {
    // Its own hook is none of the system's delays.
    let hooked = !crew.load.before_user.is_empty();
    let Some(mut user) = Box::pin(User::comes(crew, number)).await else { return };
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
            Some(given) => given.await.ok(),
            None => None,
        };
    }
    Box::pin(user.goes()).await;
}

/// Where an iteration begins, or goes on, in the usual way.
struct Begins {
    /// When the iteration began, where a part of it was carried out already.
    began: Option<Instant>,
    step: usize,
    /// What this step has asked already.
    exchange: Option<(Box<Exchange>, bool)>,
}

/// How far an iteration was run quickly.
enum Quickly {
    Done,
    /// It goes on in the usual way with this step, of which this came, if it was sent already; and whether it had less time than its own.
    From(usize, Option<(Box<Exchange>, bool)>),
    No,
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
    /// For requests that are the same in each iteration, and those that were made ready of each scenario; none of one that isn't run so.
    session: Option<Box<dyn Session>>,
    ready: Vec<Option<Vec<Ready>>>,
    /// Ends when the load does.
    over: Pin<Box<dyn Future<Output = ()> + Send>>,
}

impl User {
    /// Takes its rows, and does what a user does once before its first iteration. `None` when that failed.
    async fn comes(crew: Arc<Crew>, number: u32) -> Option<User> {
        let load = crew.load.clone();
        let place = crew.place.then(Part::User(number.saturating_add(1)));
        let session = if crew.scripts.iter().any(Option::is_some) { crew.shared.world.session() } else { None };
        let over = {
            let crew = crew.clone();
            Box::pin(async move { crew.over().await })
        };
        let mut user = User {
            session,
            ready: load.scenarios.iter().map(|_| None).collect(),
            over,
            scope: Scope::new(&load.frame),
            place,
            jar: Arc::default(),
            channels: Arc::new(Channels::measured_ones()),
            iterations: 0,
            number,
            crew,
        };
        let rows = load.rows.iter().any(|rows| !rows.shared);
        if load.before_user.is_empty() && !rows {
            return Some(user);
        }
        let place = user.place.then(Part::Hook("before each user"));
        let mut executor = user.executor(place, user.scope.clone(), None).await;
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
        Box::pin(user.goes()).await;
        None
    }

    /// Does what a user does once after its last iteration.
    async fn goes(mut self) {
        let load = self.crew.load.clone();
        if !load.after_user.is_empty() {
            let mut scope = Scope::new(&load.frame);
            scope.take_first_with_channels(&self.scope, load.shared_slots);
            let mut executor = self.executor(self.place.then(Part::Hook("after each user")), scope, None).await;
            executor.attempt.channels = self.channels.clone();
            let before = self.channels.last_numbers();
            test::clean_up(&mut executor, load.span, &load.after_user).await;
            self.count(executor, None, None, &before).await;
        }
        self.channels.close_all(LAST_WORDS).await;
    }

    /// One time through a scenario.
    async fn iteration(&mut self, due: Option<Instant>) {
        let load = self.crew.load.clone();
        self.iterations = self.iterations.saturating_add(1);
        let scenario = if load.scenarios.len() == 1 { 0 } else { self.picks(&load) };
        let began = self.crew.shared.world.now();
        let begins = match self.quickly(scenario, due).await {
            Quickly::Done => return,
            Quickly::From(step, exchange) => Begins { began: Some(began), step, exchange },
            Quickly::No => Begins { began: None, step: 0, exchange: None },
        };
        let due = due.filter(|_| begins.step == 0);
        // Apart, since a user that only waits for its next iteration needs no room for one.
        Box::pin(self.in_the_usual_way(&load, scenario, due, begins)).await;
    }

    /// Carries a scenario out from one of its steps on, which may have been asked already.
    async fn in_the_usual_way(&mut self, load: &Load, scenario: usize, due: Option<Instant>, begins: Begins) {
        let Some(of) = load.scenarios.get(scenario) else { return };
        let place = self.place.then(Part::Round(self.iterations));
        let mut executor = Box::new(self.executor(place, Scope::default(), begins.began).await);
        executor.scope = Scope::new(&of.frame);
        executor.scope.take_first_with_channels(&self.scope, load.shared_slots);
        let before = self.channels.last_numbers();
        executor.attempt.channels = Arc::new(self.channels.branch());
        if load.rows.iter().any(|rows| rows.shared) && Box::pin(self.rows(&mut executor, true)).await.is_err() {
            Box::pin(self.count(*executor, Some(scenario), due, &before)).await;
            return;
        }
        let steps = &of.body[begins.step..];
        executor.keeps_last = capture_later(steps);
        let ended = match begins.exchange {
            Some((exchange, is_cut)) => Box::pin(self.goes_on(&mut executor, steps, *exchange, is_cut)).await,
            None => self.carried_out(&mut executor, steps).await,
        };
        match ended {
            None => executor.evidence.lock().facts.interrupted = Some("the load was stopped".to_owned()),
            Some(Err(Halt::Skipped(reason))) => executor.evidence.lock().facts.skipped = Some(reason),
            Some(_) => {}
        }
        executor.attempt.channels.close_behind(before.len(), executor.last_words()).await;
        executor.attempt.channels.take_faults().into_iter().for_each(|fault| executor.evidence.fail(fault));
        self.makes_ready(scenario, &executor);
        let idles = Box::pin(self.count(*executor, Some(scenario), due, &before)).await && begins.step == 0;
        self.channels.forget();
        if idles {
            tokio::select! {
                biased;
                () = &mut self.over => {}
                () = self.crew.shared.world.sleep(NOTHING_DONE) => {}
            }
        }
    }

    /// Which scenario it takes this time.
    fn picks(&self, load: &Load) -> usize {
        let place = self.place.then(Part::Round(self.iterations));
        pick(load, test::host(&self.crew.shared, &place).random())
    }

    /// Makes the requests of a scenario ready, once, if it is one that can be run quickly.
    fn makes_ready(&mut self, scenario: usize, executor: &Executor) {
        let (Some(session), Some(Some(script))) = (&mut self.session, self.crew.scripts.get(scenario)) else { return };
        if self.ready.get(scenario).is_none_or(Option::is_some) {
            return;
        }
        let shared = &self.crew.shared;
        let made = script.steps.iter().map(|step| {
            let outgoing = prepare::outgoing(&step.request, &executor.context(), &*shared.options.secrets).ok()?;
            let (method, url) = (outgoing.method.clone(), outgoing.url.clone());
            let service = shared.services.of(&url).map(str::to_owned);
            let span = self.crew.load.scenarios.get(scenario)?.body.get(step.place)?.span;
            let asked = self.crew.counter(self.number).asked(scenario, span, &method, &url);
            let url = url.split(['?', '#']).next().unwrap_or_default().to_owned();
            Some(Ready { request: session.prepare(outgoing)?, asked, method, url, service })
        });
        match made.collect() {
            Some(ready) => self.ready[scenario] = Some(ready),
            // It isn't tried again.
            None => self.session = None,
        }
    }

    /// Carries a scenario out quickly, as far as that goes.
    async fn quickly(&mut self, scenario: usize, due: Option<Instant>) -> Quickly {
        let crew = self.crew.clone();
        let (Some(session), Some(Some(ready))) = (&mut self.session, self.ready.get(scenario)) else {
            return Quickly::No;
        };
        let Some(Some(script)) = crew.scripts.get(scenario) else { return Quickly::No };
        let world = &crew.shared.world;
        let mut late = due.map(|due| world.now().saturating_sub(due)).unwrap_or_default();
        let longest = crew.load.meta.timeout.map_or(DEFAULT_LIMIT, |(limit, _)| limit);
        let ends = world.now().saturating_add(longest).min(crew.cut.at);
        let jar_is_empty = self.jar.lock().unwrap_or_else(PoisonError::into_inner).is_empty();
        if !jar_is_empty {
            return Quickly::No;
        }
        let nothing = Scope::default();
        let context = Context { plan: &crew.shared.plan, scope: &nothing, focus: Focus::Nothing, host: &crew.host };
        for (at, (step, own)) in script.steps.iter().zip(ready).enumerate() {
            let left = ends.saturating_sub(world.now());
            if left.is_zero() {
                return Quickly::From(at, None);
            }
            let jar = (!step.request.no_cookies).then_some(&*self.jar);
            let holds = |response: &Plainly<'_>| {
                let held = step.checks.hold(response, &context);
                if held {
                    // No one looks at this response again, but a later one may say the same.
                    credentials(response.body).for_each(|value| crew.shared.options.secrets.add(&value));
                }
                held
            };
            let prompt = tokio::select! {
                biased;
                () = &mut self.over => None,
                prompt = session.send(own.request, step.limit.min(left), jar, &holds) => Some(prompt),
            };
            match prompt {
                None => {
                    crew.counter(self.number).cut_off();
                    return Quickly::Done;
                }
                Some(Prompt::Unsent) => return Quickly::From(at, None),
                Some(Prompt::Exchange(exchange)) => return Quickly::From(at, Some((exchange, left < step.limit))),
                Some(Prompt::Held { status, started, first_byte, total }) => {
                    if crew.shared.observer.listens() {
                        let service = own.service.as_deref();
                        crew.shared.observer.receive(Observation::Exchange { service, time: total });
                    }
                    let late = std::mem::take(&mut late);
                    let times = (started, late + total, late + first_byte);
                    let is_last = at + 1 == script.steps.len();
                    let passed = is_last.then_some(scenario);
                    let mut counter = crew.counter(self.number);
                    counter.held(own.asked, (&own.method, &own.url), status, times, step.checks.count());
                    passed.into_iter().for_each(|scenario| counter.passed(scenario));
                }
            }
        }
        Quickly::Done
    }

    /// Goes on with an iteration in the usual way: with the exchange that its next step has made, and then with the steps behind it.
    async fn goes_on(
        &mut self,
        executor: &mut Executor,
        steps: &[Step],
        exchange: Exchange,
        is_cut: bool,
    ) -> Option<Result<(), Halt>> {
        let (first, rest) = steps.split_first()?;
        let world = self.crew.shared.world.clone();
        let received = world.unless(self.crew.over(), executor.received(first, exchange, is_cut)).await?;
        match received {
            Ok(()) => self.carried_out(executor, rest).await,
            Err(halt) => {
                executor.not_run(rest);
                Some(Err(halt))
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
    async fn rows(&mut self, executor: &mut Executor, shared: bool) -> Result<(), Halt> {
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

    /// `began`: when the iteration did, where that isn't now: its limit counts from there.
    async fn executor(&mut self, place: Occurrence, scope: Scope, began: Option<Instant>) -> Executor {
        let shared = &self.crew.shared;
        let begun = shared.world.reach(&place, 0).at().await;
        let (limit, span) = self.crew.load.meta.timeout.unwrap_or((DEFAULT_LIMIT, Span::nowhere()));
        let what = if span.is_nowhere() { "the longest time for an iteration" } else { "the load's timeout" };
        Executor {
            attempt: Attempt {
                shared: shared.clone(),
                jar: self.jar.clone(),
                channels: Arc::new(Channels::measured_ones()),
            },
            clock: begun,
            moments: 1,
            host: Arc::new(test::host(shared, &place)),
            place,
            owned: Default::default(),
            scope,
            deadline: Deadline::new(began.unwrap_or(begun), limit, what, span).tightened(self.crew.cut.clone()),
            evidence: Evidence::measured(),
            depth: 0,
            last: None,
            keeps_last: true,
        }
    }

    /// Takes steps to their end, unless the load is stopped first.
    async fn carried_out(&mut self, executor: &mut Executor, steps: &[Step]) -> Option<Result<(), Halt>> {
        let world = self.crew.shared.world.clone();
        let (at, span) = (executor.deadline.at, self.crew.load.span);
        let ended = {
            let whole = world.until(at.saturating_add(GRACE), executor.steps(steps));
            world.unless(self.crew.over(), whole).await?
        };
        Some(ended.unwrap_or_else(|| Err(executor.limit_reached(span))))
    }

    /// Counts what an executor has gathered; gives whether it has received nothing. `scenario`: none for a hook; `before`: the numbers of the last frames that its channels had.
    async fn count(
        &mut self,
        executor: Executor,
        scenario: Option<usize>,
        due: Option<Instant>,
        before: &[u32],
    ) -> bool {
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
        // Sending alone takes no time, so that a round that does no more could follow the other at once without end.
        let waited = gathered.facts.exchanges > 0 || channels.iter().any(|channel| channel.has_received());
        if let Some(failure) = counted.telling {
            Box::pin(executor.learn_parts_where(!gathered.diagnostics.is_empty())).await;
            self.crew.keep(Kept::of(&executor, gathered, failure));
        }
        executor.discard();
        !waited
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

#[cfg(test)]
mod tests {
    use super::*;

    fn size<A, B, C, D, F: Future>(_: impl FnOnce(A, B, C, D) -> F) -> usize {
        size_of::<F>()
    }

    /// There are thousands of them, which wait most of the time.
    #[test]
    fn a_user_takes_little_room() {
        assert!(size(closed) < 2_048 && size(open) < 2_048, "{} {}", size(closed), size(open));
    }
}
