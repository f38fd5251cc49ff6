//! The scripted world for runs that are begun elsewhere.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::case::Calls;
use super::script::Said;
use super::{Respond, Scripted};
use crate::value::keyed;
use crate::world::timeline::Timeline;
use crate::world::{Budget, World};

/// A world that follows a script.
pub fn world(timeline: Arc<Timeline>, respond: Arc<Respond>) -> Arc<dyn World> {
    let (asked, calls) = (Mutex::default(), Calls::default());
    Arc::new(Scripted { timeline, respond, asked, calls, budget: Budget::default() })
}

impl Said {
    /// Nothing comes at the same instant as anything else, as in the world outside: each time is longer by less than a tenth of a millisecond, which
    /// follows from a key.
    pub fn apart(mut self, key: u64) -> Self {
        let later = |time: &mut Duration, what: &str, nth: usize| {
            *time += Duration::from_nanos(1 + keyed(key, &format!("{what} {nth}")) % 99_991);
        };
        later(&mut self.after, "response", 0);
        self.scene.frames.iter_mut().enumerate().for_each(|(nth, (after, _))| later(after, "frame", nth));
        self.scene.reactions.iter_mut().enumerate().for_each(|(nth, one)| later(&mut one.after, "reaction", nth));
        self
    }
}
