//! Connections over TLS, with certificates of an authority that the test makes: what is trusted, what is refused and why, and the evidence.

use super::harness::{Done, Test};
use super::servers::{Ca, certificate};

fn spec(parts: &str) -> String {
    format!(
        "environment local default {{ peer = variable(\"PEER\") }}\nsuite \"S\" {{ test \"t\" {{ GET {{{{env.peer}}}}/ {{ {parts} }} }} }}\n"
    )
}

fn run(ca: &Ca, trusted: bool, url: &str, parts: &str) -> Done {
    let args = if trusted { vec!["run", "a.e2e", "--cacert", "ca.pem"] } else { vec!["run", "a.e2e"] };
    Test::new().file("a.e2e", &spec(parts)).file("ca.pem", &ca.pem).variable("PEER", url).args(args).run()
}

#[test]
fn a_certificate_of_a_trusted_authority_is_accepted_and_is_evidence() {
    let ca = Ca::new();
    let (url, fingerprint) = ca.serve(&certificate(&["127.0.0.1"], 60));
    let done = run(
        &ca,
        true,
        &url,
        "expect status 200; expect certificate expires after 14d; expect certificate issuer contains \"own authority\"",
    );
    assert_eq!(done.code, Some(0), "{}{}", done.out, done.err);
    let exchange = &done.json()["tests"][0]["exchanges"][0];
    assert_eq!(exchange["tls"]["fingerprint"], fingerprint);
    assert_eq!(exchange["tls"]["version"], "TLSv1.3");
    assert_eq!(exchange["tls"]["verified"], true);
    let stage = |name: &str| exchange["timings_ms"][name].as_f64().unwrap();
    assert!(stage("tls") > 0.0 && stage("connect") >= 0.0, "{exchange}");
    assert!(stage("tls") + stage("connect") <= stage("total"), "{exchange}");
}

#[test]
fn a_certificate_that_ends_too_soon_fails_its_expectation() {
    let ca = Ca::new();
    let (url, _) = ca.serve(&certificate(&["127.0.0.1"], 5));
    let done = run(&ca, true, &url, "expect status 200; expect certificate expires after 14d");
    assert_eq!(done.code, Some(1));
    assert_eq!(done.json()["tests"][0]["diagnostics"][0]["code"], "e2e::expect::certificate");
}

#[test]
fn what_is_wrong_with_a_certificate_is_reported() {
    let ca = Ca::new();
    let cases = [
        (false, certificate(&["127.0.0.1"], 60), "issuer"),
        (true, certificate(&["127.0.0.1"], -2), "expired"),
        (true, certificate(&["staging.example.com"], 60), "another name"),
    ];
    for (trusted, params, reason) in cases {
        let (url, _) = ca.serve(&params);
        let done = run(&ca, trusted, &url, "expect status 200");
        assert_eq!(done.code, Some(1), "{reason}: {}{}", done.out, done.err);
        let test = &done.json()["tests"][0];
        assert_eq!(
            (test["outcome"].as_str(), &test["diagnostics"][0]["code"]),
            (Some("errored"), &"e2e::net::tls".into())
        );
        let message = test["diagnostics"][0]["message"].as_str().unwrap();
        assert!(message.contains(reason), "{message}");
        // Such a failure may be what a test expects, and a certificate may be accepted as it is; the evidence says so.
        assert_eq!(run(&ca, trusted, &url, "expect failure is tls").code, Some(0));
        let accepted = run(&ca, trusted, &url, "accept invalid certificate; expect status 200");
        assert_eq!(accepted.code, Some(0), "{}", accepted.out);
        assert_eq!(accepted.json()["tests"][0]["exchanges"][0]["tls"]["verified"], false);
    }
}

#[test]
fn a_path_that_is_sent_as_written_is_encrypted_too() {
    let ca = Ca::new();
    let (url, fingerprint) = ca.serve(&certificate(&["127.0.0.1"], 60));
    for (parts, verified) in [("expect status 200", true), ("accept invalid certificate; expect status 200", false)] {
        let done = run(&ca, true, &format!("{url}/a/.."), parts);
        assert_eq!(done.code, Some(0), "{}{}", done.out, done.err);
        let exchange = &done.json()["tests"][0]["exchanges"][0];
        assert_eq!(
            (&exchange["tls"]["fingerprint"], &exchange["tls"]["verified"]),
            (&fingerprint.clone().into(), &verified.into())
        );
    }
}

#[test]
fn a_file_that_holds_no_certificate_is_refused() {
    let test = |text: &str| {
        Test::new()
            .file("a.e2e", &spec("expect status 200"))
            .file("ca.pem", text)
            .variable("PEER", "https://127.0.0.1:1")
    };
    test("nothing")
        .args(["run", "a.e2e", "--cacert", "ca.pem"])
        .code(2)
        .err("e2e::cli::file")
        .err("holds no certificate");
    test("-----BEGIN CERTIFICATE-----\n!\n").args(["run", "a.e2e", "--cacert", "ca.pem"]).code(2).err("e2e::cli::file");
    test("").args(["run", "a.e2e", "--cacert", "none.pem"]).code(2).err("can't be read");
}
