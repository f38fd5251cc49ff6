//! Virtual time: it stops while anything can be done, and goes on to the next timer when nothing can. What would take minutes takes none,
//! and happens in the same order each time.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use super::{Pending, Time};
use crate::event::Instant;

/// A clock and its timers.
#[derive(Debug, Default)]
pub struct Timeline(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    now: Instant,
    /// By their instants, and those of one instant in the order in which they were set.
    timers: BTreeMap<Timer, Waker>,
    set: u64,
    /// Nothing can be done, and no timer is left; with the waker of the one who waits for all.
    stuck: bool,
    root: Option<Waker>,
}

type Timer = (Instant, u64);

/// All wait for each other, and for no timer: it would never end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stuck;

impl Time for Timeline {
    fn now(&self) -> Instant {
        self.lock().now
    }
}

impl Timeline {
    /// A clock that shows this time.
    pub fn at(now: Instant) -> Self {
        Self(Mutex::new(State { now, ..State::default() }))
    }

    /// Carries a future out on this thread, with all tasks that it spawns, in virtual time.
    ///
    /// # Errors
    /// It can never end.
    ///
    /// # Panics
    /// No runtime can be made: the system refuses it. Nor may this be called from inside of another runtime.
    pub fn run<F: Future>(make: impl FnOnce(Arc<Self>) -> F) -> Result<F::Output, Stuck> {
        Self::run_from(Instant::ZERO, make)
    }

    /// The same, with a clock that shows this time at first.
    ///
    /// # Errors
    /// It can never end.
    pub fn run_from<F: Future>(start: Instant, make: impl FnOnce(Arc<Self>) -> F) -> Result<F::Output, Stuck> {
        let timeline = Arc::new(Self::at(start));
        let clock = timeline.clone();
        // Called when every task waits, right before the thread would go to sleep.
        let runtime = tokio::runtime::Builder::new_current_thread().on_thread_park(move || clock.advance()).build();
        #[expect(clippy::expect_used, reason = "without I/O and timers, a runtime takes nothing that could be refused")]
        let runtime = runtime.expect("a runtime without drivers");
        runtime.block_on(async {
            let mut work = std::pin::pin!(make(timeline.clone()));
            std::future::poll_fn(move |context| {
                if let Poll::Ready(done) = work.as_mut().poll(context) {
                    return Poll::Ready(Ok(done));
                }
                let mut state = timeline.lock();
                if state.stuck {
                    return Poll::Ready(Err(Stuck));
                }
                state.root = Some(context.waker().clone());
                Poll::Pending
            })
            .await
        })
    }

    pub fn sleep_until(self: &Arc<Self>, at: Instant) -> Pending<'static, ()> {
        Box::pin(Sleep { timeline: self.clone(), at, timer: None, last: false })
    }

    /// The same, behind all else that is due at that instant.
    pub fn sleep_behind(self: &Arc<Self>, at: Instant) -> Pending<'static, ()> {
        Box::pin(Sleep { timeline: self.clone(), at, timer: None, last: true })
    }

    /// Time passes, and nothing is done meanwhile, as on a machine that has no time for this process: timers that are due in it are so behind it, all at once.
    #[cfg(test)]
    pub fn stand_still(&self, time: std::time::Duration) {
        let mut state = self.lock();
        state.now = state.now.saturating_add(time);
    }

    /// Goes on to the next timer.
    fn advance(&self) {
        let mut state = self.lock();
        let waker = match state.timers.pop_first() {
            Some(((at, _), waker)) => {
                state.now = state.now.max(at);
                Some(waker)
            }
            None => {
                state.stuck = true;
                state.root.take()
            }
        };
        drop(state);
        waker.into_iter().for_each(Waker::wake);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct Sleep {
    timeline: Arc<Timeline>,
    at: Instant,
    timer: Option<Timer>,
    last: bool,
}

impl Future for Sleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let timeline = self.timeline.clone();
        let mut state = timeline.lock();
        // Behind all else, it is due when its own turn has come, whoever asks before.
        let is_due = match self.timer {
            Some(timer) if self.last => !state.timers.contains_key(&timer),
            None if self.last => state.now > self.at,
            _ => state.now >= self.at,
        };
        if is_due {
            return Poll::Ready(());
        }
        let timer = match self.timer {
            Some(timer) => timer,
            None => {
                state.set += 1;
                let timer = (self.at, if self.last { u64::MAX - state.set } else { state.set });
                *self.timer.insert(timer)
            }
        };
        state.timers.insert(timer, context.waker().clone());
        Poll::Pending
    }
}

impl Drop for Sleep {
    fn drop(&mut self) {
        if let Some(timer) = self.timer {
            self.timeline.lock().timers.remove(&timer);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Instant = Instant::from_secs(1);

    #[test]
    fn time_goes_on_to_the_next_timer_and_takes_none() {
        let hours = 10_000;
        let seen = Timeline::run(async |time| {
            let mut seen = Vec::new();
            for hour in 1..=3 {
                time.sleep_until(SECOND * 3_600 * hour * hours).await;
                seen.push(time.now());
            }
            time.sleep_until(Instant::ZERO).await;
            seen
        });
        assert_eq!(seen, Ok((1..=3).map(|hour| SECOND * 3_600 * hour * hours).collect()));
    }

    #[test]
    fn tasks_go_on_in_the_order_of_their_timers() {
        let order = Timeline::run(async |time| {
            let order = Arc::new(Mutex::new(Vec::new()));
            let tasks = [30, 10, 20, 10].into_iter().enumerate().map(|(task, at)| {
                let (time, order) = (time.clone(), order.clone());
                tokio::spawn(async move {
                    time.sleep_until(Instant::from_millis(at)).await;
                    order.lock().unwrap().push((time.now().as_millis(), task));
                })
            });
            for task in tasks.collect::<Vec<_>>() {
                task.await.unwrap();
            }
            Arc::into_inner(order).unwrap().into_inner().unwrap()
        });
        assert_eq!(order, Ok(vec![(10, 1), (10, 3), (20, 2), (30, 0)]));
    }

    #[test]
    fn what_is_behind_all_else_waits_for_its_turn() {
        let order = Timeline::run(async |time| {
            let behind = time.sleep_behind(SECOND);
            let (first, second) = (time.sleep_until(SECOND), time.sleep_until(SECOND));
            let other = tokio::spawn(second);
            let order = Mutex::new(Vec::new());
            let note = |what: &'static str| order.lock().unwrap().push(what);
            let behind = async {
                behind.await;
                note("behind");
            };
            let others = async {
                first.await;
                note("first");
                other.await.unwrap();
                note("second");
            };
            futures_util::future::join(behind, others).await;
            order.into_inner().unwrap()
        });
        assert_eq!(order, Ok(vec!["first", "second", "behind"]));
    }

    #[test]
    fn what_is_given_up_holds_nothing_up() {
        let ended = Timeline::run(async |time| {
            use futures_util::future::{Either, select};
            let late = Box::pin(time.sleep_until(SECOND * 100));
            let Either::Right(((), _)) = select(late, time.sleep_until(SECOND)).await else { panic!("the later one") };
            time.sleep_until(SECOND * 2).await;
            time.now()
        });
        assert_eq!(ended, Ok(SECOND * 2));
    }

    #[test]
    fn what_waits_for_nothing_ends() {
        assert_eq!(Timeline::run(async |_| std::future::pending::<()>().await), Err(Stuck));
        let in_a_task = Timeline::run(async |time| {
            tokio::spawn(async move {
                time.sleep_until(SECOND).await;
                std::future::pending::<()>().await;
            })
            .await
            .unwrap();
        });
        assert_eq!(in_a_task, Err(Stuck));
    }
}
