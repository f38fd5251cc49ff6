use std::sync::{Arc, Mutex, PoisonError};

use rayon::prelude::*;
use rayon::{ThreadPool, ThreadPoolBuilder};

/// With less text than this, in bytes, other threads would take longer to begin than the work takes.
const LITTLE: usize = 64 << 10;

/// The threads that [`spread`] has begun.
static POOL: Mutex<Option<Arc<ThreadPool>>> = Mutex::new(None);

/// What is made of each of several, in their order: on all cores where there are so many bytes of text to look at that it is worth it.
pub fn spread<'a, T: Sync, R: Send>(bytes: usize, all: &'a [T], make: impl Fn(&'a T) -> R + Sync + Send) -> Vec<R> {
    if all.len() < 2 || bytes < LITTLE {
        return all.iter().map(make).collect();
    }
    let spread = || all.par_iter().map(make).collect();
    match pool() {
        Some(pool) => pool.install(spread),
        None => spread(),
    }
}

/// Lets go of what takes time to: on the threads that [`spread`] has begun, if it has.
pub fn let_go(what: impl Send + 'static) {
    let pool = POOL.lock().unwrap_or_else(PoisonError::into_inner).clone();
    match pool {
        Some(pool) => pool.spawn(move || drop(what)),
        None => drop(what),
    }
}

/// Ends the threads that [`spread`] began, until it is asked again. An allocator keeps memory by threads: what these have freed is used by later ones only
/// when they are gone.
pub fn end_spreading() {
    POOL.lock().unwrap_or_else(PoisonError::into_inner).take();
}

/// `None` where the system has no threads to give.
fn pool() -> Option<Arc<ThreadPool>> {
    let mut pool = POOL.lock().unwrap_or_else(PoisonError::into_inner);
    if pool.is_none() {
        *pool = ThreadPoolBuilder::new().build().ok().map(Arc::new);
    }
    pool.clone()
}
