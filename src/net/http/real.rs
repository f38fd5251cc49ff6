//! What `require real` refuses, before anything is sent.

use std::net::SocketAddr;

use super::failure::failure;
use super::target::authority;
use crate::event::{Failure, FailureKind, Peer, Unreal};
use crate::value::{NotReal, not_public, not_real};
use crate::world::Outgoing;

/// Refuses a request by what is known before anything is resolved: its scheme, an address in its URL, its certificate unverified.
///
/// # Errors
/// A failure of the kind `Unreal`.
pub(super) fn refuse(request: &Outgoing, url: &str, redirected: bool) -> Result<(), Failure> {
    let peer = authority(url);
    let refused =
        |what, why: String| Err(failure(FailureKind::Unreal(what), format!("nothing was sent to {peer}: {why}")));
    if let Some(found) = not_real(url) {
        let what = if matches!(found, NotReal::PlainText(_)) { Unreal::PlainText } else { Unreal::PrivatePeer };
        let whence = if redirected { "a response redirects to it, and " } else { "" };
        return refused(what, format!("{whence}{found}"));
    }
    if !request.verify {
        let why = "its certificate wouldn't be verified, so nothing would prove who answers";
        return refused(Unreal::UnverifiedCertificate, why.to_owned());
    }
    Ok(())
}

/// Looks once more at who answered. Whatever connects has taken its addresses from [`super::stages::resolve`] or from a URL that
/// [`refuse`] let through, and so has every connection that is used again: this holds unless that changes.
///
/// # Errors
/// A failure of the kind `Unreal`.
pub(super) fn confirm(peer: Option<&Peer>) -> Result<(), Failure> {
    let address = peer.and_then(|peer| peer.address.as_deref()?.parse::<SocketAddr>().ok());
    let unreal = |what, why: String| Err(failure(FailureKind::Unreal(what), why));
    match address.map(|address| not_public(address.ip())) {
        None => return unreal(Unreal::PrivatePeer, "it isn't known which address answered".to_owned()),
        Some(Some(why)) => return unreal(Unreal::PrivatePeer, why.to_string()),
        Some(None) => {}
    }
    match peer.and_then(|peer| peer.tls.as_ref()) {
        None => unreal(Unreal::PlainText, "the response didn't come over TLS".to_owned()),
        Some(tls) if !tls.verified => {
            unreal(Unreal::UnverifiedCertificate, "the server's certificate wasn't verified".to_owned())
        }
        Some(_) => Ok(()),
    }
}
