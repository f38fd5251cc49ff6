//! Connections that are used again and die: what is sent once more, what isn't, and what the evidence says of it.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use super::harness::Test;
use super::servers::head;

const ALIVE: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}";

/// A server that knows its connections by their number, from 0.
struct Server {
    url: String,
    /// The first line of every request, with the number of its connection.
    seen: Arc<Mutex<Vec<(usize, String)>>>,
}

fn serve(talk: impl Fn(usize, &mut TcpStream, &dyn Fn(&str)) + Send + Sync + 'static) -> Server {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (talk, count, seen) = (Arc::new(talk), Arc::new(AtomicUsize::new(0)), Arc::new(Mutex::new(Vec::new())));
    let requests = seen.clone();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let (talk, seen) = (talk.clone(), seen.clone());
            let number = count.fetch_add(1, Ordering::SeqCst);
            std::thread::spawn(move || {
                let note = |request: &str| {
                    let line = request.lines().next().unwrap_or_default().trim_end_matches(" HTTP/1.1").to_owned();
                    seen.lock().unwrap().push((number, line));
                };
                talk(number, &mut stream, &note);
            });
        }
    });
    Server { url, seen: requests }
}

/// Reads a request, body and all; `None` when the other side is done.
fn request(stream: &mut TcpStream) -> Option<String> {
    let head = head(stream);
    let length = |line: &str| line.to_ascii_lowercase().strip_prefix("content-length:")?.trim().parse().ok();
    let mut body = vec![0; head.lines().find_map(length).unwrap_or(0)];
    stream.read_exact(&mut body).ok()?;
    (!head.is_empty()).then_some(head)
}

/// Answers every request.
fn answer_all(stream: &mut TcpStream, note: &dyn Fn(&str)) {
    while let Some(seen) = request(stream) {
        note(&seen);
        if stream.write_all(ALIVE).is_err() {
            break;
        }
    }
}

/// What the first connection gets for its third request, before it ends.
#[derive(Clone, Copy, Debug)]
struct Death {
    sends: &'static [u8],
    resets: bool,
}

/// Two requests warm a connection up; the third one, `method`, is what dies on it.
fn dying(death: Death) -> Server {
    serve(move |number, stream, note| {
        if number > 0 {
            return answer_all(stream, note);
        }
        for _ in 0..2 {
            note(&request(stream).unwrap());
            stream.write_all(ALIVE).unwrap();
        }
        // Unread bytes make an end a reset.
        if death.resets {
            let mut some = [0; 4];
            stream.read_exact(&mut some).unwrap();
            note(&String::from_utf8_lossy(&some));
        } else {
            note(&request(stream).unwrap());
        }
        stream.write_all(death.sends).unwrap();
        if !death.resets {
            let _ = stream.shutdown(Shutdown::Both);
        }
    })
}

#[test]
fn the_method_and_what_had_come_decide_what_is_sent_again() {
    const DEATHS: [Death; 5] = [
        Death { sends: b"", resets: false },
        Death { sends: b"", resets: true },
        Death { sends: b"H", resets: false },
        Death { sends: b"HTTP/1.1 200 OK\r\nContent-Le", resets: false },
        Death { sends: b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{", resets: false },
    ];
    let methods = ["GET", "PUT", "DELETE", "OPTIONS", "POST", "PATCH"];
    let mut cases = Vec::new();
    let mut spec = String::from("suite \"Matrix\" {\n  tests side by side\n");
    for method in methods {
        for death in DEATHS {
            let server = dying(death);
            let body = if matches!(method, "PUT" | "POST" | "PATCH") { "json { a: 1 }; " } else { "" };
            spec.push_str(&format!(
                "  test \"{method} {}\" {{\n    GET {url}/1 {{ expect status 200 }}\n    GET {url}/2 {{ expect status 200 }}\n    \
                 {method} {url}/3 {{ {body}expect status 200 }}\n  }}\n",
                cases.len(),
                url = server.url
            ));
            cases.push((method, death, server));
        }
    }
    spec.push_str("}\n");
    let report = Test::new().file("a.e2e", &spec).args(["run", "a.e2e"]).code(1).json();
    for (test, (method, death, server)) in report["tests"].as_array().unwrap().iter().zip(&cases) {
        let what = format!("{method} {death:?}: {} {}", test["outcome"], test["diagnostics"]);
        let is_repeated = death.sends.is_empty() && !matches!(*method, "POST" | "PATCH");
        assert_eq!(test["outcome"], if is_repeated { "passed" } else { "errored" }, "{what}");
        let third = &test["exchanges"][2];
        assert_eq!(third["reconnected"], u64::from(is_repeated), "{what}");
        assert_eq!(third["attempts"], 1, "{what}");
        let seen = server.seen.lock().unwrap();
        let again: Vec<&String> = seen.iter().filter(|(number, _)| *number > 0).map(|(_, line)| line).collect();
        let expected: Vec<String> = if is_repeated { vec![format!("{method} /3")] } else { Vec::new() };
        assert_eq!(again, expected.iter().collect::<Vec<_>>(), "{what}");
        if is_repeated {
            assert_eq!(third["reused"], false, "{what}");
        } else {
            let code = &test["diagnostics"][0]["code"];
            assert!(code == "e2e::net::closed" || code == "e2e::net::reset", "{what}");
        }
    }
}

#[test]
fn a_fresh_connection_or_one_that_may_fail_is_never_replaced() {
    // Every connection dies at its first request, or at its second.
    let at = |requests: usize| {
        serve(move |_, stream, note| {
            for _ in 1..requests {
                note(&request(stream).unwrap_or_default());
                let _ = stream.write_all(ALIVE);
            }
            note(&request(stream).unwrap_or_default());
            let _ = stream.shutdown(Shutdown::Both);
        })
    };
    let (first, second, third) = (at(1), at(2), at(2));
    let spec = format!(
        "suite \"Never\" {{\n  test \"fresh\" {{ GET {}/a {{ expect status 200 }} }}\n  \
         test \"expected\" {{\n    GET {url}/b {{ expect status 200 }}\n    GET {url}/c {{ expect failure is closed }}\n  }}\n  \
         test \"twice\" {{\n    GET {}/d {{ expect status 200 }}\n    GET {}/e {{ expect status 200 }}\n    GET {}/f {{ expect status 200 }}\n  }}\n}}\n",
        first.url,
        third.url,
        third.url,
        third.url,
        url = second.url,
    );
    let report = Test::new().file("a.e2e", &spec).args(["run", "a.e2e"]).code(1).json();
    let tests = report["tests"].as_array().unwrap();
    assert_eq!(tests[0]["outcome"], "errored");
    assert_eq!(tests[0]["exchanges"][0]["reconnected"], 0);
    assert_eq!(*first.seen.lock().unwrap(), [(0, "GET /a".to_owned())]);
    assert_eq!(tests[1]["outcome"], "passed", "{}", tests[1]);
    assert_eq!(tests[1]["exchanges"][1]["reconnected"], 0);
    assert_eq!(second.seen.lock().unwrap().len(), 2);
    // The fresh one serves one request, and dies at the next, which is replaced in its turn.
    assert_eq!(tests[2]["outcome"], "passed", "{}", tests[2]);
    let counts: Vec<u64> =
        tests[2]["exchanges"].as_array().unwrap().iter().map(|one| one["reconnected"].as_u64().unwrap()).collect();
    assert_eq!(counts, [0, 1, 1]);
}

/// A spec whose requests go to a server one after another, with some of each kind of method.
fn many(url: &str, wait: &str) -> String {
    let mut spec = String::from("suite \"Many\" {\n");
    for n in 0..15 {
        let method = ["GET", "POST", "PUT", "PATCH"][n % 4];
        let body = if method == "GET" { "" } else { "json { n: 1 }; " };
        spec.push_str(&format!(
            "  test \"{n}\" {{\n{wait}    GET {url}/{n} {{ expect status 200 }}\n{wait}    {method} {url}/{n} {{ {body}expect status 200; expect body == {{}} }}\n{wait}    GET {url}/{n} {{ expect status 200 }}\n  }}\n"
        ));
    }
    spec + "}\n"
}

#[test]
fn a_server_that_closes_after_each_response_without_a_word_is_no_error() {
    for lingers in [false, true] {
        let server = serve(move |_, stream, note| {
            note(&request(stream).unwrap_or_default());
            let _ = stream.write_all(ALIVE);
            if lingers {
                // The end comes a little after the response, as from a busy server.
                std::thread::sleep(std::time::Duration::from_millis(3));
            }
        });
        let done = Test::new().file("a.e2e", &many(&server.url, "")).args(["run", "a.e2e"]).code(0);
        assert_eq!(done.json()["summary"]["errored"], 0);
    }
}

#[test]
fn a_server_that_closes_idle_connections_is_no_error() {
    let server = serve(|_, stream, note| {
        while let Some(seen) = request(stream) {
            note(&seen);
            // Before the response, so that nothing of a request is ever cut off.
            stream.set_read_timeout(Some(std::time::Duration::from_millis(20))).unwrap();
            let _ = stream.write_all(ALIVE);
        }
    });
    let done = Test::new().file("a.e2e", &many(&server.url, "    wait 30ms\n")).args(["run", "a.e2e"]).code(0);
    let report = done.json();
    assert_eq!(report["summary"]["errored"], 0);
    assert_eq!(server.seen.lock().unwrap().len(), 45);
}

#[test]
fn the_connection_of_a_refused_handshake_is_used_by_no_one_else() {
    let server = serve(|_, stream, note| {
        while let Some(seen) = request(stream) {
            note(&seen);
            let refused = seen.to_ascii_lowercase().contains("upgrade: websocket");
            let response: &[u8] =
                if refused { b"HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\n{}" } else { ALIVE };
            let _ = stream.write_all(response);
        }
    });
    let ws = server.url.replace("http://", "ws://");
    let spec = format!(
        "suite \"S\" {{\n  test \"t\" {{\n    GET {url}/a {{ expect status 200 }}\n    websocket x {ws}/b {{ expect status 403 }}\n    \
         websocket y {ws}/c {{ expect status 403 }}\n    GET {url}/d {{ expect status 200 }}\n  }}\n}}\n",
        url = server.url
    );
    Test::new().file("a.e2e", &spec).args(["run", "a.e2e"]).code(0);
    let seen = server.seen.lock().unwrap();
    let expected = [(0, "GET /a"), (1, "GET /b"), (2, "GET /c"), (0, "GET /d")];
    assert_eq!(*seen, expected.map(|(number, line)| (number, line.to_owned())));
}
