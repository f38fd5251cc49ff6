//! Loads: what is wrong in one is said, with its fix; and one that is selected is carried out, however it was selected.

use e2e_dsl::check;
use e2e_dsl::diag::fix;
use e2e_dsl::project::from_memory;

use super::harness::{DEMO, Done, Test};

const SPEC: &str = r#"plan all { phase "All" { run everything not run; gate success > 90% } }
plan named { phase "One" { run suites "S"; run load "heavy"; gate success > 90% } }
plan tagged { phase "One" { run suites "S"; run tags slow; gate success > 90% } }
plan ranked { phase "One" { run suites "S"; run priority P3; gate success > 90% } }
plan without { phase "One" { run suites "S"; gate success > 90% } }

suite "S" {
  tags quick
  test "healthy" { GET {{env.api}}/health { expect status 200 } }
}

load "heavy" {
  tags slow
  priority P3
  users 2 hold 1s
  scenario { GET {{env.api}}/health { expect status 200 } }
  threshold p95(time) < 1s
}
"#;

fn run(args: &[&str], code: i32) -> Done {
    let args = ["run", "a.e2e"].into_iter().chain(args.iter().copied());
    Test::new().file("a.e2e", &format!("{DEMO}{SPEC}")).args(args).code(code)
}

#[test]
fn a_load_is_carried_out_however_it_is_selected() {
    for (args, tests) in [
        (&[][..], 2),
        (&["--tag", "quick,slow"], 2),
        (&["--tag", "slow"], 1),
        (&["-k", "heavy"], 1),
        (&["--plan", "all"], 2),
        (&["--plan", "named"], 2),
        (&["--plan", "tagged"], 2),
        (&["--plan", "ranked"], 2),
    ] {
        let done = run(args, 0).out("READY");
        let report = done.json();
        assert_eq!(report["summary"]["passed"], tests, "{args:?}");
        let load = report["tests"].as_array().unwrap().iter().find(|test| test["name"] == "heavy").unwrap();
        assert_eq!(load["id"], "a.e2e::load::heavy");
        assert!(load["left_out"]["exchanges"].as_u64().unwrap() > 2, "{load}");
        assert_eq!(super::reports::faults(&report, true), [""; 0]);
        let measured = &load["load"];
        assert_eq!((&measured["model"], &measured["planned_ms"]), (&"closed".into(), &1000.0.into()));
        assert_eq!((&measured["thresholds"][0]["held"], &measured["most_users"]), (&true.into(), &2.into()));
        assert!(measured["scenarios"][0]["passed"].as_u64().unwrap() > 2, "{measured}");
    }
}

#[test]
fn every_report_says_that_a_threshold_does_not_hold() {
    let spec = SPEC.replace("p95(time) < 1s", "throughput > 1000000/s");
    let names = ["json=r.json", "html=r.html", "junit=r.xml", "tap=r.tap", "markdown=r.md", "github"];
    let args = names.iter().flat_map(|name| ["--report", name]);
    let args = ["run", "a.e2e"].into_iter().chain(args);
    let done = Test::new().file("a.e2e", &format!("{DEMO}{spec}")).args(args).code(1).out("::error file=a.e2e");
    let report: serde_json::Value = serde_json::from_str(&done.read("r.json")).unwrap();
    assert_eq!(report["verdict"]["state"], "NOT READY");
    let load = report["tests"].as_array().unwrap().iter().find(|test| test["name"] == "heavy").unwrap();
    assert_eq!((&load["outcome"], &load["diagnostics"][0]["code"]), (&"failed".into(), &"e2e::load::threshold".into()));
    for name in ["r.json", "r.html", "r.xml", "r.tap", "r.md"] {
        let text = done.read(name).replace("&gt;", ">").replace("&#62;", ">");
        assert!(text.contains("throughput > 1000000/s"), "{name}:\n{text}");
    }
}

#[test]
fn a_load_that_is_not_selected_is_no_matter_of_the_run() {
    for args in [
        &["--tag", "quick"][..],
        &["--tag", "!slow"],
        &["-k", "healthy"],
        &["--plan", "without"],
        &["--plan", "all", "-k", "S"],
    ] {
        let done = run(args, 0).out("READY  1 test");
        assert!(!done.out.contains("carry out loads"), "{args:?}\n{}", done.out);
    }
    let line = Test::new().file("a.e2e", &format!("{DEMO}{SPEC}")).args(["run", "a.e2e:11"]).code(0);
    assert!(!line.out.contains("carry out loads"), "{}", line.out);
    run(&["--plan", "without"], 0).err("the load \"heavy\" in a.e2e is checked, and no phase runs it");
}

#[test]
fn each_shard_has_a_part_of_a_load() {
    for shard in ["1/2", "2/2"] {
        let done = run(&["--shard", shard, "--report", "blob=b.blob"], 0);
        let blob: serde_json::Value = serde_json::from_str(done.read("b.blob").lines().next().unwrap()).unwrap();
        let tests = blob["report"]["tests"].as_array().unwrap();
        assert!(tests.iter().any(|test| test["name"] == "heavy"), "{shard}");
    }
}

/// Two scenarios, one of which asks for what isn't there.
const SICK: &str = r#"
load "sick" {
  users 2 hold 1s
  think 5ms to 10ms
  scenario "well" weight 3 { GET {{env.api}}/health { expect status 200 } }
  scenario "ill" { GET {{env.api}}/nowhere { expect status 200 } }
  threshold p95(time) < 10s
  threshold throughput > 1000000/s
  threshold errors of 4xx < 10000
}
"#;

#[test]
fn every_report_says_what_a_load_measured() {
    let names = ["json=r.json", "html=r.html", "junit=r.xml", "tap=r.tap", "markdown=r.md", "github"];
    let args = names.iter().flat_map(|name| ["--report", name]);
    let args = ["run", "a.e2e"].into_iter().chain(args);
    let done = Test::new().file("a.e2e", &format!("{DEMO}{SICK}")).args(args).code(1);
    let report: serde_json::Value = serde_json::from_str(&done.read("r.json")).unwrap();
    let load = &report["tests"][0]["load"];
    let requests = load["measured"]["requests"].as_array().unwrap();
    let requests = requests.iter().flat_map(|one| one["replies"].as_array().unwrap());
    let requests: u64 = requests.map(|one| one["times_ms"]["count"].as_u64().unwrap()).sum();
    assert!(requests > 10, "{load}");
    let grouped =
        if requests > 999 { format!("{},{:03}", requests / 1_000, requests % 1_000) } else { requests.to_string() };

    for words in [
        "  load › sick\n",
        &format!("up to 2 users; {grouped} requests ("),
        "✓ p95(time) < 10s: ",
        "✗ throughput > 1000000/s: ",
        "✓ errors of 4xx < 10000: ",
        "\n  request  ",
        "  GET /health  ",
        "  GET /nowhere  ",
        "  scenario  rounds",
        "  4xx  ",
        "`status` is 404, expected 200",
        " requests like this",
        "NOT READY  1 load in ",
        "1 of 1 loads did not pass",
        "::notice file=a.e2e,line=",
        "title=load sick::up to 2 users; ",
        "%0Athroughput > 1000000/s: ",
    ] {
        assert!(done.out.contains(words), "{words}\n{}", done.out);
    }
    let kept = done.out.split("kept whole: ").nth(1).and_then(|rest| rest.split(' ').next()).unwrap();
    assert_eq!(kept, report["tests"][0]["exchanges"].as_array().unwrap().len().to_string());

    let junit = done.read("r.xml");
    for words in [
        &format!("[[PROPERTY|load_requests={requests}]]"),
        "[[PROPERTY|load_errors_of_4xx=",
        "[[PROPERTY|load_p95_ms=",
        "[[PROPERTY|load_threshold_1=held: p95(time) &lt; 10s: ",
        "[[PROPERTY|load_threshold_2=not held: throughput",
    ] {
        assert!(junit.contains(words), "{words}\n{junit}");
    }
    assert!(!junit.contains("that held"), "of a load something may have failed");
    let tap = done.read("r.tap");
    for words in [
        &format!("  load:\n    most_users: 2\n    requests: {requests}\n"),
        "      - threshold: \"throughput > 1000000/s\"\n        held: false\n",
    ] {
        assert!(tap.contains(words), "{words}\n{tap}");
    }
    let markdown = done.read("r.md");
    for words in [
        "**1 load in ",
        "### ❌ sick (failed)",
        "| ❌ | `throughput > 1000000/s` |",
        "| `GET /nowhere` | ",
        "| `4xx` | ",
    ] {
        assert!(markdown.contains(words), "{words}\n{markdown}");
    }
    let html = scraper::Html::parse_document(&done.read("r.html"));
    let count = |selector: &str| html.select(&scraper::Selector::parse(selector).unwrap()).count();
    assert_eq!(
        (count("article.load"), count("article.load figure"), count("article.load svg.chart[aria-label]")),
        (1, 4, 4)
    );
    assert_eq!((count(".thresholds tbody tr"), count(".thresholds tr.broken")), (3, 1));
    assert!(count(".as-table tbody tr") > 0 && count(".over-time rect.e4xx") > 0);
    assert_eq!(count("article.load [style]"), 0, "the page's policy forbids it");

    // Rendered again it is the same.
    let again = Test::new().file("r.json", &done.read("r.json"));
    let again = again
        .args([
            "report",
            "r.json",
            "--report",
            "html=r.html",
            "--report",
            "junit=r.xml",
            "--report",
            "tap=r.tap",
            "--report",
            "markdown=r.md",
            "--report",
            "github",
        ])
        .code(1);
    for name in ["r.html", "r.xml", "r.tap", "r.md"] {
        assert_eq!(again.read(name), done.read(name), "{name}");
    }
    assert!(again.out.contains("title=load sick::up to 2 users; "), "{}", again.out);
}

#[test]
fn a_load_that_passes_shows_its_figures_too() {
    let args = ["run", "a.e2e", "-k", "heavy", "--report", "tap=r.tap"];
    let done = Test::new().file("a.e2e", &format!("{DEMO}{SPEC}")).args(args).code(0);
    for words in ["  load › heavy\n", "no errors", "✓ p95(time) < 1s: ", "  GET /", "READY  1 load in "] {
        assert!(done.out.contains(words), "{words}\n{}", done.out);
    }
    assert!(done.read("r.tap").contains("ok 1 - load > heavy\n  ---\n  load:\n    most_users: 2\n"));
}

#[test]
fn loads_are_listed_with_what_comes_and_are_no_tests() {
    let test = || Test::new().file("a.e2e", &format!("{DEMO}{SPEC}"));
    test().args(["list", "a.e2e"]).code(0).out(
        "  load heavy  (P3 · slow)\n    up to 2 users, 1s; 1 scenario; 1 threshold\n\n1 test in 1 suite, and 1 load",
    );
    test().args(["list", "a.e2e", "-k", "heavy"]).code(0).out("\n\n1 load\n");
    let done = test().args(["list", "a.e2e", "--plan", "all", "--format", "json"]).code(0);
    let listed: serde_json::Value = serde_json::from_str(&done.out).unwrap();
    let load = &listed["loads"][0];
    assert_eq!((&load["id"], &load["most_users"]), (&"a.e2e::load::heavy".into(), &2.into()), "{load}");
    assert_eq!((&load["duration_ms"], &load["thresholds"][0]), (&1_000.into(), &"p95(time) < 1s".into()), "{load}");
    test().args(["list", "a.e2e", "--plan", "all"]).code(0).out("  phase \"All\": 1 test\n    load \"heavy\"\n");
    let dry = test().args(["run", "a.e2e", "--dry-run"]).code(0);
    dry.out(
        "load \"heavy\" (a.e2e): up to 2 users, 1s; 1 scenario; 1 threshold\n  scenario\n    GET {{env.api}}/health",
    );
    run(&["--plan", "all"], 0).out("phase 1 of 1: All (1 test and 1 load; gate success > 90%)");
}

#[test]
fn a_log_shows_that_a_long_load_goes_on() {
    let spec = SPEC.replace("users 2 hold 1s", "users 2 hold 6s\n  think 100ms");
    let done = Test::new().file("a.e2e", &format!("{DEMO}{spec}")).args(["run", "a.e2e", "-k", "heavy"]).code(0);
    let lines: Vec<&str> = done.out.lines().filter(|line| line.starts_with("running")).collect();
    assert!(
        lines.len() == 1 && lines[0].starts_with("running      5s  load › heavy (of 6s): 2 users, "),
        "{}",
        done.out
    );
}

/// A load of which one line is wrong, with what is said of it, and what it is when it was fixed as the help says.
const MISTAKES: [(&str, &str, &str, &str); 33] = [
    ("users 50", "load_shape", "`users 50 hold 30s`", "users 50 hold 30s"),
    ("rate 50 for 1m", "type_mismatch", "`50/s`, or `50/m`", "rate 50/s for 1m"),
    ("users 5 hold 30", "type_mismatch", "`30s`", "users 5 hold 30s"),
    ("arrivals { 50 for 1m }", "type_mismatch", "`50/s`", "arrivals { 50/s for 1m }"),
    ("stages { hold 30s }", "load_shape", "ramp to 50 users", "stages { ramp to 50 users over 10s; hold 30s }"),
    ("think 1", "type_mismatch", "`1s`", "think 1s"),
    ("think 1..3", "type_mismatch", "`think 1s to 3s`", "think 1s to 3s"),
    ("think 3s to 1s", "empty_range", "`think 1s to 3s`", "think 1s to 3s"),
    ("stop within 5", "type_mismatch", "`5s`", "stop within 5s"),
    ("data [{ id: 1 }] as _row", "load_shape", "give 4 more", "data [{ id: 1 }] shared as _row"),
    ("data [{ id: 1 }] next as _row", "load_shape", "`data … shared as _row`", "data [{ id: 1 }] shared as _row"),
    ("threshold p95(time) < 800", "type_mismatch", "`< 800ms`", "threshold p95(time) < 800ms"),
    ("threshold error rate < 1", "type_mismatch", "`< 1%`", "threshold error rate < 1%"),
    ("threshold throughput > 50", "type_mismatch", "`> 50/s`", "threshold throughput > 50/s"),
    ("threshold p95(time of \"byu\") < 1s", "not_measured", "`\"buy\"`", "threshold p95(time of \"buy\") < 1s"),
    (
        "threshold p95(time of \"wriitng\") < 1s",
        "not_measured",
        "`\"writing\"`",
        "threshold p95(time of \"writing\") < 1s",
    ),
    (
        "threshold error rate of \"/v1/threads\" < 1%",
        "not_measured",
        "`\"GET /v1/threads\"`",
        "threshold error rate of \"GET /v1/threads\" < 1%",
    ),
    (
        "threshold max(time to event \"dnoe\") < 1s",
        "not_measured",
        "`\"done\"`",
        "threshold max(time to event \"done\") < 1s",
    ),
    ("threshold max(connect chatt) < 1s", "unknown_channel", "`chat`", "threshold max(connect chat) < 1s"),
    ("threshold errors of timeouts < 3", "not_measured", "`timeout`", "threshold errors of timeout < 3"),
    ("threshold p95(time) < 1s over last 5m", "wait_too_long", "`30s`", "threshold p95(time) < 1s over last 30s"),
    ("threshold errors < 9 abort after 5m", "wait_too_long", "`30s`", "threshold errors < 9 abort after 30s"),
    ("rate 200/sec for 30s", "unknown_name", "`200/s`", "rate 200/s for 30s"),
    ("rampUsers(50).during(10)", "foreign_statement", "`users 50 ramp 10s", "users 50 ramp 10s hold 30s"),
    ("threshold error rate < 0.01", "type_mismatch", "`< 1%`?", "threshold error rate < 1%"),
    ("threshold success > 0.995", "type_mismatch", "`> 99.5%`?", "threshold success > 99.5%"),
    ("threshold p95(duration) < 1s", "misspelt_keyword", "`threshold p95(time) <", "threshold p95(time) < 1s"),
    ("threshold p95(ttfb) < 1s", "misspelt_keyword", "(time to first byte)", "threshold p95(time to first byte) < 1s"),
    (
        "threshold p95(response time of \"buy\") < 1s",
        "misspelt_keyword",
        "p95(time of \"buy\")",
        "threshold p95(time of \"buy\") < 1s",
    ),
    ("threshold errors rate < 1%", "misspelt_keyword", "error rate", "threshold error rate < 1%"),
    ("threshold failure rate < 1%", "misspelt_keyword", "error rate", "threshold error rate < 1%"),
    ("threshold p95(time) of \"buy\" < 1s", "unexpected", "(time of \"buy\")", "threshold p95(time of \"buy\") < 1s"),
    ("threshold errors of \"timeout\" < 3", "unexpected", "errors of timeout", "threshold errors of timeout < 3"),
];

#[test]
fn what_is_wrong_in_a_load_is_said_and_fixed() {
    let mut wrong = String::new();
    for (line, code, help, fixed) in MISTAKES {
        let says_how_much = ["users", "rate", "arrivals", "stages", "ramp"].iter().any(|word| line.starts_with(word));
        let amount = if says_how_much { "" } else { "  users 5 hold 30s\n" };
        let text = format!(
            "environment staging {{ api = \"https://api.example.com/v1\"; ws = \"wss://api.example.com/ws\" }}\nload \"L\" {{\n{amount}  \
             scenario \"buy\" {{\n    tags writing\n    GET {{{{env.api}}}}/threads {{ expect status 200 }}\n    websocket chat {{{{env.ws}}}}\n    \
             expect on chat event \"done\" within 5s\n  }}\n  {line}\n}}\n"
        );
        let project = from_memory(&[("spec.e2e", &text)]);
        let found = check::diagnose(&project);
        let [one] = found.as_slice() else {
            wrong.push_str(&format!("`{line}`: {found:?}\n"));
            continue;
        };
        let said = one.help.clone().unwrap_or_default();
        let file = project.sources.get(one.span.source).unwrap();
        let after = one.fix.as_ref().map(|one| fix::apply(file, [one]).text).unwrap_or_default();
        let left = check::diagnose(&from_memory(&[("spec.e2e", &after)]));
        let is_fixed = after.contains(&format!("\n  {fixed}\n")) && left.is_empty();
        if !one.code.name.ends_with(&format!("::{code}")) || !said.contains(help) || !is_fixed {
            wrong.push_str(&format!("`{line}`: {} {said}\n{after}{left:?}\n", one.code.name));
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}
