use std::sync::Arc;

use super::credentials::Credentials;
use crate::eval::Host;
use crate::plan::CredentialId;
use crate::value::{SecretSink, Value};
use crate::world::{Draws, World, keyed};

/// What expressions get from outside. Random numbers follow from the run's seed and the test, so that a run can be repeated.
pub(super) struct TestHost {
    pub world: Arc<dyn World>,
    pub credentials: Arc<Credentials>,
    secrets: Arc<dyn SecretSink>,
    draws: Draws,
}

impl TestHost {
    pub fn new(
        world: Arc<dyn World>,
        credentials: Arc<Credentials>,
        (seed, test): (u64, &str),
        secrets: Arc<dyn SecretSink>,
    ) -> Self {
        Self { world, credentials, secrets, draws: Draws::new(keyed(seed, test)) }
    }
}

impl Host for TestHost {
    fn now(&self) -> jiff::Timestamp {
        self.world.wall()
    }

    fn random(&self) -> u64 {
        self.draws.draw()
    }

    fn credential(&self, id: CredentialId) -> Option<Value> {
        self.credentials.value(id)
    }

    fn secrets(&self) -> Option<&dyn SecretSink> {
        Some(&*self.secrets)
    }
}
