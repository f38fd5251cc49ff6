use std::error::Error as StdError;
use std::time::Duration;

use super::stages::{DnsFailure, PrivateName, ResolveError};
use crate::event::{Failure, FailureKind, Unreal};
use crate::value::format_duration;

pub(super) fn failure(kind: FailureKind, message: impl Into<String>) -> Failure {
    Failure { kind, message: message.into(), status: None }
}

pub(super) fn timed_out(authority: &str, limit: Duration, status: Option<u16>) -> Failure {
    let message = match status {
        Some(_) => format!("{authority} began to answer, and hadn't finished after {}", format_duration(limit)),
        None => format!("{authority} gave no response within {}", format_duration(limit)),
    };
    Failure { kind: FailureKind::Timeout, message, status }
}

/// Why a request failed, by the chain of causes.
pub(super) fn of_chain(error: &(dyn StdError + 'static), authority: &str, status: Option<u16>) -> Failure {
    let mut cause: Option<&(dyn StdError + 'static)> = Some(error);
    let mut found = None;
    while let Some(current) = cause {
        if let Some(specific) = specific(current, authority) {
            found = Some(specific);
        }
        // An `io::Error` that wraps another hides it from `source`.
        let inner = current.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
        cause = match inner {
            Some(inner) => Some(inner as &(dyn StdError + 'static)),
            None => current.source(),
        };
    }
    let (kind, message) = found.unwrap_or_else(|| (FailureKind::Protocol, unspecific(error, authority)));
    Failure { kind, message, status }
}

fn specific(error: &(dyn StdError + 'static), authority: &str) -> Option<(FailureKind, String)> {
    if let Some(dns) = error.downcast_ref::<DnsFailure>() {
        return Some((FailureKind::Dns, dns.to_string()));
    }
    if let Some(private) = error.downcast_ref::<PrivateName>() {
        let message = format!("nothing was sent to {authority}: {private}");
        return Some((FailureKind::Unreal(Unreal::PrivatePeer), message));
    }
    if let Some(resolve) = error.downcast_ref::<ResolveError>() {
        return match resolve {
            ResolveError::Dns(dns) => specific(dns, authority),
            ResolveError::Private(private) => specific(private, authority),
        };
    }
    if let Some(tls) = error.downcast_ref::<rustls::Error>() {
        return Some((FailureKind::Tls, format!("no TLS connection with {authority}: {}", tls_words(tls))));
    }
    if let Some(http2) = error.downcast_ref::<h2::Error>() {
        return of_http2(http2, authority);
    }
    if let Some(hyper) = error.downcast_ref::<hyper::Error>() {
        return of_hyper(hyper, authority);
    }
    of_io(error.downcast_ref::<std::io::Error>()?, authority)
}

fn of_hyper(error: &hyper::Error, authority: &str) -> Option<(FailureKind, String)> {
    if error.is_incomplete_message() {
        return Some((
            FailureKind::Closed,
            format!("{authority} closed the connection before its response was complete"),
        ));
    }
    if error.is_parse_too_large() {
        return Some((FailureKind::TooLarge, format!("{authority} sent more headers than are read")));
    }
    if error.is_parse() || error.is_parse_status() {
        return Some((FailureKind::Protocol, format!("{authority} answered with what isn't HTTP")));
    }
    // hyper gives up a request that waits for its turn when the connection ends, and calls that a user's error.
    let gave_up =
        error.is_user() && StdError::source(error).is_some_and(|cause| cause.to_string().contains("dispatch task"));
    if error.is_canceled() || error.is_closed() || gave_up {
        return Some((FailureKind::Closed, format!("{authority} closed the connection")));
    }
    None
}

/// What an HTTP/2 server says when it ends a connection or won't take a request (RFC 9113, sections 6.8 and 8.7).
fn of_http2(error: &h2::Error, authority: &str) -> Option<(FailureKind, String)> {
    if error.is_remote() && error.reason() == Some(h2::Reason::REFUSED_STREAM) {
        return Some((FailureKind::Closed, format!("{authority} refused the request before it looked at it")));
    }
    let ended = error.is_go_away() && error.reason() == Some(h2::Reason::NO_ERROR);
    ended.then(|| (FailureKind::Closed, format!("{authority} closed the connection without a response")))
}

/// Whether a server promises that it hasn't looked at a request, whatever its reason: it refuses the request's stream (RFC 9113, section
/// 8.7), or takes leave and names an earlier stream as its last (section 6.8): only the streams behind that one end so.
pub(super) fn is_unprocessed(error: &(dyn StdError + 'static)) -> bool {
    let mut cause = Some(error);
    while let Some(current) = cause {
        if let Some(http2) = current.downcast_ref::<h2::Error>() {
            let refused = http2.is_reset() && http2.reason() == Some(h2::Reason::REFUSED_STREAM);
            return http2.is_remote() && (http2.is_go_away() || refused);
        }
        cause = current.source();
    }
    false
}

/// Why the server ended a request's stream, and not the connection (RFC 9113, section 6.4).
pub(super) fn reset_reason(error: &(dyn StdError + 'static)) -> Option<h2::Reason> {
    let mut cause = Some(error);
    while let Some(current) = cause {
        if let Some(http2) = current.downcast_ref::<h2::Error>() {
            return http2.reason().filter(|_| http2.is_reset() && http2.is_remote());
        }
        cause = current.source();
    }
    None
}

/// Why this side gave a connection of HTTP/2 up: the server broke its rules, or sent more frames than are taken.
pub(super) fn given_up(error: &(dyn StdError + 'static)) -> Option<String> {
    let mut cause = Some(error);
    while let Some(current) = cause {
        if let Some(http2) = current.downcast_ref::<h2::Error>() {
            let reason = http2.reason().filter(|_| http2.is_go_away() && http2.is_library())?;
            return Some(match reason {
                h2::Reason::ENHANCE_YOUR_CALM => {
                    "the connection was given up, since more small HTTP/2 frames came than are taken".to_owned()
                }
                reason => {
                    format!("the connection was given up, since the server broke the rules of HTTP/2 ({reason:?})")
                }
            });
        }
        cause = current.source();
    }
    None
}

fn of_io(error: &std::io::Error, authority: &str) -> Option<(FailureKind, String)> {
    use std::io::ErrorKind as Io;
    match error.kind() {
        Io::ConnectionRefused => {
            Some((FailureKind::Refused, format!("nothing listens on {authority} (connection refused)")))
        }
        Io::ConnectionReset | Io::ConnectionAborted | Io::BrokenPipe => {
            Some((FailureKind::Reset, format!("{authority} reset the connection")))
        }
        Io::UnexpectedEof => {
            Some((FailureKind::Closed, format!("{authority} closed the connection before its response was complete")))
        }
        Io::TimedOut => Some((FailureKind::Timeout, format!("the connection to {authority} timed out"))),
        Io::HostUnreachable | Io::NetworkUnreachable | Io::AddrNotAvailable => {
            Some((FailureKind::Refused, format!("{authority} can't be reached from here")))
        }
        // How a body is cut into chunks (RFC 9112, section 7.1) is read as data are.
        Io::InvalidInput | Io::InvalidData if error.to_string().contains("chunk") => {
            Some((FailureKind::Protocol, format!("{authority} sent a body whose chunks aren't well-formed")))
        }
        Io::InvalidData if error.to_string().contains("corrupt message") => {
            Some((FailureKind::Tls, format!("{authority} doesn't speak TLS")))
        }
        _ => None,
    }
}

fn tls_words(error: &rustls::Error) -> String {
    use rustls::Error as E;
    match error {
        E::InvalidCertificate(reason) => certificate_words(reason),
        E::InvalidMessage(_) | E::InappropriateMessage { .. } => "it doesn't speak TLS".to_owned(),
        E::NoCertificatesPresented => "it presented no certificate".to_owned(),
        E::PeerIncompatible(_) => "it and the client have no version or cipher of TLS in common".to_owned(),
        E::PeerMisbehaved(_) => "it broke the rules of TLS".to_owned(),
        E::DecryptError => "a record of it can't be decrypted".to_owned(),
        E::AlertReceived(alert) => match alert.as_str() {
            Some(name) => format!("it refused with the alert `{}`", spaced(name)),
            None => "it refused with an alert".to_owned(),
        },
        other => other.to_string(),
    }
}

/// Why a certificate isn't accepted.
fn certificate_words(reason: &rustls::CertificateError) -> String {
    use rustls::CertificateError as E;
    let day = |time: &rustls::pki_types::UnixTime| {
        let instant = i64::try_from(time.as_secs()).ok().and_then(|secs| jiff::Timestamp::from_second(secs).ok());
        instant.map_or(String::new(), |instant| format!(" on {}", instant.strftime("%Y-%m-%d")))
    };
    match reason {
        E::Expired => "its certificate has expired".to_owned(),
        E::ExpiredContext { not_after, .. } => format!("its certificate expired{}", day(not_after)),
        E::NotValidYet => "its certificate isn't valid yet".to_owned(),
        E::NotValidYetContext { not_before, .. } => {
            format!("its certificate isn't valid yet: it begins{}", day(not_before))
        }
        E::Revoked => "its certificate was revoked".to_owned(),
        E::UnknownIssuer => "its certificate has an issuer that isn't trusted".to_owned(),
        E::NotValidForName => "its certificate is for another name".to_owned(),
        E::NotValidForNameContext { presented, .. } if !presented.is_empty() => {
            let names: Vec<String> = presented.iter().take(5).map(|name| format!("`{}`", name_in(name))).collect();
            format!("its certificate is for another name: {}", names.join(", "))
        }
        E::NotValidForNameContext { .. } => "its certificate is for another name".to_owned(),
        E::BadSignature => "its certificate's signature is wrong".to_owned(),
        E::BadEncoding => "its certificate can't be read".to_owned(),
        E::InvalidPurpose | E::InvalidPurposeContext { .. } => "its certificate isn't one for servers".to_owned(),
        other => format!("its certificate isn't accepted: {other}"),
    }
}

/// `DnsName("example.com")` is how the library writes a name.
fn name_in(text: &str) -> &str {
    text.split('"').nth(1).unwrap_or(text)
}

/// `HandshakeFailure` in words.
fn spaced(name: &str) -> String {
    let mut words = String::new();
    for c in name.chars() {
        if c.is_ascii_uppercase() && !words.is_empty() {
            words.push(' ');
        }
        words.extend(c.to_lowercase());
    }
    words
}

fn unspecific(error: &(dyn StdError + 'static), authority: &str) -> String {
    let mut last = error.to_string();
    let mut cause = error.source();
    while let Some(current) = cause {
        last = current.to_string();
        cause = current.source();
    }
    format!("the exchange with {authority} failed: {last}")
}
