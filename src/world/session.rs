use std::sync::Mutex;
use std::time::Duration;

use super::cookies::Jar;
use super::{Outgoing, Pending};
use crate::event::{Exchange, Instant, Plainly};

/// The way of one user of a load to the outside, for requests that are sent many times as they are. It has connections of its own, and makes nothing of
/// a response that nobody will look at again.
pub trait Session: Send {
    /// Makes a request ready to be sent; gives its place. `None` where it can only be sent in the usual way.
    fn prepare(&mut self, request: Outgoing) -> Option<usize>;

    /// Sends the request at a place. What `holds` of the response needs no evidence; of any other one, and of a failure, there is an exchange, as if it had
    /// been sent in the usual way.
    fn send<'a>(
        &'a mut self,
        request: usize,
        limit: Duration,
        jar: Option<&'a Mutex<Jar>>,
        holds: &'a (dyn Fn(&Plainly<'_>) -> bool + Sync),
    ) -> Pending<'a, Prompt>;
}

/// What came of a request.
pub enum Prompt {
    Held {
        status: u16,
        started: Instant,
        first_byte: Duration,
        total: Duration,
    },
    Exchange(Box<Exchange>),
    /// It is to be sent in the usual way: nothing of it was sent, or nothing that the server can have acted on.
    Unsent,
}
