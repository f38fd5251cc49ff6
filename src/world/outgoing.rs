use std::time::Duration;

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use crate::event::Occurrence;
use crate::plan::HttpVersion;

/// A request whose every part is known.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Outgoing {
    pub method: String,
    /// `http`, `https`, or for WebSockets `ws` and `wss`.
    pub url: String,
    pub headers: Vec<(String, String)>,
    #[serde(with = "crate::event::form::optional_data")]
    pub body: Option<Bytes>,
    /// For the whole exchange, redirects included.
    #[serde(with = "crate::event::form::nanoseconds")]
    pub limit: Duration,
    pub follow: u32,
    pub version: Option<HttpVersion>,
    pub verify: bool,
    /// Offers gzip, deflate, br and zstd.
    pub compressed: bool,
    /// User and password, to answer a Digest challenge with.
    pub digest: Option<(String, String)>,
    /// Of this request alone, beside those of the jar.
    pub cookies: Vec<(String, String)>,
    /// Has a connection of its own, which no request used before and none uses afterwards. Handshakes have one, whatever is said here.
    pub fresh: bool,
    /// Where a connection that was used before dies before the first byte of the response, the request is sent once more on a fresh one, if that
    /// can't make the server act twice.
    pub reconnect: bool,
    /// Which sending of which step it is.
    pub occurrence: Occurrence,
    /// What the transport's own random values (client nonces, handshake keys, masks) are drawn from, so that a run can be repeated.
    pub seed: u64,
}

/// Which response of an opening is read as it comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opening {
    /// Another protocol, when the response is 101.
    Upgrade,
    /// The body as it comes, when the response is a success.
    Stream,
}
