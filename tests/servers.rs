//! Small raw servers that misbehave in one way each, on ports that the system chooses.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// A server that answers every connection with `respond`, until the test process ends.
pub fn serve(respond: impl Fn(&mut TcpStream) + Send + Sync + Clone + 'static) -> String {
    serve_at("127.0.0.1", respond)
}

/// The same on another address of this machine.
pub fn serve_at(host: &str, respond: impl Fn(&mut TcpStream) + Send + Sync + Clone + 'static) -> String {
    let listener = TcpListener::bind((host, 0)).unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let respond = respond.clone();
            std::thread::spawn(move || {
                let mut stream = stream;
                respond(&mut stream);
            });
        }
    });
    format!("http://{address}")
}

/// Reads a request's head, so that the response doesn't come before it.
pub fn head(stream: &mut TcpStream) -> String {
    let mut seen = Vec::new();
    let mut byte = [0];
    while !seen.ends_with(b"\r\n\r\n") && stream.read(&mut byte).is_ok_and(|read| read > 0) {
        seen.push(byte[0]);
    }
    String::from_utf8_lossy(&seen).into_owned()
}

/// A server that answers with these bytes and closes.
pub fn fixed(bytes: impl Into<Vec<u8>>) -> String {
    let bytes = bytes.into();
    serve(move |stream| {
        head(stream);
        let _ = stream.write_all(&bytes);
    })
}

/// A server that answers every request on a connection with these bytes, and leaves it open.
pub fn lasting(bytes: impl Into<Vec<u8>>) -> String {
    let bytes = bytes.into();
    serve(move |stream| while head(stream).ends_with("\r\n\r\n") && stream.write_all(&bytes).is_ok() {})
}

/// A whole response with its length.
pub fn response(head: &str, body: &[u8]) -> Vec<u8> {
    let mut bytes =
        format!("HTTP/1.1 200 OK\r\n{head}Content-Length: {}\r\nConnection: close\r\n\r\n", body.len()).into_bytes();
    bytes.extend_from_slice(body);
    bytes
}

/// Sends zeros until the other side has enough.
pub fn endless() -> String {
    serve(|stream| {
        head(stream);
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 1073741824\r\n\r\n");
        let block = vec![b'0'; 1 << 16];
        while stream.write_all(&block).is_ok() {}
    })
}

/// Takes the request and says nothing.
pub fn silent() -> String {
    serve(|stream| {
        head(stream);
        let mut rest = Vec::new();
        let _ = stream.read_to_end(&mut rest);
    })
}

/// Answers over TLS with a certificate that it signed itself, for `localhost` and `127.0.0.1`, valid for so many days.
pub fn tls(days: i64) -> String {
    let (params, key) = (certificate(&["localhost", "127.0.0.1"], days), rcgen::KeyPair::generate().unwrap());
    let certificate = params.self_signed(&key).unwrap();
    tls_with(vec![certificate.der().clone()], &key).replace("http://", "https://")
}

/// What a certificate for these names says, which ends in so many days, or ended so many days ago.
pub fn certificate(names: &[&str], days: i64) -> rcgen::CertificateParams {
    let mut params =
        rcgen::CertificateParams::new(names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>()).unwrap();
    let today = jiff::tz::TimeZone::UTC.to_datetime(jiff::Timestamp::now()).date();
    let date = |days: i64| {
        let day = today + jiff::Span::new().days(days);
        rcgen::date_time_ymd(i32::from(day.year()), day.month() as u8, day.day() as u8)
    };
    params.not_before = date(-30);
    params.not_after = date(days);
    params
}

/// An authority of its own.
pub struct Ca {
    issuer: rcgen::Issuer<'static, rcgen::KeyPair>,
    pub pem: String,
}

impl Ca {
    pub fn new() -> Self {
        let mut params = certificate(&[], 400);
        params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        params.distinguished_name.push(rcgen::DnType::CommonName, "A test's own authority");
        let key = rcgen::KeyPair::generate().unwrap();
        let pem = params.self_signed(&key).unwrap().pem();
        Self { issuer: rcgen::Issuer::new(params, key), pem }
    }

    /// Serves over TLS on an address of this machine what a plain server answers, with a certificate that it signs.
    pub fn front(&self, host: &str, params: &rcgen::CertificateParams, plain: &str) -> Front {
        let key = rcgen::KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        let fingerprint = fingerprint(certificate.der());
        let acceptor = tokio_rustls::TlsAcceptor::from(server_config(vec![certificate.der().clone()], &key));
        let listener = TcpListener::bind((host, 0)).unwrap();
        listener.set_nonblocking(true).unwrap();
        let port = listener.local_addr().unwrap().port();
        let connections = Arc::new(AtomicUsize::new(0));
        let (counted, plain) = (connections.clone(), plain.trim_start_matches("http://").to_owned());
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let listener = tokio::net::TcpListener::from_std(listener).unwrap();
                while let Ok((stream, _)) = listener.accept().await {
                    counted.fetch_add(1, Ordering::SeqCst);
                    let (acceptor, plain) = (acceptor.clone(), plain.clone());
                    tokio::spawn(async move {
                        let mut stream = acceptor.accept(stream).await?;
                        let mut plain = tokio::net::TcpStream::connect(plain).await?;
                        tokio::io::copy_bidirectional(&mut stream, &mut plain).await
                    });
                }
            });
        });
        Front { port, fingerprint, connections }
    }

    /// What serves with a certificate that it signs.
    pub fn config(&self, params: &rcgen::CertificateParams) -> rustls::ServerConfig {
        let key = rcgen::KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        Arc::unwrap_or_clone(server_config(vec![certificate.der().clone()], &key))
    }

    /// Serves with a certificate that it signs: the URL, and the certificate's SHA-256 fingerprint.
    pub fn serve(&self, params: &rcgen::CertificateParams) -> (String, String) {
        let key = rcgen::KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        let fingerprint = fingerprint(certificate.der());
        (tls_with(vec![certificate.der().clone()], &key).replace("http://", "https://"), fingerprint)
    }
}

/// A server that speaks TLS before another.
pub struct Front {
    pub port: u16,
    /// SHA-256 of its certificate, hexadecimal.
    pub fingerprint: String,
    connections: Arc<AtomicUsize>,
}

impl Front {
    /// How many connections it has accepted.
    pub fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

fn fingerprint(certificate: &[u8]) -> String {
    use sha2::Digest as _;
    sha2::Sha256::digest(certificate).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn server_config(
    chain: Vec<rustls::pki_types::CertificateDer<'static>>,
    key: &rcgen::KeyPair,
) -> Arc<rustls::ServerConfig> {
    let key = rustls::pki_types::PrivatePkcs8KeyDer::from(key.serialize_der()).into();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    Arc::new(config.with_no_client_auth().with_single_cert(chain, key).unwrap())
}

fn tls_with(chain: Vec<rustls::pki_types::CertificateDer<'static>>, key: &rcgen::KeyPair) -> String {
    let config = server_config(chain, key);
    serve(move |stream| {
        let session = rustls::ServerConnection::new(config.clone()).unwrap();
        let mut stream = rustls::StreamOwned::new(session, stream);
        let mut seen = Vec::new();
        let mut byte = [0];
        while !seen.ends_with(b"\r\n\r\n") && stream.read(&mut byte).is_ok_and(|read| read > 0) {
            seen.push(byte[0]);
        }
        let _ = stream.write_all(&response("", b"{}"));
        stream.conn.send_close_notify();
        let _ = stream.flush();
    })
}
