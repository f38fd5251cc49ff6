//! Bodies in other charsets than UTF-8, and those that are in none: no expectation holds of what no one has read.

use super::harness::Test;
use super::servers::{fixed, response};

const LATIN1: &[u8] = b"St\xf6rung";

/// Runs one request for each list of parts, all against the same response; gives the outcomes, with the codes of what was reported.
fn outcomes(content_type: &str, body: &[u8], parts: &[&str]) -> Vec<String> {
    let head = if content_type.is_empty() { String::new() } else { format!("Content-Type: {content_type}\r\n") };
    let url = fixed(response(&head, body));
    let tests: String =
        parts.iter().enumerate().map(|(n, part)| format!("  test \"{n}\" {{ GET {url}/ {{ {part} }} }}\n")).collect();
    let done = Test::new().file("a.e2e", &format!("suite \"S\" {{\n{tests}}}\n")).args(["run", "a.e2e"]).run();
    assert!(done.path("test_results.json").exists(), "{}", done.out);
    let report = done.json();
    let shown = |test: &serde_json::Value| {
        let codes = test["diagnostics"].as_array().unwrap().iter().map(|one| one["code"].as_str().unwrap());
        let codes = codes.map(|code| code.trim_start_matches("e2e::expect::")).collect::<Vec<_>>().join(" ");
        format!("{} {codes}", test["outcome"].as_str().unwrap()).trim().to_owned()
    };
    report["tests"].as_array().unwrap().iter().map(shown).collect()
}

#[test]
fn a_text_is_read_in_the_charset_that_it_is_in() {
    let utf_16 = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
    let marked = [&[0xff, 0xfe][..], &utf_16("Störung")].concat();
    let cases: [(&str, &[u8]); 8] = [
        ("text/plain; charset=ISO-8859-1", LATIN1),
        ("text/plain;charset=\"latin1\"", LATIN1),
        ("text/plain; format=flowed; Charset=Windows-1252", LATIN1),
        ("text/plain; charset=utf-8", "Störung".as_bytes()),
        ("text/plain", "Störung".as_bytes()),
        ("text/plain; charset=iso-8859-1", "\u{feff}Störung".as_bytes()),
        ("", &marked),
        ("text/plain; charset=utf-16", &utf_16("Störung")),
    ];
    for (content_type, body) in cases {
        let found = outcomes(
            content_type,
            body,
            &[
                "expect body == \"Störung\"",
                "expect body contains \"ö\"; expect body matches /^St.rung$/; expect body text has length 7",
                "expect body not contains \"Störung\"",
                "expect body != \"Störung\"",
                "expect body not matches /ö/",
            ],
        );
        let expected = ["passed", "passed", "failed body", "failed body", "failed body"];
        assert_eq!(found, expected, "{content_type}");
    }
}

#[test]
fn markup_and_json_are_read_in_theirs() {
    let xml = [&b"<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><a>"[..], LATIN1, b"</a>"].concat();
    let html = [&b"<!doctype html><meta charset=latin1><p>"[..], LATIN1, b"</p>"].concat();
    let json = [&b"{\"a\":\""[..], LATIN1, b"\"}"].concat();
    let cases: [(&str, &[u8], &str); 5] = [
        ("application/xml", &xml, "xpath \"string(//a)\""),
        ("", &xml, "xpath \"string(//a)\""),
        ("text/html", &html, "xpath \"string(//p)\""),
        ("application/json; charset=iso-8859-1", &json, "$.a"),
        ("application/problem+json;charset=latin1", &json, "$.a"),
    ];
    for (content_type, body, subject) in cases {
        let parts = [format!("expect {subject} == \"Störung\""), format!("expect {subject} != \"Störung\"")];
        let found = outcomes(content_type, body, &[&parts[0], &parts[1]]);
        assert!(found[0] == "passed" && found[1].starts_with("failed"), "{content_type} {subject}: {found:?}");
    }
    let css =
        outcomes("text/html", &html, &["expect css \"p\" each == \"Störung\"", "expect css \"p\" none == \"Störung\""]);
    assert!(css[0] == "passed" && css[1].starts_with("failed"), "{css:?}");
}

#[test]
fn nothing_holds_of_what_cant_be_read() {
    let negated = [
        "expect body not contains \"x\"",
        "expect body != \"x\"",
        "expect body not matches /x/",
        "expect body not starts with \"x\"",
        "expect body not ends with \"x\"",
        "expect body is not string",
        "expect body is not object",
        "expect body not in [\"x\"]",
        "expect body not matches { a: 1 }",
        "expect body text not contains \"x\"",
        "expect body text != \"x\"",
        "expect $.a not exists",
        "expect $.a != 1",
        "expect xpath \"//x\" not exists",
        "expect css \"x\" not exists",
    ];
    for (content_type, body) in [
        ("", LATIN1),
        ("text/html", LATIN1),
        ("application/xml; charset=utf-8", LATIN1),
        ("application/json", b"{\"b\":\"\xf6\"}"),
        ("text/plain; charset=shift_jis", b"a\x81"),
        ("text/plain; charset=utf-16", b"abc"),
        ("text/html; charset=iso-2022-kr", b"<p>"),
        ("text/plain; charset=klingon", LATIN1),
    ] {
        for (part, found) in negated.iter().zip(outcomes(content_type, body, &negated)) {
            assert!(found.starts_with("failed "), "{content_type}: {part}: {found}");
            assert!(!found.contains("body"), "it was read all the same: {content_type}: {part}: {found}");
        }
    }
    // Its bytes can be looked at.
    let bytes = [
        "expect body == hex \"5374f672756e67\"",
        "expect body != hex \"00\"",
        "expect body contains hex \"f6\"",
        "expect hex == \"5374f672756e67\"",
        "expect size == 7",
    ];
    assert_eq!(outcomes("", LATIN1, &bytes[..3]), ["passed"; 3]);
    assert_eq!(outcomes("image/png", LATIN1, &[bytes[0], bytes[4]]), ["passed"; 2]);
    assert_eq!(outcomes("text/plain", b"abc", &["expect body != hex \"616263\""]), ["failed body"]);
}

#[test]
fn a_charset_that_isnt_known_is_a_warning_of_the_exchange() {
    let url = fixed(response("Content-Type: text/plain; charset=klingon\r\n", b"abc"));
    let spec = format!("suite \"S\" {{ test \"t\" {{ GET {url}/ {{ expect body == \"abc\" }} }} }}\n");
    let report = Test::new().file("a.e2e", &spec).args(["run", "a.e2e"]).code(0).json();
    let warnings = &report["tests"][0]["exchanges"][0]["warnings"];
    assert!(warnings[0].as_str().unwrap().starts_with("its charset `klingon` isn't known"), "{warnings}");
}

#[test]
fn what_is_wrong_with_a_coded_body_or_a_head_is_named() {
    use std::io::Write as _;
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(&[b'7'; 4000]).unwrap();
    let whole = encoder.finish().unwrap();
    let behind = [&whole[..], b"{}"].concat();
    let cases: [(&str, Vec<u8>, &str); 8] = [
        ("Content-Encoding: gzip\r\n", whole[..whole.len() - 9].to_vec(), "in gzip that ends early"),
        ("Content-Encoding: gzip\r\n", behind, "in gzip with more bytes behind the end"),
        (
            "Content-Encoding: gzip\r\n",
            b"{\"a\":1}".to_vec(),
            "isn't gzip, as its Content-Encoding says: it begins with",
        ),
        ("Content-Encoding: br\r\n", vec![0xff; 40], "brotli coding is broken"),
        ("Content-Encoding: zstd\r\n", whole.clone(), "isn't zstd"),
        ("Content-Encoding: lzma\r\n", b"x".to_vec(), "the content coding `lzma`, which isn't known"),
        ("Content-Length: 9\r\n", b"1234567".to_vec(), "two different values of Content-Length, 9 and 7"),
        ("Bad Header: 9\r\n", b"{}".to_vec(), "a header that isn't one, `Bad Header`, in line 2 of its head"),
    ];
    for (head, body, named) in cases {
        let url = fixed(response(head, &body));
        let spec = format!("suite \"S\" {{ test \"t\" {{ GET {url}/ {{ expect status 200 }} }} }}\n");
        let done = Test::new().file("a.e2e", &spec).args(["run", "a.e2e"]).code(1);
        let diagnostic = &done.json()["tests"][0]["diagnostics"][0];
        let message = diagnostic["message"].as_str().unwrap();
        assert!(message.contains(named), "{message}");
        assert_eq!(diagnostic["code"], "e2e::net::protocol", "{message}");
        assert!(!diagnostic["help"].as_str().unwrap().contains("does an HTTP server"), "{diagnostic}");
    }
}
