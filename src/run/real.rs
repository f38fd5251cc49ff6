use std::net::IpAddr;

use crate::diag::{Diagnostic, codes};
use crate::event::Exchange;
use crate::source::Span;

/// What `require real` has against an exchange: plain text, a certificate that wasn't verified, a peer on this machine or in a
/// private network. `None` when it is as real as it can be told.
pub(super) fn objection(exchange: &Exchange, span: Span) -> Option<Diagnostic> {
    let refuse = |message: String| {
        Diagnostic::error(&codes::PEER_NOT_REAL, span, message)
            .with_help("the environment says `require real`: only public hosts over verified TLS count as evidence")
    };
    if !(exchange.url.starts_with("https://") || exchange.url.starts_with("wss://")) {
        return Some(refuse("this exchange isn't encrypted".to_owned()));
    }
    let peer = exchange.peer.as_ref()?;
    if peer.tls.as_ref().is_some_and(|tls| !tls.verified) {
        return Some(refuse("the server's certificate wasn't verified".to_owned()));
    }
    let address: IpAddr = peer.address.rsplit_once(':')?.0.trim_matches(['[', ']']).parse().ok()?;
    is_local(address).then(|| refuse(format!("the peer {address} is on this machine or in a private network")))
}

/// Loopback, private, link-local, shared and unspecified addresses; an IPv4 address inside an IPv6 one counts as itself.
fn is_local(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => {
            let [a, b, ..] = v4.octets();
            v4.is_loopback()
                || v4.is_private()
                || v4.is_link_local()
                || v4.is_unspecified()
                || (a == 100 && (64..128).contains(&b))
        }
        IpAddr::V6(v6) => match v6.to_ipv4_mapped() {
            Some(v4) => is_local(IpAddr::V4(v4)),
            None => v6.is_loopback() || v6.is_unspecified() || v6.is_unique_local() || v6.is_unicast_link_local(),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn local_addresses_are_told_in_all_their_forms() {
        for local in [
            "127.0.0.1",
            "10.1.2.3",
            "192.168.0.1",
            "172.16.0.1",
            "169.254.1.1",
            "100.64.0.1",
            "::1",
            "fd00::1",
            "fe80::1",
            "::ffff:10.0.0.1",
        ] {
            assert!(is_local(local.parse().unwrap()), "{local}");
        }
        for public in ["8.8.8.8", "172.32.0.1", "2001:4860:4860::8888", "::ffff:8.8.8.8"] {
            assert!(!is_local(public.parse().unwrap()), "{public}");
        }
    }
}
