//! How the services are: asked by their probes when a run begins, and again whenever a test meets one that doesn't work.

use std::collections::{BTreeSet, HashMap};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use futures_util::future::join_all;

use super::observer::Observer;
use super::options::OnProgress;
use super::signal::Signal;
use super::stop::Stop;
use crate::diag::Diagnostic;
use crate::judge::release::{Observation, ServiceState, ServiceWatch, Sighting};
use crate::judge::{Outcome, Progress};
use crate::plan::{Service, Words};
use crate::world::{Pending, World};

/// The longest time that one response to a probe is waited for.
pub(super) const LONGEST_RESPONSE: Duration = Duration::from_secs(5);
/// The pause between two probes: a twentieth of the time the service may take, within these.
const SHORTEST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);
/// How often one that is down is asked again when a test needs it.
const ASKED_AGAIN: Duration = Duration::from_secs(2);
/// How many sightings are kept of each end of a long watch.
const KEPT: usize = 60;

/// How a service is asked: by a step like those of a test, which the monitor knows nothing of.
pub(super) trait Probe: Send + Sync {
    /// Asks a service, by its place among those of the environment, for the `nth` time, and waits so long for the response at most.
    ///
    /// # Errors
    /// Its probe can't be put together.
    fn once(&self, index: usize, nth: u32, limit: Duration) -> Pending<'_, Result<Option<Sighting>, Box<Diagnostic>>>;
}

/// Watches the services of a run's environment.
pub(super) struct Monitor {
    services: Vec<Watched>,
    by_name: HashMap<String, usize>,
    problems: Mutex<Vec<Diagnostic>>,
    world: Arc<dyn World>,
    observer: Arc<Observer>,
    progress: OnProgress,
    stop: Stop,
    /// Set once, right after the rest of the run exists; without it no service is asked.
    probe: OnceLock<Box<dyn Probe>>,
}

struct Watched {
    watch: Mutex<ServiceWatch>,
    has_probe: bool,
    /// Whether it is being asked until that is settled.
    asking: Signal<bool>,
    /// How often it was asked.
    asked: AtomicU32,
}

impl Monitor {
    pub fn new(
        services: &[Service],
        world: Arc<dyn World>,
        observer: Arc<Observer>,
        progress: OnProgress,
        stop: Stop,
    ) -> Self {
        let watched = services.iter().map(|service| Watched {
            watch: Mutex::new(ServiceWatch {
                name: service.name.clone(),
                span: service.span,
                depends_on: service.depends_on.clone(),
                probe: service
                    .probe
                    .as_ref()
                    .and_then(|probe| Some(format!("{} {}", probe.method.named()?, service.url.as_ref()?))),
                within: service.within,
                state: ServiceState::Unknown,
                sightings: Vec::new(),
            }),
            has_probe: service.probe.is_some(),
            asking: Signal::default(),
            asked: AtomicU32::new(0),
        });
        let names = services.iter().enumerate().rev().map(|(index, service)| (service.name.clone(), index));
        // The first of a name counts.
        let by_name = names.collect();
        Self {
            services: watched.collect(),
            by_name,
            problems: Mutex::default(),
            world,
            observer,
            progress,
            stop,
            probe: OnceLock::new(),
        }
    }

    /// From now on services are asked by this; only the first one counts.
    pub fn attach(&self, probe: Box<dyn Probe>) {
        drop(self.probe.set(probe));
    }

    pub fn watches(&self) -> Vec<ServiceWatch> {
        self.services.iter().map(|one| one.lock().clone()).collect()
    }

    fn index(&self, name: &str) -> Option<usize> {
        self.by_name.get(name).copied()
    }

    /// The services of these names that have a probe, and all that they depend on.
    fn with_dependencies<'n>(&self, names: impl IntoIterator<Item = &'n str>) -> Vec<usize> {
        let mut found = BTreeSet::new();
        let mut next: Vec<usize> = names.into_iter().filter_map(|name| self.index(name)).collect();
        while let Some(index) = next.pop() {
            if found.insert(index) {
                let depends_on = self.services[index].lock().depends_on.clone();
                next.extend(depends_on.iter().filter_map(|name| self.index(name)));
            }
        }
        found.into_iter().collect()
    }

    /// Asks these services, and what they depend on, without waiting until it is settled how they are.
    pub fn ask_about<'n>(self: &Arc<Self>, names: impl IntoIterator<Item = &'n str>) {
        self.with_dependencies(names).into_iter().for_each(|index| self.begin(index));
    }

    /// Asks all services, until it is settled how each is.
    pub async fn settle_all(self: &Arc<Self>) {
        (0..self.services.len()).for_each(|index| self.begin(index));
        self.quiet().await;
    }

    /// A test met a service that doesn't work: it is asked, without waiting for what it says.
    pub fn doubt(self: &Arc<Self>, name: &str) {
        if let Some(index) = self.index(name)
            && self.services[index].lock().state != ServiceState::Down
        {
            self.begin(index);
        }
    }

    /// Looks at all services once more, without waiting for what they say: while a load goes on, how they are is asked all the time.
    pub fn watch_all(self: &Arc<Self>) {
        (0..self.services.len()).for_each(|index| self.begin(index));
    }

    /// The same as [`Self::doubt`], unless the service was asked a moment ago: where very much fails, it isn't asked about each.
    pub fn doubt_again(self: &Arc<Self>, name: &str) {
        let Some(index) = self.index(name) else { return };
        let last = self.services[index].lock().sightings.last().map(|one| one.at);
        if last.is_none_or(|last| self.world.now().saturating_sub(last) >= ASKED_AGAIN) {
            self.doubt(name);
        }
    }

    /// Waits until no service is being asked any more.
    pub async fn quiet(&self) {
        self.settled(&(0..self.services.len()).collect::<Vec<_>>()).await;
    }

    /// What is down among the services that a test needs and what these depend on, and why. Waits while one is being asked.
    pub async fn blocking(self: &Arc<Self>, needs: &Words) -> Option<Blocked> {
        if needs.is_empty() || self.services.is_empty() {
            return None;
        }
        let all = self.with_dependencies(needs.iter());
        self.settled(&all).await;
        for index in all {
            let (state, last) = {
                let watch = self.services[index].lock();
                (watch.state, watch.sightings.last().map(|one| one.at))
            };
            if state != ServiceState::Down {
                continue;
            }
            let now = self.world.now();
            if last.is_none_or(|last| now.saturating_sub(last) >= ASKED_AGAIN) && self.look(index).await {
                continue;
            }
            let watch = self.services[index].lock();
            let words = watch.sightings.last().map(Sighting::words).unwrap_or_default();
            let name = watch.name.clone();
            let reason = match needs.contains(&name) {
                true => format!("{name} is down: {words}"),
                false => format!("{name}, which {} depends on, is down: {words}", needs.to_strings().join(" or ")),
            };
            return Some(Blocked { service: name, reason });
        }
        None
    }

    /// One more look at a service, so that what is reported about it in the end is how it is in the end. One that doesn't work is asked until that is
    /// settled.
    pub async fn look_again(self: &Arc<Self>, name: &str) {
        let Some(index) = self.index(name) else { return };
        if !self.look(index).await && self.services[index].lock().state != ServiceState::Down {
            self.begin(index);
        }
    }

    /// Whether one of these services, or what they depend on, is being asked at the moment.
    pub fn is_asking(&self, needs: &Words) -> bool {
        let all = self.with_dependencies(needs.iter());
        all.iter().any(|index| self.services[*index].asking.read(|asking| *asking))
    }

    async fn settled(&self, indices: &[usize]) {
        join_all(indices.iter().map(|index| async {
            self.services[*index].asking.until(|asking| !asking).await;
        }))
        .await;
    }

    /// How a service is asked that has a probe.
    fn probe(&self, index: usize) -> Option<&dyn Probe> {
        self.probe.get().map(|probe| &**probe).filter(|_| self.services[index].has_probe)
    }

    /// Asks a service again and again, until it is up or its time is used up; nothing when that is under way.
    fn begin(self: &Arc<Self>, index: usize) {
        if self.probe(index).is_none() || self.services[index].asking.change(|asking| std::mem::replace(asking, true)) {
            return;
        }
        let monitor = self.clone();
        tokio::spawn(async move {
            // Whatever becomes of the asking, no one waits for it for ever.
            let _asking = Asking(&monitor.services[index].asking);
            // An abort doesn't stop it: what else is down, at the same moment most often, is part of the cause.
            tokio::select! {
                biased;
                () = monitor.ask(index) => {}
                () = monitor.stop.hurried() => {}
            }
        });
    }

    async fn ask(&self, index: usize) {
        let within = self.services[index].lock().within;
        let pause = (within / 20).clamp(SHORTEST_PAUSE, LONGEST_PAUSE);
        let begun = self.world.now();
        let mut left = within;
        loop {
            // A look at the very end has a little time of its own.
            let limit = if left < SHORTEST_PAUSE { LONGEST_PAUSE } else { left };
            match self.see(index, limit).await {
                Some(true) => return self.becomes(index, ServiceState::Up),
                Some(false) => {}
                // It can't be asked, now or later.
                None => return,
            }
            let now = self.world.now();
            if now.saturating_sub(begun) >= within {
                self.becomes(index, ServiceState::Down);
                return;
            }
            left = within.saturating_sub(now.saturating_sub(begun));
            self.world.sleep(pause.min(left)).await;
            left = left.saturating_sub(pause);
        }
    }

    async fn look(&self, index: usize) -> bool {
        let up = self.see(index, LONGEST_RESPONSE).await == Some(true);
        // One bad response alone takes nothing down: that needs a settled watch.
        if up {
            self.becomes(index, ServiceState::Up);
        }
        up
    }

    /// Asks once, for so long at most, and keeps what was seen. `None` when it has no probe, or that can't be put together.
    async fn see(&self, index: usize, limit: Duration) -> Option<bool> {
        let probe = self.probe(index)?;
        let nth = self.services[index].asked.fetch_add(1, Ordering::Relaxed).saturating_add(1);
        let sighting = match probe.once(index, nth, limit).await {
            Ok(sighting) => sighting?,
            Err(problem) => {
                let mut problems = self.problems.lock().unwrap_or_else(PoisonError::into_inner);
                if !problems.contains(&problem) {
                    problems.push(*problem);
                }
                return None;
            }
        };
        let held = sighting.held;
        let mut watch = self.services[index].lock();
        watch.sightings.push(sighting);
        if watch.sightings.len() > 2 * KEPT {
            watch.sightings.remove(KEPT);
        }
        Some(held)
    }

    fn becomes(&self, index: usize, state: ServiceState) {
        // Reported under the lock, so that no one is notified of two states in the wrong order.
        let mut watch = self.services[index].lock();
        watch.state = state;
        let because = down_words(&watch);
        self.observer.receive(Observation::Service { name: &watch.name, state, because: &because });
        (self.progress)(Progress::Service(Arc::new(watch.clone())));
    }

    /// Reports on all services before anything is known of them, so that who reads along knows how they depend on each other.
    pub fn introduce(&self) {
        for service in &self.services {
            (self.progress)(Progress::Service(Arc::new(service.lock().clone())));
        }
    }

    /// What kept services from being asked at all.
    pub fn take_problems(&self) -> Vec<Diagnostic> {
        std::mem::take(&mut *self.problems.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Watched {
    fn lock(&self) -> MutexGuard<'_, ServiceWatch> {
        self.watch.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Says that the asking is over when it is dropped.
struct Asking<'a>(&'a Signal<bool>);

impl Drop for Asking<'_> {
    fn drop(&mut self) {
        self.0.change(|asking| *asking = false);
    }
}

/// Why a test can't be run.
pub(super) struct Blocked {
    pub service: String,
    pub reason: String,
}

impl Blocked {
    pub fn outcome(self) -> Outcome {
        Outcome::Skipped { reason: self.reason, blocked_by: Some(self.service) }
    }
}

/// `503, unhealthy, for 10s`
fn down_words(watch: &ServiceWatch) -> String {
    let words =
        watch.sightings.last().map(|last| Sighting { uptime: None, ..last.clone() }.words()).unwrap_or_default();
    let since = watch.sightings.iter().rev().take_while(|one| !one.held).last();
    let time =
        since.zip(watch.sightings.last()).map(|(since, last)| last.at.saturating_sub(since.at)).unwrap_or_default();
    format!("{words}, for {}", crate::value::format_duration(time))
}
