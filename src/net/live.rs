use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::apart::{apart_until, aside};
use super::channel::{Departures, Responded};
use super::clock::Clock;
use super::http::{Authority, Http, Mode, PlainSession};
use super::lanes::Lanes;
use super::timer::Timer;
use crate::event::{Exchange, Instant};
use crate::value::effort::Effort;
use crate::world::cookies::Jar;
use crate::world::{Budget, Connected, Late, Opening, Outgoing, Pending, Session, Time, World};

/// The outside as it is: sockets, and the system's clock.
pub struct LiveWorld {
    http: Arc<Http>,
    departures: Arc<Departures>,
    lanes: Lanes,
    timer: Arc<Timer>,
}

impl LiveWorld {
    /// Its epoch is now. `trusted` are authorities beside the system's; with `require_real`, only public peers over verified TLS are spoken to.
    pub fn start(trusted: Vec<Authority>, require_real: bool) -> Self {
        let http = Http::new(Clock::start(), Clock::wall(), trusted).requiring_real(require_real);
        Self { http: Arc::new(http), departures: Arc::default(), lanes: Lanes::default(), timer: Arc::default() }
    }

    /// Tests are carried out on no more threads than this.
    #[must_use]
    pub fn on_threads(self, most: usize) -> Self {
        Self { lanes: Lanes::new(most), ..self }
    }
}

impl Time for LiveWorld {
    fn now(&self) -> Instant {
        self.http.clock.now()
    }
}

impl World for LiveWorld {
    fn epoch(&self) -> jiff::Timestamp {
        self.http.epoch
    }

    fn sleep_until(&self, at: Instant) -> Pending<'static, ()> {
        Box::pin(tokio::time::sleep_until(self.http.clock.timer(at)))
    }

    fn wait_exactly(&self, at: Instant) -> Pending<'static, ()> {
        let (clock, timer) = (self.http.clock, self.timer.clone());
        let until = clock.timer(at);
        Box::pin(async move {
            if clock.now() >= at {
                return;
            }
            let latest = tokio::time::sleep_until(until);
            tokio::select! {
                biased;
                () = timer.wait(until.into_std()) => {}
                () = latest => return,
            }
            // tokio's clock may be held still, and the system's is not.
            if clock.now() < at {
                tokio::time::sleep_until(until).await;
            }
        })
    }

    fn begin(&self, task: Pending<'static, ()>) {
        self.lanes.begin(task);
    }

    fn send<'a>(&'a self, request: &'a Outgoing, jar: Option<&'a Mutex<Jar>>) -> Pending<'a, Exchange> {
        Box::pin(self.http.send(request, jar))
    }

    fn session(&self) -> Option<Box<dyn Session>> {
        Some(Box::new(PlainSession::new(self.http.clone())))
    }

    fn connect<'a>(
        &'a self,
        request: &'a Outgoing,
        jar: Option<&'a Mutex<Jar>>,
        opening: Opening,
    ) -> Pending<'a, (Exchange, Option<Box<dyn Connected>>)> {
        let mode = match opening {
            Opening::Upgrade => Mode::Upgrade,
            Opening::Stream => Mode::Stream,
        };
        Box::pin(async move {
            let (exchange, live) = self.http.send_for(request, jar, mode).await;
            let answered = live.map(|live| {
                let answered = Responded { live, departures: self.departures.clone(), seed: request.seed };
                Box::new(answered) as Box<dyn Connected>
            });
            (exchange, answered)
        })
    }

    fn begin_apart(&self, until: Instant, work: Box<dyn FnOnce(Effort) + Send>) -> Pending<'static, Result<(), Late>> {
        Box::pin(apart_until(self.http.clock.timer(until), work))
    }

    fn begin_aside(&self, work: Box<dyn FnOnce() + Send>) -> Pending<'static, ()> {
        Box::pin(aside(work))
    }

    fn budget(&self) -> &Budget {
        &self.http.budget
    }

    fn departed(&self, budget: Duration) -> Pending<'_, ()> {
        Box::pin(self.departures.gone(budget))
    }
}
