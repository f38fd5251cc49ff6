//! What comes from outside, or is typed, acts on no terminal: not in any output.

use super::harness::Test;
use super::masking::outputs;
use super::scripted::Scripted;
/// What may be in no output for people: controls, separators of lines, what turns the direction of writing.
fn acts(c: char) -> bool {
    (c.is_control() && c != '\n')
        || matches!(c, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}' | '\u{61c}' | '\u{fdd0}'..='\u{fdef}')
}

/// Hostile texts at every place where one can come from, in every output.
#[test]
fn nothing_from_outside_acts_on_a_terminal() {
    const HOSTILE: &str = "\u{1b}[2J\u{1b}]0;t\u{7}\u{9b}31m\u{202e}\u{2066}\u{200f}\u{61c}\u{2028}\u{2029}\u{8}\u{7f}\u{fdd4}[31m\u{fdd0}\u{e000}x";
    let quoted = serde_json::Value::from(HOSTILE).to_string();
    let script = format!(
        "GET /key 200\n  {{{quoted}: {{\"a b\": 1, {quoted}: [2]}}, \"v\": {quoted}}}\n\
         GET /text 200\n  a{HOSTILE}b\n\
         GET /header 200 | X-Hostile: a\u{202e}\u{2028}b | Set-Cookie: c=\u{202e}d\n  {{}}\n\
         GET /away 302 | Location: /\u{202e}\u{2028}\u{9b}x?{HOSTILE_URL}\n  {{}}\n\
         GET /sse 200 | Content-Type: text/event-stream\n  event: {HOSTILE}\n  id: {HOSTILE}\n  data: {HOSTILE}\n\n\
         GET /ndjson 200 | Content-Type: application/x-ndjson\n  {{\"type\":{quoted},{quoted}:{quoted}}}\n\
         websocket /ws\n  < {{\"type\":{quoted},\"v\":{quoted}}}\n  close 4000 {CLOSE}\n\
         GET /down 503\n  {{\"status\":{quoted},\"checks\":[{{\"name\":{quoted},\"status\":\"down\"}}]}}\n",
        HOSTILE_URL = "a=\u{202e}",
        CLOSE = "\u{1b}[2J\u{202e}\u{2028}bye",
    );
    let served = Scripted::start(&script);
    // Names in specs can hold what moves nothing on its own.
    let title = "turned\u{202e} around\u{2028}";
    let spec = format!(
        "environment e default {{\n  api = \"http://{api}\"\n  ws = \"ws://{api}\"\n  service health {{ probe GET {{{{env.api}}}}/down expect status 200 within 300ms }}\n}}\n\
         suite \"S {title}\" {{\n\
         test \"keys {title}\" {{ GET {{{{env.api}}}}/key {{ expect $ == {{}}; expect $..a each == 1; expect $ matches {{ v: \"x\" }}; expect $.* each is string; expect $.* is empty; capture x = $.nothing }} }}\n\
         test \"text\" {{ GET {{{{env.api}}}}/text {{ expect body == \"{title}\"; expect $.a exists }} }}\n\
         test \"header\" {{ GET {{{{env.api}}}}/header {{ expect header X-Hostile == \"x\"; expect cookie c == \"x\" }} }}\n\
         test \"away\" {{ GET {{{{env.api}}}}/away {{ follow redirects up to 2; expect url == \"x\"; expect status 299 }} }}\n\
         test \"sse\" {{ sse a {{{{env.api}}}}/sse\n expect on a event \"y\" within 300ms }}\n\
         test \"ndjson\" {{ ndjson b {{{{env.api}}}}/ndjson\n expect on b event \"y\" within 300ms {{ $.v == 1 }} }}\n\
         test \"ws\" {{ websocket c {{{{env.ws}}}}/ws\n expect on c event \"y\" within 300ms }}\n\
         test \"closed\" {{ websocket d {{{{env.ws}}}}/ws\n expect on d closed with 1000 within 500ms }}\n\
         test \"skipped\" {{ skip when 1 == 1 because \"{title}\" \n GET {{{{env.api}}}}/key {{ expect status 200 }} }}\n\
         }}\nsuite \"N\" {{\n needs health\n test \"needs\" {{ GET {{{{env.api}}}}/key {{ expect status 200 }} }}\n}}\n",
        api = served.addresses[0],
    );
    let (done, all) = outputs(&spec, &[], 1);
    assert!(done.out.contains("keys turned\\u{202e} around"), "{}", done.out);
    for (name, text) in &all {
        let bad = match *name {
            // Programs read these: JSON has escapes of its own, and an HTML page is cleaned on its own.
            "json" | "journal" | "blob" | "trace" | "replay" => text.find(|c: char| c < ' ' && c != '\n'),
            "html" => text.find(|c: char| c.is_control() && !"\n\t\r".contains(c)),
            "junit" | "tap" | "markdown" => text.find(|c: char| c.is_control() && !"\n\t".contains(c)),
            _ => text.find(acts),
        };
        let near = bad.map(|at| text[at.saturating_sub(60)..].chars().take(90).collect::<String>());
        assert!(bad.is_none(), "{name}: {near:?}");
    }
    // On a terminal with colours there are styles of ours, and nothing else.
    let colored =
        Test::new().file("a.e2e", &spec).args(["run", "a.e2e", "--color", "always", "--report", "none"]).code(1);
    let mut rest = colored.out.as_str();
    while let Some(at) = rest.find('\u{1b}') {
        let style = rest[at..].find('m').map(|end| &rest[at + 1..at + end]);
        let fine = style
            .is_some_and(|style| style.starts_with('[') && style[1..].chars().all(|c| c.is_ascii_digit() || c == ';'));
        assert!(fine, "{:?}", &rest[at..].chars().take(40).collect::<String>());
        rest = &rest[at + 1..];
    }
    assert!(!colored.out.replace('\u{1b}', "").contains(acts), "no other control characters");
}

/// What is typed, and files' names, are texts from outside too.
#[test]
fn names_of_files_and_arguments_do_not_act_on_a_terminal() {
    let name = "a\u{1b}[2J\u{202e}\u{2028}.e2e";
    let spec = "suite \"S\" { test \"t\" { POST http://127.0.0.1:9/ { retry twice; expect status 200 } } }\n";
    for args in [
        vec!["run", name, "--report", "github"],
        vec!["check", name],
        vec!["check", name, "--format", "json"],
        vec!["check", name, "--format", "sarif"],
        vec!["list", name],
        vec!["list", name, "--format", "json"],
        vec!["run", name, "--env", "\u{1b}[2J\u{202e}"],
        vec!["run", name, "--set", "env.\u{1b}[2J=\u{202e}"],
        vec!["run", name, "--report", "json=x\u{1b}[2J\u{2028}.json"],
        vec!["run", name, "--\u{1b}[2J\u{202e}"],
        vec!["report", "\u{1b}[2J\u{202e}"],
        vec!["explain", "\u{1b}[2J\u{202e}"],
    ] {
        let done = Test::new().file(name, spec).args(args.iter().copied()).run();
        for text in [&done.out, &done.err] {
            assert!(!text.contains(acts), "{args:?}: {text:?}");
        }
        if args.contains(&"json") || args.contains(&"sarif") {
            serde_json::from_str::<serde_json::Value>(&done.out).unwrap();
        }
    }
}
