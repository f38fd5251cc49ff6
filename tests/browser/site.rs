//! A site for a browser and for specs: the same responses to both, and what was asked for.

use std::collections::HashMap;
use std::convert::Infallible;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http2;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Role, WebSocket};
use tokio_tungstenite::tungstenite::{Message, Utf8Bytes};

use crate::servers::head;

/// What a response is written as, whole.
type Wire = Vec<u8>;

pub struct Site {
    /// `127.0.0.1:PORT`
    pub address: String,
    heads: Heads,
}

/// The head of each request, by its path.
type Heads = Arc<Mutex<HashMap<String, String>>>;

impl Site {
    /// Serves these responses by their paths, and a WebSocket at `/chat`.
    pub fn start(responses: HashMap<&'static str, Wire>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let (heads, responses) = (Heads::default(), Arc::new(responses));
        let noted = heads.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (responses, noted) = (responses.clone(), noted.clone());
                std::thread::spawn(move || serve(stream, &responses, &noted).unwrap_or_default());
            }
        });
        Self { address, heads }
    }

    /// The heads of the requests since the last time, by their paths.
    pub fn take_heads(&self) -> HashMap<String, String> {
        std::mem::take(&mut self.heads.lock().unwrap())
    }
}

/// Serves a connection until one of its responses says that it is the last.
fn serve(mut stream: TcpStream, responses: &HashMap<&str, Wire>, noted: &Heads) -> Option<()> {
    loop {
        let head = head(&mut stream);
        let path = head.split_whitespace().nth(1)?.split('?').next()?.to_owned();
        noted.lock().unwrap().insert(path.clone(), head.clone());
        let header = |name: &str| {
            let lines = head.lines().filter_map(|line| line.split_once(':'));
            lines.filter(|(own, _)| own.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim()).next()
        };
        if let Some(key) = header("Sec-WebSocket-Key") {
            return talk(stream, key);
        }
        let mut body = vec![0; header("Content-Length").and_then(|length| length.parse().ok()).unwrap_or(0)];
        stream.read_exact(&mut body).ok()?;
        let response = responses.get(path.as_str())?;
        stream.write_all(response).ok()?;
        let end = response.windows(4).position(|at| at == b"\r\n\r\n")?;
        if String::from_utf8_lossy(&response[..end]).contains("Connection: close") {
            return Some(());
        }
    }
}

/// Waits for two messages, and sends a text, bytes, a ping and a close frame.
fn talk(mut stream: TcpStream, key: &str) -> Option<()> {
    let accept = derive_accept_key(key.as_bytes());
    let head = format!(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: {accept}\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).ok()?;
    let mut socket = WebSocket::from_raw_socket(stream, Role::Server, None);
    for _ in 0..2 {
        socket.read().ok()?;
    }
    socket.send(Message::text("grüße")).ok()?;
    socket.send(Message::binary(vec![0, 0xff, 0x10])).ok()?;
    socket.send(Message::Ping(Bytes::from_static(b"there"))).ok()?;
    socket.close(Some(CloseFrame { code: CloseCode::Normal, reason: Utf8Bytes::from_static("bye") })).ok()?;
    while socket.read().is_ok() {}
    Some(())
}

/// Serves HTTP/2 over TLS at `localhost`: `{"two":2}` to everyone. Its port.
pub fn http2(mut config: rustls::ServerConfig) -> u16 {
    config.alpn_protocols = vec![b"h2".to_vec()];
    let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let listener = tokio::net::TcpListener::from_std(listener).unwrap();
            while let Ok((stream, _)) = listener.accept().await {
                let acceptor = acceptor.clone();
                tokio::spawn(async move {
                    let Ok(stream) = acceptor.accept(stream).await else { return };
                    let server = http2::Builder::new(TokioExecutor::new());
                    let _ = server.serve_connection(TokioIo::new(stream), service_fn(two)).await;
                });
            }
        });
    });
    port
}

async fn two(_: http::Request<Incoming>) -> Result<http::Response<http_body_util::Full<Bytes>>, Infallible> {
    let body = http_body_util::Full::new(Bytes::from_static(b"{\"two\":2}"));
    let mut response = http::Response::new(body);
    let headers = [("content-type", "application/json"), ("access-control-allow-origin", "*")];
    for (name, value) in headers {
        response.headers_mut().insert(name, http::HeaderValue::from_static(value));
    }
    Ok(response)
}
