use std::sync::Arc;

use super::stop::Stop;
use crate::judge::Progress;
use crate::value::SecretSink;

/// How a run is to be carried out.
#[derive(Clone)]
pub struct Options {
    /// How many tests run at the same time, at most.
    pub jobs: usize,
    /// How many times a failed test is run again, where it doesn't say so itself.
    pub retries: Option<u32>,
    /// Stop at the first test that fails.
    pub fail_fast: bool,
    pub seed: u64,
    pub stop: Stop,
    /// Learns every secret that the run meets.
    pub secrets: Arc<dyn SecretSink>,
    /// Which part of how many, from 1.
    pub shard: Option<(u32, u32)>,
    /// SHA-256 of the specs and of what was selected of them, hexadecimal.
    pub specs: Option<String>,
    /// Weak evidence keeps the run from being ready.
    pub deny_weak: bool,
    /// The run's progress is written down before it goes on, so that a process that is killed loses no more than what was under way. To receive it takes its time
    /// then.
    pub written_down: bool,
}

/// Called as the run goes on, from whichever task is at it.
pub type OnProgress = Arc<dyn Fn(Progress) + Send + Sync>;
