//! The archives of `trace har` beside those that Chromium's own DevTools export, of the same exchanges with the same site.

use std::collections::{BTreeSet, HashMap};
use std::io::Write as _;

use serde_json::{Value as Json, json};

use super::devtools::{Inspector, Page};
use super::fields;
use super::site::{Site, http2};
use super::values;
use crate::harness::Test;
use crate::servers::{Ca, certificate};

const SPEC: &str = r#"
environment local default {
  api  = variable("API")
  ws   = variable("WS")
  two  = variable("TWO")
  gone = variable("GONE")
}
suite "Archive" {
  test "exchanges" {
    GET {{env.api}}/json?x=1&y=a+b&z=%C3%A9&&q { header X-Odd: "1"; expect status 200 }
    POST {{env.api}}/form?k=1 { form { user: "ann b", goods: 1 }; expect status 201 }
    POST {{env.api}}/posted { json { a: "é" }; expect status 200 }
    PUT {{env.api}}/bytes { header Content-Type: "application/octet-stream"; body hex "00ff80"; expect status 200 }
    POST {{env.api}}/parts { multipart { a: "1", f: file "f.txt" type "text/plain" }; expect status 200 }
    POST {{env.api}}/old { form { b: 2 }; follow redirects up to 1; expect status 200 }
    GET {{env.api}}/gzip { expect status 200 }
    GET {{env.api}}/binary { expect status 200 }
    GET {{env.api}}/empty { expect status 204 }
    HEAD {{env.api}}/headed { expect status 200 }
    GET {{env.api}}/missing { expect status 404 }
    GET {{env.api}}/kept { expect status 200 }
    GET {{env.api}}/again { expect status 200 }
    GET {{env.two}}/two { http 2; expect status 200 }
    GET {{env.api}}/reset { expect failure is closed }
    GET {{env.api}}/cut { expect failure is closed }
    websocket chat {{env.ws}}/chat
    send chat text "hello ü"
    send chat binary hex "0102ff"
    expect on chat in order within 5s { frame text matches /gr/; frame binary hex "00ff10" }
    expect on chat closed with 1000 reason "bye" within 5s
    sse feed GET {{env.api}}/feed
    expect on feed in order within 5s { event "tick"; event "message" { data contains "lines" } }
    expect on feed ended within 5s
  }
  test "nobody is there" { GET {{env.gone}}/gone { expect failure is refused } }
}
"#;

/// The same in a page: `two` and `gone` are other origins.
const SCRIPT: &str = r#"(async () => {
  const ask = async (url, of) => { try { return await (await fetch(url, of)).text() } catch { return null } };
  const typed = type => ({ 'content-type': type });
  await ask('/json?x=1&y=a+b&z=%C3%A9&&q', { headers: { 'X-Odd': '1' } });
  const form = typed('application/x-www-form-urlencoded');
  await ask('/form?k=1', { method: 'POST', headers: form, body: 'user=ann+b&goods=1' });
  await ask('/posted', { method: 'POST', headers: typed('application/json'), body: '{"a":"é"}' });
  await ask('/bytes', { method: 'PUT', headers: typed('application/octet-stream'), body: new Uint8Array([0, 255, 128]) });
  const parts = new FormData();
  parts.append('a', '1');
  parts.append('f', new Blob(['hello'], { type: 'text/plain' }), 'f.txt');
  await ask('/parts', { method: 'POST', body: parts });
  await ask('/old', { method: 'POST', headers: form, body: 'b=2' });
  for (const path of ['/gzip', '/binary', '/empty']) await ask(path);
  await ask('/headed', { method: 'HEAD' });
  for (const path of ['/missing', '/kept', '/again', 'TWO/two', '/reset', '/cut']) await ask(path);
  await new Promise(done => {
    const socket = new WebSocket(`ws://${location.host}/chat`);
    socket.onopen = () => { socket.send('hello ü'); socket.send(new Uint8Array([1, 2, 255])) };
    socket.onclose = done;
  });
  await new Promise(done => {
    const feed = new EventSource('/feed');
    // It would ask again for a feed that has ended.
    feed.onerror = () => { feed.close(); done() };
  });
  await ask('GONE/gone');
})()"#;

/// The paths of what is asked for, but the page itself.
const PATHS: [&str; 20] = [
    "/json", "/form", "/posted", "/bytes", "/parts", "/old", "/new", "/gzip", "/binary", "/empty", "/headed",
    "/missing", "/kept", "/again", "/two", "/reset", "/cut", "/chat", "/feed", "/gone",
];

/// What both archives say of one exchange.
pub struct Both<'h> {
    pub path: &'static str,
    pub ours: &'h Json,
    pub chrome: &'h Json,
}

fn responses() -> HashMap<&'static str, Vec<u8>> {
    let whole = |status: &str, headers: &str, body: &[u8]| {
        let length =
            if status.starts_with("204") { String::new() } else { format!("Content-Length: {}\r\n", body.len()) };
        let mut response = format!("HTTP/1.1 {status}\r\n{headers}{length}\r\n").into_bytes();
        response.extend_from_slice(body);
        response
    };
    let last =
        |status: &str, headers: &str, body: &[u8]| whole(status, &format!("Connection: close\r\n{headers}"), body);
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    gzip.write_all("gz ".repeat(400).as_bytes()).unwrap();
    let gzip = gzip.finish().unwrap();
    let json = "Content-Type: application/json\r\n";
    let cookies = "Set-Cookie: theme=dark; Path=/; HttpOnly; SameSite=Lax\r\n\
                   Set-Cookie: aged=1; Max-Age=100\r\n\
                   Set-Cookie: dated=x=y; Expires=Wed, 21 Oct 2099 07:28:00 GMT; Domain=127.0.0.1; Path=/\r\n";
    let feed = "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Type: text/event-stream\r\n\r\n\
                : warming up\n\nevent: tick\nid: 1\ndata: {\"n\":1}\n\ndata: two\ndata: lines\n\n";
    let mut headed = last("200 OK", json, b"{\"a\":1}");
    headed.truncate(headed.len() - "{\"a\":1}".len());
    HashMap::from([
        // Without an icon of its own, the browser would ask for one.
        ("/", last("200 OK", "Content-Type: text/html\r\n", b"<link rel=icon href='data:,'><title>x</title>")),
        ("/json", last("200 OK", &format!("{json}{cookies}"), b"{\"a\":1}")),
        ("/form", last("201 Created", "Content-Type: application/json; charset=utf-8\r\n", "{\"ö\":1}".as_bytes())),
        ("/posted", last("200 OK", json, b"{}")),
        ("/bytes", last("200 OK", json, b"{}")),
        ("/parts", last("200 OK", json, b"{}")),
        ("/old", last("303 See Other", "Location: /new?a=b#c\r\nSet-Cookie: hop=1; Secure\r\n", b"")),
        ("/new", last("200 OK", "Content-Type: text/plain\r\n", b"there")),
        ("/gzip", last("200 OK", "Content-Type: text/plain\r\nContent-Encoding: gzip\r\n", &gzip)),
        ("/binary", last("200 OK", "Content-Type: application/octet-stream\r\n", &[0, 0xff, 0x80, b'A'])),
        ("/empty", last("204 No Content", "", b"")),
        ("/headed", headed),
        ("/missing", last("404 Not Found", "Content-Type: text/plain\r\n", b"nope")),
        ("/kept", whole("200 OK", json, b"[1]")),
        ("/again", last("200 OK", json, b"[2]")),
        // It ends before its length.
        ("/cut", b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 99\r\n\r\nabc".to_vec()),
        ("/feed", feed.as_bytes().to_vec()),
    ])
}

#[test]
fn an_archive_is_one_of_chromium() {
    let Some(mut browser) = super::browser() else { return };
    let site = Site::start(responses());
    let ca = Ca::new();
    let two = format!("https://localhost:{}", http2(ca.config(&certificate(&["localhost"], 30))));
    // A port that was the system's to give, and that nothing listens on any more.
    let gone = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let gone = format!("http://{gone}");

    let test = Test::new().file("a.e2e", SPEC).file("ca.pem", &ca.pem).file("f.txt", "hello");
    let test =
        test.variable("API", &format!("http://{}", site.address)).variable("WS", &format!("ws://{}", site.address));
    let test = test.variable("TWO", &two).variable("GONE", &gone);
    let done = test.args(["run", "a.e2e", "--cacert", "ca.pem", "--trace", "run.trace"]).code(0);
    let mut command = Test::new().args(["trace", "har", "run.trace"]).command();
    let output = command.current_dir(done.folder.path()).output().unwrap();
    let ours: Json = serde_json::from_slice(&output.stdout).unwrap();
    let our_heads = site.take_heads();

    let mut page = browser.page();
    page.call("Security.setIgnoreCertificateErrors", &json!({ "ignore": true }));
    let Some(inspector) = page.inspect() else {
        return super::skipped("it brings no DevTools");
    };
    page.attached(&inspector);
    page.open(&format!("http://{}/", site.address));
    page.value(&SCRIPT.replace("TWO", &two).replace("GONE", &gone));
    let chrome = page.archive(&inspector);
    let chrome_heads = site.take_heads();
    for har in [&ours, &chrome] {
        is_in_order_and_adds_up(har);
    }
    let both = |path: &'static str| Both { path, ours: entry(&ours, path), chrome: entry(&chrome, path) };
    let all: Vec<Both<'_>> = PATHS.into_iter().map(both).collect();
    fields::are_those_of_chromium(&all);
    values::are_those_of_chromium(&all);
    for one in &all {
        has_what_was_sent(one.ours, our_heads.get(one.path), 0);
        // Of requests, Chromium leaves out the empty line behind the headers, which HAR 1.2 counts; of a handshake, it counts the URL's origin.
        let origin = format!("ws://{}", site.address).len() as i64;
        let left_out = if one.path == "/chat" { -origin } else { 2 };
        has_what_was_sent(one.chrome, chrome_heads.get(one.path), left_out);
        has_the_stages(one);
        values::cookies_are_the_same(one);
    }
    values::messages_are_the_same(&all);
    is_read_by_chromium(&mut page, &inspector, &ours);
}

/// The one entry of a path.
fn entry<'h>(har: &'h Json, path: &str) -> &'h Json {
    let is_of = |entry: &&Json| {
        let url = url::Url::parse(entry["request"]["url"].as_str().unwrap()).unwrap();
        url.path() == path
    };
    let found: Vec<&Json> = har["log"]["entries"].as_array().unwrap().iter().filter(is_of).collect();
    assert_eq!(found.len(), 1, "entries of {path}: {found:#?}");
    found[0]
}

fn number(of: &Json) -> f64 {
    of.as_f64().unwrap()
}

/// When an entry begins and ends, in seconds since 1970.
pub fn span(entry: &Json) -> (f64, f64) {
    let start: jiff::Timestamp = entry["startedDateTime"].as_str().unwrap().parse().unwrap();
    let start = start.as_microsecond() as f64 / 1e6;
    (start, start + number(&entry["time"]) / 1e3)
}

fn is_in_order_and_adds_up(har: &Json) {
    let entries = har["log"]["entries"].as_array().unwrap();
    assert!(entries.is_sorted_by_key(|entry| entry["startedDateTime"].as_str().unwrap()));
    for entry in entries {
        let stages =
            ["blocked", "dns", "connect", "send", "wait", "receive"].map(|stage| number(&entry["timings"][stage]));
        let sum: f64 = stages.iter().map(|took| took.max(0.0)).sum();
        assert!((sum - number(&entry["time"])).abs() < 1e-3, "{entry}");
        assert!(stages.iter().all(|took| *took >= 0.0 || *took == -1.0), "{entry}");
    }
}

/// A request that was sent is described as the server got it.
fn has_what_was_sent(entry: &Json, head: Option<&String>, left_out: i64) {
    let request = &entry["request"];
    let of_http1 = head.filter(|_| request["httpVersion"] == "HTTP/1.1");
    let Some(head) = of_http1 else {
        assert_eq!(request["headersSize"], -1, "{entry}");
        return;
    };
    let mut lines = head.trim_end().split("\r\n");
    let line: Vec<&str> = lines.next().unwrap().split(' ').collect();
    let url = request["url"].as_str().unwrap();
    assert_eq!(line[0], request["method"].as_str().unwrap());
    assert!(url.ends_with(line[1]) && line[2] == "HTTP/1.1", "{url} isn't {line:?}");
    let sent: BTreeSet<String> = lines.map(|line| lower_name(line.split_once(": ").unwrap())).collect();
    let headers = request["headers"].as_array().unwrap().iter();
    let headers: BTreeSet<String> =
        headers.map(|one| lower_name((one["name"].as_str().unwrap(), one["value"].as_str().unwrap()))).collect();
    assert_eq!(headers, sent, "{url}");
    assert_eq!(request["headersSize"], head.len() as i64 - left_out, "{url}");
}

fn lower_name((name, value): (&str, &str)) -> String {
    format!("{}: {value}", name.to_ascii_lowercase())
}

/// Which stages there were; how long they took differs.
fn has_the_stages(Both { path, ours, chrome }: &Both<'_>) {
    let happened = |entry: &Json, stage: &str| number(&entry["timings"][stage]) >= 0.0;
    for stage in ["ssl", "send", "wait", "receive"] {
        assert_eq!(happened(ours, stage), happened(chrome, stage), "{stage} of {path}");
    }
    let [ssl, connect] = ["ssl", "connect"].map(|stage| number(&ours["timings"][stage]));
    assert!(ssl <= connect, "{path}: `connect` includes `ssl`");
    // Each connection was made for its request, but the one that was kept. A browser also makes some ahead.
    assert_eq!(happened(ours, "connect"), *path != "/again", "{ours}");
    assert!(happened(ours, "connect") || !happened(chrome, "connect"), "{path}: {chrome}");
    // An address needs no resolution; Chromium counts how long it looked at it.
    assert_eq!(happened(ours, "dns"), *path == "/two", "{ours}");
    assert!(happened(chrome, "connect") || !happened(chrome, "dns"), "{chrome}");
    if *path == "/gone" {
        // What was never sent waited for a connection, and for no response.
        let waited = |entry: &Json| ["send", "wait", "receive"].map(|stage| number(&entry["timings"][stage]));
        assert_eq!((waited(ours), waited(chrome)), ([0.0; 3], [0.0; 3]));
    }
}

/// Chromium's DevTools make the same of an archive as it says.
fn is_read_by_chromium(page: &mut Page<'_>, inspector: &Inspector, ours: &Json) {
    let read = page.imported(inspector, ours);
    let all = |har: &Json| har["log"]["entries"].as_array().unwrap().clone();
    let (ours, read) = (all(ours), all(&read));
    assert_eq!(ours.len(), read.len());
    for (ours, read) in ours.iter().zip(&read) {
        for pointer in [
            "/request/method",
            "/request/url",
            "/request/queryString",
            "/request/postData/mimeType",
            "/request/postData/text",
            "/response/status",
            "/response/statusText",
            "/response/redirectURL",
            "/response/content/text",
            "/response/content/encoding",
            "/_resourceType",
            "/_webSocketMessages",
            "/_eventSourceMessages",
        ] {
            // It writes nothing as an empty text.
            let value = |entry: &Json| entry.pointer(pointer).filter(|value| **value != "").cloned();
            let [ours, read] = [ours, read].map(value);
            assert_eq!(ours, read, "{pointer}");
        }
        let version = |entry: &Json| entry["response"]["httpVersion"].as_str().unwrap().to_ascii_lowercase();
        assert_eq!(version(ours), version(read));
        assert!((span(ours).0 - span(read).0).abs() < 2e-3, "{read}");
    }
}

impl Page<'_> {
    /// Waits until DevTools listen to the page.
    fn attached(&mut self, inspector: &Inspector) {
        self.inspected_until(
            inspector,
            "(sdk => sdk.TargetManager.TargetManager.instance().primaryPageTarget()\
             ?.model(sdk.ResourceTreeModel.ResourceTreeModel)?.cachedResourcesLoaded())\
             (await import('/devtools/core/sdk/sdk.js'))",
        );
    }

    /// What DevTools export of all that the page asked for, which has ended.
    fn archive(&mut self, inspector: &Inspector) -> Json {
        let requests = "(await import('/devtools/models/logs/logs.js')).NetworkLog.NetworkLog.instance().requests()";
        self.inspected_until(
            inspector,
            &format!(
                "(all => all.length > {} && all.every(one => one.finished && (one.responseHeadersText || \
                 one.protocol === 'h2' || !one.statusCode)))({requests})",
                PATHS.len()
            ),
        );
        let written = self.inspected(
            inspector,
            &format!(
                "(async () => (await import('/devtools/models/har/har.js')).Writer.Writer.harStringForRequests(\
                 {requests}, {{ sanitize: false }}, {{ createSubProgress: () => ({{}}) }}))()"
            ),
        );
        serde_json::from_str(written.as_str().unwrap()).unwrap()
    }

    /// What DevTools make of an archive, written again.
    fn imported(&mut self, inspector: &Inspector, har: &Json) -> Json {
        let written = self.inspected(
            inspector,
            &format!(
                "(async () => {{ const {{ HARFormat, Importer, Writer }} = await import('/devtools/models/har/har.js'); \
                 const log = new HARFormat.HARRoot({har}).log; \
                 return Writer.Writer.harStringForRequests(Importer.Importer.requestsFromHARLog(log), \
                 {{ sanitize: false }}, {{ createSubProgress: () => ({{}}) }}) }})()"
            ),
        );
        serde_json::from_str(written.as_str().unwrap()).unwrap()
    }

    fn inspected_until(&mut self, inspector: &Inspector, expression: &str) {
        let poll = format!(
            "new Promise(done => {{ const end = Date.now() + 20000; const look = async () => {{ \
             const is = await (async () => ({expression}))().catch(() => false); \
             is || Date.now() > end ? done(Boolean(is)) : setTimeout(look, 10); }}; look(); }})"
        );
        assert_eq!(self.inspected(inspector, &poll), true, "never true: {expression}");
    }
}
