//! The server's side of a WebSocket, byte by byte: a library wouldn't write what is wrong.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::sync::{Arc, Mutex};

use super::chance::Chance;
use super::server::{cut, event, pause};

pub const TEXT: u8 = 0x81;
const CLOSE: u8 = 0x88;

pub fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut bytes = vec![first];
    match u8::try_from(payload.len()) {
        Ok(length) if length < 126 => bytes.push(length),
        _ => bytes.extend([126, (payload.len() >> 8) as u8, payload.len() as u8]),
    }
    bytes.extend(payload);
    bytes
}

pub fn closing(code: u16, reason: &str) -> Vec<u8> {
    frame(CLOSE, &[&code.to_be_bytes(), reason.as_bytes()].concat())
}

/// What the other side sends: the opcode, and the payload.
pub fn read(stream: &mut TcpStream) -> Option<(u8, Vec<u8>)> {
    let mut head = [0; 2];
    stream.read_exact(&mut head).ok()?;
    let mut length = usize::from(head[1] & 0x7f);
    if length == 126 {
        let mut long = [0; 2];
        stream.read_exact(&mut long).ok()?;
        length = usize::from(u16::from_be_bytes(long));
    }
    let mut mask = [0; 4];
    stream.read_exact(&mut mask).ok()?;
    let mut payload = vec![0; length];
    stream.read_exact(&mut payload).ok()?;
    payload.iter_mut().zip(mask.iter().cycle()).for_each(|(byte, mask)| *byte ^= mask);
    Some((head[0] & 0xf, payload))
}

/// Opens, or not, says what is drawn, and listens until the other side has gone.
pub fn talk(chance: &Chance, mut stream: TcpStream, accept: &str, token: &str, splits: bool) -> Option<()> {
    if chance.below(6) == 0 {
        pause(chance.below(150));
    }
    let accept = match chance.below(30) {
        0 => return stream.write_all(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n").ok(),
        1 => "nonsense",
        2 => return cut(&stream),
        3 => {
            stream.write_all(b"HTTP/1.1 101 Swi").ok()?;
            return stream.read_to_end(&mut Vec::new()).ok().map(|_| ());
        }
        _ => accept,
    };
    let head = format!(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: {accept}\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).ok()?;
    let to = Arc::new(Mutex::new(stream.try_clone().ok()?));
    let (is_deaf, answers) = (chance.below(8) == 0, chance.below(3));
    let (replies, again) = (to.clone(), event(chance, token));
    let listener = std::thread::spawn(move || {
        if is_deaf {
            return stream.read_to_end(&mut Vec::new()).ok().map(|_| ());
        }
        loop {
            let (kind, payload) = read(&mut stream)?;
            let reply = match kind {
                1 if answers == 0 && payload.windows(2).any(|part| part == b"go") => frame(TEXT, again.as_bytes()),
                // What was said comes back.
                1 if answers == 1 => frame(TEXT, &payload),
                8 => {
                    replies.lock().ok()?.write_all(&frame(CLOSE, &payload)).ok()?;
                    return cut(&stream);
                }
                9 if answers != 2 => frame(0x8a, &payload),
                _ => continue,
            };
            replies.lock().ok()?.write_all(&reply).ok()?;
        }
    });
    let write = |bytes: &[u8]| to.lock().ok()?.write_all(bytes).ok();
    for _ in 0..chance.below(7) {
        let text = event(chance, token);
        match chance.below(30) {
            0 | 1 => pause(chance.below(200)),
            2 => write(&frame(0x89, b"there?"))?,
            3 => write(&frame(0x8a, b"unasked"))?,
            4 => write(&frame(0x82, text.as_bytes()))?,
            5 => {
                // In fragments, with a ping between them.
                let half = text.len() / 2;
                write(&frame(0x01, &text.as_bytes()[..half]))?;
                write(&frame(0x89, b"between"))?;
                pause(chance.below(30));
                write(&frame(0x80, &text.as_bytes()[half..]))?;
            }
            6 => {
                write(&closing([1000, 1001, 1011, 4000][chance.below(4)], chance.one(&["", "bye", token])))?;
                break;
            }
            7 => {
                let wrong: [&[u8]; 6] = [
                    &frame(CLOSE, b"\x03"),
                    &closing(1005, ""),
                    &frame(0xc1, b"reserved"),
                    &frame(0x83, b"unknown"),
                    &[TEXT, 0x80, 1, 2, 3, 4],
                    &frame(TEXT, b"\xff\xfe"),
                ];
                write(wrong[chance.below(6)])?;
            }
            8 => {
                let bytes = frame(TEXT, text.as_bytes());
                write(&bytes[..bytes.len() / 2])?;
                cut(&*to.lock().ok()?)?;
            }
            9 if chance.below(2) == 0 => cut(&*to.lock().ok()?)?,
            10 => write(&[frame(TEXT, text.as_bytes()), frame(TEXT, text.as_bytes())].concat())?,
            // A secret that comes in two frames. What a diagnostic quotes of them the run shows, and no trace has.
            11 if splits => {
                write(&frame(TEXT, &token.as_bytes()[..token.len() / 2]))?;
                write(&frame(TEXT, &token.as_bytes()[token.len() / 2..]))?;
            }
            _ => write(&frame(TEXT, text.as_bytes()))?,
        }
    }
    listener.join().ok().flatten()
}
