use bytes::Bytes;
use hyper_util::rt::TokioIo;

use super::body::WireBody;
use super::connect::Connection;
use super::tap::Watch;

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
    /// With a look at its socket.
    Upgraded(Box<Upgraded>, Watch),
    /// A body that goes on.
    Body(Box<LiveBody>),
}

/// A body as it comes, content codings not undone. Dropping it cuts the connection, unless others share it.
pub struct LiveBody {
    pub(super) body: WireBody,
    pub(super) connection: Connection,
}

impl LiveBody {
    /// A look at the connection that carries it.
    pub fn watch(&self) -> Watch {
        self.connection.watch.clone()
    }

    /// The next bytes; `None` at the body's end.
    ///
    /// # Errors
    /// The body was cut short, or its framing is broken: what became of it.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>, String> {
        self.body.chunk().await.map_err(|cut| cut.words())
    }
}
