use bytes::{Bytes, BytesMut};

use super::MAX_BODY_BYTES;
use super::failure::{failure, of_chain};
use crate::event::{Failure, FailureKind, Header};
use crate::net::coding::{Broken, Decoding};
use crate::value::format_size;

/// A body on the wire, read to its end; its bytes are counted as they come.
///
/// hyper passes off an HTTP/2 body that the server cut short with CANCEL or NO_ERROR as complete: with `has_end`, it must have said that it ends
/// (RFC 9113, section 8.1).
pub(super) async fn read<B>(
    body: B,
    has_end: bool,
    authority: &str,
    status: u16,
    received: &mut u64,
) -> Result<Bytes, Failure>
where
    B: http_body::Body<Data = Bytes>,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    use http_body_util::BodyExt as _;
    let mut body = std::pin::pin!(body);
    let mut collected = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| of_chain(&*error.into(), authority, Some(status)))?;
        let Ok(data) = frame.into_data() else { continue };
        *received += data.len() as u64;
        if collected.len() as u64 + data.len() as u64 > MAX_BODY_BYTES {
            return Err(too_large(authority, "sent"));
        }
        collected.extend_from_slice(&data);
    }
    if has_end && !body.is_end_stream() {
        let message = format!("{authority} cut its response short before it was complete");
        return Err(Failure { status: Some(status), ..failure(FailureKind::Closed, message) });
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
    let decode = move |_| {
        let mut out = Vec::new();
        decoding.push(&body, &mut out, MAX_BODY_BYTES as usize).and_then(|()| decoding.finish()).map(|()| out)
    };
    crate::net::apart::apart(decode).await.map(Bytes::from).map_err(broken)
}
