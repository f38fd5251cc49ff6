use std::sync::Arc;
use std::time::Duration;

use super::{Measured, Spec};
use crate::event::Instant;

/// What is known of a load when it begins.
#[derive(Clone, Debug)]
pub struct Begun {
    pub spec: Arc<Spec>,
    pub began: Instant,
    /// The same by the wall clock.
    pub began_at: jiff::Timestamp,
}

/// What was measured since the last look. All looks at a load, one after the other, are all that it is judged by.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Look {
    /// Its end, since the load began.
    pub at: Duration,
    /// Iterations were begun until then; otherwise what is under way ends.
    pub begins: bool,
    /// The most users that there were.
    pub users: u32,
    pub measured: Measured,
}
