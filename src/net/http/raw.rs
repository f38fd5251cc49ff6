//! Requests whose path the client's URL type would tidy up: dot segments go out as they are written, since a server's answer to
//! them is what a test asks about.

use std::net::SocketAddr;
use std::sync::Arc;

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper_util::rt::TokioIo;
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;

use super::failure::{failure, of_chain};
use super::progress::fingerprint;
use super::stages::{connection_begins, connection_ends, resolve};
use crate::event::{Failure, FailureKind, Tls};

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

/// How the other side is reached.
pub(super) struct Way {
    /// With whether certificates are verified; absent for plain text.
    pub tls: Option<(rustls::ClientConfig, bool)>,
    /// Only public addresses are connected to.
    pub real: bool,
}

/// Sends one request on a connection of its own: the answer, the peer's address, and TLS.
pub(super) async fn send(
    method: &str,
    url: &url::Url,
    target: &str,
    headers: http::HeaderMap,
    body: Option<Bytes>,
    way: Way,
) -> Result<(http::Response<Incoming>, Option<String>, Option<Tls>), Failure> {
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

    let connecting = async {
        let stream = connect(host, port, &shown, way.real).await?;
        let address = stream.peer_addr().map(|address| address.to_string()).ok();
        let Some((config, verify)) = way.tls else { return Ok((Stream::Plain(stream), address, None)) };
        let connector = tokio_rustls::TlsConnector::from(Arc::new(config));
        let name = rustls::pki_types::ServerName::try_from(host.trim_matches(['[', ']']).to_owned())
            .map_err(|_| failure(FailureKind::Tls, format!("`{host}` can't be the name of a TLS server")))?;
        let stream = connector.connect(name, stream).await.map_err(|error| of_chain(&error, &shown, None))?;
        let tls = tls_of(stream.get_ref().1, verify);
        Ok((Stream::Tls(Box::new(stream)), address, tls))
    };
    let started = connection_begins();
    let connected = connecting.await;
    connection_ends(started, connected.is_ok());
    let (stream, address, tls) = connected?;
    let answer = match stream {
        Stream::Plain(stream) => exchange(stream, request, &shown).await?,
        Stream::Tls(stream) => exchange(*stream, request, &shown).await?,
    };
    Ok((answer, address, tls))
}

enum Stream {
    Plain(TcpStream),
    Tls(Box<tokio_rustls::client::TlsStream<TcpStream>>),
}

async fn connect(host: &str, port: u16, shown: &str, real: bool) -> Result<TcpStream, Failure> {
    let addresses = match host.trim_matches(['[', ']']).parse() {
        Ok(address) => vec![SocketAddr::new(address, port)],
        Err(_) => resolve(host, port, real).await.map_err(|error| of_chain(&error, shown, None))?,
    };
    TcpStream::connect(addresses.as_slice()).await.map_err(|error| of_chain(&error, shown, None))
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
    let certificate = connection.peer_certificates()?.first()?;
    let version = connection.protocol_version().map(|version| match version {
        rustls::ProtocolVersion::TLSv1_3 => "TLSv1.3".to_owned(),
        _ => "TLSv1.2".to_owned(),
    });
    Some(Tls {
        version,
        fingerprint: Some(fingerprint(certificate)),
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
