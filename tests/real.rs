//! `require real`: what it refuses, each with its own diagnostic and before anything is sent; and what it accepts, in a network of the test's own
//! that has public addresses.

use std::net::TcpListener;
use std::process::Command;

use serde_json::Value;

use super::harness::{Done, Test};
use super::scripted::Scripted;
use super::servers::{Ca, certificate, fixed, lasting};

const STAGING: &str = "environment staging {\n  api = \"https://api.staging.invalid\"\n  require real\n}\nenvironment laptop { api = \"http://127.0.0.1:1\" }\n";
const PRIVATE: &str = "e2e::run::private_peer";
const PLAIN: &str = "e2e::run::plain_text";
const UNVERIFIED: &str = "e2e::run::unverified_certificate";

const SOME_EVENT: &str = "expect on ch event \"a\" within 1s";

/// Each test's code and what its diagnostic points at.
fn reported(done: &Done, spec: &str) -> Vec<(String, String, String)> {
    let report = done.json();
    report["tests"].as_array().unwrap().iter().map(|test| refusal(test, spec)).collect()
}

/// Of a test that was refused: its name, its diagnostic's code, and the text that this points at.
fn refusal(test: &Value, spec: &str) -> (String, String, String) {
    let name = test["name"].as_str().unwrap();
    assert_eq!(test["outcome"], "errored", "{name}: {test}");
    let [diagnostic] = test["diagnostics"].as_array().unwrap().as_slice() else { unreachable!("{name}: {test}") };
    let at = |end: &str| diagnostic["span"][end]["offset"].as_u64().unwrap() as usize;
    assert!(
        diagnostic["related"]
            .as_array()
            .unwrap()
            .iter()
            .any(|one| one["message"].as_str().unwrap().contains("`require real`"))
    );
    for exchange in test["exchanges"].as_array().unwrap() {
        assert_eq!((&exchange["bytes_sent"], &exchange["status"]), (&0.into(), &Value::Null), "{name}: {exchange}");
    }
    (name.to_owned(), diagnostic["code"].as_str().unwrap().to_owned(), spec[at("start")..at("end")].to_owned())
}

/// A request whose URL is known only when it runs.
fn test_of(name: &str, url: &str) -> String {
    format!("  test \"{name}\" {{ let url = \"{url}\"; GET {{{{url}}}} {{ expect status 200 }} }}\n")
}

#[test]
fn what_isnt_real_is_refused_before_anything_is_sent() {
    // Only where nothing leaves the machine: what should be refused, and by a mistake isn't, must go nowhere.
    if std::env::var_os(INSIDE).is_none() {
        if let Err(reason) = in_a_network_of_its_own("real::what_isnt_real_is_refused_before_anything_is_sent") {
            skipped(&reason);
        }
        return;
    }
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let port = listener.local_addr().unwrap().port();
    let private = [
        format!("https://127.0.0.1:{port}/"),
        format!("https://localhost:{port}/"),
        format!("https://api.localhost:{port}/"),
        format!("https://2130706433:{port}/"),
        format!("https://0x7f.1:{port}/"),
        format!("https://0177.0.0.1:{port}/a/../b"),
        format!("https://[::ffff:127.0.0.1]:{port}/"),
        format!("https://[::1]:{port}/"),
        "https://0.0.0.0/".to_owned(),
        "https://10.1.2.3/".to_owned(),
        "https://172.16.0.1/".to_owned(),
        "https://172.31.255.255/".to_owned(),
        "https://192.168.1.1/".to_owned(),
        "https://169.254.169.254/".to_owned(),
        "https://100.64.0.1/".to_owned(),
        "https://203.0.113.9/".to_owned(),
        "https://198.18.0.1/".to_owned(),
        "https://224.0.0.1/".to_owned(),
        "https://255.255.255.255/".to_owned(),
        "https://[fc00::1]/".to_owned(),
        "https://[fd12:3456::1]/".to_owned(),
        "https://[fe80::1]/".to_owned(),
        "https://[::ffff:10.0.0.1]/".to_owned(),
        "https://[::10.0.0.1]/".to_owned(),
        "https://[64:ff9b::10.0.0.1]/".to_owned(),
        "https://[2002:0a00:0001::]/".to_owned(),
        "https://[2001:db8::1]/".to_owned(),
        "https://[ff02::1]/".to_owned(),
    ];
    let plain =
        [format!("http://127.0.0.1:{port}/"), "http://api.staging.invalid/".to_owned(), "HTTP://10.0.0.1/".to_owned()];
    let mut spec = format!(
        "{STAGING}flow ask(url: string) {{ GET {{{{url}}}} {{ accept invalid certificate; expect status 200 }} }}\nsuite \"S\" {{\n"
    );
    let mut expected = Vec::new();
    for (code, urls) in [(PRIVATE, &private[..]), (PLAIN, &plain[..])] {
        for url in urls {
            spec.push_str(&test_of(url, url));
            expected.push((url.clone(), code.to_owned(), "{{url}}".to_owned()));
        }
    }
    let more = [
        (
            "websocket",
            format!("let url = \"ws://127.0.0.1:{port}/ws\"; websocket ch {{{{url}}}}; {SOME_EVENT}"),
            PLAIN,
            "{{url}}",
        ),
        (
            "websocket over TLS",
            format!("let url = \"wss://127.0.0.1:{port}/ws\"; websocket ch {{{{url}}}}; {SOME_EVENT}"),
            PRIVATE,
            "{{url}}",
        ),
        (
            "sse",
            format!("let url = \"http://127.0.0.1:{port}/\"; sse ch GET {{{{url}}}}; {SOME_EVENT}"),
            PLAIN,
            "{{url}}",
        ),
        (
            "ndjson",
            format!(
                "let url = \"https://127.0.0.1:{port}/\"; ndjson ch POST {{{{url}}}} {{ json {{}} }}; {SOME_EVENT}"
            ),
            PRIVATE,
            "{{url}}",
        ),
        (
            "unverified",
            "call ask(\"https://api.staging.invalid/\")".to_owned(),
            UNVERIFIED,
            "accept invalid certificate",
        ),
        // Nothing was sent, so nothing can have failed as a spec expects it.
        (
            "expected",
            format!("let url = \"https://127.0.0.1:{port}/\"; GET {{{{url}}}} {{ expect failure is refused }}"),
            PRIVATE,
            "{{url}}",
        ),
        (
            "tried again",
            format!(
                "let url = \"http://127.0.0.1:{port}/\"; GET {{{{url}}}} {{ retry 3 times every 10s on refused; expect status 200 }}"
            ),
            PLAIN,
            "{{url}}",
        ),
    ];
    for (name, steps, code, place) in more {
        spec.push_str(&format!("  test \"{name}\" {{ {steps} }}\n"));
        expected.push((name.to_owned(), code.to_owned(), place.to_owned()));
    }
    spec.push_str("}\n");
    let done = Test::new().file("a.e2e", &spec).args(["run", "a.e2e", "--env", "staging"]).code(1);
    assert_eq!(reported(&done, &spec), expected);
    assert_eq!(listener.accept().unwrap_err().kind(), std::io::ErrorKind::WouldBlock, "no one was connected to");
}

#[test]
fn all_values_that_arent_real_are_reported_at_once() {
    let spec = "environment staging {\n  api = variable(\"API\")\n  ws = \"{{env.api}}/ws\"\n  auth = secret(\"AUTH\")\n  app = \"https://app.staging.invalid\"\n  name = \"staging\"\n  require real\n}\nsuite \"S\" { test \"t\" { GET {{env.api}}/ { bearer env.auth; expect status 200 } } }\n";
    let test = |api: &str| {
        Test::new().file("a.e2e", spec).variable("API", api).variable("AUTH", "https://10.0.0.7/?key=s3cr3t-s3cr3t")
    };
    for command in [&["run"][..], &["run", "--dry-run"]] {
        let done = test("http://staging.invalid")
            .args(command.iter().copied())
            .args(["a.e2e"])
            .code(2)
            .err("e2e::plan::not_real");
        let done =
            done.err("3 values of the environment aren't real: `env.api`, `env.ws`, `env.auth`").err("plain text");
        assert_eq!(done.err.matches("e2e::plan::").count(), 1, "{}", done.err);
        assert!(!done.err.contains("s3cr3t") && !done.err.contains("10.0.0.7"), "{}", done.err);
        assert!(!done.path("test_results.json").exists());
    }
    let one = test("https://staging.invalid").args([
        "run",
        "a.e2e",
        "--dry-run",
        "--set",
        "env.auth=x",
        "--set",
        "env.app=https://[::1]:8443",
    ]);
    one.code(2)
        .err("`env.app` isn't real: `::1` is a loopback address, this machine itself (RFC 4291); `--set`")
        .err("a.e2e:5:9");
    test("https://staging.invalid").args(["run", "a.e2e", "--dry-run", "--set", "env.auth=x"]).code(0);
}

#[test]
fn proxies_are_reported_before_anything_is_sent() {
    let spec = format!("{STAGING}suite \"S\" {{ test \"t\" {{ GET {{{{env.api}}}}/ {{ expect status 200 }} }} }}\n");
    let test = |env: &str| Test::new().file("a.e2e", &spec).args(["run", "a.e2e", "--dry-run", "--env"]).args([env]);
    for name in ["http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"] {
        let set = |env: &str| test(env).variable(name, "http://user:s3cr3t@127.0.0.1:3128");
        let done = set("staging")
            .code(2)
            .err("e2e::plan::proxy")
            .err(&format!("the variable `{name}` names a proxy"))
            .err("a.e2e:3:3");
        assert!(!done.err.contains("s3cr3t"), "{}", done.err);
        set("staging").variable("NO_PROXY", "*").code(0);
        set("laptop").code(0);
        test("staging").variable(name, "").code(0);
        // Nothing is sent, so nothing goes through it.
        Test::new()
            .file("a.e2e", &spec)
            .args(["list", "a.e2e", "--env", "staging"])
            .variable(name, "http://127.0.0.1:3128")
            .code(0);
    }
    let two = test("staging")
        .variable("HTTPS_PROXY", "http://127.0.0.1:1")
        .variable("all_proxy", "http://127.0.0.1:1")
        .code(2);
    two.err("the variables `HTTPS_PROXY`, `all_proxy` name a proxy").err("env -u HTTPS_PROXY -u all_proxy e2e-dsl run");
}

/// Set where the test runs once more, in a network of its own.
const INSIDE: &str = "E2E_TEST_INSIDE_A_NETWORK";

/// Gives the network its addresses, and names to them; what is said then is run in it.
const NETWORK: &str = r#"
    set -e
    ip link set lo up
    ip addr add 9.9.9.9/32 dev lo
    ip addr add 10.0.0.7/32 dev lo
    mount --bind "$1" /etc/hosts
    shift
    exec "$@"
"#;

const HOSTS: &str = "127.0.0.1 localhost\n9.9.9.9 api.example.test both.example.test\n10.0.0.7 both.example.test private.example.test\n";

/// Runs this test once more where 9.9.9.9 is this machine, in namespaces that nothing leaves; `Err` where the system doesn't let us make them.
fn in_a_network_of_its_own(test: &str) -> Result<(), String> {
    let hosts = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(hosts.path(), HOSTS).unwrap();
    let inside = |namespaces: &str| {
        let mut command = Command::new("unshare");
        command.args([namespaces, "--", "sh", "-c", NETWORK, "sh"]).arg(hosts.path());
        command
    };
    let works = |namespaces: &&str| inside(namespaces).arg("true").output().is_ok_and(|output| output.status.success());
    let namespaces = ["-nm", "-rnm"].into_iter().find(works);
    let namespaces = namespaces.ok_or("`unshare` can't make a network namespace here")?;
    let mut command = inside(namespaces);
    command.arg(std::env::current_exe().unwrap()).args(["--exact", test, "--nocapture"]).env(INSIDE, "1");
    let output = command.output().unwrap();
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success() && out.contains("1 passed"), "in a network of its own:\n{out}\n{err}");
    Ok(())
}

#[expect(clippy::print_stderr, reason = "a test that is skipped says so")]
fn skipped(reason: &str) {
    eprintln!("skipped: `require real` isn't tested against addresses of all kinds here: {reason}");
}

#[test]
fn a_public_system_is_accepted_and_is_evidence() {
    if std::env::var_os(INSIDE).is_none() {
        if let Err(reason) = in_a_network_of_its_own("real::a_public_system_is_accepted_and_is_evidence") {
            skipped(&reason);
        }
        return;
    }
    let ca = Ca::new();
    let params =
        certificate(&["9.9.9.9", "10.0.0.7", "api.example.test", "both.example.test", "private.example.test"], 60);
    let public = ca.front("9.9.9.9", &params, &lasting("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"));
    accepted(&ca, &public.fingerprint, public.port);
    assert_eq!(public.connections(), 2, "one by its address, one by its name");
    channels(&ca, &params);
    refused(&ca, &params, public.port);
    assert_eq!(public.connections(), 2, "what is refused isn't connected to");
}

fn run(ca: &Ca, spec: &str, variables: &[(&str, String)]) -> Done {
    let test = Test::new()
        .file("a.e2e", spec)
        .file("ca.pem", &ca.pem)
        .args(["run", "a.e2e", "--cacert", "ca.pem", "--jobs", "1"]);
    variables.iter().fold(test, |test, (name, value)| test.variable(name, value)).run()
}

fn accepted(ca: &Ca, fingerprint: &str, port: u16) {
    let spec = "environment staging {\n  api = variable(\"API\")\n  named = variable(\"NAMED\")\n  require real\n}\n\
                suite \"S\" { test \"t\" {\n  GET {{env.api}}/ { expect status 200 }\n  GET {{env.api}}/ { expect status 200; expect certificate expires after 14d }\n  GET {{env.named}}/ { expect status 200 }\n} }\n";
    let urls = [("API", format!("https://9.9.9.9:{port}")), ("NAMED", format!("https://api.example.test:{port}"))];
    let done = run(ca, spec, &urls);
    assert_eq!(done.code, Some(0), "{}{}", done.out, done.err);
    let report = done.json();
    assert_eq!((&report["verdict"]["state"], &report["run"]["require_real"]), (&"READY".into(), &true.into()));
    let test = &report["tests"][0];
    assert_eq!(test["outcome"], "passed");
    let exchanges = test["exchanges"].as_array().unwrap();
    for (exchange, (reused, dns)) in exchanges.iter().zip([(false, false), (true, false), (false, true)]) {
        let stage = |name: &str| exchange["timings_ms"][name].is_number();
        assert_eq!(exchange["peer"], format!("9.9.9.9:{port}"));
        assert_eq!((&exchange["resolved"], &exchange["reused"]), (&serde_json::json!(["9.9.9.9"]), &reused.into()));
        assert_eq!((&exchange["tls"]["version"], &exchange["tls"]["verified"]), (&"TLSv1.3".into(), &true.into()));
        assert_eq!(exchange["tls"]["fingerprint"], fingerprint);
        assert_eq!(
            [stage("dns"), stage("connect"), stage("tls"), stage("first_byte")],
            [dns, !reused, !reused, true],
            "{exchange}"
        );
        assert!(exchange["bytes_sent"].as_u64().unwrap() > 0);
        assert_eq!(exchange["bytes_received"], "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}".len());
    }
    assert_eq!(exchanges.len(), 3);
}

fn channels(ca: &Ca, params: &rcgen::CertificateParams) {
    let script = "websocket /ws\n  < {\"type\":\"a\"}\nGET /sse 200 | Content-Type: text/event-stream\n  data: 1\n  \nGET /lines 200 | Content-Type: application/x-ndjson\n  {\"type\":\"a\"}\n";
    let front = ca.front("9.9.9.9", params, &Scripted::start(script).addresses[0]);
    let spec = "environment staging {\n  api = variable(\"API\")\n  ws = variable(\"WS\")\n  require real\n}\n\
                suite \"S\" { test \"t\" {\n  websocket a {{env.ws}}/ws\n  expect on a event \"a\" within 5s\n  sse b GET {{env.api}}/sse\n  expect on b event \"message\" within 5s\n  ndjson c GET {{env.api}}/lines\n  expect on c event \"a\" within 5s\n} }\n";
    let urls =
        [("API", format!("https://9.9.9.9:{}", front.port)), ("WS", format!("wss://api.example.test:{}", front.port))];
    let done = run(ca, spec, &urls);
    assert_eq!(done.code, Some(0), "{}{}", done.out, done.err);
    let report = done.json();
    let exchanges = report["tests"][0]["exchanges"].as_array().unwrap();
    assert_eq!(exchanges.len(), 3);
    for exchange in exchanges {
        assert_eq!(
            (&exchange["peer"], &exchange["tls"]["verified"]),
            (&format!("9.9.9.9:{}", front.port).into(), &true.into())
        );
        assert_eq!(exchange["tls"]["fingerprint"], front.fingerprint);
    }
}

/// What leads from a public name or a public response to a peer that isn't.
fn refused(ca: &Ca, params: &rcgen::CertificateParams, port: u16) {
    let private = ca.front("10.0.0.7", params, &lasting("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"));
    let redirect = |to: String| {
        let response =
            format!("HTTP/1.1 307 Elsewhere\r\nLocation: {to}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        ca.front("9.9.9.9", params, &fixed(response)).port
    };
    let cases = [
        ("a private name", format!("https://private.example.test:{}/", private.port), PRIVATE),
        ("a name with a private address too", format!("https://both.example.test:{port}/"), PRIVATE),
        ("such a name, its path as written", format!("https://both.example.test:{port}/a/.."), PRIVATE),
        ("a channel at such a name", format!("wss://both.example.test:{port}/ws"), PRIVATE),
    ];
    let hops = [
        ("a redirect to a private address", redirect(format!("https://10.0.0.7:{}/", private.port)), PRIVATE),
        ("a redirect to a private name", redirect(format!("https://private.example.test:{}/", private.port)), PRIVATE),
        ("a redirect to plain text", redirect(format!("http://9.9.9.9:{port}/")), PLAIN),
    ];
    let mut spec = STAGING.replace("environment laptop", "environment other") + "suite \"S\" {\n  runs on staging\n";
    for (name, url, _) in &cases {
        match url.starts_with("wss") {
            true => spec.push_str(&format!(
                "  test \"{name}\" {{ let url = \"{url}\"; websocket ch {{{{url}}}}; {SOME_EVENT} }}\n"
            )),
            false => spec.push_str(&test_of(name, url)),
        }
    }
    for (name, port, _) in &hops {
        spec.push_str(&format!("  test \"{name}\" {{ let url = \"https://9.9.9.9:{port}/\"; POST {{{{url}}}} {{ json {{ a: 1 }}; follow redirects; expect status 200 }} }}\n"));
    }
    spec.push_str("}\n");
    let test = Test::new().file("a.e2e", &spec).file("ca.pem", &ca.pem);
    let done = test.args(["run", "a.e2e", "--env", "staging", "--cacert", "ca.pem"]).code(1);
    let report = done.json();
    let tests = report["tests"].as_array().unwrap();
    for (test, (name, _, code)) in tests.iter().zip(&cases) {
        assert_eq!(refusal(test, &spec), ((*name).to_owned(), (*code).to_owned(), "{{url}}".to_owned()));
        let exchange = &test["exchanges"][0];
        assert!(exchange["resolved"].as_array().unwrap().contains(&"10.0.0.7".into()), "{exchange}");
        assert!(exchange["timings_ms"]["dns"].is_number() && exchange["timings_ms"]["connect"].is_null(), "{exchange}");
    }
    for (test, (name, port, code)) in tests[cases.len()..].iter().zip(&hops) {
        let diagnostic = &test["diagnostics"][0];
        assert_eq!((&test["name"], &diagnostic["code"]), (&(*name).into(), &(*code).into()), "{test}");
        // The response that redirects is evidence; of what would have followed, nothing was sent.
        let exchange = &test["exchanges"][0];
        assert_eq!(exchange["redirects"][0]["peer"], format!("9.9.9.9:{port}"));
        assert_eq!((&exchange["peer"], &exchange["status"]), (&Value::Null, &Value::Null), "{exchange}");
    }
    assert_eq!(tests.len(), cases.len() + hops.len());
    assert_eq!(private.connections(), 0, "nothing was sent to the private peer");
}
