use std::pin::Pin;
use std::task::{Context, Poll};

/// How much of the stack a block of steps finds free at least, in bytes: what its steps need, without the blocks inside of them.
const NEEDED: usize = 256 << 10;
/// How much more is made at a time where less is free.
const MORE: usize = 2 << 20;

/// A future of which others are made inside of each other, as deep as a spec nests blocks and calls of flows. Neither to go on with it nor to give it
/// up ends at the end of the thread's stack.
pub(super) struct Deep<'a, T>(Option<Pin<Box<dyn Future<Output = T> + Send + 'a>>>);

impl<'a, T> Deep<'a, T> {
    pub fn new(future: impl Future<Output = T> + Send + 'a) -> Self {
        Self(Some(Box::pin(future)))
    }
}

impl<T> Future for Deep<'_, T> {
    type Output = T;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<T> {
        match &mut self.0 {
            Some(future) => stacker::maybe_grow(NEEDED, MORE, || future.as_mut().poll(context)),
            None => Poll::Pending,
        }
    }
}

impl<T> Drop for Deep<'_, T> {
    fn drop(&mut self) {
        let future = self.0.take();
        stacker::maybe_grow(NEEDED, MORE, || drop(future));
    }
}
