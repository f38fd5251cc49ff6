use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use crate::event::Instant;
use crate::judge::CredentialRecord;
use crate::plan::{CredentialId, Plan};
use crate::value::Value;

/// Credentials that have been obtained: shared by all tests, fetched by one of them at a time.
#[derive(Default)]
pub(super) struct Credentials {
    values: Mutex<HashMap<CredentialId, Obtained>>,
    fetching: Mutex<HashMap<CredentialId, std::sync::Arc<tokio::sync::Mutex<()>>>>,
    history: Mutex<HashMap<CredentialId, History>>,
}

#[derive(Clone, Default)]
struct History {
    begun: u32,
    obtained: Vec<Instant>,
    failed: Option<String>,
}

#[derive(Clone)]
struct Obtained {
    value: Value,
    /// From then on it is to be fetched again.
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

    /// Begins to fetch one; which time that is, from 1.
    pub fn begin(&self, id: CredentialId) -> u32 {
        let mut history = self.history.lock().unwrap_or_else(PoisonError::into_inner);
        let history = history.entry(id).or_default();
        history.begun += 1;
        history.begun
    }

    /// Takes note of when one was obtained, or why it wasn't.
    pub fn note(&self, id: CredentialId, result: Result<Instant, String>) {
        let mut history = self.history.lock().unwrap_or_else(PoisonError::into_inner);
        let history = history.entry(id).or_default();
        match result {
            Ok(at) => history.obtained.push(at),
            Err(why) => history.failed = Some(why),
        }
    }

    /// All that were asked for, in the order of the plan.
    pub fn records(&self, plan: &Plan) -> Vec<CredentialRecord> {
        let history = self.history.lock().unwrap_or_else(PoisonError::into_inner);
        let known = plan.credentials.iter().enumerate();
        let record = |(index, credential): (usize, &crate::plan::Credential)| {
            let History { obtained, failed, .. } = history.get(&CredentialId(index))?.clone();
            let is_known = !obtained.is_empty() || failed.is_some();
            is_known.then_some(CredentialRecord { name: credential.name.clone(), obtained, failed })
        };
        known.filter_map(record).collect()
    }

    /// All are to be obtained again when they are next needed. What is on its way with an old one isn't disturbed.
    pub fn renew(&self) {
        let mut values = self.values.lock().unwrap_or_else(PoisonError::into_inner);
        values.values_mut().for_each(|obtained| obtained.renew_at = Some(Instant::ZERO));
    }

    /// Held while one test fetches it, so that the others wait instead of fetching too.
    pub fn turn(&self, id: CredentialId) -> std::sync::Arc<tokio::sync::Mutex<()>> {
        self.fetching.lock().unwrap_or_else(PoisonError::into_inner).entry(id).or_default().clone()
    }
}
