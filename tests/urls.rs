//! Values in URLs, on real sockets: whatever a value holds, a server receives exactly it.

use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;

use super::harness::Test;
use super::servers::serve;

/// A server that answers with the target of its requests.
fn echo() -> String {
    serve(|stream| {
        while let Some(target) = super::servers::head(stream).split_whitespace().nth(1) {
            let body = serde_json::json!({ "target": target }).to_string();
            let response = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len());
            if std::io::Write::write_all(stream, response.as_bytes()).is_err() {
                break;
            }
        }
    })
}

#[test]
fn any_value_of_a_query_arrives_as_it_is() {
    let mut runner = TestRunner::deterministic();
    let any = prop_oneof!["[ -~]{0,12}", "\\PC{0,8}", "[#&+=%?/ \\\\\"'{}\r\n\t]{1,8}"];
    let mut values: Vec<String> = (0..60).map(|_| any.new_tree(&mut runner).unwrap().current()).collect();
    values.extend(["", " ", "+", "%20", "%", "a#b", "a&b=c", "{{x}}", "ü\u{1F600}"].map(str::to_owned));
    let spec = "suite \"S\" {\n  test \"t\" for each v in file \"values.json\" {\n    GET {{env.api}}/find?q={{v}}&limit=5 {\n      \
                expect status 200\n      capture seen = $.target\n    }\n    GET \"{{env.api}}/find?limit=5&q={{v}}\" { expect $.target != \"\" }\n  }\n}\n";
    let done = Test::new()
        .file("a.e2e", &format!("environment e default {{ api = variable(\"API\") }}\n{spec}"))
        .file("values.json", &serde_json::to_string(&values).unwrap())
        .variable("API", &echo())
        .args(["run", "a.e2e"])
        .run();
    let report = done.json();
    let tests = report["tests"].as_array().unwrap();
    assert_eq!(tests.len(), values.len(), "{}", done.out);
    for (test, value) in tests.iter().zip(&values) {
        assert_eq!(test["outcome"], "passed", "{value:?}: {test}");
        for (number, expected) in
            [[("q", value.as_str()), ("limit", "5")], [("limit", "5"), ("q", value)]].iter().enumerate()
        {
            let url = test["exchanges"][number]["url"].as_str().unwrap();
            let pairs: Vec<(String, String)> = url::Url::parse(url).unwrap().query_pairs().into_owned().collect();
            let expected: Vec<(String, String)> =
                expected.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
            assert_eq!(pairs, expected, "{url}");
        }
    }
}

#[test]
fn a_probe_of_a_service_has_its_values_in_place_too() {
    let spec = "environment e default {\n  api = variable(\"API\")\n  key = \"a b#c\"\n  service api { probe GET {{env.api}}/health?key={{env.key}} expect status 200 within 5s }\n}\n\
        suite \"S\" {\n  needs api\n  test \"t\" { GET {{env.api}}/x { expect status 200 } }\n}\nplan p { phase \"a\" { run suites \"S\" } }\n";
    let seen = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
    let requests = seen.clone();
    let url = serve(move |stream| {
        let head = super::servers::head(stream);
        requests.lock().unwrap().push(head.split_whitespace().nth(1).unwrap_or_default().to_owned());
        let _ = std::io::Write::write_all(stream, &super::servers::response("", b"{}"));
    });
    let done = Test::new().file("a.e2e", spec).variable("API", &url).args(["run", "a.e2e", "--plan", "p"]).run();
    let seen = seen.lock().unwrap();
    assert!(seen.iter().any(|target| target == "/health?key=a%20b%23c"), "{seen:?} {}", done.out);
}

/// A server that asks for Digest credentials, and says which it got.
fn digest_server(challenge: &'static str) -> String {
    serve(move |stream| {
        loop {
            let head = super::servers::head(stream);
            if head.is_empty() {
                return;
            }
            let length = |line: &str| line.to_ascii_lowercase().strip_prefix("content-length:")?.trim().parse().ok();
            let mut body = vec![0; head.lines().find_map(length).unwrap_or(0)];
            let _ = std::io::Read::read_exact(stream, &mut body);
            let sent = head.lines().find_map(|line| line.strip_prefix("authorization: "));
            let response = match sent {
                None => format!("HTTP/1.1 401 Unauthorized\r\n{challenge}Content-Length: 0\r\n\r\n"),
                Some(sent) => {
                    let body = serde_json::json!({ "sent": sent }).to_string();
                    format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len())
                }
            };
            let _ = std::io::Write::write_all(stream, response.as_bytes());
        }
    })
}

#[test]
fn the_strongest_digest_challenge_is_answered() {
    let server = digest_server(
        "WWW-Authenticate: Basic realm=\"r\"\r\nWWW-Authenticate: Digest realm=\"r\", nonce=\"n1\", qop=\"auth\", algorithm=MD5\r\n\
         WWW-Authenticate: Digest realm=\"r\", nonce=\"n2\", qop=\"auth-int\", algorithm=SHA-512-256, Digest realm=\"r\", nonce=\"n3\", algorithm=SHA-256\r\n",
    );
    let spec = format!(
        "suite \"S\" {{\n  test \"t\" {{\n    PUT {server}/a?b=c {{\n      digest \"ada\", \"lovelace-1815\"\n      body \"x=1\"\n      expect status 200\n      \
         expect $.sent contains \"algorithm=SHA-512-256\"\n      expect $.sent contains \"qop=auth-int\"\n      expect $.sent contains \"nonce=\\\"n2\\\"\"\n      \
         expect $.sent contains \"uri=\\\"/a?b=c\\\"\"\n    }}\n  }}\n}}\n"
    );
    Test::new().file("a.e2e", &spec).args(["run", "a.e2e"]).code(0);
}
