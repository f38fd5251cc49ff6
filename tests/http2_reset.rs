//! HTTP/2 servers that end a stream by RST_STREAM: only END_STREAM ends a body (RFC 9113, section 8.1).

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};

use super::harness::Test;
use super::http2_leave::{DATA, END_STREAM, HEADERS, SETTINGS, body, frame, reset, response, status};

/// RFC 9113, section 7, and one that isn't there.
const CODES: [(u32, &str); 15] = [
    (0, "NO_ERROR"),
    (1, "PROTOCOL_ERROR"),
    (2, "INTERNAL_ERROR"),
    (3, "FLOW_CONTROL_ERROR"),
    (4, "SETTINGS_TIMEOUT"),
    (5, "STREAM_CLOSED"),
    (6, "FRAME_SIZE_ERROR"),
    (7, "REFUSED_STREAM"),
    (8, "CANCEL"),
    (9, "COMPRESSION_ERROR"),
    (10, "CONNECT_ERROR"),
    (11, "ENHANCE_YOUR_CALM"),
    (12, "INADEQUATE_SECURITY"),
    (13, "HTTP_1_1_REQUIRED"),
    (0x63, "code 0x63"),
];

/// When the stream is reset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum When {
    BeforeHeaders,
    BehindHeaders,
    MidBody,
    /// Behind the last byte that the body would have.
    BeforeEndStream,
    BehindEndStream,
    /// In one write with it.
    AtEndStream,
}

const WHENS: [When; 6] = [
    When::BeforeHeaders,
    When::BehindHeaders,
    When::MidBody,
    When::BeforeEndStream,
    When::BehindEndStream,
    When::AtEndStream,
];

/// What is written, one after another, about a request on this stream.
fn writes(when: When, stream: u32, code: u32) -> Vec<Vec<u8>> {
    let data = |text: &str| frame(DATA, 0, stream, text.as_bytes());
    let reset = reset(stream, code);
    match when {
        When::BeforeHeaders => vec![reset],
        When::BehindHeaders => vec![status(stream), reset],
        When::MidBody => vec![status(stream), data("{"), reset],
        When::BeforeEndStream => vec![status(stream), data("{}\n"), reset],
        When::BehindEndStream => vec![response(stream), reset],
        When::AtEndStream => vec![[status(stream), body(stream), reset].concat()],
    }
}

/// Answers the head of each request, whatever of its body is still to come.
fn talk(mut io: TcpStream, when: When, code: u32) -> Option<()> {
    io.set_nodelay(true).ok()?;
    io.read_exact(&mut [0; 24]).ok()?;
    io.write_all(&frame(SETTINGS, 0, 0, &[])).ok()?;
    loop {
        let mut head = [0; 9];
        io.read_exact(&mut head).ok()?;
        let [a, b, c, kind, flags, stream @ ..] = head;
        io.read_exact(&mut vec![0; u32::from_be_bytes([0, a, b, c]) as usize]).ok()?;
        if kind == SETTINGS && flags & END_STREAM == 0 {
            io.write_all(&frame(SETTINGS, END_STREAM, 0, &[])).ok()?;
        }
        if kind == HEADERS {
            for bytes in writes(when, u32::from_be_bytes(stream), code) {
                io.write_all(&bytes).ok()?;
            }
        }
    }
}

fn serve(when: When, code: u32) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            std::thread::spawn(move || talk(stream, when, code));
        }
    });
    url
}

#[test]
fn only_end_stream_ends_a_body() {
    // A body that the windows of a connection have no room for (RFC 9113, section 6.9.2): the server doesn't take it to its end.
    let large = "x".repeat(70_000);
    let (mut spec, mut runs) = (String::from("suite \"S\" {\n  tests side by side\n"), Vec::new());
    for when in WHENS {
        for (code, name) in CODES {
            let url = serve(when, code);
            for step in [
                format!("GET {url}/ {{ http 2; expect status 200; expect body == {{}} }}"),
                format!("POST {url}/ {{ http 2; json {{ a: \"{large}\" }}; expect status 200; expect body == {{}} }}"),
                format!("ndjson s GET {url}/ {{ http 2; expect status 200 }}\n    expect on s ended within 20s"),
            ] {
                spec.push_str(&format!("  test \"{}\" {{\n    {step}\n  }}\n", runs.len()));
                runs.push((when, name, step.split(' ').next().unwrap().to_owned()));
            }
        }
    }
    let report = Test::new().file("a.e2e", &(spec + "}\n")).args(["run", "a.e2e", "--jobs", "8"]).code(1).json();
    let tests = report["tests"].as_array().unwrap();
    assert_eq!(tests.len(), runs.len());
    for (test, (when, name, kind)) in tests.iter().zip(&runs) {
        let what = format!("{kind} {when:?} {name}: {} {}", test["outcome"], test["diagnostics"]);
        let diagnostic = &test["diagnostics"][0];
        let (code, message) = (&diagnostic["code"], diagnostic["message"].as_str().unwrap_or_default());
        match when {
            When::BehindEndStream | When::AtEndStream => assert_eq!(test["outcome"], "passed", "{what}"),
            When::BeforeHeaders => assert_eq!(test["outcome"], "errored", "{what}"),
            When::BehindHeaders | When::MidBody | When::BeforeEndStream => {
                let expected = if kind == "ndjson" { "e2e::channel::cut_off" } else { "e2e::net::closed" };
                assert_eq!(code, expected, "{what}");
                assert!(message.contains("short") && message.contains(name), "{what}");
            }
        }
    }
}
