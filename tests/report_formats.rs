//! JUnit, TAP, Markdown and GitHub's forms, as the programs that read them do.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use e2e_dsl::report::model::word;
use e2e_dsl::report::model::{self, Report};
use e2e_dsl::report::{assemble, github, junit, markdown, tap};

use super::harness::{DEMO, Test};
use super::installed::npm;
use super::made::{full, green, hostile};
use super::tap_points::{Point, points};

/// A run with failures of its own, in all forms.
fn real() -> super::harness::Done {
    let spec = format!(
        "{DEMO}suite \"S\" {{\n  tags smoke\n  test \"good\" {{ GET {{{{env.api}}}}/health {{ expect status 200 }} }}\n  \
         test \"bad # one\" {{ GET {{{{env.api}}}}/health {{ expect $.status == \"ill\" }} }}\n  \
         test \"refused\" {{ GET http://127.0.0.1:1/ {{ expect status 200 }} }}\n}}\n"
    );
    let config = "reports = [\"junit=out/junit.xml\", \"tap=out/results.tap\", \"markdown=out/summary.md\"]\n";
    Test::new().file("a.e2e", &spec).file("e2e.toml", config).args(["run", "a.e2e"]).code(1)
}

fn elements<'x>(document: &'x roxmltree::Document<'_>, tag: &str) -> Vec<roxmltree::Node<'x, 'x>> {
    document.descendants().filter(|node| node.has_tag_name(tag)).collect()
}

fn case<'x>(document: &'x roxmltree::Document<'_>, name: &str) -> roxmltree::Node<'x, 'x> {
    let cases = elements(document, "testcase");
    cases.into_iter().find(|case| case.attribute("name") == Some(name)).unwrap()
}

fn child<'x>(node: roxmltree::Node<'x, 'x>, tag: &str) -> Option<roxmltree::Node<'x, 'x>> {
    node.children().find(|child| child.has_tag_name(tag))
}

#[test]
fn junit_reports_each_outcome_as_its_readers_know_it() {
    let text = junit::render(&full());
    let document = roxmltree::Document::parse(&text).unwrap();
    let kinds = [
        ("passes", None),
        ("fails", Some(("failure", "e2e::expect::status"))),
        ("errs", Some(("error", "e2e::net::refused"))),
        ("times out", Some(("error", "e2e::net::timeout"))),
        ("proves nothing", Some(("failure", "vacuous"))),
        ("is flaky", Some(("flakyFailure", "e2e::expect::status"))),
        ("Business critical: success > 95%", Some(("failure", "gate"))),
        ("Business critical: budget", Some(("failure", "budget"))),
        ("whole run: flaky < 5%", Some(("failure", "gate"))),
        ("abort when service database is down", Some(("error", "abort"))),
        ("outside of tests", Some(("error", "e2e::expect::status"))),
        ("Infrastructure health: success > 40%", None),
    ];
    for (name, kind) in kinds {
        let case = case(&document, name);
        let reported = case.children().find(|node| node.is_element() && !node.has_tag_name("system-out"));
        let reported = reported.map(|node| (node.tag_name().name(), node.attribute("type").unwrap()));
        assert_eq!(reported, kind, "{name}");
    }
    for name in ["is skipped", "is blocked", "not run", "Everything else: success > 70%"] {
        assert!(child(case(&document, name), "skipped").unwrap().attribute("message").is_some(), "{name}");
    }
    let failed = child(case(&document, "fails"), "failure").unwrap();
    assert_eq!(failed.attribute("message"), Some("`status` is 500, expected 201 (and 1 more)"));
    assert!(failed.text().unwrap().contains("╰── is 500\n"), "{:?}", failed.text());
    let out = child(case(&document, "passes"), "system-out").unwrap().text().unwrap();
    for line in [
        "specs/threads.e2e:5:3",
        "[[PROPERTY|priority=P1]]",
        "[[PROPERTY|tags=smoke,health]]",
        "[[PROPERTY|owner=core]]",
    ] {
        assert!(out.lines().any(|one| one == line), "{line}: {out}");
    }
    assert!(out.contains("POST https://api.example.com/threads -> 201 in 99.5ms"), "{out}");
    assert_eq!(case(&document, "passes").attribute("classname"), Some("specs.threads.Threads API"));
    let suite = &elements(&document, "testsuite")[0];
    assert_eq!(
        (suite.attribute("file"), suite.attribute("timestamp")),
        (Some("specs/threads.e2e"), Some("2026-03-04T05:06:07"))
    );
    let properties = elements(&document, "property");
    let has = |name, value| {
        properties.iter().any(|one| one.attribute("name") == Some(name) && one.attribute("value") == Some(value))
    };
    assert!(has("verdict", "ABORTED") && has("environment", "staging") && has("plan", "release") && has("seed", "7"));
}

/// What servers say must not make a reader publish files or believe properties.
#[test]
fn nothing_that_servers_say_is_a_directive_in_junit() {
    let own = ["priority=", "tags=", "owner=", "at_risk=", "phase=", "attempts=", "load_"];
    let own = own.map(|name| format!("[[PROPERTY|{name}"));
    let check = |text: &str| {
        let document = roxmltree::Document::parse(text).unwrap();
        for out in elements(&document, "system-out") {
            for line in out.text().unwrap().lines() {
                let rest = own.iter().find_map(|begin| line.strip_prefix(begin.as_str())?.strip_suffix("]]"));
                let rest = rest.unwrap_or(line);
                assert!(
                    !rest.contains("[[") && !rest.contains("]]") && !rest.contains(['\r', '\u{85}', '\u{2028}']),
                    "{line}"
                );
            }
        }
    };
    let mut report = full();
    let id = "\n[[ATTACHMENT|/etc/passwd]]\r[[[PROPERTY|priority=P0]]]\u{2028}[[";
    for test in &mut report.tests {
        test.exchanges.iter_mut().for_each(|one| one.url.push_str(id));
        test.channels.iter_mut().for_each(|one| one.url.push_str(id));
        (test.owner, test.priority) = (Some(id.to_owned()), Some("]]]".to_owned()));
    }
    check(&junit::render(&report));
    let body = serde_json::json!({ "id": "[[ATTACHMENT|/etc/passwd]]" }).to_string();
    let api = super::servers::fixed(super::servers::response("Content-Type: application/json\r\n", body.as_bytes()));
    let spec = format!(
        "suite \"S\" {{\n  test \"t\" {{\n    POST {api}/ {{ expect status 200; capture id = $.id }}\n    GET {api}/?id={{{{id}}}} {{ expect status 200 }}\n    \
         GET {api}/{{{{id}}}} {{ expect status 200 }}\n  }}\n}}\n"
    );
    let done = Test::new().file("a.e2e", &spec).args(["run", "a.e2e", "--report", "junit=junit.xml"]).code(0);
    check(&done.read("junit.xml"));
}

/// What a suite says of itself is what is in it.
fn counts_agree(text: &str) {
    let document = roxmltree::Document::parse(text).unwrap();
    for suite in elements(&document, "testsuite").into_iter().chain(elements(&document, "testsuites")) {
        let count = |tag: &str| suite.descendants().filter(|node| node.has_tag_name(tag)).count().to_string();
        assert_eq!(suite.attribute("tests"), Some(&*count("testcase")));
        assert_eq!(suite.attribute("failures"), Some(&*count("failure")));
        assert_eq!(suite.attribute("errors"), Some(&*count("error")));
        if suite.has_tag_name("testsuite") {
            assert_eq!(suite.attribute("skipped"), Some(&*count("skipped")));
        }
    }
    for case in elements(&document, "testcase") {
        let results = ["failure", "error", "skipped", "flakyFailure"];
        let reported = case.children().filter(|node| results.iter().any(|tag| node.has_tag_name(*tag))).count();
        assert!(reported <= 1, "{case:?}");
    }
}

#[test]
fn junit_counts_what_it_holds_whatever_servers_say() {
    for report in [full(), hostile(), green()] {
        counts_agree(&junit::render(&report));
    }
    counts_agree(&real().read("out/junit.xml"));
}

#[test]
fn junit_keeps_the_schema_of_jenkins() {
    if let Err(error) = Command::new("xmllint").arg("--version").stderr(Stdio::null()).status() {
        return skipped(&format!(
            "JUnit isn't validated against Jenkins' schema here: xmllint can't be started ({error})"
        ));
    }
    let done = real();
    let schema = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/junit.xsd");
    let made = [("full.xml", junit::render(&full())), ("hostile.xml", junit::render(&hostile()))];
    let mut files: Vec<PathBuf> = vec![done.path("out/junit.xml")];
    for (name, text) in made {
        std::fs::write(done.path(name), text).unwrap();
        files.push(done.path(name));
    }
    let output = Command::new("xmllint").args(["--noout", "--schema"]).arg(schema).args(files).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn tap_reports_each_outcome_and_cannot_be_forged() {
    let wanted = |report: &Report| report.tests.len() + 9;
    for report in [full(), hostile()] {
        let text = tap::render(&report);
        let read = points(&text).unwrap_or_else(|fault| panic!("{fault}\n{text}"));
        assert_eq!(read.points.len(), wanted(&report), "{text}");
        let ok: Vec<bool> = read.points.iter().map(|point| point.ok).collect();
        let first = [true, false, false, false, false, true, true, true, true];
        assert_eq!(ok[..9], first);
        assert!(read.bail.is_some_and(|why| why.starts_with("service database is down")));
        let skipped: Vec<usize> =
            read.points.iter().enumerate().filter(|(_, point)| point.skip.is_some()).map(|(index, _)| index).collect();
        assert_eq!(skipped, [6, 7, 8, 14]);
    }
    let read = points(&tap::render(&full())).unwrap();
    let Point { description, block, .. } = &read.points[1];
    assert_eq!(description, "Threads API > fails");
    for line in [
        "code: \"e2e::expect::status\"",
        "  line: 14",
        "help: \"look at the body of the response\"",
        "     ·               ╰── is 500",
    ] {
        assert!(block.iter().any(|one| one == line), "{line}: {block:#?}");
    }
    assert_eq!(read.points[6].skip.as_deref(), Some("not on staging # yet"));
    let read = points(&real().read("out/results.tap")).unwrap();
    assert_eq!(read.points[1].description, "S > bad # one");
}

#[test]
fn tap_is_read_by_a_parser_of_others() {
    let folder = match npm("tap", &Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/tap")) {
        Ok(folder) => folder,
        Err(reason) => return skipped(&format!("TAP isn't read by another parser here: {reason}")),
    };
    for (name, report) in [("full", full()), ("hostile", hostile())] {
        let file = folder.join(format!("{name}.tap"));
        std::fs::write(&file, tap::render(&report)).unwrap();
        let mut command = Command::new("node");
        command.arg("node_modules/tap-parser/bin/cmd.cjs").args(["-j", "0", "--strict"]).current_dir(&folder);
        let output = command.stdin(std::fs::File::open(file).unwrap()).output().unwrap();
        let events: Vec<serde_json::Value> = serde_json::from_slice(&output.stdout).unwrap();
        let asserts: Vec<&serde_json::Value> =
            events.iter().filter(|one| one[0] == "assert").map(|one| &one[1]).collect();
        assert_eq!(asserts.len(), report.tests.len() + 9, "{name}");
        assert!(events.iter().all(|one| one[0] != "extra"), "{name}: {events:#?}");
        assert!(asserts.iter().all(|one| one["tapError"].is_null()), "{name}");
        assert_eq!(asserts[1]["diag"]["at"]["line"], 14);
        assert!(asserts[1]["diag"]["message"].as_str().unwrap().starts_with("`status` is 500, expected 201"));
        assert_eq!(asserts[0]["ok"], true);
        assert!(asserts[6]["skip"].as_str().unwrap().starts_with("not on staging # yet"));
        if name == "hostile" {
            // What YAML holds comes back as it was, whatever it was.
            assert!(asserts[1]["diag"]["message"].as_str().unwrap().ends_with(super::made::HOSTILE));
        }
    }
}

#[expect(clippy::print_stderr, reason = "a test that is skipped says so")]
fn skipped(reason: &str) {
    eprintln!("skipped: {reason}");
}

/// The lines of Markdown outside of its fences.
fn outside_fences(text: &str) -> Vec<&str> {
    let mut fence: Option<&str> = None;
    let mut lines = Vec::new();
    for line in text.lines() {
        let ticks = line.trim_end_matches("text");
        match fence {
            Some(open) if line == open => fence = None,
            Some(_) => {}
            None if ticks.len() >= 3 && ticks.bytes().all(|byte| byte == b'`') => fence = Some(ticks),
            None => lines.push(line),
        }
    }
    assert!(fence.is_none(), "a fence stays open");
    lines
}

#[test]
fn markdown_shows_what_servers_say_and_nothing_else_comes_of_it() {
    for report in [full(), hostile()] {
        let text = markdown::render(&report);
        let lines = outside_fences(&text);
        let headings = lines.iter().copied().filter(|line| line.starts_with('#'));
        // A load's has its name.
        let begins = |line| if str::starts_with(line, "### ➖ not run") { "### ➖ not run" } else { line };
        let headings: Vec<&str> = headings.map(begins).collect();
        let wanted = [
            "# ❌ ABORTED",
            "## Phases",
            "## Look at this first",
            "## Loads",
            "### ➖ not run",
            "## What did not pass",
            "## Flaky: passed only when tried again",
            "## Not carried out",
        ];
        assert_eq!(headings, wanted);
        let count = |line: &str| lines.iter().filter(|one| **one == line).count();
        assert_eq!((count("<details>"), count("</details>")), (6, 6));
        for forbidden in ["<script", "@all", "#1 ", "https://"] {
            assert!(
                !lines.iter().any(|line| strip_code(line).replace("\\<", "").contains(forbidden)),
                "{forbidden}:\n{text}"
            );
        }
        // What is in a cell makes no cell of its own.
        let cells = |row: &str| row.replace("\\|", "").matches('|').count();
        for rows in lines.chunk_by(|one, next| one.starts_with('|') && next.starts_with('|')) {
            assert!(rows.iter().all(|row| cells(row) == cells(rows[0])), "{rows:?}");
        }
    }
    let text = markdown::render(&full());
    for reported in [
        "**at risk: \\$120K MRR**",
        "`p95(time) < 2s`: nothing",
        "because database refuses connections",
        "╰── is 500",
        "| 30s | Threads API › times out |",
    ] {
        assert!(text.contains(reported), "{reported}:\n{text}");
    }
}

/// A line without its spans of code, in which nothing is markup.
pub fn strip_code(line: &str) -> String {
    let mut out = String::new();
    let mut rest = line;
    while let Some(start) = rest.find('`') {
        let escaped = rest[..start].ends_with('\\');
        out.push_str(&rest[..start]);
        let run = rest[start..].bytes().take_while(|byte| *byte == b'`').count();
        let ticks = &rest[start..start + run];
        let after = &rest[start + run..];
        rest = match after.find(ticks) {
            Some(end) if !escaped => &after[end + run..],
            _ => after,
        };
    }
    out + rest
}

#[test]
fn a_summary_that_github_would_refuse_is_cut_between_blocks() {
    let mut report = full();
    let failed = report.tests[1].clone();
    report.tests = (0..4000).map(|number| model::Test { name: format!("fails {number}"), ..failed.clone() }).collect();
    let text = github::job_summary(&report, 0);
    assert!(text.len() <= 1 << 20 && text.len() > 1 << 19, "{}", text.len());
    assert!(text.contains("This summary is cut, since no more than 1048576 bytes of it fit here"));
    let lines = outside_fences(&text);
    let count = |line: &str| lines.iter().filter(|one| **one == line).count();
    assert_eq!(count("<details>"), count("</details>"));
    assert!(text.contains("database is the prime suspect"));
    assert_eq!(github::job_summary(&report, 1 << 20), "");
    assert!(github::job_summary(&report, (1 << 20) - 1000).len() <= 1000);
}

#[test]
fn a_job_of_github_gets_annotations_and_a_summary() {
    let spec = format!(
        "{DEMO}suite \"S\" {{\n  test \"t\" {{\n    GET {{{{env.api}}}}/health {{ expect status 201 }}\n  }}\n}}\n"
    );
    let test = Test::new().file("a.e2e", &spec).file("summary.md", "before\n");
    let summary = test.path("summary.md").to_string_lossy().into_owned();
    let done = test.variable("GITHUB_STEP_SUMMARY", &summary).args(["run", "a.e2e", "--report", "github"]).code(1);
    assert_eq!(
        done.out.lines().filter(|line| line.starts_with("::error file=a.e2e,line=5,")).count(),
        1,
        "{}",
        done.out
    );
    let text = done.read("summary.md");
    assert!(text.starts_with("before\n# ❌ NOT READY\n") && text.contains("`status` is 200, expected 201"), "{text}");

    let test = Test::new().file("a.e2e", &spec);
    let folder = test.path("").to_string_lossy().into_owned();
    let done = test.variable("GITHUB_STEP_SUMMARY", &folder).args(["run", "a.e2e", "--report", "github"]).code(1);
    done.err("e2e::cli::file").err("`GITHUB_STEP_SUMMARY` names this file");
}

#[test]
fn annotations_stay_in_their_line() {
    let text = github::annotations(&hostile());
    let is_one = |line: &str| ["::error ", "::warning ", "::notice "].iter().any(|word| line.starts_with(word));
    assert!(text.lines().all(is_one), "{text}");
    let lines = |word: &str| text.lines().filter(|line| line.starts_with(word)).count();
    assert_eq!((lines("::error "), lines("::warning "), lines("::notice ")), (10, 1, 1));
}

/// A change to a green report, and whether the run is ready then.
type Case = (&'static str, fn(&mut Report), bool);

fn with(change: impl Fn(&mut model::Test)) -> impl Fn(&mut Report) {
    move |report| change(&mut report.tests[0])
}

fn plan(report: &mut Report, gates: &str, over_budget: bool) {
    let ids: Vec<String> = report.tests.iter().map(|test| test.id.clone()).collect();
    report.run.plan = Some("release".to_owned());
    let spec =
        format!("{{\"name\": \"P\", \"gates\": [{gates}], \"budget_ms\": 5.0, \"tests\": {ids:?}, \"span\": null}}");
    report.plan.phases = vec![serde_json::from_str(&spec).unwrap()];
    let phase = format!(
        "{{\"name\": \"P\", \"gates\": [], \"started_ms\": 0.5, \"budget_ms\": 5.0, \"over_budget\": {over_budget}, \"tests\": {ids:?}}}"
    );
    report.phases = vec![serde_json::from_str(&phase).unwrap()];
}

const HOLDS: &str = r#"{"text": "success > 10%", "measure": "success", "op": ">", "limit": 0.1, "span": null}"#;
const FAILS: &str = r#"{"text": "throughput > 1", "measure": "unavailable", "op": ">", "limit": 1.0, "span": null}"#;

/// Every reader of a form sees a run fail when its exit code says so, and only then.
#[test]
fn every_form_fails_when_the_run_is_not_ready() {
    let cases: [Case; 14] = [
        ("green", |_| {}, true),
        ("flaky", |report| with(|test| test.outcome = word::Outcome::Flaky)(report), true),
        ("failed", |report| with(|test| test.outcome = word::Outcome::Failed)(report), false),
        ("errored", |report| with(|test| test.outcome = word::Outcome::Errored)(report), false),
        ("vacuous", |report| with(|test| test.outcome = word::Outcome::Vacuous)(report), false),
        ("nothing proved", |report| with(|test| test.outcome = word::Outcome::Skipped)(report), false),
        (
            "blocked",
            |report| {
                let mut blocked = report.tests[0].clone();
                (blocked.id, blocked.outcome, blocked.blocked_by) =
                    ("b".to_owned(), word::Outcome::Skipped, Some("db".to_owned()));
                report.tests.push(blocked);
            },
            false,
        ),
        ("interrupted", |report| report.run.interrupted = true, false),
        ("aborted", |report| report.abort = full().abort, false),
        ("a hook failed", |report| report.diagnostics = full().diagnostics, false),
        ("gates hold", |report| plan(report, HOLDS, false), true),
        ("a gate fails", |report| plan(report, FAILS, false), false),
        ("a budget is used up", |report| plan(report, HOLDS, true), false),
        (
            "a phase without gates is blocked",
            |report| {
                let mut blocked = report.tests[0].clone();
                (blocked.id, blocked.outcome, blocked.blocked_by) =
                    ("b".to_owned(), word::Outcome::Skipped, Some("db".to_owned()));
                report.tests.push(blocked);
                plan(report, "", false);
            },
            false,
        ),
    ];
    for (name, change, ready) in cases {
        let mut report = green();
        change(&mut report);
        assemble::judge(&mut report);
        assert_eq!(report.verdict.state == word::Verdict::Ready, ready, "{name}: {:?}", report.verdict);
        let text = junit::render(&report);
        counts_agree(&text);
        let document = roxmltree::Document::parse(&text).unwrap();
        let bad = elements(&document, "failure").len() + elements(&document, "error").len();
        assert_eq!(bad == 0, ready, "{name}: {text}");
        let text = tap::render(&report);
        let read = points(&text).unwrap();
        assert_eq!(read.points.iter().all(|point| point.ok) && read.bail.is_none(), ready, "{name}: {text}");
        let mark = if report.verdict.state == word::Verdict::Degraded {
            "⚠️"
        } else if ready {
            "✅"
        } else {
            "❌"
        };
        assert!(markdown::render(&report).starts_with(&format!("# {mark} ")), "{name}");
    }
}
