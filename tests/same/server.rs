//! A server whose responses in one iteration depend on nothing but which one it is: a test that stands for it sees the same.

use std::collections::HashMap;
use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

use super::super::replay_servers::chance::Chance;
use super::super::replay_servers::frames::{TEXT, closing, frame, read};
use super::super::replay_servers::server::{Asked, asked, cut, header, pause};
use super::reply::{End, Pieces, Reply, reply, right};
use super::scenario::Scenario;

/// How many iterations differ: the next one is as the first one.
pub const KINDS: usize = 3;

#[derive(Clone)]
pub struct Server(Arc<State>);

struct State {
    seed: u64,
    pub address: String,
    scenarios: Mutex<Arc<Vec<Scenario>>>,
    seen: Mutex<HashMap<(String, usize), Seen>>,
}

/// What one who carries a scenario out has sent.
#[derive(Clone, Default)]
pub struct Seen {
    /// Of each iteration, the requests in the order of their coming.
    pub iterations: Vec<Vec<String>>,
    /// How often each path was asked for in this one.
    times: HashMap<String, usize>,
}

impl Server {
    pub fn start(seed: u64) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let server = Self(Arc::new(State { seed, address, scenarios: Mutex::default(), seen: Mutex::default() }));
        let own = server.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let state = own.0.clone();
                // The other side may go at any time: that is nothing to report.
                std::thread::spawn(move || state.connection(stream).unwrap_or_default());
            }
        });
        server
    }

    pub fn address(&self) -> &str {
        &self.0.address
    }

    pub fn serves(&self, scenarios: Arc<Vec<Scenario>>) {
        *self.0.scenarios.lock().unwrap() = scenarios;
    }

    /// Whether users who carry a scenario out in different ways send the same cookies.
    ///
    /// # Errors
    /// What they send otherwise.
    pub fn cookies_are_the_same(&self, scenario: usize) -> Result<(), String> {
        let sorted = |run: &str| {
            let mut iterations = self.seen(run, scenario).iterations;
            iterations.iter_mut().for_each(|one| one.sort());
            iterations
        };
        let (quick, usual) = (sorted("q0"), sorted("u0"));
        match quick.iter().zip(&usual).position(|(quick, usual)| quick != usual) {
            Some(at) => Err(format!("quickly {:#?}, usually {:#?}", quick[at], usual[at])),
            None => Ok(()),
        }
    }

    pub fn seen(&self, run: &str, scenario: usize) -> Seen {
        self.0.seen.lock().unwrap().get(&(run.to_owned(), scenario)).cloned().unwrap_or_default()
    }
}

impl State {
    fn connection(&self, mut stream: TcpStream) -> Option<()> {
        stream.set_nodelay(true).ok()?;
        loop {
            let mut request = asked(&mut stream)?;
            let mut parts = request.path.split('/').skip(1).map(str::to_owned);
            let (run, scenario, step) = (parts.next()?, parts.next()?, parts.next());
            let Some(step) = step else {
                // Where it was redirected to.
                stream.read_exact(&mut request.last).ok()?;
                stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}").ok()?;
                return Some(());
            };
            let scenario: usize = scenario.parse().ok()?;
            let (iteration, nth) = self.counted(&run, scenario, &step, &request);
            // Those that stand for an iteration say which one; the users of a load at a rate do the same in all of them.
            let kind = match run.as_bytes() {
                [b't', kind] => usize::from(*kind - b'0'),
                [b'r', _] => 0,
                _ => iteration % KINDS,
            };
            let chance = Chance::new(self.seed, &format!("{scenario} {kind} {step} {nth}"));
            if step.ends_with('s') {
                stream.read_exact(&mut request.last).ok()?;
                return streamed(&chance, &mut stream);
            }
            if let Some((_, sends)) = step.split_once('w') {
                stream.read_exact(&mut request.last).ok()?;
                let accept = derive_accept_key(header(&request.head, "sec-websocket-key")?.as_bytes());
                return talk(&chance, stream, &accept, sends.parse().ok()?);
            }
            let scenarios = self.scenarios.lock().unwrap().clone();
            let care = scenarios.get(scenario)?.care;
            let method = request.head.split(' ').next()?;
            let is_last = step.ends_with('e') && nth > 1;
            let reply = if is_last { right(care, method) } else { reply(&chance, care, method) };
            if reply.end != End::Reset {
                stream.read_exact(&mut request.last).ok()?;
            }
            if !respond(reply, &mut stream, &run)? {
                return Some(());
            }
        }
    }

    /// Counts a request; gives its iteration, and how often it was made in it before.
    fn counted(&self, run: &str, scenario: usize, step: &str, request: &Asked) -> (usize, usize) {
        let mut seen = self.seen.lock().unwrap();
        let seen = seen.entry((run.to_owned(), scenario)).or_default();
        if step == "0" {
            seen.iterations.push(Vec::new());
            seen.times.clear();
        }
        // Iterations of several users are under way at once.
        let is_mixed = run.starts_with('r');
        if is_mixed {
            seen.times.clear();
        }
        // A key is another one for each handshake.
        let head = request.head.lines().filter(|line| !line.to_ascii_lowercase().starts_with("sec-websocket-key"));
        let head = head.collect::<Vec<_>>().join("\n").replace(&format!("/{run}/"), "/RUN/");
        let text = format!("{head}\n{}", String::from_utf8_lossy(&request.body));
        if let Some(iteration) = seen.iterations.last_mut() {
            iteration.push(text);
        }
        let nth = seen.times.entry(step.to_owned()).or_default();
        *nth += 1;
        (seen.iterations.len().saturating_sub(1), *nth - 1)
    }
}

/// Writes a response; gives whether the connection goes on.
fn respond(reply: Reply, stream: &mut TcpStream, run: &str) -> Option<bool> {
    let text = reply.bytes;
    let from = b"/RUN/";
    let to = format!("/{run}/");
    let bytes = match text.windows(from.len()).position(|part| part == from) {
        Some(at) => [&text[..at], to.as_bytes(), &text[at + from.len()..]].concat(),
        None => text,
    };
    match reply.pieces {
        Pieces::Whole => stream.write_all(&bytes).ok()?,
        Pieces::Two(at) => {
            let (first, second) = bytes.split_at(at.min(bytes.len()));
            stream.write_all(first).ok()?;
            pause(2);
            stream.write_all(second).ok()?;
        }
        Pieces::Of(size) => {
            let (first, rest) = bytes.split_at(bytes.len().min(400));
            for part in first.chunks(size) {
                stream.write_all(part).ok()?;
            }
            stream.write_all(rest).ok()?;
        }
    }
    match reply.end {
        End::Open => return Some(true),
        End::Reset => {}
        End::Closed | End::Stalled => {
            if reply.end == End::Closed {
                stream.shutdown(Shutdown::Write).ok()?;
            }
            // What comes is read, so that the end is an end and no reset.
            let mut rest = [0; 1024];
            while stream.read(&mut rest).is_ok_and(|count| count > 0) {}
        }
    }
    Some(false)
}

fn event(chance: &Chance) -> &'static str {
    match chance.below(12) {
        0 => "plain",
        1 => "{\"n\":2}",
        2 => "{\"type\":\"c\"}",
        3 => "{\"type\":\"a\",\"n\":1,\"n\":2}",
        4..8 => "{\"type\":\"b\",\"n\":2}",
        _ => "{\"type\":\"a\",\"n\":1}",
    }
}

/// A WebSocket: so many times it is asked to say more.
fn talk(chance: &Chance, mut stream: TcpStream, accept: &str, sends: usize) -> Option<()> {
    let (status, accept) = match chance.below(24) {
        0 => ("403 Forbidden", accept),
        1 => ("101 Switching Protocols", "nonsense"),
        _ => ("101 Switching Protocols", accept),
    };
    let mut bytes = format!(
        "HTTP/1.1 {status}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: {accept}\r\n\r\n"
    )
    .into_bytes();
    for nth in 0..=sends {
        for _ in 0..1 + chance.below(4) {
            match chance.below(16) {
                0 => bytes.extend(frame(0x89, b"there?")),
                1 => bytes.extend(frame(0x82, event(chance).as_bytes())),
                2 => {
                    let (first, second) = event(chance).split_at(3);
                    bytes.extend(frame(0x01, first.as_bytes()));
                    bytes.extend(frame(0x80, second.as_bytes()));
                }
                3 if nth == sends => bytes.extend(frame(0x83, b"unknown")),
                _ => bytes.extend(frame(TEXT, event(chance).as_bytes())),
            }
        }
        if nth < sends {
            stream.write_all(&bytes).ok()?;
            bytes.clear();
            while read(&mut stream)?.0 != 1 {}
        }
    }
    if chance.below(3) > 0 {
        bytes.extend(closing([1000, 1001, 1011, 4000][chance.below(4)], chance.one(&["", "bye"])));
    }
    stream.write_all(&bytes).ok()?;
    // Until the other side has gone, or has said that it goes.
    stream.shutdown(Shutdown::Write).ok()?;
    while read(&mut stream).is_some() {}
    cut(&stream)
}

fn streamed(chance: &Chance, stream: &mut TcpStream) -> Option<()> {
    let head = match chance.below(20) {
        0 => "503 Busy\r\nContent-Type: text/event-stream",
        1 => "200 OK\r\nContent-Type: text/plain",
        _ => "200 OK\r\nContent-Type: text/event-stream",
    };
    let mut bytes = format!("HTTP/1.1 {head}\r\nConnection: close\r\n\r\n").into_bytes();
    for nth in 0..1 + chance.below(6) {
        let data = event(chance);
        let text = match chance.below(8) {
            0 => ": nothing to say\n\n".to_owned(),
            1 => format!("event: b\nid: {nth}\ndata: {data}\n\n"),
            2 => format!("data: {data}\n"),
            _ => format!("data: {data}\n\n"),
        };
        bytes.extend(text.into_bytes());
    }
    stream.write_all(&bytes).ok()?;
    stream.shutdown(Shutdown::Write).ok()?;
    while stream.read(&mut [0; 1024]).is_ok_and(|count| count > 0) {}
    Some(())
}
