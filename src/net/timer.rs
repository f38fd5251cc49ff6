//! Waits that end when they are to. tokio's timers have a resolution of a millisecond, which is much beside the time of a fast response; the system's own are
//! exact to some 50 microseconds.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::oneshot;

use super::clock::system;

/// A thread that wakes who waits, which begins with the first wait and ends when this is dropped.
#[derive(Default)]
pub(super) struct Timer(OnceLock<Option<Arc<Shared>>>);

#[derive(Default)]
struct Shared {
    queue: Mutex<Queue>,
    changed: Condvar,
}

#[derive(Default)]
struct Queue {
    /// The earliest is first.
    waits: BinaryHeap<Reverse<Wait>>,
    is_over: bool,
}

struct Wait {
    until: Instant,
    wake: oneshot::Sender<()>,
}

impl PartialEq for Wait {
    fn eq(&self, other: &Self) -> bool {
        self.until == other.until
    }
}

impl Eq for Wait {}

impl PartialOrd for Wait {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Wait {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.until.cmp(&other.until)
    }
}

impl Timer {
    /// Waits until an instant; for ever where the system gives no thread.
    pub async fn wait(&self, until: Instant) {
        let Some(shared) = self.0.get_or_init(Shared::start) else { return std::future::pending().await };
        if shared.add(until).await.is_err() {
            std::future::pending().await
        }
    }
}

impl Drop for Timer {
    fn drop(&mut self) {
        if let Some(Some(shared)) = self.0.get() {
            shared.lock().is_over = true;
            shared.changed.notify_all();
        }
    }
}

impl Shared {
    fn start() -> Option<Arc<Self>> {
        let shared = Arc::new(Self::default());
        let own = shared.clone();
        let thread = std::thread::Builder::new().name("e2e-timer".to_owned()).spawn(move || own.keep_time());
        thread.is_ok().then_some(shared)
    }

    fn add(&self, until: Instant) -> oneshot::Receiver<()> {
        let (wake, woken) = oneshot::channel();
        let mut queue = self.lock();
        let is_first = queue.waits.peek().is_none_or(|Reverse(first)| until < first.until);
        queue.waits.push(Reverse(Wait { until, wake }));
        drop(queue);
        if is_first {
            self.changed.notify_one();
        }
        woken
    }

    fn keep_time(&self) {
        let mut queue = self.lock();
        while !queue.is_over {
            let left = queue.waits.peek().map(|Reverse(first)| first.until.saturating_duration_since(system()));
            queue = match left {
                None => self.changed.wait(queue).unwrap_or_else(PoisonError::into_inner),
                Some(Duration::ZERO) => {
                    let due = queue.waits.pop();
                    drop(queue);
                    if let Some(Reverse(wait)) = due {
                        // Who waited may have gone.
                        let _ = wait.wake.send(());
                    }
                    self.lock()
                }
                Some(left) => self.changed.wait_timeout(queue, left).unwrap_or_else(PoisonError::into_inner).0,
            };
        }
    }

    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn no_wait_ends_before_its_time_whatever_else_is_waited_for() {
        let timer = Timer::default();
        let began = Instant::now();
        let one = async |millis: u64| {
            let time = Duration::from_millis(millis);
            timer.wait(began + time).await;
            assert!(began.elapsed() >= time, "{millis}");
        };
        tokio::join!(one(30), one(10), one(0), one(20), one(10));
    }

    #[tokio::test]
    async fn the_thread_ends_with_its_timer() {
        let timer = Timer::default();
        timer.wait(Instant::now()).await;
        let shared = timer.0.get().cloned().flatten().expect("a thread");
        let woken = shared.add(Instant::now() + Duration::from_secs(3600));
        drop(timer);
        while Arc::strong_count(&shared) > 1 {
            tokio::task::yield_now().await;
        }
        drop(shared);
        assert!(woken.await.is_err());
    }
}
