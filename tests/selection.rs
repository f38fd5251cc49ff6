//! Which tests a command line selects, and that a selection that misses is refused before anything is sent.

use super::harness::Test;
use super::servers::{fixed, response};

const SPEC: &str = r#"
environment local default { api = "PEER" }

## How the system is.
suite "Health" {
  tags smoke
  priority P1

  ## Reached at all.
  test "the front is healthy" { GET {{env.api}}/ { expect status 200 } }
  test "each part is healthy" for each part in ["a", "b"] {
    GET {{env.api}}/{{part}} { expect status 200 }
  }
}

suite "Threads" {
  test "first" { GET {{env.api}}/ { expect status 200 } }; test "second" { GET {{env.api}}/ { expect status 200 } }
}
flow helper() { GET {{env.api}}/ { expect status 200 } }
"#;

/// Line numbers in [`SPEC`] by what is there.
fn line(of: &str) -> usize {
    SPEC.lines().position(|line| line.contains(of)).unwrap() + 1
}

fn spec() -> String {
    SPEC.replace("PEER", &fixed(response("", b"{}")))
}

/// Its test is on line 4.
fn other() -> String {
    let server = fixed(response("", b"{}"));
    format!(
        "suite \"Other\" {{\n  tags other\n  priority P3\n  test \"elsewhere\" {{ GET {server}/ {{ expect status 200 }} }}\n}}\n"
    )
}

fn project() -> Test {
    Test::new()
        // Wide enough that no message is wrapped.
        .variable("COLUMNS", "400")
        .file("a.e2e", &spec())
        .file("sub/b.e2e", &other())
        .file("flows/c.e2e", "flow unrelated() { GET http://127.0.0.1:1/ { expect status 200 } }\n")
        .file("e2e.toml", "")
        .file("environments.e2e", "")
}

fn selected(args: &[&str]) -> Vec<String> {
    let done = project().args(["run"].into_iter().chain(args.iter().copied())).code(0);
    let mut names: Vec<String> =
        done.json()["tests"].as_array().unwrap().iter().map(|test| test["name"].as_str().unwrap().to_owned()).collect();
    names.sort();
    let mut command = vec!["list", "--format", "json"];
    command.extend(args);
    let listed: serde_json::Value = serde_json::from_str(&project().args(command).code(0).out).unwrap();
    let mut listed: Vec<String> = listed["suites"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|suite| suite["tests"].as_array().unwrap())
        .map(|test| test["name"].as_str().unwrap().to_owned())
        .collect();
    listed.sort();
    assert_eq!(listed, names, "`list` and `run` differ for {args:?}");
    names
}

#[test]
fn a_line_selects_its_test_or_suite_and_nothing_else() {
    let health = ["each part is healthy [a]", "each part is healthy [b]", "the front is healthy"];
    let threads = ["first", "second"];
    let at = |of: &str| format!("a.e2e:{}", line(of));
    for (place, expected) in [
        (at("the front is healthy"), &health[2..]),
        (at("Reached at all"), &health[2..]),
        (at("each part is healthy"), &health[..2]),
        (at("{{part}}"), &health[..2]),
        (at("tags smoke"), &health[..]),
        (at("suite \"Health\""), &health[..]),
        (at("How the system is"), &health[..]),
        (at("suite \"Threads\""), &threads[..]),
        (at("test \"first\""), &threads[..]),
        (format!("{}:3", at("{{part}}")), &health[..2]),
        (format!("./{}", at("{{part}}")), &health[..2]),
    ] {
        assert_eq!(selected(&[&place]), expected, "{place}");
    }
}

#[test]
fn what_several_paths_select_is_joined() {
    let front = format!("a.e2e:{}", line("the front is healthy"));
    let part = format!("a.e2e:{}", line("{{part}}"));
    assert_eq!(selected(&[&front, "sub"]), ["elsewhere", "the front is healthy"]);
    assert_eq!(selected(&[&front, "sub/b.e2e:4"]), ["elsewhere", "the front is healthy"]);
    assert_eq!(selected(&[&front, &part]).len(), 3);
    assert_eq!(selected(&[&front, "a.e2e"]).len(), 5, "the whole file was asked for too");
    assert_eq!(selected(&[&front, "."]).len(), 6, "the whole folder was asked for too");
    assert_eq!(selected(&[&front, "-k", "FRONT", "--tag", "smoke", "--priority", "p1"]), ["the front is healthy"]);
    assert_eq!(selected(&["a.e2e", "--tag", "!smoke"]), ["first", "second"]);
    project().args(["run", "a.e2e", "flows"]).code(0).err("`flows` holds nothing that could be run");
}

/// Arguments, the exit code, and what the refusal says.
fn refused(args: &[&str], code: i32, parts: &[&str]) {
    for command in ["run", "list"] {
        let done = project().args([command].into_iter().chain(args.iter().copied())).code(code);
        for part in parts {
            assert!(done.err.contains(part), "{command} {args:?} lacks {part:?}:\n{}", done.err);
        }
        assert!(!done.path("test_results.json").exists(), "{command} {args:?} ran");
    }
}

#[test]
fn a_selection_that_misses_is_refused_and_names_the_culprit() {
    let past = spec().lines().count() + 1;
    let no_line = format!("`a.e2e` has no line 9999: its last one is {past}");
    for (args, code, parts) in [
        (&["a.e2e:9999"][..], 2, &["e2e::plan::nothing_on_line", &no_line, "the test \"second\""][..]),
        (&["a.e2e:99999999999"], 2, &["e2e::plan::nothing_on_line", "has no line"]),
        (&["a.e2e:0"], 2, &["e2e::plan::nothing_on_line", "count from 1", "10 the test \"the front is healthy\""]),
        (&["a.e2e:1"], 2, &["line 1 of `a.e2e` holds no test and no suite"]),
        (&["a.e2e:2"], 2, &["in the environment `local`", "11–13 the test \"each part is healthy\""]),
        (&["a.e2e:15"], 2, &["line 15 of `a.e2e` holds no test"]),
        (&["a.e2e:19"], 2, &["in the flow `helper`"]),
        (&["a.e2e:11", "a.e2e:15"], 2, &["line 15"]),
        (&["a.e2e", "a.e2e:15"], 2, &["line 15"]),
        (&["flows/c.e2e:1"], 2, &["in the flow `unrelated`", "holds no tests"]),
        (&["sub:3"], 2, &["`sub:3` names a line of a folder"]),
        (&["a.e2e:x"], 2, &["`a.e2e:x` doesn't exist", "`a.e2e:LINE`"]),
        (&["nowhere.e2e:3"], 2, &["`nowhere.e2e` doesn't exist"]),
        (&["a.e2e", "nowhere"], 2, &["`nowhere` doesn't exist"]),
        (&["a.e2e", "e2e.toml"], 2, &["`e2e.toml` is no spec"]),
        (&["a.e2e", "--tag", "smok"], 2, &["no test has the tag `smok`", "did you mean `smoke`?"]),
        (&["a.e2e", "--tag", "smoke,other"], 2, &["no test has the tag `other`"]),
        (&["a.e2e", "--tag", "!other"], 2, &["no test has the tag `other`"]),
        (&["a.e2e", "--tag", ""], 2, &["no test has the tag ``"]),
        (&["a.e2e", "--priority", "P9"], 2, &["e2e::plan::unknown_priority", "no test has the priority `P9`", "`P1`"]),
        (&["a.e2e", "--priority", "P1,P3"], 2, &["no test has the priority `P3`"]),
        (&["sub", "--priority", "P1"], 2, &["no test has the priority `P1`", "`P3`"]),
        (&["a.e2e", "-k", ""], 2, &["a value is required"]),
        (&["a.e2e", "-k", "nope"], 4, &["`-k \"nope\"` fits none", "out of 5"]),
        (&["a.e2e:10", "-k", "part"], 4, &["the lines given fits 1", "`-k \"part\"` fits 2"]),
        (&[".", "--tag", "smoke", "--priority", "P3"], 4, &["`--tag smoke` fits 3", "`--priority P3` fits 1"]),
        (&["a.e2e", "--env", "locl"], 2, &["no environment is called `locl`", "did you mean `--env local`?"]),
        (&["a.e2e", "--env", ""], 2, &["no environment is called ``"]),
        (&["a.e2e", "--plan", "release"], 2, &["no plan is called `release`"]),
        (&["a.e2e", "--set", "env.apo=http://127.0.0.1:1"], 2, &["did you mean `--set env.api=…`?"]),
        (&["a.e2e", "--env-file", "none.env"], 2, &["`none.env` can't be read"]),
    ] {
        refused(args, code, parts);
    }
    for (args, parts) in [
        (&["check", "a.e2e:3"][..], &["`a.e2e:3` doesn't exist", "`check` takes whole files"][..]),
        (&["run", "a.e2e", "--shard", "3/2"], &["shard 3 of only 2"]),
        (&["run", "a.e2e", "--rerun-failed=none.journal"], &["`none.journal` can't be read"]),
        (&["run", "a.e2e", "--resume=none.journal"], &["`none.journal` can't be read"]),
        (&["run", "a.e2e", "--demo-fault", "nope"], &["nope"]),
    ] {
        let done = project().args(args.iter().copied()).code(2);
        assert!(parts.iter().all(|part| done.err.contains(part)), "{args:?}: {}", done.err);
    }
}

#[test]
fn a_load_or_a_plan_is_not_run_by_its_line() {
    let server = fixed(response("", b"{}"));
    let spec = format!(
        "suite \"S\" {{ tags smoke; test \"t\" {{ GET {server}/ {{ expect status 200 }} }} }}\nload \"many\" {{\n  users 2 hold 2s\n  scenario {{ GET {server}/ {{ expect status 200 }} }}\n}}\nplan release {{\n  phase \"Smoke\" {{ run tags smoke; gate success > 90% }}\n}}\n"
    );
    let test = || Test::new().variable("COLUMNS", "400").file("a.e2e", &spec);
    let done = test().args(["run", "a.e2e:4"]).code(2).err("in the load \"many\"").err("not run by this version");
    assert!(!done.path("test_results.json").exists());
    test().args(["run", "a.e2e:7"]).code(2).err("`--plan release` carries out");
    // A line that leaves the load out says nothing of it.
    let done = test().args(["run", "a.e2e:1"]).code(0);
    assert!(!done.err.contains("many"), "{}", done.err);
}

#[test]
fn without_a_default_among_several_environments_nothing_is_sent() {
    let spec = "environment staging { api = \"http://127.0.0.1:1\" }\nenvironment live { api = \"http://127.0.0.1:1\" }\nsuite \"S\" { test \"t\" { GET {{env.api}}/ { expect status 200 } } }\n";
    for command in ["run", "list"] {
        let test = || Test::new().file("a.e2e", spec).args([command, "a.e2e"]);
        let done = test().code(2).err("2 environments are declared, and none is the default").err("`--env`");
        assert_eq!(done.err.matches("which_environment").count(), 1, "{}", done.err);
        assert!(!done.path("test_results.json").exists());
        test().file("e2e.toml", "environment = \"lives\"").code(2).err("did you mean");
    }
    Test::new().file("a.e2e", spec).args(["list", "a.e2e", "--env", "live"]).code(0).out("1 test in 1 suite");
    Test::new().file("a.e2e", spec).args(["check", "a.e2e"]).code(0);
    let only = "suite \"S\" { test \"t\" { GET http://127.0.0.1:1/ { expect status 200 } } }\n";
    let done = Test::new().file("a.e2e", only).args(["run", "a.e2e", "--set", "env.api=x"]).code(2);
    done.err("e2e::plan::unknown_override").err("none is declared");
}
