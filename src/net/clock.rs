use crate::event::Instant;
use crate::world::Time;

/// The run's clock: every instant of evidence is the time since its epoch. The only place where time is read.
///
/// It runs on tokio's clock, so that tests can hold it still and move it.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    epoch: tokio::time::Instant,
}

/// The timer's present instant, for stages that are measured where no run is at hand.
pub(super) fn present() -> tokio::time::Instant {
    tokio::time::Instant::now()
}

/// The system's present instant, for what waits by the system's own timers.
pub(super) fn system() -> std::time::Instant {
    std::time::Instant::now()
}

/// The wall clock's time.
pub fn wall() -> jiff::Timestamp {
    Clock::wall()
}

/// Waits until the wall clock says so, whether or not it is set meanwhile.
pub async fn wall_reaches(at: jiff::Timestamp) {
    const LOOK: std::time::Duration = std::time::Duration::from_secs(1);
    while let Ok(left) = std::time::Duration::try_from(at.duration_since(wall())) {
        if left.is_zero() {
            return;
        }
        tokio::time::sleep(left.min(LOOK)).await;
    }
}

impl Clock {
    /// The wall clock's time, for the start of a run and the dates that come from it.
    pub fn wall() -> jiff::Timestamp {
        jiff::Timestamp::now()
    }

    pub fn start() -> Self {
        Self { epoch: tokio::time::Instant::now() }
    }

    pub fn now(&self) -> Instant {
        self.epoch.elapsed()
    }

    /// The timer's instant for an instant of the run.
    pub fn timer(&self, at: Instant) -> tokio::time::Instant {
        // Far enough for "never", near enough for the arithmetic of timers.
        const FAR: Instant = Instant::from_secs(60 * 60 * 24 * 365);
        self.epoch + at.min(FAR)
    }
}

impl Time for Clock {
    fn now(&self) -> Instant {
        Clock::now(self)
    }
}
