//! Where a request goes: its URL as a client reads it, and the path as it was written.

use super::failure::failure;
use crate::event::{Failure, FailureKind};

/// Scheme, host and port (RFC 6454); `None` for what is no URL.
pub(super) fn origin(url: &str) -> Option<String> {
    Some(parse_url(url).ok()?.origin().ascii_serialization())
}

/// Whether cookies that were meant for one URL may go to another: its host is the same, and TLS isn't given up.
pub(super) fn is_same_host(from: &str, to: &str) -> bool {
    let (Ok(from), Ok(to)) = (parse_url(from), parse_url(to)) else { return false };
    from.host_str() == to.host_str() && (from.scheme() == to.scheme() || to.scheme() == "https")
}

/// The URL of a request, with `http` for `ws`.
///
/// # Errors
/// It is none, or not one of HTTP.
pub(super) fn parse_url(text: &str) -> Result<url::Url, Failure> {
    let invalid = |reason: String| failure(FailureKind::Invalid, reason);
    // A URL parser of browsers makes a URL of much that is none (`http:example.com`, a space before it), and not everyone who looks at it would see
    // the same one.
    let is_scheme = |scheme: &str| scheme.bytes().all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(&b));
    let written = text.split_once("://").filter(|(scheme, rest)| is_scheme(scheme) && !rest.starts_with(['/', '\\']));
    let Some((scheme, rest)) = written else {
        return Err(invalid(format!("`{text}` isn't a URL: it begins with `https://HOST` or the like")));
    };
    if let Some(control) = text.chars().find(|c| c.is_control()) {
        let code = u32::from(control);
        return Err(invalid(format!("this URL holds a control character, U+{code:04X}")));
    }
    let http = match scheme.to_ascii_lowercase().as_str() {
        "ws" => format!("http://{rest}"),
        "wss" => format!("https://{rest}"),
        _ => text.to_owned(),
    };
    let url = url::Url::parse(&http).map_err(|error| invalid(format!("`{text}` isn't a URL: {error}")))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(invalid(format!("`{text}` isn't an HTTP URL")));
    }
    if url.host_str().is_none() {
        return Err(invalid(format!("`{text}` names no host")));
    }
    Ok(url)
}

/// `host:port`, for messages.
pub(super) fn authority(url: &str) -> String {
    parse_url(url).map_or_else(|_| url.to_owned(), |url| authority_of(&url))
}

/// The same of a URL that has been read.
pub(super) fn authority_of(url: &url::Url) -> String {
    let host = url.host_str().unwrap_or_default();
    url.port_or_known_default().map_or(host.to_owned(), |port| format!("{host}:{port}"))
}
