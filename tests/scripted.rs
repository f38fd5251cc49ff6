//! Servers that do what a script says: the ` ```server ` blocks of the pages in `tests/lang`.
//!
//! A section begins at the line's start and says what it answers: `websocket /chat`, or `GET /path 200`, each with headers after ` | `. When
//! a path has several sections, connections take them one after the other and the last one goes on. Its lines are indented:
//!
//! - of a WebSocket: `< TEXT` and `<hex 00ff` send a frame, `> PART` waits for a text that holds PART, `ping TEXT`, `close`, `close CODE
//!   REASON`, `cut` (no close frame), `pause 20ms`, `deaf` (reads nothing any more). At its end it reads until the other side closes.
//! - of a response: lines of its body, sent one by one as chunks; `~ TEXT` is sent without a line end, with `\r` and `\n` as escapes;
//!   `@pause 20ms`, `@cut` (the body has no end). `%open%` is how many WebSockets are open, `%head%` is the request's head as a part of a JSON string, `%body%` its body, `%other%` this server's
//!   second address.

use std::collections::HashMap;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Role, WebSocket};
use tokio_tungstenite::tungstenite::{Message, Utf8Bytes};

use crate::servers::head;

pub struct Scripted {
    /// `127.0.0.1:PORT`, and another that is served alike.
    pub addresses: [String; 2],
}

#[derive(Debug)]
struct Section {
    method: String,
    path: String,
    status: String,
    headers: Vec<String>,
    lines: Vec<String>,
}

struct Served {
    sections: Vec<Section>,
    /// How many connections each path has had.
    taken: Mutex<HashMap<String, usize>>,
    /// How many WebSockets are open.
    open: AtomicUsize,
    other: String,
}

impl Scripted {
    pub fn start(script: &str) -> Self {
        let listeners = [(), ()].map(|()| TcpListener::bind("127.0.0.1:0").unwrap());
        let addresses = [0, 1].map(|at: usize| listeners[at].local_addr().unwrap().to_string());
        let served = Arc::new(Served {
            sections: sections(script),
            taken: Mutex::default(),
            open: AtomicUsize::new(0),
            other: format!("http://{}", addresses[1]),
        });
        for listener in listeners {
            let served = served.clone();
            std::thread::spawn(move || {
                for stream in listener.incoming().flatten() {
                    let served = served.clone();
                    // The other side may go at any time: that ends the script, and is nothing to report.
                    std::thread::spawn(move || served.response(stream).unwrap_or_default());
                }
            });
        }
        Self { addresses }
    }
}

fn sections(script: &str) -> Vec<Section> {
    let mut sections: Vec<Section> = Vec::new();
    for line in script.lines() {
        if line.is_empty() || line.starts_with("  ") {
            let section = sections.last_mut().unwrap();
            section.lines.push(line.strip_prefix("  ").unwrap_or_default().to_owned());
            continue;
        }
        let mut parts = line.split(" | ");
        let mut words = parts.next().unwrap().split_whitespace().map(str::to_owned);
        let (method, path) = (words.next().unwrap(), words.next().unwrap());
        let headers = parts.map(str::to_owned).collect();
        sections.push(Section { method, path, status: words.next().unwrap_or_default(), headers, lines: Vec::new() });
    }
    sections
}

impl Served {
    fn response(&self, mut stream: TcpStream) -> Option<()> {
        let head = head(&mut stream);
        let mut words = head.split_whitespace();
        let (method, target) = (words.next()?, words.next()?);
        let path = target.split('?').next()?;
        let header = |name: &str| {
            let lines = head.lines().filter_map(|line| line.split_once(':'));
            lines.filter(|(own, _)| own.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim()).next()
        };
        let key = header("Sec-WebSocket-Key");
        let method = if key.is_some() { "websocket" } else { method };
        let fitting: Vec<&Section> =
            self.sections.iter().filter(|section| section.method == method && section.path == path).collect();
        let number = {
            let mut taken = self.taken.lock().unwrap();
            let count = taken.entry(format!("{method} {path}")).or_default();
            *count += 1;
            *count - 1
        };
        let Some(section) = fitting.get(number.min(fitting.len().saturating_sub(1))) else {
            let _ = stream.write_all(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
            return None;
        };
        let mut body = vec![0; header("Content-Length").and_then(|length| length.parse().ok()).unwrap_or(0)];
        stream.read_exact(&mut body).ok()?;
        match key.filter(|_| section.status.is_empty()) {
            Some(key) => {
                self.open.fetch_add(1, Ordering::SeqCst);
                let talked = section.talk(stream, key);
                self.open.fetch_sub(1, Ordering::SeqCst);
                talked
            }
            None => section.reply(stream, |line| {
                let quoted = |text: &str| serde_json::to_string(text).unwrap().trim_matches('"').to_owned();
                line.replace("%head%", &quoted(&head))
                    .replace("%body%", &quoted(&String::from_utf8_lossy(&body)))
                    .replace("%other%", &self.other)
                    .replace("%open%", &self.open.load(Ordering::SeqCst).to_string())
            }),
        }
    }
}

impl Section {
    fn reply(&self, mut stream: TcpStream, filled: impl Fn(&str) -> String) -> Option<()> {
        let status = if self.status.is_empty() { "200" } else { &self.status };
        let mut head = format!("HTTP/1.1 {status} -\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n");
        for header in &self.headers {
            head.push_str(&format!("{}\r\n", filled(header)));
        }
        stream.write_all(format!("{head}\r\n").as_bytes()).ok()?;
        let last = self.lines.iter().rposition(|line| !line.is_empty()).map_or(0, |last| last + 1);
        let kept = if self.headers.iter().any(|header| header.contains("stream")) { self.lines.len() } else { last };
        for line in &self.lines[..kept] {
            let chunk = match (line.strip_prefix("~ "), line.strip_prefix("@pause "), line.as_str()) {
                (_, Some(time), _) => {
                    std::thread::sleep(duration(time));
                    continue;
                }
                (_, _, "@cut") => return stream.shutdown(Shutdown::Both).ok(),
                (Some(raw), _, _) => raw.replace("\\r", "\r").replace("\\n", "\n").replace("\\u{feff}", "\u{feff}"),
                (None, _, line) => format!("{}\n", filled(line)),
            };
            stream.write_all(format!("{:x}\r\n{chunk}\r\n", chunk.len()).as_bytes()).ok()?;
        }
        stream.write_all(b"0\r\n\r\n").ok()
    }

    fn talk(&self, mut stream: TcpStream, key: &str) -> Option<()> {
        let mut head = format!(
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: {}\r\n",
            derive_accept_key(key.as_bytes())
        );
        for header in &self.headers {
            head.push_str(&format!("{header}\r\n"));
        }
        stream.write_all(format!("{head}\r\n").as_bytes()).ok()?;
        let mut socket = WebSocket::from_raw_socket(stream, Role::Server, None);
        for line in &self.lines {
            let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
            match word {
                "" => {}
                "<" => socket.send(Message::text(rest)).ok()?,
                "<hex" => socket.send(Message::binary(bytes(rest))).ok()?,
                ">" => while !socket.read().ok()?.to_text().is_ok_and(|text| text.contains(rest)) {},
                "ping" => socket.send(Message::Ping(rest.as_bytes().to_vec().into())).ok()?,
                "pause" => std::thread::sleep(duration(rest)),
                "cut" => return socket.get_ref().shutdown(Shutdown::Both).ok(),
                "deaf" => {
                    let mut unread = Vec::new();
                    return socket.get_mut().read_to_end(&mut unread).ok().map(|_| ());
                }
                "close" => {
                    let frame = rest.split_once(' ').map_or_else(
                        || rest.parse().ok().map(|code| (code, "")),
                        |(code, reason)| Some((code.parse().unwrap(), reason)),
                    );
                    let frame = frame.map(|(code, reason): (u16, &str)| CloseFrame {
                        code: CloseCode::from(code),
                        reason: Utf8Bytes::from(reason),
                    });
                    socket.close(frame).ok()?;
                }
                other => unreachable!("a WebSocket doesn't {other}"),
            }
        }
        while socket.read().is_ok() {}
        Some(())
    }
}

fn duration(text: &str) -> Duration {
    Duration::from_millis(text.strip_suffix("ms").unwrap().parse().unwrap())
}

fn bytes(hex: &str) -> Vec<u8> {
    (0..hex.len() / 2).map(|at| u8::from_str_radix(&hex[2 * at..2 * at + 2], 16).unwrap()).collect()
}
