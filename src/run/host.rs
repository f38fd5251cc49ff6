use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::credentials::Credentials;
use crate::eval::Host;
use crate::net::clock::Clock;
use crate::plan::CredentialId;
use crate::value::{SecretSink, Value};

/// What expressions get from outside. Random numbers follow from the run's seed and the test, so that a run can be repeated.
pub(super) struct TestHost {
    pub clock: Clock,
    /// The wall clock at the run's epoch.
    pub epoch: jiff::Timestamp,
    pub credentials: Arc<Credentials>,
    secrets: Arc<dyn SecretSink>,
    random: AtomicU64,
}

impl TestHost {
    pub fn new(
        clock: Clock,
        epoch: jiff::Timestamp,
        credentials: Arc<Credentials>,
        (seed, test): (u64, &str),
        secrets: Arc<dyn SecretSink>,
    ) -> Self {
        let mut hasher = DefaultHasher::new();
        (seed, test).hash(&mut hasher);
        Self { clock, epoch, credentials, secrets, random: AtomicU64::new(hasher.finish()) }
    }
}

impl Host for TestHost {
    fn now(&self) -> jiff::Timestamp {
        jiff::SignedDuration::try_from(self.clock.now())
            .ok()
            .and_then(|since| self.epoch.checked_add(since).ok())
            .unwrap_or(self.epoch)
    }

    /// SplitMix64 (Steele, Lea and Flood, 2014).
    fn random(&self) -> u64 {
        const STEP: u64 = 0x9e37_79b9_7f4a_7c15;
        let mut z = self.random.fetch_add(STEP, Ordering::Relaxed).wrapping_add(STEP);
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn credential(&self, id: CredentialId) -> Option<Value> {
        self.credentials.value(id)
    }

    fn secrets(&self) -> Option<&dyn SecretSink> {
        Some(&*self.secrets)
    }
}
