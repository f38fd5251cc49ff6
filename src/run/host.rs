use std::sync::{Arc, Mutex, PoisonError};

use super::credentials::Credentials;
use crate::eval::Host;
use crate::event::{Instant, Occurrence};
use crate::plan::CredentialId;
use crate::value::{Draws, Function, SecretSink, Value};
use crate::world::World;

/// What expressions get from outside. Random numbers follow from the run's seed and the place, so that a run can be repeated, whatever runs beside it.
pub(super) struct TestHost {
    pub world: Arc<dyn World>,
    pub credentials: Arc<Credentials>,
    secrets: Arc<dyn SecretSink>,
    seed: u64,
    draws: Draws,
    /// The last moment of the executor at this place.
    moment: Mutex<Instant>,
}

impl TestHost {
    pub fn new(
        world: Arc<dyn World>,
        credentials: Arc<Credentials>,
        seed: u64,
        place: &Occurrence,
        secrets: Arc<dyn SecretSink>,
    ) -> Self {
        let moment = Mutex::new(world.now());
        Self { world, credentials, secrets, seed, draws: draws(seed, place), moment }
    }
}

impl TestHost {
    /// The same at another place, whose random values are its own.
    pub fn at(&self, place: &Occurrence) -> Self {
        Self {
            world: self.world.clone(),
            credentials: self.credentials.clone(),
            secrets: self.secrets.clone(),
            seed: self.seed,
            draws: draws(self.seed, place),
            moment: Mutex::new(self.moment()),
        }
    }

    fn moment(&self) -> Instant {
        *self.moment.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn reached(&self, moment: Instant) {
        *self.moment.lock().unwrap_or_else(PoisonError::into_inner) = moment;
    }
}

fn draws(seed: u64, place: &Occurrence) -> Draws {
    Draws::new(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ place.digest())
}

impl Host for TestHost {
    fn now(&self) -> jiff::Timestamp {
        self.world.wall_at(self.moment())
    }

    fn random(&self) -> u64 {
        self.draws.draw()
    }

    fn credential(&self, id: CredentialId) -> Option<Value> {
        self.credentials.value(id)
    }

    fn computed(&self, function: Function, args: &[Value], result: &Value) {
        self.world.computed(function, args, result);
    }

    fn composed(&self, text: &str, parts: &[(usize, bool)]) {
        self.world.composed(text, parts);
    }

    fn recall(&self, function: Function, args: &[Value], secret: bool) -> Option<Value> {
        self.world.recall_computed(function, args, secret)
    }

    fn secrets(&self) -> Option<&dyn SecretSink> {
        Some(&*self.secrets)
    }
}
