//! `trace show` and `trace har`: what a run recorded, for people and for other tools.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value as Json, json};

use super::harness::{Done, Test};
use super::scripted::Scripted;
use super::servers::{Ca, certificate, fixed, response};

const SERVER: &str = "\
GET /ready 200
  ok
POST /login 303 | Location: /me#top | Set-Cookie: sid=0123456789abcdef; Path=/; HttpOnly; SameSite=Lax; Expires=Wed, 21 Oct 2099 07:28:00 GMT
GET /me 200 | Content-Type: application/json | Set-Cookie: seen=1; Secure; Domain=example.com | X-Odd: a\u{9b}31mb
  {\"seen\":true}
websocket /chat
  > hello
  < welcome \u{1b}[2J\u{fdd4}[31m
  <hex 00ff10
  ping there
  close 1000 bye
GET /feed 200 | Content-Type: text/event-stream
  : warming up

  id: 1
  event: tick
  data: one

  data: two
  data: lines

GET /lines 200 | Content-Type: application/x-ndjson
  {\"n\":1}
  {\"n\":2}
";

const SPEC: &str = r#"
environment local default {
  api   = variable("API")
  ws    = variable("WS")
  bin   = variable("BIN")
  gone  = variable("GONE")
  token = secret("TOKEN")
  off   = "yes"
}
suite "Archive" {
  before all { GET {{env.api}}/ready { expect status 200 } }
  test "a redirect and cookies" {
    POST {{env.api}}/login?next=%2Fme&x=1 {
      bearer env.token
      form { user: "ann b", goods: 1 }
      follow redirects up to 2
      expect status 200
    }
  }
  test "bytes" { POST {{env.bin}}/ { body hex "00ff80"; expect status 200 } }
  test "refused" { GET {{env.gone}}/ { expect status 200 } }
  test "a websocket" {
    websocket chat {{env.ws}}/chat
    send chat binary hex "0102ff"
    send chat text "hello {{env.token}}"
    expect on chat in order within 5s { frame text matches /welcome/; frame binary hex "00ff10" }
    expect on chat closed with 1000 reason "bye" within 5s
  }
  test "events" {
    sse feed GET {{env.api}}/feed
    expect on feed in order within 5s { event "tick"; event "message" { data contains "lines" } }
    expect on feed ended within 5s
  }
  test "lines" {
    ndjson lines GET {{env.api}}/lines
    expect on lines in order within 5s { frame { $.n == 1 }; frame { $.n == 2 } }
    expect on lines ended within 5s
  }
  test "left out" { skip when env.off == "yes" because "not today"; GET {{env.api}}/ready { expect status 200 } }
}
"#;

const TOKEN: &str = "tok-4f9a8b7c6d5e-of-ann";

/// Runs the spec, and leaves its trace in the folder.
fn recorded(more: &[&str]) -> Done {
    let server = Scripted::start(SERVER);
    let [api, _] = &server.addresses;
    let binary = fixed(response("Content-Type: application/octet-stream\r\n", &[0, 0xff, 0x80, b'A']));
    // A port that was the system's to give, and that nothing listens on any more.
    let gone = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let test = Test::new().file("a.e2e", SPEC).variable("API", &format!("http://{api}"));
    let test = test.variable("WS", &format!("ws://{api}")).variable("BIN", &binary);
    let test = test.variable("GONE", &format!("http://{gone}")).variable("TOKEN", TOKEN);
    test.args(["run", "a.e2e", "--trace", "run.trace"]).args(more.iter().copied()).code(1)
}

/// Another command in the folder of a run.
fn then(done: &Done, args: &[&str]) -> (Option<i32>, String, String) {
    let mut command = Test::new().args(args.iter().copied()).command();
    let output = command.current_dir(done.folder.path()).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

fn shown(done: &Done, args: &[&str]) -> String {
    let (code, out, err) = then(done, args);
    assert_eq!((code, err.as_str()), (Some(0), ""), "{args:?}\n{out}");
    out
}

/// Whether an archive is one of HAR 1.2, and its entries are in order, of a page, and add up.
fn assert_archive(har: &Json) {
    let schema: Json = serde_json::from_str(include_str!("data/har-1.2.schema.json")).unwrap();
    let validator = jsonschema::options().should_validate_formats(true).build(&schema).unwrap();
    let errors: Vec<String> =
        validator.iter_errors(har).map(|error| format!("{}: {error}", error.instance_path())).collect();
    assert!(errors.is_empty(), "{errors:#?}");
    let pages: Vec<&Json> = har["log"]["pages"].as_array().unwrap().iter().map(|page| &page["id"]).collect();
    let entries = har["log"]["entries"].as_array().unwrap();
    assert!(entries.is_sorted_by_key(|entry| entry["startedDateTime"].as_str().unwrap()));
    for entry in entries {
        assert!(pages.contains(&&entry["pageref"]), "{entry}");
        let stages = entry["timings"].as_object().unwrap().iter().filter(|(name, _)| *name != "ssl");
        let sum: f64 = stages.map(|(_, took)| took.as_f64().unwrap().max(0.0)).sum();
        assert!((sum - entry["time"].as_f64().unwrap()).abs() < 1e-6, "{entry}");
    }
}

/// The entries of a page, by the test's name.
fn of<'h>(har: &'h Json, test: &str) -> Vec<&'h Json> {
    let entries = har["log"]["entries"].as_array().unwrap();
    entries.iter().filter(|entry| entry["pageref"].as_str().unwrap().ends_with(test)).collect()
}

fn named(list: &Json, name: &str) -> Vec<Json> {
    let of_name = |one: &&Json| one["name"].as_str().unwrap().eq_ignore_ascii_case(name);
    list.as_array().unwrap().iter().filter(of_name).map(|one| one["value"].clone()).collect()
}

#[test]
fn an_archive_has_every_request_with_all_that_is_known_of_it() {
    let done = recorded(&[]);
    let before = jiff::Timestamp::now();
    let out = shown(&done, &["trace", "har", "run.trace"]);
    assert!(!out.contains(TOKEN) && !out.contains("ann%"), "{out}");
    let har: Json = serde_json::from_str(&out).unwrap();
    assert_archive(&har);
    let log = &har["log"];
    assert_eq!(log["creator"], json!({ "name": "e2e-dsl", "version": env!("CARGO_PKG_VERSION") }));
    assert_eq!(log["pages"].as_array().unwrap().len(), 7, "six tests and a hook: {}", log["pages"]);

    let [first, second] = of(&har, "::a redirect and cookies")[..] else { panic!("{out}") };
    let (request, response) = (&first["request"], &first["response"]);
    assert_eq!((&request["method"], &response["status"]), (&json!("POST"), &json!(303)));
    assert!(request["url"].as_str().unwrap().ends_with("/login?next=%2Fme&x=1"), "{request}");
    assert_eq!(request["queryString"], json!([{ "name": "next", "value": "%2Fme" }, { "name": "x", "value": "1" }]));
    let posted = json!({ "mimeType": "application/x-www-form-urlencoded", "text": "user=ann+b&goods=1" });
    assert_eq!((&request["postData"], &request["bodySize"]), (&posted, &json!(18)));
    assert_eq!(response["redirectURL"], "/me#top");
    assert_eq!((&response["httpVersion"], &response["_error"]), (&json!("HTTP/1.1"), &Json::Null));
    assert!(first["timings"]["connect"].as_f64().unwrap() > 0.0, "{first}");
    let size = |of: &Json| of["headersSize"].as_i64().unwrap();
    let header = |of: &Json| -> i64 {
        let all = of["headers"].as_array().unwrap().iter();
        all.map(|one| one["name"].as_str().unwrap().len() + one["value"].as_str().unwrap().len() + 4).sum::<usize>()
            as i64
    };
    assert_eq!(size(request), header(request) + "POST /login?next=%2Fme&x=1 HTTP/1.1\r\n\r\n".len() as i64);
    assert_eq!(size(response), header(response) + "HTTP/1.1 303 See Other\r\n\r\n".len() as i64);
    assert_eq!(
        (named(&request["headers"], "content-length"), &response["_transferSize"]),
        (vec![json!("18")], &json!(size(response)))
    );
    let host = named(&request["headers"], "host");
    assert_eq!(host[0].as_str().unwrap().split_once(':').unwrap().1, first["connection"].as_str().unwrap());
    assert_eq!(
        response["cookies"],
        json!([{ "name": "sid", "value": "0123456789abcdef", "path": "/", "domain": "127.0.0.1", "expires": "2099-10-21T07:28:00.000Z",
            "httpOnly": true, "secure": false, "sameSite": "Lax" }])
    );
    let (request, response) = (&second["request"], &second["response"]);
    assert_eq!(
        (&request["method"], &request["postData"], &request["bodySize"]),
        (&json!("GET"), &Json::Null, &json!(0))
    );
    assert!(request["url"].as_str().unwrap().ends_with("/me"), "{request}");
    assert_eq!(request["cookies"], json!([{ "name": "sid", "value": "0123456789abcdef" }]));
    assert_eq!(named(&request["headers"], "cookie"), ["sid=0123456789abcdef"]);
    // The same surrogate goes to both.
    let sent = named(&first["request"]["headers"], "authorization");
    assert!(sent[0].as_str().unwrap().starts_with("Bearer ") && sent == named(&request["headers"], "authorization"));
    assert_eq!((&response["status"], &response["statusText"]), (&json!(200), &json!("OK")));
    assert_eq!(
        response["content"],
        json!({ "size": 14, "compression": 0, "mimeType": "application/json", "text": "{\"seen\":true}\n" })
    );
    assert_eq!(
        response["cookies"],
        json!([{ "name": "seen", "value": "1", "domain": "example.com", "httpOnly": false, "secure": true }])
    );
    assert_eq!((&second["serverIPAddress"], &second["_resourceType"]), (&json!("127.0.0.1"), &json!("fetch")));
    assert!(second["comment"].as_str().unwrap().contains("`POST {{env.api}}/login"), "{second}");

    let [bytes] = of(&har, "::bytes")[..] else { panic!("{out}") };
    assert_eq!(
        bytes["request"]["postData"]["text"],
        STANDARD.encode([0, 0xff, 0x80]),
        "of bytes that are no text: {bytes}"
    );
    assert_eq!(bytes["request"]["postData"]["_encoding"], "base64");
    let content = json!({ "size": 4, "compression": 0, "mimeType": "application/octet-stream", "encoding": "base64",
        "text": STANDARD.encode([0, 0xff, 0x80, b'A']) });
    assert_eq!(bytes["response"]["content"], content);

    let [refused] = of(&har, "::refused")[..] else { panic!("{out}") };
    assert_eq!((&refused["response"]["status"], &refused["response"]["bodySize"]), (&json!(0), &json!(-1)));
    assert!(refused["response"]["_error"].as_str().unwrap().contains("nothing listens on"), "{refused}");

    let [socket] = of(&har, "::a websocket")[..] else { panic!("{out}") };
    assert_eq!((&socket["_resourceType"], &socket["response"]["status"]), (&json!("websocket"), &json!(101)));
    let messages = socket["_webSocketMessages"].as_array().unwrap();
    let frames: Vec<(&str, i64, String)> = messages
        .iter()
        .map(|one| {
            let time = one["time"].as_f64().unwrap();
            let now = before.as_microsecond() as f64 / 1e6;
            assert!(time <= now && time > now - 600.0, "{one} at {now}");
            let data = one["data"].as_str().unwrap().to_owned();
            (one["type"].as_str().unwrap(), one["opcode"].as_i64().unwrap(), data)
        })
        .collect();
    assert_eq!(frames[0], ("send", 2, STANDARD.encode([1, 2, 0xff])));
    assert!(frames[1].0 == "send" && frames[1].1 == 1 && frames[1].2.starts_with("hello "), "{frames:?}");
    let received: Vec<(i64, &str)> =
        frames.iter().filter(|frame| frame.0 == "receive").map(|frame| (frame.1, frame.2.as_str())).collect();
    let (binary, ping, close) =
        (STANDARD.encode([0, 0xff, 0x10]), STANDARD.encode("there"), STANDARD.encode(b"\x03\xe8bye"));
    assert_eq!(
        received,
        [(1, "welcome \u{1b}[2J\u{fdd4}[31m"), (2, &binary), (9, &ping), (8, &close)],
        "a text as it is, the rest in base64"
    );

    let [events] = of(&har, "::events")[..] else { panic!("{out}") };
    assert_eq!(events["_resourceType"], "eventsource");
    assert_eq!(
        events["response"]["content"]["text"],
        ": warming up\n\nevent: tick\nid: 1\ndata: one\n\ndata: two\ndata: lines\n\n"
    );
    let seen: Vec<Json> = events["_eventSourceMessages"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| json!([one["eventName"], one["eventId"], one["data"]]))
        .collect();
    assert_eq!(seen, [json!(["tick", "1", "one"]), json!(["message", "1", "two\nlines"])]);
    let [lines] = of(&har, "::lines")[..] else { panic!("{out}") };
    assert_eq!(lines["response"]["content"]["text"], "{\"n\":1}\n{\"n\":2}\n");

    let path = ["trace", "har", "run.trace", "websocket", "--output", "out/socket.har"];
    assert_eq!(shown(&done, &path), "");
    let one: Json = serde_json::from_str(&done.read("out/socket.har")).unwrap();
    assert_archive(&one);
    assert_eq!(one["log"]["entries"], json!([socket]));
}

#[test]
fn what_was_recorded_is_listed_and_shown_in_full() {
    let done = recorded(&[]);
    let list = shown(&done, &["trace", "show", "run.trace"]);
    let version = env!("CARGO_PKG_VERSION");
    for part in [
        ", environment local, seed ".to_owned(),
        format!(", e2e-dsl {version}, whole\n"),
        "\n7 tests\n".to_owned(),
        "  passed     Archive > a redirect and cookies  (1 exchange, ".to_owned(),
        "  errored    Archive > refused  (1 exchange, ".to_owned(),
        "  passed     Archive > a websocket  (1 exchange, ".to_owned(),
        "  skipped    Archive > left out  (0 exchanges, ".to_owned(),
        "             a.e2e::Archive::bytes  at a.e2e:20\n".to_owned(),
        "\nbeside the tests\n  a.e2e::Archive, before all  (1 exchange)\n".to_owned(),
    ] {
        assert!(list.contains(&part), "the list lacks {part:?}:\n{list}");
    }
    let all = shown(&done, &["trace", "show", "run.trace", "--all"]);
    assert!(
        !all.contains(TOKEN) && !all.contains('\u{1b}') && !all.contains('\u{9b}') && !all.contains('\u{fdd4}'),
        "{all}"
    );
    for part in [
        "/login?next=%2Fme&x=1\n     step     attempt 1 > `POST {{env.api}}/login",
        "     > content-type: application/x-www-form-urlencoded\n",
        "     >\n     > user=ann+b&goods=1\n",
        "     < 303 See Other\n",
        "     then     GET http://",
        "     < location: /me#top\n",
        "     > cookie: sid=0123456789abcdef\n",
        "     < HTTP/1.1 200 OK\n",
        "     < x-odd: a\\u{9b}31mb\n",
        "     <\n     < {\"seen\":true}\n",
        "     < 00000000  00 ff 80 41                                      |...A|\n",
        "     failed   refused: nothing listens on ",
        " sent binary, 3 bytes\n         00000000  01 02 ff ",
        "         welcome \\u{1b}[2J\\u{fdd4}[31m\n",
        " received ping, 5 bytes",
        "  closed by the server with 1000 \"bye\"\n",
        " received event tick (id 1), 3 bytes",
        "         two\n         lines\n",
        " received comment, ",
        "  the body came to its end\n",
        "     times    ",
        "     peer     127.0.0.1:",
        "  a.e2e::Archive, before all  (1 exchange)\n\n  1  +",
    ] {
        assert!(all.contains(part), "what is shown lacks {part:?}:\n{all}");
    }
}

#[test]
fn a_test_is_meant_by_its_id_or_a_part_of_its_name() {
    let done = recorded(&["--trace-body-limit", "3B"]);
    let titles = |args: &[&str]| -> Vec<String> {
        let har: Json = serde_json::from_str(&shown(&done, &[&["trace", "har", "run.trace"], args].concat())).unwrap();
        assert_archive(&har);
        let pages = har["log"]["pages"].as_array().unwrap();
        pages.iter().map(|page| page["title"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(titles(&["a.e2e::Archive::bytes"]), ["Archive > bytes"]);
    assert_eq!(titles(&["WEBSOCKET"]), ["Archive > a websocket"]);
    assert_eq!(titles(&["archive > b"]), ["Archive > bytes"]);
    assert_eq!(titles(&["archive"]).len(), 6, "each test of the suite that sent something");
    assert_eq!(titles(&["before all"]), ["a.e2e::Archive, before all"]);
    for command in ["show", "har"] {
        let (code, out, err) = then(&done, &["trace", command, "run.trace", "a webzocket"]);
        assert_eq!((code, out.as_str()), (Some(2), ""));
        assert!(err.contains("e2e::replay::trace") && err.contains("did you mean `a websocket`?"), "{err}");
        let (code, _, err) = then(&done, &["trace", command, "a.e2e"]);
        assert!(code == Some(2) && err.contains("isn't a trace of a run"), "{err}");
    }
    // What was cut says so.
    let events = shown(&done, &["trace", "show", "run.trace", "events"]);
    assert!(events.contains("not all of what it carried was recorded"), "{events}");
    let har: Json = serde_json::from_str(&shown(&done, &["trace", "har", "run.trace", "events"])).unwrap();
    let comment = &har["log"]["entries"][0]["response"]["content"]["comment"];
    assert!(comment.as_str().unwrap().ends_with("; not all of them were recorded"), "{har}");
}

/// With what they meet: credentials, probes, retries, redirects, closed and lost channels.
#[test]
fn the_shipped_specs_make_an_archive() {
    let specs = concat!(env!("CARGO_MANIFEST_DIR"), "/specs");
    let filters = ["--env", "demo", "-k", "websocket", "--report", "none", "--trace", "run.trace"];
    let done = Test::new().args(["run", specs]).args(filters).code(0);
    let har: Json = serde_json::from_str(&shown(&done, &["trace", "har", "run.trace"])).unwrap();
    assert_archive(&har);
    let entries = har["log"]["entries"].as_array().unwrap();
    let sockets: Vec<&Json> = entries.iter().filter(|entry| entry["_resourceType"] == "websocket").collect();
    assert!(sockets.len() >= 10 && entries.len() > sockets.len(), "{} of {}", sockets.len(), entries.len());
    // A channel has messages, even if there was none; a request has no such field.
    let has_messages = |entry: &&Json| entry.get("_webSocketMessages").is_some();
    assert_eq!(entries.iter().filter(has_messages).count(), sockets.len());
    let all = shown(&done, &["trace", "show", "run.trace", "--all"]);
    let frames = sockets.iter().flat_map(|socket| socket["_webSocketMessages"].as_array().unwrap());
    let kept = frames.filter(|frame| frame["opcode"] != 8).count();
    assert_eq!(all.matches("ms  ← received ").count() + all.matches("ms  → sent ").count(), kept);
}

#[test]
fn tls_has_its_stage_and_its_certificate() {
    let ca = Ca::new();
    let (url, fingerprint) = ca.serve(&certificate(&["localhost"], 30));
    let url = url.replace("127.0.0.1", "localhost");
    let spec = format!("suite \"S\" {{ test \"t\" {{ GET {url}/ {{ expect status 200 }} }} }}\n");
    let test = Test::new().file("a.e2e", &spec).file("ca.pem", &ca.pem);
    let done = test.args(["run", "a.e2e", "--cacert", "ca.pem", "--trace", "run.trace"]).code(0);
    let text = shown(&done, &["trace", "show", "run.trace", "a.e2e::S::t"]);
    let peer = format!(", TLSv1.3, verified, certificate SHA-256 {fingerprint}\n");
    assert!(text.contains(&peer) && text.contains(", tls "), "{text}");
    let har: Json = serde_json::from_str(&shown(&done, &["trace", "har", "run.trace"])).unwrap();
    assert_archive(&har);
    let timings = &har["log"]["entries"][0]["timings"];
    let [ssl, connect] = ["ssl", "connect"].map(|stage| timings[stage].as_f64().unwrap());
    assert!(ssl > 0.0 && connect >= ssl, "{timings}");
}

/// What a run that was killed had written is looked at like a whole trace.
#[test]
fn a_trace_without_an_end_is_shown_as_far_as_it_goes() {
    let done = recorded(&[]);
    let bytes = std::fs::read(done.path("run.trace")).unwrap();
    let note = "note: the trace has no end: its run was killed, or goes on still\n";
    let mut listed = 0;
    for end in (0..bytes.len()).step_by(bytes.len() / 12) {
        std::fs::write(done.path("cut.trace"), &bytes[..end]).unwrap();
        let (code, out, err) = then(&done, &["trace", "show", "cut.trace"]);
        if code == Some(2) {
            assert!(out.is_empty() && err.contains("e2e::replay::trace"), "{end}: {err}");
            continue;
        }
        assert_eq!((code, err.as_str()), (Some(0), note), "{end}");
        assert!(out.contains(", cut off\n") && out.contains("\n7 tests\n"), "{out}");
        let (code, out, err) = then(&done, &["trace", "har", "cut.trace"]);
        assert_eq!((code, err.as_str()), (Some(0), note), "{end}");
        assert_archive(&serde_json::from_str(&out).unwrap());
        listed += 1;
    }
    assert!(listed > 0);
}
