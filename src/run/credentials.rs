use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use crate::event::Instant;
use crate::plan::CredentialId;
use crate::value::Value;

/// Credentials that have been obtained: shared by all tests, fetched by one of them at a time.
#[derive(Default)]
pub(super) struct Credentials {
    values: Mutex<HashMap<CredentialId, Obtained>>,
    fetching: Mutex<HashMap<CredentialId, std::sync::Arc<tokio::sync::Mutex<()>>>>,
}

#[derive(Clone)]
struct Obtained {
    value: Value,
    /// From then on it is to be fetched anew.
    renew_at: Option<Instant>,
}

impl Credentials {
    pub fn value(&self, id: CredentialId) -> Option<Value> {
        self.values.lock().unwrap_or_else(PoisonError::into_inner).get(&id).map(|obtained| obtained.value.clone())
    }

    /// Whether there is one that needn't be renewed yet.
    pub fn is_fresh(&self, id: CredentialId, now: Instant) -> bool {
        let values = self.values.lock().unwrap_or_else(PoisonError::into_inner);
        values.get(&id).is_some_and(|obtained| obtained.renew_at.is_none_or(|at| now < at))
    }

    pub fn store(&self, id: CredentialId, value: Value, renew_at: Option<Instant>) {
        self.values.lock().unwrap_or_else(PoisonError::into_inner).insert(id, Obtained { value, renew_at });
    }

    /// Held while one test fetches it, so that the others wait instead of fetching too.
    pub fn turn(&self, id: CredentialId) -> std::sync::Arc<tokio::sync::Mutex<()>> {
        self.fetching.lock().unwrap_or_else(PoisonError::into_inner).entry(id).or_default().clone()
    }
}
