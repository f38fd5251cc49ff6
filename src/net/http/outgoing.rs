use bytes::Bytes;
use hyper_util::rt::TokioIo;

use super::connect::Connection;

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
    Upgraded(Box<Upgraded>),
    /// A body that goes on.
    Body(Box<LiveBody>),
}

/// A body as it comes, content codings not undone. Dropping it cuts the connection, unless others share it.
pub struct LiveBody {
    pub(super) body: hyper::body::Incoming,
    pub(super) _connection: Connection,
}

impl LiveBody {
    /// The next bytes; `None` at the body's end.
    ///
    /// # Errors
    /// The connection was lost before the body's end, or the body's framing is broken.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>, hyper::Error> {
        use http_body_util::BodyExt as _;
        while let Some(frame) = self.body.frame().await {
            if let Ok(data) = frame?.into_data() {
                return Ok(Some(data));
            }
        }
        Ok(None)
    }
}
