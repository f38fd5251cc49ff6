//! A response that is drawn: as it should be, or with something else in its head, its framing, its body, or how it comes.

use std::io::Write as _;

use super::super::replay_servers::chance::Chance;
use super::scenario::Care;

pub struct Reply {
    pub bytes: Vec<u8>,
    pub pieces: Pieces,
    pub end: End,
}

/// How it is written.
pub enum Pieces {
    Whole,
    /// In two, the second one a moment later.
    Two(usize),
    /// So many bytes at a time.
    Of(usize),
}

/// What its server does behind it.
#[derive(Clone, Copy, PartialEq)]
pub enum End {
    Open,
    Closed,
    Reset,
    /// Nothing, until the other side has gone.
    Stalled,
}

enum Framing {
    Length,
    Chunked(&'static str),
    UntilClosed,
    /// As it is written.
    Lines(Vec<String>),
}

const BODY: &str = r#"{"a":"x","n":7,"l":[0,{"b":true}],"d":null,"big":12345678901234567890,"f":1.5,"q":"\"q\"","o":{"k":1},"items":[1],"long":"é"}"#;

/// What is written for a number.
const NUMBERS: [&str; 16] = [
    "\"n\":7.0",
    "\"n\":70e-1",
    "\"n\" :\n 7 ",
    "\"n\":8",
    "\"n\":7,\"n\":7",
    "\"n\":8,\"n\":7",
    "\"n\":7,\"n\":8",
    "\"\\u006e\":7",
    "\"n\":7,\"\\u006e\":8",
    "\"N\":7",
    "\"n\":\"7\"",
    "\"n\":[7]",
    "\"n\":-7",
    "\"n\":07",
    "\"n\":7e400",
    "\"n\":7,\"o\":{\"k\":1}",
];

/// What is written for a text.
const TEXTS: [&str; 12] = [
    "\"\\u0078\"",
    "\"\\u0079\"",
    "\"X\"",
    "\"x \"",
    "\"x\\ud83d\\ude00\"",
    "\"\\ud800\"",
    "\"x\u{0}\"",
    "\"x\u{1}\"",
    "\"\\q\"",
    "\"x",
    "[\"x\"]",
    "{\"x\":1}",
];

/// What is written for a text that few ask for.
const ELSEWHERE: [&str; 18] = [
    "\"\\ud800\"",
    "\"\\udc00\\ud800\"",
    "\"\\u00e9\"",
    "\"\u{7f}\u{2028}\"",
    "\"\t\"",
    "\"\\x\"",
    "{\"k\":1,\"k\":2}",
    "1e999",
    "-1e999",
    "1e-999",
    "-0",
    "-",
    "1.",
    ".5",
    "1e",
    "nul",
    "[1,]",
    "{\"\":{\"\":[]}}",
];

const NAMES: [&str; 12] = [
    "X-NAME: one two",
    "x-name:one two",
    "X-Name:  one two \t",
    "X-Name: one  two",
    "X-Name: one two, three",
    "X-Name: three\nX-Name: one two",
    "X-Name: one two\nX-Name: three",
    "X-Name: one two\n three",
    "X-Name:",
    "X-Name : one two",
    "X-Other: one two",
    "X-Name: one\ttwo",
];

/// Lines beside those that every response has.
const LINES: [&str; 34] = [
    "Connection: keep-alive",
    "Connection: Keep-Alive, X-Name",
    "Connection: upgrade",
    "Keep-Alive: timeout=5, max=1",
    "Upgrade: h2c",
    "Trailer: X-Name",
    "Set-Cookie: sid=1; Path=/",
    "Set-Cookie: sid=2; Max-Age=0",
    "Set-Cookie: theme=dark; Domain=other.example",
    "Set-Cookie: ",
    "Cookie: a=b",
    "Content-Type: application/json",
    "Content-Type: application/json; charset=utf-8",
    "Content-Type: application/json; charset=\"UTF-8\"",
    "Content-Type: application/json; charset=iso-8859-1",
    "Content-Type: application/json; charset=utf-16",
    "Content-Type: application/json; charset=nonsense",
    "Content-Type: application/json; charset=",
    "Content-Type: text/html",
    "Content-Type: text/plain; charset=us-ascii",
    "Content-Type: application/json\nContent-Type: text/html; charset=iso-8859-1",
    "Content-Type: text/html; charset=iso-8859-1\nContent-Type: application/json",
    "Content-Encoding: gzip",
    "Content-Encoding: identity",
    "Content-Encoding:",
    "Content-Encoding: nonsense",
    "Retry-After: 0",
    "X-Text: caf\u{e9}",
    "X-Folded: a\n b",
    "X-Empty:",
    "Bad Name: x",
    ": x",
    "nothing",
    "X-Null: a\u{0}b",
];

const STATUS_LINES: [&str; 24] = [
    "HTTP/1.1 200",
    "HTTP/1.1 200 ",
    "HTTP/1.1 200 Anything at all",
    "HTTP/1.1 200 caf\u{e9}",
    "HTTP/1.1 200 \u{1}",
    "HTTP/1.1 200  OK",
    "HTTP/1.1  200 OK",
    "HTTP/1.0 200 OK",
    "HTTP/1.2 200 OK",
    "http/1.1 200 OK",
    "HTTP/1.1 20 OK",
    "HTTP/1.1 2000 OK",
    "HTTP/1.1 201 Created",
    "HTTP/1.1 206 Partial Content",
    "HTTP/1.1 299 -",
    "HTTP/1.1 302 Found\nLocation: /RUN/moved",
    "HTTP/1.1 404 Not Found",
    "HTTP/1.1 500 -",
    "HTTP/1.1 503 Busy",
    "HTTP/1.1 503 Busy",
    "HTTP/1.1 599 -",
    "HTTP/1.1 600 -",
    "HTTP/1.1 999 -",
    "HTTP/1.1 099 -",
];

const INTERIM: [&str; 4] = [
    "HTTP/1.1 100 Continue\n\n",
    "HTTP/1.1 103 Early Hints\nLink: </a>\n\n",
    "HTTP/1.1 103 Early Hints\nX-Name: three\n\nHTTP/1.1 102 Processing\n\n",
    "\n",
];

struct Draft {
    status: String,
    name: String,
    lines: Vec<String>,
    body: Vec<u8>,
    framing: Framing,
    interim: &'static str,
    line_end: &'static str,
    end: End,
    pieces: Pieces,
}

/// A response as it should be.
pub fn right(care: Care, method: &str) -> Reply {
    draft().written(care, method)
}

fn draft() -> Draft {
    Draft {
        status: "HTTP/1.1 200 OK".to_owned(),
        name: NAMES[0].replace("NAME", "Name"),
        lines: vec!["Content-Type: application/json".to_owned()],
        body: BODY.into(),
        framing: Framing::Length,
        interim: "",
        line_end: "\r\n",
        end: End::Open,
        pieces: Pieces::Whole,
    }
}

pub fn reply(chance: &Chance, care: Care, method: &str) -> Reply {
    let mut draft = draft();
    for _ in 0..[0, 0, 0, 1, 1, 1, 2][chance.below(7)] {
        draft.changed(chance, care);
    }
    let mut reply = draft.written(care, method);
    if care.is_fresh && chance.below(12) == 0 {
        reply.bytes.clear();
        reply.end = if chance.below(2) == 0 { End::Closed } else { End::Reset };
    } else if chance.below(16) == 0 {
        reply.bytes.truncate(1 + chance.below(reply.bytes.len()));
        reply.end = End::Closed;
    } else if care.stalls && chance.below(6) == 0 {
        reply.bytes.truncate(chance.below(reply.bytes.len()));
        reply.end = End::Stalled;
    }
    reply
}

impl Draft {
    fn changed(&mut self, chance: &Chance, care: Care) {
        let body = |from: &str, to: &str| BODY.replacen(from, to, 1).into_bytes();
        match chance.below(20) {
            0..2 => self.status = chance.one(&STATUS_LINES).to_owned(),
            2..4 => self.name = chance.one(&NAMES).to_owned(),
            4..7 => {
                let line = chance.one(&LINES);
                if line.starts_with("Content-Type") {
                    self.lines.clear();
                }
                self.lines.push(line.to_owned());
            }
            7 => self
                .lines
                .extend((0..[40, 58, 62, 70, 97, 98, 110][chance.below(7)]).map(|nth| format!("X-{nth}: {nth}"))),
            8 => self.lines.push(format!("X-Long: {}", "a".repeat([900, 9_000, 16_000, 17_000][chance.below(4)]))),
            9 | 10 => self.body = body("\"n\":7", chance.one(&NUMBERS)),
            11 => self.body = body("\"x\"", chance.one(&TEXTS)),
            12 => self.body = body("\"é\"", chance.one(&ELSEWHERE)),
            13 => self.body = self.other_body(chance),
            14 => self.framing = framing(chance, self.body.len()),
            15 if chance.below(2) == 0 => self.interim = INTERIM[chance.below(INTERIM.len())],
            15 => self.line_end = "\n",
            16 => self.pieces = Pieces::Two(chance.below(400)),
            17 => self.pieces = Pieces::Of(1 + chance.below(9)),
            18 => {
                self.lines.push("Connection: close".to_owned());
                self.end = End::Closed;
            }
            _ if care.is_idempotent => self.end = End::Closed,
            _ => self.lines.push("Connection: keep-alive\nConnection: close".to_owned()),
        }
    }

    fn other_body(&self, chance: &Chance) -> Vec<u8> {
        let deep = |depth: usize| BODY.replacen("\"é\"", &("[".repeat(depth) + &"]".repeat(depth)), 1).into_bytes();
        let with = |bytes: &[u8]| {
            let mut body = BODY.as_bytes().to_vec();
            let at = body.len() - 3;
            body.splice(at..at, bytes.iter().copied());
            body
        };
        match chance.below(18) {
            0 => format!("\u{feff}{BODY}").into_bytes(),
            1 => format!("{BODY}}}").into_bytes(),
            2 => format!("{BODY}\n \t\r\n").into_bytes(),
            3 => format!(" \n{BODY}").into_bytes(),
            4 => format!("{BODY}\u{0}").into_bytes(),
            5 => format!("{BODY}{BODY}").into_bytes(),
            6 => Vec::new(),
            7 => chance.one(&["null", "[]", "{}", "7", "\"x\"", "healthy", "{\"n\":7"]).into(),
            8 => deep([100, 126, 127, 128, 129, 511, 512, 513, 4_000][chance.below(9)]),
            9 => with(b"\xff"),
            10 => with(b"\xed\xa0\x80"),
            11 => with(b"\xc3"),
            12 => BODY.replacen("\"é\"", &format!("\"{}\"", "a".repeat(70_000)), 1).into_bytes(),
            13 => BODY.replacen("\"é\"", &format!("\"{}\"", "a".repeat(20_000)), 1).into_bytes(),
            14 => BODY.replacen("12345678901234567890", &"9".repeat(400), 1).into_bytes(),
            15 => BODY.replacen("12345678901234567890", "12345678901234567890.0", 1).into_bytes(),
            16 => BODY
                .replacen("1.5", chance.one(&["1.50", "15e-1", "1.5000000000000001", "1.49999999999999999999"]), 1)
                .into(),
            _ => BODY.replacen("[1]", chance.one(&["[]", "[1,1]", "null", "[\"1\"]"]), 1).into_bytes(),
        }
    }

    fn written(mut self, care: Care, method: &str) -> Reply {
        let is_empty = method == "HEAD" || ["204", "304"].iter().any(|one| self.status.contains(one));
        let mut lines = vec![self.status.clone(), self.name.clone()];
        lines.append(&mut self.lines);
        let mut body = std::mem::take(&mut self.body);
        let coded = lines.iter().any(|line| line == "Content-Encoding: gzip") && body.len().is_multiple_of(2);
        if coded {
            let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
            encoder.write_all(&body).unwrap();
            body = encoder.finish().unwrap();
        }
        match self.framing {
            Framing::Length => lines.push(format!("Content-Length: {}", body.len())),
            Framing::Chunked(extra) => {
                lines.push("Transfer-Encoding: chunked".to_owned());
                let cut = body.len() / 3;
                let mut chunked = Vec::new();
                for part in [&body[..cut], &body[cut..]].into_iter().filter(|part| !part.is_empty()) {
                    chunked.extend(format!("{:X}{extra}\r\n", part.len()).into_bytes());
                    chunked.extend(part);
                    chunked.extend(b"\r\n");
                }
                chunked.extend(if extra.is_empty() { &b"0\r\n\r\n"[..] } else { b"0\r\nX-Name: three\r\n\r\n" });
                body = chunked;
            }
            Framing::UntilClosed => self.end = End::Closed,
            Framing::Lines(own) => {
                lines.extend(own);
                // How long it is may be understood in several ways, so that nothing may follow it: whether what is left over comes before the next request or
                // behind it is a matter of time.
                lines.push("Connection: close".to_owned());
                self.end = End::Closed;
            }
        }
        if care.is_fresh {
            lines.push("Connection: close".to_owned());
            self.end = End::Closed;
        }
        let head = format!("{}{}\n\n", self.interim, lines.join("\n")).replace('\n', self.line_end);
        // As Latin-1, in which headers may hold what isn't ASCII.
        let mut bytes: Vec<u8> = head.chars().map(|c| c as u8).collect();
        if !is_empty {
            bytes.extend(body);
        }
        if bytes.starts_with(b"HTTP/1.0") {
            self.end = End::Closed;
        }
        Reply { bytes, pieces: self.pieces, end: self.end }
    }
}

fn framing(chance: &Chance, length: usize) -> Framing {
    let lines = |all: &[String]| Framing::Lines(all.to_vec());
    let one = |value: String| Framing::Lines(vec![format!("Content-Length: {value}")]);
    match chance.below(20) {
        0..3 => Framing::Chunked(""),
        3 => Framing::Chunked(";a=\"b\""),
        4 => Framing::UntilClosed,
        5 => one(format!("+{length}")),
        6 => one(format!("0{length}")),
        7 => one(format!("{length}, {length}")),
        8 => one(format!("  {length} ")),
        9 => one(format!("{}", length + 9)),
        10 => one(format!("{}", length - 9)),
        11 => one(format!("-{length}")),
        12 => one("99999999999999999999".to_owned()),
        13 => one(format!("{length:x}h")),
        14 => one(String::new()),
        15 => lines(&[format!("Content-Length: {length}"), format!("Content-Length: {length}")]),
        16 => lines(&[format!("Content-Length: {length}"), format!("content-length: {}", length - 1)]),
        17 => lines(&[format!("Content-Length: {length}"), "Transfer-Encoding: chunked".to_owned()]),
        18 => lines(&[format!("Content-Length: {length}"), "Transfer-Encoding: identity".to_owned()]),
        _ => lines(&["Transfer-Encoding: gzip, chunked".to_owned()]),
    }
}
