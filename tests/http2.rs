//! HTTP/2: one connection for several requests.

use std::convert::Infallible;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use http_body_util::{BodyExt as _, Full};
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http2;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};

use super::harness::Test;

/// Each request with the number of its connection: `0 GET http://127.0.0.1:1/a/../b body`.
type Seen = Arc<Mutex<Vec<String>>>;

/// A server that speaks HTTP/2 without TLS.
fn serve() -> (String, Seen) {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let seen = Seen::default();
    let (noted, count) = (seen.clone(), AtomicUsize::new(0));
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let listener = tokio::net::TcpListener::from_std(listener).unwrap();
            while let Ok((stream, _)) = listener.accept().await {
                let (noted, number) = (noted.clone(), count.fetch_add(1, Ordering::SeqCst));
                let service = service_fn(move |request: http::Request<Incoming>| {
                    let noted = noted.clone();
                    async move {
                        let (head, body) = request.into_parts();
                        let body = body.collect().await.unwrap().to_bytes();
                        let body = String::from_utf8_lossy(&body).into_owned();
                        let target = head.uri.path_and_query().unwrap().as_str().to_owned();
                        noted.lock().unwrap().push(format!("{number} {} {target} {body}", head.method));
                        let authority = head.uri.authority().map(ToString::to_string);
                        let has_host = head.headers.contains_key("host");
                        let json = serde_json::json!({ "authority": authority, "host": has_host, "body": body });
                        Ok::<_, Infallible>(http::Response::new(Full::new(Bytes::from(json.to_string()))))
                    }
                });
                tokio::spawn(async move {
                    let server = http2::Builder::new(TokioExecutor::new());
                    let _ = server.serve_connection(TokioIo::new(stream), service).await;
                });
            }
        });
    });
    (url, seen)
}

fn spec(url: &str) -> String {
    format!(
        "suite \"S\" {{\n  test \"t\" {{\n    GET {url}/a/../b?q='x' {{ http 2; expect status 200; expect http version 2; expect $.host == false }}\n    \
         POST {url}/c {{ http 2; json {{ a: 1 }}; expect $.body == \"{{\\\"a\\\":1}}\" }}\n    \
         GET {url}/d {{ http 2; header Host: \"example.com\"; expect $.authority == \"example.com\" }}\n    \
         POST {url}/e {{ http 2; expect status 200 }}\n  }}\n}}\n"
    )
}

#[test]
fn one_connection_serves_every_request() {
    let (url, seen) = serve();
    let report = Test::new().file("a.e2e", &spec(&url)).args(["run", "a.e2e"]).code(0).json();
    let expected = ["0 GET /a/../b?q='x' ", "0 POST /c {\"a\":1}", "0 GET /d ", "0 POST /e "];
    assert_eq!(*seen.lock().unwrap(), expected);
    let reused: Vec<bool> = report["tests"][0]["exchanges"]
        .as_array()
        .unwrap()
        .iter()
        .map(|exchange| exchange["reused"].as_bool().unwrap())
        .collect();
    assert_eq!(reused, [false, true, true, true]);
}
