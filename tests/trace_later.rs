//! What a trace can't give again, and what tests are told of it: secrets that were learned late, or came in parts. And the cookies of a jar.

use super::masking::unpacked;
use super::trace::{edit, recorded, replayed, spec, the_same};

const TOKEN: &str = "tok_live_5d41402abc4b";

/// The outcome of each test of a report, and why.
fn outcomes(report: &serde_json::Value) -> Vec<(String, String)> {
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    report["tests"].as_array().unwrap().iter().map(|test| (text(&test["outcome"]), text(&test["reason"]))).collect()
}

/// The run's report masks it in both tests, and what the first one was sent was in the trace before anyone knew.
#[test]
fn a_test_that_was_sent_what_is_a_secret_only_later_is_undecided() {
    let script = format!("GET /a 200 | Content-Type: application/json\n  {{\"id\": \"{TOKEN}\"}}\n");
    let body = "  test \"a\" { GET {{env.api}}/a { expect $.id == \"x\" } }\n  \
                test \"b\" { GET {{env.api}}/a { expect status 200; capture secret tok = $.id } }\n  \
                test \"c\" { GET {{env.api}}/a { expect $.id == \"x\" } }";
    let (_served, spec) = spec(&script, body);
    let done = recorded(&spec, 1);
    let (_, said, now) = replayed(done.folder.path(), &[]);
    let (found, reasons): (Vec<String>, Vec<String>) = outcomes(&now).into_iter().unzip();
    assert_eq!(found, ["undecided", "passed", "failed"], "{said}");
    assert!(reasons[0].contains("turned out to be a secret when it had ended"), "{reasons:?}");
}

/// A diagnostic quotes the frames, and with them the parts: a trace has neither.
#[test]
fn a_test_that_shows_a_part_of_a_secret_is_undecided() {
    let (first, second) = TOKEN.split_at(10);
    let script = format!(
        "GET /login 200\n  {{\"id\": \"{TOKEN}\"}}\nwebsocket /ws\n  < {first}\n  < {second}\n  < {{\"type\":\"b\"}}\n"
    );
    let login = "GET {{env.api}}/login { expect status 200; capture secret tok = $.id }";
    let body =
        format!("  test \"a\" {{ {login}; websocket c {{{{env.ws}}}}/ws; expect on c event \"a\" within 100ms }}");
    let (_served, spec) = spec(&script, &body);
    let done = recorded(&spec, 1);
    assert!(done.read("r.json").contains(first));
    let trace = unpacked(&done.path("r.trace"));
    assert!(!trace.contains(first) && !trace.contains(second), "{trace}");
    let (_, said, now) = replayed(done.folder.path(), &[]);
    let (outcome, reason) = outcomes(&now).remove(0);
    assert_eq!(outcome, "undecided", "{said}");
    assert!(reason.contains("depends on a secret"), "{reason}");
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
