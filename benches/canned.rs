//! A server that answers any request with the same 1 KB of JSON, and does nothing else, so that what is measured is its clients.
//!
//!   canned [PORT]           prints the address; with a path `/stall`, it stands still for a second in every ten

use std::io::Write as _;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

fn main() -> std::io::Result<()> {
    // `cargo bench` runs every benchmark: this one only serves others.
    let Some(port) = std::env::args().nth(1).and_then(|port| port.parse::<u16>().ok()) else { return Ok(()) };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(serve(port))
}

async fn serve(port: u16) -> std::io::Result<()> {
    let listener = TcpListener::bind(("127.0.0.1", port)).await?;
    writeln!(std::io::stdout(), "http://{}", listener.local_addr()?)?;
    std::io::stdout().flush()?;
    let filler = "x".repeat(880);
    let body = format!(
        "{{\"status\":\"healthy\",\"startup\":{{\"completed\":7}},\"checks\":{{\"database\":{{\"status\":\"up\"}}}},\"filler\":\"{filler}\"}}"
    );
    let response: &'static [u8] =
        format!("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}", body.len())
            .into_bytes()
            .leak();
    loop {
        let (mut stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        tokio::spawn(async move {
            let mut buffer = Vec::with_capacity(4096);
            loop {
                match stream.read_buf(&mut buffer).await {
                    Ok(0) | Err(_) => return,
                    Ok(_) => {}
                }
                // Requests have no bodies, and end so.
                while let Some(end) = buffer.windows(4).position(|four| four == b"\r\n\r\n") {
                    buffer.drain(..end + 4);
                    if stream.write_all(response).await.is_err() {
                        return;
                    }
                }
            }
        });
    }
}
