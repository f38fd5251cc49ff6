use std::sync::Arc;

use super::credentials::Credentials;
use super::monitor::Monitor;
use super::observer::Observer;
use super::options::{OnProgress, Options};
use super::parts::Quoted;
use crate::judge::release::ServiceMap;
use crate::plan::Plan;
use crate::world::World;

/// What all tests of a run share.
#[derive(Clone)]
pub(super) struct Shared {
    pub plan: Arc<Plan>,
    pub world: Arc<dyn World>,
    pub options: Options,
    pub credentials: Arc<Credentials>,
    pub services: Arc<ServiceMap>,
    pub monitor: Arc<Monitor>,
    pub observer: Arc<Observer>,
    pub progress: OnProgress,
    pub quoted: Quoted,
}

impl Shared {
    /// The same, but that nothing of what is done is recorded.
    pub fn unrecorded(self: &Arc<Self>) -> Arc<Self> {
        let Some(world) = self.world.unrecorded() else { return self.clone() };
        Arc::new(Self { world, ..(**self).clone() })
    }
}
