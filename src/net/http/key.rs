use crate::plan::HttpVersion;

/// Which requests can share a connection.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Key {
    pub https: bool,
    pub host: String,
    pub port: u16,
    pub verify: bool,
    pub version: Protocol,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Protocol {
    /// HTTP/2 where TLS negotiates it, else HTTP/1.1.
    Any,
    Http11,
    Http2,
}

impl From<Option<HttpVersion>> for Protocol {
    fn from(version: Option<HttpVersion>) -> Self {
        match version {
            None => Protocol::Any,
            Some(HttpVersion::Http11) => Protocol::Http11,
            Some(HttpVersion::Http2) => Protocol::Http2,
        }
    }
}
