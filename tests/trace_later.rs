//! Secrets that a run learns late, or in parts, and what of them a trace can't give again. And the cookies of a jar.

use super::harness::Test;
use super::masking::unpacked;
use super::trace::{edit, recorded, replayed, spec, the_same};

const TOKEN: &str = "tok_live_5d41402abc4b";

/// The outcome of each test of a report, and why.
fn outcomes(report: &serde_json::Value) -> Vec<(String, String)> {
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    report["tests"].as_array().unwrap().iter().map(|test| (text(&test["outcome"]), text(&test["reason"]))).collect()
}

/// What the first test was sent was in the trace before anyone knew, wherever it came up; when the run is over it isn't there any more, and the test is judged as it was.
#[test]
fn what_is_a_secret_only_later_is_in_no_trace() {
    let encoded = "dG9rX2xpdmVfNWQ0MTQwMmFiYzRi";
    let large = format!("{{\"id\": \"{TOKEN}\", \"rest\": \"{}\"}}", "lorem ipsum ".repeat(100));
    let script = format!(
        "GET /a 200 | Content-Type: application/json\n  {{\"id\": \"{TOKEN}\"}}\n\
         GET /large 200 | Content-Type: application/json\n  {large}\n\
         GET /header 200 | X-Id: {TOKEN}\n  {{}}\n\
         GET /encoded 200\n  {{\"packed\": \"{encoded}\", \"at\": \"/x?y=tok%5Flive%5F5d41402abc4b\"}}\n\
         websocket /ws\n  < {{\"type\":\"a\",\"id\":\"{TOKEN}\"}}\n"
    );
    let later = "test \"later\" { GET {{env.api}}/a { expect status 200; capture secret tok = $.id } }";
    for (nth, first) in [
        "GET {{env.api}}/a { expect $.id == \"x\" }",
        "GET {{env.api}}/a { expect $.id starts with \"tok\" }",
        "GET {{env.api}}/large { expect status 200; capture id = $.id }; GET {{env.api}}/x/{{id}} { expect status 404 }",
        "GET {{env.api}}/large { expect status 404 }",
        "GET {{env.api}}/header { expect header X-Id exists }",
        "GET {{env.api}}/encoded { expect $.packed has length 28 }",
        "websocket c {{env.ws}}/ws; expect on c event \"a\" within 2s; close c",
    ]
    .into_iter()
    .enumerate()
    {
        let failing = [0, 3].contains(&nth);
        let (_served, spec) = spec(&script, &format!("  test \"first\" {{ {first} }}\n  {later}"));
        let done = recorded(&spec, i32::from(failing));
        let trace = unpacked(&done.path("r.trace"));
        for form in [TOKEN, encoded, "tok%5Flive"] {
            assert!(!trace.contains(form), "{first}: {trace}");
        }
        // An expectation of the secret's very text can't hold of what stands for it, and is named.
        let (_, said, now) = replayed(done.folder.path(), &[]);
        let found: Vec<String> = outcomes(&now).into_iter().map(|(outcome, _)| outcome).collect();
        let expected = match nth {
            1 => "undecided",
            _ if failing => "failed",
            _ => "passed",
        };
        assert_eq!(found, [expected, "passed"], "{first}: {said}");
    }
}

/// What stands for other secrets stays as it is: a JWT, of which the header and the registered claims are left, credentials that are encoded, an HMAC.
#[test]
fn what_stands_for_a_secret_stays_when_another_one_is_replaced() {
    let jwt = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJ1LTE3IiwiZXhwIjo0MTAyNDQ0ODAwLCJuYW1lIjoiQWRhIn0.c2lnbmF0dXJlLW9mLXRoaXMtdG9rZW4";
    let script = format!(
        "POST /login 200 | Content-Type: application/json\n  {{\"token\": \"{jwt}\", \"id\": \"{TOKEN}\"}}\n\
         GET /a 200\n  {{\"id\": \"{TOKEN}\", \"head\": \"%head%\"}}\n"
    );
    let body = "  test \"first\" {\n    POST {{env.api}}/login { expect status 200; capture secret token = $.token }\n    \
                  expect jwt(token).sub == \"u-17\"\n    \
                  GET {{env.api}}/a { bearer token; expect $.head contains \"Bearer\" }\n    \
                  GET {{env.api}}/a { basic \"ada\", env.key; expect status 200 }\n    \
                  GET {{env.api}}/a { header X-Sign: hmac_sha256(\"text\", env.key); expect status 200 }\n  }\n  \
                test \"later\" { GET {{env.api}}/a { expect status 200; capture secret id = $.id } }";
    let (_served, spec) = spec(&script, body);
    let done = recorded(&spec, 0);
    let trace = unpacked(&done.path("r.trace"));
    assert!(!trace.contains(TOKEN) && !trace.contains(jwt), "{trace}");
    the_same(&done, "r.json", "with a JWT");
}

/// A journal is written as the run goes on; when it is over, it is masked with all that is known by then, as the other reports are.
#[test]
fn what_is_a_secret_only_later_is_in_no_journal() {
    let script = format!("GET /a 200 | Content-Type: application/json\n  {{\"id\": \"{TOKEN}\"}}\n");
    let body = "  test \"a\" { GET {{env.api}}/a { expect $.id == \"x\" } }\n  \
                test \"b\" { GET {{env.api}}/a { expect status 200; capture secret tok = $.id } }";
    let (_served, spec) = spec(&script, body);
    let reports = ["--report", "none", "--report", "journal=r.journal", "--report", "json=r.json"];
    let test = Test::new().file("a.e2e", &spec).variable("KEY", "sk-9f8e7d6c5b4a");
    let done = test.args(["run", "a.e2e"].into_iter().chain(reports)).code(1);
    let journal = done.read("r.journal");
    assert!(!journal.contains(TOKEN) && journal.contains("***"), "{journal}");
    let read = e2e_dsl::trace::read(journal.as_bytes()).unwrap();
    assert!(read.ended && read.unread.is_empty());
    let outcomes: Vec<&str> = read.report.tests.iter().map(|test| test.outcome.word()).collect();
    assert_eq!(outcomes, ["failed", "passed"]);
}

/// So is what a hook was sent.
#[test]
fn what_a_hook_was_sent_and_is_a_secret_only_later_is_in_no_trace() {
    let script = format!("GET /a 200 | Content-Type: application/json\n  {{\"id\": \"{TOKEN}\"}}\n");
    let body = "  before all { GET {{env.api}}/a { expect status 200; capture id = $.id } }\n  \
                test \"a\" { GET {{env.api}}/a { expect $.id == id } }\n  \
                test \"b\" { GET {{env.api}}/a { expect $.id == id; capture secret tok = $.id } }";
    let (_served, spec) = spec(&script, body);
    let done = recorded(&spec, 0);
    assert!(!unpacked(&done.path("r.trace")).contains(TOKEN));
    the_same(&done, "r.json", "with a secret that a hook was sent");
}

/// A diagnostic quotes the frames, and neither the report nor the trace shows the parts that they hold.
#[test]
fn a_test_whose_frames_hold_a_secret_together_is_judged_again_as_it_was() {
    let (first, second) = TOKEN.split_at(10);
    let script = format!(
        "GET /login 200\n  {{\"id\": \"{TOKEN}\"}}\nwebsocket /ws\n  < {first}\n  < {second}\n  < {{\"type\":\"b\"}}\n"
    );
    let login = "GET {{env.api}}/login { expect status 200; capture secret tok = $.id }";
    let body =
        format!("  test \"a\" {{ {login}; websocket c {{{{env.ws}}}}/ws; expect on c event \"a\" within 100ms }}");
    let (_served, spec) = spec(&script, &body);
    let done = recorded(&spec, 1);
    for text in [done.read("r.json"), unpacked(&done.path("r.trace"))] {
        assert!(!text.contains(first) && !text.contains(second), "{text}");
    }
    the_same(&done, "r.json", "with a secret in two frames");
}

/// What was left out of a trace may have been the end of a secret: its beginning isn't there any more, either, when that turns out to be one.
#[test]
fn the_beginning_of_what_was_cut_off_and_is_a_secret_only_later_is_in_no_trace() {
    let (first, second) = TOKEN.split_at(12);
    let pad = "x".repeat(500);
    let script = format!(
        "GET /a 200 | Content-Type: application/json\n  {{\"id\": \"{TOKEN}\"}}\nGET /large 200\n  {pad}{TOKEN} and more\n\
         websocket /ws\n  < {pad}{first}\n  < {second}\n  < {{\"type\":\"b\"}}\n"
    );
    let body = "  test \"body\" { GET {{env.api}}/large { expect status 200 } }\n  \
                test \"channel\" { websocket c {{env.ws}}/ws; expect on c event \"b\" within 2s; close c }\n  \
                test \"later\" { GET {{env.api}}/a { expect status 200; capture secret tok = $.id } }";
    let (_served, spec) = spec(&script, body);
    let test = Test::new().file("a.e2e", &spec).variable("KEY", "sk-9f8e7d6c5b4a");
    let limit = (pad.len() + first.len()).to_string() + "B";
    let args = ["run", "a.e2e", "--trace", "r.trace", "--trace-body-limit", &limit, "--report", "none"];
    let done = test.args(args).code(0);
    let trace = unpacked(&done.path("r.trace"));
    assert!(trace.contains(&pad) && !trace.contains(first) && !trace.contains(&first[..8]), "{trace}");
}

/// Which cookies the jar has for a request is a part of it, whatever they hold.
#[test]
fn a_request_with_other_cookies_of_the_jar_is_diverged() {
    let script = format!(
        "GET /login 200 | Set-Cookie: sid={TOKEN}; HttpOnly; Path=/\n  {{}}\nGET /theme 200 | Set-Cookie: theme=dark; Path=/\n  {{}}\n\
         GET /a 200\n  {{\"head\": \"%head%\"}}\n"
    );
    let login = "GET {{env.api}}/login { expect status 200 }\n";
    let theme = "GET {{env.api}}/theme { expect status 200 }\n";
    let ask = "GET {{env.api}}/a { expect $.head contains \"sid\" }\n";
    let (_served, spec) = spec(&script, &format!("  test \"a\" {{\n{login}{theme}{ask}}}"));
    let done = recorded(&spec, 0);
    the_same(&done, "r.json", "unedited");
    let whole = done.read("a.e2e");
    for (from, to, lost) in [
        (login, "", "`sid`"),
        (theme, "", "`theme`"),
        (login, "GET {{env.api}}/login { no cookies; expect status 200 }\n", "`sid`"),
        (ask, "GET {{env.api}}/a { no cookies; expect status 200 }\n", "`sid`"),
    ] {
        std::fs::write(done.path("a.e2e"), &whole).unwrap();
        edit(&done, from, to);
        let (code, said, now) = replayed(done.folder.path(), &["a.e2e"]);
        assert_eq!((code, outcomes(&now)[0].0.as_str()), (Some(1), "diverged"), "{to}: {said}");
        assert!(said.contains("e2e::replay::diverged") && said.contains(lost) && !said.contains(TOKEN), "{to}: {said}");
    }
    // What is expected of the responses may be edited as before.
    std::fs::write(done.path("a.e2e"), &whole).unwrap();
    edit(&done, "contains \"sid\"", "contains \"theme=dark\"");
    let (code, said, _) = replayed(done.folder.path(), &["a.e2e"]);
    assert_eq!(code, Some(0), "{said}");
}
