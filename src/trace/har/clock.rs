use crate::event::Instant;

/// When instants are, by the clock of the wall.
#[derive(Clone, Copy)]
pub struct Clock {
    pub epoch: jiff::Timestamp,
}

impl Clock {
    pub fn at(self, at: Instant) -> jiff::Timestamp {
        self.epoch.checked_add(at).unwrap_or(self.epoch)
    }

    /// ISO 8601, to a microsecond.
    pub fn text(self, at: Instant) -> String {
        format!("{:.6}", self.at(at))
    }

    /// In seconds since 1970, to a microsecond.
    pub fn seconds(self, at: Instant) -> f64 {
        self.at(at).as_microsecond() as f64 / 1e6
    }
}
