use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;

use bytes::Bytes;
use hyper_util::rt::TokioIo;

use super::body::WireBody;
use super::connect::Connection;
use super::tap::{Lookout, Taken};

/// What is wanted of the response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    Whole,
    /// Another protocol, when the response is 101.
    Upgrade,
    /// The body as it comes, when the response is a success.
    Stream,
}

/// A connection that speaks another protocol after a 101.
pub type Upgraded = TokioIo<hyper::upgrade::Upgraded>;

/// What stays of a response that isn't read to its end at once.
pub enum Live {
    /// With a look at what it hasn't read.
    Upgraded(Box<Upgraded>, Lookout),
    /// A body that goes on.
    Body(Box<LiveBody>),
}

/// A body as it comes, content codings not undone. Dropping it cuts the connection, unless others share it.
pub struct LiveBody {
    body: WireBody,
    connection: Connection,
    taken: Arc<Taken>,
}

impl LiveBody {
    pub(super) fn new(body: WireBody, connection: Connection) -> Self {
        Self { body, connection, taken: Arc::default() }
    }

    /// A look at what of it hasn't been read.
    pub fn lookout(&self) -> Lookout {
        self.connection.lookout(Some(self.taken.clone()))
    }

    /// The next bytes; `None` at the body's end. `drained` is called whenever it turns out that there are none yet.
    ///
    /// # Errors
    /// The body was cut short, or its framing is broken: what became of it.
    pub async fn chunk(&mut self, drained: impl Fn()) -> Result<Option<Bytes>, String> {
        let (taken, traffic) = (&self.taken, &self.connection.traffic);
        let mut next = pin!(self.body.chunk());
        let chunk = poll_fn(|context| taken.poll(traffic, context, next.as_mut(), &drained)).await;
        chunk.map_err(|cut| cut.words())
    }
}
