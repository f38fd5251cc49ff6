//! The pages of codes that only a run or a command line can give: their wrong examples give the code, their right ones pass.

use std::path::Path;

use super::harness::Test;
use super::scripted::Scripted;
use super::servers::{endless, fixed, response, serve, silent, tls};

const STAGES: [&str; 5] = ["expect", "net", "run", "plan", "cli"];

/// Codes that no spec gives: they report on the machine's or the tool's own trouble, and their pages say so instead of giving examples.
const WITHOUT_EXAMPLE: [&str; 3] = ["e2e::run::internal", "e2e::plan::unresolved", "e2e::cli::demo_failed"];

struct Fence {
    info: String,
    text: String,
}

fn fences(part: &str) -> Vec<Fence> {
    let mut found = Vec::new();
    let mut rest = part;
    while let Some((_, after)) = rest.split_once("```") {
        let Some((info, after)) = after.split_once('\n') else { break };
        let Some((text, after)) = after.split_once("```") else { break };
        found.push(Fence { info: info.to_owned(), text: text.to_owned() });
        rest = after;
    }
    found
}

fn server(name: &str) -> String {
    match name {
        "tls" => tls(400),
        "tls-expiring" => tls(3),
        "deaf" => format!("ws://{}", Scripted::start("websocket /\n  deaf\n").addresses[0]),
        "listening" => format!("ws://{}", Scripted::start("websocket /\n").addresses[0]),
        "wrong-accept" => serve(|stream| {
            super::servers::head(stream);
            let accept = "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";
            let head = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade";
            let _ = std::io::Write::write_all(stream, format!("{head}\r\n{accept}\r\n\r\n").as_bytes());
        })
        .replace("http://", "ws://"),
        "forbidden-close" => super::wire::closing_with(1005),
        "good-close" => super::wire::closing_with(4000),
        "good" => fixed(response("", b"{}")),
        "cookie" => fixed(response("Set-Cookie: session=abc; HttpOnly; Path=/\r\n", b"{}")),
        "silent" => silent(),
        "huge" => endless(),
        "closing" => fixed("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly"),
        "latin1" => fixed(response("Content-Type: text/plain\r\n", b"St\xf6rung")),
        "garbage" => fixed("not HTTP at all\r\n\r\n"),
        "redirects" => {
            fixed("HTTP/1.1 302 Found\r\nLocation: /again\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        }
        "plain-as-tls" => serve(|stream| {
            let _ = std::io::Write::write_all(stream, b"HTTP/1.1 400 Bad Request\r\n\r\n");
        })
        .replace("http://", "https://"),
        // Unread data makes the system answer a close with a reset (RFC 9293, section 3.10.4).
        "reset" => serve(|stream| {
            let mut byte = [0];
            let _ = std::io::Read::read(stream, &mut byte);
        }),
        other => unreachable!("no server is called {other}"),
    }
}

/// Runs the first of an example's blocks; the others are files beside it.
fn ran(fences: &[Fence]) -> Result<(i32, String), String> {
    let [fence, files @ ..] = fences else { return Err("lacks an example".to_owned()) };
    if fence.info.starts_with("console") {
        return console(&fence.text);
    }
    let mut test = Test::new().file("a.e2e", &fence.text);
    for file in files {
        let (_, name) = file.info.split_once(' ').ok_or("a file has a name")?;
        test = test.file(name, &file.text);
    }
    let mut args = vec!["run".to_owned(), "a.e2e".to_owned(), "--report".to_owned(), "json=r.json".to_owned()];
    for word in fence.info.split_whitespace() {
        match word.split_once('=') {
            Some(("server", name)) => test = test.variable("PEER", &server(name)),
            Some((flag @ ("plan" | "env"), name)) => args.extend([format!("--{flag}"), name.to_owned()]),
            Some((name, value)) if name.chars().all(|c| c.is_ascii_uppercase() || c == '_') => {
                test = test.variable(name, value);
            }
            Some(("fault", name)) => args.extend(["--demo-fault".to_owned(), name.to_owned()]),
            _ => {}
        }
    }
    let done = test.args(args.iter().map(String::as_str)).run();
    Ok((done.code.unwrap_or(-1), format!("{}{}", done.out, done.err)))
}

fn console(text: &str) -> Result<(i32, String), String> {
    // What a shell puts in; the example is run a little earlier than it says.
    let soon = jiff::Timestamp::now() + jiff::SignedDuration::from_secs(2);
    let text = text.replace("$(date -u -d '+1 minute' +%FT%TZ)", &soon.to_string());
    let line = text.trim().strip_prefix("$ e2e-dsl ").ok_or("a console example begins with `$ e2e-dsl`")?;
    let mut args: Vec<String> = Vec::new();
    for (index, part) in line.split('"').enumerate() {
        if index % 2 == 1 {
            args.push(part.to_owned())
        } else {
            args.extend(part.split_whitespace().map(str::to_owned))
        }
    }
    let suite = "suite \"Example\" {\n  tags smoke\n  test \"an example\" {\n    GET {{env.api}}/health { expect status 200 }\n  }\n}\n";
    let good = fixed(response("", b"{}"));
    let staging = format!(
        "environment staging {{\n  api = \"{good}\"\n  token = secret(\"EXAMPLE_TOKEN\")\n}}\n\nsuite \"Example\" {{\n  test \"t\" {{ GET {{{{env.api}}}}/ {{ bearer env.token; expect status 200 }} }}\n}}\n"
    );
    let test = Test::new()
        .file("a.e2e", &format!("environment demo default {{ target demo }}\n\n{suite}"))
        .file("staging.e2e", &staging)
        .file("staging.env", "EXAMPLE_TOKEN='a-token-of-twenty-odd'\n")
        .file("results.json", include_str!("data/green.json"))
        .file("broken.env", "EXAMPLE_TOKEN: x\n");
    let done = test.args(args.iter().map(String::as_str)).run();
    Ok((done.code.unwrap_or(-1), format!("{}{}", done.out, done.err)))
}

fn fault(code: &str, page: &str) -> Result<(), String> {
    let (_, rest) = page.split_once("\n## Wrong\n").ok_or("has no `## Wrong`")?;
    let (wrong, right) = rest.split_once("\n## Right\n").ok_or("has no `## Right`")?;
    let wrong = fences(wrong);
    let right = fences(right);
    let (exit, out) = ran(&wrong)?;
    if exit == 0 || !out.contains(code) {
        return Err(format!("the wrong example exits with {exit}, without the code:\n{out}"));
    }
    let (exit, out) = ran(&right)?;
    if exit != 0 {
        return Err(format!("the right example exits with {exit}:\n{out}"));
    }
    Ok(())
}

#[test]
fn examples_of_the_run_are_wrong_and_right_as_they_say() {
    let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/errors"));
    let mut pages: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    pages.sort();
    let pages: Vec<_> = pages
        .into_iter()
        .filter_map(|path| {
            let name = path.file_stem()?.to_str()?.to_owned();
            let (stage, code) = name.split_once('.')?;
            STAGES.contains(&stage).then(|| (format!("e2e::{stage}::{code}"), path.clone()))
        })
        .collect();
    assert!(pages.len() >= 40, "{}", pages.len());
    let queue = std::sync::Mutex::new(pages.into_iter());
    let faults = std::sync::Mutex::new(String::new());
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                loop {
                    let Some((code, path)) = queue.lock().unwrap().next() else { break };
                    let page = std::fs::read_to_string(&path).unwrap();
                    if WITHOUT_EXAMPLE.contains(&code.as_str()) {
                        continue;
                    }
                    if let Err(fault) = fault(&code, &page) {
                        faults.lock().unwrap().push_str(&format!("{code}: {fault}\n\n"));
                    }
                }
            });
        }
    });
    let faults = faults.into_inner().unwrap();
    assert!(faults.is_empty(), "\n{faults}");
}

#[test]
fn each_code_of_the_run_has_a_page() {
    let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/errors"));
    let page = |code: &str| folder.join(format!("{}.md", code.trim_start_matches("e2e::").replace("::", ".")));
    let missing: Vec<&str> =
        e2e_dsl::diag::codes::all().map(|code| code.name).filter(|code| !page(code).exists()).collect();
    assert!(missing.is_empty(), "{missing:?}");
}
