//! Which users there are at which time, and what each is to do.

use std::sync::Arc;
use std::time::Duration;

use super::crew::Crew;
use super::seats::{Idle, Seat};
use super::{after, user};
use crate::plan::Pace;
use crate::plan::schedule::{Arrivals, Users};
use crate::world::Pending;

/// Ends when a user has gone.
pub(super) type Gone = Pending<'static, ()>;

/// The longest time until users that are missing come.
const LOOK: Duration = Duration::from_secs(1);

/// Lets users come until the load is over; gives what waits for them to go.
pub(super) async fn keep(crew: &Arc<Crew>) -> Vec<Gone> {
    match &crew.load.pace {
        Pace::Users(users) => keep_users(crew, users).await,
        Pace::Arrivals { arrivals, most_users } => keep_arrivals(crew, arrivals, *most_users).await,
    }
}

/// The closed model.
async fn keep_users(crew: &Arc<Crew>, users: &Users) -> Vec<Gone> {
    let most = users.most();
    let seats: Arc<Vec<Seat>> = Arc::new((0..most).map(|_| Seat::default()).collect());
    let (part, of) = crew.part();
    let mut gone = Vec::new();
    loop {
        let now = crew.since_began();
        if now >= users.duration() || crew.is_over() {
            return gone;
        }
        for number in (0..users.at(now)).filter(|number| u64::from(*number) % of == part) {
            let Some(seat) = seats.get(number as usize) else { continue };
            if seat.take() {
                gone.push(begin(crew, Box::pin(user::closed(crew.clone(), number, users.clone(), seats.clone()))));
            }
        }
        let next = users.next_change(now).unwrap_or(users.duration()).min(now.saturating_add(LOOK));
        tokio::select! {
            biased;
            () = crew.over() => {}
            () = crew.shared.world.sleep_until(after(crew.began, next)) => {}
        }
    }
}

/// The open model.
async fn keep_arrivals(crew: &Arc<Crew>, arrivals: &Arrivals, most: Option<u32>) -> Vec<Gone> {
    let idle = Arc::new(Idle::default());
    let (part, of) = crew.part();
    // No two users have the same row.
    let rows = crew.load.rows.iter().filter(|rows| !rows.shared).map(|rows| rows.rows.len()).min();
    let rows = rows.map(|rows| u32::try_from(rows).unwrap_or(u32::MAX));
    let most = most.into_iter().chain(rows).min().map(u64::from);
    let mut gone = Vec::new();
    let mut made = 0u64;
    let mut nth = part;
    while let Some(due) = arrivals.due(nth) {
        let due = after(crew.began, due);
        tokio::select! {
            biased;
            () = crew.over() => break,
            () = crew.shared.world.wait_exactly(due) => {}
        }
        if crew.is_over() {
            break;
        }
        nth = nth.saturating_add(of);
        if idle.give(due) {
            continue;
        }
        let number = made.saturating_mul(of).saturating_add(part);
        if most.is_some_and(|most| number >= most) {
            crew.counter(0).dropped();
            continue;
        }
        made += 1;
        let number = u32::try_from(number).unwrap_or(u32::MAX);
        gone.push(begin(crew, Box::pin(user::open(crew.clone(), number, due, idle.clone()))));
    }
    // It lasts as long as it is to, however early the last one was due.
    tokio::select! {
        biased;
        () = crew.over() => {}
        () = crew.shared.world.sleep_until(after(crew.began, arrivals.duration())) => {}
    }
    idle.end();
    gone
}

fn begin(crew: &Arc<Crew>, user: Gone) -> Gone {
    crew.comes();
    let own = crew.clone();
    let user = crew.shared.world.along(Box::pin(async move {
        let _goes = Goes(own);
        user.await;
    }));
    Box::pin(async move {
        let _ = user.await;
    })
}

/// A user goes, whatever came of it.
struct Goes(Arc<Crew>);

impl Drop for Goes {
    fn drop(&mut self) {
        self.0.goes();
    }
}
