//! How time and memory grow with what a server or a file controls: `cargo bench --bench scaling [PART OF A ROW'S NAME]`.
//!
//! Each row runs the built tool, on a server in this process or on a file, with sizes ten times apart, and prints a line of the table in
//! `docs/performance.md`: the times, the exponent between the two largest sizes (1 is linear), and the peak of resident memory. A case that
//! takes longer than [`PATIENCE`] is ended, and so is its row. Linux alone: the peak is read from `/proc`.
#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a benchmark prints, and fails by panicking")]

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

/// The longest time for one case.
const PATIENCE: Duration = Duration::from_secs(120);

struct Row {
    name: &'static str,
    /// From the smallest size on, each ten times the one before.
    sizes: u32,
    case: fn(usize) -> Case,
}

/// The command that is measured, and the spec that it is given.
struct Case {
    command: &'static str,
    spec: String,
}

fn main() {
    let quantifier = |name, case| Row { name, sizes: 4, case };
    let rows = [
        quantifier("failing `each`", |n| json(n, "$.items[*].n each == 0")),
        quantifier("failing `some`", |n| json(n, "$.items[*].n some == -1")),
        quantifier("failing `none`", |n| json(n, "$.items[*].n none > 5")),
        quantifier("failing `has length`", |n| json(n, "$.items[*].n has length 1")),
        quantifier("failing `==` on a list", |n| json(n, "$.items[*].n == [1, 2]")),
        quantifier("failing `is unique`", |n| json(n, "$.items[*].same is unique")),
        quantifier("failing `is sorted by`", |n| json(n, "$.items is sorted by $.n descending")),
        quantifier("failing `css`, of which 1,000,000 aren't kept", |n| {
            markup("text/html", n, "css \"i\" has length 1")
        }),
        quantifier("failing `xpath`, of which 1,000,000 aren't kept", |n| {
            markup("application/xml", n, "xpath \"//i\" has length 1")
        }),
        Row { name: "`collect` over frames", sizes: 3, case: collect },
        Row {
            name: "flood of frames, all passed over",
            sizes: 4,
            case: |n| frames(n, "event \"end\"", "{\"type\":\"tick\"}"),
        },
        Row {
            name: "flood of frames, all taken",
            sizes: 4,
            case: |n| frames(n, "event \"tick\" at least once; event \"end\"", "{\"type\":\"tick\"}"),
        },
        Row { name: "unknown names among as many known ones", sizes: 3, case: unknown_names },
        Row {
            name: "suites with a problem",
            sizes: 3,
            case: |n| Case { command: "check", spec: "suite \"a\" {}\n".repeat(n) },
        },
        Row { name: "sound tests", sizes: 3, case: sound_tests },
        Row {
            name: "broken statements",
            sizes: 3,
            case: |n| Case { command: "check", spec: within_test(&"    expct status 200\n".repeat(n)) },
        },
    ];
    // Cargo passes flags of its own.
    let wanted: Vec<String> = std::env::args().skip(1).filter(|arg| !arg.starts_with("--")).collect();
    println!("| | 1,000 | 10,000 | 100,000 | 1,000,000 | exponent | peak |\n|---|---|---|---|---|---|---|");
    for row in rows.iter().filter(|row| wanted.is_empty() || wanted.iter().any(|part| row.name.contains(part))) {
        measure(row);
    }
}

fn measure(row: &Row) {
    let mut times: Vec<Duration> = Vec::new();
    let mut peak = 0;
    let mut cells = String::new();
    for size in 0..4 {
        let cell = if size >= row.sizes || times.len() < size as usize {
            String::new()
        } else {
            match run(&(row.case)(1_000 * 10_usize.pow(size))) {
                Some((time, memory)) => {
                    times.push(time);
                    peak = memory;
                    format!("{:.2} s", time.as_secs_f64())
                }
                None => format!("over {} s", PATIENCE.as_secs()),
            }
        };
        cells.push_str(&format!(" {cell} |"));
    }
    let exponent = match times.as_slice() {
        [.., before, last] => format!("{:.2}", (last.as_secs_f64() / before.as_secs_f64()).log10()),
        _ => String::new(),
    };
    println!("| {} |{cells} {exponent} | {} MiB |", row.name, peak >> 10);
    let _ = std::io::stdout().flush();
}

/// The time of a case, and the peak of its memory in KiB; `None` where it takes too long.
fn run(case: &Case) -> Option<(Duration, usize)> {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("a.e2e"), &case.spec).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_e2e-dsl"));
    command.args([case.command, "a.e2e"]).current_dir(folder.path());
    if case.command == "run" {
        command.args(["--report", "json=r.json"]);
    }
    let started = Instant::now();
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let status = format!("/proc/{}/status", child.id());
    let mut peak = 0;
    loop {
        let text = std::fs::read_to_string(&status).unwrap_or_default();
        let high = text.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB")?.parse().ok());
        peak = high.unwrap_or(0).max(peak);
        if child.try_wait().unwrap().is_some() {
            return Some((started.elapsed(), peak));
        }
        if started.elapsed() > PATIENCE {
            child.kill().unwrap();
            child.wait().unwrap();
            return None;
        }
        std::thread::sleep(Duration::from_millis(2));
    }
}

fn within_test(body: &str) -> String {
    format!("suite \"s\" {{\n  test \"t\" {{\n    timeout 10m\n{body}  }}\n}}\n")
}

/// One expectation of a response with `n` items.
fn json(n: usize, expectation: &str) -> Case {
    let items: Vec<String> = (1..=n).map(|at| format!("{{\"n\":{at},\"same\":{}}}", at % (n - 1))).collect();
    response("application/json", format!("{{\"items\":[{}]}}", items.join(",")), expectation)
}

/// One expectation of a document with `n` elements.
fn markup(kind: &str, n: usize, expectation: &str) -> Case {
    response(kind, format!("<r>{}</r>", "<i a='1'>x</i>".repeat(n)), expectation)
}

fn response(kind: &str, body: String, expectation: &str) -> Case {
    let head = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    let address = serve(move |stream, _| {
        let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(body.as_bytes()));
    });
    Case { command: "run", spec: within_test(&format!("    GET http://{address}/ {{ expect {expectation} }}\n")) }
}

/// A server that sends `n` frames of a text, and one that ends them.
fn flood(n: usize, text: &'static str) -> String {
    serve(move |stream, head| {
        let key = head
            .lines()
            .filter_map(|line| line.split_once(": "))
            .find(|(name, _)| name.eq_ignore_ascii_case("sec-websocket-key"));
        let accept = derive_accept_key(key.map_or("", |(_, key)| key.trim()).as_bytes());
        let mut bytes = format!("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: {accept}\r\n\r\n").into_bytes();
        for text in std::iter::repeat_n(text, n).chain(["{\"type\":\"end\"}"]) {
            // An unmasked text frame (RFC 6455, section 5.2), shorter than 126 bytes.
            bytes.extend([0x81, text.len() as u8]);
            bytes.extend(text.as_bytes());
        }
        let _ = stream.write_all(&bytes);
        let _ = stream.read_to_end(&mut Vec::new());
    })
}

fn frames(n: usize, items: &str, text: &'static str) -> Case {
    let address = flood(n, text);
    let body = format!("    websocket ch ws://{address}/\n    expect on ch in order within 5m {{ {items} }}\n");
    Case { command: "run", spec: within_test(&body) }
}

fn collect(n: usize) -> Case {
    let address = flood(n, "{\"type\":\"tick\",\"n\":1}");
    let body = format!(
        "    websocket ch ws://{address}/\n    expect on ch in order within 5m {{\n      repeat {n} times {{ event \"tick\" {{ collect all = $.n }} }}\n    }}\n    expect all has length {n}\n"
    );
    Case { command: "run", spec: within_test(&body) }
}

fn unknown_names(n: usize) -> Case {
    let known: String = (0..n).map(|at| format!("    let known{at} = {at}\n")).collect();
    let unknown: String = (0..n).map(|at| format!("    let a{at} = knwn{at}\n")).collect();
    Case { command: "check", spec: within_test(&(known + &unknown)) }
}

fn sound_tests(n: usize) -> Case {
    let tests: String =
        (0..n).map(|at| format!("  test \"t{at}\" {{ GET http://127.0.0.1:1/ {{ expect status 200 }} }}\n")).collect();
    Case { command: "check", spec: format!("suite \"s\" {{\n{tests}}}\n") }
}

/// A server that answers each connection on a thread, until the process ends; gives its address.
fn serve(respond: impl Fn(&mut TcpStream, &str) + Send + Sync + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let mut head = Vec::new();
            let mut byte = [0];
            while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte).is_ok_and(|read| read > 0) {
                head.push(byte[0]);
            }
            respond(&mut stream, &String::from_utf8_lossy(&head));
        }
    });
    address
}
