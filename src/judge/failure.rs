use crate::diag::{Code, Diagnostic, codes};
use crate::event::{Failure, FailureKind, Unreal};
use crate::plan::{Environment, Request};

/// The diagnostic of an exchange that got no response.
pub(super) fn diagnostic(request: &Request, failure: &Failure, environment: &Environment) -> Diagnostic {
    let (code, help) = match failure.kind {
        // A status that came is HTTP's: an HTTP server listens there.
        FailureKind::Protocol if failure.status.is_some() => {
            (&codes::PROTOCOL, "the server, or a proxy before it, breaks the rules of HTTP here; its log may say why")
        }
        kind => meaning(kind),
    };
    let unverified = failure.kind == FailureKind::Unreal(Unreal::UnverifiedCertificate);
    let part = request.accept_invalid_certificate.filter(|_| unverified);
    let diagnostic = Diagnostic::error(code, part.unwrap_or(request.url.span), failure.message.clone()).with_help(help);
    match environment.real_span.filter(|_| matches!(failure.kind, FailureKind::Unreal(_))) {
        Some(real) => diagnostic.with_related(real, "`require real` refuses it"),
        None => diagnostic,
    }
}

fn meaning(kind: FailureKind) -> (&'static Code, &'static str) {
    match kind {
        FailureKind::Timeout => (&codes::TIMEOUT, "if it may take this long, give the request a longer `timeout`"),
        FailureKind::Refused => (&codes::REFUSED, "is the service running, and is this its address?"),
        FailureKind::Reset => {
            (&codes::RESET, "the server, or something between, broke the connection off; its log may say why")
        }
        FailureKind::Closed => (&codes::CLOSED, "the server ended the connection in the middle; its log may say why"),
        FailureKind::Dns => (&codes::DNS, "check the host's name, and whether this machine can resolve it"),
        FailureKind::Tls => (
            &codes::TLS,
            "for a test system with an authority of its own, run with `--cacert FILE`; `accept invalid certificate` proves less",
        ),
        FailureKind::TooManyRedirects => {
            (&codes::TOO_MANY_REDIRECTS, "do the redirects go in a circle? `follow redirects up to N` sets the limit")
        }
        FailureKind::TooLarge => (&codes::TOO_LARGE, "ask for less, or look at it as a stream"),
        FailureKind::Protocol => (&codes::PROTOCOL, "does an HTTP server listen at this address?"),
        FailureKind::Handshake => (
            &codes::HANDSHAKE,
            "a browser opens no WebSocket on it either (RFC 6455, section 4.1); where that is right, write `expect failure is handshake`",
        ),
        FailureKind::Invalid => (&codes::INVALID_REQUEST, "look at what the interpolated values hold"),
        FailureKind::Unreal(Unreal::PlainText) => (
            &codes::PLAIN_TEXT,
            "ask for it over TLS, by `https://` or `wss://`, or run in an environment without `require real`",
        ),
        FailureKind::Unreal(Unreal::PrivatePeer) => (
            &codes::PRIVATE_PEER,
            "name the deployed system by its public address, or run in an environment without `require real`",
        ),
        FailureKind::Unreal(Unreal::UnverifiedCertificate) => (
            &codes::UNVERIFIED_CERTIFICATE,
            "remove the line; where the system has an authority of its own, run with `--cacert FILE`",
        ),
    }
}
