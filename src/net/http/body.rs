use bytes::{Bytes, BytesMut};
use hyper::body::Incoming;

use super::MAX_BODY_BYTES;
use super::failure::{failure, of_chain, reset_reason};
use crate::event::{Failure, FailureKind, Header};
use crate::net::coding::{Broken, Decoding};
use crate::value::format_size;

/// A body as it comes over the wire, content codings not undone: the one place that says where a body ends.
///
/// HTTP/1.1's framing is hyper's to keep. hyper passes off an HTTP/2 body that the server cut short by RST_STREAM with NO_ERROR as complete, and
/// only END_STREAM ends one: RST_STREAM with NO_ERROR behind it says that the rest of the request isn't wanted, and changes nothing about the
/// response (RFC 9113, section 8.1).
pub(super) struct WireBody {
    body: Incoming,
    is_http2: bool,
}

/// Why a body has no end.
#[derive(Debug)]
pub(super) enum CutShort {
    Failed(hyper::Error),
    /// RST_STREAM with NO_ERROR (HTTP/2).
    Reset,
}

impl WireBody {
    pub fn new(version: http::Version, body: Incoming) -> Self {
        Self { body, is_http2: version == http::Version::HTTP_2 }
    }

    /// The next bytes; `None` at the body's end.
    ///
    /// # Errors
    /// The connection or the stream ended before the body did, or the body's framing is broken.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>, CutShort> {
        use http_body::Body as _;
        use http_body_util::BodyExt as _;
        while let Some(frame) = self.body.frame().await {
            if let Ok(data) = frame.map_err(CutShort::Failed)?.into_data() {
                return Ok(Some(data));
            }
        }
        if self.is_http2 && !self.body.is_end_stream() { Err(CutShort::Reset) } else { Ok(None) }
    }
}

impl CutShort {
    /// The reason that the server gave, where it ended the stream alone.
    fn reset(&self) -> Option<String> {
        match self {
            CutShort::Reset => Some(reset_words(h2::Reason::NO_ERROR)),
            CutShort::Failed(error) => reset_reason(error).map(reset_words),
        }
    }

    fn failure(&self, authority: &str, status: u16) -> Failure {
        if let CutShort::Failed(error) = self
            && reset_reason(error).is_none()
        {
            return of_chain(error, authority, Some(status));
        }
        let reset = self.reset().unwrap_or_default();
        let message = format!("{authority} cut its response short before it was complete ({reset})");
        Failure { status: Some(status), ..failure(FailureKind::Closed, message) }
    }

    /// What became of a body that goes on.
    pub fn words(&self) -> String {
        match self.reset() {
            Some(reset) => format!("the server cut it short before its end ({reset})"),
            None => "the connection was lost before the body's end".to_owned(),
        }
    }
}

/// `RST_STREAM with CANCEL`, as RFC 9113, section 7, names the codes.
fn reset_words(reason: h2::Reason) -> String {
    match u32::from(reason) {
        // h2 gives these names in its `Debug`.
        0..=0xd => format!("RST_STREAM with {reason:?}"),
        code => format!("RST_STREAM with code {code:#x}"),
    }
}

/// A body on the wire, read to its end; its bytes are counted as they come.
pub(super) async fn read(
    mut body: WireBody,
    authority: &str,
    status: u16,
    received: &mut u64,
) -> Result<Bytes, Failure> {
    let mut collected = BytesMut::new();
    while let Some(data) = body.chunk().await.map_err(|cut| cut.failure(authority, status))? {
        *received += data.len() as u64;
        if collected.len() as u64 + data.len() as u64 > MAX_BODY_BYTES {
            return Err(too_large(authority, "sent"));
        }
        collected.extend_from_slice(&data);
    }
    Ok(collected.freeze())
}

fn too_large(authority: &str, did: &str) -> Failure {
    failure(FailureKind::TooLarge, format!("{authority} {did} a body of more than {}", format_size(MAX_BODY_BYTES)))
}

/// Undoes the content codings of a body, last applied first (RFC 9110, section 8.4).
/// Apart from the threads that read sockets: a small body may decode to a large one.
pub(super) async fn decode(body: Bytes, headers: &[Header], authority: &str, status: u16) -> Result<Bytes, Failure> {
    let broken = |broken: Broken| match broken {
        Broken::TooLarge => too_large(authority, "sent what decodes to"),
        broken => Failure {
            status: Some(status),
            ..failure(FailureKind::Protocol, format!("{authority} sent a body {broken}"))
        },
    };
    if body.is_empty() {
        return Ok(body);
    }
    let mut decoding = Decoding::of(headers).map_err(broken)?;
    if decoding.is_identity() {
        return Ok(body);
    }
    let decode = move || {
        let mut out = Vec::new();
        decoding.push(&body, &mut out, MAX_BODY_BYTES as usize).and_then(|()| decoding.finish()).map(|()| out)
    };
    match tokio::task::spawn_blocking(decode).await {
        Ok(decoded) => decoded.map(Bytes::from).map_err(broken),
        Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
        // The run is being shut down, and nobody waits for the body.
        Err(_) => std::future::pending().await,
    }
}
