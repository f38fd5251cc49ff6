//! What work waits for that is known to have come: where work is done again from a record, a limit around it cuts it off only while it waits for
//! nothing that did come. A machine that is late may have come to it behind the limit, and looked at it before it looked at the limit.

use std::cell::RefCell;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};

use futures_util::task::AtomicWaker;

pin_project_lite::pin_project! {
    /// Work inside of a limit, which is another future. It isn't an `async fn`, since one has room for what it is given twice.
    pub(super) struct Limited<L, W> {
        #[pin]
        limit: L,
        #[pin]
        work: W,
        awaited: Arc<Awaited>,
        is_reached: bool,
    }
}

impl<L, W> Limited<L, W> {
    pub fn new(limit: L, work: W) -> Self {
        Self { limit, work, awaited: Arc::default(), is_reached: false }
    }
}

impl<L: Future<Output = ()>, W: Future> Future for Limited<L, W> {
    type Output = Option<W::Output>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        if let Poll::Ready(done) = this.awaited.around(|| this.work.poll(context)) {
            return Poll::Ready(Some(done));
        }
        if !*this.is_reached {
            std::task::ready!(this.limit.poll(context));
            *this.is_reached = true;
        }
        this.awaited.poll_nothing(context).map(|()| None)
    }
}

/// How much of what is known to come is waited for inside of one limit.
#[derive(Default)]
struct Awaited {
    count: AtomicUsize,
    waker: AtomicWaker,
}

thread_local! {
    /// Of the limits around what is being polled on this thread, from the outermost in.
    static AROUND: RefCell<Vec<Arc<Awaited>>> = const { RefCell::new(Vec::new()) };
}

impl Awaited {
    /// Goes on with work inside of this limit.
    fn around<T>(self: &Arc<Self>, poll: impl FnOnce() -> T) -> T {
        /// Takes the limit away again, also where the work panics.
        struct Entered;
        impl Drop for Entered {
            fn drop(&mut self) {
                AROUND.with_borrow_mut(|around| drop(around.pop()));
            }
        }
        AROUND.with_borrow_mut(|around| around.push(self.clone()));
        let _entered = Entered;
        poll()
    }

    /// Whether nothing that is known to come is waited for.
    fn poll_nothing(&self, context: &Context<'_>) -> Poll<()> {
        self.waker.register(context.waker());
        if self.count.load(Ordering::Acquire) == 0 { Poll::Ready(()) } else { Poll::Pending }
    }

    fn begin(&self) {
        self.count.fetch_add(1, Ordering::AcqRel);
    }

    fn end(&self) {
        if self.count.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.waker.wake();
        }
    }
}

/// A wait for what is known to come.
pub(super) fn known<T: Send + 'static>(
    wait: impl Future<Output = T> + Send + 'static,
) -> impl Future<Output = T> + Send + 'static {
    let mut limits = None;
    let mut wait = Box::pin(wait);
    std::future::poll_fn(move |context| {
        let polled = wait.as_mut().poll(context);
        if polled.is_ready() {
            limits = None;
        } else if limits.is_none() {
            limits = Some(Limits::begin());
        }
        polled
    })
}

/// The limits around a wait, for as long as it goes on.
struct Limits(Vec<Arc<Awaited>>);

impl Limits {
    fn begin() -> Self {
        let around = AROUND.with_borrow(Clone::clone);
        around.iter().for_each(|limit| limit.begin());
        Self(around)
    }
}

impl Drop for Limits {
    fn drop(&mut self) {
        self.0.iter().for_each(|limit| limit.end());
    }
}

#[cfg(test)]
mod tests {
    use super::super::timeline::Timeline;
    use super::*;
    use crate::event::Instant;
    use crate::world::Time as _;

    /// A limit of 100 ms around a wait, known or not: when it was over, and whether the wait came to its end.
    fn limited(wait: u64, is_known: bool) -> (Instant, bool) {
        let ran = Timeline::run(|clock| async move {
            let waits = clock.sleep_until(Instant::from_millis(wait));
            let work = async move { if is_known { known(waits).await } else { waits.await } };
            let is_whole = Limited::new(clock.sleep_until(Instant::from_millis(100)), work).await.is_some();
            (clock.now(), is_whole)
        });
        ran.unwrap()
    }

    #[test]
    fn a_limit_waits_for_what_is_known_to_come() {
        let at = Instant::from_millis;
        assert_eq!(limited(50, false), (at(50), true));
        assert_eq!(limited(150, false), (at(100), false));
        assert_eq!(limited(150, true), (at(150), true));
    }
}
