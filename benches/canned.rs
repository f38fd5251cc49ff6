//! A server that does next to nothing, so that what is measured is its clients. It prints its address and serves until it is ended.
//!
//!   canned json PORT        any request: the same 1 KB of JSON
//!   canned stalls PORT      the same, but for the last second of every ten, in which it stands still
//!   canned events PORT      WebSockets: five events for each text frame; as server-sent events, five at once to who asks without an upgrade

use std::io::Write as _;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{Instant, sleep_until};
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

#[derive(Clone, Copy)]
enum Kind {
    Json,
    Stalls,
    Events,
}

fn main() -> std::io::Result<()> {
    let mut words = std::env::args().skip(1);
    let kind = match words.next().as_deref() {
        Some("json") => Kind::Json,
        Some("stalls") => Kind::Stalls,
        Some("events") => Kind::Events,
        // `cargo bench` runs every benchmark: this one only serves others.
        _ => return Ok(()),
    };
    let port = words.next().and_then(|port| port.parse::<u16>().ok()).unwrap_or_default();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(serve(kind, port))
}

async fn serve(kind: Kind, port: u16) -> std::io::Result<()> {
    let listener = TcpListener::bind(("127.0.0.1", port)).await?;
    let scheme = if matches!(kind, Kind::Events) { "ws" } else { "http" };
    writeln!(std::io::stdout(), "{scheme}://{}", listener.local_addr()?)?;
    std::io::stdout().flush()?;
    let filler = "x".repeat(880);
    let body = format!(
        "{{\"status\":\"healthy\",\"startup\":{{\"completed\":7}},\"checks\":{{\"database\":{{\"status\":\"up\"}}}},\"filler\":\"{filler}\"}}"
    );
    let response: &'static [u8] =
        format!("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}", body.len())
            .into_bytes()
            .leak();
    let began = Instant::now();
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        tokio::spawn(async move {
            match kind {
                Kind::Json => answer(stream, response, None).await,
                Kind::Stalls => answer(stream, response, Some(began)).await,
                Kind::Events => events(stream).await,
            }
        });
    }
}

/// Takes one head off the front of what came. Requests have no bodies, and end so.
fn head(buffer: &mut Vec<u8>) -> Option<Vec<u8>> {
    let end = buffer.windows(4).position(|four| four == b"\r\n\r\n")?;
    Some(buffer.drain(..end + 4).collect())
}

async fn answer(mut stream: TcpStream, response: &[u8], stalls_since: Option<Instant>) -> std::io::Result<()> {
    let mut buffer = Vec::with_capacity(4096);
    while stream.read_buf(&mut buffer).await? > 0 {
        while head(&mut buffer).is_some() {
            if let Some(began) = stalls_since {
                let (period, stands_still) = (Duration::from_secs(10), Duration::from_secs(9));
                let nth = began.elapsed().as_secs() / period.as_secs();
                let within = began.elapsed().saturating_sub(period * u32::try_from(nth).unwrap_or_default());
                if within >= stands_still {
                    sleep_until(began + period * (u32::try_from(nth).unwrap_or_default() + 1)).await;
                }
            }
            stream.write_all(response).await?;
        }
    }
    Ok(())
}

async fn events(mut stream: TcpStream) -> std::io::Result<()> {
    let mut buffer = Vec::with_capacity(512);
    let asked = loop {
        if stream.read_buf(&mut buffer).await? == 0 {
            return Ok(());
        }
        if let Some(head) = head(&mut buffer) {
            break head;
        }
    };
    let asked = String::from_utf8_lossy(&asked);
    let key = asked
        .lines()
        .filter_map(|line| line.split_once(": "))
        .find(|(name, _)| name.eq_ignore_ascii_case("sec-websocket-key"))
        .map(|(_, key)| key);
    let Some(key) = key else { return server_sent(stream).await };
    let accept = derive_accept_key(key.as_bytes());
    let upgraded = format!(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: {accept}\r\n\r\n"
    );
    stream.write_all(upgraded.as_bytes()).await?;
    // Unmasked text frames (RFC 6455, section 5.2), shorter than 126 bytes.
    let mut five = Vec::new();
    for event in EVENTS {
        let text = format!("{{\"type\":\"{event}\",\"data\":{{\"n\":1}}}}");
        five.extend([0x81, u8::try_from(text.len()).unwrap_or_default()]);
        five.extend(text.as_bytes());
    }
    loop {
        // What clients send is short: a byte of kind, a byte of length, four of the mask.
        while let [first, second, ..] = buffer[..] {
            let length = usize::from(second & 0x7f) + 6;
            if buffer.len() < length {
                break;
            }
            buffer.drain(..length);
            match first & 0x0f {
                1 => stream.write_all(&five).await?,
                // A close frame, answered in kind.
                8 => return stream.write_all(&[0x88, 0]).await,
                _ => {}
            }
        }
        if stream.read_buf(&mut buffer).await? == 0 {
            return Ok(());
        }
    }
}

const EVENTS: [&str; 5] = ["queued", "started", "progress", "message", "done"];

/// Five events, and then nothing until the client leaves (WHATWG HTML, section 9.2).
async fn server_sent(mut stream: TcpStream) -> std::io::Result<()> {
    let mut said = String::new();
    for event in EVENTS {
        said.push_str(&format!("event: {event}\ndata: {{\"data\":{{\"n\":1}}}}\n\n"));
    }
    let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n";
    stream.write_all(format!("{head}{:x}\r\n{said}\r\n", said.len()).as_bytes()).await?;
    let mut rest = [0; 64];
    while stream.read(&mut rest).await? > 0 {}
    Ok(())
}
