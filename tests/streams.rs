//! Bodies that go on: their content codings are undone as their bytes come, and what a server may send without end is bounded.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use super::harness::Test;
use super::http2_leave::{DATA, HEADERS, SETTINGS, frame, status};
use super::servers::{head, serve};

/// What a coder has given so far; the next call goes on.
type Coder = Box<dyn FnMut(&[u8], bool) -> Vec<u8>>;

fn taken(buffer: &mut Vec<u8>) -> Vec<u8> {
    std::mem::take(buffer)
}

/// Codes pieces, each flushed, the last one finished.
fn coder(coding: &str) -> Coder {
    use flate2::Compression;
    use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};
    macro_rules! flate {
        ($encoder:expr) => {{
            let mut encoder = $encoder;
            Box::new(move |bytes: &[u8], last: bool| {
                encoder.write_all(bytes).unwrap();
                if last {
                    encoder.try_finish().unwrap()
                } else {
                    encoder.flush().unwrap()
                }
                taken(encoder.get_mut())
            })
        }};
    }
    match coding {
        "gzip" | "x-gzip" => flate!(GzEncoder::new(Vec::new(), Compression::default())),
        "deflate" => flate!(ZlibEncoder::new(Vec::new(), Compression::default())),
        "raw deflate" => flate!(DeflateEncoder::new(Vec::new(), Compression::default())),
        "br" => {
            let mut encoder = Some(brotli::CompressorWriter::new(Vec::new(), 4096, 5, 20));
            Box::new(move |bytes, last| {
                let mut open = encoder.take().unwrap();
                open.write_all(bytes).unwrap();
                open.flush().unwrap();
                if last {
                    return open.into_inner();
                }
                let so_far = taken(open.get_mut());
                encoder = Some(open);
                so_far
            })
        }
        "zstd" => {
            let mut encoder = zstd::stream::write::Encoder::new(Vec::new(), 1).unwrap();
            Box::new(move |bytes, last| {
                encoder.write_all(bytes).unwrap();
                if last {
                    encoder.do_finish().unwrap()
                } else {
                    encoder.flush().unwrap()
                }
                taken(encoder.get_mut())
            })
        }
        "gzip, br" => {
            let (mut first, mut second) = (coder("gzip"), coder("br"));
            Box::new(move |bytes, last| second(&first(bytes, last), last))
        }
        other => unreachable!("{other}"),
    }
}

fn chunk(stream: &mut TcpStream, bytes: &[u8]) -> Option<()> {
    // An empty one would be the end.
    if bytes.is_empty() {
        return Some(());
    }
    stream.write_all(format!("{:x}\r\n", bytes.len()).as_bytes()).ok()?;
    stream.write_all(bytes).and_then(|()| stream.write_all(b"\r\n")).ok()
}

fn coded_name(coding: &str) -> &str {
    if coding == "raw deflate" { "deflate" } else { coding }
}

/// `/CODING/whole`: one event, and the next when `/go` has been asked for; `/CODING/cut`: the coding breaks off, the body doesn't.
fn coded() -> String {
    let gate: Arc<(Mutex<usize>, Condvar)> = Arc::default();
    serve(move |stream| {
        let head = head(stream);
        let path = head.split_whitespace().nth(1).unwrap_or_default().replace("%20", " ");
        let parts: Vec<&str> = path.trim_matches('/').split('/').collect();
        if let ["go"] = parts[..] {
            *gate.0.lock().unwrap() += 1;
            gate.1.notify_all();
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}");
            return;
        }
        let [kind, coding, how] = parts[..] else { return };
        let (content_type, first, second) = match kind {
            "sse" => ("text/event-stream", "event: a\ndata: {}\n\n", "event: b\ndata: {}\n\n"),
            _ => ("application/x-ndjson", "{\"type\":\"a\"}\n", "{\"type\":\"b\"}\n"),
        };
        let name = if how == "unknown" { "rot13" } else { coded_name(coding) };
        let head = format!(
            "HTTP/1.1 200 OK\r\nContent-Type: {content_type}\r\nContent-Encoding: {name}\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
        );
        let _ = stream.write_all(head.as_bytes());
        if how == "corrupt" {
            let _ = chunk(stream, first.as_bytes());
            let _ = stream.read_to_end(&mut Vec::new());
            return;
        }
        let mut coder = coder(coding);
        let before = *gate.0.lock().unwrap();
        let _ = chunk(stream, &coder(first.as_bytes(), false));
        if how == "whole" {
            let waiting = gate.0.lock().unwrap();
            drop(gate.1.wait_timeout_while(waiting, Duration::from_secs(20), |count| *count == before).unwrap());
            let _ = chunk(stream, &coder(second.as_bytes(), true));
        }
        let _ = stream.write_all(b"0\r\n\r\n");
    })
}

#[test]
fn a_coded_stream_is_read_as_it_comes() {
    let api = coded();
    let codings = ["gzip", "deflate", "raw deflate", "br", "zstd", "gzip, br"];
    let mut tests = String::new();
    for kind in ["sse", "ndjson"] {
        for coding in codings {
            let path = coding.replace(' ', "%20");
            tests.push_str(&format!(
                "  test \"{kind} {coding}: whole\" {{\n    {kind} s GET {api}/{kind}/{path}/whole {{ compressed; expect status 200 }}\n    \
                 expect on s event \"a\" within 10s\n    GET {api}/go {{ expect status 200 }}\n    \
                 expect on s event \"b\" within 10s\n    expect on s ended within 10s\n  }}\n  \
                 test \"{kind} {coding}: cut\" {{\n    {kind} s GET {api}/{kind}/{path}/cut {{ compressed; expect status 200 }}\n    \
                 expect on s event \"a\" within 10s\n    expect on s cut off within 10s\n  }}\n  \
                 test \"{kind} {coding}: cut isn't ended\" {{\n    {kind} s GET {api}/{kind}/{path}/cut {{ compressed }}\n    \
                 expect on s ended within 10s\n  }}\n  \
                 test \"{kind} {coding}: unknown\" {{\n    {kind} s GET {api}/{kind}/{path}/unknown {{ compressed }}\n    \
                 expect on s never event \"x\" for 300ms\n  }}\n  \
                 test \"{kind} {coding}: corrupt\" {{\n    {kind} s GET {api}/{kind}/{path}/corrupt {{ compressed }}\n    \
                 expect on s never event \"x\" for 1s\n  }}\n"
            ));
        }
    }
    let done = Test::new().file("a.e2e", &format!("suite \"S\" {{\n{tests}}}\n")).args(["run", "a.e2e"]).code(1);
    for test in done.json()["tests"].as_array().unwrap() {
        let name = test["name"].as_str().unwrap();
        let (coding, how) = name.split_once(": ").unwrap();
        let coding = coding.split_once(' ').unwrap().1;
        let (code, message) =
            (&test["diagnostics"][0]["code"], test["diagnostics"][0]["message"].as_str().unwrap_or_default());
        match how {
            "whole" | "cut" => assert_eq!(test["outcome"], "passed", "{name}: {message}"),
            "cut isn't ended" => {
                assert_eq!(code, "e2e::channel::cut_off", "{name}: {message}");
                let outer = coding.split(", ").last().unwrap().replace("br", "brotli").replace("raw ", "");
                let named = message.contains(&outer) || message.contains("gzip");
                assert!(named && message.contains("ends early"), "{name}: {message}");
            }
            // These have no mark at their beginning: a few bytes that are something else may be the start of anything.
            "corrupt" if coding.contains("deflate") || coding.contains("br") => {}
            _ => {
                assert_eq!(code, "e2e::net::broken_channel", "{name}: {message}");
                let part = if how == "unknown" { "`rot13`" } else { coding };
                assert!(message.contains(part), "{name}: {message}");
            }
        }
    }
}

#[test]
fn lines_have_the_charset_that_is_declared() {
    let body = |charset: &str| -> Vec<u8> {
        let text = "{\"type\":\"a\",\"name\":\"Zoë\"}\n{\"type\":\"b\"}\n";
        match charset {
            "iso-8859-1" => text.chars().map(|c| c as u8).collect(),
            "utf-16le" => text.encode_utf16().flat_map(u16::to_le_bytes).collect(),
            "bom" => [&b"\xff\xfe"[..], &text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>()].concat(),
            "broken" => b"{\"type\":\"a\",\"name\":\"\xff\"}\n{\"type\":\"b\"}\n".to_vec(),
            _ => text.into(),
        }
    };
    let api = serve(move |stream| {
        let head = head(stream);
        let charset = head.split_whitespace().nth(1).unwrap_or_default().trim_start_matches('/').to_owned();
        let declared = match charset.as_str() {
            "none" | "bom" => String::new(),
            "broken" => "; charset=utf-8".to_owned(),
            charset => format!("; charset={charset}"),
        };
        let body = body(&charset);
        let length = body.len();
        let head = format!(
            "HTTP/1.1 200 OK\r\nContent-Type: application/x-ndjson{declared}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n"
        );
        let _ = stream.write_all(head.as_bytes());
        // In pieces that cut characters in two.
        body.chunks(3).for_each(|piece| drop(stream.write_all(piece)));
    });
    let mut tests = String::new();
    for charset in ["none", "utf-8", "iso-8859-1", "utf-16le", "bom"] {
        tests.push_str(&format!(
            "  test \"{charset}\" {{\n    ndjson s GET {api}/{charset}\n    expect on s in order within 5s {{\n      event \"a\" {{ \
             $.name == \"Zoë\" }}\n      event \"b\"\n    }}\n  }}\n"
        ));
    }
    tests.push_str(&format!(
        "  test \"broken\" {{\n    ndjson s GET {api}/broken\n    expect on s in order strictly within 5s {{ frame; event \"b\" }}\n  }}\n"
    ));
    Test::new().file("a.e2e", &format!("suite \"S\" {{\n{tests}}}\n")).args(["run", "a.e2e"]).code(0);
}

#[test]
fn closing_a_stream_ends_its_connection() {
    let ended: Arc<(Mutex<usize>, Condvar)> = Arc::default();
    let seen = ended.clone();
    let api = serve(move |stream| {
        let head = head(stream);
        let kind = if head.starts_with("GET /sse") { "text/event-stream" } else { "application/x-ndjson" };
        let first = if kind == "text/event-stream" { "event: a\ndata: 1\n\n" } else { "{\"type\":\"a\"}\n" };
        let _ = stream.write_all(
            format!("HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nConnection: close\r\n\r\n{first}").as_bytes(),
        );
        let _ = stream.read_to_end(&mut Vec::new());
        *ended.0.lock().unwrap() += 1;
        ended.1.notify_all();
    });
    let gone = serve(move |stream| {
        // Answered with 200 when a connection has ended meanwhile.
        head(stream);
        let waiting = seen.0.lock().unwrap();
        let (mut count, _) = seen.1.wait_timeout_while(waiting, Duration::from_secs(10), |count| *count == 0).unwrap();
        let status = if *count > 0 { 200 } else { 500 };
        *count = 0;
        let head = format!("HTTP/1.1 {status} -\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        let _ = stream.write_all(head.as_bytes());
    });
    let test = |kind: &str| {
        format!(
            "  test \"{kind}\" {{\n    {kind} s GET {api}/{kind}\n    expect on s event \"a\" within 5s\n    close s\n    \
             GET {gone}/ {{ expect status 200 }}\n  }}\n"
        )
    };
    Test::new()
        .file("a.e2e", &format!("suite \"S\" {{\n{}{}}}\n", test("sse"), test("ndjson")))
        .args(["run", "a.e2e"])
        .code(0);
}

/// A small piece of a body, as one of the HTTP versions frames it.
fn piece(version: u8, data: &str) -> Vec<u8> {
    match version {
        2 => frame(DATA, 0, 1, data.as_bytes()),
        _ => format!("{:x}\r\n{data}\r\n", data.len()).into_bytes(),
    }
}

/// Lines in so many small pieces, and behind them one more. `/go` is answered when all of it has been sent.
fn crumbled(version: u8, pieces: usize) -> (String, String) {
    let sent: Arc<(Mutex<bool>, Condvar)> = Arc::default();
    let seen = sent.clone();
    let lines = serve(move |stream| {
        if version == 2 {
            // The preface, and what follows it until the request: its own frame is the first with END_HEADERS and END_STREAM.
            let _ = stream.read_exact(&mut [0; 24]);
            let _ = stream.write_all(&frame(SETTINGS, 0, 0, &[]));
            let mut head = [0; 9];
            while head[3] != HEADERS && stream.read_exact(&mut head).is_ok() {
                let _ = stream.read_exact(&mut vec![0; usize::from(head[1]) << 8 | usize::from(head[2])]);
            }
            let _ = stream.write_all(&[frame(SETTINGS, 1, 0, &[]), status(1)].concat());
        } else {
            head(stream);
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
        }
        let mut all = piece(version, "\n").repeat(pieces);
        all.extend(piece(version, "{\"type\":\"leak\"}\n"));
        let _ = stream.write_all(&all);
        *sent.0.lock().unwrap() = true;
        sent.1.notify_all();
        let _ = stream.read_to_end(&mut Vec::new());
    });
    let go = serve(move |stream| {
        head(stream);
        let waiting = seen.0.lock().unwrap();
        drop(seen.1.wait_timeout_while(waiting, Duration::from_secs(20), |sent| !*sent).unwrap());
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}");
    });
    (lines, go)
}

/// What arrived may be in the socket, or in what this process has read ahead: an absence doesn't hold before it is known.
#[test]
fn no_absence_holds_while_what_arrived_is_in_a_buffer() {
    let mut tests = String::new();
    for version in [1, 2] {
        for absence in ["never event \"leak\" for 5ms", "silence for 5ms"] {
            // Of more at once, an HTTP/2 connection is given up.
            let (lines, go) = crumbled(version, if version == 2 { 9_000 } else { 100_000 });
            let http = if version == 2 { "http 2" } else { "" };
            tests.push_str(&format!(
                "  test \"HTTP/{version} {absence_name}\" {{\n    ndjson s GET {lines}/ {{ {http} }}\n    \
                 GET {go}/ {{ expect status 200 }}\n    expect on s {absence}\n  }}\n",
                absence_name = absence.replace('"', "'"),
            ));
        }
    }
    let done = Test::new().file("a.e2e", &format!("suite \"S\" {{\n{tests}}}\n")).args(["run", "a.e2e"]).code(1);
    let report = done.json();
    let tests = report["tests"].as_array().unwrap();
    assert_eq!(tests.len(), 4);
    for test in tests {
        let code = test["diagnostics"][0]["code"].as_str().unwrap_or_default();
        let is_found = matches!(code, "e2e::channel::forbidden_event" | "e2e::channel::not_silent");
        assert!(is_found, "{}: {} {}", test["name"], test["outcome"], test["diagnostics"]);
    }
}

/// That this side ended the connection is no loss of the server's.
#[test]
fn a_connection_that_is_given_up_says_why() {
    let (lines, _) = crumbled(2, 1_000_000);
    let spec = format!(
        "suite \"S\" {{\n  test \"t\" {{\n    ndjson s GET {lines}/ {{ http 2 }}\n    expect on s ended within 20s\n  }}\n}}\n"
    );
    let report = Test::new().file("a.e2e", &spec).args(["run", "a.e2e"]).code(1).json();
    let message = report["tests"][0]["diagnostics"][0]["message"].as_str().unwrap();
    assert!(message.contains("given up") && message.contains("small HTTP/2 frames"), "{message}");
}
