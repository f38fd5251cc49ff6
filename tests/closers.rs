//! Servers that close after a response in every way there is: no request waits for a connection that has ended.

use std::io::Write as _;
use std::net::{Shutdown, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use super::harness::Test;
use super::servers::{head, serve};

/// Requests for each way to close. `CLOSER_REQUESTS=20000 cargo test --release closers` looks at more.
fn requests() -> usize {
    std::env::var("CLOSER_REQUESTS").ok().and_then(|count| count.parse().ok()).unwrap_or(200).max(1)
}

const WAYS: [&str; 7] = ["close", "said", "half", "reset", "next", "idle", "mixed"];

/// `false`: the connection is over.
fn respond(stream: &mut TcpStream, way: &str, number: usize) -> bool {
    let is_said = if way == "said" { "Connection: close\r\n" } else { "" };
    let response = format!("HTTP/1.1 200 OK\r\n{is_said}Content-Length: 2\r\n\r\n{{}}");
    if stream.write_all(response.as_bytes()).is_err() {
        return false;
    }
    match way {
        // The next request is read, and not answered.
        "next" => {
            head(stream);
            false
        }
        // At some time while the connection is idle, or while the next request is on its way.
        "idle" => {
            for _ in 0..(number * 7919) % 3000 {
                std::hint::spin_loop();
            }
            std::thread::yield_now();
            false
        }
        // Nothing more comes, and what is sent is taken.
        "half" => {
            let _ = stream.shutdown(Shutdown::Write);
            head(stream);
            false
        }
        "reset" => {
            let _ = socket2::SockRef::from(&*stream).set_linger(Some(Duration::ZERO));
            false
        }
        // Lets go in another way each time, some only after a few more responses.
        "mixed" => !number.is_multiple_of(4) || respond(stream, WAYS.get(number / 4 % 6).unwrap_or(&"close"), number),
        _ => false,
    }
}

#[test]
fn no_request_waits_for_a_connection_that_has_ended() {
    let requests = requests();
    let count = Arc::new(AtomicUsize::new(0));
    let url = serve(move |stream| {
        let _ = stream.set_nodelay(true);
        loop {
            let head = head(stream);
            let Some(way) = head.split_whitespace().nth(1) else { return };
            let number = count.fetch_add(1, Ordering::Relaxed);
            if !respond(stream, way.trim_start_matches('/'), number) {
                return;
            }
        }
    });
    let mut spec = String::from("suite \"S\" {\n  tests side by side\n");
    for way in WAYS {
        // In two tests, which take each other's connections.
        for half in ["a", "b"] {
            spec.push_str(&format!(
                "  test \"{way} {half}\" {{\n    timeout 10m\n    repeat {} times {{\n      GET {url}/{way} {{ timeout 30s; expect status 200 }}\n    }}\n  }}\n",
                requests.div_ceil(2)
            ));
        }
    }
    let over = Arc::new(AtomicBool::new(false));
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
    let started = Instant::now();
    let done = Test::new().file("a.e2e", &(spec + "}\n")).args(["run", "a.e2e", "--jobs", "14"]).code(0);
    over.store(true, Ordering::Relaxed);
    busy.into_iter().for_each(|thread| thread.join().unwrap());
    let report = done.json();
    let exchanges = |test: &serde_json::Value| test["exchanges"].as_array().unwrap().clone();
    let all: Vec<_> = report["tests"].as_array().unwrap().iter().flat_map(exchanges).collect();
    assert!(all.len() >= requests * WAYS.len(), "{}", all.len());
    let slowest = all.iter().filter_map(|one| one["timings_ms"]["total"].as_f64()).fold(0.0, f64::max);
    println!("{} requests in {:?}, the slowest took {slowest} ms", all.len(), started.elapsed());
    assert!(slowest < 20_000.0, "{slowest} ms");
}
