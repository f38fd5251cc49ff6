//! Servers that are broken or hostile: each gets a clear diagnostic within its deadline, and the run goes on.

use std::io::Write as _;

use super::harness::Test;
use super::servers::{endless, fixed, head, response, serve, silent};

/// Runs one request against a server, beside one against a good server; gives the codes of what was reported, and the output.
fn reported(url: &str, parts: &str) -> (Vec<String>, String) {
    reported_within("2s", url, parts)
}

fn reported_within(timeout: &str, url: &str, parts: &str) -> (Vec<String>, String) {
    let good = fixed(response("Content-Type: application/json\r\n", b"{\"ok\": true}"));
    let spec = format!(
        "suite \"Hostile\" {{\n  test \"bad\" {{\n    GET {url}/x {{\n      timeout {timeout}\n      {parts}\n    }}\n  }}\n  \
         test \"good\" {{\n    GET {good}/ {{ expect status 200; expect $.ok == true }}\n  }}\n}}\n"
    );
    let done = Test::new().file("a.e2e", &spec).args(["run", "a.e2e"]).code(1);
    let report = done.json();
    let tests = report["tests"].as_array().unwrap();
    assert_eq!(tests[1]["outcome"], "passed", "the run goes on after a hostile server: {}", done.out);
    let codes = tests[0]["diagnostics"].as_array().unwrap().iter().map(|one| one["code"].as_str().unwrap().to_owned());
    let codes = codes.collect();
    let control = |c: char| c.is_control() && c != '\n';
    assert!(!done.out.chars().any(control), "control characters in the output: {:?}", done.out);
    (codes, done.out)
}

#[test]
fn a_response_of_a_gibibyte_stops_at_the_limit() {
    let (codes, out) = reported_within("30s", &endless(), "expect status 200");
    assert_eq!(codes, ["e2e::net::too_large"]);
    assert!(out.contains("64MiB"), "{out}");
}

#[test]
fn a_server_that_never_answers_times_out() {
    let (codes, out) = reported(&silent(), "expect status 200");
    assert_eq!(codes, ["e2e::net::timeout"]);
    assert!(out.contains("gave no response within 2s"), "{out}");
}

#[test]
fn a_response_that_breaks_off_is_reported() {
    let url = fixed("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this");
    assert_eq!(reported(&url, "expect status 200").0, ["e2e::net::closed"]);
    let url = fixed("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel");
    assert_eq!(reported(&url, "expect status 200").0, ["e2e::net::closed"]);
    let url = fixed("");
    assert_eq!(reported(&url, "expect status 200").0, ["e2e::net::closed"]);
}

#[test]
fn what_isnt_http_is_reported() {
    assert_eq!(reported(&fixed("SSH-2.0-OpenSSH_9.2\r\n"), "expect status 200").0, ["e2e::net::protocol"]);
    let url = fixed("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nhello\r\n0\r\n\r\n");
    let (codes, _) = reported(&url, "expect status 200");
    assert!(codes == ["e2e::net::protocol"] || codes == ["e2e::net::closed"], "{codes:?}");
    // What would be read as a body that the server didn't send so.
    for coding in ["foo", "gzip, chunked", "chunked, chunked", "chunked\r\nContent-Length: 2"] {
        let url = fixed(format!(
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: {coding}\r\nConnection: close\r\n\r\n2\r\n{{}}\r\n0\r\n\r\n"
        ));
        assert_eq!(reported(&url, "expect status 200").0, ["e2e::net::protocol"], "{coding}");
    }
    let headers: String = (0..2000).map(|n| format!("X-{n}: y\r\n")).collect();
    let url = fixed(format!("HTTP/1.1 200 OK\r\n{headers}Content-Length: 0\r\n\r\n"));
    let (codes, _) = reported(&url, "expect status 200");
    assert!(codes == ["e2e::net::too_large"] || codes == ["e2e::net::protocol"], "{codes:?}");
}

#[test]
fn a_body_that_isnt_json_is_reported_with_what_it_is() {
    let (codes, out) =
        reported(&fixed(response("Content-Type: text/html\r\n", b"<h1>Bad gateway</h1>")), "expect $.ok == true");
    assert_eq!(codes, ["e2e::expect::not_json"]);
    assert!(out.contains("text/html") && out.contains("Bad gateway"), "{out}");
    let (codes, _) = reported(&fixed(response("", b"{\"ok\": tru")), "expect $.ok == true");
    assert_eq!(codes, ["e2e::expect::not_json"]);
    let (codes, _) = reported(&fixed(response("", b"\xff\x00 not text")), "expect body contains \"zzz\"");
    assert_eq!(codes, ["e2e::expect::not_text"]);
}

#[test]
fn a_line_of_70_000_columns_is_drawn_around_its_value() {
    let body = format!("{{\"pad\": \"{}\", \"value\": 7, \"more\": \"{}\"}}", "a".repeat(35_000), "b".repeat(35_000));
    let (codes, out) = reported(&fixed(response("", body.as_bytes())), "expect $.value == 8");
    assert_eq!(codes, ["e2e::expect::value"]);
    assert!(out.contains("`$.value` is 7, expected 8") && out.len() < 6_000, "{}", out.len());
}

#[test]
fn endless_redirects_end_at_their_limit() {
    let url = serve(|stream| {
        let request = head(stream);
        let path = request.split_whitespace().nth(1).unwrap_or("/").to_owned();
        let response =
            format!("HTTP/1.1 302 Found\r\nLocation: {path}x\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        let _ = stream.write_all(response.as_bytes());
    });
    let (codes, out) = reported(&url, "follow redirects up to 5; expect status 200");
    assert_eq!(codes, ["e2e::net::too_many_redirects"]);
    assert!(out.contains("5 redirects were followed"), "{out}");
}

#[test]
fn nothing_that_a_server_sends_moves_the_cursor() {
    let body = "\u{1b}[2J\u{1b}]0;title\u{7}\u{202e}evil\r\nline";
    let (codes, _) = reported(&fixed(response("X-Evil: a\tb\r\n", body.as_bytes())), "expect body == \"fine\"");
    assert_eq!(codes, ["e2e::expect::body"]);
    let json = "{\"a\": \"\\u001b[31mred\\u202e\"}";
    assert_eq!(reported(&fixed(response("", json.as_bytes())), "expect $.a == \"x\"").0, ["e2e::expect::value"]);
}

#[test]
fn a_small_body_that_decodes_to_a_huge_one_stops_at_the_limit() {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    let block = vec![0u8; 1 << 20];
    for _ in 0..80 {
        encoder.write_all(&block).unwrap();
    }
    let body = encoder.finish().unwrap();
    assert!(body.len() < 1 << 20);
    let (codes, out) =
        reported_within("20s", &fixed(response("Content-Encoding: gzip\r\n", &body)), "expect status 200");
    assert_eq!(codes, ["e2e::net::too_large"]);
    assert!(out.contains("decodes to"), "{out}");
}

#[test]
fn what_only_a_browser_takes_for_a_url_is_none() {
    let spec = "environment e default { a = variable(\"A\") }\nsuite \"S\" { test \"t\" { GET \"{{env.a}}\" { expect status 200 } } }\n";
    for url in
        ["http:127.0.0.1:1", " http://127.0.0.1:1", "http:/127.0.0.1:1", "http:\\\\127.0.0.1:1", "http:///127.0.0.1:1"]
    {
        let done = super::harness::Test::new().file("a.e2e", spec).variable("A", url).args(["run", "a.e2e"]).code(1);
        assert!(done.out.contains("e2e::net::invalid_request"), "{url}: {}", done.out);
    }
}

/// Responses that HTTP allows and clients trip over: interim ones, those without a body whatever their head says, trailers, ends by closing.
#[test]
fn what_http_allows_is_read() {
    let cases: [(&str, &str, &[u8], &str); 12] = [
        (
            "GET",
            "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n",
            b"{}",
            "status 200; expect body == {}",
        ),
        ("POST", "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\n", b"{}", "status 201"),
        (
            "HEAD",
            "HTTP/1.1 200 OK\r\nContent-Length: 999\r\nContent-Encoding: gzip\r\n\r\n",
            b"",
            "status 200; expect size == 0B",
        ),
        ("GET", "HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n", b"", "status 204; expect size == 0B"),
        (
            "GET",
            "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\nETag: \"a\"\r\n\r\n",
            b"",
            "status 304; expect size == 0B",
        ),
        (
            "GET",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n",
            b"2;a=b\r\n{}\r\n0\r\nX-Sum: 1\r\n\r\n",
            "status 200; expect body == {}",
        ),
        ("GET", "HTTP/1.1 200 OK\r\nContent-Length: 2, 2\r\n\r\n", b"{}", "body == {}"),
        ("GET", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\n", b"{}", "body == {}"),
        ("GET", "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n", b"{}", "body == {}"),
        ("GET", "HTTP/1.0 200 OK\r\n\r\n", b"{}", "body == {}"),
        ("GET", "HTTP/1.1 200 \r\ncontent-length:2\r\n\r\n", b"{}", "body == {}"),
        ("GET", "HTTP/1.1 299 Odd\r\nContent-Length: 2\r\nX-Latin: \u{e9}\r\n\r\n", b"{}", "status 299"),
    ];
    let mut spec = String::from("suite \"S\" {\n");
    for (number, (method, head, body, expected)) in cases.iter().enumerate() {
        let url = fixed([head.as_bytes(), body].concat());
        spec.push_str(&format!("  test \"{number}\" {{ {method} {url}/ {{ expect {expected} }} }}\n"));
    }
    Test::new().file("a.e2e", &(spec + "}\n")).args(["run", "a.e2e"]).code(0);
}
