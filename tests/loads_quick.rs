//! A load sends and judges most requests more quickly than a test does, and must find what a test finds: each of these responses is asked for by a test, and by
//! a user of a load again and again, of whose iterations the first one is carried out as a test is, and the others aren't.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};

use super::harness::Test;

const CHECKS: &str = "expect status 200; expect header X-Name contains \"one\"; expect header X-Name == \"one two\"; expect $.a == \"x\"; \
    expect $.n == 7; expect $.l[1].b == true; expect time < 20s";
const BODY: &str = r#"{"a":"x","n":7,"l":[0,{"b":true}],"long":"é"}"#;

/// What a server says, and whether it then ends the connection.
struct Case {
    name: &'static str,
    response: Vec<u8>,
    closes: bool,
}

fn case(name: &'static str, head: &str, body: &[u8]) -> Case {
    let mut response = head.replace('\n', "\r\n").into_bytes();
    response.extend_from_slice(b"\r\n\r\n");
    response.extend_from_slice(body);
    Case { name, response, closes: false }
}

fn closing(case: Case) -> Case {
    Case { closes: true, ..case }
}

/// A response with a length, whose head has these lines more.
fn plain(name: &'static str, lines: &str, body: &str) -> Case {
    let head = format!(
        "HTTP/1.1 200 OK\nX-Name: one two\nContent-Type: application/json\nContent-Length: {}{lines}",
        body.len()
    );
    case(name, &head, body.as_bytes())
}

fn gzip(text: &str) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

fn cases() -> Vec<Case> {
    let with = |from: &str, to: &str| BODY.replacen(from, to, 1);
    let coded = gzip(BODY);
    let chunked = format!("{:x}\r\n{}\r\n{:x}\r\n{}\r\n0\r\n\r\n", 5, &BODY[..5], BODY.len() - 5, &BODY[5..]);
    let head = "HTTP/1.1 200 OK\nX-Name: one two\nContent-Type: application/json";
    let length = BODY.len();
    vec![
        plain("as it should be", "", BODY),
        plain("with white space", "", &with("\"n\":7", "\"n\" :\n 7 ")),
        plain("a number written otherwise", "", &with("7", "7.0")),
        plain("a number that is larger", "", &with("7", "8")),
        plain("a name with an escape", "", &with("\"a\"", "\"\\u0061\"")),
        plain("a value with an escape", "", &with("\"x\"", "\"\\u0078\"")),
        plain("another value with an escape", "", &with("\"x\"", "\"\\u0079\"")),
        plain("a member twice on the way", "", &with("\"n\":7", "\"n\":7,\"n\":7")),
        plain("a member twice elsewhere", "", &with("\"n\":7", "\"n\":7,\"z\":1,\"z\":2")),
        plain("a member that isn't there", "", &with("\"n\"", "\"m\"")),
        plain("a list that is too short", "", &with("[0,", "[")),
        plain("malformed behind what is asked for", "", &format!("{BODY}}}")),
        plain("malformed before it", "", &with("\"a\"", "a")),
        plain("no JSON", "", "healthy"),
        plain("nothing", "", ""),
        plain("a byte order mark", "", &format!("\u{feff}{BODY}")),
        plain("other charset", "\nContent-Type: text/html; charset=iso-8859-1", BODY),
        case(
            "latin 1",
            &format!(
                "HTTP/1.1 200 OK\nX-Name: one two\nContent-Type: application/json; charset=iso-8859-1\nContent-Length: {}",
                length - 1
            ),
            &{
                let mut body: Vec<u8> = BODY.chars().map(|c| c as u8).collect();
                body.truncate(length - 1);
                body
            },
        ),
        case("not UTF-8", &format!("{head}\nContent-Length: {}", length + 1), &{
            let mut body = BODY.as_bytes().to_vec();
            body.insert(length - 3, 0xff);
            body
        }),
        plain("a cookie", "\nSet-Cookie: theme=dark", BODY),
        plain("a header twice", "\nX-Name: three", BODY),
        plain("an empty header", "\nX-Empty:", BODY),
        plain("a length twice", &format!("\nContent-Length: {length}"), BODY),
        plain("another length twice", "\nContent-Length: 3", BODY),
        plain("a folded header", "\nX-Folded: a\n b", BODY),
        closing(plain("closed behind it", "\nConnection: close", BODY)),
        closing(plain("closed behind it without a word", "", BODY)),
        closing(case("shorter than its length", &format!("{head}\nContent-Length: {}", length + 9), BODY.as_bytes())),
        closing(case("without a length", head, BODY.as_bytes())),
        closing(case("cut in its head", "HTTP/1.1 200 OK\nX-Na", b"")),
        closing(case(
            "HTTP/1.0",
            &format!("HTTP/1.0 200 OK\nX-Name: one two\nContent-Length: {length}"),
            BODY.as_bytes(),
        )),
        closing(Case { name: "nothing at all", response: Vec::new(), closes: true }),
        closing(case("no HTTP", "SSH-2.0-server", b"")),
        case("chunked", &format!("{head}\nTransfer-Encoding: chunked"), chunked.as_bytes()),
        case("gzip", &format!("{head}\nContent-Encoding: gzip\nContent-Length: {}", coded.len()), &coded),
        case("said to be gzip", &format!("{head}\nContent-Encoding: gzip\nContent-Length: {length}"), BODY.as_bytes()),
        case("other status", &format!("HTTP/1.1 503 Busy\nX-Name: one two\nContent-Length: {length}"), BODY.as_bytes()),
        case("no content", "HTTP/1.1 204 No Content\nX-Name: one two", b""),
        case(
            "continued",
            &format!("HTTP/1.1 103 Early Hints\nLink: </a>\n\n{head}\nContent-Length: {length}"),
            BODY.as_bytes(),
        ),
        case("a header without the name", &format!("HTTP/1.1 200 OK\nContent-Length: {length}"), BODY.as_bytes()),
        case("another header", &format!("HTTP/1.1 200 OK\nX-Name: one\nContent-Length: {length}"), BODY.as_bytes()),
        closing(case(
            "more than its length",
            &format!("{head}\nContent-Length: {length}"),
            format!("{BODY}more").as_bytes(),
        )),
    ]
}

/// Answers each request by the case whose number is its path.
fn serve(cases: Vec<Case>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let cases: &'static [Case] = cases.leak();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            std::thread::spawn(move || answer(stream, cases));
        }
    });
    format!("http://{address}")
}

fn answer(mut stream: TcpStream, cases: &[Case]) -> Option<()> {
    let mut asked = Vec::new();
    loop {
        let mut bytes = [0; 1024];
        let count = stream.read(&mut bytes).ok().filter(|count| *count > 0)?;
        asked.extend_from_slice(&bytes[..count]);
        let Some(end) = asked.windows(4).position(|four| four == b"\r\n\r\n") else { continue };
        let line = String::from_utf8_lossy(&asked).into_owned();
        asked.drain(..end + 4);
        let case = cases.get(line.split(['/', ' ']).nth(2)?.parse::<usize>().ok()?)?;
        stream.write_all(&case.response).ok()?;
        if case.closes {
            // What came is read, so that the end is an end and no reset.
            stream.shutdown(std::net::Shutdown::Write).ok()?;
        }
    }
}

/// The codes and messages of what was wrong, without what names the load.
fn wrong(test: &serde_json::Value) -> BTreeSet<(String, String)> {
    let diagnostics = test["diagnostics"].as_array().unwrap().iter();
    let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    let own = diagnostics.filter(|one| !text(&one["code"]).starts_with("e2e::load::"));
    own.map(|one| (text(&one["code"]), text(&one["message"]))).collect()
}

#[test]
fn a_load_finds_what_a_test_finds() {
    let cases = cases();
    let names: Vec<&str> = cases.iter().map(|case| case.name).collect();
    let api = serve(cases);
    let mut spec = "suite \"tests\" {\n  tests side by side\n".to_owned();
    for (at, _) in names.iter().enumerate() {
        let _ = writeln!(spec, "  test \"{at}\" {{ GET {api}/{at} {{ {CHECKS} }} }}");
    }
    spec.push_str("}\n");
    for (at, _) in names.iter().enumerate() {
        let _ = writeln!(
            spec,
            "load \"{at}\" {{\n  users 1 hold 200ms\n  scenario {{ GET {api}/{at} {{ {CHECKS} }} }}\n  threshold throughput > 0/s\n}}"
        );
    }
    let done = Test::new().file("a.e2e", &spec).args(["run", "a.e2e"]).run();
    let report = done.json();
    let tests = report["tests"].as_array().unwrap();
    let find = |suite: &str, at: usize| {
        let is_it = |test: &&serde_json::Value| {
            test["suite"] == suite && test["name"].as_str() == Some(at.to_string().as_str())
        };
        tests.iter().find(is_it).unwrap_or_else(|| panic!("{}", done.out))
    };
    for (at, name) in names.iter().enumerate() {
        let (test, load) = (find("tests", at), find("load", at));
        // Of each way to fail, a load explains the first thing that is wrong.
        let (of_test, of_load) = (wrong(test), wrong(load));
        assert!(of_load.is_subset(&of_test), "{name}: {of_test:?} {of_load:?}");
        assert_eq!(of_load.is_empty(), of_test.is_empty(), "{name}: {of_test:?}");
        let kinds = load["left_out"]["kinds"].as_array().unwrap().iter();
        let kept = load["exchanges"].as_array().unwrap().len();
        let counts: Vec<(bool, usize)> = kinds
            .map(|kind| {
                let times = kind["times_ms"]["steps"].as_array().unwrap().iter();
                (kind["held"].as_bool().unwrap(), times.map(|one| one[1].as_u64().unwrap() as usize).sum())
            })
            .collect();
        // All iterations came to the same, and there was more than the first one.
        let passed = test["outcome"] == "passed";
        assert!(counts.iter().all(|(held, _)| *held == passed), "{name}: {counts:?}");
        let all: usize = counts.iter().map(|(_, count)| count).sum();
        assert!(all + kept > 1, "{name}: {all} and {kept}");
        assert_eq!(load["outcome"] == "passed", passed, "{name}");
    }
    assert_eq!(
        tests.iter().filter(|test| test["suite"] == "tests" && test["outcome"] == "passed").count(),
        21,
        "{}",
        done.out
    );
}
