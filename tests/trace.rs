//! A run that was recorded into a trace is judged again from that file alone, and gives the same report.

use std::io::Write as _;
use std::path::Path;

use e2e_dsl::demo::Fault;

use super::harness::{Done, Test};
use super::masking::unpacked;
use super::scripted::Scripted;
use super::servers::{fixed, response};

/// The faults under which it is tried each time; with `REPLAY_FAULTS=all` every one is.
const SHOWN: [&str; 2] = ["websocket-1011", "malformed-event"];

/// Those under which the plan is carried out then: probes that wait and that give up, a credential that can't be obtained, conditions that end a run, and gates of later
/// phases.
const BY_PLAN: [Fault; 6] = [
    Fault::DatabaseDown,
    Fault::SlowStart,
    Fault::AuthDown,
    Fault::StartupIncomplete,
    Fault::Websocket1011,
    Fault::EventsLeaked,
];

fn tool(folder: &Path, args: &[&str]) -> (Option<i32>, String) {
    let output =
        std::process::Command::new(env!("CARGO_BIN_EXE_e2e-dsl")).args(args).current_dir(folder).output().unwrap();
    (output.status.code(), String::from_utf8([output.stdout, output.stderr].concat()).unwrap())
}

/// Judges a trace again: the exit code, what is said, and the report.
pub fn replayed(folder: &Path, args: &[&str]) -> (Option<i32>, String, serde_json::Value) {
    let (code, said) = tool(folder, &[&["replay", "r.trace", "--report", "json=again.json"], args].concat());
    let report = std::fs::read_to_string(folder.join("again.json")).unwrap_or_default();
    (code, said, serde_json::from_str(&report).unwrap_or_default())
}

/// Judges it again, and expects the run's own report.
pub fn the_same(done: &Done, json: &str, what: &str) {
    let was: serde_json::Value = serde_json::from_str(&done.read(json)).unwrap();
    let (code, said, now) = replayed(done.folder.path(), &[]);
    let text = |report| serde_json::to_string_pretty(report).unwrap();
    let (was, now) = (text(&was), text(&now));
    let diff = || similar::TextDiff::from_lines(&was, &now).unified_diff().to_string();
    assert!(was == now, "{what}: {}\n{said}", diff().chars().take(6000).collect::<String>());
    assert_eq!(code, done.code, "{what}: {said}");
}

/// Runs the shipped specs, recorded, and judges them again.
fn shipped(args: &[&str], what: &str) {
    let specs = concat!(env!("CARGO_MANIFEST_DIR"), "/specs");
    let test = Test::new().args(["run", specs, "--trace", "r.trace", "--report", "none", "--report", "json=r.json"]);
    let done = test.args(args.iter().copied()).run();
    assert!(matches!(done.code, Some(0 | 1 | 3)), "{what}: {}{}", done.out, done.err);
    the_same(&done, "r.json", what);
}

#[test]
fn the_shipped_specs_give_the_same_report_from_their_trace() {
    shipped(&[], "healthy");
    let all = std::env::var("REPLAY_FAULTS").is_ok_and(|faults| faults == "all");
    for fault in Fault::ALL.iter().filter(|fault| all || SHOWN.contains(&fault.name())) {
        shipped(&["--demo-fault", fault.name()], fault.name());
    }
}

#[test]
fn the_shipped_plan_gives_the_same_report_from_its_trace() {
    shipped(&["--plan", "release"], "by the plan");
    if std::env::var("REPLAY_FAULTS").is_ok_and(|faults| faults == "all") {
        for fault in BY_PLAN {
            shipped(&["--plan", "release", "--demo-fault", fault.name()], fault.name());
        }
    }
}

/// A spec against scripted servers, in an environment with a secret.
pub fn spec(script: &str, body: &str) -> (Scripted, String) {
    let served = Scripted::start(script);
    let address = &served.addresses[0];
    let spec = format!(
        "environment e default {{\n  api = \"http://{address}\"\n  ws = \"ws://{address}\"\n  key = secret(\"KEY\")\n}}\n\
         suite \"s\" {{\n{body}\n}}\n"
    );
    (served, spec)
}

pub fn recorded(spec: &str, code: i32) -> Done {
    let test = Test::new().file("a.e2e", spec).variable("KEY", "sk-9f8e7d6c5b4a");
    test.args(["run", "a.e2e", "--trace", "r.trace", "--report", "none", "--report", "json=r.json"]).code(code)
}

/// Replaces a part of the spec.
pub fn edit(done: &Done, from: &str, to: &str) {
    let text = done.read("a.e2e");
    assert!(text.contains(from), "{text}");
    std::fs::write(done.path("a.e2e"), text.replace(from, to)).unwrap();
}

const THREE: &str = "GET /a 200\n  {\"n\": 3, \"name\": \"Ada\"}\nGET /b 200\n  {\"ok\": true}\n";

#[test]
fn an_edited_expectation_is_judged_on_what_was_recorded() {
    let body = "  test \"a\" { GET {{env.api}}/a { expect $.n == 3 } }\n  test \"b\" { GET {{env.api}}/b { expect $.ok == true } }";
    let (_served, spec) = spec(THREE, body);
    let done = recorded(&spec, 0);
    edit(&done, "expect $.n == 3", "expect $.n == 3; expect $.name == \"Grace\"");
    let (code, said, now) = replayed(done.folder.path(), &["a.e2e"]);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("Ada") && said.contains("Grace"), "{said}");
    let outcomes: Vec<&str> =
        now["tests"].as_array().unwrap().iter().map(|test| test["outcome"].as_str().unwrap()).collect();
    assert_eq!(outcomes, ["failed", "passed"]);
    // A test that wasn't recorded isn't left out.
    edit(&done, "  test \"b\"", "  test \"c\" { GET {{env.api}}/b { expect $.ok == true } }\n  test \"b\"");
    let (code, said, now) = replayed(done.folder.path(), &["a.e2e"]);
    assert_eq!((code, &now["summary"]["undecided"]), (Some(1), &1.into()), "{said}");
    assert!(said.contains("it wasn't recorded"), "{said}");
    edit(&done, "  test \"c\" { GET {{env.api}}/b { expect $.ok == true } }\n", "");
    // The trace's own specs are judged as they were.
    the_same(&done, "r.json", "unedited");
    edit(&done, "\"Grace\"", "\"Ada\"");
    assert_eq!(replayed(done.folder.path(), &["a.e2e"]).0, Some(0));
}

#[test]
fn a_request_that_was_changed_is_diverged_and_one_more_is_too() {
    let (_served, spec) = spec(THREE, "  test \"a\" { GET {{env.api}}/a { header X: \"1\"; expect $.n == 3 } }");
    let done = recorded(&spec, 0);
    edit(&done, "header X: \"1\"", "header X: \"2\"");
    let (code, said, now) = replayed(done.folder.path(), &["a.e2e"]);
    assert_eq!((code, &now["tests"][0]["outcome"]), (Some(1), &"diverged".into()), "{said}");
    assert!(said.contains("e2e::replay::diverged") && said.contains("X: 2") && said.contains("X: 1"), "{said}");
    assert_eq!(now["summary"]["diverged"], 1);
    edit(
        &done,
        "header X: \"2\"; expect $.n == 3 }",
        "header X: \"1\"; expect $.n == 3 }\n  GET {{env.api}}/b { expect status 200 }",
    );
    let (_, said, now) = replayed(done.folder.path(), &["a.e2e"]);
    assert_eq!(now["tests"][0]["outcome"], "diverged", "{said}");
    assert!(said.contains("wasn't recorded"), "{said}");
}

#[test]
fn what_needs_more_than_was_recorded_is_undecided() {
    let script = "websocket /ws\n  < {\"type\":\"hello\"}\n  < {\"type\":\"end\"}\n";
    let body = "  test \"a\" {\n    websocket c {{env.ws}}/ws\n    expect on c event \"end\" within 5s\n  }";
    let (_served, spec) = spec(script, body);
    let done = recorded(&spec, 0);
    edit(&done, "within 5s", "within 5s\n    expect on c silence for 3s");
    let (code, said, now) = replayed(done.folder.path(), &["a.e2e"]);
    assert_eq!((code, &now["tests"][0]["outcome"]), (Some(1), &"undecided".into()), "{said}");
}

#[test]
fn expectations_on_secrets_come_out_right_or_are_named() {
    let script = "GET /login 200\n  {\"access_token\": \"eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ1LTEiLCJleHAiOjQxMDI0NDQ4MDAsInJvbGUiOiJhZG1pbiJ9.c2lnbmF0dXJl\", \"again\": \"tok_live_5d41402abc4b\"}\n\
                  GET /echo 200\n  {\"id\": \"tok_live_5d41402abc4b\"}\n";
    let login = "GET {{env.api}}/login { expect status 200; capture secret token = $.access_token; capture secret key = $.again }";
    let held = [
        "expect $.access_token matches /^ey/",
        "expect $.again matches /^[a-z]+_[a-z]+_[0-9a-f]{12}$/",
        "expect length($.again) == 21",
    ];
    for (index, one) in held.iter().enumerate() {
        let (_served, text) =
            spec(script, &format!("  test \"{index}\" {{ GET {{{{env.api}}}}/login {{ expect status 200; {one} }} }}"));
        let done = recorded(&text, 0);
        the_same(&done, "r.json", one);
    }
    let bodies = [
        format!("{login}\n    expect jwt(token).sub == \"u-1\""),
        format!("{login}\n    expect jwt(token).exp > 4102444000"),
        format!("{login}\n    GET {{{{env.api}}}}/echo {{ bearer token; expect $.id == key }}"),
        format!(
            "{login}\n    GET {{{{env.api}}}}/echo {{ header X-Signature: hmac_sha256(env.key, \"message\"); expect status 200 }}"
        ),
        format!("{login}\n    GET {{{{env.api}}}}/echo {{ basic \"ada\", key; expect status 200 }}"),
        format!(
            "{login}\n    GET {{{{env.api}}}}/echo?key={{{{key}}}}&sum={{{{sha256(key)}}}} {{ expect status 200 }}"
        ),
    ];
    for body in &bodies {
        let (_served, text) = spec(script, &format!("  test \"t\" {{\n    {body}\n  }}"));
        let done = recorded(&text, 0);
        the_same(&done, "r.json", body);
        let trace = unpacked(&done.path("r.trace"));
        for secret in ["tok_live_5d41402abc4b", "sk-9f8e7d6c5b4a", "c2lnbmF0dXJl"] {
            assert!(!trace.contains(secret), "{body}: {secret}");
        }
    }
    // What only the secret itself decides is named.
    let (_served, text) = spec(
        script,
        &format!(
            "  test \"t\" {{\n    {login}\n    GET {{{{env.api}}}}/login {{ expect $.again starts with \"tok_live\"; expect status 200 }}\n  }}"
        ),
    );
    let done = recorded(&text, 0);
    let (code, said, now) = replayed(done.folder.path(), &[]);
    assert_eq!((code, &now["tests"][0]["outcome"]), (Some(1), &"undecided".into()), "{said}");
    assert!(said.contains("e2e::replay::undecided") && said.contains("starts with \"tok_live\""), "{said}");
}

#[test]
fn only_tests_that_did_not_pass_are_kept_where_that_is_asked() {
    let body = "  test \"good\" { GET {{env.api}}/b { expect $.ok == true } }\n  test \"bad\" { GET {{env.api}}/a { expect $.n == 4 } }";
    let (_served, spec) = spec(THREE, body);
    let test = Test::new().file("a.e2e", &spec).variable("KEY", "sk-9f8e7d6c5b4a");
    let args = ["run", "a.e2e", "--trace-failed", "r.trace", "--report", "none", "--report", "json=r.json"];
    let done = test.args(args).code(1);
    let trace = unpacked(&done.path("r.trace"));
    assert!(trace.lines().any(|line| line.starts_with("{\"record\"") && line.contains("/a")), "{trace}");
    assert!(!trace.lines().any(|line| line.starts_with("{\"record\"") && line.contains("/b\"")), "{trace}");
    the_same(&done, "r.json", "of those that failed");
}

#[test]
fn a_body_that_is_cut_leaves_its_test_undecided() {
    let large = format!("{{\"n\": 3, \"pad\": \"{}\"}}", "x".repeat(4000));
    let api = fixed(response("Content-Type: application/json\r\n", large.as_bytes()));
    let spec = format!(
        "environment e default {{ api = \"{api}\" }}\nsuite \"s\" {{ test \"t\" {{ GET {{{{env.api}}}}/ {{ expect $.n == 3 }} }} }}\n"
    );
    for limit in ["--trace-body-limit", "--trace-limit"] {
        let test = Test::new().file("a.e2e", &spec);
        let done = test.args(["run", "a.e2e", "--trace", "r.trace", "--report", "none", limit, "10B"]).code(0);
        if limit == "--trace-limit" {
            assert!(done.err.contains("as large as it may be"), "{}", done.err);
        }
        let (code, said, now) = replayed(done.folder.path(), &[]);
        assert_eq!((code, &now["tests"][0]["outcome"]), (Some(1), &"undecided".into()), "{said}");
        assert!(said.contains("too large for the trace"), "{said}");
    }
}

/// However much of a trace is there, it is read up to there, and what isn't a trace is reported.
#[test]
fn a_trace_that_is_cut_off_is_judged_up_to_there() {
    let body = (1..=6)
        .map(|n| format!("  test \"t{n}\" {{ GET {{{{env.api}}}}/a {{ expect $.n == 3 }} }}\n"))
        .collect::<String>();
    let (_served, spec) = spec(THREE, &body);
    let done = recorded(&spec, 0);
    let whole = std::fs::read(done.path("r.trace")).unwrap();
    let mut judged = std::collections::BTreeSet::new();
    for part in 0..=20 {
        std::fs::write(done.path("r.trace"), &whole[..whole.len() * part / 20]).unwrap();
        let (code, said) = tool(done.folder.path(), &["replay", "r.trace", "--report", "json=again.json"]);
        match code {
            Some(2) => assert!(said.contains("the file `r.trace`"), "{part}: {said}"),
            Some(0 | 1 | 4 | 130) => {
                let report: serde_json::Value =
                    serde_json::from_str(&std::fs::read_to_string(done.path("again.json")).unwrap()).unwrap();
                let tests = report["tests"].as_array().unwrap();
                assert_eq!(tests.len(), 6, "{part}");
                let passed = tests.iter().filter(|test| test["outcome"] == "passed").count();
                let not_run = tests.iter().filter(|test| test["outcome"] == "not_run").count();
                assert_eq!(passed + not_run, 6, "{part}: {said}");
                assert!(part == 20 || said.contains("the trace has no end"), "{part}: {said}");
                judged.insert(passed);
            }
            other => unreachable!("{part}: {other:?}: {said}"),
        }
    }
    assert!(judged.contains(&6), "{judged:?}");
    for wrong in [&b"not a trace"[..], b"", &[0x28, 0xb5, 0x2f, 0xfd, 0xff, 0xff]] {
        std::fs::File::create(done.path("r.trace")).unwrap().write_all(wrong).unwrap();
        let (code, said) = tool(done.folder.path(), &["replay", "r.trace"]);
        assert_eq!(code, Some(2), "{said}");
        assert!(said.contains("isn't a trace of a run"), "{said}");
    }
}

/// A process that is killed leaves all tests that had ended.
#[cfg(unix)]
#[test]
fn a_run_that_is_killed_leaves_a_trace_of_what_had_ended() {
    let script = "GET /a 200\n  {\"n\": 3}\nGET /stuck 200\n  never\n";
    let mut body = (1..=5)
        .map(|n| format!("  test \"t{n}\" {{ GET {{{{env.api}}}}/a {{ expect $.n == 3 }} }}\n"))
        .collect::<String>();
    body.push_str("  test \"stuck\" { websocket c {{env.ws}}/ws; expect on c event \"x\" within 600s }\n");
    let (_served, spec) = spec(&format!("{script}websocket /ws\n"), &body);
    let test = Test::new().file("a.e2e", &spec).variable("KEY", "sk-9f8e7d6c5b4a");
    let test = test.args([
        "run",
        "a.e2e",
        "--jobs",
        "1",
        "--trace",
        "r.trace",
        "--report",
        "none",
        "--report",
        "journal=r.journal",
    ]);
    let mut child = test.command().stdout(std::process::Stdio::piped()).spawn().unwrap();
    // The journal reports when five tests have ended; their lines go to the trace's thread before those to the terminal.
    let out = std::io::BufReader::new(child.stdout.take().unwrap());
    let ended = std::io::BufRead::lines(out).map_while(Result::ok).filter(|line| line.contains(" ok ")).take(5).count();
    assert_eq!(ended, 5);
    let (path, until) = (test.path("r.trace"), std::time::Instant::now() + std::time::Duration::from_secs(20));
    let five = |text: &[u8]| text.windows(12).filter(|part| part == b"\"test_ended\"").count() >= 5;
    // What the thread writes behind is there in a moment: it is looked at until it is.
    while !five(&whatever(&path)) {
        assert!(std::time::Instant::now() < until, "the trace has less than five tests");
        std::thread::yield_now();
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let folder = path.parent().unwrap();
    let (_, said, now) = replayed(folder, &[]);
    assert!(said.contains("the trace has no end"), "{said}");
    let outcomes: Vec<&str> =
        now["tests"].as_array().unwrap().iter().map(|test| test["outcome"].as_str().unwrap()).collect();
    assert_eq!(outcomes, ["passed", "passed", "passed", "passed", "passed", "not_run"]);
}

/// As much of a trace as is there.
pub fn whatever(path: &Path) -> Vec<u8> {
    let mut text = Vec::new();
    if let Ok(mut packed) = std::fs::File::open(path).and_then(zstd::Decoder::new) {
        let _ = std::io::Read::read_to_end(&mut packed, &mut text);
    }
    text
}

#[test]
fn a_secret_that_cannot_be_found_is_not_recorded() {
    let (_served, spec) = spec(THREE, "  test \"a\" { GET {{env.api}}/a { bearer env.key; expect $.n == 3 } }");
    let test = Test::new().file("a.e2e", &spec).variable("KEY", "true");
    let done = test.args(["run", "a.e2e", "--trace", "r.trace", "--report", "none"]).code(2);
    assert!(done.err.contains("`key`") && done.err.contains("--trace"), "{}", done.err);
    assert!(!done.path("r.trace").exists());
}
