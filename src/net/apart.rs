//! Work that could take long, apart from the threads that read sockets and keep time: as much of it at once as the machine has cores, so that
//! those threads get their share. The caller stops waiting when its time is over, whatever the work is at; the work ends with its next look
//! (`value::effort`), and nothing waits for that, not even the end of the process.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::time::Instant;

use crate::value::effort::Effort;
use crate::world::Late;

/// How long work waits for a core of its own. Behind work that takes longer than that, whether or not anybody still waits for it, it is done beside
/// it: what is short mustn't wait for what is long.
const PATIENCE: Duration = Duration::from_millis(100);
/// How much more work than there are cores is done at once then, for each core.
const MORE: usize = 2;
/// By how much the threads of such work yield to all others: they get about a third of what those get of a core that both want.
#[cfg(target_os = "linux")]
const NICE: i32 = 5;

static PLACES: LazyLock<[Arc<Semaphore>; 2]> = LazyLock::new(|| {
    let cores = std::thread::available_parallelism().map_or(2, usize::from);
    [Arc::new(Semaphore::new(cores)), Arc::new(Semaphore::new(cores * MORE))]
});

/// Works on a thread that nothing else waits for. Where the caller stops waiting, the work is given up.
pub async fn apart<T: Send + 'static>(work: impl FnOnce(Effort) -> T + Send + 'static) -> T {
    begun(work, &AtomicBool::new(false)).await
}

/// The same, and waits no longer than until an instant.
///
/// # Errors
/// The instant came first. The time in the queue counts.
pub async fn apart_until<T: Send + 'static>(
    until: Instant,
    work: impl FnOnce(Effort) -> T + Send + 'static,
) -> Result<T, Late> {
    let has_begun = AtomicBool::new(false);
    let done = tokio::time::timeout_at(until, begun(work, &has_begun)).await;
    done.map_err(|_| Late { queued: !has_begun.load(Ordering::Relaxed) })
}

/// Does what must be done, however long it takes, on a thread of its own: it isn't queued, nor given up.
pub fn aside<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> impl Future<Output = T> {
    let begun = tokio::task::spawn_blocking(work);
    async {
        match begun.await {
            Ok(made) => made,
            Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
            // The run is being shut down, and no one waits for what this would give.
            Err(_) => std::future::pending().await,
        }
    }
}

async fn begun<T: Send + 'static>(work: impl FnOnce(Effort) -> T + Send + 'static, has_begun: &AtomicBool) -> T {
    let [places, more] = &*PLACES;
    let later = async {
        tokio::time::sleep(PATIENCE).await;
        more.clone().acquire_owned().await
    };
    let place = tokio::select! {
        biased;
        place = places.clone().acquire_owned() => place,
        place = later => place,
    };
    let (effort, _waiting) = Effort::new();
    has_begun.store(true, Ordering::Relaxed);
    let (send, made) = tokio::sync::oneshot::channel();
    let work = move || {
        // Given back when the work has really ended.
        let _place = place;
        let done = catch_unwind(AssertUnwindSafe(|| (!effort.is_vain()).then(|| effort.clone().make(|| work(effort)))));
        // Where no one waits, what was made ends here, and not on a thread that keeps time.
        drop(send.send(done));
    };
    on_a_thread(work);
    match made.await {
        Ok(Ok(Some(made))) => made,
        Ok(Err(panic)) => std::panic::resume_unwind(panic),
        // No one waits for what this would give.
        Ok(Ok(None)) | Err(_) => std::future::pending().await,
    }
}

/// A thread of its own, since its priority stays low; one of the runtime's where the system gives no more.
fn on_a_thread(work: impl FnOnce() + Send + 'static) {
    let work = Arc::new(Mutex::new(Some(work)));
    let take = |work: &Mutex<Option<_>>| work.lock().unwrap_or_else(PoisonError::into_inner).take();
    let of_thread = work.clone();
    let started = std::thread::Builder::new().name("e2e-apart".to_owned()).spawn(move || {
        yield_to_others();
        if let Some(work) = take(&of_thread) {
            work();
        }
    });
    if started.is_err()
        && let Some(work) = take(&work)
    {
        tokio::task::spawn_blocking(work);
    }
}

/// The threads that keep time come first. Where that can't be said, all are equal.
fn yield_to_others() {
    #[cfg(target_os = "linux")]
    let _ = rustix::process::setpriority_process(Some(rustix::thread::gettid()), NICE);
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;

    use super::*;

    #[tokio::test(flavor = "multi_thread")]
    async fn what_is_late_is_left_behind_and_what_is_short_isnt_kept_waiting() {
        let cores = std::thread::available_parallelism().map_or(2, usize::from);
        let (ends, has_ended) = channel::<bool>();
        let mut gates = Vec::new();
        for _ in 0..cores {
            let (gate, closed) = channel::<()>();
            let ends = ends.clone();
            // Work that never looks whether anybody waits.
            let late = apart_until(Instant::now() + Duration::from_millis(20), move |effort| {
                let _ = closed.recv();
                let _ = ends.send(effort.is_vain());
            });
            assert!(late.await.is_err());
            gates.push(gate);
        }
        assert_eq!(apart(|_| 1).await, 1, "in spite of what still goes on");
        drop(gates);
        for _ in 0..cores {
            assert!(has_ended.recv().unwrap(), "it finds out that no one waits");
        }
    }
}
