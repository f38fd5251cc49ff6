//! A server that does what is drawn for it: it responds, stalls, resets, closes, and breaks off where it likes.

use std::collections::HashMap;
use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use base64::Engine as _;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

use super::chance::Chance;
use super::frames;

pub struct Server {
    pub address: String,
    /// Gives the number of each request, from 1, as it is there.
    pub requests: Receiver<u64>,
}

struct Served {
    seed: u64,
    token: &'static str,
    /// How many requests each path has had, and all together.
    taken: Mutex<HashMap<String, u64>>,
}

/// What a connection is at behind a response.
enum Next {
    Another,
    Closed,
    /// Closed with something of the request unread, which resets it.
    Reset,
}

impl Server {
    pub fn start(seed: u64, token: &'static str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let served = Arc::new(Served { seed, token, taken: Mutex::default() });
        let (heard, requests) = channel();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (served, heard) = (served.clone(), heard.clone());
                // The other side may go at any time: that is nothing to report.
                std::thread::spawn(move || {
                    served.connection(stream, |nth| heard.send(nth).unwrap_or_default()).unwrap_or_default()
                });
            }
        });
        Self { address, requests }
    }
}

/// A request, but for its last byte.
pub struct Asked {
    pub head: String,
    pub path: String,
    target: String,
    /// But for its last byte.
    pub body: Vec<u8>,
    pub last: Vec<u8>,
}

pub fn asked(stream: &mut TcpStream) -> Option<Asked> {
    let mut seen = Vec::new();
    let mut byte = [0];
    while !seen.ends_with(b"\r\n\r") {
        stream.read_exact(&mut byte).ok()?;
        seen.push(byte[0]);
    }
    let head = String::from_utf8_lossy(&seen).into_owned();
    let target = head.split_whitespace().nth(1)?.to_owned();
    let path = target.split('?').next()?.to_owned();
    let length: usize = header(&head, "content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
    // The end of the head is the last byte, or that of the body is.
    let mut read = vec![0; length];
    stream.read_exact(&mut read).ok()?;
    Some(Asked { head, path, target, body: read, last: vec![0] })
}

pub fn header<'h>(head: &'h str, name: &str) -> Option<&'h str> {
    let lines = head.lines().filter_map(|line| line.split_once(':'));
    lines.filter(|(own, _)| own.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim()).next()
}

impl Served {
    fn connection(&self, mut stream: TcpStream, heard: impl Fn(u64)) -> Option<()> {
        loop {
            let mut asked = asked(&mut stream)?;
            let (nth, all) = {
                let mut taken = self.taken.lock().unwrap();
                *taken.entry(String::new()).or_default() += 1;
                *taken.entry(asked.path.clone()).or_default() += 1;
                (taken[&asked.path], taken[""])
            };
            heard(all);
            let chance = Chance::new(self.seed, &format!("{} {nth}", asked.path));
            if let Some(key) = header(&asked.head, "sec-websocket-key") {
                stream.read_exact(&mut asked.last).ok()?;
                let accept = derive_accept_key(key.as_bytes());
                return frames::talk(&chance, stream, &accept, self.token, asked.path == "/ws/0");
            }
            match self.respond(&chance, &asked, &mut stream)? {
                Next::Another => stream.read_exact(&mut asked.last).ok()?,
                Next::Closed => return stream.read_exact(&mut asked.last).ok(),
                Next::Reset => return Some(()),
            }
        }
    }

    fn respond(&self, chance: &Chance, asked: &Asked, stream: &mut TcpStream) -> Option<Next> {
        let kind = asked.path.split('/').nth(1).unwrap_or_default();
        let json = "Content-Type: application/json\r\n";
        if matches!(kind, "login" | "oauth") {
            let body = format!("{{\"token\":\"{}\",\"name\":\"Ada\",\"n\":3}}", self.token);
            return whole(stream, 200, json, body.as_bytes());
        }
        if kind == "health" {
            return whole(stream, if chance.below(4) == 0 { 503 } else { 200 }, "", b"");
        }
        if kind == "sse" || kind == "lines" {
            return self.stream(chance, kind == "sse", stream);
        }
        if chance.below(6) == 0 {
            pause(chance.below(120));
        }
        let echo = self.encoded(chance);
        let body = match chance.below(3) {
            0 => serde_json::json!({ "id": self.token, "head": asked.head, "items": [1, echo] }),
            1 => serde_json::json!({ "id": self.token, "name": "Ada", "n": 3, "items": [] }),
            _ => serde_json::json!({ "id": echo, "target": asked.target, "n": 4 }),
        };
        let body = body.to_string();
        let length = format!("Content-Length: {}\r\n\r\n", body.len());
        let cut = chance.below(body.len());
        match chance.below(36) {
            0 => {
                // Says nothing, until the other side has enough.
                let mut rest = Vec::new();
                stream.read_to_end(&mut rest).ok()?;
                Some(Next::Closed)
            }
            1 => Some(Next::Closed),
            2 => Some(Next::Reset),
            3 => {
                stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Ty").ok()?;
                self.broken_off(chance, stream)
            }
            4 => {
                stream.write_all(format!("HTTP/1.1 200 OK\r\n{json}{length}{}", &body[..cut]).as_bytes()).ok()?;
                self.broken_off(chance, stream)
            }
            5 => {
                let head = format!("HTTP/1.1 200 OK\r\n{json}Transfer-Encoding: chunked\r\n\r\n");
                stream.write_all(format!("{head}{cut:x}\r\n{}\r\n", &body[..cut]).as_bytes()).ok()?;
                if chance.below(2) == 0 {
                    pause(chance.below(90));
                    let rest = &body[cut..];
                    stream.write_all(format!("{:x}\r\n{rest}\r\n0\r\n\r\n", rest.len()).as_bytes()).ok()?;
                    return Some(Next::Another);
                }
                stream.write_all(chance.one(&["zz\r\n", "5\r\nab", ""]).as_bytes()).ok()?;
                self.broken_off(chance, stream)
            }
            6 => whole(stream, 503, &format!("{json}Retry-After: 0\r\n"), b"{\"error\":\"down\"}"),
            7 => {
                let place = format!("Location: /{kind}/{}?from={}\r\n", chance.below(4), self.token);
                whole(stream, [301, 302, 303, 307][chance.below(4)], &place, b"")
            }
            8 => {
                let value = chance.one(&["plain", self.token]);
                let cookie = format!("{json}Set-Cookie: sid{}={value}; Path=/; Max-Age=60\r\n", chance.below(2));
                whole(stream, 200, &cookie, body.as_bytes())
            }
            9 if header(&asked.head, "authorization").is_none_or(|had| !had.starts_with("Digest")) => {
                let challenge = "WWW-Authenticate: Digest realm=\"r\", nonce=\"n-1\", qop=\"auth\"\r\n";
                whole(stream, 401, challenge, b"")
            }
            10 => whole(stream, 200, &format!("{json}Content-Encoding: gzip\r\n"), body.as_bytes()),
            11 => {
                stream.write_all(format!("HTTP/1.1 200 OK\r\n{json}{length}").as_bytes()).ok()?;
                for part in body.as_bytes().chunks(1 + body.len() / 4) {
                    stream.write_all(part).ok()?;
                    pause(chance.below(30));
                }
                Some(Next::Another)
            }
            12 => {
                stream.write_all(b"HTTQ/9 nothing\r\n\r\n").ok()?;
                Some(Next::Closed)
            }
            13 => {
                let page = format!("<html><body><p id=\"x\">{}</p></body></html>", self.encoded(chance));
                whole(stream, 200, "Content-Type: text/html\r\n", page.as_bytes())
            }
            14 => whole(stream, 200, &format!("{json}X-Id: {}\r\n", self.token), body.as_bytes()),
            // The next request on this connection finds it gone.
            15 => {
                let mut response = format!("HTTP/1.1 200 OK\r\n{json}{length}").into_bytes();
                response.extend(body.as_bytes());
                stream.write_all(&response).ok()?;
                let mut last = [0];
                stream.read_exact(&mut last).ok()?;
                stream.peek(&mut last).ok()?;
                Some(Next::Reset)
            }
            16 => whole(stream, 404, json, b"{\"error\":\"none\"}"),
            _ => whole(stream, 200, &format!("{json}X-Id: abc\r\n"), body.as_bytes()),
        }
    }

    /// How a response that isn't whole ends.
    fn broken_off(&self, chance: &Chance, stream: &mut TcpStream) -> Option<Next> {
        match chance.below(4) {
            0 => Some(Next::Reset),
            1 => {
                let mut rest = Vec::new();
                stream.read_to_end(&mut rest).ok()?;
                Some(Next::Closed)
            }
            2 => {
                pause(chance.below(120));
                Some(Next::Closed)
            }
            _ => Some(Next::Closed),
        }
    }

    fn stream(&self, chance: &Chance, is_sse: bool, stream: &mut TcpStream) -> Option<Next> {
        let kind = if is_sse { "text/event-stream" } else { "application/x-ndjson" };
        let status = if chance.below(10) == 0 { "503 Down" } else { "200 OK" };
        let chunked = chance.below(2) == 0;
        let coding = if chunked { "Transfer-Encoding: chunked" } else { "Connection: close" };
        if chance.below(8) == 0 {
            pause(chance.below(200));
        }
        stream.write_all(format!("HTTP/1.1 {status}\r\nContent-Type: {kind}\r\n{coding}\r\n\r\n").as_bytes()).ok()?;
        let write = |stream: &mut TcpStream, text: &str| match chunked {
            true => stream.write_all(format!("{:x}\r\n{text}\r\n", text.len()).as_bytes()).ok(),
            false => stream.write_all(text.as_bytes()).ok(),
        };
        for nth in 0..chance.below(6) {
            let data = self.event(chance);
            let text = match (is_sse, chance.below(7)) {
                (true, 0) => ": nothing to say\n\n".to_owned(),
                (true, 1) => format!("event: b\nid: {nth}\ndata: {data}\n\n"),
                (true, _) => format!("id: {nth}\ndata: {data}\n\n"),
                (false, 0) => "\n".to_owned(),
                (false, 1) => "not json\n".to_owned(),
                (false, _) => format!("{data}\n"),
            };
            match chance.below(8) {
                0 => pause(chance.below(150)),
                1 => {
                    // In two parts, the second one a little later or never.
                    let half = text.len() / 2;
                    write(stream, &text[..half])?;
                    if chance.below(3) == 0 {
                        return self.broken_off(chance, stream);
                    }
                    pause(chance.below(40));
                    write(stream, &text[half..])?;
                    continue;
                }
                2 if chance.below(2) == 0 => return self.broken_off(chance, stream),
                _ => {}
            }
            write(stream, &text)?;
        }
        match chance.below(4) {
            0 => return self.broken_off(chance, stream),
            1 => pause(chance.below(300)),
            _ => {}
        }
        if chunked {
            stream.write_all(b"0\r\n\r\n").ok()?;
            return Some(Next::Another);
        }
        Some(Next::Closed)
    }

    /// What an event of a channel says.
    fn event(&self, chance: &Chance) -> String {
        event(chance, self.token)
    }

    /// The token, as servers write one.
    fn encoded(&self, chance: &Chance) -> String {
        match chance.below(4) {
            0 => base64::engine::general_purpose::STANDARD.encode(self.token),
            1 => self.token.bytes().map(|byte| format!("%{byte:02X}")).collect(),
            2 => format!("of {}, and none", self.token),
            _ => self.token.to_owned(),
        }
    }
}

/// What an event of a channel says.
pub fn event(chance: &Chance, token: &str) -> String {
    match chance.below(6) {
        0 => token.to_owned(),
        1 | 2 => serde_json::json!({ "type": "b", "n": chance.below(3) }).to_string(),
        _ => serde_json::json!({ "type": "a", "id": token }).to_string(),
    }
}

fn whole(stream: &mut TcpStream, status: u16, headers: &str, body: &[u8]) -> Option<Next> {
    let head = format!("HTTP/1.1 {status} -\r\n{headers}Content-Length: {}\r\n\r\n", body.len());
    stream.write_all(&[head.as_bytes(), body].concat()).ok()?;
    Some(Next::Another)
}

pub fn pause(milliseconds: usize) {
    std::thread::sleep(Duration::from_millis(milliseconds as u64));
}

/// Ends a connection, both ways.
pub fn cut(stream: &TcpStream) -> Option<()> {
    stream.shutdown(Shutdown::Both).ok()
}
