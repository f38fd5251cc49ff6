//! What must never come is noticed although it comes late: a user's event reaches another user just before, amid and just behind the event that is
//! awaited, on the wire. What this process takes to read it doesn't matter.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex};

use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

use super::harness::Test;
use super::servers::{head, serve};

/// Runs of each kind. `LEAK_RUNS=1000 cargo test --release leak` looks at more.
fn runs() -> usize {
    std::env::var("LEAK_RUNS").ok().and_then(|runs| runs.parse().ok()).unwrap_or(24).max(1)
}

/// The sockets that are open, by their paths.
type Open = Arc<(Mutex<HashMap<String, TcpStream>>, Condvar)>;

fn frame(text: &str) -> Vec<u8> {
    [&[0x81, text.len() as u8], text.as_bytes()].concat()
}

/// `/ada/N` and `/bob/N` are WebSockets; `/go/N` makes Ada's event, and leaks it to Bob where `leaks`.
fn users(leaks: bool) -> String {
    let open = Open::default();
    serve(move |stream| {
        let head = head(stream);
        let path = head.split_whitespace().nth(1).unwrap_or_default().to_owned();
        if let Some(number) = path.strip_prefix("/go/") {
            let mut sockets = open.0.lock().unwrap();
            let (ada, bob) = (format!("/ada/{number}"), format!("/bob/{number}"));
            while !sockets.contains_key(&ada) || !sockets.contains_key(&bob) {
                sockets = open.1.wait(sockets).unwrap();
            }
            let (mut ada, mut bob) = (sockets.remove(&ada).unwrap(), sockets.remove(&bob).unwrap());
            drop(sockets);
            let (made, leaked) = (frame("{\"type\":\"made\"}"), frame("{\"type\":\"leaked\"}"));
            let kind = number.parse::<usize>().unwrap() % 3;
            // How much of the leak is on the wire before the event is: nothing, a part, or all of it.
            let (before, behind) = leaked.split_at([0, 5, leaked.len()][kind]);
            if leaks {
                bob.write_all(before).unwrap();
            }
            ada.write_all(&made).unwrap();
            if leaks {
                bob.write_all(behind).unwrap();
            }
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}");
            return;
        }
        let key = head.lines().find_map(|line| {
            let (name, value) = line.split_once(':')?;
            name.eq_ignore_ascii_case("sec-websocket-key").then(|| value.trim().to_owned())
        });
        let accept = derive_accept_key(key.unwrap().as_bytes());
        let response = format!(
            "HTTP/1.1 101 -\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: {accept}\r\n\r\n"
        );
        stream.write_all(response.as_bytes()).unwrap();
        stream.set_nodelay(true).unwrap();
        open.0.lock().unwrap().insert(path, stream.try_clone().unwrap());
        open.1.notify_all();
        let _ = stream.read_to_end(&mut Vec::new());
    })
}

/// It settles for longer than any pause of the server's thread between two writes.
fn spec(api: &str, runs: usize) -> String {
    let sockets = api.replace("http://", "ws://");
    let mut text = "suite \"Two users\" {\n  tests side by side\n".to_owned();
    for run in 0..runs {
        let _ = write!(
            text,
            r#"
  test "run {run}" {{
    websocket adas {sockets}/ada/{run}
    websocket bobs {sockets}/bob/{run}
    parallel {{
      GET {api}/go/{run} {{ expect status 200 }}
      expect within 20s settle 3s {{
        on adas {{ event "made" }}
        on bobs {{ never event "leaked" }}
      }}
    }}
  }}
"#
        );
    }
    text + "}\n"
}

#[test]
fn no_leak_between_two_users_passes_that_comes_while_the_match_settles() {
    let runs = runs();
    let over = Arc::new(AtomicBool::new(false));
    // The process is late to read what comes.
    let busy: Vec<_> = (0..2)
        .map(|_| {
            let over = over.clone();
            std::thread::spawn(move || {
                while !over.load(Ordering::Relaxed) {
                    std::hint::spin_loop();
                }
            })
        })
        .collect();
    let run = |leaks: bool| {
        let test = Test::new().file("a.e2e", &spec(&users(leaks), runs)).args(["run", "a.e2e", "--jobs", "16"]);
        test.code(i32::from(leaks)).json()
    };
    let sound = run(false);
    let leaking = run(true);
    over.store(true, Ordering::Relaxed);
    busy.into_iter().for_each(|thread| thread.join().unwrap());
    let tests = |report: &serde_json::Value| report["tests"].as_array().unwrap().clone();
    assert_eq!((tests(&sound).len(), tests(&leaking).len()), (runs, runs));
    for test in tests(&sound) {
        assert_eq!(test["outcome"], "passed", "{}: {}", test["name"], test["diagnostics"]);
    }
    for test in tests(&leaking) {
        assert_eq!(test["outcome"], "failed", "{}", test["name"]);
        let codes: Vec<_> = test["diagnostics"].as_array().unwrap().iter().map(|one| one["code"].clone()).collect();
        assert_eq!(codes, ["e2e::channel::forbidden_event"], "{}", test["name"]);
    }
}
