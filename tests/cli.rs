//! Commands, flags and exit codes, as a user meets them.

use std::process::{Command, Stdio};

use super::harness::{DEMO, Test};
use super::servers::{head, serve};

const HEALTHY: &str = r#"
suite "Health" {
  tags smoke
  priority P1
  test "the backend is healthy" {
    GET {{env.api}}/health { expect status 200; expect $.status == "healthy" }
  }
  test "the agents are up" {
    tags agent
    GET {{env.api}}/health { expect $.checks.agents.status == "up" }
  }
}
"#;

fn healthy() -> Test {
    Test::new().file("a.e2e", &format!("{DEMO}{HEALTHY}"))
}

#[test]
fn a_green_run_exits_with_0_and_writes_both_reports() {
    let done = healthy().args(["run", "a.e2e"]).code(0).out("READY").out("2 passed");
    assert_eq!(done.json()["verdict"]["state"], "READY");
    assert_eq!(done.json()["summary"]["passed"], 2);
    assert!(done.read("test_results.html").starts_with("<!doctype html>"));
}

#[test]
fn a_failure_exits_with_1_and_is_reported_at_its_place() {
    let spec = format!(
        "{DEMO}suite \"S\" {{\n  test \"t\" {{\n    GET {{{{env.api}}}}/health {{ expect status 201 }}\n  }}\n}}\n"
    );
    let done = Test::new()
        .file("a.e2e", &spec)
        .args(["run", "a.e2e"])
        .code(1)
        .out("`status` is 200, expected 201")
        .out("a.e2e:5:");
    let report = done.json();
    let diagnostic = &report["tests"][0]["diagnostics"][0];
    assert_eq!(diagnostic["code"], "e2e::expect::status");
    let start = spec.find("201").unwrap();
    assert_eq!(diagnostic["span"]["start"]["offset"], start);
    assert_eq!(diagnostic["span"]["end"]["offset"], start + 3);
}

#[test]
fn a_spec_with_an_error_is_not_run() {
    let done = Test::new().file(
        "a.e2e",
        &format!(
            "{DEMO}suite \"S\" {{\n  test \"t\" {{\n    GET {{{{env.api}}}}/health {{ expct status 200 }}\n  }}\n}}\n"
        ),
    );
    let done = done.args(["run", "a.e2e"]).code(2).err("nothing was run");
    assert!(!done.path("test_results.json").exists());
}

#[test]
fn tests_are_selected_by_tag_priority_text_and_line() {
    let passed = |args: &[&str]| {
        let done = healthy().args(["run", "a.e2e"].into_iter().chain(args.iter().copied())).run();
        done.json()["tests"]
            .as_array()
            .unwrap()
            .iter()
            .map(|test| test["name"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(passed(&["--tag", "agent"]), ["the agents are up"]);
    assert_eq!(passed(&["--tag", "!agent"]), ["the backend is healthy"]);
    assert_eq!(passed(&["--priority", "P1"]).len(), 2);
    assert_eq!(passed(&["-k", "BACKEND"]), ["the backend is healthy"]);
    let line = format!("{DEMO}{HEALTHY}").lines().position(|line| line.contains("checks.agents")).unwrap() + 1;
    let place = format!("a.e2e:{line}");
    let done = healthy().args(["run", &place]).code(0);
    assert_eq!(done.json()["summary"]["total"], 1);
}

#[test]
fn filters_that_select_nothing_prove_nothing() {
    healthy().args(["run", "a.e2e", "-k", "no such test"]).code(4).err("no test is selected");
    healthy().args(["run", "a.e2e", "--tag", "agnet"]).code(2).err("did you mean `agent`?");
}

#[test]
fn a_missing_secret_is_reported_before_anything_is_sent() {
    let spec = "environment staging {\n  api = \"http://127.0.0.1:1\"\n  token = secret(\"E2E_TEST_TOKEN\")\n  key = variable(\"E2E_TEST_KEY\")\n}\n\
                suite \"S\" { test \"t\" { GET {{env.api}}/ { bearer env.token; header X-Key: env.key; expect status 200 } } }\n";
    let done = Test::new().file("a.e2e", spec).args(["run", "a.e2e"]).code(2);
    done.err("2 environment variables are not set").err("E2E_TEST_TOKEN").err("E2E_TEST_KEY");
}

#[test]
fn list_shows_the_tree_and_json() {
    healthy().args(["list", "a.e2e"]).code(0).out("the backend is healthy").out("2 tests in 1 suite");
    let done = healthy().args(["list", "a.e2e", "--format", "json"]).code(0);
    let json: serde_json::Value = serde_json::from_str(&done.out).unwrap();
    assert_eq!(json["suites"][0]["tests"][1]["tags"], serde_json::json!(["smoke", "agent"]));
}

#[test]
fn the_demo_names_its_faults_and_a_run_can_switch_one_on() {
    let done = Test::new().args(["demo", "--list-faults"]).code(0);
    let lines: Vec<&str> = done.out.lines().collect();
    assert!(lines.len() >= 25 && lines.iter().all(|line| line.split('\t').count() == 2), "{}", done.out);
    healthy().args(["run", "a.e2e", "--demo-fault", "database-down"]).code(1).out("NOT READY");
    healthy().args(["run", "a.e2e", "--demo-fault", "databse-down"]).code(2).err("did you mean `database-down`?");
}

#[test]
fn a_dry_run_sends_nothing_and_shows_the_plan() {
    let done = healthy().args(["run", "a.e2e", "--dry-run"]).code(0).out("GET {{env.api}}/health");
    assert!(!done.path("test_results.json").exists());
}

#[test]
fn explain_prints_a_page_and_suggests() {
    Test::new().args(["explain"]).code(0).out("e2e::expect::status");
    Test::new().args(["explain", "e2e::expect::statu"]).code(2).err("did you mean `e2e::expect::status`?");
}

#[test]
fn mistyped_flags_and_reports_are_reported() {
    healthy().args(["run", "a.e2e", "--job", "2"]).code(2).err("--jobs");
    healthy().args(["run", "a.e2e", "--report", "jsn=x"]).code(2).err("did you mean `json`?");
    healthy().args(["run", "a.e2e", "--set", "api=x"]).code(2).err("--set env.NAME=VALUE");
    Test::new().args(["run", "nowhere.e2e"]).code(2).err("nowhere.e2e");
}

#[test]
fn reports_go_where_they_are_sent() {
    let done = healthy().args(["run", "a.e2e", "--report", "json=out/r.json", "--report", "html=out/r.html"]).code(0);
    assert!(done.path("out/r.json").exists() && done.path("out/r.html").exists());
    assert!(!done.path("test_results.json").exists());
    let done = healthy().args(["run", "a.e2e", "--report", "none"]).code(0);
    assert!(!done.path("test_results.json").exists() && !done.path("test_results.html").exists());
}

/// A report of these formats and places.
fn asked<'a>(reports: &[&'a str]) -> Vec<&'a str> {
    [&["run", "a.e2e", "--report", "none"][..], &reports.iter().flat_map(|one| ["--report", one]).collect::<Vec<_>>()]
        .concat()
}

#[test]
fn two_reports_in_one_file_are_refused_however_it_is_spelled() {
    for (first, second) in [
        ("json=out/x", "html=./out/x"),
        ("json=out/x", "tap=out/../out/x"),
        ("json=x", "junit=kept/../x"),
        ("blob=out/x", "journal=.//out/x"),
    ] {
        let test = healthy().file("kept/file", "");
        test.args(asked(&[first, second])).code(2).err("e2e::cli::report").err("would both be written to");
    }
    healthy().args(asked(&["json=out/x", "html=out/y/../z", "junit=x"])).code(0);
}

#[cfg(unix)]
#[test]
fn links_are_followed_and_kept() {
    let linked = || {
        let test = healthy().file("real/old.json", "old");
        std::os::unix::fs::symlink("real", test.path("folder")).unwrap();
        std::os::unix::fs::symlink("real/old.json", test.path("link.json")).unwrap();
        test
    };
    for second in ["html=folder/old.json", "journal=real/old.json"] {
        linked().args(asked(&["json=link.json", second])).code(2).err("would both be written to");
    }
    let done = linked().args(asked(&["json=link.json"])).code(0);
    assert!(done.path("link.json").is_symlink() && done.read("real/old.json").starts_with('{'));
}

#[cfg(unix)]
#[test]
fn a_pipe_gets_the_report_and_stays_a_pipe() {
    use std::os::unix::fs::FileTypeExt as _;
    let test = healthy();
    let pipe = test.path("pipe");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    // Opened for both, so that neither side waits for the other, and large enough for such a report.
    let mut reader = std::fs::File::options().read(true).write(true).open(&pipe).unwrap();
    let done = test.args(asked(&["tap=pipe"])).code(0).out("reports: pipe");
    assert!(std::fs::metadata(done.path("pipe")).unwrap().file_type().is_fifo());
    let mut begin = [0; 14];
    std::io::Read::read_exact(&mut reader, &mut begin).unwrap();
    assert_eq!(&begin, b"TAP version 14");
}

/// The disk is full: a limit on the size of files does the same.
#[cfg(unix)]
#[test]
fn what_a_full_disk_cut_off_is_not_left_there() {
    let test = healthy().args(asked(&["json=out/r.json", "html=out/r.html"]));
    let tool = test.command();
    let mut limited = std::process::Command::new("sh");
    limited.args(["-c", "trap '' XFSZ; ulimit -f 1; exec \"$@\"", "sh"]).arg(tool.get_program()).args(tool.get_args());
    let output = limited.current_dir(test.path("")).output().unwrap();
    let reported = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{reported}");
    assert!(reported.contains("`out/r.html` can't be written"), "{reported}");
    let left: Vec<_> = std::fs::read_dir(test.path("out")).unwrap().map(|one| one.unwrap().file_name()).collect();
    assert!(left.iter().all(|name| !name.to_string_lossy().ends_with(".part")), "{left:?}");
}

#[test]
fn a_failing_test_is_run_again_as_often_as_its_retries_say() {
    let spec = format!(
        "{DEMO}suite \"S\" {{\n  test \"t\" {{\n    retries 3\n    let n = random_int(1, 1000000)\n    GET {{{{env.api}}}}/health {{ expect status 200 }}\n    expect n == 1\n  }}\n}}\n"
    );
    let done = Test::new().file("a.e2e", &spec).args(["run", "a.e2e", "--seed", "7"]).code(1);
    assert_eq!(done.json()["tests"][0]["attempts"], 4);
}

#[test]
fn a_capture_after_a_request_looks_at_its_answer_and_environments_calculate() {
    let spec = r#"environment demo default {
  target demo
  limit = 2 * 5
  few   = env.limit < 20
  pause = 500ms * 2
}
suite "S" {
  test "t" {
    GET {{env.api}}/health { expect status 200 }
    capture code = status
    capture state = $.status
    let shown = "{{env.limit}} {{env.few}} {{env.pause}} {{code}} {{state}}"
    GET {{env.api}}/health { expect status 200; expect shown == "10 true 1s 200 healthy" }
  }
  test "what isn't there can't be captured" {
    GET {{env.api}}/health { expect status 200 }
    capture gone = $.nope
    GET {{env.api}}/health { query q: gone; expect status 200 }
  }
}
"#;
    let done = Test::new().file("a.e2e", spec).args(["run", "a.e2e"]).code(1).out("1 passed, 1 failed");
    assert_eq!(done.json()["tests"][1]["diagnostics"][0]["code"], "e2e::expect::capture_missing");
}

#[test]
fn a_signal_stops_the_run_and_what_was_done_is_reported() {
    let spec = r#"environment local default { peer = variable("PEER") }
suite "S" {
  after each { GET {{env.peer}}/cleaned { expect status 200 } }
  test "done" { GET {{env.peer}}/done { expect status 200 } }
  test "under way" { GET {{env.peer}}/slow { expect status 200 } }
  test "to come" { GET {{env.peer}}/done { expect status 200 } }
}
"#;
    let (asked, is_asked) = std::sync::mpsc::channel();
    let peer = serve(move |stream| {
        let path = head(stream).split(' ').nth(1).unwrap_or_default().to_owned();
        asked.send(path.clone()).unwrap();
        if path == "/slow" {
            let _ = std::io::Read::read_to_end(stream, &mut Vec::new());
        }
        let _ = std::io::Write::write_all(stream, &super::servers::response("", b"{}"));
    });
    let test = Test::new().file("a.e2e", spec).args(["run", "a.e2e"]).variable("PEER", &peer);
    let runner = test.command().stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    assert!(is_asked.iter().any(|path| path == "/slow"));
    assert!(Command::new("kill").args(["-INT", &runner.id().to_string()]).status().unwrap().success());
    let output = runner.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(is_asked.try_iter().any(|path| path == "/cleaned"), "`after each` didn't run");
    let report: serde_json::Value =
        serde_json::from_slice(&std::fs::read(test.path("test_results.json")).unwrap()).unwrap();
    let outcomes: Vec<&str> =
        report["tests"].as_array().unwrap().iter().map(|test| test["outcome"].as_str().unwrap()).collect();
    assert_eq!(outcomes, ["passed", "not_run", "not_run"]);
    assert_eq!(report["run"]["interrupted"], true);
}
