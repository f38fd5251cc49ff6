use std::time::Duration;

use crate::event::Instant;
use crate::source::Span;
use crate::value::format_duration;

/// Each step keeps its limit on its own and reports it in its own words; this much later, what could escape it is ended.
pub(super) const GRACE: Duration = Duration::from_millis(150);

/// Until when a step may take: the earliest of the limits around it.
#[derive(Clone, Debug)]
pub(super) struct Deadline {
    pub at: Instant,
    pub limit: Duration,
    /// `the test's timeout`
    pub what: &'static str,
    /// Where it is said; nowhere for a default.
    pub span: Span,
}

impl Deadline {
    pub fn new(now: Instant, limit: Duration, what: &'static str, span: Span) -> Self {
        Self { at: now.saturating_add(limit), limit, what, span }
    }

    /// The earlier of the two.
    pub fn tightened(&self, other: Deadline) -> Deadline {
        if other.at < self.at { other } else { self.clone() }
    }

    pub fn left(&self, now: Instant) -> Duration {
        self.at.saturating_sub(now)
    }

    /// `the test's timeout of 30s`
    pub fn words(&self) -> String {
        format!("{} of {}", self.what, format_duration(self.limit))
    }
}
