use std::io::Read;

use bytes::{Bytes, BytesMut};

use super::MAX_BODY_BYTES;
use super::failure::{failure, of_chain};
use crate::event::{Failure, FailureKind, Header};
use crate::value::format_size;

/// A body on the wire, read to its end; its bytes are counted as they come.
pub(super) async fn read<B>(body: B, authority: &str, status: u16, received: &mut u64) -> Result<Bytes, Failure>
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
    Ok(collected.freeze())
}

fn too_large(authority: &str, did: &str) -> Failure {
    failure(FailureKind::TooLarge, format!("{authority} {did} a body of more than {}", format_size(MAX_BODY_BYTES)))
}

/// Undoes the content codings of a body, last applied first (RFC 9110, section 8.4).
pub(super) fn decode(body: Bytes, headers: &[Header], authority: &str) -> Result<Bytes, Failure> {
    let codings: Vec<&str> = headers
        .iter()
        .filter(|header| header.name.eq_ignore_ascii_case("content-encoding"))
        .flat_map(|header| header.value.split(','))
        .map(str::trim)
        .filter(|coding| !coding.is_empty() && !coding.eq_ignore_ascii_case("identity"))
        .collect();
    if body.is_empty() {
        return Ok(body);
    }
    codings.into_iter().rev().try_fold(body, |body, coding| decode_one(&body, coding, authority))
}

fn decode_one(body: &Bytes, coding: &str, authority: &str) -> Result<Bytes, Failure> {
    let input: &[u8] = body;
    let broken =
        |what: &str| failure(FailureKind::Protocol, format!("{authority} sent a body that isn't valid {what}"));
    match coding.to_ascii_lowercase().as_str() {
        "gzip" | "x-gzip" => drain(flate2::read::MultiGzDecoder::new(input), || broken("gzip"), authority),
        // Servers send raw deflate as well as zlib under this name (RFC 9110, section 8.4.1.2).
        "deflate" => drain(flate2::read::ZlibDecoder::new(input), || broken("deflate"), authority)
            .or_else(|_| drain(flate2::read::DeflateDecoder::new(input), || broken("deflate"), authority)),
        "br" => drain(brotli::Decompressor::new(input, 4096), || broken("brotli"), authority),
        "zstd" => {
            let decoder = zstd::stream::read::Decoder::new(input).map_err(|_| broken("zstd"))?;
            drain(decoder, || broken("zstd"), authority)
        }
        other => {
            let message = format!("{authority} sent a body with the content coding `{other}`, which nobody asked for");
            Err(failure(FailureKind::Protocol, message))
        }
    }
}

/// Reads a decoder to its end, or to the limit: a small body can decode to gigabytes.
fn drain(decoder: impl Read, broken: impl Fn() -> Failure, authority: &str) -> Result<Bytes, Failure> {
    let mut out = Vec::new();
    decoder.take(MAX_BODY_BYTES + 1).read_to_end(&mut out).map_err(|_| broken())?;
    if out.len() as u64 > MAX_BODY_BYTES {
        return Err(too_large(authority, "decodes to"));
    }
    Ok(Bytes::from(out))
}
