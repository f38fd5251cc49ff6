//! What open WebSockets cost the runner, and how fast it judges a thousand of them: `cargo bench --bench sockets`.
//!
//! Resident memory is that of the runner's own process, read from `/proc`: this benchmark runs on Linux alone. The server is in the
//! benchmark's process. 10,000 sockets take as many open files in each of the two (`ulimit -n`).
#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a benchmark prints, and fails by panicking")]

use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

/// The memory of the runner without sockets is taken out by comparing two runs.
const FEW: usize = 100;
const MANY: usize = 10_000;
const CHANNELS: usize = 1_000;
const EVENTS: usize = 100;

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let (few, many) = (idle(&runtime, FEW), idle(&runtime, MANY));
    let each = many.saturating_sub(few) as f64 / (MANY - FEW) as f64;
    println!("idle sockets: {few} KiB with {FEW}, {many} KiB with {MANY}: {each:.1} KiB each");
    let time = busy(&runtime);
    println!(
        "{CHANNELS} channels with {EVENTS} events each, all expected in order: {time:.2?}, {:.0} events a second",
        (CHANNELS * EVENTS) as f64 / time.as_secs_f64()
    );
}

/// The runner's resident memory, in KiB, while it holds `count` sockets open.
fn idle(runtime: &tokio::runtime::Runtime, count: usize) -> usize {
    let server = Server::start(runtime, 0);
    let body = format!(
        "    for each i in 1..{count} {{ websocket ch {{{{env.ws}}}}/ {{ expect status 101 }} }}\n    wait 5m\n"
    );
    let (mut runner, _folder) = run(&server, &body);
    while server.opened.load(Ordering::Relaxed) < count {
        assert!(runner.try_wait().unwrap().is_none(), "the run ended early");
        std::thread::sleep(Duration::from_millis(20));
    }
    // The last handshake's response is still to be read.
    std::thread::sleep(Duration::from_millis(300));
    let status = std::fs::read_to_string(format!("/proc/{}/status", runner.id())).unwrap();
    let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    let resident = resident.trim().trim_end_matches(" kB").parse().unwrap();
    runner.kill().unwrap();
    runner.wait().unwrap();
    resident
}

/// How long a run takes in which a thousand channels are open at once, each with an expectation.
fn busy(runtime: &tokio::runtime::Runtime) -> Duration {
    let server = Server::start(runtime, EVENTS);
    let body = format!(
        "    parallel for each i in 1..{CHANNELS} {{\n      websocket ch {{{{env.ws}}}}/\n      expect on ch in order within 60s {{ repeat {EVENTS} times {{ event \"tick\" once {{ $.n >= 0 }} }} }}\n    }}\n"
    );
    let started = Instant::now();
    let (mut runner, _folder) = run(&server, &body);
    assert!(runner.wait().unwrap().success(), "the run didn't pass");
    started.elapsed()
}

fn run(server: &Server, body: &str) -> (Child, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let spec = format!(
        "environment local default {{ ws = variable(\"WS\") }}\n\nsuite \"Sockets\" {{\n  test \"sockets\" {{\n    timeout 10m\n{body}  }}\n}}\n"
    );
    std::fs::write(folder.path().join("a.e2e"), spec).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_e2e-dsl"));
    command.args(["run", "a.e2e", "--report", "json=r.json"]).current_dir(folder.path()).env("WS", &server.url);
    let runner = command.stdout(Stdio::null()).stderr(Stdio::inherit()).spawn().unwrap();
    (runner, folder)
}

struct Server {
    url: String,
    opened: Arc<AtomicUsize>,
    task: tokio::task::JoinHandle<()>,
}

impl Server {
    /// Sends each connection so many events.
    fn start(runtime: &tokio::runtime::Runtime, events: usize) -> Self {
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let url = format!("ws://{}", listener.local_addr().unwrap());
        let opened = Arc::new(AtomicUsize::new(0));
        let count = opened.clone();
        let task = runtime.spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let count = count.clone();
                tokio::spawn(async move { serve(stream, events, &count).await });
            }
        });
        Self { url, opened, task }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(mut stream: TcpStream, events: usize, opened: &AtomicUsize) -> Option<()> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.ok()?);
    }
    let head = String::from_utf8(head).ok()?;
    let (_, key) = head
        .lines()
        .filter_map(|line| line.split_once(": "))
        .find(|(name, _)| name.eq_ignore_ascii_case("sec-websocket-key"))?;
    let accept = derive_accept_key(key.as_bytes());
    let mut response = format!("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: {accept}\r\n\r\n").into_bytes();
    for n in 0..events {
        let text = format!("{{\"type\":\"tick\",\"n\":{n}}}");
        // An unmasked text frame (RFC 6455, section 5.2), shorter than 126 bytes.
        response.extend([0x81, text.len() as u8]);
        response.extend(text.as_bytes());
    }
    stream.write_all(&response).await.ok()?;
    opened.fetch_add(1, Ordering::Relaxed);
    let mut rest = Vec::new();
    stream.read_to_end(&mut rest).await.ok().map(|_| ())
}
