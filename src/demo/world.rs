//! What the services of one demo share: its data, its switches and its addresses.

use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use super::DemoUrls;
use super::agent::Runs;
use super::auth::{Accounts, Sessions};
use super::backend::{Limiter, Threads};
use super::behaviour::Behaviour;
use super::fault::Switches;
use super::injection::Injections;
use super::instance::{Instance, Instances};
use super::socket::Hub;

/// Everything that one demo knows.
#[derive(Debug, Default)]
pub(super) struct System {
    pub urls: OnceLock<DemoUrls>,
    pub switches: Switches,
    pub injections: Injections,
    pub accounts: Accounts,
    pub sessions: Sessions,
    pub threads: Threads,
    pub runs: Runs,
    pub hub: Hub,
    pub limiter: Limiter,
    pub instances: Instances,
}

impl System {
    pub fn behaviour(&self) -> Arc<Behaviour> {
        self.switches.behaviour()
    }

    pub fn urls(&self) -> DemoUrls {
        self.urls.get().cloned().unwrap_or_default()
    }

    /// Forgets all data, faults and injections.
    pub fn reset(&self) {
        self.switches.set([]);
        self.injections.reset();
        self.accounts.reset();
        self.sessions.reset();
        self.threads.reset();
        self.runs.reset();
        self.limiter.reset();
    }
}

/// What a handler knows: the world, and the instance that it answers for.
#[derive(Clone, Debug)]
pub(super) struct Service {
    pub world: Arc<System>,
    pub instance: Arc<Instance>,
}

impl Service {
    pub fn behaviour(&self) -> Arc<Behaviour> {
        self.world.behaviour()
    }
}

/// The lock's content. The data is consistent between any two statements, so that a panic elsewhere doesn't spoil it.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// As [`lock`], to read.
pub(super) fn read<T>(lock: &RwLock<T>) -> RwLockReadGuard<'_, T> {
    lock.read().unwrap_or_else(PoisonError::into_inner)
}

/// As [`lock`], to write.
pub(super) fn write<T>(lock: &RwLock<T>) -> RwLockWriteGuard<'_, T> {
    lock.write().unwrap_or_else(PoisonError::into_inner)
}
