use std::collections::VecDeque;
use std::future::poll_fn;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Poll, Waker};

/// What one task leaves for another, in its order. An empty one takes little room: there is one for each of thousands of connections, most of which wait.
pub(super) struct Queue<T>(Mutex<Inner<T>>);

struct Inner<T> {
    items: VecDeque<T>,
    waiter: Option<Waker>,
    is_closed: bool,
}

impl<T> Default for Queue<T> {
    fn default() -> Self {
        Self(Mutex::new(Inner { items: VecDeque::new(), waiter: None, is_closed: false }))
    }
}

impl<T> Queue<T> {
    /// Whether someone takes it.
    pub fn push(&self, item: T) -> bool {
        let mut inner = self.lock();
        if inner.is_closed {
            return false;
        }
        inner.items.push_back(item);
        let waiter = inner.waiter.take();
        drop(inner);
        waiter.into_iter().for_each(Waker::wake);
        true
    }

    /// Waits for the next one. Only one task may wait at a time.
    pub async fn next(&self) -> T {
        poll_fn(|context| {
            let mut inner = self.lock();
            let Some(item) = inner.items.pop_front() else {
                inner.waiter = Some(context.waker().clone());
                return Poll::Pending;
            };
            if inner.items.is_empty() {
                inner.items = VecDeque::new();
            }
            Poll::Ready(item)
        })
        .await
    }

    /// No one takes anything any more; what is left is dropped.
    pub fn close(&self) {
        let mut inner = self.lock();
        inner.is_closed = true;
        let left = std::mem::take(&mut inner.items);
        drop(inner);
        drop(left);
    }

    fn lock(&self) -> MutexGuard<'_, Inner<T>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[tokio::test]
    async fn what_is_pushed_comes_in_its_order_and_nothing_behind_the_end() {
        let queue = Arc::new(Queue::default());
        let taken = tokio::spawn({
            let queue = queue.clone();
            async move { [queue.next().await, queue.next().await, queue.next().await] }
        });
        assert!(queue.push(1) && queue.push(2));
        tokio::task::yield_now().await;
        assert!(queue.push(3));
        assert_eq!(taken.await.ok(), Some([1, 2, 3]));
        assert!(queue.push(4));
        queue.close();
        assert!(!queue.push(5));
        assert!(tokio::time::timeout(std::time::Duration::ZERO, queue.next()).await.is_err());
    }
}
