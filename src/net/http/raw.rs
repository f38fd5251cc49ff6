//! Requests whose path the client's URL type would tidy up: dot segments go out as they are written, since a server's answer to
//! them is what a test asks about.

use std::sync::Arc;

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper_util::rt::TokioIo;
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;

use super::failure::{failure, of_chain};
use super::stages::DnsFailure;
use crate::event::{Failure, FailureKind, Peer, Tls};
use crate::net::auth;

/// What can't stand in a path or a query (RFC 3986, appendix A); everything else is sent as written.
const ILLEGAL: &AsciiSet =
    &CONTROLS.add(b' ').add(b'"').add(b'<').add(b'>').add(b'\\').add(b'^').add(b'`').add(b'{').add(b'|').add(b'}');

/// Path and query as the client would send them.
pub(super) fn target_of(url: &url::Url) -> String {
    url[url::Position::BeforePath..url::Position::AfterQuery].to_owned()
}

/// Path and query as written, when they hold dot segments, which a URL parser removes (also `%2e`).
pub(super) fn written_target(written: &str, _url: &url::Url) -> Option<String> {
    let rest = written.split_once("://")?.1;
    let rest = &rest[rest.find(['/', '?', '#'])?..];
    let target = rest.split('#').next().unwrap_or_default();
    let path = target.split('?').next().unwrap_or_default();
    let dots = |segment: &str| matches!(segment.to_ascii_lowercase().replace("%2e", ".").as_str(), "." | "..");
    let encoded = utf8_percent_encode(target, ILLEGAL).to_string();
    path.split(['/', '\\']).any(dots).then_some(encoded)
}

pub(super) async fn send(
    method: &str,
    url: &url::Url,
    target: &str,
    headers: http::HeaderMap,
    body: Option<Bytes>,
    tls: Option<(rustls::ClientConfig, bool)>,
) -> Result<(http::Response<Incoming>, Peer), Failure> {
    let host = url.host_str().unwrap_or_default();
    let port = url.port_or_known_default().unwrap_or(80);
    let authority = match url.port() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    };
    let shown = format!("{host}:{port}");
    let mut request = http::Request::builder().method(method).uri(target);
    if let Some(map) = request.headers_mut() {
        *map = headers;
        if let Ok(value) = http::HeaderValue::from_str(&authority)
            && !map.contains_key("host")
        {
            map.insert("host", value);
        }
    }
    let request = request
        .body(Full::new(body.unwrap_or_default()))
        .map_err(|error| failure(FailureKind::Invalid, format!("`{target}` can't be sent as a path: {error}")))?;

    let (stream, mut peer) = connect(host, port, &shown).await?;
    let Some((config, verify)) = tls else { return Ok((exchange(stream, request, &shown).await?, peer)) };
    let connector = tokio_rustls::TlsConnector::from(Arc::new(config));
    let name = rustls::pki_types::ServerName::try_from(host.trim_matches(['[', ']']).to_owned())
        .map_err(|_| failure(FailureKind::Tls, format!("`{host}` can't be the name of a TLS server")))?;
    let stream = connector.connect(name, stream).await.map_err(|error| of_chain(&error, &shown, None))?;
    peer.tls = tls_of(stream.get_ref().1, verify);
    Ok((exchange(stream, request, &shown).await?, peer))
}

async fn connect(host: &str, port: u16, shown: &str) -> Result<(TcpStream, Peer), Failure> {
    let found = tokio::net::lookup_host((host.trim_matches(['[', ']']), port)).await;
    let addresses: Vec<_> = found
        .map_err(|error| of_chain(&DnsFailure { name: host.to_owned(), reason: error.to_string() }, shown, None))?
        .collect();
    let stream = TcpStream::connect(addresses.as_slice()).await.map_err(|error| of_chain(&error, shown, None))?;
    let address = stream.peer_addr().map(|address| address.to_string()).unwrap_or_default();
    let resolved = addresses.iter().map(|address| address.ip().to_string()).collect();
    Ok((stream, Peer { address, resolved, reused: false, tls: None }))
}

async fn exchange<S>(
    stream: S,
    request: http::Request<Full<Bytes>>,
    shown: &str,
) -> Result<http::Response<Incoming>, Failure>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let failed = |error: hyper::Error| of_chain(&error, shown, None);
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.map_err(failed)?;
    // It ends with the answer's body, or when the answer is dropped.
    tokio::spawn(connection);
    sender.send_request(request).await.map_err(failed)
}

fn tls_of(connection: &rustls::ClientConnection, verified: bool) -> Option<Tls> {
    use sha2::Digest as _;
    let certificate = connection.peer_certificates()?.first()?;
    let version = connection.protocol_version().map(|version| match version {
        rustls::ProtocolVersion::TLSv1_3 => "TLSv1.3".to_owned(),
        _ => "TLSv1.2".to_owned(),
    });
    Some(Tls {
        version,
        fingerprint: Some(auth::hex(&sha2::Sha256::digest(certificate))),
        certificate: Some(Bytes::copy_from_slice(certificate)),
        verified,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_dot_segments_need_the_written_path() {
        let target = |url: &str| written_target(url, &url::Url::parse(url).unwrap());
        assert_eq!(target("http://h/a/../../etc/passwd?x=1#f"), Some("/a/../../etc/passwd?x=1".to_owned()));
        assert_eq!(target("http://h/a/%2E%2e/b c"), Some("/a/%2E%2e/b%20c".to_owned()));
        assert_eq!(target("http://h/a..b/.c?d=../e"), None);
        assert_eq!(target("http://h"), None);
    }
}
