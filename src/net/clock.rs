use crate::event::Instant;

/// The run's clock: every instant of evidence is the time since its epoch. The only place where time is read.
///
/// It runs on tokio's clock, so that tests can hold it still and move it.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    epoch: tokio::time::Instant,
}

impl Clock {
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
