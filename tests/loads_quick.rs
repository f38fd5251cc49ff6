//! A load sends and judges most requests more quickly than a test does, and must find what a test finds: each of these responses is asked for by a test, and by
//! a user of a load again and again, of whose iterations the first one is carried out as a test is, and the others aren't.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};

use super::harness::Test;
use super::replay_servers::server::pause;

const CHECKS: &str = "expect status 200; expect header X-Name contains \"one\"; expect header X-Name == \"one two\"; expect $.a == \"x\"; \
    expect $.n == 7; expect $.l[1].b == true; expect $.n > 6; expect $.long matches /^.$/; expect $.l has length 2; \
    expect header X-Name starts with \"one\"; expect time < 20s";
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

/// Accepts connections and gives each, with its number from 0, to a thread of its own.
fn accepting(serve: impl Fn(TcpStream, usize) -> Option<()> + Send + Sync + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let serve = std::sync::Arc::new(serve);
    std::thread::spawn(move || {
        for (nth, stream) in listener.incoming().flatten().enumerate() {
            let serve = serve.clone();
            // The other side may go at any time: that is nothing to report.
            std::thread::spawn(move || serve(stream, nth).unwrap_or_default());
        }
    });
    format!("http://{address}")
}

/// Reads the head of a request, but for its last byte, which leaves the connection to be reset where it isn't read.
fn head(stream: &mut TcpStream) -> Option<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r") {
        let mut byte = [0];
        stream.read_exact(&mut byte).ok()?;
        head.push(byte[0]);
    }
    Some(String::from_utf8_lossy(&head).into_owned())
}

fn respond(stream: &mut TcpStream, status: u16, body: &str) -> Option<()> {
    stream.read_exact(&mut [0]).ok()?;
    let length = body.len();
    stream.write_all(format!("HTTP/1.1 {status} -\r\nContent-Length: {length}\r\n\r\n{body}").as_bytes()).ok()
}

/// What a load measured.
fn measured(done: &super::harness::Done) -> serde_json::Value {
    let report = done.json();
    let load = report["tests"].as_array().unwrap().iter().find(|test| test["suite"] == "load");
    load.map(|load| load["load"].clone()).unwrap_or_default()
}

fn load(lines: &str) -> super::harness::Done {
    Test::new().file("a.e2e", &format!("load \"l\" {{\n{lines}\n}}\n")).args(["run", "a.e2e"]).run()
}

#[test]
fn a_connection_that_is_reset_is_no_closed_one_in_any_iteration() {
    // The first iteration is carried out as a test is: its response is right, and ends its connection.
    let api = accepting(|mut stream, nth| {
        head(&mut stream)?;
        if nth == 0 {
            stream.read_exact(&mut [0]).ok()?;
            stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n").ok()?;
        }
        Some(())
    });
    let done = load(&format!(
        "users 1 hold 200ms\nscenario {{ GET {api}/ {{ expect status 200 }} }}\n\
         threshold errors of reset > 1\nthreshold errors of closed == 0\nthreshold error rate > 0%"
    ));
    let failures = measured(&done)["measured"]["failures"].clone();
    let kinds: Vec<&str> = failures.as_array().unwrap().iter().map(|one| one["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["reset"], "{}", done.out);
}

#[test]
fn what_a_response_had_when_its_time_ran_out_is_known_in_any_iteration() {
    let heads = ["Content-Length: 9\r\n\r\nabc", "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n"];
    for head_end in heads {
        let whole = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
        let api = accepting(move |mut stream, nth| {
            head(&mut stream)?;
            stream.read_exact(&mut [0]).ok()?;
            let response = if nth == 0 { whole.to_owned() } else { format!("HTTP/1.1 200 OK\r\n{head_end}") };
            stream.write_all(response.as_bytes()).ok()?;
            if nth > 0 {
                stream.read_to_end(&mut Vec::new()).ok()?;
            }
            Some(())
        });
        let done = load(&format!(
            "users 1 hold 700ms\nscenario {{ GET {api}/ {{ timeout 300ms; expect status 200 }} }}\nthreshold success > 0%"
        ));
        let report = done.json();
        let exchange = &report["tests"][0]["exchanges"][0];
        let head = head_end.split("\r\n\r\n").next().unwrap().len() + "HTTP/1.1 200 OK\r\n\r\n\r\n".len();
        assert_eq!(exchange["bytes_received"], head + "abc".len(), "{exchange}");
        assert!(exchange["failure"]["message"].as_str().unwrap().contains("began to answer"), "{exchange}");
        assert!(exchange["timings_ms"]["first_byte"].is_number(), "{exchange}");
    }
}

#[test]
fn the_limit_of_an_iteration_counts_from_its_beginning() {
    let api = accepting(|mut stream, _| {
        loop {
            let asked = head(&mut stream)?;
            let (time, is_plain) = match asked.as_bytes()["GET /".len()] {
                b'1' => (300, true),
                // The rest of the iteration is carried out in the usual way.
                b'2' => (300, false),
                // Longer than is left, and not as long as the limit.
                _ => (700, true),
            };
            pause(time);
            if is_plain {
                respond(&mut stream, 200, "{}")?;
            } else {
                stream.read_exact(&mut [0]).ok()?;
                stream.write_all(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n").ok()?;
            }
        }
    });
    let step = |path: &str| format!("GET {api}/{path} {{ expect status 200 }}");
    let done = load(&format!(
        "users 1 hold 1500ms\ntimeout 1s\nscenario {{\n{}\n{}\n{}\n}}\nthreshold errors of timeout > 0\nthreshold success == 0%",
        step("1"),
        step("2"),
        step("3")
    ));
    let load = measured(&done);
    assert_eq!((load["scenarios"][0]["passed"].as_u64(), done.code), (Some(0), Some(0)), "{}", done.out);
    assert!(load["scenarios"][0]["failed"].as_u64() > Some(0), "{}", done.out);
}

#[test]
fn what_a_response_names_as_a_credential_is_a_secret_in_any_iteration() {
    let logins = std::sync::Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let counted = logins.clone();
    let api = accepting(move |mut stream, _| {
        loop {
            let asked = head(&mut stream)?;
            let nth = counted.load(std::sync::atomic::Ordering::SeqCst);
            let token = |nth: usize| format!("tok-{nth:06}-abcdef");
            if asked.starts_with("GET /login") {
                counted.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
                respond(&mut stream, 200, &format!("{{\"access_token\": \"{}\"}}", token(nth + 1)))?;
            } else {
                respond(&mut stream, if nth == 1 { 200 } else { 500 }, &format!("{{\"echo\": \"{}\"}}", token(nth)))?;
            }
        }
    });
    let done = load(&format!(
        "users 1 hold 200ms\nscenario {{\nGET {api}/login {{ expect status 200 }}\nGET {api}/me {{ expect status 200 }}\n}}\n\
         threshold success > 50%"
    ));
    assert!(logins.load(std::sync::atomic::Ordering::SeqCst) > 1 && done.out.contains("***"), "{}", done.out);
    assert!(!done.out.contains("tok-0") && !done.read("test_results.json").contains("tok-0"), "{}", done.out);
}
