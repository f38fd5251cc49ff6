//! Redirects (RFC 9110, section 15.4).

use super::MAX_REDIRECTS;
use super::progress::Progress;
use super::target::{authority, origin};
use crate::event::{Failure, FailureKind, Hop, Instant, Response, Timings};

/// Where the response redirects to, when redirects are followed and `followed` of them were.
///
/// # Errors
/// There were too many, or the place isn't one of HTTP.
pub(super) fn target(response: &Response, follow: u32, followed: usize) -> Result<Option<String>, Failure> {
    if follow == 0 || !matches!(response.status, 301 | 302 | 303 | 307 | 308) {
        return Ok(None);
    }
    let base = url::Url::parse(&response.url).ok();
    let Some(next) = base.zip(response.header("location")).and_then(|(base, next)| base.join(next).ok()) else {
        return Ok(None);
    };
    let failed = |kind, message| Err(Failure { kind, message, status: Some(response.status) });
    if followed as u32 >= follow.min(MAX_REDIRECTS) {
        let message = format!("{followed} redirects were followed, and the next response redirects again to {next}");
        return failed(FailureKind::TooManyRedirects, message);
    }
    if !matches!(next.scheme(), "http" | "https" | "ws" | "wss") {
        let from = authority(&response.url);
        return failed(FailureKind::Protocol, format!("{from} redirects to `{next}`, which isn't an HTTP URL"));
    }
    Ok(Some(next.into()))
}

/// A 303, and by custom a POST's 301 and 302, go on as GET without the body. Another origin gets none of the headers that could identify
/// the caller.
pub(super) fn follow(progress: &mut Progress, response: &Response, next: String, now: Instant) {
    let begun = progress.begun.unwrap_or(now);
    let is_own = progress.peer.as_ref().is_some_and(|peer| !peer.reused);
    let stages = if is_own { progress.stages } else { Timings::default() };
    let hop = Hop {
        status: response.status,
        url: progress.url.clone(),
        peer: progress.peer.take(),
        method: progress.method.clone(),
        request_headers: progress.last_headers(),
        headers: response.headers.clone(),
        version: response.version,
        wire_size: Some(response.wire_size),
        begun,
        ended: now,
        timings: Some(Timings { first_byte: progress.first_byte, total: now.saturating_sub(begun), ..stages }),
    };
    progress.hops.push(hop);
    let to_get = (response.status == 303 && progress.method != "HEAD")
        || (matches!(response.status, 301 | 302) && progress.method == "POST");
    if to_get {
        progress.method = "GET".to_owned();
        progress.body = None;
        let of_body = |name: &str| name.starts_with("content-") || name == "transfer-encoding";
        progress.headers.retain(|(name, _)| !of_body(&name.to_ascii_lowercase()));
    }
    if origin(&progress.url) != origin(&next) {
        const KEPT: [&str; 5] = ["accept", "accept-language", "accept-encoding", "content-type", "user-agent"];
        progress.headers.retain(|(name, _)| KEPT.iter().any(|kept| name.eq_ignore_ascii_case(kept)));
    }
    // A Digest response is for one target: another may be asked for, and answered again.
    if std::mem::take(&mut progress.digest_answered) {
        progress.headers.retain(|(name, _)| !name.eq_ignore_ascii_case("authorization"));
    }
    progress.url = next;
}
