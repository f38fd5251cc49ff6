//! What each exchange leaves as evidence, on real sockets: who was asked, over what, how much went out and came in, and how long each stage
//! took; also of exchanges that failed.

use std::io::Write as _;
use std::net::TcpListener;
use std::sync::{Arc, Mutex};

use serde_json::Value;

use super::harness::{Done, Test};
use super::scripted::Scripted;
use super::servers::{Ca, certificate, fixed, head, lasting, response, serve, silent};

const ENVIRONMENT: &str = "environment local default { peer = variable(\"PEER\") }\n";

fn ran(peer: &str, steps: &str) -> Done {
    let spec = format!("{ENVIRONMENT}suite \"S\" {{ test \"t\" {{\n{steps}\n}} }}\n");
    Test::new().file("a.e2e", &spec).variable("PEER", peer).args(["run", "a.e2e"]).run()
}

/// The exchanges of the only test, which must have passed.
fn exchanges(peer: &str, steps: &str) -> Vec<Value> {
    let done = ran(peer, steps);
    assert_eq!(done.code, Some(0), "{}{}", done.out, done.err);
    done.json()["tests"][0]["exchanges"].as_array().unwrap().clone()
}

fn stage(exchange: &Value, name: &str) -> Option<f64> {
    exchange["timings_ms"][name].as_f64()
}

fn authority(url: &str) -> &str {
    url.split_once("://").unwrap().1
}

/// The stages that happened; they must fit into the whole.
fn stages(exchange: &Value) -> Vec<&'static str> {
    let names: Vec<&str> =
        ["dns", "connect", "tls", "first_byte"].into_iter().filter(|name| stage(exchange, name).is_some()).collect();
    let before_response: f64 = ["dns", "connect", "tls"].iter().filter_map(|name| stage(exchange, name)).sum();
    assert!(before_response <= stage(exchange, "total").unwrap() + 0.01, "{exchange}");
    names
}

#[test]
fn the_bytes_that_go_out_are_those_that_the_server_reads() {
    let read: Arc<Mutex<Vec<usize>>> = Arc::default();
    let counted = read.clone();
    let url = serve(move |stream| {
        let head = head(stream);
        let length = head
            .lines()
            .filter_map(|line| line.to_ascii_lowercase().strip_prefix("content-length:")?.trim().parse::<usize>().ok());
        let mut body = vec![0; length.sum()];
        std::io::Read::read_exact(stream, &mut body).unwrap();
        counted.lock().unwrap().push(head.len() + body.len());
        let _ = stream.write_all(&response("X-Note: é\r\n", b"{\"a\":1}"));
    });
    let steps = "GET {{env.peer}}/a?b=c { query d: \"e f\"; expect status 200 }\n\
                 POST {{env.peer}}/ { json { a: \"é\" }; header X-A: \"b\"; expect status 200 }\n\
                 POST {{env.peer}}/ { expect status 200 }\n\
                 DELETE {{env.peer}}/ { expect status 200 }\n\
                 GET {{env.peer}}/a/../b { expect status 200 }";
    let exchanges = exchanges(&url, steps);
    let reported: Vec<usize> = exchanges.iter().map(|one| one["bytes_sent"].as_u64().unwrap() as usize).collect();
    assert_eq!(reported, *read.lock().unwrap());
    for exchange in &exchanges {
        assert_eq!(exchange["bytes_received"], response("X-Note: é\r\n", b"{\"a\":1}").len());
        assert_eq!((&exchange["peer"], &exchange["reused"]), (&authority(&url).into(), &false.into()));
        assert_eq!((&exchange["resolved"], &exchange["tls"]), (&serde_json::json!(["127.0.0.1"]), &Value::Null));
        assert_eq!(stages(exchange), ["connect", "first_byte"]);
    }
}

#[test]
fn a_connection_that_is_used_again_keeps_its_evidence() {
    let ca = Ca::new();
    let front = ca.front(
        "127.0.0.1",
        &certificate(&["localhost", "127.0.0.1"], 60),
        &lasting("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"),
    );
    let spec = format!(
        "{ENVIRONMENT}suite \"S\" {{ test \"t\" {{ repeat 3 times {{ GET {{{{env.peer}}}}/ {{ expect status 200 }} }} }} }}\n"
    );
    let done = Test::new()
        .file("a.e2e", &spec)
        .file("ca.pem", &ca.pem)
        .variable("PEER", &format!("https://localhost:{}", front.port))
        .args(["run", "a.e2e", "--cacert", "ca.pem"])
        .code(0);
    let report = done.json();
    let exchanges = report["tests"][0]["exchanges"].as_array().unwrap();
    assert_eq!((exchanges.len(), front.connections()), (3, 1));
    assert_eq!(stages(&exchanges[0]), ["dns", "connect", "tls", "first_byte"]);
    for (index, exchange) in exchanges.iter().enumerate() {
        assert_eq!(exchange["reused"], index > 0);
        assert_eq!(exchange["peer"], format!("127.0.0.1:{}", front.port));
        assert_eq!(exchange["resolved"], exchanges[0]["resolved"]);
        assert!(exchange["resolved"].as_array().unwrap().contains(&"127.0.0.1".into()), "{exchange}");
        assert_eq!(
            (&exchange["tls"]["fingerprint"], &exchange["tls"]["verified"]),
            (&front.fingerprint.clone().into(), &true.into())
        );
        if index > 0 {
            assert_eq!(stages(exchange), ["first_byte"]);
        }
    }
}

#[test]
fn a_refused_connection_says_what_was_tried() {
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    for path in ["/", "/a/.."] {
        let exchange = &exchanges(
            &format!("http://{free}"),
            &format!("GET {{{{env.peer}}}}{path} {{ expect failure is refused }}"),
        )[0];
        assert_eq!((&exchange["peer"], &exchange["resolved"]), (&Value::Null, &serde_json::json!(["127.0.0.1"])));
        assert_eq!((&exchange["bytes_sent"], &exchange["bytes_received"]), (&0.into(), &0.into()));
        assert_eq!(stages(exchange), ["connect"]);
    }
}

#[test]
fn a_name_without_an_address_leaves_the_time_of_asking() {
    for path in ["/", "/a/.."] {
        let exchange =
            &exchanges("http://nothing.invalid", &format!("GET {{{{env.peer}}}}{path} {{ expect failure is dns }}"))[0];
        assert_eq!((&exchange["peer"], &exchange["resolved"]), (&Value::Null, &serde_json::json!([])));
        assert_eq!((stages(exchange), &exchange["bytes_sent"]), (vec!["dns"], &0.into()));
    }
}

#[test]
fn a_certificate_that_isnt_trusted_is_evidence() {
    let (url, fingerprint) = Ca::new().serve(&certificate(&["127.0.0.1"], 60));
    for path in ["/", "/a/.."] {
        let exchange = &exchanges(&url, &format!("GET {{{{env.peer}}}}{path} {{ expect failure is tls }}"))[0];
        assert_eq!((&exchange["peer"], &exchange["bytes_sent"]), (&authority(&url).into(), &0.into()));
        assert_eq!(
            (&exchange["tls"]["fingerprint"], &exchange["tls"]["verified"]),
            (&fingerprint.clone().into(), &false.into())
        );
        assert_eq!(stages(exchange), ["connect", "tls"]);
    }
}

#[test]
fn a_response_that_never_comes_leaves_who_was_asked() {
    let url = silent();
    let exchange = &exchanges(&url, "GET {{env.peer}}/ { timeout 200ms; expect failure is timeout }")[0];
    assert_eq!(
        (&exchange["peer"], &exchange["resolved"]),
        (&authority(&url).into(), &serde_json::json!(["127.0.0.1"]))
    );
    assert!(exchange["bytes_sent"].as_u64().unwrap() > 0, "{exchange}");
    assert_eq!(stages(exchange), ["connect"]);
}

#[test]
fn the_part_of_a_response_that_came_is_counted() {
    let whole = fixed("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nonly");
    let cut = fixed("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nonly");
    let whole = &exchanges(&whole, "GET {{env.peer}}/ { expect status 200 }")[0];
    let cut = &exchanges(&cut, "GET {{env.peer}}/ { expect failure is closed }")[0];
    assert_eq!(whole["bytes_received"], cut["bytes_received"]);
    assert!(cut["peer"].is_string() && stage(cut, "first_byte").is_some(), "{cut}");
}

#[test]
fn the_bytes_that_come_in_are_those_that_the_server_writes() {
    let heads: [&[u8]; 5] =
        [b"404 Not Found", b"503 Quite Busy", b"299 -", b"201 Created\r\nX-Long: a b c", b"200 OK\r\nX-Name: Andr\xe9"];
    for head in heads {
        let rest = b"\r\nContent-Length: 4\r\nConnection: close\r\n\r\nbody";
        let written = [&b"HTTP/1.1 "[..], head, rest].concat();
        let head = String::from_utf8_lossy(head);
        let steps = format!("GET {{{{env.peer}}}}/ {{ expect status {} }}", &head[..3]);
        assert_eq!(exchanges(&fixed(written.clone()), &steps)[0]["bytes_received"], written.len(), "{head}");
    }
}

#[test]
fn each_hop_of_a_redirect_has_its_peer() {
    let last = fixed(response("", b"{}"));
    let first = fixed(format!(
        "HTTP/1.1 302 Found\r\nLocation: {last}/there\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    ));
    let exchange = &exchanges(&first, "GET {{env.peer}}/here { follow redirects; expect status 200 }")[0];
    let hop = &exchange["redirects"][0];
    assert_eq!((&hop["peer"], &exchange["peer"]), (&authority(&first).into(), &authority(&last).into()));
    assert_eq!((&hop["resolved"], &hop["reused"]), (&serde_json::json!(["127.0.0.1"]), &false.into()));
    // One that leads to no one still says where it came from.
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let first = fixed(format!(
        "HTTP/1.1 302 Found\r\nLocation: http://{free}/\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    ));
    let exchange = &exchanges(&first, "GET {{env.peer}}/ { follow redirects; expect failure is refused }")[0];
    assert_eq!((&exchange["redirects"][0]["peer"], &exchange["peer"]), (&authority(&first).into(), &Value::Null));
}

#[test]
fn the_opening_of_a_channel_is_an_exchange_with_its_evidence() {
    let script = "websocket /ws\n  < {\"type\":\"a\"}\nGET /sse 200 | Content-Type: text/event-stream\n  data: 1\n  \nGET /lines 200 | Content-Type: application/x-ndjson\n  {\"type\":\"a\"}\n";
    let server = &Scripted::start(script).addresses[0];
    let steps = format!(
        "websocket a ws://{server}/ws\nexpect on a event \"a\" within 5s\nsse b GET http://{server}/sse\nexpect on b event \"message\" within 5s\n\
         ndjson c GET http://{server}/lines\nexpect on c event \"a\" within 5s"
    );
    let exchanges = exchanges("http://127.0.0.1:1", &steps);
    let opened: Vec<&str> = exchanges.iter().map(|one| one["opens"].as_str().unwrap()).collect();
    assert_eq!(opened, ["websocket", "sse", "ndjson"]);
    for exchange in &exchanges {
        assert_eq!(
            (&exchange["peer"], &exchange["resolved"]),
            (&server.as_str().into(), &serde_json::json!(["127.0.0.1"]))
        );
        assert!(exchange["bytes_sent"].as_u64().unwrap() > 0 && exchange["bytes_received"].as_u64().unwrap() > 0);
        assert_eq!(stages(exchange), ["connect", "first_byte"]);
    }
}
