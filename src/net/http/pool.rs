//! Connections that wait for another request.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::connect::Connection;
use super::key::Key;
use crate::net::clock::present;
use crate::net::lanes::here;

/// How long a connection is kept for another request.
const IDLE: Duration = Duration::from_secs(30);
/// The most that are kept for one origin.
const MOST: usize = 64;
/// How many origins are remembered before those without a usable connection are forgotten.
const ORIGINS: usize = 256;
/// How long the next request waits for a connection whose response has been read.
const RETURNING: Duration = Duration::from_millis(50);

#[derive(Clone, Default)]
pub(super) struct Pool(Arc<Mutex<HashMap<Key, Vec<Idle>>>>);

struct Idle {
    connection: Connection,
    since: tokio::time::Instant,
    /// Where its task is.
    lane: usize,
}

impl Idle {
    fn is_usable(&self) -> bool {
        self.is_fresh() && self.connection.is_idle()
    }

    /// It hasn't waited too long: known without a look at its socket.
    fn is_fresh(&self) -> bool {
        let idle = self.since.elapsed();
        idle < IDLE && !self.connection.is_overdue(idle)
    }
}

impl Pool {
    /// The connection that was used last, if one is there that seems alive; with `proven`, one that can be trusted not to be lost.
    pub fn take(&self, key: &Key, proven: bool) -> Option<Connection> {
        let mut pool = self.lock();
        let idle = pool.get_mut(key)?;
        idle.retain(Idle::is_fresh);
        // One whose task is on another thread would cost more than it saves.
        let fits = |one: &Idle| one.lane == here() && (!proven || one.connection.is_proven(one.since.elapsed()));
        loop {
            let at = idle.iter().rposition(fits)?;
            let one = idle.remove(at);
            if !one.connection.is_idle() {
                continue;
            }
            if let Some(shared) = one.connection.share() {
                idle.insert(at, one);
                return Some(shared);
            }
            return Some(one.connection);
        }
    }

    fn put(&self, key: &Key, connection: Connection) {
        let mut pool = self.lock();
        if pool.len() >= ORIGINS && !pool.contains_key(key) {
            pool.retain(|_, idle| idle.iter().any(Idle::is_usable));
        }
        let idle = pool.entry(key.clone()).or_default();
        if idle.len() >= MOST {
            idle.remove(0);
        }
        idle.push(Idle { connection, since: present(), lane: here() });
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<Key, Vec<Idle>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A connection whose response has been read to its end.
pub(super) struct Returning {
    pool: Pool,
    key: Key,
    connection: Connection,
}

impl Returning {
    pub fn new(pool: &Pool, key: Key, connection: Connection) -> Self {
        Self { pool: pool.clone(), key, connection }
    }

    /// Puts it back as soon as it can take another request, which is at once where the server keeps to HTTP.
    pub async fn settle(self) {
        let Self { pool, key, mut connection } = self;
        // Several requests share it: it is there already, or is the first of its kind.
        if connection.is_http2() {
            let known =
                pool.lock().get(&key).is_some_and(|idle| idle.iter().any(|one| one.lane == here() && one.is_usable()));
            if !known && connection.is_idle() {
                pool.put(&key, connection);
            }
            return;
        }
        // That takes its task no more than a turn, as a rule.
        if let Ok(is_idle) = tokio::time::timeout(RETURNING, connection.becomes_idle()).await {
            if is_idle {
                pool.put(&key, connection);
            }
            return;
        }
        // One that is still busy, with a request that wasn't wanted to its end, comes later or never.
        drop(tokio::spawn(async move {
            // A peer that has gone silent amid a response would keep it for ever.
            if tokio::time::timeout(IDLE, connection.becomes_idle()).await.unwrap_or(false) {
                pool.put(&key, connection);
            }
        }));
    }
}
