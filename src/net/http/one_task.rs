//! Runs the parts of an HTTP/2 connection in one task.

use std::pin::Pin;

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use tokio::sync::mpsc;

type Part = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Takes the parts of a connection, which never run at the same time.
///
/// hyper gives a request to h2 and asks afterwards whether the connection is still open; if it isn't, the request fails. Where the part that
/// reads frames runs on another thread, a GOAWAY that comes in between fails a request that the server has taken on and responds to, with the
/// very error of a request that it hasn't looked at: a repetition would then have the server act twice. In one task nothing comes in between.
#[derive(Clone)]
pub(super) struct OneTask(mpsc::UnboundedSender<Part>);

/// The parts that are still to run.
pub(super) struct Parts(mpsc::UnboundedReceiver<Part>);

impl OneTask {
    pub fn new() -> (Self, Parts) {
        let (sender, receiver) = mpsc::unbounded_channel();
        (Self(sender), Parts(receiver))
    }
}

impl<F: Future<Output = ()> + Send + 'static> hyper::rt::Executor<F> for OneTask {
    fn execute(&self, part: F) {
        // Parts that come after the end have nothing left to do.
        let _ = self.0.send(Box::pin(part));
    }
}

impl Parts {
    /// Ends with the last part, when none of them can bring another.
    pub async fn run(mut self) {
        let mut running = FuturesUnordered::new();
        loop {
            tokio::select! {
                Some(part) = self.0.recv() => running.push(part),
                Some(()) = running.next() => {}
                else => break,
            }
        }
    }
}
