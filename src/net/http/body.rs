use bytes::Bytes;
use hyper::body::Incoming;
use tokio::sync::Semaphore;

use super::MAX_BODY_BYTES;
use super::failure::{failure, given_up, of_chain, reset_reason};
use crate::event::{Failure, FailureKind, Header};
use crate::net::apart::apart;
use crate::net::coding::{Broken, Decoding};
use crate::value::{Json, format_size};
use crate::world::{Budget, Share};

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
            None => {
                let given_up = match self {
                    CutShort::Failed(error) => given_up(error),
                    CutShort::Reset => None,
                };
                match given_up {
                    Some(why) => format!("{why}, before the body's end"),
                    None => "the connection was lost before the body's end".to_owned(),
                }
            }
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

/// Where a body is kept: what counts it, and who sent it.
pub(super) struct Keeping<'a> {
    pub budget: &'a Budget,
    /// One body at a time decodes to more than [`SMALL`].
    pub decodes: &'a Semaphore,
    pub authority: &'a str,
    pub status: u16,
}

/// A body that decodes to no more than this, in bytes, is decoded beside others.
const SMALL: usize = 1 << 20;

/// A body of no more than this, in bytes, is taken for one whose tree is as large as any.
const TINY: usize = 1 << 10;

fn is_json(body: &[u8]) -> bool {
    let start = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body).trim_ascii_start().first();
    matches!(start, Some(b'{' | b'['))
}

/// A body on the wire, read to its end; its bytes are counted as they come.
pub(super) async fn read(
    mut body: WireBody,
    keeping: &Keeping<'_>,
    received: &mut u64,
) -> Result<(Vec<u8>, Share), Failure> {
    let (mut collected, mut share): (Vec<u8>, _) = (Vec::new(), keeping.budget.share());
    while let Some(data) = body.chunk().await.map_err(|cut| cut.failure(keeping.authority, keeping.status))? {
        *received += data.len() as u64;
        let length = collected.len() + data.len();
        if length as u64 > MAX_BODY_BYTES {
            return Err(keeping.too_large("sent"));
        }
        if length > collected.capacity() {
            let room = length.max(collected.capacity() * 2).min(MAX_BODY_BYTES as usize);
            share.resize(room as u64).map_err(|_| keeping.exhausted())?;
            collected.reserve_exact(room - collected.len());
        }
        collected.extend_from_slice(&data);
    }
    Ok((collected, share))
}

/// Undoes the content codings of a body, last applied first (RFC 9110, section 8.4), and counts what will be kept of it.
/// Apart from the threads that read sockets: a small body may decode to a large one.
pub(super) async fn decode(
    (body, share): (Vec<u8>, Share),
    headers: &[Header],
    keeping: &Keeping<'_>,
) -> Result<Bytes, Failure> {
    let broken = |broken: Broken| match broken {
        Broken::TooLarge => keeping.too_large("sent what decodes to"),
        broken => Failure {
            status: Some(keeping.status),
            ..failure(FailureKind::Protocol, format!("{} sent a body {broken}", keeping.authority))
        },
    };
    if body.is_empty() {
        return Ok(Bytes::new());
    }
    if !Decoding::of(headers).map_err(broken)?.is_identity() {
        // What few bodies need takes no room in the future of each request.
        return Box::pin(undone(body, share, headers, keeping, broken)).await;
    }
    match body.len() {
        0..=SMALL => keeping.kept(body, share, Json::weigh),
        _ => Box::pin(keeping.kept_apart(body, share)).await,
    }
}

async fn undone(
    body: Vec<u8>,
    mut share: Share,
    headers: &[Header],
    keeping: &Keeping<'_>,
    broken: impl Fn(Broken) -> Failure,
) -> Result<Bytes, Failure> {
    let body = Bytes::from(body);
    match decoded(&body, headers, SMALL).await {
        Ok(decoded) => return keeping.kept_apart(decoded, share).await,
        Err(Broken::TooLarge) => {}
        Err(other) => return Err(broken(other)),
    }
    let _alone = keeping.decodes.acquire().await;
    share.grow(MAX_BODY_BYTES).map_err(|_| keeping.exhausted())?;
    let decoded = decoded(&body, headers, MAX_BODY_BYTES as usize).await.map_err(broken)?;
    drop(body);
    keeping.kept_apart(decoded, share).await
}

async fn decoded(body: &Bytes, headers: &[Header], limit: usize) -> Result<Vec<u8>, Broken> {
    let mut decoding = Decoding::of(headers)?;
    let body = body.clone();
    apart(move |_| {
        let mut out = Vec::new();
        decoding.push(&body, &mut out, limit).and_then(|()| decoding.finish()).map(|()| out)
    })
    .await
}

impl Keeping<'_> {
    /// Counts a body that is kept, and the tree that it is read into where it is JSON.
    fn kept(&self, mut body: Vec<u8>, mut share: Share, weigh: impl FnOnce(&[u8]) -> u64) -> Result<Bytes, Failure> {
        body.shrink_to_fit();
        let tree = match body.len() {
            // Weighing would take as long as reading, and too much room isn't much here.
            length @ 0..=TINY => length as u64 * Json::MOST_PER_BYTE,
            _ if is_json(&body) => weigh(&body),
            _ => 0,
        };
        share.resize(body.len() as u64 + tree).map_err(|_| self.exhausted())?;
        Ok(share.hold(body))
    }

    /// The same of one that may be large.
    async fn kept_apart(&self, body: Vec<u8>, share: Share) -> Result<Bytes, Failure> {
        if body.len() <= SMALL || !is_json(&body) {
            return self.kept(body, share, Json::weigh);
        }
        let (weight, body) = apart(move |_| (Json::weigh(&body), body)).await;
        self.kept(body, share, |_| weight)
    }

    fn too_large(&self, did: &str) -> Failure {
        let message = format!("{} {did} a body of more than {}", self.authority, format_size(MAX_BODY_BYTES));
        failure(FailureKind::TooLarge, message)
    }

    /// No fault of the server's.
    fn exhausted(&self) -> Failure {
        let message = format!("the response of {} wasn't kept: {}", self.authority, self.budget.words());
        Failure { status: Some(self.status), ..failure(FailureKind::TooLarge, message) }
    }
}
